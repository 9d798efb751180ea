"""What a person sees of one occurrence in a calendar: when, whether it is whole days, and its title."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class Row:
    """`start` and `end` are both days (the end exclusive) or both times in UTC."""

    start: date
    end: date
    title: str

    @property
    def time(self) -> tuple[str, str]:
        """What two calendars must show alike; days and times differ in form."""
        return self.start.isoformat(), self.end.isoformat()


def instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
