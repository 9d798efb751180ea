"""A small tenant with one person and one client that talks to it in this process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from sync.sandbox.clock import ManualClock
from sync.sandbox.faults import Faults
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365 import Application, Switches, Tenant, create_app
from sync.sandbox.microsoft365.throttle import Limits

Json = dict[str, Any]
HOST = "http://graph.test"
GRAPH = f"{HOST}/v1.0"
TOKYO = "Tokyo Standard Time"
IMMUTABLE = 'IdType="ImmutableId"'
WINDOW = "startDateTime=2026-08-01T00:00:00Z&endDateTime=2026-10-01T00:00:00Z"
PROPERTY = "String {00000000-0000-0000-0000-00000000AB01} Name Marker"


class World:
    """`flipped` are switches by name; the clock stands at noon of 1 September 2026 in UTC."""

    def __init__(
        self, faults: Faults | None = None, limits: Limits | None = None, seed: int = 1, **flipped: Any
    ) -> None:
        self.clock = ManualClock(datetime(2026, 9, 1, 12, tzinfo=UTC))
        self.tenant = Tenant(
            clock=self.clock, switches=Switches(**flipped), faults=faults, seed=seed, limits=limits
        )
        self.user = self.tenant.add_user("taro@example.com", "山田 太郎")
        self.mailbox = self.tenant.mailbox(self.user.id)
        self.application = self.tenant.add_application()
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount(HOST, InProcess(create_app(self.tenant)))
        self.sign_in(self.application)

    @property
    def events(self) -> str:
        return f"/users/{self.user.id}/events"

    @property
    def view(self) -> str:
        return f"/users/{self.user.id}/calendarView"

    def sign_in(self, application: Application) -> None:
        self.session.headers["Authorization"] = f"Bearer {self.tenant.access_token(application)}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        prefer: str = IMMUTABLE,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        url = path if path.startswith("http") else f"{GRAPH}{path}"
        return self.session.request(method, url, json=body, headers={"Prefer": prefer, **(headers or {})})

    def get(self, path: str, prefer: str = IMMUTABLE) -> requests.Response:
        return self.call("GET", path, prefer=prefer)

    def create(self, prefer: str = IMMUTABLE, **properties: Any) -> Json:
        """A timed event in Tokyo unless told otherwise; through the API."""
        answer = self.call("POST", self.events, timed(**properties), prefer)
        assert answer.status_code == 201, answer.text
        return shown(answer)

    def try_create(self, **properties: Any) -> requests.Response:
        return self.call("POST", self.events, timed(**properties))

    def change(
        self, event_id: str, headers: Mapping[str, str] | None = None, **changes: Any
    ) -> requests.Response:
        return self.call("PATCH", f"{self.events}/{event_id}", changes, headers=headers)

    def read(self, event_id: str, query: str = "", prefer: str = IMMUTABLE) -> Json:
        answer = self.get(f"{self.events}/{event_id}{query}", prefer)
        assert answer.status_code == 200, answer.text
        return shown(answer)

    def pages(self, url: str, size: int = 50, prefer: str = IMMUTABLE) -> list[Json]:
        """All pages of a round."""
        found = []
        while url:
            answer = self.get(url, f"odata.maxpagesize={size}, {prefer}")
            assert answer.status_code == 200, answer.text
            found.append(shown(answer))
            url = found[-1].get("@odata.nextLink", "")
        return found

    def round(self, url: str = "", size: int = 50) -> tuple[list[Json], str]:
        """The items of a round and its deltaLink."""
        pages = self.pages(url or f"{self.view}/delta?{WINDOW}", size)
        return [item for page in pages for item in page["value"]], pages[-1]["@odata.deltaLink"]

    def batch(self, *requests_: Json, prefer: str = "") -> requests.Response:
        return self.call("POST", "/$batch", {"requests": list(requests_)}, prefer)


def timed(**properties: Any) -> Json:
    return {
        "subject": "打合せ",
        "start": {"dateTime": "2026-09-10T10:00:00", "timeZone": TOKYO},
        "end": {"dateTime": "2026-09-10T11:00:00", "timeZone": TOKYO},
        **properties,
    }


def all_day(
    first: str = "2026-09-10", until: str = "2026-09-11", zone: str = TOKYO, **properties: Any
) -> Json:
    return {
        "subject": "休み",
        "isAllDay": True,
        "start": {"dateTime": f"{first}T00:00:00", "timeZone": zone},
        "end": {"dateTime": f"{until}T00:00:00", "timeZone": zone},
        **properties,
    }


def moment(text: str, zone: str = TOKYO) -> Json:
    return {"dateTime": text, "timeZone": zone}


def shown(answer: requests.Response) -> Json:
    body: Json = answer.json()
    return body


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Status and code of an error."""
    return answer.status_code, answer.json()["error"]["code"]


def item(number: int, method: str, url: str, body: Json | None = None, **more: Any) -> Json:
    sent: Json = {"id": str(number), "method": method, "url": url, **more}
    if body is not None:
        sent["body"] = body
        sent["headers"] = {"Content-Type": "application/json", **more.get("headers", {})}
    return sent
