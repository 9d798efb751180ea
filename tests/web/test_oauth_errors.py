"""Every error of Microsoft's, as the person in front of the browser reads it: what happened, and what to do."""

from __future__ import annotations

from html import escape

import pytest

from sync.adapters.graph.refusals import AADSTS, refusal_of
from sync.adapters.graph.signin import EntraSignIn
from sync.core.messages import MESSAGES, Language, remedy, sentence
from sync.errors import SyncError
from tests.fakes import MemorySecrets
from tests.web.browser import Office, Page

JA, EN = [("Accept-Language", "ja")], [("Accept-Language", "en")]
# graph-calendar.md 12.4.
REFERENCE = (
    7000215, 7000222, 7000218, 700027, 700016, 7000112, 70001, 90002, 65001, 65004, 90094, 50011, 50020,
    500011, 53003, 54005, 900144, 90055,
)  # fmt: skip
WITHOUT_NUMBER = (
    "access_denied", "permission_denied", "consent_required", "invalid_request", "unauthorized_client",
    "server_error", "temporarily_unavailable",
)  # fmt: skip


@pytest.fixture
def office() -> Office:
    """Its answers of Microsoft's pages are read by the real adapter."""
    office = Office()
    real = EntraSignIn(
        MemorySecrets(),
        office.clock,
        entra_url="https://login.microsoftonline.com",
        graph_url="https://x.test",
    )
    office.microsoft.refused = real.refused  # type: ignore[method-assign]
    return office


def shows(page: Page, error: SyncError, language: Language) -> bool:
    assert error.code in MESSAGES
    said, to_do = sentence(error.code, error.detail, language), remedy(error.code, language)
    assert said
    assert to_do
    return page.code == error.code and escape(said) in page.text and escape(to_do) in page.text


def test_the_reference_is_known() -> None:
    assert set(REFERENCE) - set(AADSTS) == {90055}, "which is no refusal, but a wait"


@pytest.mark.parametrize("number", sorted({*REFERENCE, *AADSTS}))
@pytest.mark.parametrize(("headers", "language"), [(JA, Language.JA), (EN, Language.EN)])
def test_each_number_at_the_consent_page(
    office: Office, number: int, headers: list[tuple[str, str]], language: Language
) -> None:
    browser = office.signed_in_browser()
    state = browser.get("/api/oauth/connect").state
    address = f"/api/oauth/callback?state={state}&admin_consent=True&error=x&error_description=AADSTS{number}%3A+text"
    assert shows(browser.get(address, headers), refusal_of({"error_codes": [number]}), language)


@pytest.mark.parametrize("number", sorted({*REFERENCE, *AADSTS}))
@pytest.mark.parametrize(("headers", "language"), [(JA, Language.JA), (EN, Language.EN)])
def test_each_number_at_the_token_endpoint(
    office: Office, number: int, headers: list[tuple[str, str]], language: Language
) -> None:
    office.microsoft.error = refusal_of({"error": "x", "error_codes": [number]})
    browser = office.browser()
    page = browser.get(f"/api/oauth/callback?state={browser.log_in().state}&code=c", headers)
    assert shows(page, office.microsoft.error, language)


@pytest.mark.parametrize("error", WITHOUT_NUMBER)
@pytest.mark.parametrize(("headers", "language"), [(JA, Language.JA), (EN, Language.EN)])
def test_each_error_without_a_number(
    office: Office, error: str, headers: list[tuple[str, str]], language: Language
) -> None:
    browser = office.browser()
    page = browser.get(f"/api/oauth/callback?state={browser.log_in().state}&error={error}", headers)
    assert shows(page, office.microsoft.refused({"error": error}), language)
