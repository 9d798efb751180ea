"""A series, contract to neutral: what the rule says on each day, and what differs.

The contract measures an occurrence in elapsed time, the neutral model by the wall clock. They disagree on the nights
on which the clocks of the series' zone are changed during an occurrence; the neutral series then has an override of
the time. That is said for the first two years of a series (`REACH`): later such nights are taken as the wall clock
says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sync.adapters.groupware.connector.fields import single_from
from sync.adapters.groupware.connector.times import duration_from, length_of, on_the_wall, same_time
from sync.adapters.groupware.lengths import uneven
from sync.core.event import AllDay, Event, Form, Override, Recurrence, Timed
from sync.core.recurrence import (
    Original,
    canonical_rrule,
    normalised,
    occurrence_of,
    plain_occurrence,
)

_DAY = timedelta(days=1)


def event_from(item: Mapping[str, Any], types: Mapping[str, str]) -> Event:
    """An event of the contract. `types`: event type id -> name. `CannotSync` for a time, zone or rule that nobody can
    read, AttributeError, KeyError, TypeError or ValueError for other members that are not the contract's."""
    single = single_from(item, types)
    found = item.get("recurrence")
    if found is None:
        return single
    span = on_the_wall(single.span) if isinstance(single.span, Timed) else single.span
    rrule = canonical_rrule(found.get("rrule") or "", span)
    rdates = tuple(map(moment_of, found.get("rdates") or ()))
    given = replace(single, span=span, recurrence=Recurrence(rrule, rdates=rdates))
    changed = {moment_of(text): change for text, change in (found.get("overrides") or {}).items()}
    # What names no occurrence is none (contract, Series).
    changed = {
        moment: change for moment, change in changed.items() if occurrence_of(given, moment) is not None
    }
    for original in uneven(given, length_of(item)):
        changed.setdefault(_moment(given, original), {})
    overrides = tuple(
        Override(moment, _content(given, item, moment, change, types)) for moment, change in changed.items()
    )
    cancelled = tuple(map(moment_of, found.get("exdates") or ()))
    return normalised(replace(given, recurrence=Recurrence(rrule, cancelled, rdates, overrides)))


def _content(
    given: Event,
    item: Mapping[str, Any],
    moment: Original,
    change: Mapping[str, Any],
    types: Mapping[str, str],
) -> Event:
    """The whole of one occurrence; where it takes place when its series says, exactly as its series says it."""
    content = single_from(occurrence_item(item, moment.isoformat(), change), types)
    plain = plain_occurrence(given, moment)
    return replace(content, span=plain.span) if same_time(content.span, plain.span) else content


def occurrence_item(item: Mapping[str, Any], recurrence_id: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """One occurrence as an event of its own: what its override says, and the rest as the event says."""
    said = {name: value for name, value in change.items() if value is not None or name == "typeId"}
    found = {**item, "start": recurrence_id, **said, "recurrence": None}
    if item.get("end") and "end" not in said:
        length = date.fromisoformat(item["end"]) - date.fromisoformat(item["start"])
        found["end"] = (date.fromisoformat(found["start"]) + length).isoformat()
    if found.get("form") == Form.START_ONLY and duration_from(found.get("duration") or "PT0S"):
        found["form"] = str(Form.TIMED)
    return found


def moment_of(recurrence_id: str) -> Original:
    """A wall time or a date, as the contract writes it; ValueError for anything else."""
    if "T" not in recurrence_id:
        return date.fromisoformat(recurrence_id)
    moment = datetime.fromisoformat(recurrence_id)
    if moment.tzinfo is not None:
        raise ValueError("no wall time")
    return moment


def _moment(series: Event, original: Original) -> Original:
    """The start that an occurrence has by its series: a wall time, or a date of whole days."""
    if isinstance(series.span, AllDay) or isinstance(original, datetime):
        return original
    return datetime.combine(original, series.span.start.time())
