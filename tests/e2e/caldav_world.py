"""The world of `world.py` with a CalDAV server as the groupware: Radicale in this process, and a person who uses it
with a calendar program of their own."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

import icalendar
import requests
from requests.adapters import BaseAdapter

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.groupware.caldav.calendar import CaldavCalendar
from sync.adapters.groupware.caldav.context import Context, Known
from sync.adapters.groupware.caldav.directory import CaldavDirectory
from sync.adapters.groupware.caldav.discovery import Homes
from sync.adapters.groupware.caldav.quirks import SERVERS
from sync.adapters.groupware.caldav.writer import seen_of
from sync.core.change import Seen
from sync.core.event import Side
from sync.core.settings import Connection, OrganizationSettings
from sync.engine.services import Services
from sync.ports import Calendar
from sync.sandbox.faults import Rates
from sync.sandbox.inprocess import InProcess
from sync.sandbox.radicale import (
    BASE,
    HOME,
    client_of,
    make_calendar,
    radicale_app,
    session_of,
)
from tests.e2e.people import People, tag_of
from tests.e2e.world import TYPES, Conditions, FusedTransport, G, World
from tests.fakes import FakeClock

Json = dict[str, Any]
TOKYO = ZoneInfo("Asia/Tokyo")
# Of a hundred requests in hostile weather: so many are answered by nobody, carried out without an answer, refused.
NEVER_SENT, NEVER_ANSWERED, BUSY = 5, 5, 5


class CountedRequests:
    """What the service asked, by method."""

    def __init__(self) -> None:
        self._methods: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self._methods.total()

    def of(self, method: str) -> int:
        return self._methods[method]

    def note(self, method: str) -> None:
        self._methods[method] += 1


class Weather(BaseAdapter):
    """Between the service and the server: counts, and in hostile weather loses requests and answers."""

    def __init__(
        self, inner: BaseAdapter, requests: CountedRequests, is_hostile: Callable[[], bool], seed: int
    ) -> None:
        super().__init__()
        self._inner, self._requests, self._is_hostile = inner, requests, is_hostile
        self._chance = random.Random(seed)

    def send(self, request: requests.PreparedRequest, **transport: Any) -> requests.Response:  # type: ignore[override]
        luck = self._chance.randrange(100) if self._is_hostile() else 100
        if luck < NEVER_SENT:
            raise requests.ConnectionError("nobody answers", request=request)
        if luck < NEVER_SENT + BUSY:
            return busy(request)
        self._requests.note(str(request.method))
        answer = self._inner.send(request, **transport)
        if luck < NEVER_SENT + BUSY + NEVER_ANSWERED:
            raise requests.ConnectionError("the answer is lost", request=request)
        return answer

    def close(self) -> None:
        self._inner.close()


def busy(request: requests.PreparedRequest) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.request, answer.url = 503, request, request.url or ""
    answer.headers["Retry-After"] = "1"
    answer._content, answer._content_consumed = b"", True  # type: ignore[attr-defined]
    return answer


class CaldavWorld(World):
    """`folder`: where the server keeps its collections."""

    groupware: Any

    def __init__(self, conditions: Conditions, folder: Path) -> None:
        self._radicale = radicale_app(folder)
        self.asked = CountedRequests()
        self._weathers = 0
        super().__init__(conditions)
        # Only its event types are looked at, by the opener of the world; they have the same names.
        self._reference = self.groupware
        self.groupware = Hands(self._radicale, self.clock, self.user, self.types, self.asked)

    def close(self) -> None:
        self._reference.close()

    def _services(self) -> Services:
        services = super()._services()
        outlook = cast(Any, services.calendars).outlook
        session = session_of(self._radicale)
        self._weathers += 1
        weather = Weather(
            InProcess(self._radicale),
            self.asked,
            lambda: self.groupware_faults.rates != Rates(),
            self.conditions.seed * 1000 + self._weathers,
        )
        session.mount(BASE, FusedTransport(weather, self.fuse))
        users = [{"id": self.user, "name": "花子", "email": "hanako@example.com"}]
        secrets = {"list": json.dumps({"users": users, "eventTypes": list(TYPES)})}
        directory = CaldavDirectory(secrets, "list", lambda: client_of(session, self.clock), self.clock)
        homes, world = Homes(self.clock, HOME), self

        class Opener:
            def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
                client = client_of(session, world.clock)
                zone, quirks = settings.time_zone, SERVERS["radicale"]
                return CaldavCalendar(client, homes, directory, world.clock, connection.user, zone, quirks)

            def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
                found: GraphCalendar = outlook(connection, settings)
                return found

        return replace(services, calendars=Opener(), directory=directory)


class CaldavPeople(People):
    def shown(self, side: Side) -> list[Seen]:
        if side is not G:
            return super().shown(side)
        found = self.world.groupware.shown()
        return sorted(found, key=lambda seen: (tag_of(seen.event), seen.id))


class Hands:
    """The person's calendar program. Acts come in the connector contract's words, as `People` says them."""

    def __init__(
        self, app: Any, clock: FakeClock, user: str, types: Mapping[str, str], asked: CountedRequests
    ) -> None:
        self.requests = asked
        self.switches = SimpleNamespace(feed_duplicates=False, feed_replays=False)
        self._clock, self._user, self._types = clock, user, types
        self._calendar = make_calendar(client_of(session_of(app), clock), user)

    # -- looks ------------------------------------------------------------------------------------------------

    def shown(self) -> list[Seen]:
        users = {self._user: Known("花子", "hanako@example.com")}
        types = frozenset(self._types.values())
        context = Context(self._user, "Asia/Tokyo", self._clock.now(), users, types=types)
        names = self._calendar.between(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        seen = [seen_of(one, context) for one in names.values()]
        assert all(isinstance(one, Seen) for one in seen), seen
        return cast(list[Seen], seen)

    def get(self, event_id: str) -> Json:
        start = master_of(self._read(event_id)[1])["dtstart"].dt
        return {"start": wall(start).isoformat() if isinstance(start, datetime) else start.isoformat()}

    # -- acts on an event -------------------------------------------------------------------------------------

    def create(self, event: Mapping[str, Any], by: str) -> str:
        component = icalendar.Event()
        component.add("uid", f"{uuid4()}@person")
        component.add("dtstamp", self._clock.now())
        self._write(component, event)
        calendar = icalendar.Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//a person's//EN")
        calendar.add_component(component)
        calendar.add_missing_timezones()
        name = f"{uuid4()}.ics"
        self._calendar.create(name, calendar.to_ical().decode())
        return name

    def edit(self, event_id: str, changes: Mapping[str, Any], by: str) -> None:
        def act(calendar: Any) -> None:
            if changes.get("recurrence") == {"exdates": []}:
                master_of(calendar).pop("exdate", None)
            else:
                self._write(master_of(calendar), changes)

        self._act(event_id, act)

    def touch(self, event_id: str, by: str) -> None:
        self._act(event_id, lambda calendar: None)

    def delete(self, event_id: str, by: str) -> None:
        self._calendar.delete(event_id, "")

    # -- acts on a series -------------------------------------------------------------------------------------

    def edit_occurrence(self, event_id: str, original: str, changes: Mapping[str, Any], by: str) -> None:
        def act(calendar: Any) -> None:
            component = self._override(calendar, original)
            if "start" in changes:
                lasts = component["dtend"].dt - component["dtstart"].dt
                start = moment_of(changes["start"])
                put(component, "dtstart", start)
                put(component, "dtend", moment_of(changes["end"]) if changes.get("end") else start + lasts)
            self._write(component, {k: v for k, v in changes.items() if k not in ("start", "end")})

        self._act(event_id, act)

    def delete_occurrence(self, event_id: str, original: str, by: str) -> None:
        def act(calendar: Any) -> None:
            recurrence_id = self._recurrence_id(master_of(calendar), original)
            remove_override(calendar, recurrence_id)
            master_of(calendar).add("exdate", recurrence_id)

        self._act(event_id, act)

    def change_series(self, event_id: str, changes: Mapping[str, Any], by: str) -> None:
        """Another rule makes the dates' own words void; another time of the day takes them along."""

        def act(calendar: Any) -> None:
            master = master_of(calendar)
            if "recurrence" in changes:
                for name in ("rrule", "rdate", "exdate"):
                    master.pop(name, None)
                calendar.subcomponents = [one for one in calendar.subcomponents if "recurrence-id" not in one]
            else:
                take_along(calendar, moment_of(changes["start"]))
            self._write(master, changes)

        self._act(event_id, act)

    # -- helpers ----------------------------------------------------------------------------------------------

    def _read(self, event_id: str) -> tuple[Any, Any]:
        stored = self._calendar.read([event_id])[event_id]
        assert stored is not None
        return stored, icalendar.Calendar.from_ical(stored.text)

    def _act(self, event_id: str, act: Callable[[Any], None]) -> None:
        stored, calendar = self._read(event_id)
        act(calendar)
        for component in calendar.events:
            put(component, "last-modified", self._clock.now())
            put(component, "sequence", int(component.get("sequence", 0)) + 1)
        calendar.add_missing_timezones()
        self._calendar.replace(stored, calendar.to_ical().decode())

    def _override(self, calendar: Any, original: str) -> Any:
        """The changed occurrence; a new one is as its series says."""
        master = master_of(calendar)
        recurrence_id = self._recurrence_id(master, original)
        for one in calendar.events:
            if "recurrence-id" in one and same_moment(one["recurrence-id"].dt, recurrence_id):
                return one
        component = icalendar.Event.from_ical(master.to_ical())
        for name in ("rrule", "rdate", "exdate"):
            component.pop(name, None)
        lasts = master["dtend"].dt - master["dtstart"].dt
        put(component, "recurrence-id", recurrence_id)
        put(component, "dtstart", recurrence_id)
        put(component, "dtend", recurrence_id + lasts)
        calendar.add_component(component)
        return component

    def _recurrence_id(self, master: Any, original: str) -> Any:
        start = master["dtstart"].dt
        if not isinstance(start, datetime) or "T" in original:
            return moment_of(original)
        return datetime.combine(date.fromisoformat(original), wall(start).time(), TOKYO)

    def _write(self, component: Any, event: Mapping[str, Any]) -> None:
        for member, name in (("title", "summary"), ("place", "location"), ("memo", "description")):
            if member in event:
                put(component, name, event[member])
        if "start" in event:
            start = moment_of(event["start"])
            lasts = timedelta(minutes=int(event["duration"][2:-1])) if event.get("duration") else None
            put(component, "dtstart", start)
            put(component, "dtend", start + lasts if lasts else moment_of(event["end"]))
            component.pop("duration", None)
        if "visibility" in event:
            put(component, "class", event["visibility"].upper())
        if "status" in event:
            component.pop("x-microsoft-cdo-busystatus", None)
            put(component, "status", event["status"].upper())
            put(component, "transp", "TRANSPARENT" if event["showAs"] == "free" else "OPAQUE")
        if "importance" in event:
            put(component, "priority", {"low": 9, "high": 1}[event["importance"]])
        if "typeId" in event:
            put(component, "categories", [self._types[event["typeId"]], "自分の分類"])
        if "reminders" in event:
            component.subcomponents = []
            alarm = icalendar.Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", "x")
            alarm.add("trigger", -timedelta(minutes=event["reminders"][0]["minutesBefore"]))
            component.add_component(alarm)
        if event.get("recurrence"):
            series = event["recurrence"]
            parts = (part.split("=") for part in series["rrule"].split(";"))
            put(component, "rrule", {name: text.split(",") for name, text in parts})
            for more in series.get("rdates", ()):
                component.add("rdate", [moment_of(more)])


def moment_of(text: str) -> Any:
    """A wall time in Tokyo, or a date."""
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO) if "T" in text else date.fromisoformat(text)


def wall(moment: datetime) -> datetime:
    return moment.astimezone(TOKYO).replace(tzinfo=None)


def same_moment(one: date, other: date) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one.timestamp() == other.timestamp()
    return one == other


def master_of(calendar: Any) -> Any:
    return next(one for one in calendar.events if "recurrence-id" not in one)


def put(component: Any, name: str, value: Any) -> None:
    component.pop(name, None)
    component.add(name, value)


def remove_override(calendar: Any, recurrence_id: date) -> None:
    calendar.subcomponents = [
        one
        for one in calendar.subcomponents
        if "recurrence-id" not in one or not same_moment(one["recurrence-id"].dt, recurrence_id)
    ]


def take_along(calendar: Any, start: Any) -> None:
    """The dates of a series by their new time of the day."""
    if not isinstance(start, datetime):
        return

    def moved(moment: Any) -> Any:
        return (
            datetime.combine(wall(moment).date(), start.time(), TOKYO)
            if isinstance(moment, datetime)
            else moment
        )

    master = master_of(calendar)
    for name in ("exdate", "rdate"):
        lines = master.pop(name, [])
        for line in lines if isinstance(lines, list) else [lines]:
            master.add(name, [moved(one.dt) for one in line.dts])
    for one in calendar.events:
        if "recurrence-id" in one:
            before = one["recurrence-id"].dt
            if same_moment(one["dtstart"].dt, before):
                lasts = one["dtend"].dt - one["dtstart"].dt
                put(one, "dtstart", moved(before))
                put(one, "dtend", moved(before) + lasts)
            put(one, "recurrence-id", moved(before))
