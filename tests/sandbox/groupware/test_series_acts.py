"""What people do to series: one occurrence, this and the following ones, all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sync.sandbox.groupware import Groupware, Problem
from sync.sandbox.groupware.recurrence import occurrences
from sync.sandbox.groupware.times import parse_instant, window_of, zone
from tests.conformance.client import Client, FeedReader, refusal
from tests.sandbox.groupware.conftest import SATO, SUZUKI

# 2026-12-07 is a Monday.
WEEKLY = {
    "title": "週次",
    "start": "2026-12-07T10:00:00",
    "recurrence": {"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=6"},
}
IRREGULAR = {
    "title": "不定期",
    "start": "2026-12-07T10:00:00",
    "recurrence": {"rdates": ["2026-12-10T10:00:00", "2026-12-24T15:00:00"]},
}


def held(event: dict[str, Any], until: str = "2027-06-01") -> list[str]:
    """When the event takes place, with the title where it is another one."""
    starts, ends = parse_instant("2026-12-01T00:00:00Z"), parse_instant(f"{until}T00:00:00Z")
    assert starts
    assert ends
    found = occurrences(event, window_of(starts, ends, zone("Asia/Tokyo")))
    return sorted(
        one.start + (f" {one.event['title']}" if one.event["title"] != event["title"] else "")
        for one in found
    )


def at_ten(*days: str) -> list[str]:
    return [f"{day}T10:00:00" for day in days]


MONDAYS = at_ten("2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28", "2027-01-04", "2027-01-11")


@pytest.fixture
def weekly(groupware: Groupware) -> Iterator[str]:
    return groupware.create(WEEKLY, by=SATO)["id"]  # type: ignore[no-any-return]


def test_one_occurrence_is_edited_moved_and_set_back(groupware: Groupware, weekly: str) -> None:
    groupware.edit_occurrence(weekly, "2026-12-14", {"title": "特別", "place": "3F"}, by=SUZUKI)
    event = groupware.move_occurrence(weekly, "2026-12-14", "2026-12-15T09:00:00", by=SATO)
    assert held(event) == [MONDAYS[0], "2026-12-15T09:00:00 特別", *MONDAYS[2:]]
    assert event["recurrence"]["overrides"] == {
        "2026-12-14T10:00:00": {"title": "特別", "place": "3F", "start": "2026-12-15T09:00:00"}
    }
    groupware.edit_occurrence(weekly, "2026-12-14", {"title": None, "start": None}, by=SATO)
    event = groupware.edit_occurrence(weekly, "2026-12-14", {"place": None}, by=SATO)
    assert event["recurrence"]["overrides"] == {}
    assert held(event) == MONDAYS


def test_an_occurrence_is_deleted_and_restored_as_the_series_says(groupware: Groupware, weekly: str) -> None:
    groupware.edit_occurrence(weekly, "2026-12-14", {"title": "特別"}, by=SATO)
    event = groupware.delete_occurrence(weekly, "2026-12-14", by=SATO)
    assert held(event) == [MONDAYS[0], *MONDAYS[2:]]
    assert held(groupware.restore_occurrence(weekly, "2026-12-14", by=SATO)) == MONDAYS


def test_a_new_time_of_day_keeps_deleted_and_changed_occurrences_on_their_dates(
    groupware: Groupware, weekly: str
) -> None:
    groupware.delete_occurrence(weekly, "2026-12-14", by=SATO)
    groupware.edit_occurrence(weekly, "2026-12-21", {"title": "特別"}, by=SATO)
    groupware.move_occurrence(weekly, "2026-12-28", "2026-12-29T09:00:00", by=SATO)
    event = groupware.change_series(weekly, {"start": "2026-12-07T15:30:00", "title": "新"}, by=SATO)
    assert held(event) == [
        "2026-12-07T15:30:00",
        "2026-12-21T15:30:00 特別",
        "2026-12-29T09:00:00",
        "2027-01-04T15:30:00",
        "2027-01-11T15:30:00",
    ]
    whole_days = groupware.change_series(
        weekly,
        {"form": "allDay", "start": "2026-12-07", "end": "2026-12-08", "duration": None},
        by=SATO,
    )
    assert held(whole_days) == [
        "2026-12-07",
        "2026-12-21 特別",
        "2026-12-28",
        "2027-01-04",
        "2027-01-11",
    ]


@pytest.mark.parametrize(
    ("until", "last"), [("20261228T010000Z", 4), ("20261228T145959Z", 4), ("20261228T005959Z", 3)]
)
def test_a_series_with_an_end_keeps_its_last_day_at_any_time_of_day(
    groupware: Groupware, until: str, last: int
) -> None:
    recurrence = {"rrule": f"FREQ=WEEKLY;UNTIL={until}"}
    event = groupware.create({**WEEKLY, "recurrence": recurrence}, by=SATO)
    assert held(event) == MONDAYS[:last]
    for clock in ("23:00:00", "08:00:00"):
        moved = groupware.change_series(event["id"], {"start": f"2026-12-07T{clock}"}, by=SATO)
        assert held(moved) == [f"{day[:10]}T{clock}" for day in MONDAYS[:last]]


def test_dates_that_a_new_rule_does_not_have_are_forgotten(groupware: Groupware, weekly: str) -> None:
    groupware.delete_occurrence(weekly, "2026-12-14", by=SATO)
    groupware.edit_occurrence(weekly, "2026-12-21", {"title": "特別"}, by=SATO)
    with pytest.raises(Problem, match="names no occurrence"):
        groupware.edit(weekly, {"recurrence": {"rrule": "FREQ=WEEKLY;BYDAY=TU"}}, by=SATO)
    event = groupware.change_series(
        weekly, {"recurrence": {"rrule": "FREQ=WEEKLY;INTERVAL=2;COUNT=3"}}, by=SATO
    )
    assert held(event) == [MONDAYS[0], f"{MONDAYS[2]} 特別", MONDAYS[4]]


def test_this_and_the_following_become_an_event_of_their_own(
    groupware: Groupware, weekly: str, api: Client
) -> None:
    groupware.delete_occurrence(weekly, "2026-12-14", by=SATO)
    groupware.edit_occurrence(weekly, "2027-01-04", {"title": "特別"}, by=SATO)
    groupware.move_occurrence(weekly, "2026-12-07", "2026-12-08T10:00:00", by=SATO)
    feed = FeedReader(api, SATO)
    old, new = groupware.change_following(weekly, "2026-12-21", {"start": "2026-12-21T14:00:00"}, by=SUZUKI)
    assert old is not None
    assert held(old) == ["2026-12-08T10:00:00"]
    assert held(new) == [
        "2026-12-21T14:00:00",
        "2026-12-28T14:00:00",
        "2027-01-04T14:00:00 特別",
        "2027-01-11T14:00:00",
    ]
    assert (new["uid"] != old["uid"], new["ownerId"], new["place"]) == (True, SATO, old["place"])
    assert {item["id"]: item["kind"] for item in feed.read()} == {old["id"]: "upsert", new["id"]: "upsert"}


def test_from_the_first_occurrence_on_means_all(groupware: Groupware, weekly: str) -> None:
    old, new = groupware.change_following(weekly, "2026-12-07", {"title": "新"}, by=SATO)
    assert (old, new["id"], held(new)) == (None, weekly, MONDAYS)


def test_the_following_are_deleted(groupware: Groupware, weekly: str) -> None:
    assert held(groupware.delete_following(weekly, "2026-12-21", by=SATO)) == MONDAYS[:2]


def test_a_series_of_days_is_split_too(groupware: Groupware) -> None:
    days = {"form": "period", "title": "当番", "start": "2026-12-07", "end": "2026-12-09"}
    event = groupware.create({**days, "recurrence": {"rrule": "FREQ=WEEKLY;UNTIL=20261228"}}, by=SATO)
    old, new = groupware.change_following(event["id"], "2026-12-21", {}, by=SATO)
    assert old is not None
    assert (held(old), held(new)) == (["2026-12-07", "2026-12-14"], ["2026-12-21", "2026-12-28"])
    assert new["end"] == "2026-12-23"


def test_irregular_dates_are_one_event(groupware: Groupware, api: Client) -> None:
    event = groupware.create(IRREGULAR, by=SATO)
    assert event["recurrence"]["rrule"] is None
    assert held(event) == ["2026-12-07T10:00:00", "2026-12-10T10:00:00", "2026-12-24T15:00:00"]
    moved = groupware.change_series(event["id"], {"start": "2026-12-07T11:00:00"}, by=SATO)
    assert held(moved) == ["2026-12-07T11:00:00", "2026-12-10T11:00:00", "2026-12-24T15:00:00"]
    old, new = groupware.change_following(event["id"], "2026-12-10", {}, by=SATO)
    assert old is not None
    assert (old["recurrence"], held(new)) == (None, ["2026-12-10T11:00:00", "2026-12-24T15:00:00"])


def test_irregular_dates_become_whole_days_and_timed_again(groupware: Groupware) -> None:
    event = groupware.create(IRREGULAR, by=SATO)
    days = {"form": "allDay", "start": "2026-12-07", "end": "2026-12-08", "duration": None}
    assert held(groupware.change_series(event["id"], days, by=SATO)) == [
        "2026-12-07",
        "2026-12-10",
        "2026-12-24",
    ]
    times = {"form": "timed", "start": "2026-12-07T09:00:00", "end": None, "duration": "PT1H"}
    back = groupware.change_series(event["id"], {**times, "timeZone": "Asia/Tokyo"}, by=SATO)
    assert held(back) == [f"2026-12-{day}T09:00:00" for day in ("07", "10", "24")]


def test_irregular_dates_go_one_by_one(groupware: Groupware) -> None:
    event = groupware.create(IRREGULAR, by=SATO)
    one = groupware.delete_occurrence(event["id"], "2026-12-24T15:00:00", by=SATO)
    assert one["recurrence"]["rdates"] == ["2026-12-10T10:00:00"]
    groupware.delete_occurrence(event["id"], "2026-12-07", by=SATO)
    last = groupware.delete_occurrence(event["id"], "2026-12-10", by=SATO)
    assert held(last) == []


def test_a_single_event_becomes_a_series_and_back(groupware: Groupware) -> None:
    event = groupware.create({**WEEKLY, "recurrence": None}, by=SATO)
    series = groupware.make_series(event["id"], WEEKLY["recurrence"], by=SATO)  # type: ignore[arg-type]
    assert held(series) == MONDAYS
    assert held(groupware.make_single(event["id"], by=SATO)) == MONDAYS[:1]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"rrule": "FREQ=WEEKLY", "exdates": ["2026-12-08T10:00:00"]}, "/recurrence/exdates/0"),
    ({"rrule": "FREQ=WEEKLY", "exdates": ["2026-12-14T11:00:00"]}, "/recurrence/exdates/0"),
    ({"rrule": "FREQ=WEEKLY;COUNT=1", "exdates": ["2026-12-14T10:00:00"]}, "/recurrence/exdates/0"),
    (
        {"rrule": "FREQ=WEEKLY", "overrides": {"2026-12-08T10:00:00": {"title": "x"}}},
        "/recurrence/overrides/2026-12-08T10:00:00",
    ),
    ({"rdates": [], "rrule": None}, "/recurrence/rrule"),
    ({}, "/recurrence/rrule"),
    ({"rrule": 5}, "/recurrence/rrule"),
    ({"rrule": "FREQ=WEEKLY", "exdates": "x"}, "/recurrence/exdates"),
    ({"rrule": "FREQ=WEEKLY", "rdates": ["2026-12-08"]}, "/recurrence/rdates/0"),
]
BAD_MEMBERS: list[tuple[dict[str, Any], str]] = [
    ({"title": 5}, "title"),
    ({"form": "allDay"}, "form"),
    ({"timeZone": "Asia/Tokyo"}, "timeZone"),
    ({"start": "2026-12-14"}, "start"),
    ({"duration": "P1D"}, "duration"),
    ({"end": "2026-12-15"}, "end"),
    ({"status": "maybe"}, "status"),
    ({"showAs": "asleep"}, "showAs"),
    ({"typeId": "t-9"}, "typeId"),
    ({"participants": []}, "participants"),
    ({"participants": [{"userId": "u-9"}]}, "participants/0/userId"),
    ({"facilities": [{"facilityId": "f-9"}]}, "facilities/0/facilityId"),
    ({"reminders": [{"minutesBefore": -1}]}, "reminders/0/minutesBefore"),
]


@pytest.mark.parametrize(("recurrence", "pointer"), BAD)
def test_a_series_that_is_none_is_refused_where_it_is_wrong(
    groupware: Groupware, api: Client, recurrence: dict[str, Any], pointer: str
) -> None:
    event = groupware.create({**WEEKLY, "recurrence": None}, by=SATO)
    problem = refusal(api.try_patch(event, {"recurrence": recurrence}), 422, "validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(("change", "member"), BAD_MEMBERS)
def test_an_occurrence_is_read_as_strictly_as_an_event(
    groupware: Groupware, weekly: str, api: Client, change: dict[str, Any], member: str
) -> None:
    changes = {"recurrence": {"overrides": {"2026-12-14T10:00:00": change}}}
    problem = refusal(api.try_patch(api.get(weekly), changes), 422, "validation")
    where = f"/recurrence/overrides/2026-12-14T10:00:00/{member}"
    assert [error["pointer"] for error in problem["errors"]] == [where]


def test_a_day_of_a_series_ends_after_it_begins(groupware: Groupware, api: Client) -> None:
    days = {"form": "allDay", "title": "当番", "start": "2026-12-07", "end": "2026-12-08"}
    event = groupware.create({**days, "recurrence": {"rrule": "FREQ=WEEKLY"}}, by=SATO)
    for change in ({"end": "2026-12-14"}, {"start": "2026-12-15", "end": "2026-12-15"}):
        changes = {"recurrence": {"overrides": {"2026-12-14": change}}}
        refusal(api.try_patch(event, changes), 422, "validation")
    longer = {"recurrence": {"overrides": {"2026-12-14": {"end": "2026-12-17"}}}}
    assert api.patch(event, longer)["recurrence"]["overrides"] == {"2026-12-14": {"end": "2026-12-17"}}


def test_one_occurrence_has_no_type_where_the_series_has_one(groupware: Groupware, api: Client) -> None:
    kind = groupware.add_event_type("会議")
    event = groupware.create({**WEEKLY, "typeId": kind}, by=SATO)
    series = {**event["recurrence"], "overrides": {"2026-12-14T10:00:00": {"typeId": None, "title": None}}}
    changed = api.put(event, {**event, "recurrence": series})
    assert changed["recurrence"]["overrides"] == {"2026-12-14T10:00:00": {"typeId": None}}
    assert api.patch(changed, {"title": "new"})["recurrence"] == changed["recurrence"]


def test_one_occurrence_has_another_room(groupware: Groupware, api: Client) -> None:
    room, hall = groupware.add_facility("第1会議室"), groupware.add_facility("大ホール", needs_approval=True)
    weekly = groupware.create({**WEEKLY, "facilities": [{"facilityId": room}]}, by=SATO)
    elsewhere = groupware.edit_occurrence(
        weekly["id"], "2026-12-14", {"facilities": [{"facilityId": hall}], "visibility": "private"}, by=SATO
    )
    override = elsewhere["recurrence"]["overrides"]["2026-12-14T10:00:00"]
    assert override["facilities"] == [{"facilityId": hall, "state": "requested"}]
    other = groupware.create({**WEEKLY, "start": "2026-12-14T10:30:00", "recurrence": None}, by=SATO)
    api.patch(other, {"facilities": [{"facilityId": room}]})
    refused = api.try_patch(api.get(other["id"]), {"facilities": [{"facilityId": hall}]})
    (conflict,) = refusal(refused, 409, "facility-conflict")["conflicts"]
    assert (conflict["eventId"], conflict["title"]) == (weekly["id"], None)
    with pytest.raises(Problem, match="facility-conflict"):
        groupware.edit_occurrence(weekly["id"], "2026-12-14", {"facilities": None}, by=SATO)
