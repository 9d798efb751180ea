"""Which events are ours to sync for one person, and in which direction. Pure answers with a reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sync.core.attendance import for_outlook
from sync.core.capabilities import Capabilities, fit
from sync.core.change import Seen
from sync.core.event import Event, Reminder, Side
from sync.core.link import Link
from sync.core.people import People
from sync.core.recurrence import bounds, occurrences
from sync.core.settings import ConflictRule, Direction, ParticipantsMode
from sync.core.sharing import for_groupware
from sync.core.window import FOREVER, Window, midnight


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
    DECLINED = "declined"
    ANSWERED = "answered"
    WATCHED = "watched"
    HANDED_OVER = "handed-over"
    MEETING_OF_OTHERS = "meeting-of-others"


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
    # None: nothing is known of anybody, and nothing about people is synced.
    people: People | None = None
    mode: ParticipantsMode = ParticipantsMode.APPOINTMENTS
    token: str = ""

    def may_write(self, side: Side) -> bool:
        if self.direction is Direction.BOTH:
            return True
        return (self.direction is Direction.TO_OUTLOOK) == (side is Side.OUTLOOK)

    def fitted(self, event: Event, side: Side) -> Event:
        """The event as `side` will show it after it was written there."""
        return self.fit(event, side)[0]

    def fit(
        self, event: Event, side: Side, before: Event | None = None, held: Collection[str] | None = None
    ) -> tuple[Event, tuple[str, ...]]:
        """As `fitted`, and what is lost by it. `before`, `held`: see `for_groupware`."""
        lost: tuple[str, ...] = ()
        if side is Side.OUTLOOK:
            event = with_reminder(event, Reminder(self.default_reminder))
            if self.people is not None:
                invites = event.invites and not self.is_over(event)
                mode = self.mode if invites else ParticipantsMode.APPOINTMENTS
                event, lost = for_outlook(event, self.people, mode, self.user, event.attending)
        elif self.people is not None:
            event = for_groupware(event, self.people, before, held)
        fitted, more = fit(event, self.capabilities[side])
        return fitted, (*lost, *more)

    def refuses(self, seen: Seen) -> str | None:
        """Why an event is left alone although a side shows it, as a code; None: it is ours to sync."""
        if seen.event.recurrence is not None and self.capabilities[seen.side.other].series is None:
            return Reason.SERIES
        if seen.hands_off is not None:
            return seen.hands_off
        if seen.event.event_type in self.excluded_types:
            return Reason.EXCLUDED_TYPE
        return None

    def is_outside(self, seen: Seen | None, link: Link | None) -> bool:
        """Neither the event as it is now nor as it was agreed lies in the window."""
        if seen is not None and self.covers(seen.event):
            return False
        known = link is not None and link.starts is not None and link.ends is not None
        return not (known and self.window.overlaps(link.starts, link.ends))  # type: ignore[union-attr,arg-type]

    def is_over(self, event: Event) -> bool:
        """Nobody is invited any more to what has ended (failures.md F37)."""
        return (bounds(event, self.window.zone)[1] or FOREVER) <= self.now

    def covers(self, event: Event) -> bool:
        """Whether the event, or an occurrence of it, lies in the window."""
        if event.recurrence is None:
            return self.window.covers(event.span)
        day = timedelta(days=1)  # the series' days are those of its own zone
        near = occurrences(event, self.window.first - day, self.window.until + day)
        return any(self.window.covers(occurrence.span) for _, occurrence in near)

    def is_past(self, seen: Seen | None, link: Link | None) -> bool:
        """Ended before today (organization's time) both now and as agreed, and past events are not synced."""
        if self.past_events:
            return False
        today = midnight(self.now.astimezone(self.window.tz).date(), self.window.zone)
        ends = [bounds(seen.event, self.window.zone)[1] or FOREVER] if seen is not None else []
        if link is not None and link.ends is not None:
            ends.append(link.ends)
        return bool(ends) and max(ends) <= today


def with_reminder(event: Event, default: Reminder) -> Event:
    """`event` with this reminder wherever it says nothing about one, its occurrences included."""
    series = event.recurrence
    if series is not None:
        overrides = tuple(replace(o, event=with_reminder(o.event, default)) for o in series.overrides)
        event = replace(event, recurrence=replace(series, overrides=overrides))
    return event if event.reminder is not None else replace(event, reminder=default)
