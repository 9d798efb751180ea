"""To Microsoft's pages and back: an administrator connects the organization, a person signs in (graph-calendar.md
12.2, 12.3). For browsers; nothing here is part of the API for programs but the key set."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sync.core.handover import is_return_path, is_state
from sync.core.messages import Language
from sync.core.settings import DEFAULT_ORGANIZATION, Connection
from sync.core.tenant import REQUIRED_PERMISSIONS
from sync.engine.signin import connectable, prove_control, read_consent, signable
from sync.web.access import TICKET, Access, GuardedRoute
from sync.web.browser import BrowserRoute, Browsers, single
from sync.web.context import Context, Here, Tongue
from sync.web.pages.connecting import connect_page, connected_page
from sync.web.pages.handing_over import hand_over_page
from sync.web.problems import HttpProblem
from sync.web.sessions import Session, fingerprint
from sync.web.signing import Kind
from sync.web.states import LIFE, Purpose, State, stale
from sync.web.tokens import TokenRefused

router = APIRouter(route_class=BrowserRoute, tags=["browser"], default_response_class=HTMLResponse)
keys_router = APIRouter(route_class=GuardedRoute, tags=["browser"])

# The groupware takes a person over at once, or not at all.
HAND_OVER: Final = timedelta(seconds=60)
ELSEWHERE: Final[dict[int | str, dict[str, Any]]] = {
    303: {"description": "On to Microsoft, or back without ticket"}
}


async def _browsers(request: Request) -> Browsers:
    browsers: Browsers = request.app.state.browsers
    return browsers


There = Annotated[Browsers, Depends(_browsers)]
Query = Annotated[Mapping[str, str], Depends(single)]


@router.get("/api/oauth/connect", summary="Connect the organization's Microsoft 365", responses=ELSEWHERE)
def connect(request: Request, query: Query, here: Here, there: There, language: Tongue) -> Response:
    """With `ticket`: open a session, and come back without it. Then the page that leads to Microsoft's consent."""
    if TICKET in query:
        return _exchange(request, query[TICKET], there)
    session: Session = request.state.session
    organization = session.caller.organization
    tenant = connectable(here.services, organization)
    state = there.states.make(Purpose.CONSENT, organization, session.fingerprint)
    address = here.services.signin.consent_address(tenant, there.addresses.callback, state.text)
    return connect_page(tenant, session.caller, REQUIRED_PERMISSIONS, address, language)


@router.get("/api/oauth/login", summary="Sign in with Microsoft 365", responses=ELSEWHERE)
def login(request: Request, query: Query, here: Here, there: There) -> Response:
    """`state`: the groupware's own, given back to it. `return`: where in the groupware to go on. `org`: whose
    Microsoft 365, where one deployment serves several organizations."""
    organization = query.get("org", DEFAULT_ORGANIZATION)
    wish = {"state": query.get("state", ""), "return": query.get("return", "/")}
    if not is_state(wish["state"]):
        raise HttpProblem(400, "parameter-refused", {"parameter": "state"})
    if not is_return_path(wish["return"]):
        raise HttpProblem(400, "parameter-refused", {"parameter": "return"})
    access: Access = request.app.state.access
    if not there.addresses.sign_in or not access.knows(organization):
        raise HttpProblem(404, "sign-in-off")
    tenant = signable(here.services, organization)
    browser = there.signing.sign(Kind.BROWSER, {**wish, "jti": secrets.token_urlsafe(32)}, LIFE)
    state = there.states.make(Purpose.LOGIN, organization, fingerprint(browser))
    asked = there.states.request(state, there.addresses.callback)
    response = _go(here.services.signin.address(tenant, asked))
    there.sessions.cookies.put(response, Kind.BROWSER, browser, LIFE)
    return response


@router.get("/api/oauth/callback", summary="Back from Microsoft", responses=ELSEWHERE)
def callback(request: Request, query: Query, here: Here, there: There, language: Tongue) -> Response:
    """What the answer is for stands in its state. The state is used up before anything is asked of Microsoft."""
    state = there.states.read(query.get("state", ""))
    if state.purpose is Purpose.LOGIN:
        return _signed_in(request, query, there, state, language)
    session = there.sessions.current(request)
    there.states.spend(state, session.fingerprint)
    if session.caller.organization != state.organization or not session.caller.is_administrator:
        raise stale("other-caller")
    if state.purpose is Purpose.CONSENT:
        return _consented(query, here, there, session)
    asked = there.states.request(state, there.addresses.callback)
    return connected_page(prove_control(here.services, state.organization, asked, query), language)


@keys_router.get("/api/oauth/keys", summary="Public keys of what this app signs (RFC 7517)")
def keys(there: There, response: Response) -> dict[str, list[dict[str, str]]]:
    """With these the groupware checks the token that hands a person over."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return there.signing.keys()


def _exchange(request: Request, text: str, there: Browsers) -> Response:
    access: Access = request.app.state.access
    ticket = access.ticket(text)
    if not ticket.caller.is_administrator:
        raise HttpProblem(403, "forbidden")
    response = _go(f"{there.addresses.public}/api/oauth/connect")
    there.sessions.open(ticket, response)
    return response


def _consented(query: Mapping[str, str], here: Context, there: Browsers, session: Session) -> Response:
    """On to the sign-in that proves what the consent's answer only claims."""
    organization = session.caller.organization
    tenant = read_consent(here.services, organization, query)
    proof = there.states.make(Purpose.PROOF, organization, session.fingerprint)
    return _go(here.services.signin.address(tenant, there.states.request(proof, there.addresses.callback)))


def _signed_in(
    request: Request,
    query: Mapping[str, str],
    there: Browsers,
    state: State,
    language: Language,
) -> Response:
    browser = there.sessions.cookies.get(request, Kind.BROWSER)
    there.states.spend(state, None if browser is None else fingerprint(browser))
    assert browser is not None
    try:
        wish = there.signing.read(Kind.BROWSER, browser)
    except TokenRefused as refusal:
        raise stale(refusal.reason) from refusal
    asked = there.states.request(state, there.addresses.callback)
    connection = there.sign_ins.sign_in(state.organization, asked, query)
    response = hand_over_page(there.addresses.sign_in, _hand_over(there, connection, wish), language)
    there.sessions.cookies.drop(response, Kind.BROWSER)
    return response


def _hand_over(there: Browsers, connection: Connection, wish: Mapping[str, Any]) -> str:
    claims = {
        "sub": connection.user,
        "org": connection.organization,
        "jti": secrets.token_urlsafe(16),
        "state": wish["state"],
        "return_to": wish["return"],
    }
    return there.signing.sign(Kind.HAND_OVER, claims, HAND_OVER, there.addresses.groupware)


def _go(address: str) -> Response:
    """303: the browser asks for the new address by GET, whatever it did before."""
    return RedirectResponse(address, 303)
