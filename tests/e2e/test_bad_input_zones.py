"""Times that are strange but right: no length, many days, other zones, changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.office import (
    assert_still,
    days,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    instants,
    office,
    parked,
    passed,
    twin,
    wide,
)

# -- what is strange but right ----------------------------------------------------------------------------------


def test_events_of_no_length_stay_events_of_no_length() -> None:
    with office() as world:
        there = in_groupware(world, "締切", duration="PT0S")
        here = in_outlook(world, "リマインド", start="2026-11-19T18:00", end="2026-11-19T18:00")
        passed(world)
        assert instants(world, there) == (datetime(2026, 11, 18, 1, tzinfo=UTC),) * 2
        assert groupware(world, here)["duration"] == "PT0S"
        assert_still(world)


def test_an_event_over_midnight_and_one_of_three_days_stay_as_long_as_they_are() -> None:
    with office() as world:
        night = in_groupware(world, "夜間作業", start="2026-11-18T22:30:00", duration="PT4H")
        long = in_outlook(world, "出張", start="2026-11-19T08:00", end="2026-11-22T20:15")
        passed(world)
        assert instants(world, night) == (
            datetime(2026, 11, 18, 13, 30, tzinfo=UTC),
            datetime(2026, 11, 18, 17, 30, tzinfo=UTC),
        )
        assert groupware(world, long)["duration"] == "PT84H15M"
        assert_still(world)


@pytest.mark.parametrize("count", [1, 2, 10, 40])
def test_whole_days_never_shift(count: int) -> None:
    """In Tokyo a day begins at 15:00 of the day before in UTC."""
    with office(settings=wide()) as world:
        until = (datetime(2026, 11, 18, tzinfo=UTC) + timedelta(days=count)).date().isoformat()
        there = in_groupware(world, "休暇", form="allDay", start="2026-11-18", end=until)
        here = in_outlook(world, "研修", start="2026-11-18", end=until)
        passed(world)
        assert days(world, there) == ("2026-11-18", until)
        shown = groupware(world, here)
        assert (shown["form"], shown["start"], shown["end"]) == ("allDay", "2026-11-18", until)
        edit_groupware(world, there, title="夏季休暇")
        world.mailbox.edit(here, subject="新人研修")
        passed(world)
        assert days(world, there) == days(world, here) == ("2026-11-18", until)
        assert_still(world)


@pytest.mark.parametrize(
    "zone", ["America/New_York", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata"]
)
def test_f77_whole_days_of_an_organization_far_from_utc_are_the_same_days(zone: str) -> None:
    with office(settings=wide(time_zone=zone)) as world:
        there = in_groupware(world, "休暇", form="allDay", start="2026-11-18", end="2026-11-19")
        here = in_outlook(
            world, "研修", start="2026-11-18", end="2026-11-19", time_zone="Eastern Standard Time"
        )
        passed(world)
        assert days(world, there) == ("2026-11-18", "2026-11-19")
        assert groupware(world, here)["start"] == "2026-11-18"
        assert groupware(world, here)["end"] == "2026-11-19"
        assert_still(world)


def test_f80_whole_days_of_an_organization_whose_zone_windows_does_not_know_are_written() -> None:
    with office(settings=wide(time_zone="Antarctica/Troll")) as world:
        day = in_groupware(world, "休暇", form="allDay", start="2026-11-18", end="2026-11-20")
        hour = in_groupware(world, "観測", start="2026-11-18T10:00:00", timeZone="Antarctica/Troll")
        record = passed(world)
        assert not parked(record)
        assert days(world, day) == ("2026-11-18", "2026-11-20")
        assert instants(world, hour)[0] == datetime(2026, 11, 18, 10, tzinfo=UTC)
        assert_still(world)
        assert groupware(world, hour)["timeZone"] == "Antarctica/Troll"


WALLS = {
    "the day New York leaves summer time": ("America/New_York", "2026-11-01T00:30:00"),
    "the hour that comes twice": ("America/New_York", "2026-11-01T01:30:00"),
    "the day New York enters summer time": ("America/New_York", "2027-03-14T01:30:00"),
    "half an hour off": ("Asia/Kolkata", "2026-11-18T10:15:00"),
    "half an hour of summer time": ("Australia/Lord_Howe", "2026-11-18T10:15:00"),
    "the half hour that comes twice": ("Australia/Lord_Howe", "2027-04-04T01:45:00"),
    "a zone of its own name": ("Asia/Kathmandu", "2026-11-18T10:15:00"),
    "an alias": ("Asia/Calcutta", "2026-11-18T10:15:00"),
    "utc": ("Etc/UTC", "2026-11-18T10:15:00"),
}


@pytest.mark.parametrize(("zone", "start"), WALLS.values(), ids=WALLS.keys())
def test_an_event_of_another_zone_is_the_same_instants_on_both_sides(zone: str, start: str) -> None:
    with office(settings=wide()) as world:
        event = in_groupware(world, start=start, timeZone=zone, duration="PT3H")
        begins = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        passed(world)
        assert instants(world, event) == (begins, begins + timedelta(hours=3))
        world.mailbox.edit(twin(world, event), subject="改題")
        passed(world)
        shown = groupware(world, event)
        assert (shown["title"], shown["start"], shown["timeZone"]) == ("改題", start, zone)
        assert_still(world)


@pytest.mark.parametrize("minute", range(0, 240, 30))
def test_each_instant_around_a_change_of_the_clocks_comes_through(minute: int) -> None:
    begins = datetime(2026, 11, 1, 4, 0, tzinfo=UTC) + timedelta(minutes=minute)
    with office(settings=wide()) as world:
        event = in_outlook(world, start=begins, end=begins + timedelta(minutes=30))
        world.mailbox.label_zone(event, "Eastern Standard Time")
        passed(world)
        shown = groupware(world, event)
        wall = datetime.fromisoformat(shown["start"]).replace(tzinfo=ZoneInfo(shown["timeZone"]))
        assert wall.astimezone(UTC) == begins
        assert shown["duration"] == "PT30M"
        edit_groupware(world, shown["id"], memo="本文")
        passed(world)
        assert instants(world, event) == (begins, begins + timedelta(minutes=30))
        assert_still(world)
