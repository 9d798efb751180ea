"""Links in Table Storage: all Links of a Connection in one partition, one row each."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sync.adapters.tables import keys
from sync.adapters.tables.client import Operation, Tables, if_unchanged
from sync.adapters.tables.errors import RowChanged
from sync.adapters.tables.linkrow import ReadLink, build_link_row, parse_link_row
from sync.adapters.tables.removal import delete_partition
from sync.adapters.tables.transactions import in_transactions
from sync.core.change import Role
from sync.core.link import Link
from sync.core.settings import Connection
from sync.errors import LeaseLost
from sync.log import log
from sync.ports import LinkCount


class TableLinks:
    def __init__(self, tables: Tables, *, page: int = 1000) -> None:
        self._table = tables.table("links")
        self._page = page

    def load(self, connection: Connection) -> tuple[Sequence[Link], Sequence[str]]:
        links: list[Link] = []
        unreadable: list[str] = []
        for key, read in self._read(connection):
            if read.link is None:
                unreadable.append(key)
            else:
                links.append(read.link)
        return links, unreadable

    def each(self, connection: Connection) -> Iterator[Link]:
        return (read.link for _, read in self._read(connection) if read.link is not None)

    def save(self, connection: Connection, links: Sequence[Link]) -> Sequence[Link]:
        if len({link.key for link in links}) < len(links):
            raise ValueError("one call saves the same link twice")
        partition = partition_of(connection)
        writes: list[Operation] = []
        for link in links:
            row = build_link_row(partition, link)
            if link.etag is None:
                writes.append(("create", row, {}))
            else:
                writes.append(("update", row, {"mode": "replace", **if_unchanged(link.etag)}))
        etags = [etag for group in in_transactions(writes) for etag in self._write(group)]
        return [replace(link, etag=etag) for link, etag in zip(links, etags, strict=True)]

    def delete(self, connection: Connection, links: Sequence[Link]) -> None:
        """A Link that is gone already is no error; one that another worker wrote meanwhile is `LeaseLost`."""
        partition = partition_of(connection)
        deletes: list[Operation] = [
            ("delete", {"PartitionKey": partition, "RowKey": keys.key(link.key)}, if_unchanged(link.etag))
            for link in links
        ]
        for group in in_transactions(deletes):
            self._delete(group)

    def count(self, organization: str) -> LinkCount:
        """One request per thousand Links. Rows are counted by their names: what they say is not read."""
        first, until = keys.below(keys.first_part(organization, of=2))
        counted: Counter[str] = Counter()
        where = "PartitionKey ge @first and PartitionKey lt @until"
        columns = ["RowKey", "outlook_id", "role"]
        for row in self._table.query(
            where, {"first": first, "until": until}, select=columns, page=self._page
        ):
            if "outlook_id" in row.columns:
                is_own = row.columns.get("role", Role.OWN.value) == Role.OWN.value
                counted[row.key[0] if is_own else ""] += 1
        return LinkCount(counted["g"], counted["o"], counted[""])

    def delete_all(self, connection: Connection, limit: int = 1000) -> int:
        return delete_partition(self._table, partition_of(connection), limit)

    def _read(self, connection: Connection) -> Iterator[tuple[str, ReadLink]]:
        for row in self._table.query("PartitionKey eq @p", {"p": partition_of(connection)}, page=self._page):
            read = parse_link_row(row)
            if read.damaged:
                log("row-damaged", level=logging.WARNING, table="links", row=row.key, column=read.damaged)
            yield row.key, read

    def _write(self, group: Sequence[Operation]) -> list[str]:
        try:
            return self._table.transact(group)
        except RowChanged as error:
            raise LeaseLost("link-changed") from error

    def _delete(self, group: Sequence[Operation]) -> None:
        """One row that is gone fails its whole transaction, so a refused one is repeated row by row."""
        try:
            self._table.transact(group)
        except RowChanged:
            for _, row, condition in group:
                self._delete_one(str(row["PartitionKey"]), str(row["RowKey"]), condition)

    def _delete_one(self, partition: str, row: str, condition: dict[str, object]) -> None:
        try:
            self._table.delete(partition, row, condition)
        except RowChanged as error:
            raise LeaseLost("link-changed") from error


def partition_of(connection: Connection) -> str:
    """Everything of one person lies together, under the organization first."""
    return keys.key(connection.organization, connection.user)
