"""The managed identity's endpoint, in the form of App Service: section 12.1 of the reference."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from sync.sandbox.faults import fail
from tests.sandbox.microsoft365.entra_world import EXCHANGE, Entra
from tests.sandbox.microsoft365.world import refusal, shown

GRAPH = "https://graph.microsoft.com"


@pytest.fixture
def entra() -> Entra:
    found = Entra()
    found.tenant.add_identity(
        "identity-client", "identity-principal", frozenset({"Calendars.ReadWrite", "User.Read.All"})
    )
    return found


def test_a_token_for_graph_opens_what_was_granted_to_the_identity(entra: Entra) -> None:
    answer = shown(entra.identity_token(GRAPH, client_id="identity-client"))
    assert {"access_token", "client_id", "expires_on", "resource", "token_type"} == answer.keys()
    assert int(answer["expires_on"]) == int((entra.clock.now() + timedelta(hours=24)).timestamp())
    entra.session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    assert entra.get(entra.events).status_code == 200
    entra.tenant.applications["identity-client"].roles = frozenset({"User.Read.All"})
    token = shown(entra.identity_token(GRAPH))["access_token"]
    entra.session.headers["Authorization"] = f"Bearer {token}"
    assert refusal(entra.get(entra.events)) == (403, "ErrorAccessDenied")


def test_an_identity_is_found_by_client_or_object_id_or_as_the_only_one(entra: Entra) -> None:
    for asked in ({}, {"client_id": "identity-client"}, {"object_id": "identity-principal"}):
        assert entra.identity_token(EXCHANGE, **asked).status_code == 200
    assert entra.identity_token(EXCHANGE, client_id="nobody").status_code == 400
    assert entra.identity_token(EXCHANGE, client_id=entra.application.client_id).status_code == 400
    second = entra.tenant.add_identity()
    assert entra.identity_token(EXCHANGE).status_code == 400
    token = shown(entra.identity_token(EXCHANGE, client_id=second.client_id))["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["sub"] == second.principal_id


def test_nobody_gets_a_token_without_the_header(entra: Entra) -> None:
    for header in ("", "wrong"):
        answer = entra.identity_token(GRAPH, header)
        assert (answer.status_code, shown(answer)["statusCode"]) == (401, 401)
        assert "access_token" not in shown(answer)


def test_another_version_or_resource_is_refused(entra: Entra) -> None:
    assert entra.identity_token(GRAPH, **{"api-version": "2017-09-01"}).status_code == 400
    assert entra.identity_token("https://vault.azure.net").status_code == 500


def test_a_managed_identity_has_no_credential_at_the_token_endpoint(entra: Entra) -> None:
    answer = entra.ask(client_id="identity-client", client_secret="guess")
    assert shown(answer)["error_codes"] == [7000215]


def test_it_is_counted_and_fails_by_script(entra: Entra) -> None:
    entra.tenant.faults.script("GET /msi/token", fail(503, ""))
    assert entra.identity_token(GRAPH).status_code == 503
    assert entra.identity_token(GRAPH).status_code == 200
    assert entra.tenant.requests.identities == 2
