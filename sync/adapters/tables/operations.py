"""Bulk linkings: a partition for each, with one row for the operation and one for each chunk of people.

A chunk's row holds its rows until it is done and its result afterwards, so that no counter is shared and doing a
chunk again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables
from sync.adapters.tables.entity import Damaged, Row, pack, to_json
from sync.adapters.tables.plain import from_plain, to_plain
from sync.errors import NeedsAdministrator
from sync.ports import ChunkResult, LinkRow, Operation

ROW = "operation"
# A result with a reason for each of its rows goes on in further columns (`entity.pack`); the rows are not read.
RESULT = ("RowKey", "result", *(f"result__{piece}" for piece in range(1, 8)))


@dataclass(frozen=True, slots=True)
class Rows:
    """What is stored of a chunk that is not done."""

    rows: tuple[LinkRow, ...]


class TableOperations:
    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("operations")

    def start(self, operation: Operation, chunks: Sequence[Sequence[LinkRow]]) -> Operation:
        """The chunks first: an operation that can be found is whole."""
        operation = replace(operation, chunks=len(chunks), results=())
        partition = _partition(operation.organization, operation.id)
        for number, rows in enumerate(chunks):
            columns = {"rows": to_json(to_plain(Rows(tuple(rows))))}
            self._table.put(pack(partition, _chunk(number), columns))
        self._table.put(pack(partition, ROW, {"operation": to_json(to_plain(operation))}))
        return operation

    def get(self, organization: str, operation_id: str) -> Operation | None:
        """One request for each thousand chunks: their results, not their rows."""
        partition = _partition(organization, operation_id)
        stored = self._table.get(partition, ROW)
        if stored is None:
            return None
        try:
            operation = from_plain(Operation, stored.json("operation"))
            results = tuple(map(_result, self._results(partition)))
        except Damaged as damage:
            raise NeedsAdministrator("operation-damaged", {"column": str(damage)}) from damage
        return replace(operation, results=results)

    def rows(self, organization: str, operation_id: str, number: int) -> Sequence[LinkRow] | None:
        row = self._table.get(_partition(organization, operation_id), _chunk(number))
        if row is None or "rows" not in row.columns:
            return None
        try:
            return from_plain(Rows, row.json("rows")).rows
        except Damaged as damage:
            raise NeedsAdministrator("operation-damaged", {"column": str(damage)}) from damage

    def finish(self, organization: str, operation_id: str, number: int, result: ChunkResult) -> None:
        columns = {"result": to_json(to_plain(result))}
        self._table.put(pack(_partition(organization, operation_id), _chunk(number), columns))

    def _results(self, partition: str) -> list[Row]:
        where, values = "PartitionKey eq @p and RowKey ne @row", {"p": partition, "row": ROW}
        rows = self._table.query(where, values, select=RESULT)
        return [row for row in rows if "result" in row.columns]


def _result(row: Row) -> ChunkResult:
    return from_plain(ChunkResult, row.json("result"))


def _partition(organization: str, operation_id: str) -> str:
    return keys.key(organization, operation_id)


def _chunk(number: int) -> str:
    return f"chunk:{number:06d}"
