"""A series cut where "this and all following" was edited, as a groupware cuts it: each piece a series of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from icalendar import Event

from sync.sandbox.fidelity.dates import EVER, Dates
from sync.sandbox.fidelity.moments import Extent, Length
from sync.sandbox.fidelity.rules import Rule

NEVER = datetime(1, 1, 1)  # noqa: DTZ001  wall times have no zone


@dataclass(frozen=True, slots=True)
class Override:
    """One occurrence as it was edited. `original`: the wall time it had by the series."""

    original: datetime
    event: Event
    extent: Extent
    is_for_all_following: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """The dates of the series from `since` until `before`, moved by `shift`, as `event` says them."""

    since: datetime
    before: datetime
    event: Event
    length: Length
    shift: timedelta = timedelta()

    @property
    def is_first(self) -> bool:
        return self.since == NEVER

    def holds(self, original: datetime) -> bool:
        return self.since <= original < self.before


def cut(
    event: Event, length: Length, following: Sequence[tuple[Override, datetime, Length]]
) -> list[Segment]:
    """`following`: the edits of all following dates in order, each with its wall start and length."""
    edges = [override.original for override, _, _ in following] + [EVER]
    segments = [Segment(NEVER, edges[0], event, length)]
    for (override, start, lasts), before in zip(following, edges[1:], strict=True):
        shift = start - override.original
        segments.append(Segment(override.original, before, override.event, lasts, shift))
    return segments


def rule_of(segment: Segment, dates: Dates) -> tuple[datetime, Rule] | None:
    """Start and rule with which the groupware says exactly the rule's dates of this segment; None if it cannot."""
    if len(dates.rules) != 1 or not dates.rules[0].is_held():
        return None
    rule, start = dates.rules[0], dates.start
    if segment.is_first and segment.before == EVER:
        return start, rule
    if not segment.is_first:
        start = segment.since + segment.shift
        is_by_rule = segment.since in until(rule.starts(dates.start), segment.since)
        # On another day the rule's weekdays and days of the month would mean other dates.
        if not is_by_rule or start.date() != segment.since.date():
            return None
    if dates.is_endless and segment.before == EVER:
        return start, rule
    last = dates.last_before(segment.before)
    if last is None or last < segment.since:
        return None
    return start, replace(rule.without_bounds(), until=last + segment.shift)


def until(starts: Iterator[datetime], last: datetime) -> Iterator[datetime]:
    for start in starts:
        if start > last:
            return
        yield start
