"""Which events are ours to sync for one person, and in which direction. Pure answers with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sync.core.capabilities import Capabilities, fit
from sync.core.change import Seen
from sync.core.event import Event, Reminder, Side
from sync.core.link import Link
from sync.core.settings import ConflictRule, Direction
from sync.core.window import Window, instants, midnight


class Reason(StrEnum):
    """Why an Action is taken. The code is logged; `messages` has the sentence."""

    NEW = "new"
    EDITED = "edited"
    DELETED = "deleted"
    EDIT_BEATS_DELETE = "edit-beats-delete"
    BOTH_EDITED = "both-edited"
    SAME_ON_BOTH = "same-on-both"
    RECOGNISED = "recognised"
    NO_EDIT = "no-edit"
    GONE_ON_BOTH = "gone-on-both"
    SERIES = "series"
    EXCLUDED_TYPE = "excluded-type"
    PAST_EVENT = "past-event"
    OUTSIDE_WINDOW = "outside-window"
    DIRECTION = "direction"
    SHARED_DELETE = "shared-delete"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in one pass. `token` makes this pass's idempotency keys its own."""

    organization: str
    user: str
    window: Window
    now: datetime
    capabilities: Mapping[Side, Capabilities]
    direction: Direction = Direction.BOTH
    excluded_types: frozenset[str] = frozenset()
    past_events: bool = True
    conflict: ConflictRule = ConflictRule.NEWEST
    default_reminder: int | None = 15
    token: str = ""

    def may_write(self, side: Side) -> bool:
        if self.direction is Direction.BOTH:
            return True
        return (self.direction is Direction.TO_OUTLOOK) == (side is Side.OUTLOOK)

    def fitted(self, event: Event, side: Side) -> Event:
        """The event as `side` will show it after it was written there."""
        if side is Side.OUTLOOK and event.reminder is None:
            event = replace(event, reminder=Reminder(self.default_reminder))
        return fit(event, self.capabilities[side])[0]

    def refuses(self, seen: Seen) -> str | None:
        """Why an event is left alone although a side shows it, as a code; None: it is ours to sync."""
        if seen.event.recurrence is not None:
            return Reason.SERIES
        if seen.hands_off is not None:
            return seen.hands_off
        if seen.event.event_type in self.excluded_types:
            return Reason.EXCLUDED_TYPE
        return None

    def is_outside(self, seen: Seen | None, link: Link | None) -> bool:
        """Neither the event as it is now nor as it was agreed lies in the window."""
        if seen is not None and self.window.covers(seen.event.span):
            return False
        known = link is not None and link.starts is not None and link.ends is not None
        return not (known and self.window.overlaps(link.starts, link.ends))  # type: ignore[union-attr,arg-type]

    def is_past(self, seen: Seen | None, link: Link | None) -> bool:
        """Ended before today (organization's time) both now and as agreed, and past events are not synced."""
        if self.past_events:
            return False
        today = midnight(self.now.astimezone(self.window.tz).date(), self.window.zone)
        ends = [instants(seen.event.span, self.window.zone)[1]] if seen is not None else []
        if link is not None and link.ends is not None:
            ends.append(link.ends)
        return bool(ends) and max(ends) <= today
