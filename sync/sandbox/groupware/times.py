"""Wall times, dates, durations and where they lie on the time line (contract.yaml, "Time")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1900, 2199
# Later than any event; the end of a series, whose occurrences are found when asked for.
NEVER = 1 << 60

WALL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DURATION = re.compile(r"PT(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Extent:
    """Half-open; UTC milliseconds, or day numbers (`date.toordinal`) if `is_days`."""

    is_days: bool
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Window:
    """`[starts, ends)` in UTC milliseconds, and the days of one zone that it touches, half-open."""

    starts: int
    ends: int
    first_day: int
    until_day: int

    def meets(self, extent: Extent) -> bool:
        if extent.is_days:
            return extent.starts < self.until_day and extent.ends > self.first_day
        return extent.starts < self.ends and (
            extent.ends > self.starts or extent.starts == extent.ends == self.starts
        )


def window_of(starts: datetime, ends: datetime, zone: ZoneInfo) -> Window:
    last_touched = (ends - timedelta(microseconds=1)).astimezone(zone).toordinal()
    return Window(to_ms(starts), to_ms(ends), starts.astimezone(zone).toordinal(), last_touched + 1)


def is_zone(name: str) -> bool:
    return name in _zone_names()


@lru_cache(1)
def _zone_names() -> frozenset[str]:
    # "localtime" and "Factory" are in some installations and name no place.
    return frozenset(available_timezones()) - {"localtime", "Factory"}


@lru_cache(1024)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def parse_wall(text: str) -> datetime | None:
    """A naive datetime; None if it is not a wall time of an allowed year."""
    if not WALL_TIME.fullmatch(text):
        return None
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        return None
    return wall if FIRST_YEAR <= wall.year <= LAST_YEAR else None


def parse_date(text: str) -> date | None:
    if not DATE.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # An exclusive end may be the first day after the last year.
    return day if FIRST_YEAR <= day.year <= LAST_YEAR + 1 else None


def parse_duration(text: str) -> timedelta | None:
    match = DURATION.fullmatch(text)
    if not match:
        return None
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def format_duration(length: timedelta) -> str:
    total = int(length.total_seconds())
    hours, minutes, seconds = total // 3600, total // 60 % 60, total % 60
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number]
    return "PT" + ("".join(parts) or "0S")


def parse_instant(text: str) -> datetime | None:
    """RFC 3339 with an offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None or not FIRST_YEAR <= instant.year <= LAST_YEAR:
        return None
    return instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def utc_text(instant: datetime) -> str:
    """As in UNTIL of a rule (RFC 5545 3.3.5, form 2)."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def utc_of(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def to_ms(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def timed(wall: datetime, zone_name: str, length: timedelta) -> Extent:
    # fold=0 is the contract's rule: the first of two, and the old offset in a gap.
    starts = to_ms(wall.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC))
    return Extent(False, starts, starts + length // timedelta(milliseconds=1))
