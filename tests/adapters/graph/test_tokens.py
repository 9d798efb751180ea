"""Real MSAL against the simulator's token endpoint."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sync.adapters.graph.credentials import scope
from sync.adapters.graph.entra import authority
from sync.adapters.graph.refusals import refusal_of
from sync.adapters.graph.tokens import Tokens
from sync.adapters.http import Session
from sync.errors import BadSetting, NeedsAdministrator, SyncError, TryLater
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365 import Application, Tenant, create_app
from tests.adapters.graph.canned import Canned, FakeClock, Json, Said, refusal
from tests.real_tokens import real_tokens

ENTRA = "http://127.0.0.1:8365"
SECRET = "simulated-secret"


@dataclass
class World:
    tenant: Tenant
    application: Application
    session: Session
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime.now(UTC)))

    def tokens(self, credential: Callable[[], Any] = lambda: SECRET, **changes: Any) -> Tokens:
        settings = {
            "tenant": self.tenant.id,
            "client_id": self.application.client_id,
            "entra_url": ENTRA,
            "graph_url": ENTRA,
            **changes,
        }
        return real_tokens(credential, session=self.session, clock=self.clock, **settings)

    @property
    def asked(self) -> int:
        return self.tenant.requests.tokens


@pytest.fixture
def world() -> World:
    tenant = Tenant()
    application = tenant.add_application(secret=SECRET)
    session = Session(read_retries=0)
    session.mount(ENTRA, InProcess(create_app(tenant)))
    return World(tenant, application, session)


def refused(tokens: Tokens) -> SyncError:
    with pytest.raises(SyncError) as raised:
        tokens.get()
    return raised.value


def test_a_token_opens_graph_and_is_kept(world: World) -> None:
    tokens = world.tokens()
    assert tokens.get() == tokens.get()
    assert world.asked == 1
    world.tenant.tokens.check(f"Bearer {tokens.get()}", world.tenant.clock.now())


def test_many_threads_ask_once(world: World) -> None:
    tokens = world.tokens()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: tokens.get(), range(40)))
    assert len(found) == 1
    assert world.asked == 1


def test_a_dropped_token_is_asked_for_again_once(world: World) -> None:
    tokens = world.tokens()
    old = tokens.get()
    tokens.drop(old)
    tokens.get()
    tokens.drop("a token that nobody has any more")
    tokens.get()
    assert world.asked == 2


def test_a_wrong_secret_is_named_and_not_asked_about_for_everyone(world: World) -> None:
    tokens = world.tokens(lambda: "wrong")
    for _ in range(3):
        error = refused(tokens)
        assert isinstance(error, NeedsAdministrator)
        assert error.code == "credential-wrong"
        assert error.detail["aadsts"] == "7000215"
    assert world.asked == 1


def test_a_repaired_secret_works_within_a_minute(world: World) -> None:
    secrets = ["wrong"]
    tokens = world.tokens(lambda: secrets[-1])
    refused(tokens)
    secrets.append(SECRET)
    refused(tokens)
    world.clock.sleep(61)
    assert tokens.get()


def test_a_repaired_secret_works_at_once_when_we_are_told(world: World) -> None:
    secrets = ["wrong"]
    tokens = world.tokens(lambda: secrets[-1])
    refused(tokens)
    secrets.append(SECRET)
    tokens.forget()
    assert tokens.get()


def test_an_expired_secret_is_named(world: World) -> None:
    world.application.secrets[0].expires = datetime.now(UTC) - timedelta(days=1)
    assert refused(world.tokens()).code == "credential-expired"


def test_an_unknown_application_is_named(world: World) -> None:
    client_id = "99999999-0000-4000-8000-000000000000"
    assert refused(world.tokens(client_id=client_id)).code == "credential-unknown-app"


def test_an_application_that_was_switched_off_is_named(world: World) -> None:
    world.application.enabled = False
    assert refused(world.tokens()).code == "credential-app-disabled"


def test_an_unknown_tenant_is_named(world: World) -> None:
    error = refused(world.tokens(tenant="98765432-0000-4000-8000-000000000000"))
    assert (type(error), error.code) == (NeedsAdministrator, "tenant-unknown")


def test_a_credential_that_cannot_be_used_is_named_without_its_content(world: World) -> None:
    error = refused(world.tokens(lambda: {"private_key": "no key", "thumbprint": "AB"}))
    assert (type(error), error.code) == (NeedsAdministrator, "credential-unusable")
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("said", "code", "after"),
    [
        (requests.ConnectionError(), "entra-unavailable", None),
        (requests.ReadTimeout(), "entra-unavailable", None),
        (Said(503, b"busy"), "entra-unavailable", None),
        (Said(429, b"", {"Retry-After": "30"}), "entra-throttled", 30.0),
        (Said(200, b"<html>proxy</html>"), "entra-unavailable", None),
    ],
)
def test_entra_down_is_a_matter_of_time(world: World, said: Any, code: str, after: float | None) -> None:
    world.session.mount(ENTRA, Canned(said))
    tokens = world.tokens()
    error = refused(tokens)
    assert isinstance(error, TryLater)
    assert (error.code, error.retry_after) == (code, after)
    world.session.mount(ENTRA, InProcess(create_app(world.tenant)))
    world.clock.sleep(61)
    assert tokens.get()


def test_the_token_endpoint_down_after_discovery_is_a_matter_of_time(world: World) -> None:
    tokens = world.tokens()
    tokens.drop(tokens.get())
    world.session.mount(f"{ENTRA}/{world.tenant.id}/oauth2", Canned(refusal(500, "x")))
    assert isinstance(refused(tokens), TryLater)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "invalid_client", "error_codes": [7000218]}, "credential-not-sent"),
        ({"error": "invalid_client", "error_codes": [700027]}, "credential-certificate-unknown"),
        ({"error": "invalid_client", "error_codes": [1234567]}, "credential-wrong"),
        ({"error": "invalid_client", "error_codes": [700024]}, "credential-assertion-refused"),
        ({"error": "invalid_client", "error_codes": [7002138]}, "credential-federation-wrong"),
        ({"error": "invalid_grant", "error_codes": [65001]}, "consent-missing"),
        ({"error": "access_denied", "error_codes": [53003]}, "conditional-access"),
        ({"error": "something_new"}, "token-denied"),
        ({}, "token-denied"),
    ],
)
def test_refusals_are_read_by_number(answer: Json, code: str) -> None:
    error = refusal_of({**answer, "error_description": "AADSTS7000222: a text nobody may rely on"})
    assert (type(error), error.code) == (NeedsAdministrator, code)
    assert "relied" not in str(error)


@pytest.mark.parametrize("number", [90055, 90033])
def test_a_throttled_or_failing_tenant_is_a_matter_of_time(number: int) -> None:
    assert isinstance(refusal_of({"error": "invalid_request", "error_codes": [number]}), TryLater)


def test_sovereign_clouds_are_named_to_msal_and_scoped_to_their_graph() -> None:
    assert authority("https://login.microsoftonline.us", "t") == "https://login.microsoftonline.us/t"
    assert authority(ENTRA, "t") == "https://login.microsoftonline.com/t"
    assert scope("https://graph.microsoft.us") == "https://graph.microsoft.us/.default"
    assert scope(ENTRA) == "https://graph.microsoft.com/.default"
    with pytest.raises(BadSetting):
        authority("http://login.example.test", "t")
