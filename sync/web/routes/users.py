"""People: who is linked, how each is doing, and what each has set."""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from sync.core.settings import Connection, State
from sync.engine.linking import link_person
from sync.errors import CannotSync
from sync.web.access import GuardedRoute
from sync.web.answers import kept_value, parked_event, pass_answer, user_answer, user_summary
from sync.web.context import Context, Here, Me, Tongue, UserInPath
from sync.web.models import HistoryList, PassList, ProblemList, UserAnswer, UserList, UserUpdate
from sync.web.openapi import example, problems
from sync.web.people import new_connection, person_may
from sync.web.problems import HttpProblem
from sync.web.validation import Mistake
from sync.web.values import PageSize

router = APIRouter(route_class=GuardedRoute, tags=["users"])

EXAMPLES = example(
    link_a_person={"upn": "suzuki@example.com", "email": "suzuki@example.com", "enabled": True},
    own_settings={"settings": {"interval": 30, "defaultReminder": None}},
)


@router.get("/api/users", summary="The linked people, page by page")
def read_all(
    here: Here,
    me: Me,
    language: Tongue,
    limit: PageSize = 100,
    after: Annotated[str, Query(max_length=256, description="`next` of the page before.")] = "",
    state: State | None = None,
) -> UserList:
    """Ordered by user id."""
    everyone = here.services.connections.list(me.organization)
    rest = (one for one in everyone if one.user > after and (state is None or one.state is state))
    page = heapq.nsmallest(limit + 1, rest, key=lambda one: one.user)
    shown = page[:limit]
    return UserList(
        users=[user_summary(one, language) for one in shown],
        next=shown[-1].user if len(page) > limit else None,
    )


@router.get("/api/users/{id}", summary="One person", responses=problems(404))
def read(user: UserInPath, here: Here, me: Me, language: Tongue) -> UserAnswer:
    common = here.services.organizations.get(me.organization)
    return user_answer(here.connection(me.organization, user), common, language)


@router.put("/api/users/{id}", summary="Change one person", responses=problems(404, 409))
def change(
    user: UserInPath,
    asked: Annotated[UserUpdate, Body(openapi_examples=EXAMPLES)],
    here: Here,
    me: Me,
    language: Tongue,
) -> UserAnswer:
    """An administrator links people of the groupware by this: whenever the UPN is sent, or the person is switched on,
    Microsoft 365 is asked at once whether the person can be synced, and `state` and `problem` of the answer say it.
    `checking` is looked at again every five minutes for an hour. A person changes its own `settings`, as far as the
    organization allows it."""
    common = here.services.organizations.get(me.organization)
    known = here.services.connections.get(me.organization, user)
    if not me.is_administrator:
        person_may(asked, common)
    if known is None and not me.is_administrator:
        raise HttpProblem(404, "user-unknown")
    before = known or new_connection(here, me.organization, user)
    is_asked = "upn" in asked.model_fields_set or asked.enabled
    saved = _save(here, before, _merged(before, asked), is_asked=is_asked)
    return user_answer(saved, common, language)


def _merged(connection: Connection, asked: UserUpdate) -> Connection:
    """The person with every member that was sent."""
    changes: dict[str, Any] = {name: getattr(asked, name) for name in asked.model_fields_set}
    if "settings" in changes:
        sent = {name: getattr(asked.settings, name) for name in asked.settings.model_fields_set}
        changes["settings"] = replace(connection.settings, **sent)
    return replace(connection, **changes)


def _save(here: Context, before: Connection, after: Connection, *, is_asked: bool) -> Connection:
    if after.enabled and not after.upn:
        raise HttpProblem(422, "upn-missing", mistakes=[Mistake("upn-missing", "/upn")])
    try:
        return link_person(here.services, before, after, is_asked=is_asked)
    except CannotSync as error:
        if error.code != "upn-taken":
            raise
        raise HttpProblem(409, error.code, mistakes=[Mistake(error.code, "/upn")]) from error


@router.get("/api/users/{id}/passes", summary="The latest passes, newest first", responses=problems(404))
def passes(user: UserInPath, here: Here, me: Me, language: Tongue, limit: PageSize = 50) -> PassList:
    connection = here.connection(me.organization, user)
    records = here.services.passes.list(connection.organization, connection.user, limit)
    return PassList(passes=[pass_answer(record, language) for record in records])


@router.get(
    "/api/users/{id}/problems", summary="Events that are not synced, and why", responses=problems(404)
)
def parked(user: UserInPath, here: Here, me: Me, language: Tongue) -> ProblemList:
    found = here.use_cases.problems(here.connection(me.organization, user))
    is_own = me.user == user
    return ProblemList(
        problems=[parked_event(link, problem, language, is_own=is_own) for link, problem in found]
    )


@router.get(
    "/api/users/{id}/history", summary="Values that lost a conflict, newest first", responses=problems(404)
)
def history(user: UserInPath, here: Here, me: Me) -> HistoryList:
    kept = here.use_cases.history(here.connection(me.organization, user))
    return HistoryList(values=[kept_value(one) for one in kept])
