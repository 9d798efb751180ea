"""The calendars of one mailbox (section 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.sandbox.microsoft365.users import User

Json = dict[str, Any]


@dataclass(slots=True)
class Calendar:
    """The default calendar's name is localised: never search it by name (section 13)."""

    id: str
    name: str
    is_default: bool = False
    can_edit: bool = True
    change_key: str = ""


def render_calendar(calendar: Calendar, owner: User) -> Json:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": calendar.is_default,
        "changeKey": calendar.change_key,
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": calendar.can_edit,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": True,
        "isRemovable": not calendar.is_default,
        "owner": {"name": owner.display_name, "address": owner.address},
    }
