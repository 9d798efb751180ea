"""Shared events as Outlook meetings: one meeting, one record, no mail that nobody asked for (failures.md 3)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from sync.core.settings import Direction, ParticipantsMode, PersonSettings
from sync.engine.conditions import Asked
from sync.engine.use_cases import UseCases
from sync.ports import PassState
from tests.e2e.company import END, ROOM, Company, company
from tests.e2e.office import AT, change_settings


def attendees(event: dict[str, Any]) -> list[str]:
    return sorted(a["emailAddress"]["address"] for a in event["attendees"])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_record_becomes_one_meeting_whoever_is_synced_first(order: tuple[int, ...]) -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.run(*(office.everyone[i] for i in order))
        office.settle()
        meeting = office.one(office.hanako)
        assert meeting["isOrganizer"]
        assert attendees(meeting) == ["jiro@example.com", "taro@example.com"]
        for guest in (office.taro, office.jiro):
            copy = office.one(guest)
            assert not copy["isOrganizer"]
            assert copy["iCalUId"] == meeting["iCalUId"]
        assert [record["id"] for record in office.records()] == [event]
        assert (office.mails("invitation"), office.mails()) == (2, 2)
        office.assert_still()
        assert office.mails() == 2


def test_the_owner_is_the_host_and_not_the_first_participant() -> None:
    with company() as office:
        office.enter(office.taro, office.hanako, by=office.hanako, ownerId=office.hanako.user)
        office.settle()
        assert office.one(office.hanako)["isOrganizer"]
        assert not office.one(office.taro)["isOrganizer"]


def test_an_edit_of_the_record_updates_the_meeting_once() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        office.change(event, title="改題")
        office.settle()
        assert office.one(office.taro)["subject"] == "改題"
        assert office.mails("update") == 1
        office.assert_still()


def test_only_who_is_new_gets_a_mail() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        participants = [{"userId": p.user} for p in office.everyone]
        office.change(event, participants=participants)
        office.settle()
        assert (office.mails("invitation"), office.mails("update")) == (2, 0)
        assert len(office.outlook(office.jiro)) == 1
        office.assert_still()


def test_who_leaves_the_record_leaves_the_meeting() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.settle()
        office.change(event, participants=[{"userId": p.user} for p in (office.hanako, office.taro)])
        office.settle()
        assert attendees(office.one(office.hanako)) == ["taro@example.com"]
        assert [e["isCancelled"] for e in office.outlook(office.jiro)] in ([], [True])
        assert office.mails("cancellation") == 1
        assert len(office.records()) == 1
        office.assert_still()


def test_an_answer_in_outlook_is_the_answer_in_the_groupware() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.settle()
        office.box(office.taro).accept(office.one(office.taro)["id"])
        office.box(office.jiro).decline(office.one(office.jiro)["id"])
        office.settle()
        answers = office.answers(event)
        assert (answers[office.taro.user], answers[office.jiro.user]) == ("accepted", "declined")
        assert office.outlook(office.jiro) == []
        office.assert_still()


def test_a_guest_who_deletes_the_copy_has_declined_and_does_not_get_it_again() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        office.box(office.taro).delete(office.one(office.taro)["id"])
        office.settle()
        assert office.answers(event)[office.taro.user] == "declined"
        assert office.outlook(office.taro) == []
        assert len(office.outlook(office.hanako)) == 1
        assert len(office.records()) == 1
        office.assert_still()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_meeting_from_outlook_enters_the_groupware_once(order: tuple[int, ...]) -> None:
    with company() as office:
        office.invite(office.hanako, "taro@example.com", "JIRO@Example.com")
        sent = office.mails()
        office.run(*(office.everyone[i] for i in order))
        office.settle()
        (record,) = office.records()
        assert {p["userId"] for p in record["participants"]} == {p.user for p in office.everyone}
        assert record["ownerId"] == office.hanako.user
        office.assert_still()
        assert office.mails() == sent


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_meeting_from_outside_enters_the_groupware_once(order: tuple[int, ...]) -> None:
    with company() as office:
        office.world.tenant.invite_from_outside(
            "boss@elsewhere.example",
            ["hanako@example.com", "taro@example.com"],
            subject="社外の会議",
            start=AT,
            end=END,
        )
        office.run(*(office.everyone[i] for i in order))
        office.settle()
        (record,) = office.records()
        users = {p.get("userId") for p in record["participants"]}
        assert {office.hanako.user, office.taro.user} <= users
        assert {p.get("email") for p in record["participants"]} >= {"boss@elsewhere.example"}
        assert len(office.outlook(office.hanako)) == len(office.outlook(office.taro)) == 1
        office.assert_still()


def test_a_meeting_that_is_cancelled_outside_leaves_and_never_comes_back() -> None:
    with company() as office:
        uid = office.world.tenant.invite_from_outside(
            "boss@elsewhere.example", ["hanako@example.com"], subject="社外の会議", start=AT, end=END
        )
        office.settle()
        assert len(office.records()) == 1
        office.world.tenant.cancel_from_outside(uid)
        office.settle()
        assert office.records() == []
        office.assert_still()
        assert office.records() == []


def test_an_organizer_who_calls_the_meeting_off_removes_the_record() -> None:
    with company() as office:
        office.invite(office.hanako, "taro@example.com")
        office.settle()
        office.box(office.hanako).delete(office.one(office.hanako)["id"])
        office.settle()
        assert office.records() == []
        office.assert_still()


def test_who_is_not_linked_stands_in_the_block_and_survives_the_round_trip() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.saburo, memo="議題")
        outsider = {"email": "guest@elsewhere.example", "name": "客"}
        office.change(event, participants=[*office.record(event)["participants"], outsider])
        office.settle()
        body = office.one(office.hanako)["body"]["content"]
        assert "三郎" in body
        assert "guest@elsewhere.example" in body
        assert attendees(office.one(office.hanako)) == ["taro@example.com"]
        office.box(office.hanako).edit(office.one(office.hanako)["id"], subject="Outlookで改題")
        office.settle()
        record = office.record(event)
        assert (record["title"], record["memo"]) == ("Outlookで改題", "議題")
        assert {p.get("userId") for p in record["participants"]} >= {office.saburo}
        assert {p.get("email") for p in record["participants"]} >= {"guest@elsewhere.example"}
        office.assert_still()


def test_a_person_s_edit_of_the_body_keeps_the_block_apart() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.saburo, memo="議題")
        office.settle()
        found = office.one(office.hanako)
        html = found["body"]["content"].replace("議題", "新しい議題")
        office.box(office.hanako).edit(found["id"], body={"contentType": "html", "content": html})
        office.settle()
        assert office.record(event)["memo"] == "新しい議題"
        assert "三郎" in office.one(office.hanako)["body"]["content"]
        office.assert_still()


def test_a_facility_is_booked_as_a_room_and_shown_as_the_place() -> None:
    with company() as office:
        office.enter(office.hanako, office.taro, facilities=[{"facilityId": office.facility}])
        office.settle()
        meeting = office.one(office.hanako)
        assert ROOM in attendees(meeting)
        assert meeting["location"]["displayName"] == "第一会議室"
        office.assert_still()


def test_a_room_added_in_outlook_books_the_facility() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        found = office.one(office.hanako)
        rooms = [*found["attendees"], {"type": "resource", "emailAddress": {"address": ROOM}}]
        office.box(office.hanako).edit(found["id"], attendees=rooms)
        office.settle()
        assert [b["facilityId"] for b in office.record(event)["facilities"]] == [office.facility]
        office.assert_still()


def test_appointments_mode_sends_no_mail_at_all() -> None:
    with company(participants=ParticipantsMode.APPOINTMENTS) as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.settle()
        for person in office.everyone:
            assert attendees(office.one(person)) == []
            assert "太郎" in office.one(person)["body"]["content"]
        office.change(event, title="改題")
        office.settle()
        office.box(office.jiro).delete(office.one(office.jiro)["id"])
        office.settle()
        assert office.answers(event)[office.jiro.user] == "declined"
        office.world.groupware.delete(event, by=office.hanako.user)
        office.settle()
        assert [office.outlook(person) for person in office.everyone] == [[], [], []]
        assert office.mails() == 0


def test_after_a_change_to_meetings_what_exists_stays_as_it_is_and_what_is_new_is_a_meeting() -> None:
    with company(participants=ParticipantsMode.APPOINTMENTS) as office:
        event = office.enter(*office.everyone)
        series = office.enter(
            office.taro, office.jiro, title="定例", recurrence={"rrule": "FREQ=DAILY;COUNT=5"}
        )
        office.settle()
        before = office.world.writes()
        change_settings(office.world, participants=ParticipantsMode.MEETING)
        office.settle()
        assert (office.world.writes(), office.mails()) == (before, 0)
        office.enter(office.hanako, office.taro, title="新しい会議")
        office.change(event, title="改題", participants=[{"userId": p.user} for p in office.everyone[:2]])
        office.settle()
        assert (office.mails("invitation"), office.mails()) == (1, 1)
        assert [sorted(e["subject"] for e in office.outlook(person)) for person in office.everyone] == [
            ["改題", "新しい会議"],
            ["定例", "改題", "新しい会議"],
            ["定例"],
        ]
        plain = [e for p in office.everyone for e in office.outlook(p) if e["subject"] != "新しい会議"]
        assert [e["attendees"] for e in plain] == [[]] * 4
        assert len(office.record(series)["participants"]) == 2
        office.assert_still()


def test_after_a_change_to_meetings_who_invites_in_outlook_makes_a_meeting_of_it() -> None:
    with company(participants=ParticipantsMode.APPOINTMENTS) as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        change_settings(office.world, participants=ParticipantsMode.MEETING)
        office.settle()
        people = [
            {"type": "required", "emailAddress": {"address": f"{n}@example.com"}} for n in ("taro", "jiro")
        ]
        office.box(office.hanako).edit(office.one(office.hanako)["id"], attendees=people)
        office.settle()
        assert set(office.answers(event)) == {person.user for person in office.everyone}
        assert [len(office.outlook(person)) for person in office.everyone] == [1, 1, 1]
        # The block that named everybody goes with an update.
        assert (office.mails("invitation"), office.mails("update"), office.mails()) == (2, 2, 4)
        office.assert_still()


def test_after_a_change_to_appointments_meetings_stay_meetings() -> None:
    with company() as office:
        event = office.enter(*office.everyone)
        office.settle()
        before = office.world.writes(), office.mails()
        change_settings(office.world, participants=ParticipantsMode.APPOINTMENTS)
        office.settle()
        assert (office.world.writes(), office.mails()) == before
        office.change(event, title="改題")
        office.settle()
        assert [office.one(person)["subject"] for person in office.everyone] == ["改題"] * 3
        office.assert_still()


def test_a_first_sync_that_matches_sends_no_mail() -> None:
    with company() as office:
        for n in range(8):
            office.enter(office.hanako, office.taro, title=f"定例{n}")
            for person in (office.hanako, office.taro):
                office.box(person).create(subject=f"定例{n}", start=AT, end=END)
        office.settle()
        assert office.mails() == 0
        assert len(office.outlook(office.hanako)) == len(office.outlook(office.taro)) == 8
        office.assert_still()


def test_a_plan_that_would_mail_too_many_is_held_and_says_how_many() -> None:
    with company(max_mails=5) as office:
        for n in range(6):
            office.enter(office.hanako, office.taro, title=f"打合せ{n}")
        record = office.world.run(person=office.hanako)
        assert record is not None
        assert (record.state, record.error) == (PassState.HELD, "guard-mails")
        assert record.error_detail == {"count": "6", "limit": "5"}
        assert (office.mails(), office.outlook(office.hanako)) == (0, [])
        office.world.connections.update(office.hanako, confirmed_pass=record.id)
        office.settle()
        assert office.mails("invitation") == 6


def test_the_host_who_leaves_hands_the_meeting_over_once() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.settle()
        office.change(event, participants=[{"userId": p.user} for p in (office.taro, office.jiro)])
        office.settle()
        office.settle()
        meeting = next(e for e in office.outlook(office.taro) if not e["isCancelled"])
        assert meeting["isOrganizer"]
        assert attendees(meeting) == ["jiro@example.com"]
        assert [e for e in office.outlook(office.hanako) if not e["isCancelled"]] == []
        assert len([e for e in office.outlook(office.jiro) if not e["isCancelled"]]) == 1
        office.assert_still()


def test_a_series_is_one_meeting_with_its_dates(request: pytest.FixtureRequest) -> None:
    with company() as office:
        weekly = {"rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=5", "exdates": ["2026-11-25T10:00:00"]}
        event = office.enter(office.hanako, office.taro, recurrence=weekly)
        office.settle()
        assert office.one(office.hanako)["type"] == "seriesMaster"
        copy = office.one(office.taro)
        assert copy["type"] == "seriesMaster"
        office.world.groupware.edit_occurrence(event, "2026-12-02", {"title": "特別"}, by=office.hanako.user)
        office.settle()
        titles = [e["subject"] for e in shown(office, office.taro)]
        assert titles.count("特別") == 1
        office.assert_still()


def shown(office: Company, person: Any) -> list[dict[str, Any]]:
    from datetime import date

    box = office.box(person)
    found: list[dict[str, Any]] = box.occurrences(
        office.one(person)["id"], date(2026, 11, 1), date(2027, 1, 1)
    )
    return found


def test_a_facility_that_is_taken_is_a_problem_on_the_event_which_arrives_all_the_same() -> None:
    with company() as office:
        taken = office.enter(office.jiro, title="先約", facilities=[{"facilityId": office.facility}])
        office.box(office.hanako).invite(
            ["taro@example.com"], rooms=[ROOM], subject="会議", start=AT, end=END
        )
        office.settle()
        (record,) = [r for r in office.records() if r["id"] != taken]
        assert (record["title"], record["facilities"]) == ("会議", [])
        (problem,) = [link.problem for link in office.world.links.load(office.hanako)[0] if link.problem]
        assert problem.code == "facility-conflict"
        assert problem.detail["owner"] == "次郎"
        before = office.world.writes()
        office.run()
        assert office.world.writes() == before, "a refused room is tried again and again"


def test_the_place_follows_the_facilities_where_the_record_says_none() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        office.change(event, facilities=[{"facilityId": office.facility}])
        office.settle()
        assert office.one(office.hanako)["location"]["displayName"] == "第一会議室"
        office.assert_still()


def test_an_event_whose_facility_waits_for_approval_is_tentative() -> None:
    with company() as office:
        hall = office.world.groupware.add_facility("ホール", needs_approval=True)
        event = office.enter(office.hanako, office.taro, facilities=[{"facilityId": hall}])
        office.settle()
        assert office.one(office.hanako)["showAs"] == "tentative"
        assert office.record(event)["status"] == "confirmed"
        office.change(event, facilities=[])
        office.settle()
        assert office.one(office.hanako)["showAs"] == "busy"
        office.assert_still()


def test_an_outsider_s_meeting_goes_on_after_everybody_answered() -> None:
    with company() as office:
        tenant = office.world.tenant
        uid = tenant.invite_from_outside(
            "boss@elsewhere.example",
            ["hanako@example.com", "taro@example.com"],
            subject="社外の会議",
            start=AT,
            end=END,
        )
        office.settle()
        (record,) = office.records()
        for person in (office.hanako, office.taro):
            office.box(person).accept(office.one(person)["id"])
        office.settle()
        answers = office.answers(record["id"])
        assert (answers[office.hanako.user], answers[office.taro.user]) == ("accepted", "accepted")
        tenant.change_from_outside(uid, subject="改題された会議")
        office.settle()
        assert office.record(record["id"])["title"] == "改題された会議"
        office.assert_still()


def test_an_outsider_s_changes_arrive_although_the_record_was_edited() -> None:
    with company() as office:
        uid = office.world.tenant.invite_from_outside(
            "boss@elsewhere.example", ["hanako@example.com"], subject="社外の会議", start=AT, end=END
        )
        office.settle()
        (record,) = office.records()
        office.change(record["id"], title="自分の題")
        office.settle()
        problems = [link.problem.code for link in office.world.links.load(office.hanako)[0] if link.problem]
        assert problems == ["meeting-of-others"]
        office.world.tenant.change_from_outside(uid, location="新しい場所")
        office.settle()
        assert office.record(record["id"])["place"] == "新しい場所"
        assert office.record(record["id"])["title"] == "自分の題"


def test_nobody_is_invited_to_what_is_over() -> None:
    with company() as office:
        office.enter(office.hanako, office.taro, start="2026-11-12T10:00:00")
        office.settle()
        assert office.mails() == 0
        assert [len(office.outlook(person)) for person in (office.hanako, office.taro)] == [1, 1]
        office.assert_still()


def test_what_waits_for_the_host_s_pass_is_no_problem_unless_it_waits_long() -> None:
    with company() as office:
        office.enter(office.hanako, office.taro)
        use_cases = UseCases(office.world.services)
        for _ in range(4):
            office.run(office.taro)
            assert use_cases.problems(office.taro) == []
            office.world.clock.advance(600)
        office.run(office.taro)
        assert [problem.code for _, problem in use_cases.problems(office.taro)] == ["waits-for-host"]
        office.settle()
        office.settle()
        assert use_cases.problems(office.taro) == []
        assert len(office.outlook(office.taro)) == 1


def test_a_preview_claims_nothing() -> None:
    with company() as office:
        uid = office.world.tenant.invite_from_outside(
            "boss@elsewhere.example", ["hanako@example.com"], subject="社外の会議", start=AT, end=END
        )
        record = office.world.run(person=office.hanako, asked=Asked(trigger="preview"))
        assert record is not None
        assert record.state is PassState.PREVIEW
        assert office.world.meetings.by_uids("default", [uid]) == {}
        office.settle()
        assert len(office.records()) == 1


def test_who_may_not_write_to_the_groupware_keeps_nobody_from_importing() -> None:
    with company(may_override_direction=True) as office:
        own = PersonSettings(direction=Direction.TO_OUTLOOK)
        office.world.connections.update(office.hanako, settings=own)
        office.world.tenant.invite_from_outside(
            "boss@elsewhere.example",
            ["hanako@example.com", "taro@example.com"],
            subject="社外の会議",
            start=AT,
            end=END,
        )
        office.settle()
        assert [record["title"] for record in office.records()] == ["社外の会議"]
