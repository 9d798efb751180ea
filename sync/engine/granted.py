"""What an organization's app really may do: by a fresh token, its roles, and one calendar of a linked person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sync.core.settings import Connection
from sync.core.tenant import (
    CALENDARS,
    OPTIONAL_PERMISSIONS,
    REQUIRED_PERMISSIONS,
    CredentialKind,
    ExpirySource,
    PermissionState,
    Tenant,
    TenantState,
)
from sync.engine.services import Services
from sync.engine.tenant_state import log_state
from sync.errors import Moved, NeedsAdministrator, SyncError
from sync.ports import Granted

# People whose calendar is looked at to learn what may be read; the first that answers is enough.
_LOOKED_AT = 3
_FORBIDDEN = frozenset(("mailbox-forbidden", "permission-missing"))
# What is told although the connection works: the previous credential stands in, or an access policy may allow others.
_TOLD = frozenset(("calendars-forbidden", "credential-previous-used"))
# Several who store a result at the same time: each reads again and looks again.
_TRIES = 3


def check_granted(services: Services, organization: str, consented: bool = False) -> Tenant:
    """Look at what is really granted: a fresh token, its roles, one calendar of a linked person; and store it.

    `consented`: an administrator has just said yes on Microsoft's page. `TryLater` if Entra cannot be asked now.
    """
    for _ in range(_TRIES - 1):
        try:
            return _check(services, organization, consented)
        except Moved:
            continue
    return _check(services, organization, consented)


def _check(services: Services, organization: str, consented: bool) -> Tenant:
    services.microsoft365.forget(organization)
    tenant = services.tenants.get(organization)
    if tenant.state is TenantState.DISCONNECTING:
        raise NeedsAdministrator("microsoft365-disconnecting")
    before, now = tenant, services.clock.now()
    tenant = replace(tenant, checked_at=now, consented_at=now if consented else tenant.consented_at)
    try:
        granted, replaced = _granted(services, tenant)
    except NeedsAdministrator as error:
        tenant = _judged(tenant, error, now)
    else:
        tenant = _with_end(services, tenant)
        permissions, problem = _permissions(services, tenant, granted)
        tenant = _judged(replace(tenant, permissions=permissions), problem or replaced, now)
    stored = services.tenants.put(tenant)
    if (before.state, before.error) != (stored.state, stored.error):
        log_state(stored)
    return stored


def _granted(services: Services, tenant: Tenant) -> tuple[Granted, NeedsAdministrator | None]:
    """By the present credential; by the previous one if only that works, which is then said."""
    if tenant.credential is None:
        raise NeedsAdministrator("microsoft365-not-set-up")
    if not tenant.is_proven:
        raise NeedsAdministrator("tenant-not-proven")
    for credential in tenant.credentials:
        if credential.secret:  # an operator may have replaced it in the vault
            services.secrets.forget(credential.secret)
    problem = None
    try:
        granted = services.microsoft365.granted(tenant, tenant.credential)
    except NeedsAdministrator as error:
        granted = _by_previous(services, tenant, error)
        problem = NeedsAdministrator("credential-previous-used")
    if granted.tenant_id and granted.tenant_id.lower() != tenant.tenant_id.lower():
        raise NeedsAdministrator("tenant-mismatch")
    return granted, problem


def _by_previous(services: Services, tenant: Tenant, error: NeedsAdministrator) -> Granted:
    """`error` is that of the present credential, which is the one to be repaired."""
    if tenant.previous is None:
        raise error
    try:
        return services.microsoft365.granted(tenant, tenant.previous)
    except NeedsAdministrator:
        raise error from None


def _with_end(services: Services, tenant: Tenant) -> Tenant:
    """What the registration itself says about the end counts more than what was entered."""
    credential = tenant.credential
    if credential is None or credential.kind not in (CredentialKind.SECRET, CredentialKind.CERTIFICATE):
        return tenant
    end, source = services.microsoft365.credential_end(tenant, credential), ExpirySource.GRAPH
    if end is None and credential.expiry_source in (None, ExpirySource.VAULT) and credential.by_operator:
        end, source = services.secrets.expires(credential.secret), ExpirySource.VAULT
    if end is None or end == credential.expires:
        return tenant
    is_later = credential.expires is None or end > credential.expires
    return replace(
        tenant,
        credential=replace(credential, expires=end, expiry_source=source),
        warned=None if is_later else tenant.warned,
    )


def _permissions(
    services: Services, tenant: Tenant, granted: Granted
) -> tuple[Mapping[str, PermissionState], NeedsAdministrator | None]:
    """Each permission's state, and what is wrong with them all in all."""
    found = {
        name: PermissionState.GRANTED if name in granted.roles else PermissionState.MISSING
        for name in (*REQUIRED_PERMISSIONS, *OPTIONAL_PERMISSIONS)
    }
    may_read = _may_read(services, tenant)
    if found[CALENDARS] is PermissionState.GRANTED:
        return found, NeedsAdministrator("calendars-forbidden") if may_read is False else None
    # With RBAC for Applications no role stands in the token, and yet calendars answer (graph-calendar.md 12.5).
    if may_read:
        return {**found, CALENDARS: PermissionState.BY_POLICY}, None
    if not granted.roles:
        return found, NeedsAdministrator("consent-missing")
    if may_read is None:
        return {**found, CALENDARS: PermissionState.UNKNOWN}, None
    return found, NeedsAdministrator("permission-missing")


def _may_read(services: Services, tenant: Tenant) -> bool | None:
    """Whether a linked person's calendar answers; None where nobody's could tell."""
    found: bool | None = None
    for oid in islice(_mailboxes(services, tenant), _LOOKED_AT):
        try:
            services.mailboxes(tenant.organization).check(oid)
        except SyncError as error:
            if error.code in _FORBIDDEN:
                found = False
        else:
            return True
    return found


def _mailboxes(services: Services, tenant: Tenant) -> Iterator[str]:
    """Object ids of linked people, as far as they were found in this tenant."""

    def is_linked(connection: Connection) -> bool:
        return connection.enabled and bool(connection.mailbox) and connection.tenant in ("", tenant.tenant_id)

    connections = services.connections.list(tenant.organization)
    return (connection.mailbox for connection in connections if is_linked(connection))


def _judged(tenant: Tenant, error: NeedsAdministrator | None, now: datetime) -> Tenant:
    """The tenant in the state that follows from what was found."""
    if error is None or error.code in _TOLD:
        state = TenantState.CONNECTED
    elif tenant.state in (TenantState.CONNECTED, TenantState.ERROR):
        state = TenantState.ERROR
    else:
        state = tenant.state
    return replace(
        tenant,
        state=state,
        since=tenant.since if tenant.state is state else now,
        error=error.code if error is not None else "",
        error_detail=dict(error.detail) if error is not None else {},
    )
