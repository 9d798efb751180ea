"""Connecting Microsoft 365 and signing in with it, clicked through, with everything in its own process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import jwt
import pytest
import requests

from sync.sandbox.demo.company import PEOPLE
from sync.sandbox.demo.outsides import Groupware, Http
from sync.sandbox.demo.service import Service
from sync.sandbox.processes import Children
from sync.sandbox.stack import CannotStart, Stack, choose_ports, find_node

HANAKO, TARO = PEOPLE[0], PEOPLE[1]
ANOTHER_TENANT = "99999999-0000-4000-8000-000000000000"


@dataclass
class Place:
    """One machine with everything on it, which the tests of this file share, in their order."""

    stack: Stack
    service: Service = field(init=False)
    entra: Http = field(init=False)

    def __post_init__(self) -> None:
        self.service, self.entra = Service(self.stack), Http(f"{self.stack.microsoft365}/_simulator")

    def api(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.service.token()}"}
        return Http(self.stack.app).send(method, path, body, headers)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("connecting")
    try:
        node = find_node()
    except CannotStart as reason:
        pytest.skip(str(reason))
    with Children(folder) as children:
        stack = Stack(children, choose_ports({}), folder, node)
        stack.start_outside(
            [{"userPrincipalName": one.upn, "displayName": one.name} for one in (HANAKO, TARO)], ["--nice"]
        )
        # The timer runs once, before there is anything to do.
        stack.start_app(timer_seconds=3600, poll_seconds=0.5)
        Groupware(stack.groupware).add_company()
        found = Place(stack)
        found.entra.send("DELETE", f"/applications/{stack.client}/consent")
        found.service.connect(stack)
        yield found


class Browser:
    """Keeps cookies, follows redirects, sends forms; `page` is what it shows."""

    def __init__(self, place: Place) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self.place = place
        self.page = requests.Response()
        self.visited: list[str] = []

    def open(self, address: str) -> requests.Response:
        return self._go("GET", address)

    def press(self, path: str) -> requests.Response:
        """A button of the groupware's."""
        return self._go("POST", self.place.stack.groupware + path)

    def send(self, **fields: str) -> requests.Response:
        """The form of this page, to its own address unless it names another."""
        found = re.search(r"<form method=\"?post\"? action=\"([^\"]*)\"", self.page.text)
        address = urljoin(self.page.url, unescape(found[1]) if found else "")
        here = urlsplit(self.page.url)
        # As a browser says it; our page's policy lets the origin through, and nothing more.
        return self._go("POST", address, fields, {"Origin": f"{here.scheme}://{here.netloc}"})

    def _go(self, method: str, address: str, fields: Any = None, headers: Any = None) -> requests.Response:
        self.page = self._session.request(method, address, data=fields, headers=headers, timeout=30)
        self.visited += [*(one.url for one in self.page.history), self.page.url]
        return self.page

    @property
    def link(self) -> str:
        (found,) = re.findall(r'<a class="go" href="([^"]*)"', self.page.text)
        return unescape(found)

    @property
    def token(self) -> str:
        (found,) = re.findall(r'name="token" value="([^"]*)"', self.page.text)
        return unescape(found)

    @property
    def user(self) -> Any:
        """Who is signed in to the groupware in this browser."""
        return self.open(f"{self.place.stack.groupware}/sign-in/session").json()["user"]


def to_the_consent_page(place: Place) -> Browser:
    browser = Browser(place)
    browser.press("/sign-in/connect")
    assert browser.page.url == f"{place.stack.app}/api/oauth/connect"
    assert place.stack.tenant in browser.page.text
    browser.open(browser.link)
    assert browser.page.url.startswith(f"{place.stack.microsoft365}/{place.stack.tenant}/v2.0/adminconsent?")
    return browser


def to_microsofts_sign_in(place: Place) -> Browser:
    browser = Browser(place)
    browser.press("/sign-in/start")
    assert urlsplit(browser.page.url).path == f"/{place.stack.tenant}/oauth2/v2.0/authorize"
    return browser


def test_before_the_consent_nothing_is_connected(place: Place) -> None:
    found = place.api("GET", "/api/microsoft365")
    assert (found["state"], found["redirectUri"]) == (
        "notConnected",
        f"{place.stack.app}/api/oauth/callback",
    )
    assert Browser(place).press("/sign-in/start").status_code == 409


def test_an_administrator_who_cancels_is_told_so(place: Place) -> None:
    browser = to_the_consent_page(place)
    browser.send(consent="cancel")
    assert (browser.page.status_code, "consent-declined" in browser.page.text) == (409, True)


def test_the_consent_of_another_tenant_connects_nothing(place: Place) -> None:
    place.entra.send("PUT", "/login", {"consentingTenant": ANOTHER_TENANT})
    browser = to_the_consent_page(place)
    browser.send(consent="accept")
    place.entra.send("PUT", "/login", {"consentingTenant": None})
    assert (browser.page.status_code, "consent-other-tenant" in browser.page.text) == (422, True)
    assert place.api("GET", "/api/microsoft365")["state"] == "notConnected"


def test_the_whole_way_from_the_ticket_to_connected(place: Place) -> None:
    browser = to_the_consent_page(place)
    browser.send(consent="accept")
    assert urlsplit(browser.page.url).path == f"/{place.stack.tenant}/oauth2/v2.0/authorize"
    assert place.api("GET", "/api/microsoft365")["state"] == "notConnected"
    browser.send(account=HANAKO.upn)
    assert browser.page.status_code == 200, browser.page.text
    assert "Microsoft 365 に接続しました" in browser.page.text
    found = place.api("GET", "/api/microsoft365")
    assert (found["state"], found["problem"]) == ("connected", None)
    assert {one["name"]: one["state"] for one in found["permissions"]}["Calendars.ReadWrite"] == "granted"
    assert found["consentedAt"]


def test_a_used_callback_cannot_be_opened_again(place: Place) -> None:
    browser = to_the_consent_page(place)
    browser.send(consent="accept")
    browser.send(account=HANAKO.upn)
    assert "接続しました" in browser.page.text
    again = browser.open(browser.page.url)
    assert (again.status_code, "sign-in-stale" in again.text) == (400, True)


def test_a_person_signs_in_and_is_in_the_groupware(place: Place) -> None:
    place.service.link(HANAKO)
    record = place.api("POST", "/api/sync", {"user": HANAKO.user})
    assert record["state"] == "done", record
    browser = to_microsofts_sign_in(place)
    browser.send(account=HANAKO.upn)
    assert browser.page.status_code == 200, browser.page.text
    token = browser.token
    browser.send(token=token)
    assert browser.page.status_code == 200, browser.page.text
    assert browser.page.url == f"{place.stack.groupware}/sign-in"
    assert HANAKO.name in browser.page.text
    assert browser.user == HANAKO.user
    assert all(token not in address for address in browser.visited)


def test_a_hand_over_is_good_once_and_in_its_own_browser(place: Place) -> None:
    browser, thief = to_microsofts_sign_in(place), to_microsofts_sign_in(place)
    browser.send(account=HANAKO.upn)
    token = browser.token
    refused = thief._go("POST", f"{place.stack.groupware}/sign-in", {"token": token})
    assert (refused.status_code, thief.user) == (403, None)
    browser.send(token=token)
    assert browser.user == HANAKO.user
    again = browser._go("POST", f"{place.stack.groupware}/sign-in", {"token": token})
    assert again.status_code == 403


def test_who_is_not_linked_stays_outside(place: Place) -> None:
    browser = to_microsofts_sign_in(place)
    browser.send(account=TARO.upn)
    assert "sign-in-not-linked" in browser.page.text
    assert browser.user is None


def test_who_cancels_stays_outside(place: Place) -> None:
    browser = to_microsofts_sign_in(place)
    browser.send(action="cancel")
    assert browser.page.status_code in (409, 422)
    assert "Microsoft 365 との連携を続けられません" in browser.page.text
    assert browser.user is None


def test_microsofts_keys_may_rotate(place: Place) -> None:
    place.entra.send("POST", "/keys/rotate", {"times": 1})
    browser = to_microsofts_sign_in(place)
    browser.send(account=HANAKO.upn)
    assert browser.token


def test_the_app_wrote_no_secret_down(place: Place) -> None:
    """Tickets, codes, states and tokens of this file; the simulated outside may log what it likes."""
    browser = to_microsofts_sign_in(place)
    browser.send(account=HANAKO.upn)
    answer = parse_qs(urlsplit(browser.page.url).query)
    state = jwt.decode(answer["state"][0], options={"verify_signature": False})
    log = (place.stack.folder / "app.log").read_text("utf-8")
    assert "signed-in" in log
    secrets = [browser.token, answer["code"][0], state["jti"], place.stack.client_secret]
    for secret in (*secrets, place.stack.access_secret):
        assert secret not in log
    assert not re.search(r"eyJ[\w-]{10,}\.[\w-]+\.", log), "a token of any kind"
