"""Windows zone names, which exist only at this edge; everywhere else a zone has its IANA name.

The table is CLDR's windowsZones as `tzlocal` carries it (groupware.md 5).
"""

from __future__ import annotations

from functools import cache

from tzlocal.windows_tz import tz_win, win_tz

from sync.core.timezones import UTC_ZONE, canonical_name

# A zone whose rules a mail program wrote by hand: no name stands for it (graph-calendar.md 2, T18).
_CUSTOM = frozenset({"tzone://microsoft/custom", "customized time zone"})
# Zones that CLDR left out of the table; each has the rules of one that is in it.
_NOT_IN_TABLE = {
    "EST5EDT": "America/New_York",
    "CST6CDT": "America/Chicago",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
}
_UTC_NAMES = frozenset({"tzone://microsoft/utc"})  # as phones name it


def windows_of(iana: str) -> str | None:
    """The Windows name of a zone, None if Windows has none for it."""
    return _windows().get(canonical_name(iana))


def iana_of(name: str, fallback_zone: str | None) -> str:
    """The IANA name of a zone as Graph names it, by Windows or IANA name.

    A custom zone gives `fallback_zone` if there is one: the instants of its events are exact, only the label is
    lost. Any other name that is not known is refused (`CannotSync`), never taken as UTC.
    """
    known = name.strip().lower()
    if known in _CUSTOM and fallback_zone is not None:
        return canonical_name(fallback_zone)
    if known in _UTC_NAMES:
        return UTC_ZONE
    if (golden := _golden().get(known)) is not None:
        return golden
    return canonical_name(name)


def outlook_zone(iana: str) -> str:
    """The IANA name under which Outlook shows a zone again: the first one of its Windows zone.

    A zone without Windows name is sent as UTC instants and comes back as Etc/UTC.
    """
    windows = windows_of(iana)
    return UTC_ZONE if windows is None else iana_of(windows, UTC_ZONE)


@cache
def _windows() -> dict[str, str]:
    """IANA -> Windows."""
    table = {canonical_name(iana): windows for iana, windows in tz_win.items() if iana}
    return table | {alias: table[zone] for alias, zone in _NOT_IN_TABLE.items()}


@cache
def _golden() -> dict[str, str]:
    """Windows name in lower case -> IANA."""
    return {windows.lower(): canonical_name(iana) for windows, iana in win_tz.items()}
