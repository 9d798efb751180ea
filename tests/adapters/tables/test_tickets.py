"""What may be used once is used once, in memory and in Table Storage, whoever is fastest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Table, open_tables
from sync.adapters.tables.entity import Entity
from sync.adapters.tables.errors import RowChanged
from sync.adapters.tables.tickets import TableTickets, row_of
from sync.ports import Tickets
from tests.fakes import MemoryTickets

NOW = datetime(2026, 11, 2, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def organization() -> str:
    return f"acme-{uuid4().hex[:12]}"


@pytest.fixture(params=["memory", "tables"])
def open_tickets(request: pytest.FixtureRequest) -> Callable[[], Tickets]:
    """Each call stands for another process with the same storage."""
    if request.param == "memory":
        tickets = MemoryTickets()
        return lambda: tickets
    connection_string = request.getfixturevalue("azurite")
    return lambda: TableTickets(open_tables(StorageAccount(connection_string=connection_string)))


def test_a_ticket_is_spent_once_whoever_asks(open_tickets: Callable[[], Tickets], organization: str) -> None:
    one, other = open_tickets(), open_tickets()
    assert one.spend(organization, "t", LATER)
    assert not one.spend(organization, "t", LATER)
    assert not other.spend(organization, "t", LATER)


@pytest.mark.parametrize("ticket", ["", "日本語", "a/b\\c#d?e", "x" * 5000, "\n\t", "T", "t"])
def test_a_tickets_name_is_any_text(
    open_tickets: Callable[[], Tickets], organization: str, ticket: str
) -> None:
    tickets = open_tickets()
    assert tickets.spend(organization, ticket, LATER)
    assert not tickets.spend(organization, ticket, LATER)
    assert tickets.spend(organization, ticket + "2", LATER)


def test_each_organization_has_tickets_of_its_own(open_tickets: Callable[[], Tickets]) -> None:
    tickets, name = open_tickets(), uuid4().hex
    assert tickets.spend("one", name, LATER)
    assert tickets.spend("other", name, LATER)


def test_of_many_at_once_one_is_first(open_tickets: Callable[[], Tickets], organization: str) -> None:
    workers = 8
    start = threading.Barrier(workers)

    def race(tickets: Tickets) -> bool:
        start.wait()
        return tickets.spend(organization, "t", LATER)

    with ThreadPoolExecutor(workers) as pool:
        won = list(pool.map(race, [open_tickets() for _ in range(workers)]))
    assert sorted(won) == [False] * (workers - 1) + [True]


def test_only_what_is_over_is_forgotten(open_tickets: Callable[[], Tickets], organization: str) -> None:
    tickets = open_tickets()
    tickets.purge(LATER)
    for number in range(3):
        tickets.spend(f"{organization}-{number}", "old", NOW)
        tickets.spend(f"{organization}-{number}", "young", LATER)
    assert tickets.purge(NOW) == 3
    assert tickets.purge(NOW) == 0
    assert not tickets.spend(f"{organization}-0", "young", LATER)


def test_many_are_forgotten_together(open_tickets: Callable[[], Tickets], organization: str) -> None:
    tickets = open_tickets()
    tickets.purge(LATER)
    for number in range(120):
        tickets.spend(organization, str(number), NOW)
    assert tickets.purge(NOW) == 120
    assert tickets.purge(LATER) == 0


def test_our_own_insert_sent_twice_is_still_the_first(
    azurite: str, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to an insert was lost; the SDK sent it again and met its own row."""
    tickets = TableTickets(open_tables(StorageAccount(connection_string=azurite)))
    insert = Table.insert

    def insert_twice(table: Table, entity: Entity) -> str:
        insert(table, entity)
        return insert(table, entity)

    monkeypatch.setattr(Table, "insert", insert_twice)
    with pytest.raises(RowChanged):
        insert_twice(tickets._table, {"PartitionKey": "probe", "RowKey": uuid4().hex})
    assert tickets.spend(organization, "t", LATER)
    assert not tickets.spend(organization, "t", LATER)


def test_a_row_that_goes_while_it_is_looked_at_was_somebody_elses(
    azurite: str, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = TableTickets(open_tables(StorageAccount(connection_string=azurite)))
    assert tickets.spend(organization, "t", LATER)
    monkeypatch.setattr(Table, "get", lambda *_: None)
    assert not tickets.spend(organization, "t", LATER)


def test_two_who_purge_at_once_do_not_stop_each_other(
    azurite: str, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = TableTickets(open_tables(StorageAccount(connection_string=azurite)))
    tickets.purge(LATER)
    for number in range(3):
        tickets.spend(organization, str(number), NOW)
    transact = Table.transact

    def overtaken(table: Table, operations: list[tuple[str, Entity, dict[str, object]]]) -> list[str]:
        table.delete(organization, row_of("1"))
        return transact(table, operations)

    monkeypatch.setattr(Table, "transact", overtaken)
    tickets.purge(NOW)
    monkeypatch.undo()
    assert tickets.purge(LATER) == 0


def test_what_is_stored_does_not_show_the_ticket(azurite: str, organization: str) -> None:
    tables = open_tables(StorageAccount(connection_string=azurite))
    TableTickets(tables).spend(organization, "a secret name", LATER)
    row = tables.table("tickets").get(organization, row_of("a secret name"))
    assert row is not None
    assert "a secret name" not in str(row)
