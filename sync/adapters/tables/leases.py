"""Leases in Table Storage: a row is held by whoever inserted it, until it deletes the row or the time is up.

Taking a free lease is one insert and giving it back one delete; only a lease that somebody else seems to hold
is read. Who takes over an expired one does so on condition that the row is still the one that was read.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

from sync.adapters.tables.client import Table, Tables, if_unchanged
from sync.adapters.tables.entity import Damaged, Entity, Row, pack
from sync.adapters.tables.errors import RowChanged
from sync.adapters.tables.links import partition_of
from sync.core.settings import Connection
from sync.errors import LeaseLost
from sync.ports import Clock

SECONDS = 120.0
ROW = "lease"


class TableLeases:
    def __init__(self, tables: Tables, clock: Clock, seconds: float = SECONDS) -> None:
        self._table = tables.table("leases")
        self._clock = clock
        self._length = timedelta(seconds=seconds)

    def acquire(self, connection: Connection, holder: str) -> TableLease | None:
        claim = Claim(self._table, self._clock, self._length, partition_of(connection), holder)
        try:
            return TableLease(claim, self._table.insert(claim.row()))
        except RowChanged:
            return self._take_over(claim)

    def _take_over(self, claim: Claim) -> TableLease | None:
        held = self._table.get(claim.partition, ROW)
        try:
            if held is None:  # given back this instant
                return TableLease(claim, self._table.insert(claim.row()))
            if held.columns.get("claim") == claim.name:  # our insert, sent again after a lost answer
                return TableLease(claim, held.etag)
            if self._is_over(held):
                return TableLease(claim, self._table.replace(claim.row(), held.etag))
        except RowChanged:
            pass  # another worker was faster
        return None

    def _is_over(self, held: Row) -> bool:
        try:
            until = held.moment("until")
        except Damaged:
            return True
        return until is None or until <= self._clock.now()


class Claim:
    """What one holder writes into the row; `name` tells this acquisition from every other."""

    def __init__(self, table: Table, clock: Clock, length: timedelta, partition: str, holder: str) -> None:
        self.table = table
        self.partition = partition
        self.name = uuid4().hex
        self._clock = clock
        self._length = length
        self._holder = holder

    def row(self) -> Entity:
        until = self._clock.now() + self._length
        return pack(self.partition, ROW, {"holder": self._holder, "claim": self.name, "until": until})


class TableLease:
    """May be renewed from another thread than the one that releases it."""

    def __init__(self, claim: Claim, etag: str) -> None:
        self._claim = claim
        self._etag: str | None = etag
        self._lock = threading.Lock()

    def renew(self) -> None:
        with self._lock:
            if self._etag is None:
                raise LeaseLost("lease-lost")
            try:
                self._etag = self._claim.table.replace(self._claim.row(), self._etag)
            except RowChanged as error:
                self._etag = None
                raise LeaseLost("lease-lost") from error

    def release(self) -> None:
        """A second call does nothing. In a transaction: a plain delete is silent about a missing row."""
        with self._lock:
            etag, self._etag = self._etag, None
            if etag is None:
                return
            row: Entity = {"PartitionKey": self._claim.partition, "RowKey": ROW}
            try:
                self._claim.table.transact([("delete", row, if_unchanged(etag))])
            except RowChanged as error:
                raise LeaseLost("lease-lost") from error
