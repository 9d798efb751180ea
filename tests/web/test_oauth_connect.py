"""An administrator connects the organization: ticket, session, consent, proof, what was granted."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from sync.core.tenant import Credential, CredentialKind, PermissionState, TenantState
from sync.errors import CannotSync, NeedsAdministrator, TryLater
from tests.web.browser import PROVEN, PUBLIC, TENANT, Office

ENGLISH = [("Accept-Language", "en")]


@pytest.fixture
def office() -> Office:
    return Office()


def test_the_whole_way_from_the_ticket_to_connected(office: Office) -> None:
    office.not_connected()
    browser = office.browser()
    entered = browser.get(f"/api/oauth/connect?ticket={office.ticket()}")
    assert (entered.status, entered.location) == (303, f"{PUBLIC}/api/oauth/connect")

    asked = browser.get("/api/oauth/connect")
    assert asked.status == 200
    assert urlsplit(asked.link).path == f"/{TENANT}/adminconsent"
    assert asked.query["redirect_uri"] == [f"{PUBLIC}/api/oauth/callback"]
    for shown in ("boss", TENANT, "client-1", "Calendars.ReadWrite, User.Read.All"):
        assert shown in asked.text
    assert "Contacts.Read" not in asked.text

    consented = browser.back(state=asked.state, admin_consent="True", tenant=TENANT)
    assert urlsplit(consented.location).path == f"/{TENANT}/authorize"
    assert office.tenant().state is TenantState.NOT_CONNECTED, "a consent's answer alone proves nothing"
    assert office.tenant().proven == ""

    done = browser.back(state=consented.state, code=PROVEN)
    assert done.status == 200
    assert "Microsoft 365 に接続しました" in done.text
    stored = office.tenant()
    assert stored.state is TenantState.CONNECTED
    assert stored.consented_at == office.clock.now()
    assert stored.proven == TENANT
    assert stored.permissions["Calendars.ReadWrite"] is PermissionState.GRANTED


def test_what_was_not_granted_is_named_with_what_to_do(office: Office) -> None:
    office.not_connected()
    office.graph.roles = frozenset({"User.Read.All"})
    object.__setattr__(office.services, "mailboxes", lambda _: Refusing())
    browser = office.signed_in_browser()
    page = browser.back(state=browser.consent().state, code=PROVEN)
    assert "まだ接続できていません" in page.text
    assert "Calendars.ReadWrite" in page.text
    assert "付与されていません" in page.text
    assert page.code == "permission-missing"
    assert office.tenant().state is not TenantState.CONNECTED


class Refusing:
    def check(self, oid: str) -> None:
        raise NeedsAdministrator("mailbox-forbidden")


def test_the_consent_of_another_tenant_is_refused(office: Office) -> None:
    """Whoever is signed in to two tenants consents in the wrong one, or an attacker writes the address."""
    office.not_connected()
    page = office.signed_in_browser().consent(tenant="99999999-0000-4000-8000-000000000000")
    assert (page.status, page.code) == (422, "consent-other-tenant")
    assert office.graph.asked == 0


def test_letters_of_a_tenant_id_may_be_large(office: Office) -> None:
    assert office.signed_in_browser().consent(tenant=TENANT.upper()).status == 303


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "access_denied"},
        {"error": "access_denied", "admin_consent": "True", "tenant": TENANT},
    ],
)
def test_an_error_counts_also_beside_admin_consent(office: Office, answer: dict[str, str]) -> None:
    browser = office.signed_in_browser()
    page = browser.back(state=browser.get("/api/oauth/connect").state, **answer)
    assert (page.status, page.code) == (422, "sign-in-declined")


@pytest.mark.parametrize("answer", [{}, {"tenant": TENANT}, {"admin_consent": "False", "tenant": TENANT}])
def test_no_answer_is_no_consent(office: Office, answer: dict[str, str]) -> None:
    browser = office.signed_in_browser()
    page = browser.back(state=browser.get("/api/oauth/connect").state, **answer)
    assert (page.status, page.code) == (422, "consent-incomplete")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CannotSync("sign-in-refused", {"reason": "tenant"}), 422),
        (NeedsAdministrator("account-of-another-tenant", {"aadsts": "50020"}), 409),
        (TryLater("entra-unavailable"), 503),
    ],
)
def test_without_proof_nothing_is_connected(
    office: Office, error: CannotSync | NeedsAdministrator | TryLater, status: int
) -> None:
    office.not_connected()
    browser = office.signed_in_browser()
    consented = browser.consent()
    office.microsoft.error = error
    page = browser.back(state=consented.state, code="a code")
    assert (page.status, page.code) == (status, error.code)
    assert office.tenant().state is TenantState.NOT_CONNECTED
    assert office.graph.asked == 0


def test_a_declined_proof_connects_nothing(office: Office) -> None:
    office.not_connected()
    browser = office.signed_in_browser()
    page = browser.back(state=browser.consent().state, error="access_denied")
    assert page.code == "sign-in-declined"
    assert office.tenant().state is TenantState.NOT_CONNECTED


def test_each_page_speaks_the_readers_language(office: Office) -> None:
    browser = office.signed_in_browser()
    assert "Connect Microsoft 365" in browser.get("/api/oauth/connect", ENGLISH).text
    refused = office.browser().get("/api/oauth/connect", ENGLISH)
    assert "Go back to the groupware and start again." in refused.text
    assert refused.headers["content-language"] == "en"


@pytest.mark.parametrize(
    "changes",
    [
        {"in_use": False},
        {"tenant_id": ""},
        {"client_id": ""},
        {"credential": None},
        {"state": TenantState.DISCONNECTING},
    ],
)
def test_there_is_nothing_to_connect_before_the_settings_are_complete(
    office: Office, changes: dict[str, object]
) -> None:
    browser = office.signed_in_browser()
    office.tenant(**changes)
    page = browser.get("/api/oauth/connect")
    assert (page.status, page.code) == (409, "connecting-not-possible")


def test_settings_that_change_on_the_way_stop_it(office: Office) -> None:
    """The tenant that counts is the one that is entered now."""
    browser = office.signed_in_browser()
    asked = browser.get("/api/oauth/connect")
    office.tenant(tenant_id="33333333-0000-4000-8000-000000000000")
    page = browser.back(state=asked.state, admin_consent="True", tenant=TENANT)
    assert page.code == "consent-other-tenant"


def test_a_managed_identity_has_no_consent_page(office: Office) -> None:
    browser = office.signed_in_browser()
    office.tenant(credential=Credential(CredentialKind.MANAGED_IDENTITY))
    assert browser.get("/api/oauth/connect").code == "registration-missing"


def test_a_disconnected_organization_can_be_connected_again(office: Office) -> None:
    office.tenant(state=TenantState.DISCONNECTED)
    browser = office.signed_in_browser()
    browser.back(state=browser.consent().state, code=PROVEN)
    assert office.tenant().state is TenantState.CONNECTED


def test_a_session_ends_after_half_an_hour(office: Office) -> None:
    browser = office.signed_in_browser()
    office.clock.advance(timedelta(minutes=29))
    assert browser.get("/api/oauth/connect").status == 200
    office.clock.advance(timedelta(minutes=2))
    page = browser.get("/api/oauth/connect")
    assert (page.status, page.code) == (401, "session-missing")
