"""What an application may open: access policies, roles of Exchange, its own registration (section 12.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync.sandbox.microsoft365.applications import Certificate, ExchangeRole
from tests.sandbox.microsoft365.entra_world import Entra, make_pair
from tests.sandbox.microsoft365.world import item, refusal, shown, timed

DIRECTORY = frozenset({"User.Read.All"})
CALENDAR = frozenset({"Calendars.ReadWrite"})
DENIED = (403, "ErrorAccessDenied")


@pytest.fixture
def entra() -> Entra:
    """Without a calendar role in the token, and yet allowed into 太郎's mailbox by Exchange."""
    found = Entra()
    found.tenant.add_user("hanako@example.com")
    found.application.roles = DIRECTORY
    found.application.exchange_roles = (ExchangeRole(mailboxes=frozenset({found.user.id})),)
    found.sign_in(found.application)
    return found


def test_a_role_of_exchange_opens_its_mailboxes_and_no_other(entra: Entra) -> None:
    assert entra.roles() == {"User.Read.All"}
    assert entra.get(entra.events).status_code == 200
    assert entra.call("POST", entra.events, timed()).status_code == 201
    assert refusal(entra.get("/users/hanako@example.com/events")) == DENIED
    assert refusal(entra.call("POST", "/users/hanako@example.com/events", timed())) == DENIED
    answers = shown(
        entra.batch(
            item(1, "GET", f"/users/{entra.user.id}/calendar"),
            item(2, "GET", "/users/hanako@example.com/calendar"),
        )
    )["responses"]
    assert {each["id"]: each["status"] for each in answers} == {"1": 200, "2": 403}


def test_a_role_to_read_does_not_write(entra: Entra) -> None:
    entra.application.exchange_roles = (ExchangeRole("Application Calendars.Read"),)
    assert entra.get("/users/hanako@example.com/events").status_code == 200
    assert refusal(entra.call("POST", entra.events, timed())) == DENIED


def test_a_role_of_exchange_says_nothing_about_the_directory(entra: Entra) -> None:
    entra.application.roles = frozenset()
    entra.sign_in(entra.application)
    assert refusal(entra.get("/users")) == (403, "Authorization_RequestDenied")
    assert entra.get(entra.events).status_code == 200


def test_the_tenant_wide_permission_adds_up_with_a_role_of_exchange(entra: Entra) -> None:
    entra.application.roles = DIRECTORY | CALENDAR
    entra.sign_in(entra.application)
    assert entra.get("/users/hanako@example.com/events").status_code == 200


def test_an_access_policy_bounds_the_permission_and_not_the_role_of_exchange(entra: Entra) -> None:
    entra.application.roles = DIRECTORY | CALENDAR
    entra.application.mailboxes = frozenset()
    entra.sign_in(entra.application)
    assert entra.get(entra.events).status_code == 200
    assert refusal(entra.get("/users/hanako@example.com/events")) == DENIED


def test_nobody_of_that_name_stays_nobody(entra: Entra) -> None:
    assert refusal(entra.get("/users/nobody@example.com/events")) == (404, "ErrorInvalidUser")
    entra.application.exchange_roles = ()
    assert refusal(entra.get("/users/nobody@example.com/events")) == DENIED


def test_a_policy_takes_hold_after_the_time_of_the_switch() -> None:
    entra = Entra(policy_delay=3600)
    client = entra.application.client_id
    entra.tenant.change_application(client, entra.tenant.switches.policy_delay, mailboxes=frozenset())
    entra.clock.advance(timedelta(seconds=3599))
    entra.sign_in(entra.application)
    assert entra.get(entra.events).status_code == 200
    entra.clock.advance(timedelta(seconds=1))
    assert refusal(entra.get(entra.events)) == DENIED
    entra.tenant.change_application(client, mailboxes=None)
    assert entra.get(entra.events).status_code == 200


# GET /applications(appId='…').


def registration(
    entra: Entra, client_id: str = "", select: str = "passwordCredentials,keyCredentials"
) -> str:
    return f"/applications(appId='{client_id or entra.application.client_id}')?$select={select}"


def with_roles(entra: Entra, *roles: str) -> Entra:
    entra.application.roles = frozenset(roles)
    entra.sign_in(entra.application)
    return entra


def test_the_end_of_every_credential_is_read_from_the_registration() -> None:
    entra = Entra()
    entra.application.secrets[0].expires = datetime(2027, 3, 1, tzinfo=UTC)
    pair = make_pair(datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=365))
    entra.application.certificates.append(Certificate.parse(pair.public, "key-2", "証明書"))
    found = shown(with_roles(entra, "Application.Read.All").get(registration(entra)))
    assert {"@odata.context", "passwordCredentials", "keyCredentials"} == found.keys()
    (secret,), (key,) = found["passwordCredentials"], found["keyCredentials"]
    assert secret["endDateTime"] == "2027-03-01T00:00:00Z"
    assert secret["hint"] == entra.application.secrets[0].value[:3]
    assert secret["keyId"] == entra.application.secrets[0].key_id
    assert entra.application.secrets[0].value not in str(found)
    assert (key["endDateTime"], key["keyId"]) == ("2027-01-01T00:00:00Z", "key-2")
    assert (key["key"], key["type"], key["usage"]) == (None, "AsymmetricX509Cert", "Verify")


def test_the_products_permissions_do_not_read_registrations() -> None:
    entra = Entra()
    assert refusal(entra.get(registration(entra))) == (403, "Authorization_RequestDenied")


def test_an_application_that_owns_itself_reads_itself_alone() -> None:
    entra = with_roles(Entra(), "Application.ReadWrite.OwnedBy")
    other = entra.tenant.add_application()
    assert entra.get(registration(entra)).status_code == 200
    denied = (403, "Authorization_RequestDenied")
    assert refusal(entra.get(registration(entra, other.client_id))) == denied


def test_only_the_home_tenant_knows_the_registration() -> None:
    entra = with_roles(Entra(), "Application.Read.All")
    missing = (404, "Request_ResourceNotFound")
    assert refusal(entra.get(registration(entra, "nobody"))) == missing
    entra.application.is_registered_here = False
    assert refusal(entra.get(registration(entra))) == missing
    identity = entra.tenant.add_identity()
    assert refusal(entra.get(registration(entra, identity.client_id))) == missing
    assert entra.get("/applications()").status_code == 400
    assert entra.get("/applications(appId='')").status_code == 400


# The directory at its size.


def test_ten_thousand_people_are_read_in_eleven_pages() -> None:
    entra = Entra()
    for n in range(10_000):
        entra.tenant.add_user(f"p{n}@example.com")
    url, names = "/users?$top=999&$select=id,userPrincipalName,mail,proxyAddresses", set()
    while url:
        page = shown(entra.get(url))
        names |= {user["userPrincipalName"] for user in page["value"]}
        url = page.get("@odata.nextLink", "")
    assert len(names) == 10_001
    assert entra.tenant.requests.count("GET", "/users") == 11
    assert entra.tenant.user_at("P77@example.com") is not None


@pytest.mark.parametrize("size", ["0", "-1", "x"])
def test_a_page_size_that_is_none_is_refused(size: str) -> None:
    assert refusal(Entra().get(f"/users?$top={size}")) == (400, "Request_BadRequest")
