"""What cannot be held is refused with the place and the reason, and changes nothing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.conformance.client import Client, pointers, refusal
from tests.conformance.samples import days, timed

ALL_DAY: dict[str, Any] = {"form": "allDay", "duration": None, "timeZone": None}
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("no title", {"title": None}, "/title"),
    ("title is a number", {"title": 5}, "/title"),
    ("no owner", {"ownerId": None}, "/ownerId"),
    ("unknown owner", {"ownerId": "nobody-here"}, "/ownerId"),
    ("no form", {"form": None}, "/form"),
    ("unknown form", {"form": "weekly"}, "/form"),
    ("no start", {"start": None}, "/start"),
    ("start is not a time", {"start": "tomorrow"}, "/start"),
    ("start with an offset", {"start": "2097-03-04T10:00:00Z"}, "/start"),
    ("no such day", {"start": "2097-02-30T10:00:00"}, "/start"),
    ("a date in a timed event", {"start": "2097-03-04"}, "/start"),
    ("no zone", {"timeZone": None}, "/timeZone"),
    ("unknown zone", {"timeZone": "Asia/Edo"}, "/timeZone"),
    ("a Windows zone", {"timeZone": "Tokyo Standard Time"}, "/timeZone"),
    ("no duration", {"duration": None}, "/duration"),
    ("negative duration", {"duration": "-PT1H"}, "/duration"),
    ("nominal days", {"duration": "P1D"}, "/duration"),
    ("an end in a timed event", {"end": "2097-03-05"}, "/end"),
    ("end before start", {**ALL_DAY, "start": "2097-03-04", "end": "2097-03-03"}, "/end"),
    ("end equals start", {**ALL_DAY, "start": "2097-03-04", "end": "2097-03-04"}, "/end"),
    ("no end", {**ALL_DAY, "start": "2097-03-04"}, "/end"),
    (
        "a duration in days",
        {**ALL_DAY, "start": "2097-03-04", "end": "2097-03-05", "duration": "PT24H"},
        "/duration",
    ),
    ("unknown type", {"typeId": "no-such-type"}, "/typeId"),
    ("unknown status", {"status": "maybe"}, "/status"),
    ("unknown showAs", {"showAs": "asleep"}, "/showAs"),
    ("unknown importance", {"importance": "urgent"}, "/importance"),
    ("unknown visibility", {"visibility": "secret"}, "/visibility"),
    ("unknown participant", {"participants": [{"userId": "nobody-here"}]}, "/participants/0/userId"),
    ("nobody at all", {"participants": []}, "/participants"),
    ("not a participant", {"participants": [{"name": "x"}]}, "/participants/0"),
    ("unknown facility", {"facilities": [{"facilityId": "no-such"}]}, "/facilities/0/facilityId"),
    ("reminder in the past", {"reminders": [{"minutesBefore": -1}]}, "/reminders/0/minutesBefore"),
    ("reminder is a word", {"reminders": [{"minutesBefore": "5"}]}, "/reminders/0/minutesBefore"),
    ("unknown field", {"tittle": "typo"}, "/tittle"),
    ("memo is an object", {"memo": {}}, "/memo"),
    ("extensions is a list", {"extensions": []}, "/extensions"),
]


@pytest.mark.parametrize(("fields", "pointer"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_bad_event_is_refused_where_it_is_bad(
    api: Client, user: str, fields: dict[str, Any], pointer: str
) -> None:
    body = timed(user, **fields)
    answer = api.call("POST", "/v1/events", body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert pointer in pointers(refusal(answer, 422, "validation"))


def test_a_bad_change_changes_nothing(api: Client, user: str) -> None:
    event = api.create(timed(user))
    refusal(api.try_patch(event, {"title": "new", "timeZone": "Asia/Edo"}), 422, "validation")
    assert api.get(event["id"]) == event


def test_everything_that_is_wrong_is_named_at_once(api: Client, user: str) -> None:
    body = timed(user, timeZone="Asia/Edo", typeId="no-such-type", duration="an hour")
    answer = api.call("POST", "/v1/events", body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert {"/timeZone", "/typeId", "/duration"} <= pointers(refusal(answer, 422, "validation"))


@pytest.mark.parametrize("name", ["title", "form", "start", "ownerId"])
def test_what_has_no_default_cannot_be_reset(api: Client, user: str, name: str) -> None:
    event = api.create(timed(user))
    assert f"/{name}" in pointers(refusal(api.try_patch(event, {name: None}), 422, "validation"))


def test_a_day_based_event_needs_no_zone(api: Client, user: str) -> None:
    assert api.create(days(user, "2097-03-04", "2097-03-05"))["form"] == "allDay"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"title": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(api: Client, raw: bytes) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    refusal(api.call("POST", "/v1/events", raw=raw, headers=headers), 400, "malformed")


def test_a_body_of_another_media_type_is_refused(api: Client) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "text/plain"}
    refusal(api.call("POST", "/v1/events", raw=b"{}", headers=headers), 415, "unsupported-media-type")


def test_an_unknown_resource_is_a_problem_too(api: Client) -> None:
    refusal(api.call("GET", "/v1/nothing-here"), 404, "not-found")
    refusal(api.call("GET", "/v1/events/no-such-event"), 404, "not-found")


def test_an_unknown_method_is_a_problem_too(api: Client) -> None:
    refusal(api.call("DELETE", "/v1/capabilities"), 405, "method-not-allowed")


def test_problems_speak_both_languages(api: Client) -> None:
    problem = refusal(api.call("GET", "/v1/events/no-such-event"), 404, "not-found")
    assert problem["detail"].isascii()
    assert not problem["detailJa"].isascii()
