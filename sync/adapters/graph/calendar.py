"""A person's Outlook calendar as the use cases see it: `ports.Calendar` over Microsoft Graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sync.adapters.graph.attendees import Addresses, nobody, own_address
from sync.adapters.graph.client import GraphClient
from sync.adapters.graph.cursor import DeltaCursor, link_of
from sync.adapters.graph.delta import PAGE_SIZE, Round, fresh_round, next_round
from sync.adapters.graph.mapping import OUTLOOK, TypeTable
from sync.adapters.graph.reads import find, read, read_series
from sync.adapters.graph.series import is_date, master_of
from sync.adapters.graph.translator import Translator
from sync.adapters.graph.writes import write
from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Seen
from sync.core.event import Side
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.ports import Outcome, Write


class GraphCalendar:
    """The default calendar of one mailbox, for one pass; `client` is shared by the whole process.

    `zone` is the organization's time zone. `types` is asked for when the first event has to be translated, so an
    idle pass costs one Graph request and nothing else. `addresses`: facility id -> address of its room mailbox;
    `user_of`: mail address -> groupware user. Without the latter, who takes part is known by address alone.
    """

    def __init__(
        self,
        client: GraphClient,
        oid: str,
        *,
        zone: str,
        types: Callable[[], TypeTable],
        page_size: int = PAGE_SIZE,
        addresses: Callable[[str], str | None] = own_address,
        user_of: Callable[[str], str | None] = nobody,
    ) -> None:
        self._mailbox = client.mailbox(oid)
        self._translator = Translator(zone, types, Addresses(addresses, user_of))
        self._page_size = page_size

    @property
    def side(self) -> Side:
        return Side.OUTLOOK

    @property
    def capabilities(self) -> Capabilities:
        return OUTLOOK

    @property
    def requests(self) -> int:
        """HTTP round trips so far, for the report of the pass."""
        return self._mailbox.requests

    @property
    def batch_items(self) -> int:
        """Requests that travelled inside batches; Exchange counts each against the mailbox's limit."""
        return self._mailbox.batch_items

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        if cursor is None:
            found = fresh_round(self._mailbox, window, self._page_size)
        else:
            link = link_of(cursor, self._mailbox.oid, window)
            found = next_round(self._mailbox, link, self._page_size)
        following = DeltaCursor(self._mailbox.oid, window, found.link)
        return self._snapshot(found, is_complete=cursor is None), following.to_text()

    def read(self, ids: Iterable[str]) -> Mapping[str, Observation]:
        return read(self._mailbox, ids, self._translator.seen)

    def find(self, markers: Iterable[str]) -> Mapping[str, Seen]:
        return find(self._mailbox, markers, self._translator.seen)

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        return write(self._mailbox, writes, self._translator)

    def _snapshot(self, found: Round, *, is_complete: bool) -> Snapshot:
        """Whatever a round says of a series, it only says that the series is to be read (graph-calendar.md 5.2)."""
        observations: dict[str, Observation] = {}
        masters: dict[str, None] = {}
        for event_id, item in found.items.items():
            if master := master_of(item):
                masters[master] = None
            elif not is_date(item):
                observations[event_id] = self._translator.seen(item)
        observations |= read_series(self._mailbox, masters, self._translator.seen)
        return Snapshot(Side.OUTLOOK, observations, frozenset(found.removed), is_complete)
