"""Rooms that declined, what to ask their calendars for, and who has them by the answer (graph-calendar.md 6.7).

A room declines an event, or single dates of a series. Exchange says that it did and never why. What stands in the
room's calendar at that time tells: another booking, or nothing, and then it was a rule of the room. Names and times
are all that is looked at (law 9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sync.core.attendance import facility_name, name_of
from sync.core.event import Event, Field
from sync.core.fingerprint import digests
from sync.core.link import Complaint, Problem
from sync.core.people import People, address_key
from sync.core.recurrence import Original, bounds, occurrence_of, occurrences
from sync.core.who import REJECTED, ROOM, who_part
from sync.core.window import FOREVER, Window, instants

# Codes of the problem. Nothing more is known; somebody has the room; somebody who is not to be named has it; nobody
# has it, so that one of its rules has refused.
DECLINED: Final = "room-declined"
TAKEN: Final = "room-taken"
OCCUPIED: Final = "room-occupied"
REFUSED: Final = "room-refused"
# The same where the room declined single dates of a series.
DATES_DECLINED: Final = "room-dates-declined"
DATES_TAKEN: Final = "room-dates-taken"
DATES_OCCUPIED: Final = "room-dates-occupied"
DATES_REFUSED: Final = "room-dates-refused"
CODES: Final = frozenset(
    (DECLINED, TAKEN, OCCUPIED, REFUSED, DATES_DECLINED, DATES_TAKEN, DATES_OCCUPIED, DATES_REFUSED)
)
# In a Problem's detail: what the room's calendar was asked for, as a digest.
_ASKED: Final = "asked"
# So many dates, or names, are told in one sentence.
_MOST_TOLD: Final = 10

Stretch = tuple[datetime, datetime]
# Facilities whose room declined: () the whole event, else the originals of the dates that it declined.
Declined = Mapping[str, tuple[Original, ...]]


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
    """What to ask the calendars of the rooms that declined. `rooms`: facility -> address; `stretches`: facility ->
    when it was declined, in order; `is_whole`: whether these are all of these times; `of_dates`: whether single dates
    of a series were declined."""

    rooms: Mapping[str, str]
    stretches: Mapping[str, tuple[Stretch, ...]]
    is_whole: bool
    of_dates: bool
    digest: str

    def reach(self, facility: str) -> Stretch | None:
        """From the first start to the last end; None: there is nothing to ask for."""
        stretches = self.stretches[facility]
        if not stretches:
            return None
        return min(start for start, _ in stretches), max(end for _, end in stretches)


def declined_rooms(event: Event, now: datetime, zone: str) -> Declined:
    """Of a resolved Outlook event. A room that declined the event as such comes first: single dates that another one
    declined are told when that is settled. What is over is no problem any more."""
    whole = _rejected(event)
    if whole:
        is_over = (bounds(event, zone)[1] or FOREVER) <= now
        return {} if is_over else dict.fromkeys(whole, ())
    found: dict[str, tuple[Original, ...]] = {}
    for one in event.recurrence.overrides if event.recurrence is not None else ():
        if instants(one.event.span, zone)[1] > now:
            for facility in _rejected(one.event):
                found[facility] = (*found.get(facility, ()), one.original)
    return found


def _rejected(event: Event) -> tuple[str, ...]:
    return tuple(booking.facility for booking in event.facilities if booking.state == REJECTED)


def inquiry(event: Event, declined: Declined, people: People, window: Window) -> Inquiry:
    """A facility that is none is named by its address. Of single dates that were declined all are asked for, of a
    series that was declined as such those in the window."""
    rooms = {one: people.rooms.get(one, one) for one in declined}
    if any(declined.values()):
        stretches = {one: _on_dates(event, dates, window.zone) for one, dates in declined.items()}
        digest = _digest(sorted(stretches.items()), rooms)
        return Inquiry(rooms, stretches, is_whole=True, of_dates=True, digest=digest)
    when = {part: text for part, text in digests(event, {Field.TIME}).items() if _tells_when(part, rooms)}
    first, last = bounds(event, window.zone)
    is_whole = event.recurrence is None or (window.starts <= first and (last or FOREVER) <= window.ends)
    stretches = {one: _stretches(event, one, window) for one in rooms}
    return Inquiry(rooms, stretches, is_whole, of_dates=False, digest=_digest(sorted(when.items()), rooms))


def _tells_when(part: str, facilities: Collection[str]) -> bool:
    who = who_part(part)
    return who is None or (who.kind == ROOM and who.key in facilities)


def _digest(when: object, rooms: Mapping[str, str]) -> str:
    return hashlib.sha256(repr((when, sorted(rooms.items()))).encode()).hexdigest()[:12]


def _on_dates(series: Event, dates: Iterable[Original], zone: str) -> tuple[Stretch, ...]:
    found = (occurrence_of(series, original) for original in dates)
    return tuple(sorted(instants(one.span, zone) for one in found if one is not None))


def _stretches(event: Event, facility: str, window: Window) -> tuple[Stretch, ...]:
    """A single event's own; of a series the dates in the window on which the room is declined."""
    if event.recurrence is None:
        return (instants(event.span, window.zone),)
    day = timedelta(days=1)  # the series' days are those of its own zone
    near = occurrences(event, window.first - day, window.until + day)
    shown = (one for _, one in near if window.covers(one.span) and facility in _rejected(one))
    return tuple(sorted(instants(one.span, window.zone) for one in shown))


def known(problem: Problem | None, asked: Inquiry) -> Complaint | None:
    """What an earlier pass has found out, as long as neither the event's time nor its rooms have changed."""
    if problem is None or problem.code not in CODES or problem.detail.get(_ASKED) != asked.digest:
        return None
    return Complaint(problem.code, dict(problem.detail))


def complaint(
    asked: Inquiry, answers: Mapping[str, Sequence[RoomBooking] | None], people: People, zone: str
) -> Complaint:
    """`answers`: facility -> the bookings of its room, None if they may not be read; a facility that is missing could
    not be asked now and is asked again."""
    found = (
        _of_dates(asked, answers, people, zone) if asked.of_dates else _of_event(asked, answers, people, zone)
    )
    if answers.keys() != asked.rooms.keys():
        return found
    return Complaint(found.code, {**found.detail, _ASKED: asked.digest})


def _of_event(
    asked: Inquiry, answers: Mapping[str, Sequence[RoomBooking] | None], people: People, zone: str
) -> Complaint:
    """What says most comes first: who has a room, then why nobody needs to."""
    taken = {
        facility: colliding[0]
        for facility, bookings in answers.items()
        if (colliding := _in_the_way(asked.stretches[facility], bookings or ()))
    }
    named = {one: name for one, b in taken.items() if (name := _who(b, asked.rooms[one], people))}
    if taken:
        rooms = tuple(named or taken)
        start = _moment(min(taken[one].starts for one in rooms), zone)
        detail = {"facility": _names(rooms, people), "start": start}
        if not named:
            return Complaint(OCCUPIED, detail)
        return Complaint(TAKEN, detail | {"owner": ", ".join(dict.fromkeys(named.values()))})
    free = tuple(one for one, bookings in answers.items() if bookings is not None)
    if free and asked.is_whole:
        return Complaint(REFUSED, {"facility": _names(free, people)})
    return Complaint(DECLINED, {"facility": _names(asked.rooms, people)})


def _of_dates(
    asked: Inquiry, answers: Mapping[str, Sequence[RoomBooking] | None], people: People, zone: str
) -> Complaint:
    """All the dates are told, and of the bookings in their way whose they are and since when, as far as is known."""
    starts = sorted(start for stretches in asked.stretches.values() for start, _ in stretches)
    days = _listed(f"{start.astimezone(ZoneInfo(zone)):%Y-%m-%d}" for start in starts)
    detail = {"facility": _names(asked.rooms, people), "date": days}
    taken = sorted(
        (booking.starts, _who(booking, asked.rooms[facility], people))
        for facility, bookings in answers.items()
        for booking in _in_the_way(asked.stretches[facility], bookings or ())
    )
    named = _listed(f"{name} ({_moment(start, zone)})" for start, name in taken if name)
    if named:
        return Complaint(DATES_TAKEN, detail | {"owner": named})
    if taken:
        return Complaint(
            DATES_OCCUPIED, detail | {"start": _listed(_moment(start, zone) for start, _ in taken)}
        )
    is_known = answers.keys() == asked.rooms.keys() and None not in answers.values()
    return Complaint(DATES_REFUSED if is_known else DATES_DECLINED, detail)


def _in_the_way(stretches: Iterable[Stretch], bookings: Sequence[RoomBooking]) -> list[RoomBooking]:
    """For each stretch that one stands in the way of, the earliest such booking; back to back is no conflict."""
    found: dict[RoomBooking, None] = {}
    for start, end in stretches:
        colliding = [one for one in bookings if one.starts < end and start < one.ends]
        if colliding:
            found[min(colliding, key=lambda one: one.starts)] = None
    return list(found)


def _moment(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _listed(texts: Iterable[str]) -> str:
    """Each once."""
    found = list(dict.fromkeys(texts))
    return ", ".join(found[:_MOST_TOLD]) + (", …" if len(found) > _MOST_TOLD else "")


def _who(booking: RoomBooking, room: str, people: People) -> str:
    """As the groupware names the person, else as Outlook does; "" where that is an address, or the room itself."""
    if address_key(booking.address) == address_key(room):
        return ""
    user = people.user_of(booking.address)
    name = name_of(user, people) if user is not None else booking.organizer.strip()
    return "" if "@" in name else name


def _names(facilities: Iterable[str], people: People) -> str:
    return ", ".join(facility_name(facility, people) for facility in facilities)
