"""Bind a person to a mailbox: by Entra object id, so that a changed UPN or address never looks like a person
who left (law 8)."""

from __future__ import annotations

from dataclasses import replace

from sync.core.settings import Connection
from sync.engine.services import Services
from sync.errors import NeedsAdministrator


def bind_mailbox(services: Services, connection: Connection) -> Connection:
    """The Connection with its mailbox's object id, looked up by UPN once and then kept.

    Raises `NeedsAdministrator` when Microsoft 365 has no such user.
    """
    if connection.mailbox:
        return connection
    if not connection.upn:
        raise NeedsAdministrator("upn-missing")
    mailbox = services.mailboxes.mailbox(connection.upn)
    if mailbox is None:
        raise NeedsAdministrator("user-missing")
    services.connections.update(connection, mailbox=mailbox.id)
    return replace(connection, mailbox=mailbox.id)
