"""Series of another time zone (failures.md 4; the number is the row of the collection)."""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.event import Side
from tests.e2e.office import (
    assert_still,
    groupware,
    in_groupware,
    in_outlook,
    outlook,
    passed,
    sizes,
    twin,
)
from tests.e2e.series_office import (
    IN_ZONES,
    SIDES,
    at,
    both,
    cancel,
    recurrence,
    rename,
    series_office,
    weekly_in,
    weeks,
)
from tests.e2e.world import G, O


@SIDES
@IN_ZONES
def test_f64_a_series_of_another_zone_can_be_changed(zone: str, windows: str, side: Side) -> None:
    with series_office() as world:
        event = weekly_in(side, world, zone, "2026-11-16T22:30:00")
        rename(G, world, event, "改題")
        passed(world)
        rename(O, world, event, "定例")
        passed(world)
        assert both(world) == weeks("2026-11-16T22:30:00", 6, zone)
        world.groupware.change_series(event, {"start": "2026-11-16T21:00:00"}, by=world.user)
        passed(world)
        assert both(world) == weeks("2026-11-16T21:00:00", 6, zone)
        world.mailbox.edit(
            twin(world, event), start="2026-11-16T20:15:00", end="2026-11-16T21:15:00", time_zone=windows
        )
        passed(world)
        assert both(world) == weeks("2026-11-16T20:15:00", 6, zone)
        assert groupware(world, event)["timeZone"] == zone
        assert_still(world)


@SIDES
@IN_ZONES
def test_f65_a_series_of_another_zone_with_an_exception_comes_whole(
    zone: str, windows: str, side: Side
) -> None:
    """Both sides show the exception from the first sync on."""
    first = "2026-11-16T22:30:00"
    with series_office() as world:
        if side is G:
            event = in_groupware(
                world, start=first, timeZone=zone, recurrence={"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=6"}
            )
            world.groupware.edit_occurrence(
                event, "2026-11-30", {"title": "特別", "start": "2026-12-01T07:00:00"}, by=world.user
            )
        else:
            event = in_outlook(
                world,
                start=first,
                end="2026-11-16T23:30:00",
                time_zone=windows,
                recurrence=recurrence("2026-11-16", windows),
            )
            world.mailbox.edit(
                world.mailbox.occurrence_id(event, date(2026, 11, 30)),
                subject="特別",
                start="2026-12-01T07:00:00",
                end="2026-12-01T08:00:00",
                time_zone=windows,
            )
        passed(world)
        expected = [("打合せ", start) for _, start in weeks(first, 6, zone, without=2)]
        expected += at("2026-12-01", title="特別", hour=7, zone=zone)
        assert both(world) == sorted(expected, key=lambda one: one[1])
        assert sizes(world) == (1, 1)
        assert_still(world)


@SIDES
@IN_ZONES
@pytest.mark.parametrize("hour", ["00:15", "08:00", "23:30"])
def test_f67_a_cancelled_date_is_the_same_date_whatever_the_offset(
    zone: str, windows: str, hour: str, side: Side
) -> None:
    first = f"2026-11-16T{hour}:00"
    with series_office() as world:
        event = weekly_in(side, world, zone, first)
        cancel(side, world, event, "2026-11-30")
        passed(world)
        assert both(world) == weeks(first, 6, zone, without=2)
        assert groupware(world, event)["recurrence"]["exdates"] == [f"2026-11-30T{hour}:00"]
        assert_still(world)


@SIDES
@IN_ZONES
@pytest.mark.parametrize("month", ["2026-10-12", "2027-02-22"])
def test_a_series_keeps_its_wall_time_over_the_change_of_the_clocks(
    zone: str, windows: str, month: str, side: Side
) -> None:
    first = f"{month}T09:00:00"
    with series_office() as world:
        event = weekly_in(side, world, zone, first, 10)
        assert both(world) == weeks(first, 10, zone)
        assert groupware(world, event)["timeZone"] == zone
        assert outlook(world, event)["recurrence"]["range"]["recurrenceTimeZone"] == windows
        assert_still(world)
