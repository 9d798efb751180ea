"""Single dates of a series: how an occurrence becomes an exception, what bounds it, what drops it (section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.event import Content, Event, Override, local_day, on_day, series_zone
from sync.sandbox.microsoft365.identifiers import build_change_key, digest
from sync.sandbox.microsoft365.parsing import Reader, named_fields
from sync.sandbox.microsoft365.recurrence import neighbours, occurrence_dates
from sync.sandbox.microsoft365.series import same_times
from sync.sandbox.microsoft365.switches import SeriesVersions, Switches

Json = dict[str, Any]
OVERRIDABLE = frozenset(each.name for each in fields(Content)) - {"recurrence"}
# Written or left alone together: half of a time or of a place would not fit the other half of the master's.
TIME = frozenset({"start", "end", "is_all_day"})
PLACE = frozenset({"location", "locations"})
PATTERN = frozenset({"recurrence", "start", "end"})


def change(event: Event, day: date, body: Json, reader: Reader, now: datetime) -> None:
    """PATCH of an occurrence or exception; its versions are left to `stamp`."""
    switches = reader.switches
    if "recurrence" in body:
        if switches.occurrence_recurrence_refused:
            raise errors.property_validation()
        body = {name: value for name, value in body.items() if name != "recurrence"}
    before = event.occurrence(day)
    assert before is not None
    after = reader.change(before, body)
    if not same_times(before, after):
        check_boundaries(event, day, after, switches)
    held = event.exceptions.get(day) or Override({}, created=now, modified=event.modified)
    event.exceptions[day] = replace(
        held, fields=overridden(on_day(event.content, day), before, after, body, held.fields, switches)
    )


def overridden(
    plain: Content, before: Content, after: Content, body: Json, held: Mapping[str, Any], switches: Switches
) -> dict[str, Any]:
    """The fields an exception says differently from the series, once `body` was written to it."""
    if not switches.exceptions_follow_master:
        return {name: getattr(after, name) for name in OVERRIDABLE}
    written = named_fields(body) | {
        name for name in OVERRIDABLE if getattr(before, name) != getattr(after, name)
    }
    together = list(groups(written))
    stored = {name: value for name, value in held.items() if not any(name in group for group in together)}
    for group in together:
        if switches.equal_values_override or any(getattr(after, n) != getattr(plain, n) for n in group):
            stored |= {name: getattr(after, name) for name in group}
    return stored


def groups(names: frozenset[str]) -> Iterator[frozenset[str]]:
    for together in (TIME, PLACE):
        if names & together:
            yield together
    yield from (frozenset({name}) for name in names - TIME - PLACE)


def check_boundaries(event: Event, day: date, after: Content, switches: Switches) -> None:
    """Strictly between its neighbours in the pattern, deleted ones too, and on a day where no exception stands."""
    content = event.content
    assert content.recurrence is not None
    zone, plain = series_zone(content), on_day(content, day)
    stands, others = local_day(after, zone), standing(event, zone)
    others.pop(day, None)
    previous, following = neighbours(content.recurrence, day, switches.short_months_use_last_day)
    lowest, highest = previous or date.min, following or date.max
    if switches.moved_neighbours_bound:
        lowest = max([lowest, *(at for each, at in others.items() if each < day)])
        highest = min([highest, *(at for each, at in others.items() if each > day)])
    crosses = not lowest < stands < highest or stands in others.values()
    if switches.overlapping_occurrences_refused:
        if previous is not None and after.start.instant < plain.start.instant:
            crosses |= after.start.instant < on_day(content, previous).end.instant
        if following is not None and after.end.instant > plain.end.instant:
            crosses |= after.end.instant > on_day(content, following).start.instant
    if crosses:
        raise errors.occurrence_crossing_boundary()


def standing(event: Event, zone: str) -> dict[date, date]:
    """By original date, the day on which each exception stands."""
    shown = ((day, event.occurrence(day)) for day in event.exceptions)
    return {day: local_day(content, zone) for day, content in shown if content is not None}


def cancel(event: Event, day: date) -> None:
    """DELETE of an occurrence or exception: it stands only in cancelledOccurrences from now on."""
    event.cancelled_dates.add(day)
    event.exceptions.pop(day, None)


def settle(event: Event, before: Content, body: Json, switches: Switches) -> None:
    """After the master's content was `before`: a pattern that changed loses its exceptions and cancelled dates."""
    content = event.content
    changed = content.recurrence != before.recurrence or not same_times(content, before)
    sent = bool(named_fields(body) & PATTERN)
    drops = changed or (sent and switches.unchanged_pattern_drops_exceptions)
    if content.recurrence is None or (drops and switches.pattern_change_drops_exceptions):
        event.cancelled_dates.clear()
        event.exceptions.clear()
    elif changed:
        days = [*event.cancelled_dates, *event.exceptions]
        dates = occurrence_dates(
            content.recurrence,
            min(days, default=date.max),
            max(days, default=date.min),
            switches.short_months_use_last_day,
        )
        event.cancelled_dates &= set(dates)
        event.exceptions = {day: event.exceptions[day] for day in event.exceptions if day in dates}


def stamp(event: Event, day: date | None, now: datetime, switches: Switches) -> None:
    """New versions after a write: of the item, or of the date `day` of a series."""
    event.version += 1
    all_move = switches.series_versions is SeriesVersions.WHOLE_SERIES
    for each, override in event.exceptions.items():
        if each == day or all_move or not override.change_key:
            event.exceptions[each] = replace(
                override,
                change_key=build_change_key(digest(event.item.hex(), each), event.version),
                modified=later_than(override.modified, now) if each == day else override.modified,
            )
    if day is None or switches.series_versions is not SeriesVersions.ALONE:
        event.change_key = build_change_key(event.item, event.version)
        event.modified = later_than(event.modified, now)


def later_than(moment: datetime, now: datetime) -> datetime:
    return max(now, moment + timedelta(milliseconds=1))
