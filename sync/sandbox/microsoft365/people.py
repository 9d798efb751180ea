"""Reads people, rooms and app registrations from JSON into a tenant: the file of --users, and the control surface."""

from __future__ import annotations

from typing import Any

from sync.sandbox.microsoft365.registration_json import add_application, add_identity
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.users import MailboxState, User

Json = dict[str, Any]


def add_people(tenant: Tenant, wanted: Json) -> list[User]:
    """`{"users": [{"userPrincipalName", "displayName"?, "mail"?, "id"?, "mailboxState"?, "accountEnabled"?,
    "aliases"?, "isBlockedByPolicy"?}], "rooms": [{"name", "address", …parameters of Set-CalendarProcessing}],
    "applications": […], "identities": […]}`, see `registration_json`, and `"login": {…}`, see `set_login`.

    Answers the new users and rooms.
    """
    users = [add_person(tenant, person) for person in wanted.get("users", [])]
    users += [add_room(tenant, dict(room)) for room in wanted.get("rooms", [])]
    for registration in wanted.get("applications", []):
        add_application(tenant, registration)
    for identity in wanted.get("identities", []):
        add_identity(tenant, identity)
    set_login(tenant, wanted.get("login", {}))
    return users


def add_person(tenant: Tenant, wanted: Json) -> User:
    user = tenant.add_user(
        wanted["userPrincipalName"],
        wanted.get("displayName"),
        wanted.get("mail", ""),
        wanted.get("id"),
        bool(wanted.get("accountEnabled", True)),
        MailboxState(wanted.get("mailboxState", "ready")),
        wanted.get("aliases", ()),
    )
    user.is_blocked_by_policy = bool(wanted.get("isBlockedByPolicy", False))
    return user


def set_login(tenant: Tenant, wanted: Json) -> None:
    """`{"consentingTenant"?: id of the tenant whose administrator consents, null for this one, "usersMayConsent"?,
    "identityHeader"?}`."""
    login = tenant.login
    login.consenting_tenant = str(wanted.get("consentingTenant", login.consenting_tenant) or "")
    login.users_may_consent = bool(wanted.get("usersMayConsent", login.users_may_consent))
    login.identity_header = str(wanted.get("identityHeader", login.identity_header))


def add_room(tenant: Tenant, wanted: Json) -> User:
    name, address = str(wanted.pop("name")), str(wanted.pop("address"))
    return tenant.add_room(name, address, **wanted)
