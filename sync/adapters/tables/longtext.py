"""A text longer than one entity may be: cut over rows `name:0000`, `name:0001` … of one partition."""

from __future__ import annotations

from collections.abc import Iterator

from sync.adapters.tables.client import Table
from sync.adapters.tables.entity import TEXT_UNITS, Damaged, Entity, cut, pack
from sync.adapters.tables.keys import below

# The service allows 1 MiB of UTF-16. Azurite counts the request instead, in which the SDK escapes a Japanese
# character to six bytes: five full properties pass both.
ROW_UNITS = 5 * TEXT_UNITS


def build_long_text(partition: str, name: str, text: str) -> Iterator[Entity]:
    for number, piece in enumerate(cut(text, ROW_UNITS)):
        yield pack(partition, f"{name}:{number:04d}", {"text": piece})


def read_long_text(table: Table, partition: str, name: str, rows: int) -> str:
    """The text of so many rows; rows beyond them are left from a longer text and are not read."""
    first, last = below(name)
    where = "PartitionKey eq @p and RowKey ge @first and RowKey lt @last"
    found = list(table.query(where, {"p": partition, "first": first, "last": last}))[:rows]
    if len(found) < rows:
        raise Damaged(name)
    return "".join(row.text("text") for row in found)
