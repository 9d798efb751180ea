"""What the control surface reads and shows."""

from __future__ import annotations

from typing import Any

import flask

from sync.sandbox.microsoft365.mailbox import Mailbox
from sync.sandbox.microsoft365.users import User

Json = dict[str, Any]
Reply = tuple[Json, int] | Json


def body() -> Json:
    """The JSON object of a request; raises ValueError for anything else."""
    value = flask.request.get_json(force=True)
    if not isinstance(value, dict):
        raise ValueError("a JSON object was expected")
    return value


def optional_body() -> Json:
    return body() if flask.request.get_data() else {}


def show_user(user: User) -> Json:
    return {
        "id": user.id,
        "userPrincipalName": user.user_principal_name,
        "mail": user.mail,
        "displayName": user.display_name,
        "accountEnabled": user.account_enabled,
        "mailboxState": user.mailbox_state,
        "aliases": list(user.aliases),
        "isRoom": user.room is not None,
        "isBlockedByPolicy": user.is_blocked_by_policy,
    }


def show_event(mailbox: Mailbox, event_id: str) -> Json:
    with mailbox.lock:
        return mailbox.renderer().event(*mailbox.find(event_id))
