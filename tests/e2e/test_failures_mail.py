"""Mail: what users of other products report (failures.md 3, F37 to F44; the number is the row there).

F37 of events that Outlook holds already as appointments, and F44 from the groupware's side: `test_meetings`.
F38 of one person: `test_failures_content`. Mails are counted apart by who caused them: people or our requests.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from tests.e2e.company import END, Company, caused, company, from_outside, organizer
from tests.e2e.office import AT
from tests.fakes import MemoryCursors, MemoryLinks, MemoryMeetings


def forget_everything(office: Company) -> None:
    """What we store is gone, as after a restore from a backup that did not hold it."""
    world = office.world
    world.links, world.cursors, world.meetings = MemoryLinks(), MemoryCursors(), MemoryMeetings()
    world.restart()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_f37_meetings_that_both_systems_hold_are_adopted_in_silence(order: tuple[int, ...]) -> None:
    """Past ones too: they stand as one meeting in Outlook, and as one record in the groupware."""
    with company() as office:
        for day in ("2026-11-10", "2026-11-12", "2026-11-18", "2026-11-19"):
            start, end = f"{day}T10:00:00", f"{day}T11:00:00"
            office.enter(office.hanako, office.taro, office.jiro, title=f"定例 {day}", start=start)
            guests = ("taro@example.com", "jiro@example.com")
            office.invite(office.hanako, *guests, subject=f"定例 {day}", start=start, end=end)
        office.run(*(office.everyone[i] for i in order))
        office.settle()
        assert caused(office) == 0
        assert [len(office.outlook(person)) for person in office.everyone] == [4, 4, 4]
        assert len(office.records()) == 4
        office.assert_still()


def test_f38_a_restart_after_weeks_sends_nothing_for_meetings() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro)
        office.invite(office.taro, "jiro@example.com", subject="太郎の会議")
        office.settle()
        sent = len(office.world.tenant.outbox)
        office.world.clock.advance(timedelta(days=10))
        office.world.groupware.touch(event, by=office.saburo)
        for person in office.everyone:
            for shown in office.outlook(person):
                office.box(person).bump(shown["id"])
            office.world.tenant.expire_sync_state(person.mailbox)
        office.world.groupware.expire_cursors()
        office.world.restart()
        before = office.world.writes()
        office.settle()
        assert office.world.writes() == before
        assert len(office.world.tenant.outbox) == sent


@pytest.mark.parametrize("first", ["groupware", "Outlook"])
def test_f40_a_meeting_entered_in_both_systems_invites_once(first: str) -> None:
    with company() as office:
        if first == "groupware":
            office.enter(office.hanako, office.taro, office.jiro, title="会議")
            office.invite(office.hanako, "taro@example.com", "jiro@example.com")
        else:
            office.invite(office.hanako, "taro@example.com", "jiro@example.com")
            office.enter(office.hanako, office.taro, office.jiro, title="会議")
        office.settle()
        assert (office.mails("invitation"), office.mails()) == (2, 2)
        assert caused(office) == 0
        assert len(office.records()) == 1
        assert [len(office.outlook(person)) for person in office.everyone] == [1, 1, 1]
        office.assert_still()


@pytest.mark.parametrize("is_second_calendar", [True, False])
def test_f41_a_copy_of_a_colleague_s_invitation_stays_a_copy(is_second_calendar: bool) -> None:
    """Outlook copies without the attendees; in the calendar that is synced it is an appointment of one's own."""
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro, memo="議題")
        office.settle()
        box = office.box(office.taro)
        calendar = box.add_calendar("写し").id if is_second_calendar else None
        body = office.one(office.taro)["body"]
        box.create(calendar=calendar, subject="打合せ", start=AT, end=END, body=body)
        sent = len(office.world.tenant.outbox)
        office.settle()
        assert len(office.world.tenant.outbox) == sent
        assert organizer(office.one(office.hanako)) == "hanako@example.com"
        assert len(office.outlook(office.jiro)) == 1
        assert office.record(event)["ownerId"] == office.hanako.user
        assert set(office.answers(event)) == {person.user for person in office.everyone}
        others = [record for record in office.records() if record["id"] != event]
        assert len(others) == (0 if is_second_calendar else 1)
        for record in others:
            assert [p.get("userId") for p in record["participants"]] == [office.taro.user]
        office.assert_still()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_f43_after_a_restore_nobody_is_invited_again(order: tuple[int, ...]) -> None:
    """Graph mails for every attendee it is given: meetings have to be recognised and not created."""
    with company() as office:
        office.enter(office.hanako, office.taro, office.jiro)
        office.enter(office.taro, office.jiro, title="太郎の会議")
        office.invite(office.jiro, "hanako@example.com", subject="次郎の会議")
        from_outside(office)
        office.settle()
        sent, shown = len(office.world.tenant.outbox), [len(office.outlook(p)) for p in office.everyone]
        forget_everything(office)
        office.run(*(office.everyone[i] for i in order))
        office.settle()
        assert len(office.world.tenant.outbox) == sent
        assert [len(office.outlook(p)) for p in office.everyone] == shown
        assert len(office.records()) == 4
        office.assert_still()


def test_f44_the_mail_for_an_added_participant_goes_to_nobody_else() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        outbox = office.world.tenant.outbox
        outbox.clear()
        office.change(event, participants=[{"userId": p.user} for p in office.everyone])
        office.settle()
        assert [(mail.kind, mail.to) for mail in outbox.mails()] == [("invitation", "jiro@example.com")]
        office.assert_still()


def test_f44_an_attendee_added_in_outlook_is_mailed_by_outlook_alone() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        before, found = caused(office), office.one(office.hanako)
        added = {"type": "required", "emailAddress": {"address": "jiro@example.com"}}
        office.box(office.hanako).edit(found["id"], attendees=[*found["attendees"], added])
        office.settle()
        assert set(office.answers(event)) == {person.user for person in office.everyone}
        assert office.world.tenant.outbox.count("invitation", to="jiro@example.com") == 1
        assert caused(office) == before
        office.assert_still()
