"""People and facilities of an event, contract to neutral and back; and what a refused facility says."""

from __future__ import annotations

from typing import Any

import pytest

from sync.adapters.groupware.connector.people import (
    booking_from,
    facilities_to,
    participant_from,
    participants_to,
)
from sync.core.event import Booking, Participant
from sync.errors import CannotSync
from tests.adapters.groupware.office import office

PEOPLE: list[tuple[dict[str, Any], Participant]] = [
    ({"userId": "u-1", "response": "none"}, Participant(user="u-1", response="none")),
    ({"userId": "u-1", "response": "accepted"}, Participant(user="u-1", response="accepted")),
    ({"userId": "u-1", "response": "declined"}, Participant(user="u-1", response="declined")),
    ({"userId": "u-1", "response": "tentative"}, Participant(user="u-1", response="tentative")),
    ({"userId": "u-1"}, Participant(user="u-1")),
    ({"organizationId": "o-1"}, Participant(organization="o-1")),
    ({"email": "x@example.org", "name": "X"}, Participant(email="x@example.org", name="X")),
    (
        {"email": "x@example.org", "response": "declined"},
        Participant(email="x@example.org", response="declined"),
    ),
]


@pytest.mark.parametrize(("item", "participant"), PEOPLE)
def test_everyone_comes_back_as_they_were(item: dict[str, Any], participant: Participant) -> None:
    assert participant_from(item) == participant
    assert participants_to([participant]) == [item]


@pytest.mark.parametrize("response", ["maybe", 5, ["accepted"]])
def test_an_answer_that_nobody_knows_is_none(response: object) -> None:
    assert participant_from({"userId": "u-1", "response": response}).response == "none"


def test_answers_are_left_out_where_they_cannot_be_written() -> None:
    people = [
        Participant(user="u-1", response="accepted"),
        Participant(email="x@example.org", response="none"),
    ]
    assert participants_to(people, with_responses=False) == [{"userId": "u-1"}, {"email": "x@example.org"}]


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("requested", "requested"),
        ("approved", "approved"),
        ("rejected", "rejected"),
        (None, "approved"),
        ("pending", "requested"),
    ],
)
def test_the_state_of_a_booking_is_read_and_never_written(state: str | None, read: str) -> None:
    assert booking_from({"facilityId": "f-1", "state": state}) == Booking("f-1", read)
    assert facilities_to([Booking("f-1", read)]) == [{"facilityId": "f-1"}]


def test_what_we_write_of_people_keeps_the_answers_that_it_does_not_name() -> None:
    with office() as here:
        other = here.groupware.add_user("鈴木花子")
        people = [{"userId": here.user, "response": "accepted"}, {"userId": other, "response": "declined"}]
        event = here.entered(participants=people)
        answered = (Participant(user=here.user), Participant(user=other, response="tentative"))
        here.groupware.edit(event, {"participants": participants_to(answered)}, by=here.user)
        assert here.seen(event).event.participants == (
            Participant(user=here.user, response="accepted"),
            Participant(user=other, response="tentative"),
        )


def test_a_facility_that_is_taken_is_named_with_who_has_it() -> None:
    with office() as here:
        other = here.groupware.add_user("鈴木花子")
        room = here.groupware.add_facility("第1会議室")
        booked = [{"facilityId": room}]
        here.entered(facilities=booked, participants=[{"userId": other}], ownerId=other)
        event = here.entered(start="2026-12-08T10:00:00", facilities=booked)
        moved = here.seen(here.entered(start="2026-12-07T10:30:00")).event
        outcome = here.outcome(here.updating(event, moved, "time"))
        assert isinstance(outcome.error, CannotSync)
        assert outcome.error.code == "facility-conflict"
        said = {"facility": "第1会議室", "owner": "鈴木花子", "start": "2026-12-07 10:00:00"}
        assert outcome.error.detail == said


def test_a_booking_that_waits_for_approval_says_so() -> None:
    with office() as here:
        hall = here.groupware.add_facility("大ホール", needs_approval=True)
        event = here.groupware.edit(here.entered(), {"facilities": [{"facilityId": hall}]}, by=here.user)
        assert here.seen(event["id"]).event.facilities == (Booking(hall, "requested"),)
