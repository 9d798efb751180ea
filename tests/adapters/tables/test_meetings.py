"""A claim's two rows are one: whatever crashes or is sent twice, they say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import uuid4

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Operation, Table, Tables, open_tables
from sync.adapters.tables.meetings import TableMeetings
from sync.errors import Moved, TryLater
from sync.ports import Meeting

KEPT = ("uid", "groupware_id", "host")


@pytest.fixture
def tables(azurite: str) -> Iterator[Tables]:
    opened = open_tables(StorageAccount(connection_string=azurite))
    yield opened
    opened.close()


@pytest.fixture
def meetings(tables: Tables) -> TableMeetings:
    return TableMeetings(tables)


@pytest.fixture
def organization() -> str:
    return f"acme-{uuid4().hex[:12]}"


def stored(tables: Tables, organization: str) -> dict[str, tuple[object, ...]]:
    rows = tables.table("meetings").query("PartitionKey eq @p", {"p": organization})
    return {row.key: tuple(row.columns[name] for name in KEPT) for row in rows}


def test_both_rows_lie_under_the_organization_and_say_the_same(
    tables: Tables, meetings: TableMeetings, organization: str
) -> None:
    claimed = meetings.claim(Meeting(organization, "uid/1", "e#1", "sato"))
    said = ("uid/1", "e#1", "sato")
    assert stored(tables, organization) == {"u:uid=2F1": said, "g:e=231": said}
    bound = meetings.bind(claimed, uid="uid/2", host="suzuki")
    said = ("uid/2", "e#1", "suzuki")
    assert stored(tables, organization) == {"u:uid=2F2": said, "g:e=231": said}
    meetings.release(bound)
    assert stored(tables, organization) == {}


@pytest.mark.parametrize("is_carried_out", [False, True], ids=["before", "after"])
def test_a_crash_leaves_both_rows_as_they_were_or_as_they_are_to_be(
    tables: Tables,
    meetings: TableMeetings,
    organization: str,
    is_carried_out: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claimed = meetings.claim(Meeting(organization, "uid-1", "e-1", "sato"))
    before = stored(tables, organization)
    transact = Table.transact

    def crash(table: Table, operations: Sequence[Operation]) -> list[str]:
        if is_carried_out:
            transact(table, operations)
        raise TryLater("storage-unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(Table, "transact", crash)
        with pytest.raises(TryLater):
            meetings.bind(claimed, uid="uid-2", host="suzuki")
    said = ("uid-2", "e-1", "suzuki")
    assert stored(tables, organization) == ({"u:uid-2": said, "g:e-1": said} if is_carried_out else before)


def test_a_request_that_was_sent_twice_wins_the_claim_once(
    tables: Tables, meetings: TableMeetings, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK repeats a request whose answer was lost; the second one meets what the first has written."""
    transact = Table.transact

    def sent_twice(table: Table, operations: Sequence[Operation]) -> list[str]:
        transact(table, operations)
        return transact(table, operations)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "transact", sent_twice)
        claimed = meetings.claim(Meeting(organization, "uid-1", "e-1", "sato"))
        assert claimed.host == "sato"
        with pytest.raises(Moved):  # read again, the change is there
            meetings.bind(claimed, host="suzuki")
        now = meetings.by_uids(organization, ["uid-1"])["uid-1"]
        assert now.host == "suzuki"
        meetings.release(now)
    assert stored(tables, organization) == {}


def test_a_claim_that_stays_in_the_way_without_being_there_is_tried_later(
    meetings: TableMeetings, organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meetings.claim(Meeting(organization, "uid-1", "e-1", "sato"))
    monkeypatch.setattr(Table, "get", lambda *_: None)
    with pytest.raises(TryLater):
        meetings.claim(Meeting(organization, "uid-1", "e-1", "suzuki"))


def test_what_it_costs(tables: Tables, meetings: TableMeetings, organization: str) -> None:
    meetings.claim(Meeting(organization, "warm", "up", "sato"))
    counts: list[int] = []
    for act in (
        lambda: meetings.claim(Meeting(organization, "uid-1", "e-1", "sato")),
        lambda: meetings.by_uids(organization, ["uid-1", "uid-2", "uid-1", ""]),
        lambda: meetings.by_groupware_ids(organization, []),
    ):
        start = tables.operations
        act()
        counts.append(tables.operations - start)
    assert counts == [1, 2, 0]
