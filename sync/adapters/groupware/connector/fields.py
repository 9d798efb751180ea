"""The fields of an event, contract to neutral and back: one pair of functions a field, pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sync.adapters.groupware.connector.people import booking_from, participant_from
from sync.adapters.groupware.connector.times import time_from, time_to
from sync.core.change import Residue
from sync.core.event import Event, Field, Form, Importance, Reminder, ShowAs, Visibility
from sync.core.place import joined_place, split_place
from sync.core.text import canonical_body, canonical_title

# The members of an event, or of one occurrence, that say a field.
MEMBERS: Mapping[Field, tuple[str, ...]] = {
    Field.TITLE: ("title",),
    Field.TIME: ("start", "duration", "end"),
    Field.PLACE: ("place", "placeDetail"),
    Field.BODY: ("memo",),
    Field.VISIBILITY: ("visibility",),
    Field.SHOW_AS: ("status", "showAs"),
    Field.IMPORTANCE: ("importance",),
    Field.EVENT_TYPE: ("typeId",),
    Field.REMINDER: ("reminders",),
}


def single_from(item: Mapping[str, Any], types: Mapping[str, str]) -> Event:
    """The event apart from its series. `types`: event type id -> name."""
    form, span = time_from(item)
    return Event(
        title=canonical_title(item.get("title") or ""),
        span=span,
        form=form,
        place=joined_place(item.get("place") or "", item.get("placeDetail") or ""),
        body=canonical_body(item.get("memo") or ""),
        visibility=visibility_from(item),
        show_as=show_as_from(item),
        importance=importance_from(item),
        event_type=types.get(item.get("typeId") or "", ""),
        reminder=reminder_from(item),
        owner=item.get("ownerId"),
        participants=tuple(participant_from(p) for p in item.get("participants") or ()),
        facilities=tuple(booking_from(b) for b in item.get("facilities") or ()),
    )


def show_as_from(item: Mapping[str, Any]) -> ShowAs:
    """The 仮 flag wins: a tentative schedule is tentative however its time shows. So is one whose facility waits
    for its approval (groupware.md 1)."""
    waits = any(booking.get("state") == "requested" for booking in item.get("facilities") or ())
    if waits or item.get("status") in ("tentative", "candidate"):
        return ShowAs.TENTATIVE
    name = item.get("showAs")
    return ShowAs(name) if name in set(ShowAs) else ShowAs.BUSY


def show_as_to(show_as: ShowAs, held: Collection[str], statuses: Collection[str]) -> dict[str, Any]:
    is_tentative = show_as is ShowAs.TENTATIVE
    shown = str(show_as) if str(show_as) in held else "busy"
    status = "tentative" if is_tentative and "tentative" in statuses else "confirmed"
    return {"status": status, "showAs": shown}


def place_to(shown: str, before: Mapping[str, Any], limits: Mapping[str, int]) -> dict[str, str]:
    """The detail is only said where there is one, or was."""
    now = before.get("place") or "", before.get("placeDetail") or ""
    place, detail = split_place(shown, *now, limits["placeMaxLength"], limits["placeDetailMaxLength"])
    return {"place": place} | ({"placeDetail": detail} if detail or now[1] else {})


def visibility_from(item: Mapping[str, Any]) -> Visibility:
    """A word nobody knows yet is private: never towards the more public."""
    name = item.get("visibility") or Visibility.PUBLIC
    return Visibility(name) if name in set(Visibility) else Visibility.PRIVATE


def importance_from(item: Mapping[str, Any]) -> Importance:
    name = item.get("importance")
    return Importance(name) if name in set(Importance) else Importance.NORMAL


def reminder_from(item: Mapping[str, Any]) -> Reminder | None:
    """The earliest reminder; an empty list says nothing, the person's default then holds in Outlook."""
    found = [r["minutesBefore"] for r in item.get("reminders") or ()]
    return Reminder(max(found)) if found else None


def reminder_to(reminder: Reminder | None) -> list[dict[str, int]]:
    if reminder is None or reminder.minutes is None:
        return []
    return [{"minutesBefore": reminder.minutes}]


def fields_to(
    event: Event,
    fields: Collection[str],
    residue: Residue,
    found: Mapping[str, Any],
    types: Mapping[str, str],
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """The named fields as members of NewEvent or EventPatch; names of other parts are left out. `found`: the
    groupware's capabilities as answered; `types`: event type id -> name; `before`: the event as it is now, without
    members if it is new."""
    body: dict[str, Any] = {}
    for name in fields:
        match name:
            case Field.TITLE:
                body["title"] = event.title
            case Field.TIME:
                body |= time_to(event, residue, {Form(f) for f in found["forms"] if f in set(Form)})
            case Field.PLACE:
                body |= place_to(event.place, before, found["limits"])
            case Field.BODY:
                body["memo"] = event.body
            case Field.VISIBILITY:
                body["visibility"] = str(event.visibility)
            case Field.SHOW_AS:
                body |= show_as_to(event.show_as, found["showAs"], found["statuses"])
            case Field.IMPORTANCE:
                body["importance"] = str(event.importance)
            case Field.EVENT_TYPE:
                body["typeId"] = next((t for t, name in types.items() if name == event.event_type), None)
            case Field.REMINDER:
                body["reminders"] = reminder_to(event.reminder)
    return body
