"""Rules in their one canonical form: texts that mean the same are the same text, and nonsense has a name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.event import AllDay, Span, Timed
from sync.core.recurrence import canonical_rrule
from sync.errors import CannotSync

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY = date(2026, 12, 7)


def at(first: date = MONDAY, zone: str = "Asia/Tokyo", hour: int = 10) -> Timed:
    start = datetime(first.year, first.month, first.day, hour, tzinfo=ZoneInfo(zone))
    return Timed(start, start + timedelta(hours=1))


def days(first: date = MONDAY) -> AllDay:
    return AllDay(first, first + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        (" ", ""),
        ("FREQ=DAILY", "FREQ=DAILY"),
        ("freq=daily;interval=1;", "FREQ=DAILY"),
        ("INTERVAL=2;FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"),
        ("FREQ=DAILY;BYSETPOS=-1,2", "FREQ=DAILY"),
        ("FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=WEEKLY;BYDAY=FR,MO,FR", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("FREQ=WEEKLY;BYDAY=MO;WKST=SU", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU"),
        # Between Monday and Wednesday no week begins: no different from Sunday.
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=WE", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=TU"),
        ("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=7"),
        ("FREQ=MONTHLY;BYDAY=+1MO,-1FR", "FREQ=MONTHLY;BYDAY=-1FR,1MO"),
        ("FREQ=MONTHLY;BYDAY=MO,1MO", "FREQ=MONTHLY;BYDAY=MO"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,-1,1,15", "FREQ=MONTHLY;BYMONTHDAY=-1,1,15"),
        ("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=7"),
        ("FREQ=YEARLY;BYMONTH=5,3", "FREQ=YEARLY;BYMONTH=3,5;BYMONTHDAY=7"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;WKST=SU", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;WKST=SU"),
        ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;UNTIL=20261210", "FREQ=DAILY;UNTIL=20261210"),
        # The last day is that of the last occurrence.
        ("FREQ=WEEKLY;UNTIL=20261220", "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261214"),
        # Only one of the two may be there; the one that ends the series stays.
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY;COUNT=30;UNTIL=20261210", "FREQ=DAILY;UNTIL=20261210"),
        # For ever, to every calendar.
        ("FREQ=DAILY;UNTIL=99991231", "FREQ=DAILY"),
        ("FREQ=YEARLY;COUNT=9999", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=7"),
        # Never.
        ("FREQ=DAILY;UNTIL=20261206", ""),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", ""),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", ""),
        ("FREQ=DAILY;BYSETPOS=2", ""),
    ],
)
def test_a_rule_has_one_text(text: str, canonical: str) -> None:
    assert canonical_rrule(text, days()) == canonical
    assert canonical_rrule(canonical, days()) == canonical


@pytest.mark.parametrize(
    ("zone", "until", "last"),
    [
        ("Asia/Tokyo", "20261222T010000Z", "20261222"),
        ("Asia/Tokyo", "20261222T005959Z", "20261221"),
        ("Asia/Tokyo", "20261221T235959Z", "20261221"),
        ("America/New_York", "20261222T150000Z", "20261222"),
        ("America/New_York", "20261222T145959Z", "20261221"),
        ("America/New_York", "20261223T045959Z", "20261222"),
        ("Europe/London", "20270401T090000Z", "20270401"),
        ("Europe/London", "20270401T085959Z", "20270331"),
        ("Asia/Kolkata", "20261222T043000Z", "20261222"),
        ("Asia/Kolkata", "20261222T042959Z", "20261221"),
        # 10:00 is 23:00 UTC in summer (+11:00) and 23:30 in winter (+10:30).
        ("Australia/Lord_Howe", "20261221T230000Z", "20261222"),
        ("Australia/Lord_Howe", "20261221T225959Z", "20261221"),
        ("Australia/Lord_Howe", "20270630T233000Z", "20270701"),
        ("Australia/Lord_Howe", "20270630T232959Z", "20270630"),
        # A wall time, a day.
        ("Asia/Tokyo", "20261222T100000", "20261222"),
        ("Asia/Tokyo", "20261222T095959", "20261221"),
        ("Asia/Tokyo", "20261222", "20261222"),
    ],
)
def test_until_becomes_the_last_local_day_that_has_its_start_before_it(
    zone: str, until: str, last: str
) -> None:
    assert canonical_rrule(f"FREQ=DAILY;UNTIL={until}", at(zone=zone)) == f"FREQ=DAILY;UNTIL={last}"


def test_the_same_instant_in_two_zones_has_two_last_days() -> None:
    tokyo = at(hour=8)
    utc = Timed(*(moment.astimezone(ZoneInfo("Etc/UTC")) for moment in (tokyo.start, tokyo.end)))
    assert tokyo == utc  # as instants they are
    rule = "FREQ=DAILY;UNTIL=20261221T230000Z"
    assert canonical_rrule(rule, tokyo) == "FREQ=DAILY;UNTIL=20261222"
    assert canonical_rrule(rule, utc) == "FREQ=DAILY;UNTIL=20261221"


def test_until_with_a_time_of_day_ends_whole_days_by_its_date() -> None:
    assert canonical_rrule("FREQ=DAILY;UNTIL=20261222T150000Z", days()) == "FREQ=DAILY;UNTIL=20261222"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("FREQ=DAILY;BYHOUR=10;BYMINUTE=0;BYSECOND=0", at()),
        ("FREQ=DAILY;BYHOUR=10,10", at()),
        ("FREQ=DAILY;BYHOUR=9,17", days()),
    ],
)
def test_a_time_of_day_that_says_the_start_again_says_nothing(text: str, span: Span) -> None:
    assert canonical_rrule(text, span) == "FREQ=DAILY"


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=HOURLY",
        "FREQ=MINUTELY;INTERVAL=1440",
        "FREQ=SECONDLY",
        "FREQ=DAILY;BYHOUR=9,17",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;BYMINUTE=30",
    ],
)
def test_more_than_one_occurrence_a_day_is_refused(text: str) -> None:
    with pytest.raises(CannotSync) as raised:
        canonical_rrule(text, at())
    assert raised.value.code == "recurrence-too-frequent"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("DAILY", "DAILY"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=FORTNIGHTLY", "FREQ"),
        ("FREQ=", "FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=２", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=ten", "COUNT"),
        ("FREQ=DAILY;UNTIL=2026-12-31", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20261331", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20261231T250000Z", "UNTIL"),
        ("FREQ=DAILY;UNTIL=00010101T000000Z", "UNTIL"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "BYDAY"),
        ("FREQ=WEEKLY;WKST=1", "WKST"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO"),
        ("FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY"),
        ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY"),
        ("FREQ=MONTHLY;BYSETPOS=0", "BYSETPOS"),
        ("FREQ=DAILY;BYHOUR=x", "BYHOUR"),
        ("FREQ=YEARLY;BYEASTER=0", "BYEASTER"),
        ("RSCALE=CHINESE;FREQ=YEARLY", "RSCALE"),
        ("FREQ=DAILY;X-VENDOR=1", "X-VENDOR"),
        ("FREQ=DAILY\nFREQ=WEEKLY", "FREQ"),
    ],
)
def test_what_breaks_rfc_5545_is_refused_by_the_name_of_its_part(text: str, part: str) -> None:
    with pytest.raises(CannotSync) as raised:
        canonical_rrule(text, at(zone="America/New_York", hour=0))
    assert (raised.value.code, raised.value.detail) == ("recurrence-unreadable", {"part": part})
