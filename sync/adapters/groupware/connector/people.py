"""Who takes part, what they answered and which facilities are booked, contract to neutral and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.core.event import Booking, Event, Participant
from sync.core.who import ANSWER, ROOM, WITH, read_part

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


def people_to(event: Event, parts: Iterable[str]) -> dict[str, Any]:
    """The members that say what the named parts name; all of each, as the contract has no part of them."""
    kinds = {who.kind for who in map(read_part, parts) if who is not None}
    said: dict[str, Any] = {}
    if kinds & {WITH, ANSWER} and event.participants:
        said["participants"] = participants_to(event.participants)
    if ROOM in kinds:
        said["facilities"] = facilities_to(event.facilities)
    return said
