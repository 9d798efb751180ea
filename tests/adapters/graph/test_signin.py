"""Sign-in with real MSAL: against oidc-provider-mock, and against a token endpoint that says what it is told."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from sync.adapters.graph.signin import EntraSignIn, hashed
from sync.adapters.http import Session
from sync.core.tenant import Credential, CredentialKind, Tenant
from sync.errors import CannotSync, SyncError, TryLater
from sync.ports import Identity, SignInRequest
from sync.sandbox.inprocess import InProcess
from tests.adapters.graph.canned import FakeClock
from tests.fakes import MemorySecrets

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENTRA = "http://127.0.0.1:8365"
TENANT_ID = "11111111-aaaa-4bbb-8ccc-222222222222"
OTHER_TENANT = "99999999-aaaa-4bbb-8ccc-222222222222"
OID = "0123abcd-0000-4000-8000-00000000aaaa"
CALLBACK = "https://sync.example/api/oauth/callback"
TENANT = Tenant(
    "default", True, TENANT_ID, "client-1", Credential(CredentialKind.SECRET, "microsoft365-default-1")
)
REQUEST = SignInRequest(CALLBACK, "the-state", "n" * 43, "v" * 43)
KEYS = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("k1", "k2", "k3")}


def jwk(kid: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(KEYS[kid].public_key(), as_dict=True)
    return found | {"kid": kid, "use": "sig"}


@dataclass
class Entra:
    """Discovery, keys and the token endpoint, as WSGI. `asked` are the forms that the endpoint was sent."""

    clock: FakeClock
    changes: dict[str, object] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    refusals: list[dict[str, Any]] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk("k1")])
    keys_status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def claims(self) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": f"https://login.microsoftonline.com/{TENANT_ID}/v2.0",
            "aud": "client-1",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "nonce": hashed(REQUEST.nonce),
            "tid": TENANT_ID,
            "oid": OID,
            "sub": "pairwise",
            "name": "鈴木一郎",
            "preferred_username": "suzuki@x.test",
            "ver": "2.0",
        }
        return {name: value for name, value in (claims | self.changes).items() if value is not ...}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.paths.append(path)
        status, body = self._answer(path, environ)
        start_response(f"{status} X", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    def _answer(self, path: str, environ: WSGIEnvironment) -> tuple[int, dict[str, Any]]:
        here = f"{ENTRA}/{TENANT_ID}"
        if path.endswith("/.well-known/openid-configuration"):
            return 200, {
                "issuer": f"https://login.microsoftonline.com/{TENANT_ID}/v2.0",
                "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
                "token_endpoint": f"{here}/oauth2/v2.0/token",
            }
        if path == f"/{TENANT_ID}/discovery/v2.0/keys":
            return self.keys_status, {"keys": self.keys}
        assert path == f"/{TENANT_ID}/oauth2/v2.0/token"
        form = environ["wsgi.input"].read().decode()
        self.asked.append(dict(parse_qsl(form)))
        if self.refusals:
            return 401, self.refusals.pop(0)
        if self.answer is not None:
            return 200, self.answer
        sign = self.sign or (lambda claims: jwt.encode(claims, KEYS["k1"], "RS256", {"kid": "k1"}))
        token = sign(self.claims())
        return 200, {"token_type": "Bearer", "access_token": "t", "expires_in": 3599, "id_token": token}


@dataclass
class World:
    entra: Entra
    secrets: MemorySecrets
    signin: EntraSignIn
    clock: FakeClock

    def redeem(self, tenant: Tenant = TENANT) -> Identity:
        return self.signin.redeem(tenant, REQUEST, "a-code")

    def refused(self, tenant: Tenant = TENANT) -> SyncError:
        with pytest.raises(SyncError) as raised:
            self.redeem(tenant)
        return raised.value


def signin_at(app: WSGIApplication, clock: FakeClock, secrets: MemorySecrets) -> EntraSignIn:
    session = Session(read_retries=0)
    session.mount(ENTRA, InProcess(app))
    return EntraSignIn(secrets, clock, entra_url=ENTRA, graph_url=ENTRA, session=session)


@pytest.fixture
def world() -> World:
    clock = FakeClock(datetime.now(UTC))
    entra, secrets = Entra(clock), MemorySecrets(**{"microsoft365-default-1": "the-secret"})
    return World(entra, secrets, signin_at(entra, clock, secrets), clock)


# -- the way out ----------------------------------------------------------------------------------------------


def query_of(address: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query, strict_parsing=True).items()}


def test_the_consent_page_is_the_tenants_own(world: World) -> None:
    address = world.signin.consent_address(TENANT, CALLBACK, "s&t=1")
    assert address.startswith(f"{ENTRA}/{TENANT_ID}/v2.0/adminconsent?")
    assert query_of(address) == {
        "client_id": "client-1",
        "scope": "https://graph.microsoft.com/.default",
        "redirect_uri": CALLBACK,
        "state": "s&t=1",
    }


def test_the_sign_in_page_is_asked_for_a_code_with_pkce(world: World) -> None:
    address = world.signin.address(TENANT, REQUEST)
    assert address.startswith(f"{ENTRA}/{TENANT_ID}/oauth2/v2.0/authorize?")
    digest = hashlib.sha256(REQUEST.code_verifier.encode()).digest()
    assert query_of(address) == {
        "client_id": "client-1",
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "state": "the-state",
        "nonce": hashed(REQUEST.nonce),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    assert REQUEST.code_verifier not in address
    assert REQUEST.nonce not in address


def test_a_tenant_id_cannot_lead_elsewhere(world: World) -> None:
    hostile = Tenant("default", True, "../evil?x=", "client-1")
    assert world.signin.address(hostile, REQUEST).startswith(f"{ENTRA}/..%2Fevil%3Fx%3D/oauth2/")


def test_another_cloud_is_asked_for_its_own_graph() -> None:
    signin = EntraSignIn(
        MemorySecrets(),
        FakeClock(),
        entra_url="https://login.partner.microsoftonline.cn/",
        graph_url="https://microsoftgraph.chinacloudapi.cn",
    )
    address = signin.consent_address(TENANT, CALLBACK, "s")
    assert address.startswith(f"https://login.partner.microsoftonline.cn/{TENANT_ID}/v2.0/adminconsent?")
    assert query_of(address)["scope"] == "https://microsoftgraph.chinacloudapi.cn/.default"


# -- redeeming ------------------------------------------------------------------------------------------------


def test_a_code_becomes_an_identity(world: World) -> None:
    assert world.redeem() == Identity(OID, TENANT_ID, "鈴木一郎", "suzuki@x.test")
    (form,) = world.entra.asked
    sent = {
        name: form[name] for name in ("grant_type", "code", "redirect_uri", "code_verifier", "client_secret")
    }
    assert sent == {
        "grant_type": "authorization_code",
        "code": "a-code",
        "redirect_uri": CALLBACK,
        "code_verifier": REQUEST.code_verifier,
        "client_secret": "the-secret",
    }


def test_real_msal_and_a_real_provider() -> None:
    """oidc-provider-mock has no tenants: it plays one, with the claims that Microsoft would put in. It needs Python
    3.12."""
    mock = pytest.importorskip("oidc_provider_mock")
    claims = {
        "iss": f"https://login.microsoftonline.com/{TENANT_ID}/v2.0",
        "tid": TENANT_ID,
        "oid": OID,
        "name": "鈴木一郎",
    }
    provider = mock.app(user_claims=[mock.User(sub="suzuki", claims=claims)])
    mounted = DispatcherMiddleware(keys_elsewhere(provider), {f"/{TENANT_ID}/v2.0": provider})
    clock = FakeClock(datetime.now(UTC))
    signin = signin_at(mounted, clock, MemorySecrets(**{"microsoft365-default-1": "any"}))
    asked = urlsplit(signin.address(TENANT, REQUEST))
    browser = Session(read_retries=0)
    browser.mount(ENTRA, InProcess(mounted))
    page = browser.post(
        f"{ENTRA}/{TENANT_ID}/v2.0/oauth2/authorize?{asked.query}",
        data={"sub": "suzuki"},
        allow_redirects=False,
    )
    back = query_of(page.headers["Location"])
    assert back["state"] == REQUEST.state
    assert signin.redeem(TENANT, REQUEST, back["code"]) == Identity(OID, TENANT_ID, "鈴木一郎", "")
    with pytest.raises(SyncError):
        signin.redeem(TENANT, REQUEST, back["code"])


def keys_elsewhere(provider: WSGIApplication) -> WSGIApplication:
    """Microsoft publishes its keys outside of the issuer's path (graph-calendar.md 12.3)."""

    def keys(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert environ["PATH_INFO"] == f"/{TENANT_ID}/discovery/v2.0/keys"
        return provider({**environ, "PATH_INFO": "/jwks"}, start_response)

    return keys


# -- what is not good -----------------------------------------------------------------------------------------

# A timedelta stands for so long after the test begins: MSAL reads the clock of the machine.
WRONG: list[tuple[dict[str, object], str]] = [
    ({"aud": "another-app"}, "audience"),
    ({"aud": ["client-1", "another-app"]}, "audience"),
    ({"aud": ...}, "missing-aud"),
    ({"iss": f"https://login.microsoftonline.com/{OTHER_TENANT}/v2.0"}, "issuer"),
    ({"iss": f"https://sts.windows.net/{TENANT_ID}/"}, "issuer"),
    ({"iss": f"https://evil.example/{TENANT_ID}/v2.0"}, "issuer"),
    ({"iss": ...}, "missing-iss"),
    ({"tid": OTHER_TENANT}, "tenant"),
    ({"tid": ...}, "missing-tid"),
    ({"tid": [TENANT_ID]}, "tenant"),
    ({"exp": timedelta(seconds=-301)}, "expired"),
    ({"exp": ...}, "missing-exp"),
    ({"exp": "1893456000"}, "bad-exp"),
    ({"exp": float("nan")}, "bad-exp"),
    ({"nbf": timedelta(seconds=900)}, "not-yet"),
    ({"iat": timedelta(seconds=900)}, "not-yet"),
    ({"nonce": hashed("another")}, "nonce"),
    ({"nonce": REQUEST.nonce}, "nonce"),
    ({"nonce": ...}, "nonce"),
    ({"oid": ...}, "missing-oid"),
    ({"oid": ""}, "oid"),
]


def resolved(changes: dict[str, object]) -> dict[str, object]:
    now = int(datetime.now(UTC).timestamp())
    return {
        name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }


@pytest.mark.parametrize(("changes", "reason"), WRONG)
def test_an_id_token_with_a_wrong_claim_is_refused(
    world: World, changes: dict[str, object], reason: str
) -> None:
    world.entra.changes = resolved(changes)
    error = world.refused()
    assert (type(error), error.code, error.detail) == (CannotSync, "sign-in-refused", {"reason": reason})


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": timedelta(seconds=-200)},
        {"nbf": timedelta(seconds=200)},
        {"tid": TENANT_ID.upper()},
        {"aud": ["client-1"]},
        {"nbf": ...},
    ],
)
def test_small_differences_are_none(world: World, changes: dict[str, object]) -> None:
    world.entra.changes = resolved(changes)
    assert world.redeem().oid == OID


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


PEM = KEYS["k1"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
FORGED: dict[str, tuple[Callable[[dict[str, Any]], str], str]] = {
    "another key under a known id": (
        lambda claims: jwt.encode(claims, KEYS["k2"], "RS256", {"kid": "k1"}),
        "signature",
    ),
    "a key that is not published": (
        lambda claims: jwt.encode(claims, KEYS["k3"], "RS256", {"kid": "k3"}),
        "key",
    ),
    "no signature": (lambda claims: f"{_part({'alg': 'none', 'kid': 'k1'})}.{_part(claims)}.", "algorithm"),
    "the public key as a secret": (
        lambda claims: jwt.encode(claims, hashlib.sha256(PEM).digest(), "HS256", {"kid": "k1"}),
        "algorithm",
    ),
    "another algorithm": (
        lambda claims: jwt.encode(claims, KEYS["k1"], "RS512", {"kid": "k1"}),
        "algorithm",
    ),
    "no key id": (lambda claims: jwt.encode(claims, KEYS["k1"], "RS256"), "algorithm"),
    "a key inside": (
        lambda claims: jwt.encode(claims, KEYS["k2"], "RS256", {"kid": "k1", "jwk": jwk("k2")}),
        "signature",
    ),
    "changed afterwards": (
        lambda claims: ".".join(
            [
                (parts := jwt.encode(claims, KEYS["k1"], "RS256", {"kid": "k1"}).split("."))[0],
                _part(claims | {"oid": "somebody-else"}),
                parts[2],
            ]
        ),
        "signature",
    ),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_id_token_is_refused(world: World, forgery: str) -> None:
    world.entra.sign, reason = FORGED[forgery]
    error = world.refused()
    assert (error.code, error.detail["reason"]) == ("sign-in-refused", reason)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", 7, ["x"]])
def test_what_is_no_id_token_is_refused(world: World, token: Any) -> None:
    world.entra.sign = lambda _claims: token
    assert world.refused().code == "sign-in-refused"


def test_an_answer_without_an_id_token_is_refused(world: World) -> None:
    world.entra.answer = {"token_type": "Bearer", "access_token": "t", "expires_in": 3599}
    assert world.refused().detail == {"reason": "no-id-token"}


def test_the_nonce_is_checked_by_us_too(world: World) -> None:
    """MSAL looks at it first, and at nothing else (azure-hosting.md 7)."""
    token = jwt.encode(world.entra.claims(), KEYS["k1"], "RS256", {"kid": "k1"})
    assert world.signin._id_tokens.read(TENANT, token, hashed(REQUEST.nonce)).oid == OID
    with pytest.raises(CannotSync) as raised:
        world.signin._id_tokens.read(TENANT, token, hashed("another"))
    assert raised.value.detail == {"reason": "nonce"}


# -- keys -----------------------------------------------------------------------------------------------------


def fetched(world: World) -> int:
    return sum(path.endswith("/discovery/v2.0/keys") for path in world.entra.paths)


def test_keys_are_kept_and_a_rotated_one_is_found(world: World) -> None:
    world.redeem()
    world.redeem()
    assert fetched(world) == 1
    world.clock.sleep(61)
    world.entra.keys = [jwk("k1"), jwk("k2")]
    world.entra.sign = lambda claims: jwt.encode(claims, KEYS["k2"], "RS256", {"kid": "k2"})
    assert world.redeem().oid == OID
    assert fetched(world) == 2


def test_made_up_key_ids_do_not_hammer_microsoft(world: World) -> None:
    world.redeem()
    world.clock.sleep(61)
    world.entra.sign = lambda claims: jwt.encode(claims, KEYS["k3"], "RS256", {"kid": "k3"})
    for _ in range(5):
        world.refused()
    assert fetched(world) == 2


def test_a_withdrawn_key_is_forgotten_after_a_day(world: World) -> None:
    world.redeem()
    world.entra.keys = [jwk("k2")]
    world.clock.sleep(24 * 3600)
    assert world.refused().detail == {"reason": "key"}


@pytest.mark.parametrize(
    "keys", [[], [{"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}], [{"kty": "RSA", "kid": "k1"}]]
)
def test_without_usable_keys_nobody_is_refused_for_good(world: World, keys: list[dict[str, Any]]) -> None:
    world.entra.keys = keys
    assert isinstance(world.refused(), TryLater)


def test_one_broken_key_does_not_take_the_others_along(world: World) -> None:
    world.entra.keys = [{"kty": "RSA", "kid": "k0"}, "x", jwk("k1")]  # type: ignore[list-item]
    assert world.redeem().oid == OID


def test_keys_out_of_reach_come_back(world: World) -> None:
    world.entra.keys_status = 503
    assert world.refused().code == "keys-unavailable"
    assert isinstance(world.refused(), TryLater)
    world.entra.keys_status = 200
    world.clock.sleep(61)
    assert world.redeem().oid == OID


# -- credentials and refusals ---------------------------------------------------------------------------------


def refusal(number: int, error: str = "invalid_client") -> dict[str, Any]:
    return {"error": error, "error_description": f"AADSTS{number}: text", "error_codes": [number]}


def test_the_replaced_credential_stands_in(world: World) -> None:
    both = Tenant(
        "default",
        True,
        TENANT_ID,
        "client-1",
        Credential(CredentialKind.SECRET, "microsoft365-default-2"),
        TENANT.credential,
    )
    world.secrets.set("microsoft365-default-2", "the-new-secret")
    world.entra.refusals = [refusal(7000215)]
    assert world.redeem(both).oid == OID
    assert [form["client_secret"] for form in world.entra.asked] == ["the-new-secret", "the-secret"]


def test_if_no_credential_works_the_present_one_is_named(world: World) -> None:
    both = Tenant("default", True, TENANT_ID, "client-1", TENANT.credential, TENANT.credential)
    world.entra.refusals = [refusal(7000222), refusal(7000215)]
    assert world.refused(both).code == "credential-expired"


def test_another_refusal_is_not_tried_again(world: World) -> None:
    both = Tenant("default", True, TENANT_ID, "client-1", TENANT.credential, TENANT.credential)
    world.entra.refusals = [refusal(54005, "invalid_grant")]
    assert world.refused(both).code == "sign-in-code-used"
    assert len(world.entra.asked) == 1


def test_a_secret_that_is_gone_is_named(world: World) -> None:
    world.secrets.delete("microsoft365-default-1")
    assert world.refused().code == "credential-missing"


def test_a_managed_identity_cannot_sign_people_in(world: World) -> None:
    alone = Tenant("default", True, TENANT_ID, "", Credential(CredentialKind.MANAGED_IDENTITY))
    assert world.refused(alone).code == "registration-missing"
    assert world.entra.paths == []


def test_entra_down_is_no_refusal(world: World) -> None:
    class Down(requests.adapters.BaseAdapter):
        def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
            raise requests.ConnectionError(request=request)

        def close(self) -> None: ...

    session = Session(read_retries=0)
    session.mount(ENTRA, Down())
    signin = EntraSignIn(world.secrets, world.clock, entra_url=ENTRA, graph_url=ENTRA, session=session)
    with pytest.raises(TryLater):
        signin.redeem(TENANT, REQUEST, "a-code")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "consent_required", "error_description": "AADSTS65004: declined"}, "consent-declined"),
        ({"error": "permission_denied", "error_description": "The admin canceled"}, "sign-in-declined"),
        ({"error": "access_denied"}, "sign-in-declined"),
        ({"error": "access_denied", "error_description": "AADSTS65004: x"}, "consent-declined"),
        ({"error": "access_denied", "error_description": "AADSTS90094: x"}, "consent-by-administrator"),
        ({"error": "invalid_client", "error_description": "AADSTS650052: new"}, "sign-in-failed"),
        ({"error": "invalid_client", "error_description": "AADSTS65001: x"}, "consent-missing"),
        (
            {"error": "interaction_required", "error_description": "AADSTS50020: x"},
            "account-of-another-tenant",
        ),
        ({"error": "interaction_required", "error_description": "AADSTS53003: x"}, "conditional-access"),
        ({"error": "invalid_request", "error_description": "AADSTS50011: x"}, "redirect-uri-mismatch"),
        ({"error": "unauthorized_client", "error_description": "AADSTS700016: x"}, "credential-unknown-app"),
        ({"error": "server_error"}, "entra-unavailable"),
        ({"error": "temporarily_unavailable"}, "entra-unavailable"),
        ({"error": "x", "error_description": "AADSTS90055: x"}, "entra-throttled"),
        ({"error": "x" * 5000, "error_description": "see AADSTS65004"}, "sign-in-failed"),
        ({}, "sign-in-failed"),
    ],
)
def test_what_microsofts_page_sends_back_is_named(world: World, answer: dict[str, str], code: str) -> None:
    error = world.signin.refused(answer)
    assert error.code == code
    assert answer.get("error_description", "?") not in str(error)


def test_nothing_secret_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        world.redeem()
        world.entra.changes = {"nonce": "wrong"}
        world.refused()
    for secret in ("the-secret", "a-code", REQUEST.code_verifier, REQUEST.nonce, "suzuki@x.test"):
        assert secret not in caplog.text
