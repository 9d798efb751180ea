"""Which one of Graph's patterns gives exactly the days of a rule (graph-calendar.md 3.1 and 3.4, groupware.md 3.5).

Never a nearly right pattern: a rule that no pattern says has a reason instead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sync.adapters.graph.recurrence_months import (
    TRIVIAL,
    Months,
    every_week,
    fit_by_month_day,
    fit_by_weekday,
)
from sync.adapters.graph.recurrence_pattern import (
    ALL_DAYS,
    INDEXES,
    LAST,
    Fit,
    NotNative,
    Pattern,
    PatternType,
)
from sync.core.recurrence_rule import Frequency, Rule

# Exchange takes intervals of 1 to 99 (groupware.md 3.5).
LONGEST_INTERVAL = 99


def pattern_of(rule: Rule, first: date, last: date | None) -> Fit:
    """The pattern that gives the same days from `first` on, which is the first day the rule gives, to `last` (None:
    for ever). The rule is explicit; its COUNT and UNTIL are not looked at."""
    if rule.by_week_no:
        return NotNative.WEEK_NUMBER
    if rule.by_year_day:
        dated = _dated(rule)
        return pattern_of(dated, first, last) if dated is not None else NotNative.YEAR_DAY
    if rule.frequency is not Frequency.YEARLY and len(rule.by_month) == 12:
        rule = replace(rule, by_month=())
    match rule.frequency:
        case Frequency.DAILY:
            found = _daily(rule, first, last)
        case Frequency.WEEKLY:
            found = _weekly(rule)
        case Frequency.MONTHLY:
            found = _monthly(rule, first, last)
        case Frequency.YEARLY:
            found = _yearly(rule, first, last)
    return _within_limits(found, first)


def _within_limits(found: Fit, first: date) -> Fit:
    """A longer interval may be said in a larger unit."""
    if not isinstance(found, Pattern) or found.interval <= LONGEST_INTERVAL:
        return found
    weeks, days = divmod(found.interval, 7)
    if found.type is PatternType.DAILY and days == 0 and weeks <= LONGEST_INTERVAL:
        return Pattern(PatternType.WEEKLY, weeks, days=(first.weekday(),))
    years, months = divmod(found.interval, 12)
    if months == 0 and years <= LONGEST_INTERVAL:
        if found.type is PatternType.ABSOLUTE_MONTHLY:
            return replace(found, type=PatternType.ABSOLUTE_YEARLY, interval=years, month=first.month)
        if found.type is PatternType.RELATIVE_MONTHLY:
            return replace(found, type=PatternType.RELATIVE_YEARLY, interval=years, month=first.month)
    return NotNative.INTERVAL


def _dated(rule: Rule) -> Rule | None:
    """One day of the year as month and day; None where the leap day moves it, or for more than one."""
    if len(rule.by_year_day) != 1 or rule.by_month or rule.by_month_day or rule.by_day:
        return None
    number = rule.by_year_day[0]
    if 1 <= number <= 59:  # to 28 February
        day = date(2025, 1, 1) + timedelta(days=number - 1)
    elif -306 <= number <= -1:  # from 1 March
        day = date(2026, 1, 1) + timedelta(days=number)
    else:
        return None
    return replace(rule, by_year_day=(), by_month=(day.month,), by_month_day=(day.day,), by_set_pos=())


def _daily(rule: Rule, first: date, last: date | None) -> Fit:
    if rule.by_month or rule.by_month_day:
        if rule.interval > 1:
            return NotNative.SOME_MONTHS
        return _monthly(replace(rule, frequency=Frequency.MONTHLY), first, last)
    weekdays = {day for _, day in rule.by_day} or set(ALL_DAYS)
    # After seven steps the days of the week come round again, `interval` weeks later.
    steps = [n * rule.interval for n in range(7) if (first.weekday() + n * rule.interval) % 7 in weekdays]
    if len(steps) == 7:
        return Pattern(PatternType.DAILY, rule.interval)
    for wkst in ALL_DAYS:
        since = (first.weekday() - wkst) % 7
        if all((since + step) // 7 % rule.interval == 0 for step in steps):
            days = tuple(sorted((first.weekday() + step) % 7 for step in steps))
            return Pattern(PatternType.WEEKLY, rule.interval, days=days, first_day_of_week=wkst)
    return NotNative.SOME_WEEKDAYS


def _weekly(rule: Rule) -> Fit:
    if rule.by_set_pos:
        return NotNative.SET_POSITION
    if rule.by_month:
        return NotNative.SOME_MONTHS
    days = tuple(day for _, day in rule.by_day)
    return Pattern(PatternType.WEEKLY, rule.interval, days=days, first_day_of_week=rule.wkst)


def _yearly(rule: Rule, first: date, last: date | None) -> Fit:
    if rule.by_month:
        if rule.by_set_pos and len(rule.by_month) > 1:
            return NotNative.SET_POSITION
        return _monthly(rule, first, last)
    if rule.by_month_day:
        if any(nth for nth, _ in rule.by_day):
            return NotNative.WEEKDAY_AND_DAY
        if rule.by_set_pos:
            return NotNative.SET_POSITION
        return _monthly(replace(rule, by_month=tuple(range(1, 13))), first, last)
    if not rule.by_set_pos and not any(nth for nth, _ in rule.by_day):
        return every_week(rule) if rule.interval == 1 else NotNative.SOME_YEARS
    return _of_year(rule, first, last)


def _of_year(rule: Rule, first: date, last: date | None) -> Fit:
    """The n-th of some weekdays in the year: one of the first four lies in January, the last in December."""
    if len(rule.by_day) > 1 and any(nth for nth, _ in rule.by_day):
        return NotNative.SEVERAL_WEEKDAYS
    index = rule.by_day[0][0]
    if index == 0:
        if len(rule.by_set_pos) != 1:
            return NotNative.SET_POSITION
        index = rule.by_set_pos[0]
    elif rule.by_set_pos and rule.by_set_pos not in TRIVIAL:
        return NotNative.SET_POSITION
    if index not in INDEXES.values():
        return NotNative.NTH_OF_YEAR
    days = tuple((0, day) for _, day in rule.by_day)
    month = 12 if index == LAST else 1
    return _monthly(replace(rule, by_month=(month,), by_day=days, by_set_pos=(index,)), first, last)


def _monthly(rule: Rule, first: date, last: date | None) -> Fit:
    """A rule that chooses days within each month it comes to: of FREQ=MONTHLY, or of YEARLY with BYMONTH."""
    days = tuple(day for nth, day in rule.by_day if nth == 0)
    if days == ALL_DAYS:
        rule = replace(rule, by_day=(), by_month_day=rule.by_month_day or tuple(range(1, 32)))
    elif not rule.by_day and not rule.by_month_day:  # DAILY with BYMONTH
        rule = replace(rule, by_month_day=tuple(range(1, 32)))
    elif rule.by_day and rule.by_month_day:
        nth = _nth_by_days(rule)
        if nth is None:
            return NotNative.WEEKDAY_AND_DAY
        rule = nth
    months = Months.of(rule, first, last)
    return fit_by_weekday(rule, months) if rule.by_day else fit_by_month_day(rule, months)


def _nth_by_days(rule: Rule) -> Rule | None:
    """A weekday within seven days of the month is the n-th one: "Monday from the 8th to the 14th" is the second."""
    if (
        len(rule.by_day) != 1
        or rule.by_day[0][0] != 0
        or (rule.by_set_pos and rule.by_set_pos not in TRIVIAL)
    ):
        return None
    for index in INDEXES.values():
        begins = 7 * index - 6 if index > 0 else -7
        if rule.by_month_day == tuple(range(begins, begins + 7)):
            return replace(rule, by_month_day=(), by_day=((index, rule.by_day[0][1]),), by_set_pos=())
    return None
