"""A series of the contract as the neutral model has it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.adapters.groupware.connector.mapping import seen_from
from sync.adapters.groupware.lengths import clock_changes
from sync.core.change import Seen, Unreadable
from sync.core.event import AllDay, Event, Form, Recurrence, Reminder, ShowAs, Timed, Visibility
from sync.core.recurrence import Original, occurrence_of
from tests.adapters.groupware.wire import event

TYPES = {"t-1": "会議", "t-2": "外出"}
# 2026-12-07 is a Monday.
MONDAYS = "FREQ=WEEKLY;BYDAY=MO"
NEW_YORK = {"timeZone": "America/New_York", "start": "2026-03-01T23:00:00", "duration": "PT6H"}
DAYS = {"form": "allDay", "start": "2026-12-07", "end": "2026-12-09", "duration": None, "timeZone": None}


def series(recurrence: dict[str, Any], **fields: Any) -> Event:
    found = seen_from(event(recurrence=recurrence, **fields), "u-1", TYPES)
    assert isinstance(found, Seen), found
    return found.event


def dates(found: Event) -> Recurrence:
    assert found.recurrence is not None
    return found.recurrence


def held(found: Event, original: Original) -> Event:
    occurrence = occurrence_of(found, original)
    assert occurrence is not None
    return occurrence


def test_the_rule_is_canonical_and_its_dates_have_their_proper_names() -> None:
    found = series(
        {
            "rrule": "BYDAY=MO;INTERVAL=1;FREQ=WEEKLY;UNTIL=20270104T010000Z",
            "exdates": ["2026-12-28T10:00:00", "2026-12-29T10:00:00"],
            "rdates": ["2026-12-09T15:00:00", "2026-12-14T10:00:00"],
            "overrides": {"2026-12-09T15:00:00": {"title": "追加"}, "2026-12-21T10:00:00": {"place": "3F"}},
        }
    )
    extra = datetime.combine(date(2026, 12, 9), time(15))
    assert dates(found).rrule == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270104"
    assert dates(found).exdates == (date(2026, 12, 28),)
    assert dates(found).rdates == (extra,)
    assert [one.original for one in dates(found).overrides] == [extra, date(2026, 12, 21)]
    assert held(found, extra).title == "追加"


@pytest.mark.parametrize("rrule", [None, ""])
def test_irregular_dates_have_no_rule(rrule: str | None) -> None:
    found = series({"rrule": rrule, "rdates": ["2026-12-10T10:00:00"]})
    assert dates(found) == Recurrence("", rdates=(datetime.combine(date(2026, 12, 10), time(10)),))


def test_an_override_is_the_whole_content_of_its_occurrence() -> None:
    change = {
        "title": "特別",
        "typeId": None,
        "status": "tentative",
        "start": "2026-12-15T09:00:00",
        "duration": "PT30M",
        "visibility": "private",
        "reminders": [{"minutesBefore": 5}],
        "memo": None,
    }
    found = series(
        {"rrule": MONDAYS, "overrides": {"2026-12-14T10:00:00": change}},
        typeId="t-1",
        reminders=[{"minutesBefore": 15}],
    )
    one = held(found, date(2026, 12, 14))
    assert (one.title, one.event_type, one.show_as) == ("特別", "", ShowAs.TENTATIVE)
    assert (one.visibility, one.reminder) == (Visibility.PRIVATE, Reminder(5))
    assert (one.place, one.body, one.recurrence) == (found.place, found.body, None)
    start = datetime(2026, 12, 15, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert one.span == Timed(start, start + timedelta(minutes=30))


def test_an_override_that_changes_nothing_is_none() -> None:
    change = {"title": "週次", "start": "2026-12-14T10:00:00", "duration": "PT60M"}
    assert dates(series({"rrule": MONDAYS, "overrides": {"2026-12-14T10:00:00": change}})).overrides == ()


def test_what_names_no_occurrence_is_none() -> None:
    stray = {"2026-12-15T10:00:00": {"title": "x"}, "2026-12-14T11:00:00": {"title": "x"}}
    found = series({"rrule": MONDAYS, "overrides": stray})
    assert dates(found) == Recurrence("FREQ=WEEKLY;BYDAY=MO")


@pytest.mark.parametrize(
    ("change", "span"),
    [
        ({"start": "2026-12-15"}, AllDay(date(2026, 12, 15), date(2026, 12, 17))),
        ({"end": "2026-12-15"}, AllDay(date(2026, 12, 14), date(2026, 12, 15))),
        ({"start": "2026-12-15", "end": "2026-12-20"}, AllDay(date(2026, 12, 15), date(2026, 12, 20))),
    ],
)
def test_an_occurrence_of_days_keeps_its_length_when_it_moves(change: dict[str, str], span: AllDay) -> None:
    found = series({"rrule": MONDAYS, "overrides": {"2026-12-14": change}}, **DAYS)
    assert held(found, date(2026, 12, 14)).span == span


def test_an_occurrence_of_a_start_may_have_a_length() -> None:
    found = series(
        {"rrule": MONDAYS, "overrides": {"2026-12-14T10:00:00": {"duration": "PT1H"}}},
        form="startOnly",
        duration="PT0S",
    )
    assert held(found, date(2026, 12, 14)).form is Form.TIMED
    assert held(found, date(2026, 12, 21)).form is Form.START_ONLY


@pytest.mark.parametrize(
    ("recurrence", "code"),
    [
        ({"rrule": "FREQ=HOURLY"}, "recurrence-too-frequent"),
        ({"rrule": "FREQ=FORTNIGHTLY"}, "recurrence-unreadable"),
        ({"rrule": "every monday"}, "recurrence-unreadable"),
        ({"rrule": 7}, "event-unreadable"),
        ({"rrule": MONDAYS, "exdates": ["soon"]}, "event-unreadable"),
        ({"rrule": MONDAYS, "exdates": [5]}, "event-unreadable"),
        ({"rrule": MONDAYS, "exdates": ["2026-12-14T10:00:00Z"]}, "event-unreadable"),
        ({"rrule": MONDAYS, "overrides": ["x"]}, "event-unreadable"),
        ({"rrule": MONDAYS, "overrides": {"2026-12-14T10:00:00": "x"}}, "event-unreadable"),
        ({"rrule": MONDAYS, "overrides": {"2026-12-14T10:00:00": {"title": 5}}}, "event-unreadable"),
        ({"rrule": MONDAYS, "overrides": {"2026-12-14T10:00:00": {"start": "soon"}}}, "invalid-time"),
        ("daily", "event-unreadable"),
        ([], "event-unreadable"),
    ],
)
def test_a_series_that_cannot_be_read_is_no_single_event(recurrence: Any, code: str) -> None:
    found = seen_from(event(recurrence=recurrence), "u-1", TYPES)
    assert isinstance(found, Unreadable)
    assert found.code == code


# -- clocks -----------------------------------------------------------------------------------------------------


def ends(found: Event, original: Original) -> str:
    span = held(found, original).span
    assert isinstance(span, Timed)
    return span.end.isoformat()


def test_a_night_in_which_the_clocks_change_is_as_long_as_it_was_entered() -> None:
    found = series({"rrule": "FREQ=DAILY"}, **NEW_YORK)
    changed = [one.original for one in dates(found).overrides]
    assert changed == [date(2026, 3, 7), date(2026, 10, 31), date(2027, 3, 13), date(2027, 11, 6)]
    assert ends(found, date(2026, 3, 6)) == "2026-03-07T05:00:00-05:00"
    assert ends(found, date(2026, 3, 7)) == "2026-03-08T06:00:00-04:00"
    assert ends(found, date(2026, 10, 31)) == "2026-11-01T04:00:00-05:00"
    # Two years are looked at: from then on the wall clock counts.
    assert ends(found, date(2028, 3, 11)) == "2028-03-12T05:00:00-04:00"


@pytest.mark.parametrize(
    ("fields", "rrule"),
    [
        ({**NEW_YORK, "timeZone": "Asia/Tokyo"}, "FREQ=DAILY"),
        ({**NEW_YORK, "start": "2026-03-01T10:00:00"}, "FREQ=DAILY"),
        (NEW_YORK, "FREQ=WEEKLY;BYDAY=MO"),
        ({**NEW_YORK, "duration": "PT1H"}, "FREQ=DAILY"),
    ],
    ids=["no summer time", "by day", "other nights", "before the change"],
)
def test_elsewhere_the_clock_and_the_length_agree(fields: dict[str, str], rrule: str) -> None:
    assert dates(series({"rrule": rrule}, **fields)).overrides == ()


def test_the_first_night_of_a_series_may_be_the_odd_one() -> None:
    found = series({"rrule": "FREQ=DAILY;COUNT=3"}, **{**NEW_YORK, "start": "2026-03-07T23:00:00"})
    assert [one.original for one in dates(found).overrides] == [date(2026, 3, 7)]
    assert ends(found, date(2026, 3, 7)) == "2026-03-08T06:00:00-04:00"
    assert ends(found, date(2026, 3, 8)) == "2026-03-09T05:00:00-04:00"


def test_an_additional_date_can_be_such_a_night() -> None:
    found = series({"rdates": ["2026-03-07T22:00:00"]}, **NEW_YORK)
    assert ends(found, datetime.combine(date(2026, 3, 7), time(22))) == "2026-03-08T05:00:00-04:00"


@pytest.mark.parametrize("start", ["2026-03-08T02:30:00", "2026-03-08T01:45:00", "2026-11-01T01:30:00"])
@pytest.mark.parametrize("length", ["PT30M", "PT1H", "PT26H"])
def test_a_series_that_begins_where_the_clocks_change_is_right_on_every_day(start: str, length: str) -> None:
    """Against the contract's own words, occurrence by occurrence."""
    fields = {"timeZone": "America/New_York", "duration": length}
    found = series({"rrule": "FREQ=DAILY"}, **{**fields, "start": start})
    first = date.fromisoformat(start[:10])
    for day in (first + timedelta(days=n) for n in (0, 1, 2, 100, 238, 239, 364, 371)):
        single = seen_from(event(**fields, start=f"{day}{start[10:]}"), "u-1", {})
        assert isinstance(single, Seen)
        assert isinstance(single.event.span, Timed)
        shown = held(found, day).span
        assert isinstance(shown, Timed)
        assert (shown.start.timestamp(), shown.end.timestamp()) == (
            single.event.span.start.timestamp(),
            single.event.span.end.timestamp(),
        ), day


def test_the_days_on_which_clocks_change() -> None:
    assert clock_changes("America/New_York", 2026) == (date(2026, 3, 8), date(2026, 11, 1))
    assert clock_changes("Asia/Tokyo", 2026) == ()
    assert clock_changes("America/Santiago", 2026) == (date(2026, 4, 4), date(2026, 9, 6))
