"""Repeating events that users of other products report about (the number is the row of the collection), and what
people do to a series in either calendar.

Both directions wherever both calendars have the act. Only the groupware's person can restore a date or move one
across its neighbour: Exchange refuses both (graph-calendar.md 3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.core.event import Side
from sync.sandbox.groupware.recurrence import occurrences
from sync.sandbox.groupware.times import from_ms, window_of
from sync.sandbox.microsoft365.switches import Switches
from tests.e2e.company import company
from tests.e2e.office import (
    assert_mails,
    assert_still,
    groupware,
    in_groupware,
    in_outlook,
    office,
    outlook,
    parked,
    passed,
    sizes,
    twin,
    wide,
)
from tests.e2e.world import G, O, World

Json = dict[str, Any]
Standing = list[tuple[str, str]]

MONDAYS = {"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=6"}
FIRST = "2026-11-16T10:00:00"
SINCE, UNTIL = date(2026, 10, 1), date(2027, 5, 20)
"""Well inside the window of `wide()`."""
LOOK = window_of(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 5, 20, tzinfo=UTC), ZoneInfo("UTC"))


@contextmanager
def series_office(**conditions: Any) -> Iterator[World]:
    with office(settings=wide(), **conditions) as world:
        yield world


# -- what stands in each calendar, expanded by the simulators themselves ------------------------------------------


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def in_the_groupware(world: World) -> Standing:
    """Title and start (an instant or a day) of every occurrence of every event."""
    found = []
    for event in world.groupware.events_of(world.user):
        for one in occurrences(event, LOOK):
            is_day = len(one.start) == len("2026-11-16")
            start = one.start if is_day else instant(from_ms(one.extent.starts))
            found.append((str(one.event["title"]), start))
    return sorted(found, key=lambda one: one[::-1])


def in_the_mailbox(world: World) -> Standing:
    found = []
    for event in world.mailbox.events():
        is_series = event["type"] == "seriesMaster"
        for one in world.mailbox.occurrences(event["id"], SINCE, UNTIL) if is_series else [event]:
            start = datetime.fromisoformat(one["start"]["dateTime"][:19])
            shown = f"{start:%Y-%m-%d}" if one["isAllDay"] else f"{start:%Y-%m-%dT%H:%MZ}"
            found.append((str(one["subject"]), shown))
    return sorted(found, key=lambda one: one[::-1])


def both(world: World) -> Standing:
    """What stands on both sides; they say the same."""
    there, here = in_the_groupware(world), in_the_mailbox(world)
    assert there == here
    return there


def at(*days: str, title: str = "定例", hour: int = 10, zone: str = "Asia/Tokyo") -> Standing:
    """So many occurrences at an hour of local time."""
    walls = (datetime.fromisoformat(day).replace(hour=hour, tzinfo=ZoneInfo(zone)) for day in days)
    return [(title, instant(wall)) for wall in walls]


MONDAY_DAYS = ("2026-11-16", "2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21")


def without(*days: str) -> list[str]:
    return [day for day in MONDAY_DAYS if day not in days]


# -- acts ---------------------------------------------------------------------------------------------------------


def recurrence(first: str = "2026-11-16", zone: str = "Tokyo Standard Time", **ends: Any) -> Json:
    """Every week on the day of `first`, as Graph says it; six times if nothing else is said."""
    day = date.fromisoformat(first)
    ends = ends or {"type": "numbered", "numberOfOccurrences": 6}
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [f"{day:%A}".lower()]},
        "range": {"startDate": first, "recurrenceTimeZone": zone, **ends},
    }


def series_on(side: Side, world: World, title: str = "定例") -> str:
    """Six Mondays from a side's person, synced; the id of the groupware's event."""
    if side is G:
        event = in_groupware(world, title, start=FIRST, recurrence=MONDAYS)
        passed(world)
    else:
        made = in_outlook(world, title, start=FIRST, end="2026-11-16T11:00:00", recurrence=recurrence())
        passed(world)
        event = twin(world, made)
    assert both(world) == at(*MONDAY_DAYS, title=title)
    return event


def occurrence(world: World, event: str, day: str) -> str:
    """The id of an occurrence in Outlook, by its groupware series and its original day."""
    return world.mailbox.occurrence_id(twin(world, event), date.fromisoformat(day))


def move(side: Side, world: World, event: str, day: str, to: str) -> None:
    """To another day, at eleven o'clock."""
    if side is G:
        world.groupware.move_occurrence(event, day, f"{to}T11:00:00", by=world.user)
    else:
        world.mailbox.edit(occurrence(world, event, day), start=f"{to}T11:00:00", end=f"{to}T12:00:00")


def cancel(side: Side, world: World, event: str, day: str) -> None:
    if side is G:
        world.groupware.delete_occurrence(event, day, by=world.user)
    else:
        world.mailbox.delete(occurrence(world, event, day))


def rename(side: Side, world: World, event: str, title: str, day: str | None = None) -> None:
    """A series, or one date of it."""
    if side is O:
        world.mailbox.edit(occurrence(world, event, day) if day else twin(world, event), subject=title)
    elif day:
        world.groupware.edit_occurrence(event, day, {"title": title}, by=world.user)
    else:
        world.groupware.change_series(event, {"title": title}, by=world.user)


SIDES = pytest.mark.parametrize("side", [G, O])


# -- the collection -----------------------------------------------------------------------------------------------


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


ZONES = {
    "America/New_York": "Eastern Standard Time",
    "Europe/London": "GMT Standard Time",
    "Asia/Kolkata": "India Standard Time",
    "Australia/Lord_Howe": "Lord Howe Standard Time",
    "Asia/Tokyo": "Tokyo Standard Time",
}
IN_ZONES = pytest.mark.parametrize(("zone", "windows"), ZONES.items(), ids=ZONES.keys())


def weekly_in(side: Side, world: World, zone: str, first: str, rrule_count: int = 6) -> str:
    """Every week from `first` (a wall time of the zone), synced; the groupware's id."""
    day = date.fromisoformat(first[:10])
    if side is G:
        rule = {"rrule": f"FREQ=WEEKLY;BYDAY={day:%a}".upper()[:-1] + f";COUNT={rrule_count}"}
        event = in_groupware(world, "定例", start=first, timeZone=zone, recurrence=rule)
        passed(world)
        return event
    end = (datetime.fromisoformat(first) + timedelta(hours=1)).isoformat()
    made = in_outlook(
        world,
        "定例",
        start=first,
        end=end,
        time_zone=ZONES[zone],
        recurrence=recurrence(first[:10], ZONES[zone], type="numbered", numberOfOccurrences=rrule_count),
    )
    passed(world)
    return twin(world, made)


def weeks(first: str, count: int, zone: str, without: int | None = None) -> Standing:
    """What keeps its wall time every week."""
    wall = datetime.fromisoformat(first)
    return [
        ("定例", instant((wall + timedelta(weeks=n)).replace(tzinfo=ZoneInfo(zone))))
        for n in range(count)
        if n != without
    ]


@SIDES
@IN_ZONES
def test_f64_a_series_of_another_zone_can_be_changed(zone: str, windows: str, side: Side) -> None:
    with series_office() as world:
        event = weekly_in(side, world, zone, "2026-11-16T22:30:00")
        rename(G, world, event, "改題")
        passed(world)
        rename(O, world, event, "定例")
        passed(world)
        assert both(world) == weeks("2026-11-16T22:30:00", 6, zone)
        world.groupware.change_series(event, {"start": "2026-11-16T21:00:00"}, by=world.user)
        passed(world)
        assert both(world) == weeks("2026-11-16T21:00:00", 6, zone)
        world.mailbox.edit(
            twin(world, event), start="2026-11-16T20:15:00", end="2026-11-16T21:15:00", time_zone=windows
        )
        passed(world)
        assert both(world) == weeks("2026-11-16T20:15:00", 6, zone)
        assert groupware(world, event)["timeZone"] == zone
        assert_still(world)


@SIDES
@IN_ZONES
def test_f65_a_series_of_another_zone_with_an_exception_comes_whole(
    zone: str, windows: str, side: Side
) -> None:
    """Both sides show the exception from the first sync on."""
    first = "2026-11-16T22:30:00"
    with series_office() as world:
        if side is G:
            event = in_groupware(
                world, start=first, timeZone=zone, recurrence={"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=6"}
            )
            world.groupware.edit_occurrence(
                event, "2026-11-30", {"title": "特別", "start": "2026-12-01T07:00:00"}, by=world.user
            )
        else:
            event = in_outlook(
                world,
                start=first,
                end="2026-11-16T23:30:00",
                time_zone=windows,
                recurrence=recurrence("2026-11-16", windows),
            )
            world.mailbox.edit(
                world.mailbox.occurrence_id(event, date(2026, 11, 30)),
                subject="特別",
                start="2026-12-01T07:00:00",
                end="2026-12-01T08:00:00",
                time_zone=windows,
            )
        passed(world)
        expected = [("打合せ", start) for _, start in weeks(first, 6, zone, without=2)]
        expected += at("2026-12-01", title="特別", hour=7, zone=zone)
        assert both(world) == sorted(expected, key=lambda one: one[1])
        assert sizes(world) == (1, 1)
        assert_still(world)


@SIDES
@IN_ZONES
@pytest.mark.parametrize("hour", ["00:15", "08:00", "23:30"])
def test_f67_a_cancelled_date_is_the_same_date_whatever_the_offset(
    zone: str, windows: str, hour: str, side: Side
) -> None:
    first = f"2026-11-16T{hour}:00"
    with series_office() as world:
        event = weekly_in(side, world, zone, first)
        cancel(side, world, event, "2026-11-30")
        passed(world)
        assert both(world) == weeks(first, 6, zone, without=2)
        assert groupware(world, event)["recurrence"]["exdates"] == [f"2026-11-30T{hour}:00"]
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


def split_in_outlook(world: World, event: str, **changes: Any) -> str:
    """This and the following, from 7 December on; the id of the new series in Outlook."""
    mine = outlook(world, event)
    world.mailbox.edit(mine["id"], recurrence=recurrence(type="endDate", endDate="2026-11-30"))
    content = {name: mine[name] for name in ("subject", "sensitivity", "showAs", "attendees", "body")}
    return world.mailbox.create(
        **{**content, "start": "2026-12-07T10:00:00", "end": "2026-12-07T11:00:00", **changes},
        recurrence=recurrence("2026-12-07", type="numbered", numberOfOccurrences=3),
    )


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


# -- what people do to a series -----------------------------------------------------------------------------------


def test_this_and_following_in_the_groupware_are_two_series_in_outlook() -> None:
    with series_office() as world:
        event = series_on(G, world)
        rename(G, world, event, "特別", "2026-12-14")
        passed(world)
        world.groupware.change_following(event, "2026-12-07", {"start": "2026-12-07T15:00:00"}, by=world.user)
        passed(world)
        assert sizes(world) == (2, 2)
        assert both(world) == [
            *at(*MONDAY_DAYS[:3]),
            *at("2026-12-07", hour=15),
            *at("2026-12-14", title="特別", hour=15),
            *at("2026-12-21", hour=15),
        ]
        assert_mails(world)
        assert_still(world)


def test_this_and_following_in_outlook_are_two_series_in_the_groupware() -> None:
    with series_office() as world:
        event = series_on(O, world)
        split_in_outlook(world, event, subject="改題")
        passed(world)
        assert sizes(world) == (2, 2)
        assert both(world) == [*at(*MONDAY_DAYS[:3]), *at(*MONDAY_DAYS[3:], title="改題")]
        assert_mails(world)
        assert_still(world)


def test_single_to_series_to_single_from_the_groupware() -> None:
    with series_office() as world:
        event = in_groupware(world, "定例", start=FIRST)
        passed(world)
        world.groupware.make_series(event, MONDAYS, by=world.user)
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        world.groupware.make_single(event, by=world.user)
        passed(world)
        assert both(world) == at("2026-11-16")
        assert sizes(world) == (1, 1)
        assert_still(world)


def test_single_to_series_to_single_from_outlook() -> None:
    with series_office() as world:
        mine = in_outlook(world, "定例", start=FIRST, end="2026-11-16T11:00:00")
        passed(world)
        world.mailbox.edit(mine, recurrence=recurrence())
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        world.mailbox.edit(mine, recurrence=None)
        passed(world)
        assert both(world) == at("2026-11-16")
        assert sizes(world) == (1, 1)
        assert_still(world)


ENDS: dict[str, tuple[Json, Json, int]] = {
    "shorter": ({"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=3"}, {"type": "numbered", "numberOfOccurrences": 3}, 3),
    "longer": ({"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=9"}, {"type": "numbered", "numberOfOccurrences": 9}, 9),
    "on a date": (
        {"rrule": "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261207T010000Z"},
        {"type": "endDate", "endDate": "2026-12-07"},
        4,
    ),
    "never": ({"rrule": "FREQ=WEEKLY;BYDAY=MO"}, {"type": "noEnd"}, 27),
}


@SIDES
@pytest.mark.parametrize(("there", "here", "count"), ENDS.values(), ids=ENDS.keys())
def test_a_series_gets_another_end_and_its_first_one_back(
    side: Side, there: Json, here: Json, count: int
) -> None:
    with series_office() as world:
        event = series_on(side, world)
        ends = [(there, here, count), (MONDAYS, {}, 6)]
        for rule, graph, number in ends:
            if side is G:
                world.groupware.change_series(event, {"recurrence": rule}, by=world.user)
            else:
                world.mailbox.edit(twin(world, event), recurrence=recurrence(**graph))
            passed(world)
            assert both(world) == weeks(FIRST, number, "Asia/Tokyo")
        assert sizes(world) == (1, 1)
        assert_still(world)


def test_a_restored_date_takes_place_again_on_both_sides() -> None:
    """Exchange cannot restore a cancelled date, so it stands beside its series."""
    with series_office() as world:
        event = series_on(G, world)
        cancel(G, world, event, "2026-11-30")
        passed(world)
        world.groupware.restore_occurrence(event, "2026-11-30", by=world.user)
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        assert_still(world)
        rename(G, world, event, "改題")
        passed(world)
        assert both(world) == at(*MONDAY_DAYS, title="改題")
        cancel(G, world, event, "2026-11-30")
        passed(world)
        assert both(world) == at(*without("2026-11-30"), title="改題")
        assert_still(world)


def test_a_date_that_outlook_deleted_is_restored_by_the_groupware() -> None:
    with series_office() as world:
        event = series_on(O, world)
        cancel(O, world, event, "2026-11-30")
        passed(world)
        world.groupware.restore_occurrence(event, "2026-11-30", by=world.user)
        passed(world)
        assert both(world) == at(*MONDAY_DAYS)
        assert_still(world)


@SIDES
@IN_ZONES
@pytest.mark.parametrize("month", ["2026-10-12", "2027-02-22"])
def test_a_series_keeps_its_wall_time_over_the_change_of_the_clocks(
    zone: str, windows: str, month: str, side: Side
) -> None:
    first = f"{month}T09:00:00"
    with series_office() as world:
        event = weekly_in(side, world, zone, first, 10)
        assert both(world) == weeks(first, 10, zone)
        assert groupware(world, event)["timeZone"] == zone
        assert outlook(world, event)["recurrence"]["range"]["recurrenceTimeZone"] == windows
        assert_still(world)


@SIDES
def test_a_whole_day_series_has_its_own_title_on_one_date(side: Side) -> None:
    days = [f"2026-11-{day}" for day in (16, 17, 18, 19, 20)]
    with series_office() as world:
        event = in_groupware(
            world,
            "休暇",
            form="allDay",
            start="2026-11-16",
            end="2026-11-17",
            recurrence={"rrule": "FREQ=DAILY;COUNT=5"},
        )
        passed(world)
        rename(side, world, event, "研修", "2026-11-18")
        passed(world)
        assert both(world) == [("研修" if day == days[2] else "休暇", day) for day in days]
        shown = groupware(world, event)["recurrence"]["overrides"]
        assert list(shown) == ["2026-11-18"]
        cancel(side, world, event, "2026-11-17")
        passed(world)
        assert groupware(world, event)["recurrence"]["exdates"] == ["2026-11-17"]
        assert [day for _, day in both(world)] == [days[0], *days[2:]]
        assert_still(world)


@SIDES
def test_a_whole_day_of_a_series_is_moved_by_date(side: Side) -> None:
    with series_office() as world:
        event = in_groupware(
            world, "休暇", form="allDay", start="2026-11-16", end="2026-11-17", recurrence=MONDAYS
        )
        passed(world)
        if side is G:
            world.groupware.move_occurrence(
                event, "2026-11-23", "2026-11-25", by=world.user, end="2026-11-26"
            )
        else:
            world.mailbox.edit(occurrence(world, event, "2026-11-23"), start="2026-11-25", end="2026-11-26")
        passed(world)
        assert [day for _, day in both(world)] == ["2026-11-16", "2026-11-25", *MONDAY_DAYS[2:]]
        assert_still(world)
