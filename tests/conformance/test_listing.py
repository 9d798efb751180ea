"""What is on a person's schedule in a window, to the second."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client, refusal
from tests.conformance.samples import days, timed

# An event from 10:00 to 11:00 in Tokyo is 01:00 to 02:00 UTC.
EDGES = [
    ("the same", "2097-03-04T01:00:00Z", "2097-03-04T02:00:00Z", True),
    ("around", "2097-03-04T00:00:00Z", "2097-03-04T03:00:00Z", True),
    ("inside", "2097-03-04T01:20:00Z", "2097-03-04T01:30:00Z", True),
    ("over the start", "2097-03-04T00:59:59Z", "2097-03-04T01:00:01Z", True),
    ("over the end", "2097-03-04T01:59:59Z", "2097-03-04T03:00:00Z", True),
    ("ends at its start", "2097-03-04T00:00:00Z", "2097-03-04T01:00:00Z", False),
    ("starts at its end", "2097-03-04T02:00:00Z", "2097-03-04T03:00:00Z", False),
    ("with another offset", "2097-03-04T10:00:00+09:00", "2097-03-04T10:00:01+09:00", True),
]
# A whole day: in Tokyo 15:00 UTC of the day before to 15:00 UTC, in New York 05:00 to 05:00.
DAY_EDGES = [
    ("Asia/Tokyo", "2097-03-03T14:59:59Z", "2097-03-03T15:00:00Z", False),
    ("Asia/Tokyo", "2097-03-03T15:00:00Z", "2097-03-03T15:00:01Z", True),
    ("Asia/Tokyo", "2097-03-04T14:59:59Z", "2097-03-04T15:00:00Z", True),
    ("Asia/Tokyo", "2097-03-04T15:00:00Z", "2097-03-05T15:00:00Z", False),
    ("America/New_York", "2097-03-04T04:00:00Z", "2097-03-04T05:00:00Z", False),
    ("America/New_York", "2097-03-04T05:00:00Z", "2097-03-04T05:00:01Z", True),
    ("America/New_York", "2097-03-05T04:59:59Z", "2097-03-05T05:00:00Z", True),
]
MARCH = ("2097-03-01T00:00:00Z", "2097-04-01T00:00:00Z")


def ids(events: list[dict[str, object]]) -> list[object]:
    return [event["id"] for event in events]


@pytest.mark.parametrize(
    ("starts", "ends", "inside"), [edge[1:] for edge in EDGES], ids=[edge[0] for edge in EDGES]
)
def test_a_window_is_half_open(api: Client, user: str, starts: str, ends: str, inside: bool) -> None:
    event = api.create(timed(user))
    assert (event["id"] in ids(api.listing(user, starts, ends))) is inside


@pytest.mark.parametrize(("zone", "starts", "ends", "inside"), DAY_EDGES)
def test_whole_days_lie_in_the_zone_that_is_asked_for(
    api: Client, user: str, zone: str, starts: str, ends: str, inside: bool
) -> None:
    event = api.create(days(user, "2097-03-04", "2097-03-05"))
    assert (event["id"] in ids(api.listing(user, starts, ends, timeZone=zone))) is inside


def test_an_event_without_length_is_in_the_window_that_begins_with_it(api: Client, user: str) -> None:
    event = api.create(timed(user, duration="PT0S"))
    assert event["id"] in ids(api.listing(user, "2097-03-04T01:00:00Z", "2097-03-04T02:00:00Z"))
    assert event["id"] not in ids(api.listing(user, "2097-03-04T00:00:00Z", "2097-03-04T01:00:00Z"))


def test_a_window_may_be_ten_years_long(api: Client, user: str) -> None:
    event = api.create(timed(user))
    assert ids(api.listing(user, "2090-01-01T00:00:00Z", "2100-01-01T00:00:00Z")).count(event["id"]) == 1


def test_pages_hold_every_event_once_and_whole(api: Client, user: str) -> None:
    made = {event["id"]: event for event in (api.create(timed(user, title=str(n))) for n in range(7))}
    for limit in (1, 3, 100):
        listed = [event for event in api.listing(user, *MARCH, limit=limit) if event["id"] in made]
        assert {str(event["id"]): event for event in listed} == made
        assert len(listed) == len(made)


def test_a_schedule_holds_what_the_person_takes_part_in(api: Client, user: str, other: str) -> None:
    mine = api.create(timed(user))
    shared = api.create(timed(user, participants=[{"userId": user}, {"userId": other}]))
    theirs = api.create(timed(user, participants=[{"userId": other}]))
    assert {mine["id"], shared["id"]} <= set(ids(api.listing(user, *MARCH)))
    assert theirs["id"] not in ids(api.listing(user, *MARCH))
    assert {shared["id"], theirs["id"]} <= set(ids(api.listing(other, *MARCH)))
    assert mine["id"] not in ids(api.listing(other, *MARCH))


def test_an_organization_stands_for_its_members(api: Client, user: str) -> None:
    member = next(person for person in api.pages("/v1/users") if person["id"] == user)
    if not member["organizationIds"] or not api.capabilities()["participants"]["organizations"]:
        pytest.skip("the user is in no organization")
    event = api.create(timed(user, participants=[{"organizationId": member["organizationIds"][0]}]))
    assert event["id"] in ids(api.listing(user, *MARCH))


def test_the_schedule_of_nobody_is_not_an_empty_one(api: Client) -> None:
    answer = api.call("GET", "/v1/users/nobody-here/events", params={"from": MARCH[0], "to": MARCH[1]})
    refusal(answer, 404, "not-found")
    refusal(api.call("GET", "/v1/changes/latest", params={"user": "nobody-here"}), 404, "not-found")


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"to": MARCH[1]}, "from"),
        ({"from": MARCH[0]}, "to"),
        ({"from": "2097-03-01T00:00:00", "to": MARCH[1]}, "from"),
        ({"from": "march", "to": MARCH[1]}, "from"),
        ({"from": MARCH[1], "to": MARCH[0]}, "to"),
        ({"from": MARCH[0], "to": MARCH[0]}, "to"),
        ({"from": MARCH[0], "to": MARCH[1], "timeZone": "Asia/Edo"}, "timeZone"),
    ],
)
def test_a_window_that_is_none_is_refused(
    api: Client, user: str, params: dict[str, str], parameter: str
) -> None:
    problem = refusal(api.call("GET", f"/v1/users/{user}/events", params=params), 422, "validation")
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


def test_a_foreign_page_cursor_is_refused(api: Client, user: str) -> None:
    params = {"from": MARCH[0], "to": MARCH[1], "cursor": "never-seen"}
    refusal(api.call("GET", f"/v1/users/{user}/events", params=params), 410, "cursor-expired")
