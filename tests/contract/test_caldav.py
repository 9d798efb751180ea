"""The promises of a Calendar, kept on real CalDAV servers: Radicale and Xandikos, and a Radicale whose answers have
the oddities of other servers and of proxies (groupware.md 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import tostring
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped]
import requests
from defusedxml.ElementTree import fromstring
from requests.adapters import HTTPAdapter

from sync.adapters.groupware.caldav.calendar import CaldavCalendar
from sync.adapters.groupware.caldav.collection import Collection
from sync.adapters.groupware.caldav.directory import CaldavDirectory
from sync.adapters.groupware.caldav.quirks import UNKNOWN, Quirks
from sync.adapters.http import Session
from sync.ports import Calendar
from tests.adapters.groupware.caldav.servers import Server
from tests.contract.calendar import ZONE, CalendarPromises, Stage
from tests.contract.series import FIRST, UNTIL, SeriesPromises, SeriesStage
from tests.fakes import FakeClock

TOKYO = ZoneInfo(ZONE)
HOUR = timedelta(hours=1)
START = datetime(2026, 9, 1, tzinfo=UTC)
LIST = '{"users": [{"id": "%s", "name": "山田太郎", "email": "taro@example.co.jp"}]}'
WRITES = ("PUT", "DELETE")


class LosingAnswers(HTTPAdapter):
    """The next `lost` requests that write are carried out, but their answers never arrive."""

    lost = 0

    def send(self, request: requests.PreparedRequest, **transport: Any) -> requests.Response:  # type: ignore[override]
        answer = super().send(request, **transport)
        if self.lost and request.method in WRITES:
            self.lost -= 1
            raise requests.ConnectionError("the connection was closed without an answer", request=request)
        return answer


class OddAnswers(LosingAnswers):
    """No entity tag after a PUT, weak ones everywhere else, and not a word about what is not there."""

    def send(self, request: requests.PreparedRequest, **transport: Any) -> requests.Response:  # type: ignore[override]
        answer = super().send(request, **transport)
        answer.headers.pop("ETag", None)
        if answer.status_code == 207 and b"calendar-multiget" in (request.body or b""):
            answer._content = _odd(answer.content)
        return answer


def _odd(body: bytes) -> bytes:
    root = fromstring(body)
    for response in root.findall("{DAV:}response"):
        if response.find("{DAV:}status") is not None:
            root.remove(response)
        for etag in response.iter("{DAV:}getetag"):
            etag.text = f"W/{etag.text}"
    found: bytes = tostring(root)
    return found


class CaldavStage:
    """A person with a client of their own, which edits resources as iCalendar objects."""

    honours_versions = True
    restores_dates = True
    versions_cover_dates = True

    def __init__(self, server: Server, wire: LosingAnswers, quirks: Quirks) -> None:
        self.server, self.wire, self.quirks = server, wire, quirks
        self.clock = FakeClock(START)
        self.user = server.person()
        self.theirs = Collection(server.client(), server.path.replace("{user}", self.user))

    def open(self) -> Calendar:
        session = Session(read_retries=0)
        session.mount(self.server.url, self.wire)
        client = self.server.client(session, self.clock)
        directory = CaldavDirectory({"list": LIST % self.user}, "list", lambda: client, self.clock)
        homes = self.server.homes(self.user, self.clock)
        return CaldavCalendar(client, homes, directory, self.clock, self.user, ZONE, self.quirks)

    def create(self, title: str, day: date, **more: Any) -> str:
        event = icalendar.Event()
        event.add("uid", f"{uuid4()}@person")
        event.add("dtstamp", START)
        event.add("summary", title)
        event.add("dtstart", datetime.combine(day, time(10), TOKYO))
        event.add("dtend", datetime.combine(day, time(11), TOKYO))
        for name, value in more.items():
            event.add(name, value)
        calendar = icalendar.Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//a person's//EN")
        calendar.add_component(event)
        calendar.add_missing_timezones()
        name = f"{uuid4()}.ics"
        self.theirs.create(name, calendar.to_ical().decode())
        return name

    def retitle(self, event_id: str, title: str) -> None:
        self._edit(event_id, lambda calendar: _set(_master(calendar), "summary", title))

    def move(self, event_id: str, day: date) -> None:
        def edit(calendar: Any) -> None:
            event = _master(calendar)
            _set(event, "dtstart", datetime.combine(day, time(10), TOKYO))
            _set(event, "dtend", datetime.combine(day, time(11), TOKYO))

        self._edit(event_id, edit)

    def delete(self, event_id: str) -> None:
        self.theirs.delete(event_id, "")

    def titles(self) -> list[str]:
        everything = self.theirs.between(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return [str(_master(parsed(one.text))["summary"]) for one in everything.values()]

    def lose_answers(self, writes: int) -> None:
        self.wire.lost = writes

    def create_series(self, title: str, first: date, count: int) -> str:
        return self.create(title, first, rrule={"freq": "daily", "count": count})

    def retitle_date(self, event_id: str, day: date, title: str) -> None:
        def edit(calendar: Any) -> None:
            start = datetime.combine(day, time(10), TOKYO)
            for event in calendar.events:
                if "recurrence-id" in event and event["recurrence-id"].dt == start:
                    _set(event, "summary", title)
                    return
            changed = icalendar.Event()
            changed.add("uid", _master(calendar)["uid"])
            changed.add("dtstamp", START)
            changed.add("recurrence-id", start)
            changed.add("dtstart", start)
            changed.add("dtend", start + HOUR)
            changed.add("summary", title)
            calendar.add_component(changed)

        self._edit(event_id, edit)

    def cancel_date(self, event_id: str, day: date) -> None:
        def edit(calendar: Any) -> None:
            start = datetime.combine(day, time(10), TOKYO)
            calendar.subcomponents = [
                one
                for one in calendar.subcomponents
                if "recurrence-id" not in one or one["recurrence-id"].dt != start
            ]
            _master(calendar).add("exdate", start)

        self._edit(event_id, edit)

    def plotted(self, event_id: str) -> dict[str, str]:
        stored = self.theirs.read([event_id])[event_id]
        assert stored is not None
        calendar = parsed(stored.text)
        shown = recurring_ical_events.of(calendar).between(FIRST, UNTIL)
        return {_start(event): str(event["summary"]) for event in shown}

    def _edit(self, event_id: str, change: Callable[[Any], None]) -> None:
        before = self.theirs.read([event_id])[event_id]
        assert before is not None
        calendar = parsed(before.text)
        change(calendar)
        self.theirs.replace(before, calendar.to_ical().decode())


def parsed(text: str) -> Any:
    """The library's types say of each value that it may be any other."""
    return icalendar.Calendar.from_ical(text)


def _master(calendar: Any) -> Any:
    (master,) = (event for event in calendar.events if "recurrence-id" not in event)
    return master


def _set(event: Any, name: str, value: Any) -> None:
    event.pop(name, None)
    event.add(name, value)


def _start(event: Any) -> str:
    start = event["dtstart"].dt
    if isinstance(start, datetime):
        start = start.astimezone(TOKYO).replace(tzinfo=None)
    return str(start.isoformat())


@pytest.fixture(params=["radicale", "xandikos", "odd"])
def caldav(request: pytest.FixtureRequest) -> CaldavStage:
    is_odd = request.param == "odd"
    server: Server = request.getfixturevalue("radicale" if is_odd else request.param)
    return (
        CaldavStage(server, OddAnswers(), UNKNOWN)
        if is_odd
        else CaldavStage(server, LosingAnswers(), server.quirks)
    )


class TestCaldav(CalendarPromises):
    @pytest.fixture
    def stage(self, caldav: CaldavStage) -> Stage:
        return caldav


class TestSeries(SeriesPromises):
    @pytest.fixture
    def stage(self, caldav: CaldavStage) -> SeriesStage:
        return caldav
