"""Times and zones that are wrong, strange or only one side's: parked by name, kept, never guessed, never shifted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.sandbox.microsoft365.event import Content, Moment
from tests.e2e.office import (
    assert_still,
    counts,
    distort,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    later,
    office,
    outlook,
    parked,
    passed,
    problems,
    sizes,
    smuggle,
    twin,
    wide,
)
from tests.e2e.world import G, O, World


def instants(world: World, event_id: str) -> tuple[datetime, datetime]:
    """Start and end as Outlook holds them."""
    shown = world.mailbox.snapshot()
    found = shown[event_id] if event_id in shown else shown[twin(world, event_id)]
    return datetime.fromisoformat(found["start"]), datetime.fromisoformat(found["end"])


def days(world: World, event_id: str) -> tuple[str, str]:
    """First day and the day after the last as Outlook holds them."""
    shown = world.mailbox.snapshot()
    found = shown[event_id] if event_id in shown else shown[twin(world, event_id)]
    assert found["isAllDay"]
    return found["start"], found["end"]


def backwards(content: Content) -> Content:
    return replace(
        content, end=Moment.of(content.start.local - timedelta(hours=1), content.start.zone)
    )


# -- what cannot be read ----------------------------------------------------------------------------------------

BROKEN_IN_GROUPWARE: dict[str, dict[str, Any]] = {
    "it ends before it starts": {"duration": "-PT1H"},
    "whole days end before they start": {"form": "allDay", "start": "2026-11-18", "end": "2026-11-17"},
    "whole days without a day": {"form": "period", "start": "2026-11-18", "end": "2026-11-18"},
    "no such day": {"start": "2026-11-31T10:00:00"},
    "no start": {"start": None},
    "an offset in the wall time": {"start": "2026-11-18T10:00:00+09:00"},
    "a length beyond all calendars": {"duration": "PT99999999999999H"},
    "an end beyond all calendars": {"start": "9999-12-31T23:00:00", "duration": "PT48H"},
    "a form that nobody knows": {"form": "someday"},
    "no form": {"form": None},
}


@pytest.mark.parametrize("broken", BROKEN_IN_GROUPWARE.values(), ids=BROKEN_IN_GROUPWARE.keys())
def test_a_broken_time_in_the_groupware_is_parked_and_comes_once_repaired(broken: dict[str, Any]) -> None:
    with office() as world:
        bad = in_groupware(world, "壊れた予定")
        good = in_groupware(world, "ふつうの予定", start="2026-11-19T09:00:00")
        before = world.groupware.get(bad)
        assert before is not None
        smuggle(world, bad, **broken)
        record = passed(world)
        assert parked(record)[bad][0] == "invalid-time"
        assert problems(world)[bad].code == "invalid-time"
        assert counts(record, O) == {"create": 1}
        assert outlook(world, good)["subject"] == "ふつうの予定"
        later(world)
        assert sizes(world) == (2, 1), "still parked, still there"
        smuggle(world, bad, **{name: before[name] for name in broken})
        passed(world)
        assert instants(world, bad)[0] == datetime(2026, 11, 18, 1, tzinfo=UTC)
        assert not problems(world)
        assert_still(world)


@pytest.mark.parametrize("broken", BROKEN_IN_GROUPWARE.values(), ids=BROKEN_IN_GROUPWARE.keys())
def test_a_linked_event_whose_time_breaks_in_the_groupware_keeps_its_twin(broken: dict[str, Any]) -> None:
    with office() as world:
        bad = in_groupware(world)
        passed(world)
        before = world.groupware.get(bad)
        assert before is not None
        smuggle(world, bad, **broken)
        world.mailbox.edit(twin(world, bad), location="第1会議室")
        record = passed(world)
        assert parked(record)[bad][0] == "invalid-time"
        assert sizes(world) == (1, 1)
        smuggle(world, bad, **{name: before[name] for name in broken})
        passed(world)
        assert groupware(world, bad)["place"] == "第1会議室", "what was edited meanwhile arrives then"
        assert_still(world)


def test_an_event_of_outlook_that_ends_before_it_starts_is_parked_and_comes_once_repaired() -> None:
    with office() as world:
        bad = in_outlook(world, "壊れた予定")
        good = in_outlook(world, "ふつうの予定")
        distort(world, bad, backwards)
        record = passed(world)
        assert parked(record)[bad][0] == "invalid-time"
        assert groupware(world, good)["title"] == "ふつうの予定"
        assert sizes(world) == (1, 2)
        world.mailbox.edit(bad, start="2026-11-18T10:00", end="2026-11-18T10:30")
        passed(world)
        assert groupware(world, bad)["duration"] == "PT30M"
        assert_still(world)


def test_a_linked_event_of_outlook_that_ends_before_it_starts_keeps_its_twin() -> None:
    with office() as world:
        event = in_groupware(world)
        passed(world)
        distort(world, twin(world, event), backwards)
        record = passed(world)
        assert parked(record)[event][0] == "invalid-time"
        edit_groupware(world, event, title="改題")
        later(world)
        assert sizes(world) == (1, 1)
        world.mailbox.edit(twin(world, event), start="2026-11-18T12:00", end="2026-11-18T13:00")
        passed(world)
        assert outlook(world, event)["subject"] == "改題"
        assert groupware(world, event)["start"] == "2026-11-18T12:00:00"
        assert_still(world)


def test_an_unknown_zone_in_outlook_is_parked_by_its_name_and_never_taken_as_utc() -> None:
    with office() as world:
        bad, good = in_outlook(world, "火星"), in_outlook(world, "地球")
        world.mailbox.label_zone(bad, "Mars Standard Time")
        record = passed(world)
        assert parked(record) == {bad: ("unknown-zone", {"zone": "Mars Standard Time"})}
        assert problems(world)[bad].detail == {"zone": "Mars Standard Time"}
        assert groupware(world, good)["title"] == "地球"
        assert sizes(world) == (1, 2)
        later(world)
        assert sizes(world) == (1, 2)
        world.mailbox.label_zone(bad, "Tokyo Standard Time")
        passed(world)
        assert groupware(world, bad)["start"] == "2026-11-18T10:00:00"
        assert groupware(world, bad)["timeZone"] == "Asia/Tokyo"
        assert_still(world)


def test_f83_an_unknown_zone_in_the_groupware_stops_one_event_and_no_other() -> None:
    with office() as world:
        bad = in_groupware(world, "火星")
        good = [in_groupware(world, f"地球 {n}") for n in range(3)]
        smuggle(world, bad, timeZone="Mars/Phobos")
        record = passed(world)
        assert parked(record) == {bad: ("unknown-zone", {"zone": "Mars/Phobos"})}
        assert counts(record, O) == {"create": 3}
        assert all(outlook(world, event) for event in good)
        smuggle(world, bad, timeZone="Asia/Tokyo")
        passed(world)
        assert instants(world, bad)[0] == datetime(2026, 11, 18, 1, tzinfo=UTC)
        assert_still(world)


def test_a_zone_that_becomes_unknown_later_deletes_nothing() -> None:
    with office() as world:
        event = in_groupware(world)
        passed(world)
        world.mailbox.label_zone(twin(world, event), "Mars Standard Time")
        assert parked(passed(world))[event][0] == "unknown-zone"
        assert sizes(world) == (1, 1)
        world.mailbox.label_zone(twin(world, event), "Tokyo Standard Time")
        passed(world)
        assert not problems(world)
        assert_still(world)


def test_a_custom_zone_of_an_old_client_is_read_by_its_instants() -> None:
    with office() as world:
        event = in_outlook(world)
        world.mailbox.label_zone(event, "tzone://Microsoft/Custom")
        passed(world)
        assert groupware(world, event)["start"] == "2026-11-18T10:00:00"
        assert groupware(world, event)["timeZone"] == "Asia/Tokyo"
        assert_still(world)


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


@pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata"])
def test_f77_whole_days_of_an_organization_far_from_utc_are_the_same_days(zone: str) -> None:
    with office(settings=wide(time_zone=zone)) as world:
        there = in_groupware(world, "休暇", form="allDay", start="2026-11-18", end="2026-11-19")
        here = in_outlook(world, "研修", start="2026-11-18", end="2026-11-19", time_zone="Eastern Standard Time")
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


# -- forms that only the groupware knows ------------------------------------------------------------------------

FORMS: dict[str, dict[str, Any]] = {
    "startOnly": {"start": "2026-11-18T10:00:00"},
    "noTime": {"start": "2026-11-18", "end": "2026-11-19"},
    "period": {"start": "2026-11-18", "end": "2026-11-25"},
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_an_entry_survives_edits_of_other_fields(form: str) -> None:
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        world.mailbox.edit(twin(world, event), subject="改題", location="本社", body="本文", show_as="free")
        passed(world)
        shown = groupware(world, event)
        assert (shown["form"], shown["title"], shown["place"]) == (form, "改題", "本社")
        assert shown["start"] == FORMS[form]["start"]
        edit_groupware(world, event, memo="別の本文")
        assert_still_after(world, event, form)


@pytest.mark.parametrize(
    ("form", "start", "end"),
    [
        ("startOnly", "2026-11-19T15:00", "2026-11-19T15:00"),
        ("noTime", "2026-11-20", "2026-11-21"),
        ("period", "2026-11-20", "2026-11-30"),
        ("period", "2026-11-20", "2026-11-21"),
    ],
)
def test_the_form_of_an_entry_survives_a_move_that_still_fits_it(form: str, start: str, end: str) -> None:
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        world.mailbox.edit(twin(world, event), start=start, end=end)
        passed(world)
        assert groupware(world, event)["form"] == form
        assert groupware(world, event)["start"].startswith(start)
        assert_still(world)


@pytest.mark.parametrize(
    ("form", "start", "end", "becomes"),
    [
        ("startOnly", "2026-11-18T10:00", "2026-11-18T11:00", "timed"),
        ("noTime", "2026-11-18", "2026-11-20", "allDay"),
    ],
)
def test_a_form_that_no_longer_fits_becomes_the_plain_one(form: str, start: str, end: str, becomes: str) -> None:
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        world.mailbox.edit(twin(world, event), start=start, end=end)
        passed(world)
        assert groupware(world, event)["form"] == becomes
        assert_still(world)


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_moved_in_the_groupware_keeps_its_form_and_moves_in_outlook(form: str) -> None:
    moved = {"startOnly": {"start": "2026-11-20T09:00:00"}}.get(form, {"start": "2026-11-20", "end": "2026-11-21"})
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        edit_groupware(world, event, **moved)
        record = passed(world)
        assert counts(record, G) == {}
        assert counts(record, O) == {"update": 1}
        if form == "startOnly":
            assert instants(world, event) == (datetime(2026, 11, 20, 0, tzinfo=UTC),) * 2
        else:
            assert days(world, event) == ("2026-11-20", "2026-11-21")
        assert_still_after(world, event, form)


def test_whole_days_become_hours_and_hours_become_whole_days() -> None:
    with office() as world:
        there = in_groupware(world, "A", form="allDay", start="2026-11-18", end="2026-11-19")
        here = in_outlook(world, "B")
        passed(world)
        world.mailbox.edit(
            twin(world, there), start="2026-11-18T09:00", end="2026-11-18T10:00", is_all_day=False
        )
        edit_groupware(
            world,
            twin(world, here),
            form="allDay",
            start="2026-11-20",
            end="2026-11-21",
            duration=None,
            timeZone=None,
        )
        passed(world)
        assert (groupware(world, there)["form"], groupware(world, there)["start"]) == ("timed", "2026-11-18T09:00:00")
        assert days(world, here) == ("2026-11-20", "2026-11-21")
        assert_still(world)


def assert_still_after(world: World, event: str, form: str) -> None:
    passed(world)
    assert groupware(world, event)["form"] == form
    assert_still(world)
    assert groupware(world, event)["form"] == form
