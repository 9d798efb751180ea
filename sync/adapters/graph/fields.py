"""One pair of functions for each synced field that is more than its name; the enums are tables."""

from __future__ import annotations

from sync.adapters.graph.wire import Item, list_at, object_at, text_at
from sync.core.event import Importance, Reminder, ShowAs, Visibility
from sync.core.join_block import split_join_block
from sync.core.text import canonical_body, canonical_place, canonical_title, cut, html_to_text, text_to_html
from sync.errors import CannotSync

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


def place_to_graph(place: str) -> dict[str, str]:
    """Writing `location` replaces `locations` as well (1.1)."""
    return {"displayName": cut(canonical_place(place), PLACE_LIMIT)}


def place_from_graph(item: Item) -> str:
    name = text_at(object_at(item, "location"), "displayName")
    if not name:
        places = (text_at(place, "displayName") for place in list_at(item, "locations"))
        name = "; ".join(place for place in places if place)
    return canonical_place(name)


def body_to_graph(body: str, current_html: str | None, *, online: bool) -> dict[str, str]:
    """The text as HTML, followed by the Teams block of the body it replaces.

    `CannotSync` for an online meeting whose current body is not known: it would lose its block (T50).
    """
    if online and current_html is None:
        raise CannotSync("join-block-unknown")
    _, block = split_join_block(current_html or "", online=online)
    html = text_to_html(body)
    return {"contentType": "html", "content": f"{html}<br>\r\n{block}" if block else html}


def body_from_graph(item: Item) -> str:
    """The person's own text, without the Teams block."""
    body = object_at(item, "body")
    content = text_at(body, "content")
    if text_at(body, "contentType").lower() == "text":
        return canonical_body(content)
    own, _ = split_join_block(content, online=is_online(item))
    return html_to_text(own)


def is_online(item: Item) -> bool:
    """Whether the body carries join information that a write must not lose."""
    if item.get("isOnlineMeeting") is True:
        return True
    return bool(split_join_block(text_at(object_at(item, "body"), "content"), online=False)[1])


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
