"""Events that several people share where the groupware is CalDAV: everybody has a copy, each pass carries over its
own, and nobody gets a mail because of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.caldav_company import CaldavCompany, address

MEETING = (
    "SUMMARY:打合せ",
    "ORGANIZER;CN=花子:mailto:hanako@example.com",
    "ATTENDEE;CN=花子;PARTSTAT=ACCEPTED:mailto:hanako@example.com",
    "ATTENDEE;CN=太郎;PARTSTAT=NEEDS-ACTION:mailto:taro@example.com",
    "ATTENDEE;CN=Guest:mailto:guest@example.org",
)


@pytest.fixture
def company(tmp_path: Path) -> CaldavCompany:
    return CaldavCompany(tmp_path)


def test_an_own_event_goes_both_ways(company: CaldavCompany) -> None:
    company.enter("hanako", "a", "SUMMARY:グループウェアから")
    company.box("taro").create(subject="Outlookから", start="2026-11-18T10:00:00", end="2026-11-18T11:00:00")
    company.settle()
    assert [event["subject"] for event in company.outlook("hanako")] == ["グループウェアから"]
    assert [seen.event.title for seen in company.seen("taro")] == ["Outlookから"]
    company.assert_still()


def test_every_copy_of_a_meeting_in_the_groupware_becomes_its_owner_s_event(company: CaldavCompany) -> None:
    """The server gave 太郎 a copy; an invitation by Outlook would be a second one."""
    company.enter("hanako", "m", *MEETING)
    company.enter("taro", "m", *MEETING)
    company.settle()
    for user, other in (("hanako", "太郎"), ("taro", "花子")):
        (event,) = company.outlook(user)
        assert event["subject"] == "打合せ"
        assert event["attendees"] == []
        assert other in event["body"]["content"]
    assert company.mails() == 0
    company.assert_still()


def test_a_meeting_of_outlook_stands_in_everybody_s_calendar_once(company: CaldavCompany) -> None:
    company.invite("hanako", address("taro"), "guest@example.org")
    mails = company.mails()
    for order in (("taro",), ("hanako",), ("taro",)):
        company.run(*order)
    company.settle()
    for user in ("hanako", "taro"):
        (text,) = company.texts(user).values()
        assert "SUMMARY:会議" in text
        # Whoever has it in the own calendar takes part without being named.
        assert user == "taro" or "mailto:taro@example.com" in text
        assert "mailto:guest@example.org" in text
    assert company.mails() == mails, "only Outlook invites"
    (hers,), (his,) = company.seen("hanako"), company.seen("taro")
    assert hers.uid == his.uid
    assert hers.event.owner == his.event.owner == "hanako"
    company.assert_still()


def test_nobody_whom_we_add_is_invited_by_the_server_too(company: CaldavCompany) -> None:
    company.invite("hanako", address("taro"))
    company.settle()
    (text,) = company.texts("hanako").values()
    attendees = [line for line in text.splitlines() if line.startswith("ATTENDEE") and "taro" in line]
    assert attendees
    assert all("SCHEDULE-AGENT=CLIENT" in line for line in attendees)


def test_what_the_organizer_changes_reaches_everybody_and_an_answer_stays_in_the_own_copy(
    company: CaldavCompany,
) -> None:
    meeting = company.invite("hanako", address("taro"))
    company.settle()
    company.box("hanako").edit(meeting, subject="改題")
    (copy,) = company.outlook("taro")
    company.box("taro").accept(copy["id"])
    company.settle()
    assert [seen.event.title for user in ("hanako", "taro") for seen in company.seen(user)] == ["改題"] * 2
    (his,) = company.seen("taro")
    assert {p.user: p.response for p in his.event.participants}["taro"] == "accepted"
    company.assert_still()


def test_an_edit_of_a_copy_that_is_not_the_organizer_s_is_a_problem_to_be_seen(
    company: CaldavCompany,
) -> None:
    company.invite("hanako", address("taro"))
    company.settle()
    (name,) = company.texts("taro")
    stored = company.calendars["taro"].read([name])[name]
    assert stored is not None
    company.calendars["taro"].replace(stored, stored.text.replace("SUMMARY:会議", "SUMMARY:自分の題"))
    before = company.mails()
    (record,) = company.run("taro")
    assert "meeting-of-others" in str(record.report)
    assert company.mails() == before
    assert [event["subject"] for event in company.outlook("hanako")] == ["会議"]


@pytest.mark.parametrize("who", ["hanako", "taro"])
def test_who_deletes_a_copy_in_outlook_loses_the_own_copy(company: CaldavCompany, who: str) -> None:
    company.enter("hanako", "m", *MEETING)
    company.enter("taro", "m", *MEETING)
    company.settle()
    (event,) = company.outlook(who)
    company.box(who).delete(event["id"])
    company.settle()
    assert {user: len(company.texts(user)) for user in ("hanako", "taro")} == {
        "hanako": 0 if who == "hanako" else 1,
        "taro": 0 if who == "taro" else 1,
    }
    company.assert_still()


def test_a_meeting_that_the_organizer_cancels_goes_everywhere(company: CaldavCompany) -> None:
    meeting = company.invite("hanako", address("taro"))
    company.settle()
    company.box("hanako").delete(meeting)
    company.settle()
    assert company.texts("hanako") == {}
    assert company.texts("taro") == {}
    company.assert_still()


def test_a_meeting_of_somebody_outside_names_its_organizer(company: CaldavCompany) -> None:
    uid = company.tenant.invite_from_outside(
        "boss@elsewhere.example",
        [address("hanako"), address("taro")],
        subject="社外の会議",
        start="2026-11-18T10:00:00",
        end="2026-11-18T11:00:00",
    )
    company.settle()
    for user in ("hanako", "taro"):
        (text,) = company.texts(user).values()
        (organizer,) = [line for line in text.splitlines() if line.startswith("ORGANIZER")]
        assert organizer.endswith(":mailto:boss@elsewhere.example")
    company.assert_still()
    company.tenant.cancel_from_outside(uid)
    company.settle()
    assert company.texts("hanako") == company.texts("taro") == {}
