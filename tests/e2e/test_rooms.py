"""Rooms that decline: the event arrives all the same, and says who has the room; asked once, and never a loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sync.core.link import Problem
from sync.core.messages import Language, remedy, sentence
from sync.core.settings import Connection
from sync.sandbox.faults import Effect, Kind
from tests.e2e.company import END, ROOM, Company, company
from tests.e2e.office import AT, FOREVER

VIEW = "/users/{user}/calendarView"


def problem_of(office: Company, person: Connection | None = None) -> Problem | None:
    found = [one.problem for one in office.world.links.load(person or office.hanako)[0] if one.problem]
    assert len(found) <= 1
    return found[0] if found else None


def told(office: Company) -> tuple[str, Mapping[str, str]]:
    """Code and detail of the one problem, without the digest of what was asked."""
    problem = problem_of(office)
    assert problem is not None
    assert sentence(problem.code, problem.detail, Language.JA).count("?") == 0
    assert remedy(problem.code, Language.EN)
    return problem.code, {name: text for name, text in problem.detail.items() if name != "asked"}


def questions(office: Company) -> int:
    """How often a room's calendar was asked for: nothing else of ours reads a calendarView without delta."""
    return office.world.tenant.requests.count("GET", VIEW)


def taken(
    office: Company, start: str = AT, end: str = END, name: str = "saburo", room: str = ROOM, **more: Any
) -> None:
    """Somebody has the room already: 三郎, who is not synced, or a person whom only Microsoft 365 knows."""
    tenant, upn = office.world.tenant, f"{name}@example.com"
    if tenant.find_user(upn) is None:
        tenant.add_user(upn, name.capitalize())
    tenant.mailbox(upn).invite([], rooms=[room], subject="先約", start=start, end=end, **more)


def booked(office: Company, **more: Any) -> str:
    return office.enter(office.hanako, office.taro, facilities=[{"facilityId": office.facility}], **more)


def another_room(office: Company, **knobs: Any) -> str:
    facility = office.world.groupware.add_facility("第二会議室")
    office.world.tenant.add_room("第二会議室", "room2@example.com", **knobs)
    office.world.facilities.link("default", facility, "room2@example.com")
    office.world.restart()
    return str(facility)


def test_a_conflict_names_who_has_the_room_and_since_when() -> None:
    with company() as office:
        taken(office, start="2026-11-18T09:30:00")
        booked(office)
        office.settle()
        assert told(office) == (
            "room-taken",
            {"facility": "第一会議室", "owner": "三郎", "start": "2026-11-18 09:30"},
        )
        assert len(office.outlook(office.hanako)) == len(office.outlook(office.taro)) == 1


def test_somebody_who_is_not_in_the_groupware_is_named_as_outlook_does() -> None:
    with company() as office:
        taken(office, name="mary")
        booked(office)
        office.settle()
        assert told(office)[1]["owner"] == "Mary"


def test_the_room_is_asked_once_and_not_again_while_nothing_moves() -> None:
    with company() as office:
        taken(office)
        booked(office)
        office.settle()
        assert questions(office) == 1
        writes = office.world.writes()
        for _ in range(3):
            office.world.clock.advance(24 * 3600)
            office.run()
            office.run()
        assert (questions(office), office.world.writes()) == (1, writes)
        assert told(office)[0] == "room-taken"
        before = office.world.tenant.requests.total
        office.run(office.hanako)
        assert office.world.tenant.requests.total == before + 1, "an idle pass costs more than its delta"


def test_a_booking_that_is_too_long_says_that_nobody_has_the_room() -> None:
    with company() as office:
        facility = another_room(office, MaximumDurationInMinutes=30)
        office.enter(office.hanako, facilities=[{"facilityId": facility}])
        office.settle()
        assert told(office) == ("room-refused", {"facility": "第二会議室"})
        assert questions(office) == 1


def test_a_booking_beyond_the_room_s_window_says_that_nobody_has_it() -> None:
    with company() as office:
        facility = another_room(office, BookingWindowInDays=1)
        office.enter(office.hanako, facilities=[{"facilityId": facility}])
        office.settle()
        assert told(office)[0] == "room-refused"


def test_a_room_outside_the_access_policy_leaves_the_name_unknown() -> None:
    with company() as office:
        (application,) = office.world.tenant.applications.values()
        application.mailboxes = frozenset(one.mailbox for one in office.everyone)
        taken(office)
        booked(office)
        office.settle()
        assert told(office) == ("room-declined", {"facility": "第一会議室"})
        assert (questions(office), office.world.tenant.requests.count("GET", VIEW, 403)) == (1, 1)
        office.settle()
        assert questions(office) == 1


def test_a_room_that_cannot_be_asked_now_is_asked_by_the_next_try() -> None:
    with company() as office:
        office.world.faults.script(f"GET {VIEW}", Effect(Kind.FAIL), FOREVER)
        taken(office)
        booked(office)
        office.settle()
        assert told(office) == ("room-declined", {"facility": "第一会議室"})
        asked = questions(office)
        assert asked
        office.world.faults.clear_scripts()
        office.world.clock.advance(24 * 3600)
        office.settle()
        assert told(office)[0] == "room-taken"
        assert questions(office) == asked + 1


def test_what_the_room_keeps_private_is_not_told() -> None:
    with company() as office:
        facility = another_room(office, RemovePrivateProperty=False)
        taken(office, room="room2@example.com", sensitivity="private")
        office.enter(office.hanako, facilities=[{"facilityId": facility}])
        office.settle()
        assert told(office) == ("room-occupied", {"facility": "第二会議室", "start": "2026-11-18 10:00"})


def test_of_a_series_the_first_date_in_the_window_that_collides_is_told() -> None:
    with company() as office:
        taken(office, start="2026-11-25T10:30:00", end="2026-11-25T11:30:00")
        taken(office, start="2026-11-18T13:00:00", end="2026-11-18T14:00:00")
        booked(office, recurrence={"rrule": "FREQ=DAILY;COUNT=8"})
        office.settle()
        assert told(office) == (
            "room-taken",
            {"facility": "第一会議室", "owner": "三郎", "start": "2026-11-25 10:30"},
        )
        assert questions(office) == 1


def test_a_series_whose_conflict_may_lie_outside_the_window_is_not_blamed_on_the_rules() -> None:
    with company() as office:
        taken(office, start="2026-12-30T10:00:00", end="2026-12-30T11:00:00")
        booked(office, recurrence={"rrule": "FREQ=WEEKLY;COUNT=8"})
        office.settle()
        assert told(office)[0] == "room-declined"


def test_another_time_that_is_taken_as_well_is_asked_for_again() -> None:
    with company() as office:
        taken(office)
        taken(office, start="2026-11-19T10:00:00", end="2026-11-19T11:00:00", name="mary")
        event = booked(office)
        office.settle()
        assert told(office)[1]["owner"] == "三郎"
        office.change(event, start="2026-11-19T10:00:00")
        office.settle()
        assert told(office)[1]["owner"] == "Mary"
        assert questions(office) == 2


def test_the_problem_is_over_when_the_room_accepts() -> None:
    with company() as office:
        taken(office)
        event = booked(office)
        office.settle()
        assert told(office)[0] == "room-taken"
        office.change(event, start="2026-11-19T10:00:00")
        office.settle()
        assert problem_of(office) is None
        office.assert_still()


def test_the_problem_is_over_when_another_room_is_taken() -> None:
    with company() as office:
        facility = another_room(office)
        taken(office)
        event = booked(office)
        office.settle()
        assert told(office)[0] == "room-taken"
        office.change(event, facilities=[{"facilityId": facility}])
        office.settle()
        assert problem_of(office) is None
        assert questions(office) == 1
        office.assert_still()


@pytest.mark.parametrize("changes", [{"subject": "改題"}, {"location": "支社"}])
def test_an_edit_in_outlook_meanwhile_hides_no_declined_room(changes: dict[str, Any]) -> None:
    with company() as office:
        taken(office)
        event = booked(office)
        office.run(office.hanako)
        office.box(office.hanako).edit(office.one(office.hanako)["id"], **changes)
        office.settle()
        office.settle()
        assert told(office)[0] == "room-taken"
        assert office.record(event)["title"] == changes.get("subject", "打合せ")
        writes = office.world.writes()
        office.settle()
        assert office.world.writes() == writes


def test_a_room_that_declines_what_was_entered_in_outlook() -> None:
    with company() as office:
        taken(office)
        office.box(office.hanako).invite(
            ["taro@example.com"], rooms=[ROOM], subject="会議", start=AT, end=END
        )
        office.settle()
        office.settle()
        records = [one for one in office.records() if one["title"] == "会議"]
        assert len(records) == 1
        problem = problem_of(office)
        assert problem is not None
        assert problem.detail["owner"] == "三郎"


def test_a_room_that_had_declined_before_both_events_were_linked() -> None:
    with company() as office:
        taken(office)
        office.box(office.hanako).invite([], rooms=[ROOM], subject="打合せ", start=AT, end=END)
        office.world.tenant.post.deliver()
        office.enter(office.hanako)
        office.settle()
        assert len(office.records()) == len(office.outlook(office.hanako)) == 1
        assert told(office)[0] == "room-taken"
