"""An organization's Microsoft 365: which tenant and app registration, by what credential, and how the connection is.

Decides what of it needs attention: which permissions are wanted, and when an ending credential is warned of. Holds no
secret, only the names under which the vault keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class CredentialKind(StrEnum):
    """How the app proves to Microsoft Entra who it is (graph-calendar.md 12.1)."""

    SECRET = "secret"
    CERTIFICATE = "certificate"
    # The app registration trusts the app's managed identity: no secret at all.
    FEDERATED = "federated"
    # No app registration: the permissions belong to the managed identity itself. Nobody can sign in with it.
    MANAGED_IDENTITY = "managedIdentity"


class ExpirySource(StrEnum):
    """Who said when a credential ends."""

    ENTERED = "entered"
    VAULT = "vault"
    CERTIFICATE = "certificate"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Credential:
    """`secret` is the vault's name of the client secret or certificate; "" where there is none to keep.

    `identity` is the client id of the user-assigned managed identity ("": the deployment's own). `hint` tells one
    credential from another on a screen without giving it away: a certificate's SHA-1 thumbprint, or ""."""

    kind: CredentialKind
    secret: str = ""
    expires: datetime | None = None
    expiry_source: ExpirySource | None = None
    added_at: datetime | None = None
    identity: str = ""
    hint: str = ""


class TenantState(StrEnum):
    NOT_CONNECTED = "notConnected"
    CONNECTED = "connected"
    # Nobody is synced until it is repaired; nothing is deleted because of it.
    ERROR = "error"
    DISCONNECTING = "disconnecting"
    DISCONNECTED = "disconnected"


class PermissionState(StrEnum):
    GRANTED = "granted"
    MISSING = "missing"
    # RBAC for Applications: the token names no calendar role, and yet calendars answer (graph-calendar.md 12.5).
    BY_POLICY = "byPolicy"
    UNKNOWN = "unknown"


# What this app uses, and nothing else. Contacts.Read, which both manuals ask for, is not used.
REQUIRED_PERMISSIONS = ("Calendars.ReadWrite", "User.Read.All")
# Only to read from the registration itself when its credential ends (graph-calendar.md 12.5).
OPTIONAL_PERMISSIONS = ("Application.Read.All",)

# Days before a credential's end at which its administrator is warned.
WARNINGS = (60, 30, 14, 7, 1)


class Disconnection(StrEnum):
    """What a disconnected organization leaves in its mailboxes."""

    LEAVE = "leave"  # everything: events, markers, links
    DETACH = "detach"  # the events; markers and links go
    REMOVE = "remove"  # only what people made in Outlook themselves; what the sync created there goes


@dataclass(frozen=True, slots=True)
class Tenant:
    """`previous` is the credential that was replaced: both are tried until it ends, so that no pass is lost while the
    new one spreads. `error`/`error_detail` say why `state` is ERROR. `warned` is the smallest of WARNINGS that was
    already told for the present credential. `version` is that of what is stored; None before it was."""

    organization: str
    in_use: bool = False
    tenant_id: str = ""
    client_id: str = ""
    credential: Credential | None = None
    previous: Credential | None = None
    state: TenantState = TenantState.NOT_CONNECTED
    error: str = ""
    error_detail: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None  # when `state` began
    checked_at: datetime | None = None
    consented_at: datetime | None = None
    permissions: Mapping[str, PermissionState] = field(default_factory=dict)
    warned: int | None = None
    disconnection: Disconnection | None = None
    version: str | None = field(default=None, compare=False)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """In the order in which they are tried."""
        return tuple(one for one in (self.credential, self.previous) if one is not None)

    @property
    def may_sync(self) -> bool:
        """ERROR stops automatic passes, not the look whether it was repaired."""
        return self.in_use and self.state in (TenantState.CONNECTED, TenantState.ERROR)


def days_left(credential: Credential, now: datetime) -> int | None:
    """Whole days until it ends; negative afterwards; None where no end is known (or there is none)."""
    if credential.expires is None:
        return None
    return (credential.expires - now) // timedelta(days=1)


def due_warning(tenant: Tenant, now: datetime) -> int | None:
    """The threshold that the present credential has passed and nobody was told of yet, else None."""
    left = days_left(tenant.credential, now) if tenant.credential else None
    if left is None:
        return None
    passed = [days for days in WARNINGS if left < days]
    smallest = min(passed, default=None)
    if smallest is None or (tenant.warned is not None and tenant.warned <= smallest):
        return None
    return smallest
