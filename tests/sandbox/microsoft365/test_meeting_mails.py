"""Who is mailed for what, and by which step: sections 3.3 and 6.5 of the reference."""

from __future__ import annotations

from typing import Any

import pytest

from sync.sandbox.microsoft365.outbox import PEOPLE_KINDS, ROOM_KINDS, MailKind
from sync.sandbox.microsoft365.switches import UpdateMails
from tests.sandbox.microsoft365.office import (
    DAILY,
    GUEST,
    HANAKO,
    JIRO,
    ROOM,
    SECOND,
    THIRD,
    Office,
    attendee,
    copy_id,
)
from tests.sandbox.microsoft365.world import PROPERTY, Json, moment

UPDATES = [("update", HANAKO), ("update", JIRO)]
CHANGES: dict[str, tuple[Json, list[tuple[str, str]]]] = {
    "nothing": ({}, []),
    "read-only": ({"isCancelled": True, "@odata.type": "x"}, []),
    "subject": ({"subject": "改題"}, UPDATES),
    "the same subject": ({"subject": "打合せ"}, UPDATES),
    "body": ({"body": {"contentType": "text", "content": "議題"}}, UPDATES),
    "time": ({"start": moment("2026-09-10T10:30:00"), "end": moment("2026-09-10T11:30:00")}, UPDATES),
    "place": ({"location": {"displayName": "本社"}}, UPDATES),
    "reminder": ({"isReminderOn": False, "reminderMinutesBeforeStart": 5}, []),
    "categories": ({"categories": ["社外"]}, []),
    "showAs": ({"showAs": "free"}, []),
    "extended": ({"singleValueExtendedProperties": [{"id": PROPERTY, "value": "x"}]}, []),
    "reminder and subject": ({"isReminderOn": False, "subject": "改題"}, UPDATES),
    "same people": ({"attendees": [attendee(HANAKO), attendee(JIRO)]}, []),
    "same people in capitals": ({"attendees": [attendee(HANAKO.upper()), attendee(JIRO)]}, []),
    "one more": (
        {"attendees": [attendee(HANAKO), attendee(JIRO), attendee(GUEST)]}, [("invitation", GUEST)]
    ),
    "one less": ({"attendees": [attendee(JIRO)]}, [("cancellation", HANAKO)]),
    "one instead": (
        {"attendees": [attendee(HANAKO), attendee(GUEST)]}, [("invitation", GUEST), ("cancellation", JIRO)]
    ),
    "one optional": (
        {"attendees": [attendee(HANAKO, "optional"), attendee(JIRO)]}, [("update", HANAKO)]
    ),
    "nobody": ({"attendees": []}, [("cancellation", HANAKO), ("cancellation", JIRO)]),
    "one more and quiet": (
        {"attendees": [attendee(HANAKO), attendee(JIRO), attendee(GUEST)], "showAs": "free"},
        [("invitation", GUEST)],
    ),
    "one more and subject": (
        {"attendees": [attendee(HANAKO), attendee(JIRO), attendee(GUEST)], "subject": "改題"},
        [("invitation", GUEST), *UPDATES],
    ),
}  # fmt: skip


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize("name", CHANGES)
def test_a_patch_mails_those_whom_it_concerns(office: Office, name: str) -> None:
    changes, expected = CHANGES[name]
    meeting = office.meet()
    assert office.mails() == [("invitation", HANAKO), ("invitation", JIRO)]
    assert office.change(meeting["id"], **changes).status_code == 200
    assert office.mails() == expected


def test_a_quiet_change_beside_an_old_value_is_no_news() -> None:
    office = Office(update_mails=UpdateMails.CHANGED)
    meeting = office.meet(HANAKO)
    office.mails()
    quiet: Json = {
        "showAs": "free",
        "isReminderOn": False,
        "reminderMinutesBeforeStart": 5,
        "categories": ["社外"],
    }
    office.change(meeting["id"], subject="打合せ", **quiet)
    assert office.mails() == []
    office.change(
        meeting["id"], singleValueExtendedProperties=[{"id": PROPERTY, "value": "x"}], subject="打合せ"
    )
    assert office.mails() == []


def test_who_is_not_mailed_keeps_an_old_copy(office: Office) -> None:
    """What Exchange knows of a meeting elsewhere came by mail."""
    meeting = office.meet(HANAKO)
    office.change(meeting["id"], attendees=[attendee(HANAKO), attendee(JIRO)], showAs="free")
    (hers,), (his,) = office.hanako.events(), office.jiro.events()
    assert (len(hers["attendees"]), len(his["attendees"])) == (1, 2)


@pytest.mark.parametrize("verb", ["DELETE", "cancel"])
def test_the_end_of_a_meeting_is_mailed_once(office: Office, verb: str) -> None:
    meeting = office.meet()
    office.mails()
    if verb == "cancel":
        office.act(office.taro, meeting["id"], "cancel")
    else:
        office.call("DELETE", f"{office.events}/{meeting['id']}")
    assert office.tenant.outbox.count(step=f"{verb} {meeting['id']}") == 2
    assert [mail.subject for mail in office.tenant.outbox.mails()] == ["Canceled: 打合せ"] * 2
    assert office.mails() == [("cancellation", HANAKO), ("cancellation", JIRO)]


def test_an_answer_is_a_mail_to_the_organizer(office: Office) -> None:
    meeting = office.meet(HANAKO)
    office.mails()
    mine = copy_id(office.hanako, meeting)
    office.act(office.hanako, mine, "tentativelyAccept")
    (mail,) = office.tenant.outbox.mails()
    assert (mail.kind, mail.sender, mail.to) == ("response", HANAKO, "taro@example.com")
    assert (mail.step.verb, mail.step.event, mail.step.by_person) == ("tentativelyAccept", mine, False)


def test_mails_are_counted_by_kind_recipient_and_step(office: Office) -> None:
    outbox = office.tenant.outbox
    meeting = office.meet()
    office.change(meeting["id"], subject="改題")
    office.taro.edit(meeting["id"], subject="人の改題")
    assert outbox.count() == len(outbox) == 6
    assert outbox.count("invitation") == outbox.count(MailKind.INVITATION) == 2
    assert outbox.count(MailKind.UPDATE, to="HANAKO@example.com") == 2
    assert outbox.count(PEOPLE_KINDS) == 6
    assert outbox.count(step="PATCH") == outbox.count(step=f"PATCH {meeting['id']}") == 4
    assert outbox.count(step="PATCH nothing") == 0
    post, patch, edit = outbox.steps()
    assert [(step.verb, step.by_person) for step in (post, patch, edit)] == [
        ("POST", False), ("PATCH", False), ("PATCH", True)
    ]  # fmt: skip
    assert {step.event for step in outbox.steps()} == {meeting["id"]}
    assert outbox.count(step=patch) == 2
    assert outbox.mails()[0].to_json()["step"]["verb"] == "POST"
    outbox.clear()
    assert (outbox.count(), outbox.steps()) == (0, ())


def test_rooms_are_counted_apart_from_people(office: Office) -> None:
    office.room()
    meeting = office.meet(HANAKO, ROOM)
    office.change(meeting["id"], subject="改題")
    outbox = office.tenant.outbox
    assert [(mail.kind, mail.to) for mail in outbox.mails() if mail.kind in PEOPLE_KINDS] == [
        ("invitation", HANAKO), ("update", HANAKO)
    ]  # fmt: skip
    assert [(mail.kind, mail.to) for mail in outbox.mails() if mail.kind in ROOM_KINDS] == [
        ("roomRequest", ROOM), ("roomResponse", "taro@example.com"),
        ("roomRequest", ROOM), ("roomResponse", "taro@example.com"),
    ]  # fmt: skip
    assert outbox.count(MailKind.ROOM_RESPONSE, step="POST") == 1
    outbox.clear()
    office.call("DELETE", f"{office.events}/{meeting['id']}")
    assert office.mails() == [("cancellation", HANAKO), ("roomCancellation", ROOM)]


def test_each_exception_of_a_series_is_mailed_when_its_attendees_are_written(office: Office) -> None:
    master = office.meet(HANAKO, recurrence=DAILY)
    for day in (SECOND, THIRD):
        office.change(office.taro.occurrence_id(master["id"], day), subject=f"{day}")
    office.mails()
    office.change(master["id"], subject="改題")
    assert office.mails() == [("update", HANAKO)]
    both: dict[str, Any] = {"attendees": [attendee(HANAKO), attendee(JIRO)]}
    office.change(master["id"], **both)
    assert office.mails() == [("invitation", JIRO), ("update", JIRO), ("update", JIRO)]
    office.change(master["id"], **both, subject="また改題")
    assert office.mails() == [
        *UPDATES,
        ("update", HANAKO),
        ("update", JIRO),
        ("update", HANAKO),
        ("update", JIRO),
    ]
    office.change(master["id"], attendees=[attendee(HANAKO)])
    assert office.mails() == [("cancellation", JIRO)]


def test_one_date_of_a_series_is_mailed_like_a_meeting(office: Office) -> None:
    master = office.meet(recurrence=DAILY)
    office.mails()
    second = office.taro.occurrence_id(master["id"], SECOND)
    office.change(second, subject="この日だけ")
    assert office.tenant.outbox.count(step=f"PATCH {second}") == 2
    assert office.mails() == UPDATES
    office.change(second, isReminderOn=False)
    assert office.mails() == []
    office.change(second, attendees=[attendee(JIRO), attendee(GUEST)])
    assert office.mails() == [("invitation", GUEST), ("cancellation", HANAKO)]
    office.call("DELETE", f"{office.events}/{second}")
    assert office.mails() == [("cancellation", JIRO), ("cancellation", GUEST)]
    office.call("DELETE", f"{office.events}/{master['id']}")
    assert office.mails() == [("cancellation", HANAKO), ("cancellation", JIRO)]


def test_an_appointment_mails_nobody_whatever_happens(office: Office) -> None:
    event = office.create(recurrence=DAILY)
    second = office.taro.occurrence_id(event["id"], SECOND)
    office.change(second, subject="x")
    office.call("DELETE", f"{office.events}/{second}")
    office.change(
        event["id"], subject="y", start=moment("2026-09-10T12:00:00"), end=moment("2026-09-10T13:00:00")
    )
    office.call("DELETE", f"{office.events}/{event['id']}")
    assert office.mails() == []
