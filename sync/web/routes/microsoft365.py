"""The connection to Microsoft 365 (manual: 初期設定): which tenant and app, by what credential, and how it is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from sync.core.messages import Language
from sync.core.tenant import (
    OPTIONAL_PERMISSIONS,
    REQUIRED_PERMISSIONS,
    Credential,
    PermissionState,
    Tenant,
    attentions,
    days_left,
)
from sync.engine.granted import check_granted
from sync.engine.microsoft365 import NewCredential, TenantChange, save_settings
from sync.errors import CannotSync, TryLater
from sync.log import log
from sync.web.access import GuardedRoute
from sync.web.answers import explained
from sync.web.browser import Browsers
from sync.web.context import Context, Here, Me, Tongue
from sync.web.models import Explained
from sync.web.models_microsoft365 import (
    CredentialAnswer,
    CredentialUpdate,
    Microsoft365Answer,
    Microsoft365Update,
    PermissionAnswer,
)
from sync.web.openapi import example, problems
from sync.web.problems import HttpProblem, explain
from sync.web.validation import Mistake

router = APIRouter(route_class=GuardedRoute, tags=["microsoft365"])

_IDS = {
    "tenantId": "7f1c2d3e-0000-4000-8000-000000000000",
    "clientId": "5b6a7c8d-0000-4000-8000-000000000000",
}
EXAMPLES = example(
    use_it_with_a_client_secret={
        "inUse": True,
        **_IDS,
        "credential": {"kind": "secret", "value": "the value", "expires": "2027-05-22T00:00:00Z"},
    },
    replace_the_secret_by_one_that_is_in_the_key_vault={
        "credential": {"kind": "secret", "secretName": "microsoft365-default-2027"}
    },
    no_secret_at_all={"credential": {"kind": "federated"}},
    pause={"inUse": False},
)
# Where on the screen a mistake stands that was found only by asking Microsoft Entra.
_POINTERS = {
    "client-id-missing": "/clientId",
    "secret-name-foreign": "/credential/secretName",
    "secret-name-unknown": "/credential/secretName",
    "tenant-id-missing": "/tenantId",
}


@router.get("/api/microsoft365", summary="The connection to Microsoft 365", responses=problems(409))
def read(request: Request, here: Here, me: Me, language: Tongue) -> Microsoft365Answer:
    here.services.tenants.forget(me.organization)
    return _answer(request, here, here.services.tenants.get(me.organization), language)


@router.put("/api/microsoft365", summary="Change the connection to Microsoft 365", responses=problems(409))
def change(
    request: Request,
    asked: Annotated[Microsoft365Update, Body(openapi_examples=EXAMPLES)],
    here: Here,
    me: Me,
    language: Tongue,
) -> Microsoft365Answer:
    """A new credential is tried first: one that Microsoft Entra says is wrong is refused, and nothing is stored.
    What else is missing (consent, a permission) is stored all the same, and the answer's `problem` says it."""
    try:
        tenant = save_settings(here.services, me.organization, _wanted(asked))
    except CannotSync as error:
        pointer = _POINTERS.get(error.code, "/credential")
        mistakes = [Mistake(error.code, pointer, detail=error.detail)]
        raise HttpProblem(422, error.code, error.detail, mistakes=mistakes) from error
    here.services.people.forget(me.organization)
    if not tenant.in_use or tenant.credential is None:
        return _answer(request, here, tenant, language)
    return _checked(request, here, me.organization, language)


@router.post(
    "/api/microsoft365/check", summary="Look at what is really granted, now", responses=problems(409)
)
def check(request: Request, here: Here, me: Me, language: Tongue) -> Microsoft365Answer:
    """A fresh token, its roles, and one calendar of a linked person."""
    return _answer(request, here, check_granted(here.services, me.organization), language)


def _wanted(asked: Microsoft365Update) -> TenantChange:
    sent: dict[str, Any] = {name: getattr(asked, name) for name in asked.model_fields_set}
    if sent.get("credential") is not None:
        sent["credential"] = _new(sent["credential"])
    return TenantChange(**sent)


def _new(asked: CredentialUpdate) -> NewCredential:
    return NewCredential(asked.kind, asked.value, asked.secret_name, asked.expires, asked.identity or "")


def _checked(request: Request, here: Context, organization: str, language: Language) -> Microsoft365Answer:
    """The settings are stored already: what cannot be looked at now is no reason to call the change failed."""
    try:
        tenant = check_granted(here.services, organization)
    except TryLater as error:
        log("tenant-not-checked", organization=organization, error=error.code)
        tenant = here.services.tenants.get(organization)
        answer = _answer(request, here, tenant, language)
        unchecked = Explained.model_validate(explain("microsoft365-unchecked", {}, language))
        return answer.model_copy(update={"attention": [unchecked, *answer.attention]})
    return _answer(request, here, tenant, language)


def _answer(request: Request, here: Context, tenant: Tenant, language: Language) -> Microsoft365Answer:
    browsers: Browsers = request.app.state.browsers
    now = here.services.clock.now()
    return Microsoft365Answer(
        in_use=tenant.in_use,
        tenant_id=tenant.tenant_id,
        client_id=tenant.client_id,
        redirect_uri=browsers.addresses.callback,
        state=tenant.state,
        since=tenant.since,
        problem=explained(tenant.error, tenant.error_detail, language),
        checked_at=tenant.checked_at,
        consented_at=tenant.consented_at,
        credential=_credential(tenant.credential, now),
        previous=_credential(tenant.previous, now),
        permissions=[
            PermissionAnswer(
                name=name,
                required=name in REQUIRED_PERMISSIONS,
                state=tenant.permissions.get(name, PermissionState.UNKNOWN),
            )
            for name in (*REQUIRED_PERMISSIONS, *OPTIONAL_PERMISSIONS)
        ],
        attention=[
            Explained.model_validate(explain(one.code, one.detail, language))
            for one in attentions(tenant, now)
        ],
    )


def _credential(credential: Credential | None, now: datetime) -> CredentialAnswer | None:
    if credential is None:
        return None
    return CredentialAnswer(
        kind=credential.kind,
        secret_name=credential.secret,
        expires=credential.expires,
        expiry_source=credential.expiry_source,
        days_left=days_left(credential, now),
        added_at=credential.added_at,
        identity=credential.identity,
        hint=credential.hint,
    )
