"""The control surface's part for Entra, and the same objects in the start file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync.sandbox.microsoft365 import Tenant
from sync.sandbox.microsoft365.people import add_people
from tests.sandbox.microsoft365.entra_world import (
    CALLBACK,
    EXCHANGE,
    Entra,
    make_pair,
    number,
    number_sent_back,
    sent_back,
)
from tests.sandbox.microsoft365.test_control import steer
from tests.sandbox.microsoft365.world import refusal, shown


@pytest.fixture
def entra() -> Entra:
    return Entra()


def address(entra: Entra, rest: str = "") -> str:
    return f"/applications/{entra.application.client_id}{rest}"


def test_a_registration_is_made_changed_and_removed(entra: Entra) -> None:
    made = steer(
        entra,
        "POST",
        "/applications",
        {"clientId": "c", "name": "試験", "secret": "abc-1", "redirectUris": [CALLBACK], "consented": False},
        201,
    )
    assert (made["redirectUris"], made["consented"], made["roles"]) == ([CALLBACK], False, [])
    assert "Calendars.ReadWrite" in made["requested"]
    assert "abc-1" not in str(made)
    changed = steer(entra, "PATCH", "/applications/c", {"redirectUris": [], "requested": ["User.Read.All"]})
    assert (changed["redirectUris"], changed["requested"]) == ([], ["User.Read.All"])
    assert steer(entra, "POST", "/applications/c/consent")["roles"] == ["User.Read.All"]
    assert steer(entra, "DELETE", "/applications/c/consent")["roles"] == []
    assert "c" in [each["clientId"] for each in steer(entra, "GET", "/applications")["value"]]
    steer(entra, "DELETE", "/applications/c")
    steer(entra, "DELETE", "/applications/c", expected=400)


def test_secrets_come_and_go_and_their_id_is_no_secret(entra: Entra) -> None:
    expires = (entra.clock.now() + timedelta(days=30)).isoformat()
    made = steer(entra, "POST", address(entra, "/secrets"), {"expires": expires, "name": "二つ目"}, 201)
    assert entra.ask(client_secret=made["secretText"]).status_code == 200
    assert number(entra.ask(client_secret=made["keyId"])) == 7000215
    entra.clock.advance(timedelta(days=30))
    assert number(entra.ask(client_secret=made["secretText"])) == 7000222
    steer(entra, "DELETE", address(entra, f"/secrets/{made['keyId']}"))
    assert number(entra.ask(client_secret=made["secretText"])) == 7000215
    assert entra.ask().status_code == 200


def test_certificates_come_and_go(entra: Entra) -> None:
    pair = make_pair()
    made = steer(entra, "POST", address(entra, "/certificates"), {"pem": pair.public}, 201)
    endpoint = f"http://graph.test/{entra.tenant.id}/oauth2/v2.0/token"

    def assertion() -> str:
        return pair.assertion(entra.application.client_id, endpoint, entra.clock.now())

    assert entra.assert_by(assertion()).status_code == 200
    steer(entra, "DELETE", address(entra, f"/certificates/{made['keyId']}"))
    assert number(entra.assert_by(assertion())) == 700027
    steer(entra, "POST", address(entra, "/certificates"), {"pem": pair.private}, 400)


def test_an_identity_is_trusted(entra: Entra) -> None:
    steer(entra, "POST", "/identities", {"clientId": "i", "principalId": "p"}, 201)
    steer(entra, "PATCH", address(entra), {"federations": [{"subject": "p"}]})
    told = steer(entra, "GET", "/identities")
    assert told["identityEndpoint"] == "http://graph.test/msi/token"
    assert [each["principalId"] for each in told["value"]] == ["p"]
    token = shown(entra.identity_token(EXCHANGE, told["identityHeader"]))["access_token"]
    assert entra.assert_by(token).status_code == 200


def test_policies_take_the_time_of_the_switch(entra: Entra) -> None:
    steer(entra, "PUT", "/switches", {"policy_delay": 1800, "consent_delay": 60})
    later = steer(entra, "PATCH", address(entra), {"mailboxes": [], "roles": []})["later"]
    assert [each["changes"] for each in later] == [["mailboxes"], ["roles"]]
    assert entra.roles()
    steer(entra, "POST", "/clock", {"seconds": 60})
    assert entra.roles() == set()
    assert entra.get(entra.events).status_code == 200
    steer(entra, "POST", "/clock", {"seconds": 1740})
    assert refusal(entra.get(entra.events)) == (403, "ErrorAccessDenied")
    role = {"mailboxes": [entra.user.id]}
    steer(entra, "PATCH", address(entra), {"exchangeRoles": [role]})
    steer(entra, "POST", "/clock", {"seconds": 1800})
    steer(entra, "PATCH", address(entra), {"roles": ["User.Read.All"]})
    entra.sign_in(entra.application)
    assert entra.get(entra.events).status_code == 200


def test_who_consents_and_who_is_blocked_is_set(entra: Entra) -> None:
    assert steer(entra, "PUT", "/login", {"consentingTenant": "other"})["consentingTenant"] == "other"
    assert sent_back(entra.click(entra.consent_address(), consent="accept"))["tenant"] == "other"
    changed = steer(entra, "PUT", "/login", {"consentingTenant": None, "usersMayConsent": True})
    assert (changed["consentingTenant"], changed["usersMayConsent"]) == (None, True)
    assert steer(entra, "GET", "/login") == changed
    steer(entra, "PATCH", f"/users/{entra.user.id}", {"isBlockedByPolicy": True})
    assert number_sent_back(entra.sign_in_as()) == 53003


def test_keys_rotate(entra: Entra) -> None:
    before = [key["kid"] for key in entra.keys()["keys"]]
    assert steer(entra, "POST", "/keys/rotate")["kid"] == before[1]
    assert steer(entra, "POST", "/keys/rotate", {"times": 2})["kid"] not in before


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        (7000215, 401, "invalid_client"),
        (7000222, 401, "invalid_client"),
        (7000218, 401, "invalid_client"),
        (700027, 401, "invalid_client"),
        (700016, 400, "unauthorized_client"),
        (7000112, 400, "unauthorized_client"),
        (70001, 400, "unauthorized_client"),
        (90002, 400, "invalid_request"),
        (65001, 400, "invalid_grant"),
        (65004, 400, "access_denied"),
        (90094, 400, "access_denied"),
        (50011, 400, "invalid_request"),
        (50020, 400, "access_denied"),
        (500011, 400, "invalid_resource"),
        (53003, 400, "access_denied"),
        (54005, 400, "invalid_grant"),
        (900144, 400, "invalid_request"),
        (90055, 400, "temporarily_unavailable"),
        (700213, 401, "invalid_client"),
        (70021, 400, "invalid_request"),
        (700229, 401, "invalid_client"),
    ],
)
def test_every_row_of_the_reference_can_be_ordered(entra: Entra, code: int, status: int, error: str) -> None:
    steer(entra, "POST", "/refusals", {"code": code, "place": "token"}, 201)
    answer = entra.ask()
    assert (answer.status_code, shown(answer)["error"], number(answer)) == (status, error, code)
    assert entra.ask().status_code == 200


def test_refusals_last_for_one_application_or_until_they_are_taken_back(entra: Entra) -> None:
    wanted = {"code": 90055, "place": "token", "times": None, "clientId": "somebody else"}
    assert steer(entra, "POST", "/refusals", wanted, 201)["value"] == [wanted]
    assert entra.ask().status_code == 200
    steer(entra, "POST", "/refusals", {**wanted, "clientId": entra.application.client_id}, 201)
    assert [entra.ask().status_code for _ in range(3)] == [400, 400, 400]
    assert steer(entra, "DELETE", "/refusals")["value"] == []
    assert entra.ask().status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"color": "blue"}),
        ("PATCH", "", {"federations": [{"subject": str(n)} for n in range(21)]}),
        ("PATCH", "", {"federations": [{}]}),
        ("POST", "/certificates", {"pem": "x"}),
        ("POST", "/certificates", {}),
    ],
)
def test_what_makes_no_sense_is_refused(entra: Entra, method: str, path: str, body: Any) -> None:
    assert "error" in steer(entra, method, address(entra, path), body, 400)


@pytest.mark.parametrize("wanted", [{"code": 1, "place": "token"}, {"code": 65001, "place": "moon"}, {}])
def test_a_refusal_that_is_not_known_is_refused(entra: Entra, wanted: dict[str, Any]) -> None:
    steer(entra, "POST", "/refusals", wanted, 400)


def test_the_start_file_holds_all_of_it() -> None:
    tenant, pair = Tenant(), make_pair()
    add_people(
        tenant,
        {
            "users": [{"userPrincipalName": "a@example.com", "isBlockedByPolicy": True}],
            "applications": [
                {
                    "clientId": "c",
                    "secret": "s",
                    "name": "予定同期",
                    "redirectUris": [CALLBACK],
                    "roles": ["User.Read.All"],
                    "consented": False,
                    "mailboxes": ["m"],
                    "certificates": [{"pem": pair.public}],
                    "federations": [{"subject": "p"}],
                    "exchangeRoles": [{"mailboxes": ["m"]}],
                }
            ],
            "identities": [{"clientId": "i", "principalId": "p", "roles": ["User.Read.All"]}],
            "login": {"usersMayConsent": True, "identityHeader": "h"},
        },
    )
    application, identity = tenant.applications["c"], tenant.applications["i"]
    directory = frozenset({"User.Read.All"})
    assert (application.roles, application.requested) == (frozenset[str](), directory)
    assert application.mailboxes == application.exchange_roles[0].mailboxes == frozenset({"m"})
    assert application.federations[0].issuer == tenant.login.issuer
    assert len(application.certificates) == 1
    assert (identity.principal_id, identity.roles) == ("p", directory)
    assert (tenant.login.users_may_consent, tenant.login.identity_header) == (True, "h")
    assert tenant.user("a@example.com").is_blocked_by_policy
