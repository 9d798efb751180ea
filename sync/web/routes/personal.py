"""What is kept about a person: shown to whom it belongs, and forgotten (infra/operations.md, "One person's data")."""

from __future__ import annotations

from fastapi import APIRouter, Response

from sync.web.access import GuardedRoute
from sync.web.context import Here, Me, Tongue, UserInPath
from sync.web.models_personal import PersonalAnswer
from sync.web.openapi import problems
from sync.web.personal import Spool, personal_document
from sync.web.problems import HttpProblem

router = APIRouter(route_class=GuardedRoute, tags=["users"])


@router.get(
    "/api/users/{id}/data",
    summary="Everything that is kept about one person",
    response_model=PersonalAnswer,
    responses=problems(404),
)
def export(user: UserInPath, here: Here, me: Me, language: Tongue) -> Response:
    """For the person itself with the values in `history`, with the times of events and with what Outlook alone knows
    of them; for an administrator without. Left out are digests and opaque marks, which say nothing by themselves.

    Large accounts give large answers (50,000 linked events about 25 MB); it is a snapshot of no single instant.
    """
    connection = here.connection(me.organization, user)
    return Spool.of(personal_document(here.services, connection, language, is_own=me.user == user)).response()


@router.delete(
    "/api/users/{id}",
    summary="Forget one person",
    status_code=204,
    response_class=Response,
    response_description="Nothing is kept any more",
    responses=problems(404, 409),
)
def forget(user: UserInPath, here: Here, me: Me) -> None:
    """Both calendars stay as they are. Refused with 409 `busy` while a pass runs; can be repeated if it was cut off.

    A meeting of which the person was host goes on for the others like one that an outsider organizes.
    """
    if not here.use_cases.forget(me.organization, user):
        raise HttpProblem(404, "user-unknown")
