"""In-memory versions of the storage ports, for tests that run thousands of passes.

They keep the promises of `tests/contract/storage.py`, as the table adapters do. `operations` counts what the
same call would cost in table, vault or queue requests.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.change import Residue
from sync.core.link import Base, Link
from sync.core.passes import newest_first, parse_pass_id, summary_of
from sync.core.people import address_key
from sync.core.settings import Connection, OrganizationSettings
from sync.errors import Gone, LeaseLost, Moved
from sync.ports import Clock, CursorPair, Job, Kept, Meeting, PassRecord

START = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
# One transaction of Table Storage holds at most this many rows.
ROWS = 100

Owner = tuple[str, str]


def owner_of(connection: Connection) -> Owner:
    return connection.organization, connection.user


class FakeClock:
    """Stands still unless someone sleeps or advances it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)

    def advance(self, by: timedelta | float) -> datetime:
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self._now


class MemoryLinks:
    """Rows with real etags. `damage` spoils a row as a corrupted table would."""

    def __init__(self) -> None:
        self.operations = 0
        self._rows: dict[Owner, dict[str, Link]] = {}
        self._unreadable: dict[Owner, list[str]] = {}
        self._etags = itertools.count(1)
        self._lock = threading.Lock()

    def load(self, connection: Connection) -> tuple[Sequence[Link], Sequence[str]]:
        self.operations += 1
        owner = owner_of(connection)
        return list(self._rows.get(owner, {}).values()), list(self._unreadable.get(owner, ()))

    def save(self, connection: Connection, links: Sequence[Link]) -> Sequence[Link]:
        if len({link.key for link in links}) < len(links):
            raise ValueError("one call saves the same link twice")
        saved: list[Link] = []
        with self._lock:
            rows = self._rows.setdefault(owner_of(connection), {})
            for chunk in chunks(links):
                self.operations += 1
                for link in chunk:
                    self._check(rows, link)
                for link in chunk:
                    rows[link.key] = replace(link, etag=f"e{next(self._etags)}")
                    saved.append(rows[link.key])
        return saved

    def delete(self, connection: Connection, links: Sequence[Link]) -> None:
        with self._lock:
            rows = self._rows.get(owner_of(connection), {})
            for chunk in chunks(links):
                self.operations += 1
                for link in chunk:
                    if link.etag is not None and link.key in rows:
                        self._check(rows, link)
                for link in chunk:
                    rows.pop(link.key, None)

    def each(self, connection: Connection) -> Iterator[Link]:
        yield from self.load(connection)[0]

    def delete_all(self, connection: Connection, limit: int = 1000) -> int:
        self.operations += 2
        owner = owner_of(connection)
        with self._lock:
            rows, unreadable = self._rows.get(owner, {}), self._unreadable.get(owner, [])
            gone = list(rows)[:limit]
            for key in gone:
                del rows[key]
            count = min(len(unreadable), limit - len(gone))
            del unreadable[:count]
        return len(gone) + count

    def damage(self, connection: Connection, key: str, *, ids_too: bool = False) -> None:
        """Spoil a row: its ids stay readable, unless `ids_too`."""
        rows = self._rows[owner_of(connection)]
        if ids_too:
            del rows[key]
            self._unreadable.setdefault(owner_of(connection), []).append(key)
            return
        link = rows[key]
        rows[key] = replace(
            link,
            groupware=_unknown(link.groupware),
            outlook=_unknown(link.outlook),
            problem=None,
            etag=f"e{next(self._etags)}",
        )

    def _check(self, rows: dict[str, Link], link: Link) -> None:
        stored = rows.get(link.key)
        if (stored.etag if stored else None) != link.etag:
            raise LeaseLost("link-changed")


def _unknown(base: Base | None) -> Base | None:
    empty: Residue = {}
    return Base(base.id, "", {}, empty) if base else None


def chunks(links: Sequence[Link]) -> Iterator[Sequence[Link]]:
    for start in range(0, len(links), ROWS):
        yield links[start : start + ROWS]


class MemoryCursors:
    def __init__(self) -> None:
        self.operations = 0
        self._rows: dict[Owner, CursorPair] = {}

    def load(self, connection: Connection) -> CursorPair | None:
        self.operations += 1
        return self._rows.get(owner_of(connection))

    def save(self, connection: Connection, cursors: CursorPair) -> None:
        self.operations += 1
        self._rows[owner_of(connection)] = cursors

    def clear(self, connection: Connection) -> None:
        self.operations += 1
        self._rows.pop(owner_of(connection), None)


@dataclass(frozen=True, slots=True)
class Held:
    holder: str
    until: datetime
    number: int


class MemoryLeases:
    """A holder that crashed is one that never releases: advance the clock by `seconds` to let it die."""

    def __init__(self, clock: Clock, seconds: float = 120.0) -> None:
        self.operations = 0
        self.clock = clock
        self.seconds = seconds
        self.rows: dict[Owner, Held] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def acquire(self, connection: Connection, holder: str) -> MemoryLease | None:
        owner = owner_of(connection)
        with self._lock:
            held = self.rows.get(owner)
            self.operations += 1 if held is None else 2
            if held is not None and held.until > self.clock.now():
                return None
            self.operations += 0 if held is None else 1
            return MemoryLease(self, owner, self._write(owner, holder))

    def extend(self, owner: Owner, mine: Held) -> Held:
        with self._lock:
            self.operations += 1
            if self.rows.get(owner) != mine:
                raise LeaseLost("lease-lost")
            return self._write(owner, mine.holder)

    def end(self, owner: Owner, mine: Held) -> None:
        with self._lock:
            self.operations += 1
            if self.rows.get(owner) != mine:
                raise LeaseLost("lease-lost")
            del self.rows[owner]

    def _write(self, owner: Owner, holder: str) -> Held:
        until = self.clock.now() + timedelta(seconds=self.seconds)
        self.rows[owner] = Held(holder, until, next(self._numbers))
        return self.rows[owner]


class MemoryLease:
    def __init__(self, leases: MemoryLeases, owner: Owner, mine: Held) -> None:
        self._leases = leases
        self._owner = owner
        self._mine: Held | None = mine

    def renew(self) -> None:
        if self._mine is None:
            raise LeaseLost("lease-lost")
        self._mine = self._leases.extend(self._owner, self._mine)

    def release(self) -> None:
        mine, self._mine = self._mine, None
        if mine is not None:
            self._leases.end(self._owner, mine)


# What an administrator enters, and the mailbox found for it. The rest of a Connection is the engine's.
ENTERED = ("name", "upn", "email", "mailbox", "enabled", "settings")
NAMES = frozenset(field.name for field in fields(Connection)) - {"organization", "user"}


class MemoryConnections:
    def __init__(self, connections: Sequence[Connection] = ()) -> None:
        self.operations = 0
        self._rows = {owner_of(connection): connection for connection in connections}

    def get(self, organization: str, user: str) -> Connection | None:
        self.operations += 1
        return self._rows.get((organization, user))

    def list(self, organization: str) -> Iterator[Connection]:
        self.operations += 1
        mine = [row for owner, row in self._rows.items() if owner[0] == organization]
        yield from sorted(mine, key=lambda row: row.user)

    def put(self, connection: Connection) -> None:
        """A new person is stored whole; of a known one only what an administrator enters."""
        stored = self._rows.get(owner_of(connection))
        self.operations += 1 if stored is None else 2
        if stored is not None:
            entered = {name: getattr(connection, name) for name in ENTERED}
            connection = replace(stored, **entered)
        self._rows[owner_of(connection)] = connection

    def update(self, connection: Connection, **changes: object) -> None:
        unknown = sorted(changes.keys() - NAMES)
        if unknown:
            raise ValueError(f"not an attribute that can be updated: {', '.join(unknown)}")
        self.operations += 1
        stored = self._rows.get(owner_of(connection))
        if stored is None:
            raise Gone("connection-gone", {"user": connection.user})
        self._rows[owner_of(connection)] = replace(stored, **changes)  # type: ignore[arg-type]

    def delete(self, organization: str, user: str) -> None:
        self.operations += 1
        self._rows.pop((organization, user), None)


class MemoryOrganizations:
    def __init__(self, **settings: OrganizationSettings) -> None:
        self.operations = 0
        self._rows: dict[str, OrganizationSettings] = dict(settings)

    def ids(self) -> Sequence[str]:
        self.operations += 1
        return sorted(self._rows)

    def get(self, organization: str) -> OrganizationSettings:
        self.operations += 1
        return self._rows.get(organization, OrganizationSettings())

    def put(self, organization: str, settings: OrganizationSettings) -> None:
        self.operations += 1
        self._rows[organization] = settings


class MemoryFacilities:
    def __init__(self) -> None:
        self.operations = 0
        self._rooms: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def rooms(self, organization: str) -> Mapping[str, str]:
        self.operations += 1
        return dict(self._rooms.get(organization, {}))

    def link(self, organization: str, facility: str, address: str) -> str:
        with self._lock:
            self.operations += 1
            rooms = self._rooms.setdefault(organization, {})
            for other, known in rooms.items():
                if other != facility and address_key(known) == address_key(address):
                    return other
            self.operations += 1
            rooms[facility] = address
            return facility

    def unlink(self, organization: str, facility: str) -> None:
        with self._lock:
            self.operations += 2
            self._rooms.get(organization, {}).pop(facility, None)


class MemoryMeetings:
    """Claims in a list; each write gives the claim a new version."""

    def __init__(self) -> None:
        self.operations = 0
        self._stored: list[Meeting] = []
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def claim(self, meeting: Meeting) -> Meeting:
        with self._lock:
            self.operations += 1
            _check_ids(meeting)
            earlier = self._with(meeting, "uid") or self._with(meeting, "groupware_id")
            if earlier is not None:
                self.operations += 1
                return earlier
            return self._store(meeting)

    def bind(
        self,
        meeting: Meeting,
        *,
        uid: str | None = None,
        groupware_id: str | None = None,
        host: str | None = None,
        is_external: bool | None = None,
    ) -> Meeting:
        named: dict[str, Any] = {
            "uid": uid, "groupware_id": groupware_id, "host": host, "is_external": is_external
        }  # fmt: skip
        changed = replace(meeting, **{name: said for name, said in named.items() if said is not None})
        with self._lock:
            self.operations += 1
            _check_ids(changed)
            stored = self._now(meeting)
            others = [self._with(changed, "uid"), self._with(changed, "groupware_id")]
            if stored is None or any(other not in (None, stored) for other in others):
                raise Moved("meeting-changed")
            self._stored.remove(stored)
            return self._store(changed)

    def release(self, meeting: Meeting) -> None:
        with self._lock:
            self.operations += 1
            stored = self._now(meeting)
            if stored is not None:
                self._stored.remove(stored)
            elif self._with(meeting, "uid") or self._with(meeting, "groupware_id"):
                raise Moved("meeting-changed")

    def by_uids(self, organization: str, uids: Iterable[str]) -> Mapping[str, Meeting]:
        return self._find(organization, uids, lambda meeting: meeting.uid)

    def by_groupware_ids(self, organization: str, ids: Iterable[str]) -> Mapping[str, Meeting]:
        return self._find(organization, ids, lambda meeting: meeting.groupware_id)

    def hosted_by(self, organization: str, host: str) -> Iterator[Meeting]:
        self.operations += 1
        with self._lock:
            found = [each for each in self._stored if (each.organization, each.host) == (organization, host)]
        yield from found

    def _find(
        self, organization: str, ids: Iterable[str], id_of: Callable[[Meeting], str]
    ) -> Mapping[str, Meeting]:
        wanted = {each for each in ids if each}
        with self._lock:
            self.operations += len(wanted)
            mine = [meeting for meeting in self._stored if meeting.organization == organization]
            return {id_of(meeting): meeting for meeting in mine if id_of(meeting) in wanted}

    def _with(self, meeting: Meeting, name: str) -> Meeting | None:
        """The claim that has this one's uid, or groupware id."""
        wanted = (meeting.organization, getattr(meeting, name))
        mine = (m for m in self._stored if wanted[1] and (m.organization, getattr(m, name)) == wanted)
        return next(mine, None)

    def _now(self, meeting: Meeting) -> Meeting | None:
        """The stored claim, if it is still the given one."""
        if meeting.version is None:
            raise ValueError("not a stored claim")
        return next((stored for stored in self._stored if stored.version == meeting.version), None)

    def _store(self, meeting: Meeting) -> Meeting:
        stored = replace(meeting, version=f"v{next(self._versions)}")
        self._stored.append(stored)
        return stored


def _check_ids(meeting: Meeting) -> None:
    if not meeting.uid and not meeting.groupware_id:
        raise ValueError("a claim needs a uid or a groupware id")


class MemoryPasses:
    """Reports are kept as JSON text, so that one that cannot be stored fails here too."""

    def __init__(self) -> None:
        self.operations = 0
        self._rows: dict[str, tuple[PassRecord, str]] = {}

    def save(self, record: PassRecord) -> None:
        name = parse_pass_id(record.id)
        if name is None or (name.organization, name.user) != (record.organization, record.user):
            raise ValueError("the id is not one of this person's passes")
        self.operations += 1
        report = json.dumps(record.report, ensure_ascii=False)
        self._rows[record.id] = (replace(record, report={}), report)

    def get(self, pass_id: str) -> PassRecord | None:
        if parse_pass_id(pass_id) is None:
            return None
        self.operations += 1
        stored = self._rows.get(pass_id)
        return replace(stored[0], report=json.loads(stored[1])) if stored else None

    def list(self, organization: str, user: str, limit: int = 50) -> Sequence[PassRecord]:
        self.operations += 1
        found = [self._rows[pass_id] for pass_id in self._of(organization, user)[:limit]]
        return [replace(record, report=summary_of(json.loads(report))) for record, report in found]

    def each(self, organization: str, user: str) -> Iterator[PassRecord]:
        self.operations += 1
        for pass_id in self._of(organization, user):
            record, report = self._rows[pass_id]
            yield replace(record, report=json.loads(report))

    def delete_before(
        self, organization: str, user: str, before: datetime, limit: int = 1000, keep: Collection[str] = ()
    ) -> int:
        newest = newest_first(before - timedelta(milliseconds=1))
        old = [each for each in self._of(organization, user) if _place(each) >= newest and each not in keep]
        return self._delete(old[:limit])

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        return self._delete(self._of(organization, user)[:limit])

    def _of(self, organization: str, user: str) -> Sequence[str]:
        """The ids of this person's passes, newest first."""
        mine = [
            i for i, (one, _) in self._rows.items() if (one.organization, one.user) == (organization, user)
        ]
        return sorted(mine, key=_place)

    def _delete(self, ids: Sequence[str]) -> int:
        self.operations += 1 + (len(ids) + ROWS - 1) // ROWS
        for pass_id in ids:
            del self._rows[pass_id]
        return len(ids)


def _place(pass_id: str) -> str:
    return pass_id.rsplit(".", 1)[1]


class MemoryHistory:
    def __init__(self) -> None:
        self.operations = 0
        self._rows: dict[tuple[object, ...], Kept] = {}

    def keep(self, values: Sequence[Kept]) -> None:
        """Keeping the same value of the same pass again changes nothing."""
        if values:
            self.operations += 1
        for kept in values:
            what = (kept.pass_id, kept.side, kept.link, kept.event_id, kept.field)
            self._rows[(kept.organization, kept.user, kept.at, *what)] = kept

    def list(self, organization: str, user: str, limit: int = 100) -> Sequence[Kept]:
        self.operations += 1
        return [self._rows[key] for key in self._of(organization, user)[:limit]]

    def each(self, organization: str, user: str) -> Iterator[Kept]:
        yield from self.list(organization, user, len(self._rows))

    def delete_before(self, organization: str, user: str, before: datetime, limit: int = 1000) -> int:
        old = [key for key in self._of(organization, user) if self._rows[key].at < before]
        return self._delete(old[:limit])

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        return self._delete(self._of(organization, user)[:limit])

    def _of(self, organization: str, user: str) -> Sequence[tuple[object, ...]]:
        """The keys of this person's values, newest first."""
        mine = [key for key in self._rows if key[:2] == (organization, user)]
        return sorted(mine, key=lambda key: self._rows[key].at, reverse=True)

    def _delete(self, gone: Sequence[tuple[object, ...]]) -> int:
        self.operations += 1 + (len(gone) + ROWS - 1) // ROWS
        for key in gone:
            del self._rows[key]
        return len(gone)


class MemorySecrets:
    def __init__(self, **values: str) -> None:
        self.operations = 0
        self.expires: dict[str, datetime | None] = {}
        self._values: dict[str, str] = dict(values)

    def get(self, name: str) -> str | None:
        self.operations += 1
        return self._values.get(name)

    def set(self, name: str, value: str, expires: datetime | None = None) -> None:
        self.operations += 1
        self._values[name] = value
        self.expires[name] = expires

    def delete(self, name: str) -> None:
        self.operations += 1
        self._values.pop(name, None)
        self.expires.pop(name, None)


class MemoryJobs:
    """`waiting` holds everything enqueued; `receive` takes the jobs that are visible by now, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self.operations = 0
        self.clock = clock
        self.waiting: list[tuple[datetime, Job]] = []

    def enqueue(self, job: Job, delay: float = 0.0) -> None:
        self.operations += 1
        self.waiting.append((self.clock.now() + timedelta(seconds=delay), job))

    def receive(self) -> list[Job]:
        now = self.clock.now()
        due = [item for item in self.waiting if item[0] <= now]
        self.waiting = [item for item in self.waiting if item[0] > now]
        return [job for _, job in sorted(due, key=lambda item: item[0])]
