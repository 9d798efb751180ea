"""Rooms that decline: the event arrives all the same, and says who has the room; asked once, and never a loop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from sync.core.link import Problem
from sync.core.messages import Language, remedy, sentence
from sync.core.settings import Connection
from sync.sandbox.faults import Effect, Kind
from tests.e2e.company import END, ROOM, Company, company
from tests.e2e.office import AT, FOREVER

VIEW = "/users/{user}/calendarView"
ROOM2 = "room2@example.com"
WEEKLY = {"rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=5"}
DAY, LATER = "2026-11-25", "2026-12-02"


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


def lenient_room(office: Company) -> str:
    """A facility whose room accepts a series without the dates on which it is taken."""
    return another_room(office, MaximumConflictInstances=5, ConflictPercentageAllowed=100)


def weekly(office: Company, facility: str = "", **more: Any) -> str:
    """Five Wednesdays of 花子 and 太郎, with the room if one is named."""
    booking = [{"facilityId": facility}] if facility else []
    return office.enter(office.hanako, office.taro, facilities=booking, recurrence=WEEKLY, **more)


def on_date(office: Company, event: str, day: str, **changes: Any) -> None:
    office.world.groupware.edit_occurrence(event, day, changes, by=office.hanako.user)


def booked(office: Company, **more: Any) -> str:
    return office.enter(office.hanako, office.taro, facilities=[{"facilityId": office.facility}], **more)


def another_room(office: Company, **knobs: Any) -> str:
    facility = office.world.groupware.add_facility("第二会議室")
    office.world.tenant.add_room("第二会議室", ROOM2, **knobs)
    office.world.facilities.link("default", facility, ROOM2)
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
            office.world.clock.advance(12 * 3600)
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
        taken(office, room=ROOM2, sensitivity="private")
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


def test_an_event_that_is_over_has_no_problem_any_more() -> None:
    with company() as office:
        taken(office)
        booked(office)
        office.settle()
        assert told(office)[0] == "room-taken"
        office.world.clock.advance(3 * 24 * 3600)
        office.settle()
        assert problem_of(office) is None
        office.assert_still()


# -- single dates of a series -------------------------------------------------------------------------------------


def test_a_room_that_accepts_a_series_without_one_date_names_that_date_and_who_has_it() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:30:00", end=f"{DAY}T11:30:00", room=ROOM2)
        event = weekly(office, facility)
        office.settle()
        assert told(office) == (
            "room-dates-taken",
            {"facility": "第二会議室", "date": DAY, "owner": "三郎 (2026-11-25 10:30)"},
        )
        assert office.record(event)["recurrence"]["overrides"] == {}
        assert len(office.outlook(office.hanako)) == len(office.outlook(office.taro)) == 1
        assert questions(office) == 1


def test_a_date_with_a_room_of_its_own_names_who_has_that_one() -> None:
    with company() as office:
        taken(office, start=f"{DAY}T09:30:00", end=f"{DAY}T10:30:00")
        event = weekly(office)
        office.settle()
        assert problem_of(office) is None
        on_date(office, event, DAY, facilities=[{"facilityId": office.facility}])
        office.settle()
        assert told(office) == (
            "room-dates-taken",
            {"facility": "第一会議室", "date": DAY, "owner": "三郎 (2026-11-25 09:30)"},
        )


def test_each_date_that_was_declined_is_told_with_who_has_it() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{LATER}T10:00:00", end=f"{LATER}T11:00:00", room=ROOM2, name="mary")
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        weekly(office, facility)
        office.settle()
        code, detail = told(office)
        assert (code, detail["date"]) == ("room-dates-taken", f"{DAY}, {LATER}")
        assert detail["owner"] == f"三郎 ({DAY} 10:00), Mary ({LATER} 10:00)"
        assert questions(office) == 1


def test_a_date_beyond_the_window_is_told_as_well() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start="2026-12-16T10:00:00", end="2026-12-16T11:00:00", room=ROOM2)
        weekly(office, facility)
        office.settle()
        assert told(office)[1]["date"] == "2026-12-16"
        assert told(office)[1]["owner"] == "三郎 (2026-12-16 10:00)"


def test_a_declined_date_asks_once_and_writes_nothing_while_nothing_moves() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        weekly(office, facility)
        office.settle()
        writes = office.world.writes()
        for _ in range(3):
            office.world.clock.advance(24 * 3600)
            office.run()
            office.run()
        assert (questions(office), office.world.writes()) == (1, writes)
        assert told(office)[0] == "room-dates-taken"
        before = office.world.tenant.requests.total
        office.run(office.hanako)
        assert office.world.tenant.requests.total == before + 1, "an idle pass costs more than its delta"


def test_a_guest_s_answer_for_the_date_asks_nobody_again() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        event = weekly(office, facility)
        office.settle()
        box = office.box(office.taro)
        day = box.occurrence_id(office.one(office.taro)["id"], date.fromisoformat(DAY))
        box.accept(day)
        office.settle()
        listed = office.record(event)["recurrence"]["overrides"][f"{DAY}T10:00:00"]["participants"]
        assert {one["userId"]: one["response"] for one in listed}[office.taro.user] == "accepted"
        assert told(office)[0] == "room-dates-taken"
        assert questions(office) == 1
        office.assert_still()


ELSEWHERE: list[dict[str, Any]] = [{"start": f"{DAY}T15:00:00"}, {"facilities": []}]


@pytest.mark.parametrize("own_room", [False, True])
@pytest.mark.parametrize("changes", ELSEWHERE)
def test_the_problem_of_a_date_is_over_when_the_room_accepts_or_is_not_wanted(
    changes: dict[str, Any], own_room: bool
) -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        event = weekly(office, "" if own_room else facility)
        if own_room:
            on_date(office, event, DAY, facilities=[{"facilityId": facility}])
        office.settle()
        assert told(office)[0] == "room-dates-taken"
        on_date(office, event, DAY, **changes)
        office.settle()
        assert problem_of(office) is None
        assert questions(office) == 1
        office.assert_still()


def test_the_problem_of_a_date_is_over_when_it_takes_another_room() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        event = weekly(office, facility)
        office.settle()
        on_date(office, event, DAY, facilities=[{"facilityId": office.facility}])
        office.settle()
        assert problem_of(office) is None
        office.assert_still()


def test_the_problem_of_a_date_is_over_when_the_date_is_cancelled() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        event = weekly(office, facility)
        office.settle()
        office.world.groupware.delete_occurrence(event, DAY, by=office.hanako.user)
        office.settle()
        assert problem_of(office) is None
        office.assert_still()


def test_the_problem_of_a_date_is_over_when_the_date_is() -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        weekly(office, facility)
        office.settle()
        assert told(office)[0] == "room-dates-taken"
        office.world.clock.advance(10 * 24 * 3600)
        office.settle()
        assert problem_of(office) is None
        assert questions(office) == 1
        office.assert_still()


@pytest.mark.parametrize("of_date", [False, True])
def test_an_edit_in_outlook_meanwhile_hides_no_declined_date(of_date: bool) -> None:
    with company() as office:
        facility = lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        event = weekly(office, facility)
        office.run(office.hanako)
        box, series = office.box(office.hanako), office.one(office.hanako)["id"]
        box.edit(box.occurrence_id(series, date.fromisoformat(DAY)) if of_date else series, subject="改題")
        office.settle()
        office.settle()
        record = office.record(event)
        shown = record["recurrence"]["overrides"][f"{DAY}T10:00:00"] if of_date else record
        assert shown["title"] == "改題"
        assert told(office)[1]["owner"] == f"三郎 ({DAY} 10:00)"
        office.assert_still()


def test_a_date_of_what_was_entered_in_outlook() -> None:
    with company() as office:
        lenient_room(office)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"]}
        span = {"type": "numbered", "numberOfOccurrences": 5, "startDate": "2026-11-18"}
        office.invite(
            office.hanako, "taro@example.com", rooms=[ROOM2], recurrence={"pattern": pattern, "range": span}
        )
        office.settle()
        office.settle()
        assert len(office.records()) == 1
        assert told(office)[1]["date"] == DAY
        office.assert_still()


def test_a_date_longer_than_the_room_takes_says_that_nobody_has_the_room() -> None:
    with company() as office:
        facility = another_room(office, MaximumDurationInMinutes=90)
        event = weekly(office, facility)
        office.settle()
        assert problem_of(office) is None
        on_date(office, event, DAY, duration="PT3H")
        office.settle()
        assert told(office) == ("room-dates-refused", {"facility": "第二会議室", "date": DAY})


def test_a_date_whose_room_may_not_be_read_leaves_the_name_unknown() -> None:
    with company() as office:
        facility = lenient_room(office)
        (application,) = office.world.tenant.applications.values()
        application.mailboxes = frozenset(one.mailbox for one in office.everyone)
        taken(office, start=f"{DAY}T10:00:00", end=f"{DAY}T11:00:00", room=ROOM2)
        weekly(office, facility)
        office.settle()
        assert told(office) == ("room-dates-declined", {"facility": "第二会議室", "date": DAY})
        office.settle()
        assert questions(office) == 1
