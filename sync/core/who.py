"""The parts that say who takes part in an event, what they answered, and which facilities are booked.

    with/u:<user>   with/o:<organization>   with/m:<address>      takes part
    answer/u:<user> answer/m:<address>                            answered
    room/<facility>                                               booked

As the parts of occurrences they exist only where there is something. An address in a name is in lower case; a user or
facility id is as the groupware gives it. What follows the kind is the key of a participant (`u:...`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from sync.core.event import Booking, Event, Participant
from sync.core.people import address_key

WITH: Final = "with"
ANSWER: Final = "answer"
ROOM: Final = "room"

_USER, _ORGANIZATION, _ADDRESS = "u:", "o:", "m:"
_PART = re.compile(rf"({WITH}|{ANSWER}|{ROOM})/(.+)", re.DOTALL)
_OF_OCCURRENCE = re.compile(r"(\d{4}-\d\d-\d\d(?:T[\d:.]+)?)/(.+)", re.DOTALL)
_ANSWERS = frozenset({"accepted", "declined", "tentative"})

# Texts of parts; an answer's text is the answer. GONE: an occurrence without somebody whom its series has.
THERE: Final = "yes"
REJECTED: Final = "rejected"
GONE: Final = "no"


class WhoPart(NamedTuple):
    """`key`: of a participant; of a room part the facility."""

    kind: str
    key: str


def user_key(user: str) -> str:
    return _USER + user


def mail_key(address: str) -> str:
    return _ADDRESS + address_key(address)


def who_key(participant: Participant) -> str | None:
    """What names a participant. None: nothing does (an attendee without an address), so there is no part of it."""
    if participant.user:
        return user_key(participant.user)
    if participant.organization:
        return _ORGANIZATION + participant.organization
    if participant.email and address_key(participant.email):
        return mail_key(participant.email)
    return None


def participant_of(key: str) -> Participant:
    """The participant that a key names; ValueError for anything else."""
    kind, name = key[:2], key[2:]
    if name and kind == _USER:
        return Participant(user=name)
    if name and kind == _ORGANIZATION:
        return Participant(organization=name)
    if name and kind == _ADDRESS:
        return Participant(email=name)
    raise ValueError("not a participant's key")


def with_part(key: str) -> str:
    return f"{WITH}/{key}"


def answer_part(key: str) -> str:
    return f"{ANSWER}/{key}"


def room_part(facility: str) -> str:
    return f"{ROOM}/{facility}"


def read_part(part: str) -> WhoPart | None:
    """The kind and key of a part of the whole event; None for a part of another sort."""
    found = _PART.fullmatch(part)
    return WhoPart(found[1], found[2]) if found else None


def who_part(part: str) -> WhoPart | None:
    """As `read_part`, also of a part of one occurrence."""
    return read_part(split_occurrence(part)[1])


def split_occurrence(part: str) -> tuple[str, str]:
    """The original ("" for a part of the whole event) and the part without it. Keys may contain a slash."""
    found = _OF_OCCURRENCE.fullmatch(part)
    return (found[1], found[2]) if found else ("", part)


def answer_of(participant: Participant) -> str:
    """ "accepted", "declined", "tentative"; "" for none, an organization's included."""
    if participant.organization or participant.response not in _ANSWERS:
        return ""
    return participant.response


def keyed(participants: Iterable[Participant]) -> dict[str, Participant]:
    """By key, in their order; one that is there twice (by two addresses) once, with the first answer given."""
    found: dict[str, Participant] = {}
    for one in participants:
        key = who_key(one)
        if key is None:
            continue
        known = found.setdefault(key, one)
        if answer_of(one) and not answer_of(known):
            found[key] = replace(known, response=one.response)
    return found


def keys_in(parts: Iterable[str]) -> frozenset[str]:
    """Who takes part in the whole event, by the names of its parts (`Base.digests`)."""
    return frozenset(one.key for one in map(read_part, parts) if one is not None and one.kind == WITH)


def participants_in(parts: Iterable[str]) -> tuple[Participant, ...]:
    """Who takes part, as far as names of parts say it (`Base.digests`): no names of people and no answers."""
    return tuple(map(participant_of, sorted(keys_in(parts))))


def rooms_in(parts: Iterable[str]) -> frozenset[str]:
    """The facilities that the whole event books, by the names of its parts."""
    return frozenset(one.key for one in map(read_part, parts) if one is not None and one.kind == ROOM)


def held_on(held: Iterable[str], original: str) -> frozenset[str]:
    """The parts that one occurrence has: those of its series, and its own without the original."""
    split = (split_occurrence(part) for part in held)
    return frozenset(rest for of, rest in split if of in ("", original))


def who_texts(event: Event) -> dict[str, str]:
    """The text of every part of this sort that the event itself has; names of people and rooms do not count."""
    return {**_people_texts(event), **_room_texts(event)}


def _people_texts(event: Event) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for key, participant in keyed(event.participants).items():
        found[with_part(key)] = THERE
        if answer := answer_of(participant):
            found[answer_part(key)] = answer
    return found


def _room_texts(event: Event) -> Mapping[str, str]:
    """A booking that was rejected is another text, so that it does not stay unnoticed."""
    return {room_part(b.facility): REJECTED if b.state == REJECTED else THERE for b in event.facilities}


def changed_texts(occurrence: Event, plain: Event) -> dict[str, str]:
    """In what an occurrence differs from what its series says; `GONE` for what only the series has."""
    here, series = who_texts(occurrence), who_texts(plain)
    changed = {part: text for part, text in here.items() if series.get(part) != text}
    return changed | {part: GONE for part in series if part not in here}


def with_people(event: Event, source: Event, names: Iterable[str]) -> Event:
    """`event` with these parts taken from `source`: who does not take part there leaves, who does comes in.

    Names of other parts are passed over. The order stays; who comes in stands at the end, in the order of `source`.
    """
    named: dict[str, set[str]] = {WITH: set(), ANSWER: set(), ROOM: set()}
    for part in map(read_part, names):
        if part is not None:
            named[part.kind].add(part.key)
    people = _with_keys(event.participants, source.participants, named[WITH])
    people = _with_answers(people, keyed(source.participants), named[ANSWER])
    facilities = _with_rooms(event.facilities, source.facilities, named[ROOM])
    return replace(event, participants=tuple(people), facilities=tuple(facilities))


def _with_keys(
    here: Iterable[Participant], source: Iterable[Participant], named: set[str]
) -> Iterator[Participant]:
    theirs = keyed(source)
    present: set[str | None] = set()
    for one in here:
        key = who_key(one)
        if key not in named or key in theirs:
            present.add(key)
            yield one
    for key, one in theirs.items():
        if key in named and key not in present:
            yield replace(one, response=None)


def _with_answers(
    here: Iterable[Participant], theirs: Mapping[str, Participant], named: set[str]
) -> Iterator[Participant]:
    for one in here:
        key = who_key(one)
        if key in named and key is not None:
            answer = answer_of(theirs[key]) if key in theirs else ""
            yield one if answer_of(one) == answer else replace(one, response=answer or None)
        else:
            yield one


def _with_rooms(here: Iterable[Booking], source: Iterable[Booking], named: set[str]) -> Iterator[Booking]:
    theirs = {booking.facility: booking for booking in source}
    present: set[str] = set()
    for booking in here:
        if booking.facility not in named or booking.facility in theirs:
            present.add(booking.facility)
            yield booking
    for booking in theirs.values():
        if booking.facility in named and booking.facility not in present:
            yield booking
