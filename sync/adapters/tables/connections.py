"""Connections in Table Storage: one row per person, everyone of an organization in one partition.

Each attribute has a column, so that the screens and a running pass can write their own without reading.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime

from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables
from sync.adapters.tables.entity import TEXT_UNITS, Damaged, Entity, Row, Value, pack, to_json, too_large
from sync.adapters.tables.errors import RowChanged
from sync.adapters.tables.plain import hints_of, read, to_plain
from sync.core.settings import Connection
from sync.errors import Gone, NeedsAdministrator
from sync.log import log

# What an administrator enters, and the mailbox found for it. The rest is the engine's.
ENTERED = ("name", "upn", "email", "mailbox", "tenant", "enabled", "settings")
IDENTITY = ("organization", "user")
JSON_COLUMNS = ("settings", "error_detail", "addresses")
NAMES = frozenset(field.name for field in fields(Connection))


class TableConnections:
    def __init__(self, tables: Tables, *, page: int = 1000) -> None:
        self._table = tables.table("connections")
        self._page = page

    def get(self, organization: str, user: str) -> Connection | None:
        row = self._table.get(keys.key(organization), keys.key(user))
        try:
            return _parse(row) if row else None
        except Damaged as damage:
            raise NeedsAdministrator("connection-damaged", {"user": user, "column": str(damage)}) from damage

    def list(self, organization: str) -> Iterator[Connection]:
        for row in self._table.query("PartitionKey eq @p", {"p": keys.key(organization)}, page=self._page):
            try:
                yield _parse(row)
            except Damaged as damage:
                log(
                    "row-damaged", level=logging.WARNING, table="connections", row=row.key, column=str(damage)
                )

    def put(self, connection: Connection) -> None:
        """A new person is stored whole; of a known one only what an administrator enters."""
        try:
            self._table.insert(_build(connection, NAMES))
        except RowChanged:
            self._write(connection, _build(connection, ENTERED))

    def update(self, connection: Connection, **changes: object) -> None:
        """`Gone` if the person was deleted meanwhile: nothing is brought back."""
        unknown = sorted(changes.keys() - NAMES.difference(IDENTITY))
        if unknown:
            raise ValueError(f"not an attribute that can be updated: {', '.join(unknown)}")
        self._write(connection, _row_of(connection, changes))

    def delete(self, organization: str, user: str) -> None:
        self._table.delete(keys.key(organization), keys.key(user))

    def _write(self, connection: Connection, row: Entity) -> None:
        try:
            self._table.merge(row)
        except RowChanged as error:
            raise Gone("connection-gone", {"user": connection.user}) from error


def _build(connection: Connection, names: Iterable[str]) -> Entity:
    return _row_of(connection, {name: getattr(connection, name) for name in names})


def _row_of(connection: Connection, values: Mapping[str, object]) -> Entity:
    columns = {name: _column(value) for name, value in values.items()}
    row = pack(keys.key(connection.organization), keys.key(connection.user), columns)
    if any("__" in name for name in row):  # a merge could not take the rest of a longer text away again
        raise too_large("text", TEXT_UNITS)
    return row


def _column(value: object) -> Value:
    """A merge cannot remove a column, so "" stands for no time."""
    match value:
        case None:
            return ""
        case str() | bool() | datetime():
            return value
    return to_json(to_plain(value))


def _parse(row: Row) -> Connection:
    known = {
        name: _value(row, name, kind) for name, kind in hints_of(Connection).items() if name in row.columns
    }
    if not known.keys() >= set(IDENTITY):
        raise Damaged("user")
    return Connection(**known)  # type: ignore[arg-type]  # each read by its declared type


def _value(row: Row, name: str, kind: object) -> object:
    if kind == datetime | None:
        return row.moment(name)
    if name in JSON_COLUMNS:
        return read(kind, row.json(name), name)
    return read(kind, row.columns[name], name)
