"""Who takes part and what they answered: answers are written, and kept where a write does not name them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.client import Client, pointers, refusal
from tests.conformance.samples import timed


@pytest.fixture
def shared(api: Client, user: str, other: str) -> dict[str, Any]:
    if not api.capabilities()["participants"]["responses"]:
        pytest.skip("the server does not let clients write answers")
    people = [{"userId": user, "response": "accepted"}, {"userId": other, "response": "tentative"}]
    return api.create(timed(user, participants=people))


def answers(event: dict[str, Any]) -> dict[str, str]:
    return {person["userId"]: person["response"] for person in event["participants"] if "userId" in person}


@pytest.mark.parametrize("answer", ["none", "accepted", "declined", "tentative"])
def test_an_answer_is_written_for_one_person_and_the_others_keep_theirs(
    api: Client, user: str, other: str, shared: dict[str, Any], answer: str
) -> None:
    people = [{"userId": user}, {"userId": other, "response": answer}]
    after = api.patch(shared, {"participants": people})
    assert answers(after) == {user: "accepted", other: answer}
    assert api.get(shared["id"]) == after


def test_people_without_answers_keep_the_ones_they_gave(
    api: Client, user: str, other: str, shared: dict[str, Any]
) -> None:
    people = [{"userId": other}, {"userId": user}]
    assert answers(api.patch(shared, {"participants": people})) == answers(shared)
    assert answers(api.put(api.get(shared["id"]), timed(user, participants=people))) == answers(shared)


def test_who_comes_back_has_not_answered(api: Client, user: str, other: str, shared: dict[str, Any]) -> None:
    alone = api.patch(shared, {"participants": [{"userId": user}]})
    assert answers(alone) == {user: "accepted"}
    both = api.patch(alone, {"participants": [{"userId": user}, {"userId": other}]})
    assert answers(both) == {user: "accepted", other: "none"}


def test_somebody_outside_is_kept_with_name_and_answer(api: Client, user: str) -> None:
    if not api.capabilities()["participants"]["external"]:
        pytest.skip("the server knows nobody outside")
    outside = {"email": "guest@example.org", "name": "Guest", "response": "declined"}
    event = api.create(timed(user, participants=[{"userId": user}, outside]))
    assert event["participants"][1] == outside
    after = api.patch(
        event, {"participants": [{"userId": user}, {"email": "guest@example.org", "name": "Guest"}]}
    )
    assert after["participants"] == event["participants"]


def test_an_answer_that_is_none_is_refused(api: Client, user: str, shared: dict[str, Any]) -> None:
    people = [{"userId": user, "response": "maybe"}]
    problem = refusal(api.try_patch(shared, {"participants": people}), 422, "validation")
    assert pointers(problem) == {"/participants/0/response"}
    assert api.get(shared["id"]) == shared


def test_one_occurrence_has_answers_of_its_own(
    api: Client, user: str, other: str, shared: dict[str, Any]
) -> None:
    if api.capabilities()["recurrence"] == "none":
        pytest.skip("the server holds no series")
    people = [{"userId": user, "response": "accepted"}, {"userId": other, "response": "declined"}]
    day = "2097-03-11T10:00:00"
    series = api.patch(
        shared, {"recurrence": {"rrule": "FREQ=WEEKLY;COUNT=3", "overrides": {day: {"participants": people}}}}
    )
    assert series["recurrence"]["overrides"][day]["participants"] == people
    assert answers(series) == answers(shared)
    again = [{"userId": user}, {"userId": other}]
    after = api.patch(series, {"recurrence": {"overrides": {day: {"participants": again}}}})
    assert after["recurrence"]["overrides"][day]["participants"] == people


def test_who_is_on_one_occurrence_only_has_the_series_on_the_schedule(
    api: Client, user: str, other: str
) -> None:
    if api.capabilities()["recurrence"] == "none":
        pytest.skip("the server holds no series")
    day = "2097-03-11T10:00:00"
    overrides: dict[str, Any] = {day: {"participants": [{"userId": user}, {"userId": other}]}}
    alone = api.create(timed(user, participants=[{"userId": user}]))
    window = "2097-03-01T00:00:00Z", "2097-04-01T00:00:00Z"
    assert alone["id"] not in {event["id"] for event in api.listing(other, *window)}
    series = api.patch(alone, {"recurrence": {"rrule": "FREQ=WEEKLY;COUNT=3", "overrides": overrides}})
    assert series["id"] in {event["id"] for event in api.listing(other, *window)}
    api.patch(series, {"recurrence": {"overrides": {day: None}}})
    assert series["id"] not in {event["id"] for event in api.listing(other, *window)}
