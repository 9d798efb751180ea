"""A series' rule between RFC 5545 and Graph's patternedRecurrence (graph-calendar.md 3, groupware.md 3.5).

Outlook gets a rule only where one pattern of Graph says exactly the same days; everything else has a reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sync.adapters.graph.recurrence_fit import pattern_of
from sync.adapters.graph.recurrence_pattern import (
    NotNative,
    Pattern,
    pattern_from_graph,
    pattern_rule,
    pattern_to_graph,
    whole_number,
)
from sync.adapters.graph.timezones import outlook_zone, windows_of
from sync.adapters.graph.wire import Item, object_at, text_at
from sync.core.event import AllDay, Span, Timed
from sync.core.recurrence import Held, canonical_rrule, first_day, span_at
from sync.core.recurrence_canonical import canonical_text
from sync.core.recurrence_days import LAST_DAY, first_day_of, last_rule_day, rule_days
from sync.core.recurrence_rule import rule_of, unreadable
from sync.core.timezones import zone
from sync.errors import CannotSync

__all__ = ["NotNative", "outlook_series", "recurrence_from_graph", "recurrence_to_graph"]

# How far ahead neighbours and clocks are compared; patterns and the rules of summer time repeat long before.
_AHEAD = timedelta(days=10 * 366)


def outlook_series(rrule: str, span: Span) -> Held | NotNative:
    """Whether one pattern says exactly this series, and if not, why.

    `rrule` is canonical, `span` the series' start in its own zone, before the zone is renamed for Outlook. What is
    held shows the first day that the rule gives: a start that the rule does not hit is left out, and no COUNT counts
    it. `Held.span` is labelled with the zone as Outlook shows it.
    """
    found = _fit(rrule, span)
    return found if isinstance(found, NotNative) else found[0]


def _fit(rrule: str, span: Span) -> tuple[Held, Pattern] | NotNative:
    begins = first_day(span)
    rrule = canonical_rrule(rrule, span)
    if not rrule:
        return NotNative.NO_RULE
    rule = rule_of(rrule)
    first = first_day_of(rule, begins)
    assert first is not None  # a rule without any day has no text
    last = last_rule_day(rrule, begins)
    pattern = pattern_of(rule, first, last)
    if isinstance(pattern, NotNative):
        return pattern
    if _overlap(rrule, span, first):
        return NotNative.OVERLAP
    moved = span_at(span, first)
    if isinstance(span, Timed) and isinstance(moved, Timed):
        reason = _clock_trouble(rrule, span, moved)
        if reason is not None:
            return reason
        moved = _labelled(moved)
    shown = replace(pattern_rule(pattern), count=rule.count, until=last if rule.until is not None else None)
    return Held(canonical_text(shown, first), moved), pattern


def recurrence_to_graph(rrule: str, span: Span, organization_zone: str) -> dict[str, object]:
    """The patternedRecurrence of a series that Outlook holds: `rrule` and `span` are those of a `Held`.

    The zone is the one `series_span_to_graph` labels the start with. `CannotSync("recurrence-not-native")` for any
    other rule.
    """
    found = _fit(rrule, span)
    if isinstance(found, NotNative):
        raise CannotSync("recurrence-not-native", {"reason": found.value})
    held, pattern = found
    first = first_day(span)
    if first_day(held.span) != first:
        raise CannotSync("recurrence-not-native", {"reason": "start"})
    rule = rule_of(held.rrule)
    name = windows_of(organization_zone if isinstance(span, AllDay) else span.zone)
    limits: dict[str, object] = {"type": "noEnd", "startDate": first.isoformat()}
    if rule.count is not None:
        limits |= {"type": "numbered", "numberOfOccurrences": rule.count}
    elif rule.until is not None:
        limits |= {"type": "endDate", "endDate": rule.until.isoformat()}
    return {
        "pattern": pattern_to_graph(pattern),
        "range": limits | {"recurrenceTimeZone": name or "UTC"},
    }


def recurrence_from_graph(recurrence: Item, span: Span) -> str:
    """The canonical rule of a series whose first occurrence is `span`, in the zone of the rule's dates
    (recurrenceTimeZone, `spans.series_span_from_graph`); of whole days no zone matters.

    The range's type comes first, because the other fields of the range hold defaults (3.2, T25). `CannotSync`:
    "recurrence-unreadable"; "recurrence-dates-differ" where the first occurrence is not on the first day that the
    dates of the rule give, so that nobody can say which days are meant.
    """
    pattern = pattern_from_graph(object_at(recurrence, "pattern"))
    limits = object_at(recurrence, "range")
    first = first_day(span)
    rule = pattern_rule(pattern)
    match text_at(limits, "type").lower():
        case "noend":
            pass
        case "numbered":
            rule = replace(rule, count=whole_number(limits, "numberOfOccurrences"))
        case "enddate":
            rule = replace(rule, until=_date(limits, "endDate"))
            if rule.until is not None and rule.until < first:
                raise unreadable("endDate")
        case _:
            raise unreadable("range")
    begins = _date(limits, "startDate")
    # The first occurrence may be later than startDate where that does not fit the pattern (3.2).
    if first_day_of(rule, begins) != first:
        raise CannotSync("recurrence-dates-differ", {"date": begins.isoformat()})
    return canonical_text(rule, first)


def _date(limits: Item, name: str) -> date:
    try:
        return date.fromisoformat(text_at(limits, name)[:10])
    except ValueError:
        raise unreadable(name) from None


def _overlap(rrule: str, span: Span, first: date) -> bool:
    """Whether an occurrence lasts into the next one; Graph may refuse that (3.4)."""
    if isinstance(span, AllDay):
        length = span.until - span.first
    else:
        starts, ends = _walls(span)
        length = ends - starts
    if length <= timedelta(days=1):
        return False
    until = min(LAST_DAY, first + _AHEAD)
    days = rule_days(rrule, first_day(span), first, until)
    return any(later - earlier < length for earlier, later in pairwise(days))


def _clock_trouble(rrule: str, span: Timed, moved: Timed) -> NotNative | None:
    """Wall times that Outlook could not keep as the series keeps them."""
    if windows_of(span.zone) is None:
        return NotNative.ZONE_WITHOUT_NAME
    if [wall.time() for wall in _walls(moved)] != [wall.time() for wall in _walls(span)]:
        return NotNative.CLOCK_CHANGE
    shown = zone(outlook_zone(span.zone))
    if shown.key != span.zone and not _same_clock(rrule, span, shown):
        return NotNative.ZONE_DIFFERS
    return None


def _same_clock(rrule: str, span: Timed, shown: ZoneInfo) -> bool:
    """Whether both zones have the same clocks on the series' days: a Windows zone stands for several zones of
    tzdata, and not all of these keep its rules."""
    starts, ends = _walls(span)
    own = zone(span.zone)
    first = starts.date()
    for day in rule_days(rrule, first, first, min(LAST_DAY, first + _AHEAD)):
        shift = datetime.combine(day, starts.time()) - starts
        for wall in (starts + shift, ends + shift):
            if wall.replace(tzinfo=own).utcoffset() != wall.replace(tzinfo=shown).utcoffset():
                return False
    return True


def _walls(span: Timed) -> tuple[datetime, datetime]:
    """Start and end as naive wall times of the span's zone."""
    tz = span.start.tzinfo
    return (
        span.start.replace(tzinfo=None, fold=0),
        span.end.astimezone(tz).replace(tzinfo=None, fold=0),
    )


def _labelled(span: Timed) -> Timed:
    tz = zone(outlook_zone(span.zone))
    return Timed(span.start.astimezone(tz), span.end.astimezone(tz))
