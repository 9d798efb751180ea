"""What is compared and merged as one piece: a part, by its name.

A part is a `Field` of the event, someone who takes part (`core.who`), or one of these of one occurrence of a series:
`2026-12-21/title`, `2026-12-21/with/u:x`, named by the occurrence's original (the day, or the wall time of an
additional date, in ISO form), or `2026-12-21/cancelled`. An occurrence has a part only where it differs from what its
series says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from sync.core.event import FIELDS, Event, Field, Override, Recurrence, value, with_fields
from sync.core.recurrence import normalised, occurrence_of, plain_occurrence
from sync.core.who import ANSWER, changed_texts, read_part, split_occurrence, with_people

Original = date | datetime

CANCELLED = "cancelled"
# Those of Outlook alone included.
ALL_FIELDS = frozenset(Field)
# Between an event's id and the original of one of its occurrences; no side's ids contain it.
_OF = "#"


def occurrence_part(original: Original, name: str) -> str:
    return f"{original.isoformat()}/{name}"


def is_detail(part: str) -> bool:
    """Whether it is one of many that an event may have or not; otherwise it is a Field, which every event has."""
    return "/" in part


def original_of(part: str) -> Original | None:
    """The occurrence that a part belongs to; None for a part of the whole event."""
    head, found, _ = part.partition("/")
    return read_original(head) if found and head[:1].isdigit() else None


def field_of(part: str) -> str:
    """The part without the occurrence it belongs to: a field's name, `cancelled`, or who takes part."""
    return split_occurrence(part)[1]


def is_reminder(part: str) -> bool:
    return field_of(part) == Field.REMINDER


def read_original(text: str) -> Original:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def occurrence_id(event_id: str, original: Original) -> str:
    """The id under which one occurrence is an event of its own (`detach`)."""
    return f"{event_id}{_OF}{original.isoformat()}"


def split_id(event_id: str) -> tuple[str, Original | None]:
    """The id of the event, and the original if only one occurrence of it is meant."""
    whole, found, original = event_id.partition(_OF)
    return whole, read_original(original) if found else None


def occurrence_parts(event: Event, held: Collection[str] = FIELDS) -> Iterator[tuple[str, Event | None]]:
    """The parts in which occurrences differ from their series, with the occurrence's content (None: cancelled)."""
    series = event.recurrence
    if series is None:
        return
    for original in series.exdates:
        yield occurrence_part(original, CANCELLED), None
    for override in series.overrides:
        for name in _changes(event, override, held):
            yield occurrence_part(override.original, name), override.event


def changed_fields(occurrence: Event, plain: Event, held: Collection[str] = FIELDS) -> list[Field]:
    """In which fields an occurrence differs from what its series says."""
    return [n for n in Field if n in held and value(occurrence, n) != value(plain, n)]


def _changes(event: Event, override: Override, held: Collection[str]) -> list[str]:
    plain = plain_occurrence(event, override.original)
    return [*changed_fields(override.event, plain, held), *changed_texts(override.event, plain)]


def with_parts(event: Event, source: Event, names: Iterable[str]) -> Event:
    """`event` with the named parts taken from `source`; an occurrence part that the source does not have is set back
    to what the series says. Other additional dates and occurrences stay as they are."""
    names = frozenset(names)
    after = with_fields(event, source, [Field(n) for n in names if not is_detail(n)])
    after = with_people(after, source, names)
    if after.recurrence is None:
        return after
    dates = _Dates(event)
    theirs = dict(occurrence_parts(source, ALL_FIELDS))
    for part in names:
        original, name = original_of(part), field_of(part)
        if original is None:
            continue
        if name == CANCELLED:
            dates.set_cancelled(original, occurrence_of(source, original) is None)
        else:
            dates.set_part(original, name, theirs.get(part))
    return dates.applied_to(after)


def with_occurrence(series: Event, original: Original, content: Event, names: Iterable[str]) -> Event:
    """The series, one of its occurrences having these parts of `content`, named as those of a whole event."""
    dates = _Dates(series)
    for name in names:
        dates.set_part(original, name, content)
    return dates.applied_to(series)


def without_occurrence(series: Event, original: Original) -> Event:
    dates = _Dates(series)
    dates.set_cancelled(original, True)
    return dates.applied_to(series)


class _Dates:
    """What differs from a series' rule, while it is being changed."""

    def __init__(self, event: Event) -> None:
        series = event.recurrence or Recurrence("")
        self._cancelled = set(series.exdates)
        self._rdates = set(series.rdates)
        self._changes: dict[Original, dict[str, Event]] = {
            o.original: dict.fromkeys(_changes(event, o, ALL_FIELDS), o.event) for o in series.overrides
        }

    def set_cancelled(self, original: Original, is_cancelled: bool) -> None:
        if not is_cancelled:
            self._cancelled.discard(original)
            return
        self._changes.pop(original, None)
        if original in self._rdates:
            self._rdates.remove(original)
        else:
            self._cancelled.add(original)

    def set_part(self, original: Original, name: str, content: Event | None) -> None:
        """`content` None: as the series says."""
        if content is not None:
            self._changes.setdefault(original, {})[name] = content
        else:
            self._changes.get(original, {}).pop(name, None)

    def applied_to(self, series: Event) -> Event:
        assert series.recurrence is not None
        overrides = tuple(
            Override(original, _occurrence(series, original, changes))
            for original, changes in self._changes.items()
            if changes
        )
        rrule = series.recurrence.rrule
        dates = Recurrence(rrule, tuple(self._cancelled), tuple(self._rdates), overrides)
        return normalised(replace(series, recurrence=dates))


def _occurrence(series: Event, original: Original, changes: dict[str, Event]) -> Event:
    content = plain_occurrence(series, original)
    # Who answers has to be there first.
    for name in sorted(changes, key=lambda name: name.startswith(f"{ANSWER}/")):
        if read_part(name) is not None:
            content = with_people(content, changes[name], [name])
        else:
            content = with_fields(content, changes[name], [Field(name)])
    return content
