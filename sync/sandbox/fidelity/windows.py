"""The stretches of time in which a file's events are looked at: around everything that the file dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sync.core.window import midnight
from sync.sandbox.demo.company import ZONE

BEFORE = timedelta(days=31)
LENGTH = timedelta(days=730)
# Events at the very edge belong to the other side of a change of date somewhere; they are not compared.
MARGIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days `first` to `until` (exclusive) are synced; what starts inside of them, less a margin, is compared."""

    first: date
    until: date

    @property
    def compared(self) -> tuple[date, date]:
        return self.first + MARGIN, self.until - MARGIN

    def compares(self, start: date) -> bool:
        """`start` is a day, or an instant."""
        first, until = self.compared
        if isinstance(start, datetime):
            return midnight(first, ZONE) <= start < midnight(until, ZONE)
        return first <= start < until

    @property
    def now(self) -> datetime:
        """When the sync of this stretch runs."""
        return datetime.combine(self.first + BEFORE, time(3), UTC)


def stretches(days: Iterable[date]) -> Iterator[Stretch]:
    """The fewest stretches that hold all days."""
    covered: date | None = None
    for day in sorted(set(days)):
        if covered is None or day >= covered:
            stretch = Stretch(day - BEFORE, day - BEFORE + LENGTH)
            covered = stretch.until - BEFORE
            yield stretch
