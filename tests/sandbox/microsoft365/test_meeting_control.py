"""Meetings over the control surface: what the demo does with them from another process."""

from __future__ import annotations

import pytest

from tests.sandbox.microsoft365.office import GUEST, HANAKO, Office, copy, copy_id, has_copy, statuses
from tests.sandbox.microsoft365.test_control import steer

TIMES = {"start": "2026-09-10T10:00", "end": "2026-09-10T11:00"}


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_person_invites_and_others_answer(office: Office) -> None:
    meeting = steer(
        office,
        "POST",
        f"/users/{office.user.id}/events",
        {"attendees": [HANAKO, "jiro@example.com"], **TIMES},
        201,
    )
    hers = f"/users/{HANAKO}/events/{copy_id(office.hanako, meeting)}"
    his = f"/users/jiro@example.com/events/{copy_id(office.jiro, meeting)}"
    steer(office, "POST", f"{hers}/accept")
    propose = ["2026-09-11T10:00", "2026-09-11T11:00"]
    steer(office, "POST", f"{his}/tentativelyAccept", {"propose": propose, "comment": "午後なら"})
    assert set(statuses(office.read(meeting["id"])).values()) == {"accepted", "tentativelyAccepted"}
    steer(office, "POST", f"{his}/decline", {"tell": False})
    assert not has_copy(office.jiro, meeting)
    assert steer(office, "GET", f"/users/{HANAKO}/copies/{meeting['iCalUId']}")["id"] == hers.split("/")[-1]
    assert steer(office, "GET", f"/users/jiro@example.com/copies/{meeting['iCalUId']}")["id"] is None
    assert "error" in steer(office, "POST", f"{hers}/cancel", expected=400)
    steer(office, "POST", f"/users/{office.user.id}/events/{meeting['id']}/cancel")
    assert copy(office.hanako, meeting)["isCancelled"]
    mails = steer(office, "GET", "/outbox")["value"]
    assert [mail["step"]["verb"] for mail in mails] == ["POST"] * 2 + ["accept", "tentativelyAccept"] + [
        "cancel"
    ] * 2
    assert all(mail["step"]["by_person"] for mail in mails)


def test_rooms_are_added_and_changed(office: Office) -> None:
    wanted = {
        "name": "会議室B",
        "address": "b@example.com",
        "BookingWindowInDays": 3,
        "allow_conflicts": True,
    }
    room = steer(office, "POST", "/rooms", wanted, 201)
    assert (room["isRoom"], room["policy"]["booking_window_in_days"], room["policy"]["allow_conflicts"]) == (
        True, 3, True
    )  # fmt: skip
    changed = steer(office, "PATCH", "/rooms/b@example.com", {"AutomateProcessing": "None"})
    assert (changed["policy"]["automate_processing"], changed["policy"]["booking_window_in_days"]) == (
        "None",
        3,
    )
    for body in ({"NoSuchKnob": 1}, {"AutomateProcessing": "Maybe"}):
        steer(office, "PATCH", "/rooms/b@example.com", body, 400)
    steer(office, "PATCH", f"/rooms/{HANAKO}", {"allow_conflicts": True}, 400)


def test_people_and_rooms_come_in_one_file(office: Office) -> None:
    file = {
        "users": [{"userPrincipalName": "a@example.com", "aliases": ["alias@example.com"]}],
        "rooms": [{"name": "会議室C", "address": "c@example.com", "AllowConflicts": True}],
    }
    person, room = steer(office, "POST", "/users", file, 201)["value"]
    assert (person["aliases"], person["isRoom"], room["isRoom"]) == (["alias@example.com"], False, True)
    meeting = office.meet("alias@example.com")
    assert has_copy(office.tenant.mailbox("a@example.com"), meeting)
    steer(office, "PATCH", "/users/a@example.com", {"aliases": []})
    assert not has_copy(office.tenant.mailbox("a@example.com"), office.meet("alias@example.com"))


def test_somebody_outside_invites(office: Office) -> None:
    wanted = {"organizer": GUEST, "attendees": [HANAKO], "subject": "商談", **TIMES}
    uid = steer(office, "POST", "/outside", wanted, 201)["iCalUId"]
    (mine,) = office.hanako.events()
    steer(office, "POST", f"/users/{HANAKO}/events/{mine['id']}/accept")
    shown = steer(office, "GET", f"/outside/{uid}")
    assert (shown["subject"], statuses(shown)) == ("商談", {HANAKO: "accepted"})
    steer(office, "PATCH", f"/outside/{uid}", {"subject": "改題"})
    assert [each["subject"] for each in office.hanako.events()] == ["改題"]
    steer(office, "DELETE", f"/outside/{uid}")
    assert [each["isCancelled"] for each in office.hanako.events()] == [True]
    steer(office, "GET", f"/outside/{uid}", expected=400)


def test_one_date_of_a_series_from_outside(office: Office) -> None:
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-09-10", "numberOfOccurrences": 3},
    }
    wanted = {"organizer": GUEST, "attendees": [HANAKO], "recurrence": recurrence, **TIMES}
    uid = steer(office, "POST", "/outside", wanted, 201)["iCalUId"]
    steer(office, "PATCH", f"/outside/{uid}?date=2026-09-11", {"subject": "この日だけ"})
    steer(office, "DELETE", f"/outside/{uid}?date=2026-09-12")
    (mine,) = office.hanako.events()
    (changed, cancelled) = office.hanako.series(mine["id"])["exceptionOccurrences"]
    assert (changed["subject"], cancelled["isCancelled"]) == ("この日だけ", True)
