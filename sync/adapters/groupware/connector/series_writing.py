"""A series, neutral to contract: what to write so that the wanted series is shown and nothing else changes.

It is worked out against the event as it is now: what an override says beside our model stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from sync.adapters.groupware.connector.fields import MEMBERS, single_from
from sync.adapters.groupware.connector.people import override_people_to
from sync.adapters.groupware.connector.series import moment_of, occurrence_item
from sync.adapters.groupware.connector.times import (
    duration_from,
    duration_to,
    length_of,
    same_time,
)
from sync.adapters.groupware.lengths import elapsed, uneven
from sync.core.event import FIELDS, AllDay, Event, Field, Recurrence, Reminder, Span, Timed, value
from sync.core.recurrence import Original, canonical_rrule, normalised, occurrence_of, order
from sync.core.timezones import at_wall, zone
from sync.errors import CannotSync

Json = dict[str, Any]
# The members of one field of an event or an occurrence, as a write says them; the last argument is what it says now.
Express = Callable[[Event, Field, Mapping[str, Any]], Mapping[str, Any]]
_UNTIL = re.compile(r"(?<=UNTIL=)\d{8}")
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Context:
    """`fields`: what this groupware holds; `types`: event type id -> name."""

    express: Express
    fields: frozenset[Field]
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Current:
    """The event before the write: in the contract's words and in ours."""

    item: Mapping[str, Any]
    event: Event

    @property
    def recurrence(self) -> Mapping[str, Any]:
        return self.item.get("recurrence") or _NOTHING


def recurrence_to(
    item: Mapping[str, Any], wanted: Event, current: Current | None, context: Context
) -> Json | None:
    """The `recurrence` that makes the event show `wanted`; None: it is a single event then.

    `item`: the event as it will be apart from this; `current`: as it is now, None for a new one.
    """
    wanted = normalised(wanted)
    series = wanted.recurrence
    if series is None or series == Recurrence(""):
        return None
    exdates, rdates = _dates_to(item, wanted, current)
    return {
        # A series of nothing but its start, which differs from the event.
        "rrule": _rule_to(wanted, current) or (None if rdates else "FREQ=DAILY;COUNT=1"),
        "exdates": exdates,
        "rdates": rdates,
        "overrides": _overrides_to(item, wanted, current, context),
    }


def _dates_to(item: Mapping[str, Any], wanted: Event, current: Current | None) -> tuple[list[str], list[str]]:
    """exdates and rdates; word for word as they are where they mean the same."""
    series = wanted.recurrence
    assert series is not None
    before = current.recurrence if current is not None else _NOTHING
    if current is not None and before and item["start"] == current.item["start"]:
        now = current.event.recurrence
        assert now is not None
        if (now.rrule, now.exdates, now.rdates) == (series.rrule, series.exdates, series.rdates):
            return list(before.get("exdates") or ()), list(before.get("rdates") or ())
    cancelled = [_id(item, one) for one in series.exdates]
    rdates = [_id(item, one) for one in series.rdates]
    if not series.rrule and not rdates:
        # The last date of a record is gone: it keeps its dates, cancelled, since one without dates is no series.
        rdates = list(before.get("rdates") or ())
        cancelled += rdates
    return sorted(set(cancelled)), rdates


def _rule_to(wanted: Event, current: Current | None) -> str | None:
    """The groupware's own words where they still mean the same."""
    assert wanted.recurrence is not None
    rrule = wanted.recurrence.rrule
    if current is not None and current.recurrence.get("rrule"):
        before = str(current.recurrence["rrule"])
        # The end of a rule is a date or an instant, as the form has it.
        is_readable = type(current.event.span) is type(wanted.span) or "UNTIL" not in before.upper()
        if is_readable and canonical_rrule(before, wanted.span) == rrule:
            return before
    if isinstance(wanted.span, Timed):
        tz = wanted.span.start.tzinfo
        return _UNTIL.sub(lambda found: _end_of(found[0], tz), rrule) or None
    return rrule or None


def _end_of(day: str, tz: tzinfo | None) -> str:
    """The last second of that day: it holds the occurrence also after the series moves to another time of day."""
    return (
        datetime.combine(date.fromisoformat(day), time(23, 59, 59), tz)
        .astimezone(UTC)
        .strftime("%Y%m%dT%H%M%SZ")
    )


def _id(item: Mapping[str, Any], original: Original) -> str:
    """The recurrence id of an occurrence under the start that the event will have."""
    if item.get("end"):
        return (original.date() if isinstance(original, datetime) else original).isoformat()
    return original.isoformat() if isinstance(original, datetime) else f"{original}T{item['start'][11:]}"


def _by_original(current: Current | None) -> dict[Original, Mapping[str, Any]]:
    """What every override says now, by the proper name of its occurrence."""
    if current is None or current.event.recurrence is None:
        return {}
    by_rule = replace(current.event, recurrence=Recurrence(current.event.recurrence.rrule))
    found: dict[Original, Mapping[str, Any]] = {}
    for text, change in (current.recurrence.get("overrides") or {}).items():
        moment = moment_of(text)
        is_by_rule = occurrence_of(by_rule, moment) is not None
        found[moment.date() if is_by_rule and isinstance(moment, datetime) else moment] = change
    return found


def _overrides_to(item: Mapping[str, Any], wanted: Event, current: Current | None, context: Context) -> Json:
    series = wanted.recurrence
    assert series is not None
    given = replace(wanted, recurrence=Recurrence(series.rrule, rdates=series.rdates))
    contents = {one.original: one.event for one in series.overrides}
    had = _by_original(current)
    found: Json = {}
    for original in sorted(
        {*contents, *had, *uneven(given, length_of(item))} - set(series.exdates), key=order
    ):
        plain = occurrence_of(given, original)
        if plain is None:
            continue  # the series has no such occurrence any more
        recurrence_id, content = _id(item, original), contents.get(original, plain)
        change = _override_to(item, recurrence_id, content, had.get(original, _NOTHING), current, context)
        if change:
            found[recurrence_id] = change
    return found


def _override_to(
    item: Mapping[str, Any],
    recurrence_id: str,
    wanted: Event,
    had: Mapping[str, Any],
    current: Current | None,
    context: Context,
) -> Json:
    """What it says now, with the members changed of the fields that would not come out as wanted."""
    shown = single_from(occurrence_item(item, recurrence_id, had), context.types)
    plain = single_from(occurrence_item(item, recurrence_id, _NOTHING), context.types)
    before = {**(current.item if current else _NOTHING), **{m: v for m, v in had.items() if v is not None}}
    change = dict(had)
    for name in FIELDS:
        if name not in context.fields or _same(name, shown, wanted):
            continue
        for member in MEMBERS[name]:
            change.pop(member, None)
        if name is Field.TIME:
            change |= _times_to(item, recurrence_id, wanted.span)
        elif not _same(name, plain, wanted):
            said = context.express(wanted, name, before)
            if any(item.get(member) != value for member, value in said.items()):
                change |= said
    return override_people_to(change, shown, plain, wanted)


def _same(name: Field, one: Event, other: Event) -> bool:
    if name is Field.TIME:  # an occurrence has no form and no zone of its own
        return same_time(one.span, other.span)
    if name is Field.REMINDER:
        return (one.reminder or Reminder(None)) == (other.reminder or Reminder(None))
    return value(one, name) == value(other, name)


def _times_to(item: Mapping[str, Any], recurrence_id: str, span: Span) -> Json:
    """When an occurrence takes place, as far as it is not what the series says."""
    if isinstance(span, AllDay) is not bool(item.get("end")):
        raise CannotSync("occurrence-form")
    if isinstance(span, AllDay):
        start, name, length = span.first.isoformat(), "end", span.until.isoformat()
    else:
        start, name, length = _wall_start(span, item), "duration", duration_to(elapsed(span))
    said: Json = {} if start == recurrence_id else {"start": start}
    usual = occurrence_item(item, recurrence_id, said)[name]
    is_usual = usual == length if name == "end" else duration_from(usual) == duration_from(length)
    return said if is_usual else {**said, name: length}


def _wall_start(span: Timed, item: Mapping[str, Any]) -> str:
    """In the zone of the series: an occurrence has none of its own."""
    tz = zone(item["timeZone"])
    start = span.start.astimezone(UTC).astimezone(tz)
    wall = start.replace(tzinfo=None, microsecond=0, fold=0)
    if at_wall(wall, tz).astimezone(UTC) != start.astimezone(UTC).replace(microsecond=0):
        raise CannotSync("invalid-time", {"reason": "an occurrence at a wall time that comes twice"})
    return wall.isoformat()


def merge_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """The merge patch (RFC 7396) that makes one object the other; `says_null` tells where there is none."""
    changes: Json = {name: None for name in before if name not in after}
    for name, wanted in after.items():
        there = before.get(name)
        if isinstance(there, Mapping) and isinstance(wanted, Mapping):
            if below := merge_diff(there, wanted):
                changes[name] = below
        elif there != wanted:
            changes[name] = wanted
    return changes


def says_null(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether an occurrence shall have no type where its series has one: in a merge patch null would mean "as the
    series" (contract, Series)."""
    had = before.get("overrides") or {}
    return any(
        change.get("typeId", "") is None and had.get(text, {}).get("typeId", "") is not None
        for text, change in after["overrides"].items()
    )
