"""What follows for one event, and the Plan of a whole pass: data that preview, guard, report and history read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.core.change import Seen
from sync.core.event import Side
from sync.core.link import Complaint, Link
from sync.core.merge import Loss
from sync.core.parts import Original
from sync.core.write import Write


class Kind(StrEnum):
    """What an Action does; also the heading under which it is counted and shown."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    MERGE = "merge"
    FORGET = "forget"
    REFRESH = "refresh"
    SKIP = "skip"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Action:
    """What follows for one event. `link` is the Link before the writes (a new one for a new event).

    `unsent`: parts edited on a side that are not sent to the other one; the base keeps their old digest, so
    that the edit is not forgotten. `detail` fills the sentence of a park or skip reason.
    """

    kind: Kind
    reason: str
    link: Link
    seen: Mapping[Side, Seen] = field(default_factory=dict)
    writes: Mapping[Side, Write] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    unsent: Mapping[Side, frozenset[str]] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    # The side on which the event could not be read, for PARK.
    side: Side | None = None
    # A CREATE that was announced by an earlier pass: the side may answer with what that one had created.
    is_repeated: bool = False
    # The facilities whose room has declined in Outlook: the event as such (()), or these dates of it.
    declined: Mapping[str, tuple[Original, ...]] = field(default_factory=dict)
    # What is still wrong with the event when everything has succeeded; a PARK has its reason and detail.
    complaint: Complaint | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The Actions of one pass: dry run, preview, guard, log and history all read this."""

    actions: tuple[Action, ...] = ()

    def count(self, kind: Kind) -> int:
        return sum(action.kind is kind for action in self.actions)
