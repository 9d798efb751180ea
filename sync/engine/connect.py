"""Bind a person to a mailbox: by Entra object id, so that a changed UPN or address never looks like a person
who left (law 8). Its own addresses are kept with it: by these the person is invited (failures.md F92)."""

from __future__ import annotations

from dataclasses import replace

from sync.core.settings import Connection, State
from sync.engine.services import Services
from sync.errors import NeedsAdministrator

# Errors that last until the name is right again: a pass in between must not go on with the mailbox of before.
_UNSETTLED = frozenset(("upn-missing", "user-missing", "mailbox-changed"))


def bind_mailbox(services: Services, connection: Connection) -> Connection:
    """The Connection with its mailbox's object id: looked up by UPN once, and again after the UPN was changed.

    Raises `NeedsAdministrator` when Microsoft 365 has no such user, or when the new UPN is another mailbox than
    the one whose events are linked: their Links must never be held against somebody else's calendar (law 8).
    """
    is_settled = connection.state is not State.CHECKING and connection.error not in _UNSETTLED
    if connection.mailbox and is_settled:
        return connection
    if not connection.upn:
        if connection.mailbox:
            return connection
        raise NeedsAdministrator("upn-missing")
    found = services.mailboxes.mailbox(connection.upn)
    if found is None:
        raise NeedsAdministrator("user-missing")
    if found.id != connection.mailbox and connection.mailbox and any(services.links.load(connection)):
        raise NeedsAdministrator("mailbox-changed")
    bound = replace(connection, mailbox=found.id, addresses=found.addresses)
    if bound != connection:
        services.connections.update(connection, mailbox=bound.mailbox, addresses=bound.addresses)
        services.people.forget(connection.organization)
    return bound
