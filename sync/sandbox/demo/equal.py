"""Are both calendars equal? Looked at from outside: the events as each side stores them, field by field.

Shares no reading with the service, so that one misreading cannot hide in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

from sync.sandbox.demo.company import CATEGORIES, EVENT_TYPES, EXCLUDED_TYPES

Json = Mapping[str, Any]

# Outlook's limit; the groupware's titles and places may be longer.
LONGEST = 255
# The participants stand at the end of Outlook's body; the groupware has them in a field of their own.
BLOCK = "── 参加者 / Participants"
TYPE_OF = {CATEGORIES.get(name, name): name for name in EVENT_TYPES}
NAME_OF = {id_: name for name, id_ in EVENT_TYPES.items()}
EXCLUDED_IDS = frozenset(EVENT_TYPES[name] for name in EXCLUDED_TYPES)


@dataclass(frozen=True, slots=True, order=True)
class Shown:
    """One event as a person sees it; times in UTC, whole days as dates."""

    start: str
    end: str
    title: str
    place: str
    memo: str
    event_type: str
    is_private: bool
    show_as: str
    importance: str


def differences(groupware: Iterable[Shown], outlook: Iterable[Shown]) -> tuple[list[Shown], list[Shown]]:
    """What only the groupware shows, and what only Outlook shows."""
    here, there = Counter(groupware), Counter(outlook)
    return sorted((here - there).elements()), sorted((there - here).elements())


def groupware_shown(events: Iterable[Json], problems: Collection[str]) -> list[Shown]:
    """What is ours to sync; `problems` are the ids of parked events, which may differ."""
    return [
        from_groupware(event)
        for event in events
        if event["id"] not in problems
        and event["recurrence"] is None
        and event["status"] != "candidate"
        and event["typeId"] not in EXCLUDED_IDS
    ]


def outlook_shown(events: Iterable[Json], problems: Collection[str]) -> list[Shown]:
    return [
        from_outlook(event)
        for event in events
        if event["id"] not in problems and event["type"] == "singleInstance" and not event["isCancelled"]
    ]


def from_groupware(event: Json) -> Shown:
    if event["form"] in ("timed", "startOnly"):
        start = (
            datetime.fromisoformat(event["start"]).replace(tzinfo=ZoneInfo(event["timeZone"])).astimezone(UTC)
        )
        start_text, end_text = instant(start), instant(start + length(event["duration"]))
    else:
        start_text, end_text = event["start"], event["end"]
    return Shown(
        start_text,
        end_text,
        plain(event["title"])[:LONGEST],
        plain(event["place"])[:LONGEST],
        plain(event["memo"]),
        NAME_OF.get(event["typeId"] or "", ""),
        event["visibility"] != "public",
        "tentative" if event["status"] == "tentative" else event["showAs"],
        event["importance"],
    )


def from_outlook(event: Json) -> Shown:
    times = [event[name]["dateTime"] for name in ("start", "end")]
    if event["isAllDay"]:
        start_text, end_text = (text[:10] for text in times)
    else:
        start_text, end_text = (
            instant(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)) for text in times
        )
    types = [TYPE_OF[name] for name in event["categories"] if name in TYPE_OF]
    return Shown(
        start_text,
        end_text,
        plain(event["subject"] or ""),
        plain(event["location"]["displayName"]),
        plain(body_text(event["body"]).partition(BLOCK)[0]),
        types[0] if types else "",
        event["sensitivity"] != "normal",
        event["showAs"],
        event["importance"],
    )


def body_text(body: Json) -> str:
    return text_of(body["content"]) if body["contentType"] == "html" else str(body["content"])


def instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def length(duration: str) -> timedelta:
    """PT1H30M, as the contract writes it."""
    units = {"H": 0, "M": 0, "S": 0}
    number = ""
    for char in duration.removeprefix("PT"):
        if char.isdigit():
            number += char
        else:
            units[char], number = int(number), ""
    return timedelta(hours=units["H"], minutes=units["M"], seconds=units["S"])


def plain(text: str) -> str:
    """Without the white space in which two programs may differ and a reader sees no difference."""
    return " ".join(text.split())


NEW_LINE = ("br", "p", "div", "li", "tr")


class Reader(HTMLParser):
    """The text of a page; what a browser starts on a new line is set apart by a blank. Style is no text."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.parts.append(data)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag in NEW_LINE:
            self.parts.append("\n")
        self._is_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        if tag in NEW_LINE:
            self.parts.append("\n")
        self._is_style = False


def text_of(html: str) -> str:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)
