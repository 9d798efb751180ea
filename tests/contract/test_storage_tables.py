"""Table Storage (Azurite) keeps the promises of the stores."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Tables, open_tables
from sync.adapters.tables.connections import TableConnections
from sync.adapters.tables.cursors import TableCursors
from sync.adapters.tables.facilities import TableFacilities
from sync.adapters.tables.history import TableHistory
from sync.adapters.tables.leases import TableLeases
from sync.adapters.tables.links import TableLinks
from sync.adapters.tables.meetings import TableMeetings
from sync.adapters.tables.operations import TableOperations
from sync.adapters.tables.organizations import TableOrganizations
from sync.adapters.tables.passes import TablePasses
from sync.adapters.tables.tenants import TableTenants
from tests.contract.storage import (
    ConnectionsContract,
    CursorsContract,
    HistoryContract,
    LeasesContract,
    LinksContract,
    OrganizationsContract,
    PassesContract,
)
from tests.contract.storage import person as person
from tests.contract.storage_meetings import FacilitiesContract, MeetingsContract
from tests.contract.storage_operations import CountsContract, OperationsContract
from tests.contract.storage_tenants import TenantsContract
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def tables(azurite: str) -> Iterator[Tables]:
    opened = open_tables(StorageAccount(connection_string=azurite))
    yield opened
    opened.close()


class TestLinks(LinksContract):
    @pytest.fixture
    def links(self, tables: Tables) -> TableLinks:
        return TableLinks(tables, page=60)


class TestCursors(CursorsContract):
    @pytest.fixture
    def cursors(self, tables: Tables) -> TableCursors:
        return TableCursors(tables)


class TestLeases(LeasesContract):
    @pytest.fixture
    def leases(self, tables: Tables, clock: FakeClock) -> TableLeases:
        return TableLeases(tables, clock)


class TestConnections(ConnectionsContract):
    @pytest.fixture
    def connections(self, tables: Tables) -> TableConnections:
        return TableConnections(tables, page=3)


class TestOrganizations(OrganizationsContract):
    @pytest.fixture
    def organizations(self, tables: Tables) -> TableOrganizations:
        return TableOrganizations(tables)


class TestFacilities(FacilitiesContract):
    @pytest.fixture
    def facilities(self, tables: Tables) -> TableFacilities:
        return TableFacilities(tables)


class TestMeetings(MeetingsContract):
    @pytest.fixture
    def meetings(self, tables: Tables) -> TableMeetings:
        return TableMeetings(tables)


class TestPasses(PassesContract):
    @pytest.fixture
    def passes(self, tables: Tables) -> TablePasses:
        return TablePasses(tables)


class TestHistory(HistoryContract):
    @pytest.fixture
    def history(self, tables: Tables) -> TableHistory:
        return TableHistory(tables)


class TestTenants(TenantsContract):
    @pytest.fixture
    def tenants(self, tables: Tables) -> TableTenants:
        return TableTenants(tables, FakeClock())


class TestOperations(OperationsContract):
    @pytest.fixture
    def operations(self, tables: Tables) -> TableOperations:
        return TableOperations(tables)


class TestCounts(CountsContract):
    @pytest.fixture
    def links(self, tables: Tables) -> TableLinks:
        return TableLinks(tables, page=3)

    @pytest.fixture
    def meetings(self, tables: Tables) -> TableMeetings:
        return TableMeetings(tables)
