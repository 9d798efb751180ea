"""Writes an event as Graph shows it: zone, body and id form by each request's Prefer header (sections 1-3, 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from sync.sandbox.microsoft365.bodies import preview, read_text
from sync.sandbox.microsoft365.event import (
    Content,
    Event,
    EventType,
    Moment,
    Override,
    in_zone,
    pattern_instant,
)
from sync.sandbox.microsoft365.identifiers import build_classic_id, build_immutable_id, digest, instance_uid
from sync.sandbox.microsoft365.switches import Switches
from sync.sandbox.microsoft365.zones import find_zone

Json = dict[str, Any]
PREFERENCE = re.compile(r"""([\w.\-]+)\s*(?:=\s*("[^"]*"|[^,;\s]+))?""")
NO_TIME = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The Prefer header of one request; nothing is remembered from one request to the next (section 5.1)."""

    immutable_ids: bool = False
    zone: str = "UTC"
    zone_asked: bool = False
    text_body: bool = False
    page_size: int | None = None

    @classmethod
    def parse(cls, header: str) -> Preferences:
        """Several values may share one header (section 5.1); an unknown zone is refused (section 2)."""
        if not header:
            return PLAIN
        asked = {name.lower(): value.strip('"') for name, value in PREFERENCE.findall(header)}
        zone = asked.get("outlook.timezone")
        if zone is not None:
            find_zone(zone)
        size = asked.get("odata.maxpagesize", "")
        return cls(
            immutable_ids=asked.get("idtype", "").lower() == "immutableid",
            zone="UTC" if zone is None else zone,
            zone_asked=zone is not None,
            text_body=asked.get("outlook.body-content-type", "").lower() == "text",
            page_size=int(size) if size.isdigit() and int(size) else None,
        )

    def applied(self, switches: Switches, extra: str = "") -> str:
        """The Preference-Applied header that answers these."""
        parts = [extra] if extra else []
        if self.zone_asked:
            parts.append(f'outlook.timezone="{self.zone}"')
        if self.text_body:
            parts.append('outlook.body-content-type="text"')
        if self.immutable_ids and switches.preference_applied_shows_id_type:
            parts.append('IdType="ImmutableId"')
        return ", ".join(parts)


PLAIN = Preferences()


@dataclass(frozen=True, slots=True)
class Renderer:
    """Writes the events of one mailbox for one request."""

    mailbox: bytes
    switches: Switches
    preferences: Preferences = PLAIN

    def id(self, event: Event, day: date | None = None) -> str:
        return self.id_in(event, event.calendar, day)

    def id_in(self, event: Event, calendar: str, day: date | None = None) -> str:
        """The id it has, or had, in this calendar."""
        own = day in event.exceptions and not self.switches.exception_keeps_id
        if self.preferences.immutable_ids:
            return build_immutable_id(self.mailbox, event.item, day, own)
        return build_classic_id(self.mailbox, event.item, digest(calendar), day, own)

    def occurrence_id(self, event: Event, day: date) -> str:
        return f"OID.{self.id(event)}.{day.isoformat()}"

    def event(self, event: Event, day: date | None = None) -> Json:
        """The default projection. `day` is the original date of an occurrence, None for the item itself."""
        content = event.content if day is None else event.occurrence(day)
        assert content is not None
        type_ = self.type_of(event, day)
        identity = self.id(event, day)
        override = event.exceptions.get(day) if day is not None else None
        versioned = override or event
        is_cancelled, answered = event.is_cancelled, (event.response, event.responded)
        if override is not None:
            is_cancelled = is_cancelled if override.is_cancelled is None else override.is_cancelled
            answered = answered if override.response is None else (override.response, override.responded)
        zones = (content.start.zone, content.end.zone)
        if event.original_zones is not None and (override is None or "start" not in override.fields):
            zones = event.original_zones
        rendered: Json = {
            "@odata.etag": build_etag(versioned, self.switches),
            "id": identity,
            "createdDateTime": stamp(versioned.created),
            "lastModifiedDateTime": stamp(versioned.modified),
            "changeKey": versioned.change_key,
            "categories": list(content.categories),
            "originalStartTimeZone": zones[0],
            "originalEndTimeZone": zones[1],
            "iCalUId": event.ical_uid if day is None else instance_uid(event.ical_uid, day),
            "reminderMinutesBeforeStart": content.reminder_minutes,
            "isReminderOn": content.is_reminder_on,
            "hasAttachments": any(not a.get("isInline") for a in content.attachments),
            "subject": self.subject(content),
            "bodyPreview": preview(content.body),
            "importance": content.importance,
            "sensitivity": content.sensitivity,
            "isAllDay": content.is_all_day,
            "isCancelled": is_cancelled,
            "isOrganizer": event.is_organizer,
            "responseRequested": content.response_requested,
            "seriesMasterId": None if day is None else self.id(event),
            "showAs": content.show_as,
            "type": type_,
            "webLink": web_link(identity),
            "onlineMeetingUrl": None,
            "isOnlineMeeting": content.is_online_meeting,
            "onlineMeetingProvider": content.online_meeting_provider,
            "allowNewTimeProposals": content.allow_new_time_proposals,
            "occurrenceId": None if day is None else self.occurrence_id(event, day),
            "isDraft": False,
            "hideAttendees": content.hide_attendees,
            "recurrence": content.recurrence,
            "onlineMeeting": content.online_meeting,
            "responseStatus": response_status(*answered),
            "body": self.body(content),
            "start": self.moment(content.start, content.is_all_day),
            "end": self.moment(content.end, content.is_all_day),
            "location": content.location,
            "locations": list(content.locations),
            "attendees": list(content.attendees),
            "organizer": event.organizer,
        }
        if event.transaction_id is not None:
            rendered["transactionId"] = event.transaction_id
        return rendered

    def type_of(self, event: Event, day: date | None) -> EventType:
        if day is None:
            return event.type
        return EventType.EXCEPTION if day in event.exceptions else EventType.OCCURRENCE

    def skeleton(self, event: Event, day: date) -> Json:
        """An occurrence in a delta page: section 5.2, contradicting the documentation."""
        content = event.occurrence(day)
        assert content is not None
        return {
            "@odata.etag": build_etag(event.exceptions.get(day, event), self.switches),
            "id": self.id(event, day),
            "seriesMasterId": self.id(event),
            "type": self.type_of(event, day),
            "start": self.moment(content.start, content.is_all_day),
            "end": self.moment(content.end, content.is_all_day),
        }

    def original_start(self, event: Event, day: date) -> str:
        """Section 2: UTC, but with an offset when a zone was asked for (sources disagree; this one was observed)."""
        instant = pattern_instant(event, day)
        if self.preferences.zone_asked:
            return instant.astimezone(find_zone(self.preferences.zone)).isoformat()
        return stamp(instant)

    def moment(self, moment: Moment, is_all_day: bool) -> Json:
        """Section 1.3: UTC with 7 digits. Section 1.4: all-day midnights are shown unshifted, whatever the label."""
        zone = self.preferences.zone
        local = moment.local if is_all_day else utc_wall(moment) if zone == "UTC" else in_zone(moment, zone)
        return {"dateTime": digits(local), "timeZone": zone}

    def subject(self, content: Content) -> str | None:
        if content.subject:
            return content.subject
        return None if content.subject is None and self.switches.missing_subject_reads_null else ""

    def body(self, content: Content) -> Json:
        if self.preferences.text_body:
            text = read_text(content.body, self.switches.text_from_html_rewraps)
            return {"contentType": "text", "content": text}
        return {"contentType": "html", "content": content.body}


def build_etag(versioned: Event | Override, switches: Switches) -> str:
    """Section 1.1: captures show W/"<changeKey>", one documentation sample shows another text."""
    if switches.etag_differs_from_change_key:
        return f'W/"{versioned.change_key[::-1].lstrip("=")}=="'
    return f'W/"{versioned.change_key}"'


def response_status(response: str, at: datetime | None) -> Json:
    return {"response": str(response), "time": NO_TIME if at is None else stamp(at)}


def utc_wall(moment: Moment) -> datetime:
    return moment.instant.replace(tzinfo=None)


def digits(local: datetime) -> str:
    """Seven fractional digits, always (section 1.3)."""
    return f"{local.isoformat(timespec='microseconds')}0"


def stamp(instant: datetime) -> str:
    """Up to seven digits, trailing zeros dropped (section 1.1)."""
    text = instant.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def web_link(identity: str) -> str:
    return (
        f"https://outlook.office365.com/owa/?itemid={quote(identity, safe='')}&exvsurl=1&path=/calendar/item"
    )
