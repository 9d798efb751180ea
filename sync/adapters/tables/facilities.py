"""The rooms of an organization's facilities: one row, facility id -> address as JSON.

In one row, so that an address is given to one facility only, also when two are linked at once: every change replaces
the row on condition that it is still the one that was read.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables
from sync.adapters.tables.entity import Damaged, Row, pack, to_json
from sync.adapters.tables.errors import RowChanged
from sync.core.people import address_key
from sync.errors import NeedsAdministrator, TryLater

ROW = "rooms"
# Whoever was slower reads again; so many in a row means that somebody writes all the time.
TRIES = 20


class TableFacilities:
    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("facilities")

    def rooms(self, organization: str) -> Mapping[str, str]:
        return self._read(organization)[0]

    def link(self, organization: str, facility: str, address: str) -> str:
        for _ in range(TRIES):
            rooms, row = self._read(organization)
            holder = holder_of(rooms, address)
            if holder is not None and holder != facility:
                return holder
            if self._write(organization, {**rooms, facility: address}, row):
                return facility
        raise TryLater("storage-unavailable", {"reason": "contended"})

    def unlink(self, organization: str, facility: str) -> None:
        for _ in range(TRIES):
            rooms, row = self._read(organization)
            if facility not in rooms:
                return
            if self._write(organization, {f: a for f, a in rooms.items() if f != facility}, row):
                return
        raise TryLater("storage-unavailable", {"reason": "contended"})

    def _read(self, organization: str) -> tuple[Mapping[str, str], Row | None]:
        """A damaged row is not read as none: every booking would then look like one that was taken back."""
        row = self._table.get(keys.key(organization), ROW)
        if row is None:
            return {}, None
        try:
            rooms = row.mapping("rooms")
        except Damaged as damage:
            raise NeedsAdministrator("facilities-damaged", {"column": str(damage)}) from damage
        if not all(isinstance(address, str) for address in rooms.values()):
            raise NeedsAdministrator("facilities-damaged", {"column": "rooms"})
        return {facility: str(address) for facility, address in rooms.items()}, row

    def _write(self, organization: str, rooms: Mapping[str, str], before: Row | None) -> bool:
        """False if the row is no longer the one that was read."""
        columns = {"organization": organization, "rooms": to_json(dict(rooms))}
        entity = pack(keys.key(organization), ROW, columns)
        try:
            if before is None:
                self._table.insert(entity)
            else:
                self._table.replace(entity, before.etag)
        except RowChanged:
            return False
        return True


def holder_of(rooms: Mapping[str, str], address: str) -> str | None:
    """The facility that has this address."""
    key = address_key(address)
    return next((facility for facility, known in rooms.items() if address_key(known) == key), None)
