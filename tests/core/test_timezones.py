"""Zones by every name people use, and the hours that a change of the clocks doubles or skips."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.timezones import at_wall, canonical_name, in_zone, is_ambiguous_or_missing, names, zone
from sync.errors import CannotSync


@pytest.mark.parametrize(
    ("name", "known_as"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("asia/TOKYO", "Asia/Tokyo"),
        (" Asia/Tokyo ", "Asia/Tokyo"),
        ("Japan", "Asia/Tokyo"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Eastern", "America/New_York"),
        ("UTC", "Etc/UTC"),
        ("Zulu", "Etc/UTC"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("Australia/Lord_Howe", "Australia/Lord_Howe"),
    ],
)
def test_aliases_are_the_zone_they_stand_for(name: str, known_as: str) -> None:
    assert zone(name).key == known_as
    assert zone(name) is ZoneInfo(known_as)


@pytest.mark.parametrize(
    "name", ["", "Nowhere", "Tokyo Standard Time", "../etc/passwd", "Factory", "localtime"]
)
def test_an_unknown_zone_is_said_by_name_and_never_utc(name: str) -> None:
    with pytest.raises(CannotSync) as raised:
        zone(name)
    assert raised.value.code == "unknown-zone"
    assert raised.value.detail == {"zone": name}


def test_every_name_stands_for_itself_and_has_rules() -> None:
    for name in names():
        assert canonical_name(name) == name
        assert datetime(2026, 1, 1, tzinfo=zone(name)).utcoffset() is not None


NEW_YORK, LONDON, LORD_HOWE, TOKYO = map(
    zone, ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Tokyo")
)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("local", "tz", "expected"),
    [
        (wall("2026-11-01T01:30"), NEW_YORK, True),  # twice
        (wall("2026-11-01T00:59"), NEW_YORK, False),
        (wall("2026-11-01T02:00"), NEW_YORK, False),
        (wall("2026-03-08T02:30"), NEW_YORK, True),  # never
        (wall("2026-03-08T03:00"), NEW_YORK, False),
        (wall("2026-10-25T01:00"), LONDON, True),
        (wall("2026-04-05T01:45"), LORD_HOWE, True),  # changes by half an hour
        (wall("2026-04-05T01:15"), LORD_HOWE, False),
        (wall("2026-03-08T02:30"), TOKYO, False),
    ],
)
def test_hours_at_a_change_of_the_clocks(local: datetime, tz: ZoneInfo, expected: bool) -> None:
    assert is_ambiguous_or_missing(local, tz) is expected


def test_of_two_instants_a_wall_time_means_the_first() -> None:
    assert at_wall(wall("2026-11-01T01:30"), NEW_YORK).astimezone(UTC) == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


def test_a_skipped_wall_time_lies_after_the_gap() -> None:
    found = at_wall(wall("2026-03-08T02:30"), NEW_YORK)
    assert found.replace(tzinfo=None) == wall("2026-03-08T03:30")
    assert found.utcoffset() == timedelta(hours=-4)


def test_labels_change_and_instants_stay() -> None:
    instant = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    found = in_zone(instant, "asia/tokyo")
    assert found == instant
    assert found.isoformat() == "2026-12-01T10:00:00+09:00"
