"""One person's calendar on a CalDAV server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from sync.adapters.groupware.caldav.capabilities import capabilities_of
from sync.adapters.groupware.caldav.client import Client
from sync.adapters.groupware.caldav.collection import Collection, Stored
from sync.adapters.groupware.caldav.context import Context
from sync.adapters.groupware.caldav.directory import CaldavDirectory
from sync.adapters.groupware.caldav.discovery import Home, Homes
from sync.adapters.groupware.caldav.quirks import Quirks
from sync.adapters.groupware.caldav.sync_state import SyncState, close, open_cursor
from sync.adapters.groupware.caldav.writer import Writer, seen_of
from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.event import Side
from sync.core.recurrence import occurrences
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.core.write import Write
from sync.errors import CursorExpired, NeedsAdministrator, TryLater
from sync.ports import Outcome

# Servers take floating times and whole days for UTC or for a zone of their own.
_ROOM = timedelta(days=1)
# One event that the server cannot process is that event's trouble; so many in a row are the server's.
_FAILING_IN_A_ROW = 3


class Now(Protocol):
    def now(self) -> datetime: ...


class CaldavCalendar:
    """Keeps ports.Calendar for Side.GROUPWARE. `zone`: the organization's, for a calendar that names none."""

    side = Side.GROUPWARE

    def __init__(
        self,
        client: Client,
        homes: Homes,
        directory: CaldavDirectory,
        clock: Now,
        user: str,
        zone: str,
        quirks: Quirks,
    ) -> None:
        self._client = client
        self._homes = homes
        self._directory = directory
        self._clock = clock
        self._user = user
        self._zone = zone
        self._quirks = quirks
        # Where the calendar is, as soon as a cursor or the server has said so.
        self._known: Home | None = None

    @property
    def capabilities(self) -> Capabilities:
        return capabilities_of(self._context(self._zone))

    @property
    def requests(self) -> int:
        return self._client.requests

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        if cursor is None:
            return self._listing(window)
        state = open_cursor(cursor, window, self._homes.choice, self._clock.now())
        self._known = Home(state.path, state.zone)
        try:
            return self._by_token(state) if state.token else self._by_ctag(state)
        except CursorExpired:
            # The calendar may have gone elsewhere.
            self._known = None
            self._homes.forget(self._user)
            raise

    def read(self, ids: Iterable[str]) -> Mapping[str, Observation]:
        names = list(ids)
        if not names:
            return {}
        return self._observations(self._collection.read(names))

    def find(self, markers: Iterable[str]) -> Mapping[str, Seen]:
        """By UID: what a create of ours was to carry."""
        found: dict[str, Seen] = {}
        for uid in markers:
            shown = self._observations(self._collection.with_uid(uid))
            for one in shown.values():
                if isinstance(one, Seen) and one.uid == uid:
                    found[uid] = one
        return found

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        if not writes:
            return
        failing = 0
        for outcome in Writer(self._collection, self._quirks, self._context).write(writes):
            yield outcome
            is_failing = outcome.error is not None and outcome.error.code == "groupware-failing"
            failing = failing + 1 if is_failing else 0
            if failing == _FAILING_IN_A_ROW:
                raise TryLater("groupware-unavailable", {"reason": "writes fail one after the other"})

    # -- reading --------------------------------------------------------------------------------------------

    def _listing(self, window: Window) -> tuple[Snapshot, str]:
        """The token is taken before the listing, so that nothing falls in between."""
        home = self._home
        collection = self._collection
        token, ctag = collection.state(home.has_tokens and not self._quirks.tokens_lie)
        if self._quirks.misses_times:
            found = collection.everything()
        else:
            found = collection.between(window.starts - _ROOM, window.ends + _ROOM)
        events = {name: one for name, one in found.items() if one.is_event}
        shown = {n: one for n, one in self._observations(events).items() if may_be_in(window, one)}
        state = SyncState(
            home.path, home.zone, self._homes.choice, window, self._clock.now(), token, "" if token else ctag
        )
        return Snapshot(Side.GROUPWARE, shown, is_complete=True), close(state)

    def _by_token(self, state: SyncState) -> tuple[Snapshot, str]:
        changes = self._collection.changes(state.token)
        found = self._collection.read(sorted(changes.changed))
        events = {name: one for name, one in found.items() if one is not None and one.is_event}
        # What is gone, or became something else, is asked for by name if it is linked.
        missing = changes.gone | (changes.changed - events.keys())
        following = close(replace(state, token=changes.token))
        return Snapshot(Side.GROUPWARE, self._observations(events), missing), following

    def _by_ctag(self, state: SyncState) -> tuple[Snapshot, str]:
        try:
            _, ctag = self._collection.state(with_token=False)
        except NeedsAdministrator as error:
            raise (CursorExpired("cursor-expired") if error.code == "calendar-missing" else error) from error
        if ctag != state.ctag:
            raise CursorExpired("cursor-expired")
        return Snapshot(Side.GROUPWARE), close(state)

    def _observations(self, found: Mapping[str, Stored | None]) -> dict[str, Observation]:
        context = self._context() if any(found.values()) else None
        shown: dict[str, Observation] = {}
        for name, resource in found.items():
            if resource is None or context is None:
                shown[name] = Removed(Side.GROUPWARE, name)
            elif resource.is_event:
                shown[name] = seen_of(resource, context)
            else:
                shown[name] = Unreadable(Side.GROUPWARE, name, resource.version, "event-unreadable")
        return shown

    # -- where and who --------------------------------------------------------------------------------------

    @property
    def _home(self) -> Home:
        if self._known is None:
            self._known = self._homes.of(self._client, self._user)
        return self._known

    @property
    def _collection(self) -> Collection:
        return Collection(self._client, self._home.path)

    def _context(self, zone: str = "") -> Context:
        listed = self._directory.listed()
        return Context(
            user=self._user,
            zone=zone or self._home.zone or self._zone,
            now=self._clock.now(),
            users=listed.users,
            facilities=listed.facilities,
            types=listed.types,
        )


def may_be_in(window: Window, found: Observation) -> bool:
    """Whether an event, or a date of it, may lie in the window; of what cannot be read nobody knows."""
    if not isinstance(found, Seen):
        return True
    near = occurrences(found.event, window.first - _ROOM, window.until + _ROOM)
    return any(True for _ in near)
