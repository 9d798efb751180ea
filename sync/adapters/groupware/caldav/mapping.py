"""One calendar resource as text, and as what the planner sees of it: reading and writing, pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sync.adapters.groupware.caldav.context import Context
from sync.adapters.groupware.caldav.fields import field_to
from sync.adapters.groupware.caldav.lines import Component, Line, escaped
from sync.adapters.groupware.caldav.people import address_of, people_to
from sync.adapters.groupware.caldav.resource import Resource, read_text, resource_of, sequence_of
from sync.adapters.groupware.caldav.series import Shown, is_cancelled, show
from sync.adapters.groupware.caldav.series_writing import is_same, series_to
from sync.adapters.groupware.caldav.when_writing import span_to
from sync.core.change import SHARED, Residue, Seen, Unreadable
from sync.core.event import FIELDS, Event, Field, Side
from sync.core.parts import with_parts
from sync.core.who import who_texts
from sync.core.write import Write
from sync.errors import CannotSync

_PRODUCT = "-//groupware-outlook-sync//EN"
# What a change of the time is (RFC 5546 2.1.4): then SEQUENCE counts.
_SCHEDULE = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")


def read_resource(text: str, href: str, etag: str | None, context: Context) -> Seen | Unreadable:
    """The event of a resource; `href` becomes the id, `etag` the version."""
    version = etag or ""
    try:
        shown = show(read_text(text, context), context)
    except CannotSync as error:
        return Unreadable(Side.GROUPWARE, href, version, error.code, error.detail)
    return Seen(
        side=Side.GROUPWARE,
        id=href,
        version=version,
        event=shown.event,
        uid=shown.resource.uid or None,
        modified=shown.resource.modified,
        residue=_residue(shown.event, context),
        hands_off="cancelled" if is_cancelled(shown.resource.master) else None,
    )


def _residue(event: Event, context: Context) -> Residue:
    is_shared = any(participant.user != context.user for participant in event.participants)
    return {SHARED: True} if is_shared else {}


def write_resource(text_before: str | None, write: Write, context: Context) -> str:
    """The text after a CREATE (`text_before` None) or an UPDATE; `text_before` itself if that says it already.

    `CannotSync` if the resource cannot be read, or cannot say what is wanted.
    """
    assert write.event is not None
    if text_before is None:
        return _created(write, write.event, context).text
    resource = read_text(text_before, context)
    shown = show(resource, context)
    before = {id(one): (one.text, _schedule(one)) for one in resource.calendar.children("VEVENT")}
    _revise(shown, with_parts(shown.event, write.event, write.fields), write.fields, context)
    changed = [
        one for one in resource.calendar.children("VEVENT") if before.get(id(one), ("",))[0] != one.text
    ]
    if not changed and len(before) == len(resource.calendar.children("VEVENT")):
        return text_before
    for one in changed:
        is_rescheduled = id(one) in before and before[id(one)][1] != _schedule(one)
        _stamp(one, context, is_rescheduled=is_rescheduled)
    return resource.calendar.text


def _created(write: Write, event: Event, context: Context) -> Component:
    stamp = _utc(context.now)
    lines = [
        Line("UID", escaped(write.uid)),
        Line("DTSTAMP", stamp),
        Line("CREATED", stamp),
        Line("LAST-MODIFIED", stamp),
    ]
    master = Component("VEVENT", list(lines))
    calendar = Component("VCALENDAR", [Line("VERSION", "2.0"), Line("PRODID", _PRODUCT), master])
    resource = resource_of(calendar, master, (), context)
    span_to(master, event.span, resource.clock, is_series=event.recurrence is not None)
    _revise(show(resource, context), event, who_texts(event), context)
    return calendar


def _revise(shown: Shown, wanted: Event, parts: Iterable[str], context: Context) -> None:
    """The resource shows the wanted event. `parts`: those about people that are to be changed."""
    resource = shown.resource
    for name in FIELDS:
        if name is not Field.TIME and not is_same(name, shown.event, wanted):
            field_to(resource.master, name, wanted, context.types)
    if wanted.recurrence is not None:
        series_to(shown, wanted, context)
    else:
        _single_to(resource, shown, wanted)
    now, then = who_texts(shown.event), who_texts(wanted)
    parts = [part for part in parts if now.get(part) != then.get(part)]
    for component in resource.calendar.children("VEVENT"):
        if all(component is not one for one in resource.superseded):
            people_to(component, parts, wanted, context)


def _single_to(resource: Resource, shown: Shown, wanted: Event) -> None:
    if shown.given is not None:
        resource.master.remove("RRULE", "RDATE", "EXDATE")
        for edit in resource.edits:
            resource.calendar.replace(edit, None)
    span_to(resource.master, wanted.span, resource.clock)


def _schedule(component: Component) -> list[str]:
    return [line.text for line in component.lines(*_SCHEDULE)]


def _stamp(component: Component, context: Context, *, is_rescheduled: bool) -> None:
    """Who reads it sees that it changed (RFC 5545 3.8.7); the number of a meeting is its organizer's to count."""
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        component.set_value(name, _utc(context.now))
    organizer = component.line("ORGANIZER")
    is_ours = organizer is None or _is_own(organizer, context)
    if is_rescheduled and is_ours:
        component.set_value("SEQUENCE", str((sequence_of(component) or 0) + 1))


def _is_own(organizer: Line, context: Context) -> bool:
    return context.user_of(address_of(organizer)) == context.user


def _utc(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
