"""Whether an event can be held, and how it is written down when it is: every field present, defaults filled in.

One refusal names everything that is wrong, with JSON Pointers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sync.sandbox.groupware.directory import Kind
from sync.sandbox.groupware.problems import Findings, Reason
from sync.sandbox.groupware.reader import NOT_IN_TEXT, Json, Reader, Rules, escape_pointer
from sync.sandbox.groupware.switches import STATUSES
from sync.sandbox.groupware.when import read_recurrence, read_times
from sync.sandbox.groupware.who import read_facilities, read_owner, read_participants

# fmt: off
READ_ONLY = ("id", "version", "candidates", "attachments", "createdBy", "createdAt", "updatedBy", "updatedAt")
WRITABLE = (
    "uid", "title", "typeId", "status", "showAs", "importance", "form", "start", "timeZone", "duration", "end",
    "recurrence", "ownerId", "participants", "facilities", "place", "placeDetail", "visibility", "memo",
    "reminders", "extensions",
)
# fmt: on
UID = re.compile(r"[\x21-\x7e]{1,255}")
MAX_MINUTES = 525_600


def normalise(written: Mapping[str, Any], rules: Rules) -> Json:
    """The writable fields as they are stored. Problem `validation` or `unsupported-recurrence` otherwise."""
    reader = Reader(written, rules)
    for name in written:
        if name not in WRITABLE and name not in READ_ONLY:
            reader.refuse(f"/{escape_pointer(name)}", Reason.UNKNOWN_FIELD)
    fields = {**_plain_fields(reader), **read_times(reader)}
    fields["ownerId"] = read_owner(reader)
    fields["facilities"] = read_facilities(reader)
    fields["participants"] = read_participants(reader, fields["ownerId"], bool(fields["facilities"]))
    # A rule can only be judged against a start that is right.
    reader.findings.raise_if_any()
    rule_findings = Findings()
    fields["recurrence"] = read_recurrence(reader, fields, rule_findings)
    reader.findings.raise_if_any()
    rule_findings.raise_if_any("unsupported-recurrence")
    return {name: fields[name] for name in WRITABLE}


def _plain_fields(reader: Reader) -> Json:
    switches = reader.rules.switches
    status = reader.choice(
        "status", (*STATUSES, "candidate") if reader.rules.is_person else STATUSES, "confirmed"
    )
    looks_tentative = status == "tentative" and "tentative" in switches.show_as
    return {
        "uid": _uid(reader),
        "title": _title(reader),
        "typeId": _type(reader),
        "status": status,
        "showAs": reader.choice("showAs", switches.show_as, "tentative" if looks_tentative else "busy"),
        "importance": reader.choice("importance", switches.importance, "normal"),
        "place": reader.line("place", switches.place_limit),
        "placeDetail": reader.line("placeDetail", switches.place_limit),
        "visibility": reader.choice("visibility", switches.visibilities, "public"),
        "memo": _memo(reader),
        "reminders": _reminders(reader),
        "extensions": _extensions(reader),
    }


def _uid(reader: Reader) -> str | None:
    value = reader.value("uid")
    if value is None:
        return None
    if not isinstance(value, str) or not UID.fullmatch(value):
        reader.refuse("/uid", Reason.FORMAT)
    return str(value)


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


def _extensions(reader: Reader) -> Json:
    value = reader.value("extensions")
    if value is None:
        return {}
    if not isinstance(value, dict):
        reader.refuse("/extensions", Reason.TYPE)
        return {}
    if reader.size("/extensions", value) > reader.rules.switches.extensions_max:
        reader.refuse("/extensions", Reason.TOO_LONG)
    return value
