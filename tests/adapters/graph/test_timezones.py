"""Windows names: the table is whole, and a name it does not have is never UTC (groupware.md 5)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from sync.adapters.graph.timezones import iana_of, outlook_zone, windows_of
from sync.core.timezones import names
from sync.errors import CannotSync

# Windows has no zone with their rules; their events are written in UTC.
WITHOUT_WINDOWS_NAME = {"Antarctica/Troll"}


@pytest.mark.parametrize("windows", sorted(win_tz))
def test_every_windows_name_comes_back(windows: str) -> None:
    assert windows_of(iana_of(windows, None)) == windows
    assert windows_of(iana_of(windows.upper(), None)) == windows


def test_every_zone_has_a_windows_name_or_is_listed() -> None:
    assert {name for name in names() if windows_of(name) is None} == WITHOUT_WINDOWS_NAME


def test_a_zone_shown_by_outlook_is_shown_the_same_again() -> None:
    for name in names():
        shown = outlook_zone(name)
        assert outlook_zone(shown) == shown
        assert ZoneInfo(shown).key == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Stockholm", "Europe/Berlin"),
        ("Australia/Lord_Howe", "Australia/Lord_Howe"),
        ("EST5EDT", "America/New_York"),
        ("Antarctica/Troll", "Etc/UTC"),
        ("UTC", "Etc/UTC"),
    ],
)
def test_zones_as_outlook_shows_them(name: str, shown: str) -> None:
    assert outlook_zone(name) == shown


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("UTC", "Etc/UTC"),
        ("tzone://Microsoft/Utc", "Etc/UTC"),
        ("tzone://Microsoft/Custom", "Europe/London"),
        ("Customized Time Zone", "Europe/London"),
    ],
)
def test_names_that_graph_uses(name: str, iana: str) -> None:
    assert iana_of(name, "Europe/London") == iana


@pytest.mark.parametrize("name", ["Moon Standard Time", "", "(UTC+09:00) Osaka, Sapporo, Tokyo"])
def test_an_unknown_name_is_refused_by_name(name: str) -> None:
    with pytest.raises(CannotSync) as raised:
        iana_of(name, "Asia/Tokyo")
    assert (raised.value.code, raised.value.detail) == ("unknown-zone", {"zone": name})


def test_a_custom_zone_without_a_fallback_is_unknown() -> None:
    with pytest.raises(CannotSync):
        iana_of("tzone://Microsoft/Custom", None)
