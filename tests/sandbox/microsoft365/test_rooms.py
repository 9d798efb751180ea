"""Rooms answer for themselves: section 6.7 of the reference."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.sandbox.microsoft365.office import (
    DAILY,
    HANAKO,
    ROOM,
    SECOND,
    Office,
    attendee,
    copy,
    copy_id,
    has_copy,
    on,
    statuses,
)
from tests.sandbox.microsoft365.world import Json, all_day, moment, shown, timed


@pytest.fixture
def office() -> Office:
    return Office()


def book(office: Office, **properties: Any) -> Json:
    """太郎 books the room; the event as it is once the room has answered."""
    event = office.create(attendees=[attendee(ROOM, "resource")], **properties)
    assert statuses(event) == {ROOM: "none"}
    return office.read(event["id"])


def answer_of(event: Json) -> str:
    return statuses(event)[ROOM]


def at(day: str, hour: int = 10, hours: int = 1) -> dict[str, Json]:
    return {"start": moment(f"{day}T{hour:02}:00:00"), "end": moment(f"{day}T{hour + hours:02}:00:00")}


def days_after(days: int) -> str:
    """From today in Tokyo; the clock stands on 1 September 2026."""
    return (date(2026, 9, 1) + timedelta(days=days)).isoformat()


def test_a_free_room_accepts_and_keeps_a_copy_that_says_little(office: Office) -> None:
    room = office.room()
    event = book(
        office,
        body={"contentType": "html", "content": "<p>秘密</p>"},
        sensitivity="private",
        showAs="oof",
        attachments=[{"name": "a.txt"}],
    )
    (person,) = event["attendees"]
    assert (person["type"], person["status"]["response"]) == ("resource", "accepted")
    assert person["emailAddress"]["name"] == "会議室A"
    booked = copy(room, event)
    assert (booked["subject"], booked["bodyPreview"], booked["body"]["content"]) == ("山田 太郎", "", "")
    assert (booked["sensitivity"], booked["hasAttachments"], booked["showAs"]) == ("normal", False, "oof")
    assert booked["responseStatus"]["response"] == "accepted"
    assert booked["organizer"]["emailAddress"]["address"] == "taro@example.com"
    assert event["subject"] == "打合せ"


def test_a_taken_room_declines(office: Office) -> None:
    room = office.room()
    first = book(office)
    second = book(office, **at("2026-09-10", 10))
    assert (answer_of(first), answer_of(second)) == ("accepted", "declined")
    assert has_copy(room, first)
    assert not has_copy(room, second)
    assert len(room.events()) == 1


@pytest.mark.parametrize("hour", [9, 11])
def test_back_to_back_is_no_conflict(office: Office, hour: int) -> None:
    office.room()
    book(office)
    assert answer_of(book(office, **at("2026-09-10", hour))) == "accepted"


def test_what_shows_as_free_or_is_cancelled_takes_no_room(office: Office) -> None:
    office.room()
    book(office, showAs="free")
    gone = book(office)
    assert answer_of(gone) == "accepted"
    office.call("DELETE", f"{office.events}/{gone['id']}")
    assert answer_of(book(office)) == "accepted"


def test_a_reschedule_is_followed_or_declined(office: Office) -> None:
    room = office.room()
    first, other = book(office), book(office, **at("2026-09-11"))
    office.change(first["id"], **at("2026-09-12"))
    assert copy(room, first)["start"]["dateTime"] == "2026-09-12T01:00:00.0000000"
    assert copy(room, first)["subject"] == "山田 太郎"
    office.change(first["id"], **at("2026-09-11"))
    assert answer_of(office.read(first["id"])) == "declined"
    assert not has_copy(room, first)
    office.change(first["id"], **at("2026-09-13"))
    assert answer_of(office.read(first["id"])) == "accepted"
    assert [answer_of(office.read(other["id"])), len(room.events())] == ["accepted", 2]


def test_an_update_of_the_same_time_is_no_conflict_with_itself(office: Office) -> None:
    office.room()
    event = book(office)
    office.change(event["id"], subject="改題")
    assert answer_of(office.read(event["id"])) == "accepted"


@pytest.mark.parametrize(("hours", "answer"), [(24, "accepted"), (25, "declined")])
def test_more_than_a_day_is_declined(office: Office, hours: int, answer: str) -> None:
    office.room()
    end = moment(f"2026-09-11T{10 + hours - 24:02}:00:00")
    assert answer_of(book(office, end=end)) == answer


def test_one_whole_day_is_accepted_and_two_are_declined(office: Office) -> None:
    office.room()
    people = [attendee(ROOM, "resource")]
    one = shown(office.call("POST", office.events, all_day("2026-09-10", "2026-09-11", attendees=people)))
    two = shown(office.call("POST", office.events, all_day("2026-09-20", "2026-09-22", attendees=people)))
    assert [answer_of(office.read(each["id"])) for each in (one, two)] == ["accepted", "declined"]


@pytest.mark.parametrize(("days", "answer"), [(180, "accepted"), (181, "declined")])
def test_the_booking_window_ends_after_180_days(office: Office, days: int, answer: str) -> None:
    office.room()
    assert answer_of(book(office, **at(days_after(days)))) == answer


def test_one_conflict_declines_a_whole_series(office: Office) -> None:
    room = office.room()
    book(office, **at("2026-09-12"))
    series = book(office, recurrence=DAILY)
    assert answer_of(series) == "declined"
    assert not has_copy(room, series)


def test_a_free_series_is_booked_as_a_series(office: Office) -> None:
    room = office.room()
    series = book(office, recurrence=DAILY)
    assert (answer_of(series), copy(room, series)["type"]) == ("accepted", "seriesMaster")
    assert answer_of(book(office, **at("2026-09-13"))) == "declined"
    assert answer_of(book(office, **at("2026-09-14"))) == "accepted"


def test_a_series_beyond_the_booking_window_is_declined_or_cut() -> None:
    long: Json = {**DAILY, "range": {**DAILY["range"], "numberOfOccurrences": 300}}
    endless: Json = {**DAILY, "range": {"type": "noEnd", "startDate": "2026-09-10"}}
    for recurrence in (long, endless):
        strict, lenient = Office(), Office()
        strict.room()
        assert answer_of(book(strict, recurrence=recurrence)) == "declined"
        room = lenient.room(enforce_scheduling_horizon=False)
        room.create(start=f"{days_after(181)}T10:00", end=f"{days_after(181)}T11:00")
        series = book(lenient, recurrence=recurrence)
        assert answer_of(series) == "accepted"
        span = copy(room, series)["recurrence"]["range"]
        assert (span["type"], span["endDate"], span["numberOfOccurrences"]) == ("endDate", days_after(180), 0)
        assert series["recurrence"]["range"]["type"] == recurrence["range"]["type"]


def test_today_is_the_day_where_the_meeting_is(office: Office) -> None:
    """At 16:00 in UTC it is 2 September in Tokyo already."""
    office.clock.advance(timedelta(hours=4))
    office.sign_in(office.application)
    office.room()
    assert answer_of(book(office, **at(days_after(181)))) == "accepted"


def test_conflicts_that_a_room_allows_are_declined_date_by_date(office: Office) -> None:
    room = office.room(maximum_conflict_instances=1, conflict_percentage_allowed=25)
    book(office, **at("2026-09-11"))
    office.mails()
    series = book(office, recurrence=DAILY)
    assert answer_of(series) == "accepted"
    assert answer_of(on(office.taro, series["id"], SECOND)) == "declined"
    assert [each[-10:] for each in copy(room, series)["cancelledOccurrences"]] == ["2026-09-11"]
    assert office.tenant.outbox.count("roomResponse") == 2
    book(office, **at("2026-09-15"))
    more = {**DAILY, "range": {**DAILY["range"], "numberOfOccurrences": 6}}
    assert answer_of(book(office, recurrence=more, **at("2026-09-10", 10))) == "declined"


@pytest.mark.parametrize(
    ("instances", "percentage", "answer"),
    [(2, 50, "accepted"), (1, 100, "declined"), (5, 49, "declined"), (0, 0, "declined")],
)
def test_neither_number_nor_share_of_conflicts_may_be_exceeded(
    office: Office, instances: int, percentage: int, answer: str
) -> None:
    office.room(maximum_conflict_instances=instances, conflict_percentage_allowed=percentage)
    for day in ("2026-09-11", "2026-09-12"):
        book(office, **at(day))
    assert answer_of(book(office, recurrence=DAILY)) == answer


def test_a_changed_date_says_no_more_in_the_room_than_the_series(office: Office) -> None:
    room = office.room()
    series = book(office, recurrence=DAILY)
    second = office.taro.occurrence_id(series["id"], SECOND)
    office.change(second, subject="秘密", sensitivity="private", **at("2026-09-11", 15))
    booked = on(room, copy_id(room, series), SECOND)
    assert (booked["subject"], booked["sensitivity"]) == ("山田 太郎", "normal")
    assert booked["start"]["dateTime"] == "2026-09-11T06:00:00.0000000"


@pytest.mark.parametrize("revives", [True, False])
def test_one_date_of_a_series_is_judged_alone(revives: bool) -> None:
    office = Office(update_revives_removed_copy=revives)
    room = office.room()
    series = book(office, recurrence=DAILY)
    book(office, **at("2026-09-11", 15))
    second = office.taro.occurrence_id(series["id"], SECOND)
    office.change(second, **at("2026-09-11", 13))
    assert on(room, copy_id(room, series), SECOND)["start"]["dateTime"] == "2026-09-11T04:00:00.0000000"
    office.change(second, **at("2026-09-11", 15))
    assert answer_of(on(office.taro, series["id"], SECOND)) == "declined"
    assert answer_of(office.read(series["id"])) == "accepted"
    assert [each[-10:] for each in copy(room, series)["cancelledOccurrences"]] == ["2026-09-11"]
    office.change(second, **at("2026-09-11", 17))
    assert answer_of(on(office.taro, series["id"], SECOND)) == "accepted"
    assert on(room, copy_id(room, series), SECOND)["start"]["dateTime"] == "2026-09-11T08:00:00.0000000"


def test_a_room_for_one_date_of_a_series(office: Office) -> None:
    room = office.room()
    series = office.meet(HANAKO, recurrence=DAILY)
    second = office.taro.occurrence_id(series["id"], SECOND)
    office.change(second, attendees=[attendee(HANAKO), attendee(ROOM, "resource")])
    (booked,) = room.events()
    assert (booked["type"], booked["subject"]) == ("singleInstance", "山田 太郎")
    assert (booked["showAs"], booked["responseStatus"]["response"]) == ("busy", "accepted")
    assert answer_of(on(office.taro, series["id"], SECOND)) == "accepted"
    assert answer_of(book(office, **at("2026-09-11"))) == "declined"


def test_a_cancelled_booking_stays_as_cancelled_or_is_removed() -> None:
    for removes in (False, True):
        office = Office()
        room = office.room(remove_canceled_meetings=removes)
        event, series = book(office), book(office, recurrence=DAILY, **at("2026-09-10", 15))
        office.call("DELETE", f"{office.events}/{event['id']}")
        office.call("DELETE", f"{office.events}/{office.taro.occurrence_id(series['id'], SECOND)}")
        assert has_copy(room, event) is not removes
        assert bool(copy(room, series)["cancelledOccurrences"]) is removes
        assert answer_of(book(office)) == "accepted"
        assert answer_of(book(office, **at("2026-09-11", 15))) == "accepted"


KNOBS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"allow_conflicts": True}, {}, "accepted"),
    ({"allow_conflicts": True}, {"recurrence": DAILY}, "accepted"),
    ({"booking_window_in_days": 9}, {"recurrence": DAILY}, "declined"),
    ({"booking_window_in_days": 0}, at("2026-09-01", 22), "accepted"),
    ({"booking_window_in_days": 0}, at("2026-09-02"), "declined"),
    ({"maximum_duration_in_minutes": 30}, at("2026-09-20"), "declined"),
    ({"maximum_duration_in_minutes": 0}, {"end": moment("2026-09-30T00:00:00")}, "declined"),
    (
        {"maximum_duration_in_minutes": 0},
        {**at("2026-09-20"), "end": moment("2026-09-30T00:00:00")},
        "accepted",
    ),
    ({"allow_recurring_meetings": False}, {"recurrence": DAILY, **at("2026-09-10", 15)}, "declined"),
    ({"automate_processing": "AutoUpdate"}, at("2026-09-20"), "none"),
    ({"automate_processing": "None"}, at("2026-09-20"), "none"),
]


@pytest.mark.parametrize(("knobs", "wanted", "answer"), KNOBS)
def test_each_room_has_knobs(
    office: Office, knobs: dict[str, Any], wanted: dict[str, Any], answer: str
) -> None:
    """The room is taken on 10 September from ten to eleven, by an entry in its own calendar."""
    office.room(**knobs).create(start="2026-09-10T10:00", end="2026-09-10T11:00")
    assert answer_of(book(office, **wanted)) == answer


def test_what_is_kept_of_the_text_has_knobs_too(office: Office) -> None:
    said = {"body": {"contentType": "html", "content": "<p>議題</p>"}, "sensitivity": "private"}
    talkative = office.room(
        add_organizer_to_subject=False,
        delete_subject=False,
        delete_comments=False,
        delete_attachments=False,
        remove_private_property=False,
    )
    booked = copy(talkative, book(office, **said, attachments=[{"name": "a.txt"}]))
    assert (booked["subject"], booked["bodyPreview"]) == ("打合せ", "議題")
    assert (booked["sensitivity"], booked["hasAttachments"]) == ("private", True)
    silent = office.room("silent@example.com", add_organizer_to_subject=False)
    event = office.meet("silent@example.com", **at("2026-09-20"))
    assert copy(silent, event)["subject"] == ""


def test_a_tentative_room_waits_for_somebody_to_answer(office: Office) -> None:
    room = office.room(automate_processing="AutoUpdate")
    event = book(office)
    booked = copy(room, event)
    assert (booked["showAs"], booked["responseStatus"]["response"]) == ("tentative", "notResponded")
    assert booked["subject"] == "打合せ"
    room.accept(booked["id"])
    assert answer_of(office.read(event["id"])) == "accepted"


def test_a_room_that_does_nothing_has_no_copy(office: Office) -> None:
    room = office.room(automate_processing="None")
    assert not has_copy(room, book(office))


def test_the_answer_comes_after_a_while() -> None:
    office = Office(responses_delay=30)
    office.room()
    office.room("quick@example.com", answer_delay=5)
    event = office.meet(ROOM, "quick@example.com")
    office.clock.advance(timedelta(seconds=5))
    assert statuses(office.read(event["id"])) == {ROOM: "none", "quick@example.com": "accepted"}
    _, link = office.delta(office.taro)
    office.clock.advance(timedelta(seconds=25))
    (changed,), _ = office.delta(office.taro, link)
    assert statuses(changed) == {ROOM: "accepted", "quick@example.com": "accepted"}


def test_rooms_and_people_in_one_meeting(office: Office) -> None:
    office.room()
    event = office.taro.invite(
        [HANAKO], [ROOM], start="2026-09-10T10:00", end="2026-09-10T11:00", subject="会議"
    )
    organized = office.read(event)
    assert statuses(organized) == {HANAKO: "none", ROOM: "accepted"}
    assert copy(office.hanako, organized)["subject"] == "会議"


def test_events_written_into_a_room_are_the_room_s_own(office: Office) -> None:
    room = office.room()
    book(office)
    answer = office.call("POST", f"/users/{room.user.id}/events", timed())
    assert answer.status_code == 201
    assert shown(answer)["organizer"]["emailAddress"]["address"] == ROOM
    assert office.tenant.outbox.count(step="POST") == 2


def test_a_room_is_a_disabled_user_of_the_directory(office: Office) -> None:
    room = office.room()
    found = shown(office.get(f"/users/{room.user.id}?$select=displayName,mail,accountEnabled,assignedPlans"))
    assert (found["displayName"], found["mail"], found["accountEnabled"]) == ("会議室A", ROOM, False)
    assert found["assignedPlans"] == []
    with pytest.raises(KeyError):
        office.tenant.add_room("B", "b@example.com", no_such_knob=1)
