"""A whole world in one process: one person, both calendars, the real adapters, and everything that can go wrong.

People act, passes run, requests fail, processes die; `settle` then lets everything calm down. The real Graph
adapter talks to the Microsoft 365 simulator, the real connector adapter to the reference groupware; only the
storage is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import requests
from requests.adapters import BaseAdapter

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.client import GraphClient, TokenSource
from sync.adapters.graph.mapping import TypeTable
from sync.adapters.graph.marks import GraphMarks
from sync.adapters.graph.rooms import GraphRooms
from sync.adapters.groupware.connector.calendar import ConnectorCalendar
from sync.adapters.groupware.connector.client import Client
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.http import Session
from sync.core.change import Seen
from sync.core.event import Side
from sync.core.people import People
from sync.core.settings import Connection, OrganizationSettings, State
from sync.core.window import Window, window_of
from sync.engine.conditions import Asked
from sync.engine.services import Services
from sync.engine.sync_pass import run_pass
from sync.errors import LeaseLost
from sync.ports import Calendar, Mailbox, PassRecord, PassState
from sync.sandbox.faults import Faults
from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.groupware import Switches as GroupwareSwitches
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365.app import create_app
from sync.sandbox.microsoft365.switches import Switches
from sync.sandbox.microsoft365.tenant import Tenant
from tests.fakes import (
    FakeClock,
    FakeMicrosoft365,
    MemoryConnections,
    MemoryCursors,
    MemoryFacilities,
    MemoryHistory,
    MemoryJobs,
    MemoryLeases,
    MemoryLinks,
    MemoryMeetings,
    MemoryOrganizations,
    MemoryPasses,
    MemorySecrets,
    MemoryTenants,
    connected,
)

START = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)  # a Monday noon in Tokyo
G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741
TYPES = ("会議", "来客", "休暇")
OWN_CATEGORY = "青の分類"  # a category of the person's own that no event type stands for


class Crash(BaseException):
    """The process dies here: nothing after this line runs, not even an `except Exception`."""


class Fuse:
    """Counts every step to the outside and dies at the chosen one, before or after it took effect."""

    def __init__(self) -> None:
        self.steps = 0
        self._at: int | None = None
        self._after = False

    def set(self, at: int | None, after: bool = False) -> None:
        self.steps, self._at, self._after = 0, at, after

    def step(self, act: Callable[[], Any]) -> Any:
        self.steps += 1
        is_here = self._at is not None and self.steps >= self._at
        if is_here and not self._after:
            raise Crash
        result = act()
        if is_here:
            raise Crash
        return result


class FusedTransport(BaseAdapter):
    def __init__(self, inner: BaseAdapter, fuse: Fuse) -> None:
        super().__init__()
        self._inner, self._fuse = inner, fuse

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        return cast(requests.Response, self._fuse.step(lambda: self._inner.send(request, **kwargs)))

    def close(self) -> None:
        self._inner.close()


class Fused:
    """Any object whose named methods go through the fuse."""

    def __init__(self, inner: Any, fuse: Fuse, methods: Sequence[str]) -> None:
        self._inner, self._fuse, self._methods = inner, fuse, frozenset(methods)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._methods:
            return found
        return lambda *args, **kwargs: self._fuse.step(lambda: found(*args, **kwargs))


class TenantTokens:
    """A token source that asks the simulator directly (MSAL has tests of its own)."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._application = tenant.add_application()
        self._token: str | None = None

    def get(self) -> str:
        if self._token is None:
            self._token = self._tenant.access_token(self._application)
        return self._token

    def drop(self, token: str) -> None:
        if token == self._token:
            self._token = None


@dataclass(frozen=True)
class Conditions:
    """How nasty the world is."""

    seed: int = 0
    hostile: bool = False
    switches: Switches = field(default_factory=Switches)
    settings: OrganizationSettings = field(default_factory=OrganizationSettings)
    groupware: Mapping[str, Any] = field(default_factory=dict)
    # Small pages and one write at a time: more can go wrong, and always in the same order.
    page_size: int = 4
    parallel: int = 1


class World:
    def __init__(self, conditions: Conditions) -> None:
        self.clock = FakeClock(START)
        self.fuse = Fuse()
        seed = conditions.seed
        self.conditions = conditions
        self.is_hostile = conditions.hostile
        self.faults = Faults.hostile(seed, retry_after=1) if conditions.hostile else Faults.none(seed)
        self.groupware_faults = (
            Faults.hostile(seed + 1, retry_after=1) if conditions.hostile else Faults.none(seed)
        )
        self.tenant = Tenant(clock=self.clock, switches=conditions.switches, faults=self.faults, seed=seed)
        self.oid = self.tenant.add_user("hanako@example.com", "花子").id
        self.mailbox = self.tenant.mailbox(self.oid)
        # Some readings of the reference keep only categories that the mailbox knows.
        self.mailbox.categories.update((*TYPES, OWN_CATEGORY))
        switches = GroupwareSwitches(**conditions.groupware)
        self.groupware = Groupware(
            clock=self.clock, seed=seed, switches=switches, faults=self.groupware_faults
        )
        self.user = self.groupware.add_user("花子", email="hanako@example.com")
        self.other_user = self.groupware.add_user("太郎", email="taro@example.com")
        self.types = {self.groupware.add_event_type(name): name for name in TYPES}
        self.tokens: TokenSource = TenantTokens(self.tenant)
        self.connection = Connection("default", self.user, mailbox=self.oid, enabled=True, state=State.ACTIVE)
        self.settings = conditions.settings
        self._graph_app: Any = create_app(self.tenant)
        self._groupware_app: Any = self.groupware.app
        self.links, self.cursors = MemoryLinks(), MemoryCursors()
        self.history, self.passes = MemoryHistory(), MemoryPasses()
        self.connections = MemoryConnections([self.connection])
        self.leases = MemoryLeases(self.clock)
        self.facilities, self.meetings = MemoryFacilities(), MemoryMeetings()
        self.tenants = MemoryTenants(connected("default", self.tenant.id, checked_at=START))
        self.microsoft365 = FakeMicrosoft365()
        self.services = self._services()

    def close(self) -> None:
        self.groupware.close()

    def _session(self, prefix: str, app: Any) -> Session:
        session = Session()
        session.mount(prefix, FusedTransport(InProcess(app), self.fuse))
        return session

    def _services(self) -> Services:
        """As after a restart of the process: fresh clients, the same storage."""
        graph = GraphClient(
            self._session("http://127.0.0.1:1", self._graph_app),
            self.tokens,
            self.clock,
            base_url="http://127.0.0.1:1",
            jitter=lambda: 0.0,
        )
        session = self._session("http://127.0.0.1:2", self._groupware_app)
        world = self

        def client() -> Client:
            return Client(session, "http://127.0.0.1:2", TOKEN, world.clock)

        directory = ConnectorDirectory(client, self.clock)

        class Opener:
            def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
                return ConnectorCalendar(client(), directory, connection.user, world.conditions.parallel)

            def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
                def types() -> TypeTable:
                    return TypeTable(frozenset(directory.event_types().values()), settings.categories)

                def people() -> People:
                    return world.services.people.of(connection.organization)

                return GraphCalendar(
                    graph,
                    connection.mailbox,
                    zone=settings.time_zone,
                    types=types,
                    page_size=world.conditions.page_size,
                    addresses=lambda facility: people().rooms.get(facility),
                    user_of=lambda address: people().user_of(address),
                )

        return Services(
            clock=self.clock,
            organizations=MemoryOrganizations(default=self.settings),
            connections=self.connections,
            links=cast(Any, Fused(self.links, self.fuse, ("save", "delete"))),
            cursors=cast(Any, Fused(self.cursors, self.fuse, ("save",))),
            leases=self.leases,
            passes=self.passes,
            history=cast(Any, Fused(self.history, self.fuse, ("keep",))),
            jobs=MemoryJobs(self.clock),
            secrets=MemorySecrets(),
            calendars=Opener(),
            directory=directory,
            mailboxes=lambda _organization: cast(Any, NoDirectory()),
            facilities=self.facilities,
            meetings=self.meetings,
            rooms=lambda _organization: GraphRooms(graph),
            tenants=self.tenants,
            microsoft365=self.microsoft365,
            marks=lambda connection: GraphMarks(graph, connection.mailbox),
        )

    def restart(self) -> None:
        """The process ends and a new one starts; what is stored stays."""
        self.services = self._services()

    def front(self, side: Side, wrap: Callable[[Any], Any]) -> None:
        """Put something between us and a service: `wrap` takes its WSGI application and gives another one."""
        if side is G:
            self._groupware_app = wrap(self._groupware_app)
        else:
            self._graph_app = wrap(self._graph_app)
        self.restart()

    def link(self, user: str, upn: str) -> Connection:
        """Another person of the groupware gets a mailbox. `run` and `look` take the Connection as `person`."""
        oid = self.tenant.add_user(upn).id
        connection = Connection("default", user, mailbox=oid, enabled=True, state=State.ACTIVE)
        self.connections.put(connection)
        return connection

    # -- passes -------------------------------------------------------------------------------------------

    def run(
        self,
        die_at: int | None = None,
        after: bool = False,
        asked: Asked | None = None,
        person: Connection | None = None,
    ) -> PassRecord | None:
        """One pass; None if the process died in it. The next pass then runs in a fresh process, after the
        dead one's lease has ended."""
        self.fuse.set(die_at, after)
        try:
            connection = self.connections.get("default", (person or self.connection).user)
            assert connection is not None
            return run_pass(self.services, connection, asked or Asked())
        except Crash:
            self.clock.advance(timedelta(seconds=121))
            self.services = self._services()
            return None
        except LeaseLost:
            self.clock.advance(timedelta(seconds=121))
            return None
        finally:
            self.fuse.set(None)
            self.clock.advance(timedelta(seconds=5))

    def calm(self) -> None:
        """The services behave again."""
        self.faults.stop()
        self.groupware_faults.stop()
        self.groupware.switches.feed_duplicates = False
        self.groupware.switches.feed_replays = False
        for mailbox_event in self.mailbox.items():
            mailbox_event.hidden_from_lists = 0

    def settle(self) -> list[PassRecord]:
        """People stop; one more pass brings both sides together (law 1), the ones after it are watched.

        What is parked waits at most a day, so a day passes before the last but one.
        """
        self.calm()
        records = []
        for pause in (timedelta(), timedelta(days=1), timedelta()):
            self.clock.advance(pause)
            record = self.run()
            assert record is not None
            assert record.state is PassState.DONE, record
            records.append(record)
        return records

    def writes(self) -> int:
        """Writes that reached either side through the API so far."""
        theirs = self.tenant.requests.writes
        ours = sum(self.groupware.requests.of(method=method) for method in ("POST", "PUT", "PATCH", "DELETE"))
        return theirs + ours

    # -- looking ------------------------------------------------------------------------------------------

    @property
    def window(self) -> Window:
        chosen = self.settings.automatic_window
        return window_of(
            chosen.base, chosen.past_days, chosen.future_days, self.clock.now(), self.settings.time_zone
        )

    def look(self, side: Side, person: Connection | None = None) -> dict[str, Seen]:
        """What the side shows inside the window now, read with the real adapter, by id."""
        opener = self.services.calendars
        open_side = opener.groupware if side is G else opener.outlook
        found, _ = open_side(person or self.connection, self.settings).changes(self.window, None)
        shown = {}
        for seen in found.observations.values():
            assert isinstance(seen, Seen), seen
            if self.window.covers(seen.event.span):
                shown[seen.id] = seen
        return shown


class NoDirectory:
    def mailbox(self, upn: str) -> Mailbox | None:
        raise AssertionError("the mailbox is bound already")


def outlook_times(times: dict[str, Any]) -> dict[str, Any]:
    """The same times as Outlook says them."""
    if times["form"] == "allDay":
        return {
            "is_all_day": True,
            "start": {"dateTime": f"{times['start']}T00:00:00", "timeZone": "Tokyo Standard Time"},
            "end": {"dateTime": f"{times['end']}T00:00:00", "timeZone": "Tokyo Standard Time"},
        }
    start = datetime.fromisoformat(times["start"])
    end = start + timedelta(minutes=int(times["duration"][2:-1]))
    return {
        "is_all_day": False,
        "start": {"dateTime": start.isoformat(), "timeZone": "Tokyo Standard Time"},
        "end": {"dateTime": end.isoformat(), "timeZone": "Tokyo Standard Time"},
    }
