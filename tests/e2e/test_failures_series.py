"""Repeating events that users of other products report about (failures.md 4; the number is the row there).

Both directions wherever both calendars have the act. Only the groupware's person can restore a date or move one
across its neighbour: Exchange refuses both (graph-calendar.md 3.3).
Series of other zones: `test_failures_series_zones`; what people do to a series besides: `test_series_by_hand`.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sync.core.event import Side
from sync.core.settings import OrganizationSettings, WindowSettings
from sync.core.window import BaseRange
from sync.engine.conditions import Asked
from sync.ports import PassState
from sync.sandbox.microsoft365.switches import Switches
from sync.web.models import LONGEST_WINDOW
from tests.e2e.company import company
from tests.e2e.office import (
    assert_still,
    groupware,
    in_groupware,
    in_outlook,
    office,
    parked,
    passed,
    sizes,
    twin,
)
from tests.e2e.series_office import (
    FIRST,
    MONDAY_DAYS,
    MONDAYS,
    SIDES,
    at,
    both,
    cancel,
    in_the_groupware,
    in_the_mailbox,
    move,
    recurrence,
    rename,
    series_office,
    series_on,
    split_in_outlook,
    without,
)
from tests.e2e.world import G, O


def test_f58_a_renamed_series_of_100_occurrences_is_one_patch() -> None:
    with series_office() as world:
        event = in_groupware(world, start=FIRST, recurrence={"rrule": "FREQ=DAILY;COUNT=100"})
        passed(world)
        before = world.tenant.requests.count("PATCH"), world.tenant.requests.writes
        rename(G, world, event, "改題")
        passed(world)
        after = world.tenant.requests.count("PATCH"), world.tenant.requests.writes
        assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
        assert [title for title, _ in both(world)] == ["改題"] * 100
        assert_still(world)


def test_f58_a_renamed_meeting_of_100_occurrences_is_one_mail_to_each_attendee() -> None:
    with company() as them:
        event = them.enter(
            them.hanako, them.taro, them.jiro, start=FIRST, recurrence={"rrule": "FREQ=DAILY;COUNT=100"}
        )
        them.settle()
        assert them.mails() == them.mails("invitation") == 2
        them.world.groupware.change_series(event, {"title": "改題"}, by=them.hanako.user)
        them.settle()
        assert them.mails("update") == 2
        assert them.mails() == 4
        assert [them.one(person)["subject"] for person in them.everyone] == ["改題"] * 3
        them.assert_still()


@SIDES
@pytest.mark.parametrize("origin", [G, O])
def test_f59_a_deleted_occurrence_is_gone_on_the_other_side(origin: Side, side: Side) -> None:
    with series_office() as world:
        event = series_on(origin, world)
        cancel(side, world, event, "2026-11-30")
        passed(world)
        assert both(world) == at(*without("2026-11-30"))
        assert groupware(world, event)["recurrence"]["exdates"] == ["2026-11-30T10:00:00"]
        cancel(side, world, event, "2026-12-14")
        passed(world)
        assert both(world) == at(*without("2026-11-30", "2026-12-14"))
        assert_still(world)


def test_f61_many_long_series_are_read_as_one_event_each() -> None:
    with series_office() as world:
        for number in range(30):
            in_outlook(
                world,
                f"定例 {number}",
                start=FIRST,
                end="2026-11-16T11:00:00",
                recurrence=recurrence(type="noEnd"),
            )
        passed(world)
        assert sizes(world) == (30, 30)
        assert all(event["recurrence"] for event in world.groupware.events_of(world.user))
        reads = world.tenant.requests.batch_items
        world.cursors.clear(world.connection)
        passed(world)
        assert world.tenant.requests.batch_items - reads == 30, "each master is read once"
        assert_still(world)


def test_f62_an_occurrence_cancelled_by_the_organizer_is_gone_for_the_attendee() -> None:
    with series_office() as world:
        uid = world.tenant.invite_from_outside(
            "boss@elsewhere.example",
            ["hanako@example.com"],
            subject="定例",
            start=FIRST,
            end="2026-11-16T11:00:00",
            recurrence=recurrence(),
        )
        other = in_outlook(world, "別件")
        passed(world)
        (series,) = (e for e in world.groupware.events_of(world.user) if e["title"] == "定例")
        world.tenant.cancel_from_outside(uid, date(2026, 11, 30))
        world.mailbox.edit(other, subject="別件の改題")
        passed(world)
        starts = [start for title, start in in_the_groupware(world) if title == "定例"]
        assert starts == [start for _, start in at(*without("2026-11-30"))]
        assert groupware(world, series["id"])["title"] == "定例"
        assert groupware(world, other)["title"] == "別件の改題", "others are synced"
        assert_still(world)


@SIDES
def test_f68_an_exception_without_a_title_of_its_own_has_that_of_the_series(side: Side) -> None:
    with series_office() as world:
        event = series_on(side, world)
        move(side, world, event, "2026-11-30", "2026-12-01")
        passed(world)
        moved = [*at(*MONDAY_DAYS[:2]), *at("2026-12-01", hour=11), *at(*MONDAY_DAYS[3:])]
        assert both(world) == moved
        rename(side, world, event, "改題")
        passed(world)
        assert both(world) == [("改題", start) for _, start in moved]
        assert_still(world)


def test_f70_a_range_of_five_years_is_synced_although_graph_lists_less_at_once() -> None:
    """The settings widen the range that the screen shows, by a year on each side at most."""
    settings = OrganizationSettings(manual_window=WindowSettings(BaseRange.TODAY, 366, 366))
    first, last = "2024-06-01T10:00:00", "2031-03-01T10:00:00"
    with office(settings=settings) as world:
        both_ends = [in_groupware(world, f"予定 {start[:4]}", start=start) for start in (first, last)]
        mine = [
            in_outlook(world, f"会議 {start[:4]}", start=start, end=start.replace("T10", "T11"))
            for start in (first, last)
        ]
        series = in_outlook(
            world, "定例", start=FIRST, end="2026-11-16T11:00:00", recurrence=recurrence(type="noEnd")
        )
        since = date(2025, 5, 1)
        asked = Asked(trigger="manual", first=since, until=since + timedelta(days=LONGEST_WINDOW))
        for _ in range(2):
            record = world.run(asked=asked)
            assert record is not None
            assert (record.state, record.error) == (PassState.DONE, "")
        assert sizes(world) == (5, 5)
        assert {twin(world, event) for event in both_ends}.isdisjoint({*mine, series})
        world.mailbox.edit(mine[1], subject="改題")
        world.mailbox.delete(mine[0])
        world.run(asked=asked)
        titles = {event["title"] for event in world.groupware.events_of(world.user)}
        assert titles == {"予定 2024", "予定 2031", "改題", "定例"}
        before = world.writes()
        world.run(asked=asked)
        assert world.writes() == before
        assert_still(world)


@pytest.mark.parametrize(
    ("visibility", "goes_on"),
    [("private", "private"), ("participants", "private"), ("busyOnly", "private"), ("public", "public")],
)
def test_f71_this_and_following_changed_in_outlook_keeps_who_may_see_the_event(
    visibility: str, goes_on: str
) -> None:
    """Outlook ends the old series and makes a copy of it that goes on."""
    with series_office() as world:
        people = [{"userId": world.user}, {"userId": world.other_user}]
        event = in_groupware(
            world, "定例", start=FIRST, recurrence=MONDAYS, visibility=visibility, participants=people
        )
        passed(world)
        split_in_outlook(world, event, subject="改題")
        passed(world)
        old = groupware(world, event)
        assert old["visibility"] == visibility
        assert {one["userId"] for one in old["participants"]} == {world.user, world.other_user}
        (new,) = (e for e in world.groupware.events_of(world.user) if e["id"] != event)
        assert new["visibility"] == goes_on
        passed(world)  # what the copied text said about the people is put right
        assert_still(world)
        assert groupware(world, event)["visibility"] == visibility


def test_f71_this_and_following_of_a_meeting_keeps_its_members() -> None:
    with company() as them:
        event = them.enter(
            them.hanako, them.taro, start=FIRST, recurrence=MONDAYS, title="定例", visibility="private"
        )
        them.settle()
        split_in_outlook(them.world, event, subject="改題")
        them.settle()
        members = {them.hanako.user, them.taro.user}
        assert sorted(record["title"] for record in them.records()) == ["定例", "改題"]
        for record in them.records():
            assert {one["userId"] for one in record["participants"]} == members
            assert record["visibility"] == "private"
        assert sorted(e["subject"] for e in them.outlook(them.taro)) == ["定例", "改題"]
        them.assert_still()


@pytest.mark.parametrize("drops", [True, False])
@SIDES
def test_f73_exceptions_follow_a_series_that_is_moved_by_half_a_day(side: Side, drops: bool) -> None:
    """Outlook itself may forget its exceptions then; what its person sees is what the groupware shows."""
    with series_office(switches=Switches(pattern_change_drops_exceptions=drops)) as world:
        event = in_groupware(world, "定例", start="2026-11-16T12:00:00", recurrence=MONDAYS)
        passed(world)
        rename(side, world, event, "特別", "2026-11-30")
        cancel(side, world, event, "2026-12-14")
        passed(world)
        if side is G:
            world.groupware.change_series(event, {"start": "2026-11-16T00:00:00"}, by=world.user)
        else:
            world.mailbox.edit(twin(world, event), start="2026-11-16T00:00:00", end="2026-11-16T01:00:00")
        before = in_the_groupware(world) if side is G else in_the_mailbox(world)
        record = passed(world)
        assert not parked(record)
        assert both(world) == before
        assert {start for _, start in before} <= {start for _, start in at(*MONDAY_DAYS, hour=0)}
        assert_still(world)


def test_f74_an_occurrence_moved_across_its_neighbour_is_moved() -> None:
    with series_office() as world:
        event = series_on(G, world)
        move(G, world, event, "2026-11-23", "2026-12-10")
        record = passed(world)
        assert not parked(record)
        expected = [*at(*without("2026-11-23")), *at("2026-12-10", hour=11)]
        assert both(world) == sorted(expected, key=lambda one: one[1])
        assert_still(world)


@pytest.mark.parametrize("to", ["2026-11-24", "2026-12-12"])
def test_f74_a_date_across_its_neighbour_can_be_moved_again(to: str) -> None:
    """Back between its neighbours, and further away."""
    with series_office() as world:
        event = series_on(G, world)
        move(G, world, event, "2026-11-23", "2026-12-10")
        passed(world)
        move(G, world, event, "2026-11-23", to)
        passed(world)
        expected = [*at(*without("2026-11-23")), *at(to, hour=11)]
        assert both(world) == sorted(expected, key=lambda one: one[1])
        assert_still(world)


def test_f74_a_date_across_its_neighbour_is_edited_in_outlook() -> None:
    with series_office() as world:
        event = series_on(G, world)
        move(G, world, event, "2026-11-23", "2026-12-10")
        passed(world)
        (loose,) = (e for e in world.mailbox.events() if e["type"] == "singleInstance")
        world.mailbox.edit(loose["id"], subject="特別", start="2026-12-11T09:00", end="2026-12-11T10:00")
        passed(world)
        expected = [*at(*without("2026-11-23")), *at("2026-12-11", title="特別", hour=9)]
        assert both(world) == sorted(expected, key=lambda one: one[1])
        world.mailbox.delete(loose["id"])
        passed(world)
        assert both(world) == at(*without("2026-11-23"))
        assert sizes(world) == (1, 1)
        assert_still(world)
