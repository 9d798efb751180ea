"""Series: which rules are held, and which occurrences fall into a window (contract.yaml, "Series")."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Any

from dateutil.rrule import rrule as dateutil_rrule
from dateutil.rrule import rruleset, rrulestr

from sync.sandbox.groupware.times import (
    NEVER,
    Extent,
    Window,
    from_ms,
    parse_date,
    parse_duration,
    parse_wall,
    timed,
    utc_of,
    zone,
)

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
LATE_LEAP_YEAR = 9948
UNTIL = re.compile(r"UNTIL=([0-9TZ]+)")
UNTIL_INSTANT = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
UNTIL_DATE = re.compile(r"\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """`start` and `end` as the event writes them: wall times, or dates with an exclusive end. `event`: all its
    fields, with what this occurrence says differently."""

    start: str
    end: str
    event: Mapping[str, Any]
    extent: Extent


def is_days(event: Mapping[str, Any]) -> bool:
    return event["form"] not in ("timed", "startOnly")


def rule_fault(rrule: str, event: Mapping[str, Any]) -> str | None:
    """What is wrong with the rule, in English; None if it can be held."""
    parts = dict(part.partition("=")[::2] for part in rrule.split(";"))
    if parts.get("FREQ") not in FREQUENCIES:
        return f"FREQ must be one of {', '.join(FREQUENCIES)}."
    if any(name in parts for name in ("BYHOUR", "BYMINUTE", "BYSECOND")):
        return "BYHOUR, BYMINUTE and BYSECOND are not held."
    until = parts.get("UNTIL")
    wanted = UNTIL_DATE if is_days(event) else UNTIL_INSTANT
    if until is not None and not wanted.fullmatch(until):
        return "UNTIL must be a date in day-based forms, otherwise a time in UTC (RFC 5545 3.3.10)."
    if not all(_is_count(parts.get(name, "1")) for name in ("INTERVAL", "COUNT")):
        return "INTERVAL and COUNT are 1 to 9999."
    try:
        _rule(rrule, event)
        comes_true = _comes_true(parts, event)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "The rule cannot be read (RFC 5545 3.3.10)."
    return None if comes_true else "The rule has no occurrence."


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 9999


def _comes_true(parts: Mapping[str, str], event: Mapping[str, Any]) -> bool:
    """Whether the rule has an occurrence at all. dateutil looks for one until the year 9999, which for "every
    30 February" takes minutes; beginning 50 years before that, it gives up soon."""
    timeless = ";".join(f"{name}={text}" for name, text in parts.items() if name not in ("UNTIL", "COUNT"))
    late = _naive(event["start"]).replace(year=LATE_LEAP_YEAR)
    return next(iter(rrulestr(timeless, dtstart=late)), None) is not None


def whole_extent(event: Mapping[str, Any]) -> Extent:
    """Where the event lies; a series ends never, `meets` looks closer."""
    if event["candidates"]:
        slots = [_extent(event, slot["start"], slot["duration"], None) for slot in event["candidates"]]
        return Extent(False, min(slot.starts for slot in slots), max(slot.ends for slot in slots))
    single = _extent(event, event["start"], event["duration"], event["end"])
    recurrence = event["recurrence"]
    if recurrence is None:
        return single
    moved = [change["start"] for change in recurrence["overrides"].values() if "start" in change]
    starts = [
        _extent(event, text, event["duration"], event["end"]).starts for text in moved + recurrence["rdates"]
    ]
    return Extent(single.is_days, min([single.starts, *starts]), NEVER)


def meets(event: Mapping[str, Any], window: Window) -> bool:
    return next(occurrences(event, window), None) is not None


def occurrences(event: Mapping[str, Any], window: Window) -> Iterator[Occurrence]:
    """What of the event overlaps the window, in no particular order; a single event is its own occurrence."""
    recurrence = event["recurrence"]
    found: Iterator[Occurrence]
    if event["candidates"]:
        found = (_occurrence(event, slot["start"], slot) for slot in event["candidates"])
    elif recurrence is None:
        found = iter((_occurrence(event, event["start"], {}),))
    else:
        found = _of_series(event, recurrence, window)
    return (occurrence for occurrence in found if window.meets(occurrence.extent))


def _of_series(
    event: Mapping[str, Any], recurrence: Mapping[str, Any], window: Window
) -> Iterator[Occurrence]:
    overrides = recurrence["overrides"]
    gone = {*recurrence["exdates"], *overrides}
    dates = _starts(event, recurrence)
    first, last = _reach(event, window)
    for date_time in dates.between(first, last, inc=True):
        text = _text(event, date_time)
        if text not in gone:
            yield _occurrence(event, text, {})
    for recurrence_id, change in overrides.items():
        if recurrence_id not in recurrence["exdates"]:
            yield _occurrence(event, recurrence_id, change)


def occurrence_ids(
    event: Mapping[str, Any], recurrence: Mapping[str, Any], asked: Collection[str]
) -> set[str]:
    """Which of the recurrence ids name an occurrence, cancelled or not."""
    if not asked:
        return set()
    moments = [_naive(text) for text in asked]
    dates = _starts(event, recurrence)
    return {_text(event, moment) for moment in dates.between(min(moments), max(moments), inc=True)}


def rule_starts_before(event: Mapping[str, Any], start: str) -> int:
    """How many starts the rule gives before that one; COUNT counts them."""
    starts, at = _rule(event["recurrence"]["rrule"], event), _naive(start)
    return sum(1 for _ in takewhile(lambda moment: moment < at, starts))


def is_by_rule(event: Mapping[str, Any], start: str) -> bool:
    """Whether the event, or its rule, gives this start; without a rule, whether it is one of its dates."""
    series = event["recurrence"]
    rdates = [] if series["rrule"] else series["rdates"]
    return start in occurrence_ids(event, {**series, "rdates": rdates}, [start])


def _starts(event: Mapping[str, Any], recurrence: Mapping[str, Any]) -> rruleset:
    """All starts that the event, its rule and its additional dates give."""
    dates = rruleset() if recurrence["rrule"] is None else _rule(recurrence["rrule"], event)
    dates.rdate(_naive(event["start"]))
    for text in recurrence["rdates"]:
        dates.rdate(_naive(text))
    return dates


def _reach(event: Mapping[str, Any], window: Window) -> tuple[datetime, datetime]:
    """Naive bounds wide enough for every occurrence that may overlap the window."""
    day = timedelta(days=1)
    if is_days(event):
        length = (_naive(event["end"]) - _naive(event["start"])).days
        return _midnight(window.first_day - length - 1), _midnight(window.until_day + 1)
    place = zone(event["timeZone"])
    length_of = parse_duration(event["duration"]) or timedelta()
    first = from_ms(window.starts).astimezone(place).replace(tzinfo=None) - length_of - day
    return first, from_ms(window.ends).astimezone(place).replace(tzinfo=None) + day


def _rule(rrule: str, event: Mapping[str, Any]) -> rruleset:
    if not is_days(event):
        # Both sides of the comparison as wall times: an aware UNTIL does not fit a naive start.
        rrule = UNTIL.sub(lambda match: "UNTIL=" + _local_until(match[1], event["timeZone"]), rrule)
    rules = rruleset()
    rule = rrulestr(rrule, dtstart=_naive(event["start"]))
    if not isinstance(rule, dateutil_rrule):
        raise ValueError("one RRULE, no more")
    rules.rrule(rule)
    return rules


def _local_until(text: str, zone_name: str) -> str:
    return utc_of(text).astimezone(zone(zone_name)).strftime("%Y%m%dT%H%M%S")


def _occurrence(event: Mapping[str, Any], recurrence_id: str, change: Mapping[str, Any]) -> Occurrence:
    start = change.get("start", recurrence_id)
    shown = {**event, **change}
    if is_days(event):
        end = change.get("end") or shifted_end(event, start)
        return Occurrence(start, end, shown, _extent(event, start, None, end))
    extent = _extent(event, start, shown["duration"], None)
    wall_end = from_ms(extent.ends).astimezone(zone(event["timeZone"])).strftime("%Y-%m-%dT%H:%M:%S")
    return Occurrence(start, wall_end, shown, extent)


def shifted_end(event: Mapping[str, Any], start: str) -> str:
    return (_naive(start) + (_naive(event["end"]) - _naive(event["start"]))).date().isoformat()


def _extent(event: Mapping[str, Any], start: str, duration: str | None, end: str | None) -> Extent:
    if is_days(event):
        return Extent(True, _naive(start).toordinal(), _naive(end or event["end"]).toordinal())
    return timed(_naive(start), event["timeZone"], parse_duration(duration or "PT0S") or timedelta())


def _naive(text: str) -> datetime:
    wall = parse_wall(text)
    if wall is not None:
        return wall
    day = parse_date(text)
    if day is None:
        raise ValueError(text)
    return datetime.combine(day, time())


def _text(event: Mapping[str, Any], moment: datetime) -> str:
    return moment.date().isoformat() if is_days(event) else moment.strftime("%Y-%m-%dT%H:%M:%S")


def _midnight(day: int) -> datetime:
    return datetime.combine(date.fromordinal(max(day, 1)), time())
