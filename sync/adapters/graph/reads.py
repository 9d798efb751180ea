"""Asks for single events: by id, and by our marker on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from sync.adapters.graph.answers import Answer, Json
from sync.adapters.graph.batch import Item, run
from sync.adapters.graph.client import Mailbox, query
from sync.adapters.graph.errors import of_no_event
from sync.adapters.graph.mapping import PROPERTY_ID
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.event import Side
from sync.errors import Gone, NeedsAdministrator, SyncError

# Delta and plain reads do not show extended properties unless they are asked for (graph-calendar.md 1.5).
EXPAND = query({"$expand": f"singleValueExtendedProperties($filter=id eq '{PROPERTY_ID}')"})


class Reader(Protocol):
    """`mapping.seen_from_graph` with a connection's zone and types filled in."""

    def __call__(self, item: Json) -> Seen | Unreadable: ...


def read(mailbox: Mailbox, ids: Iterable[str], reader: Reader) -> dict[str, Observation]:
    """One Observation for each id; an error that concerns the mailbox is raised."""
    wanted = list(dict.fromkeys(ids))
    items = (Item(event_id, "GET", f"{mailbox.event_path(event_id)}?{EXPAND}") for event_id in wanted)
    return {reply.item.key: observe(reply.item.key, reply.answer, reader) for reply in run(mailbox, items)}


def observe(event_id: str, answer: Answer, reader: Reader) -> Observation:
    """Only ErrorItemNotFound means that the event is gone; anything else that is refused is unreadable (T38)."""
    if answer.is_ok:
        return reader(answer.body)
    error = answer.error
    if isinstance(error, Gone):
        return Removed(Side.OUTLOOK, event_id)
    if isinstance(error, NeedsAdministrator):
        raise error
    return Unreadable(Side.OUTLOOK, event_id, "", unreadable_code(error), error.detail)


def unreadable_code(error: SyncError) -> str:
    # TryLater comes this far only for an event that alone fails again and again (batch.run).
    return "graph-refused" if error.code == "graph-refused" else "graph-failing"


def find(mailbox: Mailbox, markers: Iterable[str], reader: Reader) -> dict[str, Seen]:
    """The oldest readable event that carries each marker: a copy that a person made is younger than ours."""
    found: dict[str, Seen] = {}
    items = (Item(marker, "GET", search_path(mailbox, marker)) for marker in dict.fromkeys(markers))
    for reply in run(mailbox, items):
        if not reply.answer.is_ok:
            raise of_no_event(reply.answer.error)
        events = sorted(
            _all_pages(mailbox, reply.answer.body), key=lambda e: str(e.get("createdDateTime") or "")
        )
        readable = [seen for seen in map(reader, events) if isinstance(seen, Seen)]
        if readable:
            found[reply.item.key] = readable[0]
    return found


def search_path(mailbox: Mailbox, marker: str) -> str:
    value = marker.replace("'", "''")
    carries = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY_ID}' and ep/value eq '{value}')"
    return f"{mailbox.path}/events?{query({'$filter': carries})}&{EXPAND}"


def _all_pages(mailbox: Mailbox, page: Json) -> Iterator[Json]:
    """A page may be empty and still have a next one (graph-calendar.md 4)."""
    while True:
        yield from page.get("value") or []
        link = page.get("@odata.nextLink")
        if not link:
            return
        page = mailbox.get(link)
