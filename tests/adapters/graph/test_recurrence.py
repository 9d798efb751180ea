"""A series' rule and Graph's recurrence: the table of groupware.md 3.5, both ways, and what is refused and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.adapters.graph.recurrence import (
    NotNative,
    outlook_series,
    recurrence_from_graph,
    recurrence_to_graph,
)
from sync.core.event import AllDay, Span, Timed
from sync.core.messages import MESSAGES
from sync.core.recurrence import Held, canonical_rrule
from sync.errors import CannotSync
from tests.adapters.graph.graph_days import WEEK, graph_days
from tests.adapters.graph.recurrences import rule_days

MONDAY = date(2026, 12, 7)
WORKDAYS = list(WEEK[:5])


def timed(first: date = MONDAY, zone: str = "Asia/Tokyo", hour: int = 10, hours: float = 1) -> Timed:
    start = datetime(first.year, first.month, first.day, hour, tzinfo=ZoneInfo(zone))
    end = (start.replace(tzinfo=None) + timedelta(hours=hours)).replace(tzinfo=start.tzinfo)
    return Timed(start, end)


def all_day(first: date, days: int = 1) -> AllDay:
    return AllDay(first, first + timedelta(days=days))


def held(rrule: str, span: Span) -> Held:
    found = outlook_series(canonical_rrule(rrule, span), span)
    assert isinstance(found, Held), found
    return found


def reason(rrule: str, span: Span) -> NotNative:
    found = outlook_series(canonical_rrule(rrule, span), span)
    assert isinstance(found, NotNative), found
    return found


def sent(rrule: str, span: Span) -> dict[str, Any]:
    found = held(rrule, span)
    return recurrence_to_graph(found.rrule, found.span, "Asia/Tokyo")


def weekly(*days: str, interval: int = 1, first: str = "monday") -> dict[str, Any]:
    return {"type": "weekly", "interval": interval, "daysOfWeek": list(days), "firstDayOfWeek": first}


def monthly(day: int, interval: int = 1) -> dict[str, Any]:
    return {"type": "absoluteMonthly", "interval": interval, "dayOfMonth": day}


def nth(index: str, *days: str, interval: int = 1) -> dict[str, Any]:
    return {"type": "relativeMonthly", "interval": interval, "daysOfWeek": list(days), "index": index}


def yearly(month: int, day: int, interval: int = 1) -> dict[str, Any]:
    return {"type": "absoluteYearly", "interval": interval, "dayOfMonth": day, "month": month}


def nth_of(month: int, index: str, *days: str, interval: int = 1) -> dict[str, Any]:
    return nth(index, *days, interval=interval) | {"type": "relativeYearly", "month": month}


# (rule, first day, Graph's pattern, the rule under which it is shown again; "" for the rule itself)
EXACT = [
    ("FREQ=DAILY", "2026-12-07", {"type": "daily", "interval": 1}, ""),
    ("FREQ=DAILY;INTERVAL=3", "2026-12-07", {"type": "daily", "interval": 3}, ""),
    ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-12-07", weekly(*WORKDAYS), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "2026-12-07", {"type": "daily", "interval": 1}, "FREQ=DAILY"),
    (
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO,WE,FR",
        "2026-12-07",
        weekly("monday", "wednesday", "friday", interval=2),
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR",
    ),
    (
        "FREQ=DAILY;INTERVAL=14;BYDAY=MO",
        "2026-12-07",
        {"type": "daily", "interval": 14},
        "FREQ=DAILY;INTERVAL=14",
    ),
    ("FREQ=DAILY;BYMONTHDAY=15", "2026-12-15", monthly(15), "FREQ=MONTHLY;BYMONTHDAY=15"),
    ("FREQ=DAILY;BYMONTH=8;BYMONTHDAY=1", "2027-08-01", yearly(8, 1), "FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=1"),
    (
        "FREQ=DAILY;INTERVAL=105",
        "2026-12-07",
        weekly("monday", interval=15),
        "FREQ=WEEKLY;INTERVAL=15;BYDAY=MO",
    ),
    ("FREQ=WEEKLY;BYDAY=MO", "2026-12-07", weekly("monday"), ""),
    ("FREQ=WEEKLY", "2026-12-09", weekly("wednesday"), "FREQ=WEEKLY;BYDAY=WE"),
    (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        "2026-12-08",
        weekly("tuesday", "sunday", interval=2, first="sunday"),
        "",
    ),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "2026-12-08", weekly("tuesday", "sunday", interval=2), ""),
    ("FREQ=MONTHLY;BYMONTHDAY=1", "2026-12-01", monthly(1), ""),
    ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=28", "2026-12-28", monthly(28, 2), ""),
    ("FREQ=MONTHLY", "2026-12-07", monthly(7), "FREQ=MONTHLY;BYMONTHDAY=7"),
    ("FREQ=MONTHLY;INTERVAL=12", "2026-12-07", monthly(7, 12), "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=7"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-12-31", nth("last", *WEEK), ""),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", "2026-12-29", monthly(29), ""),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2026-12-30", monthly(30), ""),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-12-31", monthly(31), ""),
    (
        "FREQ=MONTHLY;BYMONTHDAY=26,27,28,29,30;BYSETPOS=-1",
        "2026-12-30",
        monthly(30),
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
    ),
    (  # no short month before it ends
        "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2",
        "2026-12-31",
        monthly(31),
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=2",
    ),
    (
        "FREQ=MONTHLY;BYMONTHDAY=30;UNTIL=20270215",
        "2026-12-30",
        monthly(30),
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1;UNTIL=20270130",
    ),
    ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2027-01-31", monthly(31, 12), "*"),
    ("FREQ=MONTHLY;BYDAY=2TU", "2026-12-08", nth("second", "tuesday"), ""),
    ("FREQ=MONTHLY;BYDAY=-1FR", "2026-12-25", nth("last", "friday"), ""),
    ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", "2026-12-25", nth("last", "friday"), "FREQ=MONTHLY;BYDAY=-1FR"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-12-31", nth("last", *WORKDAYS), ""),
    ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=2", "2026-12-06", nth("second", "saturday", "sunday"), ""),
    (
        "FREQ=MONTHLY;BYDAY=-1MO,-1TU,-1WE,-1TH,-1FR;BYSETPOS=-1",
        "2026-12-31",
        nth("last", *WORKDAYS),
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ),
    (
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=8,9,10,11,12,13,14",
        "2026-12-14",
        nth("second", "monday"),
        "FREQ=MONTHLY;BYDAY=2MO",
    ),
    ("FREQ=MONTHLY;BYDAY=MO,TH", "2026-12-07", weekly("monday", "thursday"), "FREQ=WEEKLY;BYDAY=MO,TH"),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=15",
        "2026-12-15",
        monthly(15),
        "FREQ=MONTHLY;BYMONTHDAY=15",
    ),
    (
        "FREQ=MONTHLY;BYMONTH=3,9;BYDAY=1MO",
        "2027-03-01",
        nth("first", "monday", interval=6),
        "FREQ=MONTHLY;INTERVAL=6;BYDAY=1MO",
    ),
    (
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=10",
        "2027-04-10",
        yearly(4, 10),
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=10",
    ),
    ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31", "2027-01-31", yearly(1, 31), ""),
    (
        "FREQ=YEARLY;INTERVAL=2",
        "2026-12-07",
        yearly(12, 7, 2),
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=12;BYMONTHDAY=7",
    ),
    ("FREQ=YEARLY;BYMONTH=5", "2027-05-04", yearly(5, 4), "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=4"),
    ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2027-11-25", nth_of(11, "fourth", "thursday"), ""),
    (
        "FREQ=YEARLY;BYMONTH=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "2027-03-31",
        nth_of(3, "last", *WORKDAYS),
        "",
    ),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2027-02-28", nth_of(2, "last", *WEEK), ""),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1", "2027-02-28", yearly(2, 29), ""),
    (
        "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=-30",
        "2027-06-01",
        yearly(6, 1),
        "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1",
    ),
    (
        "FREQ=YEARLY;COUNT=3",
        "2028-02-29",
        yearly(2, 29, 4),
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1;COUNT=3",
    ),
    (
        "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=15",
        "2027-01-15",
        monthly(15, 3),
        "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15",
    ),
    ("FREQ=YEARLY;BYMONTHDAY=10", "2026-12-10", monthly(10), "FREQ=MONTHLY;BYMONTHDAY=10"),
    ("FREQ=YEARLY;BYDAY=MO", "2026-12-07", weekly("monday"), "FREQ=WEEKLY;BYDAY=MO"),
    ("FREQ=YEARLY;BYDAY=1MO", "2027-01-04", nth_of(1, "first", "monday"), "FREQ=YEARLY;BYMONTH=1;BYDAY=1MO"),
    (
        "FREQ=YEARLY;BYDAY=-1SU",
        "2026-12-27",
        nth_of(12, "last", "sunday"),
        "FREQ=YEARLY;BYMONTH=12;BYDAY=-1SU",
    ),
    ("FREQ=YEARLY;BYYEARDAY=-1", "2026-12-31", yearly(12, 31), "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31"),
    ("FREQ=YEARLY;BYYEARDAY=32", "2027-02-01", yearly(2, 1), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=1"),
    (
        "FREQ=MONTHLY;INTERVAL=120;BYMONTHDAY=7",
        "2026-12-07",
        yearly(12, 7, 10),
        "FREQ=YEARLY;INTERVAL=10;BYMONTH=12;BYMONTHDAY=7",
    ),
]


@pytest.mark.parametrize(("rrule", "first", "pattern", "shown"), EXACT, ids=[row[0] for row in EXACT])
def test_a_rule_is_said_by_the_one_pattern_that_has_its_days(
    rrule: str, first: str, pattern: dict[str, Any], shown: str
) -> None:
    span = all_day(date.fromisoformat(first))
    found = held(rrule, span)
    recurrence = recurrence_to_graph(found.rrule, found.span, "Asia/Tokyo")
    assert recurrence["pattern"] == pattern
    if shown != "*":
        assert found == Held(shown or rrule, span)
    until = date(2060, 1, 1)
    assert list(graph_days(recurrence, until)) == rule_days(rrule, span.first, until)
    assert recurrence_from_graph(recurrence, span) == found.rrule


REFUSED = [
    ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-12-31", NotNative.SHORT_MONTHS),
    ("FREQ=MONTHLY;BYMONTHDAY=29", "2026-12-29", NotNative.SHORT_MONTHS),
    ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "2026-12-31", NotNative.SHORT_MONTHS),
    ("FREQ=YEARLY", "2028-02-29", NotNative.SHORT_MONTHS),
    ("FREQ=MONTHLY;BYMONTHDAY=1,15", "2026-12-01", NotNative.SEVERAL_MONTH_DAYS),
    ("FREQ=MONTHLY;BYMONTHDAY=-2", "2026-12-30", NotNative.FROM_MONTH_END),
    ("FREQ=MONTHLY;BYDAY=5MO", "2027-03-29", NotNative.FIFTH_WEEKDAY),
    ("FREQ=MONTHLY;BYDAY=-2FR", "2026-12-18", NotNative.WEEKDAY_FROM_END),
    ("FREQ=MONTHLY;BYDAY=1MO,3MO", "2026-12-07", NotNative.SEVERAL_WEEKDAYS),
    ("FREQ=MONTHLY;BYDAY=1MO,3WE", "2026-12-07", NotNative.SEVERAL_WEEKDAYS),
    ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=5", "2026-12-15", NotNative.SET_POSITION),
    ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1,-1", "2026-12-01", NotNative.SET_POSITION),
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2027-08-13", NotNative.WEEKDAY_AND_DAY),
    ("FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "2028-11-07", NotNative.WEEKDAY_AND_DAY),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=MO", "2026-12-07", NotNative.SOME_MONTHS),
    ("FREQ=WEEKLY;BYDAY=MO;BYMONTH=1,2", "2027-01-04", NotNative.SOME_MONTHS),
    ("FREQ=DAILY;BYMONTH=1", "2027-01-01", NotNative.SEVERAL_MONTH_DAYS),
    ("FREQ=DAILY;INTERVAL=2;BYMONTH=1", "2027-01-01", NotNative.SOME_MONTHS),
    ("FREQ=DAILY;INTERVAL=3;BYDAY=MO,TU,WE,TH", "2026-12-07", NotNative.SOME_WEEKDAYS),
    ("FREQ=YEARLY;BYMONTH=1,3;BYMONTHDAY=15", "2027-01-15", NotNative.SEVERAL_MONTHS),
    ("FREQ=YEARLY;INTERVAL=2;BYDAY=MO", "2026-12-07", NotNative.SOME_YEARS),
    ("FREQ=YEARLY;BYDAY=20MO", "2027-05-17", NotNative.NTH_OF_YEAR),
    ("FREQ=YEARLY;BYYEARDAY=100", "2027-04-10", NotNative.YEAR_DAY),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "2027-05-17", NotNative.WEEK_NUMBER),
    ("FREQ=WEEKLY;INTERVAL=100", "2026-12-07", NotNative.INTERVAL),
    ("FREQ=DAILY;INTERVAL=100", "2026-12-07", NotNative.INTERVAL),
    ("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1", "2026-12-07", NotNative.SET_POSITION),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-12-07", NotNative.NO_RULE),
    ("", "2026-12-07", NotNative.NO_RULE),
]


@pytest.mark.parametrize(("rrule", "first", "why"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_rule_that_no_pattern_says_has_a_reason(rrule: str, first: str, why: NotNative) -> None:
    assert reason(rrule, all_day(date.fromisoformat(first))) is why


def test_every_reason_has_its_sentences() -> None:
    assert sorted({why.value for why in NotNative} - MESSAGES.keys()) == []


@pytest.mark.parametrize(
    ("rrule", "limits"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", {"type": "noEnd"}),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", {"type": "numbered", "numberOfOccurrences": 3}),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231", {"type": "endDate", "endDate": "2026-12-28"}),
        # 10:00 in Tokyo is 01:00 UTC.
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261228T010000Z", {"type": "endDate", "endDate": "2026-12-28"}),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261228T005959Z", {"type": "endDate", "endDate": "2026-12-21"}),
        ("FREQ=DAILY;UNTIL=20261219T235959Z", {"type": "endDate", "endDate": "2026-12-19"}),
        ("FREQ=DAILY;UNTIL=99991231", {"type": "noEnd"}),
    ],
)
def test_an_end_is_a_number_or_the_day_of_the_last_occurrence(rrule: str, limits: dict[str, Any]) -> None:
    assert sent(rrule, timed())["range"] == limits | {
        "startDate": "2026-12-07",
        "recurrenceTimeZone": "Tokyo Standard Time",
    }


def test_a_start_that_the_rule_does_not_hit_is_left_out_and_not_counted() -> None:
    found = held("FREQ=WEEKLY;BYDAY=TU;COUNT=3", timed(MONDAY))
    assert found == Held("FREQ=WEEKLY;BYDAY=TU;COUNT=3", timed(date(2026, 12, 8)))
    days = list(graph_days(recurrence_to_graph(found.rrule, found.span, "Asia/Tokyo")))
    assert days == [date(2026, 12, 8), date(2026, 12, 15), date(2026, 12, 22)]


def test_the_weeks_of_a_moved_start_are_still_counted_from_the_start() -> None:
    wednesday = timed(date(2026, 12, 9))
    found = held("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", wednesday)
    assert found.span == timed(date(2026, 12, 21))


def test_a_rule_is_sent_only_for_the_start_that_it_hits() -> None:
    for rrule, span in (("FREQ=WEEKLY;BYDAY=TU", timed(MONDAY)), ("FREQ=MONTHLY;BYDAY=5MO", timed())):
        with pytest.raises(CannotSync) as raised:
            recurrence_to_graph(rrule, span, "Asia/Tokyo")
        assert raised.value.code == "recurrence-not-native"


@pytest.mark.parametrize(
    ("rrule", "span", "overlaps"),
    [
        ("FREQ=DAILY", timed(hours=24), False),
        ("FREQ=DAILY", timed(hours=25), True),
        ("FREQ=WEEKLY;BYDAY=MO,WE", timed(hours=48), False),
        ("FREQ=WEEKLY;BYDAY=MO,WE", timed(hours=49), True),
        ("FREQ=DAILY", all_day(MONDAY), False),
        ("FREQ=DAILY", all_day(MONDAY, 2), True),
        ("FREQ=WEEKLY", all_day(MONDAY, 7), False),
        ("FREQ=MONTHLY", all_day(MONDAY, 29), True),
        ("FREQ=MONTHLY;COUNT=2", all_day(MONDAY, 29), False),
    ],
)
def test_an_occurrence_that_lasts_into_the_next_is_not_native(rrule: str, span: Span, overlaps: bool) -> None:
    found = outlook_series(canonical_rrule(rrule, span), span)
    assert (found is NotNative.OVERLAP) == overlaps


@pytest.mark.parametrize(
    ("zone", "windows"),
    [
        ("Asia/Tokyo", "Tokyo Standard Time"),
        ("America/New_York", "Eastern Standard Time"),
        ("Europe/London", "GMT Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Australia/Lord_Howe", "Lord Howe Standard Time"),
    ],
)
def test_dates_are_local_dates_of_the_series_zone(zone: str, windows: str) -> None:
    # Late in the evening and early in the morning the date in UTC is another one.
    for hour in (0, 23):
        span = timed(zone=zone, hour=hour)
        found = sent("FREQ=WEEKLY;BYDAY=MO;COUNT=20", span)
        assert found["range"]["startDate"] == "2026-12-07"
        assert found["range"]["recurrenceTimeZone"] == windows
        assert recurrence_from_graph(found, span) == "FREQ=WEEKLY;BYDAY=MO;COUNT=20"


@pytest.mark.parametrize(
    ("zone", "until", "last"),
    [
        # 10:00 local on 29 March 2027 in each zone, after the clocks changed where they do.
        ("Asia/Tokyo", "20270329T010000Z", "2027-03-29"),
        ("America/New_York", "20270329T140000Z", "2027-03-29"),
        ("America/New_York", "20270329T135959Z", "2027-03-22"),
        ("Europe/London", "20270329T090000Z", "2027-03-29"),
        ("Europe/London", "20270329T085959Z", "2027-03-22"),
        ("Asia/Kolkata", "20270329T043000Z", "2027-03-29"),
        ("Asia/Kolkata", "20270329T042959Z", "2027-03-22"),
        ("Australia/Lord_Howe", "20270328T230000Z", "2027-03-29"),
        ("Australia/Lord_Howe", "20270328T225959Z", "2027-03-22"),
    ],
)
def test_an_until_in_utc_ends_with_the_last_start_before_it(zone: str, until: str, last: str) -> None:
    found = sent(f"FREQ=WEEKLY;BYDAY=MO;UNTIL={until}", timed(zone=zone))
    assert found["range"]["endDate"] == last


def test_whole_days_carry_the_organization_s_zone() -> None:
    for zone, windows in (("Asia/Tokyo", "Tokyo Standard Time"), ("Antarctica/Troll", "UTC")):
        found: dict[str, Any] = recurrence_to_graph("FREQ=DAILY", all_day(MONDAY), zone)
        assert found["range"]["recurrenceTimeZone"] == windows


def test_a_zone_whose_clocks_outlook_does_not_know_is_not_native() -> None:
    assert reason("FREQ=DAILY", timed(zone="Antarctica/Troll")) is NotNative.ZONE_WITHOUT_NAME
    # Kazakhstan is at +05:00 since 2024 but the Windows zone's name for Almaty stands for Tashkent's clocks.
    assert held("FREQ=DAILY", timed(zone="Asia/Almaty")).span == timed(zone="Asia/Tashkent")
    assert reason("FREQ=DAILY", timed(zone="Antarctica/Casey")) is NotNative.ZONE_DIFFERS


def test_what_outlook_holds_is_labelled_with_outlook_s_name_of_the_zone() -> None:
    found = held("FREQ=DAILY", timed(zone="Europe/Stockholm"))
    assert isinstance(found.span, Timed)
    assert found.span.zone == "Europe/Berlin"
    assert found.span == timed(zone="Europe/Berlin")
    assert outlook_series(found.rrule, found.span) == found


def test_a_first_hit_whose_wall_time_is_skipped_is_not_native() -> None:
    saturday = timed(date(2027, 3, 13), "America/New_York", hour=2)
    assert reason("FREQ=WEEKLY;BYDAY=SU", saturday) is NotNative.CLOCK_CHANGE
    assert held("FREQ=DAILY", saturday).span == saturday


# Read

RANGE = {
    "type": "noEnd",
    "startDate": "2026-12-07",
    "endDate": "0001-01-01",
    "numberOfOccurrences": 0,
    "recurrenceTimeZone": "Tokyo Standard Time",
}
PATTERN = {
    "type": "daily",
    "interval": 1,
    "month": 0,
    "dayOfMonth": 0,
    "index": "first",
    "firstDayOfWeek": "sunday",
}


def read(pattern: dict[str, Any], span: Span, **limits: Any) -> str:
    first = span.first if isinstance(span, AllDay) else span.start.date()
    filled = RANGE | {"startDate": first.isoformat()} | limits
    return recurrence_from_graph({"pattern": PATTERN | pattern, "range": filled}, span)


@pytest.mark.parametrize(
    ("pattern", "first", "rrule"),
    [
        ({}, "2026-12-07", "FREQ=DAILY"),
        ({"type": "Daily"}, "2026-12-07", "FREQ=DAILY"),
        ({"type": "weekly", "daysOfWeek": ["monday"]}, "2026-12-07", "FREQ=WEEKLY;BYDAY=MO"),
        (
            {"type": "weekly", "daysOfWeek": ["Sunday", "tuesday", "sunday"], "interval": 2},
            "2026-12-08",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        ),
        (
            {
                "type": "weekly",
                "daysOfWeek": ["tuesday", "sunday"],
                "interval": 2,
                "firstDayOfWeek": "monday",
            },
            "2026-12-08",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU",
        ),
        (
            {"type": "weekly", "daysOfWeek": ["tuesday", "sunday"], "interval": 2, "firstDayOfWeek": None},
            "2026-12-08",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        ),
        ({"type": "absoluteMonthly", "dayOfMonth": 28}, "2026-12-28", "FREQ=MONTHLY;BYMONTHDAY=28"),
        (
            {"type": "absoluteMonthly", "dayOfMonth": 29},
            "2026-12-29",
            "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1",
        ),
        (
            {"type": "absoluteMonthly", "dayOfMonth": 31},
            "2027-02-28",
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
        ({"type": "relativeMonthly", "daysOfWeek": ["friday"]}, "2027-01-01", "FREQ=MONTHLY;BYDAY=1FR"),
        (
            {"type": "relativeMonthly", "daysOfWeek": ["friday"], "index": None},
            "2027-01-01",
            "FREQ=MONTHLY;BYDAY=1FR",
        ),
        (
            {"type": "relativeMonthly", "daysOfWeek": list(WEEK), "index": "last"},
            "2026-12-31",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
        ),
        (
            {"type": "relativeMonthly", "daysOfWeek": list(WEEK), "index": "third"},
            "2027-01-03",
            "FREQ=MONTHLY;BYMONTHDAY=3",
        ),
        (
            {"type": "relativeMonthly", "daysOfWeek": WORKDAYS, "index": "last"},
            "2026-12-31",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ),
        (
            {"type": "absoluteYearly", "dayOfMonth": 3, "month": 5},
            "2027-05-03",
            "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=3",
        ),
        (
            {"type": "absoluteYearly", "dayOfMonth": 29, "month": 2},
            "2027-02-28",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
        ),
        (
            {"type": "absoluteYearly", "dayOfMonth": 31, "month": 4},
            "2027-04-30",
            "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30",
        ),
        (
            {
                "type": "relativeYearly",
                "daysOfWeek": ["monday"],
                "index": "second",
                "month": 1,
                "interval": 2,
            },
            "2027-01-11",
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=2MO",
        ),
    ],
)
def test_a_pattern_is_read_by_the_fields_of_its_type(pattern: dict[str, Any], first: str, rrule: str) -> None:
    assert read(pattern, all_day(date.fromisoformat(first))) == rrule


def test_the_kind_of_range_says_which_of_its_fields_hold() -> None:
    assert read({}, timed(), endDate="2026-12-31", numberOfOccurrences=5) == "FREQ=DAILY"
    assert read({}, timed(), type="numbered", numberOfOccurrences=5) == "FREQ=DAILY;COUNT=5"
    assert read({}, timed(), type="enddate", endDate="2026-12-31") == "FREQ=DAILY;UNTIL=20261231"


def test_an_end_date_is_read_as_the_last_occurrence_before_it() -> None:
    pattern = {"type": "weekly", "daysOfWeek": ["monday"]}
    assert (
        read(pattern, timed(), type="endDate", endDate="2026-12-31") == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261228"
    )


def test_a_start_date_may_lie_before_the_first_day_of_the_pattern() -> None:
    pattern = {"type": "weekly", "daysOfWeek": ["monday"], "interval": 2, "firstDayOfWeek": "monday"}
    # The Wednesday's week counts, and its Monday is over.
    assert read(pattern, timed(date(2026, 12, 21)), startDate="2026-12-09") == (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"
    )


@pytest.mark.parametrize("start_date", ["2026-12-08", "2026-12-06", "2020-01-01"])
def test_a_first_occurrence_on_another_day_than_the_dates_say_is_refused(start_date: str) -> None:
    with pytest.raises(CannotSync) as raised:
        read({}, timed(), startDate=start_date)
    assert raised.value.code == "recurrence-dates-differ"


def test_the_dates_are_those_of_the_rule_s_zone() -> None:
    # 23:00 UTC is the next day in Tokyo: in its own zone the series begins on the eighth.
    span = timed(date(2026, 12, 7), "Etc/UTC", hour=23)
    in_tokyo = Timed(*(at.astimezone(ZoneInfo("Asia/Tokyo")) for at in (span.start, span.end)))
    assert in_tokyo.start.astimezone(UTC) == span.start
    recurrence = {"pattern": PATTERN, "range": RANGE | {"startDate": "2026-12-08"}}
    assert recurrence_from_graph(recurrence, in_tokyo) == "FREQ=DAILY"
    with pytest.raises(CannotSync) as raised:
        recurrence_from_graph(recurrence, span)
    assert raised.value.code == "recurrence-dates-differ"


@pytest.mark.parametrize(
    ("pattern", "limits", "part"),
    [
        ({"type": "hourly"}, {}, "type"),
        ({"type": None}, {}, "type"),
        ({"interval": 0}, {}, "interval"),
        ({"interval": -1}, {}, "interval"),
        ({"interval": True}, {}, "interval"),
        ({"interval": "1"}, {}, "interval"),
        ({"interval": None}, {}, "interval"),
        ({"type": "weekly"}, {}, "daysOfWeek"),
        ({"type": "weekly", "daysOfWeek": []}, {}, "daysOfWeek"),
        ({"type": "weekly", "daysOfWeek": ["someday"]}, {}, "daysOfWeek"),
        ({"type": "weekly", "daysOfWeek": [None]}, {}, "daysOfWeek"),
        ({"type": "weekly", "daysOfWeek": ["monday"], "firstDayOfWeek": "x"}, {}, "firstDayOfWeek"),
        ({"type": "absoluteMonthly"}, {}, "dayOfMonth"),
        ({"type": "absoluteMonthly", "dayOfMonth": 32}, {}, "dayOfMonth"),
        ({"type": "absoluteYearly", "dayOfMonth": 1}, {}, "month"),
        ({"type": "absoluteYearly", "dayOfMonth": 1, "month": 13}, {}, "month"),
        ({"type": "relativeMonthly", "daysOfWeek": ["monday"], "index": "fifth"}, {}, "index"),
        ({}, {"type": None}, "range"),
        ({}, {"type": "forever"}, "range"),
        ({}, {"type": "numbered"}, "numberOfOccurrences"),
        ({}, {"type": "endDate"}, "endDate"),
        ({}, {"type": "endDate", "endDate": "soon"}, "endDate"),
        ({}, {"type": "endDate", "endDate": None}, "endDate"),
        ({}, {"type": "endDate", "endDate": "2026-12-06"}, "endDate"),
        ({}, {"startDate": ""}, "startDate"),
    ],
)
def test_nonsense_is_said_by_the_name_of_its_field(
    pattern: dict[str, Any], limits: dict[str, Any], part: str
) -> None:
    with pytest.raises(CannotSync) as raised:
        read(pattern, timed(), **limits)
    assert (raised.value.code, raised.value.detail) == ("recurrence-unreadable", {"part": part})


@pytest.mark.parametrize("recurrence", [{}, {"pattern": None, "range": None}, {"pattern": [], "range": 3}])
def test_a_recurrence_without_its_parts_is_refused(recurrence: dict[str, Any]) -> None:
    with pytest.raises(CannotSync) as raised:
        recurrence_from_graph(recurrence, timed())
    assert raised.value.code == "recurrence-unreadable"
