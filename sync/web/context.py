"""What a route is given: the use cases, the caller and the caller's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import Depends, Path, Request

from sync.core.messages import Language
from sync.core.settings import Connection
from sync.engine.services import Services
from sync.web.languages import language_of
from sync.web.problems import HttpProblem
from sync.web.tokens import Caller
from sync.web.usecases import UseCases
from sync.web.values import FacilityId, UserId


def _slots() -> BoundedSemaphore:
    # A pass holds its thread for as long as it takes. Starlette has forty of them (AnyIO's default), and the
    # other routes need some: beyond these, a pass is queued instead.
    return BoundedSemaphore(16)


@dataclass(frozen=True, slots=True)
class Context:
    services: Services
    use_cases: UseCases
    version: str
    slots: BoundedSemaphore = field(default_factory=_slots)

    def connection(self, organization: str, user: str) -> Connection:
        found = self.services.connections.get(organization, user)
        if found is None:
            raise HttpProblem(404, "user-unknown")
        return found


# `async` only so that FastAPI does not send these lookups through the thread pool.
async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language"))


Here = Annotated[Context, Depends(_context)]
Me = Annotated[Caller, Depends(_caller)]
Tongue = Annotated[Language, Depends(_language)]
UserInPath = Annotated[UserId, Path(alias="id", description="Groupware user id.")]
FacilityInPath = Annotated[FacilityId, Path(alias="id", description="Groupware facility id.")]
