"""Times of an event as the contract writes them (contract.yaml, "Time")."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.timezones import UTC_ZONE
from sync.sandbox.fidelity.moments import Extent, Length
from sync.sandbox.fidelity.places import Places
from sync.sandbox.groupware.times import format_duration

Json = dict[str, Any]


def times(extent: Extent, places: Places) -> Json:
    """form, start, and what the form needs; in UTC where the zone cannot say the start."""
    if not isinstance(extent.start, datetime) or not isinstance(extent.end, datetime):
        return {"form": "allDay", "start": extent.start.isoformat(), "end": extent.end.isoformat()}
    length = elapsed(extent)
    zone = zone_of(extent, places) or UTC_ZONE
    start = {"start": in_zone(extent.start, zone).isoformat(), "timeZone": zone}
    if not length:
        return {"form": "startOnly", **start}
    return {"form": "timed", **start, "duration": format_duration(length)}


def zone_of(extent: Extent, places: Places) -> str | None:
    """The name of the zone in which the contract can say this start; None: only UTC can."""
    assert isinstance(extent.start, datetime)
    zone = places.name_of(extent.place)
    return zone if zone is not None and is_sayable(extent.start, zone) else None


def is_sayable(moment: datetime, zone: str) -> bool:
    """A wall time that occurs twice means the first in the contract; the second has no name there."""
    return means(in_zone(moment, zone), zone, moment)


def in_zone(moment: datetime, zone: str) -> datetime:
    """The wall time, naive; as it was written where that says the same (one that is skipped too)."""
    written = moment.replace(tzinfo=None, fold=0)
    if means(written, zone, moment):
        return written
    return moment.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def means(local: datetime, zone: str, moment: datetime) -> bool:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) == moment.astimezone(UTC)


def elapsed(extent: Extent) -> timedelta:
    assert isinstance(extent.start, datetime)
    assert isinstance(extent.end, datetime)
    return extent.end.astimezone(UTC) - extent.start.astimezone(UTC)


def point(start: datetime, is_days: bool) -> str:
    """A naive wall time as the contract names it."""
    return start.date().isoformat() if is_days else start.isoformat()


def extent_at(start: datetime, length: Length, template: Extent) -> Extent:
    """The occurrence that starts at this wall time."""
    first = start.date() if template.is_days else start.replace(tzinfo=template.place)
    return Extent(first, length.after(first))


def day_of(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
