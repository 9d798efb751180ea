"""An organization's Microsoft 365: which tenant and app registration, by what credential, and how the connection is.

Decides what of it needs attention: which permissions are wanted, and when an ending credential is warned of. Holds no
secret, only the names under which the vault keeps them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


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
    # An operator put the secret into the vault himself: it is used, and never deleted here.
    by_operator: bool = False


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


# Reading and writing calendars: without it nothing can be synced.
CALENDARS: Final = "Calendars.ReadWrite"
# What this app uses, and nothing else. Contacts.Read, which both manuals ask for, is not used.
REQUIRED_PERMISSIONS: Final = (CALENDARS, "User.Read.All")
# Only to read from the registration itself when its credential ends (graph-calendar.md 12.5).
OPTIONAL_PERMISSIONS: Final = ("Application.Read.All",)

# Days before a credential's end at which its administrator is warned.
WARNINGS: Final = (60, 30, 14, 7, 1)

# What is wrong with the app registration, its credential or its consent, and so with everyone at once: no person is
# to blame, and no person is shown as the one in error.
TENANT_CODES: Final = frozenset(
    {
        "certificate-unreadable",
        "conditional-access",
        "consent-by-administrator",
        "consent-missing",
        "credential-app-disabled",
        "credential-assertion-refused",
        "credential-app-unavailable",
        "credential-certificate-unknown",
        "credential-expired",
        "credential-federation-not-app",
        "credential-federation-wrong",
        "credential-missing",
        "credential-not-sent",
        "credential-unknown-app",
        "credential-unreachable",
        "credential-unusable",
        "credential-wrong",
        "entra-parameter-missing",
        "entra-resource-unknown",
        "identity-missing",
        "microsoft365-not-set-up",
        "tenant-damaged",
        "tenant-mismatch",
        "tenant-not-proven",
        "tenant-unknown",
        "token-denied",
    }
)
# What is wrong with the credential itself, as it was entered: it is not stored.
REFUSED_CREDENTIALS: Final = frozenset(
    {
        "certificate-unreadable",
        "credential-certificate-unknown",
        "credential-expired",
        "credential-unusable",
        "credential-wrong",
        "secret-id-entered",
    }
)

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Key Vault does not tell capitals apart, so that only such an organization stands in a secret's name as it is.
_PLAIN = re.compile(r"(?!x-)[0-9a-z][0-9a-z-]{0,39}")


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
    # The credential is the deployment's, which serves others too: that this organization may use it in the tenant it
    # names has to be proven first, by somebody of that tenant who signs in on connecting.
    proof_needed: bool = False
    proven: str = ""  # the tenant id for which that was done
    version: str | None = field(default=None, compare=False)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """In the order in which they are tried."""
        return tuple(one for one in (self.credential, self.previous) if one is not None)

    @property
    def may_sync(self) -> bool:
        """ERROR stops automatic passes, not the look whether it was repaired."""
        is_up = self.state in (TenantState.CONNECTED, TenantState.ERROR)
        return self.in_use and is_up and self.is_proven

    @property
    def is_proven(self) -> bool:
        """Until it is, nothing at all is read with the credential."""
        return not self.proof_needed or (bool(self.tenant_id) and self.proven == self.tenant_id)


def days_left(credential: Credential, now: datetime) -> int | None:
    """Whole days until it ends; negative afterwards; None where no end is known (or there is none)."""
    if credential.expires is None:
        return None
    return (credential.expires - now) // timedelta(days=1)


def is_of_the_deployment(credential: Credential) -> bool:
    """Whoever enters a secret's value or a certificate has it; these are the deployment's, and work wherever it is
    trusted: one organization's administrator could name another one's tenant."""
    identities = (CredentialKind.FEDERATED, CredentialKind.MANAGED_IDENTITY)
    return credential.kind in identities or credential.by_operator


def has_ended(credential: Credential, now: datetime) -> bool:
    return credential.expires is not None and credential.expires <= now


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


def is_guid(text: str) -> bool:
    """The form of tenant ids, client ids and secret ids. The *value* of a client secret never has it."""
    return _GUID.fullmatch(text) is not None


def secret_name(organization: str, suffix: str) -> str:
    """The vault's name of an organization's credential. No two organizations share one, whatever their ids are."""
    if not _PLAIN.fullmatch(organization):
        organization = "x-" + hashlib.sha256(organization.encode()).hexdigest()[:32]
    return f"microsoft365-{organization}-{suffix}"


def is_own_secret(organization: str, name: str) -> bool:
    """Whether `name` may stand in this organization's credential: another one's secret must be out of reach."""
    prefix = secret_name(organization, "")
    return name.startswith(prefix) and re.fullmatch(r"[0-9a-z]{1,64}", name[len(prefix) :]) is not None


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that an administrator has to look at, although passes may go on. `code` is one of `messages`."""

    code: str
    detail: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_urgent(self) -> bool:
        """Something stops, or will. An end that nobody entered may be years away."""
        return self.code != "credential-end-unknown"


def attentions(tenant: Tenant, now: datetime) -> tuple[Attention, ...]:
    """What to show above an organization's Microsoft 365 settings, the most urgent first."""
    if not tenant.in_use:
        return ()
    found: list[Attention] = []
    if tenant.error:
        found.append(Attention(tenant.error, tenant.error_detail))
    elif tenant.credential is None:
        found.append(Attention("microsoft365-not-set-up"))
    if tenant.credential is not None:
        left = days_left(tenant.credential, now)
        if left is not None and left < 0:
            found.append(Attention("credential-ended"))
        elif left is not None and left < max(WARNINGS):
            found.append(Attention("credential-expiring", {"days": str(left)}))
        elif left is None and tenant.credential.kind is CredentialKind.SECRET:
            found.append(Attention("credential-end-unknown"))
    found += [
        Attention("permission-not-granted", {"permission": name})
        for name in REQUIRED_PERMISSIONS
        if tenant.permissions.get(name) is PermissionState.MISSING
    ]
    return tuple(found)
