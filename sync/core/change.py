"""What a side shows of one event now, and what that means against the Link's base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sync.core.event import Event, Side


class Change(StrEnum):
    """What happened to one event on one side since both sides last agreed."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    DELETED = "deleted"
    ABSENT = "absent"


class Role(StrEnum):
    """What this person's pass may do with an event that others share (design.md 6)."""

    OWN = "own"
    # Another mailbox holds the meeting: this one's copy is only watched.
    GUEST = "guest"
    # Somebody outside organizes it: this pass brings it into the groupware, and cannot write to Outlook.
    IMPORTED = "imported"


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
    # What is lost or said otherwise on the way to the other side, by name (`capabilities.Diagnostic`).
    diagnostics: tuple[str, ...] = ()
    role: Role = Role.OWN
    # Of an event that others share: the id of the groupware event that it is, "" if nobody knows yet.
    meeting: str = ""
    # Why a guest's half cannot be linked yet, a code.
    waits: str = ""
    # Of a date shown by itself because its person takes part in no other (`own_dates`): the whole series.
    whole: Event | None = None
    # Of the copy of such a date: the uid of its series, and the original.
    part_of: tuple[str, date] | None = None


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
    """An event confirmed to be gone from this side (asked for by id, not merely missing from a list).

    `is_replaced`: it goes on as other events of ours (`detach`), so an edit of its other half cannot bring it back.
    """

    side: Side
    id: str
    is_replaced: bool = False


Observation = Seen | Unreadable | Removed
