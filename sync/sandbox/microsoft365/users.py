"""People of the tenant's directory and what state their mailbox is in (section 13)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sync.sandbox.microsoft365.room_policy import RoomPolicy

Json = dict[str, Any]


class MailboxState(StrEnum):
    READY = "ready"
    NONE = "none"  # no licence
    ON_PREMISES = "onPremises"
    PROVISIONING = "provisioning"  # up to 15 minutes after the licence was given (section 4)


@dataclass(slots=True)
class User:
    id: str
    user_principal_name: str
    mail: str | None
    display_name: str
    account_enabled: bool = True
    mailbox_state: MailboxState = MailboxState.READY
    aliases: list[str] = field(default_factory=list)  # further addresses of the mailbox
    room: RoomPolicy | None = None  # of a room or of equipment
    is_blocked_by_policy: bool = False  # Conditional Access refuses every sign-in (section 12.4, 53003)

    @property
    def address(self) -> str:
        return self.mail or self.user_principal_name

    @property
    def addresses(self) -> tuple[str, ...]:
        """All by which a mail finds the mailbox."""
        return (self.address, self.user_principal_name, *self.aliases)


# Without $select Graph answers these; the others only on request.
DEFAULT_PROPERTIES = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)


def render_user(user: User, select: tuple[str, ...] = ()) -> Json:
    everything: Json = {
        "businessPhones": [],
        "displayName": user.display_name,
        "givenName": None,
        "jobTitle": None,
        "mail": user.mail,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": None,
        "userPrincipalName": user.user_principal_name,
        "id": user.id,
        "accountEnabled": user.account_enabled,
        "assignedPlans": assigned_plans(user),
        "proxyAddresses": proxy_addresses(user),
        "userType": "Guest" if "#EXT#" in user.user_principal_name else "Member",
    }
    return {name: everything[name] for name in select or DEFAULT_PROPERTIES if name in everything}


def assigned_plans(user: User) -> list[Json]:
    # A room needs no licence (section 13).
    if user.room is not None or user.mailbox_state in (MailboxState.NONE, MailboxState.ON_PREMISES):
        return []
    return [{"service": "exchange", "capabilityStatus": "Enabled"}]


def proxy_addresses(user: User) -> list[str]:
    """The primary one is marked by capitals."""
    primary = [f"SMTP:{user.mail}"] if user.mail else []
    return primary + [f"smtp:{alias}" for alias in user.aliases]
