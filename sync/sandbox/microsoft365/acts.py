"""Turns what a test writes about a person's act into the JSON of Graph.

`show_as="free"` and `showAs="free"` are the same. `start` and `end` may be a date or "2026-09-01" (all-day), a wall
time in `time_zone` such as "2026-09-01T10:00", an aware datetime, or Graph's own object. `body` and `location` may be
texts, and `attendees` addresses.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

Json = dict[str, Any]
TOKYO = "Tokyo Standard Time"
DATE_LENGTH = len("2026-09-01")


def to_graph_words(properties: Json, time_zone: str = TOKYO) -> Json:
    body = {camel(name): value for name, value in properties.items()}
    for name in ("start", "end"):
        if name in body:
            if is_day(body[name]):
                body.setdefault("isAllDay", True)
            body[name] = to_moment(body[name], time_zone)
    if isinstance(body.get("body"), str):
        text = body["body"]
        body["body"] = {"contentType": "html" if text.lstrip().startswith("<") else "text", "content": text}
    if isinstance(body.get("location"), str):
        body["location"] = {"displayName": body["location"]}
    if isinstance(body.get("attendees"), list):
        body["attendees"] = [to_attendee(person) for person in body["attendees"]]
    return body


def to_attendee(person: Any) -> Any:
    if isinstance(person, str):
        return {"type": "required", "emailAddress": {"address": person}}
    return person


def is_day(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) == DATE_LENGTH
    return isinstance(value, date) and not isinstance(value, datetime)


def to_moment(value: Any, time_zone: str) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return {"dateTime": value.astimezone(UTC).replace(tzinfo=None).isoformat(), "timeZone": "UTC"}
        return {"dateTime": value.isoformat(), "timeZone": time_zone}
    if is_day(value):
        return {"dateTime": f"{value}T00:00:00", "timeZone": time_zone}
    if isinstance(value, str):
        return {"dateTime": value, "timeZone": time_zone}
    return value


def camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
