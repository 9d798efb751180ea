"""One person's schedule in a groupware that implements the connector API."""

from __future__ import annotations

import contextvars
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from sync.adapters.groupware.connector.client import (
    Client,
    Refused,
    broken,
    cursor_of,
    error_of_listing,
    items_of,
    json_of,
    segment,
)
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.groupware.connector.events import Events
from sync.adapters.groupware.connector.mapping import capabilities_from
from sync.adapters.groupware.connector.writer import Writer
from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Removed, Seen
from sync.core.event import Side
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.core.write import Write
from sync.errors import CursorExpired, TryLater
from sync.ports import Outcome

# One event that the groupware cannot process is that event's trouble; so many in a row are the groupware's.
_FAILING_IN_A_ROW = 3


class ConnectorCalendar:
    """Keeps ports.Calendar for Side.GROUPWARE.

    `parallel`: writes in flight at once; the API has no batch, so a first sync of many events needs some.
    """

    side = Side.GROUPWARE

    def __init__(self, client: Client, directory: ConnectorDirectory, user: str, parallel: int = 1) -> None:
        self._client = client
        self._directory = directory
        self._user = user
        self._parallel = parallel
        self._events = Events(client, directory, user)
        self._writer = Writer(client, directory, self._events, user)

    @property
    def capabilities(self) -> Capabilities:
        return capabilities_from(self._directory.capabilities())

    @property
    def requests(self) -> int:
        return self._client.requests

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        place = _opened(cursor, window) if cursor is not None else None
        found, following = self._listing(window) if place is None else self._feed(place)
        return found, _closed(following, window)

    def read(self, ids: Iterable[str]) -> Mapping[str, Observation]:
        return self._events.read(ids)

    def find(self, markers: Iterable[str]) -> Mapping[str, Seen]:
        """By uid: what a create of ours was to carry."""
        return self._events.find(markers)

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        failing = 0
        for outcome in self._outcomes(writes):
            yield outcome
            is_failing = outcome.error is not None and outcome.error.code == "groupware-failing"
            failing = failing + 1 if is_failing else 0
            if failing == _FAILING_IN_A_ROW:
                raise TryLater("groupware-unavailable", {"reason": "writes fail one after the other"})

    def _outcomes(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        versions = _Versions()
        if self._parallel == 1 or len(writes) == 1:
            for write in writes:
                outcome = self._writer.write(versions.renewed(write))
                versions.note(write, outcome)
                yield outcome
            return
        with ThreadPoolExecutor(self._parallel) as pool:

            def start(write: Write) -> tuple[Write, Future[Outcome]]:
                # Each thread gets this one's context, so that its log lines keep their invocation.
                context = contextvars.copy_context()
                return write, pool.submit(context.run, self._writer.write, versions.renewed(write))

            waiting = deque(writes)
            running: deque[tuple[Write, Future[Outcome]]] = deque()
            try:
                while waiting or running:
                    # No further ahead than that: who stops listening must not find everything written. Writes to
                    # one event follow each other.
                    while waiting and len(running) < self._parallel and not _is_among(waiting[0], running):
                        running.append(start(waiting.popleft()))
                    write, future = running.popleft()
                    outcome = future.result()
                    versions.note(write, outcome)
                    yield outcome
            finally:
                for _, future in running:
                    future.cancel()

    # -- reading ------------------------------------------------------------------------------------------

    def _listing(self, window: Window) -> tuple[Snapshot, str]:
        """The cursor is taken before the listing, so that nothing falls in between (contract, Change feed)."""
        try:
            latest = self._client.send("GET", "/v1/changes/latest", query={"user": self._user})
            following = cursor_of(json_of(latest))
            query = {
                "from": window.starts.isoformat(),
                "to": window.ends.isoformat(),
                "timeZone": window.zone,
            }
            path = f"/v1/users/{segment(self._user)}/events"
            items = list(self._client.pages(path, query))
        except Refused as refused:
            error = error_of_listing(refused)
            raise broken("a listing that expired") if isinstance(error, CursorExpired) else error from refused
        shown = {item["id"]: self._events.seen(item) for item in items}
        return Snapshot(Side.GROUPWARE, shown, is_complete=True), following

    def _feed(self, cursor: str) -> tuple[Snapshot, str]:
        newest: dict[str, Mapping[str, Any]] = {}
        for page in self._feed_pages(cursor):
            for item in items_of(page):
                if item.get("kind") not in ("upsert", "delete") or not isinstance(item.get("seq"), int):
                    raise broken("a change without kind or number")
                known = newest.get(item["id"])
                if known is None or item["seq"] >= known["seq"]:  # items repeat (at least once)
                    newest[item["id"]] = item
            cursor = cursor_of(page)
        shown: dict[str, Observation] = {}
        for event_id, item in newest.items():
            event = item.get("event")
            if item["kind"] == "delete":
                shown[event_id] = Removed(Side.GROUPWARE, event_id)
            elif (
                isinstance(event, dict) and event.get("id") == event_id
            ):  # null: gone by now, the delete follows
                shown[event_id] = self._events.seen(event)
        return Snapshot(Side.GROUPWARE, shown), cursor

    def _feed_pages(self, cursor: str) -> Iterator[Mapping[str, Any]]:
        asked: set[str] = set()
        while cursor not in asked:
            asked.add(cursor)
            query = {"cursor": cursor, "user": self._user, "embed": "event"}
            try:
                page = json_of(self._client.send("GET", "/v1/changes", query=query))
            except Refused as refused:
                raise error_of_listing(refused) from refused
            yield page
            if not page.get("hasMore"):
                return
            cursor = cursor_of(page)
        raise broken("a feed without end")


def _is_among(write: Write, running: Iterable[tuple[Write, object]]) -> bool:
    return bool(write.id) and any(write.id == other.id for other, _ in running)


class _Versions:
    """The versions that our own writes of one call have made: they count as those that were planned for."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], str] = {}

    def renewed(self, write: Write) -> Write:
        return replace(write, version=self._newest.get((write.id, write.version), write.version))

    def note(self, write: Write, outcome: Outcome) -> None:
        if write.id and write.version and outcome.seen is not None:
            self._newest[write.id, write.version] = outcome.seen.version


def _opened(cursor: str, window: Window) -> str:
    """The feed's cursor out of ours; `CursorExpired` if ours was made for another window."""
    try:
        found = json.loads(cursor)
        place, made_for = str(found["cursor"]), found["window"]
    except (ValueError, KeyError, TypeError) as error:
        raise CursorExpired("cursor-malformed") from error
    if made_for != _window(window):
        raise CursorExpired("window-moved")
    return place


def _closed(cursor: str, window: Window) -> str:
    return json.dumps({"v": 1, "cursor": cursor, "window": _window(window)})


def _window(window: Window) -> list[str]:
    return [window.first.isoformat(), window.until.isoformat(), window.zone]
