"""What the groupware says of single events, and whether they are on one person's schedule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sync.adapters.groupware.connector.client import (
    Client,
    Refused,
    broken,
    error_of_listing,
    items_of,
    json_of,
)
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.groupware.connector.mapping import seen_from
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.event import Side
from sync.errors import CannotSync, Gone

# `GET /v1/events` takes at most this many ids and uids (contract.yaml).
_LOOK_UP = 100


class Events:
    def __init__(self, client: Client, directory: ConnectorDirectory, user: str) -> None:
        self._client = client
        self._directory = directory
        self._user = user

    def read(self, ids: Iterable[str]) -> dict[str, Observation]:
        asked = list(ids)
        found: dict[str, Observation] = {event_id: Removed(Side.GROUPWARE, event_id) for event_id in asked}
        for item in self._look_up("id", asked):
            seen = self.seen(item)
            is_there = isinstance(seen, Unreadable) or self._is_on_schedule(item)
            if is_there and seen.id in found:
                found[seen.id] = seen
        return found

    def find(self, uids: Iterable[str]) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        for item in self._look_up("uid", list(uids)):
            seen = self.seen(item)
            if isinstance(seen, Seen) and seen.uid and self._is_on_schedule(item):
                found[seen.uid] = seen
        return found

    def current(self, event_id: str) -> tuple[Mapping[str, Any], Seen]:
        """One event, in the contract's words and in ours. `Gone`, or `CannotSync` if nobody can read it."""
        for item in self._look_up("id", [event_id]):
            if item["id"] == event_id:
                seen = self.must_see(item)
                if self._is_on_schedule(item):
                    return item, seen
        raise Gone("gone")

    def seen(self, item: Mapping[str, Any]) -> Seen | Unreadable:
        return seen_from(item, self._user, self.types_of(item))

    def must_see(self, item: Mapping[str, Any]) -> Seen:
        """The event that a write answers with. Without one nobody knows what was done: the next pass looks."""
        if not isinstance(item.get("id"), str):
            raise broken("a write without event")
        seen = self.seen(item)
        if isinstance(seen, Unreadable):
            raise CannotSync(seen.code, seen.detail)
        return seen

    def types_of(self, item: Mapping[str, Any]) -> Mapping[str, str]:
        """The event types, those of the event and its occurrences among them if they exist."""
        types: Mapping[str, str] = {}
        for wanted in _type_ids(item):
            types = self._directory.event_types(wanted)
        return types

    def _look_up(self, name: str, values: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for start in range(0, len(values), _LOOK_UP):
            some = list(values[start : start + _LOOK_UP])
            try:
                yield from items_of(json_of(self._client.send("GET", "/v1/events", query={name: some})))
            except Refused as refused:
                raise error_of_listing(refused) from refused

    def _is_on_schedule(self, item: Mapping[str, Any]) -> bool:
        """An event that lives on for others may have left this person's schedule."""
        participants = [*(item.get("participants") or ()), *_on_single_dates(item)]
        if any(p.get("userId") == self._user for p in participants):
            return True
        organizations = {p["organizationId"] for p in participants if p.get("organizationId")}
        return bool(organizations and organizations & self._directory.organizations_of(self._user))


def _overrides(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What single occurrences say; of what has another form, nothing."""
    recurrence = item.get("recurrence")
    overrides = recurrence.get("overrides") if isinstance(recurrence, dict) else None
    changes = overrides.values() if isinstance(overrides, dict) else ()
    return [change for change in changes if isinstance(change, dict)]


def _on_single_dates(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for change in _overrides(item):
        yield from change.get("participants") or ()


def _type_ids(item: Mapping[str, Any]) -> list[str]:
    """The ids of all event types that are named."""
    named = [item.get("typeId"), *(change.get("typeId") for change in _overrides(item))]
    return list(dict.fromkeys(name for name in named if isinstance(name, str) and name))
