"""Reads what an event says apart from its time and its people: one function a field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sync.sandbox.groupware.directory import Kind
from sync.sandbox.groupware.problems import Reason
from sync.sandbox.groupware.reader import NOT_IN_TEXT, Json, Reader
from sync.sandbox.groupware.switches import STATUSES

UID = re.compile(r"[\x21-\x7e]{1,255}")
MAX_MINUTES = 525_600


def read_uid(reader: Reader) -> str | None:
    value = reader.value("uid")
    if value is None:
        return None
    if not isinstance(value, str) or not UID.fullmatch(value):
        reader.refuse("/uid", Reason.FORMAT)
    return str(value)


def _status(reader: Reader) -> str:
    statuses = (*STATUSES, "candidate") if reader.rules.is_person else STATUSES
    return reader.choice("status", statuses, "confirmed")


def _show_as(reader: Reader) -> str:
    held = reader.rules.switches.show_as
    looks_tentative = reader.value("status") == "tentative" and "tentative" in held
    return reader.choice("showAs", held, "tentative" if looks_tentative else "busy")


def _title(reader: Reader) -> str:
    title = reader.line("title", reader.rules.switches.title_limit)
    if reader.value("title") is None or (title == "" and reader.rules.switches.title_min):
        reader.refuse("/title", Reason.REQUIRED)
    return title


def _type(reader: Reader) -> str | None:
    value = reader.value("typeId")
    if value is None:
        return None
    reader.entry("/typeId", Kind.EVENT_TYPE, value, reader.kept("typeId"))
    return str(value)


def _memo(reader: Reader) -> str:
    value = reader.value("memo")
    text = "" if value is None else reader.text("/memo", value, reader.rules.switches.memo_limit, NOT_IN_TEXT)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _reminders(reader: Reader) -> list[Json]:
    found = []
    for where, item in reader.items("reminders", reader.rules.switches.reminders_max):
        reader.members(where, item, frozenset({"minutesBefore"}))
        minutes = item.get("minutesBefore")
        if not isinstance(minutes, int) or isinstance(minutes, bool):
            reader.refuse(f"{where}/minutesBefore", Reason.TYPE)
        elif not 0 <= minutes <= MAX_MINUTES:
            reader.refuse(f"{where}/minutesBefore", Reason.RANGE)
        found.append({"minutesBefore": minutes})
    return found


def read_extensions(reader: Reader) -> Json:
    value = reader.value("extensions")
    if value is None:
        return {}
    if not isinstance(value, dict):
        reader.refuse("/extensions", Reason.TYPE)
        return {}
    if reader.size("/extensions", value) > reader.rules.switches.extensions_max:
        reader.refuse("/extensions", Reason.TOO_LONG)
    return value


# What one occurrence may say differently is among them.
PLAIN: Mapping[str, Callable[[Reader], Any]] = {
    "title": _title,
    "typeId": _type,
    "status": _status,
    "showAs": _show_as,
    "importance": lambda reader: reader.choice("importance", reader.rules.switches.importance, "normal"),
    "place": lambda reader: reader.line("place", reader.rules.switches.place_limit),
    "placeDetail": lambda reader: reader.line("placeDetail", reader.rules.switches.place_limit),
    "visibility": lambda reader: reader.choice("visibility", reader.rules.switches.visibilities, "public"),
    "memo": _memo,
    "reminders": _reminders,
}


def read_plain(reader: Reader) -> Json:
    return {name: read(reader) for name, read in PLAIN.items()}
