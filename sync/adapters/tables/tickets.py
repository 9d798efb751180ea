"""What was used once: a row for each ticket. Whoever inserts it was first; the row stays until nobody would take the
ticket any more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice
from uuid import uuid4

from sync.adapters.tables import keys
from sync.adapters.tables.client import Operation, Table, Tables
from sync.adapters.tables.entity import Damaged, Entity, Row, Value, pack
from sync.adapters.tables.errors import RowChanged

# Rows of one transaction (azure-hosting.md 6).
CHUNK = 100


class TableTickets:
    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("tickets")

    def spend(self, organization: str, ticket: str, until: datetime) -> bool:
        """One request; a second one only for a ticket that was used already."""
        partition, row = keys.key(organization), row_of(ticket)
        claim = uuid4().hex
        columns: dict[str, Value] = {"organization": organization, "claim": claim, "until": until}
        try:
            self._table.insert(pack(partition, row, columns))
        except RowChanged:
            found = self._table.get(partition, row)
            # Our own insert, sent again by the SDK after its answer was lost, finds itself.
            return found is not None and found.columns.get("claim") == claim
        return True

    def purge(self, now: datetime) -> int:
        rows = self._table.query(
            "until le @now", {"now": now}, select=["PartitionKey", "RowKey", "organization"]
        )
        return sum(_delete(self._table, partition, names) for partition, names in _partitions(rows))


def row_of(ticket: str) -> str:
    """A ticket is any text, and need not be readable in the table."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def _partitions(rows: Iterator[Row]) -> Iterator[tuple[str, list[str]]]:
    """Rows come in the order of their keys; one whose partition cannot be told is left alone."""
    for partition, found in groupby(rows, _partition):
        if partition is not None:
            yield partition, [row.key for row in found]


def _partition(row: Row) -> str | None:
    try:
        return keys.key(row.text("organization"))
    except Damaged:
        return None


def _delete(table: Table, partition: str, names: list[str]) -> int:
    """How many there were. Another worker may purge at the same time, and then a whole transaction is refused: its
    rows go one by one."""
    remaining = iter(names)
    while chunk := list(islice(remaining, CHUNK)):
        operations: list[Operation] = [("delete", _entity(partition, name), {}) for name in chunk]
        try:
            table.transact(operations)
        except RowChanged:
            for name in chunk:
                table.delete(partition, name)
    return len(names)


def _entity(partition: str, name: str) -> Entity:
    return {"PartitionKey": partition, "RowKey": name}
