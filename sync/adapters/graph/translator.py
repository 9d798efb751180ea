"""`mapping` with what holds for one connection filled in: the zone and the event types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from sync.adapters.graph.fields import is_online
from sync.adapters.graph.mapping import TypeTable, create_to_graph, seen_from_graph, update_to_graph
from sync.adapters.graph.wire import Item, object_at, text_at
from sync.core.change import Seen, Unreadable
from sync.core.write import Write


class Translator:
    """`types` is asked for once, and only when there is an event to translate: an idle pass has none."""

    def __init__(self, zone: str, types: Callable[[], TypeTable]) -> None:
        self._zone = zone
        self._load_types = types

    @cached_property
    def _types(self) -> TypeTable:
        return self._load_types()

    def seen(self, item: Item) -> Seen | Unreadable:
        return seen_from_graph(item, zone=self._zone, types=self._types)

    def create(self, write: Write) -> Mapping[str, object]:
        """`CannotSync` for an event that Outlook cannot hold."""
        assert write.event is not None
        return create_to_graph(
            write.event,
            zone=self._zone,
            types=self._types,
            marker=write.marker,
            token=write.token,
        )

    def update(self, write: Write, current: Item | None) -> Mapping[str, object]:
        """Only the write's fields; `current` is the event as it is now, where it had to be looked up."""
        assert write.event is not None
        residue, html = dict(write.residue), None
        if current is not None:
            html = text_at(object_at(current, "body"), "content")
            residue["online"] = is_online(current)
        return update_to_graph(
            write.event,
            write.fields,
            zone=self._zone,
            types=self._types,
            residue=residue,
            current_body_html=html,
        )
