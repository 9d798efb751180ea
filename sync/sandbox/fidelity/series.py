"""A series of a calendar file as the groupware's events: one a piece, and what no series there can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from icalendar import Event

from sync.sandbox.fidelity.as_dates import as_dates
from sync.sandbox.fidelity.as_rule import as_rule
from sync.sandbox.fidelity.dates import Dates
from sync.sandbox.fidelity.moments import Extent, NotEntered, length_of, wall
from sync.sandbox.fidelity.pieces import Account, Piece, own_event
from sync.sandbox.fidelity.places import Places
from sync.sandbox.fidelity.segments import Override, Segment, cut, rule_of
from sync.sandbox.fidelity.texts import is_cancelled
from sync.sandbox.fidelity.windows import Stretch
from sync.sandbox.fidelity.wire import zone_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """`event` is the master, `extent` its own time."""

    event: Event
    extent: Extent
    dates: Dates
    overrides: Sequence[Override]
    stretch: Stretch
    places: Places
    account: Account

    def events(self) -> list[Json]:
        if self._is_over_before_it_starts():
            if not self.dates.extra:
                raise NotEntered("nothing-takes-place")
            taken_out = self.dates.without | {self.dates.start} - self.dates.extra
            return replace(self, dates=replace(self.dates, rules=(), without=taken_out)).events()
        found = [event for segment in self._segments() for event in self._enter(self._piece(segment))]
        return found + list(self._strays())

    def _is_over_before_it_starts(self) -> bool:
        """Such a rule takes its own start out (programs agree on that; the standard leaves it undefined)."""
        ends = [rule.until for rule in self.dates.rules]
        return bool(ends) and all(until is not None and until < self.dates.start for until in ends)

    def _segments(self) -> list[Segment]:
        following = sorted(
            (o for o in self.overrides if o.is_for_all_following and self._takes_place(o.original)),
            key=lambda override: override.original,
        )
        if following:
            self.account.note("split-series")
        pieces = cut(
            self.event,
            length_of(self.event, self.extent),
            [(o, wall(o.extent.start, self.dates.place), length_of(o.event, o.extent)) for o in following],
        )
        kept = [piece for piece in pieces if not is_cancelled(piece.event)]
        if len(kept) < len(pieces):
            self.account.note("cancelled-occurrence")
        return kept

    def _takes_place(self, original: datetime) -> bool:
        return self.dates.has(original) and not self.dates.is_out(original)

    def _piece(self, segment: Segment) -> Piece:
        edits = {
            o.original: o
            for o in self.overrides
            if segment.holds(o.original) and not o.is_for_all_following and self._takes_place(o.original)
        }
        whole = Piece(segment, self.dates, edits, {}, self.extent, self.stretch, self.places, self.account)
        apart = {
            start: length
            for start, length in self.dates.lengths.items()
            if segment.holds(start) and start not in edits and self._takes_place(start)
            if whole.at(start, length) != whole.at(start)
        }
        return replace(whole, apart=apart)

    def _enter(self, piece: Piece) -> Iterator[Json]:
        said = rule_of(piece.segment, self.dates)
        if said is None:
            return as_dates(piece)
        start, rule = said
        first = piece.at(start - piece.segment.shift)
        is_sayable = first.is_days or zone_of(first, self.places) is not None
        return as_rule(piece, start, rule) if is_sayable else as_dates(piece)

    def _strays(self) -> Iterator[Json]:
        """Edited occurrences that the series does not have."""
        for override in self.overrides:
            if self.dates.is_out(override.original):
                self.account.note("taken-out")
            elif not self.dates.has(override.original):
                yield from own_event(override.event, override.extent, self.places, self.account)
