"""Finds the id of one date of a series: it is virtual until it differs, and comes from /instances (3.3, 4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sync.adapters.graph.answers import Json
from sync.adapters.graph.batch import Item
from sync.adapters.graph.client import Mailbox, query
from sync.adapters.graph.delta import MARGIN, utc
from sync.adapters.graph.series import is_date, original_day
from sync.adapters.graph.wire import list_at, text_at
from sync.core.event import AllDay, Event, Span
from sync.core.parts import Original
from sync.core.recurrence import plain_occurrence
from sync.core.window import midnight
from sync.errors import CannotSync

SELECTED = "id,type,seriesMasterId,originalStart,occurrenceId"
# The window holds a handful of dates at most, unless occurrences overlap.
MOST = "50"
DAY = timedelta(days=1)


def lookup_item(
    mailbox: Mailbox, key: str, series_id: str, series: Event, original: Original, zone: str
) -> Item:
    """Asks for what stands around one date of a series that does not differ yet."""
    starts, ends = _around(plain_occurrence(series, original).span, zone)
    asked = query(
        {
            "startDateTime": utc(starts),
            "endDateTime": utc(ends),
            "$select": SELECTED,
            "$top": MOST,
        }
    )
    return Item(key, "GET", f"{mailbox.event_path(series_id)}/instances?{asked}")


def _around(span: Span, zone: str) -> tuple[datetime, datetime]:
    """All of the days of a date, whatever the hour; whole days are stored by the instants of a zone that is not shown
    (1.4)."""
    if isinstance(span, AllDay):
        return midnight(span.first, zone) - MARGIN, midnight(span.until, zone) + MARGIN
    last = span.end.astimezone(span.start.tzinfo).date()
    return midnight(span.start.date(), span.zone), midnight(last + DAY, span.zone)


def found_id(body: Json, original: Original, tz: ZoneInfo) -> str:
    """The id of that date in an answer; "" if it is not there."""
    for item in list_at(body, "value"):
        try:
            if is_date(item) and original_day(item, tz) == original:
                return text_at(item, "id")
        except CannotSync:
            continue
    return ""
