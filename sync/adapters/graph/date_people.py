"""Who takes part in single dates of a series: which dates have to be written, and with which list of attendees.

A date has a list of its own once it differs. Whether such a list follows those who are added to the series later is
not documented (graph-calendar.md 3.3), so it is looked at after the master was written, and brought there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sync.adapters.graph.attendees import (
    Addresses,
    attendees_to_graph,
    has_part,
    people_parts,
    shows_people,
)
from sync.adapters.graph.series_job import Job
from sync.adapters.graph.steps import Asked, Step
from sync.adapters.graph.wire import Item
from sync.core.event import Event
from sync.core.parts import Original, original_of
from sync.core.recurrence import occurrence_of, plain_occurrence
from sync.core.who import changed_texts, split_occurrence


def with_people(job: Job, steps: Iterable[Step], addresses: Addresses) -> list[Step]:
    """The steps of a series, with those that bring its dates the people they are to have."""
    found = {step.original: step for step in steps}
    for original, asked in _asked(job, addresses).items():
        shown = occurrence_of(job.now, original)
        step = found.get(original) or Step(original, shown)
        if shown is None or step.content is None:
            continue
        if all(shows_people(shown, event, names, addresses) for event, names in asked):
            continue
        # The place of a date that books a room names that room (6.7).
        content = replace(step.content, facilities=asked[-1][0].facilities)
        found[original] = replace(step, content=content, asked=asked)
    return list(found.values())


def attendees_on(step: Step, current: Item, addresses: Addresses) -> list[object] | None:
    """The whole list for the PATCH of a date that shows `current`; None: it has whom it is to have."""
    changed = None
    for event, names in step.asked:
        invited = attendees_to_graph(event, names, current, addresses)
        if invited is not None:
            changed, current = invited, {**current, "attendees": invited}
    return changed


def _asked(job: Job, addresses: Addresses) -> dict[Original, tuple[Asked, ...]]:
    """By date, first what it had before a write of the times took it away, then what is asked for."""
    had, named = _had(job), _named(job, addresses)
    return {
        original: tuple(asked for asked in (had.get(original), named.get(original)) if asked)
        for original in sorted({*had, *named}, key=str)
    }


def _had(job: Job) -> dict[Original, Asked]:
    assert job.wanted is not None
    found: dict[Original, Asked] = {}
    for one in job.wanted.recurrence.overrides if job.wanted.recurrence is not None else ():
        names = people_parts(changed_texts(one.event, plain_occurrence(job.wanted, one.original)))
        if names:
            found[one.original] = one.event, names
    return found


def _named(job: Job, addresses: Addresses) -> dict[Original, Asked]:
    """The parts of a date itself; and those of the series, if the date did not differ in them."""
    assert job.before is not None
    found: dict[Original, Asked] = {}
    of_series = people_parts(job.names)
    for original in {*_dates(job.names), *_overridden(job.now)}:
        wanted, before = occurrence_of(job.source, original), occurrence_of(job.before, original)
        if wanted is None:
            continue
        names = people_parts(rest for name in job.names for rest in _of_date(name, original))
        if before is not None:
            names |= {n for n in of_series if _follows(n, before, job.before, addresses)}
        if names:
            found[original] = wanted, names
    return found


def _dates(names: Iterable[str]) -> set[Original]:
    return {original for name in names if (original := original_of(name)) is not None}


def _overridden(series: Event) -> set[Original]:
    return {one.original for one in series.recurrence.overrides} if series.recurrence is not None else set()


def _of_date(name: str, original: Original) -> list[str]:
    of, rest = split_occurrence(name)
    return [rest] if of == original.isoformat() else []


def _follows(part: str, date: Event, series: Event, addresses: Addresses) -> bool:
    return has_part(date, part, addresses) == has_part(series, part, addresses)
