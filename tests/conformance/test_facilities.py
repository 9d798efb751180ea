"""A room is given to one event at a time, and the second one learns who has it."""

from __future__ import annotations

import uuid

import pytest

from tests.conformance.client import Client, refusal
from tests.conformance.samples import timed


@pytest.fixture
def room(api: Client) -> str:
    for facility in api.pages("/v1/facilities"):
        if facility["active"] and facility["bookable"] and not facility["needsApproval"]:
            return str(facility["id"])
    pytest.skip("the server has no facility that can be booked at once")


def test_a_taken_room_is_refused_and_says_who_has_it(api: Client, user: str, room: str) -> None:
    booked = api.create(timed(user, title="booked", facilities=[{"facilityId": room}]))
    assert booked["facilities"] == [{"facilityId": room, "state": "approved"}]
    body = timed(user, clock="10:30:00", facilities=[{"facilityId": room}])
    answer = api.call("POST", "/v1/events", body, headers={"Idempotency-Key": str(uuid.uuid4())})
    (conflict,) = refusal(answer, 409, "facility-conflict")["conflicts"]
    assert (conflict["facilityId"], conflict["eventId"]) == (room, booked["id"])
    assert (conflict["ownerId"], conflict["title"]) == (user, "booked")
    assert (conflict["start"], conflict["end"]) == ("2097-03-04T10:00:00", "2097-03-04T11:00:00")


def test_the_title_of_a_private_booking_stays_private(api: Client, user: str, room: str) -> None:
    api.create(timed(user, visibility="private", facilities=[{"facilityId": room}]))
    event = api.create(timed(user))
    refused = api.try_patch(event, {"facilities": [{"facilityId": room}]})
    assert refusal(refused, 409, "facility-conflict")["conflicts"][0]["title"] is None
    assert api.get(event["id"]) == event


def test_a_room_is_free_right_after_and_after_a_deletion(api: Client, user: str, room: str) -> None:
    first = api.create(timed(user, facilities=[{"facilityId": room}]))
    api.create(timed(user, clock="11:00:00", facilities=[{"facilityId": room}]))
    api.delete(first)
    api.create(timed(user, facilities=[{"facilityId": room}]))


def test_an_event_keeps_its_own_room(api: Client, user: str, room: str) -> None:
    event = api.create(timed(user, facilities=[{"facilityId": room}]))
    moved = api.patch(event, {"start": "2097-03-04T10:30:00"})
    assert moved["facilities"] == event["facilities"]


def test_a_room_needs_no_people(api: Client, user: str, room: str) -> None:
    event = api.create(timed(user, participants=[], facilities=[{"facilityId": room}]))
    assert event["participants"] == []
