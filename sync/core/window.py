"""The dates that are synced: a base range widened by days, in the organization's time zone."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sync.core.event import AllDay, Span


class BaseRange(StrEnum):
    TODAY = "today"
    THIS_WEEK = "thisWeek"
    THIS_MONTH = "thisMonth"


# The end of a series that never ends; a day of room, so that other zones can say it.
FOREVER = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Days `first` to `until` (exclusive) in `zone` (IANA name)."""

    first: date
    until: date
    zone: str

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def starts(self) -> datetime:
        """UTC instant at which the window opens."""
        return midnight(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        """UTC instant at which the window closes (exclusive)."""
        return midnight(self.until, self.zone)

    def covers(self, span: Span) -> bool:
        """Half-open overlap; an event ending exactly at the window's start is outside (graph-calendar.md T58)."""
        if isinstance(span, AllDay):
            return span.first < self.until and span.until > self.first
        return self.overlaps(*instants(span, self.zone))

    def overlaps(self, starts: datetime, ends: datetime) -> bool:
        """The same test on UTC instants."""
        return starts < self.ends and (ends > self.starts or starts == ends == self.starts)


def midnight(day: date, zone: str) -> datetime:
    """The UTC instant of 00:00 on `day` in `zone`."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def instants(span: Span, zone: str) -> tuple[datetime, datetime]:
    """UTC start and end of a span; whole days are taken in `zone`."""
    if isinstance(span, AllDay):
        return midnight(span.first, zone), midnight(span.until, zone)
    return span.start.astimezone(UTC), span.end.astimezone(UTC)


def window_of(base: BaseRange, past_days: int, future_days: int, now: datetime, zone: str) -> Window:
    """The window around `now`. Weeks begin on Sunday, as the calendars of the groupwares show them."""
    today = now.astimezone(ZoneInfo(zone)).date()
    match base:
        case BaseRange.TODAY:
            first, last = today, today
        case BaseRange.THIS_WEEK:
            first = today - timedelta(days=(today.weekday() + 1) % 7)
            last = first + timedelta(days=6)
        case BaseRange.THIS_MONTH:
            first = today.replace(day=1)
            last = today.replace(day=monthrange(today.year, today.month)[1])
    return Window(first - timedelta(days=past_days), last + timedelta(days=future_days + 1), zone)
