"""Bind a person to a mailbox: by Entra object id, so that a changed UPN or address never looks like a person
who left (law 8). Its own addresses are kept with it: by these the person is invited (failures.md F92)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sync.core.settings import Connection, State
from sync.engine.services import Services
from sync.errors import NeedsAdministrator

# Errors that last until the name is right again: a pass in between must not go on with the mailbox of before.
_UNSETTLED = frozenset(("upn-missing", "user-missing", "user-disabled", "mailbox-changed", "mailbox-taken"))


def bind_mailbox(services: Services, connection: Connection, tenant_id: str) -> Connection:
    """The Connection with its mailbox's object id: looked up by UPN once, and again after the UPN or the
    organization's tenant was changed.

    Raises `NeedsAdministrator` when Microsoft 365 has no such user, or when the new UPN is another mailbox than
    the one whose events are linked: their Links must never be held against somebody else's calendar (law 8).
    """
    if connection.mailbox and is_settled(connection, tenant_id):
        return connection
    if not connection.upn:
        if connection.mailbox and connection.tenant in ("", tenant_id):
            return connection
        raise NeedsAdministrator("upn-missing")
    found = services.mailboxes(connection.organization).mailbox(connection.upn)
    if found is None:
        raise NeedsAdministrator("user-missing")
    if found.id != connection.mailbox and connection.mailbox and any(services.links.load(connection)):
        raise NeedsAdministrator("mailbox-changed")
    if found.id != connection.mailbox:
        everyone = services.connections.list(connection.organization)
        others = (one for one in everyone if one.user != connection.user)
        if found.id in holders_of(others, tenant_id):
            raise NeedsAdministrator("mailbox-taken")
    bound = replace(connection, mailbox=found.id, addresses=found.addresses, tenant=tenant_id)
    if bound != connection:
        services.connections.update(
            connection, mailbox=bound.mailbox, addresses=bound.addresses, tenant=bound.tenant
        )
        services.people.forget(connection.organization)
    return bound


def is_settled(connection: Connection, tenant_id: str) -> bool:
    """Whether the bound mailbox is still the right one, as far as is known here."""
    return (
        connection.state is not State.CHECKING
        and connection.error not in _UNSETTLED
        and connection.tenant == tenant_id
    )


def holders_of(people: Iterable[Connection], tenant_id: str) -> dict[str, str]:
    """Object id -> the user whose mailbox it is. One mailbox for two people would carry every event round in a
    circle."""
    bound = (one for one in people if one.mailbox and one.tenant in ("", tenant_id))
    return {one.mailbox: one.user for one in bound}
