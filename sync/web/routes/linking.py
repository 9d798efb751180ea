"""Link many people to their mailboxes, and find out which these are (manual: ユーザー情報連携設定)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Response

from sync.core.messages import Language
from sync.engine.linking import start_linking
from sync.engine.suggestions import suggest
from sync.ports import LinkRow, Operation
from sync.web.access import GuardedRoute
from sync.web.context import Here, Me, Tongue
from sync.web.models import Explained
from sync.web.models_linking import (
    MOST_FAILURES,
    LinkFailure,
    LinkRequest,
    OperationAnswer,
    SuggestionAnswer,
    SuggestionList,
)
from sync.web.openapi import example, problems
from sync.web.problems import HttpProblem, explain

router = APIRouter(route_class=GuardedRoute, tags=["users"])

EXAMPLES = example(
    by_upn={"users": [{"id": "suzuki", "upn": "suzuki@example.com"}], "enabled": True},
    by_mail_address={"users": [{"id": "suzuki", "email": "suzuki@example.com"}]},
)


@router.post(
    "/api/users/link",
    status_code=202,
    summary="Link many people",
    response_description="Begun; look at Location",
)
def link(
    asked: Annotated[LinkRequest, Body(openapi_examples=EXAMPLES)],
    here: Here,
    me: Me,
    language: Tongue,
    response: Response,
) -> OperationAnswer:
    """It goes on in the background, some hundred people at a time. An entry that cannot be carried out does not stop
    the others; how a person is afterwards stands under `/api/users/{id}`."""
    entries = {entry.id: LinkRow(entry.id, entry.upn, entry.email) for entry in asked.users}
    operation = start_linking(here.services, me.organization, me.user, list(entries.values()), asked.enabled)
    response.headers["Location"] = f"/api/operations/{operation.id}"
    return _answer(operation, language)


@router.get(
    "/api/operations/{id}", summary="How far a linking of many people is", responses=problems(404, 409)
)
def read(
    operation: Annotated[str, Path(alias="id", max_length=64)],
    here: Here,
    me: Me,
    language: Tongue,
) -> OperationAnswer:
    found = here.services.operations.get(me.organization, operation)
    if found is None:
        raise HttpProblem(404, "operation-unknown")
    return _answer(found, language)


@router.get(
    "/api/users/suggestions", summary="Mailboxes for people who are not linked", responses=problems(409)
)
def suggestions(here: Here, me: Me) -> SuggestionList:
    """The mailbox whose mail address, any of them, is that of the groupware's user. Nothing is changed by it."""
    return SuggestionList(
        suggestions=[
            SuggestionAnswer(
                id=one.user, name=one.name, email=one.email, state=one.state, upn=one.upn, holder=one.holder
            )
            for one in suggest(here.services, me.organization)
        ]
    )


def _answer(operation: Operation, language: Language) -> OperationAnswer:
    results = operation.results
    failures = [failure for result in results for failure in result.failures]
    linked, waiting = (sum(getattr(one, name) for one in results) for name in ("linked", "waiting"))
    return OperationAnswer(
        id=operation.id,
        state="done" if operation.is_done else "running",
        total=operation.total,
        done=linked + waiting + len(failures),
        linked=linked,
        waiting=waiting,
        failed=len(failures),
        failures=[
            LinkFailure(
                id=one.user, problem=Explained.model_validate(explain(one.code, one.detail, language))
            )
            for one in failures[:MOST_FAILURES]
        ],
        started_at=operation.started_at,
        finished_at=operation.finished_at,
    )
