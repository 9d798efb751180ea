"""One RRULE as a value: read from RFC 5545 text (3.3.10), written back in one fixed form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from sync.core.event import Span, Timed
from sync.core.timezones import at_wall, zone
from sync.errors import CannotSync


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


# By the number that `date.weekday()` gives.
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONDAY, SUNDAY = 0, 6

# A day of the week with its ordinal ("the second Monday" is 2, 0); ordinal 0 is every such day.
ByDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """The parts of one RRULE, each sorted and without repetition; an empty tuple is a part that is not there.

    `until` is the last local day that may hold an occurrence. At most one of `count` and `until` is set in
    canonical text.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | None = None
    wkst: int = MONDAY
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[ByDay, ...] = ()
    by_set_pos: tuple[int, ...] = ()


def unreadable(part: str) -> CannotSync:
    """`part` is the name of the part that nobody can read; never its value, which may be anything."""
    return CannotSync("recurrence-unreadable", {"part": part})


@lru_cache(maxsize=1024)
def rule_of(rrule: str) -> Rule:
    """The rule that a canonical text says; `CannotSync` as `read_rule`."""
    return read_rule(rrule, None)


def read_rule(text: str, span: Span | None) -> Rule:
    """The rule that RFC 5545 text says. `span` is the series' first occurrence; only text whose UNTIL or BYHOUR
    names a time of day needs it, which canonical text never does.

    `CannotSync`: "recurrence-too-frequent" for a rule with several occurrences a day, "recurrence-unreadable"
    for one that breaks RFC 5545 3.3.10 or uses an extension of it.
    """
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency in ("HOURLY", "MINUTELY", "SECONDLY"):
        raise CannotSync("recurrence-too-frequent")
    if frequency not in Frequency.__members__:
        raise unreadable("FREQ")
    _drop_time_of_day(parts, span)
    until = parts.pop("UNTIL", None)
    fields = {
        _FIELDS[name][0]: _FIELDS[name][1](name, value) for name, value in parts.items() if name in _FIELDS
    }
    if unknown := parts.keys() - _FIELDS.keys():
        raise unreadable(min(unknown))
    rule = Rule(Frequency(frequency), **fields)  # type: ignore[arg-type]
    _check(rule)
    return rule if until is None else replace(rule, until=_until(until, span))


def rule_text(rule: Rule) -> str:
    """The rule as text: parts in a fixed order, defaults left out."""
    parts = [f"FREQ={rule.frequency}"]
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    for name, numbers in (
        ("BYMONTH", rule.by_month),
        ("BYWEEKNO", rule.by_week_no),
        ("BYYEARDAY", rule.by_year_day),
        ("BYMONTHDAY", rule.by_month_day),
    ):
        if numbers:
            parts.append(f"{name}={_joined(numbers)}")
    if rule.by_day:
        parts.append("BYDAY=" + ",".join(f"{nth or ''}{WEEKDAYS[weekday]}" for nth, weekday in rule.by_day))
    if rule.by_set_pos:
        parts.append(f"BYSETPOS={_joined(rule.by_set_pos)}")
    if rule.wkst != MONDAY:
        parts.append(f"WKST={WEEKDAYS[rule.wkst]}")
    if rule.until is not None:
        parts.append(f"UNTIL={rule.until:%Y%m%d}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    return ";".join(parts)


def explicit(rule: Rule, first: date) -> Rule:
    """The rule with everything said that RFC 5545 takes from the series' first day, so that it means the same
    days whatever day it is counted from."""
    if rule.by_week_no or rule.by_year_day or rule.by_month_day or rule.by_day:
        return rule
    match rule.frequency:
        case Frequency.DAILY:
            return rule
        case Frequency.WEEKLY:
            return replace(rule, by_day=((0, first.weekday()),))
        case Frequency.MONTHLY:
            return replace(rule, by_month_day=(first.day,))
        case Frequency.YEARLY:
            return replace(rule, by_month=rule.by_month or (first.month,), by_month_day=(first.day,))


def _joined(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in filter(None, text.strip().upper().split(";")):
        name, _, value = part.partition("=")
        if name in parts or not value:
            raise unreadable(name)
        parts[name] = value
    return parts


def _drop_time_of_day(parts: dict[str, str], span: Span | None) -> None:
    """BYHOUR, BYMINUTE and BYSECOND may say again what the start says; then, and for whole days, where RFC 5545
    has them ignored, they mean nothing."""
    start = span.start if isinstance(span, Timed) else None
    for name, attribute in (("BYHOUR", "hour"), ("BYMINUTE", "minute"), ("BYSECOND", "second")):
        value = parts.pop(name, None)
        if value is None or (span is not None and start is None):
            continue
        if not re.fullmatch(r"\d{1,2}(,\d{1,2})*", value, re.ASCII):
            raise unreadable(name)
        if start is None or {int(number) for number in value.split(",")} != {getattr(start, attribute)}:
            raise CannotSync("recurrence-too-frequent")


def _until(value: str, span: Span | None) -> date:
    """The last day that may hold an occurrence: a time of day before that day's start means the day before."""
    try:
        if re.fullmatch(r"\d{8}", value, re.ASCII):
            return _date(value)
        if not re.fullmatch(r"\d{8}T\d{6}Z?", value, re.ASCII) or span is None:
            raise ValueError(value)
        if not isinstance(span, Timed):
            return _date(value[:8])
        hour, minute, second = (int(value[at : at + 2]) for at in (9, 11, 13))
        moment = datetime.combine(_date(value[:8]), time(hour, minute, second))
        return _last_start(moment, value.endswith("Z"), span)
    except (ValueError, OverflowError) as error:
        raise unreadable("UNTIL") from error


def _date(digits: str) -> date:
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def _last_start(until: datetime, is_utc: bool, span: Timed) -> date:
    tz = zone(span.zone)
    instant = until.replace(tzinfo=UTC) if is_utc else at_wall(until, tz)
    day = instant.astimezone(tz).date()
    starts = at_wall(datetime.combine(day, span.start.time()), tz)
    return day if starts.astimezone(UTC) <= instant.astimezone(UTC) else day - timedelta(days=1)


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or int(value) == 0:
        raise unreadable(name)
    return int(value)


def _weekday(name: str, value: str) -> int:
    if value not in WEEKDAYS:
        raise unreadable(name)
    return WEEKDAYS.index(value)


def _numbers(most: int, signed: bool = True) -> Callable[[str, str], tuple[int, ...]]:
    pattern = re.compile(r"[+-]?\d{1,3}" if signed else r"\d{1,3}", re.ASCII)

    def read(name: str, value: str) -> tuple[int, ...]:
        listed = value.split(",")
        if not all(pattern.fullmatch(number) and 1 <= abs(int(number)) <= most for number in listed):
            raise unreadable(name)
        return tuple(sorted({int(number) for number in listed}))

    return read


def _by_days(name: str, value: str) -> tuple[ByDay, ...]:
    found = [
        re.fullmatch(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", day, re.ASCII) for day in value.split(",")
    ]
    days: set[ByDay] = set()
    for day in found:
        if day is None or (day[1] and not 1 <= abs(int(day[1])) <= 53):
            raise unreadable(name)
        days.add((int(day[1] or 0), WEEKDAYS.index(day[2])))
    # An ordinal beside the plain day says nothing more.
    return tuple(sorted(day for day in days if day[0] == 0 or (0, day[1]) not in days))


_FIELDS: Mapping[str, tuple[str, Callable[[str, str], object]]] = {
    "INTERVAL": ("interval", _number),
    "COUNT": ("count", _number),
    "WKST": ("wkst", _weekday),
    "BYMONTH": ("by_month", _numbers(12, signed=False)),
    "BYWEEKNO": ("by_week_no", _numbers(53)),
    "BYYEARDAY": ("by_year_day", _numbers(366)),
    "BYMONTHDAY": ("by_month_day", _numbers(31)),
    "BYDAY": ("by_day", _by_days),
    "BYSETPOS": ("by_set_pos", _numbers(366)),
}


def _check(rule: Rule) -> None:
    """The combinations that RFC 5545 forbids: programs differ in what they make of them."""
    yearly = rule.frequency is Frequency.YEARLY
    if rule.by_week_no and not yearly:
        raise unreadable("BYWEEKNO")
    if rule.by_year_day and not yearly:
        raise unreadable("BYYEARDAY")
    if rule.by_month_day and rule.frequency is Frequency.WEEKLY:
        raise unreadable("BYMONTHDAY")
    if any(nth for nth, _ in rule.by_day) and (
        rule.frequency in (Frequency.DAILY, Frequency.WEEKLY) or rule.by_week_no
    ):
        raise unreadable("BYDAY")
