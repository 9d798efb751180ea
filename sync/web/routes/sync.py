"""One pass over one person, asked for by a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Body, Header, Response

from sync.core.messages import Language
from sync.core.settings import Connection, effective
from sync.errors import LeaseLost
from sync.ports import PassRecord
from sync.web.access import GuardedRoute, forbidden
from sync.web.answers import pass_answer
from sync.web.context import Context, Here, Me, Tongue
from sync.web.models import PassAnswer, SyncRequest
from sync.web.openapi import example, problems
from sync.web.problems import HttpProblem
from sync.web.tokens import Caller

router = APIRouter(route_class=GuardedRoute, tags=["sync"])

EXAMPLES = example(
    myself={},
    myself_for_the_dates_on_the_screen={"from": "2026-11-01", "to": "2026-12-01"},
    somebody_without_writing={"user": "suzuki", "preview": True},
)


@router.post(
    "/api/sync",
    summary="Sync one person now",
    response_description="The pass with its report (done, held, failed or preview)",
    responses={202: {"model": PassAnswer, "description": "Queued; look at Location"}, **problems(404, 409)},
)
def sync(
    here: Here,
    me: Me,
    language: Tongue,
    response: Response,
    asked: Annotated[SyncRequest | None, Body(openapi_examples=EXAMPLES)] = None,
    prefer: Annotated[list[str] | None, Header(description="`respond-async` queues the pass")] = None,
) -> PassAnswer:
    """A person syncs itself where the organization allows manual sync, an administrator anyone.

    The pass is queued instead (202) if the caller prefers that, if another pass over this person is running, or
    if many passes are. A preview is never queued.
    """
    asked = asked or SyncRequest.model_validate({})
    connection = _allowed(here, me, asked)
    if asked.preview:
        record = here.use_cases.preview(connection, first=asked.first, until=asked.until)
        return pass_answer(record, language)
    if prefers_async(prefer or ()):
        response.headers["Preference-Applied"] = "respond-async"
        return _queued(here, connection, asked, response, language)
    record_or_busy = _now(here, connection, asked)
    if record_or_busy is None:
        return _queued(here, connection, asked, response, language)
    return pass_answer(record_or_busy, language)


def _allowed(here: Context, me: Caller, asked: SyncRequest) -> Connection:
    user = asked.user if asked.user is not None else me.user
    if not me.may_act_for(user):
        raise forbidden("other-person")
    settings = here.services.organizations.get(me.organization)
    if not settings.manual and not me.is_administrator:
        raise forbidden("manual-sync-off", "manual-sync-off")
    connection = here.connection(me.organization, user)
    is_on = connection.enabled and effective(settings, connection.settings).sync
    if not is_on and not asked.preview:
        raise HttpProblem(409, "sync-off")
    return connection


def _now(here: Context, connection: Connection, asked: SyncRequest) -> PassRecord | None:
    """The finished pass; None if it cannot run now."""
    if not here.slots.acquire(blocking=False):
        return None
    try:
        return here.use_cases.sync_now(connection, first=asked.first, until=asked.until)
    except LeaseLost:
        return None
    finally:
        here.slots.release()


def _queued(
    here: Context, connection: Connection, asked: SyncRequest, response: Response, language: Language
) -> PassAnswer:
    record = here.use_cases.request_pass(connection, first=asked.first, until=asked.until)
    return accepted(record, response, language)


def accepted(record: PassRecord, response: Response, language: Language) -> PassAnswer:
    """202 with the address at which the pass can be watched."""
    response.status_code = 202
    response.headers["Location"] = f"/api/passes/{quote(record.id, safe='')}"
    return pass_answer(record, language)


def prefers_async(headers: Sequence[str]) -> bool:
    """RFC 7240 4.1; parameters and other preferences do not matter here."""
    preferences = (part for header in headers for part in header.split(","))
    return any(part.partition(";")[0].strip().lower() == "respond-async" for part in preferences)
