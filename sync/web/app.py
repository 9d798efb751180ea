"""The web app: routes, their guard, and what every request passes through."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from sync.engine.services import Services
from sync.errors import SyncError
from sync.web.access import Access, check_routes
from sync.web.browser import Addresses, Browsers
from sync.web.context import Context
from sync.web.middleware import InvocationId, JsonBodies, Net, SafeHeaders
from sync.web.openapi import build_openapi
from sync.web.problems import HttpProblem, answer
from sync.web.routes import (
    apps,
    bulk,
    disconnection,
    facilities,
    health,
    linking,
    microsoft365,
    oauth,
    passes,
    personal,
    settings,
    sync,
    users,
)
from sync.web.usecases import UseCases

# `bulk` and `linking` before `users`: their paths would otherwise be taken for a person called "bulk".
ROUTERS: Final = (
    health.router,
    sync.router,
    passes.router,
    bulk.router,
    linking.router,
    users.router,
    personal.router,
    settings.router,
    facilities.router,
    microsoft365.router,
    disconnection.router,
    apps.router,
    oauth.router,
    oauth.keys_router,
)


def create_app(
    services: Services,
    access: Access,
    version: str,
    use_cases: UseCases,
    addresses: Addresses,
    *,
    invocation: ContextVar[str | None] | None = None,
) -> FastAPI:
    """The ASGI app. `invocation` is where the host's worker looks for the id of the running invocation.

    Raises RuntimeError if a route has no access rule: such an app must not start.
    """
    app = FastAPI(
        title="Groupware and Outlook calendar sync",
        version=version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Outermost first.
        middleware=[
            *([Middleware(InvocationId, current=invocation)] if invocation is not None else []),
            Middleware(SafeHeaders),
            Middleware(Net),
            Middleware(JsonBodies),
        ],
        exception_handlers=dict.fromkeys(
            (HttpProblem, SyncError, RequestValidationError, HTTPException), answer
        ),
    )
    app.state.access = access
    app.state.context = Context(services, use_cases, version)
    app.state.browsers = Browsers(services, addresses)
    # The routes themselves, not `include_router`: the guard reads the path a route was declared with.
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    check_routes(app.routes)
    app.openapi = lambda: build_openapi(app)  # type: ignore[method-assign]
    return app
