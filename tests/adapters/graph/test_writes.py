from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import requests

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.mapping import PROPERTY_ID, TypeTable
from sync.core.change import Seen
from sync.core.event import Field
from sync.errors import CannotSync, Gone, Moved, NeedsAdministrator, SyncError, TryLater
from sync.ports import Outcome, Verb, Write
from sync.sandbox import faults
from sync.sandbox.faults import Effect, Faults
from sync.sandbox.microsoft365 import Switches
from sync.sandbox.microsoft365.switches import SameTransaction, TransactionAfterDelete
from tests.adapters.graph.canned import OID, Canned, FakeClock, Json, batch_of, graph_event, make_client
from tests.adapters.graph.simulated import World, hour, make_world
from tests.contract.calendar import create, delete, made, timed, update, written

ZONE = "Asia/Tokyo"


JOINED = {
    "contentType": "html",
    "content": '<div>old</div><div class="me-email-text">'
    '<a href="https://teams.microsoft.com/l/meetup-join/x">Join</a></div>',
}


def open_calendar(world: World) -> GraphCalendar:
    return GraphCalendar(world.new_client(), world.user.id, zone=ZONE, types=TypeTable)


def subjects(world: World) -> list[str]:
    return sorted(event["subject"] for event in world.mailbox.events())


class Wire:
    """A calendar on canned answers; `posted` are the items of all batches."""

    def __init__(self, *answers: Any) -> None:
        self.graph = Canned(*answers)
        self.clock = FakeClock()
        client = make_client(self.graph, self.clock)
        self.calendar = GraphCalendar(client, OID, zone=ZONE, types=TypeTable)

    @property
    def items(self) -> list[Json]:
        return [item for sent in self.graph.sent if sent.url.endswith("$batch") for item in sent.items]

    def write(self, *writes: Write) -> list[Outcome]:
        return list(self.calendar.write(writes))


def answer(status: int, body: Json | None = None, code: str = "", **headers: str) -> Callable[[Json], Json]:
    content = {"error": {"code": code, "message": "x"}} if code else body
    return lambda item: {"status": status, "body": content, "headers": headers}


def online(event_id: str = "E1") -> Seen:
    wire = Wire(batch_of(answer(200, graph_event(event_id, isOnlineMeeting=True))))
    found = wire.calendar.read([event_id])[event_id]
    assert isinstance(found, Seen)
    return found


# What is sent.


def test_a_create_carries_key_marker_and_no_condition() -> None:
    wire = Wire(batch_of(answer(201, graph_event())))
    write = create("打合せ")
    wire.write(write)
    (item,) = wire.items
    assert (item["method"], item["url"]) == ("POST", f"/users/{OID}/events")
    assert item["body"]["transactionId"] == f"{write.marker}.{write.token}"
    assert item["body"]["singleValueExtendedProperties"] == [{"id": PROPERTY_ID, "value": write.marker}]
    assert "attendees" not in item["body"]
    assert item["headers"]["Prefer"].startswith('IdType="ImmutableId"')
    assert item["headers"]["Content-Type"] == "application/json"
    assert "If-Match" not in item["headers"]


def test_an_update_and_a_delete_name_the_version_they_were_planned_for() -> None:
    wire = Wire(batch_of(answer(200, graph_event("A/b+c="))), batch_of(answer(204)))
    shown = Seen(wire.calendar.side, "A/b+c=", 'W/"key1"', timed("a"))
    wire.write(update(shown, timed("b"), Field.TITLE), delete("D", 'W/"key2"'))
    patch, gone = wire.items
    assert (patch["method"], patch["url"]) == ("PATCH", f"/users/{OID}/events/A%2Fb%2Bc%3D")
    assert patch["headers"]["If-Match"] == 'W/"key1"'
    assert patch["body"] == {"subject": "b"}
    assert (gone["method"], gone["headers"]["If-Match"]) == ("DELETE", 'W/"key2"')
    assert "body" not in gone


def test_a_body_with_a_join_block_is_looked_up_before_it_is_written() -> None:
    current = graph_event(isOnlineMeeting=True, body=JOINED)
    wire = Wire(batch_of(answer(200, current)), batch_of(answer(200, graph_event())))
    wire.write(update(online(), timed("a", body="new"), Field.BODY))
    look, patch = wire.items
    assert look["method"] == "GET"
    assert "body" in look["url"]
    assert "new" in patch["body"]["body"]["content"]
    assert "meetup-join" in patch["body"]["body"]["content"]


def test_other_fields_of_an_online_meeting_need_no_look() -> None:
    wire = Wire(batch_of(answer(200, graph_event())))
    wire.write(update(online(), timed("b"), Field.TITLE))
    assert [item["method"] for item in wire.items] == ["PATCH"]


def test_an_event_that_became_a_meeting_since_keeps_its_block_when_no_version_is_known() -> None:
    current = graph_event(isOnlineMeeting=True, body=JOINED)
    wire = Wire(batch_of(answer(200, current)), batch_of(answer(200, graph_event())))
    shown = Seen(wire.calendar.side, "E1", "", timed("a"))
    wire.write(update(shown, timed("a", body="new"), Field.BODY))
    assert wire.items[1]["headers"]["If-Match"] == 'W/"key1"'
    assert "meetup-join" in wire.items[1]["body"]["body"]["content"]


def test_an_update_with_nothing_to_say_only_looks() -> None:
    wire = Wire(batch_of(answer(200, graph_event())))
    shown = Seen(wire.calendar.side, "E1", 'W/"key1"', timed("a"))
    (outcome,) = wire.write(update(shown, timed("a", reminder=None), Field.REMINDER))
    assert [item["method"] for item in wire.items] == ["GET"]
    assert outcome.seen is not None


def test_looking_up_costs_one_batch_for_twenty() -> None:
    wire = Wire(
        batch_of(lambda item: {"status": 200, "body": graph_event(item["url"].split("/")[4].split("?")[0])})
    )
    shown = [Seen(wire.calendar.side, f"E{n}", "", timed("a")) for n in range(20)]
    wire.write(*(replace(update(s, timed("b"), Field.TITLE), key=s.id) for s in shown))
    assert wire.calendar.requests == 2
    assert wire.calendar.batch_items == 40


def test_a_thousand_creates_take_fifty_round_trips() -> None:
    world = make_world()
    calendar = open_calendar(world)
    outcomes = written(calendar, *(create(f"{n}", n) for n in range(1, 1001)))
    assert len(outcomes) == 1000
    assert calendar.requests == 50
    assert len(world.mailbox.events()) == 1000


def test_an_event_that_outlook_cannot_hold_costs_no_request() -> None:
    wire = Wire(batch_of(answer(201, graph_event())))
    shown = Seen(wire.calendar.side, "E1", "v", timed("a"), residue={"online": True})
    outcomes = wire.write(
        create("ok"), replace(update(shown, timed("a", body="x"), Field.BODY), key="online")
    )
    assert {o.key for o in outcomes} == {"key1", "online"}


def test_outcomes_are_told_batch_by_batch() -> None:
    world = make_world()
    calendar = open_calendar(world)
    outcomes = calendar.write([create(f"{n}", n) for n in range(1, 41)])
    for _ in range(20):
        next(outcomes)
    assert calendar.requests == 1


# What comes back.


@pytest.mark.parametrize(
    ("status", "code", "verb", "kind", "ours"),
    [
        (412, "ErrorIrresolvableConflict", Verb.UPDATE, Moved, "event-moved"),
        (409, "ErrorIrresolvableConflict", Verb.UPDATE, Moved, "event-moved"),
        (412, "ErrorIrresolvableConflict", Verb.DELETE, Moved, "event-moved"),
        (404, "ErrorItemNotFound", Verb.UPDATE, Gone, "event-gone"),
        (404, "ErrorItemNotFound", Verb.DELETE, None, ""),
        (400, "ErrorPropertyValidationFailure", Verb.UPDATE, CannotSync, "graph-refused"),
        (400, "ErrorInvalidIdMalformed", Verb.DELETE, CannotSync, "graph-refused"),
        (400, "ErrorInvalidIdMalformed", Verb.UPDATE, CannotSync, "graph-refused"),
        (413, "RequestEntityTooLarge", Verb.UPDATE, CannotSync, "too-large"),
        (410, "Gone", Verb.UPDATE, CannotSync, "graph-refused"),
        (418, "SomethingNew", Verb.DELETE, CannotSync, "graph-refused"),
    ],
)
def test_a_refusal_is_that_events_own(
    status: int, code: str, verb: Verb, kind: type[SyncError] | None, ours: str
) -> None:
    wire = Wire(batch_of(answer(status, code=code)))
    shown = Seen(wire.calendar.side, "E1", "v", timed("a"))
    write = update(shown, timed("b"), Field.TITLE) if verb is Verb.UPDATE else delete("E1", "v")
    (outcome,) = wire.write(write)
    if kind is None:
        assert outcome == Outcome("delete")
    else:
        assert type(outcome.error) is kind
        assert outcome.error.code == ours
        assert outcome.error.detail == {"status": str(status), "graph_code": code}


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        (403, "ErrorAccessDenied", "mailbox-forbidden"),
        (404, "MailboxNotEnabledForRESTAPI", "mailbox-missing"),
        (404, "ErrorInvalidUser", "user-missing"),
        (404, "SomethingNew", "graph-not-found"),
        (507, "ErrorQuotaExceeded", "mailbox-full"),
    ],
)
def test_what_concerns_the_mailbox_stops_after_the_answers_of_its_batch(
    status: int, code: str, ours: str
) -> None:
    def one_refused(item: Json) -> Json:
        return answer(status, code=code)(item) if item["id"] == "1" else answer(201, graph_event())(item)

    wire = Wire(batch_of(one_refused))
    outcomes = wire.calendar.write([create(f"{n}", n) for n in range(1, 41)])
    assert len([next(outcomes) for _ in range(19)]) == 19
    with pytest.raises(NeedsAdministrator) as raised:
        next(outcomes)
    assert raised.value.code == ours
    assert wire.calendar.requests == 1


def test_a_create_refused_for_its_content_is_looked_for_and_then_parked() -> None:
    refused = batch_of(answer(400, code="ErrorPropertyValidationFailure"))
    wire = Wire(refused, batch_of(answer(200, {"value": []})))
    (outcome,) = wire.write(create("a"))
    assert type(outcome.error) is CannotSync
    assert outcome.error.detail["graph_code"] == "ErrorPropertyValidationFailure"
    assert [item["method"] for item in wire.items] == ["POST", "GET"]


def test_an_answer_that_cannot_be_read_parks_the_event() -> None:
    broken = graph_event(start={"dateTime": "x", "timeZone": "UTC"})
    (outcome,) = Wire(batch_of(answer(201, broken))).write(create("a"))
    assert isinstance(outcome.error, CannotSync)


def test_a_create_that_answers_nothing_is_looked_for() -> None:
    wire = Wire(batch_of(answer(201)), batch_of(answer(200, {"value": [graph_event("E9")]})))
    (outcome,) = wire.write(create("a"))
    assert outcome.seen is not None
    assert outcome.seen.id == "E9"


def test_the_answer_to_a_create_knows_its_marker() -> None:
    (outcome,) = Wire(batch_of(answer(201, graph_event()))).write(create("a"))
    assert outcome.seen is not None
    assert outcome.seen.marker == create("a").marker


# Lost answers: the version moved, but by whom?


def lost_then(*answers: Any) -> Wire:
    return Wire(requests.ReadTimeout(), *answers)


def patch_lost(shown_title: str) -> tuple[Wire, Outcome]:
    wire = lost_then(
        batch_of(answer(412, code="ErrorIrresolvableConflict")),
        batch_of(answer(200, graph_event(subject=shown_title))),
    )
    shown = Seen(wire.calendar.side, "E1", "v", timed("a"))
    (outcome,) = wire.write(update(shown, timed("ours"), Field.TITLE))
    return wire, outcome


def test_our_own_lost_update_is_recognised_by_what_the_event_shows() -> None:
    wire, outcome = patch_lost("ours")
    assert outcome.seen is not None
    assert outcome.error is None
    assert [item["method"] for item in wire.items] == ["PATCH", "PATCH", "GET"]


def test_a_persons_edit_is_not_taken_for_our_lost_update() -> None:
    _, outcome = patch_lost("a person's")
    assert isinstance(outcome.error, Moved)


def test_a_conflict_without_a_lost_answer_is_not_looked_into() -> None:
    wire = Wire(batch_of(answer(412, code="ErrorIrresolvableConflict")))
    shown = Seen(wire.calendar.side, "E1", "v", timed("a"))
    (outcome,) = wire.write(update(shown, timed("ours"), Field.TITLE))
    assert isinstance(outcome.error, Moved)
    assert len(wire.items) == 1


def test_a_lost_create_is_repeated_with_the_same_key() -> None:
    wire = lost_then(batch_of(answer(201, graph_event())))
    wire.write(create("a"))
    first, second = wire.items
    assert first["body"] == second["body"]


# The simulator: every class of fault, at every verb, around the batch and inside it.

EFFECTS: dict[str, Effect] = {
    "429": faults.throttled(2),
    "429 without time": faults.throttled(None),
    "503": faults.fail(503, "ErrorServerBusy", retry_after=3),
    "500": faults.fail(500, "ErrorInternalServerError"),
    "504": faults.fail(504, "GatewayTimeout"),
    "mailbox moving": faults.fail(400, "ErrorMailboxMoveInProgress"),
    "expired token": faults.expired_token(),
    "drop": faults.drop(),
    "commit then 503": faults.commit_then_fail(503),
    "commit then 504": faults.commit_then_fail(504, "GatewayTimeout"),
    "commit then drop": faults.commit_then_drop(),
}
WORLDS = [
    Switches.all_defaults(),
    replace(Switches.all_flipped(), if_match_honoured=True),
    Switches.all_flipped(),
]


@pytest.mark.parametrize("switches", WORLDS, ids=["default", "flipped", "flipped, no If-Match"])
@pytest.mark.parametrize("where", ["batch", "item"])
@pytest.mark.parametrize("name", list(EFFECTS))
@pytest.mark.parametrize("verb", list(Verb))
def test_one_fault_changes_nothing_about_the_result(
    verb: Verb, name: str, where: str, switches: Switches
) -> None:
    world = make_world(switches=switches)
    calendar = open_calendar(world)
    shown = made(calendar, create("before")) if verb is not Verb.CREATE else None
    method = {Verb.CREATE: "POST", Verb.UPDATE: "PATCH", Verb.DELETE: "DELETE"}[verb]
    match = "POST /$batch" if where == "batch" else f"{method} /users/*/events*"
    # Two dead tokens in a row would be an application whose permission was taken away.
    world.tenant.faults.script(match, EFFECTS[name], times=1 if name == "expired token" else 2)
    match verb:
        case Verb.CREATE:
            made(calendar, create("after"))
        case Verb.UPDATE:
            assert shown is not None
            assert made(calendar, update(shown, timed("after"), Field.TITLE)).event.title == "after"
        case Verb.DELETE:
            assert shown is not None
            assert written(calendar, delete(shown.id, shown.version)) == [Outcome("delete")]
    assert subjects(world) == ([] if verb is Verb.DELETE else ["after"])


@pytest.mark.parametrize("seed", range(30))
def test_a_hostile_service_gets_every_write_exactly_once(seed: int) -> None:
    world = make_world(seed, Faults.hostile(seed))
    calendar = open_calendar(world)
    creates = [create(f"予定 {n}", n) for n in range(1, 31)]
    shown = {o.key: o.seen for o in written(calendar, *creates)}
    assert len(world.mailbox.events()) == 30
    updates, deletes = [], []
    for n in range(1, 31):
        seen = shown[f"key{n}"]
        assert seen is not None
        if n % 3 == 0:
            deletes.append(delete(seen.id, seen.version, key=f"key{n}"))
        else:
            updates.append(replace(update(seen, timed(f"新 {n}"), Field.TITLE), key=f"key{n}"))
    outcomes = written(calendar, *updates, *deletes)
    assert [o.error for o in outcomes] == [None] * 30
    assert subjects(world) == sorted(f"新 {n}" for n in range(1, 31) if n % 3)


@pytest.mark.parametrize("conflict", SameTransaction)
@pytest.mark.parametrize("lists_late", [0, 1, 3])
def test_a_used_key_with_other_content_gives_the_event_that_is_there(
    conflict: SameTransaction, lists_late: int
) -> None:
    switches = Switches(transaction_id_conflict=conflict, just_created_missing_from_lists=lists_late)
    world = make_world(switches=switches)
    first = made(open_calendar(world), create("first"))
    again = made(open_calendar(world), create("second"))
    assert again.id == first.id
    assert again.event.title == "first"
    assert subjects(world) == ["first"]


def test_a_used_key_whose_event_was_deleted_is_named() -> None:
    world = make_world(switches=Switches(transaction_id_after_delete=TransactionAfterDelete.ERROR))
    calendar = open_calendar(world)
    world.mailbox.delete(made(calendar, create("a")).id)
    (outcome,) = written(calendar, create("a"))
    assert type(outcome.error) is CannotSync
    assert outcome.error.code == "create-key-used"


def test_a_service_that_stays_overloaded_stops_the_pass_with_the_rest_saved() -> None:
    world = make_world()
    calendar = open_calendar(world)
    world.tenant.faults.script(
        lambda call: call.method == "POST" and call.in_batch, faults.throttled(5), 1000, after=25
    )
    outcomes = calendar.write([create(f"{n}", n) for n in range(1, 41)])
    told = [next(outcomes) for _ in range(25)]
    assert all(outcome.seen for outcome in told)
    with pytest.raises(TryLater) as raised:
        next(outcomes)
    assert raised.value.code == "graph-throttled"
    assert len(world.mailbox.events()) == 25


@pytest.mark.parametrize("status", [500, 502, 504])
def test_one_event_that_always_fails_is_parked_and_the_rest_goes_on(status: int) -> None:
    world = make_world()
    calendar = open_calendar(world)
    bad = world.mailbox.create(subject="bad", **hour(date(2026, 9, 2)))
    found = calendar.read([bad])[bad]
    assert isinstance(found, Seen)
    world.tenant.faults.script("PATCH *", faults.fail(status, "ErrorInternalServerError"), 1000)
    outcomes = written(
        calendar, update(found, timed("x"), Field.TITLE), *(create(f"{n}", n) for n in range(1, 31))
    )
    failed = [o for o in outcomes if o.error is not None]
    assert [(o.key, type(o.error)) for o in failed] == [("update", CannotSync)]
    assert failed[0].error is not None
    assert failed[0].error.code == "graph-failing"
    assert len(world.mailbox.events()) == 31


@pytest.mark.parametrize(
    "event",
    [
        timed("あ" * 300),
        timed("a; b", place="第一; 第二;第三"),
        timed("controls \x00\x07\x1b"),
        timed("emoji 👩‍👩‍👧‍👦 \ud800"),
        timed(""),
        timed("big", body="長い本文。" * 100_000),
    ],
    ids=["300 characters", "semicolons", "controls", "lone surrogate", "no title", "a megabyte"],
)
@pytest.mark.parametrize(
    "switches", [Switches.all_defaults(), Switches.all_flipped()], ids=["default", "flipped"]
)
def test_odd_content_is_written_or_parked_and_the_rest_goes_on(event: Any, switches: Switches) -> None:
    world = make_world(switches=switches)
    calendar = open_calendar(world)
    odd = replace(create("x"), event=event)
    outcomes = {o.key: o for o in written(calendar, odd, create("good", 2))}
    assert outcomes["key2"].error is None
    result = outcomes["key1"]
    assert (result.seen is None) == isinstance(result.error, CannotSync)


@pytest.mark.parametrize("size", [3_600_000, 5_000_000])
def test_what_is_larger_than_a_request_is_parked(size: int) -> None:
    world = make_world()
    calendar = open_calendar(world)
    huge = create("huge", body="x" * size)
    outcomes = {o.key: o for o in written(calendar, create("a", 2), huge, create("b", 3))}
    assert outcomes["key2"].error is None
    assert outcomes["key3"].error is None
    if size > 4_200_000:
        assert outcomes["key1"].error is not None
        assert outcomes["key1"].error.code == "too-large"


def test_no_write_ever_sends_a_mail() -> None:
    world = make_world()
    calendar = open_calendar(world)
    shown = made(calendar, create("a"))
    made(calendar, update(shown, timed("b", day=4), *Field))
    assert not list(world.tenant.outbox.mails())
