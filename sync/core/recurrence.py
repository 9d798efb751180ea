"""Series: what a repeating event says on each of its days (RFC 5545 3.8.5).

An occurrence is named by its **original**: the local day on which the rule puts it, in the series' zone. A timed
occurrence that the rule does not give (an additional date) is named by its naive wall time. The series' own start
always takes place unless it is cancelled, also where the rule does not hit it; it is named by its day.

Wall time is kept: an occurrence starts at the start's wall time and ends at the end's, as many days later as in
the first one. Whole days are dates and are never shifted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.core.event import AllDay, Event, Override, Recurrence, Span, Timed
from sync.core.recurrence_canonical import canonical_rrule, first_day
from sync.core.recurrence_days import LAST_DAY, last_rule_day, last_rule_day_until, rule_days
from sync.core.timezones import at_wall
from sync.core.window import instants

__all__ = [
    "Held",
    "Original",
    "bounds",
    "canonical_rrule",
    "first_day",
    "last_rule_day",
    "normalised",
    "occurrence_of",
    "occurrences",
    "order",
    "plain_occurrence",
    "rule_days",
    "span_at",
]

Original = date | datetime
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """How a side says a series by a rule of its own: the canonical rule under which it shows the series again,
    and the span of the first occurrence that the rule gives."""

    rrule: str
    span: Span


def order(original: Original) -> tuple[datetime, bool]:
    """The key that sorts originals: by time, a day before the times on it."""
    if isinstance(original, datetime):
        return original, True
    return datetime.combine(original, time()), False


def plain_occurrence(series: Event, day: date) -> Event:
    """What the rule alone says on that day: a single event."""
    return _plain(series, day)


def occurrence_of(series: Event, original: Original) -> Event | None:
    """The occurrence of that name as it takes place; None: it is cancelled, or the series has none of that name."""
    recurrence = series.recurrence
    if recurrence is None:
        return series if original == first_day(series.span) else None
    original = _name(series, original)
    if any(_name(series, one) == original for one in recurrence.exdates):
        return None
    for override in recurrence.overrides:
        if _name(series, override.original) == original:
            return override.event
    return _plain(series, original) if _is_given(series, original) else None


def occurrences(series: Event, since: date, until: date) -> Iterator[tuple[Original, Event]]:
    """All occurrences that overlap the local days [since, until) of the series' zone, by their originals: days of
    the rule, the start itself, additional dates, and occurrences moved into these days; without the cancelled
    ones. A single event is its own occurrence."""
    recurrence = series.recurrence
    if recurrence is None:
        found = {first_day(series.span): series}
    else:
        found = dict(_given(series, since, until))
        found |= {_name(series, one.original): one.event for one in recurrence.overrides}
        for cancelled in recurrence.exdates:
            found.pop(_name(series, cancelled), None)
    for original in sorted(found, key=order):
        if _overlaps(found[original].span, series.span, since, until):
            yield original, found[original]


def bounds(series: Event, zone: str) -> tuple[datetime, datetime | None]:
    """UTC instants of the first start and the last end (None: the series never ends); whole days are taken in
    `zone`. The start's own if no occurrence is left."""
    recurrence = series.recurrence
    starts, ends = instants(series.span, zone)
    if recurrence is None:
        return starts, ends
    normal = normalised(series).recurrence
    assert normal is not None
    changed = {*normal.exdates, *(one.original for one in normal.overrides)}
    plain = [_first_left(series, changed), _last_left(series, changed)]
    plain += [one for one in normal.rdates if one not in changed]
    spans = [one.event.span for one in normal.overrides]
    spans += [_plain(series, one).span for one in plain if one is not None]
    if not spans:
        return starts, ends
    edges = [instants(span, zone) for span in spans]
    never_ends = recurrence.rrule and last_rule_day(recurrence.rrule, first_day(series.span)) is None
    return min(edge[0] for edge in edges), None if never_ends else max(edge[1] for edge in edges)


def normalised(series: Event) -> Event:
    """The series with its tuples in normal form: sorted, without repetition, each original by its proper name;
    without additional dates that the series has anyway or that are cancelled, cancelled dates that name nothing,
    and overrides that are cancelled or say what the series says."""
    recurrence = series.recurrence
    if recurrence is None:
        return series
    cancelled = {_name(series, one) for one in recurrence.exdates}
    added = {_name(series, one) for one in recurrence.rdates}
    added = {one for one in added if not _is_by_rule(series, one)}
    overrides = {_name(series, one.original): one.event for one in recurrence.overrides}
    kept = tuple(
        Override(original, overrides[original])
        for original in sorted(overrides.keys() - cancelled, key=order)
        if not (original in added or _is_by_rule(series, original))
        or not _says_the_same(overrides[original], _plain(series, original))
    )
    gone = sorted((one for one in cancelled if _is_by_rule(series, one)), key=order)
    tuples = Recurrence(recurrence.rrule, tuple(gone), tuple(sorted(added - cancelled, key=order)), kept)
    return replace(series, recurrence=tuples)


def _says_the_same(event: Event, plain: Event) -> bool:
    """Within one zone Python compares wall times: of an hour that comes twice only the instants tell which."""
    if isinstance(event.span, Timed) and isinstance(plain.span, Timed):
        return event == plain and instants(event.span, event.span.zone) == instants(
            plain.span, event.span.zone
        )
    return event == plain


def _name(series: Event, original: Original) -> Original:
    """The proper name of an original: its day if the rule or the start puts the occurrence there at that time,
    else its wall time."""
    if isinstance(series.span, AllDay):
        return original.date() if isinstance(original, datetime) else original
    at = series.span.start.time()
    if isinstance(original, datetime):
        is_at_start = original.time() == at and _is_by_rule(series, original.date())
        return original.date() if is_at_start else original
    return original if _is_by_rule(series, original) else datetime.combine(original, at)


def _is_by_rule(series: Event, original: Original) -> bool:
    """Whether the rule or the start itself gives this occurrence."""
    if isinstance(original, datetime):
        return False
    assert series.recurrence is not None
    first = first_day(series.span)
    return original == first or any(rule_days(series.recurrence.rrule, first, original, original + DAY))


def _is_given(series: Event, original: Original) -> bool:
    """Whether the series has this occurrence: by the rule, by its start, or as an additional date."""
    assert series.recurrence is not None
    return _is_by_rule(series, original) or original in {
        _name(series, one) for one in series.recurrence.rdates
    }


def _given(series: Event, since: date, until: date) -> Iterator[tuple[Original, Event]]:
    """The plain occurrences that may overlap [since, until), a few more at the edges."""
    assert series.recurrence is not None
    first = first_day(series.span)
    yield first, _plain(series, first)
    reach = date.fromordinal(max(first.toordinal(), since.toordinal() - _length(series.span).days))
    for day in rule_days(series.recurrence.rrule, first, reach, until):
        yield day, _plain(series, day)
    for original in series.recurrence.rdates:
        yield _name(series, original), _plain(series, original)


def _length(span: Span) -> timedelta:
    """As dates or wall times say it, rounded up to whole days."""
    if isinstance(span, AllDay):
        return span.until - span.first
    return timedelta(days=(span.end.astimezone(span.start.tzinfo).date() - span.start.date()).days + 1)


def _plain(series: Event, original: Original) -> Event:
    return replace(series, span=span_at(series.span, original), recurrence=None)


def span_at(span: Span, original: Original) -> Span:
    """The span moved to that day, or to that wall time."""
    if isinstance(span, AllDay):
        day = original.date() if isinstance(original, datetime) else original
        return AllDay(day, day + (span.until - span.first))
    tz = span.start.tzinfo
    assert isinstance(tz, ZoneInfo)
    start = span.start.replace(tzinfo=None, fold=0)
    begins = original if isinstance(original, datetime) else datetime.combine(original, start.time())
    if begins == start:
        return span
    length = span.end.astimezone(tz).replace(tzinfo=None, fold=0) - start
    starts, ends = at_wall(begins, tz), at_wall(begins + length, tz)
    # Where the clocks jump over the start, the end's wall time can lie before it: then the length is kept.
    if ends.astimezone(UTC) < starts.astimezone(UTC):
        ends = (starts.astimezone(UTC) + length).astimezone(tz)
    return Timed(starts, ends)


def _overlaps(span: Span, of_series: Span, since: date, until: date) -> bool:
    """Whether a span overlaps the local days [since, until) of the series' zone."""
    if isinstance(span, AllDay):
        return span.first < until and span.until > since
    tz = of_series.start.tzinfo if isinstance(of_series, Timed) else span.start.tzinfo
    starts, ends = (one.astimezone(tz).replace(tzinfo=None, fold=0) for one in (span.start, span.end))
    opens, closes = (datetime.combine(day, time()) for day in (since, until))
    return starts < closes and (ends > opens or starts == ends == opens)


def _first_left(series: Event, changed: set[Original]) -> date | None:
    """The first day of the rule or the start that is neither cancelled nor changed."""
    assert series.recurrence is not None
    first = first_day(series.span)
    if first not in changed:
        return first
    days = rule_days(series.recurrence.rrule, first, first, LAST_DAY)
    return next((day for day in days if day not in changed), None)


def _last_left(series: Event, changed: set[Original]) -> date | None:
    """The last day of the rule or the start that is neither cancelled nor changed; the start's for an endless
    rule."""
    assert series.recurrence is not None
    first = first_day(series.span)
    day = last_rule_day(series.recurrence.rrule, first)
    while day is not None and day in changed:
        day = (
            None if day == first else last_rule_day_until(series.recurrence.rrule, first, day - DAY) or first
        )
    return day
