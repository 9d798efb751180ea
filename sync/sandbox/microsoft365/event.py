"""An event as the store holds it, apart from how it is written and read.

`Content` is what a person can change. A series keeps one Content for the master, and per exception an `Override` with
the fields of Content that it says differently. `Event` is the item around them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365.recurrence import occurrence_dates
from sync.sandbox.microsoft365.zones import find_zone, to_utc

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.meeting import Copy

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

    def later(self, days: int, zone: str) -> Moment:
        """So many days later, with the same wall time in `zone`; it keeps the name of its own zone."""
        if zone == self.zone:
            return Moment.of(self.local + timedelta(days=days), zone)
        instant = to_utc(in_zone(self, zone) + timedelta(days=days), zone)
        return Moment(instant.astimezone(find_zone(self.zone)).replace(tzinfo=None), self.zone, instant)


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


@dataclass(frozen=True, slots=True)
class Override:
    """An exception (section 3.3): the fields of Content it says differently, and versions of its own.

    `is_cancelled` and `response` are its own too where they are not None.
    """

    fields: Mapping[str, Any]
    created: datetime
    modified: datetime
    change_key: str = ""
    is_cancelled: bool | None = None
    response: str | None = None
    responded: datetime | None = None


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
    responded: datetime | None = None
    copy: Copy | None = None  # of an attendee's copy
    transaction_id: str | None = None
    created_from: str = ""
    original_zones: tuple[str, str] | None = None
    cancelled_dates: set[date] = field(default_factory=set)
    exceptions: dict[date, Override] = field(default_factory=dict)
    hidden_from_lists: int = 0

    @property
    def type(self) -> EventType:
        return EventType.SERIES_MASTER if self.content.recurrence else EventType.SINGLE_INSTANCE

    def occurrence(self, day: date) -> Content | None:
        """What stands on an original date: the pattern's content with the exception's fields; None if cancelled."""
        if day in self.cancelled_dates:
            return None
        content, override = on_day(self.content, day), self.exceptions.get(day)
        return content if override is None else replace(content, **override.fields)

    def occurrences(self, window: Window, short_months_use_last_day: bool) -> Iterator[tuple[date, Content]]:
        """Occurrences and exceptions that overlap the window, by original date; exceptions by their own times."""
        recurrence = self.content.recurrence
        if recurrence is None:
            return
        lasts = self.content.end.instant - self.content.start.instant + timedelta(days=2)
        first, last = (window.start - lasts).date(), (window.end + timedelta(days=2)).date()
        dates = occurrence_dates(recurrence, first, last, short_months_use_last_day)
        for day in sorted({*dates, *self.exceptions}):
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


def series_zone(content: Content) -> str:
    """The zone whose wall time a series keeps (section 3.2); dates of all-day events are those of their own zone."""
    if content.recurrence is None or content.is_all_day:
        return content.start.zone
    return str(content.recurrence["range"]["recurrenceTimeZone"])


def local_day(content: Content, zone: str) -> date:
    """The day it starts on: in `zone`, but an all-day event's date is never shifted (section 1.4)."""
    return (content.start.local if content.is_all_day else in_zone(content.start, zone)).date()


def on_day(content: Content, day: date) -> Content:
    """What the pattern alone says of a date: the series' wall times, as many days later."""
    return later(content, (day - local_day(content, series_zone(content))).days)


def later(content: Content, days: int) -> Content:
    zone = series_zone(content)
    start, end = content.start.later(days, zone), content.end.later(days, zone)
    return replace(content, start=start, end=end, recurrence=None)


def pattern_instant(event: Event, day: date) -> datetime:
    """originalStart of an occurrence: the instant by the pattern, for all-day series too (section 1.4)."""
    return on_day(event.content, day).start.instant


def local_midnight(moment: Moment) -> bool:
    return moment.local.time() == time()


def in_zone(moment: Moment, zone: str) -> datetime:
    """Wall time of a moment in another zone, naive."""
    return moment.instant.astimezone(find_zone(zone)).replace(tzinfo=None)
