"""Passes in Table Storage: newest first, because their names count time backwards.

A pass is one row `h:…`. The long part of its report stands in that row while it fits one property, else in
rows `r:…` of its own, which a listing does not touch.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables
from sync.adapters.tables.entity import TEXT_UNITS, Damaged, Row, Value, pack, to_json, units
from sync.adapters.tables.longtext import build_long_text, read_long_text
from sync.adapters.tables.plain import from_plain, to_plain
from sync.adapters.tables.removal import delete_older, delete_partition
from sync.core.passes import PassName, parse_pass_id, summary_of
from sync.errors import NeedsAdministrator
from sync.log import log
from sync.ports import PassRecord

# Rows a request when whole records are read: each may hold 64 KiB of report.
WHOLE_PAGE = 50


class TablePasses:
    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("passes")

    def save(self, record: PassRecord) -> None:
        """One request, unless the report is long: its rows are written first, so that whoever finds the pass
        finds them too."""
        name = parse_pass_id(record.id)
        if name is None or (name.organization, name.user) != (record.organization, record.user):
            raise ValueError("the id is not one of this person's passes")
        partition = _partition(name)
        summary = summary_of(record.report)
        head = to_json(to_plain(replace(record, report=summary)))
        columns: dict[str, Value] = {"head": head}
        long = to_json({name: part for name, part in record.report.items() if name not in summary})
        if units(long) <= TEXT_UNITS:
            columns["rest"] = long
        else:
            rows = list(build_long_text(partition, f"r:{name.place}", long))
            for row in rows:
                self._table.put(row)
            columns["rest_rows"] = len(rows)
        self._table.put(pack(partition, f"h:{name.place}", columns))

    def get(self, pass_id: str) -> PassRecord | None:
        name = parse_pass_id(pass_id)
        row = self._table.get(_partition(name), f"h:{name.place}") if name else None
        if name is None or row is None:
            return None
        try:
            return self._whole(name, row)
        except Damaged as damage:
            raise NeedsAdministrator("pass-damaged", {"column": str(damage)}) from damage

    def list(self, organization: str, user: str, limit: int = 50) -> Sequence[PassRecord]:
        rows = self._heads(organization, user, ["RowKey", "head", "head__1"], max(1, min(limit, 1000)))
        records: list[PassRecord] = []
        for row in islice(rows, limit):
            try:
                records.append(_parse(row))
            except Damaged as damage:
                log("row-damaged", level=logging.WARNING, table="passes", row=row.key, column=str(damage))
        return records

    def each(self, organization: str, user: str) -> Iterator[PassRecord]:
        for row in self._heads(organization, user, None, WHOLE_PAGE):
            try:
                yield self._whole(PassName(organization, user, row.key.removeprefix("h:")), row)
            except Damaged as damage:
                log("row-damaged", level=logging.WARNING, table="passes", row=row.key, column=str(damage))

    def delete_before(
        self, organization: str, user: str, before: datetime, limit: int = 1000, keep: Collection[str] = ()
    ) -> int:
        names = [parse_pass_id(each) for each in keep]
        places = {name.place for name in names if name is not None}
        partition = keys.key(organization, user)
        return delete_older(self._table, partition, before, limit, details="r", keep=places)

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        return delete_partition(self._table, keys.key(organization, user), limit)

    def _heads(self, organization: str, user: str, select: Sequence[str] | None, page: int) -> Iterator[Row]:
        first, last = keys.below("h")
        return self._table.query(
            "PartitionKey eq @p and RowKey ge @first and RowKey lt @last",
            {"p": keys.key(organization, user), "first": first, "last": last},
            select=select,
            page=page,
        )

    def _whole(self, name: PassName, row: Row) -> PassRecord:
        record = _parse(row)
        return replace(record, report={**record.report, **self._rest(name, row)})

    def _rest(self, name: PassName, row: Row) -> Mapping[str, object]:
        if "rest" in row.columns:
            return row.mapping("rest")
        text = read_long_text(self._table, _partition(name), f"r:{name.place}", row.number("rest_rows"))
        try:
            said = json.loads(text)
        except ValueError as error:
            raise Damaged("rest") from error
        if not isinstance(said, dict):
            raise Damaged("rest")
        return said


def _parse(row: Row) -> PassRecord:
    return from_plain(PassRecord, row.json("head"))


def _partition(name: PassName) -> str:
    return keys.key(name.organization, name.user)
