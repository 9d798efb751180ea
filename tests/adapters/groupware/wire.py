"""A groupware that says exactly what a test wants, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter

from sync.adapters.groupware.connector.calendar import ConnectorCalendar
from sync.adapters.groupware.connector.client import Client
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.http import Session
from tests.fakes import FakeClock

BASE = "http://127.0.0.1:2/groupware"
PROBLEM = "urn:groupware-connector:problem:"

CAPABILITIES: Mapping[str, Any] = {
    "forms": ["timed", "startOnly", "allDay", "period", "noTime"],
    "statuses": ["confirmed", "tentative"],
    "showAs": ["free", "busy"],
    "importance": ["low", "normal", "high"],
    "participants": {"organizations": True, "external": True, "responses": True},
    "facilities": True,
    "visibility": ["public", "private"],
    "limits": {
        "titleMinLength": 0,
        "titleMaxLength": 100,
        "placeMaxLength": 100,
        "placeDetailMaxLength": 100,
        "memoMaxLength": 1000,
        "remindersMax": 1,
    },
}
EVENT: Mapping[str, Any] = {
    "id": "e-1",
    "version": "7",
    "uid": "e-1@vendor",
    "title": "週次",
    "typeId": None,
    "status": "confirmed",
    "showAs": "busy",
    "importance": "normal",
    "form": "timed",
    "start": "2026-12-07T10:00:00",
    "timeZone": "Asia/Tokyo",
    "duration": "PT1H",
    "end": None,
    "recurrence": None,
    "ownerId": "u-1",
    "participants": [{"userId": "u-1"}],
    "facilities": [],
    "place": "第1会議室",
    "visibility": "public",
    "memo": "議題",
    "reminders": [],
    "updatedAt": "2026-11-02T01:02:03.456Z",
}


@dataclass(frozen=True)
class Said:
    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


Saying = Said | Exception | Callable[[requests.PreparedRequest], Said]


def problem(status: int, kind: str, **members: object) -> Said:
    return Said(status, {"type": PROBLEM + kind, "status": status, **members})


def event(**fields: object) -> dict[str, Any]:
    return {**EVENT, **fields}


class Canned(BaseAdapter):
    """Answers in the order given; the last answer is repeated."""

    def __init__(self, sayings: Sequence[Saying]) -> None:
        super().__init__()
        self._sayings = list(sayings)
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        saying = self._sayings.pop(0) if len(self._sayings) > 1 else self._sayings[0]
        if callable(saying):
            saying = saying(request)
        if isinstance(saying, Exception):
            raise saying
        answer = requests.Response()
        answer.status_code = saying.status
        answer.headers.update(saying.headers)
        answer.url = request.url or ""
        answer.request = request
        content = saying.body if isinstance(saying.body, bytes) else json.dumps(saying.body).encode()
        answer._content = content
        return answer

    def close(self) -> None:
        """Nothing is held open."""

    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.asked if request.body]


@dataclass
class Wire:
    client: Client
    canned: Canned
    clock: FakeClock

    def calendar(self, user: str = "u-1", parallel: int = 1) -> ConnectorCalendar:
        """The person's calendar; the directory answers by itself."""
        directory = ConnectorDirectory(lambda: known(self.clock), self.clock)
        return ConnectorCalendar(self.client, directory, user, parallel)


def wire(*sayings: Saying) -> Wire:
    clock, canned = FakeClock(), Canned(sayings)
    return Wire(_client(canned, clock), canned, clock)


def known(clock: FakeClock) -> Client:
    """A client that knows the groupware's directory."""

    def answer(request: requests.PreparedRequest) -> Said:
        if (request.url or "").endswith("/v1/capabilities"):
            return Said(200, CAPABILITIES)
        if "/v1/event-types" in (request.url or ""):
            return Said(200, {"items": [{"id": "t-1", "name": "会議"}], "cursor": None, "hasMore": False})
        return Said(200, {"items": [], "cursor": None, "hasMore": False})

    return _client(Canned([answer]), clock)


def _client(canned: Canned, clock: FakeClock) -> Client:
    session = Session(read_retries=0)
    session.mount("http://127.0.0.1:2", canned)
    return Client(session, BASE, "token", clock)
