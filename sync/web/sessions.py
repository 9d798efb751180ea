"""A browser's session: made of a ticket that the groupware signed, carried by a cookie that we sign.

Nothing is stored but that the ticket was used. A session is good for the browser routes only, never for the API.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from sync.log import log
from sync.ports import Tickets
from sync.web.problems import HttpProblem
from sync.web.signing import Kind, Signing
from sync.web.tokens import Caller, Role, Ticket, TokenRefused

LIFE: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Session:
    """`fingerprint` binds a state to this very cookie without telling what is in it."""

    caller: Caller
    fingerprint: str


class Sessions:
    def __init__(self, signing: Signing, tickets: Tickets, public_url: str) -> None:
        self._signing, self._tickets = signing, tickets
        self.cookies = Cookies(public_url)

    def open(self, ticket: Ticket, response: Response) -> None:
        """Use the ticket up, and put a session of its own into the response: one that the browser brought along
        is never taken over. `HttpProblem` if the ticket was used already."""
        caller = ticket.caller
        claims = {"sub": caller.user, "org": caller.organization, "role": caller.role.value}
        token = self._signing.sign(Kind.SESSION, claims | {"jti": secrets.token_urlsafe(16)}, LIFE)
        if not self._tickets.spend(caller.organization, ticket.id, ticket.until):
            raise refused("ticket-used", code="ticket-refused")
        self.cookies.put(response, Kind.SESSION, token, LIFE)

    def current(self, request: Request) -> Session:
        """The session of the browser that asks; `HttpProblem` if it has none."""
        token = self.cookies.get(request, Kind.SESSION)
        if token is None:
            raise refused("no-session")
        try:
            return Session(_caller(self._signing.read(Kind.SESSION, token)), fingerprint(token))
        except TokenRefused as refusal:
            raise refused(refusal.reason) from refusal


def _caller(claims: Mapping[str, object]) -> Caller:
    return Caller(str(claims["org"]), str(claims["sub"]), Role(str(claims["role"])))


def refused(reason: str, code: str = "session-missing") -> HttpProblem:
    """What a browser without a session, or with another one, is told. `reason` is for the log."""
    log("browser-refused", reason=reason)
    return HttpProblem(401, code)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class Cookies:
    """Our cookies' names and attributes (RFC 6265bis 4.1). `Lax`, not `Strict`: Microsoft sends the browser back with
    a top-level GET, which has to bring them along."""

    def __init__(self, public_url: str) -> None:
        self._is_secure = public_url.startswith("https://")

    def name(self, kind: Kind) -> str:
        """`__Host-`: no other host under our domain can have set it, and it is sent to nobody else. On loopback,
        where every port has the same cookies, the name alone keeps ours apart."""
        plain = f"sync-{kind.value.removesuffix('+jwt')}"
        return f"__Host-{plain}" if self._is_secure else plain

    def get(self, request: Request, kind: Kind) -> str | None:
        """None also when there are several of this name: nobody can tell which one is ours."""
        found = [
            value
            for header in request.headers.getlist("cookie")
            for value in _values(header, self.name(kind))
        ]
        return found[0] if len(found) == 1 else None

    def put(self, response: Response, kind: Kind, token: str, life: timedelta) -> None:
        response.set_cookie(
            self.name(kind),
            token,
            max_age=int(life.total_seconds()),
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, kind: Kind) -> None:
        response.delete_cookie(
            self.name(kind), path="/", secure=self._is_secure, httponly=True, samesite="lax"
        )


def _values(header: str, name: str) -> list[str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [value.strip() for key, _, value in pairs if key.strip() == name]
