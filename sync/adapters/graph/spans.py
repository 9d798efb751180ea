"""The time of an event between Graph's `start`, `end`, `isAllDay` and a span (graph-calendar.md 1.4 and 2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sync.adapters.graph.timezones import iana_of, outlook_zone, windows_of
from sync.adapters.graph.wire import Item, object_at, text_at
from sync.core.event import AllDay, Span, Timed
from sync.core.timezones import UTC_ZONE, in_zone, is_ambiguous_or_missing, zone
from sync.errors import CannotSync


def span_to_graph(span: Span, organization_zone: str) -> dict[str, object]:
    """Always all three properties: Graph keeps the others as they were and then refuses the mix (T15, T17)."""
    if isinstance(span, AllDay):
        # In the organization's zone: whole days written in UTC show as two half days elsewhere.
        name = windows_of(organization_zone) or "UTC"
        start, end = (
            {"dateTime": f"{day.isoformat()}T00:00:00", "timeZone": name} for day in (span.first, span.until)
        )
    else:
        start, end = _moment_to_graph(span.start, span.zone), _moment_to_graph(span.end, span.zone)
    return {"start": start, "end": end, "isAllDay": isinstance(span, AllDay)}


def _moment_to_graph(moment: datetime, iana: str) -> dict[str, str]:
    """Wall time in the event's zone; in UTC where the zone has no Windows name or the wall time comes twice."""
    label = outlook_zone(iana)
    wall = _wall(moment, label)
    windows = windows_of(label)
    if windows is None or is_ambiguous_or_missing(wall, zone(label)):
        windows = "UTC"
        wall = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return {"dateTime": wall.isoformat(), "timeZone": windows}


def series_span_to_graph(span: Span, organization_zone: str) -> dict[str, object]:
    """As `span_to_graph`, but always as wall times in the zone whose clocks the series follows: in any other one its
    dates drift (T21)."""
    windows = windows_of(span.zone) if isinstance(span, Timed) else None
    if isinstance(span, AllDay):
        return span_to_graph(span, organization_zone)
    if windows is None:
        raise CannotSync("unknown-zone", {"zone": span.zone})
    start, end = (
        {"dateTime": _wall(moment, span.zone).isoformat(), "timeZone": windows}
        for moment in (span.start, span.end)
    )
    return {"start": start, "end": end, "isAllDay": False}


def _wall(moment: datetime, iana: str) -> datetime:
    return in_zone(moment, iana).replace(tzinfo=None, microsecond=0, fold=0)


def span_from_graph(item: Item, organization_zone: str) -> Span:
    """The span of an event; `CannotSync` for a time or zone that nobody can read."""
    original = text_at(item, "originalStartTimeZone") or organization_zone
    return _span(item, lambda: zone(outlook_zone(iana_of(original, organization_zone))))


def series_span_from_graph(item: Item, organization_zone: str) -> Span:
    """The span of a series' first occurrence, in the zone whose wall time it keeps."""
    return _span(item, lambda: series_zone(item, organization_zone))


def series_zone(item: Item, organization_zone: str) -> ZoneInfo:
    """The zone of a series' rule (2, last points; 3.2). `CannotSync` for rules of summer time that somebody wrote by
    hand (T18): the instants of a single event are exact, but when a series comes round is not known."""
    own = text_at(object_at(object_at(item, "recurrence"), "range"), "recurrenceTimeZone")
    original = text_at(item, "originalStartTimeZone")
    found = [zone(outlook_zone(iana_of(name, None))) for name in (own, original) if name]
    return found[0] if found else zone(outlook_zone(organization_zone))


def _span(item: Item, label: Callable[[], ZoneInfo]) -> Span:
    start, end = object_at(item, "start"), object_at(item, "end")
    try:
        if item.get("isAllDay") is True:
            # Floating dates, whatever zone they are labelled with: never converted (T16).
            return AllDay(_date(start), _date(end))
        tz = label()
        return Timed(_instant(start).astimezone(tz), _instant(end).astimezone(tz))
    except (ValueError, OverflowError) as error:
        raise CannotSync("invalid-time") from error


def _date(moment: Item) -> date:
    return date.fromisoformat(text_at(moment, "dateTime")[:10])


def _instant(moment: Item) -> datetime:
    """The instant of a dateTimeTimeZone, to the second; without a zone Graph means UTC."""
    local = datetime.fromisoformat(text_at(moment, "dateTime")).replace(microsecond=0)
    if local.tzinfo is None:
        local = local.replace(tzinfo=zone(iana_of(text_at(moment, "timeZone") or UTC_ZONE, None)))
    return local.astimezone(UTC)
