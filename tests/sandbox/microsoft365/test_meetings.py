"""An organizer's write reaches every attendee's own calendar: section 6.5 of the reference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync.sandbox.microsoft365 import MailboxState
from tests.sandbox.microsoft365.office import (
    GUEST,
    HANAKO,
    JIRO,
    Office,
    attendee,
    copy,
    copy_id,
    has_copy,
    statuses,
)
from tests.sandbox.microsoft365.world import PROPERTY, WINDOW, Json, item, moment, refusal, shown, timed


@pytest.fixture
def office() -> Office:
    return Office()


def test_each_attendee_has_a_copy_of_its_own(office: Office) -> None:
    meeting = office.meet(
        body={"contentType": "html", "content": "<p>議題</p>"},
        location={"displayName": "本社"},
        sensitivity="private",
        categories=["太郎の分類"],
        isReminderOn=False,
    )
    assert statuses(meeting) == {HANAKO: "none", JIRO: "none"}
    copies = [copy(mailbox, meeting) for mailbox in (office.hanako, office.jiro)]
    assert len({meeting["id"], *(each["id"] for each in copies)}) == 3
    for each in copies:
        same = (
            "iCalUId",
            "subject",
            "body",
            "start",
            "end",
            "location",
            "locations",
            "sensitivity",
            "organizer",
        )
        assert {name: each[name] for name in same} == {name: meeting[name] for name in same}
        assert (each["isOrganizer"], each["isCancelled"], each["showAs"]) == (False, False, "tentative")
        assert each["responseStatus"] == {"response": "notResponded", "time": "0001-01-01T00:00:00Z"}
        assert statuses(each) == {HANAKO: "none", JIRO: "none"}
        assert (each["isReminderOn"], each["reminderMinutesBeforeStart"], each["categories"]) == (
            True,
            15,
            [],
        )
    assert meeting["isOrganizer"]
    assert meeting["organizer"]["emailAddress"]["address"] == "taro@example.com"
    assert meeting["responseStatus"]["response"] == "organizer"


def test_a_copy_is_read_by_its_own_id_in_its_own_mailbox_only(office: Office) -> None:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    assert shown(office.get(f"/users/{office.hanako.user.id}/events/{mine}"))["subject"] == "打合せ"
    assert refusal(office.get(f"/users/{office.hanako.user.id}/events/{meeting['id']}"))[0] == 404
    listed = shown(office.get(f"/users/{office.hanako.user.id}/calendarView?{WINDOW}"))["value"]
    assert [each["id"] for each in listed] == [mine]


def test_a_person_s_invitation_does_the_same(office: Office) -> None:
    event = office.hanako.invite(["TARO@example.com"], start="2026-09-10T10:00", end="2026-09-10T11:00")
    (mine,) = office.hanako.events()
    assert mine["id"] == event
    (theirs,) = office.taro.events()
    assert (theirs["iCalUId"], theirs["isOrganizer"]) == (mine["iCalUId"], False)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "改題"},
        {"body": {"contentType": "html", "content": "<p>別の議題</p>"}},
        {"start": moment("2026-09-11T15:00:00"), "end": moment("2026-09-11T16:00:00")},
        {"location": {"displayName": "支社"}},
        {"importance": "high"},
        {"sensitivity": "confidential"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_update_overwrites_the_copies(office: Office, changes: Json) -> None:
    meeting = office.meet(HANAKO)
    before = copy(office.hanako, meeting)
    changed = shown(office.change(meeting["id"], **changes))
    after = copy(office.hanako, meeting)
    assert {name: after[name] for name in changes} == {name: changed[name] for name in changes}
    assert after["id"] == before["id"]
    assert after["changeKey"] != before["changeKey"]


def test_what_is_the_attendee_s_own_outlives_an_update(office: Office) -> None:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    office.hanako.accept(mine)
    office.hanako.edit(
        mine, show_as="oof", categories=["花子の分類"], reminder_minutes_before_start=5, is_reminder_on=False
    )
    office.hanako.edit(mine, subject="花子の題", location="花子の場所")
    assert copy(office.hanako, meeting)["subject"] == "花子の題"
    office.change(meeting["id"], location={"displayName": "支社"})
    after = copy(office.hanako, meeting)
    assert (after["subject"], after["location"]["displayName"]) == ("打合せ", "支社")
    assert (after["showAs"], after["categories"]) == ("oof", ["花子の分類"])
    assert (after["isReminderOn"], after["reminderMinutesBeforeStart"]) == (False, 5)
    assert after["responseStatus"]["response"] == "accepted"


def test_show_as_of_an_unanswered_copy_stays_tentative(office: Office) -> None:
    meeting = office.meet(HANAKO, showAs="oof")
    office.hanako.edit(copy_id(office.hanako, meeting), show_as="busy")
    office.change(meeting["id"], subject="改題")
    assert copy(office.hanako, meeting)["showAs"] == "tentative"


def test_who_is_added_gets_a_copy_and_who_is_removed_a_cancelled_one(office: Office) -> None:
    meeting = office.meet(HANAKO)
    office.change(meeting["id"], attendees=[attendee(JIRO)])
    assert copy(office.jiro, meeting)["responseStatus"]["response"] == "notResponded"
    gone = copy(office.hanako, meeting)
    assert (gone["isCancelled"], gone["subject"]) == (True, "Canceled: 打合せ")
    assert (gone["showAs"], gone["importance"]) == ("free", "high")
    office.change(meeting["id"], attendees=[attendee(JIRO), attendee(HANAKO)])
    back = copy(office.hanako, meeting)
    assert (back["id"], back["isCancelled"], back["subject"]) == (gone["id"], False, "打合せ")
    assert (back["showAs"], back["importance"]) == ("tentative", "normal")
    assert len(office.hanako.events()) == 1


def test_who_comes_back_is_asked_again(office: Office) -> None:
    meeting = office.meet(HANAKO)
    office.hanako.accept(copy_id(office.hanako, meeting))
    for people in ([], [attendee(HANAKO)]):
        office.change(meeting["id"], attendees=people)
    back = copy(office.hanako, meeting)
    assert (back["responseStatus"]["response"], back["showAs"]) == ("notResponded", "tentative")


def test_an_appointment_that_gets_attendees_is_a_meeting(office: Office) -> None:
    event = office.create()
    assert event["responseStatus"]["response"] == "none"
    changed = shown(office.change(event["id"], attendees=[attendee(HANAKO)]))
    assert changed["responseStatus"]["response"] == "organizer"
    assert has_copy(office.hanako, event)


def test_the_status_of_those_who_stay_is_kept_whoever_writes_the_list(office: Office) -> None:
    meeting = office.meet()
    office.hanako.accept(copy_id(office.hanako, meeting))
    office.change(meeting["id"], attendees=[attendee(HANAKO, "optional"), attendee(GUEST)])
    assert statuses(office.read(meeting["id"])) == {HANAKO: "accepted", GUEST: "none"}


def test_delete_by_the_organizer_leaves_cancelled_copies(office: Office) -> None:
    meeting = office.meet()
    office.call("DELETE", f"{office.events}/{meeting['id']}")
    assert office.taro.events() == []
    for mailbox in (office.hanako, office.jiro):
        mine = copy(mailbox, meeting)
        assert (mine["isCancelled"], mine["subject"]) == (True, "Canceled: 打合せ")
        assert (mine["showAs"], mine["importance"]) == ("free", "high")
        mailbox.delete(mine["id"])
        assert mailbox.events() == []


def test_cancel_is_the_organizer_s_alone(office: Office) -> None:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    answer = office.act(office.hanako, mine, "cancel", {"comment": "x"})
    assert refusal(answer) == (400, "ErrorInvalidRequest")
    assert "You need to be an organizer to cancel a meeting." in answer.json()["error"]["message"]
    assert refusal(office.act(office.taro, meeting["id"], "cancel", {"reason": "x"})) == (
        400,
        "RequestBodyRead",
    )
    answer = office.act(office.taro, meeting["id"], "cancel", {"comment": "中止します"})
    assert (answer.status_code, answer.content) == (202, b"")
    assert office.taro.events() == []
    assert copy(office.hanako, meeting)["isCancelled"]
    assert refusal(office.act(office.taro, meeting["id"], "cancel")) == (404, "ErrorItemNotFound")


def test_letter_case_and_further_addresses_find_the_same_person(office: Office) -> None:
    ichiro = office.add("ichiro@example.com", "田中 一郎", aliases=["ichi@example.com", "Tanaka@Example.com"])
    meeting = office.meet("ICHIRO@Example.COM", "tanaka@example.com", "ichi@example.com")
    assert [each["emailAddress"]["address"] for each in meeting["attendees"]] == ["ICHIRO@Example.COM"]
    assert len(ichiro.events()) == 1
    assert office.mails() == [("invitation", "ICHIRO@Example.COM")]
    ichiro.accept(copy_id(ichiro, meeting))
    assert statuses(office.read(meeting["id"])) == {"ICHIRO@Example.COM": "accepted"}
    office.mails()
    office.change(meeting["id"], attendees=[attendee("ichi@example.com")])
    assert office.mails() == []
    assert statuses(office.read(meeting["id"])) == {"ichi@example.com": "accepted"}
    found = shown(office.get(f"/users/{ichiro.user.id}?$select=proxyAddresses"))["proxyAddresses"]
    assert found == ["SMTP:ichiro@example.com", "smtp:ichi@example.com", "smtp:Tanaka@Example.com"]


def test_a_mail_address_and_a_user_principal_name_are_one_person(office: Office) -> None:
    ichiro = office.add("i.tanaka@corp.example.com", "田中 一郎", mail="ichiro@example.com")
    for address in ("ichiro@example.com", "i.tanaka@corp.example.com"):
        assert has_copy(ichiro, office.meet(address))


def test_the_organizer_in_its_own_list_is_neither_mailed_nor_given_a_copy(office: Office) -> None:
    office.meet("Taro@example.com", HANAKO)
    assert len(office.taro.events()) == 1
    assert office.mails() == [("invitation", HANAKO)]


@pytest.mark.parametrize("state", [MailboxState.NONE, MailboxState.ON_PREMISES, MailboxState.PROVISIONING])
def test_people_without_a_mailbox_only_get_mail(office: Office, state: MailboxState) -> None:
    away = office.add("away@example.com", "留守", mailbox_state=state)
    meeting = office.meet("away@example.com", GUEST)
    assert office.mails() == [("invitation", "away@example.com"), ("invitation", GUEST)]
    assert away.events() == []
    office.change(meeting["id"], attendees=[])
    assert office.mails() == [("cancellation", "away@example.com"), ("cancellation", GUEST)]


def test_a_removed_person_is_somebody_outside(office: Office) -> None:
    office.tenant.remove_user(office.hanako.user.id)
    office.meet(HANAKO)
    assert office.mails() == [("invitation", HANAKO)]
    assert office.hanako.events() == []


def test_an_address_that_somebody_has_now_beats_one_that_somebody_else_had(office: Office) -> None:
    office.tenant.rename_user(office.hanako.user.id, "sato@example.com")
    new = office.add(HANAKO, "別の花子")
    meeting = office.meet(HANAKO)
    assert (has_copy(new, meeting), has_copy(office.hanako, meeting)) == (True, False)
    assert has_copy(office.hanako, office.meet("sato@example.com"))


def test_hidden_attendees_see_only_themselves(office: Office) -> None:
    meeting = office.meet(hideAttendees=True)
    assert set(statuses(copy(office.hanako, meeting))) == {HANAKO}
    assert set(statuses(copy(office.jiro, meeting))) == {JIRO}
    assert set(statuses(meeting)) == {HANAKO, JIRO}


def test_online_meeting_and_attachments_come_along(office: Office) -> None:
    meeting = office.meet(HANAKO, isOnlineMeeting=True, attachments=[{"name": "a.txt"}])
    mine = copy(office.hanako, meeting)
    assert (mine["isOnlineMeeting"], mine["onlineMeeting"]) == (True, meeting["onlineMeeting"])
    assert mine["body"] == meeting["body"]
    assert mine["hasAttachments"]


def test_extended_properties_stay_at_home(office: Office) -> None:
    office.meet(HANAKO, singleValueExtendedProperties=[{"id": PROPERTY, "value": "k"}])
    wanted = f"$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq 'k')"
    found = [
        shown(office.get(f"/users/{each.user.id}/events?{wanted}")) for each in (office.taro, office.hanako)
    ]
    assert [len(each["value"]) for each in found] == [1, 0]


def test_extended_properties_of_the_attendee_outlive_an_update(office: Office) -> None:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    office.patch(office.hanako, mine, singleValueExtendedProperties=[{"id": PROPERTY, "value": "hers"}])
    office.change(meeting["id"], subject="改題")
    expand = f"?$expand=singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    found = shown(office.get(f"/users/{office.hanako.user.id}/events/{mine}{expand}"))
    assert [each["value"] for each in found["singleValueExtendedProperties"]] == ["hers"]


def test_copies_appear_in_the_attendee_s_delta_and_answers_in_the_organizer_s(office: Office) -> None:
    _, hers = office.delta(office.hanako)
    meeting = office.meet(HANAKO)
    _, his = office.delta(office.taro)
    items, hers = office.delta(office.hanako, hers)
    assert [(each["iCalUId"], each["isOrganizer"]) for each in items] == [(meeting["iCalUId"], False)]
    office.hanako.accept(items[0]["id"])
    (mine,), his = office.delta(office.taro, his)
    assert statuses(mine) == {HANAKO: "accepted"}
    assert mine["@odata.etag"] != meeting["@odata.etag"]
    (answered,), hers = office.delta(office.hanako, hers)
    assert answered["responseStatus"]["response"] == "accepted"
    office.change(meeting["id"], subject="改題")
    assert [each["subject"] for each in office.delta(office.hanako, hers)[0]] == ["改題"]
    office.call("DELETE", f"{office.events}/{meeting['id']}")
    items, hers = office.delta(office.hanako, hers)
    assert [each["isCancelled"] for each in items] == [True]
    office.hanako.delete(items[0]["id"])
    assert [each["@removed"] for each in office.delta(office.hanako, hers)[0]] == [{"reason": "deleted"}]


def test_a_delayed_copy_is_on_its_way_until_the_clock_says_so() -> None:
    office = Office(attendee_copies_delay=30)
    meeting = office.meet(HANAKO)
    office.change(meeting["id"], subject="改題")
    assert office.mails() == [("invitation", HANAKO), ("update", HANAKO)]
    _, link = office.delta(office.hanako)
    office.clock.advance(timedelta(seconds=29))
    assert not has_copy(office.hanako, meeting)
    assert len(office.tenant.post) == 2
    office.clock.advance(timedelta(seconds=1))
    assert [each["subject"] for each in office.delta(office.hanako, link)[0]] == ["改題"]
    assert len(office.tenant.post) == 0


def test_a_cancellation_overtakes_nothing() -> None:
    office = Office(attendee_copies_delay=30)
    meeting = office.meet(HANAKO)
    office.call("DELETE", f"{office.events}/{meeting['id']}")
    assert office.hanako.events() == []
    office.clock.advance(timedelta(seconds=30))
    assert [each["isCancelled"] for each in office.hanako.events()] == [True]


@pytest.mark.parametrize("times", [1, 2])
def test_a_repeated_transaction_invites_once(office: Office, times: int) -> None:
    for _ in range(times):
        office.meet(HANAKO, transactionId="k")
    assert office.mails() == [("invitation", HANAKO)]
    assert len(office.hanako.events()) == 1


def test_a_refused_write_invites_nobody(office: Office) -> None:
    wrong: dict[str, Any] = {"attendees": [attendee(HANAKO)], "end": moment("2026-09-01T09:00:00")}
    assert office.try_create(**wrong).status_code == 400
    meeting = office.meet(HANAKO)
    office.mails()
    assert office.change(meeting["id"], {"If-Match": 'W/"old"'}, subject="x").status_code == 412
    assert office.mails() == []
    assert copy(office.hanako, meeting)["subject"] == "打合せ"


def test_two_meetings_in_one_batch_invite_like_two_requests(office: Office) -> None:
    body = timed(attendees=[attendee(HANAKO)])
    office.batch(item(1, "POST", office.events, body), item(2, "POST", office.events, body))
    assert len(office.hanako.events()) == 2
    assert len(office.tenant.outbox.steps()) == 2
