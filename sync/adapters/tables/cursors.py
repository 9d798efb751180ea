"""Cursors in Table Storage: one row per Connection."""

from __future__ import annotations

import logging
from datetime import date

from sync.adapters.tables.client import Tables
from sync.adapters.tables.entity import Damaged, Row, pack
from sync.adapters.tables.links import partition_of
from sync.core.settings import Connection
from sync.core.window import Window
from sync.log import log
from sync.ports import CursorPair

ROW = "cursors"


class TableCursors:
    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("cursors")

    def load(self, connection: Connection) -> CursorPair | None:
        """A damaged row counts as none: the next pass then reads the whole window, which is always right."""
        row = self._table.get(partition_of(connection), ROW)
        try:
            return _parse(row) if row else None
        except Damaged as damage:
            log("row-damaged", level=logging.WARNING, table="cursors", column=str(damage))
            return None

    def save(self, connection: Connection, cursors: CursorPair) -> None:
        self._table.put(
            pack(
                partition_of(connection),
                ROW,
                {
                    "groupware": cursors.groupware,
                    "outlook": cursors.outlook,
                    "window_first": cursors.window.first.isoformat(),
                    "window_until": cursors.window.until.isoformat(),
                    "window_zone": cursors.window.zone,
                    "retry_at": cursors.retry_at,
                    "rules": cursors.rules,
                },
            )
        )

    def clear(self, connection: Connection) -> None:
        self._table.delete(partition_of(connection), ROW)


def _parse(row: Row) -> CursorPair:
    window = Window(_day(row, "window_first"), _day(row, "window_until"), row.text("window_zone"))
    return CursorPair(
        groupware=row.text("groupware"),
        outlook=row.text("outlook"),
        window=window,
        retry_at=row.moment("retry_at"),
        rules=row.text("rules", ""),
    )


def _day(row: Row, name: str) -> date:
    try:
        return date.fromisoformat(row.text(name))
    except ValueError as error:
        raise Damaged(name) from error
