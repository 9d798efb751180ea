"""An event between our model and Graph's JSON: what is read from an item, and what a create or update sends.

Pure; sending is the client's work. Sections and T numbers are those of graph-calendar.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from uuid import UUID

from sync.adapters.graph import attendees, bodies, fields
from sync.adapters.graph.attendees import PLAIN, Addresses
from sync.adapters.graph.categories import TypeTable, categories_to_graph
from sync.adapters.graph.recurrence import outlook_series, recurrence_to_graph
from sync.adapters.graph.spans import series_span_to_graph, span_from_graph, span_to_graph
from sync.adapters.graph.timezones import outlook_zone
from sync.adapters.graph.wire import Item, instant_at, list_at, text_at, version_of
from sync.core.capabilities import Capabilities
from sync.core.change import Residue, Seen, Unreadable
from sync.core.event import FIELDS, AllDay, Event, Field, Form, Side, Span, Visibility
from sync.core.who import ROOM, WITH
from sync.errors import CannotSync

__all__ = [
    "OUTLOOK",
    "PROPERTY_ID",
    "TypeTable",
    "create_to_graph",
    "event_from_graph",
    "hands_off",
    "is_of_others",
    "marker_from_graph",
    "needs_current_body",
    "recurring_to_graph",
    "residue_of",
    "seen_from_graph",
    "update_to_graph",
]

HELD = frozenset({*FIELDS, Field.BLOCK})
OUTLOOK = Capabilities(
    title_limit=fields.TITLE_LIMIT,
    place_limit=fields.PLACE_LIMIT,
    visibilities=frozenset({Visibility.PUBLIC, Visibility.PRIVATE}),
    forms=frozenset({Form.TIMED, Form.ALL_DAY}),
    zone=outlook_zone,
    series=outlook_series,
    fields=HELD,
    people=frozenset({WITH, ROOM}),
)

# The extended property that carries our marker (1.5). The GUID is ours for ever: events in mailboxes carry it.
PROPERTY_ID = f"String {{{UUID('8b1f3a52-6c0d-4f7e-9a35-d2c1e47b60f9')}}} Name GroupwareMarker"

# What the residue says of an event: its body ends in join information, or has our block; it is somebody else's.
_ONLINE, _BLOCK, _GUEST = "online", "block", "guest"

# As `core.link.marker_of` makes it; a transactionId of ours is the marker, a dot, and the create's token.
_MARKER = re.compile(r"(gw[0-9a-f]{30})(?:\..*)?")


# A global object id as Exchange makes it; of one date of a series bytes 16 to 19 are the date (T33).
_DATE_UID = re.compile(r"040000008200E00074C5B7101A82E008[0-9A-F]{8}[0-9A-F]*", re.IGNORECASE)


def seen_from_graph(item: Item, *, zone: str, types: TypeTable) -> Seen | Unreadable:
    """What a single event shows: a delta or list entry, a GET, or the answer to a write. Of a master it is what the
    master alone says (`series`).

    `zone` is the organization's (IANA); it labels events whose own zone has no name.
    """
    event_id, version = text_at(item, "id"), version_of(item)
    try:
        span = span_from_graph(item, zone)
    except CannotSync as error:
        return Unreadable(Side.OUTLOOK, event_id, version, error.code, error.detail)
    event = event_from_graph(item, span, types)
    return Seen(
        Side.OUTLOOK,
        event_id,
        version,
        event,
        marker=marker_from_graph(item),
        uid=text_at(item, "iCalUId") or None,
        modified=instant_at(item, "lastModifiedDateTime"),
        residue=residue_of(item, types, has_block=bool(event.block)),
        hands_off=hands_off(item),
        part_of=part_of(text_at(item, "iCalUId")),
    )


def part_of(uid: str) -> tuple[str, date] | None:
    """The uid of the series and the date, of a uid that names one date of a series (1.1, T33)."""
    if not _DATE_UID.fullmatch(uid):
        return None
    try:
        day = date(int(uid[32:36], 16), int(uid[36:38], 16), int(uid[38:40], 16))
    except ValueError:
        return None
    return f"{uid[:32]}00000000{uid[40:]}", day


def event_from_graph(item: Item, span: Span, types: TypeTable) -> Event:
    """The content of an item of any type, without a recurrence. People and rooms are named by their addresses."""
    body = bodies.body_from_graph(item)
    return Event(
        title=fields.title_from_graph(item),
        span=span,
        form=Form.ALL_DAY if isinstance(span, AllDay) else Form.TIMED,
        place=fields.place_from_graph(item),
        body=body.own,
        visibility=fields.visibility_from_graph(item),
        show_as=fields.show_as_from_graph(item),
        importance=fields.importance_from_graph(item),
        event_type=types.split(_categories(item))[0],
        reminder=fields.reminder_from_graph(item),
        participants=attendees.participants_from_graph(item),
        facilities=attendees.bookings_from_graph(item),
        organizer=attendees.organizer_from_graph(item),
        is_host=attendees.is_host_from_graph(item),
        own_response=attendees.own_response_from_graph(item),
        block=body.block,
    )


def marker_from_graph(item: Item) -> str | None:
    """Our marker: from the transactionId we chose, else from the extended property where it was asked for."""
    stored = [text_at(item, "transactionId")]
    stored += [
        text_at(extra, "value")
        for extra in list_at(item, "singleValueExtendedProperties")
        if text_at(extra, "id").lower() == PROPERTY_ID.lower()
    ]
    found = (_MARKER.fullmatch(value) for value in stored)
    return next((match[1] for match in found if match), None)


def _categories(item: Item) -> list[str]:
    return [name for name in list_at(item, "categories") if isinstance(name, str)]


def residue_of(item: Item, types: TypeTable, *, has_block: bool = False) -> dict[str, object]:
    """What a later write must bring back or leave alone. Kept small: it is stored with every Link.

    `has_block`: whether its body shows our block.
    """
    residue: dict[str, object] = {}
    _, other_categories = types.split(_categories(item))
    if other_categories:
        residue["categories"] = other_categories
    if bodies.is_online(item):
        residue[_ONLINE] = True
    if has_block:
        residue[_BLOCK] = True
    if not attendees.is_host_from_graph(item):
        residue[_GUEST] = True
    if text_at(item, "sensitivity") in ("personal", "confidential"):
        residue["sensitivity"] = text_at(item, "sensitivity")
    return residue


def hands_off(item: Item) -> str | None:
    """Why an event is not ours to sync. Whether a meeting is, is decided by who takes part in it."""
    return "cancelled" if item.get("isCancelled") is True else None


def needs_current_body(residue: Residue) -> bool:
    """Whether a write of the body has to know the body it replaces: part of that one stays (T50)."""
    return residue.get(_ONLINE) is True or residue.get(_BLOCK) is True


def is_of_others(residue: Residue) -> bool:
    """Whether it is an attendee's copy: what is written there is lost with the organizer's next update (6.5)."""
    return residue.get(_GUEST) is True


def create_to_graph(
    event: Event, *, zone: str, types: TypeTable, marker: str, token: str, addresses: Addresses = PLAIN
) -> dict[str, object]:
    """The body of POST /events: every field, who is invited, and our marker in two places.

    The transactionId makes a repeated POST harmless and shows the marker in delta pages, which hide extended
    properties; those can be searched for, a transactionId cannot (1.5, T1). Of a series this is its master: what
    differs on single dates cannot be created with it (3.3, T28).
    """
    sent = {"isReminderOn": False} | update_to_graph(
        event, HELD, zone=zone, types=types, residue={}, current_body_html="", addresses=addresses
    )
    if event.recurrence is not None:
        sent |= recurring_to_graph(event, zone)
    if invited := attendees.attendees_of(event, addresses):
        sent["attendees"] = invited
    sent["transactionId"] = f"{marker}.{token}" if marker else token
    if marker:
        sent["singleValueExtendedProperties"] = [{"id": PROPERTY_ID, "value": marker}]
    return sent


def recurring_to_graph(series: Event, zone: str) -> dict[str, object]:
    """Times and rule of a series together; `CannotSync` for a rule that Outlook cannot say."""
    assert series.recurrence is not None
    rule = recurrence_to_graph(series.recurrence.rrule, series.span, zone)
    return series_span_to_graph(series.span, zone) | {"recurrence": rule}


def update_to_graph(
    event: Event,
    names: Collection[Field],
    *,
    zone: str,
    types: TypeTable,
    residue: Residue,
    current_body_html: str | None,
    addresses: Addresses = PLAIN,
) -> dict[str, object]:
    """The body of PATCH /events/{id}: the named fields and nothing else; neither a series' rule nor people.

    `residue` is what the event showed last; if it `needs_current_body`, a write of the body without
    `current_body_html` is refused (`CannotSync`), and so is one of the block alone. A reminder that the event does
    not say is left alone.
    """
    sent: dict[str, object] = {}
    if Field.TITLE in names:
        sent["subject"] = fields.title_to_graph(event.title)
    if Field.TIME in names:
        sent |= span_to_graph(event.span, zone)
    if Field.PLACE in names:
        sent["location"] = fields.place_to_graph(event.place, attendees.rooms_of(event, addresses))
    if Field.BODY in names or Field.BLOCK in names:
        if current_body_html is None and (needs_current_body(residue) or Field.BODY not in names):
            raise CannotSync("join-block-unknown")
        online = residue.get(_ONLINE) is True
        sent["body"] = bodies.body_to_graph(event, names, current_body_html or "", online=online)
    if Field.VISIBILITY in names:
        sent["sensitivity"] = fields.visibility_to_graph(event.visibility, residue.get("sensitivity"))
    if Field.SHOW_AS in names:
        sent["showAs"] = fields.show_as_to_graph(event.show_as)
    if Field.IMPORTANCE in names:
        sent["importance"] = fields.importance_to_graph(event.importance)
    if Field.EVENT_TYPE in names:
        sent["categories"] = categories_to_graph(event.event_type, _others(residue), types)
    if Field.REMINDER in names and event.reminder is not None:
        sent |= fields.reminder_to_graph(event.reminder)
    return sent


def _others(residue: Residue) -> list[str]:
    others = residue.get("categories")
    return [str(name) for name in others] if isinstance(others, list) else []
