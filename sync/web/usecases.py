"""What the HTTP surface asks of the engine, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from sync.core.link import Link, Problem
from sync.core.settings import Connection
from sync.ports import Kept, PassRecord


class UseCases(Protocol):
    """`first` and `until` (exclusive) are the dates a screen asked for; None: the configured window."""

    def sync_now(self, connection: Connection, *, first: date | None, until: date | None) -> PassRecord:
        """One pass, now; `LeaseLost` when another pass over this Connection is running."""

    def preview(self, connection: Connection, *, first: date | None, until: date | None) -> PassRecord:
        """The Plan of a pass that writes nothing."""

    def request_pass(self, connection: Connection, *, first: date | None, until: date | None) -> PassRecord:
        """Ask for a pass soon; its record is QUEUED."""

    def confirm(self, record: PassRecord, by: str) -> PassRecord:
        """Release a held pass in the name of the administrator `by`; returns the queued pass."""

    def problems(self, connection: Connection) -> Sequence[tuple[Link, Problem]]:
        """The parked events."""

    def history(self, connection: Connection) -> Sequence[Kept]:
        """The losing values of conflicts, newest first."""

    def forget(self, organization: str, user: str) -> bool:
        """Delete all that is kept about a person; False if there was nothing. `LeaseLost` while a pass runs."""

    def storage_reachable(self) -> bool: ...

    def needs_attention(self) -> bool:
        """Whether the connection to Microsoft 365 of any organization needs its administrator."""
