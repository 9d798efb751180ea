"""The groupware takes over people who signed in with Microsoft 365, if the sync service vouches for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from sync.sandbox.clock import ManualClock
from sync.sandbox.groupware import Groupware, Kind, SyncService
from sync.sandbox.inprocess import InProcess
from tests.sandbox.groupware.conftest import URL

APP, US, AUDIENCE, SECRET = "https://sync.example", "https://groupware.example", "sync", "s" * 40
PAGE = f"{URL}/sign-in"


class Service:
    """The sync service's side: a key, its key set, and hand-overs."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.fetched: list[str] = []
        self.is_down = False
        self.use("k1")

    def use(self, kid: str) -> None:
        self.kid, self.key = kid, ec.generate_private_key(ec.SECP256R1())

    def keys(self, address: str) -> dict[str, Any]:
        self.fetched.append(address)
        if self.is_down:
            raise requests.ConnectionError
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": self.kid, "alg": "ES256", "use": "sig"}]}

    def hand_over(self, state: str, **changed: Any) -> str:
        """None leaves a claim out; `typ`, `alg`, `kid` and `key` are the header's and the signature's."""
        now = int(self.clock.now().timestamp())
        header = {"typ": changed.pop("typ", "handover+jwt"), "kid": changed.pop("kid", self.kid)}
        header = {name: text for name, text in header.items() if text is not None}
        key, algorithm = changed.pop("key", self.key), changed.pop("alg", "ES256")
        claims = {
            "iss": APP,
            "aud": US,
            "sub": "u-1",
            "org": "default",
            "jti": "j1",
            "iat": now,
            "exp": now + 60,
            "state": state,
            "return_to": "/sign-in",
            **changed,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(said, key, algorithm, header)


@pytest.fixture
def service(clock: ManualClock) -> Service:
    return Service(clock)


@pytest.fixture
def office(clock: ManualClock, service: Service) -> Iterator[Groupware]:
    known = SyncService(APP, US, AUDIENCE, SECRET)
    with Groupware(seed=7, clock=clock, service=known, fetch_keys=service.keys) as groupware:
        groupware.add_user("佐藤 <b>")
        groupware.add_user("鈴木")
        yield groupware


@pytest.fixture
def browser(office: Groupware) -> Iterator[requests.Session]:
    with open_browser(office) as session:
        yield session


def open_browser(office: Groupware) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount(URL, InProcess(office.app))
    return session


def start(browser: requests.Session, **form: str) -> str:
    """The state that goes to Microsoft and back."""
    answer = browser.post(f"{PAGE}/start", data=form, allow_redirects=False)
    assert answer.status_code == 303
    return parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


def arrive(browser: requests.Session, token: str, **more: Any) -> requests.Response:
    return browser.post(PAGE, data={"token": token}, allow_redirects=False, **more)


def who(browser: requests.Session) -> Any:
    return browser.get(f"{PAGE}/session").json()["user"]


def test_the_button_leads_to_the_service_with_a_state_of_its_own(browser: requests.Session) -> None:
    assert "Microsoft 365 でサインイン" in browser.get(PAGE).text
    answer = browser.post(f"{PAGE}/start", data={"return": "/"}, allow_redirects=False)
    location = urlsplit(answer.headers["Location"])
    asked = parse_qs(location.query)
    assert location._replace(query="").geturl() == f"{APP}/api/oauth/login"
    assert (asked["return"], asked["org"]) == (["/"], ["default"])
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert asked["state"] != [start(browser)]


def test_a_person_who_is_handed_over_is_signed_in(browser: requests.Session, service: Service) -> None:
    answer = arrive(browser, service.hand_over(start(browser), return_to="/?week=1"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?week=1")
    assert who(browser) == "u-1"
    assert "佐藤 &lt;b&gt;" in browser.get(PAGE).text
    browser.post(f"{PAGE}/out")
    assert who(browser) is None


def test_the_state_is_used_up(browser: requests.Session, service: Service) -> None:
    state = start(browser)
    arrive(browser, service.hand_over(state))
    assert arrive(browser, service.hand_over(state, jti="j2")).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://other.example"},
        {"iss": "https://evil.example"},
        {"typ": "session+jwt"},
        {"typ": "JWT"},
        {"alg": "HS256", "key": "k" * 32},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"kid": "unknown"},
        {"kid": None},
        {"exp": 1},
        {"exp": 32503680000},
        {"exp": "soon"},
        {"iat": 32503680000},
        {"org": "another"},
        {"sub": "u-99"},
        {"state": ""},
        {"state": "guessed"},
        {"state": 1},
        {"return_to": "//evil.example"},
        {"return_to": "/\\evil.example"},
        {"return_to": "https://evil.example"},
        {"return_to": "/a\r\nSet-Cookie: x=1"},
        *({name: None} for name in ("iss", "aud", "sub", "org", "jti", "iat", "exp", "state", "return_to")),
    ],
    ids=lambda changed: (
        " ".join(f"{name}={value!r}"[:40] for name, value in changed.items() if name != "key") or "key"
    ),
)
def test_every_point_is_checked(browser: requests.Session, service: Service, changed: dict[str, Any]) -> None:
    state = start(browser)
    answer = arrive(browser, service.hand_over(**{"state": state, **changed}))
    assert (answer.status_code, who(browser)) == (403, None)
    assert "evil" not in answer.text
    arrive(browser, service.hand_over(state, jti="good"))
    assert who(browser) == "u-1", "the same without the change is taken"


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 9000])
def test_what_is_no_token_is_refused(browser: requests.Session, token: str) -> None:
    start(browser)
    assert arrive(browser, token).status_code == 403


def test_an_unsigned_token_is_refused(browser: requests.Session, service: Service) -> None:
    assert arrive(browser, service.hand_over(start(browser), alg="none", key="")).status_code == 403


def test_a_token_is_good_once_in_the_same_browser_too(
    office: Groupware, browser: requests.Session, service: Service
) -> None:
    state = start(browser)
    token = service.hand_over(state)
    assert arrive(browser, token).status_code == 303
    other = open_browser(office)
    other.cookies.set("groupware_sign_in_state", state, path="/sign-in")
    assert arrive(other, token).status_code == 403
    assert arrive(other, service.hand_over(state, jti="j2")).status_code == 303, "another one is good"


def test_nobody_is_signed_in_with_the_token_of_another(
    office: Groupware, browser: requests.Session, service: Service
) -> None:
    token = service.hand_over(start(browser))
    victim = open_browser(office)
    assert arrive(victim, token).status_code == 403, "without a beginning of its own"
    start(victim)
    assert arrive(victim, token).status_code == 403, "with another one"
    assert who(victim) is None


def test_a_late_token_is_refused(browser: requests.Session, service: Service, clock: ManualClock) -> None:
    late = service.hand_over(start(browser))
    clock.advance(timedelta(seconds=90))
    assert arrive(browser, late).status_code == 403


def test_only_the_services_page_sends_the_form(browser: requests.Session, service: Service) -> None:
    token = service.hand_over(start(browser))
    for origin in ("https://evil.example", "null"):
        assert arrive(browser, token, headers={"Origin": origin}).status_code == 403
    assert arrive(browser, token, headers={"Origin": APP}).status_code == 303


def test_two_tokens_at_once_are_refused(browser: requests.Session, service: Service) -> None:
    token = service.hand_over(start(browser))
    assert browser.post(PAGE, data={"token": [token, token]}).status_code == 403


def test_a_person_who_left_the_groupware_does_not_come_in(
    office: Groupware, browser: requests.Session, service: Service
) -> None:
    arrive(browser, service.hand_over(start(browser)))
    office.schedule.change_directory(Kind.USER, "u-1", {"active": False})
    assert who(browser) is None
    assert arrive(browser, service.hand_over(start(browser), jti="j2")).status_code == 403


def test_another_session_is_opened_for_each_sign_in(browser: requests.Session, service: Service) -> None:
    arrive(browser, service.hand_over(start(browser)))
    first = browser.cookies["groupware_session"]
    arrive(browser, service.hand_over(start(browser), jti="j2", sub="u-2"))
    assert (who(browser), browser.cookies["groupware_session"] != first) == ("u-2", True)


def test_a_session_ends(browser: requests.Session, service: Service, clock: ManualClock) -> None:
    arrive(browser, service.hand_over(start(browser)))
    clock.advance(timedelta(hours=8))
    assert who(browser) is None


def test_keys_are_kept_and_fetched_again_for_an_unknown_one_once_a_minute(
    browser: requests.Session, service: Service, clock: ManualClock
) -> None:
    for n in range(3):
        assert arrive(browser, service.hand_over(start(browser), jti=f"a{n}")).status_code == 303
    assert service.fetched == [f"{APP}/api/oauth/keys"]
    service.use("k2")
    token = service.hand_over(start(browser))
    assert arrive(browser, token).status_code == 403, "asked a moment ago"
    clock.advance(timedelta(seconds=60))
    assert arrive(browser, service.hand_over(start(browser))).status_code == 303
    assert len(service.fetched) == 2


def test_a_service_that_is_down_is_a_refusal(browser: requests.Session, service: Service) -> None:
    service.is_down = True
    assert arrive(browser, service.hand_over(start(browser))).status_code == 403
    service.is_down = False
    assert arrive(browser, service.hand_over(start(browser))).status_code == 303


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_the_way_back_is_one_of_ours_from_the_start(browser: requests.Session, wanted: str) -> None:
    answer = browser.post(f"{PAGE}/start", data={"return": wanted}, allow_redirects=False)
    assert (answer.status_code, "Location" in answer.headers) == (403, False)


def test_an_administrator_goes_to_the_service_with_a_ticket(
    browser: requests.Session, clock: ManualClock
) -> None:
    def press() -> dict[str, Any]:
        answer = browser.post(f"{PAGE}/connect", allow_redirects=False)
        location = urlsplit(answer.headers["Location"])
        assert (answer.status_code, location._replace(query="").geturl()) == (
            303,
            f"{APP}/api/oauth/connect",
        )
        claims: dict[str, Any] = jwt.decode(
            parse_qs(location.query)["ticket"][0],
            SECRET,
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=US,
            options={"verify_exp": False, "verify_iat": False},
        )
        return claims

    claims = press()
    assert (claims["role"], claims["org"]) == ("admin", "default")
    assert claims["iat"] == int(clock.now().timestamp())
    assert claims["exp"] - claims["iat"] == 300
    assert press()["jti"] != claims["jti"]


def test_cookies_travel_from_another_site_only_over_https(office: Groupware) -> None:
    secure = requests.Session()
    secure.trust_env = False
    secure.mount(US, InProcess(office.app))
    said = secure.post(f"{US}/sign-in/start", allow_redirects=False).headers["Set-Cookie"]
    assert all(word in said for word in ("Secure", "HttpOnly", "SameSite=None", "Path=/sign-in"))


def test_without_a_service_there_is_no_such_page(groupware: Groupware) -> None:
    session = open_browser(groupware)
    assert session.get(PAGE).status_code == 404
