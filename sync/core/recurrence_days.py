"""The days on which a rule puts occurrences (RFC 5545 3.3.10), by plain date arithmetic.

Written out because the search must end: a library walks to the year 9999 for "every 30 February", and from the
start of a series for each window. Here every search is bounded by its window. Proved equal to `python-dateutil`
in `tests/core/test_recurrence_days.py`.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice

from sync.core.recurrence_rule import Frequency, Rule, explicit, rule_of

# No series is followed beyond this day: Exchange's calendar ends on 1 Sep 4500 (graph-calendar.md 1.2).
LAST_DAY = date(4500, 8, 31)
# A rule that gives no day for so long gives none at all.
_YEARS_WITHOUT_A_DAY = 100
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def rule_days(rrule: str, first: date, since: date, until: date) -> Iterator[date]:
    """The days in [since, until) on which a canonical rule puts occurrences, ascending; `first` is the series'
    first day, which counts only if the rule gives it."""
    if rrule and since < until:
        yield from days_of(explicit(rule_of(rrule), first), first, since, until)


def last_rule_day(rrule: str, first: date) -> date | None:
    """The last day of a canonical rule; None: it never ends. `first` where the rule gives no day at all."""
    rule = rule_of(rrule) if rrule else None
    if rule is not None and rule.count is None and rule.until is None:
        return None
    return last_rule_day_until(rrule, first, LAST_DAY) or first


def last_rule_day_until(rrule: str, first: date, limit: date) -> date | None:
    """The last day of a canonical rule that is not after `limit`; None: there is none."""
    return last_day_of(explicit(rule_of(rrule), first), first, limit) if rrule else None


def days_of(rule: Rule, first: date, since: date, until: date) -> Iterator[date]:
    """As `rule_days`, of an explicit rule."""
    last = min(until - timedelta(days=1), last_possible_day(rule, first))
    return _days(rule, first, max(since, first), last)


def first_day_of(rule: Rule, first: date) -> date | None:
    """The first day that an explicit rule gives, `first` or later; None: it gives no day."""
    last = min(rule.until or LAST_DAY, date(min(first.year + _YEARS_WITHOUT_A_DAY, LAST_DAY.year), 1, 1))
    return next(_days(rule, first, first, last), None)


def last_day_of(rule: Rule, first: date, limit: date) -> date | None:
    """The last day of an explicit rule that is not after `limit`; None: there is none."""
    last = min(limit, last_possible_day(rule, first))
    for stretch in (50, 800, 12_000, LAST_DAY.toordinal()):
        since = date.fromordinal(max(first.toordinal(), last.toordinal() - stretch))
        found = max(_days(rule, first, since, last), default=None)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=1024)
def last_possible_day(rule: Rule, first: date) -> date:
    """A day after which an explicit rule gives none: by its UNTIL, by its COUNT, or LAST_DAY."""
    last = LAST_DAY if rule.until is None else min(rule.until, LAST_DAY)
    if rule.count is None:
        return last
    return next(islice(_days(rule, first, first, last), rule.count - 1, None), last)


def _days(rule: Rule, first: date, since: date, last: date) -> Iterator[date]:
    """The days of an explicit rule in [since, last], COUNT and UNTIL aside. `since` is not before `first`."""
    for period in _periods(rule, first, since, last):
        for day in _chosen(period, rule.by_set_pos):
            if day > last:
                return
            if day >= since:
                yield day


def _chosen(days: list[date], positions: tuple[int, ...]) -> list[date]:
    if not positions:
        return days
    count = len(days)
    indexes = {position - 1 if position > 0 else count + position for position in positions}
    return [days[index] for index in sorted(indexes) if 0 <= index < count]


def _periods(rule: Rule, first: date, since: date, last: date) -> Iterator[list[date]]:
    """The days that fit the BY parts, period by period, from the one that holds `since` or the next."""
    match rule.frequency:
        case Frequency.DAILY if rule.interval == 1 and not rule.by_set_pos:
            return _by_months(rule, first, since, last, 1)
        case Frequency.DAILY:
            return _by_days(rule, first, since, last)
        case Frequency.WEEKLY:
            return _by_weeks(rule, first, since, last)
        case Frequency.MONTHLY:
            return _by_months(rule, first, since, last, rule.interval)
        case Frequency.YEARLY:
            return _by_years(rule, first, since, last)


def _by_days(rule: Rule, first: date, since: date, last: date) -> Iterator[list[date]]:
    steps = -(-(since - first).days // rule.interval)
    for number in range(first.toordinal() + steps * rule.interval, last.toordinal() + 1, rule.interval):
        day = date.fromordinal(number)
        if _fits(rule, day):
            yield [day]


def _by_weeks(rule: Rule, first: date, since: date, last: date) -> Iterator[list[date]]:
    opening = first.toordinal() - (first.weekday() - rule.wkst) % 7
    step = 7 * rule.interval
    opening += (since.toordinal() - opening) // step * step
    places = sorted((weekday - rule.wkst) % 7 for _, weekday in rule.by_day)
    for number in range(opening, last.toordinal() + 1, step):
        days = [date.fromordinal(max(1, number + place)) for place in places]
        yield [day for day in days if _fits(rule, day)] if rule.by_month else days


def _by_months(rule: Rule, first: date, since: date, last: date, interval: int) -> Iterator[list[date]]:
    opening = _month_number(first)
    opening += (_month_number(since) - opening) // interval * interval
    for number in range(opening, _month_number(last) + 1, interval):
        year, month = number // 12, number % 12 + 1
        if not rule.by_month or month in rule.by_month:
            yield _days_of_month(rule, year, month)


def _by_years(rule: Rule, first: date, since: date, last: date) -> Iterator[list[date]]:
    opening = first.year + (since.year - first.year) // rule.interval * rule.interval
    for year in range(opening, last.year + 1, rule.interval):
        yield [day for month in rule.by_month or range(1, 13) for day in _days_of_month(rule, year, month)]


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def days_in_month(year: int, month: int) -> int:
    return 29 if month == 2 and isleap(year) else _LENGTHS[month - 1]


def _days_of_month(rule: Rule, year: int, month: int) -> list[date]:
    """The days of a month that BYMONTH lets through."""
    length = days_in_month(year, month)
    numbers: Iterable[int] = range(1, length + 1)
    if rule.by_month_day:
        listed = {number if number > 0 else length + 1 + number for number in rule.by_month_day}
        numbers = sorted(number for number in listed if 1 <= number <= length)
    if rule.by_day and not _counts_in_year(rule):
        first = date(year, month, 1).weekday()
        numbers = [number for number in numbers if _is_by_day(rule, (first + number - 1) % 7, number, length)]
    days = [date(year, month, number) for number in numbers]
    if rule.by_year_day or rule.by_week_no or _counts_in_year(rule):
        return [day for day in days if _fits(rule, day)]
    return days


def _fits(rule: Rule, day: date) -> bool:
    """Whether a day passes every BY part but BYSETPOS."""
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_month_day and not _counts(*_in_month(day), rule.by_month_day):
        return False
    if rule.by_year_day and not _counts(*_in_year(day), rule.by_year_day):
        return False
    if rule.by_week_no and not _counts(*_week(day, rule.wkst), rule.by_week_no):
        return False
    if not rule.by_day:
        return True
    place = _in_year(day) if _counts_in_year(rule) else _in_month(day)
    return _is_by_day(rule, day.weekday(), *place)


def _in_month(day: date) -> tuple[int, int]:
    """Its number among the days of its month, and how many these are."""
    return day.day, days_in_month(day.year, day.month)


def _in_year(day: date) -> tuple[int, int]:
    """Its number among the days of its year, and how many these are."""
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1, 366 if isleap(day.year) else 365


def _counts_in_year(rule: Rule) -> bool:
    """An ordinal counts within the month, in a yearly rule without BYMONTH within the year."""
    return rule.frequency is Frequency.YEARLY and not rule.by_month


def _is_by_day(rule: Rule, weekday: int, number: int, length: int) -> bool:
    """Whether BYDAY names this weekday, the `number`-th day of a month or year of that length."""
    for nth, wanted in rule.by_day:
        if wanted == weekday and nth in (0, (number - 1) // 7 + 1, -((length - number) // 7 + 1)):
            return True
    return False


def _counts(number: int, length: int, wanted: tuple[int, ...]) -> bool:
    """Whether `number` of `length` is wanted, counted from the front or from the back."""
    return number in wanted or number - length - 1 in wanted


def _week(day: date, wkst: int) -> tuple[int, int]:
    """The number of the day's week and how many weeks the year of that week has: the first week is the first with
    four days in the year."""
    opening = day.toordinal() - (day.weekday() - wkst) % 7
    year = date.fromordinal(max(1, opening + 3)).year  # the fourth day of a week says whose it is
    return (opening - _first_week(year, wkst)) // 7 + 1, (
        _first_week(year + 1, wkst) - _first_week(year, wkst)
    ) // 7


def _first_week(year: int, wkst: int) -> int:
    fourth = date(year, 1, 4)
    return fourth.toordinal() - (fourth.weekday() - wkst) % 7
