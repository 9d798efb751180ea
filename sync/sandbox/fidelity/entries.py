"""Calendar files cut into entries: all VEVENTs of one identifier, which people call one event.

Every VEVENT of a file is in an entry, or counted as one that nobody can read.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from icalendar import Calendar, Component, Event
from icalendar.timezone import tzp

MARK = b"BEGIN:VEVENT"


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` is its place in the file. `home_zone` is the calendar's X-WR-TIMEZONE, "" without one; `zones` are
    those that the calendar describes."""

    number: int
    uid: str
    components: tuple[Event, ...]
    home_zone: str = ""
    zones: tuple[Component, ...] = ()

    @property
    def id(self) -> str:
        """Names the entry without showing anything it says."""
        return f"{self.number}-{hashlib.sha256(self.uid.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Content:
    """`unread`: VEVENTs that the parser could not give us."""

    entries: tuple[Entry, ...]
    unread: int = 0


def read_file(file: Path) -> Content:
    content = file.read_bytes()
    tzp.use_default()  # else a zone that an earlier file defines is known here too
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = Calendar.from_ical(content, multiple=True)
            entries = tuple(numbered(parsed))
    except ValueError:
        return Content((), vevents_in(content))
    found = sum(len(entry.components) for entry in entries)
    return Content(entries, max(vevents_in(content) - found, 0))


def numbered(parsed: Sequence[Component]) -> Iterator[Entry]:
    """In the order in which the identifiers come up. An event without one is an entry of its own."""
    number = 0
    for calendar in parsed:
        groups: dict[str, list[Event]] = {}
        for component in calendar.walk("VEVENT"):
            assert isinstance(component, Event)
            number += 1
            groups.setdefault(text(component, "UID") or f"without uid {number}", []).append(component)
        first = number - sum(map(len, groups.values())) + 1
        for place, (uid, components) in enumerate(groups.items(), first):
            zones = tuple(calendar.walk("VTIMEZONE"))
            yield Entry(place, uid, tuple(components), text(calendar, "X-WR-TIMEZONE"), zones)


def vevents_in(content: bytes) -> int:
    """How many events the text itself announces, whatever a parser makes of it."""
    unfolded = content.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")
    return sum(line.strip().upper() == MARK for line in unfolded.splitlines())


def text(component: Component, name: str) -> str:
    """The first value where a property stands several times."""
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value)
