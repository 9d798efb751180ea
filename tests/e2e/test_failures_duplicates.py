"""Duplicates and content that users of other products report (the number is the row of the collection)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.core.settings import OrganizationSettings, WindowSettings
from sync.core.window import BaseRange
from sync.sandbox.faults import commit_then_drop, commit_then_fail
from tests.e2e.office import (
    AT,
    assert_mails,
    assert_still,
    counts,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    later,
    linked,
    office,
    outlook,
    passed,
    sizes,
    twin,
)
from tests.e2e.world import G, O

LOST = {
    "the connection closes": commit_then_drop(),
    "504": commit_then_fail(504, "GatewayTimeout"),
    "503": commit_then_fail(503, "ServiceUnavailable"),
}


@pytest.mark.parametrize("effect", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize(
    ("match", "times"),
    [
        ("POST /$batch", 1),
        ("POST /$batch", 3),
        ("POST */events", 1),
        ("POST */events", 3),
        ("POST */events", 100),
    ],
)
def test_f4_a_create_whose_answer_is_lost_is_recognised(effect: Any, match: str, times: int) -> None:
    with office() as world:
        event, mine = in_groupware(world, "A"), in_outlook(world, "B")
        world.faults.script(match, effect, times=times)
        world.groupware_faults.script("POST /v1/events", effect, times=times)
        for _ in range(3):
            world.run()
            assert max(sizes(world)) <= 2
        world.faults.clear_scripts()
        world.groupware_faults.clear_scripts()
        later(world)
        assert sizes(world) == (2, 2)
        assert outlook(world, event)["subject"] == "A"
        assert groupware(world, mine)["title"] == "B"
        assert_still(world)


def test_f4_what_a_person_entered_by_hand_after_a_refusal_is_recognised() -> None:
    """The groupware refuses the event of Outlook; the person types it there, before it is tried again."""
    with office() as world:
        in_outlook(world, "打合せ", is_reminder_on=True, reminder_minutes_before_start=2_000_000)
        passed(world)
        in_groupware(world, "打合せ")
        passed(world)
        assert sizes(world) == (1, 1)
        later(world)
        assert sizes(world) == (1, 1)


@pytest.mark.parametrize("step", range(1, 16))
@pytest.mark.parametrize("after", [False, True])
def test_f4_a_process_that_dies_around_a_create_makes_nothing_twice(step: int, after: bool) -> None:
    with office() as world:
        in_groupware(world, "A")
        in_outlook(world, "B")
        world.run(die_at=step, after=after)
        passed(world)
        assert sizes(world) == (2, 2)
        assert_still(world)


def test_f7_pairs_made_by_an_older_engine_are_taken_over() -> None:
    """They carry nothing of ours: only what they say makes them the same."""
    with office() as world:
        for number in range(8):
            start = f"2026-11-{17 + number}T10:00:00"
            in_groupware(world, f"定例  {number}", start=start, memo="議題")
            in_outlook(
                world, f"定例 {number} ", start=start, end=start.replace("T10", "T11"), location="本社"
            )
        in_groupware(world, "休暇", form="allDay", start="2026-11-26", end="2026-11-28")
        in_outlook(world, "休暇", start="2026-11-26", end="2026-11-28")
        record = passed(world)
        assert "create" not in counts(record, G) | counts(record, O)
        assert sizes(world) == (9, 9)
        for event in world.groupware.events_of(world.user)[:8]:
            if event["form"] == "timed":
                assert (event["place"], event["memo"]) == ("本社", "議題"), (
                    "each side gives what the other lacks"
                )
        assert_still(world)


def test_f7_one_of_two_alike_events_is_taken_over_once() -> None:
    with office() as world:
        for _ in range(2):
            in_groupware(world, "定例")
        in_outlook(world, "定例")
        passed(world)
        assert sizes(world) == (2, 2)
        assert_still(world)


@pytest.mark.parametrize(
    "zone", ["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
)
def test_f11_events_in_the_offset_hours_at_the_edges_of_the_window_stay_put(zone: str) -> None:
    settings = OrganizationSettings(
        automatic_window=WindowSettings(BaseRange.TODAY, 2, 2), time_zone=zone, max_deletes=1000
    )
    with office(settings=settings) as world:
        edges = (world.window.starts, world.window.ends)
        for edge in edges:
            for hours in (-25, -13, -9, -1, 0, 1, 9, 13, 25):
                start = edge + timedelta(hours=hours)
                world.mailbox.create(
                    subject=f"O {edge:%d} {hours}", start=start, end=start + timedelta(hours=1)
                )
                in_groupware(
                    world,
                    f"G {edge:%d} {hours}",
                    start=start.strftime("%Y-%m-%dT%H:%M:%S"),
                    timeZone="Etc/UTC",
                )
        for day in (world.window.first, world.window.until):
            for shift in (-2, -1, 0, 1):
                first = day + timedelta(days=shift)
                until = first + timedelta(days=1)
                world.mailbox.create(subject=f"O {first}", start=first.isoformat(), end=until.isoformat())
                in_groupware(
                    world, f"G {first}", form="allDay", start=first.isoformat(), end=until.isoformat()
                )
        passed(world)
        for hour in range(0, 72, 3):
            world.clock.advance(timedelta(hours=3))
            passed(world)
            titles = [e["title"] for e in world.groupware.events_of(world.user)]
            subjects = [e["subject"] for e in world.mailbox.events()]
            assert len(titles) == len(set(titles)), f"doubled after {hour} hours"
            assert len(subjects) == len(set(subjects)), f"doubled after {hour} hours"
            assert len(titles) >= 26, "deleted in the groupware"
            assert len(subjects) >= 26, "deleted in Outlook"


@pytest.mark.parametrize("side", [G, O])
@pytest.mark.parametrize("way", [90, -90])
def test_f13_an_event_dragged_out_of_the_window_and_back_is_moved(side: Any, way: int) -> None:
    with office() as world:
        event = in_groupware(world)
        passed(world)
        mine = twin(world, event)

        def drag(days: int) -> str:
            start = world.window.first + timedelta(days=days)
            if side is G:
                edit_groupware(world, event, start=f"{start}T10:00:00")
            else:
                world.mailbox.edit(mine, start=f"{start}T10:00", end=f"{start}T11:00")
            return f"{start}T10:00:00"

        away = drag(way)
        passed(world)
        assert sizes(world) == (1, 1)
        assert groupware(world, event)["start"] == away, "its last move is finished"
        world.clock.advance(timedelta(days=1))
        passed(world)
        back = drag(12)
        passed(world)
        later(world)
        assert sizes(world) == (1, 1)
        assert groupware(world, event)["start"] == back
        assert_still(world)


def test_f13_an_event_dragged_into_the_window_is_synced_once() -> None:
    with office() as world:
        there = in_groupware(world, "A", start="2027-06-01T10:00:00")
        here = in_outlook(world, "B", start="2027-06-01T10:00", end="2027-06-01T11:00")
        passed(world)
        assert sizes(world) == (1, 1)
        edit_groupware(world, there, start=AT)
        world.mailbox.edit(here, start=AT, end="2026-11-18T11:00")
        passed(world)
        assert sizes(world) == (2, 2)
        assert_still(world)


def test_f14_a_copy_of_a_synced_event_is_an_event_of_its_own() -> None:
    with office() as world:
        event = in_groupware(world, "定例", memo="議題")
        passed(world)
        mine = twin(world, event)
        item, _ = world.mailbox.find(mine)
        copies = []
        for day in (19, 20):
            copy = in_outlook(
                world, "定例", start=f"2026-11-{day}T10:00", end=f"2026-11-{day}T11:00", body="議題"
            )
            made, _ = world.mailbox.find(copy)
            made.content = replace(made.content, extended=dict(item.content.extended))
            made.transaction_id = item.transaction_id
            world.mailbox.touch(made)
            copies.append(copy)
        passed(world)
        assert sizes(world) == (3, 3)
        world.mailbox.edit(copies[0], subject="写しの改題")
        world.mailbox.delete(mine)
        passed(world)
        assert sizes(world) == (2, 2)
        assert groupware(world, copies[0])["title"] == "写しの改題"
        assert groupware(world, copies[1])["title"] == "定例"
        assert_still(world)


def test_f14_copies_of_a_synced_event_are_not_merged_when_everything_is_read_again() -> None:
    with office() as world:
        event = in_groupware(world, "定例")
        passed(world)
        item, _ = world.mailbox.find(twin(world, event))
        copy = in_outlook(world, "定例")
        made, _ = world.mailbox.find(copy)
        made.content = replace(made.content, extended=dict(item.content.extended))
        passed(world)
        for _ in range(3):
            world.cursors.clear(world.connection)
            later(world)
        assert sizes(world) == (2, 2)
        assert_still(world)


def test_f17_every_day_for_a_month_makes_no_new_items() -> None:
    with office() as world:
        linked(world, 6)
        in_outlook(world, "Outlook の予定")
        passed(world)
        before = world.writes()
        for day in range(30):
            world.clock.advance(timedelta(days=1))
            if day % 3 == 0:
                for event in world.mailbox.events():
                    world.mailbox.bump(event["id"])
            passed(world)
        assert world.writes() == before
        assert sizes(world) == (7, 7)
        assert_mails(world)
