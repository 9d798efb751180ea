"""The reference groupware with one person, and that person's calendar as our side opens it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sync.adapters.groupware.connector.calendar import ConnectorCalendar
from sync.adapters.groupware.connector.client import Client
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.http import Session
from sync.core.change import Seen
from sync.core.event import Event
from sync.core.write import Verb, Write
from sync.ports import Outcome
from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.inprocess import InProcess
from tests.fakes import FakeClock

BASE = "http://127.0.0.1:2"


@dataclass
class Office:
    groupware: Groupware
    calendar: ConnectorCalendar
    user: str

    def seen(self, event_id: str) -> Seen:
        found = self.calendar.read([event_id])[event_id]
        assert isinstance(found, Seen), found
        return found

    def event(self, event_id: str) -> dict[str, Any]:
        """In the contract's words."""
        found = self.groupware.get(event_id)
        assert found is not None
        return found

    def entered(self, **fields: Any) -> str:
        """A person's event, on Monday, 2026-12-07 from ten to eleven unless said otherwise."""
        event = {"title": "週次", "start": "2026-12-07T10:00:00", **fields}
        return str(self.groupware.create(event, by=self.user)["id"])

    def create(self, event: Event, number: int = 1) -> Seen:
        write = Write(f"k{number}", Verb.CREATE, event=event, token=f"token-{number}", uid=f"uid-{number}")
        return shown(self.outcome(write))

    def update(self, event_id: str, event: Event, *parts: str, version: str | None = None) -> Seen:
        return shown(self.outcome(self.updating(event_id, event, *parts, version=version)))

    def updating(self, event_id: str, event: Event, *parts: str, version: str | None = None) -> Write:
        """The update as it is planned with what the calendar shows now."""
        seen = self.seen(event_id)
        return Write(
            "k",
            Verb.UPDATE,
            id=event_id,
            version=seen.version if version is None else version,
            event=event,
            fields=frozenset(parts),
            residue=seen.residue,
        )

    def outcome(self, write: Write) -> Outcome:
        (outcome,) = self.calendar.write([write])
        return outcome


def shown(outcome: Outcome) -> Seen:
    assert outcome.error is None, outcome.error
    assert outcome.seen is not None
    return outcome.seen


@contextmanager
def office(parallel: int = 1) -> Iterator[Office]:
    clock = FakeClock(datetime(2026, 12, 1, tzinfo=UTC))
    with Groupware(clock=clock) as groupware:
        user = groupware.add_user("山田太郎")
        session = Session(read_retries=0)
        session.mount(BASE, InProcess(groupware.app))

        def client() -> Client:
            return Client(session, BASE, TOKEN, clock)

        directory = ConnectorDirectory(client, clock)
        yield Office(groupware, ConnectorCalendar(client(), directory, user, parallel), user)
