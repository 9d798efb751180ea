"""One pair of functions for each synced field that is more than its name; the enums are tables."""

from __future__ import annotations

from collections.abc import Sequence

from sync.adapters.graph.wire import Item, list_at, object_at, text_at
from sync.core.event import Importance, Reminder, ShowAs, Visibility
from sync.core.text import canonical_place, canonical_title, cut

TITLE_LIMIT = 255
PLACE_LIMIT = 255
_LONGEST_REMINDER = 2**31 - 1  # Int32
_DEFAULT_REMINDER = 15

_SHOW_AS: dict[str, ShowAs] = {
    "free": ShowAs.FREE,
    "tentative": ShowAs.TENTATIVE,
    "busy": ShowAs.BUSY,
    "oof": ShowAs.OOF,
    "workingElsewhere": ShowAs.WORKING_ELSEWHERE,
}
_SHOW_AS_NAME = {meaning: name for name, meaning in _SHOW_AS.items()}
_IMPORTANCE: dict[str, Importance] = {
    "low": Importance.LOW,
    "normal": Importance.NORMAL,
    "high": Importance.HIGH,
}
_IMPORTANCE_NAME = {meaning: name for name, meaning in _IMPORTANCE.items()}


def title_to_graph(title: str) -> str:
    return cut(canonical_title(title), TITLE_LIMIT)


def title_from_graph(item: Item) -> str:
    return canonical_title(text_at(item, "subject"))


def place_to_graph(place: str, rooms: Sequence[str] = ()) -> dict[str, str]:
    """Writing `location` replaces `locations` as well (1.1). `rooms`: addresses of those booked; a single one is the
    place itself (6.7)."""
    named = {"displayName": cut(canonical_place(place), PLACE_LIMIT)}
    return named | ({"locationEmailAddress": rooms[0]} if len(rooms) == 1 else {})


def place_from_graph(item: Item) -> str:
    name = text_at(object_at(item, "location"), "displayName")
    if not name:
        places = (text_at(place, "displayName") for place in list_at(item, "locations"))
        name = "; ".join(place for place in places if place)
    return canonical_place(name)


def visibility_to_graph(visibility: Visibility, kept: object) -> str:
    """`kept`: the stricter word that Outlook had for a private event, if it had one."""
    if visibility is Visibility.PUBLIC:
        return "normal"
    return kept if kept in ("personal", "confidential") else "private"


def visibility_from_graph(item: Item) -> Visibility:
    """Everything but `normal` is private, a value nobody knows yet as well: never towards the more public."""
    return Visibility.PUBLIC if text_at(item, "sensitivity") in ("", "normal") else Visibility.PRIVATE


def show_as_to_graph(show_as: ShowAs) -> str:
    return _SHOW_AS_NAME[show_as]


def show_as_from_graph(item: Item) -> ShowAs:
    return _SHOW_AS.get(text_at(item, "showAs"), ShowAs.BUSY)


def importance_to_graph(importance: Importance) -> str:
    return _IMPORTANCE_NAME[importance]


def importance_from_graph(item: Item) -> Importance:
    return _IMPORTANCE.get(text_at(item, "importance"), Importance.NORMAL)


def reminder_to_graph(reminder: Reminder) -> dict[str, object]:
    """`isReminderOn` always: an event that is created without it reminds 15 minutes before its start (T49)."""
    if reminder.minutes is None:
        return {"isReminderOn": False}
    minutes = min(max(0, reminder.minutes), _LONGEST_REMINDER)
    return {"isReminderOn": True, "reminderMinutesBeforeStart": minutes}


def reminder_from_graph(item: Item) -> Reminder | None:
    """None where Graph says nothing (an occurrence in a delta page)."""
    is_on, minutes = item.get("isReminderOn"), item.get("reminderMinutesBeforeStart")
    if is_on is False:
        return Reminder(None)
    if is_on is True:
        return Reminder(minutes if isinstance(minutes, int) else _DEFAULT_REMINDER)
    return None
