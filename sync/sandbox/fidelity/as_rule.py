"""A piece of a series as one series of the groupware, with the occurrences that differ."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sync.sandbox.fidelity.moments import DAY, Extent, wall
from sync.sandbox.fidelity.pieces import Piece
from sync.sandbox.fidelity.rules import Rule
from sync.sandbox.fidelity.segments import NEVER, Override
from sync.sandbox.fidelity.texts import is_cancelled, texts
from sync.sandbox.fidelity.wire import elapsed, extent_at, in_zone, is_sayable, point, times
from sync.sandbox.groupware.times import format_duration

Json = dict[str, Any]
MOST_LISTED = 1000  # exdates and rdates of one event (contract.yaml)


def as_rule(piece: Piece, start: datetime, rule: Rule) -> Iterator[Json]:
    """`start` and `rule` say the piece's dates by rule (`segments.rule_of`)."""
    segment, dates = piece.segment, piece.dates
    extent = extent_at(start, segment.length, piece.template)
    body = {**texts(segment.event), **times(extent, piece.places)}
    overrides = longer_or_shorter(piece, extent)
    gone = set(piece.apart) | taken_out(piece)
    for start_apart, length in piece.apart.items():
        yield from piece.own(segment.event, piece.at(start_apart, length))
    for original, edit in piece.edits.items():
        change = None if is_cancelled(edit.event) else change_of(body, piece, extent, edit)
        if change is None:
            gone.add(original)
            yield from piece.own(edit.event, edit.extent)
        else:
            overrides[name(piece, original)] = change
    extra = {day for day in dates.extra if segment.holds(day)}
    # An extra date that does not take place is simply not written; one that is no occurrence has no exdate.
    by_rule = {day for day in gone if day not in extra or dates.is_by_rule(day)}
    yield body | {
        "recurrence": {
            "rrule": rule.text(None if extent.is_days else extent.place),
            "exdates": listed(piece, by_rule),
            "rdates": listed(piece, extra - gone),
            "overrides": overrides,
        }
    }


def longer_or_shorter(piece: Piece, extent: Extent) -> Json:
    """A day of the calendar is no 24 hours where the clocks change, and the groupware counts on the clock."""
    if extent.is_days or not piece.segment.length.days:
        return {}
    usual = elapsed(extent)
    lengths = {start: elapsed(piece.at(start)) for start in piece.dates.between(*piece.reach())}
    return {
        name(piece, start): {"duration": format_duration(length)}
        for start, length in lengths.items()
        if length != usual and start not in piece.edits and start not in piece.apart
    }


def taken_out(piece: Piece) -> set[datetime]:
    """The starts of the piece that the file takes out."""
    dates, found = piece.dates, set()
    last = max([*dates.without, *(wall(day) + DAY for day in dates.without_days)], default=NEVER)
    for start in dates.all():
        if start > last or start >= piece.segment.before:
            break
        if start >= piece.segment.since and dates.is_out(start):
            found.add(start)
    return found


def listed(piece: Piece, days: set[datetime]) -> list[str]:
    if len(days) > MOST_LISTED:
        since, until = piece.reach()
        days = {day for day in days if since <= day < until}
    return [name(piece, day) for day in sorted(days)]


def name(piece: Piece, original: datetime) -> str:
    """The recurrence id of an occurrence in the groupware's series."""
    return point(original + piece.segment.shift, piece.template.is_days)


def change_of(body: Json, piece: Piece, extent: Extent, edit: Override) -> Json | None:
    """The edited occurrence as a change of the series; None if it can be none (another form, or a second hour of
    the same name)."""
    if edit.extent.is_days != extent.is_days:
        return None
    change = {field: value for field, value in texts(edit.event).items() if value != body[field]}
    usual = piece.at(edit.original)
    if edit.extent == usual and (extent.is_days or elapsed(usual) == elapsed(extent)):
        return change
    if extent.is_days:
        return change | {"start": edit.extent.start.isoformat(), "end": edit.extent.end.isoformat()}
    assert isinstance(edit.extent.start, datetime)
    if not is_sayable(edit.extent.start, body["timeZone"]):
        return None
    start = in_zone(edit.extent.start, body["timeZone"]).isoformat()
    return change | {"start": start, "duration": format_duration(elapsed(edit.extent))}
