"""What the browser routes share: where we and the groupware are, and answers that people can read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from sync.engine.services import Services
from sync.engine.signin import SignIns
from sync.errors import SyncError
from sync.log import log
from sync.web.access import GuardedRoute
from sync.web.languages import language_of
from sync.web.pages.problem import problem_page
from sync.web.problems import HttpProblem, from_sync_error, from_validation
from sync.web.sessions import Sessions
from sync.web.signing import Signing
from sync.web.states import States

CALLBACK = "/api/oauth/callback"


@dataclass(frozen=True, slots=True)
class Addresses:
    """`public` is ours; `groupware` is the groupware's name in tokens (their `iss`), `sign_in` where it takes people
    over who signed in with Microsoft 365 ("": it does not)."""

    public: str
    groupware: str
    sign_in: str = ""

    @property
    def callback(self) -> str:
        """The redirect URI, exactly as it has to be registered."""
        return self.public + CALLBACK


class Browsers:
    """Everything that a browser's way through Microsoft's pages needs. One per app."""

    def __init__(self, services: Services, addresses: Addresses) -> None:
        self.addresses = addresses
        self.signing = Signing(services.secrets, services.tickets, services.clock, addresses.public)
        self.sessions = Sessions(self.signing, services.tickets, addresses.public)
        self.states = States(self.signing, services.tickets)
        self.sign_ins = SignIns(services)


class BrowserRoute(GuardedRoute):
    """A guarded route whose refusals are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def readable(request: Request) -> Response:
            try:
                return await handle(request)
            except HttpProblem as problem:
                refused = problem
            except SyncError as error:
                refused = from_sync_error(error)
            except RequestValidationError as error:
                refused = from_validation(error)
            log("browser-answered", status=refused.status, code=refused.code)
            return problem_page(refused, language_of(request.headers.get("accept-language")))

        return readable


def single(request: Request) -> Mapping[str, str]:
    """The query's parameters. One that is named twice is refused: two readers might take different ones."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in found:
            raise HttpProblem(400, "parameter-repeated", {"parameter": name[:40]})
        found[name] = value
    return found
