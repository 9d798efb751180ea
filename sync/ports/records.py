"""What was done, for people to look at later: passes, lost values, bulk linkings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync.core.event import Side


class PassState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class PassRecord:
    """A pass as people see it later. `report` is JSON-ready and holds ids, counts and reasons, no content."""

    id: str
    organization: str
    user: str
    state: PassState
    trigger: str  # automatic | manual | preview
    started_at: datetime
    finished_at: datetime | None = None
    error: str = ""
    error_detail: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, object] = field(default_factory=dict)


class Passes(Protocol):
    def save(self, record: PassRecord) -> None: ...

    def get(self, pass_id: str) -> PassRecord | None:
        """By id alone; the caller checks organization and user of what comes back."""

    def list(self, organization: str, user: str, limit: int = 50) -> Sequence[PassRecord]:
        """Newest first, without the report's items."""

    def each(self, organization: str, user: str) -> Iterator[PassRecord]:
        """Newest first, whole, page by page; a damaged record is left out, with a log line."""

    def delete_before(
        self, organization: str, user: str, before: datetime, limit: int = 1000, keep: Collection[str] = ()
    ) -> int:
        """Delete passes that started before `before` (to the millisecond), but not those whose ids are in `keep`.

        At most `limit` rows; returns how many. Fewer than `limit`: no such pass is left. Costs one request when
        there is nothing to do.
        """

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        """Delete up to `limit` rows of this person; how many. 0: none is left."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The losing value of a conflict (law 3): readable and restorable by the person."""

    organization: str
    user: str
    pass_id: str
    at: datetime
    side: Side
    event_id: str
    link: str
    field: str
    value: str  # JSON of the value as text


class History(Protocol):
    def keep(self, values: Sequence[Kept]) -> None: ...

    def list(self, organization: str, user: str, limit: int = 100) -> Sequence[Kept]:
        """Newest first."""

    def each(self, organization: str, user: str) -> Iterator[Kept]:
        """Newest first, page by page; a damaged value is left out, with a log line."""

    def delete_before(self, organization: str, user: str, before: datetime, limit: int = 1000) -> int:
        """Delete values that lost before `before`; limit and answer as for `Passes`."""

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        """Delete up to `limit` rows of this person; how many. 0: none is left."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One person of a bulk linking. None: as it is."""

    user: str
    upn: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RowFailure:
    """Why a row was not carried out, or why its person cannot be synced."""

    user: str
    code: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What became of a chunk: people who can be synced, people who are looked at again, and rows that failed."""

    linked: int
    waiting: int
    failures: tuple[RowFailure, ...]
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """A bulk linking and how far it is. `enabled` None: everybody's switch stays as it is."""

    id: str
    organization: str
    by: str
    started_at: datetime
    total: int
    enabled: bool | None = None
    chunks: int = 0
    results: tuple[ChunkResult, ...] = ()

    @property
    def is_done(self) -> bool:
        return len(self.results) == self.chunks

    @property
    def finished_at(self) -> datetime | None:
        return max((one.finished_at for one in self.results), default=None) if self.is_done else None


class Operations(Protocol):
    """Bulk linkings: each chunk is stored with its rows until it is done, and with its result afterwards."""

    def start(self, operation: Operation, chunks: Sequence[Sequence[LinkRow]]) -> Operation:
        """Store all of it; returns it with the number of its chunks."""

    def get(self, organization: str, operation_id: str) -> Operation | None: ...

    def rows(self, organization: str, operation_id: str, number: int) -> Sequence[LinkRow] | None:
        """The rows of a chunk (counted from 0); None if it is done, or if there is none such."""

    def finish(self, organization: str, operation_id: str, number: int, result: ChunkResult) -> None:
        """Storing the result of a chunk again replaces it."""
