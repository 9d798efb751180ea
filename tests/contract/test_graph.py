"""The promises of a Calendar, kept by Microsoft Graph as the simulator plays it: quiet, nasty, hostile, and with
every assumption about the service turned round."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.mapping import TypeTable
from sync.ports import Calendar
from sync.sandbox.faults import Faults, commit_then_drop
from sync.sandbox.microsoft365 import Switches
from sync.sandbox.microsoft365.switches import SeriesVersions
from tests.adapters.graph.simulated import World, hour, make_world
from tests.contract.calendar import ZONE, CalendarPromises, Stage
from tests.contract.series import FIRST, UNTIL, SeriesPromises, SeriesStage

# A new event that lists do not show yet is no broken promise; test_writes covers what we do about it.
FLIPPED = replace(Switches.all_flipped(), just_created_missing_from_lists=0)
WORLDS = {
    "quiet": lambda: make_world(),
    "nasty": lambda: make_world(faults=Faults.nasty(seed=1)),
    "flipped": lambda: make_world(switches=FLIPPED),
    "flipped but for If-Match": lambda: make_world(switches=replace(FLIPPED, if_match_honoured=True)),
}


class GraphStage:
    restores_dates = False

    def __init__(self, world: World) -> None:
        self.world = world
        switches = world.tenant.switches
        self.honours_versions = switches.if_match_honoured
        self.versions_cover_dates = switches.series_versions is not SeriesVersions.ALONE

    def open(self) -> Calendar:
        return GraphCalendar(self.world.new_client(), self.world.user.id, zone=ZONE, types=TypeTable)

    def create(self, title: str, day: date) -> str:
        return self.world.mailbox.create(subject=title, **hour(day))

    def retitle(self, event_id: str, title: str) -> None:
        self.world.mailbox.edit(event_id, subject=title)

    def move(self, event_id: str, day: date) -> None:
        self.world.mailbox.edit(event_id, **hour(day))

    def delete(self, event_id: str) -> None:
        self.world.mailbox.delete(event_id)

    def titles(self) -> list[str]:
        return [event["subject"] for event in self.world.mailbox.events()]

    def lose_answers(self, writes: int) -> None:
        self.world.tenant.faults.script("POST /$batch", commit_then_drop(), times=writes)

    def create_series(self, title: str, first: date, count: int) -> str:
        recurrence = {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": first.isoformat(), "numberOfOccurrences": count},
        }
        return self.world.mailbox.create(subject=title, recurrence=recurrence, **hour(first))

    def retitle_date(self, event_id: str, day: date, title: str) -> None:
        self.world.mailbox.edit(self.world.mailbox.occurrence_id(event_id, day), subject=title)

    def cancel_date(self, event_id: str, day: date) -> None:
        self.world.mailbox.delete(self.world.mailbox.occurrence_id(event_id, day))

    def plotted(self, event_id: str) -> dict[str, str]:
        items = [event for event in self.world.mailbox.events() if event["id"] == event_id]
        if items[0]["type"] == "seriesMaster":
            items = self.world.mailbox.occurrences(event_id, FIRST, UNTIL)
        return {wall(item): item["subject"] for item in items}


def wall(item: dict[str, Any]) -> str:
    local = datetime.fromisoformat(item["start"]["dateTime"])
    if item["isAllDay"]:
        return local.date().isoformat()
    return local.replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE)).replace(tzinfo=None).isoformat()


class TestGraph(CalendarPromises):
    @pytest.fixture(params=list(WORLDS))
    def stage(self, request: pytest.FixtureRequest) -> Stage:
        return GraphStage(WORLDS[request.param]())


# Some assumptions about series (graph-calendar.md 3.3) turned round, apart from all the others.
KEPT = Switches(pattern_change_drops_exceptions=False, exceptions_follow_master=False)
STICKY = Switches(
    equal_values_override=True,
    exception_keeps_id=False,
    series_versions=SeriesVersions.ALONE,
    unchanged_pattern_drops_exceptions=True,
)
STRICT = Switches(
    recurrence_can_be_removed=False, deleted_occurrence_not_found=False, exceptions_expanded_by_select=False
)
SERIES_WORLDS = WORLDS | {
    "exceptions keep everything": lambda: make_world(switches=KEPT),
    "exceptions stick": lambda: make_world(switches=STICKY),
    "no way back": lambda: make_world(switches=STRICT),
}


class TestSeries(SeriesPromises):
    @pytest.fixture(params=list(SERIES_WORLDS))
    def stage(self, request: pytest.FixtureRequest) -> SeriesStage:
        return GraphStage(SERIES_WORLDS[request.param]())
