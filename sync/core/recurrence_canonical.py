"""The one form of a rule in which it is kept and compared: two texts of one rule are one text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache

from sync.core.event import AllDay, Span
from sync.core.recurrence_days import LAST_DAY, first_day_of, last_day_of, last_possible_day
from sync.core.recurrence_rule import MONDAY, SUNDAY, Frequency, Rule, explicit, read_rule, rule_text

# Of several that mean the same, one that people use.
_WEEK_STARTS = (MONDAY, SUNDAY, 1, 2, 3, 4, 5)


def first_day(span: Span) -> date:
    """The first local day of a span, in its own zone."""
    return span.first if isinstance(span, AllDay) else span.start.date()


def canonical_rrule(text: str, span: Span) -> str:
    """The rule in the one form in which it is compared: parts in a fixed order, upper case, sorted, what the start
    says said explicitly, defaults left out, WKST only where it matters, UNTIL as the local day of the last
    occurrence. "" for a rule that gives no day. `span` is the series' first occurrence.

    `CannotSync`: "recurrence-unreadable", "recurrence-too-frequent".
    """
    if not text.strip():
        return ""
    return canonical_text(read_rule(text, span), first_day(span))


@lru_cache(maxsize=1024)
def canonical_text(rule: Rule, first: date) -> str:
    """As `canonical_rrule`, of a rule that begins on `first`."""
    rule = explicit(rule, first)
    if rule.frequency is Frequency.DAILY and rule.by_set_pos:
        if not {1, -1} & set(rule.by_set_pos):
            return ""
        rule = replace(rule, by_set_pos=())  # a day's set holds one occurrence
    if first_day_of(rule, first) is None:
        return ""
    return rule_text(_with_one_end(replace(rule, wkst=_wkst(rule, first)), first))


def _wkst(rule: Rule, first: date) -> int:
    """The first of the week starts that mean the same: in a weekly rule it only says which of the days lie in the
    week of the start."""
    if rule.by_week_no or (rule.by_set_pos and rule.frequency is Frequency.WEEKLY):
        return rule.wkst
    if rule.frequency is not Frequency.WEEKLY or rule.interval == 1:
        return MONDAY

    def in_first_week(wkst: int) -> set[int]:
        left = (wkst - first.weekday() - 1) % 7 + 1  # days of that week from the start on
        return {day for _, day in rule.by_day if (day - first.weekday()) % 7 < left}

    return next(wkst for wkst in _WEEK_STARTS if in_first_week(wkst) == in_first_week(rule.wkst))


def _with_one_end(rule: Rule, first: date) -> Rule:
    """UNTIL tightened to the last occurrence; of COUNT and UNTIL, which exclude each other, the one that ends the
    series; an end that lies after the end of all calendars is none."""
    endless = replace(rule, count=None, until=None)
    counted = last_possible_day(replace(rule, until=None), first)
    if rule.until is not None and rule.until < counted:
        return replace(endless, until=last_day_of(endless, first, rule.until))
    return replace(endless, count=rule.count if counted < LAST_DAY else None)
