"""One series on its way to what was asked for: what is known of it, and what is still to be done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sync.adapters.graph.answers import Json
from sync.adapters.graph.steps import Step
from sync.core.change import Seen
from sync.core.event import Event, Field
from sync.core.parts import Original, is_detail, original_of
from sync.errors import SyncError
from sync.ports import Outcome, Write


@dataclass(slots=True)
class Job:
    """One series to be brought to what `source` says in the parts `names`; none: it only has to be shown.

    `item` and `seen` are the event as it was last read, `before` as it was read first.
    """

    write: Write
    id: str
    source: Event
    names: frozenset[str] = frozenset()
    is_series: bool = True  # known to be one now
    item: Json = field(default_factory=dict)
    seen: Seen | None = None
    before: Event | None = None
    wanted: Event | None = None
    ids: dict[Original, str] = field(default_factory=dict)
    todo: deque[Step] = field(default_factory=deque)
    deferred: set[Original] = field(default_factory=set)
    # What is to be known by looking again: how it looks now, and whether a write whose answer was lost was done.
    is_stale: bool = False
    doubt: SyncError | None = None
    outcome: Outcome | None = None

    @property
    def now(self) -> Event:
        assert self.seen is not None
        return self.seen.event

    @property
    def fields(self) -> frozenset[Field]:
        return frozenset(Field(name) for name in self.names if not is_detail(name))

    @property
    def dates(self) -> set[Original]:
        return {original for name in self.names if (original := original_of(name)) is not None}

    def close(self, error: SyncError) -> None:
        self.outcome = Outcome(self.write.key, error=error)

    def show(self, item: Json, seen: Seen) -> None:
        self.item, self.seen, self.is_stale = item, seen, False


def still_open(group: Sequence[Job]) -> list[Job]:
    return [job for job in group if job.outcome is None]


def is_to_be_single(job: Job) -> bool:
    return job.wanted is not None and job.wanted.recurrence is None


def told(group: Sequence[Job]) -> Iterator[Outcome]:
    """What is known so far."""
    return iter([job.outcome for job in group if job.outcome is not None])
