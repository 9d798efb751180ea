"""What has to be written to single dates of a series so that it shows what was asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sync.core.event import Event, Field, value
from sync.core.parts import ALL_FIELDS, Original, field_of, occurrence_parts, original_of, with_parts
from sync.core.recurrence import occurrence_of
from sync.core.who import who_part

Asked = tuple[Event, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One DELETE, or one PATCH of the named fields, of one date. `content` None: the date is deleted. `asked`: the
    parts about people that are to be as in these events, the later one having the last word."""

    original: Original
    content: Event | None = None
    names: frozenset[Field] = frozenset()
    asked: tuple[Asked, ...] = ()


def aim(now: Event, wanted: Event, before: Event) -> Event:
    """The series as it shows now, with the dates that are `wanted`.

    Taken back as well is what a date kept from `before` our write of the master: whether and how far exceptions
    follow it is assumed only (graph-calendar.md 3.3). What we neither were asked for nor caused is a person's act.
    Who takes part is left out (`date_people`).
    """
    names = {part for part, _ in _parts(wanted)}
    for part, content in _parts(now):
        original = original_of(part)
        if content is None or original is None:
            continue
        old = occurrence_of(before, original)
        name = Field(field_of(part))
        if old is not None and value(old, name) == value(content, name):
            names.add(part)
    return with_parts(now, wanted, names)


def _parts(series: Event) -> Iterator[tuple[str, Event | None]]:
    found = occurrence_parts(series, ALL_FIELDS)
    return ((part, content) for part, content in found if who_part(part) is None)


def steps(now: Event, target: Event) -> Iterator[Step]:
    """Deletes first: a deleted date bounds its neighbours all the same, but stands nowhere (3.3)."""
    if now.recurrence is None or target.recurrence is None:
        return
    for original in target.recurrence.exdates:
        if original not in now.recurrence.exdates:
            yield Step(original)
    touched = {o.original for series in (now.recurrence, target.recurrence) for o in series.overrides}
    for original in sorted(touched, key=str):
        shown, content = occurrence_of(now, original), occurrence_of(target, original)
        if shown is None or content is None:
            continue  # no such date in Outlook: the rule does not give it, or somebody deleted it
        names = frozenset(name for name in Field if value(shown, name) != value(content, name))
        if names:
            yield Step(original, content, names)


def cannot_return(now: Event, wanted: Event) -> Iterator[Original]:
    """Deleted dates that are to take place again: Exchange has no way to do that (3.3)."""
    if now.recurrence is None or wanted.recurrence is None:
        return
    for original in now.recurrence.exdates:
        if original not in wanted.recurrence.exdates and occurrence_of(wanted, original) is not None:
            yield original
