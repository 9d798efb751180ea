"""What people and the administrator do in the groupware, without HTTP."""

from __future__ import annotations

import pytest

from sync.sandbox.groupware import Groupware, Kind, Problem
from tests.conformance.client import Client, FeedReader, refusal
from tests.sandbox.groupware.conftest import SATO, SUZUKI

MEETING = {"title": "打合せ", "start": "2026-12-07T10:00:00"}


def test_a_person_needs_only_a_title_and_a_start(groupware: Groupware) -> None:
    event = groupware.create(MEETING, by=SATO)
    assert (event["timeZone"], event["duration"], event["ownerId"]) == ("Asia/Tokyo", "PT1H", SATO)
    assert (event["createdBy"], event["updatedBy"]) == (SATO, SATO)
    assert groupware.create(MEETING, by=SUZUKI)["timeZone"] == "Europe/London"
    assert groupware.events_of(SATO) == [event]


def test_an_edit_names_what_changes(groupware: Groupware) -> None:
    event = groupware.create({**MEETING, "memo": "x"}, by=SATO)
    edited = groupware.edit(event["id"], {"place": "3F"}, by=SUZUKI)
    assert (edited["place"], edited["memo"], edited["updatedBy"]) == ("3F", "x", SUZUKI)
    groupware.delete(event["id"], by=SATO)
    assert groupware.get(event["id"]) is None


def test_a_persons_change_has_no_origin(groupware: Groupware, api: Client) -> None:
    feed = FeedReader(api, SATO)
    event = groupware.create(MEETING, by=SATO)
    assert feed.newest()[event["id"]]["originClientId"] is None


def test_a_touch_moves_only_the_version(groupware: Groupware, api: Client) -> None:
    feed = FeedReader(api, SATO)
    event = groupware.create(MEETING, by=SATO)
    touched = groupware.touch(event["id"], by=SUZUKI)
    stamps = {"version", "updatedAt", "updatedBy"}
    assert touched["version"] != event["version"]
    assert {n for n in event if event[n] != touched[n]} <= stamps
    assert feed.newest()[event["id"]]["version"] == touched["version"]


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        with Groupware(seed=3) as groupware:
            groupware.add_user("a")
            ids.append([groupware.create(MEETING, by="u-1")["id"] for _ in range(3)])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3


def test_what_a_person_is_refused_is_a_problem(groupware: Groupware) -> None:
    with pytest.raises(Problem, match="not a name"):
        groupware.create({**MEETING, "timeZone": "Asia/Edo"}, by=SATO)
    with pytest.raises(Problem, match="not-found"):
        groupware.create(MEETING, by="u-99")


def test_joining_an_organization_brings_its_events(groupware: Groupware, api: Client) -> None:
    company = groupware.add_organization("会社")
    sales = groupware.add_organization("営業部", parent=company)
    event = groupware.create({**MEETING, "participants": [{"organizationId": company}]}, by=SATO)
    assert groupware.events_of(SUZUKI) == []
    feed = FeedReader(api, SUZUKI)
    groupware.change(Kind.USER, SUZUKI, organizationIds=[sales])
    assert [found["id"] for found in groupware.events_of(SUZUKI)] == [event["id"]]
    assert feed.newest()[event["id"]]["kind"] == "upsert"
    groupware.change(Kind.USER, SUZUKI, organizationIds=[])
    assert feed.newest()[event["id"]]["kind"] == "delete"


def test_a_removed_user_is_unknown_but_stays_on_events(groupware: Groupware, api: Client) -> None:
    people = [{"userId": SATO}, {"userId": SUZUKI}]
    event = groupware.create({**MEETING, "participants": people}, by=SATO)
    groupware.remove_user(SUZUKI)
    params = {"from": "2026-12-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
    refusal(api.call("GET", f"/v1/users/{SUZUKI}/events", params=params), 404, "not-found")
    edited = api.patch(event, {"title": "new", "participants": event["participants"]})
    assert edited["participants"] == event["participants"]


def test_somebody_who_left_gets_no_new_events(groupware: Groupware, api: Client) -> None:
    event = groupware.create(MEETING, by=SATO)
    groupware.change(Kind.USER, SUZUKI, active=False)
    people = [{"userId": SATO}, {"userId": SUZUKI}]
    refusal(api.try_patch(event, {"participants": people}), 422, "validation")


def test_a_type_that_is_no_longer_offered_stays_on_its_events(groupware: Groupware, api: Client) -> None:
    kind = groupware.add_event_type("会議")
    event = groupware.create({**MEETING, "typeId": kind}, by=SATO)
    groupware.change(Kind.EVENT_TYPE, kind, active=False)
    assert api.patch(event, {"title": "new"})["typeId"] == kind
    other = groupware.create(MEETING, by=SATO)
    refusal(api.try_patch(other, {"typeId": kind}), 422, "validation")


def test_an_event_with_candidates_is_only_read_by_clients(groupware: Groupware, api: Client) -> None:
    slots = [{"start": f"2026-12-0{day}T10:00:00", "duration": "PT1H"} for day in (7, 9)]
    event = groupware.create({**MEETING, "status": "candidate", "candidates": slots}, by=SATO)
    assert api.get(event["id"])["candidates"] == slots
    for day, inside in (("07", True), ("08", False), ("09", True)):
        listed = api.listing(SATO, f"2026-12-{day}T00:00:00+09:00", f"2026-12-{day}T23:00:00+09:00")
        assert (event["id"] in [found["id"] for found in listed]) is inside
    refusal(api.try_patch(event, {"title": "x"}), 403, "not-permitted")
    decided = groupware.edit(event["id"], {"status": "confirmed", "start": slots[1]["start"]}, by=SATO)
    assert decided["candidates"] == []


def test_a_facility_may_need_approval_or_a_person(groupware: Groupware, api: Client) -> None:
    hall = groupware.add_facility("大ホール", needs_approval=True)
    car = groupware.add_facility("社用車", kind="equipment", bookable=False)
    event = groupware.create(MEETING, by=SATO)
    asked = api.patch(event, {"facilities": [{"facilityId": hall}]})
    assert asked["facilities"] == [{"facilityId": hall, "state": "requested"}]
    both = {"facilities": [{"facilityId": hall}, {"facilityId": car}]}
    assert refusal(api.try_patch(asked, both), 403, "facility-forbidden")["facilityId"] == car
    booked = groupware.edit(event["id"], both, by=SATO)
    assert api.patch(booked, {"title": "new"})["facilities"] == booked["facilities"]


def test_a_series_takes_the_room_on_every_day(groupware: Groupware, api: Client) -> None:
    room = [{"facilityId": groupware.add_facility("第1会議室")}]
    weekly = groupware.create(
        {**MEETING, "recurrence": {"rrule": "FREQ=WEEKLY"}, "facilities": room}, by=SATO
    )
    single = groupware.create({**MEETING, "start": "2026-12-21T10:30:00"}, by=SUZUKI)
    moved = groupware.edit(single["id"], {"timeZone": "Asia/Tokyo"}, by=SUZUKI)
    refused = api.try_patch(moved, {"facilities": room})
    assert refusal(refused, 409, "facility-conflict")["conflicts"][0]["eventId"] == weekly["id"]
    day_off = {"recurrence": {"exdates": ["2026-12-21T10:00:00"]}}
    groupware.edit(weekly["id"], day_off, by=SATO)
    api.patch(moved, {"facilities": room})
    with pytest.raises(Problem, match="facility-conflict"):
        groupware.edit(weekly["id"], {"recurrence": {"exdates": []}}, by=SATO)


def test_what_a_groupware_does_not_hold_is_refused_but_stays(groupware: Groupware, api: Client) -> None:
    event = groupware.create({**MEETING, "showAs": "oof"}, by=SATO)
    groupware.switches.show_as = ("busy", "free")
    groupware.switches.title_limit = 5
    assert api.capabilities()["showAs"] == ["busy", "free"]
    assert api.patch(event, {"memo": "new"})["showAs"] == "oof"
    other = groupware.create(MEETING, by=SATO)
    refusal(api.try_patch(other, {"showAs": "oof"}), 422, "validation")
    refusal(api.try_patch(other, {"title": "六文字の題名"}), 422, "validation")
    assert api.patch(other, {"status": "tentative"})["showAs"] == "busy"
