"""Organizers outside the tenant: their meetings are copies without an original (section 6.5 of the reference)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sandbox.microsoft365.office import DAILY, GUEST, HANAKO, JIRO, ROOM, SECOND, Office, attendee, on
from tests.sandbox.microsoft365.world import refusal

TIMES = {"start": "2026-09-10T10:00", "end": "2026-09-10T11:00"}


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_outsider_invites_changes_and_cancels(office: Office) -> None:
    uid = office.tenant.invite_from_outside(
        GUEST, [HANAKO.upper(), "other@example.org"], name="社外 花子", subject="商談", **TIMES
    )
    assert office.mails() == [("invitation", HANAKO.upper()), ("invitation", "other@example.org")]
    (mine,) = office.hanako.events()
    assert (mine["iCalUId"], mine["subject"], mine["isOrganizer"]) == (uid, "商談", False)
    assert mine["organizer"] == {"emailAddress": {"name": "社外 花子", "address": GUEST}}
    assert (mine["showAs"], mine["responseStatus"]["response"]) == ("tentative", "notResponded")
    office.tenant.change_from_outside(
        uid, subject="商談 (延期)", start="2026-09-11T10:00", end="2026-09-11T11:00"
    )
    (changed,) = office.hanako.events()
    assert (changed["id"], changed["subject"]) == (mine["id"], "商談 (延期)")
    assert changed["start"]["dateTime"] == "2026-09-11T01:00:00.0000000"
    office.tenant.change_from_outside(uid, attendees=[attendee(HANAKO), attendee(JIRO)])
    assert [each["subject"] for each in office.jiro.events()] == ["商談 (延期)"]
    office.tenant.cancel_from_outside(uid)
    assert [each["isCancelled"] for each in (*office.hanako.events(), *office.jiro.events())] == [True, True]
    with pytest.raises(KeyError):
        office.tenant.change_from_outside(uid, subject="x")


def test_an_answer_goes_outside_by_mail(office: Office) -> None:
    uid = office.tenant.invite_from_outside(GUEST, [HANAKO], **TIMES)
    office.mails()
    (mine,) = office.hanako.events()
    office.act(office.hanako, mine["id"], "accept")
    assert office.mails() == [("response", GUEST)]
    assert office.tenant.outside.meetings[uid].content.attendees[0]["status"]["response"] == "accepted"
    assert refusal(office.act(office.hanako, mine["id"], "cancel")) == (400, "ErrorInvalidRequest")


def test_steps_of_outsiders_are_persons_and_named_by_the_meeting(office: Office) -> None:
    uid = office.tenant.invite_from_outside(GUEST, [HANAKO], **TIMES)
    (step,) = office.tenant.outbox.steps()
    assert (step.verb, step.event, step.by_person) == ("POST", uid, True)


def test_a_series_from_outside_with_one_date_changed_and_one_cancelled(office: Office) -> None:
    uid = office.tenant.invite_from_outside(GUEST, [HANAKO], recurrence=DAILY, subject="商談", **TIMES)
    office.tenant.change_from_outside(uid, SECOND, subject="この日だけ")
    office.tenant.cancel_from_outside(uid, date(2026, 9, 12))
    (mine,) = office.hanako.events()
    assert on(office.hanako, mine["id"], SECOND)["subject"] == "この日だけ"
    assert on(office.hanako, mine["id"], date(2026, 9, 12))["isCancelled"]
    assert not on(office.hanako, mine["id"], date(2026, 9, 13))["isCancelled"]


def test_another_time_from_outside_is_another_series(office: Office) -> None:
    uid = office.tenant.invite_from_outside(GUEST, [HANAKO], recurrence=DAILY, **TIMES)
    office.tenant.change_from_outside(uid, SECOND, subject="この日だけ")
    office.tenant.change_from_outside(uid, start="2026-09-10T12:00", end="2026-09-10T13:00")
    (mine,) = office.hanako.events()
    assert on(office.hanako, mine["id"], SECOND)["type"] == "occurrence"


def test_rooms_take_no_bookings_from_outside_unless_told_to(office: Office) -> None:
    closed = office.room()
    opened = office.room("open@example.com", process_external_meeting_messages=True)
    uid = office.tenant.invite_from_outside(GUEST, [ROOM, "open@example.com"], **TIMES)
    assert (closed.events(), len(opened.events())) == ([], 1)
    answers = [each["status"]["response"] for each in office.tenant.outside.meetings[uid].content.attendees]
    assert answers == ["none", "accepted"]


def test_the_tenant_s_own_people_are_not_outside(office: Office) -> None:
    with pytest.raises(ValueError, match="not outside"):
        office.tenant.invite_from_outside("Hanako@example.com", [JIRO], **TIMES)


def test_a_guest_s_delta_shows_a_meeting_from_outside(office: Office) -> None:
    _, link = office.delta(office.hanako)
    office.tenant.invite_from_outside(GUEST, [HANAKO], subject="商談", **TIMES)
    assert [each["subject"] for each in office.delta(office.hanako, link)[0]] == ["商談"]
