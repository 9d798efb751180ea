"""What one side showed in one round: everything in the window, or only what changed since a cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.change import Observation
from sync.core.event import Side


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Observations of one side by event id, after the last page of a round.

    `is_complete`: the round listed the whole window, so a linked event inside it that is missing here must be
    asked for by id. It is never taken as deleted by itself. `missing` are ids that the side reported as
    removed without saying why (Graph `@removed`), to be asked for if they are linked.
    """

    side: Side
    observations: Mapping[str, Observation] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    is_complete: bool = False
