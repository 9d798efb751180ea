"""Rounds that Microsoft 365 forgets, breaks off or makes up: none of them is an empty mailbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from sync.adapters.graph import delta
from sync.ports import PassState
from sync.sandbox.faults import (
    LOST_SYNC_STATES,
    sync_state_lost,
)
from tests.e2e.office import (
    FOREVER,
    Answer,
    Answering,
    assert_still,
    failed,
    groupware,
    linked,
    office,
    parked,
    passed,
    sizes,
    twin,
)
from tests.e2e.world import O

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
    [
        "https://evil.example/v1.0/users/x/calendarView/delta",
        "http://127.0.0.1:9/v1.0/x",
        "//evil.example/x",
        "x",
    ],
)
def test_a_link_to_another_host_is_never_followed(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def record_request(
        self: HTTPAdapter, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
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
