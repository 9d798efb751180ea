"""Deletes many rows of one partition: all of them, or those that time has gone over. Bounded, and safe to repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sync.adapters.tables.client import Operation, Table
from sync.adapters.tables.errors import RowChanged
from sync.adapters.tables.keys import SEPARATOR, below
from sync.adapters.tables.transactions import in_transactions
from sync.core.passes import newest_first

# The part of a row's name that orders it by time: what `newest_first` makes, and what makes it unique.
HEAD = "h"


def delete_partition(table: Table, partition: str, limit: int) -> int:
    """Up to `limit` rows, whatever they hold; how many were deleted."""
    rows = table.query("PartitionKey eq @p", {"p": partition}, select=["RowKey"], page=_page(limit))
    return _delete(table, partition, [row.key for row in islice(rows, limit)])


def delete_older(
    table: Table,
    partition: str,
    before: datetime,
    limit: int,
    *,
    details: str,
    keep: Collection[str] = (),
) -> int:
    """Rows `h:place` from before `before`, each after its further rows `details:place:…`: who dies in between finds
    the head again. `keep` names places. At most `limit` rows; how many were deleted.

    Names count time backwards, so that what is older is one range behind what is kept; if it is empty, that
    costs one request.
    """
    # A place in the millisecond before is the newest that goes.
    first = newest_first(before - timedelta(milliseconds=1))
    heads = list(islice(_old(table, partition, HEAD, first, limit, keep), limit))
    if not heads:
        return 0
    further = list(islice(_old(table, partition, details, first, limit, keep), limit))
    return _delete(table, partition, [*further, *heads][:limit])


def _old(
    table: Table, partition: str, kind: str, first: str, limit: int, keep: Collection[str]
) -> Iterator[str]:
    where = "PartitionKey eq @p and RowKey ge @first and RowKey lt @last"
    parameters = {"p": partition, "first": f"{kind}{SEPARATOR}{first}", "last": below(kind)[1]}
    for row in table.query(where, parameters, select=["RowKey"], page=_page(limit)):
        if row.key.split(SEPARATOR)[1] not in keep:
            yield row.key


def _delete(table: Table, partition: str, names: Sequence[str]) -> int:
    """One row that is gone already fails its whole transaction, so a refused one is repeated row by row."""
    deletes: list[Operation] = [("delete", {"PartitionKey": partition, "RowKey": name}, {}) for name in names]
    for group in in_transactions(deletes):
        try:
            table.transact(group)
        except RowChanged:
            for _, row, _ in group:
                table.delete(partition, str(row["RowKey"]))
    return len(names)


def _page(limit: int) -> int:
    return max(1, min(limit, 1000))
