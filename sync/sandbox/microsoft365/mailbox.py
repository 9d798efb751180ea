"""One mailbox: its calendars, its events, and the log of changes that delta reads.

Both the API and a person's act end in `insert`, `update` and `remove`; all of them hold `lock`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365 import errors, meetings, overrides
from sync.sandbox.microsoft365.acts import TOKYO, to_graph_words
from sync.sandbox.microsoft365.calendars import Calendar
from sync.sandbox.microsoft365.event import Content, Event, Override, Window
from sync.sandbox.microsoft365.expansion import SERIES, Projection
from sync.sandbox.microsoft365.feed import Feed
from sync.sandbox.microsoft365.identifiers import build_change_key, build_ical_uid, digest, parse_event_id
from sync.sandbox.microsoft365.meeting import snapshot
from sync.sandbox.microsoft365.meeting_acts import MeetingActs
from sync.sandbox.microsoft365.meetings import Sender
from sync.sandbox.microsoft365.parsing import Reader
from sync.sandbox.microsoft365.recurrence import occurrence_dates
from sync.sandbox.microsoft365.rendering import Preferences, Renderer, build_etag
from sync.sandbox.microsoft365.snapshot import local_days, plain
from sync.sandbox.microsoft365.switches import ForeignId, SameTransaction, TransactionAfterDelete
from sync.sandbox.microsoft365.users import User

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.tenant import Tenant

Json = dict[str, Any]
PERSON_PREFERENCES = Preferences(immutable_ids=True)


class Mailbox(MeetingActs):
    def __init__(self, tenant: Tenant, user: User) -> None:
        self.tenant = tenant
        self.user = user
        self.lock = tenant.lock
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
        with self.acting():
            event = self.insert(to_graph_words(properties, time_zone), calendar)
            return self.renderer().id(event)

    def edit(self, event_id: str, time_zone: str = TOKYO, **changes: Any) -> str:
        """Answers the id that the event or occurrence has from now on."""
        with self.acting():
            event, day = self.find(event_id)
            self.update(event, day, to_graph_words(changes, time_zone))
            return self.renderer().id(event, day)

    def delete(self, event_id: str) -> None:
        with self.acting():
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
            event, day = self.find(event_id)
            self.touch(event, day if day in event.exceptions else None)

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

    def series(self, event_id: str) -> Json:
        """A master as `events` shows it, with its exceptions and cancelled dates."""
        with self.lock:
            return SERIES.show(self.renderer(), self.find(event_id)[0], None, by_id=True)

    def occurrences(self, event_id: str, first: date, until: date) -> list[Json]:
        """Occurrences and exceptions of a series that stand on its local days from `first` to before `until`."""
        with self.lock:
            event, show = self.find(event_id)[0], self.renderer()
            return [
                Projection(("*",)).show(show, event, day)
                for day, _ in local_days(event, first, until, self.tenant.switches)
            ]

    def occurrence_id(self, event_id: str, day: date) -> str:
        """Of the occurrence or exception whose original date this is."""
        with self.lock:
            event, _ = self.find(event_id)
            if not self.stands_on(event, day):
                raise errors.item_not_found()
            return self.renderer().id(event, day)

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
        self.tenant.post.deliver()
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
        self.tenant.post.deliver()
        event = self.alive.get(parsed.item)
        if event is None or (parsed.calendar is not None and parsed.calendar != digest(event.calendar)):
            raise errors.item_not_found()
        day, switches = parsed.original_date, self.tenant.switches
        if day in event.cancelled_dates and not switches.deleted_occurrence_not_found:
            raise errors.occurrence_is_deleted()
        if day is not None and not self.stands_on(event, day):
            raise errors.item_not_found()
        if parsed.of_exception != (day in event.exceptions and not switches.exception_keeps_id):
            raise errors.item_not_found()
        return event, day

    def was_deleted(self, event_id: str) -> bool:
        parsed = parse_event_id(event_id)
        if parsed is None or parsed.mailbox != self.key:
            return False
        event = self.alive.get(parsed.item)
        return parsed.item in self.dead or (
            event is not None and parsed.original_date in event.cancelled_dates
        )

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
        meetings.created(Sender.of(self), event)
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
        self.check_match(event, if_match, day)
        was = snapshot(event)
        if day is None:
            self.update_item(event, body)
        else:
            # One date of a series becomes an exception, or changes as one (section 3.3).
            overrides.change(event, day, body, self.reader(), self.tenant.clock.now())
        self.touch(event, day)
        meetings.changed(Sender.of(self), event, day, was, body)
        return event

    def update_item(self, event: Event, body: Json) -> None:
        before, content = event.content, self.reader().change(event.content, body)
        if content.start.zone != before.start.zone or content.end.zone != before.end.zone:
            event.original_zones = None
        event.content = content
        overrides.settle(event, before, body, self.tenant.switches)

    def remove(self, event: Event, day: date | None = None, if_match: str | None = None) -> None:
        """To Deleted Items (section 6.1); one date of a series only disappears (section 3.3)."""
        self.check_match(event, if_match, day)
        before = snapshot(event)
        self.discard(event, day)
        if event.is_organizer:
            meetings.removed(Sender.of(self), before, day)
        else:
            meetings.removed_by_attendee(self, before, day)

    def discard(self, event: Event, day: date | None = None) -> None:
        """It is gone, and nobody is told."""
        if day is not None:
            overrides.cancel(event, day)
            self.touch(event, day)
            return
        del self.alive[event.item]
        self.dead[event.item] = event
        self.feed.note(event.item, event.calendar)

    def check_match(self, event: Event, if_match: str | None, day: date | None = None) -> None:
        """Section 6.3: documented for no event page; honoured unless the switch says otherwise."""
        if if_match is None or not self.tenant.switches.if_match_honoured or if_match.strip() == "*":
            return
        versioned: Event | Override = event.exceptions.get(day, event) if day is not None else event
        if build_etag(versioned, self.tenant.switches) not in (tag.strip() for tag in if_match.split(",")):
            raise errors.irresolvable_conflict()

    def touch(self, event: Event, day: date | None = None) -> None:
        """New versions, of one date or of the item, and a place in the log of changes."""
        overrides.stamp(event, day, self.tenant.clock.now(), self.tenant.switches)
        self.feed.note(event.item, event.calendar)


def hash_json(body: Json) -> str:
    return hashlib.blake2b(json.dumps(body, sort_keys=True).encode(), digest_size=16).hexdigest()
