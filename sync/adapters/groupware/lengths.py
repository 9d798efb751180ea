"""Lengths by the wall clock and in elapsed time, and where they differ: on nights on which the clocks are changed.

Groupwares measure an occurrence in elapsed time, the neutral model by the wall clock. Where the two disagree the
neutral series has an override of the time. That is said for the first two years of a series (`REACH`): later such
nights are taken as the wall clock says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sync.core.event import AllDay, Event, Span, Timed
from sync.core.recurrence import Original, first_day, occurrences

REACH = timedelta(days=731)
_DAY = timedelta(days=1)


def elapsed(span: Timed) -> timedelta:
    return span.end.astimezone(UTC) - span.start.astimezone(UTC)


def wall_length(span: Span) -> timedelta:
    """How long a span is on the clock of its zone; elapsed time where the clock is set back past the start."""
    if isinstance(span, AllDay):
        return span.until - span.first
    length = span.end.astimezone(span.start.tzinfo).replace(tzinfo=None) - span.start.replace(tzinfo=None)
    return max(length, timedelta()) or elapsed(span)


def uneven(given: Event, length: timedelta) -> Iterator[Original]:
    """The occurrences that may end at another time by the clock than after `length`. `given`: a series without
    cancelled and changed occurrences."""
    if not isinstance(given.span, Timed):
        return
    first = first_day(given.span)
    until = first + REACH
    if wall_length(given.span) != length:
        # Already the first one does: the clocks jump over its start or its end.
        yield from (original for original, _ in occurrences(given, first, until))
        return
    for year in range(first.year, until.year + 1):
        for day in clock_changes(given.span.zone, year):
            if first - _DAY <= day < until:
                yield from (original for original, _ in occurrences(given, day - _DAY, day + 2 * _DAY))


@lru_cache(maxsize=1024)
def clock_changes(zone: str, year: int) -> tuple[date, ...]:
    """The local days of a year on which the clocks are changed."""
    tz = ZoneInfo(zone)
    days = [date(year, 1, 1) + timedelta(n) for n in range(366)]
    offsets = [datetime.combine(day, time(), tz).utcoffset() for day in (*days, days[-1] + _DAY)]
    return tuple(
        day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after
    )
