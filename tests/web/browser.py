"""A browser in front of the app, and a Microsoft that only remembers what it was asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt

from sync.core.tenant import PermissionState, Tenant, TenantState
from sync.errors import CannotSync, NeedsAdministrator, SyncError
from sync.ports import Granted, Identity, SignInRequest
from sync.web.browser import Addresses
from tests.fakes import connected
from tests.web.company import ADDRESSES, Company, sign

PUBLIC = ADDRESSES.public
TENANT = "11111111-aaaa-4bbb-8ccc-222222222222"
OID = "0123abcd-0000-4000-8000-00000000aaaa"
PROVEN = "of the tenant"  # the code that Microsoft gives out for a good sign-in


@dataclass
class FakeSignIn:
    """Keeps ports.SignIn. `identity` is whoever signs in; `requests` are those that were redeemed."""

    identity: Identity | None = None
    error: SyncError | None = None
    requests: list[SignInRequest] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def consent_address(self, tenant: Tenant, redirect_uri: str, state: str) -> str:
        asked = {"client_id": tenant.client_id, "redirect_uri": redirect_uri, "state": state}
        return f"https://microsoft.example/{tenant.tenant_id}/adminconsent?{urlencode(asked)}"

    def address(self, tenant: Tenant, request: SignInRequest) -> str:
        asked = {"client_id": tenant.client_id, "redirect_uri": request.redirect_uri, "state": request.state}
        return f"https://microsoft.example/{tenant.tenant_id}/authorize?{urlencode(asked)}"

    def redeem(self, tenant: Tenant, request: SignInRequest, code: str) -> Identity:
        self.requests.append(request)
        self.codes.append(code)
        if self.error is not None:
            raise self.error
        return self.identity or Identity(OID, tenant.tenant_id, "鈴木一郎", "suzuki@x.test")

    def refused(self, answer: Mapping[str, str]) -> SyncError:
        if answer.get("error") == "access_denied":
            return CannotSync("sign-in-declined")
        return CannotSync("sign-in-failed")


@dataclass
class FakeMicrosoft365:
    """Keeps ports.Microsoft365: everything is granted, unless `error` says otherwise."""

    error: SyncError | None = None
    roles: frozenset[str] = frozenset({"Calendars.ReadWrite", "User.Read.All"})
    asked: int = 0

    def granted(self, tenant: Tenant, credential: Any, secret: str | None = None) -> Granted:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Granted(self.roles, tenant.tenant_id)

    def credential_end(self, tenant: Tenant, credential: Any) -> None:
        return None

    def forget(self, organization: str) -> None:
        """Nothing is remembered here."""


class Office(Company):
    """A company whose Microsoft 365 is set up; suzuki is linked. `microsoft` and `graph` are what stands outside."""

    def __init__(self, addresses: Addresses = ADDRESSES) -> None:
        super().__init__(addresses=addresses)
        self.microsoft, self.graph = FakeSignIn(), FakeMicrosoft365()
        # The bundle is frozen for everyone but the test that fills it.
        for name, port in (("signin", self.microsoft), ("microsoft365", self.graph)):
            object.__setattr__(self.services, name, port)
        object.__setattr__(self.services, "mailboxes", lambda _organization: Readable())
        for organization, tenant in (("default", TENANT), ("rival", "22222222-0000-4000-8000-000000000000")):
            known = self.tenants.get(organization)
            self.tenants.put(replace(connected(organization, tenant), version=known.version))
        self.link("suzuki")

    def link(self, user: str, oid: str = OID, **changes: Any) -> None:
        person = self.person(user)
        known = {"mailbox": oid, "tenant": TENANT, "enabled": True, **changes}
        self.services.connections.put(replace(person, **known))

    def tenant(self, **changes: Any) -> Tenant:
        """The stored one, after changes."""
        now = self.tenants.get("default")
        return self.tenants.put(replace(now, **changes)) if changes else now

    def not_connected(self) -> None:
        self.tenant(state=TenantState.NOT_CONNECTED, permissions={})

    def ticket(self, user: str = "boss", role: str = "admin", **changes: Any) -> str:
        now = int(self.clock.now().timestamp())
        claims = self.claims(user, role) | {"exp": now + 120, "jti": f"t-{next(self._numbers)}", **changes}
        return sign({name: value for name, value in claims.items() if value is not ...})

    _numbers = iter(range(1_000_000))

    def browser(self) -> Browser:
        return Browser(self)

    def signed_in_browser(self, **ticket: Any) -> Browser:
        """An administrator's browser, after its ticket was exchanged."""
        browser = self.browser()
        assert browser.get(f"/api/oauth/connect?ticket={self.ticket(**ticket)}").status == 303
        return browser


class Readable:
    """Every mailbox can be read."""

    def check(self, oid: str) -> None: ...


@dataclass(frozen=True)
class Page:
    status: int
    headers: httpx.Headers
    text: str

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def query(self) -> dict[str, list[str]]:
        """Of the address that a redirect, or the page's one link, leads to."""
        address = self.headers.get("location") or self.link
        return parse_qs(urlsplit(address).query, keep_blank_values=True)

    @property
    def state(self) -> str:
        return self.query["state"][0]

    @property
    def link(self) -> str:
        (found,) = re.findall(r'<a class="go" href="([^"]*)"', self.text)
        return unescape(found)

    @property
    def form(self) -> tuple[str, str]:
        """The address and the token of the page that hands a person over."""
        (address,) = re.findall(r'<form method="post" action="([^"]*)"', self.text)
        (token,) = re.findall(r'<input type="hidden" name="token" value="([^"]*)"', self.text)
        return unescape(address), unescape(token)

    @property
    def cookies(self) -> list[str]:
        return self.headers.get_list("set-cookie")

    @property
    def code(self) -> str:
        """Of a page that says what went wrong."""
        (found,) = re.findall(r"<small>([a-z0-9-]+)(?: AADSTS\d+)?</small>", self.text)
        return str(found)


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.cookies: dict[str, str] = {}

    def get(self, address: str, headers: Sequence[tuple[str, str]] = ()) -> Page:
        sent = [*headers]
        if self.cookies:
            sent.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        response = asyncio.run(self._send(address, sent))
        for line in response.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return Page(response.status_code, response.headers, response.text)

    async def _send(self, address: str, headers: Sequence[tuple[str, str]]) -> httpx.Response:
        transport = httpx.ASGITransport(self._office.app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            return await client.get(address, headers=list(headers))

    # What people do --------------------------------------------------------------------------------------

    def back(self, **answer: str) -> Page:
        """Microsoft sends the browser to the callback."""
        return self.get(f"/api/oauth/callback?{urlencode(answer)}")

    def consent(self, tenant: str = TENANT, **more: str) -> Page:
        """Through the connect page and Microsoft's consent; the page after it."""
        page = self.get("/api/oauth/connect")
        return self.back(state=page.state, admin_consent="True", tenant=tenant, **more)

    def log_in(self, **wish: str) -> Page:
        """To Microsoft's sign-in page."""
        return self.get(f"/api/oauth/login?{urlencode({'state': 'csrf-1', **wish})}")

    def signed_in(self, **wish: str) -> Page:
        return self.back(state=self.log_in(**wish).state, code=PROVEN)


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


MINUTE = timedelta(minutes=1)
GRANTED = PermissionState.GRANTED
NOBODY = NeedsAdministrator("sign-in-not-linked")
