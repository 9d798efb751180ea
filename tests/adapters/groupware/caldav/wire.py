"""A CalDAV server that says exactly what a test wants, and remembers what it was asked."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import requests
from requests.adapters import BaseAdapter

from sync.adapters.groupware.caldav.client import Client
from sync.adapters.groupware.caldav.collection import Collection
from sync.adapters.groupware.caldav.credentials import read_credential
from sync.adapters.http import Session
from tests.fakes import FakeClock

BASE = "http://127.0.0.1:2/dav"
CALENDAR = "/dav/taro/work/"
SECRET = "taro:correct horse"
NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/"'


@dataclass(frozen=True)
class Said:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Saying = Said | Exception | Callable[[requests.PreparedRequest], Said]


def multistatus(*responses: str, token: str = "", status: int = 207) -> Said:
    told = f"<d:sync-token>{token}</d:sync-token>" if token else ""
    return Said(status, f"<d:multistatus {NAMESPACES}>{''.join(responses)}{told}</d:multistatus>".encode())


def found(href: str, *properties: str) -> str:
    """A response with properties that are there."""
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{''.join(properties)}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def event(name: str, etag: str = '"1"', text: str = "") -> str:
    return found(CALENDAR + name, etag_of(etag), data(text or ics(name)))


def missing(href: str, status: int = 404) -> str:
    return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {status} x</d:status></d:response>"


def etag_of(etag: str) -> str:
    return f"<d:getetag>{etag}</d:getetag>"


def data(text: str) -> str:
    return f"<c:calendar-data>{escape(text)}</c:calendar-data>"


def hrefs(name: str, *values: str) -> str:
    return f"<{name}>{''.join(f'<d:href>{value}</d:href>' for value in values)}</{name}>"


def refused(status: int, *conditions: str) -> Said:
    named = "".join(f"<{one}/>" for one in conditions)
    return Said(status, f"<d:error {NAMESPACES}>{named}</d:error>".encode())


def ics(name: str, title: str = "予定", **more: str) -> str:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//x//y//EN",
        "BEGIN:VEVENT",
        f"UID:{name}@test",
        "DTSTAMP:20260901T000000Z",
        "DTSTART;TZID=Asia/Tokyo:20260902T100000",
        "DTEND;TZID=Asia/Tokyo:20260902T110000",
        f"SUMMARY:{title}",
        *(f"{key}:{value}" for key, value in more.items()),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(lines) + "\r\n"


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
        answer.raw = io.BytesIO(saying.body)
        return answer

    def close(self) -> None:
        """Nothing is held open."""

    @property
    def methods(self) -> list[str]:
        return [str(request.method) for request in self.asked]

    @property
    def paths(self) -> list[str]:
        return [urlsplit(request.url or "").path for request in self.asked]

    def body(self, number: int) -> str:
        body = self.asked[number].body
        return body.decode() if isinstance(body, bytes) else str(body or "")


@dataclass
class Wire:
    client: Client
    canned: Canned
    clock: FakeClock

    @property
    def collection(self) -> Collection:
        return Collection(self.client, CALENDAR)


def wire(*sayings: Saying, base: str = BASE) -> Wire:
    clock, canned = FakeClock(), Canned(sayings)
    session = Session(read_retries=0)
    # All addresses: what must not be asked is then seen to be asked.
    session.mount("http://", canned)
    session.mount("https://", canned)
    return Wire(Client(session, base, read_credential(SECRET), clock), canned, clock)
