"""Graph's recurrence patterns: the six types, each with the fields it needs, and the days each one means.

Sections are those of graph-calendar.md. What a pattern means is said as a rule (groupware.md 3.5), so that one
expansion serves both sides.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sync.adapters.graph.wire import Item, list_at, text_at
from sync.core.recurrence_rule import MONDAY, Frequency, Rule, unreadable

# By the number that `date.weekday()` gives.
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ALL_DAYS = tuple(range(7))
INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
LAST = -1
# The length of a month that the calendar never shortens, by its number; February is 28 or 29 days long.
LENGTHS = {month: (monthrange(2025, month)[1],) for month in range(1, 13)} | {2: (28, 29)}


class PatternType(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    ABSOLUTE_MONTHLY = "absoluteMonthly"
    RELATIVE_MONTHLY = "relativeMonthly"
    ABSOLUTE_YEARLY = "absoluteYearly"
    RELATIVE_YEARLY = "relativeYearly"


_TYPES = {name.lower(): name for name in PatternType}
_WITH_DAYS = (PatternType.WEEKLY, PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY)
_RELATIVE = (PatternType.RELATIVE_MONTHLY, PatternType.RELATIVE_YEARLY)
_ABSOLUTE = (PatternType.ABSOLUTE_MONTHLY, PatternType.ABSOLUTE_YEARLY)
_YEARLY = (PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One recurrencePattern (3.1). Fields that the type does not use have their defaults.

    `days` are sorted weekdays; `index` is 1 to 4 or LAST, and with several days picks out of all of them.
    """

    type: PatternType
    interval: int
    days: tuple[int, ...] = ()
    index: int = 0
    day_of_month: int = 0
    month: int = 0
    first_day_of_week: int = MONDAY


class NotNative(StrEnum):
    """Why Outlook cannot say a series."""

    NO_RULE = "no-rule"
    ZONE_WITHOUT_NAME = "zone-without-windows-name"
    ZONE_DIFFERS = "zone-differs-in-windows"
    CLOCK_CHANGE = "start-at-clock-change"
    OVERLAP = "occurrences-overlap"
    INTERVAL = "interval-too-large"
    WEEK_NUMBER = "by-week-number"
    YEAR_DAY = "by-year-day"
    SET_POSITION = "by-set-position"
    SOME_WEEKDAYS = "daily-on-some-weekdays"
    SOME_MONTHS = "days-of-some-months"
    SOME_YEARS = "days-of-some-years"
    NTH_OF_YEAR = "nth-of-year"
    SEVERAL_MONTHS = "several-months"
    SEVERAL_MONTH_DAYS = "several-month-days"
    SHORT_MONTHS = "short-months"
    FROM_MONTH_END = "day-from-month-end"
    SEVERAL_WEEKDAYS = "several-weekdays"
    FIFTH_WEEKDAY = "fifth-weekday"
    WEEKDAY_FROM_END = "weekday-from-month-end"
    WEEKDAY_AND_DAY = "weekday-and-month-day"


Fit = Pattern | NotNative


def pattern_to_graph(pattern: Pattern) -> dict[str, object]:
    """Only the fields that the type needs: others are validated all the same (3.1). A week always says its first day,
    because Graph's default is not RFC 5545's (T24)."""
    sent: dict[str, object] = {"type": pattern.type.value, "interval": pattern.interval}
    if pattern.type in _WITH_DAYS:
        sent["daysOfWeek"] = [DAYS[day] for day in pattern.days]
    if pattern.type is PatternType.WEEKLY:
        sent["firstDayOfWeek"] = DAYS[pattern.first_day_of_week]
    if pattern.type in _RELATIVE:
        sent["index"] = next(name for name, index in INDEXES.items() if index == pattern.index)
    if pattern.type in _ABSOLUTE:
        sent["dayOfMonth"] = pattern.day_of_month
    if pattern.type in _YEARLY:
        sent["month"] = pattern.month
    return sent


def pattern_from_graph(item: Item) -> Pattern:
    """The pattern that Graph shows. Fields that the type does not use hold defaults and are not looked at (3.2);
    `CannotSync("recurrence-unreadable")` for a value that the type needs and that is not there or makes no sense."""
    kind = _TYPES.get(text_at(item, "type").lower())
    if kind is None:
        raise unreadable("type")
    return Pattern(
        kind,
        whole_number(item, "interval"),
        days=_days(item) if kind in _WITH_DAYS else (),
        index=_index(item) if kind in _RELATIVE else 0,
        day_of_month=whole_number(item, "dayOfMonth", 31) if kind in _ABSOLUTE else 0,
        month=whole_number(item, "month", 12) if kind in _YEARLY else 0,
        first_day_of_week=_first_day(item) if kind is PatternType.WEEKLY else MONDAY,
    )


def pattern_rule(pattern: Pattern) -> Rule:
    """The rule, without an end, that gives exactly the days of the pattern."""
    months = (pattern.month,) if pattern.month else ()
    frequency = Frequency.YEARLY if months else Frequency.MONTHLY
    match pattern.type:
        case PatternType.DAILY:
            return Rule(Frequency.DAILY, pattern.interval)
        case PatternType.WEEKLY:
            days = tuple((0, day) for day in pattern.days)
            return Rule(Frequency.WEEKLY, pattern.interval, by_day=days, wkst=pattern.first_day_of_week)
        case PatternType.ABSOLUTE_MONTHLY | PatternType.ABSOLUTE_YEARLY:
            lengths = LENGTHS[pattern.month] if pattern.month else (28, 29, 30, 31)
            wanted, last = _clamped(pattern.day_of_month, lengths)
            return Rule(frequency, pattern.interval, by_month=months, by_month_day=wanted, by_set_pos=last)
        case PatternType.RELATIVE_MONTHLY | PatternType.RELATIVE_YEARLY if pattern.days == ALL_DAYS:
            # The n-th of all days is the n-th of the month.
            return Rule(frequency, pattern.interval, by_month=months, by_month_day=(pattern.index,))
        case PatternType.RELATIVE_MONTHLY | PatternType.RELATIVE_YEARLY if len(pattern.days) == 1:
            day = (pattern.index, pattern.days[0])
            return Rule(frequency, pattern.interval, by_month=months, by_day=(day,))
        case PatternType.RELATIVE_MONTHLY | PatternType.RELATIVE_YEARLY:
            days = tuple((0, day) for day in pattern.days)
            return Rule(
                frequency, pattern.interval, by_month=months, by_day=days, by_set_pos=(pattern.index,)
            )


def _clamped(day: int, lengths: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """BYMONTHDAY and BYSETPOS for a day of the month that Outlook moves to the end of shorter months, where RFC 5545
    leaves such months out (3.1; groupware.md 3.5)."""
    day = min(day, max(lengths))
    if day <= min(lengths):
        return (day,), ()
    return tuple(range(min(lengths), day + 1)), (LAST,)


def whole_number(item: Item, name: str, most: int = 2**31 - 1) -> int:
    found = item.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= most:
        raise unreadable(name)
    return found


def _days(item: Item) -> tuple[int, ...]:
    names = [str(name).lower() for name in list_at(item, "daysOfWeek")]
    if not names or any(name not in DAYS for name in names):
        raise unreadable("daysOfWeek")
    return tuple(sorted({DAYS.index(name) for name in names}))


def _index(item: Item) -> int:
    index = INDEXES.get((text_at(item, "index") or "first").lower())
    if index is None:
        raise unreadable("index")
    return index


def _first_day(item: Item) -> int:
    name = (text_at(item, "firstDayOfWeek") or "sunday").lower()
    if name not in DAYS:
        raise unreadable("firstDayOfWeek")
    return DAYS.index(name)
