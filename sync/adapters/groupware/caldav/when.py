"""Dates and times of a VEVENT: DTSTART with DTEND or DURATION, and the values of the dates of a series."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sync.adapters.groupware.caldav.durations import Duration, duration_from
from sync.adapters.groupware.caldav.lines import Component, Line
from sync.adapters.groupware.caldav.zones import Zones
from sync.core.event import AllDay, Span, Timed
from sync.core.recurrence_days import LAST_DAY
from sync.core.timezones import UTC_ZONE, at_wall, zone
from sync.errors import CannotSync

Moment = date | datetime
DAY = timedelta(days=1)
_DATE = re.compile(r"\d{8}", re.ASCII)
_TIME = re.compile(r"(\d{8}T\d{4})(\d\d)(Z?)", re.ASCII)
_ONLY_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")


def invalid_time(reason: str) -> CannotSync:
    """`reason`: the property or what is wrong with it, never its value."""
    return CannotSync("invalid-time", {"reason": reason})


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads values. `home`: the zone of a time that has none."""

    zones: Zones
    home: ZoneInfo

    def moment(self, line: Line, value: str | None = None) -> Moment:
        """A day, or a time with its zone. `CannotSync`: "invalid-time", "unknown-zone"."""
        text = (line.value if value is None else value).strip().upper()
        try:
            return self._moment(line, text)
        except (ValueError, OverflowError) as error:
            raise invalid_time(line.name) from error

    def _moment(self, line: Line, text: str) -> Moment:
        if _DATE.fullmatch(text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        found = _TIME.fullmatch(text)
        if found is None or (line.param("VALUE") or "DATE-TIME").upper() not in ("DATE-TIME", "PERIOD"):
            raise ValueError("no time")
        # A leap second is the one before it: no clock here has it.
        second = min(int(found[2]), 59)
        wall = datetime.strptime(f"{found[1]}{second:02}", "%Y%m%dT%H%M%S")  # noqa: DTZ007  its zone follows
        if not 1 < wall.year < 9999:
            raise ValueError("year")  # other zones could not say it
        if found[3]:
            return wall.replace(tzinfo=zone(UTC_ZONE))
        tzid = line.param("TZID")
        return wall.replace(tzinfo=self.home if tzid is None else self.zones.of(tzid))

    def moments(self, line: Line) -> Iterator[tuple[str, Moment, Moment | Duration | None]]:
        """The values of EXDATE or RDATE as they are written; of a period its end or length too."""
        for text in filter(None, (one.strip() for one in line.value.split(","))):
            start, slash, rest = text.partition("/")
            length = duration_from(rest) if slash else None
            yield text, self.moment(line, start), length or (self.moment(line, rest) if slash else None)


@dataclass(frozen=True, slots=True)
class Extent:
    """The start, and how long an event is: as DURATION says it, or exactly as from DTSTART to DTEND, which all dates
    of a series share (RFC 5545 3.8.5.3)."""

    start: Moment
    length: Duration

    def span(self) -> Span:
        return span_of(self.start, self.length)

    def on_the_wall(self) -> Span:
        """The span whose end is as many hours later by the clock; the exact one if the clocks jump past that end."""
        if not isinstance(self.start, datetime):
            return self.span()
        tz = _tz(self.start)
        ends = (_wall(self.start) + self.length.total).replace(tzinfo=tz)
        is_later = ends.astimezone(UTC) >= self.start.astimezone(UTC)
        return Timed(self.start, ends) if is_later else self.span()


def extent_of(component: Component, clock: Clock) -> Extent:
    """`CannotSync`: "invalid-time", "unknown-zone"."""
    for name in _ONLY_ONCE:
        if len(component.lines(name)) > 1:
            raise invalid_time(name)
    begins, ends, lasts = (component.line(name) for name in ("DTSTART", "DTEND", "DURATION"))
    if begins is None:
        raise invalid_time("DTSTART")
    start = clock.moment(begins)
    if start.year >= LAST_DAY.year:
        raise invalid_time("DTSTART")
    if ends is not None:
        if _is_floating(begins) is not _is_floating(ends):
            raise invalid_time("DTEND")  # with one zone between them they say no length
        return Extent(start, length_between(start, clock.moment(ends), "DTEND"))
    if lasts is None:
        return Extent(start, Duration() if isinstance(start, datetime) else Duration(DAY))
    return Extent(start, _length(start, lasts.value))


def _is_floating(line: Line) -> bool:
    return line.param("TZID") is None and not line.value.strip().upper().endswith("Z")


def length_between(start: Moment, end: Moment, name: str) -> Duration:
    """Days of the calendar between days, exact time between times. An event that ends on the day it starts lasts that
    day: many programs write it."""
    if isinstance(start, datetime):
        if not isinstance(end, datetime):
            raise invalid_time(name)
        rest = end.astimezone(UTC) - start.astimezone(UTC)
        if rest < timedelta():
            raise invalid_time("end before start")
        return Duration(rest=rest)
    if isinstance(end, datetime):
        raise invalid_time(name)
    if end < start:
        raise invalid_time("end before start")
    return Duration(max(end - start, DAY))


def _length(start: Moment, value: str) -> Duration:
    found = duration_from(value)
    if found is None or found.total < timedelta():
        raise invalid_time("DURATION")
    if isinstance(start, datetime):
        return found
    if found.rest % DAY:
        raise invalid_time("DURATION")
    return Duration(max(found.total, DAY))


def span_of(start: Moment, length: Duration) -> Span:
    """The span of one occurrence, exactly; `CannotSync` beyond the end of all calendars."""
    try:
        if not isinstance(start, datetime):
            return AllDay(start, start + length.days)
        tz = _tz(start)
        ends = at_wall(_wall(start) + length.days, tz) if length.days else start
        return Timed(start, (ends.astimezone(UTC) + length.rest).astimezone(tz))
    except (ValueError, OverflowError) as error:
        raise invalid_time("DTEND") from error


def wall_of(moment: Moment, home: ZoneInfo) -> Moment:
    """The naive time that the clock of a zone shows; a day as it is."""
    if not isinstance(moment, datetime):
        return moment
    return _wall(moment if moment.tzinfo is home else moment.astimezone(UTC).astimezone(home))


def same_time(one: Span, other: Span) -> bool:
    """The same days, or the same instants, whatever zone labels them."""
    if isinstance(one, AllDay) or isinstance(other, AllDay):
        return one == other
    return (one.start.timestamp(), one.end.timestamp()) == (other.start.timestamp(), other.end.timestamp())


def _wall(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, fold=0)


def _tz(moment: datetime) -> ZoneInfo:
    assert isinstance(moment.tzinfo, ZoneInfo)
    return moment.tzinfo
