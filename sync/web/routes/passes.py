"""What a pass did, and the administrator's word for one that is held."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from sync.ports import PassRecord, PassState
from sync.web.access import GuardedRoute
from sync.web.answers import pass_answer
from sync.web.context import Context, Here, Me, Tongue
from sync.web.models import PassAnswer
from sync.web.openapi import problems
from sync.web.problems import HttpProblem
from sync.web.routes.sync import accepted
from sync.web.tokens import Caller

router = APIRouter(route_class=GuardedRoute, tags=["passes"])

PassInPath = Annotated[str, Path(alias="id", max_length=1000, description="From Location or a list.")]


@router.get("/api/passes/{id}", summary="One pass with its report", responses=problems(404))
def read(pass_id: PassInPath, here: Here, me: Me, language: Tongue) -> PassAnswer:
    return pass_answer(_visible(here, me, pass_id), language)


@router.post(
    "/api/passes/{id}/confirm",
    summary="Release a held pass",
    status_code=202,
    response_description="The pass that will carry it out, queued",
    responses=problems(404, 409),
)
def confirm(pass_id: PassInPath, here: Here, me: Me, language: Tongue, response: Response) -> PassAnswer:
    """The guard held the pass because of its deletes or mails. They are carried out as far as still planned."""
    record = _visible(here, me, pass_id)
    if record.state is not PassState.HELD:
        raise HttpProblem(409, "pass-not-held", {"state": record.state.value})
    return accepted(here.use_cases.confirm(record, by=me.user), response, language)


def _visible(here: Context, me: Caller, pass_id: str) -> PassRecord:
    """Another person's pass is answered like one that does not exist, so that ids tell nothing."""
    record = here.services.passes.get(pass_id)
    if record is None or record.organization != me.organization or not me.may_act_for(record.user):
        raise HttpProblem(404, "pass-unknown")
    return record
