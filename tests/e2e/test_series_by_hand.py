"""What people do to a series in either calendar: split it, end it, make it single, cancel and restore dates."""

from __future__ import annotations

import pytest

from sync.core.event import Side
from tests.e2e.office import (
    assert_mails,
    assert_still,
    groupware,
    in_groupware,
    in_outlook,
    passed,
    sizes,
    twin,
)
from tests.e2e.series_office import (
    FIRST,
    MONDAY_DAYS,
    MONDAYS,
    SIDES,
    Json,
    at,
    both,
    cancel,
    occurrence,
    recurrence,
    rename,
    series_office,
    series_on,
    split_in_outlook,
    weeks,
    without,
)
from tests.e2e.world import G, O


def test_this_and_following_in_the_groupware_are_two_series_in_outlook() -> None:
    with series_office() as world:
        event = series_on(G, world)
        rename(G, world, event, "特別", "2026-12-14")
        passed(world)
        world.groupware.change_following(event, "2026-12-07", {"start": "2026-12-07T15:00:00"}, by=world.user)
        passed(world)
        assert sizes(world) == (2, 2)
        assert both(world) == [
            *at(*MONDAY_DAYS[:3]),
            *at("2026-12-07", hour=15),
            *at("2026-12-14", title="特別", hour=15),
            *at("2026-12-21", hour=15),
        ]
        assert_mails(world)
        assert_still(world)


def test_this_and_following_in_outlook_are_two_series_in_the_groupware() -> None:
    with series_office() as world:
        event = series_on(O, world)
        split_in_outlook(world, event, subject="改題")
        passed(world)
        assert sizes(world) == (2, 2)
        assert both(world) == [*at(*MONDAY_DAYS[:3]), *at(*MONDAY_DAYS[3:], title="改題")]
        assert_mails(world)
        assert_still(world)


def test_single_to_series_to_single_from_the_groupware() -> None:
    with series_office() as world:
        event = in_groupware(world, "定例", start=FIRST)
        passed(world)
        world.groupware.make_series(event, MONDAYS, by=world.user)
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        world.groupware.make_single(event, by=world.user)
        passed(world)
        assert both(world) == at("2026-11-16")
        assert sizes(world) == (1, 1)
        assert_still(world)


def test_single_to_series_to_single_from_outlook() -> None:
    with series_office() as world:
        mine = in_outlook(world, "定例", start=FIRST, end="2026-11-16T11:00:00")
        passed(world)
        world.mailbox.edit(mine, recurrence=recurrence())
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        world.mailbox.edit(mine, recurrence=None)
        passed(world)
        assert both(world) == at("2026-11-16")
        assert sizes(world) == (1, 1)
        assert_still(world)


ENDS: dict[str, tuple[Json, Json, int]] = {
    "shorter": ({"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=3"}, {"type": "numbered", "numberOfOccurrences": 3}, 3),
    "longer": ({"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=9"}, {"type": "numbered", "numberOfOccurrences": 9}, 9),
    "on a date": (
        {"rrule": "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261207T010000Z"},
        {"type": "endDate", "endDate": "2026-12-07"},
        4,
    ),
    "never": ({"rrule": "FREQ=WEEKLY;BYDAY=MO"}, {"type": "noEnd"}, 27),
}


@SIDES
@pytest.mark.parametrize(("there", "here", "count"), ENDS.values(), ids=ENDS.keys())
def test_a_series_gets_another_end_and_its_first_one_back(
    side: Side, there: Json, here: Json, count: int
) -> None:
    with series_office() as world:
        event = series_on(side, world)
        ends = [(there, here, count), (MONDAYS, {}, 6)]
        for rule, graph, number in ends:
            if side is G:
                world.groupware.change_series(event, {"recurrence": rule}, by=world.user)
            else:
                world.mailbox.edit(twin(world, event), recurrence=recurrence(**graph))
            passed(world)
            assert both(world) == weeks(FIRST, number, "Asia/Tokyo")
        assert sizes(world) == (1, 1)
        assert_still(world)


def test_a_restored_date_takes_place_again_on_both_sides() -> None:
    """Exchange cannot restore a cancelled date, so it stands beside its series."""
    with series_office() as world:
        event = series_on(G, world)
        cancel(G, world, event, "2026-11-30")
        passed(world)
        world.groupware.restore_occurrence(event, "2026-11-30", by=world.user)
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        assert_still(world)
        rename(G, world, event, "改題")
        passed(world)
        assert both(world) == at(*MONDAY_DAYS, title="改題")
        cancel(G, world, event, "2026-11-30")
        passed(world)
        assert both(world) == at(*without("2026-11-30"), title="改題")
        assert_still(world)


def test_a_date_that_outlook_deleted_is_restored_by_the_groupware() -> None:
    with series_office() as world:
        event = series_on(O, world)
        cancel(O, world, event, "2026-11-30")
        passed(world)
        world.groupware.restore_occurrence(event, "2026-11-30", by=world.user)
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        assert_still(world)


@SIDES
def test_a_whole_day_series_has_its_own_title_on_one_date(side: Side) -> None:
    days = [f"2026-11-{day}" for day in (16, 17, 18, 19, 20)]
    with series_office() as world:
        event = in_groupware(
            world,
            "休暇",
            form="allDay",
            start="2026-11-16",
            end="2026-11-17",
            recurrence={"rrule": "FREQ=DAILY;COUNT=5"},
        )
        passed(world)
        rename(side, world, event, "研修", "2026-11-18")
        passed(world)
        assert both(world) == [("研修" if day == days[2] else "休暇", day) for day in days]
        shown = groupware(world, event)["recurrence"]["overrides"]
        assert list(shown) == ["2026-11-18"]
        cancel(side, world, event, "2026-11-17")
        passed(world)
        assert groupware(world, event)["recurrence"]["exdates"] == ["2026-11-17"]
        assert [day for _, day in both(world)] == [days[0], *days[2:]]
        assert_still(world)


@SIDES
def test_a_whole_day_of_a_series_is_moved_by_date(side: Side) -> None:
    with series_office() as world:
        event = in_groupware(
            world, "休暇", form="allDay", start="2026-11-16", end="2026-11-17", recurrence=MONDAYS
        )
        passed(world)
        if side is G:
            world.groupware.move_occurrence(
                event, "2026-11-23", "2026-11-25", by=world.user, end="2026-11-26"
            )
        else:
            world.mailbox.edit(occurrence(world, event, "2026-11-23"), start="2026-11-25", end="2026-11-26")
        passed(world)
        assert [day for _, day in both(world)] == ["2026-11-16", "2026-11-25", *MONDAY_DAYS[2:]]
        assert_still(world)
