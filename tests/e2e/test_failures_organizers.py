"""Organizers and owners of meetings: what users of other products report (failures.md 3, F46 to F56).

The number is the row there.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.e2e.company import BOSS, END, caused, company, from_outside, organizer, standing
from tests.e2e.office import AT, passed, problems

WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-18", "numberOfOccurrences": 4},
}


@pytest.mark.parametrize("editor", ["hanako", "taro", "saburo"])
@pytest.mark.parametrize("is_guest_first", [True, False])
def test_f46_f52_a_meeting_known_from_a_guest_can_be_edited_by_anyone(
    editor: str, is_guest_first: bool
) -> None:
    """Who edits in the groupware needs no right in Outlook: the organizer's pass writes, and mails once."""
    with company() as office:
        office.invite(office.hanako, "taro@example.com")
        office.run(*((office.taro, office.hanako) if is_guest_first else (office.hanako, office.taro)))
        office.settle()
        (record,) = office.records()
        user = office.saburo if editor == "saburo" else getattr(office, editor).user
        office.world.groupware.edit(record["id"], {"title": "改題"}, by=user)
        office.settle()
        assert [office.one(p)["subject"] for p in (office.hanako, office.taro)] == ["改題", "改題"]
        assert organizer(office.one(office.taro)) == "hanako@example.com"
        assert (caused(office), office.mails("update")) == (1, 1)
        assert len(office.records()) == 1
        office.assert_still()


def test_f46_f52_an_edit_of_a_meeting_from_outside_is_a_visible_problem_and_no_pile() -> None:
    with company() as office:
        uid = from_outside(office)
        office.settle()
        (record,) = office.records()
        office.change(record["id"], title="改題")
        office.settle()
        shown = [
            problem.code
            for person in (office.hanako, office.taro)
            for problem in problems(office.world, person).values()
        ]
        assert shown == ["meeting-of-others"]
        assert caused(office) == 0
        assert {office.one(p)["subject"] for p in (office.hanako, office.taro)} == {"社外の会議"}
        office.assert_still()
        office.world.tenant.change_from_outside(uid, location="本社")
        office.change(record["id"], title="社外の会議")
        office.settle()
        assert office.record(record["id"])["place"] == "本社", (
            "once the edit is taken back, the meeting goes on"
        )
        assert not problems(office.world, office.hanako)


@pytest.mark.parametrize("day", [date(2026, 11, 18), date(2026, 11, 25)], ids=["first date", "second date"])
def test_f47_f49_a_changed_date_of_an_outsider_s_series_leaves_it_the_outsider_s(day: date) -> None:
    with company() as office:
        uid = from_outside(office, recurrence=WEEKLY)
        office.settle()
        office.world.tenant.change_from_outside(uid, day, subject="特別な回")
        office.settle()
        (record,) = office.records()
        assert {p.get("email") for p in record["participants"]} >= {BOSS}
        for person in (office.hanako, office.taro):
            master = office.one(person)
            assert (organizer(master), master["isOrganizer"]) == (BOSS, False)
            dates = office.box(person).occurrences(master["id"], date(2026, 11, 1), date(2027, 1, 1))
            assert [e["subject"] for e in dates].count("特別な回") == 1
            assert {(organizer(e), e["isOrganizer"]) for e in dates} == {(BOSS, False)}
        assert len(record["recurrence"]["overrides"]) == 1
        assert caused(office) == 0
        office.assert_still()


def test_f49_a_changed_date_of_a_colleague_s_series_stays_the_colleague_s() -> None:
    with company() as office:
        meeting = office.invite(office.hanako, "taro@example.com", recurrence=WEEKLY)
        office.settle()
        box = office.box(office.hanako)
        box.edit(box.occurrence_id(meeting, date(2026, 11, 25)), subject="特別な回")
        before = office.mails()
        office.settle()
        (record,) = office.records()
        assert record["ownerId"] == office.hanako.user
        assert not office.one(office.taro)["isOrganizer"]
        assert (office.mails(), caused(office)) == (before, 0)
        office.assert_still()


@pytest.mark.parametrize("answer", ["accept", "tentatively_accept"])
def test_f50_accepting_an_invitation_clones_nothing_and_mails_the_answer_alone(answer: str) -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.settle()
        outbox = office.world.tenant.outbox
        outbox.clear()
        getattr(office.box(office.taro), answer)(office.one(office.taro)["id"])
        office.settle()
        assert [(mail.kind, mail.to) for mail in outbox.mails()] == [("response", "hanako@example.com")]
        assert [organizer(office.one(person)) for person in office.everyone] == ["hanako@example.com"] * 3
        assert [record["id"] for record in office.records()] == [event]
        assert office.answers(event)[office.taro.user] in ("accepted", "tentative")
        office.assert_still()


def test_f50_accepting_an_outsider_s_invitation_clones_nothing() -> None:
    with company() as office:
        from_outside(office)
        office.settle()
        office.box(office.hanako).accept(office.one(office.hanako)["id"])
        office.settle()
        assert len(office.records()) == 1
        assert [len(office.outlook(person)) for person in office.everyone] == [1, 1, 0]
        assert organizer(office.one(office.hanako)) == BOSS
        assert (caused(office), office.mails("invitation")) == (0, 2)
        office.assert_still()


def test_f53_an_organizer_whom_nobody_knows_stops_nobody_s_pass() -> None:
    with company() as office:
        from_outside(office, "hanako@example.com")
        office.box(office.hanako).create(subject="自分の予定", start=AT, end=END)
        office.enter(office.hanako, title="グループウェアの予定")
        passed(office.world, office.hanako)
        assert {r["title"] for r in office.records()} == {"社外の会議", "自分の予定", "グループウェアの予定"}
        assert len(office.outlook(office.hanako)) == 3
        assert caused(office) == 0
        office.assert_still()


def test_f53_an_organizer_who_is_a_colleague_without_link_stops_nobody_s_pass() -> None:
    with company() as office:
        office.world.tenant.add_user("saburo@example.com", "三郎")
        box = office.world.tenant.mailbox("saburo@example.com")
        box.invite(["hanako@example.com", "taro@example.com"], subject="三郎の会議", start=AT, end=END)
        office.settle()
        (record,) = office.records()
        assert set(office.answers(record["id"])) == {office.hanako.user, office.taro.user, office.saburo}
        assert {organizer(office.one(p)) for p in (office.hanako, office.taro)} == {"saburo@example.com"}
        assert caused(office) == 0
        office.assert_still()


def test_f55_a_new_owner_of_the_record_keeps_the_meeting() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.settle()
        before = office.one(office.hanako)
        sent = office.mails()
        office.change(event, ownerId=office.taro.user)
        office.settle()
        assert office.record(event)["ownerId"] == office.taro.user
        assert [office.one(p)["iCalUId"] for p in office.everyone] == [before["iCalUId"]] * 3
        assert office.mails() == sent
        office.assert_still()
        office.change(event, title="改題")
        office.settle()
        assert [office.one(p)["subject"] for p in office.everyone] == ["改題"] * 3
        assert office.mails() - sent == office.mails("update") == 2


def test_f55_a_new_owner_who_takes_the_old_one_s_place_holds_the_only_meeting() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.jiro)
        office.settle()
        people = [{"userId": office.taro.user}, {"userId": office.jiro.user}]
        office.change(event, ownerId=office.taro.user, participants=people)
        office.settle()
        office.settle()
        assert [len(standing(office, p)) for p in office.everyone] == [0, 1, 1]
        (meeting,) = standing(office, office.jiro)
        assert [record["id"] for record in office.records()] == [event]
        assert {organizer(meeting), organizer(standing(office, office.taro)[0])} <= {
            "taro@example.com",
            "jiro@example.com",
        }
        assert office.mails("cancellation") == 1
        assert office.mails("invitation") == 2
        office.assert_still()


def test_f56_the_owner_changed_before_the_first_sync_is_the_organizer() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.change(event, ownerId=office.taro.user)
        office.settle()
        assert [organizer(office.one(p)) for p in office.everyone] == ["taro@example.com"] * 3
        assert [record["id"] for record in office.records()] == [event]
        assert (office.mails("invitation"), office.mails()) == (2, 2)
        office.assert_still()
