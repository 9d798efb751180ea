"""Every route of the app, against everyone who must not pass. A new route joins by itself."""

from __future__ import annotations

from typing import Final

import pytest
from fastapi import APIRouter, FastAPI

from sync.engine.linking import start_linking
from sync.ports import LinkRow, PassState
from sync.web.access import RULES, GuardedRoute, Who, check_routes
from tests.web.browser import Office
from tests.web.company import ISSUER, Company, sign

# A body that the route accepts, so that only the caller can be the reason for a refusal.
BODIES: Final[dict[str, object]] = {
    "POST /api/sync": {"user": "suzuki"},
    "PUT /api/users/{id}": {"settings": {"defaultReminder": 5}},
    "POST /api/users/bulk": {"users": ["suzuki"], "enabled": True},
    "PUT /api/settings": {"interval": 30},
    "PUT /api/facilities/{id}": {"address": "room@x.test"},
    "PUT /api/microsoft365": {"inUse": True},
    "DELETE /api/microsoft365": {"choice": "leave"},
    "POST /api/users/link": {"users": [{"id": "suzuki", "upn": "suzuki@x.test"}]},
}
# Routes about one person, and how a stranger of the same organization is turned away.
ABOUT_ONE: Final = {
    "POST /api/sync": 403,
    "GET /api/passes/{id}": 404,
    "GET /api/users/{id}": 403,
    "PUT /api/users/{id}": 403,
    "GET /api/users/{id}/data": 403,
    "GET /api/users/{id}/passes": 403,
    "GET /api/users/{id}/problems": 403,
    "GET /api/users/{id}/history": 403,
}


# Everyone's own, whoever asks.
OF_THE_CALLER: Final = {"GET /api/microsoft365/apps"}
# Pages, which know no bearer tokens: tests/web/test_attacks.py is about who may not.
BROWSERS: Final = {
    "GET /api/oauth/connect": Who.ADMINISTRATORS_BROWSER,
    "GET /api/oauth/login": Who.BROWSER,
    "GET /api/oauth/callback": Who.BROWSER,
}


def all_routes() -> list[str]:
    """Of the API for programs."""
    routes = Company().app.routes
    named = {
        f"{method} {route.path_format}"
        for route in routes
        if isinstance(route, GuardedRoute)
        for method in route.methods or ()
    }
    return sorted(named - BROWSERS.keys())


def ask(company: Company, route: str, token: str | None) -> int:
    method, path = route.split(" ")
    named = "suzuki"
    if "/passes/{id}" in path:
        named = company.pass_of("suzuki", PassState.HELD)
    elif "/facilities/{id}" in path:
        named = "room-a"
    elif "/operations/{id}" in path:
        named = start_linking(company.services, "default", "boss", [LinkRow("suzuki")], None).id
    return company.client.ask(method, path.replace("{id}", named), BODIES.get(route), token=token).status


def test_what_strangers_and_administrators_alone_may_do_is_written_down_twice() -> None:
    """The tests below believe `RULES`; this one does not."""
    assert {route for route, who in RULES.items() if who is Who.ANYONE} == {
        "GET /api/health",
        "GET /api/openapi.json",
        "GET /api/oauth/keys",
    }
    browsers = (Who.BROWSER, Who.ADMINISTRATORS_BROWSER)
    assert {route: who for route, who in RULES.items() if who in browsers} == BROWSERS
    assert {route for route, who in RULES.items() if who is Who.ADMINISTRATOR} == {
        "GET /api/settings",
        "PUT /api/settings",
        "GET /api/facilities",
        "GET /api/facilities/{id}",
        "PUT /api/facilities/{id}",
        "GET /api/microsoft365",
        "PUT /api/microsoft365",
        "POST /api/microsoft365/check",
        "DELETE /api/microsoft365",
        "GET /api/microsoft365/disconnection",
        "GET /api/operations/{id}",
        "GET /api/users/suggestions",
        "POST /api/users/link",
        "GET /api/users",
        "DELETE /api/users/{id}",
        "POST /api/users/bulk",
        "POST /api/passes/{id}/confirm",
    }


@pytest.mark.parametrize("route", all_routes())
def test_without_a_token_only_public_routes_answer(company: Company, route: str) -> None:
    status = ask(company, route, None)
    assert status == (200 if RULES[route] is Who.ANYONE else 401)


@pytest.mark.parametrize("route", all_routes())
def test_a_persons_token_opens_no_administrators_route(company: Company, route: str) -> None:
    status = ask(company, route, company.token("suzuki"))
    assert (status == 403) is (RULES[route] is Who.ADMINISTRATOR)


@pytest.mark.parametrize("route", all_routes())
def test_what_is_about_one_person_is_closed_to_another(company: Company, route: str) -> None:
    status = ask(company, route, company.token("tanaka"))
    if route in ABOUT_ONE:
        assert status == ABOUT_ONE[route]
    elif route in OF_THE_CALLER:
        assert status == 200
    else:
        assert RULES[route] in (Who.ANYONE, Who.ADMINISTRATOR)


@pytest.mark.parametrize("route", all_routes())
def test_another_organizations_administrator_finds_nothing(company: Company, route: str) -> None:
    """The people of `default` do not exist for `rival`, whatever the route. Facilities are those of the groupware,
    their addresses each organization's own."""
    before = (company.person("suzuki"), company.services.organizations.get("default"))
    company.services.connections.delete("rival", "suzuki")
    status = ask(company, route, company.token("spy", "admin", "rival"))
    if route == "GET /api/users/{id}/history":
        assert status == 403
    elif ("{id}" in route and "/facilities/" not in route) or route == "POST /api/sync":
        assert status == 404
    else:
        assert status == (202 if route == "POST /api/users/link" else 200)
    assert (company.person("suzuki"), company.services.organizations.get("default")) == before
    assert company.services.facilities.rooms("default") == {}


def test_lists_stay_inside_the_organization(company: Company) -> None:
    users = company.client.ask("GET", "/api/users", token=company.token("spy", "admin", "rival")).json[
        "users"
    ]
    assert [(user["id"], user["name"]) for user in users] == [("spy", ""), ("suzuki", "他社鈴木")]


def test_bulk_does_not_reach_another_organization(company: Company) -> None:
    body = {"users": ["tanaka"], "enabled": True}
    answer = company.client.ask("POST", "/api/users/bulk", body, token=company.token("spy", "admin", "rival"))
    assert answer.json["results"][0]["problem"]["code"] == "user-unknown"


def test_an_administrator_may_use_every_route_but_anothers_history() -> None:
    """Each in a company of its own: one of them forgets the person."""
    refused = []
    for route in all_routes():
        company = Company()
        if ask(company, route, company.token("boss", "admin")) >= 400:
            refused.append(route)
    assert refused == ["GET /api/users/{id}/history"]


def test_an_administrator_is_told_that_history_is_the_persons_own(company: Company) -> None:
    answer = company.as_admin("GET", "/api/users/suzuki/history")
    assert (answer.status, answer.code) == (403, "own-only")
    assert company.as_admin("GET", "/api/users/boss/history").status == 200


def test_an_issuer_speaks_only_for_its_organizations() -> None:
    company = Company(organizations=frozenset({"rival"}))
    own = company.client.ask("GET", "/api/users", token=company.token("spy", "admin", "rival"))
    other = company.client.ask("GET", "/api/users", token=company.token("boss", "admin", "default"))
    assert (own.status, other.status) == (200, 403)


def test_an_organization_nobody_knows_is_refused_until_it_exists(company: Company) -> None:
    token = company.token("boss", "admin", "newcomer")
    assert company.client.ask("GET", "/api/users", token=token).status == 403
    company.services.organizations.put("newcomer", company.services.organizations.get("newcomer"))
    company.clock.advance(31)
    assert company.client.ask("GET", "/api/users", token=token).status == 200


def test_made_up_organizations_do_not_make_us_read_the_storage_each_time(company: Company) -> None:
    asked: list[None] = []
    ids = company.services.organizations.ids
    company.access._organizations = lambda: asked.append(None) or ids()  # type: ignore[func-returns-value]
    for number in range(20):
        company.client.ask("GET", "/api/users", token=company.token("boss", "admin", f"made-up-{number}"))
    assert len(asked) == 1


def test_a_token_without_org_belongs_to_the_default_organization(company: Company) -> None:
    answer = company.client.ask("GET", "/api/users/suzuki", token=sign(company.claims()))
    assert answer.json["name"] == "鈴木一郎"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "")],
        [("Authorization", "Bearer")],
        [("Authorization", "Basic {token}")],
        [("Authorization", "Bearer {token}"), ("Authorization", "Bearer {token}")],
        [("Authorization", "Bearer {token}"), ("authorization", "Bearer other")],
        [("Authorization", "Bearer {token}, Bearer {token}")],
        [("Cookie", "token={token}")],
    ],
)
def test_exactly_one_bearer_header_counts(company: Company, headers: list[tuple[str, str]]) -> None:
    sent = [(name, value.format(token=company.token())) for name, value in headers]
    answer = company.client.ask("GET", "/api/users/suzuki", headers=sent)
    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["access_token", "token", "jwt", "ticket", "Access_Token"])
def test_a_token_in_the_address_is_refused_even_beside_a_good_header(company: Company, name: str) -> None:
    path = f"/api/users/suzuki?{name}={company.token()}"
    assert company.client.ask("GET", path).status == 401
    assert company.as_person("GET", path).status == 401


def test_a_refusal_does_not_say_why(company: Company) -> None:
    wrong = sign(company.claims(iss="https://elsewhere.example"))
    late = sign(company.claims(exp=1))
    answers = [company.client.ask("GET", "/api/users/suzuki", token=token) for token in (wrong, late, "x")]
    assert answers[0].json == answers[1].json == answers[2].json
    assert ISSUER not in str(answers[0].json)


def test_the_caller_is_checked_before_the_body_is_read(company: Company) -> None:
    answer = company.client.ask("PUT", "/api/settings", content=b"{not json")
    assert answer.status == 401


def test_an_app_with_a_route_that_nobody_declared_does_not_start() -> None:
    router = APIRouter(route_class=GuardedRoute)
    router.add_api_route("/api/secrets", lambda: None)
    with pytest.raises(RuntimeError, match="GET /api/secrets"):
        check_routes([*Company().app.routes, *router.routes])


def test_an_app_with_a_route_that_nobody_guards_does_not_start() -> None:
    plain = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    plain.add_api_route("/api/health", lambda: None)
    with pytest.raises(RuntimeError, match="/api/health"):
        check_routes(plain.routes)


@pytest.mark.parametrize("path", ["/admin/users", "/runtime/x"])
def test_an_app_with_a_route_of_the_host_does_not_start(path: str) -> None:
    router = APIRouter(route_class=GuardedRoute)
    router.add_api_route(path, lambda: None)
    with pytest.raises(RuntimeError, match=path):
        check_routes(router.routes, {f"GET {path}": Who.ANYONE})


def test_a_rule_without_a_route_does_not_start() -> None:
    with pytest.raises(RuntimeError, match="GET /api/nothing"):
        check_routes(Company().app.routes, {**RULES, "GET /api/nothing": Who.ANYONE})


@pytest.mark.parametrize("route", BROWSERS)
def test_a_bearer_token_opens_no_page(route: str) -> None:
    """Neither in its header nor as a ticket."""
    office = Office()
    path, token = route.removeprefix("GET "), office.token("boss", "admin")
    browser = office.browser()
    assert browser.get(path, [("Authorization", f"Bearer {token}")]).status == browser.get(path).status
    assert browser.get(f"{path}?ticket={token}").status == 401
    assert browser.cookies.keys() <= {"__Host-sync-browser"}, "no session came of it"
