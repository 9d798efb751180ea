"""Definitions of zones (VTIMEZONE, RFC 5545 3.6.5): the IANA zone with the same offsets, and the one of a zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sync.adapters.groupware.caldav.lines import Component, Line
from sync.core.event import Timed
from sync.core.recurrence import canonical_rrule, rule_days
from sync.core.recurrence_days import last_rule_day_until
from sync.core.recurrence_rule import WEEKDAYS
from sync.errors import CannotSync

_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?", re.ASCII)
_WALL = re.compile(r"\d{8}T\d{6}", re.ASCII)
_UNTIL = re.compile(r"(?<=UNTIL=)(\d{8}T\d{6})Z")
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
# Rules are worked out as wall times: the zone is only a label for them.
_LABEL = ZoneInfo("Etc/UTC")
# So many years of the same are a rule.
_ENOUGH = 5

# From this UTC instant on, this offset.
Change = tuple[datetime, timedelta]


def alike(definition: Component, first: date, until: date, likely: Iterable[str]) -> str | None:
    """The first of the `likely` IANA zones that has the same offsets from `first` to `until`; None: none has, or the
    definition cannot be read."""
    try:
        wanted = changes(definition, first, until)
    except (CannotSync, ValueError, OverflowError):
        return None
    return next((name for name in likely if _is_like(name, wanted, first, until)), None)


def changes(definition: Component, first: date, until: date) -> list[Change]:
    """The offset at the beginning of `first` (UTC), and every change of it before `until`. ValueError, or
    `CannotSync` for a rule, if it cannot be read."""
    begins, ends = midnight(first), midnight(until)
    observances = [_read(one) for kind in ("STANDARD", "DAYLIGHT") for one in definition.children(kind)]
    if not observances:
        raise ValueError("a zone without offsets")
    onsets = sorted(onset for one in observances for onset in one.onsets(begins, ends))
    earlier = [after for at, after in onsets if at <= begins]
    # Before the first onset the offset is the one that it changes from.
    offset = earlier[-1] if earlier else min(observances, key=lambda one: one.start).before
    found = [(begins, offset)]
    for at, after in onsets:
        if begins < at < ends and after != found[-1][1]:
            found.append((at, after))
    return found


@dataclass(frozen=True, slots=True)
class Observance:
    """STANDARD or DAYLIGHT: from each of its onsets on `after` holds; they are wall times of `before`."""

    start: datetime
    before: timedelta
    after: timedelta
    rrule: str = ""
    dates: tuple[datetime, ...] = ()

    def onsets(self, begins: datetime, ends: datetime) -> Iterator[Change]:
        """Those in the time between, and the last one before it."""
        first = self.start.date()
        since, until = begins.date() - _DAY, ends.date() + _DAY
        days = list(rule_days(self.rrule, first, max(first, since), until)) if self.rrule else []
        last = last_rule_day_until(self.rrule, first, since) if self.rrule and first <= since else None
        walls = {self.start, *self.dates}
        walls |= {datetime.combine(day, self.start.time()) for day in (*days, last) if day is not None}
        for wall in walls:
            yield (wall - self.before).replace(tzinfo=UTC), self.after


def definition_of(name: str, tzid: str, first: date, until: date) -> Component:
    """A VTIMEZONE with the offsets of an IANA zone from `first` to `until`: as yearly rules where they are that."""
    tz = ZoneInfo(name)
    begins = midnight(first).astimezone(tz)
    definition = Component(
        "VTIMEZONE", [Line("TZID", tzid), _observance(begins, begins.utcoffset(), [begins])]
    )
    groups: dict[tuple[str | None, timedelta | None, timedelta | None], list[datetime]] = {}
    for instant in _known_changes(name, first.year, until.year):
        before, after = (instant - _SECOND).astimezone(tz), instant.astimezone(tz)
        if instant > begins:
            key = after.tzname(), before.utcoffset(), after.utcoffset()
            groups.setdefault(key, []).append(after)
    definition.parts += [_observance(onsets[0], before, onsets) for (_, before, _), onsets in groups.items()]
    return definition


def _observance(first: datetime, before: timedelta | None, onsets: list[datetime]) -> Component:
    """`onsets`: the first moments with the new offset, `first` among them; `before`: the old offset."""
    assert before is not None
    walls = [(one.astimezone(UTC) + before).replace(tzinfo=None) for one in onsets]
    said = [f"{wall.year:04}{wall:%m%dT%H%M%S}" for wall in walls]
    part = Component("DAYLIGHT" if first.dst() else "STANDARD", [Line("DTSTART", said[0])])
    rule = _yearly(walls)
    if rule:
        part.add(Line("RRULE", rule))
    elif len(said) > 1:
        part.add(Line("RDATE", ",".join(said[1:])))
    part.add(Line("TZNAME", first.tzname() or ""))
    part.add(Line("TZOFFSETFROM", _said(before)))
    part.add(Line("TZOFFSETTO", _said(first.utcoffset() or timedelta())))
    return part


def _yearly(walls: list[datetime]) -> str:
    """The rule that gives these days and no others; "" if there is none."""
    first, days = walls[0], [wall.date() for wall in walls]
    if len(walls) < _ENOUGH or len({wall.time() for wall in walls}) > 1:
        return ""
    for nth in (-1, (first.day - 1) // 7 + 1):
        rule = f"FREQ=YEARLY;BYMONTH={first.month};BYDAY={nth}{WEEKDAYS[first.weekday()]}"
        if list(rule_days(rule, days[0], days[0], date(days[-1].year + 1, 1, 1))) == days:
            return rule
    return ""


def _said(offset: timedelta) -> str:
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{minutes // 60:02}{minutes % 60:02}{f'{seconds:02}' if seconds else ''}"


def _read(part: Component) -> Observance:
    before, after = _offset(part.value("TZOFFSETFROM")), _offset(part.value("TZOFFSETTO"))
    start = _wall(part.value("DTSTART"))
    dates = tuple(_wall(one) for line in part.lines("RDATE") for one in line.value.split(","))
    rrule = part.value("RRULE")
    if rrule:
        # The end of a rule is an instant here; all else is said by the wall clock before the change.
        local = _UNTIL.sub(lambda end: f"{_wall(end[1]) + before:%Y%m%dT%H%M%S}", rrule.upper())
        labelled = start.replace(tzinfo=_LABEL)
        rrule = canonical_rrule(local, Timed(labelled, labelled))
    return Observance(start, before, after, rrule, dates)


def _offset(value: str) -> timedelta:
    found = _OFFSET.fullmatch(value)
    if found is None:
        raise ValueError("offset")
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length


def _wall(value: str) -> datetime:
    found = _WALL.match(value.strip())
    if found is None:
        raise ValueError("onset")
    return datetime.strptime(found[0], "%Y%m%dT%H%M%S")  # noqa: DTZ007  wall times have no zone


def _is_like(name: str, wanted: list[Change], first: date, until: date) -> bool:
    tz = ZoneInfo(name)
    # Most zones differ already in these; a whole look costs a thousand times as much.
    if any(at.astimezone(tz).utcoffset() != offset for at, offset in wanted):
        return False
    if any((at - _SECOND).astimezone(tz).utcoffset() == offset for at, offset in wanted[1:]):
        return False
    theirs = sum(
        1 for at in _known_changes(name, first.year, until.year) if wanted[0][0] < at < midnight(until)
    )
    return theirs == len(wanted) - 1


def _known_changes(name: str, first: int, last: int) -> Iterator[datetime]:
    """The UTC instants at which an IANA zone changes its offset in these years, to the second."""
    for year in range(first, last + 1):
        yield from _changes_in(name, year)


@lru_cache(maxsize=8192)
def _changes_in(name: str, year: int) -> tuple[datetime, ...]:
    tz = ZoneInfo(name)
    found: list[datetime] = []
    day = midnight(date(year, 1, 1))
    before = day.astimezone(tz).utcoffset()
    while day.year == year:
        following = day + _DAY
        after = following.astimezone(tz).utcoffset()
        if after != before:
            found.append(_between(day, following, tz))
        day, before = following, after
    return tuple(found)


def _between(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """The first second that has the offset of `after`."""
    offset = after.astimezone(tz).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(tz).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
