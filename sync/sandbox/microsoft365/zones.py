"""Time zone names as Exchange takes them: Windows names, and the IANA names of the documented list (section 2)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

from sync.sandbox.microsoft365.errors import unknown_zone

# https://learn.microsoft.com/graph/api/resources/datetimetimezone lists the IANA names that are taken.
IANA_NAMES = frozenset(
    [
        "UTC",
        "Etc/GMT",
        "Etc/GMT+12",
        "Etc/GMT+11",
        "Etc/GMT+2",
        "Etc/GMT-11",
        "Etc/GMT-12",
        "Etc/GMT-13",
        "Etc/GMT-14",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Africa/Johannesburg",
        "Africa/Lagos",
        "Africa/Nairobi",
        "Africa/Tripoli",
        "Africa/Windhoek",
        "America/Anchorage",
        "America/Argentina/Buenos_Aires",
        "America/Asuncion",
        "America/Bahia",
        "America/Bogota",
        "America/Caracas",
        "America/Cayenne",
        "America/Chicago",
        "America/Chihuahua",
        "America/Cuiaba",
        "America/Denver",
        "America/Godthab",
        "America/Guatemala",
        "America/Halifax",
        "America/Indiana/Indianapolis",
        "America/La_Paz",
        "America/Los_Angeles",
        "America/Mexico_City",
        "America/Montevideo",
        "America/New_York",
        "America/Phoenix",
        "America/Regina",
        "America/Santa_Isabel",
        "America/Santiago",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Asia/Almaty",
        "Asia/Amman",
        "Asia/Baghdad",
        "Asia/Baku",
        "Asia/Bangkok",
        "Asia/Beirut",
        "Asia/Colombo",
        "Asia/Damascus",
        "Asia/Dhaka",
        "Asia/Dubai",
        "Asia/Irkutsk",
        "Asia/Jerusalem",
        "Asia/Kabul",
        "Asia/Karachi",
        "Asia/Kathmandu",
        "Asia/Kolkata",
        "Asia/Krasnoyarsk",
        "Asia/Magadan",
        "Asia/Novosibirsk",
        "Asia/Rangoon",
        "Asia/Riyadh",
        "Asia/Seoul",
        "Asia/Shanghai",
        "Asia/Singapore",
        "Asia/Taipei",
        "Asia/Tashkent",
        "Asia/Tbilisi",
        "Asia/Tehran",
        "Asia/Tokyo",
        "Asia/Ulaanbaatar",
        "Asia/Vladivostok",
        "Asia/Yakutsk",
        "Asia/Yekaterinburg",
        "Asia/Yerevan",
        "Atlantic/Azores",
        "Atlantic/Cape_Verde",
        "Atlantic/Reykjavik",
        "Australia/Adelaide",
        "Australia/Brisbane",
        "Australia/Darwin",
        "Australia/Hobart",
        "Australia/Perth",
        "Australia/Sydney",
        "Europe/Berlin",
        "Europe/Bucharest",
        "Europe/Budapest",
        "Europe/Istanbul",
        "Europe/Kaliningrad",
        "Europe/Kiev",
        "Europe/London",
        "Europe/Moscow",
        "Europe/Paris",
        "Europe/Warsaw",
        "Indian/Mauritius",
        "Pacific/Apia",
        "Pacific/Auckland",
        "Pacific/Fiji",
        "Pacific/Guadalcanal",
        "Pacific/Honolulu",
        "Pacific/Port_Moresby",
        "Pacific/Tongatapu",
    ]
)
WINDOWS_NAMES: tuple[str, ...] = ("UTC", *sorted(name for name in win_tz if name != "UTC"))


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo:
    """Raises TimeZoneNotSupportedException for a name that Graph would not take."""
    if name == "UTC" or name in IANA_NAMES:
        return ZoneInfo(name)
    if name in win_tz:
        return ZoneInfo(win_tz[name])
    raise unknown_zone(name)


def windows_name(name: str) -> str:
    """The Windows name of a zone that `find_zone` takes."""
    if name in win_tz or name == "UTC":
        return name
    return str(tz_win.get(name, name))


def to_utc(local: datetime, zone: str) -> datetime:
    """Ambiguous and missing wall times take the offset before the change; the service's choice is not documented."""
    return local.replace(tzinfo=find_zone(zone)).astimezone(UTC)
