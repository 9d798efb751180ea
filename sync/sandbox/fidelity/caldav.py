"""`make fidelity GROUPWARE=caldav`: each event of a calendar file as a resource on a real CalDAV server (Radicale, in
this process), word for word as the file has it, instead of what a person would enter for it."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from icalendar import Calendar

from sync.adapters.groupware.caldav.calendar import CaldavCalendar
from sync.adapters.groupware.caldav.client import Refused
from sync.adapters.groupware.caldav.directory import CaldavDirectory
from sync.adapters.groupware.caldav.discovery import Homes
from sync.adapters.groupware.caldav.quirks import SERVERS
from sync.core.settings import Connection, OrganizationSettings
from sync.core.timezones import canonical_name
from sync.engine.services import Services
from sync.errors import CannotSync
from sync.ports import Calendar as PortCalendar
from sync.sandbox.fidelity.entries import Entry
from sync.sandbox.fidelity.reader import Translation
from sync.sandbox.fidelity.windows import Stretch
from sync.sandbox.fidelity.world import PERSON, World
from sync.sandbox.radicale import HOME, client_of, make_calendar, radicale_app, session_of

KIND = "caldav"
# Why the service leaves an event alone that stands in the calendar as nobody could have entered it elsewhere.
UNREADABLE = frozenset(
    {
        "event-unreadable",
        "invalid-time",
        "range-this-and-future",
        "recurrence-too-frequent",
        "recurrence-unreadable",
        "series-without-master",
        "unknown-zone",
    }
)


class NotTaken(Exception):
    """Raised when the server refuses a resource; `name` is what it said."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def as_resource(entry: Entry, judged: Translation) -> Translation:
    """The entry with the zones that its calendar describes, and the UID that a resource must have (RFC 4791 4.1).

    `judged`: what a person would make of it. Of an entry that contradicts itself nothing particular is expected.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//fidelity//EN")
    for component in entry.zones:
        calendar.add_component(component)
    for component in entry.components:
        event = component.copy(recursive=True)
        if not event.get("UID"):
            event.add("uid", entry.id)
        calendar.add_component(event)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = calendar.to_ical().decode("utf-8", "replace")
    if judged.is_entered:
        return Translation(({"ics": text},))
    return Translation(({"ics": text},), judged.findings, is_entered=False)


def zone_of(entries: Sequence[Entry]) -> str:
    """The calendar's own zone, if all its events say the same one that is known."""
    names = {entry.home_zone for entry in entries}
    try:
        return canonical_name(names.pop()) if len(names) == 1 else ""
    except CannotSync:
        return ""


class CaldavWorld(World):
    def __init__(self, stretch: Stretch, zone: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fidelity-")
        self._app = radicale_app(Path(self._folder.name))
        super().__init__(stretch)
        self._calendar = make_calendar(client_of(session_of(self._app), self._clock), self._user, zone)

    def close(self) -> None:
        super().close()
        self._folder.cleanup()

    def enter(self, event: dict[str, Any]) -> str:
        name = f"{uuid4()}.ics"
        try:
            self._calendar.create(name, event["ics"])
        except Refused as refused:
            raise NotTaken(str(refused)) from refused
        return name

    def _build(self) -> Services:
        services = super()._build()
        session = session_of(self._app)
        secrets = {"list": json.dumps({"users": [{"id": self._user, "email": PERSON}]})}
        directory = CaldavDirectory(secrets, "list", lambda: client_of(session, self._clock), self._clock)
        homes, world, outlook = Homes(self._clock, HOME), self, services.calendars

        class Opener:
            def groupware(self, connection: Connection, settings: OrganizationSettings) -> PortCalendar:
                client, quirks = client_of(session, world._clock), SERVERS["radicale"]
                zone, user = settings.time_zone, connection.user
                return CaldavCalendar(client, homes, directory, world._clock, user, zone, quirks)

            def outlook(self, connection: Connection, settings: OrganizationSettings) -> PortCalendar:
                return outlook.outlook(connection, settings)

        return replace(services, calendars=Opener(), directory=directory)
