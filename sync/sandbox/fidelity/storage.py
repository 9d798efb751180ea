"""What the service stores, for one person and the length of a comparison: in memory, nothing else at work."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sync.core.link import Link
from sync.core.settings import Connection, OrganizationSettings
from sync.core.tenant import Tenant, TenantState
from sync.errors import LeaseLost
from sync.ports import CursorPair, Kept, LinkCount, Meeting, PassRecord
from sync.sandbox.clock import ManualClock


class PatientClock(ManualClock):
    """A clock that a sleeper moves."""

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))


class Links:
    """Conditional as the tables are: a row is replaced only by who has read it."""

    def __init__(self) -> None:
        self.rows: dict[str, Link] = {}
        self._etags = itertools.count(1)

    def load(self, _connection: Connection) -> tuple[Sequence[Link], Sequence[str]]:
        return list(self.rows.values()), ()

    def save(self, _connection: Connection, links: Sequence[Link]) -> Sequence[Link]:
        return [self._save(link) for link in links]

    def delete(self, _connection: Connection, links: Sequence[Link]) -> None:
        for link in links:
            self.rows.pop(link.key, None)

    def count(self, _organization: str) -> LinkCount:
        return LinkCount(from_groupware=len(self.rows))

    def each(self, _connection: Connection) -> Iterator[Link]:
        yield from self.rows.values()

    def delete_all(self, connection: Connection, limit: int = 1000) -> int:
        raise NotImplementedError

    def _save(self, link: Link) -> Link:
        stored = self.rows.get(link.key)
        if (stored.etag if stored else None) != link.etag:
            raise LeaseLost("link-changed")
        self.rows[link.key] = replace(link, etag=f"e{next(self._etags)}")
        return self.rows[link.key]


class Cursors:
    def __init__(self) -> None:
        self._row: CursorPair | None = None

    def load(self, _connection: Connection) -> CursorPair | None:
        return self._row

    def save(self, _connection: Connection, cursors: CursorPair) -> None:
        self._row = cursors

    def clear(self, _connection: Connection) -> None:
        self._row = None


class Lease:
    def renew(self) -> None: ...

    def release(self) -> None: ...


class Leases:
    def acquire(self, _connection: Connection, _holder: str) -> Lease:
        return Lease()


class Connections:
    def __init__(self, connection: Connection) -> None:
        self._row = connection

    def get(self, _organization: str, _user: str) -> Connection:
        return self._row

    def list(self, _organization: str) -> Iterator[Connection]:
        yield self._row

    def put(self, connection: Connection) -> None:
        self._row = connection

    def update(self, connection: Connection, **changes: object) -> None:
        del connection
        self._row = replace(self._row, **changes)  # type: ignore[arg-type]

    def delete(self, organization: str, user: str) -> None:
        raise NotImplementedError


class Organizations:
    def __init__(self, settings: OrganizationSettings) -> None:
        self._settings = settings

    def ids(self) -> Sequence[str]:
        return ("default",)

    def get(self, _organization: str) -> OrganizationSettings:
        return self._settings

    def put(self, _organization: str, settings: OrganizationSettings) -> None:
        self._settings = settings


class Passes:
    def __init__(self) -> None:
        self.records: list[PassRecord] = []

    def save(self, record: PassRecord) -> None:
        self.records.append(record)

    def get(self, pass_id: str) -> PassRecord | None:
        return next((record for record in self.records if record.id == pass_id), None)

    def list(self, _organization: str, _user: str, limit: int = 50) -> Sequence[PassRecord]:
        return self.records[::-1][:limit]

    def each(self, _organization: str, _user: str) -> Iterator[PassRecord]:
        yield from reversed(self.records)

    def delete_before(
        self, organization: str, user: str, before: datetime, limit: int = 1000, keep: Collection[str] = ()
    ) -> int:
        raise NotImplementedError

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        raise NotImplementedError


class History:
    def keep(self, values: Sequence[Kept]) -> None: ...

    def list(self, _organization: str, _user: str, _limit: int = 100) -> Sequence[Kept]:
        return ()

    def each(self, _organization: str, _user: str) -> Iterator[Kept]:
        yield from ()

    def delete_before(self, organization: str, user: str, before: datetime, limit: int = 1000) -> int:
        raise NotImplementedError

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        raise NotImplementedError


class Jobs:
    def enqueue(self, job: object, delay: float = 0.0) -> None: ...


class Secrets:
    def get(self, _name: str) -> str | None:
        return None

    def set(self, _name: str, _value: str, _expires: datetime | None = None) -> None: ...

    def delete(self, _name: str) -> None: ...

    def expires(self, _name: str) -> datetime | None:
        return None

    def forget(self, _name: str) -> None: ...


class Tenants:
    """One that works, and stays so."""

    def __init__(self, tenant_id: str) -> None:
        self._tenant_id = tenant_id

    def get(self, organization: str) -> Tenant:
        return Tenant(organization, True, self._tenant_id, state=TenantState.CONNECTED)

    def put(self, tenant: Tenant) -> Tenant:
        return tenant

    def forget(self, _organization: str) -> None: ...


class Facilities:
    """Nobody books a room here."""

    def rooms(self, _organization: str) -> Mapping[str, str]:
        return {}

    def link(self, organization: str, facility: str, address: str) -> str:
        raise NotImplementedError

    def unlink(self, organization: str, facility: str) -> None:
        raise NotImplementedError


class Meetings:
    """Nobody else takes part, so there is no meeting to be claimed."""

    def claim(self, meeting: Meeting) -> Meeting:
        raise NotImplementedError

    def bind(
        self,
        meeting: Meeting,
        *,
        uid: str | None = None,
        groupware_id: str | None = None,
        host: str | None = None,
        is_external: bool | None = None,
    ) -> Meeting:
        raise NotImplementedError

    def release(self, meeting: Meeting) -> None:
        raise NotImplementedError

    def by_uids(self, _organization: str, _uids: Iterable[str]) -> Mapping[str, Meeting]:
        return {}

    def by_groupware_ids(self, _organization: str, _ids: Iterable[str]) -> Mapping[str, Meeting]:
        return {}

    def count(self, _organization: str) -> int:
        return 0

    def hosted_by(self, _organization: str, _host: str) -> Iterator[Meeting]:
        yield from ()
