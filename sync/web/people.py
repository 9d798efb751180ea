"""The rules for changing a person's settings that routes share."""

from __future__ import annotations

from pydantic.alias_generators import to_camel

from sync.core.settings import Connection, OrganizationSettings
from sync.web.context import Context
from sync.web.models import UserUpdate
from sync.web.problems import HttpProblem
from sync.web.validation import Mistake


def person_may(asked: UserUpdate, common: OrganizationSettings) -> None:
    """Refuse the first member that a person may not change for itself, by name."""
    for name in ("upn", "email", "enabled"):
        if name in asked.model_fields_set:
            raise _refused("administrators-field", name)
    allowed = {
        "sync": common.may_override_sync,
        "direction": common.may_override_direction,
        "automatic": common.may_override_automatic,
        "interval": common.may_override_automatic,
        "default_reminder": True,
    }
    for name, may_override in allowed.items():
        if name in asked.settings.model_fields_set and not may_override:
            raise _refused("not-overridable", f"settings/{to_camel(name)}")


def _refused(code: str, field: str) -> HttpProblem:
    return HttpProblem(
        403, code, {"field": field}, mistakes=[Mistake(code, f"/{field}", detail={"field": field})]
    )


def new_connection(here: Context, organization: str, user: str) -> Connection:
    """A person of the groupware who was not linked yet."""
    for one in here.services.directory.users():
        if one.id == user:
            return Connection(organization, user, name=one.name)
    raise HttpProblem(404, "user-unknown")
