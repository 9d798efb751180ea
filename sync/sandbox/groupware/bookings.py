"""Facilities: who decides about a booking, and that nobody gets one that somebody else has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from sync.sandbox.groupware.directory import Directory, Kind
from sync.sandbox.groupware.problems import Problem
from sync.sandbox.groupware.recurrence import Occurrence, occurrences
from sync.sandbox.groupware.store import Store
from sync.sandbox.groupware.times import NEVER, Window, from_ms, to_ms, window_of, zone

Json = dict[str, Any]

# The groupware's own zone: where the days of day-based events begin.
HOME_ZONE = "Asia/Tokyo"
# A series is held against the bookings of so many of its occurrences.
CHECKED_OCCURRENCES = 100
CHECKED_MS = 366 * 86_400_000
# Everything, within what Python's dates can say.
ALL_DAYS = (1, 3_650_000)


def give_states(
    event: dict[str, Any], before: Mapping[str, Any] | None, directory: Directory, is_person: bool
) -> None:
    """Note the groupware's decision at every booking of the event and of its occurrences."""
    event["facilities"] = _with_states(event["facilities"], before, directory, is_person)
    had = overrides_of(before) if before else {}
    # An occurrence may have got another name.
    known = [booking for change in had.values() for booking in change.get("facilities", ())]
    known += before["facilities"] if before else []
    for recurrence_id, change in overrides_of(event).items():
        if "facilities" in change:
            kept = known + had.get(recurrence_id, {}).get("facilities", [])
            change["facilities"] = _with_states(
                change["facilities"], {"facilities": kept}, directory, is_person
            )


def overrides_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return event["recurrence"]["overrides"] if event["recurrence"] else {}


def booked(event: Mapping[str, Any]) -> set[str]:
    """Facilities that the event, or an occurrence of it, has or asks for."""
    lists = [
        event["facilities"],
        *(c["facilities"] for c in overrides_of(event).values() if "facilities" in c),
    ]
    return {booking["facilityId"] for bookings in lists for booking in bookings if _takes(booking)}


def _takes(booking: Mapping[str, Any]) -> bool:
    return str(booking["state"]) != "rejected"


def _with_states(
    wanted: list[Json], before: Mapping[str, Any] | None, directory: Directory, is_person: bool
) -> list[Json]:
    """The bookings with the state the groupware gives them: a booking that was there keeps its own."""
    had = {b["facilityId"]: b["state"] for b in before["facilities"]} if before else {}
    states = []
    for booking in wanted:
        id_ = booking["facilityId"]
        facility = directory.find(Kind.FACILITY, id_) or {"needsApproval": False, "bookable": True}
        if id_ not in had and not facility["bookable"] and not is_person:
            raise Problem(
                "facility-forbidden",
                f"Facility {id_} is booked in the groupware only.",
                f"設備 {id_} はグループウェアでのみ予約できます。",
                {"facilityId": id_},
            )
        fresh = "requested" if facility["needsApproval"] else "approved"
        states.append({"facilityId": id_, "state": had.get(id_, fresh)})
    return states


def refuse_taken(store: Store, directory: Directory, event: Mapping[str, Any]) -> None:
    """Problem `facility-conflict`, naming who has it, if any other event has one of the facilities meanwhile."""
    conflicts = [
        _conflict(directory, facility, occurrence)
        for facility in sorted(booked(event))
        for occurrence in _clashes(store, facility, event)
    ]
    if conflicts:
        names = ", ".join(sorted({conflict["ownerName"] for conflict in conflicts}))
        raise Problem(
            "facility-conflict",
            f"The facility is taken by {names}.",
            f"設備は {names} さんが予約済みです。",
            {"conflicts": conflicts},
        )


def _clashes(store: Store, facility: str, event: Mapping[str, Any]) -> Iterator[Occurrence]:
    """One occurrence of each other event that has the facility meanwhile."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT e.document FROM bookings b JOIN events e ON e.id = b.event_id"
            " WHERE b.facility_id = ? AND b.event_id <> ?",
            (facility, event["id"]),
        ).fetchall()
    mine = islice(_taking(facility, event, _reach(event)), CHECKED_OCCURRENCES)
    windows = [_window(*span) for span in map(_span, mine)]
    for other in (json.loads(row[0]) for row in rows):
        found = (clash for window in windows for clash in _taking(facility, other, window))
        clash = next(found, None)
        if clash is not None:
            yield clash


def _taking(facility: str, event: Mapping[str, Any], window: Window) -> Iterator[Occurrence]:
    """The event's occurrences that keep the facility from others. A point in time takes nobody's room."""
    for occurrence in occurrences(event, window):
        starts, ends = _span(occurrence)
        if starts < ends and any(
            b["facilityId"] == facility and _takes(b) for b in occurrence.event["facilities"]
        ):
            yield occurrence


def _reach(event: Mapping[str, Any]) -> Window:
    if event["recurrence"] is None:
        return Window(-NEVER, NEVER, *ALL_DAYS)
    first = occurrences({**event, "recurrence": None}, Window(-NEVER, NEVER, *ALL_DAYS))
    starts = _span(next(first))[0]
    return _window(starts, starts + CHECKED_MS)


def _window(starts: int, ends: int) -> Window:
    return window_of(from_ms(starts), from_ms(ends), zone(HOME_ZONE))


def _span(occurrence: Occurrence) -> tuple[int, int]:
    extent = occurrence.extent
    if not extent.is_days:
        return extent.starts, extent.ends
    return _midnight(extent.starts), _midnight(extent.ends)


def _midnight(day: int) -> int:
    return to_ms(datetime.combine(date.fromordinal(day), time(), zone(HOME_ZONE)))


def _conflict(directory: Directory, facility: str, clash: Occurrence) -> Json:
    other = clash.event
    owner = directory.find(Kind.USER, other["ownerId"])
    return {
        "facilityId": facility,
        "eventId": other["id"],
        "ownerId": other["ownerId"],
        "ownerName": owner["name"] if owner else other["ownerId"],
        "title": other["title"] if other["visibility"] == "public" else None,
        "start": clash.start,
        "end": clash.end,
    }
