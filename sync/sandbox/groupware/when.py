"""Reads when an event is: its form, start, length, zone and, for a series, its rule (contract.yaml, "Time")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sync.sandbox.groupware.problems import Findings, Reason
from sync.sandbox.groupware.reader import NOT_IN_TEXT, Json, Reader, escape_pointer
from sync.sandbox.groupware.recurrence import rule_fault
from sync.sandbox.groupware.switches import FORMS
from sync.sandbox.groupware.times import (
    LAST_YEAR,
    format_duration,
    is_zone,
    parse_date,
    parse_duration,
    parse_wall,
)

MAX_DATES = 1000
RECURRENCE = frozenset({"rrule", "exdates", "rdates", "overrides"})
# fmt: off
OVERRIDABLE = frozenset({
    "title", "typeId", "status", "showAs", "importance", "start", "duration", "end", "participants", "facilities",
    "place", "placeDetail", "visibility", "memo", "reminders",
})
# fmt: on
Parse = Callable[[str], date | None]


def read_times(reader: Reader) -> Json:
    """form, start, timeZone, duration and end."""
    form = reader.value("form")
    if form is None:
        reader.refuse("/form", Reason.REQUIRED)
    else:
        reader.choice("form", reader.rules.switches.forms, "timed")
    if form not in FORMS:
        return {"form": "timed", "start": "", "timeZone": None, "duration": None, "end": None}
    if form in ("timed", "startOnly"):
        return {
            "form": form,
            "timeZone": _zone(reader, required=True),
            "end": None,
            **_wall_times(reader, form),
        }
    return {"form": form, "timeZone": _zone(reader, required=False), "duration": None, **_days(reader)}


def _zone(reader: Reader, required: bool) -> str | None:
    value = reader.value("timeZone")
    if value is None:
        if required:
            reader.refuse("/timeZone", Reason.REQUIRED)
        return None
    if not isinstance(value, str):
        reader.refuse("/timeZone", Reason.TYPE)
        return None
    if not is_zone(value):
        detail = f"{value[:64]!r} is not a name of the IANA time zone database."
        detail_ja = f"{value[:64]!r} は IANA タイムゾーン名ではありません。"
        reader.refuse("/timeZone", Reason.UNKNOWN_ZONE, detail, detail_ja)
    return value


def _wall_times(reader: Reader, form: str) -> Json:
    start = _point(reader, "start", parse_wall)
    length = _length(reader, form)
    if reader.value("end") is not None:
        reader.refuse("/end", Reason.NOT_ALLOWED)
    if isinstance(start, datetime) and length is not None and (start + length).year > LAST_YEAR:
        reader.refuse("/duration", Reason.RANGE)
    return {
        "start": reader.value("start"),
        "duration": None if length is None else format_duration(length),
    }


def _length(reader: Reader, form: str) -> timedelta | None:
    value = reader.value("duration")
    if value is None:
        if form == "startOnly":
            return timedelta()
        reader.refuse("/duration", Reason.REQUIRED)
        return None
    length = parse_duration(value) if isinstance(value, str) else None
    if length is None:
        is_negative = isinstance(value, str) and value.startswith("-")
        reader.refuse("/duration", Reason.END_BEFORE_START if is_negative else Reason.FORMAT)
    elif form == "startOnly" and length:
        reader.refuse("/duration", Reason.NOT_ALLOWED)
    return length


def _days(reader: Reader) -> Json:
    first, until = _point(reader, "start", parse_date), _point(reader, "end", parse_date)
    if reader.value("duration") is not None:
        reader.refuse("/duration", Reason.NOT_ALLOWED)
    if first is not None and until is not None and until <= first:
        reader.refuse("/end", Reason.END_BEFORE_START)
    return {"start": reader.value("start"), "end": reader.value("end")}


def _point(reader: Reader, name: str, parse: Parse) -> date | None:
    value = reader.value(name)
    if value is None:
        reader.refuse(f"/{name}", Reason.REQUIRED)
        return None
    point = parse(value) if isinstance(value, str) else None
    if point is None:
        reader.refuse(f"/{name}", Reason.FORMAT)
    return point


def read_recurrence(reader: Reader, times: Json, rule_findings: Findings) -> Json | None:
    """The series' rule, checked lightly. `times` must be right; a rule that is not held goes to `rule_findings`."""
    value = reader.value("recurrence")
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("rrule"), str):
        reader.refuse("/recurrence/rrule" if isinstance(value, dict) else "/recurrence", Reason.TYPE)
        return None
    reader.members("/recurrence", value, RECURRENCE)
    reader.size("/recurrence", value)
    fault = rule_fault(value["rrule"], times) if len(value["rrule"]) <= 500 else "The rule is too long."
    if fault:
        japanese = "この繰り返しの条件は登録できません。"
        rule_findings.add("/recurrence/rrule", Reason.NOT_SUPPORTED, fault, japanese)
    parse: Parse = parse_date if times["end"] else parse_wall
    return {
        "rrule": value["rrule"],
        "exdates": _dates(reader, "exdates", value.get("exdates"), parse),
        "rdates": _dates(reader, "rdates", value.get("rdates"), parse),
        "overrides": _overrides(reader, value.get("overrides"), parse),
    }


def _dates(reader: Reader, name: str, value: object, parse: Parse) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_DATES:
        reader.refuse(f"/recurrence/{name}", Reason.TYPE)
        return []
    for index, text in enumerate(value):
        if not isinstance(text, str) or parse(text) is None:
            reader.refuse(f"/recurrence/{name}/{index}", Reason.FORMAT)
    return value


def _overrides(reader: Reader, value: object, parse: Parse) -> Json:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_DATES:
        reader.refuse("/recurrence/overrides", Reason.TYPE)
        return {}
    for recurrence_id, change in value.items():
        where = f"/recurrence/overrides/{escape_pointer(recurrence_id)}"
        if parse(recurrence_id) is None:
            reader.refuse(where, Reason.FORMAT)
        elif not isinstance(change, dict):
            reader.refuse(where, Reason.TYPE)
        else:
            _override(reader, where, change, parse)
    return value


def _override(reader: Reader, where: str, change: Json, parse: Parse) -> None:
    """Lightly: what the time line and the page need; the rest is kept as it came."""
    reader.members(where, change, OVERRIDABLE)
    readers: tuple[tuple[str, Callable[[str], Any]], ...] = (
        ("start", parse),
        ("end", parse_date),
        ("duration", parse_duration),
    )
    for name, read in readers:
        if name in change and (not isinstance(change[name], str) or read(change[name]) is None):
            reader.refuse(f"{where}/{name}", Reason.FORMAT)
    for name in ("title", "place", "placeDetail", "memo"):
        if name in change:
            reader.text(f"{where}/{name}", change[name], reader.rules.switches.memo_limit, NOT_IN_TEXT)
