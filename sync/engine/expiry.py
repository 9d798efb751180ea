"""What the timer looks at in an organization's connection to Microsoft 365: does it work again, when does it end."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from sync.core.settings import DEFAULT_ORGANIZATION
from sync.core.tenant import Tenant, TenantState, attentions, days_left, due_warning, has_ended
from sync.engine.granted import check_granted
from sync.engine.microsoft365 import drop_previous
from sync.engine.services import Services
from sync.errors import Moved, TryLater
from sync.log import log

# Permissions are taken away and secrets are replaced in the vault without a word to us.
LOOKED_AGAIN = timedelta(hours=24)


def look_after(services: Services, organization: str) -> bool:
    """Whether automatic passes may be queued now. `NeedsAdministrator` if what is stored cannot be read."""
    tenant = services.tenants.get(organization)
    if not tenant.in_use:
        return False
    try:
        tenant = _looked_after(services, tenant, services.clock.now())
    except Moved:  # somebody is changing it this moment; the next run sees what became of it
        services.tenants.forget(organization)
    except TryLater as error:
        log("tenant-not-looked-after", level=logging.WARNING, organization=organization, error=error.code)
    return tenant.in_use and tenant.state is TenantState.CONNECTED


def needs_attention(services: Services) -> bool:
    """Whether any organization has to do something about its connection: it does not work, or is about to end."""
    now = services.clock.now()
    for organization in {DEFAULT_ORGANIZATION, *services.organizations.ids()}:
        found = attentions(services.tenants.get(organization), now)
        if any(one.is_urgent for one in found):
            return True
    return False


def _looked_after(services: Services, tenant: Tenant, now: datetime) -> Tenant:
    if tenant.credential is None:
        return tenant
    if tenant.previous is not None and has_ended(tenant.previous, now):
        tenant = drop_previous(services, tenant)
    if _wants_a_look(tenant, now):
        tenant = check_granted(services, tenant.organization)
    return _warned(services, tenant, now)


def _wants_a_look(tenant: Tenant, now: datetime) -> bool:
    """Whatever does not work is tried each time; what works, once a day."""
    if tenant.state in (TenantState.ERROR, TenantState.NOT_CONNECTED):
        return True
    is_old = tenant.checked_at is None or now - tenant.checked_at >= LOOKED_AGAIN
    return tenant.state is TenantState.CONNECTED and is_old


def _warned(services: Services, tenant: Tenant, now: datetime) -> Tenant:
    """Each threshold is told once; the line is what an alert waits for, and says nothing but the days."""
    threshold = due_warning(tenant, now)
    if threshold is None or tenant.credential is None:
        return tenant
    days = days_left(tenant.credential, now)
    tenant = services.tenants.put(replace(tenant, warned=threshold))
    log("credential-expiring", level=logging.WARNING, organization=tenant.organization, days=days)
    return tenant
