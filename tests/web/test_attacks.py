"""What an attacker tries on the browser routes, by name (RFC 6819, RFC 9700 4)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sync.core.tenant import TenantState
from sync.web.browser import Addresses
from sync.web.signing import SECRET as SIGNING_KEY
from sync.web.signing import Kind
from tests.web.browser import PROVEN, PUBLIC, TENANT, Browser, Office, Page, claims_of
from tests.web.company import ADDRESSES, ISSUER, sign


@pytest.fixture
def office() -> Office:
    return Office()


def is_stale(page: Page) -> bool:
    return (page.status, page.code) == (400, "sign-in-stale")


def nothing_was_asked(office: Office) -> bool:
    return office.microsoft.codes == [] and office.graph.asked == 0


# -- state ---------------------------------------------------------------------------------------------------


def forged_states(office: Office) -> dict[str, Callable[[str], str]]:
    signing = office.app.state.browsers.signing
    other_key = ec.generate_private_key(ec.SECP256R1())

    def signed_by_another_key(state: str) -> str:
        header = jwt.get_unverified_header(state)
        return jwt.encode(claims_of(state), other_key, "ES256", {"typ": "state+jwt", "kid": header["kid"]})

    def of_another_kind(state: str) -> str:
        claims = {name: part for name, part in claims_of(state).items() if name not in ("iss", "aud")}
        return str(signing.sign(Kind.SESSION, claims, timedelta(minutes=5)))

    return {
        "missing": lambda state: "",
        "no token": lambda state: "x",
        "changed": lambda state: state[:-6] + ("AAAAAA" if not state.endswith("AAAAAA") else "BBBBBB"),
        "another key": signed_by_another_key,
        "another kind": of_another_kind,
        "unsigned": lambda state: jwt.encode(claims_of(state), "", "none", {"typ": "state+jwt"}),
        "by a bearer token's secret": lambda state: sign(claims_of(state), typ="state+jwt"),
        "huge": lambda state: state + "A" * 10_000,
    }


@pytest.mark.parametrize("forgery", list(forged_states(Office())))
def test_a_forged_state_is_refused(office: Office, forgery: str) -> None:
    browser = office.browser()
    state = forged_states(office)[forgery](browser.log_in().state)
    assert is_stale(browser.back(state=state, code=PROVEN))
    assert nothing_was_asked(office)


def test_a_replayed_state_is_refused_also_with_a_new_code(office: Office) -> None:
    browser = office.browser()
    state = browser.log_in().state
    cookies = dict(browser.cookies)
    assert browser.back(state=state, code=PROVEN).status == 200
    browser.cookies = cookies
    assert is_stale(browser.back(state=state, code="another code"))
    assert office.microsoft.codes == [PROVEN]


def test_a_state_is_used_up_by_an_error_too(office: Office) -> None:
    browser = office.signed_in_browser()
    state = browser.get("/api/oauth/connect").state
    assert browser.back(state=state, error="access_denied").status == 422
    assert is_stale(browser.back(state=state, admin_consent="True", tenant=TENANT))


def test_an_old_state_is_refused(office: Office) -> None:
    browser = office.browser()
    state = browser.log_in().state
    office.clock.advance(timedelta(minutes=10, seconds=30))
    assert is_stale(browser.back(state=state, code=PROVEN))


def test_a_state_of_another_session_is_refused(office: Office) -> None:
    mine, theirs = office.signed_in_browser(), office.signed_in_browser(user="tanaka")
    state = theirs.get("/api/oauth/connect").state
    assert is_stale(mine.back(state=state, admin_consent="True", tenant=TENANT))
    # Theirs is not used up by it.
    assert theirs.back(state=state, admin_consent="True", tenant=TENANT).status == 303


def test_a_consents_state_is_no_proofs_state(office: Office) -> None:
    """Without Microsoft's consent page in between, a code of any sign-in proves nothing."""
    office.not_connected()
    browser = office.signed_in_browser()
    page = browser.back(state=browser.get("/api/oauth/connect").state, code=PROVEN)
    assert page.code == "consent-incomplete"
    assert nothing_was_asked(office)
    assert office.tenant().state is TenantState.NOT_CONNECTED


def test_a_logins_state_connects_nothing(office: Office) -> None:
    office.not_connected()
    office.tenant(state=TenantState.CONNECTED)
    browser = office.signed_in_browser()
    page = browser.back(state=browser.log_in().state, admin_consent="True", tenant=TENANT)
    assert page.code == "sign-in-failed"
    assert office.graph.asked == 0


def test_a_swapped_tenant_in_the_consents_answer_is_refused(office: Office) -> None:
    page = office.signed_in_browser().consent(tenant="99999999-0000-4000-8000-000000000000")
    assert page.code == "consent-other-tenant"
    assert nothing_was_asked(office)


def test_a_consent_answer_that_the_attacker_wrote_himself_connects_nothing(office: Office) -> None:
    """He knows his own state and somebody else's tenant id; Microsoft never saw him. What is missing is a sign-in."""
    office.not_connected()
    attacker = office.signed_in_browser()
    page = attacker.consent()
    assert page.location.startswith("https://microsoft.example/")
    assert office.tenant().state is TenantState.NOT_CONNECTED
    assert office.graph.asked == 0


# -- other browsers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_cookie", [False, True])
def test_a_stolen_callback_is_worthless_in_another_browser(office: Office, has_cookie: bool) -> None:
    victim, thief = office.browser(), office.browser()
    state = victim.log_in().state
    if has_cookie:
        thief.log_in()
    assert is_stale(thief.back(state=state, code=PROVEN))
    assert nothing_was_asked(office)
    assert victim.back(state=state, code=PROVEN).status == 200, "and the victim's own is not spoilt"


def test_login_csrf_the_attackers_answer_signs_nobody_in_elsewhere(office: Office) -> None:
    """The attacker stops his own sign-in at the callback and has the victim's browser open it."""
    attacker, victim = office.browser(), office.browser()
    state = attacker.log_in().state
    for _ in range(2):
        assert is_stale(victim.back(state=state, code=PROVEN))
        victim.log_in()


def test_the_groupwares_own_state_comes_back_unchanged_for_its_own_check(office: Office) -> None:
    own = "a-b_c.~!*'();:@&=+$,/?#[] 日本語"
    assert claims_of(office.browser().signed_in(state=own).form[1])["state"] == own


def test_a_wish_cannot_be_exchanged_on_the_way(office: Office) -> None:
    """The cookie that holds `return` belongs to this state and no other."""
    browser = office.browser()
    state = browser.log_in(**{"return": "/mine"}).state
    browser.log_in(**{"return": "/other"})
    assert is_stale(browser.back(state=state, code=PROVEN))


def test_session_fixation_a_ticket_makes_a_session_of_its_own(office: Office) -> None:
    attacker = office.signed_in_browser()
    victim = office.browser()
    victim.cookies = dict(attacker.cookies)
    victim.get(f"/api/oauth/connect?ticket={office.ticket()}")
    assert victim.cookies != attacker.cookies


@pytest.mark.parametrize("name", ["sync-session", "__Secure-sync-session", "__host-sync-session"])
def test_a_cookie_under_another_name_is_no_session(office: Office, name: str) -> None:
    """On https only `__Host-` counts, which no neighbouring host can set."""
    attacker = office.signed_in_browser()
    victim = office.browser()
    victim.cookies = {name: attacker.cookies["__Host-sync-session"]}
    assert victim.get("/api/oauth/connect").code == "session-missing"


def test_two_session_cookies_are_none(office: Office) -> None:
    mine, other = office.signed_in_browser(), office.signed_in_browser()
    both = "; ".join(f"__Host-sync-session={one.cookies['__Host-sync-session']}" for one in (mine, other))
    assert office.browser().get("/api/oauth/connect", [("Cookie", both)]).code == "session-missing"


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "e30.e30.e30"])
def test_a_made_up_session_is_none(office: Office, cookie: str) -> None:
    browser = office.browser()
    browser.cookies["__Host-sync-session"] = cookie
    assert browser.get("/api/oauth/connect").code == "session-missing"


def test_a_state_is_no_session(office: Office) -> None:
    browser = office.browser()
    browser.cookies["__Host-sync-session"] = browser.log_in().state
    assert browser.get("/api/oauth/connect").code == "session-missing"


def test_a_session_is_no_key_to_the_api(office: Office) -> None:
    session = office.signed_in_browser().cookies["__Host-sync-session"]
    assert office.client.ask("GET", "/api/settings", token=session).status == 401
    assert (
        office.client.ask(
            "GET", "/api/settings", headers=[("Cookie", f"__Host-sync-session={session}")]
        ).status
        == 401
    )


def test_a_hand_over_is_no_token_for_us(office: Office) -> None:
    _, token = office.browser().signed_in().form
    assert office.client.ask("GET", "/api/users/suzuki", token=token).status == 401
    browser = office.browser()
    browser.cookies["__Host-sync-session"] = token
    assert browser.get("/api/oauth/connect").code == "session-missing"
    assert is_stale(browser.back(state=token, code=PROVEN))


# -- tickets -------------------------------------------------------------------------------------------------


def test_a_ticket_is_good_once(office: Office) -> None:
    ticket = office.ticket()
    assert office.browser().get(f"/api/oauth/connect?ticket={ticket}").status == 303
    again = office.browser().get(f"/api/oauth/connect?ticket={ticket}")
    assert (again.status, again.code) == (401, "ticket-refused")
    assert again.cookies == []


def test_a_ticket_is_spent_for_as_long_as_it_would_be_taken(office: Office) -> None:
    ticket = office.ticket()
    office.browser().get(f"/api/oauth/connect?ticket={ticket}")
    office.clock.advance(timedelta(seconds=149))
    office.services.tickets.purge(office.clock.now())
    assert office.browser().get(f"/api/oauth/connect?ticket={ticket}").code == "ticket-refused"


def test_tickets_of_two_organizations_may_have_one_name(office: Office) -> None:
    for organization in ("default", "rival"):
        ticket = office.ticket(org=organization, jti="one")
        assert office.browser().get(f"/api/oauth/connect?ticket={ticket}").status == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) + 301, "iat": int(time.time())},
        {"iat": ...},
        {"jti": ""},
        {"jti": 7},
        {"jti": "a" * 257},
        {"exp": int(time.time()) - 60},
        {"aud": "another app"},
        {"iss": "https://elsewhere.example"},
        {"role": "owner"},
    ],
)
def test_a_ticket_that_is_not_one_is_refused(office: Office, changes: dict[str, Any]) -> None:
    page = office.browser().get(f"/api/oauth/connect?ticket={office.ticket(**changes)}")
    assert (page.status, page.code) == (401, "ticket-refused")


def test_a_bearer_token_is_no_ticket(office: Office) -> None:
    token = office.token("boss", "admin")
    assert office.browser().get(f"/api/oauth/connect?ticket={token}").code == "ticket-refused"


@pytest.mark.parametrize("route", ["/api/settings", "/api/users/suzuki", "/api/microsoft365/apps"])
def test_a_ticket_is_no_bearer_token(office: Office, route: str) -> None:
    assert office.client.ask("GET", route, token=office.ticket()).status == 401


def test_a_ticket_opens_no_other_route(office: Office) -> None:
    ticket = office.ticket()
    assert office.client.ask("GET", f"/api/settings?ticket={ticket}").status == 401
    for route in ("login", "callback"):
        assert office.browser().get(f"/api/oauth/{route}?ticket={ticket}").status == 401


@pytest.mark.parametrize("name", ["token", "access_token", "jwt", "TICKET", "Authorization"])
def test_no_other_credential_may_stand_in_an_address(office: Office, name: str) -> None:
    for route in ("connect", "login", "callback"):
        page = office.signed_in_browser().get(f"/api/oauth/{route}?{name}={office.ticket()}")
        assert (page.status, page.code) == (401, "unauthorized")


def test_a_persons_ticket_opens_no_administrators_page(office: Office) -> None:
    page = office.browser().get(f"/api/oauth/connect?ticket={office.ticket('suzuki', 'user')}")
    assert (page.status, page.code) == (403, "forbidden")
    assert page.cookies == []


def test_a_session_that_is_no_administrators_opens_no_administrators_page(office: Office) -> None:
    signing = office.app.state.browsers.signing
    browser = office.browser()
    claims = {"sub": "suzuki", "org": "default", "role": "user"}
    browser.cookies["__Host-sync-session"] = signing.sign(Kind.SESSION, claims, timedelta(minutes=5))
    page = browser.get("/api/oauth/connect")
    assert (page.status, page.code) == (403, "forbidden")


# -- open redirects ------------------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "https://evil.example",
    "HTTPS:evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "groupware.example",
    "@evil.example",
    ".evil.example",
    "user@evil.example/",
    "/%2Fevil.example",
    "/%2f%2fevil.example",
    "/%5Cevil.example",
    "/%255Cevil.example",
    "%2F%2Fevil.example",
    "/%25252525252Fevil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%09/evil.example",
    "/a\r\nLocation: https://evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/\x00/evil.example",
    "/\u2028/evil.example",
    "/\u202e/evil",
    " /evil",
    "/" + "a" * 1000,
]


@pytest.mark.parametrize("path", ELSEWHERE)
def test_no_open_redirect(office: Office, path: str) -> None:
    page = office.browser().get(f"/api/oauth/login?state=s&return={quote(path, safe='')}")
    assert (page.status, page.code) == (400, "parameter-refused")
    assert "location" not in page.headers
    assert page.cookies == []


def test_an_empty_return_is_refused_too(office: Office) -> None:
    assert office.browser().get("/api/oauth/login?state=s&return=").code == "parameter-refused"


@pytest.mark.parametrize(
    "path", ["/", "/a//b", "/a?next=https://x.example", "/?a=b#c", "/予定/1", "/a%20b", "/@x"]
)
def test_pages_of_the_groupware_may_be_returned_to(office: Office, path: str) -> None:
    claims = claims_of(office.browser().signed_in(**{"return": path}).form[1])
    assert claims["return_to"] == path


@pytest.mark.parametrize("state", ["", "a\r\nb", "a\x00b", "x" * 501, "\u202eabc"])
def test_a_state_that_could_break_out_is_refused(office: Office, state: str) -> None:
    assert office.browser().get(f"/api/oauth/login?state={quote(state)}").code == "parameter-refused"


def test_the_redirect_uri_is_ours_whatever_host_was_asked(office: Office) -> None:
    browser = office.browser()
    headers = [
        ("Host", "evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "host=evil.example"),
    ]
    page = browser.get("/api/oauth/login?state=s&redirect_uri=https://evil.example/", headers)
    assert page.query["redirect_uri"] == [f"{PUBLIC}/api/oauth/callback"]
    entered = browser.get(f"/api/oauth/connect?ticket={office.ticket()}", headers)
    assert entered.location == f"{PUBLIC}/api/oauth/connect"


# -- parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["state", "code", "error", "tenant", "admin_consent", "session_state", "x"])
def test_parameter_pollution_what_is_named_twice_is_refused(office: Office, name: str) -> None:
    browser = office.browser()
    answer = [("state", browser.log_in().state), ("code", PROVEN), (name, "1"), (name, "2")]
    page = browser.get(f"/api/oauth/callback?{urlencode(answer)}")
    assert (page.status, page.code) == (400, "parameter-repeated")
    assert nothing_was_asked(office)


def test_parameter_pollution_on_the_way_out(office: Office) -> None:
    browser = office.browser()
    for query in ("return=/a&return=//evil.example", "state=a&state=b", "org=default&org=rival"):
        assert browser.get(f"/api/oauth/login?{query}").code == "parameter-repeated"
    ticket = office.ticket()
    assert browser.get(f"/api/oauth/connect?ticket={ticket}&ticket={ticket}").code == "parameter-repeated"
    assert browser.get(f"/api/oauth/connect?ticket={ticket}").status == 303, "it was not used up"


def test_what_comes_with_an_answer_is_never_shown(office: Office) -> None:
    browser = office.browser()
    script = "<script>alert(1)</script>"
    page = browser.back(state=browser.log_in().state, error=script, error_description=script)
    assert "alert(1)" not in page.text
    page = browser.get(f"/api/oauth/callback?{urlencode([(script, '1'), (script, '2')])}")
    assert script not in page.text
    assert "&lt;script&gt;" in page.text


# -- secrets -------------------------------------------------------------------------------------------------


def test_no_secret_stands_in_an_address_a_page_or_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        administrator, person = office.browser(), office.browser()
        ticket = office.ticket()
        pages = [
            administrator.get(f"/api/oauth/connect?ticket={ticket}"),
            administrator.get("/api/oauth/connect"),
        ]
        session = administrator.cookies["__Host-sync-session"]
        pages.append(administrator.back(state=pages[-1].state, admin_consent="True", tenant=TENANT))
        pages.append(administrator.back(state=pages[-1].state, code="code-of-proof"))
        pages.append(person.log_in(state="groupware-state"))
        wish = person.cookies["__Host-sync-browser"]
        pages.append(person.back(state=pages[-1].state, code="code-of-login"))
        failing = [
            administrator.get(f"/api/oauth/connect?ticket={ticket}"),
            person.back(state="forged." + session, code="code-of-attack"),
        ]
    # The test's own client says what it asks; the app says nothing of it.
    said = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert "signed-in" in said
    hand_over = pages[-1].form[1]
    pem = office.services.secrets.get(SIGNING_KEY)
    assert pem is not None
    private = [line for line in pem.splitlines() if not line.startswith("-")]
    derived = [
        text for request in office.microsoft.requests for text in (request.nonce, request.code_verifier)
    ]
    assert len(derived) == 4
    locations = [page.headers.get("location", "") for page in pages]
    codes = ["code-of-proof", "code-of-login", "code-of-attack"]
    for secret in (ticket, session, wish, hand_over, *private, *derived, *codes):
        assert all(secret not in location for location in locations)
        assert secret not in said
    for page in (*pages[:-1], *failing):
        assert all(
            secret not in page.text
            for secret in (ticket, session, wish, hand_over, *private, *derived, *codes)
        )
    assert {page.headers["referrer-policy"] for page in (*pages[:-1], *failing)} == {"no-referrer"}
    assert pages[-1].headers["referrer-policy"] == "strict-origin"


# -- headers and cookies -------------------------------------------------------------------------------------


def all_pages(office: Office) -> list[Page]:
    browser = office.signed_in_browser()
    return [
        browser.get("/api/oauth/connect"),
        browser.back(state=browser.consent().state, code=PROVEN),
        office.browser().signed_in(),
        office.browser().get("/api/oauth/connect"),
        office.browser().get("/api/oauth/callback"),
    ]


def test_clickjacking_no_page_may_be_framed(office: Office) -> None:
    for page in all_pages(office):
        assert page.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_pages_are_not_kept_and_load_nothing(office: Office) -> None:
    for page in all_pages(office):
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy


def attributes(line: str) -> set[str]:
    return {part.strip().lower() for part in line.split(";")[1:]}


def test_cookies_are_for_this_host_over_https_and_for_no_script(office: Office) -> None:
    entered = office.browser().get(f"/api/oauth/connect?ticket={office.ticket()}")
    leaving = office.browser().log_in()
    for page, name, seconds in (
        (entered, "__Host-sync-session", 1800),
        (leaving, "__Host-sync-browser", 600),
    ):
        (line,) = page.cookies
        assert line.startswith(f"{name}=")
        assert attributes(line) == {"httponly", "secure", "samesite=lax", "path=/", f"max-age={seconds}"}


def test_on_this_machine_cookies_work_without_https() -> None:
    office = Office(Addresses("http://127.0.0.1:7071", ISSUER, ADDRESSES.sign_in))
    (line,) = office.browser().log_in().cookies
    assert line.startswith("sync-browser=")
    assert attributes(line) == {"httponly", "samesite=lax", "path=/", "max-age=600"}


def test_the_browsers_cookie_ends_with_the_sign_in(office: Office) -> None:
    browser = office.browser()
    browser.signed_in()
    assert browser.cookies == {}


def test_browser_routes_answer_no_writes(office: Office) -> None:
    for route in ("connect", "login", "callback", "keys"):
        for method in ("POST", "PUT", "DELETE"):
            assert office.client.ask(method, f"/api/oauth/{route}", {}).status == 405


def test_the_key_is_a_vaults_and_is_made_once(office: Office) -> None:
    browsers: list[Browser] = [office.browser() for _ in range(2)]
    kids = {jwt.get_unverified_header(browser.log_in().state)["kid"] for browser in browsers}
    assert len(kids) == 1
    assert office.services.secrets.get(SIGNING_KEY)
