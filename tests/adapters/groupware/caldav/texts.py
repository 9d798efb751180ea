"""iCalendar texts for the mapping's tests, and short ways to read and write them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.adapters.groupware.caldav.context import Context, Known
from sync.adapters.groupware.caldav.mapping import read_resource, write_resource
from sync.core.change import Seen, Unreadable
from sync.core.event import AllDay, Event, Field, Recurrence, Timed
from sync.core.fingerprint import digests
from sync.core.recurrence import canonical_rrule, normalised, occurrences
from sync.core.write import Verb, Write

HREF = "event.ics"
TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
USERS = {
    "taro": Known("山田太郎", "taro@example.com"),
    "hanako": Known("鈴木花子", "Hanako@example.com"),
    "jiro": Known("", ""),
}
ROOMS = {"r1": Known("第1会議室", "room1@example.com"), "r2": Known("第2会議室", "")}
CONTEXT = Context(
    user="taro",
    zone="Asia/Tokyo",
    now=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
    users=USERS,
    facilities=ROOMS,
    types=frozenset({"会議", "外出, 出張"}),
)
_DEFINITIONS = re.compile("BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", re.DOTALL)
# What a write may touch beside the property that it changes.
STAMPS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
AT_TEN = ("DTSTART;TZID=Asia/Tokyo:20260902T100000", "DTEND;TZID=Asia/Tokyo:20260902T110000")


def vevent(*lines: str, uid: str = "u1") -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]


def calendar(*components: list[str], more: tuple[str, ...] = ()) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//someone//EN", *more]
    for component in components:
        lines += component
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def single(*lines: str) -> str:
    """An event of one hour, with these lines too."""
    return calendar(vevent(*AT_TEN, *lines))


def shown(text: str, context: Context = CONTEXT) -> Seen:
    found = read_resource(text, HREF, '"1"', context)
    assert isinstance(found, Seen), found
    return found


def event_of(text: str, context: Context = CONTEXT) -> Event:
    return shown(text, context).event


def refusal(text: str, context: Context = CONTEXT) -> tuple[str, dict[str, str]]:
    found = read_resource(text, HREF, '"1"', context)
    assert isinstance(found, Unreadable), found
    return found.code, dict(found.detail)


def updated(text: str, event: Event, *parts: str, context: Context = CONTEXT) -> str:
    """The text after an update of these parts; without any of all that differ."""
    now, wanted = digests(event_of(text, context)), digests(event)
    differing = {name for name in now.keys() | wanted.keys() if now.get(name) != wanted.get(name)}
    write = Write("k", Verb.UPDATE, HREF, '"1"', event, frozenset(parts) or frozenset(differing))
    return write_resource(text, write, context)


def changed(text: str, *, context: Context = CONTEXT, **fields: Any) -> str:
    """The text after an update of these fields of the event."""
    event = replace(event_of(text, context), **fields)
    names = [Field.TIME if name == "span" else Field(name) for name in fields]
    return updated(text, event, *names, context=context)


def created(event: Event, uid: str = "new@example.com", context: Context = CONTEXT) -> str:
    return write_resource(None, Write("k", Verb.CREATE, event=event, uid=uid), context)


def lines_of(text: str) -> list[str]:
    """Unfolded."""
    return text.replace("\r\n ", "").split("\r\n")


def differing(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came, stamps and definitions of zones aside, each in its order."""
    old, new = (
        [line for line in lines_of(_DEFINITIONS.sub("", text)) if not line.startswith(STAMPS)]
        for text in (before, after)
    )
    return [line for line in old if line not in new], [line for line in new if line not in old]


def at(day: date, hour: int, minutes: int = 60, tz: ZoneInfo = TOKYO) -> Timed:
    start = datetime(day.year, day.month, day.day, hour, tzinfo=tz)
    return Timed(start, (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(tz))


def days(first: date, count: int = 1) -> AllDay:
    return AllDay(first, first + timedelta(days=count))


def repeating(event: Event, rrule: str, **dates: Any) -> Event:
    return normalised(replace(event, recurrence=Recurrence(canonical_rrule(rrule, event.span), **dates)))


def plotted(event: Event, first: date = date(2026, 8, 1), until: date = date(2027, 8, 1)) -> dict[str, str]:
    """Titles by start and end, of everything that takes place in a year: days, or UTC."""
    found: dict[str, str] = {}
    for _, one in occurrences(event, first, until):
        if isinstance(one.span, AllDay):
            name = f"{one.span.first}/{one.span.until}"
        else:
            name = "/".join(f"{t.astimezone(UTC):%Y-%m-%dT%H:%M}" for t in (one.span.start, one.span.end))
        found[name] = one.title
    return found
