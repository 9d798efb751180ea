"""What is sent for a series, how often, and that it comes out right wherever it is cut off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.mapping import TypeTable
from sync.adapters.graph.steps import aim, cannot_return, steps
from sync.core.change import Seen
from sync.core.event import AllDay, Event, Field, Form, Override, Recurrence, Reminder
from sync.core.fingerprint import digests
from sync.core.parts import occurrence_parts, with_parts
from sync.core.recurrence import normalised, occurrence_of, rule_days
from sync.errors import CannotSync, Gone, Moved, NeedsAdministrator, SyncError, TryLater
from sync.ports import Outcome, Write
from sync.sandbox import faults
from sync.sandbox.faults import Effect, Faults
from sync.sandbox.microsoft365 import Switches
from tests.adapters.graph.canned import Json, batch_of
from tests.adapters.graph.simulated import World, make_world
from tests.adapters.graph.test_series_reading import exception, master
from tests.adapters.graph.test_writes import JOINED, Wire, answer, open_calendar
from tests.contract.calendar import create, made, seen, timed, written
from tests.contract.series import (
    FRIDAY,
    NEXT_WEDNESDAY,
    RULE,
    WEDNESDAY,
    at,
    changed,
    create_series,
    override,
    plan,
    series,
    the_same,
)
from tests.contract.test_graph import GraphStage

DAY = timedelta(days=1)


def rich() -> Event:
    """A series with a cancelled date, a changed one and a moved one."""
    plain = series(exdates=(date(2026, 9, 16),))
    assert plain.recurrence is not None
    ones = (
        override(plain, NEXT_WEDNESDAY, title="特別", place="別の部屋"),
        override(plain, FRIDAY, span=at(FRIDAY + DAY, 15)),
    )
    return replace(plain, recurrence=replace(plain.recurrence, overrides=ones))


class Counted:
    """What a call sent: round trips, and the items by method, in order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._start()

    def _start(self) -> None:
        self._total, self._items = self.world.tenant.requests.total, dict(self._counts())

    def _counts(self) -> dict[str, int]:
        requests = self.world.tenant.requests
        return {method: requests.count(method) for method in ("GET", "PATCH", "DELETE", "POST")}

    def taken(self) -> tuple[int, dict[str, int]]:
        trips = self.world.tenant.requests.total - self._total
        now = self._counts()
        items = {method: now[method] - self._items[method] for method in now}
        items["POST"] -= trips  # the batches themselves
        self._start()
        return trips, {method: number for method, number in items.items() if number}


def plotted(world: World, event_id: str) -> dict[str, str]:
    return GraphStage(world).plotted(event_id)


# What it costs.


def test_a_series_without_exceptions_is_one_post() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    shown = made(calendar, create_series(series()))
    assert counted.taken() == (1, {"POST": 1})
    assert the_same(calendar, shown.event, series())


def test_series_and_single_events_are_created_in_the_same_batches() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    events = [series(f"{n}") if n % 2 else timed(f"{n}") for n in range(1, 41)]
    written(calendar, *(create_series(event, n) for n, event in enumerate(events, 1)))
    assert counted.taken() == (2, {"POST": 40})


def test_dates_that_differ_are_looked_up_together_and_written_one_by_one() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    shown = made(calendar, create_series(rich()))
    # The series, its three dates in one batch with it, three writes, and a last look.
    assert counted.taken() == (6, {"POST": 1, "GET": 5, "DELETE": 1, "PATCH": 2})
    assert the_same(calendar, shown.event, rich())


def test_many_series_share_the_batches_of_each_phase() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    outcomes = written(calendar, *(create_series(rich(), n) for n in range(1, 6)))
    assert all(outcome.seen is not None for outcome in outcomes)
    trips, items = counted.taken()
    assert items == {"POST": 5, "GET": 25, "DELETE": 5, "PATCH": 10}
    assert trips == 6


def test_a_series_of_a_hundred_dates_is_renamed_by_one_patch() -> None:
    """failures.md F58."""
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    before = made(calendar, create_series(series(rrule="FREQ=DAILY;COUNT=100")))
    counted.taken()
    after = made(calendar, changed(before, replace(before.event, title="改題")))
    assert counted.taken() == (1, {"PATCH": 1})
    assert len([one for one in plotted(world, after.id).values() if one == "改題"]) == 48
    assert not list(world.tenant.outbox.mails())


def test_a_rename_of_a_series_with_exceptions_is_one_write_between_two_looks() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    before = made(calendar, create_series(rich()))
    counted.taken()
    after = made(calendar, changed(before, replace(before.event, title="改題"), "title"))
    assert counted.taken() == (3, {"GET": 2, "PATCH": 1})
    assert the_same(calendar, after.event, with_parts(before.event, replace(rich(), title="改題"), {"title"}))


def test_one_changed_date_is_one_lookup_and_one_patch() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    before = made(calendar, create_series(series(rrule="FREQ=DAILY;COUNT=100")))
    counted.taken()
    one = override(before.event, NEXT_WEDNESDAY, title="特別")
    assert before.event.recurrence is not None
    wanted = replace(before.event, recurrence=replace(before.event.recurrence, overrides=(one,)))
    made(calendar, changed(before, wanted))
    # One batch with the series and the one date, the write, and a last look.
    assert counted.taken() == (3, {"GET": 3, "PATCH": 1})


def test_twenty_series_with_one_changed_date_each_cost_no_more_round_trips_than_one() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    shown = [o.seen for o in written(calendar, *(create_series(series(f"{n}"), n) for n in range(1, 11)))]
    counted.taken()
    writes = []
    for n, before in enumerate(shown):
        assert before is not None
        one = override(before.event, NEXT_WEDNESDAY, title="特別")
        wanted = replace(before.event, recurrence=Recurrence(RULE, overrides=(one,)))
        writes.append(replace(changed(before, wanted), key=f"{n}"))
    assert all(outcome.error is None for outcome in written(calendar, *writes))
    assert counted.taken() == (3, {"GET": 30, "PATCH": 10})


def test_another_hour_is_written_without_the_rule() -> None:
    """Exchange drops every exception when the rule is written (T26)."""
    wire = Wire(batch_of(lambda item: {"status": 200, "body": weekly_series()}))
    before = read_whole(wire)
    wire.write(changed(before, replace(before.event, span=at(date(2026, 9, 7), 15)), "time"))
    (patch,) = [item for item in wire.items if item["method"] == "PATCH"]
    assert patch["body"].keys() == {"start", "end", "isAllDay"}
    assert patch["body"]["start"] == {"dateTime": "2026-09-07T15:00:00", "timeZone": "Tokyo Standard Time"}
    assert patch["headers"]["If-Match"] == 'W/"key1"'


@pytest.mark.parametrize(
    "change",
    [
        {"recurrence": Recurrence("FREQ=WEEKLY;BYDAY=MO;COUNT=5")},
        {"span": at(date(2026, 9, 14), 10)},
    ],
    ids=["another rule", "a later start"],
)
def test_another_rule_or_first_day_is_written_with_the_times(change: dict[str, Any]) -> None:
    wire = Wire(batch_of(lambda item: {"status": 200, "body": weekly_series()}))
    before = read_whole(wire)
    wire.write(changed(before, replace(before.event, **change), "time"))
    (patch,) = [item for item in wire.items if item["method"] == "PATCH"]
    assert patch["body"].keys() == {"start", "end", "isAllDay", "recurrence"}
    start = patch["body"]["start"]["dateTime"][:10]
    assert patch["body"]["recurrence"]["range"]["startDate"] == start


def test_a_time_that_is_right_already_is_not_written() -> None:
    wire = Wire(batch_of(lambda item: {"status": 200, "body": weekly_series()}))
    before = read_whole(wire)
    (outcome,) = wire.write(changed(before, before.event, "time"))
    assert outcome.seen == before
    assert {item["method"] for item in wire.items} == {"GET"}


def test_no_series_is_created_with_attendees_or_without_its_zone() -> None:
    wire = Wire(batch_of(answer(201, weekly_series())))
    wire.write(create_series(series(rrule="FREQ=WEEKLY;BYDAY=WE", day=2)))
    (item,) = wire.items
    assert "attendees" not in item["body"]
    assert item["body"]["recurrence"]["range"]["recurrenceTimeZone"] == "Tokyo Standard Time"
    assert item["body"]["start"] == {"dateTime": "2026-09-02T10:00:00", "timeZone": "Tokyo Standard Time"}


def weekly_series(**changes: Any) -> Json:
    return master(**changes)


def read_whole(wire: Wire, event_id: str = "M") -> Seen:
    return seen(wire.calendar.read([event_id])[event_id])


# Which series it is.


def test_a_single_event_that_is_a_series_by_now_is_shown_whole() -> None:
    """The planner knew a single event; the condition of the write was not looked at (6.3, assumed otherwise)."""
    world = make_world(switches=Switches(if_match_honoured=False))
    calendar = open_calendar(world)
    before = made(calendar, create("a"))
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-09-02", "numberOfOccurrences": 5},
    }
    world.mailbox.edit(before.id, recurrence=recurrence)
    world.mailbox.delete(world.mailbox.occurrence_id(before.id, date(2026, 9, 3)))
    after = made(calendar, changed(before, timed("b"), "title"))
    assert after.event.recurrence == Recurrence("FREQ=DAILY;COUNT=5", (date(2026, 9, 3),))
    assert after.event.title == "b"


@pytest.mark.parametrize("names", [["title"], ["time"], ["title", "time"]])
def test_without_residue_and_version_a_series_is_written_as_one(names: list[str]) -> None:
    """A damaged link knows neither what it is nor how it looked."""
    world = make_world()
    calendar = open_calendar(world)
    before = made(calendar, create_series(rich()))
    source = replace(rich(), title="改題", span=at(WEDNESDAY, 14))
    write = replace(changed(before, source, *names, version=""), residue={})
    after = made(calendar, write)
    assert the_same(calendar, after.event, with_parts(before.event, source, names))
    assert plotted(world, after.id) == plan(after.event)


def test_a_repeated_create_finishes_what_the_first_one_began() -> None:
    world = make_world()
    world.tenant.faults.script("PATCH *", faults.fail(500, "ErrorInternalServerError"), times=40)
    (outcome,) = written(open_calendar(world), create_series(rich()))
    assert isinstance(outcome.error, SyncError)
    world.tenant.faults.clear_scripts()
    calendar = open_calendar(world)
    shown = made(calendar, create_series(rich()))
    assert the_same(calendar, shown.event, rich())
    assert len(world.mailbox.events()) == 1


# What Exchange refuses.


def refused_series(world: World, *changes: Override, exdates: tuple[date, ...] = ()) -> tuple[Seen, Outcome]:
    calendar = open_calendar(world)
    before = made(calendar, create_series(series()))
    wanted = replace(before.event, recurrence=Recurrence(RULE, exdates, (), changes))
    (outcome,) = written(calendar, changed(before, wanted))
    return before, outcome


@pytest.mark.parametrize("day", [FRIDAY, date(2026, 9, 10), date(2026, 8, 30)])
def test_a_date_moved_to_or_past_its_neighbour_is_said_by_name(day: date) -> None:
    world = make_world()
    moved = FRIDAY if day < WEDNESDAY else WEDNESDAY
    before, outcome = refused_series(world, override(series(), moved, span=at(day, 15)))
    assert isinstance(outcome.error, CannotSync)
    assert outcome.error.code == "occurrence-crossing"
    assert outcome.error.detail == {"date": moved.isoformat()}
    assert plotted(world, before.id) == plan(before.event)


@pytest.mark.parametrize("bound", [False, True])
def test_neighbours_that_make_room_for_each_other_are_written_in_an_order_that_works(bound: bool) -> None:
    world = make_world(switches=Switches(moved_neighbours_bound=bound))
    calendar = open_calendar(world)
    plain = series(rrule="FREQ=WEEKLY;BYDAY=WE;COUNT=5")
    assert plain.recurrence is not None

    def with_moves(first: date, second: date) -> Event:
        ones = (
            override(plain, WEDNESDAY, span=at(first, 15)),
            override(plain, NEXT_WEDNESDAY, span=at(second, 15)),
        )
        assert plain.recurrence is not None
        return replace(plain, recurrence=replace(plain.recurrence, overrides=ones))

    shown = made(calendar, create_series(with_moves(date(2026, 9, 3), date(2026, 9, 5))))
    later = with_moves(date(2026, 9, 6), date(2026, 9, 10))
    shown = made(calendar, changed(shown, later))
    assert the_same(calendar, shown.event, later)
    earlier = with_moves(date(2026, 9, 3), date(2026, 9, 5))
    shown = made(calendar, changed(shown, earlier))
    assert the_same(calendar, shown.event, earlier)


def test_a_date_that_cannot_return_is_noticed_before_anything_is_written() -> None:
    world = make_world()
    calendar = open_calendar(world)
    before = made(calendar, create_series(rich()))
    counted = Counted(world)
    wanted = replace(series("改題"), span=at(WEDNESDAY, 14))
    (outcome,) = written(calendar, changed(before, wanted))
    assert isinstance(outcome.error, CannotSync)
    assert outcome.error.code == "occurrence-cannot-return"
    assert outcome.error.detail == {"date": "2026-09-16"}
    assert counted.taken()[1].keys() == {"GET"}


def test_a_date_that_outlook_does_not_show_is_said_by_name() -> None:
    """The rule gives it, the list of instances does not have it."""
    listed: Json = {"value": []}

    def say(item: Json) -> Json:
        return {"status": 200, "body": listed if "/instances" in item["url"] else weekly_series()}

    wire = Wire(batch_of(say))
    before = read_whole(wire)
    one = override(before.event, date(2026, 9, 14), title="特別")
    assert before.event.recurrence is not None
    wanted = replace(before.event, recurrence=replace(before.event.recurrence, overrides=(one,)))
    (outcome,) = wire.write(changed(before, wanted))
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.detail) == ("occurrence-missing", {"date": "2026-09-14"})
    # To delete it, nothing has to be there.
    gone = replace(before.event, recurrence=replace(before.event.recurrence, exdates=(date(2026, 9, 14),)))
    (outcome,) = wire.write(changed(before, gone))
    assert outcome.error is None
    assert {item["method"] for item in wire.items} == {"GET"}


@pytest.mark.parametrize("code", ["ErrorItemNotFound", "ErrorCalendarOccurrenceIsDeletedFromRecurrence"])
def test_deleting_a_date_that_somebody_deleted_has_succeeded(code: str) -> None:
    world = make_world()
    calendar = open_calendar(world)
    before = made(calendar, create_series(series()))
    status = 404 if code == "ErrorItemNotFound" else 400
    world.tenant.faults.script("DELETE *", faults.commit_then_fail(status, code))
    wanted = replace(before.event, recurrence=Recurrence(RULE, (FRIDAY,)))
    after = made(calendar, changed(before, wanted))
    assert the_same(calendar, after.event, wanted)


def test_a_rule_that_outlook_cannot_say_costs_no_request() -> None:
    world = make_world()
    calendar, counted = open_calendar(world), Counted(world)
    (outcome,) = written(calendar, create_series(series(rrule="FREQ=MONTHLY;BYMONTHDAY=2,16")))
    assert isinstance(outcome.error, CannotSync)
    assert counted.taken() == (0, {})


def test_where_there_is_no_way_back_a_single_event_is_a_series_of_one() -> None:
    world = make_world(switches=Switches(recurrence_can_be_removed=False))
    calendar, counted = open_calendar(world), Counted(world)
    before = made(calendar, create_series(series()))
    counted.taken()
    single = replace(timed("単独"), span=at(date(2026, 9, 7), 9))
    after = made(calendar, changed(before, single))
    assert counted.taken()[1] == {"GET": 1, "PATCH": 2}
    assert plotted(world, after.id) == {"2026-09-07T09:00:00": "単独"}
    # The next edit of the single event finds the series of one, and writes it the same way.
    again = made(calendar, changed(after, replace(single, span=at(date(2026, 9, 8), 9)), "time"))
    assert plotted(world, after.id) == {"2026-09-08T09:00:00": "単独"}
    assert again.event.recurrence == after.event.recurrence


# What a person has beside our fields.


def test_the_join_block_of_every_date_survives_a_new_text() -> None:
    item = weekly_series(isOnlineMeeting=True, body=JOINED)
    bodies: list[str] = []

    def say(asked: Json) -> Json:
        if asked["method"] == "PATCH":
            bodies.append(asked["body"]["body"]["content"])
        if "/instances" in asked["url"]:
            return {"status": 200, "body": {"value": [exception("2026-09-14", type="occurrence")]}}
        return {"status": 200, "body": item}

    wire = Wire(batch_of(say))
    before = read_whole(wire)
    one = override(before.event, date(2026, 9, 14), body="特別な本文")
    assert before.event.recurrence is not None
    wanted = replace(before.event, recurrence=replace(before.event.recurrence, overrides=(one,)))
    wire.write(changed(before, wanted))
    assert len(bodies) == 1
    assert "特別な本文" in bodies[0]
    assert "meetup-join" in bodies[0]


def test_categories_and_reminders_that_nobody_named_stay() -> None:
    world = make_world()
    calendar = open_calendar(world)
    before = made(calendar, create_series(series()))
    date_id = world.mailbox.occurrence_id(before.id, FRIDAY)
    world.mailbox.edit(
        date_id, categories=["赤"], reminder_minutes_before_start=45, sensitivity="confidential"
    )
    before = seen(calendar.read([before.id])[before.id])
    one = occurrence_of(before.event, FRIDAY)
    assert one is not None
    ours = Override(FRIDAY, replace(one, title="特別", event_type="会議", reminder=None))
    wanted = replace(before.event, recurrence=Recurrence(RULE, (), (), (ours,)))
    names = [f"2026-09-04/{name}" for name in ("title", "event_type", "reminder")]
    made(calendar, changed(before, wanted, *names))
    (shown,) = world.mailbox.series(before.id)["exceptionOccurrences"]
    assert shown["categories"] == ["会議", "赤"]
    assert (shown["isReminderOn"], shown["reminderMinutesBeforeStart"]) == (True, 45)
    assert shown["sensitivity"] == "confidential"


def test_a_persons_fresh_exception_is_left_alone_while_the_time_changes() -> None:
    """It appears between our two looks: nobody asked us to undo it."""
    world = make_world(switches=Switches(pattern_change_drops_exceptions=False))
    calendar = open_calendar(world)
    before = made(calendar, create_series(rich()))
    calls: list[str] = []

    def just_after_the_patch(call: faults.Call) -> bool:
        calls.append(f"{call.method} {call.path}")
        if call.method == "GET" and any(one.startswith("PATCH") for one in calls) and "done" not in calls:
            calls.append("done")
            world.mailbox.edit(world.mailbox.occurrence_id(before.id, date(2026, 9, 18)), subject="人の変更")
            world.mailbox.delete(world.mailbox.occurrence_id(before.id, date(2026, 9, 23)))
        return False

    world.tenant.faults.script(just_after_the_patch, faults.drop(), times=100)
    after = made(calendar, changed(before, replace(rich(), span=at(WEDNESDAY, 14)), "time"))
    assert "done" in calls
    shown = plotted(world, before.id)
    assert shown["2026-09-18T14:00:00"] == "人の変更"
    assert "2026-09-23T14:00:00" not in shown
    assert plan(after.event) == shown


# Wherever it is cut off.


def several_dates() -> Event:
    ones = (override(series(), FRIDAY, title="a"), override(series(), NEXT_WEDNESDAY, place="b"))
    return replace(series(), recurrence=Recurrence(RULE, (WEDNESDAY,), (), ones))


PLANS: dict[str, Callable[[], tuple[Event | None, Event]]] = {
    "create": lambda: (None, rich()),
    "rename": lambda: (rich(), replace(rich(), title="改題")),
    "dates": lambda: (series(), several_dates()),
    "time": lambda: (
        rich(),
        with_parts(rich(), replace(series("改題"), span=at(WEDNESDAY, 14)), {"time", "title"}),
    ),
    "single": lambda: (rich(), replace(timed("単独"), span=at(FRIDAY, 9))),
    "series": lambda: (timed("単独"), rich()),
    "whole days": lambda: (
        rich(),
        with_parts(
            rich(), replace(series(), span=AllDay(WEDNESDAY, WEDNESDAY + DAY), form=Form.ALL_DAY), {"time"}
        ),
    ),
}
CUTS: dict[str, Effect] = {
    "before": faults.drop(),
    "after": faults.commit_then_drop(),
}


def bring(world: World, shown: Seen | None, wanted: Event) -> Seen:
    """As the engine does: again and again from what is there, until it is as wanted."""
    for _ in range(12):
        calendar = open_calendar(world)
        if shown is None:
            found = calendar.find([create("").marker])
            shown = next(iter(found.values()), None)
        else:
            shown = seen(calendar.read([shown.id])[shown.id])
        if shown is not None and the_same(calendar, shown.event, wanted):
            return shown
        write = create_series(wanted) if shown is None else changed(shown, wanted)
        with suppress(TryLater):
            for outcome in calendar.write([write]):
                assert not isinstance(outcome.error, (CannotSync, NeedsAdministrator, Gone)), outcome.error
                shown = outcome.seen or shown
    raise AssertionError("never came to an end")


DROPPING = {"drops": Switches(), "keeps": Switches(pattern_change_drops_exceptions=False)}


@pytest.mark.parametrize("dropping", DROPPING)
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", PLANS)
def test_it_can_be_cut_off_after_any_request(name: str, cut: str, dropping: str) -> None:
    before, wanted = PLANS[name]()
    for after in range(8):
        world = make_world(switches=DROPPING[dropping])
        shown = made(open_calendar(world), create_series(before)) if before else None
        world.tenant.faults.script("POST /$batch", CUTS[cut], times=5, after=after)
        calendar = open_calendar(world)
        write = changed(shown, wanted) if shown else create_series(wanted)
        with suppress(TryLater):
            list(calendar.write([write]))
        world.tenant.faults.clear_scripts()
        result = bring(world, shown, wanted)
        assert plotted(world, result.id) == plan(wanted)
        assert len(world.mailbox.events()) == 1
        assert not list(world.tenant.outbox.mails())


EFFECTS: dict[str, Effect] = {
    "429": faults.throttled(2),
    "500": faults.fail(500, "ErrorInternalServerError"),
    "drop": faults.drop(),
    "commit then 504": faults.commit_then_fail(504, "GatewayTimeout"),
    "commit then drop": faults.commit_then_drop(),
}


@pytest.mark.parametrize("match", ["POST /$batch", "PATCH *", "DELETE *", "GET *"])
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("name", PLANS)
def test_passing_faults_change_nothing_about_the_result(name: str, effect: str, match: str) -> None:
    before, wanted = PLANS[name]()
    for after in (0, 2):
        world = make_world()
        calendar = open_calendar(world)
        shown = made(calendar, create_series(before)) if before else None
        world.tenant.faults.script(match, EFFECTS[effect], times=2, after=after)
        result = made(calendar, changed(shown, wanted) if shown else create_series(wanted))
        assert the_same(calendar, result.event, wanted)
        assert plotted(world, result.id) == plan(wanted)
        assert len(world.mailbox.events()) == 1


def test_one_date_that_always_fails_parks_its_series_and_no_other() -> None:
    world = make_world()
    calendar = open_calendar(world)
    shown = [o.seen for o in written(calendar, *(create_series(series(f"{n}"), n) for n in range(1, 4)))]
    writes = []
    for n, before in enumerate(shown):
        assert before is not None
        one = override(before.event, FRIDAY, title=f"特別 {n}")
        wanted = replace(before.event, recurrence=Recurrence(RULE, overrides=(one,)))
        writes.append(replace(changed(before, wanted), key=f"{n}"))
    unlucky = shown[1]
    assert unlucky is not None
    date_id = world.mailbox.occurrence_id(unlucky.id, FRIDAY)
    world.tenant.faults.script(
        lambda call: call.method == "PATCH" and date_id in call.path,
        faults.fail(500, "ErrorInternalServerError"),
        times=99,
    )
    outcomes = {outcome.key: outcome for outcome in written(calendar, *writes)}
    assert [outcomes[f"{n}"].error is None for n in range(3)] == [True, False, True]
    error = outcomes["1"].error
    assert isinstance(error, CannotSync)
    assert error.code == "graph-failing"


def test_what_concerns_the_mailbox_stops_everything_after_what_is_known() -> None:
    world = make_world()
    calendar = open_calendar(world)
    before = made(calendar, create_series(series()))
    world.tenant.faults.script("PATCH *", faults.fail(403, "ErrorAccessDenied"))
    wanted = replace(
        before.event, recurrence=Recurrence(RULE, overrides=(override(series(), FRIDAY, title="x"),))
    )
    outcomes = calendar.write([create("a", 9), changed(before, wanted)])
    assert next(iter(outcomes)).key == "key9"
    with pytest.raises(NeedsAdministrator):
        next(iter(outcomes))


def test_a_version_that_moved_on_costs_one_look_and_no_write() -> None:
    world = make_world()
    calendar = open_calendar(world)
    before = made(calendar, create_series(rich()))
    world.mailbox.edit(world.mailbox.occurrence_id(before.id, FRIDAY), subject="人の変更")
    counted = Counted(world)
    (outcome,) = written(calendar, changed(before, replace(before.event, span=at(WEDNESDAY, 8)), "time"))
    assert isinstance(outcome.error, Moved)
    assert counted.taken()[1] == {"GET": 1}


# Anything from anything.


RULES = ["FREQ=WEEKLY;BYDAY=WE,FR;COUNT=10", "FREQ=WEEKLY;BYDAY=WE;COUNT=6", "FREQ=DAILY;INTERVAL=2;COUNT=8"]


def any_series(random: Random, now: Event | None) -> Event:
    """A series that Outlook can hold and, of one that is there, can be made of it: no cancelled date returns."""
    rrule = random.choice(
        ["FREQ=WEEKLY;BYDAY=WE,FR;COUNT=10", "FREQ=WEEKLY;BYDAY=WE;COUNT=6", "FREQ=DAILY;INTERVAL=2;COUNT=8"]
    )
    plain = series(random.choice("ABC"), rrule=rrule)
    if random.random() < 0.4 and now is not None and now.recurrence is not None:
        plain = replace(plain, span=now.span, recurrence=Recurrence(now.recurrence.rrule))
    elif random.random() < 0.3:
        plain = replace(plain, span=at(WEDNESDAY, random.choice([9, 14])))
    assert plain.recurrence is not None
    days = list(rule_days(plain.recurrence.rrule, WEDNESDAY, WEDNESDAY, date(2026, 10, 15)))
    kept = set(now.recurrence.exdates) if now is not None and now.recurrence is not None else set()
    exdates = tuple({*random.sample(days, random.randrange(3)), *kept})
    overrides = tuple(
        override(plain, day, **random.choice(CHANGES)(day))
        for day in random.sample(days, random.randrange(4))
    )
    return normalised(
        replace(plain, recurrence=replace(plain.recurrence, exdates=exdates, overrides=overrides))
    )


CHANGES: list[Callable[[date], dict[str, Any]]] = [
    lambda day: {"title": "特別"},
    lambda day: {"place": "別の部屋", "reminder": Reminder(None)},
    lambda day: {"span": at(day, 16, 2)},
    lambda day: {"title": "移動", "span": at(day, 7), "body": "本文"},
]
ABOUT_SERIES = ("recurrence", "series", "exception", "occurrence", "pattern", "neighbours", "equal")
FLIPS = {
    name: switches
    for name, switches in Switches.single_flips()
    if any(
        word in name
        for word in ("recurrence", "series", "exception", "occurrence", "pattern", "neighbours", "equal")
    )
}


@pytest.mark.parametrize("world_name", ["quiet", "nasty", *FLIPS])
@pytest.mark.parametrize("seed", range(3))
def test_anything_can_be_made_of_anything(seed: int, world_name: str) -> None:
    random = Random(seed)
    found = Faults.nasty(seed) if world_name == "nasty" else None
    world = make_world(seed, found, FLIPS.get(world_name))
    wanted = any_series(random, None)
    shown = bring(world, None, wanted)
    for _ in range(4):
        wanted = any_series(random, shown.event)
        shown = bring(world, shown, wanted)
        assert plotted(world, shown.id) == plan(wanted)


# The steps by themselves.


def test_steps_say_only_what_differs() -> None:
    now, target = series(), rich()
    assert {
        (step.original, step.content is None, frozenset(map(str, step.names))) for step in steps(now, target)
    } == {
        (date(2026, 9, 16), True, frozenset()),
        (NEXT_WEDNESDAY, False, frozenset({"title", "place"})),
        (FRIDAY, False, frozenset({"time"})),
    }
    assert not list(steps(target, target))
    back = {step.original: step.names for step in steps(target, now)}
    assert back == {NEXT_WEDNESDAY: {Field.TITLE, Field.PLACE}, FRIDAY: {Field.TIME}}


def test_the_aim_takes_back_only_what_our_own_write_left_behind() -> None:
    before, wanted = series("旧"), series("新")
    assert wanted.recurrence is not None
    stale = override(wanted, FRIDAY, title="旧")  # an exception that did not follow its master
    fresh = override(wanted, WEDNESDAY, title="人の変更")
    now = replace(
        wanted, recurrence=replace(wanted.recurrence, exdates=(NEXT_WEDNESDAY,), overrides=(fresh, stale))
    )
    target = aim(now, wanted, before)
    assert [part for part, _ in occurrence_parts(target)] == ["2026-09-09/cancelled", "2026-09-02/title"]


def test_only_a_named_date_that_still_takes_place_cannot_return() -> None:
    now = series(exdates=(FRIDAY, NEXT_WEDNESDAY))
    names = frozenset({"2026-09-04/cancelled"})
    assert list(cannot_return(now, with_parts(now, series(), names))) == [FRIDAY]
    assert not list(cannot_return(now, with_parts(now, series(), frozenset())))
    wednesdays = series(rrule="FREQ=WEEKLY;BYDAY=WE;COUNT=5")
    both = names | {"time"}
    assert not list(cannot_return(now, with_parts(now, wednesdays, both)))


def test_types_keep_their_place_on_every_date() -> None:
    world = make_world()
    types = TypeTable(frozenset({"会議", "外出"}))
    calendar = GraphCalendar(world.new_client(), world.user.id, zone="Asia/Tokyo", types=lambda: types)
    plain = replace(series(), event_type="会議")
    assert plain.recurrence is not None
    wanted = replace(
        plain, recurrence=replace(plain.recurrence, overrides=(override(plain, FRIDAY, event_type="外出"),))
    )
    shown = made(calendar, create_series(wanted))
    assert digests(shown.event) == digests(wanted)


def test_writes_to_one_series_wait_for_each_other() -> None:
    world = make_world()
    calendar = open_calendar(world)
    before = made(calendar, create_series(series()))

    def one(title: str, key: str) -> Write:
        changes = override(before.event, FRIDAY, title=title)
        wanted = replace(before.event, recurrence=Recurrence(RULE, overrides=(changes,)))
        return replace(changed(before, wanted, "2026-09-04/title", version=""), key=key)

    outcomes = written(calendar, one("一", "1"), one("二", "2"))
    assert [(outcome.key, outcome.error) for outcome in outcomes] == [("1", None), ("2", None)]
    assert plotted(world, before.id)["2026-09-04T10:00:00"] == "二"
