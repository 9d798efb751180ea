"""The managed identity's endpoint of App Service, Functions and Container Apps (section 12.1).

Here it stands beside Entra: the environment names it, `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sync.sandbox.faults import Call
from sync.sandbox.microsoft365.applications import EXCHANGE, Application
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.tokens import GRAPH
from sync.sandbox.microsoft365.wire import Answer

ROUTE = "/msi/token"
VERSION = "2019-08-01"
LIFETIME = timedelta(hours=24)


class IdentityError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(tenant: Tenant, query: Mapping[str, str], header: str) -> Answer:
    """`header` is X-IDENTITY-HEADER. Faults happen by script only; they match `GET /msi/token`."""
    effect = tenant.faults.scripted(Call("GET", ROUTE, ROUTE))
    try:
        if effect is not None and effect.fails:
            raise IdentityError(effect.status, effect.message)
        answered = issue(tenant, query, header)
    except IdentityError as error:
        # The shape that MSAL reads; App Service says little more than a number.
        answered = Answer(error.status, {"statusCode": error.status, "message": str(error)})
    tenant.requests.note_identity(answered.status)
    return answered


def issue(tenant: Tenant, query: Mapping[str, str], header: str) -> Answer:
    if header != tenant.login.identity_header:
        raise IdentityError(401, "The X-IDENTITY-HEADER is missing or wrong.")
    if query.get("api-version") != VERSION:
        raise IdentityError(400, "The api-version is not supported.")
    identity = find_identity(tenant, query)
    resource = query.get("resource", "").removesuffix("/.default").rstrip("/")
    now = tenant.clock.now()
    if resource == GRAPH:
        token = tenant.tokens.issue(identity, now, LIFETIME)
    elif resource == EXCHANGE:
        token = issue_exchange_token(tenant, identity, now)
    else:
        raise IdentityError(500, "The resource principal was not found in the tenant.")
    expires = int((now + LIFETIME).timestamp())
    return Answer(
        200,
        {
            "access_token": token,
            "client_id": identity.client_id,
            "expires_on": str(expires),
            "resource": query["resource"],
            "token_type": "Bearer",
        },
    )


def find_identity(tenant: Tenant, query: Mapping[str, str]) -> Application:
    """By client id or object id; with neither, the only one that there is."""
    wanted = query.get("client_id") or query.get("object_id")
    found = [
        each
        for each in list(tenant.applications.values())
        if each.principal_id and wanted in (None, each.client_id, each.principal_id)
    ]
    if len(found) != 1 or not found[0].enabled or "mi_res_id" in query:
        raise IdentityError(400, "No User Assigned or Delegated Managed Identity found for the specified id.")
    found[0].settle(tenant.clock.now())
    return found[0]


def issue_exchange_token(tenant: Tenant, identity: Application, now: datetime) -> str:
    """What a federated credential trusts: issuer this tenant, subject the identity's object id (section 12.1)."""
    issued = int(now.timestamp())
    return tenant.login.keys.sign(
        {
            "aud": EXCHANGE,
            "iss": tenant.login.issuer,
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "azp": identity.client_id,
            "idtyp": "app",
            "oid": identity.principal_id,
            "sub": identity.principal_id,
            "tid": tenant.id,
            "uti": guid(tenant.seed, "uti", issued, identity.principal_id)[:22],
            "ver": "2.0",
        }
    )
