"""Microsoft 365 is away, throttles, forgets or lies: nothing is concluded from it, and the next good pass finishes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from sync.adapters.graph import delta
from sync.core.settings import ConflictRule, OrganizationSettings, State
from sync.ports import PassState
from sync.sandbox.faults import LOST_SYNC_STATES, Call, commit_then_fail, drop, fail, sync_state_lost, throttled
from sync.sandbox.microsoft365.switches import Switches
from sync.sandbox.microsoft365.users import MailboxState
from tests.e2e.office import (
    Answer,
    Answering,
    assert_still,
    counts,
    edit_groupware,
    failed,
    groupware,
    in_groupware,
    in_outlook,
    later,
    linked,
    office,
    outlook,
    parked,
    passed,
    problems,
    sizes,
    twin,
)
from tests.e2e.world import O, World

FOREVER = 100_000


def anything(_: Call) -> bool:
    return True


def state_of(world: World) -> tuple[State, str]:
    connection = world.connections.get("default", world.user)
    assert connection is not None
    return connection.state, connection.error


AWAY = {
    "500": (fail(500, "InternalServerError"), "graph-unavailable"),
    "503": (fail(503, "ServiceUnavailable"), "graph-unavailable"),
    "503 for an hour": (fail(503, "ServiceUnavailable", retry_after=3600), "graph-throttled"),
    "429": (throttled(3), "graph-throttled"),
    "429 for an hour": (throttled(3600), "graph-throttled"),
    "429 without a time": (throttled(None), "graph-throttled"),
    "504": (fail(504, "GatewayTimeout"), "graph-timeout"),
    "no answer": (drop(), "graph-unavailable"),
}


@pytest.mark.parametrize(("effect", "code"), AWAY.values(), ids=AWAY.keys())
def test_while_graph_is_away_nothing_happens_and_afterwards_everything(effect: Any, code: str) -> None:
    with office() as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="改題")
        world.groupware.delete(events[1], by=world.user)
        world.mailbox.edit(twin(world, events[2]), location="本社")
        before = world.writes()
        world.faults.script(anything, effect, times=FOREVER)
        record = failed(world)
        assert record.error == code
        assert state_of(world) == (State.ACTIVE, code), "it is not the administrator's to repair"
        assert world.writes() == before
        assert sizes(world) == (2, 3)
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert sizes(world) == (2, 2)
        assert groupware(world, events[2])["place"] == "本社"
        assert_still(world)


def test_the_wait_that_graph_asks_for_is_kept() -> None:
    with office() as world:
        event = in_groupware(world)
        world.faults.script(anything, throttled(17), times=2)
        before = world.clock.now()
        passed(world)
        assert outlook(world, event)["subject"] == "打合せ"
        assert (world.clock.now() - before).total_seconds() >= 34
        assert world.clock.slept.count(17.0) == 2


@pytest.mark.parametrize("effect", [fail(503, "ServiceUnavailable"), throttled(2), drop()], ids=str)
def test_graph_that_goes_away_while_we_write_loses_and_doubles_nothing(effect: Any) -> None:
    with office() as world:
        events = linked(world, 30)
        for event in events[:20]:
            edit_groupware(world, event, place="本社")
        new = [in_groupware(world, f"新しい予定 {n}") for n in range(30)]
        world.faults.script("POST /$batch", effect, times=FOREVER, after=2)
        record = world.run()
        assert record is not None
        assert record.state is PassState.FAILED
        assert 30 < len(world.mailbox.events()) < 60, "two batches had gone through"
        world.faults.clear_scripts()
        later(world)
        assert sizes(world) == (60, 60)
        assert {outlook(world, event)["subject"] for event in new} == {f"新しい予定 {n}" for n in range(30)}
        assert all(outlook(world, event)["location"]["displayName"] == "本社" for event in events[:20])
        assert_still(world)


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
def test_one_event_that_graph_always_refuses_is_parked_alone(status: int, verb: str) -> None:
    """Law 5."""
    with office() as world:
        events = linked(world, 8)
        bad = events[0]
        world.faults.script(
            f"{verb} *{twin(world, bad)}*",
            fail(status, "ErrorInternalServerError" if status == 500 else "ErrorPropertyValidationFailure"),
            times=FOREVER,
        )
        mine = twin(world, bad)
        for event in events[:4]:
            if verb == "PATCH":
                edit_groupware(world, event, title="改題")
            else:
                world.groupware.delete(event, by=world.user)
        record = passed(world)
        assert set(parked(record)) & {bad, mine}
        assert counts(record, O) == {verb.replace("PATCH", "update").lower(): 3}
        if verb == "PATCH":
            assert all(outlook(world, event)["subject"] == "改題" for event in events[1:4])
        assert len(world.mailbox.events()) == (8 if verb == "PATCH" else 5)
        assert len(problems(world)) == 1
        later(world)
        assert len(problems(world)) == 1, "still parked, still tried"
        world.faults.clear_scripts()
        later(world)
        if verb == "PATCH":
            assert outlook(world, bad)["subject"] == "改題"
        assert sizes(world) == ((8, 8) if verb == "PATCH" else (4, 4))
        assert not problems(world)
        assert_still(world)


@pytest.mark.parametrize("rule", ConflictRule)
def test_an_update_that_graph_carried_out_and_called_failed_is_nobody_s_edit(rule: ConflictRule) -> None:
    """Law 4. The person edits again before we look: the newer edit stands, whoever wins a conflict."""
    settings, switches = OrganizationSettings(conflict=rule), Switches(if_match_honoured=False)
    with office(settings=settings, switches=switches) as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="一回目")
        failing = f"PATCH *{twin(world, events[0])}*"
        world.faults.script(failing, commit_then_fail(500, "ErrorInternalServerError"), times=FOREVER)
        passed(world)
        assert problems(world)[events[0]].code == "graph-failing"
        edit_groupware(world, events[0], title="二回目")
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, events[0])["subject"] == groupware(world, events[0])["title"] == "二回目"
        assert_still(world)


# -- delta ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "code"), LOST_SYNC_STATES)
def test_f98_a_delta_token_that_graph_forgot_is_a_new_round_and_no_change(status: int, code: str) -> None:
    with office() as world:
        events = linked(world, 6)
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        world.mailbox.delete(twin(world, events[1]))
        world.faults.script(lambda call: call.reads_cursor, sync_state_lost(status, code))
        record = passed(world)
        assert groupware(world, events[0])["title"] == "改題"
        assert sizes(world) == (5, 5)
        assert not parked(record)
        assert_still(world)


def test_a_delta_token_that_dies_in_every_round_stops_the_pass_and_deletes_nothing() -> None:
    with office() as world:
        linked(world, 6)
        world.cursors.clear(world.connection)
        world.faults.script(lambda call: call.reads_cursor, sync_state_lost(), times=FOREVER)
        assert failed(world).error == "sync-state-unstable"
        assert sizes(world) == (6, 6)
        world.faults.clear_scripts()
        assert_still(world)


def test_an_expired_delta_token_of_an_emptied_mailbox_is_held_by_the_guard() -> None:
    with office() as world:
        linked(world, 6)
        world.tenant.expire_sync_state(world.oid)
        for event in world.mailbox.events():
            world.mailbox.delete(event["id"])
        record = world.run()
        assert record is not None
        assert record.state is PassState.HELD
        assert sizes(world) == (6, 0)


Rewrite = Callable[[dict[str, Any]], Any]


def on_delta(change: Rewrite) -> Callable[[str, str, Answer], Answer]:
    def rewrite(_method: str, path: str, answer: Answer) -> Answer:
        if not path.endswith("/delta") or not answer[0].startswith("200"):
            return answer
        return answer[0], json.dumps(change(json.loads(answer[1]))).encode()

    return rewrite


def round_and_round(page: dict[str, Any]) -> Any:
    link = page.pop("@odata.deltaLink", None) or page["@odata.nextLink"]
    return page | {"@odata.nextLink": link}


class OnAndOn:
    """Every page has a next one, each under a new address."""

    def __init__(self) -> None:
        self.pages = 0

    def __call__(self, page: dict[str, Any]) -> Any:
        self.pages += 1
        link = page.pop("@odata.deltaLink", None) or page["@odata.nextLink"]
        return page | {"@odata.nextLink": f"{link}&again={self.pages}"}


LIES: dict[str, Rewrite] = {
    "pages that go in circles": round_and_round,
    "pages without end": OnAndOn(),
    "no link": lambda page: {n: v for n, v in page.items() if not n.endswith("Link")},
    "both links": lambda page: page | {"@odata.nextLink": "x", "@odata.deltaLink": "y"},
    "no value": lambda page: {n: v for n, v in page.items() if n != "value"},
    "a list": lambda page: [page],
    "nothing in it": lambda page: {},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
@pytest.mark.parametrize("knows_the_place", [True, False], ids=["from a cursor", "whole round"])
def test_an_answer_that_is_no_round_is_never_an_empty_mailbox(
    lie: Rewrite, knows_the_place: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta, "MOST_PAGES", 30)
    with office() as world:
        events = linked(world, 3)
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        if not knows_the_place:
            world.cursors.clear(world.connection)
        honest = world._graph_app
        world.front(O, lambda app: Answering(app, on_delta(lie)))
        before = world.writes()
        record = failed(world)
        assert record.error == "graph-answer-broken"
        assert world.writes() == before
        world.front(O, lambda app: honest)
        passed(world)
        assert groupware(world, events[0])["title"] == "改題"
        assert_still(world)


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/v1.0/users/x/calendarView/delta", "http://127.0.0.1:9/v1.0/x", "//evil.example/x", "x"],
)
def test_a_link_to_another_host_is_never_followed(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def record_request(self: HTTPAdapter, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        asked.append(request.url or "")
        raise requests.ConnectionError

    def elsewhere(page: dict[str, Any]) -> Any:
        page.pop("@odata.deltaLink", None)
        return page | {"@odata.nextLink": link}

    monkeypatch.setattr(HTTPAdapter, "send", record_request)
    with office() as world:
        linked(world, 2)
        honest = world._graph_app
        world.front(O, lambda app: Answering(app, on_delta(elsewhere)))
        failed(world)
        assert asked == [], "the token would have gone with it"
        world.front(O, lambda app: honest)
        assert_still(world)


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"", b"null", b"[]"])
def test_a_page_that_is_not_graph_s_is_never_an_empty_mailbox(body: bytes) -> None:
    with office() as world:
        linked(world, 3)
        honest = world._graph_app
        world.front(O, lambda app: Answering(app, lambda _m, _p, _a: ("200 OK", body)))
        assert failed(world).error == "graph-answer-broken"
        assert sizes(world) == (3, 3)
        world.front(O, lambda app: honest)
        assert_still(world)


# -- people and mailboxes ---------------------------------------------------------------------------------------


def test_a_user_deleted_from_microsoft_365_stops_the_person_and_deletes_nothing() -> None:
    with office() as world:
        events = linked(world, 3)
        world.tenant.remove_user(world.oid)
        edit_groupware(world, events[0], title="改題")
        record = failed(world)
        assert record.error == "user-missing"
        assert state_of(world) == (State.ERROR, "user-missing")
        assert sizes(world) == (3, 3)
        world.tenant.restore_user(world.oid)
        passed(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert state_of(world) == (State.ACTIVE, "")
        assert_still(world)


@pytest.mark.parametrize("mailbox", [MailboxState.NONE, MailboxState.ON_PREMISES, MailboxState.PROVISIONING])
def test_a_mailbox_without_licence_stops_the_person_and_deletes_nothing(mailbox: MailboxState) -> None:
    with office() as world:
        events = linked(world, 3)
        world.tenant.users[world.oid].mailbox_state = mailbox
        world.groupware.delete(events[0], by=world.user)
        record = failed(world)
        assert record.error == "mailbox-missing"
        assert state_of(world) == (State.ERROR, "mailbox-missing")
        world.tenant.users[world.oid].mailbox_state = MailboxState.READY
        passed(world)
        assert sizes(world) == (2, 2)
        assert_still(world)


def test_a_person_who_cannot_be_synced_stops_nobody_else() -> None:
    """Law 5."""
    with office() as world:
        linked(world, 2)
        other = world.link(world.other_user, "taro@example.com")
        world.groupware.create({"title": "太郎の予定", "start": "2026-11-18T10:00:00"}, by=world.other_user)
        world.tenant.remove_user(world.oid)
        failed(world)
        passed(world, other)
        assert [e["subject"] for e in world.tenant.mailbox(other.mailbox).events()] == ["太郎の予定"]
        assert_still(world, other)


# -- events that move while we write ----------------------------------------------------------------------------


def test_a_storm_of_412_parks_the_event_and_the_next_pass_takes_it() -> None:
    with office() as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="改題")
        edit_groupware(world, events[1], title="別の改題")
        stormy = f"PATCH *{twin(world, events[0])}*"
        world.faults.script(stormy, fail(412, "ErrorIrresolvableConflict"), times=FOREVER)
        passed(world)
        assert problems(world)[events[0]].code == "event-moved"
        assert outlook(world, events[1])["subject"] == "別の改題"
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert not problems(world)
        assert_still(world)


def test_a_person_who_edits_in_outlook_while_we_write_keeps_the_edit() -> None:
    with office() as world:
        events = linked(world, 2)
        mine = twin(world, events[0])
        edit_groupware(world, events[0], place="本社")

        def edit_first(call: Call) -> bool:
            if call.in_batch and call.method == "PATCH" and not edited:
                edited.append(call.path)
                world.mailbox.edit(mine, subject="本人の改題")
            return False

        edited: list[str] = []
        world.faults.script(edit_first, fail(500, "x"))
        passed(world)
        assert edited
        assert outlook(world, events[0])["subject"] == groupware(world, events[0])["title"] == "本人の改題"
        assert outlook(world, events[0])["location"]["displayName"] == "本社"
        assert_still(world)


def test_a_full_mailbox_stops_the_person_and_loses_nothing() -> None:
    with office() as world:
        linked(world, 2)
        event = in_groupware(world)
        world.faults.script("POST */events", fail(507, "ErrorQuotaExceeded"), times=FOREVER)
        assert failed(world).error == "mailbox-full"
        assert state_of(world) == (State.ERROR, "mailbox-full")
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, event)["subject"] == "打合せ"
        assert sizes(world) == (3, 3)
        assert_still(world)


def test_an_event_that_outlook_hides_right_after_it_was_made_is_not_made_twice() -> None:
    with office() as world:
        world.tenant.switch(just_created_missing_from_lists=3)
        event = in_outlook(world)
        mine = in_groupware(world, "新しい予定")
        for _ in range(4):
            passed(world)
        world.tenant.switch(just_created_missing_from_lists=0)
        passed(world)
        assert groupware(world, event)["title"] == "打合せ"
        assert outlook(world, mine)["subject"] == "新しい予定"
        assert sizes(world) == (2, 2)
        assert_still(world)
