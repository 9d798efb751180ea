"""The groupware's calendar as the planner sees it: occurrences that Outlook cannot hold are events of their own.

What is decided there (`core.detach`) is undone here: writes to such events become one write to their series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.detach import Detacher
from sync.core.event import Event, Side
from sync.core.parts import (
    CANCELLED,
    occurrence_part,
    split_id,
    with_occurrence,
    with_parts,
    without_occurrence,
)
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.core.write import Verb, Write
from sync.errors import CannotSync, Gone, Moved
from sync.ports import Calendar, Outcome


class DetachingCalendar:
    """Keeps ports.Calendar over the groupware's own calendar, for one pass."""

    def __init__(self, inner: Calendar, detacher: Detacher) -> None:
        self._inner = inner
        self._detacher = detacher

    @property
    def side(self) -> Side:
        return self._inner.side

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    @property
    def requests(self) -> int:
        return self._inner.requests

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        found, following = self._inner.changes(window, cursor)
        return self.shown(found), following

    def shown(self, snapshot: Snapshot) -> Snapshot:
        """What the inner calendar has said, as this one says it."""
        return replace(snapshot, observations=self._detacher.observations(snapshot.observations))

    def read(self, ids: Iterable[str]) -> Mapping[str, Observation]:
        """Also the other events into which a series that was asked for is split."""
        asked = list(ids)
        series = dict.fromkeys(split_id(event_id)[0] for event_id in asked)
        found = self._detacher.observations(self._inner.read(series))
        gone = (i for i in asked if i not in found and split_id(i)[1] is not None)
        return found | {event_id: Removed(self.side, event_id) for event_id in gone}

    def find(self, markers: Iterable[str]) -> Mapping[str, Seen]:
        found: dict[str, Seen] = {}
        for marker, seen in self._inner.find(markers).items():
            for shown in self._detacher.split(seen):
                if isinstance(shown, Seen) and shown.id == seen.id:
                    found[marker] = shown
        return found

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        groups: dict[str, list[Write]] = defaultdict(list)
        for write in writes:
            if split_id(write.id)[1] is not None:
                groups[split_id(write.id)[0]].append(write)
        for write in writes:
            if write.id in groups:
                groups[write.id].append(write)
        grouped = {write.key for group in groups.values() for write in group}
        for outcome in self._inner.write([write for write in writes if write.key not in grouped]):
            yield replace(outcome, seen=self._of_same_id(outcome.seen))
        for series, group in groups.items():
            yield from self._write_series(series, group)

    def _of_same_id(self, seen: Seen | None) -> Seen | None:
        if seen is None:
            return None
        shown = (s for s in self._detacher.split(seen) if isinstance(s, Seen) and s.id == seen.id)
        return next(shown, seen)

    def _write_series(self, series: str, group: Sequence[Write]) -> Iterator[Outcome]:
        """All that happens to one series as one write; one by one if the groupware refuses them together."""
        if any(write.id == series and write.verb is Verb.DELETE for write in group):
            yield from self._delete_series(series, group)
            return
        outcomes = self._try_together(series, group)
        is_refused = any(isinstance(outcome.error, CannotSync) for outcome in outcomes)
        if not is_refused or len(group) == 1:
            yield from outcomes
            return
        version = ""
        for write in group:
            # Our own write before this one has moved the version.
            (outcome,) = self._try_together(series, [replace(write, version=version or write.version)])
            version = outcome.seen.version if outcome.seen is not None else ""
            yield outcome

    def _delete_series(self, series: str, group: Sequence[Write]) -> Iterator[Outcome]:
        for write in group:
            if write.id == series:
                yield from self._inner.write([write])
        for write in group:
            if write.id != series:
                yield Outcome(write.key, error=None if write.verb is Verb.DELETE else Gone("event-gone"))

    def _try_together(self, series: str, group: Sequence[Write]) -> list[Outcome]:
        current = self._inner.read([series])[series]
        if isinstance(current, Removed):
            return [Outcome(w.key, error=Gone("event-gone")) for w in group]
        if isinstance(current, Unreadable):
            return [Outcome(w.key, error=CannotSync(current.code, current.detail)) for w in group]
        if any(write.version and write.version != current.version for write in group):
            return [Outcome(w.key, error=Moved("event-moved")) for w in group]
        wanted = _Wanted(current.event)
        for write in group:
            wanted.add(write)
        together = Write(
            key=group[0].key,
            verb=Verb.UPDATE,
            id=series,
            version=current.version,
            event=wanted.event,
            fields=frozenset(wanted.parts),
            residue=current.residue,
        )
        (outcome,) = self._inner.write([together])
        if outcome.seen is None:
            return [Outcome(w.key, error=outcome.error) for w in group]
        shown = {s.id: s for s in self._detacher.split(outcome.seen)}
        return [self._of_write(write, shown.get(write.id)) for write in group]

    def _of_write(self, write: Write, shown: Observation | None) -> Outcome:
        if write.verb is Verb.DELETE:
            return Outcome(write.key)
        return (
            Outcome(write.key, shown)
            if isinstance(shown, Seen)
            else Outcome(write.key, error=Moved("event-moved"))
        )


@dataclass(slots=True)
class _Wanted:
    """A series while the writes to it and to its dates are put together; `parts`: what they change."""

    event: Event
    parts: set[str]

    def __init__(self, event: Event) -> None:
        self.event, self.parts = event, set()

    def add(self, write: Write) -> None:
        original = split_id(write.id)[1]
        if original is None:
            assert write.event is not None
            self.event = with_parts(self.event, write.event, write.fields)
            self.parts |= write.fields
        elif write.verb is Verb.DELETE:
            self.event = without_occurrence(self.event, original)
            self.parts.add(occurrence_part(original, CANCELLED))
        else:
            assert write.event is not None
            self.event = with_occurrence(self.event, original, write.event, write.fields)
            self.parts |= {occurrence_part(original, name) for name in write.fields}
