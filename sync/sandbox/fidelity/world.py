"""One person's two calendars and the service between them, in this process: the reference groupware, the Microsoft
365 simulator, the real adapters and passes. Only the storage is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.client import GraphClient
from sync.adapters.graph.mapping import TypeTable
from sync.adapters.groupware.connector.calendar import ConnectorCalendar
from sync.adapters.groupware.connector.client import Client
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.http import Session
from sync.core.settings import Connection, OrganizationSettings, State, WindowSettings
from sync.core.window import BaseRange
from sync.engine.conditions import Asked
from sync.engine.services import Services
from sync.engine.sync_pass import run_pass
from sync.ports import Calendar, MailboxDirectory, PassRecord
from sync.sandbox.demo.company import ZONE
from sync.sandbox.fidelity import storage
from sync.sandbox.fidelity.outlook import Shown, view
from sync.sandbox.fidelity.windows import BEFORE, LENGTH, Stretch
from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365.app import create_app
from sync.sandbox.microsoft365.tenant import Tenant

GRAPH, GROUPWARE = "http://127.0.0.1:1", "http://127.0.0.1:2"
PERSON = "person@example.com"
MOST_PASSES = 4
# Everything that is synced is in one window of whole days around the clock's day.
WINDOW = WindowSettings(BaseRange.TODAY, BEFORE.days, (LENGTH - BEFORE).days - 1)


class World:
    """`links` are the service's, by their row key."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self._clock = storage.PatientClock(stretch.now)
        self._tenant = Tenant(clock=self._clock)
        self._token = self._tenant.access_token(self._tenant.add_application(), timedelta(days=1))
        self._mailbox = self._tenant.add_user(PERSON).id
        self._groupware = Groupware(clock=self._clock)
        self._user = self._groupware.add_user("person", email=PERSON)
        self._session = Session()
        self._session.mount(GRAPH, InProcess(create_app(self._tenant)))
        self._session.mount(GROUPWARE, InProcess(self._groupware.app))
        self._connection = Connection(
            "default", self._user, mailbox=self._mailbox, enabled=True, state=State.ACTIVE
        )
        self._links = storage.Links()
        self._services = self._build()

    def close(self) -> None:
        self._groupware.close()

    def enter(self, event: dict[str, Any]) -> str:
        """The id of the new event; `problems.Problem` if the groupware refuses it."""
        return str(self._groupware.create(event, by=self._user)["id"])

    def passes(self) -> Iterator[PassRecord]:
        """Until one has nothing to write; the last one does not, unless something is wrong."""
        for _ in range(MOST_PASSES):
            record = run_pass(self._services, self._connection, Asked())
            self._clock.advance(timedelta(minutes=1))
            yield record
            if not any(action.get("writes") for action in actions(record)):
                return

    def shown(self) -> list[Shown]:
        """Outlook's calendarView of the stretch and a little around it."""
        first, until = self._stretch.first - timedelta(days=2), self._stretch.until + timedelta(days=2)
        return view(self._session, GRAPH, self._token, self._mailbox, first, until)

    def owners(self) -> dict[str, str]:
        """Outlook's ids -> the groupware's."""
        pairs = ((link.outlook, link.groupware) for link in self._links.rows.values())
        return {theirs.id: ours.id for theirs, ours in pairs if theirs is not None and ours is not None}

    def problems(self) -> Iterator[tuple[str, str]]:
        """Parked events: the groupware's id, and why."""
        for link in self._links.rows.values():
            if link.problem is not None and link.groupware is not None:
                yield link.groupware.id, link.problem.code

    def _build(self) -> Services:
        tokens = Token(self._token)
        graph = GraphClient(self._session, tokens, self._clock, base_url=GRAPH, jitter=lambda: 0.0)

        def client() -> Client:
            return Client(self._session, GROUPWARE, TOKEN, self._clock)

        directory = ConnectorDirectory(client, self._clock)
        settings = OrganizationSettings(time_zone=ZONE, automatic_window=WINDOW)
        return Services(
            clock=self._clock,
            organizations=storage.Organizations(settings),
            connections=storage.Connections(self._connection),
            links=self._links,
            cursors=storage.Cursors(),
            leases=storage.Leases(),
            passes=storage.Passes(),
            history=storage.History(),
            jobs=storage.Jobs(),
            secrets=storage.Secrets(),
            calendars=Opener(graph, client, directory),
            directory=directory,
            mailboxes=nobody_else,
            facilities=storage.Facilities(),
            meetings=storage.Meetings(),
            tenants=storage.Tenants(self._tenant.id),
        )


class Token:
    def __init__(self, token: str) -> None:
        self._token = token

    def get(self) -> str:
        return self._token

    def drop(self, token: str) -> None: ...


class Opener:
    def __init__(self, graph: GraphClient, client: Any, directory: ConnectorDirectory) -> None:
        self._graph, self._client, self._directory = graph, client, directory

    def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
        del settings
        return ConnectorCalendar(self._client(), self._directory, connection.user, 1)

    def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
        def types() -> TypeTable:
            return TypeTable(frozenset(), settings.categories)

        return GraphCalendar(self._graph, connection.mailbox, zone=settings.time_zone, types=types)


def nobody_else(organization: str) -> MailboxDirectory:
    """The mailbox is bound already."""
    raise AssertionError(organization)


def actions(record: PassRecord) -> Iterable[dict[str, Any]]:
    found: Any = record.report.get("actions", ())
    return found  # type: ignore[no-any-return]
