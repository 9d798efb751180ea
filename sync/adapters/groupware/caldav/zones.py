"""Which IANA zone a TZID means. Outside this module zones have their IANA names.

A name that stands for a zone wins over what the calendar defines under it: every program knows such zones itself, and
definitions are often cut off after some years. Any other name needs a definition (VTIMEZONE) that has the offsets of
an IANA zone on all the dates concerned; else the event is refused, never taken as UTC.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

from sync.adapters.groupware.caldav.lines import Component, escaped, parse, unescaped
from sync.adapters.groupware.caldav.observances import alike, definition_of
from sync.core.timezones import canonical_name, names, zone
from sync.errors import CannotSync

_ABOUT = timedelta(days=366)
# How far ahead of an event its zone's definition is worked out: series go on.
_AHEAD = timedelta(days=20 * 366)


@dataclass(slots=True)
class Zones:
    """The zones of one calendar. `first` and `until`: the days between which its events take place; `home`: the IANA
    zone of the calendar itself, the likeliest of several that fit a definition."""

    calendar: Component
    home: str
    first: date
    until: date
    _found: dict[str, ZoneInfo] = field(default_factory=dict)

    def of(self, tzid: str) -> ZoneInfo:
        """`CannotSync("unknown-zone")` if nobody can tell."""
        if tzid not in self._found:
            name = named(tzid) or self._by_definition(tzid)
            if name is None:
                raise CannotSync("unknown-zone", {"zone": tzid})
            self._found[tzid] = zone(name)
        return self._found[tzid]

    def _by_definition(self, tzid: str) -> str | None:
        definition = _definition(self.calendar, tzid)
        if definition is None:
            return None
        return _alike(definition.text, self.home, self.first, self.until)


@lru_cache(maxsize=4096)
def _alike(definition: str, home: str, first: date, until: date) -> str | None:
    """The zone that was meant, if many are alike on a single day: one that is also like it all about that time."""
    wide = _alike_in(definition, home, date(first.year - 1, 1, 1), date(until.year + 2, 1, 1))
    day = timedelta(days=1)
    return wide if wide is not None else _alike_in(definition, home, first - day, until + day)


@lru_cache(maxsize=4096)
def _alike_in(definition: str, home: str, first: date, until: date) -> str | None:
    (read,) = parse(f"BEGIN:VCALENDAR\r\n{definition}END:VCALENDAR\r\n").children("VTIMEZONE")
    hinted = named(read.value("X-LIC-LOCATION"))
    likely = dict.fromkeys((*([hinted] if hinted is not None else []), home, *_by_fame()))
    return alike(read, first, until, likely)


def named(tzid: str) -> str | None:
    """The IANA zone that a TZID names: by its own name, by Windows' name, or behind a vendor's prefix
    (`/mozilla.org/20050126_1/Europe/Berlin`)."""
    text = tzid.strip()
    windows = _windows().get(text.lower())
    if windows is not None:
        return windows
    parts = text.split("/")
    tails = ["/".join(parts[-count:]) for count in (3, 2) if len(parts) > count and not parts[0]]
    return next((known for one in (text, *tails) if (known := _known(one)) is not None), None)


def ensure_definition(calendar: Component, tzid: str, tz: ZoneInfo, first: date) -> None:
    """Every TZID that is used has its VTIMEZONE (RFC 5545 3.2.19), before the events."""
    if _definition(calendar, tzid) is not None:
        return
    definition = definition_of(tz.key, escaped(tzid), first - _ABOUT, first + _AHEAD)
    events = [n for n, one in enumerate(calendar.parts) if isinstance(one, Component)]
    calendar.parts.insert(events[0] if events else len(calendar.parts), definition)


def _definition(calendar: Component, tzid: str) -> Component | None:
    wanted = tzid.strip()
    found = calendar.children("VTIMEZONE")
    return next((one for one in found if unescaped(one.value("TZID")) == wanted), None)


def _known(name: str) -> str | None:
    try:
        return canonical_name(name)
    except CannotSync:
        return None


@cache
def _windows() -> dict[str, str]:
    """Windows name in lower case -> IANA."""
    return {windows.lower(): canonical_name(iana) for windows, iana in win_tz.items()}


@cache
def _by_fame() -> tuple[str, ...]:
    """All zones, those first that stand for a Windows zone, and of these the ones that stand for most places."""
    places = Counter(tz_win.values())
    famous = {canonical_name(iana): places[windows] for windows, iana in win_tz.items()}
    return tuple(sorted(names(), key=lambda name: (-famous.get(name, 0), name)))
