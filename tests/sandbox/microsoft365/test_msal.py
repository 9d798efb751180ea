"""Microsoft's own client against the simulator: every kind of credential, and a person's sign-in (section 12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import msal  # type: ignore[import-untyped]
import pytest
import requests

from sync.sandbox.microsoft365.applications import Certificate, Federation
from tests.sandbox.microsoft365.entra_world import (
    CALLBACK,
    EXCHANGE,
    PUBLIC,
    SCOPE,
    Entra,
    make_pair,
    posted_back,
)
from tests.sandbox.microsoft365.world import HOST, shown

HOST_OF_IDENTITY = f"{HOST}/msi/token"


class ToSimulator(requests.Session):
    """The public address leads here; the simulator is told by which name it was called."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        request.headers["X-Forwarded-Host"] = "login.microsoftonline.com"
        request.headers["X-Forwarded-Proto"] = "https"
        request.url = (request.url or "").replace(PUBLIC, HOST)
        return super().send(request, **kwargs)


@pytest.fixture
def entra() -> Entra:
    return Entra(real_time=True)


@pytest.fixture
def http(entra: Entra) -> Iterator[requests.Session]:
    with ToSimulator() as session:
        session.trust_env = False
        session.mount(HOST, entra.session.get_adapter(HOST))
        yield session


def client(entra: Entra, http: requests.Session, credential: Any) -> Any:
    return msal.ConfidentialClientApplication(
        entra.application.client_id,
        client_credential=credential,
        authority=f"{PUBLIC}/{entra.tenant.id}",
        http_client=http,
    )


def opens_graph(entra: Entra, answer: dict[str, Any]) -> bool:
    assert "access_token" in answer, answer
    entra.session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return entra.get(entra.events).status_code == 200


@pytest.mark.parametrize("form", ["certificate", "thumbprint"])
def test_a_certificate_in_both_forms(entra: Entra, http: requests.Session, form: str) -> None:
    pair = make_pair()
    registered = Certificate.parse(pair.public)
    credential = {"private_key": pair.private}
    if form == "certificate":
        credential["public_certificate"] = pair.public
    else:
        credential["thumbprint"] = registered.sha1.hex()
    refused = client(entra, http, credential).acquire_token_for_client([SCOPE])
    assert refused["error_codes"] == [700027]
    entra.application.certificates.append(registered)
    assert opens_graph(entra, client(entra, http, credential).acquire_token_for_client([SCOPE]))


@pytest.fixture
def identity(entra: Entra, http: requests.Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    entra.tenant.add_identity("identity-client", "identity-principal")
    monkeypatch.setenv("IDENTITY_ENDPOINT", HOST_OF_IDENTITY)
    monkeypatch.setenv("IDENTITY_HEADER", entra.tenant.login.identity_header)
    return msal.ManagedIdentityClient(
        msal.UserAssignedManagedIdentity(client_id="identity-client"), http_client=http
    )


def test_a_managed_identity_vouches_for_the_application(
    entra: Entra, http: requests.Session, identity: Any
) -> None:
    def vouch() -> str:
        return str(identity.acquire_token_for_client(resource=EXCHANGE)["access_token"])

    refused = client(entra, http, {"client_assertion": vouch}).acquire_token_for_client([SCOPE])
    assert refused["error_codes"] == [700211]
    entra.application.federations.append(
        Federation(f"{PUBLIC}/{entra.tenant.id}/v2.0", "identity-principal", EXCHANGE)
    )
    trusted = client(entra, http, {"client_assertion": vouch})
    assert opens_graph(entra, trusted.acquire_token_for_client([SCOPE]))
    assert entra.tenant.requests.identities == 1, "kept by MSAL"


def test_a_managed_identity_by_itself(entra: Entra, identity: Any) -> None:
    answer = identity.acquire_token_for_client(resource="https://graph.microsoft.com")
    assert not opens_graph(entra, answer)
    entra.tenant.applications["identity-client"].roles = frozenset({"Calendars.ReadWrite"})
    fresh = shown(entra.identity_token("https://graph.microsoft.com"))
    assert opens_graph(entra, fresh)


def test_a_managed_identity_that_is_not_there(entra: Entra, http: requests.Session, identity: Any) -> None:
    entra.tenant.applications.pop("identity-client")
    assert "400" in identity.acquire_token_for_client(resource=EXCHANGE)["error_description"]


# Our callback takes a query: MSAL would rather have a form, for which the session cookie had to be SameSite=None.
BY_QUERY = pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended:UserWarning")


@BY_QUERY
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_person_signs_in_by_code_with_pkce(entra: Entra, http: requests.Session, mode: str) -> None:
    app = client(entra, http, entra.application.secrets[0].value)
    flow = app.initiate_auth_code_flow(
        [], redirect_uri=CALLBACK, response_mode=mode, login_hint="taro@example.com"
    )
    address = flow["auth_uri"].replace(PUBLIC, HOST)
    assert entra.open(address).status_code == 200
    answer = entra.click(address, account="taro@example.com")
    back = came_back(answer, mode)
    found = app.acquire_token_by_auth_code_flow(flow, back)
    assert found["id_token_claims"]["oid"] == entra.user.id
    (account,) = app.get_accounts()
    assert account["home_account_id"] == f"{entra.user.id}.{entra.tenant.id}"
    # MSAL looks at the nonce alone (azure-hosting.md 7); the signature and the rest are good as well.
    keys = jwt.PyJWKSet.from_dict(entra.keys())
    jwt.decode(
        found["id_token"],
        keys[jwt.get_unverified_header(found["id_token"])["kid"]].key,
        algorithms=["RS256"],
        audience=entra.application.client_id,
        issuer=f"{PUBLIC}/{entra.tenant.id}/v2.0",
    )
    assert app.acquire_token_by_auth_code_flow(flow, back)["error_codes"] == [54005]


@BY_QUERY
def test_a_person_who_cancels(entra: Entra, http: requests.Session) -> None:
    app = client(entra, http, entra.application.secrets[0].value)
    flow = app.initiate_auth_code_flow([], redirect_uri=CALLBACK)
    answer = entra.click(flow["auth_uri"].replace(PUBLIC, HOST), action="cancel")
    assert app.acquire_token_by_auth_code_flow(flow, came_back(answer, "query"))["error"] == "access_denied"


def came_back(answer: requests.Response, mode: str) -> dict[str, str]:
    if mode == "form_post":
        return posted_back(answer)[1]
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
