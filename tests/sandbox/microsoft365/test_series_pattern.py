"""The pattern of a series and writes to its master: sections 3.1 to 3.4 of the reference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.microsoft365.recurring import (
    FIRST,
    cancel,
    daily,
    days,
    expanded,
    instances,
    make_series,
    move,
    move_to,
    on,
    weekly,
)
from tests.sandbox.microsoft365.world import TOKYO, World, all_day, moment, refusal, shown

Json = dict[str, Any]
BERLIN = "W. Europe Standard Time"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def marked(world: World) -> Json:
    """A series with one exception, on 17 September, and one cancelled date, 24 September."""
    master = make_series(world)
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    cancel(world, master["id"], "2026-09-24")
    return master


def marks(world: World, master: Json) -> tuple[list[str], list[str]]:
    """Original dates of the exceptions, and the cancelled ones."""
    read = expanded(world, master["id"])
    exceptions = [each["occurrenceId"][-10:] for each in read["exceptionOccurrences"]]
    return exceptions, [each[-10:] for each in read["cancelledOccurrences"]]


MARKS = (["2026-09-17"], ["2026-09-24"])
LATER = {"start": moment(f"{FIRST}T13:00:00"), "end": moment(f"{FIRST}T14:00:00")}


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "改題"},
        {"body": {"contentType": "html", "content": "<p>a</p>"}, "location": {"displayName": "A"}},
        {"showAs": "free", "sensitivity": "private", "categories": ["社外"], "isReminderOn": False},
        {"start": moment(f"{FIRST}T10:00:00"), "end": moment(f"{FIRST}T11:00:00")},
        {"start": moment(f"{FIRST}T01:00:00", "UTC"), "end": moment(f"{FIRST}T02:00:00", "UTC")},
        {"recurrence": weekly()},
    ],
)
def test_a_master_patch_that_leaves_the_pattern_keeps_exceptions(
    world: World, marked: Json, changes: Json
) -> None:
    before = days(world, marked["id"])
    assert world.change(marked["id"], **changes).status_code == 200
    assert marks(world, marked) == MARKS
    assert days(world, marked["id"]) == before


@pytest.mark.parametrize(
    "changes",
    [
        LATER,
        {"end": moment(f"{FIRST}T11:30:00")},
        {"recurrence": weekly(5)},
        {"recurrence": daily()},
        {**LATER, "recurrence": weekly()},
        {"isAllDay": True, "start": moment(f"{FIRST}T00:00:00"), "end": moment("2026-09-11T00:00:00")},
    ],
)
def test_a_master_patch_of_pattern_or_times_drops_them(world: World, marked: Json, changes: Json) -> None:
    occurrence = on(world, marked["id"], "2026-09-17")["id"]
    assert world.change(marked["id"], **changes).status_code == 200
    assert marks(world, marked) == ([], [])
    assert {each["type"] for each in instances(world, marked["id"])} == {"occurrence"}
    if changes.get("recurrence") != daily():
        assert world.read(occurrence)["subject"] == "打合せ"
        assert on(world, marked["id"], "2026-09-24")["subject"] == "打合せ"


def test_what_was_dropped_can_be_written_again(world: World, marked: Json) -> None:
    world.change(marked["id"], **LATER)
    world.change(on(world, marked["id"], "2026-09-17")["id"], subject="別件")
    cancel(world, marked["id"], "2026-09-24")
    assert marks(world, marked) == MARKS
    assert days(world, marked["id"]) == [f"2026-{day}T04:00" for day in ("09-10", "09-17", "10-01")]


def test_a_refused_master_patch_changes_nothing(world: World, marked: Json) -> None:
    before = world.mailbox.snapshot()
    refused: list[Json] = [
        {"subject": "x", "recurrence": weekly(0)},
        {"subject": "x", "recurrence": weekly(4, "2026-09-11")},
        {"subject": "x", "end": moment(f"{FIRST}T09:00:00")},
        {"subject": "x", "recurrence": {"pattern": {"type": "hourly", "interval": 1}}},
    ]
    for changes in refused:
        assert world.change(marked["id"], **changes).status_code == 400
    assert world.mailbox.snapshot() == before


def test_a_series_without_recurrence_is_a_single_event_on_its_first_date(world: World, marked: Json) -> None:
    occurrence = on(world, marked["id"], "2026-09-17")["id"]
    single = shown(world.change(marked["id"], recurrence=None))
    assert (single["id"], single["type"], single["recurrence"]) == (marked["id"], "singleInstance", None)
    assert single["start"] == marked["start"]
    assert refusal(world.get(f"{world.events}/{occurrence}")) == (404, "ErrorItemNotFound")
    again = shown(world.change(marked["id"], recurrence=weekly()))
    assert again["type"] == "seriesMaster"
    assert marks(world, marked) == ([], [])


def test_exceptions_never_outlive_their_series() -> None:
    world = World(pattern_change_drops_exceptions=False)
    master = make_series(world)
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    cancel(world, master["id"], "2026-09-24")
    for recurrence in (None, weekly()):
        assert world.change(master["id"], recurrence=recurrence).status_code == 200
    assert marks(world, master) == ([], [])


def test_a_single_event_becomes_a_series_with_the_same_id(world: World) -> None:
    event = world.create()
    master = shown(world.change(event["id"], recurrence=weekly(3)))
    assert (master["id"], master["type"]) == (event["id"], "seriesMaster")
    assert len(instances(world, event["id"])) == 3


def test_a_master_that_moves_takes_its_range_along(world: World) -> None:
    master = make_series(world)
    moved = shown(move(world, master["id"], "2026-09-17T10:00:00", "2026-09-17T11:00:00"))
    assert moved["recurrence"]["range"]["startDate"] == "2026-09-17"
    assert days(world, master["id"])[0] == "2026-09-17T01:00"


def test_a_master_that_moves_past_the_end_of_its_range_is_refused(world: World) -> None:
    span = {"type": "endDate", "startDate": FIRST, "endDate": "2026-09-30"}
    master = make_series(world, weekly() | {"range": span})
    answer = move(world, master["id"], "2026-10-01T10:00:00", "2026-10-01T11:00:00")
    assert refusal(answer) == (400, "ErrorPropertyValidationFailure")


def test_a_start_that_the_pattern_does_not_hit_moves_to_the_first_date_it_hits(world: World) -> None:
    master = make_series(world, weekly(3, day="monday"))
    assert master["start"]["dateTime"] == "2026-09-14T01:00:00.0000000"
    assert master["recurrence"]["range"]["startDate"] == "2026-09-14"
    assert days(world, master["id"]) == [f"2026-09-{day}T01:00" for day in (14, 21, 28)]


def test_a_pattern_that_hits_nothing_is_refused(world: World) -> None:
    never = {
        "pattern": {"type": "absoluteYearly", "interval": 1, "month": 9, "dayOfMonth": 31},
        "range": {"type": "endDate", "startDate": FIRST, "endDate": "2026-09-12"},
    }
    assert refusal(world.try_create(recurrence=never)) == (400, "ErrorPropertyValidationFailure")
    assert world.mailbox.events() == []


@pytest.mark.parametrize(
    ("until", "accepted"), [("2026-09-11T10:00:00", True), ("2026-09-11T10:01:00", False)]
)
def test_occurrences_may_touch_but_not_overlap(world: World, until: str, accepted: bool) -> None:
    answer = world.try_create(end=moment(until), recurrence=daily())
    assert (answer.status_code == 201) is accepted
    if not accepted:
        assert refusal(answer) == (400, "ErrorOccurrenceTimeSpanTooBig")
    assert world.try_create(end=moment(until), recurrence=weekly()).status_code == 201


def test_all_day_occurrences_may_touch(world: World) -> None:
    for until, status in (("2026-09-12", 201), ("2026-09-13", 400)):
        every_other_day = daily() | {"pattern": {"type": "daily", "interval": 2}}
        body = all_day(FIRST, until, recurrence=every_other_day)
        assert world.call("POST", world.events, body).status_code == status


def test_a_series_keeps_its_wall_time_when_the_clocks_change(world: World) -> None:
    # Berlin goes back to winter time on 25 October 2026.
    master = make_series(
        world,
        weekly(3, "2026-10-15"),
        start=moment("2026-10-15T10:00:00", BERLIN),
        end=moment("2026-10-15T11:00:00", BERLIN),
    )
    assert days(world, master["id"]) == ["2026-10-15T08:00", "2026-10-22T08:00", "2026-10-29T09:00"]
    last = on(world, master["id"], "2026-10-29")
    assert (last["originalStart"], last["end"]["dateTime"][:16]) == (
        "2026-10-29T09:00:00Z",
        "2026-10-29T10:00",
    )


def test_all_day_dates_float_when_the_clocks_change_and_their_instants_do_not(world: World) -> None:
    body = all_day("2026-10-22", "2026-10-24", BERLIN, recurrence=weekly(2, "2026-10-22"))
    master = shown(world.call("POST", world.events, body))
    found = instances(world, master["id"])
    assert [(each["start"]["dateTime"][:13], each["end"]["dateTime"][:13]) for each in found] == [
        ("2026-10-22T00", "2026-10-24T00"),
        ("2026-10-29T00", "2026-10-31T00"),
    ]
    assert [each["originalStart"] for each in found] == ["2026-10-21T22:00:00Z", "2026-10-28T23:00:00Z"]


def test_all_day_dates_are_those_of_the_event_whatever_the_recurrence_zone(world: World) -> None:
    span = weekly(2, "2026-10-22", recurrenceTimeZone=TOKYO)
    master = shown(
        world.call("POST", world.events, all_day("2026-10-22", "2026-10-23", BERLIN, recurrence=span))
    )
    found = instances(world, master["id"])
    assert [each["occurrenceId"][-5:] for each in found] == ["10-22", "10-29"]
    assert [each["start"]["dateTime"][:16] for each in found] == ["2026-10-22T00:00", "2026-10-29T00:00"]


def test_a_series_that_turns_all_day_recurs_in_the_zone_of_its_dates(world: World) -> None:
    master = make_series(world)
    whole = {"start": moment(f"{FIRST}T00:00:00", BERLIN), "end": moment("2026-09-11T00:00:00", BERLIN)}
    changed = shown(world.change(master["id"], isAllDay=True, **whole))
    assert changed["recurrence"]["range"]["recurrenceTimeZone"] == BERLIN
    assert on(world, master["id"], "2026-09-17")["start"]["dateTime"][:10] == "2026-09-17"
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    same = {"start": moment(f"{FIRST}T00:00:00"), "end": moment("2026-09-11T00:00:00")}
    assert world.change(master["id"], **same).status_code == 200
    assert marks(world, master) == (["2026-09-17"], [])


@pytest.mark.parametrize("zone", ["UTC", TOKYO])
def test_dates_and_wall_times_are_those_of_the_recurrence_zone(world: World, zone: str) -> None:
    """A start in UTC, a range in the zone where people live: 23:30 on the 14th there is 21:30 in UTC, or the 15th."""
    begin = {"UTC": ("2026-10-14T21:30:00", "2026-10-14T22:30:00")}.get(
        zone, ("2026-10-15T06:30:00", "2026-10-15T07:30:00")
    )
    start, end = (moment(text, zone) for text in begin)
    span = weekly(3, "2026-10-14", "wednesday", recurrenceTimeZone=BERLIN)
    master = make_series(world, span, start=start, end=end)
    assert days(world, master["id"]) == ["2026-10-14T21:30", "2026-10-21T21:30", "2026-10-28T22:30"]
    assert [each["occurrenceId"][-2:] for each in instances(world, master["id"])] == ["14", "21", "28"]
    assert master["originalStartTimeZone"] == zone
    assert world.try_create(start=start, end=end, recurrence=weekly(3, "2026-10-15")).status_code == (
        201 if zone == TOKYO else 400
    )


def test_an_edit_in_another_zone_leaves_a_series_in_its_own(world: World) -> None:
    master = make_series(world)
    early = {"start": moment("2026-09-09T23:00:00", "UTC"), "end": moment("2026-09-10T00:00:00", "UTC")}
    changed = shown(world.change(master["id"], **early))
    assert changed["recurrence"] == master["recurrence"]
    assert days(world, master["id"])[:2] == ["2026-09-09T23:00", "2026-09-16T23:00"]
    assert on(world, master["id"], "2026-09-17")["start"]["dateTime"][:13] == "2026-09-16T23"


def test_moving_one_date_leaves_the_master_where_it_is(world: World) -> None:
    master = make_series(world)
    assert move_to(world, master["id"], FIRST, "2026-09-12").status_code == 200
    read = world.read(master["id"])
    assert (read["start"], read["recurrence"]) == (master["start"], master["recurrence"])


def test_meetings_mail_for_single_dates_too(world: World) -> None:
    person = {"type": "required", "emailAddress": {"address": "guest@example.org"}}
    master = make_series(world, attendees=[person])
    world.tenant.outbox.clear()
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    assert [(mail.kind, mail.to, mail.subject) for mail in world.tenant.outbox.mails()] == [
        ("update", "guest@example.org", "別件")
    ]


def test_where_exceptions_survive_a_new_pattern_those_off_it_are_lost() -> None:
    world = World(pattern_change_drops_exceptions=False)
    master = make_series(world)
    for day in ("2026-09-17", "2026-10-01"):
        world.change(on(world, master["id"], day)["id"], subject="別件")
    cancel(world, master["id"], "2026-09-24")
    world.change(master["id"], recurrence=weekly(3))
    assert marks(world, master) == MARKS
    world.change(master["id"], recurrence=daily(2))
    assert marks(world, master) == ([], [])
    assert len(instances(world, master["id"])) == 2


def test_where_exceptions_survive_a_new_hour_only_moved_ones_keep_their_own() -> None:
    world = World(pattern_change_drops_exceptions=False)
    master = make_series(world)
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    move_to(world, master["id"], "2026-09-24", "2026-09-25")
    world.change(master["id"], **LATER)
    assert days(world, master["id"]) == [
        "2026-09-10T04:00",
        "2026-09-17T04:00",
        "2026-09-25T01:00",
        "2026-10-01T04:00",
    ]


def test_a_date_that_is_deleted_twice_can_be_204() -> None:
    world = World(delete_again_404=False)
    master = make_series(world)
    occurrence = on(world, master["id"], "2026-09-17")["id"]
    for _ in range(2):
        assert world.call("DELETE", f"{world.events}/{occurrence}").status_code == 204


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            {"type": "daily", "interval": 3},
            ["09-10", "09-13", "09-16"],
        ),
        (
            {
                "type": "weekly",
                "interval": 2,
                "daysOfWeek": ["tuesday", "thursday"],
                "firstDayOfWeek": "sunday",
            },
            ["09-10", "09-22", "09-24"],
        ),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 10},
            ["09-10", "10-10", "11-10"],
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["thursday"], "index": "second"},
            ["09-10", "10-08", "11-12"],
        ),
        (
            {
                "type": "relativeMonthly",
                "interval": 1,
                "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "index": "last",
            },
            ["09-30", "10-30", "11-30"],
        ),
        (
            {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 10, "month": 9},
            ["09-10"],
        ),
        (
            {
                "type": "relativeYearly",
                "interval": 1,
                "daysOfWeek": ["thursday"],
                "index": "second",
                "month": 9,
            },
            ["09-10"],
        ),
    ],
    ids=lambda each: str(each["type"]) if isinstance(each, dict) else "",
)
def test_every_kind_of_pattern_has_its_dates(world: World, pattern: Json, expected: list[str]) -> None:
    span = {"type": "numbered", "startDate": FIRST, "numberOfOccurrences": 3}
    master = make_series(world, {"pattern": pattern, "range": span})
    assert [each["occurrenceId"][-5:] for each in instances(world, master["id"])] == expected


@pytest.mark.parametrize(
    ("span", "number"),
    [
        ({"type": "endDate", "endDate": "2026-10-01"}, 4),
        ({"type": "endDate", "endDate": "2026-09-30"}, 3),
        ({"type": "numbered", "numberOfOccurrences": 2}, 2),
        ({"type": "noEnd"}, 14),
    ],
)
def test_a_range_ends_where_it_says(world: World, span: Json, number: int) -> None:
    recurrence = weekly() | {"range": {"startDate": FIRST, **span}}
    assert len(instances(world, make_series(world, recurrence)["id"])) == number
