"""Rules that choose days within each month they come to, and the monthly or yearly pattern that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from math import lcm

from sync.adapters.graph.recurrence_pattern import (
    ALL_DAYS,
    INDEXES,
    LAST,
    LENGTHS,
    Fit,
    NotNative,
    Pattern,
    PatternType,
)
from sync.core.recurrence_days import days_in_month
from sync.core.recurrence_rule import Frequency, Rule

TRIVIAL = ((1,), (-1,), (-1, 1))  # positions in a set of one


def every_week(rule: Rule) -> Fit:
    return Pattern(PatternType.WEEKLY, 1, days=tuple(sorted(day for _, day in rule.by_day)))


@dataclass(frozen=True, slots=True)
class Months:
    """The months that a rule comes to, by their distance from the first one, with the lengths each may have.

    Of an endless rule, one round of `cycle` months; of one that ends, all of them.
    """

    rule: Rule
    first: date
    cycle: int
    visits: Mapping[int, Sequence[int]]
    is_endless: bool

    @classmethod
    def of(cls, rule: Rule, first: date, last: date | None) -> Months:
        begins = first.month - 1
        if rule.frequency is Frequency.YEARLY:
            cycle = 12 * rule.interval
            offsets = sorted((month - 1 - begins) % cycle for month in rule.by_month)
        else:
            cycle = lcm(12, rule.interval) if rule.by_month else rule.interval
            wanted = rule.by_month or range(1, 13)
            offsets = [n for n in range(0, cycle, rule.interval) if (begins + n) % 12 + 1 in wanted]
        if last is None:
            # Without BYMONTH the lengths come round with the years.
            rounds = range(0, lcm(12, cycle), cycle)
            visits = {n + r: LENGTHS[(begins + n + r) % 12 + 1] for r in rounds for n in offsets}
            return cls(rule, first, lcm(12, cycle), visits, True)
        end = (last.year - first.year) * 12 + last.month - first.month
        reached = (n + r for r in range(0, end + 1, cycle) for n in offsets if n + r <= end)
        actual = {
            n: (days_in_month(first.year + (begins + n) // 12, (begins + n) % 12 + 1),) for n in reached
        }
        return cls(rule, first, cycle, actual, False)

    def step(self, visited: Iterable[int]) -> int | None:
        """The distance between these months if it is always the same."""
        offsets = sorted(visited)
        if self.is_endless:
            offsets.append(offsets[0] + self.cycle)
        steps = {later - earlier for earlier, later in pairwise(offsets)}
        if not steps:
            return self.rule.interval * (12 if self.rule.frequency is Frequency.YEARLY else 1)
        return steps.pop() if len(steps) == 1 else None

    def pattern(self, step: int, pattern: Pattern) -> Pattern:
        """The monthly pattern with its interval, as a yearly one where the rule speaks of certain months."""
        is_plain = self.rule.frequency is Frequency.MONTHLY and step == self.rule.interval
        if is_plain or step % 12 != 0:
            return replace(pattern, interval=step)
        is_absolute = pattern.type is PatternType.ABSOLUTE_MONTHLY
        kind = PatternType.ABSOLUTE_YEARLY if is_absolute else PatternType.RELATIVE_YEARLY
        day = min(pattern.day_of_month, max(LENGTHS[self.first.month]))
        return replace(pattern, type=kind, interval=step // 12, month=self.first.month, day_of_month=day)


def fit_by_month_day(rule: Rule, months: Months) -> Fit:
    """By days of the month. Outlook takes the last day of a month that is too short, where RFC 5545 leaves the month
    out: the two agree only where every month has the same say."""
    chosen = {length: _month_days(rule, length) for length in (28, 29, 30, 31)}
    kept = {n: lengths for n, lengths in months.visits.items() if any(chosen[length] for length in lengths)}
    step = months.step(kept)
    if step is None:
        return NotNative.SEVERAL_MONTHS if len(kept) == len(months.visits) else NotNative.SHORT_MONTHS
    found = [(length, chosen[length]) for lengths in kept.values() for length in lengths]
    if any(len(days) > 1 for _, days in found):
        return NotNative.SEVERAL_MONTH_DAYS
    if not all(days for _, days in found):
        return NotNative.SHORT_MONTHS
    pattern = Pattern(PatternType.RELATIVE_MONTHLY, step, days=ALL_DAYS, index=LAST)
    if not (min(rule.by_month_day) < 0 and all(days[0] == length for length, days in found)):
        # The day that the rule names, or the latest that it comes to.
        named = (max(rule.by_month_day), max(days[0] for _, days in found))
        fitting = [
            day for day in named if day > 0 and all(days[0] == min(day, length) for length, days in found)
        ]
        if not fitting:
            return NotNative.FROM_MONTH_END
        pattern = Pattern(PatternType.ABSOLUTE_MONTHLY, step, day_of_month=fitting[0])
    return months.pattern(step, pattern)


def _month_days(rule: Rule, length: int) -> list[int]:
    """The days that BYMONTHDAY and BYSETPOS choose in a month of that length."""
    numbers = {day if day > 0 else length + 1 + day for day in rule.by_month_day}
    days = sorted(day for day in numbers if 1 <= day <= length)
    if not rule.by_set_pos:
        return days
    places = {place - 1 if place > 0 else len(days) + place for place in rule.by_set_pos}
    return [days[place] for place in sorted(places) if 0 <= place < len(days)]


def fit_by_weekday(rule: Rule, months: Months) -> Fit:
    """By days of the week."""
    step = months.step(months.visits)
    if step is None:
        return NotNative.SEVERAL_MONTHS
    if not rule.by_set_pos and all(nth == 0 for nth, _ in rule.by_day):
        return every_week(rule) if step == 1 else NotNative.SOME_MONTHS
    index = _index(rule)
    if isinstance(index, NotNative):
        return index
    days = tuple(sorted({day for _, day in rule.by_day}))
    return months.pattern(step, Pattern(PatternType.RELATIVE_MONTHLY, step, days=days, index=index))


def _index(rule: Rule) -> int | NotNative:
    """Which of the rule's weekdays it takes in a month."""
    ordinals = {nth for nth, _ in rule.by_day}
    nth = ordinals.pop()
    if ordinals:
        return NotNative.SEVERAL_WEEKDAYS
    if nth == 0:
        if len(rule.by_set_pos) != 1:
            return NotNative.SET_POSITION
        nth = rule.by_set_pos[0]
        if len(rule.by_day) > 1 and nth not in INDEXES.values():
            return NotNative.SET_POSITION
    elif len(rule.by_day) > 1:
        # The first of the first Mondays, Tuesdays, .. is the first of all these days; likewise the last.
        if rule.by_set_pos != (nth,) or nth not in (1, LAST):
            return NotNative.SEVERAL_WEEKDAYS
    elif rule.by_set_pos and rule.by_set_pos not in TRIVIAL:
        return NotNative.SET_POSITION
    if nth not in INDEXES.values():
        return NotNative.FIFTH_WEEKDAY if nth > 0 else NotNative.WEEKDAY_FROM_END
    return nth
