"""Who takes part in a meeting, between Graph's `attendees`, `organizer` and `responseStatus` and our model.

A list of attendees is replaced as a whole by a PATCH, and each one that comes or goes is mailed (graph-calendar.md
1.1, 6.5). So it is written only if somebody comes or goes, and those who stay are sent as they were read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sync.adapters.graph.wire import Item, list_at, object_at, text_at
from sync.core.event import Booking, Event, Participant
from sync.core.people import address_key
from sync.core.who import (
    REJECTED,
    ROOM,
    WITH,
    keyed,
    mail_key,
    read_part,
    user_key,
    who_part,
)

# responseStatus and status (1.1); "organizer" answers nobody's question.
_ANSWERS = {"accepted": "accepted", "declined": "declined", "tentativelyAccepted": "tentative"}
_STATES = {"accepted": "approved", "declined": REJECTED}
_WRITTEN = frozenset({WITH, ROOM})


def own_address(facility: str) -> str | None:
    """A facility that is named by the address of its mailbox."""
    return facility if "@" in facility else None


def nobody(_address: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Whose address is which. `of_room`: facility id -> address of its mailbox; `user_of`: address -> user."""

    of_room: Callable[[str], str | None] = own_address
    user_of: Callable[[str], str | None] = nobody

    def room(self, facility: str) -> str | None:
        """The address of a facility, which may be named by it."""
        return self.of_room(facility) or own_address(facility)

    def is_of(self, key: str, address: str) -> bool:
        """Whether an address is that of the participant with this key."""
        if key == mail_key(address):
            return True
        user = self.user_of(address)
        return user is not None and key == user_key(user)


# Nothing is known but addresses.
PLAIN = Addresses()


# Reading.


def organizer_from_graph(item: Item) -> str | None:
    return _address(object_at(item, "organizer")) or None


def is_host_from_graph(item: Item) -> bool:
    return item.get("isOrganizer") is not False


def own_response_from_graph(item: Item) -> str:
    """ "" where nobody was asked: of an appointment, and of the organizer."""
    response = text_at(object_at(item, "responseStatus"), "response")
    return "none" if response == "notResponded" else _ANSWERS.get(response, "")


def participants_from_graph(item: Item) -> tuple[Participant, ...]:
    """The people among the attendees. The organizer is none, also where Exchange lists it as one."""
    organizer = address_key(organizer_from_graph(item) or "")
    return tuple(
        Participant(
            email=address, name=text_at(object_at(one, "emailAddress"), "name"), response=_answer(one)
        )
        for one, address in _with_address(item)
        if not _is_room(one) and address_key(address) != organizer
    )


def bookings_from_graph(item: Item) -> tuple[Booking, ...]:
    """The rooms among the attendees, by their addresses. A room answers after a delay (6.7)."""
    return tuple(
        Booking(address, _STATES.get(_response(one), "requested"))
        for one, address in _with_address(item)
        if _is_room(one)
    )


def _with_address(item: Item) -> Iterator[tuple[Item, str]]:
    for one in _attendees(item):
        if address := _address(one):
            yield one, address


def _attendees(item: Item) -> list[Item]:
    return [one for one in list_at(item, "attendees") if isinstance(one, Mapping)]


def _address(recipient: Item) -> str:
    return text_at(object_at(recipient, "emailAddress"), "address").strip()


def _is_room(attendee: Item) -> bool:
    return text_at(attendee, "type") == "resource"


def _response(attendee: Item) -> str:
    return text_at(object_at(attendee, "status"), "response")


def _answer(attendee: Item) -> str:
    return _ANSWERS.get(_response(attendee), "none")


# Writing.


def is_written(part: str) -> bool:
    """Whether this side can be brought to a part at all: answers are the attendees' own."""
    who = who_part(part)
    return who is None or who.kind in _WRITTEN


def people_parts(names: Iterable[str]) -> frozenset[str]:
    """Those of the names that say who takes part in the whole event and what is booked for it."""
    return frozenset(name for name in names if (who := read_part(name)) is not None and who.kind in _WRITTEN)


@dataclass(frozen=True, slots=True)
class Changes:
    """`leaving` by address key; `coming` as attendees to be sent."""

    leaving: frozenset[str] = frozenset()
    coming: tuple[dict[str, object], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.leaving or self.coming)


def attendees_of(event: Event, addresses: Addresses) -> list[dict[str, object]]:
    """Whom a new meeting invites. Nobody without an address, and not the organizer, who is there anyway."""
    names = [f"{WITH}/{key}" for key in keyed(event.participants)]
    names += [f"{ROOM}/{booking.facility}" for booking in event.facilities]
    return list(_Comparison(event, (), addresses).of(names).coming)


def rooms_of(event: Event, addresses: Addresses) -> list[str]:
    """The addresses of the rooms that an event books, as far as they have one."""
    found = (addresses.room(booking.facility) for booking in event.facilities)
    return [address for address in found if address]


def attendees_to_graph(
    event: Event, names: Collection[str], current: Item, addresses: Addresses
) -> list[object] | None:
    """The whole list for a PATCH after which the named parts are as in `event`. None: they are so already."""
    present = [address for _, address in _with_address(current)]
    organizer = organizer_from_graph(current) or ""
    changes = _Comparison(event, present, addresses, organizer).of(names)
    if not changes:
        return None
    kept = (one for one in _attendees(current) if address_key(_address(one)) not in changes.leaving)
    return [*map(_as_sent, kept), *changes.coming]


def shows_people(shown: Event, wanted: Event, names: Iterable[str], addresses: Addresses) -> bool:
    """Whether an event, as this adapter reads it, has the named parts as they are in `wanted`."""
    return not _Comparison(wanted, _present(shown), addresses, shown.organizer or "").of(names)


def has_part(shown: Event, part: str, addresses: Addresses) -> bool:
    """Whether somebody takes part, or a facility is booked, in an event as this adapter reads it."""
    who = read_part(part)
    assert who is not None
    if who.kind == ROOM:
        room = address_key(addresses.room(who.key) or "")
        return any(address_key(address) == room for address in _present(shown))
    return any(addresses.is_of(who.key, address) for address in _present(shown))


def _present(shown: Event) -> list[str]:
    return [*(one.email or "" for one in shown.participants), *(b.facility for b in shown.facilities)]


def _as_sent(attendee: Item) -> Mapping[str, object]:
    """An attendee as it was read; the answer belongs to the server (1.3)."""
    return {name: attendee[name] for name in ("type", "emailAddress") if name in attendee}


@dataclass(slots=True)
class _Comparison:
    """What must happen to the list of those who are present, so that it is as `event` says."""

    event: Event
    present: Collection[str]
    addresses: Addresses
    organizer: str = ""
    leaving: set[str] = field(default_factory=set)
    coming: dict[str, dict[str, object]] = field(default_factory=dict)

    def of(self, names: Iterable[str]) -> Changes:
        named = sorted(people_parts(names))
        people = keyed(self.event.participants)
        facilities = {booking.facility for booking in self.event.facilities}
        # In the order of the event, so that a create that is repeated is the same.
        for key, person in people.items():
            if f"{WITH}/{key}" in named:
                self._invite(key, person)
        for booking in self.event.facilities:
            if f"{ROOM}/{booking.facility}" in named:
                self._book(booking.facility)
        for part in map(read_part, named):
            assert part is not None
            if part.kind == WITH and part.key not in people:
                self._leave(address for address in self.present if self.addresses.is_of(part.key, address))
            elif part.kind == ROOM and part.key not in facilities:
                room = address_key(self.addresses.room(part.key) or "")
                self._leave(address for address in self.present if address_key(address) == room)
        coming = tuple(self.coming.values())
        return Changes(frozenset(self.leaving - self.coming.keys() - self._organizers), coming)

    @property
    def _organizers(self) -> set[str]:
        """Ways to write who organizes: the mailbox, and whom the event names."""
        found = {address_key(self.organizer), address_key(self.event.organizer or "")}
        return found - {""}

    def _invite(self, key: str, person: Participant) -> None:
        address = (person.email or "").strip()
        here = address_key(address)
        is_present = any(
            self.addresses.is_of(key, one) or address_key(one) == here
            for one in self.present
            if address_key(one)
        )
        if here and not is_present and here not in self._organizers:
            recipient = {"address": address} | ({"name": person.name} if person.name else {})
            self.coming[here] = {"type": "required", "emailAddress": recipient}

    def _book(self, facility: str) -> None:
        address = self.addresses.room(facility)
        if address and address_key(address) not in map(address_key, self.present):
            self.coming[address_key(address)] = {"type": "resource", "emailAddress": {"address": address}}

    def _leave(self, addresses: Iterable[str]) -> None:
        self.leaving.update(key for key in map(address_key, addresses) if key)
