"""The two calendars as their people use them: through the control surfaces of the groupware and the simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import requests

from sync.sandbox.demo.company import ADMINISTRATOR, EVENT_TYPES, PEOPLE, ROOMS, ZONE

Json = dict[str, Any]
PATIENCE = 30.0


class Refused(Exception):
    """Raised when a side refuses what a person does there; the text says what it answered."""


class Http:
    """JSON over one connection to this machine, past every proxy."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._session = requests.Session()
        self._session.trust_env = False

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        answer = self._session.request(
            method, self._root + path, json=body, headers=headers, timeout=PATIENCE
        )
        if not answer.ok:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None


class GroupwareSide(Protocol):
    """The people's groupware, whichever it is; events in the connector contract's words."""

    def add_company(self) -> None: ...

    def events(self, user: str) -> list[Json]: ...

    def create(self, user: str, event: Mapping[str, Any]) -> str: ...

    def edit(self, user: str, event_id: str, changes: Mapping[str, Any]) -> None: ...

    def delete(self, user: str, event_id: str) -> None: ...


class Groupware:
    def __init__(self, address: str) -> None:
        self._http = Http(f"{address}/_groupware")

    def add_company(self) -> None:
        self._add("users", ADMINISTRATOR, name="管理者 Administrator", email="administrator@example.com")
        for person in PEOPLE:
            self._add("users", person.user, name=person.name, email=person.upn, timeZone=ZONE)
        for room in ROOMS:
            self._add("facilities", room.id, name=room.name, kind="room")
        for name, id_ in EVENT_TYPES.items():
            self._add("event-types", id_, name=name)

    def _add(self, directory: str, id_: str, **fields: object) -> None:
        self._http.send("POST", f"/directory/{directory}", {"id": id_, **fields})

    def events(self, user: str) -> list[Json]:
        found: list[Json] = self._http.send("GET", f"/users/{user}/events")["items"]
        return found

    def create(self, user: str, event: Mapping[str, Any]) -> str:
        return str(self._http.send("POST", f"/events?by={user}", event)["id"])

    def edit(self, user: str, event_id: str, changes: Mapping[str, Any]) -> None:
        self._http.send("PATCH", f"/events/{event_id}?by={user}", changes)

    def delete(self, user: str, event_id: str) -> None:
        self._http.send("DELETE", f"/events/{event_id}?by={user}")


class Outlook:
    def __init__(self, address: str) -> None:
        self._http = Http(f"{address}/_simulator")

    def events(self, upn: str) -> list[Json]:
        found: list[Json] = self._http.send("GET", f"/users/{upn}/events")["value"]
        return found

    def create(self, upn: str, event: Mapping[str, Any]) -> str:
        return str(self._http.send("POST", f"/users/{upn}/events", event)["id"])

    def edit(self, upn: str, event_id: str, changes: Mapping[str, Any]) -> None:
        self._http.send("PATCH", f"/users/{upn}/events/{event_id}", changes)

    def delete(self, upn: str, event_id: str) -> None:
        self._http.send("DELETE", f"/users/{upn}/events/{event_id}")
