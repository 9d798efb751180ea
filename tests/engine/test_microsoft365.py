"""An organization's connection to Microsoft 365: what is stored, what is refused, and what is found to be granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sync.core.settings import Connection, OrganizationSettings, State
from sync.core.tenant import (
    CALENDARS,
    Credential,
    CredentialKind,
    ExpirySource,
    PermissionState,
    Tenant,
    TenantState,
    is_own_secret,
    secret_name,
)
from sync.engine.granted import check_granted
from sync.engine.microsoft365 import (
    NewCredential,
    TenantChange,
    drop_previous,
    forget_credentials,
    save_settings,
)
from sync.engine.services import Services
from sync.errors import CannotSync, Moved, NeedsAdministrator, SyncError, TryLater
from tests.fakes import (
    FakeClock,
    FakeMicrosoft365,
    MemoryConnections,
    MemoryCursors,
    MemoryHistory,
    MemoryJobs,
    MemoryLeases,
    MemoryLinks,
    MemoryOrganizations,
    MemoryPasses,
    MemorySecrets,
    MemoryTenants,
)
from tests.sandbox.microsoft365.entra_world import Pair, make_pair

ORGANIZATION = "default"
TENANT_ID = "11111111-2222-4333-8444-555555555555"
CLIENT_ID = "66666666-7777-4888-8999-aaaaaaaaaaaa"
VALUE = "a-client-secret-of-forty-characters-0001"
END = datetime(2027, 5, 22, tzinfo=UTC)


class Mailboxes:
    """Who may be read; everybody else is outside the access policy."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.error: SyncError = NeedsAdministrator("mailbox-forbidden")
        self.asked: list[str] = []

    def check(self, oid: str) -> None:
        self.asked.append(oid)
        if oid not in self.open:
            raise self.error


class House:
    def __init__(self, *people: Connection) -> None:
        self.clock = FakeClock()
        self.tenants, self.secrets = MemoryTenants(), MemorySecrets()
        self.entra, self.mailboxes = FakeMicrosoft365(), Mailboxes()
        self.services = Services(
            clock=self.clock,
            organizations=MemoryOrganizations(),
            connections=MemoryConnections(people),
            links=MemoryLinks(),
            cursors=MemoryCursors(),
            leases=MemoryLeases(self.clock),
            passes=MemoryPasses(),
            history=MemoryHistory(),
            jobs=MemoryJobs(self.clock),
            secrets=self.secrets,
            calendars=cast(Any, None),
            directory=cast(Any, None),
            mailboxes=lambda _organization: cast(Any, self.mailboxes),
            tenants=self.tenants,
            microsoft365=self.entra,
        )

    @property
    def tenant(self) -> Tenant:
        return self.tenants.get(ORGANIZATION)

    def save(self, credential: NewCredential | None = None, **changes: Any) -> Tenant:
        known: dict[str, Any] = {"in_use": True, "tenant_id": TENANT_ID, "client_id": CLIENT_ID}
        return save_settings(
            self.services, ORGANIZATION, TenantChange(**{**known, "credential": credential, **changes})
        )

    def refused(self, credential: NewCredential, **changes: Any) -> CannotSync:
        before = self.tenant
        with pytest.raises(CannotSync) as caught:
            self.save(credential, **changes)
        assert (self.tenant, self.secrets.names) == (before, names_of(before))
        return caught.value

    def check(self, consented: bool = False) -> Tenant:
        return check_granted(self.services, ORGANIZATION, consented)


def names_of(tenant: Tenant) -> Sequence[str]:
    return sorted(one.secret for one in tenant.credentials if one.secret)


def secret(value: str = VALUE, **more: Any) -> NewCredential:
    return NewCredential(CredentialKind.SECRET, value, **more)


def linked(*oids: str) -> list[Connection]:
    return [
        Connection(ORGANIZATION, f"u{n}", mailbox=oid, enabled=True, state=State.ACTIVE)
        for n, oid in enumerate(oids)
    ]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


# -- stored ---------------------------------------------------------------------------------------------------


def test_a_secret_goes_to_the_vault_with_its_end_and_nowhere_else(house: House) -> None:
    tenant = house.save(secret(expires=END))
    assert tenant.credential is not None
    name = tenant.credential.secret
    assert is_own_secret(ORGANIZATION, name)
    assert (house.secrets.get(name), house.secrets.expires(name)) == (VALUE, END)
    assert (tenant.credential.expires, tenant.credential.expiry_source) == (END, ExpirySource.ENTERED)
    assert VALUE not in repr(house.tenant)
    assert VALUE not in repr(secret()), "not by way of a log line of what was entered, either"


def test_it_is_tested_before_it_is_stored(house: House) -> None:
    house.save(secret())
    [(credential, value)] = house.entra.asked
    assert (credential.kind, value) == (CredentialKind.SECRET, VALUE)


@pytest.mark.parametrize("code", ["credential-wrong", "credential-expired", "credential-certificate-unknown"])
def test_what_entra_says_is_wrong_with_it_is_refused_and_not_stored(house: House, code: str) -> None:
    house.entra.error = NeedsAdministrator(code)
    assert house.refused(secret()).code == code


@pytest.mark.parametrize(
    "error",
    [
        NeedsAdministrator("credential-unknown-app"),
        NeedsAdministrator("consent-missing"),
        NeedsAdministrator("conditional-access"),
        NeedsAdministrator("credential-app-disabled"),
        TryLater("entra-unavailable"),
    ],
    ids=lambda error: error.code,
)
def test_what_can_be_repaired_elsewhere_is_stored(house: House, error: SyncError) -> None:
    house.entra.error = error
    tenant = house.save(secret())
    assert tenant.credential is not None
    assert house.secrets.get(tenant.credential.secret) == VALUE
    assert tenant.state is TenantState.NOT_CONNECTED


def test_the_secret_s_id_is_recognised_without_asking(house: House) -> None:
    assert house.refused(secret("0f8fad5b-d9cb-469f-a165-70867728950e")).code == "secret-id-entered"
    assert house.entra.asked == []


def test_a_certificate_says_its_own_end_and_name(house: House, pair: Pair) -> None:
    tenant = house.save(NewCredential(CredentialKind.CERTIFICATE, pair.private + pair.public, expires=END))
    assert tenant.credential is not None
    assert tenant.credential.expiry_source is ExpirySource.CERTIFICATE
    assert tenant.credential.expires is not None
    assert tenant.credential.expires.year == 2035
    assert len(tenant.credential.hint) == 40
    assert (
        house.refused(NewCredential(CredentialKind.CERTIFICATE, pair.public)).code == "certificate-unreadable"
    )


@pytest.mark.parametrize("kind", [CredentialKind.FEDERATED, CredentialKind.MANAGED_IDENTITY])
def test_an_identity_needs_nothing_in_the_vault(house: House, kind: CredentialKind) -> None:
    tenant = house.save(NewCredential(kind, identity=CLIENT_ID))
    assert tenant.credential is not None
    assert (tenant.credential.secret, tenant.credential.identity) == ("", CLIENT_ID)
    assert house.secrets.names == []


def test_only_an_identity_itself_needs_no_client_id(house: House) -> None:
    assert house.refused(secret(), client_id="").code == "client-id-missing"
    assert house.refused(secret(), tenant_id="").code == "tenant-id-missing"
    house.save(NewCredential(CredentialKind.MANAGED_IDENTITY), client_id="")


def test_a_secret_that_an_operator_stored_is_used_by_its_name_and_never_deleted(house: House) -> None:
    house.secrets.set("microsoft365-default-2026", VALUE, END)
    tenant = house.save(NewCredential(CredentialKind.SECRET, name="microsoft365-default-2026"))
    assert tenant.credential is not None
    assert (tenant.credential.expires, tenant.credential.expiry_source) == (END, ExpirySource.VAULT)
    house.save(secret())
    house.save(secret("another-client-secret-0003"))
    assert house.secrets.get("microsoft365-default-2026") == VALUE
    forget_credentials(house.services, house.tenant)
    assert house.secrets.names == ["microsoft365-default-2026"]


@pytest.mark.parametrize(
    "name",
    [
        "groupware-key",
        "signing-key",
        "microsoft365-rival-2026",
        "microsoft365-default-rival-1",
        "microsoft365-default-",
        "microsoft365-default-2026/..",
        "microsoft365-default-A",
        "microsoft365-default-2026\n",
        "xmicrosoft365-default-2026",
    ],
)
def test_no_other_secret_is_within_reach(house: House, name: str) -> None:
    house.secrets.set(name, VALUE)
    with pytest.raises(CannotSync, match="secret-name-foreign"):
        house.save(NewCredential(CredentialKind.SECRET, name=name))
    assert house.entra.asked == [], "not even tried"


def test_names_of_organizations_do_not_meet() -> None:
    """Key Vault takes `A` and `a` for one name."""
    organizations = ["default", "Default", "a", "a-b", "x-1", "日本", "a" * 41, "", "a_b", "-"]
    names = {secret_name(organization, "1").lower() for organization in organizations}
    assert len(names) == len(organizations)
    for organization in organizations:
        assert len(secret_name(organization, "1" * 64)) <= 127
        others = [secret_name(other, "1") for other in organizations if other != organization]
        assert not any(is_own_secret(organization, name) for name in others)


def test_two_who_change_at_once_do_not_overwrite_each_other(house: House) -> None:
    house.save()

    def other_first(*_: Any) -> None:
        house.entra.granted = FakeMicrosoft365().granted  # type: ignore[method-assign]
        house.tenants.put(replace(house.tenant, in_use=False))

    house.entra.granted = other_first  # type: ignore[method-assign,assignment]
    with pytest.raises(Moved, match="tenant-changed"):
        house.save(secret())
    assert house.secrets.names == [], "what was stored for nothing is gone again"
    assert house.tenant.in_use is False


# -- replaced -------------------------------------------------------------------------------------------------


def test_the_replaced_credential_stays_until_the_next_one_comes(house: House) -> None:
    first = house.save(secret("first-client-secret-0001")).credential
    second = house.save(secret("second-client-secret-0002"))
    assert second.previous == first
    third = house.save(secret("third-client-secret-0003"))
    assert third.previous == second.credential
    assert first is not None
    assert house.secrets.get(first.secret) is None
    assert house.secrets.names == names_of(third)


def test_one_that_has_ended_is_not_kept(house: House) -> None:
    house.save(secret("first-client-secret-0001", expires=house.clock.now() + timedelta(days=1)))
    house.clock.advance(timedelta(days=1))
    tenant = house.save(secret("second-client-secret-0002"))
    assert tenant.previous is None
    assert house.secrets.names == names_of(tenant)


def test_one_of_another_registration_is_not_kept(house: House) -> None:
    house.save(secret("first-client-secret-0001"))
    tenant = house.save(secret("second-client-secret-0002"), client_id=TENANT_ID)
    assert tenant.previous is None
    assert house.secrets.names == names_of(tenant)


def test_the_previous_one_is_dropped_when_it_ends(house: House) -> None:
    house.save(secret("first-client-secret-0001"))
    house.save(secret("second-client-secret-0002"))
    tenant = drop_previous(house.services, house.tenant)
    assert tenant.previous is None
    assert house.secrets.names == names_of(tenant)


def test_the_vault_that_cannot_delete_now_does_not_undo_the_change(house: House) -> None:
    house.save(secret("first-client-secret-0001"))
    house.save(secret("second-client-secret-0002"))

    def down(name: str) -> None:
        raise TryLater("vault-unavailable")

    house.secrets.delete = down  # type: ignore[method-assign]
    assert house.save(secret("third-client-secret-0003")).credential == house.tenant.credential


def test_an_end_that_was_not_known_is_entered_later(house: House) -> None:
    house.save(secret())
    tenant = house.save(credential_expires=END)
    assert tenant.credential is not None
    assert (tenant.credential.expires, tenant.credential.expiry_source) == (END, ExpirySource.ENTERED)
    assert len(house.secrets.names) == 1


def test_ids_are_told_apart_without_regard_to_case(house: House) -> None:
    assert house.save(tenant_id=TENANT_ID.upper()).tenant_id == TENANT_ID


# -- granted --------------------------------------------------------------------------------------------------


def test_a_token_with_its_roles_connects(house: House) -> None:
    house.save(secret())
    house.clock.advance(60)
    tenant = house.check(consented=True)
    assert (tenant.state, tenant.error) == (TenantState.CONNECTED, "")
    assert tenant.since == tenant.checked_at == tenant.consented_at == house.clock.now()
    assert tenant.permissions == {
        CALENDARS: PermissionState.GRANTED,
        "User.Read.All": PermissionState.GRANTED,
        "Application.Read.All": PermissionState.MISSING,
    }
    assert ORGANIZATION in house.entra.forgotten


def test_without_consent_nothing_is_connected(house: House) -> None:
    house.entra.roles = frozenset()
    house.save(secret())
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.NOT_CONNECTED, "consent-missing")


def test_a_calendar_that_answers_without_a_role_is_granted_by_policy() -> None:
    """RBAC for Applications (graph-calendar.md 12.5)."""
    house = House(*linked("outside", "inside"))
    house.entra.roles = frozenset({"User.Read.All"})
    house.mailboxes.open = {"inside"}
    house.save(secret())
    tenant = house.check()
    assert (tenant.state, tenant.permissions[CALENDARS]) == (TenantState.CONNECTED, PermissionState.BY_POLICY)


def test_nobody_to_look_at_leaves_it_open(house: House) -> None:
    house.entra.roles = frozenset({"User.Read.All"})
    house.save(secret())
    tenant = house.check()
    assert (tenant.state, tenant.permissions[CALENDARS]) == (TenantState.CONNECTED, PermissionState.UNKNOWN)


def test_calendars_that_all_refuse_without_a_role_stop_everyone() -> None:
    house = House(*linked("a", "b", "c", "d"))
    house.entra.roles = frozenset({"User.Read.All"})
    house.save(secret())
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.NOT_CONNECTED, "permission-missing")
    assert len(house.mailboxes.asked) == 3, "a few are enough"


def test_calendars_that_refuse_in_spite_of_the_role_are_told_and_stop_nobody() -> None:
    """An access policy, or consent that has not spread yet: each person says it for itself."""
    house = House(*linked("a", "b"))
    house.save(secret())
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.CONNECTED, "calendars-forbidden")


@pytest.mark.parametrize("error", [TryLater("graph-unavailable"), NeedsAdministrator("mailbox-missing")])
def test_a_calendar_that_tells_nothing_about_permissions_changes_nothing(error: SyncError) -> None:
    house = House(*linked("a"))
    house.mailboxes.error = error
    house.save(secret())
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.CONNECTED, "")


def test_people_of_the_tenant_before_are_not_looked_at() -> None:
    [person] = linked("a")
    house = House(replace(person, tenant="another-tenant"))
    house.save(secret())
    house.check()
    assert house.mailboxes.asked == []


def test_a_token_of_another_tenant_is_refused(house: House) -> None:
    house.save(secret())
    house.entra.tenant_id = CLIENT_ID
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.NOT_CONNECTED, "tenant-mismatch")


def shared(kind: CredentialKind = CredentialKind.FEDERATED) -> House:
    """A deployment that serves another organization besides."""
    house = House()
    house.services.organizations.put("another", OrganizationSettings())
    house.save(NewCredential(kind))
    return house


@pytest.mark.parametrize("kind", [CredentialKind.FEDERATED, CredentialKind.MANAGED_IDENTITY])
def test_the_deployment_s_credential_opens_no_tenant_that_was_not_proven(kind: CredentialKind) -> None:
    """Else one customer's administrator could enter another customer's tenant id and read it."""
    house = shared(kind)
    asked = len(house.entra.asked)
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.NOT_CONNECTED, "tenant-not-proven")
    assert not tenant.may_sync
    assert len(house.entra.asked) == asked, "no token is fetched to look around with"
    house.tenants.put(replace(house.tenant, proven=TENANT_ID))
    assert house.check().state is TenantState.CONNECTED
    assert house.tenant.may_sync


def test_a_proof_holds_for_its_tenant_alone() -> None:
    house = shared()
    house.tenants.put(replace(house.tenant, proven=TENANT_ID))
    house.check()
    house.save(None, tenant_id="99999999-2222-4333-8444-555555555555")
    assert not house.tenant.is_proven
    assert not house.tenant.may_sync, "although the state of before is still shown"
    assert house.check().error == "tenant-not-proven"


def test_whoever_enters_the_secret_has_it_and_needs_no_proof() -> None:
    house = shared()
    house.save(secret())
    assert house.check().state is TenantState.CONNECTED
    assert house.tenant.previous is None, "the one that was never proven is not tried"


def test_an_only_organization_needs_no_proof(house: House) -> None:
    house.save(NewCredential(CredentialKind.FEDERATED))
    assert house.check().state is TenantState.CONNECTED


def test_what_worked_and_does_not_any_more_is_an_error(house: House) -> None:
    house.save(secret())
    house.check()
    house.entra.error = NeedsAdministrator("credential-expired", {"aadsts": "7000222"})
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.ERROR, "credential-expired")
    assert tenant.error_detail == {"aadsts": "7000222"}
    house.entra.error = None
    assert (house.check().state, house.tenant.error) == (TenantState.CONNECTED, "")


def test_the_previous_credential_keeps_the_connection_up(house: House) -> None:
    first = house.save(secret("first-client-secret-0001")).credential
    house.check()
    second = house.save(secret("second-client-secret-0002")).credential
    assert first is not None
    assert second is not None
    house.entra.refused[second.secret] = NeedsAdministrator("credential-wrong")
    tenant = house.check()
    assert (tenant.state, tenant.error) == (TenantState.CONNECTED, "credential-previous-used")
    house.entra.refused[first.secret] = NeedsAdministrator("credential-expired")
    assert house.check().error == "credential-wrong", "the one that matters"


def test_entra_that_is_away_says_nothing_about_the_connection(house: House) -> None:
    house.save(secret())
    house.check()
    before = house.tenant
    house.entra.error = TryLater("entra-unavailable")
    with pytest.raises(TryLater):
        house.check()
    assert house.tenant == before


def test_what_the_registration_says_about_the_end_counts_most(house: House) -> None:
    house.save(secret(expires=END))
    house.entra.ends[CLIENT_ID] = END + timedelta(days=9)
    credential = house.check().credential
    assert credential is not None
    assert (credential.expires, credential.expiry_source) == (END + timedelta(days=9), ExpirySource.GRAPH)


def test_the_end_of_a_secret_that_was_renewed_in_the_vault_is_seen(house: House) -> None:
    name = "microsoft365-default-1"
    house.secrets.set(name, VALUE, END)
    house.save(NewCredential(CredentialKind.SECRET, name=name))
    house.tenants.put(replace(house.tenant, warned=7))
    house.secrets.set(name, "renewed-client-secret", END + timedelta(days=180))
    tenant = house.check()
    assert tenant.credential is not None
    assert tenant.credential.expires == END + timedelta(days=180)
    assert tenant.warned is None, "a new end is warned of anew"


def test_a_check_meets_a_change_and_looks_again(house: House) -> None:
    house.save(secret())
    asked: list[Credential] = []
    real = house.entra.granted

    def meanwhile(tenant: Tenant, credential: Credential, value: str | None = None) -> Any:
        asked.append(credential)
        if len(asked) == 1:
            house.tenants.put(replace(house.tenant, warned=60))
        return real(tenant, credential, value)

    house.entra.granted = meanwhile  # type: ignore[method-assign,assignment]
    tenant = house.check()
    assert (tenant.state, tenant.warned) == (TenantState.CONNECTED, 60)


def test_an_organization_that_is_being_disconnected_is_left_alone(house: House) -> None:
    house.save(secret())
    house.tenants.put(replace(house.tenant, state=TenantState.DISCONNECTING))
    with pytest.raises(NeedsAdministrator, match="microsoft365-disconnecting"):
        house.check()
    with pytest.raises(NeedsAdministrator, match="microsoft365-disconnecting"):
        house.save(secret())


def test_a_disconnected_organization_connects_again(house: House) -> None:
    house.save(secret())
    house.check()
    bare = forget_credentials(house.services, house.tenant)
    house.tenants.put(replace(bare, state=TenantState.DISCONNECTED, in_use=False))
    assert house.secrets.names == []
    assert house.save(secret()).state is TenantState.NOT_CONNECTED
    assert house.check().state is TenantState.CONNECTED
