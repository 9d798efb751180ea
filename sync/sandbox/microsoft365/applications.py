"""App registrations: secrets with an end, granted roles, and the mailboxes a policy leaves open (section 12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

PRODUCT_ROLES = frozenset({"Calendars.ReadWrite", "User.Read.All", "Contacts.Read"})


@dataclass(slots=True)
class Secret:
    value: str
    expires: datetime


@dataclass(slots=True)
class Application:
    """`mailboxes` holds the object ids an access policy allows; None means all of the tenant (section 12.5)."""

    client_id: str
    secrets: list[Secret] = field(default_factory=list)
    roles: frozenset[str] = PRODUCT_ROLES
    mailboxes: frozenset[str] | None = None
    enabled: bool = True
    accepts_assertions: bool = True

    def may_open(self, user_id: str) -> bool:
        return self.mailboxes is None or user_id in self.mailboxes
