"""The events of one calendar resource (RFC 4791 4.1): one UID, a single event or a series and its changed dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from re import ASCII, compile, findall

from sync.adapters.groupware.caldav.context import Context
from sync.adapters.groupware.caldav.lines import Component, parse, unescaped, unreadable
from sync.adapters.groupware.caldav.when import Clock
from sync.adapters.groupware.caldav.zones import Zones
from sync.core.event import AllDay
from sync.core.recurrence import canonical_rrule, last_rule_day
from sync.core.timezones import zone
from sync.errors import CannotSync

_DATES = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")
_DIGITS = compile(r"(?<!\d)\d{8}(?!\d)", ASCII)
_NUMBER = compile(r"\d{1,9}", ASCII)
_STAMP = compile(r"\d{8}T\d{6}Z", ASCII)
# A series without end is looked at for so long when a zone's definition is held against the known zones.
_LOOK_AHEAD = timedelta(days=30 * 366)


@dataclass(frozen=True, slots=True)
class Resource:
    """`master`: the event or series itself. If only one occurrence of somebody's series is here (an invitation to a
    single date), it is that. `edits`: the changed occurrences. `superseded`: older revisions of these."""

    calendar: Component
    master: Component
    edits: tuple[Component, ...]
    clock: Clock
    superseded: tuple[Component, ...] = ()

    @property
    def uid(self) -> str:
        return unescaped(self.master.value("UID"))

    @property
    def components(self) -> tuple[Component, ...]:
        return (self.master, *self.edits)

    @property
    def modified(self) -> datetime | None:
        """When anybody last changed it; None where nothing says so."""
        found = [_stamp(one.value(name)) for one in self.components for name in ("LAST-MODIFIED", "DTSTAMP")]
        return max((one for one in found if one is not None), default=None)


def read_text(text: str, context: Context) -> Resource:
    """`CannotSync("event-unreadable")` for a broken text or one without events, "series-without-master" for several
    occurrences of a series that is not there."""
    calendar = parse(text)
    events = calendar.children("VEVENT")
    if not events:
        raise unreadable("VEVENT")
    if len({one.value("UID") for one in events}) > 1:
        raise unreadable("UID")
    newest = _newest(events)
    master = newest.pop("", None)
    edits = list(newest.values())
    if master is None and len(edits) > 1:
        raise CannotSync("series-without-master")
    found = resource_of(calendar, master or edits.pop(), edits, context)
    old = tuple(one for one in events if all(one is not current for current in found.components))
    return replace(found, superseded=old)


def resource_of(
    calendar: Component, master: Component, edits: Iterable[Component], context: Context
) -> Resource:
    home = zone(context.zone)
    zones = Zones(calendar, home.key, *_days_concerned((master, *edits)))
    return Resource(calendar, master, tuple(edits), Clock(zones, home))


def _newest(events: Iterable[Component]) -> dict[str, Component]:
    """By RECURRENCE-ID as it is written, "" for the master; of several revisions the newest (RFC 5546 2.1.5)."""
    found: dict[str, Component] = {}
    for event in events:
        key = event.value("RECURRENCE-ID")
        if key not in found or revision(event) >= revision(found[key]):
            found[key] = event
    return found


def revision(event: Component) -> tuple[int, str]:
    number = sequence_of(event)
    return -1 if number is None else number, event.value("DTSTAMP")


def sequence_of(event: Component) -> int | None:
    """None where it is not there, or no number that anybody counts to."""
    number = event.value("SEQUENCE")
    return int(number) if _NUMBER.fullmatch(number) else None


def _days_concerned(events: Iterable[Component]) -> tuple[date, date]:
    """The first and the last day on which anything takes place, as the digits of the text say."""
    days: list[date] = []
    for event in events:
        for line in event.lines(*_DATES):
            days += [day for digits in findall(_DIGITS, line.value) if (day := _day(digits)) is not None]
        start = _day(event.value("DTSTART")[:8])
        if start is not None:
            days += [_last_day(line.value, start) for line in event.lines("RRULE")]
    days = days or [date(1970, 1, 1)]
    return min(days), max(days)


def _last_day(rrule: str, start: date) -> date:
    """Of a rule that nobody can read, the start: it is refused elsewhere."""
    try:
        span = AllDay(start, start + timedelta(days=1))
        last = last_rule_day(canonical_rrule(_day_by_day(rrule), span), start)
        return start + _LOOK_AHEAD if last is None else min(last, start + _LOOK_AHEAD)
    except (CannotSync, OverflowError):
        return start


def _day_by_day(rrule: str) -> str:
    return ";".join(part for part in rrule.upper().split(";") if not part.startswith(("RSCALE", "SKIP")))


def _day(digits: str) -> date | None:
    try:
        found = datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        return None
    return found if 1 < found.year < 9900 else None


def _stamp(value: str) -> datetime | None:
    if not _STAMP.fullmatch(value):
        return None
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
