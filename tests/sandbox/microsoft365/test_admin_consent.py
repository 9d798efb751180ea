"""The administrator's consent and what it grants: section 12.2 of the reference."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.sandbox.microsoft365.refusals import Place
from tests.sandbox.microsoft365.entra_world import (
    Entra,
    number,
    number_on_page,
    number_sent_back,
    sent_back,
)
from tests.sandbox.microsoft365.world import refusal

V1, V2 = "adminconsent", "v2.0/adminconsent"
OTHER = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def entra() -> Entra:
    found = Entra()
    found.application.consented, found.application.roles = False, frozenset()
    found.application.requested = frozenset({"Calendars.ReadWrite", "User.Read.All"})
    return found


def test_consent_grants_the_roles_and_not_before(entra: Entra) -> None:
    assert entra.roles() == set()
    entra.sign_in(entra.application)
    assert refusal(entra.get(entra.events)) == (403, "ErrorAccessDenied")
    page = entra.open(entra.consent_address())
    assert "Calendars.ReadWrite" in page.text
    assert "Contacts.Read" not in page.text
    assert entra.roles() == set(), "the page alone grants nothing"
    sent_back(entra.click(entra.consent_address(), consent="accept"))
    assert entra.roles() == {"Calendars.ReadWrite", "User.Read.All"}
    assert refusal(entra.get(entra.events)) == (403, "ErrorAccessDenied"), "a token keeps what it said"
    entra.sign_in(entra.application)
    assert entra.get(entra.events).status_code == 200


def test_v2_answers_with_scope_and_tenant(entra: Entra) -> None:
    back = sent_back(entra.click(entra.consent_address(), consent="accept"))
    graph = "https://graph.microsoft.com/"
    assert back == {
        "admin_consent": "True",
        "tenant": entra.tenant.id,
        "scope": f"{graph}Calendars.ReadWrite {graph}User.Read.All",
        "state": "s 1",
    }


def test_v1_answers_with_tenant_and_state(entra: Entra) -> None:
    back = sent_back(entra.click(entra.consent_address(V1, scope=None), consent="accept"))
    assert back == {"admin_consent": "True", "tenant": entra.tenant.id, "state": "s 1"}
    assert entra.roles() == {"Calendars.ReadWrite", "User.Read.All"}


def test_v2_refused_says_admin_consent_true_beside_its_error(entra: Entra) -> None:
    back = sent_back(entra.click(entra.consent_address(), consent="cancel"))
    assert (back["admin_consent"], back["error"], back["state"]) == ("True", "consent_required", "s 1")
    assert number_sent_back(back) == 65004
    assert entra.roles() == set()


def test_v1_refused_has_its_own_words(entra: Entra) -> None:
    back = sent_back(entra.click(entra.consent_address(V1), consent="cancel"))
    assert back == {"error": "permission_denied", "error_description": "The admin canceled the request"}


def test_an_empty_form_is_no_consent(entra: Entra) -> None:
    assert "error" in sent_back(entra.click(entra.consent_address()))
    assert entra.roles() == set()


def test_an_administrator_of_another_tenant_consents_there(entra: Entra) -> None:
    entra.tenant.login.consenting_tenant = OTHER
    for path in (V1, V2):
        assert sent_back(entra.click(entra.consent_address(path), consent="accept"))["tenant"] == OTHER
    assert entra.roles() == set()


def test_without_default_no_application_permission_is_granted(entra: Entra) -> None:
    address = entra.consent_address(scope="https://graph.microsoft.com/User.Read")
    assert sent_back(entra.click(address, consent="accept"))["scope"] == ""
    assert entra.roles() == set()


@pytest.mark.parametrize("path", [V1, V2])
def test_the_way_back_is_checked(entra: Entra, path: str) -> None:
    def refused(**asked: str | None) -> int:
        return number_on_page(entra.click(entra.consent_address(path, **asked), consent="accept"))

    assert refused(redirect_uri="https://evil.example/") == 50011
    assert refused(client_id="00000000-0000-0000-0000-000000000000") == 700016
    assert refused(tenant="common") == 90002
    assert refused(redirect_uri=None) == 900144
    assert entra.open(entra.consent_address(path, tenant="organizations")).status_code == 200
    assert entra.roles() == set()


def test_v2_needs_a_scope(entra: Entra) -> None:
    assert number_on_page(entra.open(entra.consent_address(scope=None))) == 900144


def test_an_application_of_another_tenant_is_not_found_before_consent(entra: Entra) -> None:
    entra.application.is_registered_here = False
    assert number(entra.ask()) == 700016
    sent_back(entra.click(entra.consent_address(), consent="accept"))
    assert entra.roles() == {"Calendars.ReadWrite", "User.Read.All"}


def test_a_permission_that_was_added_later_needs_consent_again(entra: Entra) -> None:
    entra.click(entra.consent_address(), consent="accept")
    entra.roles()
    entra.application.requested |= {"Application.Read.All"}
    assert "Application.Read.All" not in entra.roles()
    entra.click(entra.consent_address(), consent="accept")
    assert "Application.Read.All" in entra.roles()


def test_a_consent_that_is_taken_back_empties_new_tokens(entra: Entra) -> None:
    entra.click(entra.consent_address(), consent="accept")
    assert entra.roles()
    entra.tenant.revoke(entra.application.client_id)
    assert entra.roles() == set()


def test_consent_takes_its_time_where_the_switch_says_so() -> None:
    entra = Entra(consent_delay=300)
    entra.application.consented, entra.application.roles = False, frozenset()
    entra.click(entra.consent_address(), consent="accept")
    entra.clock.advance(timedelta(seconds=299))
    assert entra.roles() == set()
    entra.clock.advance(timedelta(seconds=1))
    assert "Calendars.ReadWrite" in entra.roles()


@pytest.mark.parametrize("code", [65001, 90094, 53003])
def test_any_refusal_can_be_ordered(entra: Entra, code: int) -> None:
    entra.tenant.login.refusals.order(code, Place.CONSENT)
    back = sent_back(entra.click(entra.consent_address(), consent="accept"))
    assert (back["admin_consent"], number_sent_back(back)) == ("True", code)
    assert entra.roles() == set()
