"""The days of a rule: equal to dateutil's for random rules, from whatever day they are asked, and always in time."""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from random import Random
from typing import Any

import pytest
from dateutil.rrule import rrulestr

from sync.core.event import AllDay
from sync.core.recurrence import canonical_rrule, last_rule_day, rule_days

EXAMPLES = int(os.environ.get("RECURRENCE_EXAMPLES", "20000")) // 20
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FIRST = date(2026, 12, 7)  # a Monday


def random_rule(random: Random) -> str:
    """Any parts together. dateutil misreads ordinals beside plain weekdays and ordinals outside their month or year,
    counts the positions of a first week from the start, and misses weeks that lie across the new year: left out."""
    frequency = random.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = [f"FREQ={frequency}"]
    if random.random() < 0.5:
        parts.append(f"INTERVAL={random.choice((1, 2, 3, 4, 5, 7, 12, 14, 26))}")
    if random.random() < 0.3:
        parts.append(f"BYMONTH={some(random, range(1, 13))}")
    if frequency != "WEEKLY" and random.random() < 0.3:
        parts.append(f"BYMONTHDAY={some(random, [*range(1, 32), *range(-31, 0)])}")
    by_week = frequency == "YEARLY" and random.random() < 0.1
    if by_week:
        parts.append(f"BYWEEKNO={some(random, range(2, 52))}")
    elif frequency == "YEARLY" and random.random() < 0.2:
        parts.append(f"BYYEARDAY={some(random, [*range(1, 367), *range(-366, 0)])}")
    if random.random() < 0.5:
        days = random.sample(WEEKDAYS, random.choice((1, 1, 2, 3, 7)))
        if frequency in ("MONTHLY", "YEARLY") and not by_week and random.random() < 0.5:
            days = [f"{random.choice((1, 2, 3, 4, 5, -1, -2, -5))}{day}" for day in days]
        parts.append(f"BYDAY={','.join(days)}")
    if frequency != "WEEKLY" and random.random() < 0.2:
        parts.append(f"BYSETPOS={some(random, (1, 2, 3, 5, -1, -2))}")
    if random.random() < 0.3 and not by_week:
        parts.append(f"WKST={random.choice(WEEKDAYS)}")
    end = random.random()
    if end < 0.4:
        parts.append(f"COUNT={random.randint(1, 40)}")
    elif end < 0.8:
        parts.append(f"UNTIL={date(2024, 1, 1) + timedelta(days=random.randint(1, 4000)):%Y%m%d}")
    return ";".join(parts)


def some(random: Random, numbers: Any) -> str:
    return ",".join(map(str, random.sample(list(numbers), random.choice((1, 1, 2, 5)))))


def expanded(text: str, first: date, until: date) -> list[date]:
    found = rrulestr(text, dtstart=datetime.combine(first, time()))
    return [at.date() for at in takewhile(lambda at: at.date() < until, found)]


def test_the_days_of_random_rules_are_those_of_dateutil() -> None:
    random = Random(5545)
    compared = 0
    for _ in range(EXAMPLES):
        first = date(2024, 1, 1) + timedelta(days=random.randrange(1500))
        if random.random() < 0.05:
            first = date(2024, 2, 29)
        text = random_rule(random)
        rrule = canonical_rrule(text, AllDay(first, first + timedelta(days=1)))
        if not rrule:  # dateutil would look for a day until the year 9999
            continue
        until = first + timedelta(days=2500)
        days = expanded(text, first, until)
        assert list(rule_days(rrule, first, first, until)) == days, (text, first, rrule)
        since = first + timedelta(days=random.randrange(2500))
        assert list(rule_days(rrule, first, since, until)) == [day for day in days if day >= since]
        last = last_rule_day(rrule, first)
        if last is not None and last < until:
            assert last == days[-1], (text, first, rrule)
        compared += 1
    assert compared > EXAMPLES * 0.6


@pytest.mark.parametrize(
    ("text", "first", "days"),
    [
        # What dateutil reads otherwise than RFC 5545.
        ("FREQ=MONTHLY;BYDAY=SU,1MO;COUNT=3", "2026-12-07", ["2026-12-07", "2026-12-13", "2026-12-20"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;COUNT=2", "2026-12-09", ["2026-12-14", "2026-12-21"]),
        ("FREQ=YEARLY;BYWEEKNO=52;BYDAY=FR;WKST=SU;COUNT=2", "2026-12-30", ["2027-01-01", "2027-12-31"]),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=30MO,2MO;COUNT=1", "2026-12-07", ["2026-12-14"]),
        # Across the new year.
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;COUNT=2", "2024-12-01", ["2024-12-30", "2025-12-29"]),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=2", "2020-01-01", ["2020-12-28", "2026-12-28"]),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO;COUNT=2", "2020-01-01", ["2020-12-28", "2021-12-27"]),
        ("FREQ=YEARLY;BYDAY=53MO;COUNT=1", "2026-12-07", ["2029-12-31"]),
        ("FREQ=YEARLY;BYYEARDAY=366;COUNT=2", "2026-12-07", ["2028-12-31", "2032-12-31"]),
        ("FREQ=YEARLY;COUNT=2", "2096-02-29", ["2096-02-29", "2104-02-29"]),
    ],
)
def test_days_by_the_words_of_rfc_5545(text: str, first: str, days: list[str]) -> None:
    start = date.fromisoformat(first)
    rrule = canonical_rrule(text, AllDay(start, start + timedelta(days=1)))
    assert [day.isoformat() for day in rule_days(rrule, start, start, date(2200, 1, 1))] == days


def test_the_first_day_counts_only_if_the_rule_gives_it() -> None:
    assert next(rule_days("FREQ=WEEKLY;BYDAY=TU", FIRST, FIRST, date(2027, 1, 1))) == date(2026, 12, 8)


def test_a_window_is_half_open_and_cut_at_both_ends() -> None:
    def between(since: date, until: date) -> list[int]:
        return [day.day for day in rule_days("FREQ=DAILY;COUNT=5", FIRST, since, until)]

    assert between(date(2026, 12, 9), date(2026, 12, 11)) == [9, 10]
    assert between(date(2000, 1, 1), date(2026, 12, 8)) == [7]
    assert between(date(2026, 12, 10), date(9999, 12, 31)) == [10, 11]
    assert between(date(2026, 12, 12), date(2027, 1, 1)) == []
    assert between(date(2026, 12, 9), date(2026, 12, 9)) == []
    assert between(date(2026, 12, 9), date(2026, 12, 8)) == []


def test_no_rule_gives_no_day_and_ends_with_its_start() -> None:
    assert list(rule_days("", FIRST, FIRST, date(2030, 1, 1))) == []
    assert last_rule_day("", FIRST) == FIRST


@pytest.mark.parametrize(
    ("rrule", "last"),
    [
        ("FREQ=DAILY", None),
        ("FREQ=DAILY;COUNT=3", date(2026, 12, 9)),
        ("FREQ=DAILY;UNTIL=20991231", date(2099, 12, 31)),
        ("FREQ=YEARLY;INTERVAL=50;BYMONTH=12;BYMONTHDAY=7;UNTIL=24000101", date(2376, 12, 7)),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20261207", FIRST),  # no day at all
    ],
)
def test_the_last_day(rrule: str, last: date | None) -> None:
    assert last_rule_day(rrule, FIRST) == last


def test_a_series_that_began_long_ago_is_not_walked_through() -> None:
    """Windows far from the start and rules that never come true answer at once; the suite would hang otherwise."""
    long_ago = date(1900, 1, 1)
    for _ in range(200):
        assert list(rule_days("FREQ=DAILY", long_ago, date(4400, 1, 1), date(4400, 1, 2))) == [
            date(4400, 1, 1)
        ]
        assert list(rule_days("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", long_ago, FIRST, date(2027, 12, 7))) == []
