"""A lease whose insert arrived although its answer did not is held by who sent it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Table, Tables, open_tables
from sync.adapters.tables.entity import Entity
from sync.adapters.tables.leases import TableLeases
from sync.core.settings import Connection
from tests.fakes import FakeClock


@pytest.fixture
def tables(azurite: str) -> Tables:
    return open_tables(StorageAccount(connection_string=azurite))


def test_an_insert_that_was_sent_twice_is_ours(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    insert = Table.insert

    def sent_twice(table: Table, entity: Entity) -> str:
        insert(table, entity)
        return insert(table, entity)

    monkeypatch.setattr(Table, "insert", sent_twice)
    person, leases = Connection(f"acme-{uuid4().hex[:12]}", "sato"), TableLeases(tables, FakeClock())
    lease = leases.acquire(person, "a")
    assert lease
    assert leases.acquire(person, "a") is None
    lease.renew()
    lease.release()


def test_the_row_says_who_holds_it_and_goes_with_the_lease(tables: Tables) -> None:
    clock = FakeClock()
    lease = TableLeases(tables, clock, seconds=30).acquire(Connection("acme", "lease test"), "worker 7")
    assert lease
    (row,) = tables.table("leases").query("PartitionKey eq @p", {"p": "acme:lease=20test"})
    assert row.text("holder") == "worker 7"
    assert row.moment("until") == clock.advance(30)
    lease.release()
    assert not list(tables.table("leases").query("PartitionKey eq @p", {"p": "acme:lease=20test"}))
