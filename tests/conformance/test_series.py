"""A series is one event: kept whole, listed once, its occurrences written as overrides."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.client import Client, FeedReader, pointers, refusal
from tests.conformance.samples import days, timed

# 2097-03-04 is a Monday.
WEEKLY: dict[str, Any] = {
    "rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=5",
    "exdates": ["2097-03-11T10:00:00"],
    "rdates": ["2097-05-01T10:00:00"],
    "overrides": {"2097-03-18T10:00:00": {"start": "2097-06-03T14:00:00", "title": "moved"}},
}
FIRST, SECOND, MOVED = "2097-03-04T10:00:00", "2097-03-25T10:00:00", "2097-03-18T10:00:00"
# Everything that one occurrence can say differently, apart from what needs a directory.
EVERYTHING: dict[str, Any] = {
    "title": "特別",
    "status": "tentative",
    "importance": "high",
    "start": "2097-03-26T15:00:00",
    "duration": "PT30M",
    "place": "別の部屋",
    "placeDetail": "5F",
    "visibility": "private",
    "memo": "持ち物\n1",
    "reminders": [{"minutesBefore": 5}],
}
IRREGULAR: dict[str, Any] = {
    "rrule": None,
    "exdates": [],
    "rdates": ["2097-03-06T10:00:00", "2097-04-17T15:30:00"],
    "overrides": {"2097-03-06T10:00:00": {"title": "二回目"}},
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


def overrides(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = event["recurrence"]["overrides"]
    return found


def test_an_override_is_written_beside_the_others(api: Client, series: dict[str, Any]) -> None:
    after = api.patch(series, {"recurrence": {"overrides": {SECOND: EVERYTHING}}})
    assert overrides(after) == {**WEEKLY["overrides"], SECOND: EVERYTHING}
    assert {n: v for n, v in after["recurrence"].items() if n != "overrides"} == {
        n: v for n, v in WEEKLY.items() if n != "overrides"
    }
    assert api.get(series["id"]) == after


def test_members_of_an_override_merge_and_null_takes_one_back(api: Client, series: dict[str, Any]) -> None:
    after = api.patch(series, {"recurrence": {"overrides": {MOVED: {"title": None, "place": "3F"}}}})
    assert overrides(after) == {MOVED: {"start": "2097-06-03T14:00:00", "place": "3F"}}
    gone = api.patch(after, {"recurrence": {"overrides": {MOVED: None}}})
    assert overrides(gone) == {}


def test_an_override_stays_what_it_is_when_the_event_changes(api: Client, series: dict[str, Any]) -> None:
    after = api.patch(series, {"title": "new", "place": "4F"})
    assert overrides(after) == WEEKLY["overrides"]


def test_cancelled_dates_are_replaced_whole(api: Client, user: str, series: dict[str, Any]) -> None:
    after = api.patch(series, {"recurrence": {"exdates": [FIRST, SECOND]}})
    assert after["recurrence"] == {**WEEKLY, "exdates": [FIRST, SECOND]}
    for day, inside in (("2097-03-04", False), ("2097-03-11", True), ("2097-03-25", False)):
        listed = api.listing(user, f"{day}T00:00:00+09:00", f"{day}T23:59:59+09:00")
        assert (series["id"] in [event["id"] for event in listed]) is inside, day


def test_an_occurrence_that_only_moves_keeps_its_length(api: Client, user: str) -> None:
    recurrence = {"rrule": "FREQ=WEEKLY;COUNT=2", "overrides": {"2097-03-11": {"start": "2097-03-13"}}}
    event = api.create(days(user, "2097-03-04", "2097-03-06", recurrence=recurrence))
    for day, inside in (("2097-03-12", False), ("2097-03-14", True), ("2097-03-15", False)):
        listed = api.listing(user, f"{day}T00:00:00Z", f"{day}T12:00:00Z", timeZone="UTC")
        assert (event["id"] in [found["id"] for found in listed]) is inside, day


def test_irregular_dates_are_a_series_without_a_rule(api: Client, user: str) -> None:
    if api.capabilities()["recurrence"] != "full":
        pytest.skip("the server does not hold every series")
    event = api.create(timed(user, recurrence=IRREGULAR))
    assert api.get(event["id"])["recurrence"] == IRREGULAR
    for day, inside in (
        ("2097-03-04", True),
        ("2097-03-06", True),
        ("2097-03-13", False),
        ("2097-04-17", True),
        ("2097-04-18", False),
    ):
        listed = api.listing(user, f"{day}T00:00:00+09:00", f"{day}T23:59:59+09:00")
        assert (event["id"] in [found["id"] for found in listed]) is inside, day
    none = {"recurrence": {"rdates": [], "overrides": {"2097-03-06T10:00:00": None}}}
    refusal(api.try_patch(event, none), 422, "validation")


def test_an_event_becomes_a_series_and_a_single_one_again(api: Client, user: str) -> None:
    if api.capabilities()["recurrence"] == "none":
        pytest.skip("the server holds no series")
    event = api.create(timed(user))
    series = api.patch(event, {"recurrence": WEEKLY})
    assert series["recurrence"] == WEEKLY
    single = api.patch(series, {"recurrence": None})
    assert (single["recurrence"], single["start"]) == (None, event["start"])
    listed = api.listing(user, "2097-03-05T00:00:00Z", "2097-12-01T00:00:00Z")
    assert event["id"] not in [found["id"] for found in listed]


def test_a_series_moves_to_another_time_of_day_with_its_dates(api: Client, series: dict[str, Any]) -> None:
    moved: dict[str, Any] = {
        "exdates": ["2097-03-11T16:00:00"],
        "overrides": {MOVED: None, "2097-03-18T16:00:00": WEEKLY["overrides"][MOVED]},
    }
    after = api.patch(series, {"start": "2097-03-04T16:00:00", "recurrence": moved})
    assert after["recurrence"]["exdates"] == moved["exdates"]
    assert set(overrides(after)) == {"2097-03-18T16:00:00"}


STRAYS: list[tuple[str, dict[str, Any], str]] = [
    ("the start moves alone", {"start": "2097-03-04T16:00:00"}, "/recurrence/exdates/0"),
    (
        "a day that is none",
        {"recurrence": {"exdates": ["2097-03-12T10:00:00"]}},
        "/recurrence/exdates/0",
    ),
    (
        "a time that is none",
        {"recurrence": {"overrides": {"2097-03-25T11:00:00": {"title": "x"}}}},
        "/recurrence/overrides/2097-03-25T11:00:00",
    ),
    (
        "behind the end",
        {"recurrence": {"overrides": {"2097-04-08T10:00:00": {"title": "x"}}}},
        "/recurrence/overrides/2097-04-08T10:00:00",
    ),
]


@pytest.mark.parametrize(("changes", "pointer"), [case[1:] for case in STRAYS], ids=[c[0] for c in STRAYS])
def test_what_names_no_occurrence_is_refused(
    api: Client, series: dict[str, Any], changes: dict[str, Any], pointer: str
) -> None:
    assert pointer in pointers(refusal(api.try_patch(series, changes), 422, "validation"))
    assert api.get(series["id"]) == series


def test_a_change_of_one_occurrence_is_a_change_of_the_event(
    api: Client, user: str, series: dict[str, Any]
) -> None:
    feed = FeedReader(api, user)
    after = api.patch(series, {"recurrence": {"overrides": {SECOND: {"title": "特別"}}}})
    item = feed.newest()[series["id"]]
    assert (item["kind"], item["version"]) == ("upsert", after["version"])
