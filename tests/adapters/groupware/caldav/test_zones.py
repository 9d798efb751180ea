"""Which zone a TZID means; and that nobody's clock is guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from tzlocal.windows_tz import win_tz

from sync.adapters.groupware.caldav.lines import parse
from sync.adapters.groupware.caldav.observances import changes
from sync.adapters.groupware.caldav.zones import named
from sync.core.event import Timed
from sync.core.timezones import names
from tests.adapters.groupware.caldav.texts import (
    at,
    calendar,
    changed,
    created,
    event_of,
    lines_of,
    refusal,
    vevent,
)

EASTERN = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE"""
# Before 2007 the rules were others; Outlook still writes the rule of today from 1601 on.
OUTLOOK = EASTERN.replace("20071104", "16011104").replace("20070311", "16010311")


def defined(definition: str, *lines: str, name: str = "Custom") -> str:
    return calendar(definition.format(name=name).split("\n"), vevent(*lines))


def span_of(text: str) -> Timed:
    found = event_of(text).span
    assert isinstance(found, Timed)
    return found


def timed(day: str, name: str = "Custom") -> tuple[str, str]:
    return f"DTSTART;TZID={name}:{day}T100000", "DURATION:PT1H"


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("europe/BERLIN", "Europe/Berlin"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("tokyo standard time", "Asia/Tokyo"),
        (
            "/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        ),
        ("/citadel.org/20210210_1/Europe/London", "Europe/London"),
        ("UTC", "Etc/UTC"),
        ("Custom", None),
        ("My/Europe/Berlin", None),
        ("", None),
        ("Factory", None),
        ("../../etc/passwd", None),
        ("(UTC+09:00) Osaka, Sapporo, Tokyo", None),
    ],
)
def test_a_name_stands_for_a_zone_or_for_none(tzid: str, name: str | None) -> None:
    assert named(tzid) == name


def test_every_name_of_windows_is_known() -> None:
    assert all(named(windows) in names() for windows in win_tz)


def test_an_unknown_name_is_refused_with_it() -> None:
    assert refusal(calendar(vevent(*timed("20260902")))) == ("unknown-zone", {"zone": "Custom"})


@pytest.mark.parametrize(
    "line", ["DTEND;TZID=Custom:20260902T120000", "RECURRENCE-ID;TZID=Custom:20260902T100000"]
)
def test_a_zone_that_nobody_knows_is_refused_wherever_it_stands(line: str) -> None:
    edit = vevent("DTSTART:20260902T120000Z", line)
    assert (
        refusal(calendar(vevent("DTSTART:20260902T100000Z", "RRULE:FREQ=DAILY"), edit))[0] == "unknown-zone"
    )


@pytest.mark.parametrize("line", ["EXDATE;TZID=Custom:20260903T100000", "RDATE;TZID=Custom:20260903T120000"])
def test_a_date_in_a_zone_that_nobody_knows_is_refused(line: str) -> None:
    text = calendar(vevent("DTSTART:20260902T100000Z", "RRULE:FREQ=DAILY", line))
    assert refusal(text) == ("unknown-zone", {"zone": "Custom"})


@pytest.mark.parametrize("day", ["20260902", "20260308", "20261101", "20080101"])
def test_a_definition_that_equals_a_known_zone_is_that_zone(day: str) -> None:
    span = span_of(defined(EASTERN, *timed(day)))
    expected = at(date.fromisoformat(day), 10, tz=ZoneInfo("America/New_York"))
    assert span.start.timestamp() == expected.start.timestamp()
    assert span.zone == "America/New_York"


def test_a_definition_counts_for_the_dates_concerned_only() -> None:
    assert span_of(defined(OUTLOOK, *timed("20260902"))).zone == "America/New_York"
    # In March 2006 New York had no daylight saving time yet, and this clock had.
    summer = span_of(defined(OUTLOOK, *timed("20060320")))
    assert (summer.start.utcoffset(), summer.zone == "America/New_York") == (timedelta(hours=-4), False)
    # A single day in winter needs nothing else.
    assert span_of(defined(OUTLOOK, *timed("20060115"))).start.utcoffset() == timedelta(hours=-5)
    assert refusal(defined(OUTLOOK, *timed("20060115"), "RRULE:FREQ=WEEKLY;COUNT=20"))[0] == "unknown-zone"
    assert event_of(defined(OUTLOOK, *timed("20260115"), "RRULE:FREQ=WEEKLY")).recurrence is not None


@pytest.mark.parametrize(
    "definition",
    [
        EASTERN.replace("-0400", "-0430"),
        EASTERN.replace("2SU", "3SU"),
        "BEGIN:VTIMEZONE\nTZID:{name}\nEND:VTIMEZONE",
        EASTERN.replace("RRULE:FREQ=YEARLY;BYMONTH=3", "RRULE:FREQ=SOMETIMES;BYMONTH=3"),
        EASTERN.replace("TZOFFSETTO:-0400", "TZOFFSETTO:summer"),
        EASTERN.replace("20070311T020000", "spring"),
    ],
)
def test_a_clock_of_its_own_is_refused(definition: str) -> None:
    text = defined(definition, *timed("20260302"), "RRULE:FREQ=WEEKLY;COUNT=20")
    assert refusal(text) == ("unknown-zone", {"zone": "Custom"})


def test_the_name_of_a_known_zone_wins_over_its_definition() -> None:
    """Definitions are often cut off after some years; every program has its own."""
    text = defined(EASTERN, *timed("20260902", "Europe/Berlin"), name="Europe/Berlin")
    assert span_of(text).zone == "Europe/Berlin"


def test_of_several_zones_alike_the_likeliest_is_taken() -> None:
    nine = (
        "BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0900\n"
        "TZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE"
    )
    assert span_of(defined(nine, *timed("20260902"))).zone == "Asia/Tokyo"
    hinted = nine.replace("BEGIN:STANDARD", "X-LIC-LOCATION:Asia/Seoul\nBEGIN:STANDARD")
    assert span_of(defined(hinted, *timed("20260902"))).zone == "Asia/Seoul"


def test_a_new_time_is_not_said_by_a_definition_that_held_for_the_old_one() -> None:
    before = defined(EASTERN, *timed("20260902"))
    after = changed(before, span=at(date(2026, 9, 3), 9, tz=ZoneInfo("America/New_York")))
    assert "DTSTART;TZID=America/New_York:20260903T090000" in lines_of(after)
    assert "TZID:Custom" in lines_of(after)
    # Only the end: what is said of the start stays.
    longer = changed(before, span=at(date(2026, 9, 2), 10, 90, ZoneInfo("America/New_York")))
    assert "DTSTART;TZID=Custom:20260902T100000" in lines_of(longer)
    assert span_of(longer).end.astimezone(UTC) == datetime(2026, 9, 2, 15, 30, tzinfo=UTC)


def test_what_we_define_has_the_offsets_of_its_zone() -> None:
    """Held against the zone, by an own reading of the definition; and readable for the library."""
    event = event_of(calendar(vevent("DTSTART:20260902")))
    odd = {"Asia/Gaza", "Africa/Casablanca", "Australia/Lord_Howe", "Antarctica/Troll", "America/St_Johns"}
    for name in sorted({*sorted(names())[::12], *odd, "Europe/Dublin", "Asia/Tokyo", "Etc/GMT+12"}):
        tz = ZoneInfo(name)
        text = created(replace(event, span=at(date(2026, 9, 2), 10, tz=tz)))
        if name == "Etc/UTC":
            continue
        (definition,) = parse(text).children("VTIMEZONE")
        found = changes(definition, date(2026, 1, 1), date(2036, 1, 1))
        for instant, offset in found:
            assert instant.astimezone(tz).utcoffset() == offset, name
        days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(0, 3650, 5)]
        for day in days:
            known = [offset for instant, offset in found if instant <= day]
            assert known[-1] == day.astimezone(tz).utcoffset(), name
        assert icalendar.Calendar.from_ical(text).walk("VEVENT")


def test_the_same_zone_is_found_again_by_the_definition_that_we_write() -> None:
    event = event_of(calendar(vevent("DTSTART:20260902")))
    for name in ("Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/London"):
        span = at(date(2026, 9, 2), 10, tz=ZoneInfo(name))
        text = created(replace(event, span=span)).replace(name, "Nameless")
        found = span_of(text)
        assert found.start.timestamp() == span.start.timestamp()
