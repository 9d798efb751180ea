"""Reads the dates and times of one VEVENT: starts and ends that are all days, or all times in a known zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event
from icalendar.error import BrokenCalendarProperty
from icalendar.prop.broken import vBroken

from sync.sandbox.demo.company import ZONE
from sync.sandbox.fidelity.diagnostics import Finding
from sync.sandbox.groupware.times import FIRST_YEAR, LAST_YEAR, is_zone

DAY = timedelta(days=1)
TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SUMMARY")
ONLY_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SEQUENCE")
# What a value of the library raises when it is none.
BROKEN = (BrokenCalendarProperty, AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


class NotEntered(Exception):
    """Raised for an event that cannot be entered; `finding` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.finding = Finding(code, detail)


@dataclass(frozen=True, slots=True)
class Extent:
    """Start and end of one occurrence: two days (the end exclusive), or two aware times."""

    start: date
    end: date

    @property
    def is_days(self) -> bool:
        return not isinstance(self.start, datetime)

    @property
    def place(self) -> tzinfo:
        assert isinstance(self.start, datetime)
        assert self.start.tzinfo is not None
        return self.start.tzinfo


@dataclass(frozen=True, slots=True)
class Length:
    """`days` of the calendar and then a time on the clock: how a DURATION counts (RFC 5545 3.3.6; the parser does not
    tell PT24H from P1D). Between start and end lies an exact time, which all occurrences share (3.8.5.3): no days of
    the calendar then."""

    days: timedelta
    rest: timedelta

    @classmethod
    def of(cls, duration: timedelta) -> Length:
        rest = duration % DAY
        return cls(duration - rest, rest)

    @classmethod
    def between(cls, start: date, end: date) -> Length:
        if not isinstance(start, datetime) or not isinstance(end, datetime):
            return cls(end - start, timedelta())
        return cls(timedelta(), end.astimezone(UTC) - start.astimezone(UTC))

    def after(self, start: date) -> date:
        if not isinstance(start, datetime) or not self.rest:
            return start + self.days
        return ((start + self.days).astimezone(UTC) + self.rest).astimezone(start.tzinfo)


@dataclass(slots=True)
class Moments:
    """Reads what is in one calendar. `home`: the zone of its floating and its UTC times, as the writers of
    X-WR-TIMEZONE mean it; None without one. `series`: the zone that times without one have beside a start that has
    one. `findings` collects what reading changed."""

    home: ZoneInfo | None = None
    findings: set[Finding] = field(default_factory=set)
    series: tzinfo | None = None

    def within(self, extent: Extent) -> Moments:
        """For the dates of a series: many programs write them without the zone that its start has."""
        return self if extent.is_days else replace(self, series=extent.place)

    def extent(self, event: Event) -> Extent:
        check_whole(event)
        check_zones(event, self.home)
        start = self.value(event, "DTSTART")
        end = self._end(event, start)
        if isinstance(start, datetime) is not isinstance(end, datetime):
            raise NotEntered("mixed-date-and-time")
        if in_order(end) < in_order(start):
            raise NotEntered("end-before-start")
        if end == start and not isinstance(start, datetime):
            self.findings.add(Finding("empty-day"))
            end = start + DAY
        if start.year <= FIRST_YEAR or end.year >= LAST_YEAR:
            raise NotEntered("year-out-of-range", str(start.year))
        return Extent(start, end)

    def _end(self, event: Event, start: date) -> date:
        """Without an end days last one day, and times none (RFC 5545 3.6.1)."""
        if "DTEND" in event:
            return self.value(event, "DTEND")
        if "DURATION" in event:
            length = length_of(event)
            if length.rest and not isinstance(start, datetime):
                raise NotEntered("mixed-date-and-time", "DURATION")
            return length.after(start)
        return start if isinstance(start, datetime) else start + DAY

    def value(self, event: Event, name: str) -> date:
        found: Any = event[name]
        if not isinstance(found.dt, date):
            raise NotEntered("broken-property", name)
        return self.placed(found.dt, found.params.get("TZID"))

    def listed(self, event: Event, name: str) -> Iterator[tuple[date, date | timedelta | None]]:
        """The values of EXDATE or RDATE; of a period its end or length too."""
        for one in properties_of(event, name):
            written = one.params.get("TZID")
            for value in one.dts:
                if isinstance(value.dt, tuple):
                    start, end = value.dt
                    is_length = isinstance(end, timedelta)
                    yield self.placed(start, written), end if is_length else self.placed(end, written)
                elif isinstance(value.dt, date):
                    yield self.placed(value.dt, written), None
                else:
                    raise NotEntered("broken-property", name)

    def placed(self, value: date, written: str | None) -> date:
        """A day as it is; a time with its zone."""
        if not isinstance(value, datetime):
            return value
        value = value.replace(microsecond=0)
        is_utc = value.tzinfo is not None and value.tzname() in ("UTC", "utc")
        if self.home is not None and (is_utc or (value.tzinfo is None and not written)):
            return value.astimezone(self.home) if is_utc else value.replace(tzinfo=self.home)
        if value.tzinfo is not None:
            return value
        if written:
            raise NotEntered("unknown-zone", str(written))
        if self.series is not None:
            return value.replace(tzinfo=self.series)
        self.findings.add(Finding("floating-time"))
        return value.replace(tzinfo=ZoneInfo(ZONE))


def moments_of(home_zone: str, findings: set[Finding]) -> Moments:
    if home_zone and not is_zone(home_zone):
        raise NotEntered("unknown-zone", home_zone)
    return Moments(ZoneInfo(home_zone) if home_zone else None, findings)


def check_whole(event: Event) -> None:
    """Whether everything that says when the event is can be read at all."""
    if "DTSTART" not in event and not any(name == "DTSTART" for name, _ in event.errors):
        raise NotEntered("not-an-event")
    lost = {name for name, _ in event.errors}
    for name in TIMES:
        if name in lost or any(isinstance(one, vBroken) for one in properties_of(event, name)):
            raise NotEntered("broken-property", name)
    for name in ONLY_ONCE:
        if isinstance(event.get(name), list):
            raise NotEntered("repeated-property", name)


def properties_of(event: Event, name: str) -> list[Any]:
    found: Any = event.get(name)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def check_zones(event: Event, home: ZoneInfo | None) -> None:
    """A start without zone says no instant, so nothing beside it may, and the other way round for the end."""
    if home is not None or is_floating(event, "DTSTART") is None:
        return
    named = ("DTEND",) if not is_floating(event, "DTSTART") else ("DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")
    for name in named:
        if is_floating(event, name) not in (None, is_floating(event, "DTSTART")):
            raise NotEntered("mixed-zones", name)


def is_floating(event: Event, name: str) -> bool | None:
    """Whether (one of) the property's times has no zone; None: it has no times."""
    for one in properties_of(event, name):
        for value in getattr(one, "dts", [one]):
            moment = value.dt[0] if isinstance(value.dt, tuple) else value.dt
            if isinstance(moment, datetime):
                return moment.tzinfo is None
    return None


def length_of(event: Event, extent: Extent | None = None) -> Length:
    """How long each occurrence is; `extent` is the event's own, needed where there is no DURATION."""
    if "DURATION" in event and "DTEND" not in event:
        duration: Any = event["DURATION"]
        return Length.of(duration.dt)
    assert extent is not None
    return Length.between(extent.start, extent.end)


def in_order(value: date) -> datetime:
    """Days and times on one line, for comparing two of a kind."""
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.combine(value, time(), UTC)


def wall(value: date, place: tzinfo | None = None) -> datetime:
    """The naive local time in `place`; a day's midnight."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    return (value if place is None else value.astimezone(place)).replace(tzinfo=None)
