"""The fakes keep the promises of the stores they stand for."""

from __future__ import annotations

import pytest

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
from tests.fakes import (
    FakeClock,
    MemoryConnections,
    MemoryCursors,
    MemoryFacilities,
    MemoryHistory,
    MemoryLeases,
    MemoryLinks,
    MemoryMeetings,
    MemoryOperations,
    MemoryOrganizations,
    MemoryPasses,
    MemoryTenants,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestLinks(LinksContract):
    @pytest.fixture
    def links(self) -> MemoryLinks:
        return MemoryLinks()


class TestCursors(CursorsContract):
    @pytest.fixture
    def cursors(self) -> MemoryCursors:
        return MemoryCursors()


class TestLeases(LeasesContract):
    @pytest.fixture
    def leases(self, clock: FakeClock) -> MemoryLeases:
        return MemoryLeases(clock)


class TestConnections(ConnectionsContract):
    @pytest.fixture
    def connections(self) -> MemoryConnections:
        return MemoryConnections()


class TestOrganizations(OrganizationsContract):
    @pytest.fixture
    def organizations(self) -> MemoryOrganizations:
        return MemoryOrganizations()


class TestFacilities(FacilitiesContract):
    @pytest.fixture
    def facilities(self) -> MemoryFacilities:
        return MemoryFacilities()


class TestMeetings(MeetingsContract):
    @pytest.fixture
    def meetings(self) -> MemoryMeetings:
        return MemoryMeetings()


class TestPasses(PassesContract):
    @pytest.fixture
    def passes(self) -> MemoryPasses:
        return MemoryPasses()


class TestHistory(HistoryContract):
    @pytest.fixture
    def history(self) -> MemoryHistory:
        return MemoryHistory()


class TestTenants(TenantsContract):
    @pytest.fixture
    def tenants(self) -> MemoryTenants:
        return MemoryTenants()


class TestOperations(OperationsContract):
    @pytest.fixture
    def operations(self) -> MemoryOperations:
        return MemoryOperations()


class TestCounts(CountsContract):
    @pytest.fixture
    def links(self) -> MemoryLinks:
        return MemoryLinks()

    @pytest.fixture
    def meetings(self) -> MemoryMeetings:
        return MemoryMeetings()
