"""Who takes part in a record that Outlook cannot say, or whose person is away, is not lost by what Outlook says."""

from __future__ import annotations

from typing import Any

import pytest

from sync.sandbox.faults import fail
from sync.sandbox.groupware import Kind
from tests.e2e.company import ROOM, Company, company
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
