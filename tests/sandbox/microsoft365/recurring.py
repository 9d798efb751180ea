"""Series for the tests: on Thursdays at ten in Tokyo, from 10 September 2026, unless told otherwise."""

from __future__ import annotations

from typing import Any

import requests

from tests.sandbox.microsoft365.world import World, moment, shown

Json = dict[str, Any]
FIRST = "2026-09-10"
AUTUMN = "startDateTime=2026-08-15T00:00:00Z&endDateTime=2026-12-15T00:00:00Z"
EXPANDED = "cancelledOccurrences,exceptionOccurrences&$expand=exceptionOccurrences"


def weekly(count: int = 4, first: str = FIRST, day: str = "thursday", **span: Any) -> Json:
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [day], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": first, "numberOfOccurrences": count, **span},
    }


def daily(count: int = 4, first: str = FIRST) -> Json:
    return {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": first, "numberOfOccurrences": count},
    }


def make_series(world: World, recurrence: Json | None = None, **properties: Any) -> Json:
    return world.create(recurrence=recurrence or weekly(), **properties)


def instances(world: World, master_id: str, query: str = "$select=*") -> list[Json]:
    """With originalStart, in the order of their original dates."""
    answer = world.get(f"{world.events}/{master_id}/instances?{AUTUMN}&$top=100&{query}")
    assert answer.status_code == 200, answer.text
    found: list[Json] = shown(answer)["value"]
    return sorted(found, key=lambda each: str(each.get("occurrenceId")))


def on(world: World, master_id: str, day: str) -> Json:
    """What stands on an original date."""
    return {each["occurrenceId"][-10:]: each for each in instances(world, master_id)}[day]


def days(world: World, master_id: str) -> list[str]:
    """When the occurrences of a series start, in UTC."""
    return sorted(each["start"]["dateTime"][:16] for each in instances(world, master_id))


def expanded(world: World, master_id: str, select: str = "*") -> Json:
    return world.read(master_id, f"?$select={select},{EXPANDED}")


def move(world: World, event_id: str, start: str, end: str, **more: Any) -> requests.Response:
    """To wall times in Tokyo."""
    return world.change(event_id, start=moment(start), end=moment(end), **more)


def move_to(world: World, master_id: str, day: str, to: str, hours: str = "10:00/11:00") -> requests.Response:
    """The occurrence of one date to another day."""
    start, _, end = hours.partition("/")
    return move(world, on(world, master_id, day)["id"], f"{to}T{start}:00", f"{to}T{end}:00")


def cancel(world: World, master_id: str, day: str) -> None:
    answer = world.call("DELETE", f"{world.events}/{on(world, master_id, day)['id']}")
    assert answer.status_code == 204, answer.text
