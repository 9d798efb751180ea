"""Transactions stay within 100 rows and 4 MiB."""

from __future__ import annotations

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Operation, Table, open_tables
from sync.adapters.tables.entity import pack
from sync.adapters.tables.errors import RowChanged
from sync.adapters.tables.transactions import BYTES, in_transactions, wire_length


def writes(count: int, text: str = "x") -> list[Operation]:
    return [("upsert", pack("p", f"{number:05d}", {"text": text}), {}) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "groups"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_a_hundred_rows_share_a_transaction(count: int, groups: list[int]) -> None:
    made = list(in_transactions(writes(count)))
    assert [len(group) for group in made] == groups
    assert [operation for group in made for operation in group] == writes(count)


def test_rows_that_are_long_on_the_wire_share_less() -> None:
    """A Japanese character is six bytes there; 100 of these rows would be 12 MB."""
    made = list(in_transactions(writes(100, "予" * 20_000)))
    assert all(sum(wire_length(operation) for operation in group) < BYTES for group in made)
    assert [len(group) for group in made] == [34, 34, 32]


@pytest.fixture
def table(azurite: str) -> Table:
    return open_tables(StorageAccount(connection_string=azurite)).table("transactions")


def test_azurite_takes_a_transaction_of_either_limit(table: Table) -> None:
    for group in in_transactions([*writes(100), *writes(40, "予" * 20_000)]):
        table.transact(group)


@pytest.mark.parametrize("count", [0, 101])
def test_what_no_service_takes_is_not_sent(table: Table, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        table.transact(writes(count))


def test_a_transaction_that_fails_writes_nothing(table: Table) -> None:
    table.put(pack("all", "taken", {"a": 1}))
    group: list[Operation] = [("create", pack("all", name, {"a": 2}), {}) for name in ("free", "taken")]
    with pytest.raises(RowChanged):
        table.transact(group)
    assert table.get("all", "free") is None
