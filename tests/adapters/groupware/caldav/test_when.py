"""When single events take place: every form in which iCalendar says it, read and written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.core.event import AllDay, Form, Span, Timed
from tests.adapters.groupware.caldav.texts import (
    BERLIN,
    CONTEXT,
    TOKYO,
    at,
    calendar,
    changed,
    created,
    days,
    differing,
    event_of,
    lines_of,
    refusal,
    vevent,
)

SECOND = date(2026, 9, 2)
UTC_ZONE = ZoneInfo("Etc/UTC")
NIGHT = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)  # comes twice

READ: list[tuple[tuple[str, ...], Span]] = [
    (("DTSTART;TZID=Asia/Tokyo:20260902T100000", "DTEND;TZID=Asia/Tokyo:20260902T110000"), at(SECOND, 10)),
    (("DTSTART:20260902T010000Z", "DTEND:20260902T020000Z"), at(SECOND, 1, tz=UTC_ZONE)),
    (("DTSTART:20260902T100000", "DTEND:20260902T110000"), at(SECOND, 10)),
    (("DTSTART;TZID=Europe/Berlin:20260902T100000", "DURATION:PT90M"), at(SECOND, 10, 90, BERLIN)),
    (
        ("DTSTART;TZID=Europe/Berlin:20261024T100000", "DURATION:P1D"),
        at(date(2026, 10, 24), 10, 1500, BERLIN),
    ),
    (
        ("DTSTART;TZID=Europe/Berlin:20261024T100000", "DURATION:PT24H"),
        at(date(2026, 10, 24), 10, 1440, BERLIN),
    ),
    (
        ("DTSTART;TZID=Europe/Berlin:20260902T100000", "DTEND;TZID=Asia/Tokyo:20260902T180000"),
        at(SECOND, 10, tz=BERLIN),
    ),
    (("DTSTART;TZID=Asia/Tokyo:20260902T100000",), at(SECOND, 10, 0)),
    (("DTSTART;TZID=Asia/Tokyo:20260902T100000", "DURATION:PT0S"), at(SECOND, 10, 0)),
    (("DTSTART;TZID=Tokyo Standard Time:20260902T100000", "DURATION:PT1H"), at(SECOND, 10)),
    (('DTSTART;X-A=1;TZID="asia/tokyo":20260902T100000', "DURATION:PT1H"), at(SECOND, 10)),
    (
        ("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20260902T100000", "DURATION:PT1H"),
        at(SECOND, 10, tz=BERLIN),
    ),
    (("DTSTART;VALUE=DATE:20260902",), days(SECOND)),
    (("DTSTART;VALUE=DATE:20260902", "DTEND;VALUE=DATE:20260904"), days(SECOND, 2)),
    (("DTSTART;VALUE=DATE:20260902", "DTEND;VALUE=DATE:20260902"), days(SECOND)),
    (("DTSTART:20260902", "DURATION:P2W"), days(SECOND, 14)),
    (("DTSTART;VALUE=DATE:20260902", "DURATION:PT48H"), days(SECOND, 2)),
    (
        ("DTSTART;VALUE=DATE-TIME:20260902T105960Z",),
        Timed(*[datetime(2026, 9, 2, 10, 59, 59, tzinfo=UTC_ZONE)] * 2),
    ),
]


@pytest.mark.parametrize(("lines", "span"), READ)
def test_a_time_is_read(lines: tuple[str, ...], span: Span) -> None:
    event = event_of(calendar(vevent(*lines)))
    assert event.span == span
    assert event.form is (Form.ALL_DAY if isinstance(span, AllDay) else Form.TIMED)
    if isinstance(span, Timed):
        assert isinstance(event.span, Timed)
        assert event.span.zone == span.zone
        assert (event.span.start.timestamp(), event.span.end.timestamp()) == (
            span.start.timestamp(),
            span.end.timestamp(),
        )


def test_a_floating_time_is_meant_in_the_zone_of_the_calendar() -> None:
    text = calendar(vevent("DTSTART:20260902T100000", "DURATION:PT1H"))
    assert event_of(text, replace(CONTEXT, zone="Europe/Berlin")).span == at(SECOND, 10, tz=BERLIN)


def test_a_skipped_wall_time_is_read_with_the_offset_before() -> None:
    span = event_of(calendar(vevent("DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:PT1H"))).span
    assert isinstance(span, Timed)
    assert span.start.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert span.end.astimezone(UTC) == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


BROKEN = [
    ((), "DTSTART"),
    (("DTSTART:soon",), "DTSTART"),
    (("DTSTART:20260230",), "DTSTART"),
    (("DTSTART:20260902T250000Z",), "DTSTART"),
    (("DTSTART;VALUE=DATE:20260902T100000",), "DTSTART"),
    (("DTSTART:00010101T000000Z",), "DTSTART"),
    (("DTSTART:20260902T100000Z", "DTSTART:20260903T100000Z"), "DTSTART"),
    (("DTSTART:20260902T100000Z", "DTEND:20260902T090000Z"), "end before start"),
    (("DTSTART:20260902", "DTEND:20260901"), "end before start"),
    (("DTSTART:20260902", "DTEND:20260903T090000Z"), "DTEND"),
    (("DTSTART:20260902T090000Z", "DTEND:20260903"), "DTEND"),
    (("DTSTART:20260902T090000", "DTEND:20260902T100000Z"), "DTEND"),
    (("DTSTART;TZID=Asia/Tokyo:20260902T090000", "DTEND:20260902T100000"), "DTEND"),
    (("DTSTART:20260902T090000Z", "DURATION:-PT1H"), "DURATION"),
    (("DTSTART:20260902T090000Z", "DURATION:long"), "DURATION"),
    (("DTSTART:20260902", "DURATION:PT1H"), "DURATION"),
    (("DTSTART:20260902", "DURATION:P999999D"), None),
    (("DTSTART:99980902",), "DTSTART"),
    (("DTSTART:44980902T000000Z", "DURATION:P999999W"), "DTEND"),
    (("DTSTART:２０２６0902",), "DTSTART"),
]


@pytest.mark.parametrize(("lines", "reason"), BROKEN)
def test_a_time_that_nobody_can_read_is_refused_by_name(lines: tuple[str, ...], reason: str | None) -> None:
    text = calendar(vevent(*lines))
    if reason is None:
        assert isinstance(event_of(text).span, AllDay)
    else:
        assert refusal(text) == ("invalid-time", {"reason": reason})


TO: list[Span] = [
    at(SECOND, 14),
    at(SECOND, 10, 0),
    at(SECOND, 10, 1500),
    at(SECOND, 1, tz=UTC_ZONE),
    at(SECOND, 10, tz=BERLIN),
    Timed(NIGHT, NIGHT.replace(fold=1)),
    Timed(NIGHT.replace(fold=1), NIGHT.replace(fold=1) + timedelta(hours=1)),
    days(SECOND),
    days(SECOND, 3),
]


@pytest.mark.parametrize("span", TO)
@pytest.mark.parametrize("lines", [lines for lines, _ in READ])
def test_every_time_becomes_every_other(lines: tuple[str, ...], span: Span) -> None:
    before = calendar(vevent(*lines, "X-A:1"))
    after = changed(before, span=span)
    found = event_of(after).span
    assert type(found) is type(span)
    if isinstance(span, Timed) and isinstance(found, Timed):
        assert (found.start.timestamp(), found.end.timestamp()) == (
            span.start.timestamp(),
            span.end.timestamp(),
        )
        assert found.zone == span.zone or span.start.fold
    else:
        assert found == span
    names = {line.partition(";")[0].partition(":")[0] for kind in differing(before, after) for line in kind}
    assert names <= {"DTSTART", "DTEND", "DURATION"} | _of_a_definition(after)


def _of_a_definition(text: str) -> set[str]:
    inside = text.partition("BEGIN:VTIMEZONE")[2].partition("END:VTIMEZONE")[0]
    names = {line.partition(":")[0] for line in lines_of(inside)}
    return names | {"BEGIN", "END"} if inside else set()


@pytest.mark.parametrize(
    ("lines", "span", "gone", "new"),
    [
        # As long as before: the length stays as it is said.
        (
            ("DTSTART:20260902T010000Z", "DURATION:PT1H"),
            at(SECOND, 2, tz=UTC_ZONE),
            ["DTSTART:20260902T010000Z"],
            ["DTSTART:20260902T020000Z"],
        ),
        (
            ("DTSTART:20260902T010000Z", "DURATION:PT1H"),
            at(SECOND, 1, 90, UTC_ZONE),
            ["DURATION:PT1H"],
            ["DTEND:20260902T023000Z"],
        ),
        # Only the end changes: the start stays, and the end is said in its way.
        (
            ("DTSTART;X-A=1:20260902T100000", "DTEND:20260902T110000"),
            at(SECOND, 10, 120),
            ["DTEND:20260902T110000"],
            ["DTEND:20260902T120000"],
        ),
        (
            ("DTSTART;X-A=1:20260902T100000", "DTEND:20260902T110000"),
            at(SECOND, 11),
            ["DTSTART;X-A=1:20260902T100000", "DTEND:20260902T110000"],
            ["DTSTART;X-A=1:20260902T110000", "DTEND:20260902T120000"],
        ),
        (
            ("DTSTART;TZID=Tokyo Standard Time:20260902T100000", "DURATION:PT1H"),
            at(SECOND, 11, 120),
            ["DTSTART;TZID=Tokyo Standard Time:20260902T100000", "DURATION:PT1H"],
            [
                "DTSTART;TZID=Tokyo Standard Time:20260902T110000",
                "DTEND;TZID=Tokyo Standard Time:20260902T130000",
            ],
        ),
    ],
)
def test_a_time_is_changed_in_the_words_in_which_it_was_said(
    lines: tuple[str, ...], span: Span, gone: list[str], new: list[str]
) -> None:
    before = calendar(vevent(*lines), more=("BEGIN:VTIMEZONE", "TZID:Tokyo Standard Time", "END:VTIMEZONE"))
    assert differing(before, changed(before, span=span)) == (gone, new)


def test_a_new_time_counts_as_rescheduled_and_nothing_else_does() -> None:
    before = calendar(vevent("DTSTART:20260902T010000Z", "SEQUENCE:4"))
    assert "SEQUENCE:5" in lines_of(changed(before, span=at(SECOND, 3)))
    assert "SEQUENCE:4" in lines_of(changed(before, title="b"))
    # The number of somebody else's meeting is theirs to count.
    theirs = before.replace("SEQUENCE", "ORGANIZER:mailto:x@example.org\r\nSEQUENCE")
    assert "SEQUENCE:4" in lines_of(changed(theirs, span=at(SECOND, 3)))
    ours = theirs.replace("x@example.org", "TARO@example.com")
    assert "SEQUENCE:5" in lines_of(changed(ours, span=at(SECOND, 3)))


@pytest.mark.parametrize("span", TO)
def test_a_new_event_takes_place_as_asked(span: Span) -> None:
    found = event_of(created(replace(event_of(calendar(vevent("DTSTART:20260902"))), span=span))).span
    if isinstance(span, Timed) and isinstance(found, Timed):
        assert (found.start.timestamp(), found.end.timestamp()) == (
            span.start.timestamp(),
            span.end.timestamp(),
        )
    else:
        assert found == span


def test_a_zone_is_defined_once() -> None:
    text = created(replace(event_of(calendar(vevent("DTSTART:20260902"))), span=at(SECOND, 10, tz=BERLIN)))
    assert text.count("TZID:Europe/Berlin") == 1
    again = changed(text, span=at(SECOND, 12, tz=BERLIN))
    assert again.count("BEGIN:VTIMEZONE") == 1
    assert changed(again, span=at(SECOND, 12, tz=TOKYO)).count("BEGIN:VTIMEZONE") == 2
