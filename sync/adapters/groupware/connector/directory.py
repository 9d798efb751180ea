"""People, event types and facilities of a groupware behind the connector API, remembered for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sync.adapters.groupware.connector.client import Client, Refused, broken, error_of_listing, json_of
from sync.errors import CursorExpired
from sync.ports import GroupwareUser

T = TypeVar("T")
# Event types and limits change rarely; a person who adds one waits at most this long.
_REMEMBERED = timedelta(minutes=10)


class Now(Protocol):
    def now(self) -> datetime: ...


class ConnectorDirectory:
    """Keeps ports.Directory. One per process; a failed look-up is not remembered.

    `client` opens a Client when one is needed: the key may not be there yet when the process starts.
    """

    def __init__(self, client: Callable[[], Client], clock: Now) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, Any]] = {}

    def users(self) -> Sequence[GroupwareUser]:
        return [
            GroupwareUser(
                item["id"],
                item["name"],
                item["email"] or "",
                item["active"],
                tuple(item.get("organizationIds") or ()),
            )
            for item in self._list("/v1/users")
        ]

    def organizations(self) -> Mapping[str, tuple[str, str | None]]:
        return self._remember(
            "organizations by name",
            lambda: {o["id"]: (o["name"], o.get("parentId")) for o in self._list("/v1/organizations")},
        )

    def event_types(self, knowing: str = "") -> Mapping[str, str]:
        """`knowing`: an id that must be among them if there is such a type. A type can be used a moment after it
        was added, so they are asked for again, once for each id that nobody lists."""

        def look() -> Mapping[str, str]:
            return {item["id"]: item["name"] for item in self._list("/v1/event-types")}

        types = self._remember("types", look)
        if not knowing or knowing in types:
            return types
        return self._remember(f"types with {knowing}", lambda: self._renew("types", look))

    def facilities(self) -> Mapping[str, str]:
        return self._remember(
            "facilities", lambda: {item["id"]: item["name"] for item in self._list("/v1/facilities")}
        )

    def capabilities(self) -> Mapping[str, Any]:
        """The answer of `GET /v1/capabilities`."""
        return self._remember("capabilities", lambda: json_of(self._get("/v1/capabilities")))

    def organizations_of(self, user: str) -> frozenset[str]:
        """The user's organizations and everything above them: their events are on the user's schedule."""
        parents = self._remember(
            "organizations", lambda: {o["id"]: o.get("parentId") for o in self._list("/v1/organizations")}
        )
        members = self._remember(
            "members", lambda: {u["id"]: u.get("organizationIds") or [] for u in self._list("/v1/users")}
        )
        found: set[str] = set()
        waiting = list(members.get(user, ()))
        while waiting:
            organization = waiting.pop()
            if organization and organization not in found:
                found.add(organization)
                waiting.append(parents.get(organization))
        return frozenset(found)

    def _renew(self, name: str, look: Callable[[], T]) -> T:
        with self._lock:
            self._known.pop(name, None)
        return self._remember(name, look)

    def _get(self, path: str) -> Any:
        try:
            return self._client().send("GET", path)
        except Refused as refused:
            raise error_of_listing(refused) from refused

    def _list(self, path: str) -> Sequence[Mapping[str, Any]]:
        try:
            return list(self._client().pages(path))
        except Refused as refused:
            error = error_of_listing(refused)
            raise broken("a listing that expired") if isinstance(error, CursorExpired) else error from refused

    def _remember(self, name: str, look: Callable[[], T]) -> T:
        now = self._clock.now()
        with self._lock:
            known = self._known.get(name)
        if known is not None and now - known[0] < _REMEMBERED:
            found: T = known[1]
            return found
        fresh = look()
        with self._lock:
            self._known[name] = (now, fresh)
        return fresh
