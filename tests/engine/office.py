"""The world of `tests/e2e`, with hands on its settings, its directory, and calendars that lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sync.adapters.graph.client import GraphClient
from sync.adapters.graph.directory import GraphDirectory
from sync.core.change import Removed
from sync.core.event import Side
from sync.core.settings import Connection, OrganizationSettings, PersonSettings
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.engine.conditions import Asked
from sync.engine.services import Services
from sync.engine.sync_pass import run_pass
from sync.engine.use_cases import UseCases
from sync.errors import CursorExpired
from sync.ports import Calendar, CalendarOpener, PassRecord
from tests.e2e.people import People
from tests.e2e.world import Conditions, G, O, World
from tests.fakes import MemoryJobs

ORGANIZATION = "default"


class Office(World):
    """`open_with` may put something between the engine and each calendar it opens."""

    def __init__(self, settings: OrganizationSettings | None = None) -> None:
        self.open_with: Callable[[Calendar], Calendar] = lambda calendar: calendar
        super().__init__(Conditions(settings=settings or OrganizationSettings()))
        self.people = People(self)

    def _services(self) -> Services:
        services = super()._services()
        graph = GraphClient(
            self._session("http://127.0.0.1:1", self._graph_app),
            self.tokens,
            self.clock,
            base_url="http://127.0.0.1:1",
            jitter=lambda: 0.0,
        )
        opener = cast(CalendarOpener, Between(services.calendars, lambda calendar: self.open_with(calendar)))
        return replace(services, mailboxes=lambda _organization: GraphDirectory(graph), calendars=opener)

    @property
    def use_cases(self) -> UseCases:
        return UseCases(self.services)

    @property
    def jobs(self) -> MemoryJobs:
        return cast(MemoryJobs, self.services.jobs)

    @property
    def person(self) -> Connection:
        """As it is stored now."""
        found = self.connections.get(ORGANIZATION, self.user)
        assert found is not None
        return found

    def change(self, **settings: Any) -> None:
        """The administrator changes the common settings."""
        self.settings = replace(self.settings, **settings)
        self.services.organizations.put(ORGANIZATION, self.settings)

    def change_person(self, settings: PersonSettings) -> None:
        self.connections.put(replace(self.person, settings=settings))

    def sync(self, asked: Asked | None = None, who: Connection | None = None) -> PassRecord:
        """One pass; the clock moves on a little, as it does between two."""
        record = run_pass(self.services, who or self.person, asked or Asked())
        self.clock.advance(timedelta(seconds=5))
        return record

    def both(self, title: str) -> list[Side]:
        """The sides on which an event of this title stands, however far away."""
        return [side for side in Side for _ in range(self.titles(side).count(title))]

    def titles(self, side: Side) -> list[str]:
        if side is G:
            return sorted(str(event["title"]) for event in self.groupware.events_of(self.user))
        return sorted(str(event["subject"]) for event in self.mailbox.events())

    def add(self, side: Side, title: str, day: int = 0, **fields: Any) -> str:
        """A person enters an hour at ten on the `day`th day from today; returns the id."""
        start = (self.clock.now().astimezone(self.window.tz) + timedelta(days=day)).replace(
            hour=10, minute=0, second=0, microsecond=0, tzinfo=None
        )
        if side is G:
            times = {"form": "timed", "start": text(start), "timeZone": "Asia/Tokyo", "duration": "PT60M"}
            return str(self.groupware.create({"title": title, **times, **fields}, by=self.user)["id"])
        end = start + timedelta(hours=1)
        return self.mailbox.create(subject=title, body="", start=tokyo(start), end=tokyo(end), **fields)

    def fill(self, count: int, side: Side = G) -> list[str]:
        """Linked events `E0`, `E1` …; returns their ids on `side`."""
        ids = [self.add(side, f"E{n}", n % 5) for n in range(count)]
        self.sync()
        return ids

    def remove(self, side: Side, *titles: str) -> None:
        """A person deletes the events of these titles."""
        if side is G:
            for event in self.groupware.events_of(self.user):
                if event["title"] in titles:
                    self.groupware.delete(event["id"], by=self.user)
            return
        for item in self.mailbox.events():
            if item["subject"] in titles:
                self.mailbox.delete(item["id"])

    def restore_in_outlook(self) -> None:
        """The person moves everything back from Deleted Items; the immutable ids stay."""
        with self.mailbox.lock:
            for item, event in list(self.mailbox.dead.items()):
                self.mailbox.alive[item] = self.mailbox.dead.pop(item)
                self.mailbox.touch(event)

    def stored(self) -> tuple[object, ...]:
        """Everything that decides the next pass: Links and Cursors."""
        links, damaged = self.links.load(self.person)
        return sorted(links, key=lambda link: link.key), list(damaged), self.cursors.load(self.person)

    @contextmanager
    def nothing_written(self) -> Iterator[None]:
        """Inside, neither side is written to, and no Link or Cursor changes."""
        writes, stored = self.writes(), self.stored()
        yield
        assert self.writes() == writes, "a calendar was written to"
        assert self.stored() == stored, "links or cursors changed"


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def tokyo(moment: datetime) -> dict[str, str]:
    return {"dateTime": text(moment), "timeZone": "Tokyo Standard Time"}


@dataclass
class Between:
    """A CalendarOpener that hands out what `wrap` makes of each calendar."""

    inner: CalendarOpener
    wrap: Callable[[Calendar], Calendar]

    def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
        return self.wrap(self.inner.groupware(connection, settings))

    def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
        return self.wrap(self.inner.outlook(connection, settings))


class Wrapped:
    """A calendar that is as the inner one says, until a subclass says otherwise."""

    def __init__(self, inner: Calendar) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class EmptyListing(Wrapped):
    """Lists nothing at all, with every sign of success; `read` still tells the truth."""

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        if cursor is not None:
            raise CursorExpired("cursor-expired")
        _, following = self.inner.changes(window, None)
        return Snapshot(self.inner.side, {}, frozenset(), is_complete=True), following


class Emptied(EmptyListing):
    """The side was set up anew and is empty: by listing and by id."""

    def read(self, ids: Any) -> dict[str, Removed]:
        return {event_id: Removed(self.inner.side, event_id) for event_id in ids}


def lying(side: Side, kind: type[Wrapped]) -> Callable[[Calendar], Calendar]:
    """For `Office.open_with`: this side lies, the other one is itself."""
    return lambda calendar: cast(Calendar, kind(calendar)) if calendar.side is side else calendar


__all__ = ["ORGANIZATION", "Emptied", "EmptyListing", "G", "O", "Office", "Wrapped", "lying"]
