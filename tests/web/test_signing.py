"""The one key: made once, kept in the vault, replaced there, never mistaken."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sync.errors import NeedsAdministrator, TryLater
from sync.web.signing import SECRET, Kind, Signing
from sync.web.tokens import TokenRefused
from tests.fakes import FakeClock, MemorySecrets, MemoryTickets

URL = "https://sync.example"
LIFE = timedelta(minutes=5)


class Vault(MemorySecrets):
    """A vault that remembers in each process what it read, as Key Vault's adapter does."""

    def __init__(self, store: dict[str, str]) -> None:
        super().__init__()
        self.store, self.known, self.reads = store, dict[str, str](), 0

    def get(self, name: str) -> str | None:
        if name not in self.known and name in self.store:
            self.reads += 1
            self.known[name] = self.store[name]
        return self.known.get(name)

    def set(self, name: str, value: str, expires: datetime | None = None) -> None:
        self.store[name] = self.known[name] = value

    def forget(self, name: str) -> None:
        self.known.pop(name, None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 2, tzinfo=UTC))


def signing(
    clock: FakeClock, secrets: MemorySecrets | None = None, tickets: MemoryTickets | None = None
) -> Signing:
    return Signing(secrets or MemorySecrets(), tickets or MemoryTickets(), clock, URL)


def reason(signing: Signing, token: str, kind: Kind = Kind.STATE) -> str:
    with pytest.raises(TokenRefused) as refusal:
        signing.read(kind, token)
    return refusal.value.reason


def private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_what_was_signed_is_read_again(clock: FakeClock) -> None:
    ours = signing(clock)
    assert ours.read(Kind.STATE, ours.sign(Kind.STATE, {"a": "ä"}, LIFE))["a"] == "ä"


@pytest.mark.parametrize("made", list(Kind))
@pytest.mark.parametrize("read", list(Kind))
def test_no_kind_passes_for_another(clock: FakeClock, made: Kind, read: Kind) -> None:
    ours = signing(clock)
    token = ours.sign(made, {}, LIFE)
    if made is read:
        assert ours.read(read, token)
    else:
        assert reason(ours, token, read) == "kind"


def test_a_changed_typ_does_not_help(clock: FakeClock) -> None:
    """The audience tells them apart a second time."""
    secrets = MemorySecrets()
    ours = signing(clock, secrets)
    claims = jwt.decode(ours.sign(Kind.SESSION, {}, LIFE), options={"verify_signature": False})
    pem = secrets.get(SECRET)
    assert pem is not None
    kid = ours.keys()["keys"][0]["kid"]
    assert reason(ours, jwt.encode(claims, pem, "ES256", {"typ": "state+jwt", "kid": kid})) == "not-ours"


def test_a_token_ends(clock: FakeClock) -> None:
    ours = signing(clock)
    token = ours.sign(Kind.STATE, {}, LIFE)
    clock.advance(LIFE + timedelta(seconds=29))
    assert ours.read(Kind.STATE, token)
    clock.advance(1)
    assert reason(ours, token) == "expired"


def test_another_deployments_token_is_not_ours(clock: FakeClock) -> None:
    secrets = MemorySecrets()
    ours, theirs = signing(clock, secrets), Signing(secrets, MemoryTickets(), clock, "https://other.example")
    assert reason(ours, theirs.sign(Kind.STATE, {}, LIFE)) == "not-ours"


def test_the_key_has_its_thumbprint_for_a_name(clock: FakeClock) -> None:
    """RFC 7638 3.3, by another implementation."""
    (key,) = signing(clock).keys()["keys"]
    members = {name: key[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    assert key["kid"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_a_key_that_was_replaced_in_the_vault_is_found(clock: FakeClock) -> None:
    store: dict[str, str] = {}
    tickets = MemoryTickets()
    one, other = Vault(store), Vault(store)
    first, second = signing(clock, one, tickets), signing(clock, other, tickets)
    old = first.sign(Kind.STATE, {}, LIFE)
    assert second.read(Kind.STATE, old)
    one.set(SECRET, private_pem(ec.generate_private_key(ec.SECP256R1())))
    assert second.read(Kind.STATE, first.sign(Kind.STATE, {}, LIFE))
    clock.advance(timedelta(minutes=1))
    assert reason(second, old) == "key"


def test_made_up_key_ids_do_not_hammer_the_vault(clock: FakeClock) -> None:
    vault = Vault({})
    ours = signing(clock, vault)
    other = ec.generate_private_key(ec.SECP256R1())
    ours.keys()
    for number in range(20):
        token = jwt.encode({"exp": 1}, other, "ES256", {"typ": "state+jwt", "kid": str(number)})
        assert reason(ours, token) == "key"
    assert vault.reads == 1


def test_two_instances_that_start_at_once_agree_on_one_key(clock: FakeClock) -> None:
    store: dict[str, str] = {}
    tickets = MemoryTickets()
    late = signing(clock, Vault(store), tickets)
    made = signing(clock, Vault(store), tickets).keys()
    assert late.keys() == made


def test_who_finds_another_making_the_key_comes_back(clock: FakeClock) -> None:
    """The other one has not stored it yet, or has died before: then its turn passes."""
    tickets = MemoryTickets()
    signing(clock, Vault({}), tickets).keys()
    ours = signing(clock, Vault({}), tickets)
    with pytest.raises(TryLater):
        ours.keys()
    clock.advance(timedelta(minutes=1))
    assert ours.keys()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "no key",
        private_pem(ec.generate_private_key(ec.SECP384R1())),
        private_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    ],
)
def test_a_damaged_key_is_named_and_not_replaced_in_silence(clock: FakeClock, value: str) -> None:
    secrets = MemorySecrets(**{SECRET: value})
    with pytest.raises(NeedsAdministrator) as raised:
        signing(clock, secrets).keys()
    assert raised.value.code == "signing-key-damaged"
    assert secrets.get(SECRET) == value


def test_derived_secrets_differ_by_purpose_and_name_and_key(clock: FakeClock) -> None:
    ours, theirs = signing(clock), signing(clock)
    found = {
        ours.derive("nonce", "a"),
        ours.derive("nonce", "b"),
        ours.derive("code-verifier", "a"),
        theirs.derive("nonce", "a"),
    }
    assert len(found) == 4
    assert ours.derive("nonce", "a") in found
    assert {len(text) for text in found} == {43}
