"""Is the service up, and what does it speak. Says nothing that a stranger could use."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from sync.errors import SyncError
from sync.web.access import GuardedRoute
from sync.web.context import Here
from sync.web.models import Health

router = APIRouter(route_class=GuardedRoute, tags=["service"])


@router.get(
    "/api/health",
    summary="Version, and whether the storage can be reached",
    responses={503: {"model": Health, "description": "The storage cannot be reached"}},
)
def health(here: Here, response: Response) -> Health:
    is_reachable = _is_reachable(here)
    if not is_reachable:
        response.status_code = 503
    return Health(
        status="ok" if is_reachable else "degraded",
        version=here.version,
        storage=is_reachable,
        attention=is_reachable and _needs_attention(here),
    )


def _needs_attention(here: Here) -> bool:
    try:
        return here.use_cases.needs_attention()
    except SyncError:
        return True


def _is_reachable(here: Here) -> bool:
    try:
        return here.use_cases.storage_reachable()
    except SyncError:
        return False


@router.get("/api/openapi.json", summary="This description", response_model=dict[str, Any])
async def openapi(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.openapi()
    return document
