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


def with_states(
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
        _conflict(directory, booking["facilityId"], other, occurrence)
        for booking in event["facilities"]
        if booking["state"] != "rejected"
        for other, occurrence in _clashes(store, booking["facilityId"], event)
    ]
    if conflicts:
        names = ", ".join(sorted({conflict["ownerName"] for conflict in conflicts}))
        raise Problem(
            "facility-conflict",
            f"The facility is taken by {names}.",
            f"設備は {names} さんが予約済みです。",
            {"conflicts": conflicts},
        )


def _clashes(store: Store, facility: str, event: Mapping[str, Any]) -> Iterator[tuple[Json, Occurrence]]:
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT e.document FROM bookings b JOIN events e ON e.id = b.event_id"
            " WHERE b.facility_id = ? AND b.event_id <> ?",
            (facility, event["id"]),
        ).fetchall()
    others = [json.loads(row[0]) for row in rows]
    spans = [
        _span(occurrence) for occurrence in islice(occurrences(event, _reach(event)), CHECKED_OCCURRENCES)
    ]
    for other in others:
        for starts, ends in spans:
            # A point in time takes nobody's room.
            clash = next(occurrences(other, _window(starts, ends)), None) if ends > starts else None
            if clash is not None and _span(clash)[0] < _span(clash)[1]:
                yield other, clash
                break


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


def _conflict(directory: Directory, facility: str, other: Json, clash: Occurrence) -> Json:
    owner = directory.find(Kind.USER, other["ownerId"])
    return {
        "facilityId": facility,
        "eventId": other["id"],
        "ownerId": other["ownerId"],
        "ownerName": owner["name"] if owner else other["ownerId"],
        "title": clash.title if other["visibility"] == "public" else None,
        "start": clash.start,
        "end": clash.end,
    }
