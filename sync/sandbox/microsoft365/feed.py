"""calendarView/delta: what a round holds, what a page shows, and the tombstones (section 5).

The log says which item was written when, and in which calendar. A round is a fixed list of entries whose content is
looked up when a page is written, so that a page that is asked for twice shows the same items in their newest state.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sync.sandbox.faults import Call, Shape
from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.event import Content, Event, Window
from sync.sandbox.microsoft365.rendering import Renderer
from sync.sandbox.microsoft365.rounds import GENERATIONS_KEPT, Chain, Entry, Round, Token

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox

Json = dict[str, Any]
EVENT_TYPE: Json = {"@odata.type": "#microsoft.graph.event"}
DEFAULT_PAGE = 10
CHAINS_KEPT = 64
MOST_REPLAYED = 3
MOST_BUMPED = 2


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the token of the next page, `delta` that of the next round; one of them is set."""

    items: list[Json]
    next: str | None
    delta: str | None


class Feed:
    """The delta of one mailbox; used under the mailbox's lock."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._log: list[tuple[bytes, str]] = []
        self._chains: OrderedDict[int, Chain] = OrderedDict()
        self._numbers = 0

    def note(self, item: bytes, calendar: str) -> None:
        """The item was created, changed, bumped or deleted in this calendar."""
        self._log.append((item, calendar))

    def expire(self) -> None:
        """Every token of this mailbox is lost from now on (section 5.3)."""
        self._chains.clear()

    def begin(
        self, calendar: str, window: Window, window_text: tuple[str, str], zone: str | None, call: Call
    ) -> Token:
        """A full round: everything that stands in the window now."""
        self._numbers += 1
        chain = Chain(self._numbers, calendar, window, window_text)
        self._chains[chain.number] = chain
        if len(self._chains) > CHAINS_KEPT:
            self._chains.popitem(last=False)
        self._bump_some(chain, call)
        entries = [entry for event in self._mailbox.items(calendar) for entry in self._entries(chain, event)]
        return self._start(chain, None, entries, (), zone, call)

    def resume(self, token: Token, restart: str, call: Call) -> Token:
        """The round after the one whose deltaLink this is; a link that was used before works again (section 5.3)."""
        chain, done = self._look_up(token, restart)
        self._bump_some(chain, call)
        again = chain.led_to.get((done.generation, done.variant, len(self._log)))
        if again is not None:
            return chain.place(again, -again.empty_pages)
        changed = dict.fromkeys(done.held)
        changed |= dict.fromkeys(item for item, where in self._log[done.since :] if where == chain.calendar)
        late = [item for item in changed if item not in done.held and self._happens(Shape.LATE_CHANGE, call)]
        for item in late:
            del changed[item]
        entries = [entry for item in changed for entry in self._entries_of(chain, item)]
        if self._happens(Shape.REPLAY, call):
            entries += self._older(chain, changed.keys() | set(late))
        return self._start(chain, done, entries, tuple(late), done.zone, call)

    def page(self, token: Token, show: Renderer, size: int, restart: str, call: Call) -> Page:
        """At most `size` items from the token's place on; nothing is remembered but the round (section 5.1)."""
        chain, current = self._look_up(token, restart)
        if current.zone and self._mailbox.tenant.switches.prefer_timezone_sticky:
            show = replace(show, preferences=replace(show.preferences, zone=current.zone, zone_asked=True))
        if token.position < 0:
            return Page([], self._seal(chain.place(current, token.position + 1)), None)
        if size > 1 and self._happens(Shape.SHORT_PAGE, call):
            size = self._mailbox.tenant.faults.random.randint(1, size)
        until = token.position + size
        typed = not self._happens(Shape.TYPE_ABSENT, call)
        entries = current.entries[token.position : until]
        items = [item for entry in entries for item in self._show(chain, entry, show, typed)]
        if until < len(current.entries):
            return Page(items, self._seal(chain.place(current, until)), None)
        return Page(items, None, self._seal(chain.place(current, 0)))

    def window_text(self, token: Token) -> tuple[str, str] | None:
        chain = self._chains.get(token.chain)
        return chain.window_text if chain else None

    def _look_up(self, token: Token, restart: str) -> tuple[Chain, Round]:
        chain = self._chains.get(token.chain)
        found = chain.find(token) if chain else None
        if chain is None or found is None:
            highest = chain.highest if chain else token.generation + GENERATIONS_KEPT
            raise errors.sync_state_not_found(token.generation, highest, restart)
        self._chains.move_to_end(chain.number)
        return chain, found

    def _start(
        self,
        chain: Chain,
        after: Round | None,
        entries: list[Entry],
        held: tuple[bytes, ...],
        zone: str | None,
        call: Call,
    ) -> Token:
        begun = Round(
            generation=after.generation + 1 if after else 1,
            variant=chain.variants + 1,
            since=len(self._log),
            entries=tuple(self._disturb(entries, call)),
            empty_pages=1 if self._happens(Shape.EMPTY_FIRST_PAGE, call) else 0,
            held=held,
            zone=zone,
        )
        chain.add(begun, after)
        return chain.place(begun, -begun.empty_pages)

    def _disturb(self, entries: list[Entry], call: Call) -> list[Entry]:
        """Section 5.2: the order is not defined and an item may come more than once."""
        chance = self._mailbox.tenant.faults.random
        if entries and self._happens(Shape.DUPLICATE, call):
            again = [entry for entry in entries if chance.random() < 0.2] or [chance.choice(entries)]
            entries = entries + again
        if self._happens(Shape.REORDER, call):
            entries = chance.sample(entries, len(entries))
        return entries

    def _bump_some(self, chain: Chain, call: Call) -> None:
        """Section 14, T3: about daily, nobody's edit."""
        if not self._happens(Shape.BUMP, call):
            return
        inside = self._inside(chain)
        for event in self._mailbox.tenant.faults.random.sample(inside, min(len(inside), MOST_BUMPED)):
            self._mailbox.touch(event)

    def _inside(self, chain: Chain) -> list[Event]:
        return [event for event in self._mailbox.items(chain.calendar) if self._is_inside(chain, event)]

    def _is_inside(self, chain: Chain, event: Event) -> bool:
        if event.content.recurrence is None:
            return chain.window.holds(event.content)
        return any(self._occurrences(chain, event))

    def _older(self, chain: Chain, changed: Collection[bytes]) -> list[Entry]:
        """Replays after a deltaLink: items nobody changed since, and old tombstones (section 5.2)."""
        gone = [item for item in list(self._mailbox.dead)[-MOST_REPLAYED:] if item not in changed]
        entries = [Entry(item) for item in gone if self._mailbox.dead[item].calendar == chain.calendar]
        inside = [event for event in self._inside(chain) if event.item not in changed]
        for event in self._mailbox.tenant.faults.random.sample(inside, min(len(inside), MOST_REPLAYED)):
            entries += self._entries(chain, event)
        return entries

    def _entries_of(self, chain: Chain, item: bytes) -> list[Entry]:
        """Deleted, moved out, or never inside: a tombstone in all three cases (section 5.2)."""
        event = self._mailbox.alive.get(item)
        found = list(self._entries(chain, event)) if event is not None else []
        return found or [Entry(item), *self._buried(chain, item)]

    def _buried(self, chain: Chain, item: bytes) -> list[Entry]:
        dead = self._mailbox.dead.get(item)
        if dead is None or not self._mailbox.tenant.switches.dead_series_buries_occurrences:
            return []
        return [Entry(item, day) for day, _ in self._occurrences(chain, dead)]

    def _entries(self, chain: Chain, event: Event) -> Iterator[Entry]:
        """Section 5.2: a single, or the master with all its occurrences in the window."""
        if event.calendar != chain.calendar:
            return
        if event.content.recurrence is None:
            if chain.window.holds(event.content):
                yield Entry(event.item)
            return
        days = [day for day, _ in self._occurrences(chain, event)]
        omits = self._mailbox.tenant.switches.delta_omits_old_masters
        if days and not (omits and not chain.window.holds(event.content)):
            yield Entry(event.item)
        yield from (Entry(event.item, day) for day in days)

    def _occurrences(self, chain: Chain, event: Event) -> Iterator[tuple[date, Content]]:
        return event.occurrences(chain.window, self._mailbox.tenant.switches.short_months_use_last_day)

    def _show(self, chain: Chain, entry: Entry, show: Renderer, typed: bool) -> Iterator[Json]:
        """What stands there now; nothing at all for a date that is gone, which has no tombstone (section 5.2)."""
        event, day = self._mailbox.alive.get(entry.item), entry.original_date
        head = EVENT_TYPE if typed else {}
        here = event is not None and event.calendar == chain.calendar
        if event is not None and here and day is not None:
            if self._stands_on(chain, event, day):
                full = day in event.exceptions and self._mailbox.tenant.switches.delta_exceptions_full
                yield {**head, **(show.event(event, day) if full else show.skeleton(event, day))}
        elif event is not None and here and self._is_inside(chain, event):
            yield {**head, **show.event(event)}
        elif day is None or self._mailbox.tenant.switches.dead_series_buries_occurrences:
            # The id it had in this calendar: the classic form changes with a move (section 7).
            head = head if self._mailbox.tenant.switches.tombstone_has_type else {}
            gone = event or self._mailbox.dead[entry.item]
            yield {**head, "id": show.id_in(gone, chain.calendar, day), "@removed": {"reason": "deleted"}}

    def _stands_on(self, chain: Chain, event: Event, day: date) -> bool:
        """Whether something is there, and by its own times in the window still."""
        content = event.occurrence(day) if self._mailbox.stands_on(event, day) else None
        return content is not None and chain.window.holds(content)

    def _seal(self, token: Token) -> str:
        return token.seal(self._mailbox.key)

    def _happens(self, shape: Shape, call: Call) -> bool:
        return self._mailbox.tenant.faults.happens(shape, call)
