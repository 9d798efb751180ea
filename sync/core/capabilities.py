"""What a side can hold, and how an event looks after that side has held it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from sync.core.event import FIELDS, AllDay, Event, Field, Form, Importance, ShowAs, Timed, Visibility
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


def _same_zone(name: str) -> str:
    return name


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
    body_limit: int = 1_000_000
    show_as: frozenset[ShowAs] = frozenset(ShowAs)
    visibilities: frozenset[Visibility] = frozenset(Visibility)
    forms: frozenset[Form] = frozenset(Form)
    zone: Callable[[str], str] = _same_zone


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
    found: list[Diagnostic] = []
    title = cut(event.title, side.title_limit)
    if title != event.title:
        found.append(Diagnostic.TITLE_CUT)
    if not title and side.title_required:
        title = side.title_required
        found.append(Diagnostic.TITLE_ADDED)
    place = cut(event.place, side.place_limit)
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
