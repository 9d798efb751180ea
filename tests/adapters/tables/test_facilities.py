"""Who links a facility meets what others linked meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Table, Tables, open_tables
from sync.adapters.tables.entity import Row
from sync.adapters.tables.facilities import TRIES, TableFacilities
from sync.errors import TryLater


@pytest.fixture
def tables(azurite: str) -> Iterator[Tables]:
    opened = open_tables(StorageAccount(connection_string=azurite))
    yield opened
    opened.close()


@pytest.fixture
def organization() -> str:
    return f"acme-{uuid4().hex[:12]}"


def test_a_change_between_reading_and_writing_is_read_again(
    tables: Tables, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    facilities, others = TableFacilities(tables), TableFacilities(tables)
    get = Table.get
    meanwhile = [
        lambda: others.link(organization, "f-2", "two@x.test"),
        lambda: others.link(organization, "f-3", "ROOM@x.test"),
    ]

    def read_and_be_overtaken(table: Table, partition: str, row: str) -> Row | None:
        found = get(table, partition, row)
        if meanwhile:
            meanwhile.pop(0)()
        return found

    monkeypatch.setattr(Table, "get", read_and_be_overtaken)
    assert facilities.link(organization, "f-1", "room@x.test") == "f-3"
    assert facilities.rooms(organization) == {"f-2": "two@x.test", "f-3": "ROOM@x.test"}


def test_who_is_overtaken_again_and_again_comes_back_later(
    tables: Tables, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    facilities = TableFacilities(tables)
    facilities.link(organization, "f-1", "room@x.test")
    row, tries = tables.table("facilities").get(organization, "rooms"), 0
    facilities.link(organization, "f-1", "other@x.test")

    def always_late(*_: object) -> Row | None:
        nonlocal tries
        tries += 1
        return row

    monkeypatch.setattr(Table, "get", always_late)
    with pytest.raises(TryLater):
        facilities.link(organization, "f-2", "two@x.test")
    assert tries == TRIES
    with pytest.raises(TryLater):
        facilities.unlink(organization, "f-1")
