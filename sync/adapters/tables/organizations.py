"""The common settings of each organization: one row, the settings as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables
from sync.adapters.tables.entity import Damaged, pack, to_json
from sync.adapters.tables.plain import from_plain, to_plain
from sync.core.settings import DEFAULT_TIME_ZONE, OrganizationSettings
from sync.errors import NeedsAdministrator

ROW = "settings"


class TableOrganizations:
    def __init__(self, tables: Tables, time_zone: str = DEFAULT_TIME_ZONE) -> None:
        """`time_zone` holds for an organization of which nothing is stored yet."""
        self._table = tables.table("organizations")
        self._time_zone = time_zone

    def ids(self) -> Sequence[str]:
        rows = self._table.query("RowKey eq @row", {"row": ROW}, select=["organization"])
        return sorted(row.text("organization") for row in rows)

    def get(self, organization: str) -> OrganizationSettings:
        """Damaged settings are not replaced by defaults: those might sync what was excluded."""
        row = self._table.get(keys.key(organization), ROW)
        if row is None:
            return OrganizationSettings(time_zone=self._time_zone)
        try:
            return from_plain(OrganizationSettings, row.json("settings"))
        except Damaged as damage:
            raise NeedsAdministrator("settings-damaged", {"setting": str(damage)}) from damage

    def put(self, organization: str, settings: OrganizationSettings) -> None:
        columns = {"organization": organization, "settings": to_json(to_plain(settings))}
        self._table.put(pack(keys.key(organization), ROW, columns))
