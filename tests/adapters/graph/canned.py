"""A Graph of canned answers: what is sent is recorded, what comes back was laid out by the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from sync.adapters.graph.client import GraphClient
from sync.adapters.http import Session

Json = dict[str, Any]
GRAPH = "https://graph.microsoft.com"
OID = "11111111-2222-4333-8444-555555555555"


class FakeClock:
    """Sleeping takes no time and is written down; the time moves by what was slept."""

    def __init__(self, start: datetime = datetime(2026, 9, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._now += timedelta(seconds=seconds)


class FakeTokens:
    """Tokens `t1`, `t2` ...: a new one after each drop."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def get(self) -> str:
        return f"t{len(self.dropped) + 1}"

    def drop(self, token: str) -> None:
        self.dropped.append(token)


@dataclass
class Sent:
    """One request as it left."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Json | None
    timeout: object

    @property
    def items(self) -> list[Json]:
        """The items of a batch."""
        assert self.body is not None
        found: list[Json] = self.body["requests"]
        return found


@dataclass
class Said:
    """One answer."""

    status: int = 200
    body: Json | list[Any] | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


Answering = Said | Exception | Callable[[Sent], Said]


class Canned(BaseAdapter):
    """Answers in the order given; a function is asked, an exception raised. The last one given stays."""

    def __init__(self, *answers: Answering) -> None:
        super().__init__()
        self.answers: list[Answering] = list(answers)
        self.sent: list[Sent] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body = request.body
        is_json = "json" in request.headers.get("Content-Type", "")
        content = json.loads(body) if body and is_json else None
        sent = Sent(
            request.method or "", request.url or "", dict(request.headers), content, kwargs.get("timeout")
        )
        self.sent.append(sent)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, Exception):
            raise said
        if callable(said):
            said = said(sent)
        return respond(request, said)

    def close(self) -> None:
        pass


def respond(request: requests.PreparedRequest, said: Said) -> requests.Response:
    response = requests.Response()
    response.status_code = said.status
    response.headers = CaseInsensitiveDict(said.headers)
    response.url = request.url or ""
    response.request = request
    if isinstance(said.body, bytes):
        response._content = said.body
    else:
        response._content = b"" if said.body is None else json.dumps(said.body).encode()
    return response


def make_client(adapter: BaseAdapter, clock: FakeClock, tokens: FakeTokens | None = None) -> GraphClient:
    session = Session(read_retries=0)
    session.mount(GRAPH, adapter)
    return GraphClient(session, tokens or FakeTokens(), clock, base_url=GRAPH, jitter=lambda: 0.0)


def refusal(status: int, code: str, **headers: str) -> Said:
    return Said(
        status,
        {"error": {"code": code, "message": "canned"}},
        {k.replace("_", "-"): v for k, v in headers.items()},
    )


def batch_of(answer: Callable[[Json], Json]) -> Callable[[Sent], Said]:
    """Answers every item of a batch by `answer(item)`, which gives `{"status", "body"?, "headers"?}`."""

    def respond_to(sent: Sent) -> Said:
        return Said(200, {"responses": [{"id": item["id"], **answer(item)} for item in sent.items]})

    return respond_to


def graph_event(event_id: str = "E1", subject: str = "打合せ", **changes: Any) -> Json:
    """A single event in the default projection."""
    return {
        "@odata.etag": 'W/"key1"',
        "id": event_id,
        "changeKey": "key1",
        "createdDateTime": "2026-09-01T00:00:00.1Z",
        "lastModifiedDateTime": "2026-09-01T00:00:00.9Z",
        "subject": subject,
        "body": {"contentType": "html", "content": "<html><body>memo</body></html>"},
        "type": "singleInstance",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "start": {"dateTime": "2026-09-01T01:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-09-01T02:00:00.0000000", "timeZone": "UTC"},
        "originalStartTimeZone": "Tokyo Standard Time",
        "originalEndTimeZone": "Tokyo Standard Time",
        "location": {"displayName": ""},
        "locations": [],
        "attendees": [],
        "categories": [],
        "showAs": "busy",
        "sensitivity": "normal",
        "importance": "normal",
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
        "recurrence": None,
        "seriesMasterId": None,
        "iCalUId": "040000008200E00074C5B7101A82E008",
        "isOnlineMeeting": False,
        **changes,
    }
