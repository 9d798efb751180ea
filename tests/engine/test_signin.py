"""Who signed in, and what the timer forgets. The whole ways stand in tests/web/test_oauth_*.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from sync.core.settings import Connection
from sync.engine.signin import SignIns, forget_tickets
from sync.errors import TryLater
from sync.ports import SignInRequest
from tests.web.browser import OID, Office

REQUEST = SignInRequest("https://sync.example/api/oauth/callback", "s", "n", "v")


@pytest.fixture
def office() -> Office:
    return Office()


def test_many_who_come_at_once_cause_one_listing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = office.services.connections
    listed, inner = [], connections.list
    start = threading.Barrier(8)

    def counted(organization: str) -> Iterator[Connection]:
        listed.append(organization)
        return inner(organization)

    monkeypatch.setattr(connections, "list", counted)
    sign_ins = SignIns(office.services)

    def come(_: int) -> str:
        start.wait()
        return sign_ins.sign_in("default", REQUEST, {"code": "c"}).user

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(come, range(8))) == {"suzuki"}
    assert listed == ["default"]


def test_who_moved_to_another_mailbox_is_not_found_by_the_former(office: Office) -> None:
    sign_ins = SignIns(office.services)
    assert sign_ins.sign_in("default", REQUEST, {"code": "c"}).user == "suzuki"
    office.link("suzuki", "another")
    office.link("tanaka", OID)
    office.clock.advance(timedelta(seconds=10))
    assert sign_ins.sign_in("default", REQUEST, {"code": "c"}).user == "tanaka"


def test_the_timer_forgets_what_is_over(office: Office) -> None:
    now = office.clock.now()
    office.services.tickets.spend("default", "old", now)
    office.services.tickets.spend("default", "young", now + timedelta(minutes=1))
    forget_tickets(office.services)
    assert office.services.tickets.purge(now + timedelta(minutes=1)) == 1


def test_a_storage_that_is_down_does_not_stop_the_timer(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(now: datetime) -> int:
        raise TryLater("storage-unavailable")

    monkeypatch.setattr(office.services.tickets, "purge", fail)
    forget_tickets(office.services)
    assert "storage-unavailable" in caplog.text
