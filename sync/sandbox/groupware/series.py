"""Reads a series: its rule, its dates, and what differs in single occurrences (contract.yaml, "Series")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sync.sandbox.groupware.fields import PLAIN
from sync.sandbox.groupware.problems import Findings, Reason
from sync.sandbox.groupware.reader import Json, Reader, escape_pointer
from sync.sandbox.groupware.recurrence import is_days, occurrence_ids, rule_fault
from sync.sandbox.groupware.times import parse_date, parse_wall
from sync.sandbox.groupware.when import Parse, read_length_of_occurrence
from sync.sandbox.groupware.who import read_facilities, read_participants

MAX_DATES = 1000
MAX_RULE = 500
RECURRENCE = frozenset({"rrule", "exdates", "rdates", "overrides"})
TIMES = ("start", "duration", "end")
OVERRIDABLE = frozenset({*PLAIN, *TIMES, "participants", "facilities"})


def read_recurrence(reader: Reader, event: Json, rule_findings: Findings) -> Json | None:
    """The series of `event`, whose other fields must be right. A rule that is not held goes to `rule_findings`."""
    value = reader.value("recurrence")
    if value is None:
        return None
    if not isinstance(value, dict):
        reader.refuse("/recurrence", Reason.TYPE)
        return None
    reader.members("/recurrence", value, RECURRENCE)
    reader.size("/recurrence", value)
    parse: Parse = parse_date if is_days(event) else parse_wall
    series = {
        "rrule": _rule(reader, value, event, rule_findings),
        "exdates": _dates(reader, "exdates", value.get("exdates"), parse),
        "rdates": _dates(reader, "rdates", value.get("rdates"), parse),
        "overrides": _overrides(reader, value.get("overrides"), event, parse),
    }
    if not reader.findings.errors and not rule_findings.errors:
        _refuse_strays(reader, event, series)
    return series


def _rule(reader: Reader, value: Json, event: Json, rule_findings: Findings) -> str | None:
    rrule = value.get("rrule")
    if rrule is None:
        if not value.get("rdates"):
            reader.refuse("/recurrence/rrule", Reason.REQUIRED)
        return None
    if not isinstance(rrule, str):
        reader.refuse("/recurrence/rrule", Reason.TYPE)
        return None
    fault = rule_fault(rrule, event) if len(rrule) <= MAX_RULE else "The rule is too long."
    if fault:
        japanese = "この繰り返しの条件は登録できません。"
        rule_findings.add("/recurrence/rrule", Reason.NOT_SUPPORTED, fault, japanese)
    return rrule


def _dates(reader: Reader, name: str, value: object, parse: Parse) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_DATES:
        reader.refuse(f"/recurrence/{name}", Reason.TOO_MANY if isinstance(value, list) else Reason.TYPE)
        return []
    for index, text in enumerate(value):
        if not isinstance(text, str) or parse(text) is None:
            reader.refuse(f"/recurrence/{name}/{index}", Reason.FORMAT)
    return value


def _overrides(reader: Reader, value: object, event: Json, parse: Parse) -> Json:
    """By recurrence id; one that says nothing is left out."""
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_DATES:
        reader.refuse("/recurrence/overrides", Reason.TOO_MANY if isinstance(value, dict) else Reason.TYPE)
        return {}
    found: Json = {}
    for recurrence_id, change in value.items():
        where = f"/recurrence/overrides/{escape_pointer(recurrence_id)}"
        if parse(recurrence_id) is None:
            reader.refuse(where, Reason.FORMAT)
        elif change is not None and not isinstance(change, dict):
            reader.refuse(where, Reason.TYPE)
        elif override := _override(reader, where, recurrence_id, change or {}, event):
            found[recurrence_id] = override
    return found


def _override(reader: Reader, where: str, recurrence_id: str, change: Json, event: Json) -> Json:
    """Only what is named. A type that is null is named: this occurrence has none."""
    reader.members(where, change, OVERRIDABLE)
    # What the event and this occurrence already had may stay, as in an event.
    before = _occurrence(reader.rules.before, recurrence_id)
    one = Reader(change, replace(reader.rules, before=before), reader.findings, where)
    named = {
        name for name in change if name in OVERRIDABLE and (change[name] is not None or name == "typeId")
    }
    found = {name: read(one) for name, read in PLAIN.items() if name in named}
    found |= read_length_of_occurrence(one, recurrence_id, event) if not named.isdisjoint(TIMES) else {}
    if "facilities" in named:
        found["facilities"] = read_facilities(one)
    if "participants" in named:
        has_facility = bool(found.get("facilities", event["facilities"]))
        found["participants"] = read_participants(one, event["ownerId"], has_facility)
    return found


def _occurrence(event: Mapping[str, Any] | None, recurrence_id: str) -> Mapping[str, Any] | None:
    """The event with what it says of that occurrence."""
    if event is None or event["recurrence"] is None:
        return event
    return {**event, **event["recurrence"]["overrides"].get(recurrence_id, {})}


def _refuse_strays(reader: Reader, event: Json, series: Json) -> None:
    """Ids that name no occurrence: a change of the start or the rule must say what becomes of them."""
    ids = occurrence_ids(event, series, [*series["exdates"], *series["overrides"]])
    for index, text in enumerate(series["exdates"]):
        if text not in ids:
            reader.refuse(f"/recurrence/exdates/{index}", Reason.NO_OCCURRENCE)
    for text in series["overrides"]:
        if text not in ids:
            reader.refuse(f"/recurrence/overrides/{escape_pointer(text)}", Reason.NO_OCCURRENCE)
