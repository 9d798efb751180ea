"""Every form of time comes back as it was written."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.conformance.client import Client
from tests.conformance.samples import days, timed

ZONES = [
    "Asia/Tokyo",
    "UTC",
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
LENGTHS = ["PT0S", "PT1M", "PT25M", "PT1H30M", "PT24H", "PT72H", "PT1H0M30S"]
# Twice there, or never there, on the wall clock.
ODD_TIMES = [
    ("America/New_York", "2026-11-01T01:30:00"),
    ("America/New_York", "2026-03-08T02:30:00"),
    ("Europe/London", "2026-10-25T01:30:00"),
    ("Australia/Lord_Howe", "2026-04-05T01:45:00"),
]
SPANS = [("2097-03-04", "2097-03-05"), ("2096-02-28", "2096-03-01"), ("2097-12-30", "2098-01-03")]


def length(text: str) -> timedelta:
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", text)
    assert match, text
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def assert_same_time(event: dict[str, Any], written: dict[str, Any]) -> None:
    for name in ("form", "start", "end", "timeZone"):
        if name != "timeZone" or written.get("duration") is not None:
            assert event[name] == written.get(name), name
    if written.get("duration") is None:
        assert event["duration"] in (None, "PT0S")
    else:
        assert length(event["duration"]) == length(written["duration"])


def round_trip(api: Client, body: dict[str, Any]) -> None:
    created = api.create(body)
    assert_same_time(created, body)
    assert_same_time(api.get(created["id"]), body)


def has_form(api: Client, form: str) -> None:
    if form not in api.capabilities()["forms"]:
        pytest.skip(f"the server does not hold {form}")


@pytest.mark.parametrize("zone", ZONES)
def test_a_wall_time_keeps_its_zone(api: Client, user: str, zone: str) -> None:
    for start in ("2097-01-15T23:30:00", "2097-07-15T00:00:00"):
        round_trip(api, {**timed(user), "start": start, "timeZone": zone})


@pytest.mark.parametrize("duration", LENGTHS)
def test_a_length_is_kept(api: Client, user: str, duration: str) -> None:
    round_trip(api, timed(user, duration=duration))


@pytest.mark.parametrize(("zone", "start"), ODD_TIMES)
def test_a_wall_time_that_is_there_twice_or_never_is_kept(
    api: Client, user: str, zone: str, start: str
) -> None:
    round_trip(api, {**timed(user), "start": start, "timeZone": zone})


@pytest.mark.parametrize(("first", "until"), SPANS)
@pytest.mark.parametrize("form", ["allDay", "period", "noTime"])
def test_days_are_kept_as_days(api: Client, user: str, form: str, first: str, until: str) -> None:
    has_form(api, form)
    round_trip(api, days(user, first, until, form))


def test_a_start_without_an_end(api: Client, user: str) -> None:
    has_form(api, "startOnly")
    body = timed(user, form="startOnly")
    del body["duration"]
    round_trip(api, body)
    round_trip(api, timed(user, form="startOnly", duration="PT0S"))


def test_elapsed_time_decides_where_an_event_ends(api: Client, user: str) -> None:
    # New York goes from 02:00 to 03:00 on this night: 24 hours after 12:00 it is 13:00 there, 17:00 UTC.
    body = {
        **timed(user),
        "start": "2026-03-07T12:00:00",
        "timeZone": "America/New_York",
        "duration": "PT24H",
    }
    event = api.create(body)
    after = api.listing(user, "2026-03-08T16:59:59Z", "2026-03-08T18:00:00Z")
    assert event["id"] in [found["id"] for found in after]
    later = api.listing(user, "2026-03-08T17:00:00Z", "2026-03-08T18:00:00Z")
    assert event["id"] not in [found["id"] for found in later]
