"""Times and zones that are wrong, strange or only one side's: parked by name, kept, never guessed, never shifted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

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
    instants,
    later,
    office,
    outlook,
    parked,
    passed,
    problems,
    sizes,
    smuggle,
    twin,
)
from tests.e2e.world import O


def backwards(content: Content) -> Content:
    return replace(content, end=Moment.of(content.start.local - timedelta(hours=1), content.start.zone))


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
