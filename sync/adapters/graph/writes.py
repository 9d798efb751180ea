"""Creates, updates and deletes events in batches, so that a lost answer never makes a second event.

A create carries a transactionId, an update and a delete the version they were planned for. What an answer leaves
open is settled by looking at the mailbox again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sync.adapters.graph.answers import Answer, Json
from sync.adapters.graph.batch import ITEMS, Item, Reply, run
from sync.adapters.graph.client import Mailbox, query
from sync.adapters.graph.mapping import OUTLOOK, needs_current_body
from sync.adapters.graph.reads import EXPAND, find, read
from sync.adapters.graph.translator import Translator
from sync.adapters.graph.wire import version_of
from sync.core.capabilities import fit
from sync.core.change import Observation, Removed, Seen
from sync.core.event import Field
from sync.core.fingerprint import digest
from sync.errors import CannotSync, Gone, Moved, NeedsAdministrator, SyncError, TryLater
from sync.ports import Outcome, Verb, Write

# How often a used key's event is looked for before it counts as deleted.
LOOKS = 4
# What has to be known before some writes: the version, and whether the body ends in a join block.
CURRENT = query({"$select": "id,changeKey,body,isOnlineMeeting"})


def write(mailbox: Mailbox, writes: Sequence[Write], translator: Translator) -> Iterator[Outcome]:
    """One Outcome for each Write, as they become known. What stops everything is raised after those."""
    for wave in waves(writes):
        yield from _Writing(mailbox, wave, translator).outcomes()


def waves(writes: Sequence[Write]) -> list[list[Write]]:
    """Writes that may travel together: a second one to the same event waits for what became of the first."""
    found: list[list[Write]] = [[]]
    events: set[str] = set()
    for write in writes:
        if write.id in events:
            found.append([])
            events.clear()
        found[-1].append(write)
        if write.id:
            events.add(write.id)
    return found


class _Writing:
    def __init__(self, mailbox: Mailbox, writes: Sequence[Write], translator: Translator) -> None:
        self._mailbox = mailbox
        self._writes = writes
        self._translator = translator
        self._known: deque[Outcome] = deque()
        self._doubts: list[tuple[Write, SyncError]] = []
        self._stop: NeedsAdministrator | None = None

    def outcomes(self) -> Iterator[Outcome]:
        try:
            for reply in run(self._mailbox, self._items()):
                self._settle(self._writes[int(reply.item.key)], reply)
                yield from self._told()
            yield from self._told()
        except SyncError:
            yield from self._told()
            raise
        if self._stop is not None:
            raise self._stop
        yield from self._resolve(self._doubts)

    def _told(self) -> Iterator[Outcome]:
        while self._known:
            yield self._known.popleft()

    def _tell(self, write: Write, *, seen: Seen | None = None, error: SyncError | None = None) -> None:
        self._known.append(Outcome(write.key, seen, error))

    # What is sent.

    def _items(self) -> Iterator[Item]:
        for first in range(0, len(self._writes), ITEMS):
            group = range(first, min(first + ITEMS, len(self._writes)))
            current = self._look_up(group)
            for index in group:
                if self._stop is not None:
                    return
                item = self._item(index, current)
                if item is not None:
                    yield item

    def _item(self, index: int, current: Mapping[int, Json]) -> Item | None:
        """None when its Outcome is already known."""
        write = self._writes[index]
        if must_look_up(write) and index not in current:
            return None
        found = current.get(index)
        key, version = str(index), write.version or version_of(found or {})
        path = self._mailbox.event_path(write.id)
        try:
            match write.verb:
                case Verb.CREATE:
                    return Item(key, "POST", f"{self._mailbox.path}/events", self._translator.create(write))
                case Verb.DELETE:
                    return Item(key, "DELETE", path, if_match=version)
                case Verb.UPDATE:
                    patch = self._translator.update(write, found)
                    if not patch:  # nothing that Outlook holds has to change: what it shows is the result
                        return Item(key, "GET", f"{path}?{EXPAND}")
                    return Item(key, "PATCH", path, patch, if_match=version)
        except CannotSync as error:
            self._tell(write, error=error)
            return None

    def _look_up(self, group: Iterable[int]) -> dict[int, Json]:
        wanted = [index for index in group if must_look_up(self._writes[index])]
        items = (
            Item(str(index), "GET", f"{self._mailbox.event_path(self._writes[index].id)}?{CURRENT}")
            for index in wanted
        )
        found: dict[int, Json] = {}
        for reply in run(self._mailbox, items):
            index = int(reply.item.key)
            if reply.answer.is_ok:
                found[index] = reply.answer.body
            else:
                self._refused(self._writes[index], reply)
        return found

    # What comes back.

    def _settle(self, write: Write, reply: Reply) -> None:
        if not reply.answer.is_ok:
            self._refused(write, reply)
        elif write.verb is Verb.DELETE:
            self._tell(write)
        elif not reply.answer.body.get("id"):
            self._doubts.append((write, Moved("answer-empty")))
        else:
            self._show(write, reply.answer)

    def _show(self, write: Write, answer: Answer) -> None:
        seen = self._translator.seen(answer.body)
        if isinstance(seen, Seen):
            self._tell(write, seen=with_marker(seen, write))
        else:
            self._tell(write, error=CannotSync(seen.code, seen.detail))

    def _refused(self, write: Write, reply: Reply) -> None:
        error = reply.answer.error
        if isinstance(error, NeedsAdministrator):
            # Told at the end: the other answers of this batch are still worth saving.
            self._stop = error
        elif isinstance(error, Gone) and write.verb is Verb.DELETE:
            self._tell(write)
        elif write.verb is Verb.CREATE and reply.answer.status in (400, 409):
            # Either the event cannot be said, or its transactionId was used before (6.2): the mailbox knows.
            self._doubts.append((write, error))
        elif write.verb is Verb.UPDATE and isinstance(error, Moved) and reply.was_ambiguous:
            # Perhaps our own lost attempt moved the version.
            self._doubts.append((write, error))
        else:
            self._tell(write, error=own_error(error, write))

    def _resolve(self, doubts: Sequence[tuple[Write, SyncError]]) -> Iterator[Outcome]:
        creates = [write.marker for write, _ in doubts if write.verb is Verb.CREATE and write.marker]
        updates = [write.id for write, _ in doubts if write.verb is Verb.UPDATE]
        carrying = self._find(creates, doubts)
        showing = read(self._mailbox, updates, self._translator.seen) if updates else {}
        for write, error in doubts:
            if write.verb is Verb.CREATE:
                seen = carrying.get(write.marker)
                yield Outcome(write.key, seen, None if seen else create_error(error))
            else:
                yield updated(write, showing[write.id], error)

    def _find(self, markers: Sequence[str], doubts: Sequence[tuple[Write, SyncError]]) -> dict[str, Seen]:
        """A list can miss a new event for some seconds (graph-calendar.md 4): who was told that the key is used
        looks more than once."""
        found: dict[str, Seen] = {}
        for attempt in range(1, LOOKS + 1):
            found |= find(self._mailbox, [m for m in markers if m not in found], self._translator.seen)
            if not any(is_key_used(error) and write.marker not in found for write, error in doubts):
                break
            if attempt < LOOKS:
                self._mailbox.hold(None, attempt)
        return found


def must_look_up(write: Write) -> bool:
    """A version that nobody knows, or a body that may end in a join block (T50)."""
    if write.verb is Verb.CREATE:
        return False
    touches_body = write.verb is Verb.UPDATE and Field.BODY in write.fields
    return not write.version or (touches_body and needs_current_body(write.residue))


def with_marker(seen: Seen, write: Write) -> Seen:
    """The answer to a create does not show the property that the create has just set."""
    return replace(seen, marker=write.marker) if write.verb is Verb.CREATE and not seen.marker else seen


def updated(write: Write, shown: Observation, error: SyncError) -> Outcome:
    """A PATCH whose answer was lost: done if the event shows what was written."""
    if isinstance(shown, Removed):
        return Outcome(write.key, error=Gone("event-gone"))
    if isinstance(shown, Seen) and shows(shown, write):
        return Outcome(write.key, seen=shown)
    return Outcome(write.key, error=error)


def shows(seen: Seen, write: Write) -> bool:
    assert write.event is not None
    wanted, _ = fit(write.event, OUTLOOK)
    # A reminder that nobody asked for is the person's own.
    fields = write.fields - ({Field.REMINDER} if wanted.reminder is None else set())
    return all(digest(seen.event, name) == digest(wanted, name) for name in fields)


def create_error(error: SyncError) -> SyncError:
    """Nothing carries the marker. A used key with no event: the one it made was deleted since."""
    if is_key_used(error):
        return CannotSync("create-key-used", error.detail)
    return error


def is_key_used(error: SyncError) -> bool:
    # Seen as ErrorDuplicateTransactionId; the documentation names no code (graph-calendar.md 6.2).
    return "duplicatetransaction" in error.detail.get("graph_code", "").lower()


def own_error(error: SyncError, write: Write) -> SyncError:
    """The error as this one event's problem."""
    if isinstance(error, TryLater):
        # Comes this far only for an event that alone fails again and again (batch.run).
        return CannotSync("graph-failing", error.detail)
    if isinstance(error, (CannotSync, Moved)) or (isinstance(error, Gone) and write.verb is Verb.UPDATE):
        return error
    return CannotSync("graph-refused", error.detail)
