"""A small company in two organizations behind the web app, with use cases that only remember what was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import httpx
import jwt
from fastapi import FastAPI
from openapi_schema_validator import OAS31Validator

from sync.core.event import Side
from sync.core.link import Base, Link, Problem
from sync.core.passes import new_pass_id
from sync.core.settings import Connection, OrganizationSettings
from sync.engine.expiry import needs_attention
from sync.engine.services import Services
from sync.errors import SyncError
from sync.ports import (
    CalendarOpener,
    GroupwareUser,
    Kept,
    PassRecord,
    PassState,
)
from sync.web.access import Access
from sync.web.app import create_app
from sync.web.browser import Addresses
from sync.web.keys import StaticKeys
from sync.web.tokens import Issuer
from tests.fakes import (
    FakeClock,
    FakeMailboxes,
    FakeMicrosoft365,
    MemoryConnections,
    MemoryCursors,
    MemoryFacilities,
    MemoryHistory,
    MemoryJobs,
    MemoryLeases,
    MemoryLinks,
    MemoryMeetings,
    MemoryOperations,
    MemoryOrganizations,
    MemoryPasses,
    MemorySecrets,
    MemoryTenants,
    MemoryTickets,
    connected,
)

SECRET = b"a secret of at least thirty-two bytes"
ISSUER, AUDIENCE = "https://groupware.example", "calendar-sync"
ADDRESSES = Addresses("https://sync.example", ISSUER, "https://groupware.example/sign-in")


@dataclass
class FakeDirectory:
    people: list[GroupwareUser] = field(
        default_factory=lambda: [GroupwareUser("mori", "森繁", "mori@x.test")]
    )
    things: dict[str, str] = field(default_factory=lambda: {"room-a": "第1会議室", "room-b": "第2会議室"})
    error: SyncError | None = None

    def users(self) -> Sequence[GroupwareUser]:
        if self.error:
            raise self.error
        return self.people

    def event_types(self) -> Mapping[str, str]:
        if self.error:
            raise self.error
        return {"1": "来客", "2": "休み"}

    def facilities(self) -> Mapping[str, str]:
        if self.error:
            raise self.error
        return self.things

    def organizations(self) -> Mapping[str, tuple[str, str | None]]:
        return {}


@dataclass
class FakeUseCases:
    """`calls` is what was asked; `error` is raised by every pass, `outcome` is the state it ends in."""

    services: Services
    calls: list[tuple[str, str, date | None, date | None]] = field(default_factory=list)
    outcome: PassState = PassState.DONE
    error: Exception | None = None
    is_reachable: bool = True
    parked: list[tuple[Link, Problem]] = field(default_factory=list)
    seen_invocation: list[str | None] = field(default_factory=list)
    invocation: ContextVar[str | None] | None = None

    def sync_now(self, connection: Connection, *, first: date | None, until: date | None) -> PassRecord:
        if self.invocation is not None:
            self.seen_invocation.append(self.invocation.get())
        if self.error is not None:
            raise self.error
        return self._record("now", connection, first, until, self.outcome)

    def preview(self, connection: Connection, *, first: date | None, until: date | None) -> PassRecord:
        if self.error is not None:
            raise self.error
        return self._record("preview", connection, first, until, PassState.PREVIEW)

    def request_pass(self, connection: Connection, *, first: date | None, until: date | None) -> PassRecord:
        return self._record("queued", connection, first, until, PassState.QUEUED)

    def confirm(self, record: PassRecord, by: str) -> PassRecord:
        self.calls.append(("confirm", by, None, None))
        queued = replace(record, id=self.new_id(record.organization, record.user), state=PassState.QUEUED)
        self.services.passes.save(queued)
        return queued

    def problems(self, connection: Connection) -> Sequence[tuple[Link, Problem]]:
        self.calls.append(("problems", connection.user, None, None))
        return self.parked

    def history(self, connection: Connection) -> Sequence[Kept]:
        return self.services.history.list(connection.organization, connection.user)

    def forget(self, organization: str, user: str) -> bool:
        if self.error is not None:
            raise self.error
        self.calls.append(("forget", user, None, None))
        is_known = self.services.connections.get(organization, user) is not None
        self.services.connections.delete(organization, user)
        return is_known

    def storage_reachable(self) -> bool:
        return self.is_reachable

    def needs_attention(self) -> bool:
        return needs_attention(self.services)

    def new_id(self, organization: str, user: str) -> str:
        return new_pass_id(organization, user, self.services.clock.now())

    def _record(
        self, asked: str, who: Connection, first: date | None, until: date | None, state: PassState
    ) -> PassRecord:
        self.calls.append((asked, who.user, first, until))
        failed = state in (PassState.FAILED, PassState.HELD)
        record = PassRecord(
            self.new_id(who.organization, who.user),
            who.organization,
            who.user,
            state,
            "manual",
            self.services.clock.now(),
            error="guard-deletes" if failed else "",
            error_detail={"count": "30", "limit": "20"} if failed else {},
            report={"counts": {"outlook": {"create": 2}}},
        )
        self.services.passes.save(record)
        return record


class Company:
    """Two organizations: `default` (suzuki, tanaka; boss administers) and `rival` (suzuki, too)."""

    def __init__(
        self, *, organizations: frozenset[str] | None = None, addresses: Addresses = ADDRESSES
    ) -> None:
        self.clock = FakeClock(datetime.now(UTC).replace(microsecond=0))
        self.directory = FakeDirectory()
        self.mailboxes = FakeMailboxes()
        self.microsoft365 = FakeMicrosoft365()
        self.tenants = MemoryTenants(connected("default"), connected("rival", "tenant-2"))
        self.services = Services(
            clock=self.clock,
            organizations=MemoryOrganizations(default=OrganizationSettings(), rival=OrganizationSettings()),
            connections=MemoryConnections(
                [
                    Connection("default", "boss", name="清水伊織", upn="boss@x.test", enabled=True),
                    Connection("default", "suzuki", name="鈴木一郎", upn="suzuki@x.test", enabled=True),
                    Connection("default", "tanaka", name="田中桃子"),
                    Connection("rival", "suzuki", name="他社鈴木", upn="suzuki@rival.test", enabled=True),
                    Connection("rival", "spy", upn="spy@rival.test", enabled=True),
                ]
            ),
            links=MemoryLinks(),
            cursors=MemoryCursors(),
            leases=MemoryLeases(self.clock),
            passes=MemoryPasses(),
            history=MemoryHistory(),
            jobs=MemoryJobs(self.clock),
            secrets=MemorySecrets(),
            calendars=cast(CalendarOpener, None),
            directory=self.directory,
            mailboxes=lambda _organization: self.mailboxes,
            facilities=MemoryFacilities(),
            meetings=MemoryMeetings(),
            tenants=self.tenants,
            tickets=MemoryTickets(),
            operations=MemoryOperations(),
            microsoft365=self.microsoft365,
        )
        self.use_cases = FakeUseCases(self.services)
        self.invocation: ContextVar[str | None] = ContextVar("invocation", default=None)
        self.use_cases.invocation = self.invocation
        issuer = Issuer(ISSUER, AUDIENCE, StaticKeys.secret(SECRET), organizations)
        self.access = Access([issuer], self.services.organizations.ids, self.clock)
        self.app = create_app(
            self.services, self.access, "1.2.3", self.use_cases, addresses, invocation=self.invocation
        )
        self.client = Client(self.app)

    def token(self, user: str = "suzuki", role: str = "user", organization: str = "default") -> str:
        return sign(self.claims(user, role) | {"org": organization})

    def claims(self, user: str = "suzuki", role: str = "user", **changes: object) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        return {
            "iss": ISSUER, "aud": AUDIENCE, "sub": user, "role": role, "iat": now, "exp": now + 600
        } | changes  # fmt: skip

    def settings(self, **changes: Any) -> None:
        organizations = self.services.organizations
        organizations.put("default", replace(organizations.get("default"), **changes))

    def person(self, user: str) -> Connection:
        found = self.services.connections.get("default", user)
        assert found is not None
        return found

    def pass_of(self, user: str, state: PassState, organization: str = "default") -> str:
        record = PassRecord(
            self.use_cases.new_id(organization, user), organization, user, state, "manual", self.clock.now()
        )
        self.services.passes.save(record)
        return record.id

    def park(self) -> None:
        now = self.clock.now()
        problem = Problem(
            "unknown-zone", {"zone": "Mars/Olympus"}, Side.OUTLOOK, now, 2, now + timedelta(hours=1)
        )
        self.use_cases.parked = [
            (Link("o:1", outlook=Base("AAMk1", "v1", {}), starts=now, ends=now, problem=problem), problem)
        ]

    # Callers -----------------------------------------------------------------------------------------------
    def as_person(self, method: str, path: str, body: object = None, **options: Any) -> Answer:
        return self.client.ask(method, path, body, token=self.token(), **options)

    def as_admin(self, method: str, path: str, body: object = None, **options: Any) -> Answer:
        return self.client.ask(method, path, body, token=self.token("boss", "admin"), **options)


def sign(claims: Mapping[str, Any], key: Any = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers=header or None)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: httpx.Headers
    json: Any

    @property
    def code(self) -> str:
        return cast(str, self.json["code"])


_documents: dict[frozenset[str], dict[str, Any]] = {}


def described(app: FastAPI) -> dict[str, Any]:
    """The app's OpenAPI document; the same for every app with the same routes, and slow to make."""
    routes = frozenset(str(getattr(route, "path", "")) for route in app.routes)
    if routes not in _documents:
        _documents[routes] = app.openapi()
    return _documents[routes]


class Client:
    """Asks the app in this process, and holds every JSON answer against the app's own OpenAPI document.

    An exception that leaves the app fails the test, as it would fail the invocation.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.document = described(app)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        scope: Mapping[str, Any] | None = None,
    ) -> Answer:
        sent = list(headers) + ([("Authorization", f"Bearer {token}")] if token is not None else [])
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None and not any(name.lower() == "content-type" for name, _ in sent):
            sent.append(("Content-Type", "application/json"))
        response = asyncio.run(self._send(method, path, sent, content, scope or {}))
        found = response.json() if response.content else None
        answer = Answer(response.status_code, response.headers, found)
        self._check(method, path, answer)
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        content: bytes | None,
        extra: Mapping[str, Any],
    ) -> httpx.Response:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await self.app({**scope, **extra}, receive, send)

        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
            return await client.request(method, path, headers=list(headers), content=content)

    def _check(self, method: str, path: str, answer: Answer) -> None:
        operation = self._operation(method, path.partition("?")[0])
        if operation is None:
            assert answer.status in (404, 405), f"{method} {path} is answered but not described"
            return
        described = operation["responses"].get(str(answer.status))
        assert described is not None, f"{method} {path}: {answer.status} is not described"
        if "content" not in described:
            assert answer.json is None, f"{method} {path}: {answer.status} has a body"
            return
        media_type = answer.headers["content-type"].partition(";")[0]
        schema = described["content"][media_type]["schema"]
        whole = {**schema, "components": self.document["components"]}
        OAS31Validator(whole, format_checker=OAS31Validator.FORMAT_CHECKER).validate(answer.json)

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        exact = self.document["paths"].get(path)
        candidates = [exact] if exact else []
        candidates += [item for name, item in self.document["paths"].items() if _fits(name, path)]
        return next((item[method.lower()] for item in candidates if method.lower() in item), None)


def _fits(template: str, path: str) -> bool:
    parts, steps = template.split("/"), path.split("/")
    return len(parts) == len(steps) and all(
        part == step or part.startswith("{") for part, step in zip(parts, steps, strict=True)
    )
