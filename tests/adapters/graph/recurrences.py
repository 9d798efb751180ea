"""Random RRULEs and random Graph recurrences, the same ones for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from sync.core.event import AllDay, Span, Timed
from tests.adapters.graph.graph_days import WEEK, graph_days

ZONES = ("Asia/Tokyo", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
YEARS = 10
TWO_DAYS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Series:
    """A random rule. `last_start` is what its UNTIL says: a local day, or a UTC instant; None without UNTIL."""

    rrule: str
    span: Span
    last_start: date | datetime | None

    @property
    def first(self) -> date:
        return self.span.first if isinstance(self.span, AllDay) else self.span.start.date()

    @property
    def until(self) -> date:
        return date(self.first.year + YEARS, self.first.month, 1)

    def days(self) -> list[date]:
        """The days of ten years, by dateutil; UNTIL is compared here, as RFC 5545 says, by day or by instant."""
        text = ";".join(part for part in self.rrule.split(";") if not part.startswith("UNTIL="))
        until = self.until if self.last_start is None else min(self.until, _day(self.last_start) + TWO_DAYS)
        return [day for day in rule_days(text, self.first, until) if self._takes_place(day)]

    def _takes_place(self, day: date) -> bool:
        if self.last_start is None:
            return True
        if not isinstance(self.last_start, datetime):
            return day <= self.last_start
        assert isinstance(self.span, Timed)
        starts = datetime.combine(day, self.span.start.time(), self.span.start.tzinfo)
        return starts.astimezone(UTC) <= self.last_start


def _day(last_start: date | datetime) -> date:
    return last_start.date() if isinstance(last_start, datetime) else last_start


def rule_days(text: str, first: date, until: date) -> list[date]:
    """The days that dateutil gives for RFC 5545 text, before `until`."""
    found = rrulestr(text, dtstart=datetime.combine(first, time()))
    return [at.date() for at in takewhile(lambda at: at.date() < until, found)]


def random_series(random: Random) -> Series:
    first = _first(random)
    span = _span(random, first)
    parts = [part for part in _rule(random) if part]
    if random.random() < 0.2:
        parts.append(f"WKST={random.choice(WEEKDAYS)}")
    last_start: date | datetime | None = None
    match random.choice(("count",) * 5 + ("until",) * 5 + ("never",)):
        case "count":
            parts.append(f"COUNT={random.randint(1, random.choice((3, 10, 60)))}")
        case "until":
            text, last_start = _until(random, span, first)
            parts.append(f"UNTIL={text}")
    return Series(";".join(parts), span, last_start)


def _first(random: Random) -> date:
    if random.random() < 0.05:
        return date(random.choice((2024, 2028)), 2, 29)
    return date(2024, 1, 1) + timedelta(days=random.randrange(1500))


def _span(random: Random, first: date) -> Span:
    if random.random() < 0.3:
        return AllDay(first, first + timedelta(days=random.choice((1, 1, 1, 2, 5))))
    tz = ZoneInfo(random.choice(ZONES))
    # Not in the small hours, where clocks change.
    start = datetime.combine(first, time(random.randint(4, 23), random.choice((0, 30))), tz)
    length = random.choice((0, 30, 60, 90, 600, 1500))
    end = (start.replace(tzinfo=None) + timedelta(minutes=length)).replace(tzinfo=tz)
    return Timed(start, end.astimezone(UTC).astimezone(tz))


def _until(random: Random, span: Span, first: date) -> tuple[str, date | datetime]:
    day = first + timedelta(days=random.randrange(10, random.choice((100, 400, 800, 4000))))
    if isinstance(span, AllDay) or random.random() < 0.2:
        return f"{day:%Y%m%d}", day
    instant = datetime.combine(day, time(random.randrange(24), random.choice((0, 30))), UTC)
    if random.random() < 0.5:  # about a start
        near = datetime.combine(day, span.start.time(), span.start.tzinfo)
        instant = near.astimezone(UTC) + timedelta(seconds=random.choice((-1, 0, 1)))
    return f"{instant:%Y%m%dT%H%M%SZ}", instant


def _rule(random: Random) -> list[str]:
    frequency = random.choice(("DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY"))
    usual = (1, 1, 1, 1, 2, 3, 4, 6, 7, 12, 14)
    interval = random.choice(usual) if random.random() < 0.97 else random.randint(90, 130)
    parts = [f"FREQ={frequency}", f"INTERVAL={interval}" if interval > 1 or random.random() < 0.2 else ""]
    if random.random() < 0.25:
        return parts + _any_parts(random, frequency)
    match frequency:
        case "DAILY":
            return [*parts, _weekdays(random) if random.random() < 0.3 else ""]
        case "WEEKLY":
            return [*parts, _weekdays(random) if random.random() < 0.8 else ""]
        case "MONTHLY":
            return [*parts, *_days_of_month(random)]
        case _:
            month = f"BYMONTH={random.randint(1, 12)}"
            return random.choice(([*parts], [*parts, month], [*parts, month, *_days_of_month(random)]))


def _days_of_month(random: Random) -> list[str]:
    """What people ask of a month."""
    match random.randrange(6):
        case 0:
            return [f"BYMONTHDAY={random.randint(1, 31)}"]
        case 1:
            return [f"BYMONTHDAY={random.choice((-1, -1, -1, -2, -31))}"]
        case 2:
            days = ",".join(map(str, range(28, random.randint(28, 31) + 1)))
            return [f"BYMONTHDAY={days}", "BYSETPOS=-1"]
        case 3 | 4:
            return [f"BYDAY={random.choice((1, 2, 3, 4, -1, -1, 5, -2))}{random.choice(WEEKDAYS)}"]
        case _:
            return [_weekdays(random), f"BYSETPOS={random.choice((1, 2, 3, 4, -1))}"]


def _any_parts(random: Random, frequency: str) -> list[str]:
    """Parts that may hardly ever be seen together. Left out is what dateutil itself reads wrongly: ordinals beside
    plain weekdays, and ordinals far outside a month."""
    parts: list[str] = []
    if random.random() < 0.4:
        parts.append(f"BYMONTH={_some(random, range(1, 13))}")
    if frequency != "WEEKLY" and random.random() < 0.5:
        parts.append(f"BYMONTHDAY={_some(random, [*range(1, 32), *range(-31, 0)])}")
    if random.random() < 0.5:
        has_ordinals = frequency in ("MONTHLY", "YEARLY") and random.random() < 0.5
        names = random.sample(WEEKDAYS, random.choice((1, 1, 2, 5, 7)))
        days = [
            f"{random.choice((1, 2, 3, 4, 5, -1, -2, -5)) if has_ordinals else ''}{name}" for name in names
        ]
        parts.append(f"BYDAY={','.join(days)}")
    if frequency == "YEARLY" and random.random() < 0.2:
        parts.append(f"BYYEARDAY={_some(random, [*range(1, 367), *range(-366, 0)])}")
    elif (
        frequency == "YEARLY"
        and random.random() < 0.1
        and not any(part.startswith("BYDAY") for part in parts)
    ):
        parts.append(f"BYWEEKNO={_some(random, range(1, 54))}")
    if parts and random.random() < 0.3:
        parts.append(f"BYSETPOS={_some(random, (1, 2, 3, 4, -1, -2))}")
    return parts


def _some(random: Random, numbers: Any) -> str:
    return ",".join(map(str, random.sample(list(numbers), random.choice((1, 1, 1, 2, 4)))))


def _weekdays(random: Random) -> str:
    return "BYDAY=" + ",".join(random.sample(WEEKDAYS, random.choice((1, 1, 2, 3, 5, 7))))


def random_recurrence(random: Random) -> tuple[dict[str, Any], Span]:
    """A patternedRecurrence as a read shows it, every field filled (3.2), and the span of its first occurrence."""
    kind = random.choice(
        (
            "daily",
            "weekly",
            "weekly",
            "absoluteMonthly",
            "relativeMonthly",
            "absoluteYearly",
            "relativeYearly",
        )
    )
    pattern: dict[str, Any] = {
        "type": kind,
        "interval": random.choice((1, 1, 2, 3, 4, 6, 12, 99)),
        "month": 0,
        "dayOfMonth": 0,
        "index": "first",
        "firstDayOfWeek": "sunday",
    }
    if kind == "weekly" or kind.startswith("relative"):
        pattern["daysOfWeek"] = random.sample(WEEK, random.choice((1, 1, 2, 3, 5, 7)))
    if kind == "weekly":
        pattern["firstDayOfWeek"] = random.choice(WEEK)
    if kind.startswith("relative"):
        pattern["index"] = random.choice(("first", "second", "third", "fourth", "last"))
    if kind.startswith("absolute"):
        pattern["dayOfMonth"] = random.choice((random.randint(1, 28), 29, 30, 31))
    if kind.endswith("Yearly"):
        pattern["month"] = random.randint(1, 12)
    limits: dict[str, Any] = {
        "type": "noEnd",
        "startDate": _first(random).isoformat(),
        "endDate": "0001-01-01",
        "numberOfOccurrences": 0,
        "recurrenceTimeZone": "Tokyo Standard Time",
    }
    recurrence = {"pattern": pattern, "range": limits}
    first = next(graph_days(recurrence))
    if random.random() < 0.8:
        limits["startDate"] = first.isoformat()
    match random.choice(("noEnd",) + ("endDate",) * 5 + ("numbered",) * 5):
        case "endDate":
            last = first + timedelta(days=random.randrange(random.choice((20, 400, 800, 4000))))
            limits |= {"type": "endDate", "endDate": last.isoformat()}
        case "numbered":
            limits |= {"type": "numbered", "numberOfOccurrences": random.randint(1, random.choice((3, 60)))}
    return recurrence, _span(random, first)
