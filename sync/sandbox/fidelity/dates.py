"""All starts of one series: by its rules, its extra dates and without the dates that were taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from heapq import merge
from itertools import takewhile

from icalendar import Event

from sync.sandbox.fidelity.moments import Extent, Length, Moments, wall
from sync.sandbox.fidelity.rules import Rule, read_rules

EVER = datetime(9999, 1, 1)  # noqa: DTZ001  wall times have no zone


@dataclass(frozen=True, slots=True)
class Dates:
    """Naive wall times of the series' zone (`place`; None: whole days). `lengths`: of the extra dates that were
    written as periods. The start itself always takes place, unless it was taken out."""

    start: datetime
    place: tzinfo | None
    rules: Sequence[Rule] = ()
    extra: frozenset[datetime] = frozenset()
    lengths: dict[datetime, Length] = field(default_factory=dict)
    without: frozenset[datetime] = frozenset()
    without_days: frozenset[date] = frozenset()

    def all(self) -> Iterator[datetime]:
        """In order, those too that were taken out; may never end."""
        before: datetime | None = None
        for start in merge(
            (self.start,), sorted(self.extra), *(rule.starts(self.start) for rule in self.rules)
        ):
            if start != before:
                yield start
            before = start

    def between(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Those that take place in [since, until), in order."""
        for start in takewhile(lambda start: start < until, self.all()):
            if start >= since and not self.is_out(start):
                yield start

    def is_out(self, start: datetime) -> bool:
        return start in self.without or start.date() in self.without_days

    def has(self, start: datetime) -> bool:
        """Whether it is one of the starts, taken out or not."""
        return start in takewhile(lambda found: found <= start, self.all())

    def is_by_rule(self, start: datetime) -> bool:
        """Whether it takes place without being an extra date."""
        return replace(self, extra=frozenset()).has(start)

    def last_before(self, until: datetime) -> datetime | None:
        """The last start by the only rule before `until`."""
        earlier = takewhile(lambda start: start < until, self.rules[0].starts(self.start))
        return max(earlier, default=None)

    @property
    def is_endless(self) -> bool:
        return any(rule.count is None and rule.until is None for rule in self.rules)


def read_dates(event: Event, extent: Extent, moments: Moments) -> Dates:
    place = None if extent.is_days else extent.place
    start = wall(extent.start, place)
    rules = read_rules(event.get("RRULE"), start, place)
    out = [value for value, _ in moments.listed(event, "EXDATE")]
    added = list(moments.listed(event, "RDATE"))
    lengths = {
        wall(value, place): Length.of(end) if isinstance(end, timedelta) else Length.between(value, end)
        for value, end in added
        if end is not None
    }
    days = frozenset(value for value in out if not isinstance(value, datetime))
    return Dates(
        start,
        place,
        rules,
        frozenset(on_series(value, place) for value, _ in added),
        lengths,
        frozenset(on_series(value, place) for value in out),
        days if place is not None else frozenset(),
    )


def on_series(value: date, place: tzinfo | None) -> datetime:
    """A date of the series as a wall time. In a series of whole days the day counts, as it is written."""
    if place is None:
        return wall(date(value.year, value.month, value.day))
    return wall(value, place)
