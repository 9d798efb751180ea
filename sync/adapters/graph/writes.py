"""Creates, updates and deletes events in batches, so that a lost answer never makes a second event.

A create carries a transactionId, an update and a delete the version they were planned for. What an answer leaves
open is settled by looking at the mailbox again. What one request cannot do for a series comes after that
(`series_writes`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sync.adapters.graph.answered import create_error, is_key_used, own_error, with_marker
from sync.adapters.graph.answers import Answer, Json
from sync.adapters.graph.attendees import is_written, people_parts
from sync.adapters.graph.batch import ITEMS, Item, Reply, run
from sync.adapters.graph.client import Mailbox, query
from sync.adapters.graph.mapping import OUTLOOK, needs_current_body
from sync.adapters.graph.reads import EXPAND, find, read
from sync.adapters.graph.series import SERIES, TOUCHED, is_master, master_version
from sync.adapters.graph.series_job import Job
from sync.adapters.graph.series_writes import SeriesWriting
from sync.adapters.graph.translator import Translator
from sync.adapters.graph.wire import version_of
from sync.core.capabilities import fit
from sync.core.change import Observation, Removed, Seen
from sync.core.event import Event, Field
from sync.core.parts import ALL_FIELDS, occurrence_parts, original_of
from sync.errors import CannotSync, Gone, Moved, NeedsAdministrator, SyncError
from sync.ports import Outcome, Verb, Write

# How often a used key's event is looked for before it counts as deleted.
LOOKS = 4
# What has to be known before some writes: the version, what of the body has to stay, who takes part, whose meeting it
# is, and whether it is a series.
CURRENT = query({"$select": "id,changeKey,body,isOnlineMeeting,type,attendees,organizer,isOrganizer"})


def write(mailbox: Mailbox, writes: Sequence[Write], translator: Translator) -> Iterator[Outcome]:
    """One Outcome for each Write, as they become known. What stops everything is raised after those."""
    for wave in waves([with_written_parts(write) for write in writes]):
        yield from _Writing(mailbox, wave, translator).outcomes()


def with_written_parts(write: Write) -> Write:
    return replace(write, fields=frozenset(filter(is_written, write.fields)))


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
        self._jobs: list[Job] = []
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
        yield from SeriesWriting(self._mailbox, self._translator).outcomes(self._jobs)

    def _told(self) -> Iterator[Outcome]:
        while self._known:
            yield self._known.popleft()

    def _tell(self, write: Write, *, seen: Seen | None = None, error: SyncError | None = None) -> None:
        self._known.append(Outcome(write.key, seen, error))

    def _follow_up(
        self, write: Write, event_id: str, names: Iterable[str], *, is_series: bool = True
    ) -> None:
        """Leave the rest, or all of it, to `SeriesWriting`."""
        assert write.event is not None
        self._jobs.append(Job(write, event_id, fitted(write), frozenset(names), is_series))

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
        if takes_more(write, found):
            is_series = bool(write.residue.get(SERIES)) or is_master(found or {})
            self._follow_up(write, write.id, write.fields, is_series=is_series)
            return None
        key, version = str(index), master_version(write.version) or version_of(found or {})
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
        elif write.verb is Verb.CREATE and (parts := dates_of(write)) and is_master(reply.answer.body):
            self._follow_up(write, str(reply.answer.body["id"]), parts)
        elif is_master(reply.answer.body) and not is_whole(write, reply.item):
            self._follow_up(write, write.id, ())
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
                if seen is not None and seen.event.recurrence is not None and (parts := dates_of(write)):
                    self._follow_up(write, seen.id, parts)
                else:
                    yield Outcome(write.key, seen, None if seen else create_error(error))
            else:
                yield self._updated(write, showing[write.id], error)

    def _updated(self, write: Write, shown: Observation, error: SyncError) -> Outcome:
        """A PATCH whose answer was lost: done if the event shows what was written."""
        if isinstance(shown, Removed):
            return Outcome(write.key, error=Gone("event-gone"))
        if isinstance(shown, Seen) and self._translator.shows(shown.event, fitted(write), write.fields):
            return Outcome(write.key, seen=shown)
        return Outcome(write.key, error=error)

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
    """A version that nobody knows, or something that is written as a whole and of which a part has to stay: the body
    (T50), and the list of attendees (graph-calendar.md 1.1)."""
    if write.verb is Verb.CREATE or takes_more(write, None):
        return False
    if not write.version:
        return True
    if write.verb is not Verb.UPDATE:
        return False
    keeps_body = Field.BODY in write.fields and needs_current_body(write.residue)
    return keeps_body or Field.BLOCK in write.fields or bool(people_parts(write.fields))


def takes_more(write: Write, current: Json | None) -> bool:
    """Whether an update may need more than its one PATCH: it names dates of a series, or the times of one; or dates
    were touched, and how they follow their master is to be looked at (graph-calendar.md 3.3). `current` is the event
    where it had to be looked up."""
    if write.verb is not Verb.UPDATE:
        return False
    if any(original_of(name) is not None for name in write.fields):
        return True
    is_known = bool(write.residue.get(SERIES))
    is_series = is_known or is_master(current or {})
    if Field.TIME in write.fields and (is_series or (write.event and write.event.recurrence is not None)):
        return True
    return is_series and (not is_known or bool(write.residue.get(TOUCHED)))


def is_whole(write: Write, item: Item) -> bool:
    """Whether an answer that shows a master shows all of the series: no date was touched when it was last seen."""
    if write.verb is Verb.CREATE:
        return True
    return item.method == "PATCH" and bool(write.residue.get(SERIES))


def fitted(write: Write) -> Event:
    """The event as Outlook shows it when it is written."""
    assert write.event is not None
    return fit(write.event, OUTLOOK)[0]


def dates_of(write: Write) -> frozenset[str]:
    """The parts of a create that no POST can say (T28)."""
    if write.event is None or write.event.recurrence is None:
        return frozenset()
    return frozenset(part for part, _ in occurrence_parts(fitted(write), ALL_FIELDS) if is_written(part))
