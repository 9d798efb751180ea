"""One change that a side shall make: data that the plan holds, the preview shows and a Calendar carries out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sync.core.change import Residue
from sync.core.event import Event


class Verb(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Write:
    """`key` names the Link and comes back in the Outcome; `fields` are names of parts (`core.parts`).

    CREATE uses `event`, `token` (idempotency key, a UUID as text: the same token never makes a second event),
    `marker` and `uid`; UPDATE uses `id`, `version`, `event`, `residue` and changes only `fields`; DELETE `id`
    and `version`. `version` is the condition: a side that shows another version answers `Moved`. An empty
    `version` means that none is known: the adapter reads it first.
    """

    key: str
    verb: Verb
    id: str = ""
    version: str = ""
    event: Event | None = None
    fields: frozenset[str] = frozenset()
    token: str = ""
    marker: str = ""
    uid: str = ""
    residue: Residue = field(default_factory=dict)
    # What of the event this side cannot say, by name (`capabilities.Diagnostic`): for people, not for adapters.
    diagnostics: tuple[str, ...] = ()
