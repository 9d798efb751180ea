"""The promises of a Calendar, kept by a groupware that implements the connector contract: quiet, nasty, and with
every legal oddity of its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from sync.adapters.groupware.connector.calendar import ConnectorCalendar
from sync.adapters.groupware.connector.client import Client
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.http import Session
from sync.ports import Calendar
from sync.sandbox.faults import Faults, commit_then_drop
from sync.sandbox.groupware import TOKEN, Groupware, Switches
from sync.sandbox.groupware.recurrence import occurrences
from sync.sandbox.groupware.times import window_of
from sync.sandbox.inprocess import InProcess
from tests.contract.calendar import ZONE, CalendarPromises, Stage
from tests.contract.series import FIRST, UNTIL, SeriesPromises, SeriesStage
from tests.fakes import FakeClock

BASE = "http://127.0.0.1:2"
START = datetime(2026, 9, 1, tzinfo=UTC)
ODD = Switches(
    page_default=3,
    feed_duplicates=True,
    feed_replays=True,
    short_pages=True,
    empty_pages=True,
    coalesces=False,
)
GROUPWARES: dict[str, Callable[[FakeClock], Groupware]] = {
    "quiet": lambda clock: Groupware(clock=clock),
    "nasty": lambda clock: Groupware(clock=clock, faults=Faults.nasty(seed=1)),
    "odd": lambda clock: Groupware(clock=clock, switches=ODD),
}


class ConnectorStage:
    honours_versions = True
    restores_dates = True
    versions_cover_dates = True

    def __init__(self, groupware: Groupware, clock: FakeClock, parallel: int) -> None:
        self.groupware, self.clock, self.parallel = groupware, clock, parallel
        self.user = groupware.add_user("山田太郎")

    def open(self) -> Calendar:
        session = Session(read_retries=0)
        session.mount(BASE, InProcess(self.groupware.app))

        def client() -> Client:
            return Client(session, BASE, TOKEN, self.clock)

        directory = ConnectorDirectory(client, self.clock)
        return ConnectorCalendar(client(), directory, self.user, self.parallel)

    def create(self, title: str, day: date) -> str:
        return str(self.groupware.create({"title": title, "start": f"{day}T10:00:00"}, by=self.user)["id"])

    def retitle(self, event_id: str, title: str) -> None:
        self.groupware.edit(event_id, {"title": title}, by=self.user)

    def move(self, event_id: str, day: date) -> None:
        self.groupware.edit(event_id, {"start": f"{day}T10:00:00"}, by=self.user)

    def delete(self, event_id: str) -> None:
        self.groupware.delete(event_id, by=self.user)

    def titles(self) -> list[str]:
        return [event["title"] for event in self.groupware.events_of(self.user)]

    def lose_answers(self, writes: int) -> None:
        self.groupware.faults.script(lambda call: call.writes, commit_then_drop(), times=writes)

    def create_series(self, title: str, first: date, count: int) -> str:
        event = {
            "title": title,
            "start": f"{first}T10:00:00",
            "recurrence": {"rrule": f"FREQ=DAILY;COUNT={count}"},
        }
        return str(self.groupware.create(event, by=self.user)["id"])

    def retitle_date(self, event_id: str, day: date, title: str) -> None:
        self.groupware.edit_occurrence(event_id, day.isoformat(), {"title": title}, by=self.user)

    def cancel_date(self, event_id: str, day: date) -> None:
        self.groupware.delete_occurrence(event_id, day.isoformat(), by=self.user)

    def plotted(self, event_id: str) -> dict[str, str]:
        event = self.groupware.get(event_id)
        assert event is not None
        zone = ZoneInfo(ZONE)
        first, until = (datetime.combine(day, time(), zone) for day in (FIRST, UNTIL))
        return {one.start: one.event["title"] for one in occurrences(event, window_of(first, until, zone))}


class TestConnector(CalendarPromises):
    @pytest.fixture(params=list(GROUPWARES))
    def stage(self, request: pytest.FixtureRequest) -> Iterator[Stage]:
        clock = FakeClock(START)
        with GROUPWARES[request.param](clock) as groupware:
            yield ConnectorStage(groupware, clock, parallel=1)


class TestSeries(SeriesPromises):
    @pytest.fixture(params=list(GROUPWARES))
    def stage(self, request: pytest.FixtureRequest) -> Iterator[SeriesStage]:
        clock = FakeClock(START)
        with GROUPWARES[request.param](clock) as groupware:
            yield ConnectorStage(groupware, clock, parallel=1)
