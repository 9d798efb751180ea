"""An entity of Table Storage: typed columns in, typed columns out.

Azurite takes more than the service does (253 properties, any name: azure-hosting.md 6), so the service's
limits are kept here: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sync.errors import CannotSync

# One string property: 64 KiB of UTF-16, so this many code units.
TEXT_UNITS = 32_768
PROPERTIES = 252
# 1 MiB, less what the service adds itself (the timestamp).
BYTES = 1_048_576 - 64
EARLIEST = datetime(1601, 1, 1, tzinfo=UTC)
INT32 = 2**31
INT64 = 2**63

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_SYSTEM = ("PartitionKey", "RowKey", "Timestamp")

Value = str | int | bool | datetime | None
Entity = dict[str, object]


def pack(partition: str, row: str, columns: Mapping[str, Value]) -> Entity:
    """The entity to send. A None is left out; a long text goes on in `name__1`, `name__2` …

    Raises `CannotSync` when the service would refuse the entity for its size or a value, before it is sent.
    """
    packed: Entity = {}
    for name, value in columns.items():
        if not _NAME.fullmatch(name) or name in _SYSTEM or "__" in name:
            raise ValueError(f"not a column name: {name}")
        if value is not None:
            packed.update(_properties(name, value))
    if len(packed) > PROPERTIES:
        raise too_large("properties", PROPERTIES)
    entity: Entity = {"PartitionKey": partition, "RowKey": row, **packed}
    if size(entity) > BYTES:
        raise too_large("bytes", BYTES)
    return entity


def _properties(name: str, value: str | int | bool | datetime) -> Iterator[tuple[str, object]]:
    match value:
        case str():
            for number, piece in enumerate(cut(value, TEXT_UNITS)):
                yield (f"{name}__{number}" if number else name), piece
        case datetime():
            yield name, _moment(name, value)
        case bool():
            yield name, value
        case int():
            yield name, _integer(name, value)


def _moment(name: str, value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{name} needs an aware datetime")
    if value < EARLIEST:
        raise CannotSync("storage-value", {"column": name})
    return value.astimezone(UTC)


def _integer(name: str, value: int) -> object:
    """The SDK writes a plain int as Edm.Int32 and wants the wider type said."""
    if -INT32 <= value < INT32:
        return value
    if not -INT64 <= value < INT64:
        raise CannotSync("storage-value", {"column": name})
    from azure.data.tables import EdmType, EntityProperty

    return EntityProperty(value, EdmType.INT64)


def too_large(what: str, limit: int) -> CannotSync:
    return CannotSync("storage-too-large", {"what": what, "limit": str(limit)})


def cut(text: str, units: int) -> Iterator[str]:
    """Pieces of at most `units` UTF-16 code units each, never through a surrogate pair; "" is one piece."""
    if len(text) * 2 <= units:
        yield text
        return
    code = _utf16(text)
    start = 0
    while start < len(code) or start == 0:
        end = min(start + units * 2, len(code))
        if end < len(code) and 0xD8 <= code[end - 1] <= 0xDB:
            end -= 2
        yield code[start:end].decode("utf-16-le")
        start = end


def units(text: str) -> int:
    """The length that the service's limits mean: UTF-16 code units."""
    return len(text) if text.isascii() else len(_utf16(text)) // 2


def _utf16(text: str) -> bytes:
    try:
        return text.encode("utf-16-le")
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise CannotSync("storage-value", {"column": "text"}) from error


def size(entity: Mapping[str, object]) -> int:
    """Bytes as the service counts them: names and strings in UTF-16, 8 for other values, and overheads."""
    total = 4 + sum(2 * len(str(entity[name])) for name in ("PartitionKey", "RowKey"))
    for name, value in entity.items():
        if name not in _SYSTEM:
            total += 8 + 2 * len(name) + (len(_utf16(value)) + 4 if isinstance(value, str) else 8)
    return total


def to_json(value: object) -> str:
    """Compact JSON. Readable characters stay, unless one is half a surrogate pair: then all are escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), sort_keys=True)
    return text


class Damaged(Exception):
    """A stored row says something it cannot say. Stays inside this package: whoever reads rows decides."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored entity. The readers raise `Damaged` with the column's name when it holds something else."""

    key: str
    etag: str
    columns: Mapping[str, object]

    def text(self, name: str, default: str | None = None) -> str:
        first = self.columns.get(name, default)
        if not isinstance(first, str):
            raise Damaged(name)
        if f"{name}__1" not in self.columns:
            return first
        pieces = [first]
        while (more := self.columns.get(f"{name}__{len(pieces)}")) is not None:
            if not isinstance(more, str):
                raise Damaged(name)
            pieces.append(more)
        return "".join(pieces)

    def optional(self, name: str) -> str | None:
        return self.text(name) if name in self.columns else None

    def flag(self, name: str) -> bool:
        value = self.columns.get(name)
        if not isinstance(value, bool):
            raise Damaged(name)
        return value

    def number(self, name: str) -> int:
        value = getattr(self.columns.get(name), "value", self.columns.get(name))
        if not isinstance(value, int) or isinstance(value, bool):
            raise Damaged(name)
        return value

    def moment(self, name: str) -> datetime | None:
        """A plain datetime in UTC; None where there is none. "" is the mark of a time that was taken away."""
        value = self.columns.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise Damaged(name)
        return datetime.combine(value.astimezone(UTC).date(), value.astimezone(UTC).time(), UTC)

    def json(self, name: str, default: str | None = None) -> object:
        try:
            return json.loads(self.text(name, default))
        except ValueError as error:
            raise Damaged(name) from error

    def mapping(self, name: str, default: str | None = None) -> Mapping[str, object]:
        value = self.json(name, default)
        if not isinstance(value, dict):
            raise Damaged(name)
        return value
