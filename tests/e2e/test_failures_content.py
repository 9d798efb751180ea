"""Content, restarts and limits that users of other products report (the number is the row of the collection)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.mapping import TypeTable
from sync.core.settings import State
from sync.ports import PassState
from sync.sandbox.faults import sync_state_lost
from sync.sandbox.microsoft365.switches import Semicolon, Switches
from tests.e2e.office import (
    assert_mails,
    assert_still,
    counts,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    linked,
    office,
    outlook,
    passed,
    sizes,
    twin,
)
from tests.e2e.world import G
from tests.fakes import MemoryCursors, MemoryLinks


def test_f38_a_restart_after_weeks_sends_nothing() -> None:
    with office() as world:
        linked(world, 6)
        world.connections.update(world.connection, enabled=False, state=State.OFF)
        world.clock.advance(timedelta(days=20))
        for event in world.mailbox.events():
            world.mailbox.bump(event["id"])
        for event in world.groupware.events_of(world.user):
            world.groupware.touch(event["id"], by=world.user)
        world.groupware.expire_cursors()
        world.tenant.expire_sync_state(world.oid)
        world.connections.update(world.connection, enabled=True, state=State.ACTIVE)
        world.restart()
        before = world.writes()
        passed(world)
        assert world.writes() == before
        assert_still(world)
        assert_mails(world)


def test_f38_a_restart_with_nothing_remembered_sends_nothing() -> None:
    with office() as world:
        linked(world, 6)
        world.links, world.cursors = MemoryLinks(), MemoryCursors()
        world.restart()
        before = world.writes()
        passed(world)
        assert world.writes() == before
        assert_mails(world)


def test_f85_title_and_details_of_300_characters_are_never_written_back_cut() -> None:
    with office() as world:
        title, memo = "件" * 300, "詳" * 300
        event = in_groupware(world, title, memo=memo)
        passed(world)
        for turn in range(3):
            world.mailbox.edit(twin(world, event), location=f"会議室 {turn}", show_as="tentative")
            passed(world)
            world.clock.advance(timedelta(days=1))
            world.cursors.clear(world.connection)
            passed(world)
        shown = groupware(world, event)
        assert (shown["title"], shown["memo"], shown["place"]) == (title, memo, "会議室 2")
        assert_still(world)


@pytest.mark.parametrize("reading", Semicolon)
def test_f86_a_place_with_a_semicolon_stays_one_place(reading: Semicolon) -> None:
    with office(switches=Switches(location_semicolon=reading)) as world:
        event = in_groupware(world, place="A棟;3階")
        passed(world)
        assert outlook(world, event)["location"]["displayName"] == "A棟; 3階"
        edit_groupware(world, event, title="改題")
        passed(world)
        assert groupware(world, event)["place"] == "A棟;3階"
        assert_still(world)


def test_f94_a_tentative_event_is_tentative_on_both_sides() -> None:
    with office() as world:
        there = in_groupware(world, "A", status="tentative")
        here = in_outlook(world, "B", show_as="tentative")
        passed(world)
        assert outlook(world, there)["showAs"] == "tentative"
        assert groupware(world, here)["status"] == "tentative"
        world.mailbox.edit(twin(world, there), show_as="busy")
        edit_groupware(world, twin(world, here), status="confirmed", showAs="busy")
        passed(world)
        assert groupware(world, there)["status"] == "confirmed"
        assert outlook(world, here)["showAs"] == "busy"
        assert_still(world)


def test_f94_a_groupware_without_a_word_for_tentative_does_not_make_outlook_busy() -> None:
    with office(groupware={"show_as": ("free", "busy")}) as world:
        event = in_outlook(world, show_as="tentative")
        passed(world)
        edit_groupware(world, twin(world, event), title="改題")
        passed(world)
        assert outlook(world, event)["showAs"] == "tentative"
        assert_still(world)


def test_f98_a_lost_delta_token_is_a_full_reading_with_every_edit() -> None:
    with office() as world:
        events = linked(world, 5)
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        world.mailbox.delete(twin(world, events[1]))
        in_outlook(world, "新しい予定")
        world.faults.script(lambda call: call.reads_cursor, sync_state_lost())
        record = passed(world)
        assert record.state is PassState.DONE
        assert counts(record, G) == {"update": 1, "delete": 1, "create": 1}
        assert sizes(world) == (5, 5)
        assert_still(world)


def test_f106_many_writes_and_readers_of_one_mailbox_are_never_throttled() -> None:
    """Exchange takes four requests at a time for each mailbox, and a batch is four by itself."""
    with office() as world:
        for number in range(60):
            in_groupware(world, f"予定 {number}")
        world.tenant.latency_seconds = 0.002
        opener = world.services.calendars
        shared = opener.outlook(world.connection, world.settings)
        assert isinstance(shared, GraphCalendar)
        client = shared._mailbox.client
        faults: list[BaseException] = []

        def read() -> None:
            try:
                for _ in range(3):
                    mine = GraphCalendar(client, world.oid, zone="Asia/Tokyo", types=TypeTable)
                    mine.changes(world.window, None)
            except BaseException as error:  # noqa: BLE001 - told to the test's own thread
                faults.append(error)

        readers = [threading.Thread(target=read) for _ in range(6)]
        for reader in readers:
            reader.start()
        try:
            passed(world)
        finally:
            for reader in readers:
                reader.join()
        assert not faults
        assert sizes(world) == (60, 60)
        assert world.tenant.requests.count(status=429) == 0
        assert world.tenant.requests.count(status=503) == 0
