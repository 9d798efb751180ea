"""The directory: /users (section 13)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.queries import selected
from sync.sandbox.microsoft365.users import User, render_user
from sync.sandbox.microsoft365.wire import Answer

DEFAULT_PAGE = 100
LARGEST_PAGE = 999
EQUALS = re.compile(r"(mail|userPrincipalName|id|displayName)\s+eq\s+'((?:[^']|'')*)'", re.I)
PROPERTIES: dict[str, Callable[[User], str]] = {
    "mail": lambda user: user.mail or "",
    "userprincipalname": lambda user: user.user_principal_name,
    "id": lambda user: user.id,
    "displayname": lambda user: user.display_name,
}


def get_user(context: Context) -> Answer:
    name = context.parameters["user"]
    user = context.tenant.find_user(name)
    if user is None:
        raise errors.user_not_found(name)
    body = {
        "@odata.context": context.metadata("users/$entity"),
        **render_user(user, selected(context.request.query)),
    }
    return Answer(200, body)


def list_users(context: Context) -> Answer:
    """Pages by an opaque $skiptoken; 100 a page, 999 at most."""
    query = context.request.query
    users = [user for user in list(context.tenant.users.values()) if fits(user, query.get("$filter", ""))]
    size = page_size(query.get("$top", str(DEFAULT_PAGE)))
    position = int(query.get("$skiptoken", "0"), 16)
    select = selected(query)
    body: dict[str, Any] = {
        "@odata.context": context.metadata("users"),
        "value": [render_user(user, select) for user in users[position : position + size]],
    }
    if query.get("$count") == "true":
        body["@odata.count"] = len(users)
    if position + size < len(users):
        kept = {name[1:]: value for name, value in query.items() if name.startswith("$")}
        body["@odata.nextLink"] = context.request.link(
            "/users", **{**kept, "skiptoken": f"{position + size:016x}"}
        )
    return Answer(200, body)


def page_size(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise errors.GraphError(400, "Request_BadRequest", f"Invalid page size specified: '{text}'.")
    return min(int(text), LARGEST_PAGE)


def fits(user: User, text: str) -> bool:
    """`eq` on four properties, joined by `or`; directory texts compare without case."""
    if not text:
        return True
    for term in re.split(r"\s+or\s+", text):
        found = EQUALS.fullmatch(term.strip().strip("()"))
        if found is None:
            raise errors.GraphError(
                400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter '{term}'."
            )
        if PROPERTIES[found[1].lower()](user).lower() == found[2].replace("''", "'").lower():
            return True
    return False
