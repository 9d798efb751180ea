"""A PATCH changes what it names and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.client import Client
from tests.conformance.samples import timed

STAMPS = {"version", "updatedAt", "updatedBy"}
FULL: dict[str, Any] = {
    "status": "tentative",
    "importance": "high",
    "visibility": "private",
    "place": "第1会議室",
    "placeDetail": "3F",
    "memo": "議題\n1",
    "reminders": [{"minutesBefore": 15}],
    "extensions": {"vendor.example": {"a": 1, "b": {"c": [1, 2]}}, "other.example": "x"},
}
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("title", {"title": "new"}),
    ("memo", {"memo": "new\ntext"}),
    ("time", {"start": "2097-03-05T11:30:00", "duration": "PT45M"}),
    ("zone", {"timeZone": "Europe/London"}),
    ("place", {"place": "別の場所"}),
    ("status", {"status": "confirmed"}),
    ("visibility", {"visibility": "public"}),
    ("importance", {"importance": "normal"}),
    ("reminders", {"reminders": [{"minutesBefore": 5}]}),
]


def unchanged(event: dict[str, Any], named: set[str]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in STAMPS | named}


@pytest.mark.parametrize("changes", [changes for _, changes in CHANGES], ids=[name for name, _ in CHANGES])
def test_only_the_named_fields_change(api: Client, user: str, changes: dict[str, Any]) -> None:
    before = api.create(timed(user, **FULL))
    after = api.patch(before, changes)
    assert unchanged(after, set(changes)) == unchanged(before, set(changes))
    assert {name: after[name] for name in changes} == changes
    assert api.get(before["id"]) == after


def test_unknown_extensions_survive_a_patch_of_another_field(api: Client, user: str) -> None:
    before = api.create(timed(user, **FULL))
    assert api.patch(before, {"title": "new"})["extensions"] == FULL["extensions"]


def test_extensions_merge(api: Client, user: str) -> None:
    before = api.create(timed(user, **FULL))
    after = api.patch(
        before, {"extensions": {"vendor.example": {"a": None, "d": 2}, "mine.example": {"id": "7"}}}
    )
    assert after["extensions"] == {
        "vendor.example": {"b": {"c": [1, 2]}, "d": 2},
        "other.example": "x",
        "mine.example": {"id": "7"},
    }


def test_null_resets_to_the_default(api: Client, user: str) -> None:
    before = api.create(timed(user, **FULL))
    after = api.patch(
        before, {"memo": None, "place": None, "reminders": None, "importance": None, "visibility": None}
    )
    assert (after["memo"], after["place"], after["reminders"]) == ("", "", [])
    assert (after["importance"], after["visibility"]) == ("normal", "public")


def test_a_timed_event_becomes_an_all_day_event_and_back(api: Client, user: str) -> None:
    timed_event = api.create(timed(user))
    changes = {
        "form": "allDay",
        "start": "2097-03-04",
        "end": "2097-03-05",
        "duration": None,
        "timeZone": None,
    }
    whole_day = api.patch(timed_event, changes)
    assert (whole_day["form"], whole_day["start"], whole_day["end"]) == ("allDay", "2097-03-04", "2097-03-05")
    back = api.patch(
        whole_day,
        {
            "form": "timed",
            "start": "2097-03-04T09:00:00",
            "end": None,
            "duration": "PT30M",
            "timeZone": "Asia/Tokyo",
        },
    )
    assert (back["start"], back["duration"], back["end"]) == ("2097-03-04T09:00:00", "PT30M", None)


def test_an_empty_patch_changes_nothing(api: Client, user: str) -> None:
    before = api.create(timed(user, **FULL))
    assert unchanged(api.patch(before, {}), set()) == unchanged(before, set())
