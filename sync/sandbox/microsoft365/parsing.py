"""Reads the JSON of a POST or PATCH into `Content`, refusing what Graph refuses (sections 1, 2 and 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sync.sandbox.microsoft365 import bodies, online, series
from sync.sandbox.microsoft365.errors import (
    all_day_not_midnight,
    body_read,
    invalid_request,
    property_validation,
)
from sync.sandbox.microsoft365.event import Content, Moment, local_midnight
from sync.sandbox.microsoft365.extended import store_properties
from sync.sandbox.microsoft365.locations import EMPTY, store_both, store_location, store_locations
from sync.sandbox.microsoft365.switches import Switches, TooLong, ZoneName
from sync.sandbox.microsoft365.zones import find_zone, windows_name

Json = dict[str, Any]

SUBJECT_LENGTH = 255
MOST_ATTENDEES = 500
WALL_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?")
NO_RESPONSE: Json = {"response": "none", "time": "0001-01-01T00:00:00Z"}

# Section 1.1, column W: R. Sent back by clients that PATCH a whole event.
READ_ONLY = frozenset(
    [
        "id",
        "changeKey",
        "createdDateTime",
        "lastModifiedDateTime",
        "bodyPreview",
        "organizer",
        "isOrganizer",
        "responseStatus",
        "isCancelled",
        "isDraft",
        "hasAttachments",
        "type",
        "seriesMasterId",
        "occurrenceId",
        "cancelledOccurrences",
        "exceptionOccurrences",
        "instances",
        "originalStart",
        "originalStartTimeZone",
        "originalEndTimeZone",
        "iCalUId",
        "uid",
        "onlineMeeting",
        "onlineMeetingUrl",
        "webLink",
        "calendar",
        "extensions",
    ]
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading depends on besides the JSON: switches, and the categories and people the mailbox knows."""

    switches: Switches
    categories: frozenset[str] = frozenset()
    names: Mapping[str, str] | None = None

    def create(self, body: Json) -> Content:
        self.check_names(body)
        if body.get("start") is None or body.get("end") is None:
            raise property_validation()
        blank = Content(self.moment(body["start"]), self.moment(body["end"]), location=EMPTY)
        content = self.change(blank, {name: v for name, v in body.items() if name not in ("start", "end")})
        if content.is_all_day and self.switches.all_day_shows_free and "showAs" not in body:
            content = replace(content, show_as="free")
        return content

    def change(self, content: Content, body: Json) -> Content:
        """Properties that are left out keep their value (section 6.1); collections are replaced as a whole."""
        self.check_names(body)
        changes: dict[str, Any] = {}
        for name, value in body.items():
            if name in PLAIN:
                field, read = PLAIN[name]
                changes[field] = read(self, value)
        if "location" in body or "locations" in body:
            changes["location"], changes["locations"] = self.places(body)
        if "singleValueExtendedProperties" in body:
            added = store_properties(body["singleValueExtendedProperties"])
            extended = {**content.extended, **added}
            if not self.switches.empty_extended_property_kept:
                extended = {name: value for name, value in extended.items() if value}
            changes["extended"] = extended
        changed = replace(content, **changes)
        check_times(changed, self.switches)
        if "recurrence" in body:
            recurrence = series.read_recurrence(body["recurrence"], changed, self.switches)
            changed = replace(changed, recurrence=recurrence)
        changed = series.settle(changed, content, body, self.switches)
        return online.settle(changed, content, body)

    def check_names(self, body: Json) -> None:
        for name in body:
            if name in READ_ONLY and not self.switches.read_only_ignored:
                raise invalid_request(f"The property '{name}' is read-only and cannot be set.")
            if name not in WRITABLE and name not in READ_ONLY and not name.startswith("@odata."):
                raise body_read(f"The property '{name}' does not exist on type 'microsoft.graph.event'.")

    def moment(self, value: Any) -> Moment:
        """Section 2: a wall time without offset, and a zone name."""
        if not isinstance(value, dict):
            raise body_read("A dateTimeTimeZone is an object.")
        text, zone = value.get("dateTime"), value.get("timeZone")
        found = WALL_TIME.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise property_validation()
        zone = "" if zone is None else str(zone)
        find_zone(zone)
        try:
            # Exchange keeps 7 digits, Python 6: the last one is lost.
            local = datetime.fromisoformat(found[1]).replace(microsecond=int(f"{found[2] or 0:0<6}"[:6]))
            if not self.switches.sub_minute_kept:
                local = local.replace(second=0, microsecond=0)
            return Moment.of(local, self.zone_name(zone))
        except (ValueError, OverflowError) as error:
            raise property_validation() from error

    def zone_name(self, sent: str) -> str:
        return sent if self.switches.iana_zone_read_back is ZoneName.IANA else windows_name(sent)

    def subject(self, value: Any) -> str | None:
        text = optional_text(value)
        if text is not None and len(text) > SUBJECT_LENGTH:
            if self.switches.long_subject is TooLong.REFUSE:
                raise property_validation()
            return text[:SUBJECT_LENGTH]
        return text

    def body(self, value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, dict):
            raise body_read("body is an object.")
        kind, content = (
            str(value.get("contentType") or "text").lower(),
            optional_text(value.get("content")) or "",
        )
        if kind not in ("text", "html"):
            raise body_read("contentType is text or html.")
        store = bodies.store_text if kind == "text" else bodies.store_html
        return store(content, self.switches.trailing_whitespace_kept)

    def places(self, body: Json) -> tuple[Json, tuple[Json, ...]]:
        if body.get("location") is not None and body.get("locations"):
            return store_both(body["location"], body["locations"], self.switches)
        if "location" in body:
            return store_location(body["location"], self.switches)
        return store_locations(body["locations"], self.switches)

    def reminder(self, value: Any) -> int:
        minutes = 15 if value is None else value
        if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes >= 2**31:
            raise body_read("reminderMinutesBeforeStart is an Int32.")
        if minutes < 0:
            if self.switches.negative_reminder_refused:
                raise property_validation()
            return 0
        return minutes

    def category_names(self, value: Any) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(read_text(name) for name in collection(value, "categories")))
        if self.switches.unknown_categories_kept:
            return names
        return tuple(name for name in names if name in self.categories)

    def attendees(self, value: Any) -> tuple[Json, ...]:
        """Section 1.3: status belongs to the server; a missing name comes from the directory or is the address."""
        people = collection(value, "attendees")
        if len(people) > MOST_ATTENDEES:
            raise property_validation()
        return tuple(self.attendee(person) for person in people)

    def attendee(self, person: Any) -> Json:
        address = (person.get("emailAddress") or {}) if isinstance(person, dict) else {}
        mail = address.get("address")
        kind = str((person.get("type") if isinstance(person, dict) else None) or "required").lower()
        if not mail or kind not in ("required", "optional", "resource"):
            raise property_validation()
        name = address.get("name") or (self.names or {}).get(mail.lower(), mail)
        return {"type": kind, "status": NO_RESPONSE, "emailAddress": {"name": name, "address": mail}}


def check_times(content: Content, switches: Switches) -> None:
    """Section 1.4: midnights in one zone for all-day events; zero length is allowed, the reverse is not."""
    if content.is_all_day:
        if not local_midnight(content.start):
            raise all_day_not_midnight("Start")
        if not local_midnight(content.end) or content.end.zone != content.start.zone:
            raise all_day_not_midnight("End")
        if content.end.local == content.start.local and switches.empty_all_day_refused:
            raise property_validation()
    if content.end.instant < content.start.instant:
        raise property_validation()


def read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise body_read("A string was expected.")
    return value


def optional_text(value: Any) -> str | None:
    return None if value is None else read_text(value)


def collection(value: Any, name: str) -> list[Any]:
    """Section 1.1: a null collection is rejected."""
    if not isinstance(value, list):
        raise body_read(f"{name} is a collection and cannot be null.")
    return value


def flag(default: bool) -> Callable[[Reader, Any], bool]:
    def read(_: Reader, value: Any) -> bool:
        if value is None:
            return default
        if not isinstance(value, bool):
            raise body_read("A boolean was expected.")
        return value

    return read


def choice(default: str, *names: str) -> Callable[[Reader, Any], str]:
    """Section 1.3: letter case does not matter on write; reads show the one spelling."""
    spellings = {name.lower(): name for name in names}

    def read(_: Reader, value: Any) -> str:
        if value is None:
            return default
        found = spellings.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            raise body_read(f"'{value}' is not one of {', '.join(names)}.")
        return found

    return read


def attachments(_: Reader, value: Any) -> tuple[Json, ...]:
    return tuple(collection(value, "attachments"))


PROVIDERS = ("unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer")
PLAIN: dict[str, tuple[str, Callable[[Reader, Any], Any]]] = {
    "subject": ("subject", Reader.subject),
    "body": ("body", Reader.body),
    "start": ("start", Reader.moment),
    "end": ("end", Reader.moment),
    "isAllDay": ("is_all_day", flag(False)),
    "attendees": ("attendees", Reader.attendees),
    "categories": ("categories", Reader.category_names),
    "showAs": ("show_as", choice("busy", "free", "tentative", "busy", "oof", "workingElsewhere", "unknown")),
    "sensitivity": ("sensitivity", choice("normal", "normal", "personal", "private", "confidential")),
    "importance": ("importance", choice("normal", "low", "normal", "high")),
    "isReminderOn": ("is_reminder_on", flag(True)),
    "reminderMinutesBeforeStart": ("reminder_minutes", Reader.reminder),
    "responseRequested": ("response_requested", flag(True)),
    "allowNewTimeProposals": ("allow_new_time_proposals", flag(True)),
    "hideAttendees": ("hide_attendees", flag(False)),
    "isOnlineMeeting": ("is_online_meeting", flag(False)),
    "onlineMeetingProvider": ("online_meeting_provider", choice("unknown", *PROVIDERS)),
    "attachments": ("attachments", attachments),
}
FIELDS = {name: field for name, (field, _) in PLAIN.items()} | {
    "location": "location",
    "locations": "locations",
    "recurrence": "recurrence",
    "singleValueExtendedProperties": "extended",
}
WRITABLE = frozenset(FIELDS) | {"transactionId"}


def named_fields(body: Json) -> frozenset[str]:
    """The fields of Content that a body writes."""
    return frozenset(FIELDS[name] for name in body if name in FIELDS)
