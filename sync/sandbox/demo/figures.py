"""What the passes over one person did, added up from their reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.core.event import Side
from sync.core.messages import Language, sentence
from sync.core.words.events import EVENTS

VERBS = ("create", "update", "delete")


@dataclass(slots=True)
class Figures:
    """`left_alone`: reason -> events; `kept`: losing values of conflicts that stand in the history."""

    writes: dict[str, Counter[str]] = field(default_factory=lambda: {side.value: Counter() for side in Side})
    adopted: int = 0
    merged: int = 0
    kept: int = 0
    left_alone: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)

    def add_pass(self, report: Mapping[str, Any]) -> None:
        """One report as GET /api/passes/{id} shows it."""
        counts = report.get("counts", {})
        for side in Side:
            self.writes[side.value].update(counts.get(side.value, {}))
        self.adopted += counts.get("events", {}).get("adopt", 0)
        self.merged += counts.get("events", {}).get("merge", 0)
        self.requests.update(report.get("requests", {}))
        actions: Sequence[Mapping[str, Any]] = report.get("actions", ())
        self.kept += sum(len(action.get("kept", ())) for action in actions)
        parked = Counter(str(action["reason"]) for action in actions if action["action"] == "park")
        passed_over = Counter(report.get("reasons", {})) - parked
        # The same event is passed over in every pass that sees it: the highest number counts, not the sum.
        self.left_alone |= Counter({code: n for code, n in passed_over.items() if code in EVENTS})

    def add(self, other: Figures) -> None:
        for side, counted in other.writes.items():
            self.writes[side].update(counted)
        self.adopted += other.adopted
        self.merged += other.merged
        self.kept += other.kept
        self.left_alone.update(other.left_alone)
        self.requests.update(other.requests)

    @property
    def total_writes(self) -> int:
        return sum(counted.total() for counted in self.writes.values())

    def cells(self) -> list[int]:
        """The numbers of a row, in the order of the table's columns."""
        written = [self.writes[side.value][verb] for side in Side for verb in VERBS]
        return [*written, self.adopted, self.merged]


def both_languages(code: str, detail: Mapping[str, str]) -> str:
    return f"{sentence(code, detail, Language.JA)} / {sentence(code, detail, Language.EN)}"
