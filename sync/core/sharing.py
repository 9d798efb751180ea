"""Shared events: who a mail address is, whose mailbox holds the meeting, and what comes back from Outlook.

What goes to Outlook is in `attendance`. Participants keep the address under which Outlook shows them, so that a
write finds them again (`addressed`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from sync.core.attendance import address_in_outlook, place_of, with_occurrences
from sync.core.event import Booking, Event, Participant
from sync.core.people import People, address_key
from sync.core.recurrence import occurrence_of
from sync.core.who import (
    REJECTED,
    answer_of,
    answer_part,
    held_on,
    keyed,
    room_part,
    user_key,
    who_key,
    with_part,
)

DECLINED = "declined"
_STATE_OF_ANSWER = {"accepted": "approved", DECLINED: REJECTED}


def resolved(event: Event, people: People, user: str | None = None) -> Event:
    """An event as the Graph adapter shows it, with users and facility ids instead of the addresses that we know.

    `user`: whose mailbox shows it. The organizer, whom Graph does not count among the attendees, takes part and
    stands first; of a plain appointment that is the owner alone, as in the groupware. An address that is a room's
    is a booking, also where the room was invited like a person. Occurrences likewise.
    """
    facilities = {people.facility_of(b.facility) or b.facility: b.state for b in event.facilities}
    participants = list(_organizer(event, people, user))
    known = {address_key(one.email) for one in participants if one.email}
    for one in event.participants:
        address = address_key(one.email or "")
        facility = people.facility_of(address)
        if facility is not None:
            facilities.setdefault(facility, _STATE_OF_ANSWER.get(answer_of(one), "requested"))
        elif not address or address not in known:
            known.add(address)
            participants.append(replace(one, user=people.user_of(address)))
    found = replace(
        event,
        participants=tuple(participants),
        facilities=tuple(Booking(facility, state) for facility, state in facilities.items()),
    )
    return with_occurrences(found, lambda one: resolved(one.event, people, user))


def _organizer(event: Event, people: People, user: str | None) -> Iterator[Participant]:
    address = event.organizer or None
    who = user if event.is_host and user else people.user_of(address or "")
    if who or address:
        yield Participant(user=who, email=address)


def addressed(event: Event, people: People) -> Event:
    """What the Graph adapter writes: attendees without the organizer, rooms by their addresses.

    Where participants come from `resolved` and `for_outlook` (by `who.with_people`), each has its address already.
    """
    organizer = address_key(event.organizer or "")
    attendees = tuple(
        one
        for one in event.participants
        if (address_key(one.email) != organizer if one.email else one.user is None)
    )
    rooms = tuple(replace(b, facility=people.rooms.get(b.facility, b.facility)) for b in event.facilities)
    found = replace(event, participants=attendees, facilities=rooms)
    return with_occurrences(found, lambda one: addressed(one.event, people))


def taking_part(event: Event, people: People) -> tuple[str, ...]:
    """The users who take part in a groupware event and did not decline, in its order, each once: by themselves, as
    members of an organization, or entered by their mail address."""
    found: dict[str, None] = {}
    declined: set[str] = set()
    for one in event.participants:
        if one.organization is not None:
            found |= dict.fromkeys(people.members.get(one.organization, ()))
        elif (user := one.user or people.user_of(one.email or "")) is not None:
            found[user] = None
            if one.response == DECLINED:
                declined.add(user)
    return tuple(user for user in found if user not in declined)


def host_of(event: Event, people: People, claimed_host: str | None, left: Collection[str] = ()) -> str | None:
    """In whose mailbox the meeting of a groupware event lives; None: nobody who takes part is linked.

    It stays with `claimed_host` as long as that one is linked, or paused, and takes part; else the owner, else the
    first who is linked. `left`: who no longer wants it (deleted the meeting from the mailbox).
    """
    present = [user for user in taking_part(event, people) if user not in left]
    if claimed_host in people.paused and claimed_host in present:
        return claimed_host
    able = [user for user in present if user in people.linked]
    for preferred in (claimed_host, event.owner):
        if preferred in able:
            return preferred
    return able[0] if able else None


def for_groupware(
    event: Event, people: People, before: Event | None = None, held: Collection[str] | None = None
) -> Event:
    """A resolved Outlook event as the groupware holds it.

    `before`: the groupware's event now; `held`: the parts that Outlook showed when both last agreed
    (`Base.digests`), None if that is not known. Rooms that are no facilities are left out; a place that only names
    the facilities is none of its own, as `place_of` made it.
    """
    ours = before.participants if before is not None else ()
    booked = before.facilities if before is not None else ()
    facilities = tuple(_facilities(event, people, booked, held))
    named = place_of(replace(event, place="", facilities=facilities), people)
    found = replace(
        event,
        participants=from_outlook(event, people, ours, held),
        facilities=facilities,
        place="" if event.place == named else event.place,
        owner=before.owner if before is not None else people.user_of(event.organizer or ""),
        organizer=None,
        is_host=True,
        own_response="",
        block="",
        attending=frozenset(),
    )
    return with_occurrences(
        found,
        lambda one: for_groupware(
            one.event,
            people,
            occurrence_of(before, one.original) if before is not None else None,
            held_on(held, one.original.isoformat()) if held is not None else None,
        ),
    )


def _facilities(
    event: Event, people: People, before: Iterable[Booking], held: Collection[str] | None
) -> Iterator[Booking]:
    """As participants: a facility that Outlook did not hold stays. Whether a room accepted is not the groupware's
    approval."""
    shown = dict.fromkeys(b.facility for b in event.facilities if b.facility in people.facility_names)
    for one in before:
        is_held = (
            room_part(one.facility) in held
            if held is not None
            else one.state != REJECTED
            and people.facility_of(people.rooms.get(one.facility, "")) == one.facility
        )
        if one.facility in shown or not is_held:
            yield one
        shown.pop(one.facility, None)
    yield from map(Booking, shown)


def from_outlook(
    event: Event, people: People, before: Iterable[Participant] = (), held: Collection[str] | None = None
) -> tuple[Participant, ...]:
    """Who takes part in the groupware, after what a resolved Outlook event shows. Arguments: see `for_groupware`.

    Organizations stay, and so does everybody whom Outlook did not hold; who was there and is no longer has left. A
    member of an organization that takes part is not entered once more. An answer that was taken back goes.
    """
    theirs = keyed(event.participants)
    found: list[Participant] = []
    covered: set[str] = set()
    for one in before:
        key = _key_in_outlook(one, people)
        covered.add(key)
        if one.organization is not None:
            covered |= {user_key(user) for user in people.members.get(one.organization, ())}
        if key in theirs:
            is_retracted = held is not None and answer_part(key) in held
            found.append(_answering(one, answer_of(theirs[key]), is_retracted))
        elif not _has_left(key, one, people, held):
            found.append(one)
    found += [_entered(one) for key, one in theirs.items() if key not in covered]
    return tuple(found)


def _key_in_outlook(one: Participant, people: People) -> str:
    """A user entered by mail address is in Outlook that user."""
    user = people.user_of(one.email) if one.email and one.user is None else None
    return user_key(user) if user is not None else who_key(one) or ""


def _answering(one: Participant, answer: str, is_retracted: bool) -> Participant:
    if answer == answer_of(one) or not (answer or is_retracted):
        return one
    return replace(one, response=answer or None)


def _has_left(key: str, one: Participant, people: People, held: Collection[str] | None) -> bool:
    """Whether Outlook held this participant, who is not in the meeting any more."""
    if one.organization is not None:
        return False
    user = one.user or people.user_of(one.email or "")
    if user is not None and address_in_outlook(user, people) is None:
        return False  # shown under an address that is nobody's: unlinked meanwhile, or two people have it
    if held is not None:
        return with_part(key) in held
    return user is not None and people.address_of(user) is not None


def _entered(one: Participant) -> Participant:
    """Someone new to the groupware."""
    response = answer_of(one) or None
    if one.user is not None:
        return Participant(user=one.user, response=response)
    email = one.email or ""
    name = one.name if address_key(one.name) != address_key(email) else ""
    return Participant(email=email, name=name, response=response)
