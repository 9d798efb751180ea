"""People, mailboxes, permissions and tokens: sections 12 and 13 of the reference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import msal  # type: ignore[import-untyped]
import pytest
import requests

from sync.sandbox.faults import fail
from sync.sandbox.microsoft365 import MailboxState
from tests.sandbox.microsoft365.world import HOST, World, refusal, shown

SCOPE = "https://graph.microsoft.com/.default"


@pytest.fixture
def world() -> World:
    return World()


def ask_token(world: World, tenant: str = "", **form: str | None) -> requests.Response:
    sent = {
        "grant_type": "client_credentials",
        "client_id": world.application.client_id,
        "client_secret": world.application.secrets[0].value,
        "scope": SCOPE,
        **form,
    }
    return world.session.post(f"{HOST}/{tenant or world.tenant.id}/oauth2/v2.0/token", data=sent)


def test_a_token_from_the_endpoint_opens_graph(world: World) -> None:
    token = shown(ask_token(world))
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3599)
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["tid"] == world.tenant.id
    assert "Calendars.ReadWrite" in claims["roles"]
    world.session.headers["Authorization"] = f"Bearer {token['access_token']}"
    assert world.get("/users").status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, 400, "unauthorized_client", 700016),
        ({"tenant": "00000000-0000-0000-0000-000000000000"}, 400, "invalid_request", 90002),
        ({"tenant": "common"}, 400, "invalid_request", 90002),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://example.com/.default"}, 400, "invalid_resource", 500011),
        ({"client_assertion": "nonsense"}, 401, "invalid_client", 700027),
    ],
)
def test_the_token_endpoint_refuses_with_its_numbers(
    world: World, form: dict[str, Any], status: int, error: str, code: int
) -> None:
    answer = ask_token(world, **form)
    body = shown(answer)
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(body)


def test_an_expired_secret_and_a_disabled_application_are_refused(world: World) -> None:
    world.application.secrets[0].expires = world.clock.now() + timedelta(hours=1)
    assert ask_token(world).status_code == 200
    world.clock.advance(timedelta(hours=1))
    assert shown(ask_token(world))["error_codes"] == [7000222]
    world.application.enabled = False
    assert shown(ask_token(world))["error_codes"] == [7000112]


def test_the_token_endpoint_fails_only_by_script(world: World) -> None:
    world.tenant.faults.script("POST /*/oauth2/v2.0/token", fail(503, ""))
    assert ask_token(world).status_code == 503
    assert ask_token(world).status_code == 200
    assert world.tenant.requests.tokens == 2


def test_msal_gets_its_token_here(world: World) -> None:
    class ToSimulator(requests.Session):
        """What the product's transport does: the authority's host becomes the simulator's."""

        def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            request.headers["X-Forwarded-Host"] = "login.microsoftonline.com"
            request.headers["X-Forwarded-Proto"] = "https"
            request.url = (request.url or "").replace("https://login.microsoftonline.com", HOST)
            return super().send(request, **kwargs)

    session = ToSimulator()
    session.mount(HOST, world.session.get_adapter(HOST))
    client = msal.ConfidentialClientApplication(
        world.application.client_id,
        client_credential=world.application.secrets[0].value,
        authority=f"https://login.microsoftonline.com/{world.tenant.id}",
        http_client=session,
    )
    token = client.acquire_token_for_client([SCOPE])
    assert "access_token" in token, token


def test_discovery_names_the_host_that_was_asked(world: World) -> None:
    url = f"{HOST}/{world.tenant.id}/v2.0/.well-known/openid-configuration"
    here = shown(world.session.get(url))
    assert here["token_endpoint"] == f"{HOST}/{world.tenant.id}/oauth2/v2.0/token"
    assert here["jwks_uri"] == f"{HOST}/{world.tenant.id}/discovery/v2.0/keys"
    # The issuer is the name that stands in ID tokens, the same wherever the simulator listens (section 12.3).
    assert here["issuer"] == f"https://login.microsoftonline.com/{world.tenant.id}/v2.0"
    assert world.session.get(url.replace(world.tenant.id, "nobody.example")).status_code == 400
    asked = f"{HOST}/common/discovery/instance?authorization_endpoint={HOST}/{world.tenant.id}/oauth2/v2.0/authorize"
    assert shown(world.session.get(asked))["tenant_discovery_endpoint"] == url


def test_a_missing_damaged_foreign_or_expired_token_is_401(world: World) -> None:
    good = str(world.session.headers["Authorization"])
    for header in ("", "Bearer", "Basic abc", "Bearer abc", f"{good}x", f"Bearer {jwt.encode({}, 'k' * 32)}"):
        answer = world.call("GET", "/users", headers={"Authorization": header})
        assert refusal(answer) == (401, "InvalidAuthenticationToken")
    world.clock.advance(timedelta(hours=1))
    assert refusal(world.get("/users")) == (401, "InvalidAuthenticationToken")
    world.sign_in(world.application)
    assert world.get("/users").status_code == 200


def test_revoked_tokens_are_401_and_new_ones_are_not(world: World) -> None:
    world.clock.advance(timedelta(seconds=5))
    world.tenant.tokens.revoke_all(world.clock.now())
    assert refusal(world.get("/users")) == (401, "InvalidAuthenticationToken")
    world.sign_in(world.application)
    assert world.get("/users").status_code == 200


def test_a_missing_role_is_403(world: World) -> None:
    world.sign_in(world.tenant.add_application(roles=frozenset({"Calendars.Read"})))
    assert refusal(world.get("/users")) == (403, "Authorization_RequestDenied")
    assert world.get(world.events).status_code == 200
    assert refusal(world.call("POST", world.events, {})) == (403, "ErrorAccessDenied")


def test_a_mailbox_outside_the_access_policy_is_403_and_others_work(world: World) -> None:
    other = world.tenant.add_user("hanako@example.com")
    world.sign_in(world.tenant.add_application(mailboxes=frozenset({world.user.id})))
    assert world.get(world.events).status_code == 200
    assert refusal(world.get(f"/users/{other.id}/events")) == (403, "ErrorAccessDenied")
    assert world.get(f"/users/{other.id}").status_code == 200


def test_a_person_is_found_by_object_id_and_by_upn_without_case(world: World) -> None:
    guest = world.tenant.add_user("o'hara_example.org#EXT#@example.com", mail=None)
    for name in (world.user.id, "TARO@example.com"):
        assert shown(world.get(f"/users/{name}"))["id"] == world.user.id
    assert shown(world.get("/users/o'hara_example.org%23EXT%23@example.com"))["id"] == guest.id
    assert refusal(world.get("/users/nobody@example.com")) == (404, "Request_ResourceNotFound")


def test_properties_beyond_the_default_come_by_select(world: World) -> None:
    assert "accountEnabled" not in shown(world.get(f"/users/{world.user.id}"))
    wanted = "id,accountEnabled,assignedPlans,proxyAddresses"
    found = shown(world.get(f"/users/{world.user.id}?$select={wanted}"))
    assert set(found) == {"@odata.context", *wanted.split(",")}
    assert found["proxyAddresses"] == ["SMTP:taro@example.com"]


def test_people_are_filtered_and_paged(world: World) -> None:
    for n in range(5):
        world.tenant.add_user(f"p{n}@example.com")
    found = shown(
        world.get("/users?$filter=mail eq 'P3@example.com' or userPrincipalName eq 'p4@example.com'")
    )
    assert [user["displayName"] for user in found["value"]] == ["p3", "p4"]
    assert refusal(world.get("/users?$filter=city eq 'x'")) == (400, "Request_UnsupportedQuery")
    names, url = [], "/users?$top=2&$select=id"
    while url:
        page = shown(world.get(url))
        names += page["value"]
        url = page.get("@odata.nextLink", "")
    assert len(names) == 6
    assert set(names[0]) == {"id"}


@pytest.mark.parametrize("state", [MailboxState.NONE, MailboxState.ON_PREMISES, MailboxState.PROVISIONING])
def test_a_person_without_a_usable_mailbox(world: World, state: MailboxState) -> None:
    world.user.mailbox_state = state
    assert world.get(f"/users/{world.user.id}").status_code == 200
    for path in (world.events, f"/users/{world.user.id}/calendar", f"{world.view}/delta"):
        assert refusal(world.get(path)) == (404, "MailboxNotEnabledForRESTAPI")


def test_a_removed_person_is_gone_and_comes_back_with_the_same_mailbox(world: World) -> None:
    event = world.create()
    world.tenant.remove_user("taro@example.com")
    assert refusal(world.get(f"/users/{world.user.id}")) == (404, "Request_ResourceNotFound")
    assert refusal(world.get(world.events)) == (404, "ErrorInvalidUser")
    world.tenant.restore_user(world.user.id)
    assert world.read(event["id"])["id"] == event["id"]


def test_a_renamed_person_keeps_object_id_and_events(world: World) -> None:
    event = world.create()
    world.tenant.rename_user(world.user.id, "taro.yamada@example.com")
    assert refusal(world.get("/users/taro@example.com")) == (404, "Request_ResourceNotFound")
    assert shown(world.get(f"/users/taro.yamada@example.com/events/{event['id']}"))["id"] == event["id"]


def test_the_supported_zones_have_windows_names_or_iana_names(world: World) -> None:
    zones = shown(world.get(f"/users/{world.user.id}/outlook/supportedTimeZones"))["value"]
    assert {"alias": "Tokyo Standard Time", "displayName": "Tokyo Standard Time"} in zones
    iana = "supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')"
    zones = shown(world.get(f"/users/{world.user.id}/outlook/{iana}"))["value"]
    assert {"alias": "Asia/Tokyo", "displayName": "Asia/Tokyo"} in zones


def test_calendars_are_listed_and_made(world: World) -> None:
    assert world.call("POST", f"/users/{world.user.id}/calendars", {"name": "個人"}).status_code == 201
    found = shown(world.get(f"/users/{world.user.id}/calendars"))["value"]
    assert [(each["name"], each["isDefaultCalendar"]) for each in found] == [
        ("予定表", True),
        ("個人", False),
    ]
    assert found[0]["owner"] == {"name": "山田 太郎", "address": "taro@example.com"}
