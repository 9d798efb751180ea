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
from sync.log import log

if TYPE_CHECKING:
    from sync.adapters.graph.client import GraphClient
    from sync.core.people import People
    from sync.core.settings import Connection, OrganizationSettings
    from sync.engine.people import PeopleBook
    from sync.engine.services import Services
    from sync.engine.use_cases import UseCases
    from sync.ports import Calendar, Clock
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
        """The timer: queue a job for everyone who is due."""
        from sync.engine.schedule import enqueue_due

        enqueue_due(self.services, self._ahead)

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
        from sync.adapters.tables.organizations import TableOrganizations
        from sync.adapters.tables.passes import TablePasses
        from sync.engine.services import Services

        account = read_account(self.config.storage)
        tables = open_tables(account)
        self.tables = tables
        secrets = open_secrets(self.config.vault_url, self.clock, client_id=self.config.identity_client_id)
        opener = Opener(self.config, self.clock, secrets)
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
            mailboxes=opener.mailboxes,
            facilities=TableFacilities(tables),
            meetings=TableMeetings(tables),
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

        return create_app(
            self.services, self._access(), __version__, self.use_cases, invocation=invocation_id()
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
    """Keeps ports.CalendarOpener; the HTTP sessions, the token and the directory are shared by all passes."""

    def __init__(self, config: Config, clock: Clock, secrets: Any) -> None:
        from sync.adapters.graph.directory import GraphDirectory
        from sync.groupwares import open_groupware

        self._config, self._clock, self._secrets = config, clock, secrets
        self._graph = self._open_graph()
        self._groupware = open_groupware(config, clock, secrets)
        self.directory = self._groupware.directory
        self.mailboxes = GraphDirectory(self._graph)
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
            self._graph,
            connection.mailbox,
            zone=settings.time_zone,
            types=types,
            addresses=lambda facility: people().rooms.get(facility),
            user_of=lambda address: people().user_of(address),
        )

    def _open_graph(self) -> GraphClient:
        from sync.adapters.graph.client import GraphClient
        from sync.adapters.graph.tokens import Tokens
        from sync.adapters.http import Session

        config = self._config
        tokens = Tokens(
            tenant=config.tenant_id,
            client_id=config.client_id,
            credential=self._credential,
            session=Session(),
            clock=self._clock,
            entra_url=config.entra_url,
            graph_url=config.graph_url,
        )
        # The client repeats by itself, with its own clock and the service's Retry-After.
        return GraphClient(Session(read_retries=0), tokens, self._clock, base_url=config.graph_url)

    def _credential(self) -> str:
        secret: str | None = self._secrets.get(self._config.client_secret_name)
        if not secret:
            raise NeedsAdministrator("credential-missing", {"secret": self._config.client_secret_name})
        return secret


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
            _built = App(os.environ)
        return _built
