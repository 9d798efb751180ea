"""Whether an application may make a call: by the roles of its token, the access policy, and Exchange's own roles."""

from __future__ import annotations

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.routes import Area, Route


def check_permission(route: Route, context: Context) -> None:
    """Section 12.5: a policy bounds what Entra granted; a role of Exchange adds to it, unseen in the token."""
    permissions = route.permissions
    granted = bool(context.access.roles & permissions)
    if route.area is Area.DIRECTORY:
        if not granted:
            raise errors.directory_denied()
        return
    if route.area is Area.REGISTRATION:
        owns = "Application.ReadWrite.OwnedBy" in context.access.roles
        if not granted and not (owns and context.parameters["application"] == context.access.client_id):
            raise errors.directory_denied()
        return
    if not granted and not context.application.exchange_roles:
        raise errors.access_denied()
    user = context.tenant.find_user(context.parameters["user"])
    if user is None:
        # The handler says that there is nobody of that name.
        return
    if granted and context.application.may_open(user.id):
        return
    if not any(role.gives(permissions, user.id) for role in context.application.exchange_roles):
        raise errors.access_denied()
