"""Who takes part in a record that Outlook cannot say, or whose person is away, is not lost by what Outlook says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sync.core.settings import Connection
from sync.engine.people import REMEMBERED
from sync.sandbox.faults import fail
from sync.sandbox.groupware import Kind
from tests.e2e.company import ROOM, Company, company, from_outside
from tests.e2e.office import problems
from tests.e2e.test_meetings import attendees

Json = dict[str, Any]


def with_a_department(office: Company, **more: Any) -> str:
    """Of 花子, a department with 太郎 and 三郎, 三郎 by himself and an outsider, with a facility; the event's id."""
    groupware = office.world.groupware
    department = groupware.add_organization("営業部")
    for user in (office.taro.user, office.saburo):
        groupware.change(Kind.USER, user, organizationIds=[department])
    return office.enter(
        office.hanako,
        participants=[
            {"userId": office.hanako.user},
            {"organizationId": department},
            {"userId": office.saburo},
            {"email": "guest@elsewhere.example"},
        ],
        facilities=[{"facilityId": office.facility}],
        **more,
    )


def who(record: Json) -> set[str]:
    return {p.get("userId") or p.get("organizationId") or p["email"] for p in record["participants"]}


WEEKLY = {"rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=4"}


@pytest.mark.parametrize("is_down_at_first", [False, True])
@pytest.mark.parametrize("more", [{}, {"recurrence": WEEKLY}], ids=["single", "series"])
def test_a_record_that_comes_back_after_its_delete_has_everybody_it_had(
    more: Json, is_down_at_first: bool
) -> None:
    """Deleted in the groupware and edited in Outlook: the edit wins (design.md 5), and nobody is lost by it."""
    with company() as office:
        event = with_a_department(office, **more)
        office.settle()
        assert attendees(office.one(office.hanako)) == sorted(["taro@example.com", ROOM])
        before = office.record(event)
        office.world.groupware.delete(event, by=office.hanako.user)
        office.box(office.hanako).edit(office.one(office.hanako)["id"], subject="改題")
        if is_down_at_first:
            office.world.groupware_faults.script("POST /v1/events", fail(503, "unavailable"), times=20)
            office.world.run(person=office.hanako)
            office.world.groupware_faults.clear_scripts()
        office.settle()
        (record,) = office.records()
        assert (record["title"], record["facilities"]) == ("改題", before["facilities"])
        assert who(record) == who(before)
        assert len(office.outlook(office.taro)) == 1
        assert office.mails("invitation") == 1
        office.assert_still()


def test_who_left_the_meeting_by_the_same_edit_does_not_come_back_with_the_record() -> None:
    with company() as office:
        event = office.enter(office.hanako, office.taro, office.jiro, office.saburo)
        office.settle()
        meeting = office.one(office.hanako)
        left = [a for a in meeting["attendees"] if a["emailAddress"]["address"] != "taro@example.com"]
        office.world.groupware.delete(event, by=office.hanako.user)
        office.box(office.hanako).edit(meeting["id"], attendees=left)
        office.settle()
        (record,) = office.records()
        assert who(record) == {office.hanako.user, office.jiro.user, office.saburo}
        office.assert_still()


# -- whose Connection is paused (design.md 4, law 8) --------------------------------------------------------------


@contextmanager
def aliases() -> Iterator[Company]:
    """Nobody's mail address in the groupware's directory is that of the mailbox (failures.md F92)."""
    with company() as office:
        for person, name in zip(office.everyone, ("hanako", "taro", "jiro"), strict=True):
            address = f"{name}@example.com"
            office.world.connections.update(person, email="", addresses=(address,))
            office.world.groupware.change(Kind.USER, person.user, email=f"{person.user}@profile.example")
        office.world.restart()
        yield office


def pause(office: Company, person: Connection) -> None:
    office.world.connections.update(person, enabled=False)
    office.world.clock.advance(REMEMBERED)


def resume(office: Company, person: Connection) -> None:
    office.world.connections.update(person, enabled=True)
    office.world.clock.advance(REMEMBERED)
    office.settle()


def go_on_without(office: Company, person: Connection) -> None:
    for _ in range(3):
        office.run(*(one for one in office.everyone if one != person))
        office.world.clock.advance(1200)


@pytest.mark.parametrize("paused", ["hanako", "taro", "jiro"])
@pytest.mark.parametrize("edit", ["none", "groupware", "guest's answer", "attendees"])
def test_a_meeting_of_which_somebody_is_paused_is_the_same_afterwards(paused: str, edit: str) -> None:
    with aliases() as office:
        person: Connection = getattr(office, paused)
        event = office.enter(*office.everyone)
        office.settle()
        pause(office, person)
        go_on_without(office, person)
        if edit == "groupware":
            office.change(event, title="改題")
        elif edit == "guest's answer":
            office.box(office.jiro).accept(office.one(office.jiro)["id"])
        elif edit == "attendees":
            office.box(office.hanako).edit(office.one(office.hanako)["id"], attendees=invited_too(office))
        go_on_without(office, person)
        resume(office, person)
        assert who(office.record(event)) >= {one.user for one in office.everyone}
        assert len(who(office.record(event))) == (4 if edit == "attendees" else 3)
        assert [len(office.outlook(one)) for one in office.everyone] == [1, 1, 1]
        assert len(office.records()) == 1
        assert office.mails("invitation") == (3 if edit == "attendees" else 2)
        assert office.mails("cancellation") == 0
        if edit == "groupware":
            assert {office.one(one)["subject"] for one in office.everyone} == {"改題"}
        if edit == "guest's answer":
            assert office.answers(event)[office.jiro.user] == "accepted"
        assert not any(problems(office.world, one) for one in office.everyone)
        office.assert_still()


def invited_too(office: Company) -> list[Json]:
    guest = {"type": "required", "emailAddress": {"address": "guest@elsewhere.example"}}
    return [*office.one(office.hanako)["attendees"], guest]


@pytest.mark.parametrize("is_organizer", [True, False])
def test_a_meeting_that_comes_while_somebody_is_paused_knows_that_one(is_organizer: bool) -> None:
    with aliases() as office:
        office.settle()
        person = office.hanako if is_organizer else office.taro
        pause(office, person)
        go_on_without(office, person)
        office.invite(office.hanako, "taro@example.com", "jiro@example.com")
        go_on_without(office, person)
        (record,) = office.records()
        assert who(record) == {one.user for one in office.everyone}
        resume(office, person)
        (record,) = office.records()
        assert who(record) == {one.user for one in office.everyone}
        assert [len(office.outlook(one)) for one in office.everyone] == [1, 1, 1]
        assert (office.mails("invitation"), office.mails()) == (2, 2)
        office.assert_still()


def test_an_outsider_s_meeting_goes_on_while_who_brought_it_in_is_paused() -> None:
    with aliases() as office:
        uid = from_outside(office)
        office.settle()
        pause(office, office.hanako)
        office.world.tenant.change_from_outside(uid, subject="改題")
        go_on_without(office, office.hanako)
        (record,) = office.records()
        assert record["title"] == "改題"
        resume(office, office.hanako)
        assert [r["id"] for r in office.records()] == [record["id"]]
        assert len(who(record)) == 3
        office.assert_still()
