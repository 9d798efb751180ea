"""An event as the store holds it, apart from how it is written and read.

`Content` is what a person can change; a series keeps one Content for the master and one per exception, so that
overrides need no second model. `Event` is the item around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sync.sandbox.microsoft365.recurrence import occurrence_dates
from sync.sandbox.microsoft365.zones import find_zone, to_utc

Json = dict[str, Any]


class EventType(StrEnum):
    SINGLE_INSTANCE = "singleInstance"
    SERIES_MASTER = "seriesMaster"
    OCCURRENCE = "occurrence"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class Moment:
    """A start or an end: the wall time that was sent, the zone as Exchange names it, and the instant."""

    local: datetime
    zone: str
    instant: datetime

    @classmethod
    def of(cls, local: datetime, zone: str) -> Moment:
        return cls(local, zone, to_utc(local, zone))

    def on(self, day: date, days_after: int = 0) -> Moment:
        """The same wall time on another day."""
        local = datetime.combine(day + timedelta(days=days_after), self.local.time())
        return Moment.of(local, self.zone)


@dataclass(frozen=True, slots=True)
class Content:
    start: Moment
    end: Moment
    subject: str | None = None
    body: str = ""
    is_all_day: bool = False
    location: Json = field(default_factory=dict)
    locations: tuple[Json, ...] = ()
    attendees: tuple[Json, ...] = ()
    recurrence: Json | None = None
    categories: tuple[str, ...] = ()
    show_as: str = "busy"
    sensitivity: str = "normal"
    importance: str = "normal"
    is_reminder_on: bool = True
    reminder_minutes: int = 15
    response_requested: bool = True
    allow_new_time_proposals: bool = True
    hide_attendees: bool = False
    is_online_meeting: bool = False
    online_meeting_provider: str = "unknown"
    online_meeting: Json | None = None
    extended: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Json, ...] = ()


@dataclass(slots=True)
class Event:
    """`item` is the identity inside the mailbox; `version` grows with every write and every bump."""

    item: bytes
    calendar: str
    content: Content
    created: datetime
    modified: datetime
    ical_uid: str
    organizer: Json
    change_key: str = ""
    version: int = 0
    is_organizer: bool = True
    is_cancelled: bool = False
    response: str = "organizer"
    transaction_id: str | None = None
    created_from: str = ""
    original_zones: tuple[str, str] | None = None
    cancelled_dates: set[date] = field(default_factory=set)
    exceptions: dict[date, Content] = field(default_factory=dict)
    hidden_from_lists: int = 0

    @property
    def type(self) -> EventType:
        return EventType.SERIES_MASTER if self.content.recurrence else EventType.SINGLE_INSTANCE

    def occurrence(self, day: date) -> Content | None:
        """What stands on an original date: the exception, the pattern's content, or None where nothing does."""
        if day in self.cancelled_dates:
            return None
        return self.exceptions.get(day) or on_day(self.content, day)

    def occurrences(self, window: Window, short_months_use_last_day: bool) -> Iterator[tuple[date, Content]]:
        """Occurrences and exceptions that overlap the window, by original date."""
        recurrence = self.content.recurrence
        if recurrence is None:
            return
        lasts = self.content.end.instant - self.content.start.instant + timedelta(days=2)
        first, last = (window.start - lasts).date(), (window.end + timedelta(days=2)).date()
        for day in occurrence_dates(recurrence, first, last, short_months_use_last_day):
            content = self.occurrence(day)
            if content is not None and window.holds(content):
                yield day, content


@dataclass(frozen=True, slots=True)
class Window:
    """Section 4: overlap with real instants; the edge and the all-day rule are switches."""

    start: datetime
    end: datetime
    edge_inclusive: bool = True
    all_day_by_instants: bool = True

    def holds(self, content: Content) -> bool:
        starts, ends = content.start.instant, content.end.instant
        if content.is_all_day and not self.all_day_by_instants:
            starts = content.start.local.replace(tzinfo=UTC)
            ends = content.end.local.replace(tzinfo=UTC)
        if starts >= self.end:
            return False
        return ends >= self.start if self.edge_inclusive else ends > self.start or starts >= self.start


def on_day(content: Content, day: date) -> Content:
    days = (content.end.local.date() - content.start.local.date()).days
    return replace(content, start=content.start.on(day), end=content.end.on(day, days), recurrence=None)


def pattern_instant(event: Event, day: date) -> datetime:
    """originalStart of an occurrence: the instant by the pattern, for all-day series too (section 1.4)."""
    return event.content.start.on(day).instant


def local_midnight(moment: Moment) -> bool:
    return moment.local.time() == time()


def in_zone(moment: Moment, zone: str) -> datetime:
    """Wall time of a moment in another zone, naive."""
    return moment.instant.astimezone(find_zone(zone)).replace(tzinfo=None)
