"""A series as Graph shows it: its master, the dates that differ, and the dates that were deleted, as one event.

Sections and T numbers are those of graph-calendar.md. A master shows its exceptions and cancelled dates only to who
asks for that one master and for both by name (1.1); `reads` does, and everything here takes such a *whole* item. Of
an item without them, the answer to a create, it says that every date is as the rule says.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from zoneinfo import ZoneInfo

from sync.adapters.graph.mapping import (
    TypeTable,
    event_from_graph,
    hands_off,
    marker_from_graph,
    residue_of,
)
from sync.adapters.graph.recurrence import recurrence_from_graph
from sync.adapters.graph.spans import series_span_from_graph, series_zone, span_from_graph
from sync.adapters.graph.timezones import outlook_zone
from sync.adapters.graph.wire import Item, instant_at, list_at, object_at, text_at, version_of
from sync.core.change import Seen, Unreadable
from sync.core.event import AllDay, Event, Override, Recurrence, Side, Span
from sync.core.people import address_key
from sync.core.recurrence import normalised
from sync.core.timezones import zone as zone_named
from sync.errors import CannotSync

EXCEPTIONS, CANCELLED = "exceptionOccurrences", "cancelledOccurrences"
# What the adapter remembers of a master: that it is one, and whether any date of it was touched.
SERIES, TOUCHED = "series", "exceptions"

_DATES = frozenset({"occurrence", "exception"})
# Between the master's own version and the digest of its dates; no etag holds it (1.1: base64 in quotes).
_AND = "~"
_DIGEST = 9  # bytes: 12 characters of base64


def is_date(item: Item) -> bool:
    """Whether an item is one date of a series. Delta shows only skeletons of them (5.2, T7)."""
    return text_at(item, "type") in _DATES or bool(text_at(item, "seriesMasterId"))


def is_master(item: Item) -> bool:
    return not is_date(item) and (text_at(item, "type") == "seriesMaster" or bool(item.get("recurrence")))


def master_of(item: Item) -> str:
    """The id of the series that an item stands for or belongs to; "" for a single event."""
    return text_at(item, "id") if is_master(item) else text_at(item, "seriesMasterId")


def exceptions_of(item: Item) -> list[Item]:
    return [found for found in list_at(item, EXCEPTIONS) if isinstance(found, dict)]


def version_of_series(item: Item) -> str:
    """The master's version, and a digest of its dates if any was touched: whether the master's own moves with them is
    not known (3.3)."""
    stamps = [
        f"{text_at(one, 'id')} {version_of(one)} {text_at(one, 'lastModifiedDateTime')}"
        for one in exceptions_of(item)
    ]
    stamps += [str(one) for one in list_at(item, CANCELLED)]
    if not stamps:
        return version_of(item)
    found = blake2b("\n".join(sorted(stamps)).encode(), digest_size=_DIGEST).digest()
    return f"{version_of(item)}{_AND}{b64encode(found).decode('ascii')}"


def master_version(version: str) -> str:
    """What an If-Match can say of a version."""
    return version.partition(_AND)[0]


def series_from_graph(item: Item, *, zone: str, types: TypeTable) -> Seen | Unreadable:
    """The whole series. One date that cannot be read makes it unreadable: that date is not gone (failures.md F26).

    `zone` is the organization's (IANA).
    """
    event_id, version = text_at(item, "id"), version_of_series(item)
    try:
        event = _event(item, zone, types)
    except CannotSync as error:
        return Unreadable(Side.OUTLOOK, event_id, version, error.code, error.detail)
    items = [item, *exceptions_of(item)]
    residue: dict[str, object] = residue_of(item, types, has_block=bool(event.block))
    residue[SERIES] = True
    if len(items) > 1 or list_at(item, CANCELLED):
        residue[TOUCHED] = True
    times = [found for one in items if (found := instant_at(one, "lastModifiedDateTime"))]
    return Seen(
        Side.OUTLOOK,
        event_id,
        version,
        event,
        marker=marker_from_graph(item),
        uid=text_at(item, "iCalUId") or None,
        modified=max(times, default=None),
        residue=residue,
        hands_off=hands_off(item),
    )


def _event(item: Item, zone: str, types: TypeTable) -> Event:
    span = series_span_from_graph(item, zone)
    series = event_from_graph(item, span, types)
    exceptions = exceptions_by_day(item, zone)
    # A date that its organizer cancelled stays in an attendee's copy as an exception (6.5).
    called_off = [day for day, one in exceptions.items() if hands_off(one)]
    overrides = tuple(
        Override(day, _with_answers(event_from_graph(one, _span_of(one, span, zone), types), series))
        for day, one in exceptions.items()
        if day not in called_off
    )
    exdates = (*(_day(str(one)) for one in list_at(item, CANCELLED)), *called_off)
    rrule = recurrence_from_graph(object_at(item, "recurrence"), span)
    recurrence = Recurrence(rrule, exdates, (), overrides)
    return normalised(replace(series, recurrence=recurrence, called_off=frozenset(called_off)))


def _with_answers(date: Event, series: Event) -> Event:
    """Who did not answer for a date has answered for all of them: whether a date that comes to differ knows the
    answers given so far is not documented (3.3, 6.5)."""
    known = {address_key(one.email or ""): one.response for one in series.participants}
    people = tuple(
        replace(one, response=known.get(address_key(one.email or ""), one.response))
        if one.response == "none"
        else one
        for one in date.participants
    )
    return replace(date, participants=people)


def _span_of(exception: Item, span: Span, zone: str) -> Span:
    """An exception without a zone of its own, or with one that has no name, is labelled as its series is."""
    return span_from_graph(exception, zone if isinstance(span, AllDay) else span.zone)


def exceptions_by_day(item: Item, zone: str) -> dict[date, Item]:
    """The dates that differ, by their original."""
    tz = days_zone(item, zone)
    return {original_day(one, tz): one for one in exceptions_of(item)}


def days_zone(item: Item, zone: str) -> ZoneInfo:
    """The zone in which a master's dates are dates."""
    if item.get("isAllDay") is True:
        try:
            return series_zone(item, zone)
        except CannotSync:
            return zone_named(outlook_zone(zone))
    return series_zone(item, zone)


def original_day(item: Item, tz: ZoneInfo) -> date:
    """The local day on which the rule puts an occurrence. Its originalStart is an instant, of whole days as well, and
    comes only if it is asked for (1.4, T42, T62)."""
    if text_at(item, "occurrenceId"):
        return _day(text_at(item, "occurrenceId"))
    if (original := instant_at(item, "originalStart")) is not None:
        return original.astimezone(tz).date()
    raise CannotSync("recurrence-unreadable", {"part": "originalStart"})


def _day(occurrence_id: str) -> date:
    """`OID.<id of the master>.<date>` (1.1)."""
    try:
        return date.fromisoformat(occurrence_id.rpartition(".")[2])
    except ValueError:
        raise CannotSync("recurrence-unreadable", {"part": "occurrenceId"}) from None
