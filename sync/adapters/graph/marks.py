"""Our marker on the events of one mailbox: read, taken off, and the events that carry it deleted for good.

The transactionId cannot be changed (graph-calendar.md 6.2), so that what counts here is the extended property alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sync.adapters.graph.answers import Answer, Json
from sync.adapters.graph.batch import Item, run
from sync.adapters.graph.client import GraphClient, query
from sync.adapters.graph.errors import of_no_event
from sync.adapters.graph.mapping import PROPERTY_ID
from sync.adapters.graph.wire import list_at, object_at, text_at
from sync.errors import CannotSync, Gone, NeedsAdministrator, SyncError
from sync.ports import Marked

_SHOWN = {
    "$select": "id,attendees,isOrganizer",
    "$expand": f"singleValueExtendedProperties($filter=id eq '{PROPERTY_ID}')",
}
# A property cannot be taken away, only overwritten (1.5).
_WITHOUT: Json = {"singleValueExtendedProperties": [{"id": PROPERTY_ID, "value": ""}]}


class GraphMarks:
    """Keeps `ports.Marks` over Graph, for one mailbox."""

    def __init__(self, client: GraphClient, oid: str) -> None:
        self._mailbox = client.mailbox(oid)

    def read(self, ids: Sequence[str]) -> Mapping[str, Marked | SyncError]:
        items = (Item(i, "GET", f"{self._mailbox.event_path(i)}?{query(_SHOWN)}") for i in dict.fromkeys(ids))
        found: dict[str, Marked | SyncError] = {}
        for event_id, answer in self._ask(items):
            error = own_error(answer)
            if error is not None:
                found[event_id] = error
            elif answer.is_ok:
                found[event_id] = marked_of(answer.body)
        return found

    def find(self, markers: Sequence[str]) -> Sequence[Marked]:
        items = (Item(marker, "GET", self._search(marker)) for marker in dict.fromkeys(markers))
        found: list[Marked] = []
        for _, answer in self._ask(items):
            if not answer.is_ok:
                raise of_no_event(answer.error)
            found += map(marked_of, self._pages(answer.body))
        return found

    def take_off(self, ids: Sequence[str]) -> Mapping[str, SyncError | None]:
        items = (Item(i, "PATCH", self._mailbox.event_path(i), _WITHOUT) for i in dict.fromkeys(ids))
        return {event_id: own_error(answer) for event_id, answer in self._ask(items)}

    def remove(self, ids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """By permanentDelete, of which the reference assumes that guests hear nothing (6.1)."""
        items = (
            Item(i, "POST", f"{self._mailbox.event_path(i)}/permanentDelete") for i in dict.fromkeys(ids)
        )
        return {event_id: own_error(answer) for event_id, answer in self._ask(items)}

    def _ask(self, items: Iterable[Item]) -> Iterable[tuple[str, Answer]]:
        for reply in run(self._mailbox, items):
            yield reply.item.key, reply.answer

    def _search(self, marker: str) -> str:
        value = marker.replace("'", "''")
        carries = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY_ID}' and ep/value eq '{value}')"
        return f"{self._mailbox.path}/events?{query({'$filter': carries} | _SHOWN)}"

    def _pages(self, page: Json) -> Iterable[Json]:
        while True:
            yield from page.get("value") or []
            link = page.get("@odata.nextLink")
            if not link:
                return
            page = self._mailbox.get(link)


def own_error(answer: Answer) -> SyncError | None:
    """What keeps this one event from being done; None: it is done, or gone. What concerns the mailbox is raised."""
    if answer.is_ok or isinstance(answer.error, Gone):
        return None
    error = answer.error
    if isinstance(error, NeedsAdministrator):
        raise error
    return error if isinstance(error, CannotSync) else CannotSync("graph-failing", error.detail)


def marked_of(item: Json) -> Marked:
    """An event as `_SHOWN` shows it."""
    values = (
        text_at(extra, "value")
        for extra in list_at(item, "singleValueExtendedProperties")
        if text_at(extra, "id").lower() == PROPERTY_ID.lower()
    )
    addresses = (text_at(object_at(one, "emailAddress"), "address") for one in list_at(item, "attendees"))
    return Marked(
        text_at(item, "id"),
        next(values, ""),
        tuple(address for address in addresses if address),
        item.get("isOrganizer") is not False,
    )
