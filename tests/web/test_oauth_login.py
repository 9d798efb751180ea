"""A person signs in with Microsoft 365 and is handed over to the groupware."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import jwt
import pytest

from sync.core.settings import Connection
from sync.core.tenant import Credential, CredentialKind, TenantState
from sync.errors import CannotSync, NeedsAdministrator, TryLater
from sync.ports import Identity
from sync.web.browser import Addresses
from sync.web.pages.handing_over import SCRIPT
from tests.web.browser import OID, PROVEN, PUBLIC, TENANT, Office, claims_of
from tests.web.company import ADDRESSES, ISSUER


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_linked_person_is_handed_over_with_its_wish(office: Office) -> None:
    page = office.browser().signed_in(state="csrf-7", **{"return": "/schedule?day=2026-11-02"})
    address, token = page.form
    assert (page.status, address) == (200, "https://groupware.example/sign-in")
    claims = claims_of(token)
    now = int(office.clock.now().timestamp())
    assert claims.pop("jti")
    assert claims == {
        "iss": PUBLIC,
        "aud": ISSUER,
        "sub": "suzuki",
        "org": "default",
        "state": "csrf-7",
        "return_to": "/schedule?day=2026-11-02",
        "iat": now,
        "exp": now + 60,
    }


def test_the_groupware_can_check_the_hand_over_by_the_published_key(office: Office) -> None:
    _, token = office.browser().signed_in().form
    answer = office.client.ask("GET", "/api/oauth/keys")
    (key,) = answer.json["keys"]
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}, "nothing private is published"
    header = jwt.get_unverified_header(token)
    assert (header["kid"], header["alg"], header["typ"]) == (key["kid"], "ES256", "handover+jwt")
    assert jwt.decode(token, jwt.PyJWK(key), ["ES256"], audience=ISSUER, issuer=PUBLIC)["sub"] == "suzuki"


def test_the_page_sends_itself_there_and_nowhere_else(office: Office) -> None:
    page = office.browser().signed_in()
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == f"'sha256-{digest}'"
    assert policy["form-action"] == "https://groupware.example"
    assert f"<script>{SCRIPT}</script>" in page.text
    assert '<button type="submit">' in page.text, "a browser without scripts has a button"


def test_each_hand_over_has_a_name_of_its_own(office: Office) -> None:
    browser = office.browser()
    names = {claims_of(browser.signed_in().form[1])["jti"] for _ in range(3)}
    assert len(names) == 3


def test_without_a_wish_the_groupware_begins_at_its_first_page(office: Office) -> None:
    claims = claims_of(office.browser().signed_in().form[1])
    assert (claims["state"], claims["return_to"]) == ("csrf-1", "/")


def test_the_person_is_found_by_object_id_never_by_name(office: Office) -> None:
    """Somebody else's account that carries suzuki's address is nobody's."""
    other = "99999999-0000-4000-8000-000000000000"
    office.microsoft.identity = Identity(other, TENANT, "鈴木一郎", "suzuki@x.test")
    page = office.browser().signed_in()
    assert (page.status, page.code) == (409, "sign-in-not-linked")


def test_a_renamed_person_is_still_itself(office: Office) -> None:
    office.microsoft.identity = Identity(OID.upper(), TENANT, "佐藤一郎", "sato@x.test")
    assert claims_of(office.browser().signed_in().form[1])["sub"] == "suzuki"


@pytest.mark.parametrize("changes", [{"enabled": False}, {"tenant": ""}, {"tenant": "another"}, {"oid": ""}])
def test_who_is_not_linked_in_this_tenant_does_not_get_in(office: Office, changes: dict[str, object]) -> None:
    office.link("suzuki", **changes)  # type: ignore[arg-type]
    assert office.browser().signed_in().code == "sign-in-not-linked"


def test_an_account_of_two_people_is_nobodys(office: Office) -> None:
    office.link("tanaka")
    assert office.browser().signed_in().code == "sign-in-ambiguous"


def test_who_was_linked_just_now_gets_in_soon(office: Office) -> None:
    """The list of everyone is read again for somebody who is not on it, but not for each one who tries."""
    office.link("suzuki", "")
    assert office.browser().signed_in().code == "sign-in-not-linked"
    office.link("tanaka")
    assert office.browser().signed_in().code == "sign-in-not-linked"
    office.clock.advance(timedelta(seconds=10))
    assert claims_of(office.browser().signed_in().form[1])["sub"] == "tanaka"


def test_who_is_not_linked_any_more_stays_outside_at_once(office: Office) -> None:
    assert office.browser().signed_in().status == 200
    office.link("suzuki", enabled=False)
    assert office.browser().signed_in().code == "sign-in-not-linked"


def test_everyone_is_not_listed_for_every_sign_in(office: Office) -> None:
    office.browser().signed_in()
    connections = office.services.connections
    before = connections.operations  # type: ignore[attr-defined]
    office.browser().signed_in()
    assert connections.operations == before + 1  # type: ignore[attr-defined]


def test_another_organizations_people_are_not_ours(office: Office) -> None:
    """The same account, linked in another organization, opens nothing here."""
    office.link("suzuki", "")
    rival = office.services.connections.get("rival", "suzuki")
    assert rival is not None
    office.services.connections.put(
        Connection("rival", "suzuki", upn="s@rival.test", mailbox=OID, tenant=TENANT, enabled=True)
    )
    assert office.browser().signed_in().code == "sign-in-not-linked"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CannotSync("sign-in-refused", {"reason": "audience"}), 422),
        (NeedsAdministrator("sign-in-code-used", {"aadsts": "54005"}), 409),
        (NeedsAdministrator("credential-expired", {"aadsts": "7000222"}), 409),
        (TryLater("entra-unavailable"), 503),
    ],
)
def test_what_microsoft_refuses_is_said(
    office: Office, error: CannotSync | NeedsAdministrator | TryLater, status: int
) -> None:
    office.microsoft.error = error
    page = office.browser().signed_in()
    assert (page.status, page.code) == (status, error.code)
    if "aadsts" in error.detail:
        assert f"AADSTS{error.detail['aadsts']}" in page.text


def test_who_cancels_is_told_so_and_nothing_is_redeemed(office: Office) -> None:
    browser = office.browser()
    page = browser.back(state=browser.log_in().state, error="access_denied", code="a code")
    assert page.code == "sign-in-declined"
    assert office.microsoft.codes == []


@pytest.mark.parametrize(
    "changes",
    [
        {"in_use": False},
        {"state": TenantState.NOT_CONNECTED},
        {"state": TenantState.DISCONNECTED},
        {"credential": None},
    ],
)
def test_sign_in_is_off_without_a_connection(office: Office, changes: dict[str, object]) -> None:
    office.tenant(**changes)
    assert office.browser().log_in().code == "sign-in-off"


def test_a_connection_in_trouble_still_signs_people_in(office: Office) -> None:
    office.tenant(state=TenantState.ERROR, error="permission-missing")
    assert office.browser().signed_in().status == 200


def test_a_managed_identity_signs_nobody_in(office: Office) -> None:
    office.tenant(credential=Credential(CredentialKind.MANAGED_IDENTITY))
    assert office.browser().log_in().code == "registration-missing"


def test_sign_in_is_off_where_the_groupware_takes_nobody_over() -> None:
    page = Office(Addresses(PUBLIC, ISSUER)).browser().log_in()
    assert (page.status, page.code) == (404, "sign-in-off")


def test_an_unknown_organization_looks_like_one_without_sign_in(office: Office) -> None:
    before = office.tenants.operations
    assert office.browser().log_in(org="nobody").code == "sign-in-off"
    assert office.tenants.operations == before, "made-up names cost no look-up"


def test_the_organization_can_be_named(office: Office) -> None:
    office.services.connections.put(
        Connection(
            "rival",
            "spy",
            upn="spy@rival.test",
            mailbox=OID,
            tenant="22222222-0000-4000-8000-000000000000",
            enabled=True,
        )
    )
    claims = claims_of(office.browser().signed_in(org="rival").form[1])
    assert (claims["org"], claims["sub"]) == ("rival", "spy")


def test_everything_that_is_shown_is_escaped() -> None:
    hostile = "https://groupware.example/x?a=1&b=%22%3E"
    page = Office(Addresses(PUBLIC, ISSUER, hostile)).browser().signed_in()
    assert 'action="https://groupware.example/x?a=1&amp;b=%22%3E"' in page.text


def test_our_addresses_are_those_of_the_settings() -> None:
    assert ADDRESSES.callback == f"{PUBLIC}/api/oauth/callback"


def test_a_code_is_redeemed_once_with_what_belongs_to_the_state(office: Office) -> None:
    office.browser().signed_in()
    (asked,) = office.microsoft.requests
    assert office.microsoft.codes == [PROVEN]
    assert asked.redirect_uri == f"{PUBLIC}/api/oauth/callback"
    assert 43 <= len(asked.code_verifier) <= 128
    assert len({asked.code_verifier, asked.nonce, asked.state}) == 3
