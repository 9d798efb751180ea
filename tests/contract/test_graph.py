"""The promises of a Calendar, kept by Microsoft Graph as the simulator plays it: quiet, nasty, hostile, and with
every assumption about the service turned round."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.mapping import TypeTable
from sync.ports import Calendar
from sync.sandbox.faults import Faults, commit_then_drop
from sync.sandbox.microsoft365 import Switches
from tests.adapters.graph.simulated import World, hour, make_world
from tests.contract.calendar import ZONE, CalendarPromises, Stage

# A new event that lists do not show yet is no broken promise; test_writes covers what we do about it.
FLIPPED = replace(Switches.all_flipped(), just_created_missing_from_lists=0)
WORLDS = {
    "quiet": lambda: make_world(),
    "nasty": lambda: make_world(faults=Faults.nasty(seed=1)),
    "flipped": lambda: make_world(switches=FLIPPED),
    "flipped but for If-Match": lambda: make_world(switches=replace(FLIPPED, if_match_honoured=True)),
}


class GraphStage:
    def __init__(self, world: World) -> None:
        self.world = world
        self.honours_versions = world.tenant.switches.if_match_honoured

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


class TestGraph(CalendarPromises):
    @pytest.fixture(params=list(WORLDS))
    def stage(self, request: pytest.FixtureRequest) -> Stage:
        return GraphStage(WORLDS[request.param]())
