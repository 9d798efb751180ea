"""One mailbox: its calendars, its events, and the log of changes that delta reads.

Both the API and a person's act end in `insert`, `update` and `remove`; all of them hold `lock`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.acts import TOKYO, to_graph_words
from sync.sandbox.microsoft365.bodies import read_text
from sync.sandbox.microsoft365.calendars import Calendar
from sync.sandbox.microsoft365.event import Content, Event, Window
from sync.sandbox.microsoft365.feed import Feed
from sync.sandbox.microsoft365.identifiers import build_change_key, build_ical_uid, digest, parse_event_id
from sync.sandbox.microsoft365.outbox import Mail, mails_of_change
from sync.sandbox.microsoft365.parsing import Reader
from sync.sandbox.microsoft365.recurrence import occurrence_dates
from sync.sandbox.microsoft365.rendering import Preferences, Renderer, build_etag
from sync.sandbox.microsoft365.switches import ForeignId, SameTransaction, TransactionAfterDelete
from sync.sandbox.microsoft365.users import User

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.tenant import Tenant

Json = dict[str, Any]
PERSON_PREFERENCES = Preferences(immutable_ids=True)


class Mailbox:
    def __init__(self, tenant: Tenant, user: User) -> None:
        self.tenant = tenant
        self.user = user
        self.lock = threading.RLock()
        self.key = digest(tenant.seed, "mailbox", user.id)
        self.categories: set[str] = set()
        self.alive: dict[bytes, Event] = {}
        self.dead: dict[bytes, Event] = {}
        self.transactions: dict[str, bytes] = {}
        self.calendars: dict[str, Calendar] = {}
        self.feed = Feed(self)
        self._created = 0
        self.default_calendar = self.add_calendar("予定表", is_default=True)

    # What a person does in Outlook. Ids are immutable ones.

    def create(self, time_zone: str = TOKYO, calendar: str | None = None, **properties: Any) -> str:
        """A new event; see `acts` for what the properties may look like. Returns its id."""
        with self.lock:
            event = self.insert(to_graph_words(properties, time_zone), calendar)
            return self.renderer().id(event)

    def edit(self, event_id: str, time_zone: str = TOKYO, **changes: Any) -> None:
        with self.lock:
            event, day = self.find(event_id)
            self.update(event, day, to_graph_words(changes, time_zone))

    def delete(self, event_id: str) -> None:
        with self.lock:
            self.remove(*self.find(event_id))

    def move(self, event_id: str, calendar: str) -> None:
        """To another calendar: the classic id changes, the immutable one stays (section 7)."""
        with self.lock:
            event, _ = self.find(event_id)
            self.feed.note(event.item, event.calendar)
            event.calendar = self.calendars[calendar].id
            self.touch(event)

    def bump(self, event_id: str) -> None:
        """New etag, changeKey and lastModifiedDateTime without any edit (section 14, T3)."""
        with self.lock:
            self.touch(self.find(event_id)[0])

    def label_zone(self, event_id: str, name: str) -> None:
        """What old clients leave in originalStartTimeZone, `tzone://Microsoft/Custom` for one (section 2)."""
        with self.lock:
            event, _ = self.find(event_id)
            event.original_zones = (name, name)
            self.touch(event)

    def add_calendar(self, name: str, is_default: bool = False, can_edit: bool = True) -> Calendar:
        with self.lock:
            key = digest(self.key.hex(), "calendar", len(self.calendars)).hex()
            calendar = Calendar(f"AQMkAD{key}AAA=", name, is_default, can_edit, key[:16])
            self.calendars[calendar.id] = calendar
            return calendar

    def events(self, calendar: str | None = None) -> list[Json]:
        """Singles and masters as Graph shows them, in UTC, with immutable ids."""
        with self.lock:
            show = self.renderer()
            return [show.event(event) for event in self.items(calendar)]

    def snapshot(self) -> dict[str, Json]:
        """By immutable id, the fields that people see, in a form that compares: times in UTC, body as text."""
        with self.lock:
            show = self.renderer()
            return {show.id(event): plain(event) for event in self.items()}

    # The store.

    def renderer(self, preferences: Preferences = PERSON_PREFERENCES) -> Renderer:
        return Renderer(self.key, self.tenant.switches, preferences)

    def reader(self) -> Reader:
        return Reader(self.tenant.switches, frozenset(self.categories), self.tenant.names_by_address)

    def items(self, calendar: str | None = None) -> Iterator[Event]:
        return (event for event in self.alive.values() if calendar is None or event.calendar == calendar)

    def window(self, start: datetime, end: datetime, all_day_by_instants: bool = True) -> Window:
        return Window(start, end, self.tenant.switches.window_edge_inclusive, all_day_by_instants)

    def find(self, event_id: str) -> tuple[Event, date | None]:
        """The event behind an id of either form, and the original date if it names an occurrence (section 7)."""
        parsed = parse_event_id(event_id)
        if parsed is None:
            raise errors.malformed_id()
        if parsed.mailbox != self.key:
            if self.tenant.switches.foreign_id is ForeignId.ROUTING_HINT:
                raise errors.incorrect_routing()
            raise errors.item_not_found()
        event = self.alive.get(parsed.item)
        if event is None or (parsed.calendar is not None and parsed.calendar != digest(event.calendar)):
            raise errors.item_not_found()
        if parsed.original_date is not None and not self.stands_on(event, parsed.original_date):
            raise errors.item_not_found()
        return event, parsed.original_date

    def was_deleted(self, event_id: str) -> bool:
        parsed = parse_event_id(event_id)
        return parsed is not None and parsed.mailbox == self.key and parsed.item in self.dead

    def stands_on(self, event: Event, day: date) -> bool:
        if event.content.recurrence is None or day in event.cancelled_dates:
            return False
        dates = occurrence_dates(
            event.content.recurrence, day, day, self.tenant.switches.short_months_use_last_day
        )
        return day in event.exceptions or day in dates

    def insert(self, body: Json, calendar: str | None = None) -> Event:
        """Create, or answer the event that this transactionId already made (section 6.2)."""
        transaction = body.get("transactionId")
        if transaction is not None and not isinstance(transaction, str):
            raise errors.body_read("transactionId is a string.")
        written = hash_json(body)
        if transaction is not None and transaction in self.transactions:
            known = self.known(self.transactions[transaction], written)
            if known is not None:
                return known
        event = self.build(self.reader().create(body), calendar, transaction, written)
        self.alive[event.item] = event
        if transaction is not None:
            self.transactions[transaction] = event.item
        self.feed.note(event.item, event.calendar)
        self.mail(event, set(), addresses(event.content))
        return event

    def known(self, item: bytes, written: str) -> Event | None:
        """The first event of a repeated transactionId; None says: create anew."""
        switches = self.tenant.switches
        if item in self.alive:
            event = self.alive[item]
            if event.created_from != written and switches.transaction_id_conflict is SameTransaction.ERROR:
                raise errors.duplicate_transaction()
            return event
        if switches.transaction_id_after_delete is TransactionAfterDelete.ERROR:
            raise errors.duplicate_transaction()
        if switches.transaction_id_after_delete is TransactionAfterDelete.DELETED:
            return self.dead[item]
        return None

    def build(self, content: Content, calendar: str | None, transaction: str | None, written: str) -> Event:
        self._created += 1
        item = digest(self.key.hex(), "item", self._created)
        now = self.tenant.clock.now()
        return Event(
            item=item,
            calendar=calendar or self.default_calendar.id,
            content=content,
            created=now,
            # Section 1.1: half a second to nine tenths after the create.
            modified=now + timedelta(milliseconds=500 + item[0] % 100 * 4, microseconds=item[1]),
            ical_uid=build_ical_uid(item, now),
            organizer={"emailAddress": {"name": self.user.display_name, "address": self.user.address}},
            change_key=build_change_key(item, 0),
            response="organizer" if content.attendees else "none",
            transaction_id=transaction,
            created_from=written,
            hidden_from_lists=self.tenant.switches.just_created_missing_from_lists,
        )

    def update(self, event: Event, day: date | None, body: Json, if_match: str | None = None) -> Event:
        self.check_match(event, if_match)
        if day is not None:
            # The seam for exceptions: event.exceptions[day] = reader.change(event.occurrence(day), body).
            raise errors.not_simulated("a change of one occurrence")
        before, content = event.content, self.reader().change(event.content, body)
        content = follow_start(before, content, body)
        if content.start.zone != before.start.zone or content.end.zone != before.end.zone:
            event.original_zones = None
        event.content = content
        self.touch(event)
        writes = body.keys() - {"attendees"}
        self.mail(event, addresses(before), addresses(content), only_attendees=not writes)
        return event

    def remove(self, event: Event, day: date | None = None, if_match: str | None = None) -> None:
        """To Deleted Items (section 6.1); one date of a series only disappears (section 3.3)."""
        self.check_match(event, if_match)
        if day is not None:
            event.cancelled_dates.add(day)
            event.exceptions.pop(day, None)
            self.touch(event)
            return
        del self.alive[event.item]
        self.dead[event.item] = event
        self.feed.note(event.item, event.calendar)
        self.mail(event, addresses(event.content), set())

    def check_match(self, event: Event, if_match: str | None) -> None:
        """Section 6.3: documented for no event page; honoured unless the switch says otherwise."""
        if if_match is None or not self.tenant.switches.if_match_honoured or if_match.strip() == "*":
            return
        if build_etag(event, self.tenant.switches) not in (tag.strip() for tag in if_match.split(",")):
            raise errors.irresolvable_conflict()

    def touch(self, event: Event) -> None:
        event.version += 1
        event.change_key = build_change_key(event.item, event.version)
        event.modified = max(self.tenant.clock.now(), event.modified + timedelta(milliseconds=1))
        self.feed.note(event.item, event.calendar)

    def mail(self, event: Event, before: set[str], after: set[str], only_attendees: bool = False) -> None:
        if not event.is_organizer or not (before or after):
            return
        subject, now = event.content.subject or "", self.tenant.clock.now()
        for kind, to in mails_of_change(before, after, only_attendees):
            self.tenant.outbox.send(Mail(kind, self.user.address, to, subject, now))


def follow_start(before: Content, content: Content, body: Json) -> Content:
    """A series whose start moved without a new pattern begins on its new first date (section 3.2: they are equal)."""
    if content.recurrence is None or "recurrence" in body or content.start == before.start:
        return content
    span = {**content.recurrence["range"], "startDate": content.start.local.date().isoformat()}
    return replace(content, recurrence={**content.recurrence, "range": span})


def addresses(content: Content) -> set[str]:
    return {attendee["emailAddress"]["address"] for attendee in content.attendees}


def hash_json(body: Json) -> str:
    return hashlib.blake2b(json.dumps(body, sort_keys=True).encode(), digest_size=16).hexdigest()


def plain(event: Event) -> Json:
    content = event.content
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
        "type": str(event.type),
        "recurrence": content.recurrence,
        "attendees": sorted(addresses(content)),
        "extended": dict(content.extended),
        "transactionId": event.transaction_id,
        "calendar": event.calendar,
    }
