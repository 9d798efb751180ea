"""The state of an organization's connection to Microsoft 365: what stops everyone at once is no person's error."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from sync.core.tenant import TENANT_CODES, Tenant, TenantState
from sync.engine.services import Services
from sync.errors import Moved, NeedsAdministrator, SyncError
from sync.log import log

NOT_IN_USE = "microsoft365-not-in-use"


def syncing_tenant(services: Services, organization: str) -> Tenant:
    """The tenant that a pass may use, also while it is in ERROR: a pass that somebody asks for tries it.

    `NeedsAdministrator(NOT_IN_USE)` if Microsoft 365 is switched off, not connected yet, or disconnected.
    """
    tenant = services.tenants.get(organization)
    if not tenant.may_sync:
        raise NeedsAdministrator(NOT_IN_USE)
    return tenant


def note_trouble(services: Services, organization: str, error: SyncError, used: Tenant | None) -> bool:
    """Whether `error` is the whole organization's; its state then says so, once, and no person's does.

    `used`: the tenant that the pass began with. If the settings were changed since, it says nothing of them."""
    if error.code == NOT_IN_USE:
        return True
    if error.code not in TENANT_CODES or not isinstance(error, NeedsAdministrator):
        return False
    try:
        tenant = services.tenants.get(organization)
        is_same = used is None or access_of(used) == access_of(tenant)
        if tenant.state is TenantState.CONNECTED and is_same:
            change_state(services, tenant, TenantState.ERROR, error.code, error.detail)
    except SyncError as trouble:
        log("tenant-not-noted", level=logging.WARNING, error=trouble.code)
    return True


def access_of(tenant: Tenant) -> tuple[object, ...]:
    """What decides whether Microsoft 365 lets us in."""
    return tenant.tenant_id, tenant.client_id, tenant.credentials


def note_recovery(services: Services, tenant: Tenant) -> None:
    """A pass went through: whatever was wrong is repaired."""
    if tenant.state is not TenantState.ERROR:
        return
    try:
        change_state(services, tenant, TenantState.CONNECTED)
    except SyncError as trouble:
        log("tenant-not-noted", level=logging.WARNING, error=trouble.code)


def change_state(
    services: Services,
    tenant: Tenant,
    state: TenantState,
    error: str = "",
    detail: Mapping[str, str] | None = None,
) -> Tenant:
    """The tenant with the state stored; if somebody else changed it meanwhile, as it is now."""
    if (tenant.state, tenant.error) == (state, error):
        return tenant
    now = services.clock.now()
    since = tenant.since if tenant.state is state else now
    changed = replace(tenant, state=state, error=error, error_detail=dict(detail or {}), since=since)
    try:
        stored = services.tenants.put(changed)
    except Moved:
        services.tenants.forget(tenant.organization)
        return services.tenants.get(tenant.organization)
    log_state(stored)
    return stored


def log_state(tenant: Tenant) -> None:
    """One line for each change, for alerts."""
    level = logging.WARNING if tenant.state is TenantState.ERROR else logging.INFO
    log(
        "tenant-state",
        level=level,
        organization=tenant.organization,
        state=tenant.state,
        error=tenant.error,
    )
