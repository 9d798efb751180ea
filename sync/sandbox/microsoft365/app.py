"""The WSGI application: Graph under /v1.0, Entra beside it, the control surface under /_simulator."""

from __future__ import annotations

from functools import cache, partial

import flask
from flask.typing import ResponseReturnValue

from sync.sandbox.inprocess import DROPPED
from sync.sandbox.microsoft365.control import build_control
from sync.sandbox.microsoft365.entra_routes import add_entra_routes
from sync.sandbox.microsoft365.graph import Graph
from sync.sandbox.microsoft365.http_answers import base, respond
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.wire import Request, parse_query

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

    add_entra_routes(app, tenant)

    # Built when it is first asked for: its many routes would cost every test that only wants Graph.
    control = cache(partial(build_control, tenant))

    @app.route("/_simulator/", methods=METHODS)
    @app.route("/_simulator/<path:_path>", methods=METHODS)
    def steer(_path: str = "") -> ResponseReturnValue:
        return flask.Response.from_app(control(), flask.request.environ)

    return app
