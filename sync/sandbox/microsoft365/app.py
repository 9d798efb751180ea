"""The WSGI application: Graph under /v1.0, Entra beside it, the control surface under /_simulator."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from sync.sandbox.inprocess import DROPPED
from sync.sandbox.microsoft365 import entra
from sync.sandbox.microsoft365.control import build_control
from sync.sandbox.microsoft365.graph import Graph
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.wire import Answer, Request, parse_query

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def create_app(tenant: Tenant) -> flask.Flask:
    app = flask.Flask("microsoft365", static_folder=None)
    # A mistake in the simulator must be seen as one, not met as a 500 that a client retries.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.json.sort_keys = False  # type: ignore[attr-defined]
    graph = Graph(tenant)

    @app.route("/v1.0/<path:path>", methods=METHODS)
    def call_graph(path: str) -> flask.Response:
        request = flask.request
        outcome = graph.answer(
            Request(
                method=request.method,
                path=f"/{path}",
                root=f"{base()}/v1.0",
                query=parse_query(request.query_string.decode("latin-1")),
                headers={name.lower(): value for name, value in request.headers.items()},
                content=request.get_data(cache=False),
            )
        )
        if outcome.dropped:
            request.environ[DROPPED] = True
        headers = {
            "request-id": outcome.request_id,
            "client-request-id": request.headers.get("client-request-id", outcome.request_id),
        }
        return respond(outcome.answer, headers)

    @app.post("/<name>/oauth2/v2.0/token")
    def token(name: str) -> flask.Response:
        return respond(entra.answer_token(tenant, name, flask.request.form))

    @app.get("/<name>/v2.0/.well-known/openid-configuration")
    def configuration(name: str) -> flask.Response:
        return respond(entra.answer_configuration(tenant, name, base()))

    @app.get("/common/discovery/instance")
    def instance() -> flask.Response:
        asked = flask.request.args.get("authorization_endpoint", "").split("/")
        return respond(entra.answer_instance(asked[3] if len(asked) > 3 else "common", base()))

    # Built when it is first asked for: its many routes would cost every test that only wants Graph.
    control = cache(partial(build_control, tenant))

    @app.route("/_simulator/", methods=METHODS)
    @app.route("/_simulator/<path:_path>", methods=METHODS)
    def steer(_path: str = "") -> ResponseReturnValue:
        return flask.Response.from_app(control(), flask.request.environ)

    return app


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
