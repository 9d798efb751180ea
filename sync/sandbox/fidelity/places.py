"""Which IANA zone a time of a calendar file is in. A zone that the file defines itself is compared by its clock
changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import zip_longest
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from sync.core.timezones import UTC_ZONE, names
from sync.sandbox.groupware.times import is_zone

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT"})
Change = tuple[datetime, timedelta | None]


class Places:
    """Zones as they are between two days; a zone of a file's own may be like an IANA zone only for a while."""

    def __init__(self, first: date, until: date) -> None:
        self._days = [instant_of(first) + DAY * number for number in range((until - first).days + 1)]
        self._found: dict[tzinfo, str | None] = {}

    def name_of(self, place: tzinfo) -> str | None:
        """The IANA name; None for a zone that no IANA zone is like."""
        if isinstance(place, ZoneInfo) and is_zone(place.key):
            return UTC_ZONE if place.key in UTC_NAMES else place.key
        if place not in self._found:
            self._found[place] = self._alike(place)
        return self._found[place]

    def _alike(self, place: tzinfo) -> str | None:
        """The likeliest zone with the same clock changes: by what its name says, then any."""
        wanted = list(self._changes(place))
        likely = said_by(written_name(place)) + by_fame()
        return next((name for name in likely if self._is_like(ZoneInfo(name), wanted)), None)

    def _is_like(self, zone: ZoneInfo, wanted: Sequence[Change]) -> bool:
        return all(mine == yours for mine, yours in zip_longest(self._changes(zone), wanted))

    def _changes(self, place: tzinfo) -> Iterator[Change]:
        """The offset at first, and every change of it to the minute. No clock goes forth and back in one day."""
        before: Change | None = None
        for day in self._days:
            offset = day.astimezone(place).utcoffset()
            if before is None:
                yield day, offset
            elif offset != before[1]:
                yield change_between(before[0], day, place), offset
            before = day, offset


def change_between(before: datetime, after: datetime, place: tzinfo) -> datetime:
    """The first minute that has the offset of `after`."""
    offset = after.astimezone(place).utcoffset()
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        if middle.astimezone(place).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def instant_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def by_fame() -> list[str]:
    """All zones, those first that stand for a Windows zone: everybody's calendar program knows them."""
    famous = set(win_tz.values())
    return sorted(names(), key=lambda name: (name not in famous, name))


def written_name(place: tzinfo) -> str:
    """The TZID that the file gives to a zone of its own (dateutil keeps it without a public name)."""
    return str(getattr(place, "_tzid", ""))


def said_by(written: str) -> list[str]:
    """IANA names that a TZID may mean: a Windows name, other letter cases, `/vendor/Europe/Berlin`."""
    lower = {name.lower(): name for name in names()}
    last_parts = "/".join(written.lower().split("/")[-2:])
    said = [win_tz.get(written, ""), lower.get(written.lower(), ""), lower.get(last_parts, "")]
    return [name for name in said if is_zone(name)]
