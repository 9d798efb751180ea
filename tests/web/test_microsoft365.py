"""The connection to Microsoft 365 as its administrator sees it: `/api/microsoft365`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from sync.core.tenant import Credential, CredentialKind, Tenant, TenantState
from sync.errors import NeedsAdministrator, TryLater
from tests.fakes import MemorySecrets
from tests.web.company import ADDRESSES, Answer, Company

TENANT_ID = "11111111-2222-4333-8444-555555555555"
CLIENT_ID = "66666666-7777-4888-8999-aaaaaaaaaaaa"
VALUE = "a-client-secret-of-forty-characters-0001"
IDS = {"tenantId": TENANT_ID, "clientId": CLIENT_ID}


def put(company: Company, **changes: Any) -> Answer:
    return company.as_admin("PUT", "/api/microsoft365", changes)


def connect(company: Company, **credential: Any) -> Answer:
    return put(company, inUse=True, **IDS, credential={"kind": "secret", "value": VALUE, **credential})


def read(company: Company) -> Any:
    answer = company.as_admin("GET", "/api/microsoft365")
    assert answer.status == 200
    return answer.json


@pytest.fixture
def fresh(company: Company) -> Company:
    """Nothing was entered yet."""
    company.tenants._rows.clear()
    return company


def test_before_anything_was_entered_the_redirect_uri_is_there_to_copy(fresh: Company) -> None:
    shown = read(fresh)
    assert shown["redirectUri"] == ADDRESSES.callback == "https://sync.example/api/oauth/callback"
    assert (shown["inUse"], shown["state"], shown["credential"]) == (False, "notConnected", None)
    assert [(one["name"], one["required"], one["state"]) for one in shown["permissions"]] == [
        ("Calendars.ReadWrite", True, "unknown"),
        ("User.Read.All", True, "unknown"),
        ("Application.Read.All", False, "unknown"),
    ]
    assert shown["attention"] == []


def test_a_secret_connects_and_its_value_is_never_seen_again(fresh: Company) -> None:
    end = (fresh.clock.now() + timedelta(days=180, hours=1)).isoformat()
    answer = connect(fresh, expires=end)
    assert (answer.status, answer.json["state"], answer.json["problem"]) == (200, "connected", None)
    credential = answer.json["credential"]
    assert (credential["kind"], credential["daysLeft"], credential["expirySource"]) == (
        "secret",
        180,
        "entered",
    )
    assert credential["secretName"].startswith("microsoft365-default-")
    assert VALUE not in str(answer.json) + str(read(fresh))
    assert {one["state"] for one in answer.json["permissions"] if one["required"]} == {"granted"}
    assert answer.json["attention"] == []


def test_a_value_is_taken_without_the_blanks_around_it(fresh: Company) -> None:
    assert connect(fresh, value=f"  {VALUE}\n").status == 200
    name = read(fresh)["credential"]["secretName"]
    assert fresh.services.secrets.get(name) == VALUE


def test_a_wrong_secret_is_refused_where_it_was_entered_and_nothing_is_stored(fresh: Company) -> None:
    fresh.microsoft365.error = NeedsAdministrator("credential-wrong", {"aadsts": "7000215"})
    answer = connect(fresh)
    assert (answer.status, answer.code) == (422, "credential-wrong")
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [
        ("/credential", "credential-wrong")
    ]
    assert (read(fresh)["tenantId"], cast(MemorySecrets, fresh.services.secrets).names) == ("", [])
    assert VALUE not in str(answer.json)


def test_the_secret_s_id_is_recognised(fresh: Company) -> None:
    answer = connect(fresh, value="0f8fad5b-d9cb-469f-a165-70867728950e")
    assert (answer.status, answer.code) == (422, "secret-id-entered")
    assert "値" in answer.json["remedyJa"]


def test_what_is_still_missing_is_stored_and_said(fresh: Company) -> None:
    fresh.microsoft365.error = NeedsAdministrator("consent-missing")
    answer = connect(fresh)
    assert (answer.status, answer.json["state"], answer.json["problem"]["code"]) == (
        200,
        "notConnected",
        "consent-missing",
    )
    assert answer.json["attention"][0]["code"] == "consent-missing"


def test_entra_that_is_away_does_not_lose_what_was_entered(fresh: Company) -> None:
    fresh.microsoft365.error = TryLater("entra-unavailable")
    answer = connect(fresh)
    assert (answer.status, answer.json["attention"][0]["code"]) == (200, "microsoft365-unchecked")
    assert read(fresh)["clientId"] == CLIENT_ID
    assert fresh.as_admin("POST", "/api/microsoft365/check").status == 503
    fresh.microsoft365.error = None
    assert fresh.as_admin("POST", "/api/microsoft365/check").json["state"] == "connected"


def test_a_change_leaves_the_rest_as_it_is(fresh: Company) -> None:
    connect(fresh)
    before = read(fresh)
    assert put(fresh, inUse=False).json == {**before, "inUse": False, "attention": []}
    assert put(fresh, inUse=True).json["credential"] == before["credential"]


def test_both_credentials_are_shown_while_both_are_tried(fresh: Company) -> None:
    first = connect(fresh).json["credential"]
    answer = put(fresh, credential={"kind": "secret", "value": "another-client-secret-0002"})
    assert answer.json["previous"] == first


def test_the_end_can_be_entered_later(fresh: Company) -> None:
    connect(fresh)
    assert [one["code"] for one in read(fresh)["attention"]] == ["credential-end-unknown"]
    end = (fresh.clock.now() + timedelta(days=10, hours=1)).isoformat()
    answer = put(fresh, credentialExpires=end)
    assert [(one["code"], one["detailEn"]) for one in answer.json["attention"]] == [
        ("credential-expiring", "The credential for Microsoft 365 ends in 10 days.")
    ]
    assert fresh.client.ask("GET", "/api/health").json["attention"] is True


@pytest.mark.parametrize(
    ("credential", "code", "pointer"),
    [
        ({"kind": "secret"}, "credential-value-or-name", "/credential"),
        ({"kind": "secret", "value": "x", "secretName": "y"}, "credential-value-or-name", "/credential"),
        ({"kind": "federated", "value": "x"}, "credential-value-or-name", "/credential"),
        ({"kind": "managedIdentity", "secretName": "x"}, "credential-value-or-name", "/credential"),
        ({"kind": "password", "value": "x"}, "field-choice", "/credential/kind"),
        (
            {"kind": "secret", "value": "x", "expires": "2027-05-22T00:00:00"},
            "field-format",
            "/credential/expires",
        ),
        ({"kind": "secret", "value": "x" * 20_001}, "field-length", "/credential/value"),
        ({"kind": "federated", "identity": "me"}, "field-format", "/credential/identity"),
    ],
)
def test_a_credential_that_makes_no_sense_is_refused_by_field(
    company: Company, credential: dict[str, str], code: str, pointer: str
) -> None:
    answer = put(company, credential=credential)
    assert answer.status == 422
    assert [(one["code"], one["pointer"]) for one in answer.json["errors"]] == [(code, pointer)]


@pytest.mark.parametrize("name", ["tenantId", "clientId"])
@pytest.mark.parametrize("text", ["", "contoso.onmicrosoft.com", f"{TENANT_ID}/..", "common"])
def test_ids_are_guids(company: Company, name: str, text: str) -> None:
    answer = put(company, **{name: text})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"/{name}")


def test_another_organization_s_secret_is_out_of_reach(company: Company) -> None:
    company.services.secrets.set("microsoft365-rival-2026", VALUE)
    answer = put(company, **IDS, credential={"kind": "secret", "secretName": "microsoft365-rival-2026"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/credential/secretName")
    assert company.microsoft365.asked == []


def test_an_operator_s_own_secret_is_used_by_its_name(fresh: Company) -> None:
    fresh.services.secrets.set("microsoft365-default-2026", VALUE)
    answer = put(
        fresh, **IDS, inUse=True, credential={"kind": "secret", "secretName": "microsoft365-default-2026"}
    )
    assert answer.json["credential"]["secretName"] == "microsoft365-default-2026"
    missing = put(fresh, credential={"kind": "secret", "secretName": "microsoft365-default-2027"})
    assert (missing.status, missing.code) == (422, "secret-name-unknown")


def test_an_identity_needs_no_value(fresh: Company) -> None:
    answer = put(fresh, **IDS, inUse=True, credential={"kind": "federated", "identity": CLIENT_ID.upper()})
    assert (answer.json["credential"]["kind"], answer.json["credential"]["identity"]) == (
        "federated",
        CLIENT_ID,
    )


def test_two_administrators_at_once_are_told(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    get = company.tenants.get
    monkeypatch.setattr(company.tenants, "get", lambda name: replace(get(name), version="of yesterday"))
    answer = put(company, inUse=False)
    assert (answer.status, answer.code) == (409, "tenant-changed")


def test_damaged_settings_are_named_and_not_taken_for_none(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(name: str) -> Tenant:
        raise NeedsAdministrator("tenant-damaged", {"column": "tenant"})

    monkeypatch.setattr(company.tenants, "get", damaged)
    answer = company.as_admin("GET", "/api/microsoft365")
    assert (answer.status, answer.code) == (409, "tenant-damaged")
    assert company.client.ask("GET", "/api/health").json["attention"] is True


def test_an_error_of_the_connection_is_shown_with_what_to_do(company: Company) -> None:
    tenant = company.tenants.get("default")
    credential = Credential(CredentialKind.SECRET, "microsoft365-default-1", company.clock.now())
    company.tenants.put(
        replace(tenant, state=TenantState.ERROR, error="credential-expired", credential=credential)
    )
    shown = read(company)
    assert (shown["state"], shown["problem"]["code"]) == ("error", "credential-expired")
    assert shown["problem"]["remedyJa"]
    assert company.client.ask("GET", "/api/health").json["attention"] is True


def test_the_description_does_not_offer_to_read_the_value(company: Company) -> None:
    schemas = company.client.document["components"]["schemas"]
    assert schemas["CredentialUpdate"]["properties"]["value"]["writeOnly"] is True
    assert "value" not in schemas["CredentialAnswer"]["properties"]
