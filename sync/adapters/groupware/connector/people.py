"""Who takes part, what they answered and which facilities are booked, contract to neutral and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sync.core.attendance import with_occurrences
from sync.core.event import Booking, Event, Override, Participant
from sync.core.recurrence import occurrence_of
from sync.core.who import ANSWER, ROOM, WITH, answer_of, keyed, read_part

# What a person can have answered; an organization answers nothing.
RESPONSES = ("none", "accepted", "declined", "tentative")
_STATES = ("requested", "approved", "rejected")


def participant_from(item: Mapping[str, Any]) -> Participant:
    """An answer that nobody knows is none."""
    response = item.get("response")
    return Participant(
        user=item.get("userId"),
        organization=item.get("organizationId"),
        email=item.get("email"),
        name=item.get("name") or "",
        response=response if response is None or response in RESPONSES else "none",
    )


def participants_to(participants: Iterable[Participant], with_responses: bool = True) -> list[dict[str, Any]]:
    """All the people of an event, as a write names them. Without an answer (None) the groupware keeps the one it
    has (contract, Responses). `with_responses`: whether this groupware lets us write answers."""
    return [_participant_to(one, with_responses) for one in participants]


def _participant_to(one: Participant, with_response: bool) -> dict[str, Any]:
    if one.organization is not None:
        return {"organizationId": one.organization}
    said: dict[str, Any] = {"userId": one.user} if one.user is not None else {"email": one.email}
    if one.user is None and one.name:
        said["name"] = one.name
    if with_response and one.response is not None:
        said["response"] = one.response
    return said


def booking_from(item: Mapping[str, Any]) -> Booking:
    """A state that nobody knows is not an approval."""
    state = item.get("state") or "approved"
    return Booking(item["facilityId"], state if state in _STATES else "requested")


def facilities_to(bookings: Iterable[Booking]) -> list[dict[str, Any]]:
    """The state is the groupware's to decide."""
    return [{"facilityId": booking.facility} for booking in bookings]


def override_people_to(had: Mapping[str, Any], shown: Event, plain: Event, wanted: Event) -> dict[str, Any]:
    """What an override says, with the members changed of the people and facilities that would not come out as wanted.

    `shown`: the occurrence as `had` makes it; `plain`: as its series says. Nobody at all cannot be said.
    """
    change = dict(had)
    if wanted.participants and _answers(shown) != _answers(wanted):
        change.pop("participants", None)
        if _answers(plain) != _answers(wanted):
            change["participants"] = participants_to(wanted.participants)
    if _booked(shown) != _booked(wanted):
        change.pop("facilities", None)
        if _booked(plain) != _booked(wanted):
            change["facilities"] = facilities_to(wanted.facilities)
    return change


def peopled(wanted: Event, source: Event) -> Event:
    """The event, dates on which nobody would be left having the people of the other side: its organizer at least."""

    def content(one: Override) -> Event:
        theirs = occurrence_of(source, one.original) if not one.event.participants else None
        return replace(one.event, participants=theirs.participants) if theirs is not None else one.event

    return with_occurrences(wanted, content)


def _answers(event: Event) -> dict[str, str]:
    return {key: answer_of(one) for key, one in keyed(event.participants).items()}


def _booked(event: Event) -> frozenset[str]:
    """Apart from the states, which are the groupware's to decide."""
    return frozenset(booking.facility for booking in event.facilities)


def people_to(event: Event, parts: Iterable[str]) -> dict[str, Any]:
    """The members that say what the named parts name; all of each, as the contract has no part of them."""
    kinds = {who.kind for who in map(read_part, parts) if who is not None}
    said: dict[str, Any] = {}
    if kinds & {WITH, ANSWER} and event.participants:
        said["participants"] = participants_to(event.participants)
    if ROOM in kinds:
        said["facilities"] = facilities_to(event.facilities)
    return said
