"""The Microsoft 365 tenant of each organization: one row, as JSON, replaced only by who knows its present version.

Every pass looks at it, so it is remembered for a minute: an idle pass does not pay for it, and a change made by
another process is known soon.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables
from sync.adapters.tables.entity import Damaged, pack, to_json
from sync.adapters.tables.errors import RowChanged
from sync.adapters.tables.plain import from_plain, to_plain
from sync.core.tenant import Tenant
from sync.errors import Moved, NeedsAdministrator
from sync.ports import Clock

ROW = "microsoft365"
REMEMBERED = timedelta(seconds=60)


class TableTenants:
    def __init__(self, tables: Tables, clock: Clock, remembered: timedelta = REMEMBERED) -> None:
        self._table = tables.table("organizations")
        self._clock = clock
        self._length = remembered
        self._known: dict[str, tuple[datetime, Tenant]] = {}
        self._lock = threading.Lock()

    def get(self, organization: str) -> Tenant:
        with self._lock:
            until, tenant = self._known.get(organization, (None, None))
        if until is not None and tenant is not None and self._clock.now() < until:
            return tenant
        return self._remember(self._read(organization))

    def put(self, tenant: Tenant) -> Tenant:
        plain = to_plain(replace(tenant, version=None))
        columns = {"organization": tenant.organization, "tenant": to_json(plain)}
        row = pack(keys.key(tenant.organization), ROW, columns)
        try:
            known = tenant.version
            etag = self._table.insert(row) if known is None else self._table.replace(row, known)
        except RowChanged as error:
            self.forget(tenant.organization)
            raise Moved("tenant-changed") from error
        return self._remember(replace(tenant, version=etag))

    def forget(self, organization: str) -> None:
        with self._lock:
            self._known.pop(organization, None)

    def _read(self, organization: str) -> Tenant:
        row = self._table.get(keys.key(organization), ROW)
        if row is None:
            return Tenant(organization)
        try:
            return replace(from_plain(Tenant, row.json("tenant")), version=row.etag)
        except Damaged as damage:
            raise NeedsAdministrator("tenant-damaged", {"column": str(damage)}) from damage

    def _remember(self, tenant: Tenant) -> Tenant:
        with self._lock:
            self._known[tenant.organization] = (self._clock.now() + self._length, tenant)
        return tenant
