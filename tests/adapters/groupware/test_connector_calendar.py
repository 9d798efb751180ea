"""A person's schedule over the connector API: what is asked, what is concluded, and what is done about lost answers.

The promises that both sides keep are in tests/contract.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from sync.core.change import Removed, Seen, Unreadable
from sync.core.event import FIELDS, Event, Field, Side, Timed
from sync.core.window import Window
from sync.core.write import Verb, Write
from sync.errors import CannotSync, CursorExpired, Gone, Moved, NeedsAdministrator, TryLater
from sync.ports import Outcome
from tests.adapters.groupware.wire import Canned, Said, Saying, event, problem, wire

WINDOW = Window(date(2026, 12, 1), date(2026, 12, 15), "Asia/Tokyo")
START = datetime(2026, 12, 7, 10, tzinfo=ZoneInfo("Asia/Tokyo"))
LATEST = Said(200, {"cursor": "c-1"})
BROKEN = Said(500, b"<html>")


def listing(*items: object, more: bool = False, cursor: str | None = None) -> Said:
    return Said(200, {"items": list(items), "cursor": cursor, "hasMore": more})


def change(seq: int, event_id: str = "e-1", kind: str = "upsert", **more: object) -> dict[str, Any]:
    return {"seq": seq, "id": event_id, "kind": kind, **more}


def written(title: str = "件名") -> Event:
    return Event(title, Timed(START, START + timedelta(hours=1)))


def create(key: str = "k", title: str = "件名", uid: str = "uid-1") -> Write:
    return Write(
        key, Verb.CREATE, event=written(title), fields=frozenset(FIELDS), token=f"token-{key}", uid=uid
    )


def update(key: str = "k", event_id: str = "e-1", title: str = "件名", version: str = "7") -> Write:
    return Write(
        key, Verb.UPDATE, id=event_id, version=version, event=written(title), fields=frozenset({Field.TITLE})
    )


def delete(version: str = "7") -> Write:
    return Write("k", Verb.DELETE, id="e-1", version=version)


def one(write: Write, *sayings: Saying) -> tuple[Outcome, Canned]:
    made = wire(*sayings)
    (outcome,) = made.calendar().write([write])
    return outcome, made.canned


def paths(canned: Canned) -> list[str]:
    return [f"{request.method} {request.path_url.removeprefix('/groupware')}" for request in canned.asked]


# -- reading ----------------------------------------------------------------------------------------------------


def test_the_cursor_is_taken_before_the_listing() -> None:
    made = wire(LATEST, listing(event()))
    found, cursor = made.calendar().changes(WINDOW, None)
    assert found.is_complete
    assert set(found.observations) == {"e-1"}
    assert [path.split("?")[0] for path in paths(made.canned)] == [
        "GET /v1/changes/latest",
        "GET /v1/users/u-1/events",
    ]
    assert "c-1" in cursor


def test_an_idle_round_is_one_request() -> None:
    made = wire(LATEST, listing(), Said(200, {"items": [], "cursor": "c-2", "hasMore": False}))
    calendar = made.calendar()
    _, cursor = calendar.changes(WINDOW, None)
    before = calendar.requests
    found, following = calendar.changes(WINDOW, cursor)
    assert calendar.requests - before == 1
    assert not found.observations
    assert not found.is_complete
    assert "c-2" in following


def test_a_cursor_of_another_window_has_expired() -> None:
    made = wire(LATEST, listing())
    _, cursor = made.calendar().changes(WINDOW, None)
    with pytest.raises(CursorExpired):
        made.calendar().changes(Window(date(2026, 12, 2), date(2026, 12, 16), "Asia/Tokyo"), cursor)


def feed(*pages: Said) -> Any:
    made = wire(LATEST, listing(), *pages)
    calendar = made.calendar()
    _, cursor = calendar.changes(WINDOW, None)
    return calendar.changes(WINDOW, cursor)[0]


def test_the_newest_state_of_an_event_counts_however_often_it_is_told() -> None:
    found = feed(
        Said(
            200,
            {
                "items": [
                    change(3, event=event(title="neu", version="3")),
                    change(2, event=event(title="alt", version="2")),
                    change(4, "e-2", "upsert", event=event(id="e-2")),
                ],
                "cursor": "c-2",
                "hasMore": True,
            },
        ),
        Said(200, {"items": [change(5, "e-2", "delete")], "cursor": "c-3", "hasMore": False}),
    )
    assert found.observations["e-1"].event.title == "neu"
    assert found.observations["e-2"] == Removed(Side.GROUPWARE, "e-2")


@pytest.mark.parametrize("shown", [None, {}, "x", {"id": "e-9"}], ids=str)
def test_a_change_without_its_event_says_nothing(shown: object) -> None:
    """Gone by now: the delete follows. Nothing is concluded before it does."""
    found = feed(Said(200, {"items": [change(2, event=shown)], "cursor": "c-2", "hasMore": False}))
    assert not found.observations


BROKEN_FEEDS: dict[str, object] = {
    "no items": {"cursor": "c-2", "hasMore": False},
    "no cursor": {"items": [], "hasMore": False},
    "an empty cursor": {"items": [], "cursor": "", "hasMore": False},
    "no kind": {"items": [{"seq": 1, "id": "e-1"}], "cursor": "c", "hasMore": False},
    "a kind that nobody knows": {"items": [change(1, kind="archive")], "cursor": "c", "hasMore": False},
    "no number": {"items": [{"id": "e-1", "kind": "delete"}], "cursor": "c", "hasMore": False},
    "no id": {"items": [{"seq": 1, "kind": "delete"}], "cursor": "c", "hasMore": False},
    "no end": {"items": [], "cursor": "c-1", "hasMore": True},
}


@pytest.mark.parametrize("body", BROKEN_FEEDS.values(), ids=BROKEN_FEEDS.keys())
def test_a_feed_that_cannot_be_read_is_not_read_in_part(body: object) -> None:
    with pytest.raises(TryLater):
        feed(Said(200, body))


def test_a_listing_that_breaks_off_is_not_a_shorter_listing() -> None:
    made = wire(LATEST, listing(event(), more=True, cursor="p-2"), Said(500))
    with pytest.raises(TryLater):
        made.calendar().changes(WINDOW, None)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (problem(404, "not-found"), NeedsAdministrator),
        (problem(403, "not-permitted"), NeedsAdministrator),
        (problem(422, "validation"), NeedsAdministrator),
        (problem(410, "cursor-expired"), TryLater),
        (Said(404, b"<html>"), TryLater),
        (Said(410, b"<html>"), TryLater),
        (Said(403, b"<html>"), TryLater),
    ],
)
def test_a_refused_listing_is_never_an_empty_one(said: Said, error: type[Exception]) -> None:
    made = wire(LATEST, said)
    with pytest.raises(error):
        made.calendar().changes(WINDOW, None)


def test_what_the_answer_does_not_name_is_gone_and_what_nobody_asked_for_is_left_out() -> None:
    found = wire(listing(event(), event(id="e-9"))).calendar().read(["e-1", "e-2"])
    assert isinstance(found["e-1"], Seen)
    assert found["e-2"] == Removed(Side.GROUPWARE, "e-2")
    assert set(found) == {"e-1", "e-2"}


def test_an_event_of_others_only_is_gone_from_this_schedule() -> None:
    found = wire(listing(event(participants=[{"userId": "u-2"}]))).calendar().read(["e-1"])
    assert isinstance(found["e-1"], Removed)


@pytest.mark.parametrize(
    "fields",
    [
        {"participants": ["u-2"]},
        {"timeZone": "Mars/Phobos"},
        {"title": 7},
        {"typeId": {"id": "t-1"}},
        {"recurrence": {"rrule": "FREQ=DAILY", "overrides": {"2026-12-07T10:00:00": {"typeId": ["t-1"]}}}},
        {"recurrence": {"rrule": "FREQ=DAILY", "overrides": [5]}},
        {"recurrence": "daily"},
    ],
    ids=str,
)
def test_an_event_that_cannot_be_read_is_not_gone(fields: dict[str, Any]) -> None:
    found = wire(listing(event(**fields))).calendar().read(["e-1"])
    assert isinstance(found["e-1"], Unreadable)


@pytest.mark.parametrize(
    "said", [Said(200, {}), Said(200, b""), Said(404, b"<html>"), Said(500), problem(404, "x")]
)
def test_an_answer_that_is_none_deletes_nothing(said: Said) -> None:
    with pytest.raises((TryLater, NeedsAdministrator)):
        wire(said).calendar().read(["e-1"])


def test_many_ids_are_asked_for_a_hundred_at_a_time() -> None:
    made = wire(listing())
    made.calendar().read([f"e-{n}" for n in range(250)])
    assert [path.count("id=") for path in paths(made.canned)] == [100, 100, 50]


# -- writing ----------------------------------------------------------------------------------------------------


def test_a_create_carries_key_uid_and_owner() -> None:
    outcome, canned = one(create(), Said(201, event()))
    assert outcome.seen is not None
    (asked,) = canned.asked
    assert asked.headers["Idempotency-Key"] == "token-k"
    (body,) = canned.bodies()
    assert (body["uid"], body["ownerId"], body["title"]) == ("uid-1", "u-1", "件名")


def test_an_update_carries_its_version_and_nothing_but_its_fields() -> None:
    outcome, canned = one(update(), Said(200, event(version="8")))
    assert outcome.seen is not None
    assert outcome.seen.version == "8"
    (asked,) = canned.asked
    assert asked.headers["If-Match"] == '"7"'
    assert asked.headers["Content-Type"] == "application/merge-patch+json"
    assert canned.bodies() == [{"title": "件名"}]


def test_a_version_that_nobody_knows_is_read_first() -> None:
    outcome, canned = one(delete(version=""), listing(event(version="9")), Said(204, b""))
    assert outcome == Outcome("k")
    assert canned.asked[1].headers["If-Match"] == '"9"'


def test_a_delete_of_what_is_gone_has_succeeded() -> None:
    assert one(delete(), problem(404, "not-found"))[0] == Outcome("k")
    assert isinstance(one(delete(version=""), listing())[0].error, Gone)


def test_a_404_of_somebody_between_us_is_no_delete() -> None:
    outcome, _ = one(delete(), Said(404, b"<html>No such page</html>"))
    assert isinstance(outcome.error, CannotSync)


def test_an_update_whose_answer_was_lost_is_recognised_by_what_the_event_shows() -> None:
    conflict = problem(412, "version-conflict", current=event(title="件名", version="8"))
    outcome, _ = one(update(), requests.ConnectionError(), conflict)
    assert outcome.seen is not None
    assert outcome.seen.version == "8"


@pytest.mark.parametrize(
    "sayings",
    [
        [problem(412, "version-conflict", current=event(title="件名", version="8"))],
        [
            requests.ConnectionError(),
            problem(412, "version-conflict", current=event(title="他人", version="8")),
        ],
        [requests.ConnectionError(), problem(412, "version-conflict")],
        [requests.ConnectionError(), problem(412, "version-conflict", current="x")],
    ],
    ids=["at once", "somebody else's words", "without the event", "without an object"],
)
def test_any_other_conflict_is_looked_at_again(sayings: list[Saying]) -> None:
    assert isinstance(one(update(), *sayings)[0].error, Moved)


def test_a_create_whose_uid_is_there_is_the_event_that_has_it() -> None:
    conflict = problem(409, "uid-conflict", existingId="e-1")
    outcome, canned = one(create(), conflict, listing(event()))
    assert outcome.seen is not None
    assert outcome.seen.id == "e-1"
    assert len(canned.asked) == 2


@pytest.mark.parametrize(
    "sayings",
    [
        [problem(409, "uid-conflict", existingId="e-1"), listing()],
        [problem(409, "uid-conflict", existingId="e-1"), listing(event(participants=[{"userId": "u-2"}]))],
        [problem(409, "uid-conflict")],
    ],
    ids=["gone since", "on somebody else's schedule", "nobody says which"],
)
def test_a_uid_that_is_taken_for_good_is_this_event_s_problem(sayings: list[Saying]) -> None:
    assert isinstance(one(create(), *sayings)[0].error, CannotSync)


def test_a_repeated_answer_is_read_again() -> None:
    replayed = Said(201, event(), {"Idempotency-Replayed": "true"})
    outcome, _ = one(create(), replayed, listing(event(title="editiert", version="9")))
    assert outcome.seen is not None
    assert outcome.seen.event.title == "editiert"


def test_a_key_that_carried_an_older_state_finds_what_it_made() -> None:
    outcome, _ = one(create(), problem(422, "idempotency-key-reused"), listing(event(uid="uid-1")))
    assert outcome.seen is not None
    assert outcome.seen.uid == "uid-1"


@pytest.mark.parametrize("body", [{}, {"version": "1"}, [], None])
def test_a_write_that_is_answered_with_nothing_is_not_called_done(body: object) -> None:
    made = wire(Said(201, body))
    with pytest.raises(TryLater):
        list(made.calendar().write([create()]))


def test_one_event_that_breaks_the_groupware_is_its_own_trouble() -> None:
    def answer(request: requests.PreparedRequest) -> Said:
        return BROKEN if (request.path_url).endswith("/e-2") else Said(200, event())

    made = wire(answer)
    outcomes = list(made.calendar().write([update(k, f"e-{k}") for k in ("1", "2", "3", "4")]))
    assert [type(o.error).__name__ for o in outcomes] == ["NoneType", "CannotSync", "NoneType", "NoneType"]
    assert outcomes[1].error is not None
    assert outcomes[1].error.code == "groupware-failing"


@pytest.mark.parametrize("saying", [BROKEN, requests.ConnectionError()], ids=["500", "no answer"])
@pytest.mark.parametrize("parallel", [1, 4])
def test_three_in_a_row_are_the_groupware_s_trouble(saying: Saying, parallel: int) -> None:
    made = wire(saying)
    outcomes = made.calendar(parallel=parallel).write([update(str(n), f"e-{n}") for n in range(50)])
    assert [next(outcomes).key for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(TryLater):
        next(outcomes)
    assert len(made.canned.asked) < 50


def test_a_refused_key_stops_everything() -> None:
    made = wire(problem(401, "unauthorized"))
    with pytest.raises(NeedsAdministrator):
        list(made.calendar().write([update("1"), update("2")]))


def test_writes_at_the_same_time_keep_the_order_of_their_outcomes() -> None:
    made = wire(lambda request: Said(200, event(id=request.path_url.rsplit("/", 1)[1])))
    writes = [update(str(n), f"e-{n}") for n in range(40)]
    assert [o.key for o in made.calendar(parallel=4).write(writes)] == [str(n) for n in range(40)]
