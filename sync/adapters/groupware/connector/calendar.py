"""One person's schedule in a groupware that implements the connector API."""

from __future__ import annotations

import contextvars
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Any

from sync.adapters.groupware.connector.client import (
    Client,
    NoAnswer,
    Refused,
    broken,
    cursor_of,
    error_of,
    error_of_listing,
    items_of,
    json_of,
    segment,
)
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.groupware.connector.mapping import capabilities_from, fields_to, seen_from
from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.event import Event, Field, Side, value
from sync.core.fingerprint import canonical
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.core.write import Verb, Write
from sync.errors import CannotSync, CursorExpired, Gone, Moved, TryLater
from sync.ports import Outcome

# `GET /v1/events` takes at most this many ids and uids (contract.yaml).
_LOOK_UP = 100
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
        asked = list(ids)
        found: dict[str, Observation] = {event_id: Removed(Side.GROUPWARE, event_id) for event_id in asked}
        for item in self._look_up("id", asked):
            seen = self._seen(item)
            is_there = isinstance(seen, Unreadable) or self._is_on_schedule(item)
            if is_there and seen.id in found:
                found[seen.id] = seen
        return found

    def find(self, markers: Iterable[str]) -> Mapping[str, Seen]:
        """By uid: what a create of ours was to carry."""
        found: dict[str, Seen] = {}
        for item in self._look_up("uid", list(markers)):
            seen = self._seen(item)
            if isinstance(seen, Seen) and seen.uid and self._is_on_schedule(item):
                found[seen.uid] = seen
        return found

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        failing = 0
        for outcome in self._outcomes(writes):
            yield outcome
            is_failing = outcome.error is not None and outcome.error.code == "groupware-failing"
            failing = failing + 1 if is_failing else 0
            if failing == _FAILING_IN_A_ROW:
                raise TryLater("groupware-unavailable", {"reason": "writes fail one after the other"})

    def _outcomes(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        if self._parallel == 1 or len(writes) == 1:
            yield from map(self._write_one, writes)
            return
        with ThreadPoolExecutor(self._parallel) as pool:

            def start(write: Write) -> Future[Outcome]:
                # Each thread gets this one's context, so that its log lines keep their invocation.
                return pool.submit(contextvars.copy_context().run, self._write_one, write)

            # No further ahead than that: who stops listening must not find everything written.
            waiting = iter(writes)
            running = deque(start(write) for write in islice(waiting, self._parallel))
            try:
                while running:
                    outcome = running.popleft().result()
                    running.extend(start(write) for write in islice(waiting, 1))
                    yield outcome
            finally:
                for future in running:
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
        shown = {item["id"]: self._seen(item) for item in items}
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
                shown[event_id] = self._seen(event)
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

    def _look_up(self, name: str, values: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for start in range(0, len(values), _LOOK_UP):
            some = list(values[start : start + _LOOK_UP])
            try:
                yield from items_of(json_of(self._client.send("GET", "/v1/events", query={name: some})))
            except Refused as refused:
                raise error_of_listing(refused) from refused

    def _seen(self, item: Mapping[str, Any]) -> Seen | Unreadable:
        wanted = item.get("typeId")
        types = self._directory.event_types(wanted) if isinstance(wanted, str) and wanted else {}
        return seen_from(item, self._user, types)

    def _is_on_schedule(self, item: Mapping[str, Any]) -> bool:
        """An event that lives on for others may have left this person's schedule."""
        participants = item.get("participants") or ()
        if any(p.get("userId") == self._user for p in participants):
            return True
        organizations = {p["organizationId"] for p in participants if p.get("organizationId")}
        return bool(organizations and organizations & self._directory.organizations_of(self._user))

    # -- writing ------------------------------------------------------------------------------------------

    def _write_one(self, write: Write) -> Outcome:
        try:
            match write.verb:
                case Verb.CREATE:
                    return Outcome(write.key, self._create(write))
                case Verb.UPDATE:
                    return Outcome(write.key, self._update(write))
                case Verb.DELETE:
                    self._delete(write)
                    return Outcome(write.key)
        except (CannotSync, Moved, Gone) as error:
            return Outcome(write.key, error=error)
        except NoAnswer:
            return Outcome(write.key, error=CannotSync("groupware-failing", {"status": "none"}))
        except Refused as refused:
            meant = error_of(refused)
            if isinstance(meant, CannotSync | Moved | Gone):
                return Outcome(write.key, error=meant)
            raise meant from refused

    def _create(self, write: Write) -> Seen:
        assert write.event is not None
        body = self._body(write.event, self.capabilities.fields, {}) | {"ownerId": self._user}
        if write.uid:
            body["uid"] = write.uid
        try:
            answer = self._client.send(
                "POST", "/v1/events", body=body, headers={"Idempotency-Key": write.token}
            )
        except Refused as refused:
            if refused.kind == "uid-conflict" and refused.body.get("existingId"):
                return self._existing(str(refused.body["existingId"]))
            if refused.kind == "idempotency-key-reused" and write.uid:
                # The first try carried an older state of the event; it is there, and an update follows.
                found = self.find([write.uid])
                if write.uid in found:
                    return found[write.uid]
            raise
        shown = self._must_see(json_of(answer))
        if answer.headers.get("Idempotency-Replayed") == "true":
            # The first answer again: the event may have been edited since.
            now = self.read([shown.id])[shown.id]
            if isinstance(now, Seen):
                return now
        return shown

    def _existing(self, event_id: str) -> Seen:
        """Our own earlier create, or a record that others made of the same Outlook event."""
        found = self.read([event_id])[event_id]
        if isinstance(found, Seen):
            return found
        raise CannotSync("uid-taken")

    def _update(self, write: Write) -> Seen:
        assert write.event is not None
        body = self._body(write.event, write.fields, write.residue)
        headers = {
            "If-Match": self._condition(write),
            "Content-Type": "application/merge-patch+json",
        }
        try:
            answer = self._client.send("PATCH", f"/v1/events/{segment(write.id)}", body=body, headers=headers)
        except Refused as refused:
            current = refused.body.get("current")
            if refused.kind == "version-conflict" and refused.tries > 1 and isinstance(current, dict):
                seen = self._seen({"id": write.id, **current})
                if isinstance(seen, Seen) and _shows(seen.event, write.event, write.fields):
                    return seen  # the first try had succeeded, only its answer was lost
            raise
        return self._must_see(json_of(answer))

    def _delete(self, write: Write) -> None:
        try:
            headers = {"If-Match": self._condition(write)}
            self._client.send("DELETE", f"/v1/events/{segment(write.id)}", headers=headers)
        except Refused as refused:
            if refused.kind != "not-found":  # gone is what was wanted
                raise

    def _condition(self, write: Write) -> str:
        if write.version:
            return f'"{write.version}"'
        found = self.read([write.id])[write.id]
        if isinstance(found, Removed):
            raise Gone("gone")
        return f'"{found.version}"'

    def _body(self, event: Event, fields: Iterable[Field], residue: Mapping[str, object]) -> dict[str, Any]:
        names = frozenset(fields)
        types = self._directory.event_types() if event.event_type else {}
        return fields_to(event, names, residue, self._directory.capabilities(), types)

    def _must_see(self, item: Mapping[str, Any]) -> Seen:
        """The event that a write answers with. Without one nobody knows what was done: the next pass looks."""
        if not isinstance(item.get("id"), str):
            raise broken("a write without event")
        seen = self._seen(item)
        if isinstance(seen, Unreadable):
            raise CannotSync(seen.code, seen.detail)
        return seen


def _shows(now: Event, wanted: Event, fields: Iterable[Field]) -> bool:
    wanted = replace(wanted, form=now.form)  # the form is the groupware's own choice
    return all(canonical(value(now, name)) == canonical(value(wanted, name)) for name in fields)


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
