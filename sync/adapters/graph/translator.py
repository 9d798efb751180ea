"""`mapping` with what holds for one connection filled in: the zone and the event types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import replace
from datetime import date
from functools import cached_property

from sync.adapters.graph.answered import shows
from sync.adapters.graph.attendees import (
    PLAIN,
    Addresses,
    attendees_to_graph,
    is_host_from_graph,
    people_parts,
    shows_people,
)
from sync.adapters.graph.bodies import is_online
from sync.adapters.graph.mapping import (
    TypeTable,
    create_to_graph,
    is_of_others,
    recurring_to_graph,
    residue_of,
    seen_from_graph,
    update_to_graph,
)
from sync.adapters.graph.series import exceptions_by_day, is_master, series_from_graph
from sync.adapters.graph.spans import series_zone
from sync.adapters.graph.wire import Item, object_at, text_at
from sync.core.change import Seen, Unreadable
from sync.core.event import Event, Field, Recurrence, Timed
from sync.core.parts import is_detail
from sync.core.recurrence import first_day
from sync.core.write import Write
from sync.errors import CannotSync


class Translator:
    """`types` is asked for once, and only when there is an event to translate: an idle pass has none."""

    def __init__(self, zone: str, types: Callable[[], TypeTable], addresses: Addresses = PLAIN) -> None:
        self.zone = zone
        self.addresses = addresses
        self._load_types = types

    @cached_property
    def _types(self) -> TypeTable:
        return self._load_types()

    def seen(self, item: Item) -> Seen | Unreadable:
        """A single event, or a whole series (`series`)."""
        read = series_from_graph if is_master(item) else seen_from_graph
        return read(item, zone=self.zone, types=self._types)

    def create(self, write: Write) -> Mapping[str, object]:
        """`CannotSync` for an event that Outlook cannot hold."""
        assert write.event is not None
        return create_to_graph(
            write.event,
            zone=self.zone,
            types=self._types,
            marker=write.marker,
            token=write.token,
            addresses=self.addresses,
        )

    def update(self, write: Write, current: Item | None) -> Mapping[str, object]:
        """Only the write's parts; `current` is the event as it is now, where it had to be looked up.

        `CannotSync` for a meeting of others, whatever it is that was to be written.
        """
        assert write.event is not None
        residue, html = dict(write.residue), None
        if current is not None:
            html = text_at(object_at(current, "body"), "content")
            residue["online"] = is_online(current)
        sent = update_to_graph(
            write.event,
            [Field(name) for name in write.fields if not is_detail(name)],
            zone=self.zone,
            types=self._types,
            residue=residue,
            current_body_html=html,
            addresses=self.addresses,
        )
        sent |= self.invite(write.event, write.fields, current)
        is_host = is_host_from_graph(current) if current is not None else not is_of_others(residue)
        if sent and not is_host:
            raise CannotSync("meeting-of-others")
        return sent

    def invite(self, event: Event, names: Iterable[str], current: Item | None) -> dict[str, object]:
        """The whole list of attendees, if that is to change; `current` is needed where people are named at all."""
        people = people_parts(names)
        if not people:
            return {}
        assert current is not None
        attendees = attendees_to_graph(event, people, current, self.addresses)
        return {"attendees": attendees} if attendees is not None else {}

    def shows(self, event: Event, wanted: Event, names: Set[str]) -> bool:
        """Whether an event that was read is as wanted in the named parts."""
        people = people_parts(names)
        if people and not shows_people(event, wanted, people, self.addresses):
            return False
        return shows(event, wanted, names - people)

    def change(self, event: Event, names: Iterable[Field], current: Item) -> dict[str, object]:
        """The named fields of an item that was read as a whole: a master without its rule, or one date of a series.
        `current` of a date that does not differ yet is its master."""
        return update_to_graph(
            event,
            frozenset(names),
            zone=self.zone,
            types=self._types,
            residue=residue_of(current, self._types),
            current_body_html=text_at(object_at(current, "body"), "content"),
            addresses=self.addresses,
        )

    def times(self, before: Event, after: Event, current: Item) -> dict[str, object]:
        """Start, end and rule of what is to be a series. The rule only if it differs: Exchange drops every exception
        when it is written (3.3, T26)."""
        assert after.recurrence is not None
        sent = recurring_to_graph(after, self.zone)
        if self._says_rule(current, before, after):
            del sent["recurrence"]
        return sent

    def _says_rule(self, current: Item, before: Event, after: Event) -> bool:
        """Whether the rule can stay as it is written there: the same one from the same day on, in the same zone."""
        if before.recurrence is None or after.recurrence is None:
            return False
        if isinstance(after.span, Timed) and series_zone(current, self.zone).key != after.span.zone:
            return False
        is_same = before.recurrence.rrule == after.recurrence.rrule
        return is_same and first_day(before.span) == first_day(after.span)

    def exceptions(self, item: Item) -> dict[date, Item]:
        """The dates of a whole series that differ, by their originals."""
        return exceptions_by_day(item, self.zone)

    def once(self, event: Event) -> dict[str, object]:
        """The times of a single event, as a series of one occurrence."""
        return recurring_to_graph(replace(event, recurrence=Recurrence("FREQ=DAILY;COUNT=1")), self.zone)
