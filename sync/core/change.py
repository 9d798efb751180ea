"""What a side shows of one event now, and what that means against the Link's base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.core.event import Event, Side


class Change(StrEnum):
    """What happened to one event on one side since both sides last agreed."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    DELETED = "deleted"
    ABSENT = "absent"


# What a side keeps beside the model so that a later write can preserve it (unmapped categories, the form of
# an entry, whether a Teams block follows the body). JSON values only; opaque to everyone but its adapter, save
# for SHARED: true if other people take part, so that one person's delete must not delete it for all.
Residue = Mapping[str, object]
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that the side shows, readable."""

    side: Side
    id: str
    version: str
    event: Event
    # Our key, if the side gave it back (Outlook: transactionId or extended property); see `link.marker_of`.
    marker: str | None = None
    # iCalUId / the groupware's uid: the same for one event on both sides where a side lets us choose it.
    uid: str | None = None
    modified: datetime | None = None
    residue: Residue = field(default_factory=dict)
    # Why this event is not ours to sync although it can be read (a guest's copy, a cancelled meeting), a code.
    hands_off: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that exists but cannot be understood: parked with `code` and `detail`, never taken as deleted."""

    side: Side
    id: str
    version: str
    code: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removed:
    """An event confirmed to be gone from this side (asked for by id, not merely missing from a list)."""

    side: Side
    id: str


Observation = Seen | Unreadable | Removed
