"""Every kind of credential on real MSAL, against the simulator's Entra and its managed identity's endpoint."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from werkzeug.serving import make_server

from sync.adapters.graph.identity import is_near
from sync.adapters.graph.microsoft365 import GraphMicrosoft365
from sync.adapters.http import Session
from sync.core.certificate import parse_certificate
from sync.core.tenant import REQUIRED_PERMISSIONS, TENANT_CODES, Credential, CredentialKind, Tenant
from sync.errors import NeedsAdministrator, SyncError, TryLater
from sync.sandbox import microsoft365 as simulator
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365.applications import Application, Certificate, Federation
from sync.sandbox.microsoft365.refusals import Place
from tests.adapters.graph.canned import Canned, FakeClock, refusal
from tests.fakes import MemorySecrets, MemoryTenants, connected
from tests.sandbox.microsoft365.entra_world import Pair, make_pair

ENTRA = "http://127.0.0.1:8365"
IDENTITY = "99999999-1111-4000-8000-000000000001"
OTHER_IDENTITY = "99999999-1111-4000-8000-000000000002"
ENDS = datetime(2027, 3, 1, tzinfo=UTC)


class World:
    """One organization, `default`, whose tenant the tests change as an administrator would."""

    def __init__(self) -> None:
        self.entra = simulator.Tenant()
        self.registration = self.entra.add_application(
            secret="new-secret-value-0001", roles=frozenset(REQUIRED_PERMISSIONS)
        )
        self.app = simulator.create_app(self.entra)
        self.clock = FakeClock(datetime.now(UTC))
        self.secrets = MemorySecrets(new="new-secret-value-0001", old="old-secret-value-0002")
        self.tenants = MemoryTenants()
        self.session = Session(read_retries=0)
        self.session.mount(ENTRA, InProcess(self.app))
        self.microsoft365 = GraphMicrosoft365(
            self.tenants,
            self.secrets,
            self.clock,
            entra_url=ENTRA,
            graph_url=ENTRA,
            own_identity=IDENTITY,
            entra=self.session,
            graph=self.session,
        )

    def connect(self, credential: Credential, previous: Credential | None = None) -> Tenant:
        before = self.tenants.get("default")
        return self.tenants.put(
            replace(
                connected("default", self.entra.id),
                client_id=self.registration.client_id,
                credential=credential,
                previous=previous,
                version=before.version,
            )
        )

    def roles(self, credential: Credential, secret: str | None = None) -> frozenset[str]:
        granted = self.microsoft365.granted(self.connect(credential), credential, secret)
        assert granted.tenant_id == self.entra.id
        return granted.roles

    def refused(self, credential: Credential) -> SyncError:
        with pytest.raises(SyncError) as caught:
            self.roles(credential)
        return caught.value

    def may_read(self) -> bool:
        """Whether the organization's own client gets through to Graph."""
        return self.microsoft365("default").mailbox("nobody@example.com") is None


SECRET = Credential(CredentialKind.SECRET, "new")
OLD = Credential(CredentialKind.SECRET, "old")
CERTIFICATE = Credential(CredentialKind.CERTIFICATE, "certificate")
FEDERATED = Credential(CredentialKind.FEDERATED)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


@pytest.fixture
def identity(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """The deployment's identity, at an endpoint as the Functions host opens it."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", world.entra.login.identity_header)
    yield world.entra.add_identity(IDENTITY, roles=frozenset({"User.Read.All"}))
    server.shutdown()
    server.server_close()


# -- client secret --------------------------------------------------------------------------------------------


def test_an_unproven_tenant_is_not_opened(world: World) -> None:
    tenant = world.connect(SECRET)
    assert world.may_read()
    tenant = world.tenants.put(replace(tenant, proof_needed=True))
    with pytest.raises(NeedsAdministrator) as caught:
        world.microsoft365("default")
    assert caught.value.code == "tenant-not-proven"
    world.tenants.put(replace(tenant, proven=tenant.tenant_id))
    assert world.may_read()


def test_a_secret_of_the_vault_gets_a_token_with_its_roles(world: World) -> None:
    assert world.roles(SECRET) == {"Calendars.ReadWrite", "User.Read.All"}


def test_a_secret_is_tried_before_it_is_in_the_vault(world: World) -> None:
    world.secrets.delete("new")
    assert world.roles(SECRET, "new-secret-value-0001")
    assert world.refused(SECRET).code == "credential-missing"


def test_a_vault_that_refuses_us_is_the_whole_organization_s_trouble(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> str:
        raise NeedsAdministrator("vault-forbidden")

    monkeypatch.setattr(world.secrets, "get", refuse)
    error = world.refused(SECRET)
    assert (error.code, error.detail) == ("credential-unreachable", {"reason": "vault-forbidden"})
    assert error.code in TENANT_CODES


def test_each_look_asks_for_a_fresh_token(world: World) -> None:
    world.roles(SECRET)
    world.registration.roles = frozenset()
    assert world.roles(SECRET) == frozenset()


# -- certificate ----------------------------------------------------------------------------------------------


def test_a_certificate_signs_in_place_of_a_secret(world: World, pair: Pair) -> None:
    world.registration.certificates.append(Certificate.parse(pair.public))
    world.secrets.set("certificate", pair.private + pair.public)
    assert "Calendars.ReadWrite" in world.roles(CERTIFICATE)


def test_a_certificate_as_key_vault_gives_it_out_works_too(world: World, pair: Pair) -> None:
    world.registration.certificates.append(Certificate.parse(pair.public))
    key: Any = load_pem_private_key(pair.private.encode(), None)
    own = x509.load_pem_x509_certificate(pair.public.encode())
    bag = serialize_key_and_certificates(b"sync", key, own, None, NoEncryption())
    world.secrets.set("certificate", base64.b64encode(bag).decode())
    assert world.roles(CERTIFICATE)


def test_a_certificate_that_was_not_uploaded_is_named(world: World, pair: Pair) -> None:
    world.secrets.set("certificate", pair.private + pair.public)
    assert world.refused(CERTIFICATE).code == "credential-certificate-unknown"


@pytest.mark.parametrize("what", ["text", "key alone", "certificate alone", "another's key", "broken base64"])
def test_what_is_no_certificate_is_named_without_its_content(world: World, pair: Pair, what: str) -> None:
    text = {
        "text": "what an administrator pasted by mistake",
        "key alone": pair.private,
        "certificate alone": pair.public,
        "another's key": make_pair().private + pair.public,
        "broken base64": "AAAA====",
    }[what]
    world.secrets.set("certificate", text)
    error = world.refused(CERTIFICATE)
    assert (type(error), error.code) == (NeedsAdministrator, "certificate-unreadable")
    assert (error.detail, error.__cause__) == ({}, None)


def test_the_certificate_with_the_key_comes_first(pair: Pair) -> None:
    other = make_pair(starts=datetime(2020, 1, 1, tzinfo=UTC))
    found = parse_certificate(other.public + pair.private + pair.public)
    assert found.chain.startswith(pair.public)
    assert found.ends == x509.load_pem_x509_certificate(pair.public.encode()).not_valid_after_utc
    assert pair.private.splitlines()[1] not in repr(found)


# -- managed identity -----------------------------------------------------------------------------------------


def test_a_federated_credential_needs_no_secret_at_all(world: World, identity: Application) -> None:
    world.registration.federations.append(Federation(world.entra.login.issuer, identity.principal_id))
    assert "Calendars.ReadWrite" in world.roles(FEDERATED)
    assert world.secrets.operations == 0


def test_a_federated_credential_of_another_identity_is_named(world: World, identity: Application) -> None:
    world.registration.federations.append(Federation(world.entra.login.issuer, "another-object-id"))
    assert world.refused(FEDERATED).code == "credential-federation-wrong"


def test_an_identity_of_its_own_may_be_named(world: World, identity: Application) -> None:
    other = world.entra.add_identity(OTHER_IDENTITY)
    world.registration.federations.append(Federation(world.entra.login.issuer, other.principal_id))
    assert world.refused(FEDERATED).code == "credential-federation-wrong"
    assert world.roles(replace(FEDERATED, identity=OTHER_IDENTITY))


def test_the_identity_itself_may_hold_the_permissions(world: World, identity: Application) -> None:
    assert world.roles(Credential(CredentialKind.MANAGED_IDENTITY)) == {"User.Read.All"}


@pytest.mark.parametrize("kind", [CredentialKind.FEDERATED, CredentialKind.MANAGED_IDENTITY])
def test_an_identity_that_the_app_does_not_have_is_named(
    world: World, identity: Application, kind: CredentialKind
) -> None:
    error = world.refused(Credential(kind, identity=OTHER_IDENTITY))
    assert (type(error), error.code) == (NeedsAdministrator, "identity-missing")


@pytest.mark.parametrize("kind", [CredentialKind.FEDERATED, CredentialKind.MANAGED_IDENTITY])
def test_an_endpoint_that_does_not_answer_is_a_matter_of_time(
    world: World, identity: Application, kind: CredentialKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/msi/token")
    error = world.refused(Credential(kind))
    assert (type(error), error.code) == (TryLater, "identity-unavailable")


def test_a_failure_of_the_endpoint_is_not_remembered(world: World, identity: Application) -> None:
    world.entra.faults.script("GET /msi/token", simulator_failure(), times=1)
    assert isinstance(world.refused(Credential(CredentialKind.MANAGED_IDENTITY)), TryLater)
    assert world.roles(Credential(CredentialKind.MANAGED_IDENTITY))


def simulator_failure() -> Any:
    from sync.sandbox.faults import fail

    return fail(500, "InternalServerError")


@pytest.mark.parametrize("far", ["http://example.com/msi", "http://10.0.0.4/msi", "https://192.0.2.1/", "x"])
def test_the_identity_s_header_goes_to_this_machine_only(
    world: World, identity: Application, monkeypatch: pytest.MonkeyPatch, far: str
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", far)
    assert isinstance(world.refused(FEDERATED), TryLater)
    assert not is_near(far)
    assert is_near("http://169.254.255.2:8081/msi/token")


# -- two at a time --------------------------------------------------------------------------------------------


def test_the_replaced_credential_stands_in_while_the_new_one_is_refused(world: World) -> None:
    world.registration.secrets[0].value = "old-secret-value-0002"
    world.connect(SECRET, previous=OLD)
    for _ in range(5):
        assert world.may_read()
    assert world.entra.requests.tokens == 2, "the refusal stands for a while, the old one's token is kept"
    world.registration.secrets[0].value = "new-secret-value-0001"
    world.clock.sleep(61)
    world.microsoft365.client("default")
    assert world.may_read()
    assert world.entra.requests.tokens == 3


def test_the_new_credential_alone_is_asked_while_it_works(world: World) -> None:
    world.connect(SECRET, previous=OLD)
    assert world.may_read()
    assert world.entra.requests.tokens == 1


def test_the_error_is_that_of_the_present_credential(world: World) -> None:
    world.registration.secrets[0].expires = datetime.now(UTC) - timedelta(days=1)
    world.connect(SECRET, previous=OLD)
    with pytest.raises(NeedsAdministrator, match="credential-expired"):
        world.may_read()


def test_a_refused_secret_is_read_from_the_vault_again(world: World) -> None:
    world.registration.secrets[0].value = "rotated-secret-0003"
    world.connect(SECRET)
    with pytest.raises(NeedsAdministrator, match="credential-wrong"):
        world.may_read()
    assert world.secrets.forgotten == ["new"]
    world.secrets.set("new", "rotated-secret-0003")
    world.clock.sleep(61)
    assert world.may_read()


def test_a_change_of_the_settings_takes_hold_without_a_restart(world: World) -> None:
    world.connect(OLD)
    with pytest.raises(NeedsAdministrator):
        world.may_read()
    world.connect(SECRET)
    assert world.may_read()


def test_one_client_serves_an_organization_until_its_credential_changes(world: World) -> None:
    world.connect(SECRET)
    first = world.microsoft365.client("default")
    world.tenants.put(replace(world.tenants.get("default"), warned=30, checked_at=world.clock.now()))
    assert world.microsoft365.client("default") is first
    world.connect(OLD)
    other = world.microsoft365.client("default")
    assert other is not first
    assert other.throttle is first.throttle, "the mailboxes' limits are the same ones"


def test_organizations_do_not_share_a_client(world: World) -> None:
    world.connect(SECRET)
    world.tenants.put(replace(world.tenants.get("default"), organization="rival", version=None))
    assert world.microsoft365.client("default") is not world.microsoft365.client("rival")


def test_an_organization_without_credential_is_told_so(world: World) -> None:
    with pytest.raises(NeedsAdministrator, match="microsoft365-not-set-up"):
        world.microsoft365.client("default")


# -- when it ends ---------------------------------------------------------------------------------------------


def test_the_registration_says_when_a_secret_ends(world: World) -> None:
    world.registration.roles |= {"Application.Read.All"}
    world.registration.secrets[0].expires = ENDS
    tenant = world.connect(SECRET)
    assert world.microsoft365.credential_end(tenant, SECRET) == ENDS


def test_the_registration_says_when_a_certificate_ends(world: World, pair: Pair) -> None:
    world.registration.roles |= {"Application.Read.All"}
    world.registration.certificates.append(Certificate.parse(pair.public))
    world.secrets.set("certificate", pair.private + pair.public)
    own = parse_certificate(pair.private + pair.public)
    credential = replace(CERTIFICATE, hint=own.thumbprint)
    assert world.microsoft365.credential_end(world.connect(credential), credential) == own.ends


def test_two_secrets_that_begin_alike_are_not_guessed_at(world: World) -> None:
    world.registration.roles |= {"Application.Read.All"}
    world.registration.secrets[0].expires = ENDS
    twin = replace(world.registration.secrets[0], value="newer", expires=ENDS + timedelta(days=1))
    world.registration.secrets.append(twin)
    assert world.microsoft365.credential_end(world.connect(SECRET), SECRET) is None


def test_without_the_permission_nobody_is_asked_to_guess(world: World) -> None:
    world.registration.secrets[0].expires = ENDS
    assert world.microsoft365.credential_end(world.connect(SECRET), SECRET) is None


def test_an_end_is_not_worth_a_failure(world: World) -> None:
    world.entra.login.refusals.order(7000222, Place.TOKEN, None)
    assert world.microsoft365.credential_end(world.connect(SECRET), SECRET) is None
    world.session.mount(ENTRA, Canned(refusal(500, "x")))
    assert world.microsoft365.credential_end(world.connect(SECRET), SECRET) is None
