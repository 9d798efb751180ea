"""The promises about series, kept by a groupware that implements the connector contract: quiet, nasty and odd."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from sync.sandbox.groupware.recurrence import occurrences
from sync.sandbox.groupware.times import window_of, zone
from tests.contract.calendar import ZONE
from tests.contract.series import FIRST, UNTIL, SeriesPromises, SeriesStage
from tests.contract.test_connector import GROUPWARES, START, ConnectorStage
from tests.fakes import FakeClock


class ConnectorSeriesStage(ConnectorStage):
    restores_dates = True
    versions_cover_dates = True

    def create_series(self, title: str, first: date, count: int) -> str:
        event = {
            "title": title,
            "start": f"{first}T10:00:00",
            "recurrence": {"rrule": f"FREQ=DAILY;COUNT={count}"},
        }
        return str(self.groupware.create(event, by=self.user)["id"])

    def retitle_date(self, event_id: str, day: date, title: str) -> None:
        self.groupware.edit_occurrence(event_id, str(day), {"title": title}, by=self.user)

    def cancel_date(self, event_id: str, day: date) -> None:
        self.groupware.delete_occurrence(event_id, str(day), by=self.user)

    def plotted(self, event_id: str) -> dict[str, str]:
        event = self.groupware.get(event_id)
        assert event is not None
        opens, closes = (
            START.astimezone(zone(ZONE)).replace(year=day.year, month=day.month, day=day.day, hour=0)
            for day in (FIRST, UNTIL)
        )
        found = occurrences(event, window_of(opens, closes, zone(ZONE)))
        return {one.start: one.event["title"] for one in found}


class TestConnectorSeries(SeriesPromises):
    @pytest.fixture(params=list(GROUPWARES))
    def stage(self, request: pytest.FixtureRequest) -> Iterator[SeriesStage]:
        clock = FakeClock(START)
        with GROUPWARES[request.param](clock) as groupware:
            yield ConnectorSeriesStage(groupware, clock, parallel=1)
