"""When a VEVENT takes place, neutral to iCalendar: what says the wanted time already stays as it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sync.adapters.groupware.caldav.lines import Component, Line
from sync.adapters.groupware.caldav.when import (
    Clock,
    Moment,
    extent_of,
    invalid_time,
    same_time,
)
from sync.adapters.groupware.caldav.zones import ensure_definition, named
from sync.adapters.groupware.lengths import elapsed, wall_length
from sync.core.event import AllDay, Span
from sync.core.timezones import UTC_ZONE, at_wall, zone


@dataclass(frozen=True, slots=True)
class Style:
    """How a VEVENT writes its times: `tz` None: as days; else in that zone, under this TZID, `tzid` None: as UTC, "":
    without a zone (floating)."""

    tz: ZoneInfo | None
    tzid: str | None = None

    def line(self, name: str, moments: list[Moment], before: Line | None = None) -> Line:
        """With the other parameters of the line before."""
        line = (before or Line(name, "")).with_value(",".join(map(self.value, moments)), "VALUE", "TZID")
        if self.tz is None:
            return line.with_param("VALUE", "DATE")
        return line.with_param("TZID", self.tzid) if self.tzid else line

    def value(self, moment: Moment) -> str:
        """Of a day, a wall time of this zone, or an aware time."""
        if self.tz is None:
            return f"{moment.year:04}{moment:%m%d}"
        assert isinstance(moment, datetime)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.tz)
        if self.tzid is None:
            moment = moment.astimezone(UTC)
        elif moment.tzinfo is not self.tz:
            moment = moment.astimezone(UTC).astimezone(self.tz)
        return f"{moment.year:04}{moment:%m%dT%H%M%S}{'Z' if self.tzid is None else ''}"


def style_of(component: Component, clock: Clock) -> Style:
    """How it writes its start now."""
    line = component.line("DTSTART")
    if line is None:
        raise invalid_time("DTSTART")
    start = clock.moment(line)
    if not isinstance(start, datetime):
        return Style(None)
    assert isinstance(start.tzinfo, ZoneInfo)
    if line.value.strip().upper().endswith("Z"):
        return Style(start.tzinfo)
    return Style(start.tzinfo, line.param("TZID") or "")


def span_to(component: Component, span: Span, clock: Clock, *, is_series: bool = False) -> None:
    """The VEVENT takes place at `span`; a series is as long as `span` says by the clock.

    `CannotSync("invalid-time")` for a series whose start nobody can write.
    """
    is_new = component.line("DTSTART") is None
    before = extent_of(component, clock).span() if not is_new else None
    is_kept = before is not None and same_start(before, span)
    style = style_of(component, clock) if not is_new else None
    if not is_kept:
        style = style if style is not None and _suits(style, span) else new_style(span, is_series=is_series)
        start = span.first if isinstance(span, AllDay) else span.start
        component.set(style.line("DTSTART", [start], component.line("DTSTART")))
        define(component, style, clock)
    assert style is not None
    is_of_same_kind = not is_new and isinstance(before, AllDay) is isinstance(span, AllDay)
    if (is_kept or (is_of_same_kind and component.line("DURATION") is not None)) and _shows(
        component, span, clock, is_series
    ):
        return
    _end_to(component, span, style, is_series)


def _end_to(component: Component, span: Span, style: Style, is_series: bool) -> None:
    length = _length(span, is_series)
    component.remove("DURATION")
    if isinstance(span, AllDay):
        component.set(style.line("DTEND", [span.until], component.line("DTEND")))
        return
    ends = span.start.astimezone(UTC) + length
    if not length:
        component.remove("DTEND")  # without an end it takes no time (RFC 5545 3.6.1)
    elif style.tzid is not None and _is_second(ends, style.tz):
        component.remove("DTEND")
        component.add(Line("DURATION", f"PT{int(length.total_seconds())}S"))
    else:
        component.set(style.line("DTEND", [ends], component.line("DTEND")))


def same_start(one: Span, other: Span) -> bool:
    """The same day, or the same time in the same zone."""
    if isinstance(one, AllDay) or isinstance(other, AllDay):
        return isinstance(one, AllDay) and isinstance(other, AllDay) and one.first == other.first
    return one.start.timestamp() == other.start.timestamp() and one.zone == other.zone


def new_style(span: Span, *, is_series: bool) -> Style:
    """A wall time that comes twice means the first (RFC 5545 3.3.5): the second can be said in UTC only, by a series
    not at all."""
    if isinstance(span, AllDay):
        return Style(None)
    tz = zone(span.zone)
    if tz.key == UTC_ZONE:
        return Style(tz)
    if not _is_second(span.start, tz):
        return Style(tz, tz.key)
    if is_series:
        raise invalid_time("a series at a wall time that comes twice")
    return Style(zone(UTC_ZONE))


def define(component: Component, style: Style, clock: Clock) -> None:
    """The TZID that is used has its definition."""
    if style.tz is not None and style.tzid:
        start = clock.moment(component.lines("DTSTART")[0])
        ensure_definition(clock.zones.calendar, style.tzid, style.tz, start)


def _suits(style: Style, span: Span) -> bool:
    """Whether another time can be written as this one is. A TZID that only a definition explains holds for the dates
    that were looked at."""
    if isinstance(span, AllDay) or style.tz is None:
        return isinstance(span, AllDay) and style.tz is None
    if style.tz.key != span.zone:
        return False
    return style.tzid is None or (
        not _is_second(span.start, style.tz) and (not style.tzid or named(style.tzid) is not None)
    )


def _is_second(moment: datetime, tz: ZoneInfo | None) -> bool:
    """Whether its wall time in the zone means an earlier moment: it comes twice."""
    assert tz is not None
    local = moment.astimezone(UTC).astimezone(tz)
    return bool(local.fold) and at_wall(local.replace(tzinfo=None), tz).timestamp() != moment.timestamp()


def _shows(component: Component, span: Span, clock: Clock, is_series: bool) -> bool:
    extent = extent_of(component, clock)
    return same_time(extent.on_the_wall() if is_series else extent.span(), span)


def _length(span: Span, is_series: bool) -> timedelta:
    return wall_length(span) if is_series or isinstance(span, AllDay) else elapsed(span)
