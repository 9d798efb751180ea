"""Reads people, rooms and app registrations from JSON into a tenant: the file of --users, and the control surface."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sync.sandbox.microsoft365.applications import PRODUCT_ROLES
from sync.sandbox.microsoft365.tenant import FAR_AWAY, Tenant
from sync.sandbox.microsoft365.users import MailboxState, User

Json = dict[str, Any]


def add_people(tenant: Tenant, wanted: Json) -> list[User]:
    """`{"users": [{"userPrincipalName", "displayName"?, "mail"?, "id"?, "mailboxState"?, "accountEnabled"?,
    "aliases"?}], "rooms": [{"name", "address", …parameters of Set-CalendarProcessing}],
    "applications": [{"clientId"?, "secret"?, "expires"?, "roles"?, "mailboxes"?}]}`; answers the new users and rooms.
    """
    users = [
        tenant.add_user(
            person["userPrincipalName"],
            person.get("displayName"),
            person.get("mail", ""),
            person.get("id"),
            bool(person.get("accountEnabled", True)),
            MailboxState(person.get("mailboxState", "ready")),
            person.get("aliases", ()),
        )
        for person in wanted.get("users", [])
    ]
    users += [add_room(tenant, dict(room)) for room in wanted.get("rooms", [])]
    for registration in wanted.get("applications", []):
        expires = registration.get("expires")
        mailboxes = registration.get("mailboxes")
        tenant.add_application(
            registration.get("clientId"),
            registration.get("secret"),
            datetime.fromisoformat(expires) if expires else FAR_AWAY,
            frozenset(registration.get("roles", PRODUCT_ROLES)),
            None if mailboxes is None else frozenset(mailboxes),
        )
    return users


def add_room(tenant: Tenant, wanted: Json) -> User:
    name, address = str(wanted.pop("name")), str(wanted.pop("address"))
    return tenant.add_room(name, address, **wanted)
