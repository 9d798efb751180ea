"""Columns go in and come out as they were, and the service's limits are kept where Azurite does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Table, open_tables
from sync.adapters.tables.entity import (
    BYTES,
    PROPERTIES,
    TEXT_UNITS,
    Damaged,
    Row,
    Value,
    cut,
    pack,
    size,
    to_json,
    units,
)
from sync.errors import CannotSync, SyncError

NOW = datetime(2026, 11, 2, 9, 30, 15, 123_456, tzinfo=UTC)


def row(**columns: object) -> Row:
    return Row("r", "e", columns)


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.integers(2, 9))
def test_a_text_is_cut_between_characters(text: str, most: int) -> None:
    pieces = list(cut(text, most))
    assert "".join(pieces) == text
    assert all(units(piece) <= most for piece in pieces)
    assert pieces


def test_a_long_text_goes_on_in_numbered_columns() -> None:
    for text in ("x" * TEXT_UNITS, "あ" * (TEXT_UNITS + 1), "x" + "🎌" * TEXT_UNITS):
        entity = pack("p", "r", {"body": text, "other": ""})
        assert row(**entity).text("body") == text
        assert all(units(str(value)) <= TEXT_UNITS for value in entity.values())
    assert set(entity) == {"PartitionKey", "RowKey", "body", "body__1", "body__2", "other"}


def test_none_is_left_out_and_an_empty_text_is_not() -> None:
    assert pack("p", "r", {"a": None, "b": ""}) == {"PartitionKey": "p", "RowKey": "r", "b": ""}


def test_253_columns_are_refused_252_are_not() -> None:
    columns: dict[str, Value] = {f"c{number}": 1 for number in range(PROPERTIES)}
    assert len(pack("p", "r", columns)) == PROPERTIES + 2
    with pytest.raises(CannotSync) as refused:
        pack("p", "r", {**columns, "one": 1})
    assert refused.value.code == "storage-too-large"


def test_an_entity_beyond_one_mebibyte_is_refused() -> None:
    assert size(pack("p", "r", {"a": "x" * 520_000})) <= BYTES
    with pytest.raises(CannotSync) as refused:
        pack("p", "r", {"a": "x" * 524_288})
    assert refused.value.detail == {"what": "bytes", "limit": str(BYTES)}


@pytest.mark.parametrize(
    "name", ["", "a-b", "a b", "a.b", "1a", "é", "PartitionKey", "Timestamp", "a__1", "x" * 256]
)
def test_a_name_the_service_refuses_is_a_mistake_of_ours(name: str) -> None:
    with pytest.raises(ValueError):
        pack("p", "r", {name: 1})


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, datetime(1600, 12, 31, tzinfo=UTC), "half a pair \ud800" * TEXT_UNITS, "\udfff"],
)
def test_a_value_the_service_cannot_hold_is_refused(value: Value) -> None:
    with pytest.raises(CannotSync):
        pack("p", "r", {"a": value})


def test_a_time_without_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="aware"):
        pack("p", "r", {"a": NOW.replace(tzinfo=None)})


@pytest.mark.parametrize(
    ("reader", "wrong"),
    [
        ("text", 1),
        ("text", None),
        ("flag", "true"),
        ("flag", 1),
        ("number", True),
        ("number", "1"),
        ("moment", "2026-01-01"),
        ("moment", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("json", "{"),
        ("json", 5),
        ("mapping", "[]"),
        ("mapping", "null"),
    ],
)
def test_a_column_of_another_type_is_damaged(reader: str, wrong: object) -> None:
    with pytest.raises(Damaged, match="a"):
        getattr(row(a=wrong), reader)("a")
    with pytest.raises(Damaged, match="a"):
        row(a="x", a__1=3).text("a")


def test_json_keeps_readable_text_and_escapes_half_pairs() -> None:
    assert to_json({"b": "予定", "a": 1}) == '{"a":1,"b":"予定"}'
    half = {"予": "\ud800"}
    assert to_json(half).isascii()
    assert json.loads(to_json(half)) == half


@pytest.fixture
def table(azurite: str) -> Table:
    return open_tables(StorageAccount(connection_string=azurite)).table("entities")


def test_azurite_gives_back_every_kind_of_column(table: Table) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    columns: dict[str, Value] = {
        "text": "予定\n🎌'\"",
        "long": "あ🎌" * 40_000,
        "small": -1,
        "big": 2**40,
        "bigger": -(2**63),
        "yes": True,
        "at": tokyo,
        "old": datetime(1601, 1, 1, tzinfo=UTC),
        "none": None,
    }
    table.put(pack("p", "r", columns))
    found = table.get("p", "r")
    assert found
    assert found.text("text") == columns["text"]
    assert found.text("long") == columns["long"]
    assert [found.number(name) for name in ("small", "big", "bigger")] == [-1, 2**40, -(2**63)]
    assert found.flag("yes") is True
    assert found.moment("at") == NOW
    assert type(found.moment("at")) is datetime
    assert found.moment("old") == columns["old"]
    assert found.moment("none") is None
    assert found.optional("none") is None


def test_azurite_takes_the_largest_keys_and_a_full_entity(table: Table) -> None:
    columns: dict[str, Value] = {f"c{number}": "x" for number in range(PROPERTIES)}
    table.put(pack("p" * 512, "r" * 512, columns))
    assert table.get("p" * 512, "r" * 512)
    with pytest.raises(SyncError) as refused:
        table.put(pack("p" * 513, "r" * 513, columns))
    assert refused.value.code == "storage-refused"
