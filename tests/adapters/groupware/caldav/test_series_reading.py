"""Series as iCalendar says them: rules, dates in every form, changed occurrences; held against an independent
expander, too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped]

from sync.core.event import Recurrence, Reminder
from sync.core.recurrence import occurrence_of
from tests.adapters.groupware.caldav.texts import (
    BERLIN,
    at,
    calendar,
    days,
    event_of,
    plotted,
    refusal,
    shown,
    vevent,
)

START = ("DTSTART;TZID=Asia/Tokyo:20260902T100000", "DURATION:PT1H", "SUMMARY:定例")
DAILY = (*START, "RRULE:FREQ=DAILY;COUNT=4")
SECOND, THIRD = date(2026, 9, 3), date(2026, 9, 4)


def recurrence_of(text: str) -> Recurrence:
    found = event_of(text).recurrence
    assert found is not None
    return found


def starts(text: str) -> list[str]:
    return [span.partition("/")[0] for span in plotted(event_of(text))]


def test_a_series_is_one_event() -> None:
    event = event_of(calendar(vevent(*DAILY)))
    assert event.span == at(date(2026, 9, 2), 10)
    assert event.recurrence == Recurrence("FREQ=DAILY;COUNT=4")


@pytest.mark.parametrize(
    "line",
    [
        "EXDATE;TZID=Asia/Tokyo:20260903T100000",
        "EXDATE:20260903T010000Z",
        "EXDATE;TZID=Europe/Berlin:20260903T030000",
        "EXDATE:20260903T100000",
        "EXDATE;VALUE=DATE:20260903",
        "EXDATE;TZID=Tokyo Standard Time;X-A=1:20260903T100000,20260903T100000",
    ],
)
def test_a_date_is_cancelled_in_every_form(line: str) -> None:
    assert recurrence_of(calendar(vevent(*DAILY, line))) == Recurrence("FREQ=DAILY;COUNT=4", (SECOND,))


def test_several_dates_are_cancelled_in_one_line_or_in_many() -> None:
    lines = ("EXDATE:20260903T010000Z,20260905T010000Z", "EXDATE;TZID=Asia/Tokyo:20260904T100000")
    cancelled = recurrence_of(calendar(vevent(*DAILY, *lines))).exdates
    assert cancelled == (SECOND, THIRD, date(2026, 9, 5))


def test_a_cancelled_date_that_is_none_cancels_nothing() -> None:
    lines = ("EXDATE:20260903T020000Z", "EXDATE:20270903T010000Z", "EXDATE:")
    assert recurrence_of(calendar(vevent(*DAILY, *lines))) == Recurrence("FREQ=DAILY;COUNT=4")


@pytest.mark.parametrize(
    "line",
    [
        "RECURRENCE-ID;TZID=Asia/Tokyo:20260903T100000",
        "RECURRENCE-ID:20260903T010000Z",
        "RECURRENCE-ID;VALUE=DATE:20260903",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260903T030000",
        "RECURRENCE-ID:20260903T100000",
    ],
)
def test_an_occurrence_is_changed_in_every_form(line: str) -> None:
    edit = vevent(line, "DTSTART:20260903T060000Z", "DURATION:PT2H", "SUMMARY:特別", "LOCATION:別")
    event = event_of(calendar(vevent(*DAILY, "LOCATION:場所"), edit))
    assert event.recurrence is not None
    (one,) = event.recurrence.overrides
    assert one.original == SECOND
    assert (one.event.title, one.event.place) == ("特別", "別")
    assert "2026-09-03T06:00/2026-09-03T08:00" in plotted(event)
    assert len(plotted(event)) == 4


def test_an_occurrence_says_everything_itself_but_its_title() -> None:
    master = vevent(
        *DAILY,
        "LOCATION:場所",
        "CLASS:PRIVATE",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT5M",
        "END:VALARM",
    )
    edit = vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART:20260903T010000Z", "DURATION:PT1H")
    found = occurrence_of(event_of(calendar(master, edit)), SECOND)
    assert found is not None
    assert (found.title, found.place, found.reminder) == ("定例", "", None)
    assert event_of(calendar(master, edit)).reminder == Reminder(5)


def test_an_occurrence_of_whole_days_is_named_by_its_day() -> None:
    master = vevent("DTSTART;VALUE=DATE:20260902", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260904")
    for line in ("RECURRENCE-ID;VALUE=DATE:20260903", "RECURRENCE-ID:20260903T000000Z"):
        event = event_of(calendar(master, vevent(line, "DTSTART:20260910", "SUMMARY:a")))
        assert plotted(event) == {"2026-09-02/2026-09-03": "", "2026-09-10/2026-09-11": "a"}


def test_a_changed_occurrence_may_be_a_whole_day() -> None:
    edit = vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART;VALUE=DATE:20260903", "SUMMARY:a")
    found = occurrence_of(event_of(calendar(vevent(*DAILY), edit)), SECOND)
    assert found is not None
    assert found.span == days(SECOND)


def test_an_occurrence_that_was_called_off_is_cancelled() -> None:
    edit = vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART:20260903T010000Z", "STATUS:CANCELLED")
    assert recurrence_of(calendar(vevent(*DAILY), edit)).exdates == (SECOND,)


def test_a_cancelled_date_is_cancelled_whatever_was_changed_about_it() -> None:
    edit = vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART:20260903T060000Z")
    found = recurrence_of(calendar(vevent(*DAILY, "EXDATE:20260903T010000Z"), edit))
    assert (found.exdates, found.overrides) == ((SECOND,), ())


def test_a_changed_occurrence_that_the_series_does_not_have_takes_place() -> None:
    edit = vevent("RECURRENCE-ID:20261003T010000Z", "DTSTART:20261003T060000Z", "SUMMARY:余分")
    event = event_of(calendar(vevent(*DAILY), edit))
    assert event.recurrence is not None
    assert event.recurrence.rdates == (datetime.fromisoformat("2026-10-03T10:00"),)
    assert plotted(event)["2026-10-03T06:00/2026-10-03T06:00"] == "余分"


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_revisions_the_newest_counts(order: int) -> None:
    old = vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART:20260903T010000Z", "SUMMARY:old", "SEQUENCE:1")
    new = vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART:20260903T010000Z", "SUMMARY:new", "SEQUENCE:2")
    found = occurrence_of(event_of(calendar(vevent(*DAILY), *[old, new][::order])), SECOND)
    assert found is not None
    assert found.title == "new"


ADDED = {
    "RDATE:20260910T010000Z": "2026-09-10T01:00/2026-09-10T02:00",
    "RDATE;TZID=Europe/Berlin:20260910T030000": "2026-09-10T01:00/2026-09-10T02:00",
    "RDATE:20260910T120000": "2026-09-10T03:00/2026-09-10T04:00",
    "RDATE;VALUE=DATE:20260910": "2026-09-10T01:00/2026-09-10T02:00",
    "RDATE;VALUE=PERIOD:20260910T010000Z/PT3H": "2026-09-10T01:00/2026-09-10T04:00",
    "RDATE;VALUE=PERIOD:20260910T010000Z/20260910T013000Z": "2026-09-10T01:00/2026-09-10T01:30",
    "RDATE;VALUE=PERIOD;TZID=Asia/Tokyo:20260910T100000/20260910T130000": "2026-09-10T01:00/2026-09-10T04:00",
}


@pytest.mark.parametrize("line", ADDED)
@pytest.mark.parametrize("rule", [True, False])
def test_a_date_is_added_in_every_form(line: str, rule: bool) -> None:
    event = event_of(calendar(vevent(*(DAILY if rule else START), line)))
    assert event.recurrence is not None
    assert len(event.recurrence.rdates) == 1
    assert list(plotted(event))[-1] == ADDED[line]
    assert len(plotted(event)) == (5 if rule else 2)


def test_a_period_on_a_date_of_the_rule_changes_its_length() -> None:
    event = event_of(calendar(vevent(*DAILY, "RDATE;VALUE=PERIOD:20260903T010000Z/PT3H")))
    assert "2026-09-03T01:00/2026-09-03T04:00" in plotted(event)
    assert len(plotted(event)) == 4


def test_dates_without_a_zone_mean_that_of_their_series() -> None:
    master = vevent(
        "DTSTART;TZID=Europe/Berlin:20260902T100000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260903T100000"
    )
    assert recurrence_of(calendar(master)).exdates == (SECOND,)


def test_a_floating_series_is_meant_in_the_zone_of_the_calendar() -> None:
    master = vevent(
        "DTSTART:20260902T100000", "RRULE:FREQ=DAILY;UNTIL=20260904T100000", "EXDATE:20260903T010000Z"
    )
    event = event_of(calendar(master))
    assert event.span == at(date(2026, 9, 2), 10, 0)
    assert event.recurrence == Recurrence("FREQ=DAILY;UNTIL=20260904", (SECOND,))


@pytest.mark.parametrize(
    ("length", "ends"),
    [
        ("DTEND;TZID=Europe/Berlin:20261018T070000", "06:00"),
        ("DURATION:PT8H", "06:00"),
    ],
)
def test_a_series_is_as_long_in_the_night_of_the_change_of_the_clocks(length: str, ends: str) -> None:
    """RFC 5545 3.8.5.3: the same exact duration for all; for people the night shift ends an hour earlier that day."""
    text = calendar(vevent("DTSTART;TZID=Europe/Berlin:20261017T230000", length, "RRULE:FREQ=WEEKLY;COUNT=3"))
    event = event_of(text)
    assert event.span == at(date(2026, 10, 17), 23, 480, BERLIN)
    night = occurrence_of(event, date(2026, 10, 24))
    assert night is not None
    assert f"{night.span.end:%H:%M}" == ends  # type: ignore[union-attr]
    lengths = {
        datetime.fromisoformat(e) - datetime.fromisoformat(b)
        for b, e in (s.split("/") for s in plotted(event))
    }
    assert lengths == {timedelta(hours=8)}


def test_days_of_the_calendar_are_days_on_any_night() -> None:
    text = calendar(
        vevent("DTSTART;TZID=Europe/Berlin:20261017T230000", "DURATION:P1D", "RRULE:FREQ=WEEKLY;COUNT=3")
    )
    event = event_of(text)
    assert event.recurrence is not None
    assert not event.recurrence.overrides


REFUSED = [
    (("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), ("recurrence-unreadable", {"part": "RRULE"})),
    (("RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"), ("recurrence-unreadable", {"part": "EXRULE"})),
    (("RRULE:FREQ=HOURLY",), ("recurrence-too-frequent", {})),
    (("RRULE:FREQ=NEVER",), ("recurrence-unreadable", {"part": "FREQ"})),
    (("RRULE:COUNT=3",), ("recurrence-unreadable", {"part": "FREQ"})),
    (("RRULE:FREQ=DAILY;UNTIL=soon",), ("recurrence-unreadable", {"part": "UNTIL"})),
    (("RRULE:RSCALE=CHINESE;FREQ=YEARLY",), ("recurrence-unreadable", {"part": "RSCALE"})),
    (("RRULE:FREQ=DAILY", "EXDATE:never"), ("invalid-time", {"reason": "EXDATE"})),
    (("RRULE:FREQ=DAILY", "RDATE:20260910T010000Z/never"), ("invalid-time", {"reason": "RDATE"})),
    (
        ("RRULE:FREQ=DAILY", "RDATE;VALUE=PERIOD:20260910T010000Z/20260909T010000Z"),
        ("invalid-time", {"reason": "end before start"}),
    ),
]


@pytest.mark.parametrize(("lines", "reason"), REFUSED)
def test_what_nobody_can_read_is_refused_by_code(
    lines: tuple[str, ...], reason: tuple[str, dict[str, str]]
) -> None:
    assert refusal(calendar(vevent(*START, *lines))) == reason


def test_a_date_that_stands_for_all_that_follow_is_refused_by_name() -> None:
    edit = vevent("RECURRENCE-ID;RANGE=THISANDFUTURE:20260903T010000Z", "DTSTART:20260903T020000Z")
    assert refusal(calendar(vevent(*DAILY), edit)) == ("range-this-and-future", {})


def test_the_usual_calendar_scale_says_nothing() -> None:
    text = calendar(vevent(*START, "RRULE:RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT;COUNT=2"))
    assert recurrence_of(text) == Recurrence("FREQ=DAILY;COUNT=2")


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260905T010000Z", "20260905"),
        ("20260905T005959Z", "20260904"),
        ("20260905T100000", "20260905"),
        # A day beside times: its first moment in UTC, nine o'clock in Tokyo.
        ("20260905", "20260904"),
    ],
)
def test_a_rule_ends_with_an_instant(until: str, last: str) -> None:
    text = calendar(vevent(*START, f"RRULE:FREQ=DAILY;UNTIL={until}"))
    assert recurrence_of(text) == Recurrence(f"FREQ=DAILY;UNTIL={last}")
    assert len(plotted(event_of(text))) == len(oracle(text))


def test_an_empty_rule_is_none() -> None:
    assert event_of(calendar(vevent(*START, "RRULE:", "RDATE:"))).recurrence is None


def test_one_occurrence_of_a_series_that_is_not_here_is_an_event() -> None:
    edit = vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART:20260903T060000Z", "SUMMARY:a")
    event = event_of(calendar(edit))
    assert (event.recurrence, event.title) == (None, "a")
    other = vevent("RECURRENCE-ID:20260904T010000Z", "DTSTART:20260904T060000Z")
    assert refusal(calendar(edit, other)) == ("series-without-master", {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (calendar(["BEGIN:VTODO", "UID:u1", "END:VTODO"]), "VEVENT"),
        (calendar(vevent(*START), vevent(*START, uid="u2")), "UID"),
        (calendar(vevent(*START)).replace("END:VEVENT", "END:VTODO"), "components"),
        ("", "components"),
    ],
)
def test_a_broken_resource_is_refused_by_code(text: str, reason: str) -> None:
    assert refusal(text) == ("event-unreadable", {"reason": reason})


def test_the_uid_is_that_of_the_series() -> None:
    assert shown(calendar(vevent(*DAILY, uid="a\\,b"))).uid == "a,b"


# -- held against an independent expander -------------------------------------------------------------------------


def oracle(text: str) -> list[tuple[datetime, datetime]]:
    """As recurring-ical-events expands it, in UTC."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between((2026, 8, 1), (2027, 8, 1))
    return sorted((one.start, one.end) for one in found)


TEXTS = {
    "rule": calendar(vevent(*DAILY)),
    "cancelled": calendar(vevent(*DAILY, "EXDATE:20260903T010000Z")),
    "cancelled by day": calendar(vevent(*DAILY, "EXDATE;VALUE=DATE:20260903")),
    "added": calendar(vevent(*DAILY, "RDATE:20260910T010000Z,20260903T010000Z")),
    "periods": calendar(vevent(*START, "RDATE;VALUE=PERIOD:20260910T010000Z/PT3H")),
    "changed": calendar(
        vevent(*DAILY), vevent("RECURRENCE-ID:20260903T010000Z", "DTSTART:20260903T060000Z", "DURATION:PT5M")
    ),
    "stray": calendar(
        vevent(*DAILY), vevent("RECURRENCE-ID:20261003T010000Z", "DTSTART:20261003T060000Z", "DURATION:PT5M")
    ),
    "berlin": calendar(
        vevent(
            "DTSTART;TZID=Europe/Berlin:20260902T100000",
            "DURATION:PT1H",
            "RRULE:FREQ=WEEKLY;BYDAY=WE,FR;COUNT=40",
        )
    ),
    "end of month": calendar(
        vevent("DTSTART:20260930T100000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1")
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_series_takes_place_as_an_independent_expander_says(name: str) -> None:
    spans = [
        "/".join(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}" for moment in span)
        for span in oracle(TEXTS[name])
    ]
    assert sorted(plotted(event_of(TEXTS[name]))) == spans
