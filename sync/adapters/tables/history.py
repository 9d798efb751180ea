"""The history in Table Storage: the losing values of conflicts, newest first.

A value is one row `h:…`; one that is longer than a property has rows `v:…` of its own.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby, islice

from sync.adapters.tables import keys
from sync.adapters.tables.client import Operation, Tables
from sync.adapters.tables.entity import TEXT_UNITS, Damaged, Entity, Row, Value, pack, to_json, units
from sync.adapters.tables.longtext import build_long_text, read_long_text
from sync.adapters.tables.plain import from_plain, to_plain
from sync.adapters.tables.removal import delete_older, delete_partition
from sync.adapters.tables.transactions import in_transactions
from sync.core.passes import newest_first
from sync.log import log
from sync.ports import Kept

# Rows a request when everything is read: each may hold 64 KiB.
WHOLE_PAGE = 50


class TableHistory:
    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("history")

    def keep(self, values: Sequence[Kept]) -> None:
        """Keeping the same value again writes the same rows, so that a pass may repeat itself."""
        for _, of_one in groupby(sorted(values, key=_owner), key=_owner):
            rows = [row for kept in of_one for row in _build(kept)]
            writes: list[Operation] = [("upsert", row, {"mode": "replace"}) for row in _distinct(rows)]
            for group in in_transactions(writes):
                self._table.transact(group)

    def list(self, organization: str, user: str, limit: int = 100) -> Sequence[Kept]:
        rows = islice(self._heads(organization, user, max(1, min(limit, 1000))), limit)
        return list(self._readable(organization, user, rows))

    def each(self, organization: str, user: str) -> Iterator[Kept]:
        return self._readable(organization, user, self._heads(organization, user, WHOLE_PAGE))

    def delete_before(self, organization: str, user: str, before: datetime, limit: int = 1000) -> int:
        return delete_older(self._table, keys.key(organization, user), before, limit, details="v")

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        return delete_partition(self._table, keys.key(organization, user), limit)

    def _heads(self, organization: str, user: str, page: int) -> Iterator[Row]:
        first, last = keys.below("h")
        where = "PartitionKey eq @p and RowKey ge @first and RowKey lt @last"
        parameters = {"p": keys.key(organization, user), "first": first, "last": last}
        return self._table.query(where, parameters, page=page)

    def _readable(self, organization: str, user: str, rows: Iterator[Row]) -> Iterator[Kept]:
        for row in rows:
            try:
                yield self._parse(keys.key(organization, user), row)
            except Damaged as damage:
                log("row-damaged", level=logging.WARNING, table="history", row=row.key, column=str(damage))

    def _parse(self, partition: str, row: Row) -> Kept:
        kept = from_plain(Kept, row.json("head"))
        if row.columns.get("value_rows") is None:
            return replace(kept, value=row.text("value"))
        name = "v" + row.key[1:]
        return replace(kept, value=read_long_text(self._table, partition, name, row.number("value_rows")))


def _build(kept: Kept) -> list[Entity]:
    """The rows of one value; the `h:` row last, so that whoever finds it finds the others."""
    partition = keys.key(kept.organization, kept.user)
    place = f"{newest_first(kept.at)}{_digest(kept)}"
    columns: dict[str, Value] = {"head": to_json(to_plain(replace(kept, value="")))}
    rows: list[Entity] = []
    if units(kept.value) <= TEXT_UNITS:
        columns["value"] = kept.value
    else:
        rows = list(build_long_text(partition, f"v:{place}", kept.value))
        columns["value_rows"] = len(rows)
    return [*rows, pack(partition, f"h:{place}", columns)]


def _digest(kept: Kept) -> str:
    """What was lost by which pass: the same for a repeated keeping, whatever the order."""
    said = "\x1f".join((kept.pass_id, kept.side, kept.link, kept.event_id, kept.field))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _distinct(rows: Sequence[Entity]) -> list[Entity]:
    """A transaction takes a row once; of two with one name the later stands."""
    return list({str(row["RowKey"]): row for row in rows}.values())


def _owner(kept: Kept) -> tuple[str, str]:
    return kept.organization, kept.user
