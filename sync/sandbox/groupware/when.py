"""Reads when an event is: its form, start, length and zone (contract.yaml, "Time")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sync.sandbox.groupware.problems import Reason
from sync.sandbox.groupware.reader import Json, Reader
from sync.sandbox.groupware.switches import FORMS
from sync.sandbox.groupware.times import (
    LAST_YEAR,
    format_duration,
    is_zone,
    parse_date,
    parse_duration,
    parse_wall,
)

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


def read_length_of_occurrence(reader: Reader, recurrence_id: str, event: Json) -> Json:
    """What one occurrence says of its own start and length, in the form of its series. Without a length: as long as
    the event."""
    is_timed = event["duration"] is not None
    parse: Parse = parse_wall if is_timed else parse_date
    found = {
        name: reader.value(name) for name in ("start", "duration", "end") if reader.value(name) is not None
    }
    start = _point(reader, "start", parse) if "start" in found else parse(recurrence_id)
    foreign = "end" if is_timed else "duration"
    if foreign in found:
        reader.refuse(f"/{foreign}", Reason.NOT_ALLOWED)
    elif "duration" in found:
        length = _length(reader, "timed")
        if length is not None and isinstance(start, datetime):
            found["duration"] = format_duration(length)
            if (start + length).year > LAST_YEAR:
                reader.refuse("/duration", Reason.RANGE)
    elif "end" in found:
        until = _point(reader, "end", parse_date)
        if until is not None and start is not None and until <= start:
            reader.refuse("/end", Reason.END_BEFORE_START)
    return found
