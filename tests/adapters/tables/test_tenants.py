"""What is remembered of a tenant, and what a damaged row is taken for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables import keys
from sync.adapters.tables.client import Tables, open_tables
from sync.adapters.tables.organizations import TableOrganizations
from sync.adapters.tables.tenants import ROW, TableTenants
from sync.core.settings import OrganizationSettings
from sync.errors import Moved, NeedsAdministrator
from tests.contract.storage_tenants import whole
from tests.fakes import FakeClock


@pytest.fixture
def tables(azurite: str) -> Iterator[Tables]:
    opened = open_tables(StorageAccount(connection_string=azurite))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def organization() -> str:
    return f"acme-{uuid4().hex[:12]}"


def test_it_costs_one_request_a_minute_however_many_look(
    tables: Tables, clock: FakeClock, organization: str
) -> None:
    TableTenants(tables, clock).put(whole(organization))
    tenants = TableTenants(tables, clock)
    before = tables.operations
    for _ in range(59):
        tenants.get(organization)
        clock.advance(1)
    assert tables.operations - before == 1
    clock.advance(1)
    tenants.get(organization)
    assert tables.operations - before == 2


def test_none_is_remembered_too(tables: Tables, clock: FakeClock, organization: str) -> None:
    tenants = TableTenants(tables, clock)
    tenants.get(organization)
    before = tables.operations
    assert tenants.get(organization).in_use is False
    assert tables.operations == before


def test_what_another_process_changed_is_seen_after_a_minute_or_when_told(
    tables: Tables, clock: FakeClock, organization: str
) -> None:
    here, elsewhere = TableTenants(tables, clock), TableTenants(tables, clock)
    stored = here.put(whole(organization))
    elsewhere.put(replace(stored, in_use=False))
    assert here.get(organization).in_use is True
    clock.advance(60)
    assert here.get(organization).in_use is False
    elsewhere.put(replace(elsewhere.get(organization), in_use=True))
    here.forget(organization)
    assert here.get(organization).in_use is True


def test_who_was_too_late_reads_what_is_there(tables: Tables, clock: FakeClock, organization: str) -> None:
    here, elsewhere = TableTenants(tables, clock), TableTenants(tables, clock)
    stored = here.put(whole(organization))
    elsewhere.put(replace(stored, in_use=False))
    with pytest.raises(Moved):
        here.put(replace(stored, warned=1))
    assert here.get(organization).in_use is False


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", '{"organization": 1}', '{"organization": "o", "state": "fine"}']
)
def test_a_damaged_row_is_named_and_not_taken_for_a_tenant_that_is_not_in_use(
    tables: Tables, clock: FakeClock, organization: str, text: str
) -> None:
    row: dict[str, object] = {"PartitionKey": keys.key(organization), "RowKey": ROW, "tenant": text}
    tables.table("organizations").put(row)
    with pytest.raises(NeedsAdministrator, match="tenant-damaged"):
        TableTenants(tables, clock).get(organization)


def test_settings_and_tenant_of_an_organization_do_not_meet(
    tables: Tables, clock: FakeClock, organization: str
) -> None:
    organizations, tenants = TableOrganizations(tables), TableTenants(tables, clock)
    tenants.put(whole(organization))
    assert organization not in organizations.ids()
    organizations.put(organization, OrganizationSettings(interval=15))
    tenants.forget(organization)
    assert tenants.get(organization) == whole(organization)
    assert organizations.get(organization).interval == 15
