"""A series is one event: kept whole, listed once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.client import Client, pointers, refusal
from tests.conformance.samples import days, timed

# 2097-03-04 is a Monday.
WEEKLY: dict[str, Any] = {
    "rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=5",
    "exdates": ["2097-03-11T10:00:00"],
    "rdates": ["2097-05-01T10:00:00"],
    "overrides": {"2097-03-18T10:00:00": {"start": "2097-06-03T14:00:00", "title": "moved"}},
}
ENDLESS = {"rrule": "FREQ=DAILY", "exdates": [], "rdates": [], "overrides": {}}


@pytest.fixture
def series(api: Client, user: str) -> dict[str, Any]:
    if api.capabilities()["recurrence"] == "none":
        pytest.skip("the server holds no series")
    return api.create(timed(user, recurrence=WEEKLY))


def test_a_series_is_kept_whole(api: Client, series: dict[str, Any]) -> None:
    assert api.get(series["id"])["recurrence"] == WEEKLY


def test_another_field_leaves_the_series_alone(api: Client, series: dict[str, Any]) -> None:
    assert api.patch(series, {"title": "new"})["recurrence"] == WEEKLY


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        ("2097-03-04", True),
        ("2097-03-05", False),
        ("2097-03-11", False),
        ("2097-03-18", False),
        ("2097-03-25", True),
        ("2097-04-01", True),
        ("2097-04-08", False),
        ("2097-05-01", True),
        ("2097-06-03", True),
    ],
)
def test_a_series_is_listed_where_it_takes_place(
    api: Client, user: str, series: dict[str, Any], day: str, inside: bool
) -> None:
    listed = api.listing(user, f"{day}T00:00:00+09:00", f"{day}T23:59:59+09:00")
    assert (series["id"] in [event["id"] for event in listed]) is inside


def test_a_series_is_listed_once(api: Client, user: str, series: dict[str, Any]) -> None:
    listed = api.listing(user, "2097-01-01T00:00:00Z", "2098-01-01T00:00:00Z")
    assert [event for event in listed if event["id"] == series["id"]] == [series]


def test_a_series_without_an_end_goes_on(api: Client, user: str) -> None:
    if api.capabilities()["recurrence"] == "none":
        pytest.skip("the server holds no series")
    event = api.create(timed(user, recurrence=ENDLESS))
    listed = api.listing(user, "2099-07-01T00:00:00Z", "2099-07-02T00:00:00Z")
    assert event["id"] in [found["id"] for found in listed]
    # It would be in every later listing of this user.
    api.delete(event)


def test_a_series_of_whole_days(api: Client, user: str) -> None:
    if api.capabilities()["recurrence"] == "none":
        pytest.skip("the server holds no series")
    recurrence = {**ENDLESS, "rrule": "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20970630"}
    event = api.create(days(user, "2097-03-31", "2097-04-01", recurrence=recurrence))
    for day, inside in (
        ("2097-04-30", True),
        ("2097-05-30", False),
        ("2097-06-30", True),
        ("2097-07-31", False),
    ):
        listed = api.listing(user, f"{day}T00:00:00Z", f"{day}T12:00:00Z", timeZone="UTC")
        assert (event["id"] in [found["id"] for found in listed]) is inside, day


@pytest.mark.parametrize("rrule", ["FREQ=SECONDLY", "FREQ=DAILY;BYHOUR=9,17"])
def test_a_rule_that_is_not_held_is_refused_by_name(api: Client, user: str, rrule: str) -> None:
    event = api.create(timed(user))
    refused = api.try_patch(event, {"recurrence": {"rrule": rrule}})
    assert pointers(refusal(refused, 422, "unsupported-recurrence")) == {"/recurrence/rrule"}
    assert api.get(event["id"]) == event
