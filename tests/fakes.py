"""In-memory versions of the storage ports, for tests that run thousands of passes.

They keep the promises of `tests/contract/storage.py`, as the table adapters do. `operations` counts what the
same call would cost in table, vault or queue requests.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.change import Residue, Role
from sync.core.link import Base, Link
from sync.core.passes import newest_first, parse_pass_id, summary_of
from sync.core.people import address_key
from sync.core.rooms import RoomBooking
from sync.core.settings import Connection, OrganizationSettings
from sync.core.tenant import REQUIRED_PERMISSIONS, Credential, CredentialKind, Tenant, TenantState
from sync.errors import Gone, LeaseLost, Moved, NeedsAdministrator, SyncError
from sync.ports import (
    ChunkResult,
    Clock,
    CursorPair,
    Granted,
    Job,
    Kept,
    LinkCount,
    LinkRow,
    Mailbox,
    Meeting,
    Operation,
    PassRecord,
)

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

    def count(self, organization: str) -> LinkCount:
        self.operations += 1
        mine = [
            link for owner, rows in self._rows.items() if owner[0] == organization for link in rows.values()
        ]
        whole = [link for link in mine if link.outlook is not None]
        own = Counter(link.key[0] for link in whole if link.role is Role.OWN)
        return LinkCount(own["g"], own["o"], len(whole) - own.total())

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
ENTERED = ("name", "upn", "email", "mailbox", "tenant", "enabled", "settings")
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

    def count(self, organization: str) -> int:
        self.operations += 1
        mine = [m for m in self._stored if m.organization == organization and m.uid]
        return sum(1 for meeting in mine if meeting.host and not meeting.is_external)

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


class MemoryRooms:
    """Calendars of rooms, by address; one that is not there is outside the access policy. `failure` is raised by the
    next look."""

    def __init__(self, **bookings: Sequence[RoomBooking]) -> None:
        self.operations = 0
        self.bookings_of: dict[str, Sequence[RoomBooking]] = dict(bookings)
        self.failure: SyncError | None = None

    def bookings(self, address: str, starts: datetime, ends: datetime, zone: str) -> Sequence[RoomBooking]:
        self.operations += 1
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        if address not in self.bookings_of:
            raise NeedsAdministrator("mailbox-forbidden")
        return [one for one in self.bookings_of[address] if one.starts <= ends and starts <= one.ends]


class MemorySecrets:
    def __init__(self, **values: str) -> None:
        self.operations = 0
        self.forgotten: list[str] = []
        self._ends: dict[str, datetime | None] = {}
        self._values: dict[str, str] = dict(values)

    def get(self, name: str) -> str | None:
        self.operations += 1
        return self._values.get(name)

    def set(self, name: str, value: str, expires: datetime | None = None) -> None:
        self.operations += 1
        self._values[name] = value
        self._ends[name] = expires

    def delete(self, name: str) -> None:
        self.operations += 1
        self._values.pop(name, None)
        self._ends.pop(name, None)

    def expires(self, name: str) -> datetime | None:
        self.operations += 1
        return self._ends.get(name)

    def forget(self, name: str) -> None:
        self.forgotten.append(name)

    @property
    def names(self) -> list[str]:
        return sorted(self._values)


class MemoryTenants:
    """Rows with versions, as the table has them."""

    def __init__(self, *tenants: Tenant) -> None:
        self.operations = 0
        self._versions = itertools.count(1)
        self._rows: dict[str, Tenant] = {}
        self._lock = threading.Lock()
        for tenant in tenants:
            self.put(tenant)

    def get(self, organization: str) -> Tenant:
        self.operations += 1
        return self._rows.get(organization, Tenant(organization))

    def put(self, tenant: Tenant) -> Tenant:
        with self._lock:
            self.operations += 1
            stored = self._rows.get(tenant.organization)
            if (stored.version if stored else None) != tenant.version:
                raise Moved("tenant-changed")
            self._rows[tenant.organization] = replace(tenant, version=f"v{next(self._versions)}")
            return self._rows[tenant.organization]

    def forget(self, organization: str) -> None:
        """Nothing is remembered here beside what is stored."""


def connected(organization: str = "default", tenant_id: str = "tenant-1", **changes: Any) -> Tenant:
    """An organization whose Microsoft 365 is in use and fine."""
    credential = Credential(CredentialKind.SECRET, f"microsoft365-{organization}-0", added_at=START)
    known: dict[str, Any] = {
        "in_use": True,
        "tenant_id": tenant_id,
        "client_id": "client-1",
        "credential": credential,
        "state": TenantState.CONNECTED,
        "since": START,
        "checked_at": START,
    }
    return Tenant(organization, **(known | changes))


class MemoryTickets:
    """A ticket stays spent for as long as it would have lived."""

    def __init__(self) -> None:
        self.operations = 0
        self._spent: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def spend(self, organization: str, ticket: str, until: datetime) -> bool:
        with self._lock:
            self.operations += 1
            if (organization, ticket) in self._spent:
                return False
            self._spent[(organization, ticket)] = until
            return True

    def purge(self, now: datetime) -> int:
        with self._lock:
            self.operations += 1
            over = [key for key, until in self._spent.items() if until <= now]
            for key in over:
                del self._spent[key]
            return len(over)


class FakeMicrosoft365:
    """Microsoft Entra that grants `roles`, or refuses with `error`; `refused` holds errors by vault name or kind."""

    def __init__(self, *roles: str, tenant_id: str = "") -> None:
        self.roles = frozenset(roles or REQUIRED_PERMISSIONS)
        self.tenant_id = tenant_id
        self.error: SyncError | None = None
        self.refused: dict[str, SyncError] = {}
        self.ends: dict[str, datetime] = {}
        self.asked: list[tuple[Credential, str | None]] = []
        self.forgotten: list[str] = []

    def granted(self, tenant: Tenant, credential: Credential, secret: str | None = None) -> Granted:
        self.asked.append((credential, secret))
        error = self.error or self.refused.get(credential.secret) or self.refused.get(credential.kind)
        if error is not None:
            raise error
        return Granted(self.roles, self.tenant_id or tenant.tenant_id)

    def credential_end(self, tenant: Tenant, credential: Credential) -> datetime | None:
        return self.ends.get(tenant.client_id)

    def forget(self, organization: str) -> None:
        self.forgotten.append(organization)


class FakeMailboxes:
    """The people of a Microsoft 365 tenant. `refusals`: why a calendar cannot be used, by object id; `error` is
    raised by everything."""

    def __init__(self, *people: Mailbox) -> None:
        self.people = list(people)
        self.refusals: dict[str, SyncError] = {}
        self.error: SyncError | None = None
        self.asked: list[str] = []

    def mailbox(self, upn: str) -> Mailbox | None:
        self._ask("mailbox")
        return self._find(upn)

    def mailboxes(self, upns: Sequence[str]) -> Mapping[str, Mailbox | SyncError]:
        self._ask("mailboxes")
        return {upn: self._find(upn) or NeedsAdministrator("user-missing") for upn in upns}

    def check(self, oid: str) -> None:
        self._ask("check")
        if oid in self.refusals:
            raise self.refusals[oid]

    def check_all(self, oids: Sequence[str]) -> Mapping[str, SyncError | None]:
        self._ask("check_all")
        return {oid: self.refusals.get(oid) for oid in oids}

    def everyone(self) -> Iterator[Mailbox]:
        self._ask("everyone")
        yield from self.people

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    def _find(self, name: str) -> Mailbox | None:
        named = (one for one in self.people if name.casefold() in (one.upn.casefold(), one.id))
        return next(named, None)


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


class MemoryOperations:
    """Bulk linkings, chunk by chunk."""

    def __init__(self) -> None:
        self.operations = 0
        self._stored: dict[tuple[str, str], Operation] = {}
        self._rows: dict[tuple[str, str], list[tuple[LinkRow, ...]]] = {}
        self._results: dict[tuple[str, str], dict[int, ChunkResult]] = {}

    def start(self, operation: Operation, chunks: Sequence[Sequence[LinkRow]]) -> Operation:
        self.operations += 1 + len(chunks)
        key = (operation.organization, operation.id)
        self._stored[key] = replace(operation, chunks=len(chunks))
        self._rows[key] = [tuple(rows) for rows in chunks]
        self._results[key] = {}
        return self._stored[key]

    def get(self, organization: str, operation_id: str) -> Operation | None:
        self.operations += 1
        stored = self._stored.get((organization, operation_id))
        if stored is None:
            return None
        results = self._results[(organization, operation_id)]
        return replace(stored, results=tuple(results[number] for number in sorted(results)))

    def rows(self, organization: str, operation_id: str, number: int) -> Sequence[LinkRow] | None:
        self.operations += 1
        key = (organization, operation_id)
        if number in self._results.get(key, {}) or not 0 <= number < len(self._rows.get(key, [])):
            return None
        return self._rows[key][number]

    def finish(self, organization: str, operation_id: str, number: int, result: ChunkResult) -> None:
        self.operations += 1
        self._results[(organization, operation_id)][number] = result
