"""The OpenAPI document: what FastAPI derives from the routes, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sync.web.access import RULES, Who
from sync.web.models import Problem
from sync.web.problems import MEDIA_TYPE, TITLES

_BROWSERS: Final = (Who.BROWSER, Who.ADMINISTRATORS_BROWSER)
_PROBLEM: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PAGES: Final = ("400", "401", "403", "404", "409", "422", "500", "503")
_PAGE: Final = {"description": "A page that says why, and what to do", "content": {"text/html": {}}}

DESCRIPTION: Final = """\
Keeps a groupware's schedules and Outlook calendars the same.

Callers prove who they are with a JWT that the groupware signs: `iss`, `aud`, `sub` (groupware user id), `role`
(`user` or `admin`), `exp` (at most one hour ahead), and `org` where one deployment serves several organizations.
A token with a `jti` is a ticket: it opens a browser route once, within five minutes, and is no bearer token.

Errors are problem details (RFC 9457) with `code`, `detail` and `remedy` in Japanese and English. Members that a
`PUT` leaves out stay as they are; unknown members are refused. Dates are ISO dates, instants are UTC.
"""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: the problems it adds to those of its rule."""
    return {status: {"description": TITLES[status][1], "content": _PROBLEM} for status in statuses}


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-sync-session",
            "description": "From a ticket.",
        },
    }
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    # FastAPI's own shape for refused input, which nothing here answers with.
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, RULES[f"{method.upper()} {path}"])
            if method in ("post", "put"):
                operation["responses"] |= {str(status): part for status, part in problems(413, 415).items()}
    app.openapi_schema = document
    return document


def _complete(operation: dict[str, Any], who: Who) -> None:
    """Who may call, and the problems that follow from that and from having input."""
    operation["description"] = f"{operation.get('description', '')}\n\nWho: {who.value}.".strip()
    operation["x-who"] = who.name
    if who in _BROWSERS:
        # Pages, whatever happens: what they say is for people.
        operation["responses"] |= dict.fromkeys(_PAGES, _PAGE)
        operation["security"] = [] if who is Who.BROWSER else [{"session": []}]
        return
    responses: dict[str, Any] = operation["responses"]
    has_input = "requestBody" in operation or "parameters" in operation
    for status in (*_statuses(who), *((422,) if has_input else ()), 500):
        responses[str(status)] = problems(status)[status]
    if "requestBody" in operation:
        responses["400"] = problems(400)[400]
    operation["security"] = [] if who is Who.ANYONE else [{"token": []}]
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(who: Who) -> tuple[int, ...]:
    return () if who is Who.ANYONE else (401, 403, 503)


def example(**body: Mapping[str, Any]) -> dict[str, Any]:
    """For `Body(openapi_examples=...)`: the name of each example is its summary."""
    return {name: {"summary": name.replace("_", " "), "value": value} for name, value in body.items()}
