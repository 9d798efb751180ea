"""What the answer to a write means for the one event it was for."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from sync.core.change import Seen
from sync.core.event import Event, Field
from sync.core.fingerprint import digest
from sync.errors import CannotSync, Gone, Moved, SyncError, TryLater
from sync.ports import Verb, Write


def own_error(error: SyncError, write: Write) -> SyncError:
    """The error as this one event's problem."""
    if isinstance(error, TryLater):
        # Comes this far only for an event that alone fails again and again (batch.run).
        return CannotSync("graph-failing", error.detail)
    if isinstance(error, (CannotSync, Moved)) or (isinstance(error, Gone) and write.verb is Verb.UPDATE):
        return error
    return CannotSync("graph-refused", error.detail)


def create_error(error: SyncError) -> SyncError:
    """Nothing carries the marker. A used key with no event: the one it made was deleted since."""
    if is_key_used(error):
        return CannotSync("create-key-used", error.detail)
    return error


def is_key_used(error: SyncError) -> bool:
    # Seen as ErrorDuplicateTransactionId; the documentation names no code (graph-calendar.md 6.2).
    return "duplicatetransaction" in error.detail.get("graph_code", "").lower()


def is_crossing(error: SyncError) -> bool:
    """An occurrence that was moved to or past its neighbour (T27)."""
    return error.detail.get("graph_code", "").lower() == "erroroccurrencecrossingboundary"


def is_deleted_date(error: SyncError) -> bool:
    """An occurrence that is gone, under Graph's name and under that of EWS, which surfaces at times (6.4)."""
    code = error.detail.get("graph_code", "").lower()
    return isinstance(error, Gone) or code == "errorcalendaroccurrenceisdeletedfromrecurrence"


def with_marker(seen: Seen, write: Write) -> Seen:
    """The answer to a create does not show the property that the create has just set."""
    return replace(seen, marker=write.marker) if write.verb is Verb.CREATE and not seen.marker else seen


def shows(event: Event, wanted: Event, names: Set[str]) -> bool:
    """Whether an event is as wanted in the named parts. A reminder that nobody asked for is the person's own."""
    asked = names - ({Field.REMINDER} if wanted.reminder is None else set())
    return all(digest(event, name) == digest(wanted, name) for name in asked)
