"""A piece of a series as nothing but dates: what a person enters where the groupware holds no such rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby, islice
from typing import Any

from sync.core.timezones import UTC_ZONE
from sync.sandbox.fidelity.moments import Extent, in_order
from sync.sandbox.fidelity.pieces import Piece
from sync.sandbox.fidelity.places import Places
from sync.sandbox.fidelity.texts import texts
from sync.sandbox.fidelity.wire import elapsed, times, zone_of

Json = dict[str, Any]
# More often than daily would be tens of thousands.
MOST = 500


def as_dates(piece: Piece) -> Iterator[Json]:
    """The dates of the stretch, at most the first `MOST` of them."""
    dates = list(islice(piece.dates.between(*piece.reach()), MOST + 1))
    if len(dates) > MOST:
        piece.account.note("compared-in-part")
        bounds = (piece.account.compared_until, in_order(piece.at(dates.pop()).start))
        piece.account.compared_until = min(filter(None, bounds))
    if piece.dates.rules:
        piece.account.note("rule-as-dates")
    for start, length in piece.apart.items():
        yield from piece.own(piece.segment.event, piece.at(start, length))
    for edit in piece.edits.values():
        yield from piece.own(edit.event, edit.extent)
    plain = [piece.at(day) for day in dates if day not in piece.edits and day not in piece.apart]
    for together in alike(plain, piece.places):
        yield {**texts(piece.segment.event), **on_dates(together, piece.places)}


def alike(extents: Iterable[Extent], places: Places) -> list[list[Extent]]:
    """Those that one series can say: in one zone and equally long."""

    def kind(extent: Extent) -> tuple[str, timedelta]:
        if extent.is_days:
            return "", timedelta()
        return zone_of(extent, places) or UTC_ZONE, elapsed(extent)

    ordered = sorted(extents, key=lambda extent: (kind(extent), in_order(extent.start)))
    return [list(same) for _, same in groupby(ordered, key=kind)]


def on_dates(extents: Sequence[Extent], places: Places) -> Json:
    """Irregular dates (不定期の予定), or a single event."""
    body = times(extents[0], places)
    starts = [times(extent, places)["start"] for extent in extents[1:]]
    if not starts:
        return body
    return body | {"recurrence": {"rrule": None, "exdates": [], "rdates": starts, "overrides": {}}}
