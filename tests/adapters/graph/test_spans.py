"""The times of a series are wall times of the zone whose clocks it follows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.adapters.graph.spans import series_span_from_graph, series_span_to_graph, series_zone, span_to_graph
from sync.core.event import AllDay, Timed
from sync.errors import CannotSync
from tests.adapters.graph.test_series_reading import master, moment, weekly

BERLIN = ZoneInfo("Europe/Berlin")


def lasting_an_hour(start: datetime) -> Timed:
    return Timed(start, start + timedelta(hours=1))


def test_a_series_is_written_in_its_zone_where_a_single_event_would_be_written_in_utc() -> None:
    """Half past two comes twice on that day; what comes after it must not drift (T21)."""
    span = lasting_an_hour(datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN))
    single, series = span_to_graph(span, "Asia/Tokyo"), series_span_to_graph(span, "Asia/Tokyo")
    assert single["start"] == {"dateTime": "2026-10-25T00:30:00", "timeZone": "UTC"}
    assert series["start"] == {"dateTime": "2026-10-25T02:30:00", "timeZone": "W. Europe Standard Time"}
    assert series["isAllDay"] is False


def test_whole_days_of_a_series_are_midnights_of_the_organizations_zone() -> None:
    span = AllDay(date(2026, 9, 7), date(2026, 9, 8))
    assert series_span_to_graph(span, "Asia/Tokyo") == span_to_graph(span, "Asia/Tokyo")


def test_a_series_in_a_zone_that_windows_does_not_have_is_refused() -> None:
    span = lasting_an_hour(datetime(2026, 9, 7, 10, tzinfo=ZoneInfo("Antarctica/Troll")))
    with pytest.raises(CannotSync) as caught:
        series_span_to_graph(span, "Asia/Tokyo")
    assert caught.value.detail == {"zone": "Antarctica/Troll"}


@pytest.mark.parametrize(
    ("changes", "zone"),
    [
        ({}, "Asia/Tokyo"),
        # The rule's own zone counts, also where the event was entered in another one (3.2).
        ({"recurrence": weekly(zone="W. Europe Standard Time")}, "Europe/Berlin"),
        (
            {"recurrence": weekly(zone=""), "originalStartTimeZone": "W. Europe Standard Time"},
            "Europe/Berlin",
        ),
        ({"recurrence": weekly(zone=""), "originalStartTimeZone": None}, "America/New_York"),
        ({"recurrence": None, "originalStartTimeZone": "UTC"}, "Etc/UTC"),
    ],
)
def test_the_zone_of_a_series(changes: dict[str, Any], zone: str) -> None:
    assert series_zone(master(**changes), "America/New_York").key == zone


def test_a_series_is_read_in_its_zone() -> None:
    item = master(
        start=moment("2026-09-06T23:30:00"), end=moment("2026-09-07T00:30:00"), originalStartTimeZone="UTC"
    )
    span = series_span_from_graph(item, "America/New_York")
    assert span == lasting_an_hour(datetime(2026, 9, 7, 8, 30, tzinfo=ZoneInfo("Asia/Tokyo")))
    assert span.zone == "Asia/Tokyo"
