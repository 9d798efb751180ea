"""The composition root: environment -> adapters -> use cases. Built on first use, one for each process.

What a trigger does not need is not imported: an instance that only runs queue messages never loads FastAPI
(azure-hosting.md 3: indexing 607 ms with, 110 ms without).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sync import __version__
from sync.clock import SystemClock
from sync.config import Config, read_config
from sync.errors import CannotSync, NeedsAdministrator
from sync.log import log, quieten_sdks

if TYPE_CHECKING:
    from sync.core.people import People
    from sync.core.settings import Connection, OrganizationSettings
    from sync.engine.people import PeopleBook
    from sync.engine.services import Services
    from sync.engine.use_cases import UseCases
    from sync.ports import Calendar, Clock, Marks, RoomCalendars, Secrets, Tenants
    from sync.web.access import Access

T = TypeVar("T")

# How far ahead the timer looks: until it runs again, with SYNC_SCHEDULE at its default.
LOOK_AHEAD = timedelta(minutes=5)


class shared(cached_property[T]):
    """A part that is built once for the App, also when several threads ask for it first."""

    def __get__(self, app: Any, owner: type[Any] | None = None) -> Any:
        if app is None:
            return self
        with app._lock:
            return super().__get__(app, owner)


class App:
    """Everything one process needs. `environment` decides which Graph, Entra and groupware it talks to; `ahead` is
    the time until `tick` is called again."""

    def __init__(
        self, environment: Mapping[str, str], clock: Clock | None = None, ahead: timedelta = LOOK_AHEAD
    ) -> None:
        self.config: Config = read_config(environment)
        self.clock: Clock = clock or SystemClock()
        self._ahead = ahead
        self._lock = threading.RLock()

    # -- what the triggers call ---------------------------------------------------------------------------

    def tick(self) -> None:
        """The timer: queue a job for everyone who is due, then remove what is over its time or was used once."""
        from sync.engine.retention import Retention
        from sync.engine.schedule import enqueue_due
        from sync.engine.signin import forget_tickets

        retention = Retention(self.services)
        enqueue_due(self.services, self._ahead, retention.look_at)
        retention.carry_out()
        forget_tickets(self.services)

    def run_message(self, text: str) -> None:
        """The queue: one pass. A message that is no job fails, so that the host moves it to the poison queue."""
        from sync.adapters.queues.message import job_from_message
        from sync.engine.schedule import run_job

        run_job(self.services, job_from_message(text))

    def run_poison(self, text: str) -> None:
        """The poison queue: record what failed, so that the administrator sees it."""
        from sync.adapters.queues.message import job_from_message
        from sync.engine.schedule import record_poison

        try:
            record_poison(self.services, job_from_message(text), "failed-repeatedly")
        except (CannotSync, NeedsAdministrator) as error:
            # No job, or a damaged row of the person: nobody takes the poison queue's own failures.
            log("poison-not-recorded", level=logging.WARNING, reason=error.code)

    # -- parts --------------------------------------------------------------------------------------------

    @shared
    def services(self) -> Services:
        from sync.adapters.graph.signin import EntraSignIn
        from sync.adapters.queues.jobs import open_jobs
        from sync.adapters.secrets import open_secrets
        from sync.adapters.storage_account import read_account
        from sync.adapters.tables.client import open_tables
        from sync.adapters.tables.connections import TableConnections
        from sync.adapters.tables.cursors import TableCursors
        from sync.adapters.tables.facilities import TableFacilities
        from sync.adapters.tables.history import TableHistory
        from sync.adapters.tables.leases import TableLeases
        from sync.adapters.tables.links import TableLinks
        from sync.adapters.tables.meetings import TableMeetings
        from sync.adapters.tables.operations import TableOperations
        from sync.adapters.tables.organizations import TableOrganizations
        from sync.adapters.tables.passes import TablePasses
        from sync.adapters.tables.tenants import TableTenants
        from sync.adapters.tables.tickets import TableTickets
        from sync.engine.services import Services

        account = read_account(self.config.storage)
        tables = open_tables(account)
        self.tables = tables
        secrets = open_secrets(self.config.vault_url, self.clock, client_id=self.config.identity_client_id)
        tenants = TableTenants(tables, self.clock)
        opener = Opener(self.config, self.clock, secrets, tenants)
        services = Services(
            clock=self.clock,
            organizations=TableOrganizations(tables, self.config.time_zone),
            connections=TableConnections(tables),
            links=TableLinks(tables),
            cursors=TableCursors(tables),
            leases=TableLeases(tables, self.clock),
            passes=TablePasses(tables),
            history=TableHistory(tables),
            jobs=open_jobs(account, self.config.queue),
            secrets=secrets,
            calendars=opener,
            directory=opener.directory,
            mailboxes=opener.microsoft365,
            facilities=TableFacilities(tables),
            meetings=TableMeetings(tables),
            rooms=opener.rooms,
            tenants=tenants,
            microsoft365=opener.microsoft365,
            signin=EntraSignIn(
                secrets,
                self.clock,
                entra_url=self.config.entra_url,
                graph_url=self.config.graph_url,
                own_identity=self.config.identity_client_id,
            ),
            tickets=TableTickets(tables),
            operations=TableOperations(tables),
            marks=opener.marks,
        )
        opener.people = services.people
        return services

    @shared
    def use_cases(self) -> UseCases:
        from sync.engine.use_cases import UseCases

        return UseCases(self.services)

    @shared
    def web(self) -> Any:
        """The ASGI application."""
        from sync.web.app import create_app
        from sync.web.browser import Addresses

        config = self.config
        addresses = Addresses(config.public_url, config.access_issuer, config.groupware_sign_in_url)
        return create_app(
            self.services, self._access(), __version__, self.use_cases, addresses, invocation=invocation_id()
        )

    def _access(self) -> Access:
        from sync.adapters.http import Session
        from sync.web.access import Access
        from sync.web.keys import JwksKeys, Keys, StaticKeys
        from sync.web.tokens import Issuer

        config = self.config
        keys: Keys
        if config.access_jwks_url:
            from sync.adapters.jwks import Jwks

            keys = JwksKeys(Jwks(Session(), config.access_jwks_url), self.clock)
        else:
            secret = self.services.secrets.get(config.access_secret_name)
            if not secret:
                raise NeedsAdministrator("access-secret-missing", {"secret": config.access_secret_name})
            keys = StaticKeys.secret(secret.encode())
        issuer = Issuer(config.access_issuer, config.access_audience, keys)
        return Access([issuer], self.services.organizations.ids, self.clock)


class Opener:
    """Keeps ports.CalendarOpener; the HTTP sessions, the tokens and the directory are shared by all passes."""

    def __init__(self, config: Config, clock: Clock, secrets: Secrets, tenants: Tenants) -> None:
        from sync.adapters.graph.microsoft365 import GraphMicrosoft365
        from sync.groupwares import open_groupware

        self.microsoft365 = GraphMicrosoft365(
            tenants,
            secrets,
            clock,
            entra_url=config.entra_url,
            graph_url=config.graph_url,
            own_identity=config.identity_client_id,
        )
        self._groupware = open_groupware(config, clock, secrets)
        self.directory = self._groupware.directory
        # Set as soon as the Services stand that it is made of; asked only when somebody takes part in an event.
        self.people: PeopleBook | None = None

    def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
        return self._groupware.calendar(connection, settings)

    def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
        from sync.adapters.graph.calendar import GraphCalendar
        from sync.adapters.graph.categories import TypeTable

        def types() -> TypeTable:
            return TypeTable(frozenset(self.directory.event_types().values()), settings.categories)

        def people() -> People:
            assert self.people is not None
            return self.people.of(connection.organization)

        return GraphCalendar(
            self.microsoft365.client(connection.organization),
            connection.mailbox,
            zone=settings.time_zone,
            types=types,
            addresses=lambda facility: people().rooms.get(facility),
            user_of=lambda address: people().user_of(address),
        )

    def rooms(self, organization: str) -> RoomCalendars:
        """Keeps ports.RoomCalendarsOpener."""
        from sync.adapters.graph.rooms import GraphRooms

        return GraphRooms(self.microsoft365.client(organization))

    def marks(self, connection: Connection) -> Marks:
        """Keeps ports.MarksOpener."""
        from sync.adapters.graph.marks import GraphMarks

        return GraphMarks(self.microsoft365.client(connection.organization), connection.mailbox)


def invocation_id() -> ContextVar[str | None] | None:
    """Where the Functions worker looks for the invocation of a log line (azure-hosting.md 3); None elsewhere."""
    try:
        from azure_functions_runtime import invocation_id_cv
    except ImportError:
        return None
    found: ContextVar[str | None] = invocation_id_cv
    return found


class LazyWeb:
    """The ASGI application for the host, which builds the real one at the first request."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await the_app().web(scope, receive, send)


_built: App | None = None
_building = threading.Lock()


def the_app() -> App:
    """The process's App, made from its environment at the first call; a failed start is tried again."""
    global _built
    with _building:
        if _built is None:
            quieten_sdks()
            _built = App(os.environ)
        return _built
