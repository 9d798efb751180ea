"""One piece of a series on its way into the groupware: its dates, and the occurrences that were edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from icalendar import Event

from sync.sandbox.fidelity.dates import EVER, Dates
from sync.sandbox.fidelity.diagnostics import Finding
from sync.sandbox.fidelity.moments import DAY, Extent, Length
from sync.sandbox.fidelity.places import Places
from sync.sandbox.fidelity.segments import Override, Segment
from sync.sandbox.fidelity.texts import is_cancelled, texts
from sync.sandbox.fidelity.windows import Stretch
from sync.sandbox.fidelity.wire import extent_at, times

Json = dict[str, Any]


@dataclass(slots=True)
class Account:
    """What is to be said of the entry besides its events. From `compared_until` on nothing was entered."""

    findings: set[Finding] = field(default_factory=set)
    compared_until: datetime | None = None

    def note(self, code: str) -> None:
        self.findings.add(Finding(code))


@dataclass(frozen=True, slots=True)
class Piece:
    """`edits` and `apart` (longer or shorter than the others) are by original; `template` is the series' first
    occurrence, whose form and zone all have."""

    segment: Segment
    dates: Dates
    edits: Mapping[datetime, Override]
    apart: Mapping[datetime, Length]
    template: Extent
    stretch: Stretch
    places: Places
    account: Account

    def at(self, original: datetime, length: Length | None = None) -> Extent:
        return extent_at(original + self.segment.shift, length or self.segment.length, self.template)

    def own(self, event: Event, extent: Extent) -> Iterator[Json]:
        return own_event(event, extent, self.places, self.account)

    def reach(self) -> tuple[datetime, datetime]:
        """The originals that may matter in this stretch."""
        first = datetime.combine(self.stretch.first, time()) - DAY - self.segment.shift
        until = datetime.combine(self.stretch.until, time()) + DAY - self.segment.shift
        return max(first, self.segment.since), min(until, self.segment.before, EVER)


def own_event(event: Event, extent: Extent, places: Places, account: Account) -> Iterator[Json]:
    """An occurrence as an event of its own."""
    if is_cancelled(event):
        account.note("cancelled-occurrence")
        return
    account.note("own-event")
    yield {**texts(event), **times(extent, places)}
