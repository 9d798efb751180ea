"""A simulated tenant with one person, and our client on it: in this process, without a socket or a clock's wait."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Flask

from sync.adapters.graph.client import GraphClient
from sync.adapters.http import Session
from sync.core.window import Window
from sync.sandbox.faults import Faults
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365 import Application, Mailbox, Switches, Tenant, User, create_app

GRAPH = "https://graph.microsoft.com"
ZONE = "Asia/Tokyo"
START = datetime(2026, 9, 1, tzinfo=UTC)
WINDOW = Window(date(2026, 8, 25), date(2026, 9, 15), ZONE)


class SharedClock:
    """One time for the simulator and for us; a sleep moves it, and lets other threads run."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.slept = 0.0

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self.slept += seconds


class SimulatedTokens:
    """Tokens straight from the tenant; the way through MSAL has its own tests."""

    def __init__(self, tenant: Tenant, application: Application) -> None:
        self._tenant = tenant
        self._application = application
        self._token = ""
        self.issued = 0

    def get(self) -> str:
        if not self._token:
            self.issued += 1
            self._token = self._tenant.access_token(self._application)
        return self._token

    def drop(self, token: str) -> None:
        if token == self._token:
            self._token = ""


@dataclass
class World:
    tenant: Tenant
    application: Application
    user: User
    clock: SharedClock
    app: Flask
    client: GraphClient

    @property
    def mailbox(self) -> Mailbox:
        return self.tenant.mailbox(self.user.id)

    def new_client(self) -> GraphClient:
        """As another process would have it: nothing shared with the first one."""
        return make_client(self.tenant, self.application, self.clock, self.app)


def make_world(
    seed: int = 0, faults: Faults | None = None, switches: Switches | None = None, **more: Any
) -> World:
    clock = SharedClock()
    tenant = Tenant(clock=clock, seed=seed, faults=faults, switches=switches, **more)
    application = tenant.add_application()
    user = tenant.add_user("taro@example.com", "山田太郎")
    app = create_app(tenant)
    return World(tenant, application, user, clock, app, make_client(tenant, application, clock, app))


def make_client(tenant: Tenant, application: Application, clock: SharedClock, app: Flask) -> GraphClient:
    session = Session(read_retries=0)
    session.mount(GRAPH, InProcess(app))
    return GraphClient(
        session, SimulatedTokens(tenant, application), clock, base_url=GRAPH, jitter=lambda: 0.0
    )


def hour(day: date) -> dict[str, Any]:
    """Ten to eleven on `day`, as a person in Tokyo enters it."""
    start = datetime.combine(day, time(10))
    return {"start": start, "end": start + timedelta(hours=1)}
