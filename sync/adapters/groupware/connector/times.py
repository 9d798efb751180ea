"""When an event is, contract to neutral and back. `duration` is elapsed time, a series keeps wall times."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sync.adapters.groupware.connector.residue import FORM
from sync.adapters.groupware.lengths import elapsed, wall_length
from sync.core.change import Residue
from sync.core.event import AllDay, Event, Form, Span, Timed
from sync.core.timezones import canonical_name
from sync.core.timezones import zone as zone_named
from sync.errors import CannotSync

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
# The members that say when an event is.
TIMES = ("form", "start", "duration", "end", "timeZone")
_DAY_FORMS = (Form.ALL_DAY, Form.PERIOD, Form.NO_TIME)


def time_from(item: Mapping[str, Any]) -> tuple[Form, Span]:
    """`CannotSync` for a time or zone that nobody can read."""
    try:
        form = Form(item["form"])
        return form, span_from(item, form)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise CannotSync("invalid-time", {"reason": type(error).__name__}) from error


def span_from(item: Mapping[str, Any], form: Form) -> Span:
    """`duration` is elapsed time; a wall time that occurs twice means the first (contract, Time)."""
    if form in _DAY_FORMS:
        return AllDay(date.fromisoformat(item["start"]), date.fromisoformat(item["end"]))
    zone = zone_named(item["timeZone"])
    wall = datetime.fromisoformat(item["start"])
    if wall.tzinfo is not None or "T" not in item["start"]:
        raise ValueError("no wall time")  # with an offset nobody knows which of the two zones is meant
    start = wall.replace(tzinfo=zone, fold=0)
    length = duration_from(item.get("duration") or "PT0S")
    return Timed(start, (start.astimezone(UTC) + length).astimezone(zone))


def span_to(span: Span, residue: Residue, forms: Collection[Form]) -> dict[str, Any]:
    """All the members of time together; the form a person chose is kept where it still fits."""
    before = Form(str(residue[FORM])) if residue.get(FORM) in set(Form) else None
    if isinstance(span, AllDay):
        is_one_day = span.until - span.first == timedelta(days=1)
        fits = before in _DAY_FORMS and (before is not Form.NO_TIME or is_one_day)
        form = before if fits and before in forms else Form.ALL_DAY
        return {
            "form": str(form),
            "start": span.first.isoformat(),
            "end": span.until.isoformat(),
            "duration": None,
            "timeZone": None,
        }
    start, zone = span.start, span.zone
    length = span.end.astimezone(UTC) - span.start.astimezone(UTC)
    if start.replace(fold=0).astimezone(UTC) != start.astimezone(UTC):
        # The second of two equal wall times cannot be said in that zone.
        start, zone = start.astimezone(UTC), "Etc/UTC"
    form = Form.TIMED
    if before is Form.START_ONLY and not length and Form.START_ONLY in forms:
        form = Form.START_ONLY
    return {
        "form": str(form),
        "start": start.replace(tzinfo=None, microsecond=0).isoformat(),
        "end": None,
        "duration": duration_to(length),
        "timeZone": zone,
    }


def time_to(event: Event, residue: Residue, forms: Collection[Form]) -> dict[str, Any]:
    """All the members of time; a series is as long as the wall clock says."""
    said = span_to(event.span, residue, forms)
    if event.recurrence is not None and isinstance(event.span, Timed):
        if said["timeZone"] != event.span.zone:
            raise CannotSync("invalid-time", {"reason": "a series at a wall time that comes twice"})
        said["duration"] = duration_to(wall_length(event.span))
    return said


def length_of(item: Mapping[str, Any]) -> timedelta:
    """Of an item of the contract, in elapsed time."""
    return duration_from(item.get("duration") or "PT0S")


def on_the_wall(span: Timed) -> Timed:
    """The same start; the end where the wall clock shows the elapsed time to be over. As it was if the clock jumps
    past that end."""
    # Not normalised: of a wall time that is skipped the other days of a series need the number, not the instant.
    ends = (span.start.replace(tzinfo=None) + elapsed(span)).replace(tzinfo=span.start.tzinfo)
    return Timed(span.start, ends) if ends.astimezone(UTC) >= span.start.astimezone(UTC) else span


def same_time(one: Span, other: Span) -> bool:
    """The same days, or the same instants, whatever zone labels them."""
    if isinstance(one, AllDay) or isinstance(other, AllDay):
        return one == other
    return (one.start.timestamp(), one.end.timestamp()) == (other.start.timestamp(), other.end.timestamp())


def changed_times(item: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """`said` without the members of time that mean what the event says anyway."""
    return {
        name: value
        for name, value in said.items()
        if name not in TIMES or not _means(name, item.get(name), value)
    }


def _means(name: str, there: Any, said: Any) -> bool:
    if there == said or not there or not said:
        # The zone of days means nothing (contract, Time).
        return there == said or (name == "timeZone" and said is None)
    if name == "duration":
        return duration_from(there) == duration_from(said)
    return name == "timeZone" and canonical_name(there) == canonical_name(said)


def duration_from(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("duration")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def duration_to(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")
