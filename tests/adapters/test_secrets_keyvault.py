"""Key Vault through the SDK's own pipeline, against a vault in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

from sync.adapters.secrets.keyvault import KeyVaultSecrets, open_key_vault, vault_name
from sync.errors import NeedsAdministrator, SyncError, TryLater
from tests.adapters.transport import InMemory, Reply
from tests.fakes import FakeClock

URL = "https://acme.vault.azure.net"
CHALLENGE = {
    "WWW-Authenticate": 'Bearer authorization="https://login.microsoftonline.com/t", '
    'resource="https://vault.azure.net"'
}
EXPIRY = datetime(2027, 1, 1, tzinfo=UTC)


class Vault:
    """Secrets with versions and soft delete; the first request without a token is challenged, as in Azure."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}
        self.failure: Reply | Exception | None = None
        self.transport = InMemory(self.answer)

    @property
    def calls(self) -> list[tuple[str, str]]:
        """What was asked with a token."""
        asked = [request for request in self.transport.requests if "Authorization" in request.headers]
        return [(request.method, urlsplit(request.url).path) for request in asked]

    def answer(self, request: Any) -> Reply:
        if "Authorization" not in request.headers:
            return Reply(401, {}, CHALLENGE)
        if isinstance(self.failure, Exception):
            raise self.failure
        if self.failure:
            return self.failure
        parts = [part for part in urlsplit(request.url).path.split("/") if part]
        match request.method, parts:
            case "GET", ["secrets", name, *_]:
                return self.show(self.secrets, name)
            case "PUT", ["secrets", name]:
                return self.put(name, json.loads(request.content))
            case "DELETE", ["secrets", name] if name in self.secrets:
                self.deleted[name] = self.secrets.pop(name) | {"recoveryId": f"{URL}/deletedsecrets/{name}"}
                return self.show(self.deleted, name)
            case "GET", ["deletedsecrets", name]:
                return self.show(self.deleted, name)
            case "POST", ["deletedsecrets", name, "recover"] if name in self.deleted:
                self.secrets[name] = self.deleted.pop(name)
                return self.show(self.secrets, name)
        return self.refused(404, "SecretNotFound")

    def put(self, name: str, said: dict[str, Any]) -> Reply:
        if name in self.deleted:
            return self.refused(409, "Conflict")
        self.secrets[name] = {**said, "id": f"{URL}/secrets/{name}/v1"}
        return self.show(self.secrets, name)

    def show(self, where: dict[str, dict[str, Any]], name: str) -> Reply:
        return Reply(200, where[name]) if name in where else self.refused(404, "SecretNotFound")

    def refused(self, status: int, code: str) -> Reply:
        return Reply(status, {"error": {"code": code, "message": "no"}})


class Identity:
    """Stands for the managed identity."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("token", 4_000_000_000)


class NoIdentity:
    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        raise ClientAuthenticationError("no managed identity endpoint")


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def secrets(vault: Vault, clock: FakeClock) -> KeyVaultSecrets:
    return opened(vault, clock)


def opened(vault: Vault, clock: FakeClock, credential: object = None) -> KeyVaultSecrets:
    return open_key_vault(
        URL, clock, credential=credential or Identity(), transport=vault.transport, retry_total=0
    )


def test_a_secret_comes_back(vault: Vault, clock: FakeClock) -> None:
    opened(vault, clock).set("graph-client-secret", "値", EXPIRY)
    assert vault.secrets["graph-client-secret"]["value"] == "値"
    assert vault.secrets["graph-client-secret"]["attributes"]["exp"] == int(EXPIRY.timestamp())
    assert opened(vault, clock).get("graph-client-secret") == "値"


def test_what_is_not_there_is_none_and_asked_for_again(vault: Vault, secrets: KeyVaultSecrets) -> None:
    assert secrets.get("later") is None
    vault.secrets["later"] = {"id": f"{URL}/secrets/later/v1", "value": "now"}
    assert secrets.get("later") == "now"


def test_a_value_is_remembered_for_ten_minutes(
    vault: Vault, secrets: KeyVaultSecrets, clock: FakeClock
) -> None:
    vault.secrets["a"] = {"id": f"{URL}/secrets/a/v1", "value": "old"}
    assert [secrets.get("a") for _ in range(5)] == ["old"] * 5
    assert len(vault.calls) == 1
    vault.secrets["a"]["value"] = "new"
    clock.advance(timedelta(minutes=9, seconds=59))
    assert secrets.get("a") == "old"
    clock.advance(1)
    assert secrets.get("a") == "new"


def test_a_forgotten_value_is_asked_for_again(vault: Vault, secrets: KeyVaultSecrets) -> None:
    vault.secrets["a"] = {"id": f"{URL}/secrets/a/v1", "value": "old"}
    assert secrets.get("a") == "old"
    vault.secrets["a"]["value"] = "new"
    secrets.forget("a")
    secrets.forget("never asked for")
    assert secrets.get("a") == "new"


def test_a_value_just_set_is_not_asked_for(vault: Vault, secrets: KeyVaultSecrets) -> None:
    secrets.set("a", "1")
    secrets.set("a", "2")
    assert secrets.get("a") == "2"
    assert [method for method, _ in vault.calls] == ["PUT", "PUT"]


def test_a_failed_set_is_not_remembered(vault: Vault, secrets: KeyVaultSecrets) -> None:
    secrets.set("a", "1")
    vault.failure = vault.refused(403, "Forbidden")
    with pytest.raises(NeedsAdministrator):
        secrets.set("a", "2")
    vault.failure = None
    assert secrets.get("a") == "1"


def test_a_deleted_name_can_be_used_again(vault: Vault, secrets: KeyVaultSecrets) -> None:
    secrets.set("a", "1")
    secrets.delete("a")
    secrets.delete("a")
    assert secrets.get("a") is None
    secrets.set("a", "2")
    assert vault.secrets["a"]["value"] == "2"


ALLOWED = ["graph-client-secret", "A1", "x" * 127, "xy-z"]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_name_that_the_vault_allows_stays(name: str) -> None:
    assert vault_name(name) == name


def test_any_other_name_becomes_one_that_it_allows_and_no_other_has() -> None:
    others = [
        "token/acme/Sato",
        "token/acme/sato",
        "トークン",
        "",
        "x" * 128,
        "x-1",
        "X-1",
        vault_name("a/b"),
        "a_b",
    ]
    made = {vault_name(name).lower() for name in [*others, *ALLOWED, "a/b"]}
    assert len(made) == len(others) + len(ALLOWED) + 1
    assert all(vault_name(name).startswith("x-") and len(vault_name(name)) == 66 for name in others)


def test_a_mapped_name_is_what_the_vault_sees(vault: Vault, secrets: KeyVaultSecrets) -> None:
    secrets.set("token/acme/佐藤", "1")
    assert list(vault.secrets) == [vault_name("token/acme/佐藤")]
    assert secrets.get("token/acme/佐藤") == "1"


def test_a_value_beyond_the_vaults_limit_is_refused_here(vault: Vault, secrets: KeyVaultSecrets) -> None:
    secrets.set("a", "x" * 25_000)
    with pytest.raises(NeedsAdministrator) as long:
        secrets.set("a", "あ" * 8_334)
    assert long.value.code == "secret-too-long"
    assert len(vault.calls) == 1


def refusal(status: int, code: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": "no"}})


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (refusal(403, "Forbidden"), NeedsAdministrator, "vault-forbidden"),
        (refusal(400, "BadParameter"), NeedsAdministrator, "vault-refused"),
        (refusal(409, "Conflict"), TryLater, "vault-unavailable"),
        (refusal(429, "Throttled"), TryLater, "vault-unavailable"),
        (refusal(503, "ServiceUnavailable"), TryLater, "vault-unavailable"),
        (ServiceRequestError("refused"), TryLater, "vault-unavailable"),
        (ServiceResponseError("cut"), TryLater, "vault-unavailable"),
        (OSError("cut"), TryLater, "vault-unavailable"),
    ],
)
def test_each_failure_becomes_an_error_of_ours(
    vault: Vault, secrets: KeyVaultSecrets, failure: Reply | Exception, kind: type[SyncError], code: str
) -> None:
    vault.failure = failure
    acts: list[Callable[[], object]] = [
        lambda: secrets.get("a"),
        lambda: secrets.set("a", "1"),
        lambda: secrets.delete("a"),
    ]
    for act in acts:
        with pytest.raises(kind) as failed:
            act()
        assert failed.value.code == code


def test_an_app_without_identity_is_forbidden(vault: Vault, clock: FakeClock) -> None:
    with pytest.raises(NeedsAdministrator) as forbidden:
        opened(vault, clock, NoIdentity()).get("a")
    assert forbidden.value.code == "vault-forbidden"


def test_the_vault_says_when_a_secret_ends(secrets: KeyVaultSecrets) -> None:
    secrets.set("a", "1", EXPIRY)
    secrets.set("b", "2")
    assert [secrets.expires(name) for name in ("a", "b", "c")] == [EXPIRY, None, None]


def test_an_end_that_changed_in_the_vault_is_seen_at_once(vault: Vault, secrets: KeyVaultSecrets) -> None:
    secrets.set("a", "1")
    secrets.get("a")
    vault.secrets["a"]["attributes"] = {"exp": int(EXPIRY.timestamp())}
    assert secrets.expires("a") == EXPIRY


def test_a_vault_that_is_down_has_no_end_to_tell(vault: Vault, secrets: KeyVaultSecrets) -> None:
    vault.failure = Reply(503)
    with pytest.raises(TryLater):
        secrets.expires("a")
