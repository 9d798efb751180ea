"""The days of a patternedRecurrence, as graph-calendar.md 3.1 and 3.2 tell it, by plain date arithmetic.

Written from the reference alone and without any of the code it judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_DAY = timedelta(days=1)


def graph_days(recurrence: dict[str, Any], until: date = date.max) -> Iterator[date]:
    """The days before `until`, ascending."""
    limits = recurrence["range"]
    start = date.fromisoformat(limits["startDate"])
    for number, day in enumerate(_pattern_days(recurrence["pattern"], start)):
        if day >= until:
            return
        if limits["type"] == "endDate" and day > date.fromisoformat(limits["endDate"]):
            return
        if limits["type"] == "numbered" and number == limits["numberOfOccurrences"]:
            return
        yield day


def _pattern_days(pattern: dict[str, Any], start: date) -> Iterator[date]:
    for period in _periods(pattern, start):
        for day in period:
            if day >= start:
                yield day


def _periods(pattern: dict[str, Any], start: date) -> Iterator[list[date]]:
    kind, interval = pattern["type"], pattern["interval"]
    if kind == "daily":
        day = start
        while True:
            yield [day]
            day += interval * ONE_DAY
    if kind == "weekly":
        week = start
        while WEEK[week.weekday()] != pattern["firstDayOfWeek"]:
            week -= ONE_DAY
        while True:
            days = [week + number * ONE_DAY for number in range(7)]
            yield [day for day in days if WEEK[day.weekday()] in pattern["daysOfWeek"]]
            week += 7 * interval * ONE_DAY
    if kind in ("absoluteMonthly", "relativeMonthly"):
        year, month = start.year, start.month
        while True:
            yield [_day_of_month(pattern, year, month)]
            month += interval
            while month > 12:
                year, month = year + 1, month - 12
    year = start.year
    while True:
        yield [_day_of_month(pattern, year, pattern["month"])]
        year += interval


def _day_of_month(pattern: dict[str, Any], year: int, month: int) -> date:
    following = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    length = (following - date(year, month, 1)).days
    if pattern["type"].startswith("absolute"):
        # A day that the month does not have becomes its last day.
        return date(year, month, min(pattern["dayOfMonth"], length))
    days = [date(year, month, number) for number in range(1, length + 1)]
    chosen = [day for day in days if WEEK[day.weekday()] in pattern["daysOfWeek"]]
    return chosen[{"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}[pattern["index"]]]
