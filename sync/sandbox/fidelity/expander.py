"""What a calendar file says takes place, by the library `recurring-ical-events`, which shares no code with ours."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar, Event
from icalendar.prop import vDDDTypes

from sync.sandbox.demo.company import ZONE
from sync.sandbox.fidelity.diagnostics import Finding
from sync.sandbox.fidelity.entries import Entry, text
from sync.sandbox.fidelity.moments import BROKEN, Extent, Length, in_order, length_of
from sync.sandbox.fidelity.rows import Row, instant
from sync.sandbox.fidelity.texts import is_cancelled
from sync.sandbox.fidelity.windows import Stretch

DAY = timedelta(days=1)


class GivesUp(Exception):
    """Raised when the library cannot expand an entry; the message is the class of its error."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """`findings`: where the library is known to deviate from the standard, and was put right."""

    rows: list[Row]
    findings: frozenset[Finding] = frozenset()


def expand(entry: Entry, stretch: Stretch) -> Expansion:
    """The occurrences that start in what is compared of the stretch. Cancelled ones do not take place."""
    lengths, findings = lengths_of(entry), set[Finding]()
    rows = [
        row_of(event, lengths, findings) for event in occurrences(entry, stretch) if not is_cancelled(event)
    ]
    return Expansion([row for row in rows if stretch.compares(row.start)], frozenset(findings))


def occurrences(entry: Entry, stretch: Stretch) -> list[Event]:
    calendar = Calendar()
    if entry.home_zone:
        calendar.add("X-WR-TIMEZONE", entry.home_zone)
    for component in entry.components:
        calendar.add_component(component)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: list[Event] = recurring_ical_events.of(calendar).between(
                stretch.first - DAY, stretch.until + DAY
            )
            return found
    except (*BROKEN, recurring_ical_events.PeriodEndBeforeStart) as error:
        raise GivesUp(type(error).__name__) from error


def row_of(event: Event, lengths: Mapping[timedelta, Length], findings: set[Finding]) -> Row:
    start, end = moment(event["DTSTART"]), moment(event["DTEND"])
    title = text(event, "SUMMARY")
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        # A day that ends where it starts: shown as that day (`diagnostics.CHANGED`, empty-day).
        return Row(start, max(end, start + DAY), title)
    length = lengths.get(on_the_wall(start, end))
    if length is not None and in_order(length.after(start)) != in_order(end):
        findings.add(Finding("expander-wall-length"))
        end = in_order(length.after(start))
    return Row(instant(start), instant(end), title)


def lengths_of(entry: Entry) -> dict[timedelta, Length]:
    """How long the entry's occurrences are by the standard, by their difference of wall times."""
    found = {}
    for event in entry.components:
        try:
            start, end = moment(event["DTSTART"]), moment(event.get("DTEND") or vDDDTypes(event.end))
        except BROKEN:
            continue
        if isinstance(start, datetime) and isinstance(end, datetime):
            found[on_the_wall(start, end)] = length_of(event, Extent(start, end))
    return found


def on_the_wall(start: datetime, end: datetime) -> timedelta:
    """As the library measures: without a look at clock changes between two times of one zone."""
    return end - start


def moment(value: Any) -> date:
    found: date = value.dt
    if isinstance(found, datetime) and found.tzinfo is None:
        return found.replace(tzinfo=ZoneInfo(ZONE))
    return found
