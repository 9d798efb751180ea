"""Organizers outside the tenant: their meetings exist only as copies in its mailboxes (section 6.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365 import meetings, overrides
from sync.sandbox.microsoft365.acts import TOKYO, to_graph_words
from sync.sandbox.microsoft365.event import Event
from sync.sandbox.microsoft365.identifiers import build_ical_uid, digest
from sync.sandbox.microsoft365.meeting import address_of, snapshot
from sync.sandbox.microsoft365.parsing import Reader

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.tenant import Tenant

Json = dict[str, Any]


class Outside:
    """`meetings` are the organizers' own events, by iCalUId: what they know of who answered what."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self.meetings: dict[str, Event] = {}

    def invite(
        self,
        organizer: str,
        attendees: Iterable[str | Json],
        name: str | None = None,
        time_zone: str = TOKYO,
        **properties: Any,
    ) -> str:
        """Answers the iCalUId. `properties` as `acts` takes them.

        Raises ValueError if the organizer is one of the tenant's own people.
        """
        if self._tenant.user_at(organizer) is not None:
            raise ValueError(f"{organizer} is not outside")
        words = to_graph_words({**properties, "attendees": list(attendees)}, time_zone)
        with self._tenant.lock:
            item = digest(self._tenant.seed, "outside", len(self.meetings))
            now = self._tenant.clock.now()
            event = Event(
                item=item,
                calendar="",
                content=self._reader().create(words),
                created=now,
                modified=now,
                ical_uid=build_ical_uid(item, now),
                organizer={"emailAddress": {"name": name or organizer, "address": organizer}},
            )
            self.meetings[event.ical_uid] = event
            with self._tenant.outbox.by_person():
                meetings.created(self._sender(event), event)
            return event.ical_uid

    def change(self, uid: str, day: date | None = None, time_zone: str = TOKYO, **changes: Any) -> None:
        """An update of the whole meeting, or of one date of a series; raises KeyError for an unknown one."""
        words = to_graph_words(changes, time_zone)
        with self._tenant.lock:
            event = self.meetings[uid]
            before = snapshot(event)
            if day is None:
                event.content = self._reader().change(event.content, words)
                overrides.settle(event, before.content, words, self._tenant.switches)
            else:
                overrides.change(event, day, words, self._reader(), self._tenant.clock.now())
            with self._tenant.outbox.by_person():
                meetings.changed(self._sender(event), event, day, before, words)

    def cancel(self, uid: str, day: date | None = None) -> None:
        with self._tenant.lock:
            event = self.meetings[uid]
            before = snapshot(event)
            if day is None:
                del self.meetings[uid]
            else:
                overrides.cancel(event, day)
            with self._tenant.outbox.by_person():
                meetings.removed(self._sender(event), before, day)

    def _reader(self) -> Reader:
        return Reader(self._tenant.switches, names=self._tenant.names_by_address)

    def _sender(self, event: Event) -> meetings.Sender:
        return meetings.Sender(self._tenant, address_of(event.organizer))
