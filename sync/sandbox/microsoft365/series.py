"""A series as one Content: it begins on its pattern, and its occurrences do not overlap (sections 3.2 to 3.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.event import Content, in_zone, later, local_day, on_day, series_zone
from sync.sandbox.microsoft365.recurrence import asked_zone, build_rule, occurrence_dates, store_recurrence
from sync.sandbox.microsoft365.switches import Switches

Json = dict[str, Any]
# The gaps between the dates of a pattern repeat long before this many years are over.
YEARS_LOOKED_AT = 5


def read_recurrence(value: Any, content: Content, switches: Switches) -> Json | None:
    """The stored form of a recurrence for an event with this start; `content` may be a series already."""
    if value is None:
        if content.recurrence is not None and not switches.recurrence_can_be_removed:
            raise errors.property_validation()
        return None
    zone = asked_zone(value, content.start.zone)
    start = content.start.local if content.is_all_day else in_zone(content.start, zone)
    return store_recurrence(value, start, zone)


def settle(content: Content, before: Content, body: Json, switches: Switches) -> Content:
    """A written series begins on the date of its start, and that is a date of its pattern (section 3.2)."""
    if content.recurrence is None or (
        content.recurrence == before.recurrence and same_times(content, before)
    ):
        return content
    if "recurrence" not in body:
        content = begin_on(content, local_day(content, series_zone(content)))
    first = first_date(content, switches)
    if first is None:
        raise errors.property_validation()
    if first != local_day(content, series_zone(content)):
        if not switches.unfit_start_moves:
            raise errors.property_validation()
        content = begin_on(replace(on_day(content, first), recurrence=content.recurrence), first)
    if switches.overlapping_occurrences_refused and overlaps(content, switches):
        raise errors.occurrence_too_long()
    return content


def begin_on(content: Content, day: date) -> Content:
    assert content.recurrence is not None
    span = {**content.recurrence["range"], "startDate": day.isoformat()}
    if content.is_all_day:
        span["recurrenceTimeZone"] = content.start.zone
    return replace(content, recurrence={**content.recurrence, "range": span})


def first_date(content: Content, switches: Switches) -> date | None:
    """None where no day fits: 30 February, or a range that ends before it begins."""
    assert content.recurrence is not None
    return next(
        (moment.date() for moment in build_rule(content.recurrence, switches.short_months_use_last_day)), None
    )


def overlaps(content: Content, switches: Switches) -> bool:
    """Whether an occurrence of the pattern ends after the next one begins."""
    assert content.recurrence is not None
    first = date.fromisoformat(content.recurrence["range"]["startDate"])
    if later(content, 1).start.instant >= content.end.instant:
        return False
    last = first.replace(year=min(first.year + YEARS_LOOKED_AT, 9999), day=1)
    dates = occurrence_dates(content.recurrence, first, last, switches.short_months_use_last_day)
    return any(on_day(content, a).end.instant > on_day(content, b).start.instant for a, b in pairwise(dates))


def same_times(one: Content, other: Content) -> bool:
    """Start and end as people see them; the zone they were written in does not count."""
    if one.is_all_day or other.is_all_day:
        spans = [(each.is_all_day, each.start.local, each.end.local) for each in (one, other)]
    else:
        spans = [(each.is_all_day, each.start.instant, each.end.instant) for each in (one, other)]
    return spans[0] == spans[1]
