"""What Outlook holds of those who take part in a groupware event, and what it gets to read about the others.

Attendees are mailed, so only linked people become attendees, and an outsider only where a person has invited that
one in Outlook already. Everybody else is named in the block at the end of the body (`people_block`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from sync.core.event import Booking, Event, Override, Participant
from sync.core.own_dates import takes_part
from sync.core.people import People
from sync.core.people_block import block_of, split_block
from sync.core.recurrence import normalised
from sync.core.settings import ParticipantsMode
from sync.core.text import canonical_place
from sync.core.who import REJECTED, held_on, keyed, mail_key, room_part, user_key, with_part

_GROUP = "組織 / group"
_FACILITY = "設備 / facility"


class Lost(StrEnum):
    """What Outlook cannot say of who takes part, by name; beside `capabilities.Diagnostic`."""

    UNLINKED = "participant-unlinked"
    OUTSIDE = "participant-outside"
    AMBIGUOUS = "address-ambiguous"
    WITHOUT_ADDRESS = "participant-without-address"
    EXPANDED = "organization-expanded"
    FACILITY = "facility-unlinked"
    HOST = "organizer-on-every-date"


class Attendance(NamedTuple):
    """`attendees` with their addresses and without the host; `lines` of the block; `lost` by name."""

    attendees: tuple[Participant, ...]
    lines: tuple[str, ...]
    lost: tuple[str, ...]


class Rooms(NamedTuple):
    """`bookings` of facilities that Outlook can book; `lines` and `lost` as above."""

    bookings: tuple[Booking, ...]
    lines: tuple[str, ...]
    lost: tuple[str, ...]


def for_outlook(
    event: Event, people: People, mode: ParticipantsMode, host: str, held: Collection[str] = ()
) -> tuple[Event, tuple[str, ...]]:
    """A groupware event as it stands in the host's mailbox, read back through `sharing.resolved`; and what is lost.

    `held`: the parts that Outlook has of it already (`Base.digests`, `who_texts`); nobody in there loses the
    invitation only because we would not have sent it. Participants: the host as organizer, then the attendees.
    """
    attendance = attendees_for(event, people, host, held, mode)
    rooms = rooms_for(event, people, held, mode)
    address = address_in_outlook(host, people)
    organizer = Participant(user=host, email=address, name=name_of(host, people))
    found = replace(
        event,
        participants=(organizer, *attendance.attendees),
        facilities=rooms.bookings,
        place=place_of(event, people),
        body=split_block(event.body)[0],
        block=block_of((*attendance.lines, *rooms.lines)),
        organizer=address,
        is_host=True,
        own_response="",
        attending=frozenset(),
    )
    lost = dict.fromkeys((*attendance.lost, *rooms.lost))

    def occurrence(one: Override) -> Event:
        on_date = held_on(held, one.original.isoformat())
        content, more = for_outlook(one.event, people, mode, host, on_date)
        lost.update(dict.fromkeys(more))
        is_meeting = mode is ParticipantsMode.MEETING
        if is_meeting and takes_part(event, host, people) and not takes_part(one.event, host, people):
            lost[Lost.HOST.value] = None
        return content

    return with_occurrences(found, occurrence), tuple(lost)


def attendees_for(
    event: Event,
    people: People,
    host: str,
    held: Collection[str] = (),
    mode: ParticipantsMode = ParticipantsMode.MEETING,
) -> Attendance:
    """Who is invited, who is only named, and why. In appointments mode nobody is invited and all are named."""
    found = _Sorted(people, host, held, mode)
    for key, participant in keyed(event.participants).items():
        found.add(key, participant)
    lines = tuple(found.lines.values())
    if found.lines.keys() <= {user_key(host)}:
        lines = ()  # nobody needs to read that they take part themselves
    return Attendance(tuple(found.attendees.values()), lines, tuple(found.lost))


@dataclass(slots=True)
class _Sorted:
    """Those who take part, by key, while they are being sorted."""

    people: People
    host: str
    held: Collection[str]
    mode: ParticipantsMode
    attendees: dict[str, Participant] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    lost: dict[str, None] = field(default_factory=dict)

    def add(self, key: str, participant: Participant) -> None:
        if participant.organization is not None:
            self._add_organization(key, participant.organization)
            return
        user = participant.user or self.people.user_of(participant.email or "")
        if user is not None:
            self._add_user(user, is_named=True)
        else:
            self._add_outsider(participant)

    def _add_user(self, user: str, *, is_named: bool) -> None:
        """`is_named`: by itself, not only as a member of an organization that is named anyway."""
        key = user_key(user)
        if user == self.host:
            if is_named and not self._invites:
                self.lines[key] = name_of(user, self.people)
            return
        why = self._why_not(user)
        address = address_in_outlook(user, self.people)
        is_wanted = with_part(key) in self.held or (self._invites and why is None)
        if is_wanted and address is not None:
            self.attendees[key] = Participant(user=user, email=address, name=name_of(user, self.people))
            return
        if is_named:
            self.lines[key] = name_of(user, self.people)
        if why is not None and (is_named or why is not Lost.UNLINKED):
            self._lose(why)

    def _why_not(self, user: str) -> Lost | None:
        """Why a user is not invited; None: invited, in meeting mode."""
        person = self.people.linked.get(user)
        if person is None:
            return Lost.UNLINKED
        if not person.addresses:
            return Lost.WITHOUT_ADDRESS
        return Lost.AMBIGUOUS if self.people.address_of(user) is None else None

    def _add_organization(self, key: str, organization: str) -> None:
        name = self.people.organization_names.get(organization) or organization
        self.lines[key] = f"{name} ({_GROUP})"
        self._lose(Lost.EXPANDED)
        for user in self.people.members.get(organization, ()):
            self._add_user(user, is_named=False)

    def _add_outsider(self, participant: Participant) -> None:
        address = participant.email or ""
        key = mail_key(address)
        if with_part(key) in self.held:
            self.attendees[key] = Participant(email=address, name=participant.name)
            return
        self.lines[key] = f"{participant.name} <{address}>" if participant.name else address
        self._lose(Lost.AMBIGUOUS if self.people.is_ambiguous(address) else Lost.OUTSIDE)

    @property
    def _invites(self) -> bool:
        return self.mode is ParticipantsMode.MEETING

    def _lose(self, why: Lost) -> None:
        """Where nobody is invited, naming people in the block is all there is to it."""
        if self._invites:
            self.lost[why.value] = None


def rooms_for(
    event: Event,
    people: People,
    held: Collection[str] = (),
    mode: ParticipantsMode = ParticipantsMode.MEETING,
) -> Rooms:
    """Which facilities Outlook books, and which are only named. One that was rejected is not booked at all."""
    bookings: list[Booking] = []
    lines: list[str] = []
    lost: dict[str, None] = {}
    is_meeting = mode is ParticipantsMode.MEETING
    for facility in _booked(event):
        is_linked = people.facility_of(people.rooms.get(facility, "")) == facility
        if is_linked and (is_meeting or room_part(facility) in held):
            bookings.append(Booking(facility))
            continue
        name = facility_name(facility, people)
        if event.place and name not in event.place:  # else the place names it
            lines.append(f"{name} ({_FACILITY})")
        if is_meeting:
            lost[Lost.FACILITY.value] = None
    return Rooms(tuple(bookings), tuple(lines), tuple(lost))


def place_of(event: Event, people: People) -> str:
    """The place as Outlook shows it: without one of its own, the names of the facilities."""
    return event.place or canonical_place("; ".join(facility_name(f, people) for f in _booked(event)))


def _booked(event: Event) -> tuple[str, ...]:
    return tuple(dict.fromkeys(b.facility for b in event.facilities if b.state != REJECTED))


def address_in_outlook(user: str, people: People) -> str | None:
    """The first address that leads to this user and nobody else."""
    person = people.linked.get(user) or people.paused.get(user)
    known = (*(person.addresses if person is not None else ()), people.emails.get(user, ""))
    return next((address for address in known if people.user_of(address) == user), None)


def name_of(user: str, people: People) -> str:
    person = people.linked.get(user)
    return people.names.get(user) or (person.name if person is not None else "") or user


def facility_name(facility: str, people: People) -> str:
    return people.facility_names.get(facility) or facility


def with_occurrences(event: Event, content: Callable[[Override], Event]) -> Event:
    """The event, each of its changed occurrences having another content."""
    series = event.recurrence
    if series is None:
        return event
    overrides = tuple(replace(one, event=content(one)) for one in series.overrides)
    return normalised(replace(event, recurrence=replace(series, overrides=overrides)))
