"""Linked people of a company whose groupware is a CalDAV server: everybody has a calendar of their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.client import GraphClient
from sync.adapters.graph.mapping import TypeTable
from sync.adapters.groupware.caldav.calendar import CaldavCalendar
from sync.adapters.groupware.caldav.context import Context, Known
from sync.adapters.groupware.caldav.directory import CaldavDirectory
from sync.adapters.groupware.caldav.discovery import Homes
from sync.adapters.groupware.caldav.quirks import SERVERS
from sync.adapters.groupware.caldav.writer import seen_of
from sync.adapters.http import Session
from sync.core.change import Seen
from sync.core.people import People
from sync.core.settings import Connection, OrganizationSettings, State
from sync.engine.conditions import Asked
from sync.engine.services import Services
from sync.engine.sync_pass import run_pass
from sync.ports import Calendar, PassRecord, PassState
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365.app import create_app
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.radicale import (
    HOME,
    client_of,
    make_calendar,
    radicale_app,
    session_of,
)
from tests.e2e.world import START, NoDirectory, TenantTokens
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

GRAPH = "http://127.0.0.1:1"
ZONE = "Asia/Tokyo"
PEOPLE = {"hanako": "花子", "taro": "太郎", "saburo": "三郎"}


def address(user: str) -> str:
    return f"{user}@example.com"


class CaldavCompany:
    """花子 and 太郎 are linked; 三郎 is not, and has no calendar."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(START)
        self.tenant = Tenant(clock=self.clock)
        app = radicale_app(folder)
        self._session = session_of(app)
        self.calendars = {
            user: make_calendar(client_of(session_of(app), self.clock), user) for user in ("hanako", "taro")
        }
        self.people = [self._linked(user) for user in self.calendars]
        self.connections = MemoryConnections(self.people)
        self.links = MemoryLinks()
        self.meetings = MemoryMeetings()
        self.services = self._services()

    # -- acts -------------------------------------------------------------------------------------------------

    def enter(self, user: str, name: str, *lines: str) -> None:
        """An event of one hour in somebody's calendar, as another client would put it there."""
        text = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//a person's//EN",
            "BEGIN:VEVENT",
            f"UID:{name}@person",
            "DTSTAMP:20261101T000000Z",
            "DTSTART:20261118T010000Z",
            "DTEND:20261118T020000Z",
            *lines,
            "END:VEVENT",
            "END:VCALENDAR",
        ]
        self.calendars[user].create(f"{name}.ics", "\r\n".join(text) + "\r\n")

    def box(self, user: str) -> Any:
        return self.tenant.mailbox(self._of(user).mailbox)

    def invite(self, organizer: str, *addresses: str, **more: Any) -> str:
        times = {"start": "2026-11-18T10:00:00", "end": "2026-11-18T11:00:00"}
        made: str = self.box(organizer).invite(list(addresses), **{"subject": "会議", **times, **more})
        return made

    def run(self, *users: str) -> list[PassRecord]:
        records = []
        for user in users or self.calendars:
            record = run_pass(self.services, self._of(user), Asked())
            assert record.state is PassState.DONE, record
            records.append(record)
            self.clock.advance(5)
        return records

    def settle(self) -> None:
        for _ in range(3):
            self.run()
            self.clock.advance(1200)

    # -- looks ------------------------------------------------------------------------------------------------

    def outlook(self, user: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.box(user).events()
        return events

    def texts(self, user: str) -> dict[str, str]:
        """What stands in somebody's calendar, by resource; long lines unfolded."""
        everything = self.calendars[user].between(
            datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        )
        return {name: one.text.replace("\r\n", "\n").replace("\n ", "") for name, one in everything.items()}

    def seen(self, user: str) -> list[Seen]:
        users = {one: Known(name, address(one)) for one, name in PEOPLE.items()}
        context = Context(user=user, zone=ZONE, now=self.clock.now(), users=users)
        names = self.calendars[user].read(self.texts(user))
        found = [seen_of(one, context) for one in names.values() if one is not None]
        assert all(isinstance(one, Seen) for one in found)
        return cast(list[Seen], found)

    def mails(self) -> int:
        return len(self.tenant.outbox)

    def etags(self) -> dict[str, dict[str, str]]:
        found = {}
        for user, calendar in self.calendars.items():
            stored = calendar.read(self.texts(user)).values()
            found[user] = {one.name: one.etag for one in stored if one is not None}
        return found

    def assert_still(self) -> None:
        """Nobody's pass writes anything any more."""
        self.settle()
        before = self.tenant.requests.writes, self.etags()
        self.run()
        assert (self.tenant.requests.writes, self.etags()) == before

    # -- the service ------------------------------------------------------------------------------------------

    def _linked(self, user: str) -> Connection:
        oid = self.tenant.add_user(address(user), PEOPLE[user]).id
        return Connection("default", user, mailbox=oid, email=address(user), enabled=True, state=State.ACTIVE)

    def _of(self, user: str) -> Connection:
        connection = self.connections.get("default", user)
        assert connection is not None
        return connection

    def _services(self) -> Services:
        graph_session = Session()
        graph_session.mount(GRAPH, InProcess(create_app(self.tenant)))
        graph = GraphClient(
            graph_session, TenantTokens(self.tenant), self.clock, base_url=GRAPH, jitter=lambda: 0.0
        )
        company, homes = self, Homes(self.clock, HOME)
        users = [{"id": user, "name": name, "email": address(user)} for user, name in PEOPLE.items()]
        secrets = {"list": json.dumps({"users": users})}
        directory = CaldavDirectory(secrets, "list", lambda: client_of(self._session, self.clock), self.clock)

        class Opener:
            def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
                client = client_of(company._session, company.clock)
                quirks = SERVERS["radicale"]
                return CaldavCalendar(
                    client, homes, directory, company.clock, connection.user, settings.time_zone, quirks
                )

            def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar:
                def types() -> TypeTable:
                    return TypeTable(frozenset(), settings.categories)

                def people() -> People:
                    return company.services.people.of(connection.organization)

                return GraphCalendar(
                    graph,
                    connection.mailbox,
                    zone=settings.time_zone,
                    types=types,
                    addresses=lambda facility: people().rooms.get(facility),
                    user_of=lambda mail: people().user_of(mail),
                )

        return Services(
            clock=self.clock,
            organizations=MemoryOrganizations(default=OrganizationSettings()),
            connections=self.connections,
            links=self.links,
            cursors=MemoryCursors(),
            leases=MemoryLeases(self.clock),
            passes=MemoryPasses(),
            history=MemoryHistory(),
            jobs=MemoryJobs(self.clock),
            secrets=MemorySecrets(),
            calendars=Opener(),
            directory=directory,
            mailboxes=lambda _organization: cast(Any, NoDirectory()),
            facilities=MemoryFacilities(),
            meetings=self.meetings,
            tenants=MemoryTenants(connected("default", self.tenant.id, checked_at=self.clock.now())),
            microsoft365=FakeMicrosoft365(),
        )
