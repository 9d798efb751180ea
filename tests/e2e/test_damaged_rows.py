"""Rows of our own storage that cannot be read any more: the calendars say the same things still, so nothing is
made twice and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.settings import State
from sync.engine.schedule import run_job
from sync.errors import NeedsAdministrator
from sync.ports import CursorPair, Job
from tests.e2e.office import (
    assert_still,
    counts,
    edit_groupware,
    groupware,
    later,
    linked,
    links,
    office,
    outlook,
    passed,
    sizes,
    twin,
)
from tests.e2e.world import G, O, World
from tests.fakes import MemoryCursors, MemoryLinks


def key_of_event(world: World, event: str) -> str:
    return next(link.key for link in links(world) if link.groupware and link.groupware.id == event)


@pytest.mark.parametrize("ids_too", [False, True], ids=["the ids can be read", "nothing can be read"])
@pytest.mark.parametrize("edited", ["nothing", "groupware", "outlook", "both"])
def test_a_damaged_link_is_compared_again_and_loses_no_edit(ids_too: bool, edited: str) -> None:
    with office() as world:
        events = linked(world, 4)
        mine = twin(world, events[0])
        world.links.damage(world.connection, key_of_event(world, events[0]), ids_too=ids_too)
        if edited in ("groupware", "both"):
            edit_groupware(world, events[0], place="本社")
        if edited in ("outlook", "both"):
            world.mailbox.edit(mine, body="本文", start="2026-11-16T13:00", end="2026-11-16T14:00")
        edit_groupware(world, events[1], title="改題")
        passed(world)
        later(world)
        assert sizes(world) == (4, 4)
        assert outlook(world, events[1])["subject"] == "改題"
        if edited in ("groupware", "both"):
            assert outlook(world, mine)["location"]["displayName"] == "本社"
        if edited in ("outlook", "both"):
            assert groupware(world, events[0])["memo"] == "本文"
            # Who moved the event nobody can tell any more: the rule decides, and the other time is kept.
            kept = [kept.field for kept in world.history.list("default", world.user)]
            assert groupware(world, events[0])["start"] == "2026-11-16T13:00:00" or "time" in kept
        assert_still(world)


@pytest.mark.parametrize("ids_too", [False, True], ids=["the ids can be read", "nothing can be read"])
def test_all_links_damaged_at_once_make_nothing_twice(ids_too: bool) -> None:
    with office() as world:
        events = linked(world, 10)
        for link in links(world):
            world.links.damage(world.connection, link.key, ids_too=ids_too)
        edit_groupware(world, events[0], title="改題")
        record = passed(world)
        assert "create" not in counts(record, G) | counts(record, O)
        later(world)
        assert sizes(world) == (10, 10)
        assert outlook(world, events[0])["subject"] == "改題"
        assert_still(world)


@pytest.mark.parametrize("side", [G, O])
def test_a_damaged_link_of_a_deleted_event_does_not_bring_a_second_one(side: Any) -> None:
    """With the ids the delete is known; without them the other event stays, and comes back: nothing is lost."""
    with office() as world:
        events = linked(world, 3)
        mine = twin(world, events[0])
        world.links.damage(world.connection, key_of_event(world, events[0]))
        if side is G:
            world.groupware.delete(events[0], by=world.user)
        else:
            world.mailbox.delete(mine)
        passed(world)
        later(world)
        there, here = sizes(world)
        assert there == here
        assert there in (2, 3)
        assert_still(world)


CURSORS = ["", "{", "null", "[]", "x" * 5_000, '{"v": 1}', '{"v": 1, "cursor": "x", "window": []}']


@pytest.mark.parametrize("text", CURSORS, ids=range(len(CURSORS)))
def test_a_damaged_cursor_is_a_new_listing_and_no_change(text: str) -> None:
    with office() as world:
        events = linked(world, 4)
        edit_groupware(world, events[0], title="改題")
        stored = world.cursors.load(world.connection)
        assert stored is not None
        world.cursors.save(world.connection, replace(stored, groupware=text, outlook=text))
        record = passed(world)
        assert counts(record, G) == {}
        assert counts(record, O) == {"update": 1}
        assert sizes(world) == (4, 4)
        assert_still(world)


def test_the_cursors_of_the_two_sides_swapped_are_a_new_listing_and_no_change() -> None:
    with office() as world:
        events = linked(world, 4)
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        stored = world.cursors.load(world.connection)
        assert stored is not None
        swapped: CursorPair = replace(stored, groupware=stored.outlook, outlook=stored.groupware)
        world.cursors.save(world.connection, swapped)
        passed(world)
        assert groupware(world, events[0])["title"] == "改題"
        assert sizes(world) == (4, 4)
        assert_still(world)


def test_a_damaged_row_of_a_person_stops_that_job_and_nothing_is_touched() -> None:
    with office() as world:
        linked(world, 3)
        honest = world.connections.get

        def damaged(organization: str, user: str) -> Any:
            raise NeedsAdministrator("connection-damaged", {"column": "settings"})

        before = world.writes()
        world.connections.get = damaged  # type: ignore[method-assign]
        with pytest.raises(NeedsAdministrator) as raised:
            run_job(world.services, Job("default", world.user))
        assert raised.value.code == "connection-damaged"
        world.connections.get = honest  # type: ignore[method-assign]
        assert world.writes() == before
        assert_still(world)


def test_f5_storage_that_was_wiped_adopts_what_is_there_and_creates_nothing() -> None:
    with office() as world:
        events = linked(world, 10)
        edit_groupware(world, events[0], place="本社")
        world.mailbox.edit(twin(world, events[1]), subject="改題")
        forget_everything(world)
        record = passed(world)
        assert "create" not in counts(record, G) | counts(record, O)
        assert sizes(world) == (10, 10)
        assert outlook(world, events[0])["location"]["displayName"] == "本社"
        assert groupware(world, events[1])["title"] == "改題"
        assert_still(world)


@pytest.mark.parametrize("lost", ["marker", "uid", "both"])
def test_f5_storage_that_was_wiped_adopts_by_whatever_is_left(lost: str) -> None:
    """Outlook's own events are known by their iCalUId, ours by the marker, and all of them by what they say."""
    with office() as world:
        linked(world, 4)
        for number in range(4):
            world.mailbox.create(
                subject=f"外出 {number}", start=f"2026-11-2{number}T13:00", end=f"2026-11-2{number}T14:00"
            )
        passed(world)
        for item in world.mailbox.items():
            if lost in ("marker", "both"):
                item.transaction_id = None
                item.content = replace(item.content, extended={})
            if lost in ("uid", "both"):
                item.ical_uid = f"new-{item.ical_uid}"
            world.mailbox.touch(item)
        forget_everything(world)
        record = passed(world)
        assert "create" not in counts(record, G) | counts(record, O)
        assert sizes(world) == (8, 8)
        assert_still(world)


def forget_everything(world: World) -> None:
    world.links, world.cursors = MemoryLinks(), MemoryCursors()
    world.connections.update(world.connection, state=State.ACTIVE, last_pass="")
    world.restart()
