"""How a room or an equipment mailbox answers invitations: the parameters of Set-CalendarProcessing (section 6.7)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Processing(StrEnum):
    """`AutomateProcessing`."""

    AUTO_ACCEPT = "AutoAccept"  # accepts or declines by itself
    AUTO_UPDATE = "AutoUpdate"  # keeps the request tentative until somebody answers it
    NONE = "None"  # does nothing at all


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """One room's settings; the defaults are those of Exchange Online.

    `answer_delay` is ours: seconds until the organizer has the answer, None for the switch `responses_delay`.
    """

    automate_processing: Processing = Processing.AUTO_ACCEPT
    allow_conflicts: bool = False
    booking_window_in_days: int = 180
    maximum_duration_in_minutes: int = 1440
    allow_recurring_meetings: bool = True
    conflict_percentage_allowed: int = 0
    maximum_conflict_instances: int = 0
    enforce_scheduling_horizon: bool = True
    process_external_meeting_messages: bool = False
    add_organizer_to_subject: bool = True
    delete_subject: bool = True
    delete_comments: bool = True
    delete_attachments: bool = True
    remove_private_property: bool = True
    remove_canceled_meetings: bool = False
    answer_delay: int | None = None

    @classmethod
    def from_json(cls, values: Json) -> RoomPolicy:
        """By our names or by those of the cmdlet (`BookingWindowInDays`). Raises KeyError for an unknown name,
        ValueError for an unknown kind of processing."""
        known = {each.name.replace("_", ""): each.name for each in fields(cls)}
        read = {known[name.replace("_", "").lower()]: value for name, value in values.items()}
        if "automate_processing" in read:
            read["automate_processing"] = Processing(read["automate_processing"])
        return cls(**read)
