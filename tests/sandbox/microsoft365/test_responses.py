"""What attendees do with their copies: answer, propose, delete, edit (sections 6.1 and 6.5 of the reference)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.sandbox.microsoft365.switches import AttendeePatch
from tests.sandbox.microsoft365.office import (
    DAILY,
    HANAKO,
    JIRO,
    SECOND,
    THIRD,
    Office,
    attendee,
    copy,
    copy_id,
    has_copy,
    statuses,
)
from tests.sandbox.microsoft365.world import TOKYO, Json, moment, refusal, shown

NOON = "2026-09-01T12:00:00Z"
SLOT = {"start": moment("2026-09-11T10:00:00"), "end": moment("2026-09-11T11:00:00")}


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize(
    ("action", "response", "show_as"),
    [("accept", "accepted", "oof"), ("tentativelyAccept", "tentativelyAccepted", "tentative")],
)
def test_an_answer_shows_in_the_copy_and_at_the_organizer(
    office: Office, action: str, response: str, show_as: str
) -> None:
    meeting = office.meet(showAs="oof")
    before = copy(office.hanako, meeting)
    answer = office.act(office.hanako, before["id"], action, {"comment": "はい"})
    assert (answer.status_code, answer.content) == (202, b"")
    mine = copy(office.hanako, meeting)
    assert mine["responseStatus"] == {"response": response, "time": NOON}
    assert (mine["showAs"], mine["id"]) == (show_as, before["id"])
    assert mine["@odata.etag"] != before["@odata.etag"]
    organized = office.read(meeting["id"])
    assert organized["attendees"][0]["status"] == {"response": response, "time": NOON}
    assert statuses(organized)[JIRO] == "none"
    assert organized["@odata.etag"] != meeting["@odata.etag"]
    assert statuses(copy(office.jiro, meeting)) == {HANAKO: "none", JIRO: "none"}


def test_decline_moves_the_copy_away_and_tells_the_organizer(office: Office) -> None:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    assert office.act(office.hanako, mine, "decline").status_code == 202
    assert office.hanako.events() == []
    assert refusal(office.act(office.hanako, mine, "accept")) == (404, "ErrorItemNotFound")
    assert statuses(office.read(meeting["id"])) == {HANAKO: "declined"}


def test_an_answer_can_be_changed(office: Office) -> None:
    meeting = office.meet(HANAKO)
    for act, response in (
        (office.hanako.tentatively_accept, "tentativelyAccepted"),
        (office.hanako.accept, "accepted"),
    ):
        act(copy_id(office.hanako, meeting))
        assert statuses(office.read(meeting["id"])) == {HANAKO: response}
    assert copy(office.hanako, meeting)["showAs"] == "busy"


def test_accepting_shows_what_the_organizer_means_now(office: Office) -> None:
    meeting = office.meet(HANAKO)
    office.change(meeting["id"], showAs="workingElsewhere", subject="改題")
    office.hanako.accept(copy_id(office.hanako, meeting))
    assert copy(office.hanako, meeting)["showAs"] == "workingElsewhere"


def test_the_answer_of_somebody_who_is_not_invited_any_more_changes_nothing() -> None:
    office = Office(cancelled_can_be_answered=True)
    meeting, series = office.meet(), office.meet(recurrence=DAILY)
    office.change(meeting["id"], attendees=[attendee(JIRO)])
    second = office.taro.occurrence_id(series["id"], SECOND)
    office.change(second, attendees=[attendee(JIRO)])
    before = office.read(meeting["id"]), office.taro.series(series["id"])
    office.hanako.accept(copy_id(office.hanako, meeting))
    mine = copy_id(office.hanako, series)
    office.hanako.accept(office.hanako.occurrence_id(mine, SECOND))
    assert (office.read(meeting["id"]), office.taro.series(series["id"])) == before
    office.change(series["id"], attendees=[attendee(JIRO)])
    before = office.read(meeting["id"]), office.taro.series(series["id"])
    office.hanako.accept(office.hanako.occurrence_id(mine, THIRD))
    assert (office.read(meeting["id"]), office.taro.series(series["id"])) == before


def test_deleting_a_cancelled_copy_tells_nobody_whatever_the_switch_says() -> None:
    office = Office(delete_tells_organizer=True)
    meeting = office.meet(HANAKO)
    office.taro.cancel(meeting["id"])
    office.mails()
    office.hanako.delete(copy_id(office.hanako, meeting))
    assert office.mails() == []


def test_the_names_of_an_action_are_taken_in_any_letter_case(office: Office) -> None:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    assert (
        office.act(office.hanako, mine, "ACCEPT", {"Comment": "x", "SendResponse": True}).status_code == 202
    )
    assert statuses(office.read(meeting["id"])) == {HANAKO: "accepted"}


def test_without_a_response_the_organizer_knows_nothing(office: Office) -> None:
    meeting = office.meet(HANAKO)
    office.mails()
    mine = copy_id(office.hanako, meeting)
    assert office.act(office.hanako, mine, "accept", {"sendResponse": False}).status_code == 202
    assert copy(office.hanako, meeting)["responseStatus"]["response"] == "accepted"
    organized = office.read(meeting["id"])
    assert statuses(organized) == {HANAKO: "none"}
    assert organized["@odata.etag"] == meeting["@odata.etag"]
    assert office.mails() == []


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("accept", {"proposedNewTime": SLOT}, "RequestBodyRead"),
        ("accept", {"sendResponse": "yes"}, "RequestBodyRead"),
        ("accept", {"comment": 1}, "RequestBodyRead"),
        ("decline", {"unknown": True}, "RequestBodyRead"),
        ("decline", {"proposedNewTime": "tomorrow"}, "RequestBodyRead"),
        ("decline", {"proposedNewTime": SLOT, "sendResponse": False}, "ErrorInvalidParameter"),
        ("accept", {"comment": "x", "sendResponse": False}, "ErrorInvalidParameter"),
        ("tentativelyAccept", {"proposedNewTime": {"start": SLOT["start"]}}, "RequestBodyRead"),
        (
            "tentativelyAccept",
            {"proposedNewTime": {"start": SLOT["end"], "end": SLOT["start"]}},
            "ErrorPropertyValidationFailure",
        ),
        (
            "tentativelyAccept",
            {"proposedNewTime": {**SLOT, "end": moment("2026-09-11T11:00:00", "Mars")}},
            "TimeZoneNotSupportedException",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(office: Office, action: str, body: Json, code: str) -> None:
    meeting = office.meet(HANAKO)
    office.mails()
    before = copy(office.hanako, meeting)
    assert refusal(office.act(office.hanako, before["id"], action, body)) == (400, code)
    assert copy(office.hanako, meeting) == before
    assert office.mails() == []


@pytest.mark.parametrize("action", ["accept", "tentativelyAccept", "decline"])
def test_the_organizer_cannot_answer(office: Office, action: str) -> None:
    answer = office.act(office.taro, office.meet(HANAKO)["id"], action)
    assert refusal(answer) == (400, "ErrorInvalidRequest")
    assert "you're the meeting organizer" in answer.json()["error"]["message"]


def test_a_time_is_proposed_only_where_that_is_allowed(office: Office) -> None:
    meeting = office.meet(HANAKO, allowNewTimeProposals=False)
    mine = copy_id(office.hanako, meeting)
    answer = office.act(office.hanako, mine, "decline", {"proposedNewTime": SLOT})
    assert refusal(answer) == (400, "ErrorInvalidRequest")
    office.change(meeting["id"], allowNewTimeProposals=True)
    assert office.act(office.hanako, mine, "decline", {"proposedNewTime": SLOT}).status_code == 202
    (guest,) = office.read(meeting["id"])["attendees"]
    assert guest["status"]["response"] == "declined"
    assert guest["proposedNewTime"] == {
        "start": {"dateTime": "2026-09-11T01:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-09-11T02:00:00.0000000", "timeZone": "UTC"},
    }
    kept = shown(office.change(meeting["id"], attendees=[attendee(HANAKO)]))["attendees"]
    assert kept == [guest]


def test_a_person_proposes_and_takes_it_back_with_the_next_answer(office: Office) -> None:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    office.hanako.tentatively_accept(mine, propose=("2026-09-11T10:00", "2026-09-11T11:00"), time_zone=TOKYO)
    assert "proposedNewTime" in office.read(meeting["id"])["attendees"][0]
    office.hanako.accept(mine)
    assert "proposedNewTime" not in office.read(meeting["id"])["attendees"][0]


def test_an_answer_that_nobody_asked_for_is_refused_unless_it_is_not_sent(office: Office) -> None:
    meeting = office.meet(HANAKO, responseRequested=False)
    mine = copy_id(office.hanako, meeting)
    answer = office.act(office.hanako, mine, "accept")
    assert refusal(answer) == (400, "ErrorInvalidRequest")
    assert "hasn't requested a response" in answer.json()["error"]["message"]
    assert office.act(office.hanako, mine, "accept", {"sendResponse": False}).status_code == 202


def test_delete_by_an_attendee_is_its_own_affair(office: Office) -> None:
    meeting = office.meet()
    office.mails()
    mine = copy_id(office.hanako, meeting)
    assert office.call("DELETE", f"/users/{office.hanako.user.id}/events/{mine}").status_code == 204
    assert office.hanako.events() == []
    assert office.read(meeting["id"]) == meeting
    assert has_copy(office.jiro, meeting)
    assert office.mails() == []


@pytest.mark.parametrize("leave", ["decline", "delete"])
def test_an_update_brings_a_removed_copy_back_unanswered(office: Office, leave: str) -> None:
    meeting = office.meet(HANAKO)
    first = copy_id(office.hanako, meeting)
    getattr(office.hanako, leave)(first)
    office.change(meeting["id"], subject="改題")
    back = copy(office.hanako, meeting)
    assert (back["subject"], back["responseStatus"]["response"]) == ("改題", "notResponded")
    assert back["id"] != first


@pytest.mark.parametrize("leave", ["decline", "delete"])
def test_an_invitation_brings_it_back_even_where_updates_do_not(leave: str) -> None:
    office = Office(update_revives_removed_copy=False)
    meeting = office.meet(HANAKO)
    getattr(office.hanako, leave)(copy_id(office.hanako, meeting))
    office.change(meeting["id"], attendees=[])
    office.change(meeting["id"], attendees=[attendee(HANAKO)])
    assert has_copy(office.hanako, meeting)


def test_a_local_edit_mails_nobody_and_reaches_nobody(office: Office) -> None:
    meeting = office.meet()
    office.mails()
    mine = copy_id(office.hanako, meeting)
    assert office.patch(office.hanako, mine, subject="花子の題", attendees=[]).status_code == 200
    assert copy(office.hanako, meeting)["subject"] == "花子の題"
    assert office.read(meeting["id"]) == meeting
    assert copy(office.jiro, meeting)["subject"] == "打合せ"
    assert office.mails() == []


@pytest.mark.parametrize("rule", [AttendeePatch.DENIED, AttendeePatch.REFUSED])
def test_reminders_of_a_copy_can_always_be_written(rule: AttendeePatch) -> None:
    office = Office(attendee_patch=rule)
    mine = copy_id(office.hanako, office.meet(HANAKO))
    assert office.patch(office.hanako, mine, isReminderOn=False, showAs="busy").status_code == 200
    assert office.patch(office.hanako, mine, subject="x").status_code in (400, 403)


def test_an_answer_to_a_meeting_that_is_gone_changes_nothing() -> None:
    office = Office(attendee_copies_delay=30)
    meeting = office.meet(HANAKO)
    office.clock.advance(timedelta(seconds=30))
    mine = copy_id(office.hanako, meeting)
    office.call("DELETE", f"{office.events}/{meeting['id']}")
    assert office.act(office.hanako, mine, "accept").status_code == 202
    assert office.taro.events() == []
