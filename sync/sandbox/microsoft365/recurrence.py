"""Recurrence as Graph checks, completes and expands it (section 3)."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from dateutil import rrule

from sync.sandbox.microsoft365.errors import GraphError, body_read, property_validation
from sync.sandbox.microsoft365.zones import find_zone

Json = dict[str, Any]
NO_DATE = "0001-01-01"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
NEEDED = {
    "daily": (),
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}
TYPES = {name.lower(): name for name in NEEDED}
RANGES = {"enddate": "endDate", "noend": "noEnd", "numbered": "numbered"}
LAST_DAY = date(4500, 9, 1)


def asked_zone(value: Any, event_zone: str) -> str:
    """The recurrenceTimeZone, else the event's zone (section 3.2)."""
    span = value.get("range") if isinstance(value, dict) else None
    named = span.get("recurrenceTimeZone") if isinstance(span, dict) else None
    find_zone(str(named or event_zone))
    return str(named or event_zone)


def store_recurrence(value: Any, start: datetime, zone: str) -> Json:
    """Checked and with every field filled, as reads show it (section 3.2).

    `zone` is the recurrence's, and `start` the event's wall time there.
    """
    try:
        pattern, span = value["pattern"], value["range"]
        return {"pattern": store_pattern(pattern), "range": store_range(span, start, zone)}
    except (KeyError, TypeError, ValueError) as error:
        raise body_read(f"recurrence cannot be read: {error}.") from error


def store_pattern(value: Json) -> Json:
    kind = TYPES.get(str(value["type"]).lower())
    interval = value.get("interval")
    if kind is None or not isinstance(interval, int) or interval < 1:
        raise property_validation()
    if any(not value.get(name) for name in NEEDED[kind]):
        raise property_validation()
    days = [str(day).lower() for day in value.get("daysOfWeek") or ()]
    index = str(value.get("index") or "first").lower()
    first_day = str(value.get("firstDayOfWeek") or "sunday").lower()
    if any(day not in DAYS for day in (*days, first_day)) or index not in INDEXES:
        raise property_validation()
    stored: Json = {
        "type": kind,
        "interval": interval,
        "month": int(value.get("month") or 0),
        "dayOfMonth": int(value.get("dayOfMonth") or 0),
        "firstDayOfWeek": first_day,
        "index": index,
    }
    return {**stored, "daysOfWeek": days} if days else stored


def store_range(value: Json, start: datetime, zone: str) -> Json:
    kind = RANGES.get(str(value["type"]).lower())
    if kind is None:
        raise property_validation()
    if not value.get("startDate"):
        raise too_late()
    first = date.fromisoformat(value["startDate"])
    if first != start.date():
        raise property_validation()
    end = date.fromisoformat(value["endDate"]) if kind == "endDate" else None
    if end is not None and end > LAST_DAY:
        raise too_late()
    count = int(value.get("numberOfOccurrences") or 0) if kind == "numbered" else 0
    if (kind == "numbered" and count < 1) or (end is not None and end < first):
        raise property_validation()
    return {
        "type": kind,
        "startDate": first.isoformat(),
        "endDate": end.isoformat() if end else NO_DATE,
        "recurrenceTimeZone": zone,
        "numberOfOccurrences": count,
    }


def too_late() -> GraphError:
    return GraphError(
        400, "ErrorRecurrenceEndDateTooBig", "Recurrence end date can not exceed Sep 1, 4500 00:00:00."
    )


def occurrence_dates(
    recurrence: Json, first: date, last: date, short_months_use_last_day: bool
) -> tuple[date, ...]:
    """Local dates of the pattern from `first` to `last`, both included."""
    dates = dates_through(json.dumps(recurrence, sort_keys=True), last.year, short_months_use_last_day)
    return dates[bisect_left(dates, first) : bisect_right(dates, last)]


def neighbours(
    recurrence: Json, day: date, short_months_use_last_day: bool
) -> tuple[date | None, date | None]:
    """The dates of the pattern before and after a day; None at either end of the series."""
    begin = date.fromisoformat(recurrence["range"]["startDate"])
    before = occurrence_dates(recurrence, begin, day - timedelta(days=1), short_months_use_last_day)
    rule = build_rule(recurrence, short_months_use_last_day)
    after = rule.after(datetime.combine(day, time()))
    return (before[-1] if before else None), (after.date() if after else None)


@lru_cache(maxsize=1024)
def dates_through(recurrence: str, year: int, short_months_use_last_day: bool) -> tuple[date, ...]:
    """All dates of a pattern (its JSON) up to the end of a year: a page of delta asks for each of them again."""
    rule = build_rule(json.loads(recurrence), short_months_use_last_day)
    return tuple(moment.date() for moment in takewhile(lambda each: each.year <= year, rule))


def build_rule(recurrence: Json, short_months_use_last_day: bool) -> rrule.rrule:
    pattern, span = recurrence["pattern"], recurrence["range"]
    kind = pattern["type"]
    options: dict[str, Any] = {
        "dtstart": datetime.combine(date.fromisoformat(span["startDate"]), time()),
        "interval": pattern["interval"],
        "wkst": DAYS.index(pattern["firstDayOfWeek"]),
    }
    if span["type"] == "numbered":
        options["count"] = span["numberOfOccurrences"]
    if span["type"] == "endDate":
        options["until"] = datetime.combine(date.fromisoformat(span["endDate"]), time()) + timedelta(hours=1)
    if "daysOfWeek" in pattern and kind != "daily" and not kind.startswith("absolute"):
        options["byweekday"] = [DAYS.index(day) for day in pattern["daysOfWeek"]]
    if kind.startswith("relative"):
        options["bysetpos"] = INDEXES[pattern["index"]]
    if kind.startswith("absolute"):
        day = pattern["dayOfMonth"]
        options["bymonthday"] = day
        if day > 28 and short_months_use_last_day:
            options |= {"bymonthday": list(range(28, day + 1)), "bysetpos": -1}
    if kind.endswith("Yearly"):
        options["bymonth"] = pattern["month"]
    return rrule.rrule(frequency(kind), **options)


def frequency(kind: str) -> Any:
    if kind == "daily":
        return rrule.DAILY
    if kind == "weekly":
        return rrule.WEEKLY
    return rrule.MONTHLY if kind.endswith("Monthly") else rrule.YEARLY
