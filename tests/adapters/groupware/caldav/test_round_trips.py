"""Any resource: read, written and read again. Texts are put together at random, or taken from others' calendars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.adapters.groupware.caldav.lines import Component, parse
from sync.adapters.groupware.caldav.mapping import read_resource
from sync.core.change import Seen, Unreadable
from sync.core.event import AllDay, Event, Importance, Reminder, ShowAs, Timed, Visibility
from sync.core.fingerprint import digests
from sync.errors import CannotSync
from tests.adapters.groupware.caldav.texts import (
    CONTEXT,
    HREF,
    calendar,
    changed,
    created,
    differing,
    event_of,
    updated,
    vevent,
)

# -- texts put together at random ---------------------------------------------------------------------------------

WHEN = [
    ["DTSTART;TZID=Asia/Tokyo:20260902T100000", "DTEND;TZID=Asia/Tokyo:20260902T110000"],
    ["DTSTART;X-A=1:20260902T100000", "DURATION:PT1H30M"],
    ["DTSTART:20260902T010000Z"],
    ["DTSTART;TZID=W. Europe Standard Time:20260902T233000", "DTEND;TZID=Europe/Berlin:20260903T070000"],
    ["DTSTART;VALUE=DATE:20260902", "DTEND;VALUE=DATE:20260904"],
]
RULES = [
    [],
    ["RRULE:FREQ=DAILY;COUNT=6"],
    ["RRULE:FREQ=WEEKLY;UNTIL=20261231T000000Z", "EXDATE:20260909T010000Z,20270909T010000Z"],
    ["RDATE;VALUE=PERIOD:20260920T010000Z/PT5H", "RDATE:20260921T010000Z"],
    ["RRULE:FREQ=MONTHLY;BYMONTHDAY=2", "RDATE:20260920T040000", "EXDATE;VALUE=DATE:20261002"],
]
EDITS = [
    [],
    [["RECURRENCE-ID;TZID=Asia/Tokyo:20260903T100000", "DTSTART:20260903T050000Z", "X-EDIT:1"]],
    [["RECURRENCE-ID:20260909T010000Z", "DTSTART;VALUE=DATE:20260910", "STATUS:CANCELLED"]],
    [
        ["RECURRENCE-ID;VALUE=DATE:20261102", "DTSTART;VALUE=DATE:20261103", "SUMMARY:別"],
        [
            "RECURRENCE-ID:20260903T010000",
            "DTSTART:20260903T020000Z",
            "DURATION:PT2H",
            "ATTACH:https://x.test/",
        ],
    ],
]
OTHERS = [
    "SUMMARY;LANGUAGE=ja:件名\\, 一",
    "DESCRIPTION:一\\n二\\;三",
    'LOCATION;ALTREP="https://example.org/":A; B',
    "CLASS:X-OWN",
    "STATUS:CONFIRMED",
    "TRANSP:TRANSPARENT",
    "PRIORITY:2",
    "CATEGORIES:私用,会議",
    "SEQUENCE:3",
    'X-OWN;B=2;A="1;2":anything; at, all',
    "GEO:35.6;139.7",
    "ATTACH;FMTTYPE=image/png;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 40,
    "ORGANIZER;CN=Boss:mailto:boss@example.org",
    "ATTENDEE;PARTSTAT=TENTATIVE;X-NUM=1:mailto:taro@example.com",
    'ATTENDEE;CUTYPE=GROUP;MEMBER="mailto:a@example.org":mailto:all@example.org',
    "RELATED-TO;RELTYPE=SIBLING:u9",
    "no content line",
]
INSIDE = [
    ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER;X-A=1:-PT15M", "X-OWN:1", "END:VALARM"],
    ["BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:-P1D", "ATTENDEE:mailto:a@example.org", "END:VALARM"],
    ["BEGIN:X-OWN", "X-A:1", "BEGIN:X-B", "END:X-B", "END:X-OWN"],
]
BESIDE = [
    ["BEGIN:VTIMEZONE", "TZID:Asia/Tokyo", "X-OWN:1", "END:VTIMEZONE"],
    ["BEGIN:X-OWN", "X-A:1", "END:X-OWN"],
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    def content() -> list[str]:
        lines = draw(st.lists(st.sampled_from(OTHERS), unique=True, max_size=6))
        return lines + [
            line for part in draw(st.lists(st.sampled_from(INSIDE), unique_by=str)) for line in part
        ]

    master = vevent(*draw(st.sampled_from(WHEN)), *draw(st.sampled_from(RULES)), *content())
    edits = [vevent(*lines, *content()) for lines in draw(st.sampled_from(EDITS))]
    beside = draw(st.lists(st.sampled_from(BESIDE), unique_by=str))
    return calendar(*beside, master, *edits, more=("X-WR-CALNAME:mine",))


FIRST = date(2026, 9, 2)
CHANGES: list[dict[str, Any]] = [
    {"title": "新しい件名"},
    {"place": "新しい場所"},
    {"body": "新しい\n本文"},
    {"visibility": Visibility.BUSY_ONLY},
    {"show_as": ShowAs.OOF},
    {"importance": Importance.LOW},
    {"event_type": "外出, 出張"},
    {"reminder": Reminder(33)},
]
OF_FIELD = {
    "title": {"SUMMARY"},
    "place": {"LOCATION"},
    "body": {"DESCRIPTION"},
    "visibility": {"CLASS"},
    "show_as": {"TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS"},
    "importance": {"PRIORITY"},
    "event_type": {"CATEGORIES"},
    "reminder": {"TRIGGER", "BEGIN", "END", "ACTION", "DESCRIPTION"},
}


@settings(max_examples=150, deadline=None)
@given(texts(), st.sampled_from(CHANGES))
def test_a_change_of_one_field_changes_only_its_property(text: str, change: dict[str, Any]) -> None:
    before = event_of(text)
    # What is as it was is not written at all.
    assert updated(text, before, *digests(before)) == text
    after = changed(text, **change)
    ((name, value),) = change.items()
    found = event_of(after)
    assert getattr(found, name) == value
    assert _without(found, name) == _without(before, name)
    went, came = differing(text, after)
    assert {re.split("[;:]", line)[0] for line in went + came} <= OF_FIELD[name]
    # And it is done: the same again changes nothing.
    assert updated(after, found, *digests(found)) == after


def _without(event: Event, name: str) -> dict[str, str]:
    """Everything but the field, of the event and of its dates (which follow, or then differ in it)."""
    return {part: text for part, text in digests(event).items() if part.rpartition("/")[2] != name}


@settings(max_examples=100, deadline=None)
@given(
    texts(), st.sampled_from([timedelta(hours=3), timedelta(days=2), timedelta(minutes=-30)]), st.booleans()
)
def test_a_change_of_the_time_leaves_all_else(text: str, by: timedelta, longer: bool) -> None:
    before = event_of(text)
    span = before.span
    if isinstance(span, AllDay):
        wanted: AllDay | Timed = AllDay(
            span.first + timedelta(by.days or 1), span.until + timedelta(by.days or 1)
        )
    else:
        wanted = Timed(span.start + by, span.end + by + timedelta(minutes=30 * longer))
    after = changed(text, span=wanted)
    assert event_of(after).span == wanted
    found = parse(after)
    assert [one.text for one in found.children("X-OWN")] == [
        one.text for one in parse(text).children("X-OWN")
    ]
    master, was = (one.children("VEVENT")[0] for one in (found, parse(text)))
    times = {
        "DTSTART",
        "DTEND",
        "DURATION",
        "EXDATE",
        "RDATE",
        "RRULE",
        "DTSTAMP",
        "LAST-MODIFIED",
        "SEQUENCE",
    }
    assert _apart_from(master, times) == _apart_from(was, times)


def _apart_from(component: Component, names: set[str]) -> list[str]:
    return [one.text for one in component.parts if isinstance(one, Component) or one.name not in names]


# -- calendars of others ------------------------------------------------------------------------------------------

SHIPPED = sorted(Path(str(resources.files("icalendar"))).rglob("*.ics"))
# Of files with hundreds of events.
MOST = 4


def each_resource(file: Path) -> Iterator[str]:
    """A file as a CalDAV server would keep it: a resource for each UID (RFC 4791 4.1)."""
    text = file.read_bytes().decode("utf-8", "replace")
    for found in re.findall("BEGIN:VCALENDAR.*?END:VCALENDAR", text, re.DOTALL):
        try:
            whole = parse(found)
        except CannotSync:
            continue
        events = whole.children("VEVENT")
        beside = [one for one in whole.parts if not (isinstance(one, Component) and one.name == "VEVENT")]
        for uid in list(dict.fromkeys(one.value("UID") for one in events))[:MOST]:
            yield Component("VCALENDAR", [*beside, *(one for one in events if one.value("UID") == uid)]).text


def test_there_are_calendars_of_others() -> None:
    assert len(SHIPPED) > 100


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_calendar_of_others_is_kept_or_refused_by_code(file: Path) -> None:
    for text in each_resource(file):
        found = read_resource(text, HREF, "1", CONTEXT)
        if isinstance(found, Unreadable):
            assert found.code
            continue
        assert isinstance(found, Seen)
        event = found.event
        assert updated(text, event, *digests(event)) == text
        after = changed(text, title="新しい件名")
        went, came = differing(text, after)
        assert {re.split("[;:]", line)[0] for line in went + came} <= {"SUMMARY"}
        assert event_of(after).span == event.span
        copy = event_of(created(event))
        assert _content(copy) == _content(replace(event, reminder=event.reminder))


def _content(event: Event) -> dict[str, str]:
    return {
        part: text
        for part, text in digests(event).items()
        if not part.startswith(("with/", "answer/", "room/"))
    }


@settings(max_examples=50, deadline=None)
@given(texts())
def test_what_we_write_is_read_by_the_library_too(text: str) -> None:
    readable = text.replace("no content line\r\n", "")
    after = changed(readable, title="新しい件名, 二")
    (first, *_) = icalendar.Calendar.from_ical(after).walk("VEVENT")
    assert str(first["SUMMARY"]) == "新しい件名, 二"


# -- damaged texts --------------------------------------------------------------------------------------------------

damage = st.tuples(
    st.integers(0, 10_000), st.sampled_from(["", *'0123456789TZ;:=,-+PM\r\n"年\0']), st.booleans()
)


@settings(max_examples=200, deadline=None)
@given(texts(), st.lists(damage, min_size=1, max_size=6))
def test_a_damaged_text_is_read_or_refused_by_code(text: str, damages: list[tuple[int, str, bool]]) -> None:
    for at_most, character, is_put_in in damages:
        place = at_most % len(text)
        text = text[:place] + character + text[place + (not is_put_in) :]
    found = read_resource(text, HREF, "1", CONTEXT)
    if isinstance(found, Unreadable):
        assert found.code
        return
    assert event_of(changed(text, title="新しい件名")).title == "新しい件名"


@pytest.mark.parametrize("start", ["99980902T100000Z", "00020902T100000Z", "00020902", "99980902"])
@pytest.mark.parametrize(
    "rule", [[], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=YEARLY;COUNT=5"], ["RDATE:20260902"]]
)
def test_the_first_and_the_last_years_are_no_trouble(start: str, rule: list[str]) -> None:
    found = read_resource(calendar(vevent(f"DTSTART:{start}", *rule)), HREF, "1", CONTEXT)
    assert isinstance(found, Seen | Unreadable)


def test_a_number_that_nobody_counts_to_is_none() -> None:
    start = "DTSTART:20260902T100000Z"
    text = calendar(vevent(start, "SEQUENCE:" + "9" * 5000), vevent(start, "SEQUENCE:2", "SUMMARY:newest"))
    assert event_of(text).title == "newest"
    rescheduled = changed(
        calendar(vevent(start, "SEQUENCE:" + "9" * 5000)), span=AllDay(FIRST, FIRST + timedelta(1))
    )
    assert "SEQUENCE:1\r\n" in rescheduled
