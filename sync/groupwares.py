"""The groupware's part of the composition root: what GROUPWARE_KIND names, made from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sync.config import CALDAV, Config
from sync.errors import NeedsAdministrator

if TYPE_CHECKING:
    from sync.adapters.groupware.caldav.client import Client as DavClient
    from sync.adapters.groupware.caldav.credentials import Credential
    from sync.adapters.groupware.connector.client import Client
    from sync.core.settings import Connection, OrganizationSettings
    from sync.ports import Calendar, Clock, Directory, Secrets

# Writes in flight at once towards a connector, whose API has no batch.
PARALLEL = 4


class Groupware(Protocol):
    """One per process; sessions and directory are shared by all passes."""

    @property
    def directory(self) -> Directory: ...

    def calendar(self, connection: Connection, settings: OrganizationSettings) -> Calendar: ...


def open_groupware(config: Config, clock: Clock, secrets: Secrets) -> Groupware:
    if config.groupware_kind == CALDAV:
        return CaldavGroupware(config, clock, secrets)
    return ConnectorGroupware(config, clock, secrets)


class ConnectorGroupware:
    def __init__(self, config: Config, clock: Clock, secrets: Secrets) -> None:
        from sync.adapters.groupware.connector.directory import ConnectorDirectory
        from sync.adapters.http import Session

        self._config, self._clock, self._secrets = config, clock, secrets
        self._session = Session()
        self.directory = ConnectorDirectory(self._client, clock)

    def calendar(self, connection: Connection, settings: OrganizationSettings) -> Calendar:  # noqa: ARG002
        from sync.adapters.groupware.connector.calendar import ConnectorCalendar

        return ConnectorCalendar(self._client(), self.directory, connection.user, PARALLEL)

    def _client(self) -> Client:
        from sync.adapters.groupware.connector.client import Client

        name = self._config.groupware_secret_name
        key = self._secrets.get(name)
        if not key:
            raise NeedsAdministrator("groupware-key-missing", {"secret": name})
        return Client(self._session, self._config.groupware_url, key, self._clock)


class CaldavGroupware:
    def __init__(self, config: Config, clock: Clock, secrets: Secrets) -> None:
        from sync.adapters.groupware.caldav.credentials import Credentials
        from sync.adapters.groupware.caldav.directory import CaldavDirectory
        from sync.adapters.groupware.caldav.discovery import Homes
        from sync.adapters.groupware.caldav.quirks import SERVERS
        from sync.adapters.http import Session

        self._config, self._clock = config, clock
        # The client repeats by itself, with its own clock and the server's Retry-After.
        self._session = Session(read_retries=0)
        of_each = config.groupware_account == "person"
        self._credentials = Credentials(secrets, config.groupware_secret_name, of_each)
        self._homes = Homes(clock, config.groupware_home, config.groupware_calendar)
        self._quirks = SERVERS[config.groupware_server]
        self.directory = CaldavDirectory(
            secrets,
            config.groupware_list_name,
            lambda: self._client(self._credentials.of_service()),
            clock,
        )

    def calendar(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
        from sync.adapters.groupware.caldav.calendar import CaldavCalendar

        client = self._client(self._credentials.of(connection.user))
        return CaldavCalendar(
            client,
            self._homes,
            self.directory,
            self._clock,
            connection.user,
            settings.time_zone,
            self._quirks,
        )

    def _client(self, credential: Credential) -> DavClient:
        from sync.adapters.groupware.caldav.client import Client

        return Client(self._session, self._config.groupware_url, credential, self._clock)
