"""What the stories about series share: six Mondays on either side, a person's acts on single dates, and what
stands in each calendar, expanded by the simulators themselves.
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
from tests.e2e.office import (
    in_groupware,
    in_outlook,
    office,
    outlook,
    passed,
    twin,
    wide,
)
from tests.e2e.world import G, O, World

Json = dict[str, Any]
Standing = list[tuple[str, str]]

MONDAYS = {"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=6"}
FIRST = "2026-11-16T10:00:00"
# Well inside the window of `wide()`.
SINCE, UNTIL = date(2026, 10, 1), date(2027, 5, 20)
LOOK = window_of(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 5, 20, tzinfo=UTC), ZoneInfo("UTC"))

SIDES = pytest.mark.parametrize("side", [G, O])
ZONES = {
    "America/New_York": "Eastern Standard Time",
    "Europe/London": "GMT Standard Time",
    "Asia/Kolkata": "India Standard Time",
    "Australia/Lord_Howe": "Lord Howe Standard Time",
    "Asia/Tokyo": "Tokyo Standard Time",
}
IN_ZONES = pytest.mark.parametrize(("zone", "windows"), ZONES.items(), ids=ZONES.keys())


@contextmanager
def series_office(**conditions: Any) -> Iterator[World]:
    with office(settings=wide(), **conditions) as world:
        yield world


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


def split_in_outlook(world: World, event: str, **changes: Any) -> str:
    """This and the following, from 7 December on; the id of the new series in Outlook."""
    mine = outlook(world, event)
    world.mailbox.edit(mine["id"], recurrence=recurrence(type="endDate", endDate="2026-11-30"))
    content = {name: mine[name] for name in ("subject", "sensitivity", "showAs", "attendees", "body")}
    return world.mailbox.create(
        **{**content, "start": "2026-12-07T10:00:00", "end": "2026-12-07T11:00:00", **changes},
        recurrence=recurrence("2026-12-07", type="numbered", numberOfOccurrences=3),
    )
