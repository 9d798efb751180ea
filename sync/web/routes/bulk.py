"""Switch many people on or off at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from sync.engine.checks import request_checks
from sync.engine.linking import switch_person
from sync.errors import SyncError
from sync.web.access import GuardedRoute
from sync.web.answers import explained
from sync.web.context import Context, Here, Me, Tongue
from sync.web.models import BulkAnswer, BulkRequest, BulkResult
from sync.web.openapi import example
from sync.web.problems import HttpProblem, from_sync_error

router = APIRouter(route_class=GuardedRoute, tags=["users"])

EXAMPLES = example(on={"users": ["suzuki", "tanaka"], "enabled": True})


@router.post("/api/users/bulk", summary="Switch many people on or off")
def switch(
    asked: Annotated[BulkRequest, Body(openapi_examples=EXAMPLES)], here: Here, me: Me, language: Tongue
) -> BulkAnswer:
    """One result per person: who cannot be switched does not stop the others. Who is switched on is `checking` for a
    moment, until Microsoft 365 was asked."""
    results = []
    for user in dict.fromkeys(asked.users):
        problem = _switch(here, me.organization, user, asked.enabled)
        said = explained(problem.code, problem.detail, language) if problem else None
        results.append(BulkResult(user=user, ok=problem is None, problem=said))
    here.services.people.forget(me.organization)
    if asked.enabled and any(one.ok for one in results):
        request_checks(here.services, me.organization)
    return BulkAnswer(results=results)


def _switch(here: Context, organization: str, user: str, enabled: bool) -> HttpProblem | None:
    try:
        before = here.connection(organization, user)
        if enabled and not before.upn:
            return HttpProblem(422, "upn-missing")
        if before.enabled != enabled:
            switch_person(here.services, before, enabled)
    except HttpProblem as problem:
        return problem
    except SyncError as error:
        return from_sync_error(error)
    return None
