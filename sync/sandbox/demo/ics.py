"""The single events of iCalendar files, as a person would bring them into the groupware.

What cannot be taken is counted with its reason, never guessed. Events far from today are moved by whole weeks, so
that they lie in the dates that are synced.
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from icalendar.error import BrokenCalendarProperty
from tzlocal.windows_tz import win_tz

from sync.sandbox.demo.company import FUTURE_DAYS, PAST_DAYS, ZONE
from sync.sandbox.groupware.times import is_zone

Json = dict[str, Any]

# The weeks after today over which events from other years are spread.
WEEKS = 4
LONGEST_TITLE, LONGEST_PLACE = 255, 255
UNREADABLE_FILE = "ファイルを読めません / the file cannot be read"
SERIES = "繰り返しの予定 / series"
NO_START = "開始日時がありません / no start"
UNREADABLE_TIME = "日時を読めません / its time cannot be read"
END_BEFORE_START = "終了が開始より前です / it ends before it starts"
CANCELLED = "中止された予定 / cancelled"
UNKNOWN_ZONE = "タイムゾーンが不明です / unknown time zone"


class LeftOut(Exception):
    """Raised for an event that is not taken: the reason in both languages, and the name it is about, if any."""

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(reason)
        self.reason, self.name = reason, name


class Unreadable(Exception):
    """Raised by `read_own` for a file that is not there or holds no calendar."""


@dataclass(slots=True)
class Found:
    """`events` as the groupware takes them; `moved` of them to other dates. `names`: what a reason is about."""

    events: list[Json] = field(default_factory=list)
    moved: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    files: int = 0


def shipped_files() -> list[Path]:
    """The calendars that come with the installed icalendar package."""
    return sorted(Path(str(resources.files("icalendar"))).rglob("*.ics"))


def read_shipped(today: date) -> Found:
    found = Found()
    for file in shipped_files():
        read(file, today, found)
    return found


def read_own(file: Path, today: date) -> Found:
    """A person's own calendar file."""
    file = file.expanduser()
    if not file.is_file():
        raise Unreadable(f"{file} is not a file.")
    found = Found()
    read(file, today, found)
    if found.left_out[UNREADABLE_FILE]:
        raise Unreadable(f"{file} cannot be read as an iCalendar file.")
    return found


def read(file: Path, today: date, found: Found) -> None:
    """Adds what the file holds."""
    found.files += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            components = list(events_in(file.read_bytes()))
        except (ValueError, OSError):
            found.left_out[UNREADABLE_FILE] += 1
            return
        for component in components:
            try:
                event = to_groupware(component)
            except LeftOut as left_out:
                found.left_out[left_out.reason] += 1
                found.names[left_out.reason] |= {left_out.name} - {""}
                continue
            found.moved += move_near(event, today, len(found.events))
            found.events.append(event)


def events_in(content: bytes) -> Iterator[Event]:
    calendars = Calendar.from_ical(content, multiple=True)
    if not calendars:
        raise ValueError("no calendar")
    for calendar in calendars:
        yield from (part for part in calendar.walk("VEVENT") if isinstance(part, Event))


def to_groupware(component: Event) -> Json:
    if any(name in component for name in ("RRULE", "RDATE", "RECURRENCE-ID")):
        raise LeftOut(SERIES)
    if text(component, "STATUS").upper() == "CANCELLED":
        raise LeftOut(CANCELLED)
    is_private = text(component, "CLASS").upper() in ("PRIVATE", "CONFIDENTIAL")
    return {
        "title": one_line(text(component, "SUMMARY"))[:LONGEST_TITLE],
        "place": one_line(text(component, "LOCATION"))[:LONGEST_PLACE],
        "memo": printable(text(component, "DESCRIPTION")),
        "visibility": "private" if is_private else "public",
        "status": "tentative" if text(component, "STATUS").upper() == "TENTATIVE" else "confirmed",
        **({"showAs": "free"} if text(component, "TRANSP").upper() == "TRANSPARENT" else {}),
        **times(component),
    }


def times(component: Event) -> Json:
    try:
        start, end = points(component)
    except (BrokenCalendarProperty, AttributeError, TypeError, ValueError) as error:
        raise LeftOut(UNREADABLE_TIME) from error
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return whole_days(as_day(start), as_day(end))
    zone = zone_name(component, start)
    length = in_utc(end, zone) - in_utc(start, zone)
    if length < timedelta():
        raise LeftOut(END_BEFORE_START)
    wall = start.replace(tzinfo=None, microsecond=0).isoformat()
    if not length:
        return {"form": "startOnly", "start": wall, "timeZone": zone}
    return {"form": "timed", "start": wall, "timeZone": zone, "duration": f"PT{int(length.total_seconds())}S"}


def points(component: Event) -> tuple[date, date]:
    """Start and end; without an end whole days last one day, and others no time (RFC 5545 3.6.1)."""
    if "DTSTART" not in component:
        raise LeftOut(NO_START)
    start = point(component, "DTSTART")
    if "DTEND" in component:
        return start, point(component, "DTEND")
    if "DURATION" in component:
        length: Any = component["DURATION"]
        return start, start + length.dt
    return start, start if isinstance(start, datetime) else start + timedelta(days=1)


def point(component: Event, name: str) -> date:
    value: Any = component[name]
    if not isinstance(value.dt, date):
        raise LeftOut(UNREADABLE_TIME)
    return value.dt


def whole_days(first: date, until: date) -> Json:
    if until < first:
        raise LeftOut(END_BEFORE_START)
    # Many programs write a day that ends where it starts; people mean that day.
    until = max(until, first + timedelta(days=1))
    form = "allDay" if until - first == timedelta(days=1) else "period"
    return {"form": form, "start": first.isoformat(), "end": until.isoformat()}


def as_day(point: date) -> date:
    return point.date() if isinstance(point, datetime) else point


def zone_name(component: Event, start: datetime) -> str:
    """The IANA name; a time without a zone is one of the place where the calendar's owner is."""
    written: Any = component["DTSTART"]
    named = str(written.params.get("TZID") or start.tzinfo or "")
    if start.tzinfo is None and not named:
        return ZONE
    if isinstance(start.tzinfo, ZoneInfo) and is_zone(start.tzinfo.key):
        return start.tzinfo.key
    if is_zone(named):
        return named
    if named in win_tz:
        return win_tz[named]
    raise LeftOut(UNKNOWN_ZONE, named)


def in_utc(moment: datetime, zone: str) -> datetime:
    return (moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment).astimezone(UTC)


def move_near(event: Json, today: date, number: int) -> bool:
    """Move an event that lies outside the synced dates to the same weekday of a near week."""
    day = date.fromisoformat(event["start"][:10])
    if today - timedelta(days=PAST_DAYS) < day < today + timedelta(days=FUTURE_DAYS):
        return False
    week = today + timedelta(days=7 * (number % WEEKS))
    near = week + timedelta(days=(day.weekday() - week.weekday()) % 7)
    event["start"] = near.isoformat() + event["start"][10:]
    if "end" in event:
        event["end"] = (date.fromisoformat(event["end"]) + (near - day)).isoformat()
    return True


def text(component: Event, name: str) -> str:
    """The first value where a property stands several times."""
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value)


def one_line(said: str) -> str:
    return " ".join(printable(said).split())


def printable(said: str) -> str:
    """Without control characters, which the groupware's form refuses."""
    return "".join(
        char for char in said.replace("\r\n", "\n") if (char >= " " and char != "\x7f") or char in "\n\t"
    )


def reasons(found: Found) -> Iterator[str]:
    """Why events were left out, the most frequent reason first."""
    for reason, number in sorted(found.left_out.items(), key=lambda one: (-one[1], one[0])):
        names = ", ".join(sorted(found.names[reason]))
        yield f"{number} × {reason}{f': {names}' if names else ''}"
