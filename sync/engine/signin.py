"""An administrator connects the organization, a person signs in: both by way of Microsoft's own pages.

Who stands in front of the browser, and that the answer belongs to what was asked, is proven before these are called.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.core.settings import Connection
from sync.core.tenant import CredentialKind, Tenant, TenantState
from sync.engine.granted import check_granted
from sync.engine.services import Services
from sync.errors import CannotSync, Moved, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import Identity, SignInRequest

# Who is linked is read again for somebody who is not found, but not for everyone who tries.
PAUSE = timedelta(seconds=10)
REMEMBERED = timedelta(minutes=5)
# Others may store a result of theirs at the same time.
_TRIES = 3


def connectable(services: Services, organization: str) -> Tenant:
    """The tenant, if an administrator can be sent to Microsoft for it."""
    tenant = services.tenants.get(organization)
    if tenant.credential is not None and tenant.credential.kind is CredentialKind.MANAGED_IDENTITY:
        raise NeedsAdministrator("registration-missing")
    is_complete = tenant.tenant_id and tenant.client_id and tenant.credential
    if not is_complete or not tenant.in_use or tenant.state is TenantState.DISCONNECTING:
        raise NeedsAdministrator("connecting-not-possible")
    return tenant


def read_consent(services: Services, organization: str, answer: Mapping[str, str]) -> Tenant:
    """What Microsoft's consent page sent the browser back with (graph-calendar.md 12.2): its error is raised, also
    beside `admin_consent=True`; the tenant has to be the one that was entered.

    It proves nothing: whoever has the state can write such an address. `prove_control` has to follow.
    """
    tenant = connectable(services, organization)
    if "error" in answer:
        raise _refused(services, organization, answer)
    if answer.get("admin_consent", "").lower() != "true":
        raise CannotSync("consent-incomplete")
    if answer.get("tenant", "").lower() != tenant.tenant_id.lower():
        log("consent-refused", organization=organization, reason="tenant")
        raise CannotSync("consent-other-tenant")
    return tenant


def prove_control(
    services: Services, organization: str, request: SignInRequest, answer: Mapping[str, str]
) -> Tenant:
    """Connect, since somebody of the very tenant signed in where consent was given: the answer of the consent page is
    not authenticated (graph-calendar.md 12.2). Then look at what was really granted."""
    tenant = connectable(services, organization)
    _redeem(services, tenant, request, answer)
    _note_proof(services, tenant)
    connected = check_granted(services, organization, consented=True)
    log("tenant-connected", organization=organization, state=connected.state, error=connected.error)
    return connected


def _note_proof(services: Services, tenant: Tenant) -> None:
    """For the tenant and registration that the person signed in with, and no others that were entered meanwhile."""
    for _ in range(_TRIES):
        services.tenants.forget(tenant.organization)
        known = services.tenants.get(tenant.organization)
        if (known.tenant_id, known.client_id) != (tenant.tenant_id, tenant.client_id):
            log("consent-refused", organization=tenant.organization, reason="changed")
            raise CannotSync("consent-other-tenant")
        try:
            services.tenants.put(replace(known, proven=known.tenant_id))
        except Moved:
            continue
        return
    raise TryLater("tenant-changed")


def signable(services: Services, organization: str) -> Tenant:
    """The tenant, if people may sign in with it."""
    tenant = services.tenants.get(organization)
    if tenant.credential is not None and tenant.credential.kind is CredentialKind.MANAGED_IDENTITY:
        raise NeedsAdministrator("registration-missing")
    if not tenant.may_sync or tenant.credential is None:
        raise NeedsAdministrator("sign-in-off")
    return tenant


def forget_tickets(services: Services) -> None:
    """Tickets and states that nobody would take any more. If it fails now, the next time does it."""
    try:
        count = services.tickets.purge(services.clock.now())
    except SyncError as error:
        log("tickets-kept", level=logging.WARNING, error=error.code)
    else:
        log("tickets-forgotten", count=count)


def _redeem(
    services: Services, tenant: Tenant, request: SignInRequest, answer: Mapping[str, str]
) -> Identity:
    if "error" in answer or not answer.get("code"):
        raise _refused(services, tenant.organization, answer)
    try:
        return services.signin.redeem(tenant, request, answer["code"])
    except SyncError as error:
        log("sign-in-refused", organization=tenant.organization, error=str(error))
        raise


def _refused(services: Services, organization: str, answer: Mapping[str, str]) -> SyncError:
    error = services.signin.refused(answer)
    log("sign-in-refused", organization=organization, error=str(error))
    return error


@dataclass(frozen=True, slots=True)
class _Linked:
    """Object id -> the users linked to it, as read at `read_at`."""

    users: Mapping[str, tuple[str, ...]]
    read_at: datetime


class SignIns:
    """Which groupware user a Microsoft 365 account is. One per process, safe for threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._linked: dict[str, _Linked] = {}
        # One look-up at a time for an organization; others do not wait for it.
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def sign_in(self, organization: str, request: SignInRequest, answer: Mapping[str, str]) -> Connection:
        """The linked person who signed in: by object id and tenant, never by a name (graph-calendar.md 12.3)."""
        tenant = signable(self._services, organization)
        identity = _redeem(self._services, tenant, request, answer)
        connection = self._linked_to(tenant, identity.oid)
        log("signed-in", organization=organization, user=connection.user)
        return connection

    def _linked_to(self, tenant: Tenant, oid: str) -> Connection:
        """The storage has no list by object id: the whole one is read at most every few minutes, and what it says of
        this one person is looked up again."""
        for is_last in (False, True):
            users = self._users(tenant.organization, again=is_last).get(oid.lower(), ())
            found = [self._services.connections.get(tenant.organization, user) for user in users]
            fitting = [one for one in found if one is not None and _is_linked(one, tenant, oid)]
            if len(fitting) == 1:
                return fitting[0]
            if len(fitting) > 1:
                raise NeedsAdministrator("sign-in-ambiguous")
        raise NeedsAdministrator("sign-in-not-linked")

    def _users(self, organization: str, *, again: bool) -> Mapping[str, tuple[str, ...]]:
        with self._locks[organization]:
            now = self._services.clock.now()
            known = self._linked.get(organization)
            if known is None or now - known.read_at >= (PAUSE if again else REMEMBERED):
                known = self._linked[organization] = _Linked(self._read(organization), now)
            return known.users

    def _read(self, organization: str) -> Mapping[str, tuple[str, ...]]:
        users: dict[str, tuple[str, ...]] = {}
        for connection in self._services.connections.list(organization):
            if connection.mailbox:
                oid = connection.mailbox.lower()
                users[oid] = (*users.get(oid, ()), connection.user)
        return users


def _is_linked(connection: Connection, tenant: Tenant, oid: str) -> bool:
    """A mailbox that was bound in another tenant, or before tenants were kept, is bound anew by the next pass."""
    return (
        connection.enabled
        and connection.mailbox.lower() == oid.lower()
        and connection.tenant.lower() == tenant.tenant_id.lower()
    )
