"""Leave Microsoft 365 (manual: 接続解除): what each choice would do, and how far it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from sync.core.messages import Language
from sync.core.tenant import Disconnection, TenantState
from sync.engine.disconnect import Progress, disconnect, look
from sync.web.access import GuardedRoute
from sync.web.context import Context, Here, Me, Tongue
from sync.web.models import Explained
from sync.web.models_linking import ChoiceCounts, DisconnectionAnswer, DisconnectRequest, HeldUpPerson
from sync.web.openapi import example, problems
from sync.web.problems import explain

router = APIRouter(route_class=GuardedRoute, tags=["microsoft365"])

EXAMPLES = example(
    keep_everything={"choice": "leave"},
    keep_the_events={"choice": "detach"},
    remove_what_was_synced={"choice": "remove"},
)


@router.get(
    "/api/microsoft365/disconnection",
    summary="What leaving Microsoft 365 would do, and how far it is",
    responses=problems(409),
)
def read(here: Here, me: Me, language: Tongue) -> DisconnectionAnswer:
    """The counts come from what the last passes have linked; nothing is asked of Microsoft 365."""
    here.services.tenants.forget(me.organization)
    return _answer(here, me.organization, language)


@router.delete(
    "/api/microsoft365",
    summary="Leave Microsoft 365",
    responses={
        202: {"model": DisconnectionAnswer, "description": "Begun; look at Location"},
        **problems(409, 413, 415),
    },
)
def leave(
    asked: Annotated[DisconnectRequest, Body(openapi_examples=EXAMPLES)],
    here: Here,
    me: Me,
    language: Tongue,
    response: Response,
) -> DisconnectionAnswer:
    """Nothing in the groupware is deleted, whatever is chosen. `leave` is over at once, also while another choice
    goes on. The credentials are deleted at the end."""
    tenant = disconnect(here.services, me.organization, asked.choice)
    if tenant.state is TenantState.DISCONNECTING:
        response.status_code = 202
        response.headers["Location"] = "/api/microsoft365/disconnection"
    return _answer(here, me.organization, language)


def _answer(here: Context, organization: str, language: Language) -> DisconnectionAnswer:
    tenant = here.services.tenants.get(organization)
    found = look(here.services, organization)
    return DisconnectionAnswer(
        state=tenant.state,
        choice=tenant.disconnection,
        people=found.people,
        choices=[_counts(choice, found) for choice in Disconnection],
        held_up=[
            HeldUpPerson(
                id=one.user,
                name=one.name,
                problem=Explained.model_validate(explain(one.code, one.detail, language)),
            )
            for one in found.held_up
        ],
    )


def _counts(choice: Disconnection, found: Progress) -> ChoiceCounts:
    """Graph neither mails for a marker nor for permanentDelete, as far as is known (graph-calendar.md 6.1, 6.5)."""
    links = found.links
    total = links.from_groupware + links.from_outlook + links.copies
    removed = links.from_groupware if choice is Disconnection.REMOVE else 0
    return ChoiceCounts(
        choice=choice,
        kept=total - removed,
        markers=links.from_groupware if choice is Disconnection.DETACH else 0,
        removed=removed,
        mails=0,
        meetings=0 if choice is Disconnection.LEAVE else found.meetings,
    )
