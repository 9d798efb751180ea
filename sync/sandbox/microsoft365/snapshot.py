"""Events in a form that compares and can be looked at: what tests ask a mailbox for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from sync.sandbox.microsoft365.bodies import read_text
from sync.sandbox.microsoft365.event import Content, Event, Window, series_zone
from sync.sandbox.microsoft365.switches import Switches
from sync.sandbox.microsoft365.zones import to_utc

Json = dict[str, Any]


def plain(event: Event) -> Json:
    """Times in UTC, all-day events by their dates, body as text; of a series all that its dates say differently."""
    shown: Json = {
        **plain_content(event.content),
        "type": str(event.type),
        "transactionId": event.transaction_id,
        "calendar": event.calendar,
    }
    if event.content.recurrence is not None:
        changed = ((day, event.occurrence(day)) for day in sorted(event.exceptions))
        shown["cancelledDates"] = [day.isoformat() for day in sorted(event.cancelled_dates)]
        shown["exceptions"] = {day.isoformat(): plain_content(content) for day, content in changed if content}
    return shown


def plain_content(content: Content) -> Json:
    if content.is_all_day:
        start, end = content.start.local.date().isoformat(), content.end.local.date().isoformat()
    else:
        start, end = (moment.instant.astimezone(UTC).isoformat() for moment in (content.start, content.end))
    return {
        "subject": content.subject,
        "start": start,
        "end": end,
        "isAllDay": content.is_all_day,
        "location": content.location["displayName"],
        "body": read_text(content.body, rewrap=False),
        "showAs": content.show_as,
        "sensitivity": content.sensitivity,
        "importance": content.importance,
        "categories": list(content.categories),
        "isReminderOn": content.is_reminder_on,
        "reminderMinutesBeforeStart": content.reminder_minutes,
        "isOnlineMeeting": content.is_online_meeting,
        "recurrence": content.recurrence,
        "attendees": sorted(addresses(content)),
        "extended": dict(content.extended),
    }


def addresses(content: Content) -> set[str]:
    return {attendee["emailAddress"]["address"] for attendee in content.attendees}


def local_days(event: Event, first: date, until: date, switches: Switches) -> Iterator[tuple[date, Content]]:
    """What stands on days of the series' zone, `until` not included; by start."""
    zone = series_zone(event.content)
    begin, end = (to_utc(datetime.combine(day, time()), zone) for day in (first, until))
    window = Window(begin, end, edge_inclusive=False)
    found = event.occurrences(window, switches.short_months_use_last_day)
    yield from sorted(found, key=lambda each: each[1].start.instant)
