"""A room that declined: what to ask its calendar for, and who has the room by the answer (graph-calendar.md 6.7).

Exchange says that a room declined and never why. What stands in the room's calendar at that time tells: another
booking, or nothing, and then it was a rule of the room. Names and times are all that is looked at (law 9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sync.core.attendance import facility_name, name_of
from sync.core.event import Event, Field
from sync.core.fingerprint import digests
from sync.core.link import Complaint, Problem
from sync.core.people import People, address_key
from sync.core.recurrence import bounds, occurrences
from sync.core.who import read_part
from sync.core.window import FOREVER, Window, instants

# Codes of the problem. Nothing more is known; somebody has the room; somebody who is not to be named has it; nobody
# has it, so that one of its rules has refused.
DECLINED: Final = "room-declined"
TAKEN: Final = "room-taken"
OCCUPIED: Final = "room-occupied"
REFUSED: Final = "room-refused"
CODES: Final = frozenset((DECLINED, TAKEN, OCCUPIED, REFUSED))
# In a Problem's detail: what the room's calendar was asked for, as a digest.
_ASKED: Final = "asked"

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class RoomBooking:
    """One booking in a room's calendar, UTC. `organizer` is the display name, `address` the mail address; both are ""
    where the booking is private."""

    starts: datetime
    ends: datetime
    organizer: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What to ask the calendars of the rooms that declined an event. `rooms`: facility -> address; `stretches`: when
    the event takes place; `is_whole`: whether these are all of its dates."""

    rooms: Mapping[str, str]
    stretches: tuple[Stretch, ...]
    is_whole: bool
    digest: str

    @property
    def starts(self) -> datetime:
        return min(start for start, _ in self.stretches)

    @property
    def ends(self) -> datetime:
        return max(end for _, end in self.stretches)


def inquiry(event: Event, facilities: Iterable[str], people: People, window: Window) -> Inquiry:
    """`facilities`: whose room declined; one that is no facility is named by its address."""
    rooms = {one: people.rooms.get(one, one) for one in facilities}
    stretches, is_whole = _stretches(event, window)
    when = sorted(item for item in digests(event, {Field.TIME}).items() if read_part(item[0]) is None)
    digest = hashlib.sha256(repr((when, sorted(rooms.items()))).encode()).hexdigest()[:12]
    return Inquiry(rooms, stretches, is_whole, digest)


def _stretches(event: Event, window: Window) -> tuple[tuple[Stretch, ...], bool]:
    """A single event's own; of a series its dates in the window."""
    if event.recurrence is None:
        return (instants(event.span, window.zone),), True
    day = timedelta(days=1)  # the series' days are those of its own zone
    near = occurrences(event, window.first - day, window.until + day)
    found = [instants(one.span, window.zone) for _, one in near if window.covers(one.span)]
    first, last = bounds(event, window.zone)
    return tuple(sorted(found)), window.starts <= first and (last or FOREVER) <= window.ends


def known(problem: Problem | None, asked: Inquiry) -> Complaint | None:
    """What an earlier pass has found out, as long as neither the event's time nor its rooms have changed."""
    if problem is None or problem.code not in CODES or problem.detail.get(_ASKED) != asked.digest:
        return None
    return Complaint(problem.code, dict(problem.detail))


def complaint(
    asked: Inquiry, answers: Mapping[str, Sequence[RoomBooking] | None], people: People, zone: str
) -> Complaint:
    """`answers`: facility -> the bookings of its room, None if they may not be read; a facility that is missing could
    not be asked now and is asked again. What says most comes first: who has a room, then why nobody needs to."""
    taken = {
        facility: first
        for facility, bookings in answers.items()
        if bookings is not None and (first := _first_taken(asked.stretches, bookings)) is not None
    }
    named = {one: name for one, b in taken.items() if (name := _who(b, asked.rooms[one], people))}
    detail = {_ASKED: asked.digest} if answers.keys() == asked.rooms.keys() else {}
    if taken:
        rooms = tuple(named or taken)
        detail |= {
            "facility": _names(rooms, people),
            "start": f"{min(taken[one].starts for one in rooms).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
        }
        if not named:
            return Complaint(OCCUPIED, detail)
        return Complaint(TAKEN, detail | {"owner": ", ".join(dict.fromkeys(named.values()))})
    free = tuple(one for one, bookings in answers.items() if bookings is not None)
    if free and asked.is_whole:
        return Complaint(REFUSED, detail | {"facility": _names(free, people)})
    return Complaint(DECLINED, detail | {"facility": _names(asked.rooms, people)})


def _first_taken(stretches: Iterable[Stretch], bookings: Sequence[RoomBooking]) -> RoomBooking | None:
    """The booking that stands in the way of the first date that one stands in the way of; back to back is no
    conflict."""
    for start, end in stretches:
        colliding = [one for one in bookings if one.starts < end and start < one.ends]
        if colliding:
            return min(colliding, key=lambda one: one.starts)
    return None


def _who(booking: RoomBooking, room: str, people: People) -> str:
    """As the groupware names the person, else as Outlook does; "" where that is an address, or the room itself."""
    if address_key(booking.address) == address_key(room):
        return ""
    user = people.user_of(booking.address)
    name = name_of(user, people) if user is not None else booking.organizer.strip()
    return "" if "@" in name else name


def _names(facilities: Iterable[str], people: People) -> str:
    return ", ".join(facility_name(facility, people) for facility in facilities)
