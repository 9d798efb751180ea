"""A row that says nonsense harms nobody but itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables, open_tables
from sync.adapters.tables.connections import TableConnections
from sync.adapters.tables.cursors import TableCursors
from sync.adapters.tables.entity import Row
from sync.adapters.tables.facilities import TableFacilities
from sync.adapters.tables.history import TableHistory
from sync.adapters.tables.leases import TableLeases
from sync.adapters.tables.linkrow import ReadLink, build_link_row, parse_link_row
from sync.adapters.tables.links import TableLinks
from sync.adapters.tables.meetings import TableMeetings
from sync.adapters.tables.organizations import TableOrganizations
from sync.adapters.tables.passes import TablePasses
from sync.core.event import Side
from sync.core.link import Base, Link, key_of
from sync.core.passes import PassName, parse_pass_id
from sync.core.settings import Connection, OrganizationSettings
from sync.errors import CannotSync, NeedsAdministrator
from sync.ports import Meeting
from tests.contract.storage import FULL_CURSORS, FULL_LINK, half, kept_of, record_of
from tests.fakes import FakeClock

SALVAGED = Link(
    key=FULL_LINK.key, groupware=Base("id/1", "", {}), outlook=Base("AAMkAG" + "x" * 180 + "==", "", {})
)
LONG = Link(key=key_of(Side.OUTLOOK, "o" * 900), outlook=Base("o" * 900, "1", {}))


def spoiled(link: Link, **columns: object) -> ReadLink:
    """The Link as read from its row with these columns replaced (None: lost)."""
    entity = {**build_link_row("p", link), **columns}
    kept = {name: value for name, value in entity.items() if value is not None}
    return parse_link_row(Row(str(entity["RowKey"]), "e", kept))


@pytest.mark.parametrize(
    "columns",
    [
        {"groupware_base": "{"},
        {"groupware_base": "[]"},
        {"groupware_base": None},
        {"groupware_base": 7},
        {"groupware_base": '{"version":"1","digests":{"title":5},"residue":{}}'},
        {"groupware_base": '{"version":null,"digests":{},"residue":{}}'},
        {"groupware_base": '{"version":"1","digests":{},"residue":{},"modified":"yesterday"}'},
        {"starts": "tomorrow"},
        {"intent": '{"side":"left","token":"t","uid":""}'},
        {"problem": '{"code":"x"}'},
        {"format": None},
        {"format": 99},
        {"format": "1"},
        {"link_key": None},
        {"link_key": "g:other"},
        {"link_key": 3},
    ],
    ids=str,
)
def test_what_can_be_trusted_is_salvaged(columns: Mapping[str, object]) -> None:
    read = spoiled(FULL_LINK, **columns)
    assert read.link == SALVAGED
    assert read.link.etag == "e"
    assert read.damaged


@pytest.mark.parametrize(
    "columns",
    [
        {"groupware_id": 5},
        {"outlook_id": None},
        {"groupware_id": None},
        {
            "groupware_id": None,
            "groupware_base": None,
            "outlook_id": None,
            "outlook_base": None,
            "format": None,
        },
    ],
    ids=str,
)
def test_without_ids_nothing_is_guessed(columns: Mapping[str, object]) -> None:
    assert spoiled(FULL_LINK, **columns).link is None


def test_a_lost_long_key_is_found_by_the_id_it_was_made_from() -> None:
    read = spoiled(LONG, link_key=None)
    assert read.link
    assert read.link.key == LONG.key
    assert spoiled(LONG, link_key=None, outlook_id="another").link is None


def test_what_an_older_version_did_not_write_has_its_default() -> None:
    read = spoiled(half(1), outlook_base='{"version":"1","digests":{"title":"x"},"residue":{},"new":1}')
    assert read == ReadLink(half(1))


@pytest.fixture
def tables(azurite: str) -> Tables:
    return open_tables(StorageAccount(connection_string=azurite))


@pytest.fixture
def person() -> Connection:
    return Connection(f"acme-{uuid4().hex[:12]}", "sato")


def spoil(tables: Tables, table: str, partition: str, row: str, **columns: Any) -> None:
    tables.table(table).merge({"PartitionKey": partition, "RowKey": row, **columns})


def own(person: Connection) -> str:
    return keys.key(person.organization, person.user)


def test_damaged_rows_do_not_fail_the_load(tables: Tables, person: Connection) -> None:
    links = TableLinks(tables)
    links.save(person, [FULL_LINK, half(1), half(2)])
    spoil(tables, "links", own(person), keys.key(FULL_LINK.key), groupware_base="{")
    spoil(tables, "links", own(person), keys.key(half(2).key), outlook_id=12)
    tables.table("links").put({"PartitionKey": own(person), "RowKey": "zzz", "x": 1})
    loaded, damaged = links.load(person)
    assert {link.key: link for link in loaded} == {link.key: link for link in (SALVAGED, half(1))}
    assert sorted(damaged) == sorted([keys.key(half(2).key), "zzz"])
    again = links.save(person, loaded)
    assert links.load(person)[0] == list(again)


def test_damaged_cursors_are_none(tables: Tables, person: Connection) -> None:
    cursors = TableCursors(tables)
    for column, value in (("window_first", "soon"), ("outlook", 5), ("retry_at", "x")):
        cursors.save(person, FULL_CURSORS)
        spoil(tables, "cursors", own(person), "cursors", **{column: value})
        assert cursors.load(person) is None


def test_a_damaged_lease_counts_as_expired(tables: Tables, person: Connection) -> None:
    leases = TableLeases(tables, FakeClock())
    assert leases.acquire(person, "a")
    spoil(tables, "leases", own(person), "lease", until="for ever")
    assert leases.acquire(person, "b")
    assert leases.acquire(person, "c") is None


def test_a_damaged_connection_is_passed_over_in_the_list(
    tables: Tables, person: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    connections = TableConnections(tables)
    for column, value in (("state", "asleep"), ("settings", "{"), ("enabled", "yes"), ("addresses", "[1]")):
        connections.put(person)
        connections.put(Connection(person.organization, "suzuki"))
        spoil(tables, "connections", keys.key(person.organization), "sato", **{column: value})
        with caplog.at_level(logging.WARNING):
            assert [one.user for one in connections.list(person.organization)] == ["suzuki"]
        assert column in caplog.text
        with pytest.raises(NeedsAdministrator) as damage:
            connections.get(person.organization, "sato")
        assert damage.value.detail == {"user": "sato", "column": column}
        connections.delete(person.organization, "sato")


def test_a_connection_of_an_older_version_has_defaults(tables: Tables, person: Connection) -> None:
    row = {"organization": person.organization, "user": "sato"}
    tables.table("connections").put(
        {"PartitionKey": keys.key(person.organization), "RowKey": "sato", **row, "unknown": 1}
    )
    assert TableConnections(tables).get(person.organization, "sato") == person


@pytest.mark.parametrize("said", ["{", "[]", '{"interval":"60"}', '{"direction":"up"}', '{"sync":1}'])
def test_damaged_settings_are_not_replaced_by_defaults(tables: Tables, person: Connection, said: str) -> None:
    organizations = TableOrganizations(tables)
    organizations.put(person.organization, OrganizationSettings())
    spoil(tables, "organizations", keys.key(person.organization), "settings", settings=said)
    with pytest.raises(NeedsAdministrator) as damage:
        organizations.get(person.organization)
    assert damage.value.code == "settings-damaged"


@pytest.mark.parametrize("said", ["{", "[]", '{"f-1":5}', 7], ids=str)
def test_damaged_facilities_are_not_read_as_none(tables: Tables, person: Connection, said: object) -> None:
    """Every booking would look like one that was taken back."""
    facilities = TableFacilities(tables)
    facilities.link(person.organization, "f-1", "room@x.test")
    spoil(tables, "facilities", keys.key(person.organization), "rooms", rooms=said)
    for act in (
        lambda: facilities.rooms(person.organization),
        lambda: facilities.link(person.organization, "f-2", "other@x.test"),
        lambda: facilities.unlink(person.organization, "f-1"),
    ):
        with pytest.raises(NeedsAdministrator) as damage:
            act()
        assert damage.value.code == "facilities-damaged"


@pytest.mark.parametrize("columns", [{"host": 5}, {"uid": "other"}, {"uid": 5}], ids=str)
def test_a_damaged_claim_is_nobodys_and_stops_its_own_meeting_only(
    tables: Tables, person: Connection, columns: Mapping[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    meetings = TableMeetings(tables)
    bad, good = (Meeting(person.organization, f"u{n}", f"e{n}", "sato") for n in (1, 2))
    meetings.claim(bad)
    meetings.claim(good)
    spoil(tables, "meetings", keys.key(person.organization), "u:u1", **columns)
    with caplog.at_level(logging.WARNING):
        assert meetings.by_uids(person.organization, ["u1", "u2"]) == {"u2": good}
    assert next(iter(columns)) in caplog.text
    with pytest.raises(CannotSync) as damage:
        meetings.claim(Meeting(person.organization, "u1", "e9", "suzuki"))
    assert damage.value.code == "meeting-damaged"
    assert meetings.by_groupware_ids(person.organization, ["e9"]) == {}


def test_a_damaged_pass_is_passed_over_in_the_list(tables: Tables, person: Connection) -> None:
    passes = TablePasses(tables)
    good, bad, torn = record_of(person), record_of(person), record_of(person, report={"items": "x" * 40_000})
    for record in (good, bad, torn):
        passes.save(record)
    spoil(tables, "passes", own(person), f"h:{place(bad.id)}", head='{"id":"1"}')
    tables.table("passes").delete(own(person), f"r:{place(torn.id)}:0000")
    listed = {record.id for record in passes.list(person.organization, person.user)}
    assert listed == {good.id, torn.id}
    for record in (bad, torn):
        with pytest.raises(NeedsAdministrator):
            passes.get(record.id)


def place(pass_id: str) -> str:
    name = parse_pass_id(pass_id)
    assert isinstance(name, PassName)
    return name.place


def test_a_damaged_value_is_passed_over_in_the_history(tables: Tables, person: Connection) -> None:
    history = TableHistory(tables)
    history.keep([kept_of(person), kept_of(person, field="body")])
    (row, _) = tables.table("history").query("PartitionKey eq @p", {"p": own(person)})
    spoil(tables, "history", own(person), row.key, head='{"side":"left"}')
    assert len(history.list(person.organization, person.user)) == 1
