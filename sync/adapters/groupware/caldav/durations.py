"""Durations (RFC 5545 3.3.6): days of the calendar, and exact time. P1D is not PT24H."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Duration:
    """First `days` on the calendar, then `rest` on the clock. Both are negative in a negative one."""

    days: timedelta = timedelta()
    rest: timedelta = timedelta()

    @property
    def total(self) -> timedelta:
        """With days of 24 hours."""
        return self.days + self.rest


def duration_from(value: str) -> Duration | None:
    """None for anything else."""
    found = _DURATION.fullmatch(value.strip().upper())
    if found is None or not any(found.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    return Duration(
        sign * timedelta(weeks=weeks, days=days),
        sign * timedelta(hours=hours, minutes=minutes, seconds=seconds),
    )
