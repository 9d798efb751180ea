"""How many mails a Plan makes Exchange send: no write to a meeting can be kept quiet (graph-calendar.md 6.5).

Counted before anything is written, for the guard and for who reads the plan. Where Exchange decides for itself (what
it drops of a series with another time, 3.3) the most that can happen is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sync.core.action import Action, Plan
from sync.core.event import Event, Field, Override, Recurrence, Side, value
from sync.core.recurrence import plain_occurrence
from sync.core.who import (
    keyed,
    keys_in,
    mail_key,
    read_part,
    rooms_in,
    split_occurrence,
    user_key,
)
from sync.core.write import Verb, Write

# What the owner of a calendar keeps for itself: a PATCH of it alone mails nobody [assumed] (graph-calendar.md 6.5).
QUIET = frozenset({Field.REMINDER, Field.SHOW_AS, Field.EVENT_TYPE})
_LOUD = (Field.TITLE, Field.TIME, Field.PLACE, Field.BODY, Field.BLOCK, Field.VISIBILITY, Field.IMPORTANCE)
_CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Mails:
    """Mails to people by what they are; `rooms`: those to rooms, which nobody reads."""

    invitations: int = 0
    updates: int = 0
    cancellations: int = 0
    rooms: int = 0

    @property
    def total(self) -> int:
        """To people: what the guard counts."""
        return self.invitations + self.updates + self.cancellations

    def __add__(self, other: Mails) -> Mails:
        return Mails(
            self.invitations + other.invitations,
            self.updates + other.updates,
            self.cancellations + other.cancellations,
            self.rooms + other.rooms,
        )


@dataclass(frozen=True, slots=True)
class Guests:
    """Who gets the mails of a meeting: people by their keys, without the organizer, and rooms."""

    people: frozenset[str] = frozenset()
    rooms: frozenset[str] = frozenset()

    def __or__(self, other: Guests) -> Guests:
        return Guests(self.people | other.people, self.rooms | other.rooms)

    def __and__(self, other: Guests) -> Guests:
        return Guests(self.people & other.people, self.rooms & other.rooms)

    def __sub__(self, other: Guests) -> Guests:
        return Guests(self.people - other.people, self.rooms - other.rooms)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Who is invited in Outlook before a write. `dates`: of each exception of a series, by its original."""

    guests: Guests = field(default_factory=Guests)
    dates: Mapping[str, Guests] = field(default_factory=dict)


def mails_of_plan(plan: Plan, user: str) -> Mails:
    """`user`: whose pass it is, the organizer of all meetings that it writes."""
    return _sum(mails_of_action(action, user) for action in plan.actions)


def mails_of_action(action: Action, user: str) -> Mails:
    """What Outlook holds is taken from what it showed, else from the parts of the Link's base."""
    write = action.writes.get(Side.OUTLOOK)
    if write is None:
        return Mails()
    seen, base = action.seen.get(Side.OUTLOOK), action.link.outlook
    if seen is not None:
        if not seen.event.is_host:
            return Mails()  # an attendee's own copy: nobody is told (graph-calendar.md 6.5) [assumed]
        return mails_of(write, meeting_of(seen.event, user), user)
    return mails_of(write, meeting_in(base.digests, user) if base is not None else Meeting(), user)


def meeting_of(event: Event, user: str) -> Meeting:
    """Of an event whose addresses are resolved."""
    overrides = event.recurrence.overrides if event.recurrence is not None else ()
    dates = {one.original.isoformat(): _guests(one.event, user) for one in overrides}
    return Meeting(_guests(event, user), dates)


def meeting_in(parts: Iterable[str], user: str) -> Meeting:
    """By the names of the parts that Outlook showed. An occurrence has a part of its own only where it differs: who
    is in the series was taken out there, anybody else was added."""
    by_date = _by_original(parts)
    own = by_date.pop("", set())
    guests = Guests(keys_in(own) - {user_key(user)}, rooms_in(own))
    dates = {
        original: Guests(guests.people ^ (keys_in(names) - {user_key(user)}), guests.rooms ^ rooms_in(names))
        for original, names in by_date.items()
        if _CANCELLED not in names
    }
    return Meeting(guests, dates)


def _by_original(parts: Iterable[str]) -> dict[str, set[str]]:
    """Under "" those of the whole event."""
    found: dict[str, set[str]] = {}
    for part in parts:
        original, rest = split_occurrence(part)
        found.setdefault(original, set()).add(rest)
    return found


def _guests(event: Event, user: str) -> Guests:
    organizer = {user_key(user), mail_key(event.organizer or "")}
    people = (key for key, one in keyed(event.participants).items() if one.organization is None)
    return Guests(frozenset(people) - organizer, frozenset(b.facility for b in event.facilities))


def mails_of(write: Write, before: Meeting, user: str) -> Mails:
    """The mails of one write to Outlook. `write.event` is the source's event fitted to Outlook (`for_outlook`)."""
    match write.verb:
        case Verb.DELETE:
            return _cancellations(_all(before))
        case Verb.CREATE:
            assert write.event is not None
            guests = _guests(write.event, user)
            return _invitations(guests) + _of_dates(write.event, guests, user)
        case Verb.UPDATE:
            assert write.event is not None
            return _of_update(write.event, write.fields, before, user)


def _all(meeting: Meeting) -> Guests:
    found = meeting.guests
    for guests in meeting.dates.values():
        found |= guests
    return found


def _of_update(event: Event, parts: Collection[str], before: Meeting, user: str) -> Mails:
    by_date = _by_original(parts)
    names = by_date.pop("", set())
    after = _after(before.guests, names, event, user)
    found = _of_change(before.guests, after, names)
    if (
        Field.TIME in names
    ):  # Exchange drops what differs from the series; it is written again (3.3) [assumed]
        found += _of_dates(event, after, user, by_date)
    elif keys_in(names) or rooms_in(names):
        # Written with attendees, a series mails each of its exceptions apart (3.3) [doc: event-update].
        mailed = after if _is_loud(names) else after - before.guests
        apart = (guests for original, guests in before.dates.items() if original not in by_date)
        found += _sum(_updates(_after(guests, names, event, user) & mailed) for guests in apart)
    for original, on_date in by_date.items() if event.recurrence is not None else ():
        was = _after(before.dates.get(original, before.guests), names, event, user)
        found += _of_date(event, original, on_date, was, user)
    return found


def _of_date(event: Event, original: str, names: set[str], was: Guests, user: str) -> Mails:
    """One occurrence of a series is written."""
    assert event.recurrence is not None
    if _CANCELLED in names:
        is_cancelled = original in {one.isoformat() for one in event.recurrence.exdates}
        return _cancellations(was) if is_cancelled else Mails()
    contents = {one.original.isoformat(): one.event for one in event.recurrence.overrides}
    return _of_change(was, _after(was, names, contents.get(original, event), user), names)


def _of_dates(event: Event, guests: Guests, user: str, apart: Collection[str] = ()) -> Mails:
    """Every occurrence that differs is written after its series, save those that are counted `apart`."""
    series = event.recurrence or Recurrence("")
    found = Mails()
    for override in series.overrides:
        if override.original.isoformat() not in apart:
            theirs = _guests(override.event, user)
            found += _invitations(theirs - guests) + _cancellations(guests - theirs)
            if _differs(event, override):
                found += _updates(theirs & guests)
    cancelled = [one for one in series.exdates if one.isoformat() not in apart]
    return found + _sum(_cancellations(guests) for _ in cancelled)


def _differs(series: Event, override: Override) -> bool:
    """In something that guests are told of."""
    here, plain = override.event, plain_occurrence(series, override.original)
    return any(value(here, name) != value(plain, name) for name in _LOUD)


def _of_change(before: Guests, after: Guests, names: Collection[str]) -> Mails:
    """One PATCH: of attendees alone it mails who is affected, of anything else everybody who stays as well."""
    found = _invitations(after - before) + _cancellations(before - after)
    return found + _updates(after & before) if _is_loud(names) else found


def _after(before: Guests, names: Collection[str], event: Event, user: str) -> Guests:
    """The guests after the named parts were taken from `event`."""
    there = _guests(event, user)
    people, rooms = keys_in(names), rooms_in(names)
    return Guests(
        (before.people - people) | (there.people & people), (before.rooms - rooms) | (there.rooms & rooms)
    )


def _is_loud(names: Collection[str]) -> bool:
    """Whether content is written. Answers never are: Exchange keeps them itself (1.3)."""
    return any(name not in QUIET and read_part(name) is None for name in names)


def _invitations(guests: Guests) -> Mails:
    return Mails(invitations=len(guests.people), rooms=len(guests.rooms))


def _updates(guests: Guests) -> Mails:
    return Mails(updates=len(guests.people), rooms=len(guests.rooms))


def _cancellations(guests: Guests) -> Mails:
    return Mails(cancellations=len(guests.people), rooms=len(guests.rooms))


def _sum(found: Iterable[Mails]) -> Mails:
    return sum(found, Mails())
