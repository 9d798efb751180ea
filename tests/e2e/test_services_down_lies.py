"""Answers of the groupware that are not in the contract: none of them is an empty schedule."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sync.ports import PassState
from tests.e2e.office import (
    Answer,
    Answering,
    assert_still,
    edit_groupware,
    failed,
    groupware,
    in_outlook,
    later,
    linked,
    office,
    outlook,
    passed,
    sizes,
    twin,
)
from tests.e2e.world import G

# -- lies -------------------------------------------------------------------------------------------------------


def everywhere(status: str, body: bytes) -> Callable[[str, str, Answer], Answer]:
    return lambda _method, _path, _answer: (status, body)


def without(*names: str) -> Callable[[str, str, Answer], Answer]:
    """Every answer lacks these members."""

    def rewrite(_method: str, _path: str, answer: Answer) -> Answer:
        said = json.loads(answer[1]) if answer[1] else None
        if isinstance(said, dict):
            for name in names:
                said.pop(name, None)
        return answer[0], json.dumps(said).encode()

    return rewrite


def with_items(items: object) -> Callable[[str, str, Answer], Answer]:
    def rewrite(_method: str, _path: str, answer: Answer) -> Answer:
        return answer[0], json.dumps(json.loads(answer[1]) | {"items": items}).encode()

    return rewrite


def endless(_method: str, path: str, answer: Answer) -> Answer:
    said = json.loads(answer[1])
    return answer[0], json.dumps(said | {"hasMore": True, "cursor": said.get("cursor") or "again"}).encode()


HTML = b"<!doctype html><title>Maintenance</title>"
LIES = {
    "a page of html": everywhere("200 OK", HTML),
    "a login page": everywhere("404 Not Found", HTML),
    "a page that forbids": everywhere("403 Forbidden", HTML),
    "a page that says gone": everywhere("410 Gone", HTML),
    "a redirect": everywhere("302 Found", HTML),
    "nothing": everywhere("200 OK", b""),
    "half an answer": everywhere("200 OK", b'{"items": [{"id": "e-1", "ver'),
    "a list": everywhere("200 OK", b"[]"),
    "null": everywhere("200 OK", b"null"),
    "an empty object": everywhere("200 OK", b"{}"),
    "no items": without("items"),
    "no cursor": without("cursor"),
    "items that are null": with_items(None),
    "items that are one object": with_items({}),
    "items that are texts": with_items(["e-1"]),
    "items without id": with_items([{"title": "x", "kind": "upsert", "seq": 1}]),
    "pages without end": endless,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
@pytest.mark.parametrize("knows_the_place", [True, False], ids=["from a cursor", "whole listing"])
def test_an_answer_that_is_no_listing_is_never_an_empty_schedule(
    lie: Callable[[str, str, Answer], Answer], knows_the_place: bool
) -> None:
    with office() as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="改題")
        if not knows_the_place:
            world.cursors.clear(world.connection)
        honest = world._groupware_app
        world.front(G, lambda app: Answering(app, lie))
        before = world.writes()
        record = world.run()
        assert record is not None
        assert record.state is PassState.FAILED, record
        assert record.error == "groupware-unavailable"
        assert world.writes() == before
        assert sizes(world) == (3, 3)
        world.front(G, lambda app: honest)
        passed(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert_still(world)


@pytest.mark.parametrize("body", [b"", b"{}", HTML, b'{"version": "1"}'])
def test_a_write_whose_answer_says_nothing_is_looked_for_and_not_repeated(body: bytes) -> None:
    def rewrite(method: str, _path: str, answer: Answer) -> Answer:
        return (answer[0], body) if method in ("POST", "PATCH") else answer

    with office() as world:
        events = linked(world, 2)
        in_outlook(world, "新しい予定")
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        honest = world._groupware_app
        world.front(G, lambda app: Answering(app, rewrite))
        assert failed(world).error == "groupware-unavailable"
        world.front(G, lambda app: honest)
        later(world)
        assert sizes(world) == (3, 3)
        assert groupware(world, events[0])["title"] == "改題"
        assert_still(world)
