"""The rooms of a Plan are asked once for each thing that can be known; nothing that fails stops anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sync.core.action import Action, Kind, Plan
from sync.core.change import Seen
from sync.core.event import Booking, Override, Recurrence
from sync.core.link import Complaint, Link, Problem, key_of
from sync.core.people import People
from sync.core.rooms import RoomBooking
from sync.core.write import Verb, Write
from sync.engine.rooms import MOST_QUESTIONS, RoomReasons
from sync.errors import TryLater
from tests.core.samples import NOW, G, O, meeting, rules, seen
from tests.fakes import MemoryRooms

ROOM = "room@x.test"
RULES = rules(people=People(rooms={"r": ROOM}, facility_names={"r": "会議室"}))
TAKEN = RoomBooking(
    datetime(2026, 11, 24, 1, tzinfo=UTC), datetime(2026, 11, 24, 2, tzinfo=UTC), "佐藤", "s@x.test"
)


def outlook(number: int = 0) -> Seen:
    return seen(O, meeting(facilities=(Booking("r", "rejected"),)), f"o{number}")


def parked(number: int = 0, problem: Problem | None = None) -> Action:
    link = Link(key_of(O, f"o{number}"), problem=problem)
    detail = {"facility": "会議室"}
    shown = {O: outlook(number)}
    return Action(Kind.PARK, "room-declined", link, shown, detail=detail, side=O, declined={"r": ()})


def remembered(action: Action) -> Problem:
    return Problem(action.reason, action.detail, O, NOW, 1, NOW)


def rooms() -> MemoryRooms:
    found = MemoryRooms()
    found.bookings_of[ROOM] = [TAKEN]
    return found


def test_a_plan_without_declined_rooms_is_left_alone() -> None:
    plan = Plan((replace(parked(), declined={}),))
    asked = rooms()
    assert RoomReasons(lambda _: asked, "default", RULES).told(plan) is plan
    assert asked.operations == 0


def test_who_has_the_room_is_asked_once() -> None:
    asked = rooms()
    (first,) = RoomReasons(lambda _: asked, "default", RULES).told(Plan((parked(),))).actions
    assert (first.reason, first.detail["owner"]) == ("room-taken", "佐藤")
    (second,) = (
        RoomReasons(lambda _: asked, "default", RULES)
        .told(Plan((parked(problem=remembered(first)),)))
        .actions
    )
    assert (second.reason, second.detail) == (first.reason, first.detail)
    assert asked.operations == 1


def test_a_room_outside_the_access_policy_is_not_asked_again() -> None:
    asked = MemoryRooms()
    (first,) = RoomReasons(lambda _: asked, "default", RULES).told(Plan((parked(),))).actions
    assert first.reason == "room-declined"
    RoomReasons(lambda _: asked, "default", RULES).told(Plan((parked(problem=remembered(first)),)))
    assert asked.operations == 1


def test_a_room_that_cannot_be_asked_now_is_asked_again() -> None:
    asked = rooms()
    asked.failure = TryLater("graph-throttled", retry_after=600)
    (first,) = RoomReasons(lambda _: asked, "default", RULES).told(Plan((parked(),))).actions
    assert (first.reason, first.detail) == ("room-declined", {"facility": "会議室"})
    (second,) = (
        RoomReasons(lambda _: asked, "default", RULES)
        .told(Plan((parked(problem=remembered(first)),)))
        .actions
    )
    assert second.reason == "room-taken"


def test_a_date_that_was_declined_is_asked_for_by_itself() -> None:
    rule = Recurrence("FREQ=WEEKLY;BYDAY=TU;COUNT=3")
    date_of = Override(date(2026, 12, 1), meeting(day=24, facilities=(Booking("r", "rejected"),)))
    series = meeting(facilities=(Booking("r"),), recurrence=replace(rule, overrides=(date_of,)))
    first = parked()
    action = replace(first, seen={O: seen(O, series)}, declined={"r": (date(2026, 12, 1),)})
    asked = rooms()
    (told,) = RoomReasons(lambda _: asked, "default", RULES).told(Plan((action,))).actions
    assert (told.reason, told.detail["owner"]) == ("room-dates-taken", "佐藤 (2026-11-24 10:00)")
    again = replace(action, link=replace(action.link, problem=remembered(told)))
    assert (
        RoomReasons(lambda _: asked, "default", RULES).told(Plan((again,))).actions[0].detail == told.detail
    )
    assert asked.operations == 1


def test_after_one_failure_the_pass_asks_no_more() -> None:
    asked = rooms()
    asked.failure = TryLater("graph-timeout")
    found = RoomReasons(lambda _: asked, "default", RULES).told(Plan((parked(1), parked(2))))
    assert [one.reason for one in found.actions] == ["room-declined", "room-declined"]
    assert asked.operations == 1


def test_one_pass_asks_so_many_rooms_and_leaves_the_rest_to_the_next() -> None:
    asked = rooms()
    plan = Plan(tuple(parked(number) for number in range(MOST_QUESTIONS + 5)))
    found = RoomReasons(lambda _: asked, "default", RULES).told(plan)
    assert asked.operations == MOST_QUESTIONS
    assert [one.reason for one in found.actions].count("room-declined") == 5
    left = tuple(parked(n, remembered(a)) for n, a in enumerate(found.actions))
    after = RoomReasons(lambda _: asked, "default", RULES).told(Plan(left))
    assert {one.reason for one in after.actions} == {"room-taken"}
    assert asked.operations == MOST_QUESTIONS + 5


def test_what_is_written_meanwhile_asks_nobody_and_keeps_what_is_known() -> None:
    asked = rooms()
    (known,) = RoomReasons(lambda _: asked, "default", RULES).told(Plan((parked(),))).actions
    write = Write("k", Verb.UPDATE, "g1", "1", meeting())
    plain = Complaint("room-declined", {"facility": "会議室"})
    update = replace(parked(), kind=Kind.UPDATE, reason="edited", writes={G: write}, complaint=plain)
    (first,) = RoomReasons(lambda _: asked, "default", RULES).told(Plan((update,))).actions
    assert (first.reason, first.complaint) == ("edited", plain)
    again = replace(update, link=replace(update.link, problem=remembered(known)))
    (second,) = RoomReasons(lambda _: asked, "default", RULES).told(Plan((again,))).actions
    assert second.complaint == Complaint("room-taken", known.detail)
    assert asked.operations == 1
