"""What the store of tenants promises. Run over the fake and over Table Storage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.core.settings import Connection
from sync.core.tenant import (
    Credential,
    CredentialKind,
    Disconnection,
    ExpirySource,
    PermissionState,
    Tenant,
    TenantState,
)
from sync.errors import Moved
from sync.ports import Tenants
from tests.contract.storage import AWKWARD, namesake

AT = datetime(2026, 11, 2, 9, 30, 15, 250_000, tzinfo=UTC)


def whole(organization: str) -> Tenant:
    """Every attribute differs from what a fresh one has."""
    certificate = Credential(
        CredentialKind.CERTIFICATE,
        "microsoft365-acme-0f0f0f0f",
        AT,
        ExpirySource.CERTIFICATE,
        AT - timedelta(days=1),
        hint="A" * 40,
    )
    federated = Credential(CredentialKind.FEDERATED, identity="an-identity", by_operator=True)
    return Tenant(
        organization,
        in_use=True,
        tenant_id="tenant",
        client_id=AWKWARD,
        credential=certificate,
        previous=federated,
        state=TenantState.ERROR,
        error="credential-expired",
        error_detail={"aadsts": "7000222"},
        since=AT,
        checked_at=AT,
        consented_at=AT,
        permissions={"Calendars.ReadWrite": PermissionState.BY_POLICY},
        warned=30,
        disconnection=Disconnection.DETACH,
    )


class TenantsContract:
    """The people's `organization` is one that nobody else uses."""

    def test_at_first_nothing_is_in_use(self, tenants: Tenants, person: Connection) -> None:
        assert tenants.get(person.organization) == Tenant(person.organization)
        assert tenants.get(person.organization).version is None

    def test_a_tenant_comes_back_as_it_was_put(self, tenants: Tenants, person: Connection) -> None:
        stored = tenants.put(whole(person.organization))
        tenants.forget(person.organization)
        found = tenants.get(person.organization)
        assert found == stored == whole(person.organization)
        assert found.version == stored.version is not None

    def test_what_was_taken_away_is_gone(self, tenants: Tenants, person: Connection) -> None:
        stored = tenants.put(whole(person.organization))
        bare = Tenant(person.organization, version=stored.version)
        tenants.put(bare)
        tenants.forget(person.organization)
        assert tenants.get(person.organization) == Tenant(person.organization)

    def test_who_read_before_another_s_change_does_not_undo_it(
        self, tenants: Tenants, person: Connection
    ) -> None:
        before = tenants.put(whole(person.organization))
        changed = tenants.put(replace(before, in_use=False))
        with pytest.raises(Moved, match="tenant-changed"):
            tenants.put(replace(before, warned=7))
        assert tenants.get(person.organization) == changed

    def test_a_first_tenant_does_not_replace_one_that_appeared(
        self, tenants: Tenants, person: Connection
    ) -> None:
        stored = tenants.put(whole(person.organization))
        with pytest.raises(Moved):
            tenants.put(Tenant(person.organization))
        assert tenants.get(person.organization) == stored

    def test_of_many_who_change_it_at_once_one_does(self, tenants: Tenants, person: Connection) -> None:
        before = tenants.put(whole(person.organization))

        def change(days: int) -> int | None:
            try:
                return tenants.put(replace(before, warned=days)).warned
            except Moved:
                return None

        with ThreadPoolExecutor(8) as pool:
            won = [days for days in pool.map(change, range(8)) if days is not None]
        tenants.forget(person.organization)
        assert [tenants.get(person.organization).warned] == won

    def test_organizations_are_apart(self, tenants: Tenants, person: Connection) -> None:
        tenants.put(whole(person.organization))
        other = namesake(person).organization
        assert tenants.get(other) == Tenant(other)
