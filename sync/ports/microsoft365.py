"""An organization's Microsoft 365: its tenant, its people, and its sign-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync.core.tenant import Credential, Tenant
from sync.errors import SyncError


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A Microsoft 365 person: `id` is the Entra object id, `addresses` are those of the mailbox, primary first."""

    id: str
    upn: str
    name: str
    email: str
    enabled: bool = True
    addresses: tuple[str, ...] = ()


class MailboxDirectory(Protocol):
    """The people of one organization's Microsoft 365."""

    def mailbox(self, upn: str) -> Mailbox | None:
        """The person with this UPN or object id; None if Microsoft 365 has none."""

    def mailboxes(self, upns: Sequence[str]) -> Mapping[str, Mailbox | SyncError]:
        """Many at once, in as few requests as Graph allows, by the UPN that was asked; one that does not exist is
        `NeedsAdministrator("user-missing")`. What stops everything is raised."""

    def check(self, oid: str) -> None:
        """Whether this person's calendar can be used; `NeedsAdministrator` says what is missing: `user-missing`,
        `mailbox-missing` or `mailbox-forbidden`."""

    def check_all(self, oids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """`check` of many at once, by object id."""

    def everyone(self) -> Iterator[Mailbox]:
        """Everyone of the tenant, page by page; guests and disabled ones included."""


class MailboxDirectories(Protocol):
    def __call__(self, organization: str) -> MailboxDirectory: ...


class Tenants(Protocol):
    """The Microsoft 365 tenant of each organization."""

    def get(self, organization: str) -> Tenant:
        """A Tenant that is not in use if nothing was stored yet; `NeedsAdministrator("tenant-damaged")` if it
        cannot be read: a damaged row is never taken for one that is not connected."""

    def put(self, tenant: Tenant) -> Tenant:
        """Store it on condition that it is still the version that was read; returns it with its new version.
        `Moved` if somebody was faster."""

    def forget(self, organization: str) -> None:
        """Read it anew next time: where it is remembered, another process may have changed it meanwhile."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a fresh app-only token says: the roles in it, and the tenant it is for."""

    roles: frozenset[str]
    tenant_id: str


class Microsoft365(Protocol):
    """Microsoft Entra and Graph as the app itself (not as a person), for whichever organization."""

    def granted(self, tenant: Tenant, credential: Credential, secret: str | None = None) -> Granted:
        """Get a fresh token with this credential alone. `secret` is the value, if it is not in the vault yet.
        `NeedsAdministrator` with the code of graph-calendar.md 12.4 if Entra refuses; `TryLater`."""

    def credential_end(self, tenant: Tenant, credential: Credential) -> datetime | None:
        """When it ends as the app registration says; None where Graph may not be asked or does not know it."""

    def forget(self, organization: str) -> None:
        """Settings or credential have just changed: read them again, ask for a new token."""


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """A person's way through Microsoft's sign-in page. `redirect_uri` is ours, exactly as registered."""

    redirect_uri: str
    state: str
    nonce: str
    code_verifier: str  # RFC 7636: 43 to 128 characters


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, from a checked ID token: object id and tenant identify, the rest is for the screen."""

    oid: str
    tenant_id: str
    name: str = ""
    username: str = ""


class SignIn(Protocol):
    """Authorization code flow with PKCE of one organization's app registration (graph-calendar.md 12.2, 12.3)."""

    def consent_address(self, tenant: Tenant, redirect_uri: str, state: str) -> str:
        """Microsoft's page where an administrator consents for the whole tenant."""

    def address(self, tenant: Tenant, request: SignInRequest) -> str:
        """Microsoft's page where the person signs in."""

    def redeem(self, tenant: Tenant, request: SignInRequest, code: str) -> Identity:
        """The code for an ID token, which is then checked: signature, issuer, audience, tenant, expiry, nonce.
        `NeedsAdministrator`/`TryLater` as for tokens; `CannotSync("sign-in-refused")` if the token is not good, its
        detail `reason` for the log."""

    def refused(self, answer: Mapping[str, str]) -> SyncError:
        """The error for what Microsoft's page sent back in place of a code or a consent (`error` and its
        description, which anybody could have written: nothing of them is repeated)."""


class Tickets(Protocol):
    """Things that may be used once: a ticket, a state. Kept until they would have ended anyway."""

    def spend(self, organization: str, ticket: str, until: datetime) -> bool:
        """True for the first who asks, also when many ask at once; False for everybody after."""

    def purge(self, now: datetime) -> int:
        """Forget those whose time is over; how many they were."""
