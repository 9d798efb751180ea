"""What a side can hold, and how an event looks after that side has held it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from sync.core.event import FIELDS, AllDay, Event, Field, Form, Importance, ShowAs, Span, Timed, Visibility
from sync.core.place import fit_place
from sync.core.recurrence import Held, normalised
from sync.core.text import cut


class Diagnostic(StrEnum):
    """A lossy cell of the field tables (groupware.md 1), by name."""

    TITLE_CUT = "title-cut"
    TITLE_ADDED = "title-added"
    PLACE_CUT = "place-cut"
    BODY_CUT = "body-cut"
    SHOW_AS_NARROWED = "show-as-narrowed"
    IMPORTANCE_DROPPED = "importance-dropped"
    VISIBILITY_NARROWED = "visibility-narrowed"
    ZONE_RENAMED = "zone-renamed"
    FORM_NARROWED = "form-narrowed"
    # A series that Outlook cannot say at all, or some of whose dates it cannot hold: exact, but as single events.
    SERIES_AS_SINGLES = "series-as-singles"
    OCCURRENCE_DETACHED = "occurrence-detached"
    # An answer for one date, to a groupware that keeps no answers, or of one who takes part as a group's member.
    DATE_ANSWER = "date-answer-not-kept"


def _same_zone(name: str) -> str:
    return name


# Whether a side says exactly the same series; if not, the reason as a code.
HoldsSeries = Callable[[str, Span], Held | str]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Limits of one side. Lengths count UTF-16 code units, as Exchange and browsers do.

    `fields` that are missing are not held at all: nothing flows from that side for them. `zone` gives the
    IANA name under which the side shows a zone again (Outlook knows fewer zones than tzdata).
    """

    fields: frozenset[Field] = frozenset(FIELDS)
    title_limit: int = 255
    title_required: str = ""
    place_limit: int = 255
    # Of a field of its own for the detail of a place (`core.place`); 0: there is none.
    place_detail_limit: int = 0
    body_limit: int = 1_000_000
    show_as: frozenset[ShowAs] = frozenset(ShowAs)
    visibilities: frozenset[Visibility] = frozenset(Visibility)
    forms: frozenset[Form] = frozenset(Form)
    zone: Callable[[str], str] = _same_zone
    # The kinds of parts about people that can be written (`core.who`).
    people: frozenset[str] = frozenset()
    # None: no series at all.
    series: HoldsSeries | None = None
    # Whether each person has a copy of their own of what several take part in, as in Outlook, instead of one record
    # for all.
    has_own_copies: bool = False


# What stands for a value that a side cannot say, nearest first.
_SHOW_AS_INSTEAD = {
    ShowAs.OOF: (ShowAs.BUSY,),
    ShowAs.WORKING_ELSEWHERE: (ShowAs.FREE, ShowAs.BUSY),
    ShowAs.TENTATIVE: (ShowAs.BUSY,),
    ShowAs.FREE: (ShowAs.BUSY,),
}
# Never towards the more public: private stays private (law 9).
_VISIBILITY_INSTEAD = {
    Visibility.BUSY_ONLY: (Visibility.PRIVATE,),
    Visibility.PARTICIPANTS: (Visibility.PRIVATE,),
}


def fit(event: Event, side: Capabilities) -> tuple[Event, tuple[Diagnostic, ...]]:
    """The event as `side` would show it after it was written there, and what was lost on the way."""
    fitted, found = _fit_one(event, side)
    series = event.recurrence
    if series is None or side.series is None:
        return fitted, found
    held = side.series(series.rrule, event.span)
    if isinstance(held, Held):
        fitted = replace(fitted, span=held.span, recurrence=replace(series, rrule=held.rrule))
    overrides = []
    for override in series.overrides:
        one, more = _fit_one(override.event, side)
        overrides.append(replace(override, event=one))
        found += tuple(diagnostic for diagnostic in more if diagnostic not in found)
    assert fitted.recurrence is not None
    fitted = replace(fitted, recurrence=replace(fitted.recurrence, overrides=tuple(overrides)))
    return normalised(fitted), found


def _fit_one(event: Event, side: Capabilities) -> tuple[Event, tuple[Diagnostic, ...]]:
    found: list[Diagnostic] = []
    title = cut(event.title, side.title_limit)
    if title != event.title:
        found.append(Diagnostic.TITLE_CUT)
    if not title and side.title_required:
        title = side.title_required
        found.append(Diagnostic.TITLE_ADDED)
    place = fit_place(event.place, side.place_limit, side.place_detail_limit)
    if place != event.place:
        found.append(Diagnostic.PLACE_CUT)
    body = cut(event.body, side.body_limit)
    if body != event.body:
        found.append(Diagnostic.BODY_CUT)
    show_as = event.show_as
    if show_as not in side.show_as:
        show_as = next((s for s in _SHOW_AS_INSTEAD.get(show_as, ()) if s in side.show_as), ShowAs.BUSY)
        found.append(Diagnostic.SHOW_AS_NARROWED)
    visibility = event.visibility
    if visibility not in side.visibilities:
        visibility = next(
            (v for v in _VISIBILITY_INSTEAD.get(visibility, ()) if v in side.visibilities), Visibility.PRIVATE
        )
        found.append(Diagnostic.VISIBILITY_NARROWED)
    importance = event.importance
    if Field.IMPORTANCE not in side.fields and importance is not Importance.NORMAL:
        importance = Importance.NORMAL
        found.append(Diagnostic.IMPORTANCE_DROPPED)
    span, form = event.span, event.form
    if isinstance(span, Timed):
        zone = side.zone(span.zone)
        if zone != span.zone:
            span = in_zone(span, zone)
            found.append(Diagnostic.ZONE_RENAMED)
    if form not in side.forms:
        form = Form.ALL_DAY if isinstance(span, AllDay) else Form.TIMED
        found.append(Diagnostic.FORM_NARROWED)
    fitted = replace(
        event,
        title=title,
        place=place,
        body=body,
        show_as=show_as,
        visibility=visibility,
        importance=importance,
        span=span,
        form=form,
    )
    return fitted, tuple(found)


def in_zone(span: Timed, zone: str) -> Timed:
    """The same instants, labelled with another zone."""
    tz = ZoneInfo(zone)
    return Timed(span.start.astimezone(tz), span.end.astimezone(tz))
