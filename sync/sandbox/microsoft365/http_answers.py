"""Turns the simulator's answers into Flask's, and knows by which name the caller reached this host."""

from __future__ import annotations

import json
from typing import Any

import flask

from sync.sandbox.microsoft365.entra_pages import Reply
from sync.sandbox.microsoft365.wire import Answer

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
ACCOUNT_COOKIE = "simulated_account"
# No `form-action`: browsers apply it to the redirect that follows a form, and that leads to the application.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def base() -> str:
    """Scheme and host as the caller sees them; a transport that rewrites the host says so in X-Forwarded-*."""
    request = flask.request
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{scheme}://{request.headers.get('X-Forwarded-Host', request.host)}"


def respond(answer: Answer, headers: dict[str, str] | None = None) -> flask.Response:
    content: Any = b"" if answer.body is None else json.dumps(answer.body, separators=(",", ":")).encode()
    response = flask.Response(content, answer.status, {**(headers or {}), **answer.headers})
    if answer.body is not None:
        response.headers["Content-Type"] = JSON_TYPE
    else:
        del response.headers["Content-Type"]
    return response


def show(reply: Reply) -> flask.Response:
    """A page, or a redirect."""
    response = flask.Response(reply.html, reply.status, PAGE_HEADERS, mimetype="text/html")
    if reply.location:
        response.headers["Location"] = reply.location
        response.autocorrect_location_header = False
    if reply.account:
        response.set_cookie(ACCOUNT_COOKIE, reply.account, httponly=True, samesite="Lax")
    return response
