"""People and facilities of an event, contract to neutral and back; and what a refused facility says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync.adapters.groupware.connector.people import (
    booking_from,
    facilities_to,
    override_people_to,
    participant_from,
    participants_to,
)
from sync.core.event import AllDay, Booking, Event, Participant
from sync.core.parts import with_occurrence
from sync.core.recurrence import occurrence_of, plain_occurrence
from sync.core.who import changed_texts
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


def on(*people: str, rooms: tuple[str, ...] = (), **answers: str) -> Event:
    return Event(
        "x",
        AllDay(date(2026, 12, 7), date(2026, 12, 8)),
        participants=tuple(Participant(user=name, response=answers.get(name)) for name in people),
        facilities=tuple(map(Booking, rooms)),
    )


OWN = {"participants": [{"userId": "a"}], "placeDetail": "2F"}


@pytest.mark.parametrize(
    ("had", "shown", "plain", "wanted", "change"),
    [
        pytest.param({}, on("a", "b"), on("a", "b"), on("b", "a"), {}, id="the same people"),
        pytest.param(
            {},
            on("a"),
            on("a"),
            on("a", "b"),
            {"participants": [{"userId": "a"}, {"userId": "b"}]},
            id="one more",
        ),
        pytest.param(
            OWN, on("a"), on("a", "b"), on("a", "b"), {"placeDetail": "2F"}, id="as the series again"
        ),
        pytest.param(OWN, on("a"), on("a", "b"), on("a"), OWN, id="as it was"),
        pytest.param(
            {},
            on("a"),
            on("a"),
            on("a", a="declined"),
            {"participants": [{"userId": "a", "response": "declined"}]},
            id="an answer",
        ),
        pytest.param({}, on("a"), on("a"), on(), {}, id="nobody at all cannot be said"),
        pytest.param(
            {},
            on(rooms=("f",)),
            on(rooms=("f",)),
            on(rooms=("g",)),
            {"facilities": [{"facilityId": "g"}]},
            id="room",
        ),
        pytest.param({}, on(rooms=("f",)), on(rooms=("f",)), on(), {"facilities": []}, id="no room"),
        pytest.param(
            {"facilities": []}, on(), on(rooms=("f",)), on(rooms=("f",)), {}, id="the series' room again"
        ),
    ],
)
def test_the_people_and_rooms_of_an_occurrence(
    had: dict[str, Any], shown: Event, plain: Event, wanted: Event, change: dict[str, Any]
) -> None:
    assert override_people_to(had, shown, plain, wanted) == change


def test_an_occurrence_gets_people_of_its_own_and_follows_again() -> None:
    with office() as here:
        other = here.groupware.add_user("鈴木")
        event = here.entered(recurrence={"rrule": "FREQ=WEEKLY;COUNT=3"})
        seen = here.seen(event)
        day = date(2026, 12, 14)
        plain = plain_occurrence(seen.event, day)
        content = replace(plain, participants=(*plain.participants, Participant(user=other)))
        part = f"{day}/with/u:{other}"
        wanted = with_occurrence(seen.event, day, content, [f"with/u:{other}"])
        after = here.update(event, wanted, part)
        assert changed_texts(occurrence_of(after.event, day) or plain, plain) == {f"with/u:{other}": "yes"}
        series = here.event(event)
        assert [len(series["participants"]), len(series["recurrence"]["overrides"])] == [1, 1]
        here.update(event, replace(after.event, title="新"), "title")
        assert here.event(event)["recurrence"] == series["recurrence"]
        here.update(event, seen.event, part)
        assert here.event(event)["recurrence"]["overrides"] == {}


def test_who_joins_a_series_joins_the_occurrences_that_list_their_people() -> None:
    with office() as here:
        suzuki, sato = here.groupware.add_user("鈴木"), here.groupware.add_user("佐藤")
        listed = {"2026-12-14T10:00:00": {"participants": [{"userId": here.user}, {"userId": suzuki}]}}
        event = here.entered(recurrence={"rrule": "FREQ=WEEKLY;COUNT=3", "overrides": listed})
        seen = here.seen(event)
        people = (*seen.event.participants, Participant(user=sato))
        after = here.update(event, replace(seen.event, participants=people), f"with/u:{sato}")
        on_day = occurrence_of(after.event, date(2026, 12, 14))
        assert on_day is not None
        assert [one.user for one in on_day.participants] == [here.user, sato, suzuki]
