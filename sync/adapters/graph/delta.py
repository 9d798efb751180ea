"""One round of calendarView/delta: from the first page to the deltaLink, or an error. Never a part of it.

A window that is longer than Graph lists at once is read in pieces (failures.md F70); together they are one round.

https://learn.microsoft.com/graph/api/event-delta and what is known beyond it (graph-calendar.md 5).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sync.adapters.graph.answers import Json
from sync.adapters.graph.client import READING, Mailbox, query
from sync.adapters.graph.errors import BROKEN_ANSWER, SYNC_STATE_LOST, TIMEOUT, TOKEN_MALFORMED, of_no_event
from sync.core.window import Window
from sync.errors import CannotSync, CursorExpired, Gone, SyncError, TryLater

log = logging.getLogger("sync.graph")

PAGE_SIZE = 50
SMALLEST_PAGE = 5
# A mailbox of a million events at fifty a page; beyond that the service is sending us round in circles.
MOST_PAGES = 20_000
FRESH_ROUNDS = 3
# All-day events are listed by the instants of the zone they were made in (T61): no zone is more than a day away.
MARGIN = timedelta(days=1)
# calendarView refuses more, delta presumably too (5.3).
LONGEST = timedelta(days=1825)


@dataclass(slots=True)
class Round:
    """What one round said, by id: the last word on an item wins. An id can be both listed and removed.

    `link`: where the next round goes on; "" if it cannot, as this one was put together.
    """

    items: dict[str, Json] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    link: str = ""

    def add(self, item: Json) -> None:
        event_id = item.get("id")
        if not isinstance(event_id, str) or not event_id:
            return
        if "@removed" in item:
            self.removed.add(event_id)
        else:
            self.items[event_id] = item


def fresh_round(mailbox: Mailbox, window: Window, page_size: int = PAGE_SIZE) -> Round:
    """Everything in the window, a day more on each side."""
    rounds = [_fresh_piece(mailbox, *piece, page_size) for piece in _pieces(window)]
    if len(rounds) == 1:
        return rounds[0]
    whole = Round()
    for each in rounds:
        whole.items |= each.items
        whole.removed |= each.removed
    return whole


def _pieces(window: Window) -> Iterator[tuple[datetime, datetime]]:
    """From when until when to ask. Pieces overlap, so that an event without length on a border is in one of them."""
    starts, ends = window.starts - MARGIN, window.ends + MARGIN
    while ends - starts > LONGEST:
        yield starts, starts + LONGEST
        starts += LONGEST - MARGIN
    yield starts, ends


def _fresh_piece(mailbox: Mailbox, starts: datetime, ends: datetime, page_size: int) -> Round:
    window = query({"startDateTime": utc(starts), "endDateTime": utc(ends)})
    start = f"{mailbox.path}/calendarView/delta?{window}"
    for _ in range(FRESH_ROUNDS):
        try:
            return read_round(mailbox, start, page_size)
        except CursorExpired:
            log.info("delta state lost in the middle of a fresh round")
    raise TryLater("sync-state-unstable")


def next_round(mailbox: Mailbox, link: str, page_size: int = PAGE_SIZE) -> Round:
    """What changed since the round that ended with `link`; `CursorExpired` if the service forgot it."""
    return read_round(mailbox, link, page_size)


def read_round(mailbox: Mailbox, start: str, page_size: int) -> Round:
    """A page that times out (T57) makes the round start again with smaller pages, down to a handful of events."""
    while True:
        try:
            return _read_pages(mailbox, start, page_size)
        except TryLater as error:
            if error.code != TIMEOUT or page_size <= SMALLEST_PAGE:
                raise
            page_size = max(SMALLEST_PAGE, page_size // 2)
            log.info("delta page timed out, trying with pages of %d", page_size)


def _read_pages(mailbox: Mailbox, start: str, page_size: int) -> Round:
    found = Round()
    for page in _pages(mailbox, start, page_size):
        for item in page.get("value") or []:
            found.add(item)
        found.link = page.get("@odata.deltaLink") or ""
    return found


def _pages(mailbox: Mailbox, start: str, page_size: int) -> Iterator[Json]:
    """Every page is asked for with the same headers: Graph remembers none of them (T13)."""
    prefer = f"{READING}, odata.maxpagesize={page_size}"
    link: str | None = start
    asked: set[str] = set()
    while link:
        if link in asked or len(asked) >= MOST_PAGES:
            raise TryLater(BROKEN_ANSWER, {"status": "200"})
        asked.add(link)
        try:
            page = mailbox.get(link, prefer=prefer, repeats_timeouts=False)
        except SyncError as error:
            raise listing_error(error, is_link=not link.startswith("/")) from error
        link = page.get("@odata.nextLink")
        if bool(link) == bool(page.get("@odata.deltaLink")) or "value" not in page:
            raise TryLater(BROKEN_ANSWER, {"status": "200"})
        yield page


def listing_error(error: SyncError, *, is_link: bool) -> SyncError:
    """What an error means here, where nothing is about a single event.

    A link that Graph made and now refuses is a token it no longer understands, whatever the code: a fresh round
    shows whether there is more to it. A refused first page is a setting (a window that is too wide).
    """
    code = error.detail.get("graph_code", "").lower()
    if is_link and (isinstance(error, (CannotSync, Gone)) or code in SYNC_STATE_LOST | {TOKEN_MALFORMED}):
        return CursorExpired("cursor-expired", error.detail)
    return of_no_event(error)


def utc(instant: datetime) -> str:
    """Without an offset Graph reads UTC, but an offset says so; `Z` needs no percent-encoding."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
