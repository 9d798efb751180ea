"""Who may do what. Every route of the app has its rule in `RULES`; one without a rule stops the start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from logging import WARNING
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sync.core.settings import DEFAULT_ORGANIZATION
from sync.log import log
from sync.ports import Clock
from sync.web.problems import HttpProblem
from sync.web.tokens import Caller, Issuer, Ticket, TokenRefused, read_ticket, read_token


class Who(StrEnum):
    ANYONE = "anyone"
    # Everyone with a token; the handler checks whose record it is (by `Caller.may_act_for`).
    SIGNED_IN = "signed in"
    # The person that `{id}` names; an administrator too.
    PERSON_OR_ADMINISTRATOR = "the person itself or an administrator"
    # The person that `{id}` names and nobody else, not even an administrator (law 9).
    PERSON = "the person itself"
    ADMINISTRATOR = "administrator"
    # A page for a browser. What it may do hangs on what is signed: a state, and the cookie that belongs to it.
    BROWSER = "a browser"
    # A page for an administrator's browser, which comes with a ticket and is known by its session afterwards.
    ADMINISTRATORS_BROWSER = "an administrator's browser"


RULES: Final[Mapping[str, Who]] = {
    "GET /api/health": Who.ANYONE,
    "GET /api/openapi.json": Who.ANYONE,
    "POST /api/sync": Who.SIGNED_IN,
    "GET /api/passes/{id}": Who.SIGNED_IN,
    "POST /api/passes/{id}/confirm": Who.ADMINISTRATOR,
    "GET /api/users": Who.ADMINISTRATOR,
    "POST /api/users/bulk": Who.ADMINISTRATOR,
    "POST /api/users/link": Who.ADMINISTRATOR,
    "GET /api/users/suggestions": Who.ADMINISTRATOR,
    "GET /api/operations/{id}": Who.ADMINISTRATOR,
    "GET /api/users/{id}": Who.PERSON_OR_ADMINISTRATOR,
    "PUT /api/users/{id}": Who.PERSON_OR_ADMINISTRATOR,
    "DELETE /api/users/{id}": Who.ADMINISTRATOR,
    # What is not the administrator's to see is left out of the answer.
    "GET /api/users/{id}/data": Who.PERSON_OR_ADMINISTRATOR,
    "GET /api/users/{id}/passes": Who.PERSON_OR_ADMINISTRATOR,
    "GET /api/users/{id}/problems": Who.PERSON_OR_ADMINISTRATOR,
    "GET /api/users/{id}/history": Who.PERSON,
    "GET /api/settings": Who.ADMINISTRATOR,
    "PUT /api/settings": Who.ADMINISTRATOR,
    "GET /api/facilities": Who.ADMINISTRATOR,
    "GET /api/facilities/{id}": Who.ADMINISTRATOR,
    "PUT /api/facilities/{id}": Who.ADMINISTRATOR,
    "GET /api/microsoft365": Who.ADMINISTRATOR,
    "PUT /api/microsoft365": Who.ADMINISTRATOR,
    "DELETE /api/microsoft365": Who.ADMINISTRATOR,
    "GET /api/microsoft365/disconnection": Who.ADMINISTRATOR,
    "POST /api/microsoft365/check": Who.ADMINISTRATOR,
    "GET /api/oauth/connect": Who.ADMINISTRATORS_BROWSER,
    "GET /api/oauth/login": Who.BROWSER,
    "GET /api/oauth/callback": Who.BROWSER,
    "GET /api/oauth/keys": Who.ANYONE,
    "GET /api/microsoft365/apps": Who.SIGNED_IN,
}

# The Functions host answers these itself (azure-hosting.md 1, note 3).
TAKEN_BY_THE_HOST: Final = ("/admin", "/runtime")

# A token in an address ends up in logs, histories and Referer headers (RFC 9700 4.3.2).
TOKEN_PARAMETERS: Final = ("access_token", "token", "jwt", "ticket", "authorization")
# The one that may stand there: it is used up before anything is shown.
TICKET: Final = "ticket"


class Access:
    """Turns an Authorization header into a Caller. Its answers do not say why a token was refused."""

    # A new organization is known after this long at the latest; an unknown name asks no more often.
    KNOWN_FOR: Final = timedelta(seconds=30)

    def __init__(
        self, issuers: Sequence[Issuer], organizations: Callable[[], Iterable[str]], clock: Clock
    ) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        if len(self._issuers) < len(issuers):
            raise ValueError("two issuers with one name")
        self._organizations, self._clock = organizations, clock
        self._known: frozenset[str] = frozenset()
        self._read_at: datetime | None = None
        self._lock = threading.Lock()

    def caller(self, authorizations: Sequence[str]) -> Caller:
        """The caller of a request with these Authorization headers; asks storage and keys, so it blocks."""
        if len(authorizations) != 1:
            raise unauthorized("no-header" if not authorizations else "several-headers")
        scheme, _, token = authorizations[0].partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("scheme")
        try:
            caller, issuer = read_token(token.strip(), self._issuers, self._clock.now().timestamp())
        except TokenRefused as refusal:
            raise unauthorized(refusal.reason) from refusal
        self._check_organization(caller, issuer)
        return caller

    def ticket(self, token: str) -> Ticket:
        """What a browser's ticket says. It is good once, which is for the caller to see to."""
        try:
            ticket, issuer = read_ticket(token, self._issuers, self._clock.now().timestamp())
        except TokenRefused as refusal:
            raise unauthorized(refusal.reason, "ticket-refused") from refusal
        self._check_organization(ticket.caller, issuer)
        return ticket

    def _check_organization(self, caller: Caller, issuer: Issuer) -> None:
        if issuer.organizations is not None and caller.organization not in issuer.organizations:
            raise forbidden("issuer-organization")
        if not self.knows(caller.organization):
            raise forbidden("organization-unknown")

    def knows(self, organization: str) -> bool:
        # A fresh installation has stored nothing yet; its administrator must be able to start.
        if organization == DEFAULT_ORGANIZATION:
            return True
        with self._lock:
            now = self._clock.now()
            if self._read_at is None or now - self._read_at >= self.KNOWN_FOR:
                self._known = frozenset(self._organizations())
                self._read_at = now
            return organization in self._known


def unauthorized(reason: str, code: str = "unauthorized") -> HttpProblem:
    log("request-refused", level=WARNING, status=401, reason=reason)
    return HttpProblem(401, code, headers={"WWW-Authenticate": "Bearer"})


def forbidden(reason: str, code: str = "forbidden", detail: Mapping[str, str] | None = None) -> HttpProblem:
    log("request-refused", level=WARNING, status=403, reason=reason)
    return HttpProblem(403, code, detail)


class GuardedRoute(APIRoute):
    """A route that lets nobody in before its rule is kept. Bodies are read only afterwards."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await admit(request, RULES[f"{request.method} {self.path_format}"])
            return await handle(request)

        return guarded


async def admit(request: Request, who: Who) -> None:
    """Put the Caller into `request.state.caller`, or refuse."""
    if who is Who.ANYONE:
        return
    allowed = (TICKET,) if who is Who.ADMINISTRATORS_BROWSER else ()
    if any(name.lower() in TOKEN_PARAMETERS and name not in allowed for name in request.query_params):
        raise unauthorized("token-in-address")
    if who is Who.BROWSER:
        return
    if who is Who.ADMINISTRATORS_BROWSER:
        await admit_browser(request)
        return
    access: Access = request.app.state.access
    caller = await run_in_threadpool(access.caller, request.headers.getlist("authorization"))
    check(caller, who, request.path_params.get("id", ""))
    request.state.caller = caller


async def admit_browser(request: Request) -> None:
    """By its ticket, of which the handler makes a session and nothing else; else by its session."""
    if TICKET in request.query_params:
        return
    session = await run_in_threadpool(request.app.state.browsers.sessions.current, request)
    check(session.caller, Who.ADMINISTRATOR, "")
    request.state.session = session


def check(caller: Caller, who: Who, user: str) -> None:
    """The rule against the caller; `user` is the path's `{id}`."""
    if who is Who.ADMINISTRATOR and not caller.is_administrator:
        raise forbidden("role")
    if who is Who.PERSON_OR_ADMINISTRATOR and not caller.may_act_for(user):
        raise forbidden("other-person")
    if who is Who.PERSON and caller.user != user:
        raise forbidden("other-person", "own-only" if caller.is_administrator else "forbidden")


def check_routes(routes: Iterable[BaseRoute], rules: Mapping[str, Who] = RULES) -> None:
    """Refuse to start with a route that nobody guards, or a rule that guards nothing."""
    declared: set[str] = set()
    for route in routes:
        if not isinstance(route, GuardedRoute):
            raise RuntimeError(f"a route that no rule guards: {getattr(route, 'path', route)}")
        if route.path.startswith(TAKEN_BY_THE_HOST):
            raise RuntimeError(f"a route that the Functions host would answer: {route.path}")
        declared |= {f"{method} {route.path_format}" for method in route.methods or ()}
    if declared != rules.keys():
        raise RuntimeError(f"routes and rules differ: {sorted(declared ^ rules.keys())}")
