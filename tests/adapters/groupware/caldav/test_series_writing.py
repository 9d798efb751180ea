"""Series written into resources: exactly what is wanted takes place, and what nobody changed stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sync.adapters.groupware.caldav.mapping import write_resource
from sync.core.event import AllDay, Event, Field, Form, Recurrence, Reminder, Span, Timed
from sync.core.fingerprint import digests
from sync.core.parts import CANCELLED, occurrence_part, with_occurrence, with_parts, without_occurrence
from sync.core.recurrence import Original, normalised, occurrence_of, occurrences, plain_occurrence
from sync.core.write import Verb, Write
from sync.errors import CannotSync
from tests.adapters.groupware.caldav.texts import (
    BERLIN,
    CONTEXT,
    at,
    calendar,
    changed,
    created,
    days,
    differing,
    event_of,
    lines_of,
    plotted,
    refusal,
    repeating,
    updated,
    vevent,
)

START = ("DTSTART;TZID=Asia/Tokyo:20260902T100000", "DTEND;TZID=Asia/Tokyo:20260902T110000")
TITLE = "SUMMARY:定例"
RULE = "RRULE:FREQ=DAILY;COUNT=5"
DAILY = (*START, TITLE, RULE)
FIRST, SECOND, THIRD = date(2026, 9, 2), date(2026, 9, 3), date(2026, 9, 4)
EDIT = vevent(
    "RECURRENCE-ID;TZID=Asia/Tokyo:20260903T100000",
    "DTSTART;TZID=Asia/Tokyo:20260903T150000",
    "DTEND;TZID=Asia/Tokyo:20260903T160000",
    "SUMMARY:特別",
    "X-EDIT;A=1:kept",
)


def to(text: str, act: Callable[[Event], Event]) -> str:
    """The text after everything that `act` changes."""
    before = event_of(text)
    wanted = normalised(act(before))
    after = updated(text, wanted)
    assert digests(event_of(after)) == digests(wanted)
    return after


def cancelling(*originals: Original) -> Callable[[Event], Event]:
    def act(event: Event) -> Event:
        for original in originals:
            event = without_occurrence(event, original)
        return event

    return act


def changing(original: Original, **fields: object) -> Callable[[Event], Event]:
    def act(event: Event) -> Event:
        content = replace(plain_occurrence(event, original), **fields)  # type: ignore[arg-type]
        names = [Field.TIME if name == "span" else Field(name) for name in fields]
        return with_occurrence(event, original, content, names)

    return act


def restored(original: date) -> Callable[[Event], Event]:
    def act(event: Event) -> Event:
        assert event.recurrence is not None
        left = tuple(one for one in event.recurrence.exdates if one != original)
        return replace(event, recurrence=replace(event.recurrence, exdates=left))

    return act


# What stands there, what is done, the lines that go and those that come.
CASES: dict[str, tuple[str, Callable[[Event], Event], list[str], list[str]]] = {
    "cancel": (
        calendar(vevent(*DAILY)),
        cancelling(SECOND),
        [],
        ["EXDATE;TZID=Asia/Tokyo:20260903T100000"],
    ),
    "cancel one more": (
        calendar(vevent(*DAILY, "EXDATE;X-A=1:20260903T010000Z")),
        cancelling(THIRD),
        [],
        ["EXDATE;TZID=Asia/Tokyo:20260904T100000"],
    ),
    "restore one of a list": (
        calendar(vevent(*DAILY, "EXDATE;X-A=1:20260903T010000Z,20260904T010000Z")),
        restored(SECOND),
        ["EXDATE;X-A=1:20260903T010000Z,20260904T010000Z"],
        ["EXDATE;X-A=1:20260904T010000Z"],
    ),
    "restore the only one": (
        calendar(vevent(*DAILY, "EXDATE;VALUE=DATE:20260903")),
        restored(SECOND),
        ["EXDATE;VALUE=DATE:20260903"],
        [],
    ),
    "cancel a changed one": (
        calendar(vevent(*DAILY), EDIT),
        cancelling(SECOND),
        EDIT[3:8],
        ["EXDATE;TZID=Asia/Tokyo:20260903T100000"],
    ),
    "restore one that was called off": (
        calendar(vevent(*DAILY), [*EDIT[:-1], "STATUS:CANCELLED", EDIT[-1]]),
        lambda event: changing(SECOND, title="戻る")(restored(SECOND)(event)),
        [
            "DTSTART;TZID=Asia/Tokyo:20260903T150000",
            "DTEND;TZID=Asia/Tokyo:20260903T160000",
            "SUMMARY:特別",
            "STATUS:CANCELLED",
        ],
        [
            "DTSTART;TZID=Asia/Tokyo:20260903T100000",
            "DTEND;TZID=Asia/Tokyo:20260903T110000",
            "SUMMARY:戻る",
        ],
    ),
    "change a changed one": (
        calendar(vevent(*DAILY), EDIT),
        changing(SECOND, title="もっと特別"),
        ["SUMMARY:特別"],
        ["SUMMARY:もっと特別"],
    ),
    "change one back": (
        calendar(vevent(*DAILY), EDIT),
        lambda event: replace(event, recurrence=Recurrence(event.recurrence.rrule)),  # type: ignore[union-attr]
        ["DTSTART;TZID=Asia/Tokyo:20260903T150000", "DTEND;TZID=Asia/Tokyo:20260903T160000", "SUMMARY:特別"],
        ["DTSTART;TZID=Asia/Tokyo:20260903T100000", "DTEND;TZID=Asia/Tokyo:20260903T110000"],
    ),
    "another title": (
        calendar(vevent(*DAILY, "X-A:1"), EDIT),
        lambda event: replace(event, title="改題"),
        ["SUMMARY:定例"],
        ["SUMMARY:改題"],
    ),
    "another hour": (
        calendar(vevent(*DAILY, "EXDATE:20260904T010000Z,20270101T000000Z"), EDIT),
        lambda event: with_parts(event, replace(event, span=at(FIRST, 14)), ["time"]),
        [*START, "EXDATE:20260904T010000Z,20270101T000000Z", "RECURRENCE-ID;TZID=Asia/Tokyo:20260903T100000"],
        [
            "DTSTART;TZID=Asia/Tokyo:20260902T140000",
            "DTEND;TZID=Asia/Tokyo:20260902T150000",
            "EXDATE;TZID=Asia/Tokyo:20260904T140000",
            "RECURRENCE-ID;TZID=Asia/Tokyo:20260903T140000",
        ],
    ),
    "longer": (
        calendar(vevent(*DAILY, "EXDATE:20260904T010000Z")),
        lambda event: with_parts(event, replace(event, span=at(FIRST, 10, 90)), ["time"]),
        [START[1]],
        ["DTEND;TZID=Asia/Tokyo:20260902T113000"],
    ),
    "another rule": (
        calendar(vevent(*DAILY, "EXDATE:20260903T010000Z,20260904T010000Z")),
        lambda event: with_parts(event, repeating(event, "FREQ=DAILY;INTERVAL=2;UNTIL=20261001"), ["time"]),
        [RULE],
        ["RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20260930T145959Z"],
    ),
    "the same rule in other words": (
        calendar(vevent(*START, "RRULE:INTERVAL=1;freq=weekly;UNTIL=20261231T235959Z;WKST=SU")),
        lambda event: replace(event, title="改題"),
        [],
        ["SUMMARY:改題"],
    ),
    "a period as long as all others": (
        calendar(vevent(*DAILY, "RDATE;VALUE=PERIOD:20260920T030000Z/PT3H")),
        lambda event: replace(event, recurrence=replace(event.recurrence, overrides=())),  # type: ignore[type-var]
        [],
        [
            "RECURRENCE-ID;TZID=Asia/Tokyo:20260920T120000",
            "DTSTART;TZID=Asia/Tokyo:20260920T120000",
            "DTEND;TZID=Asia/Tokyo:20260920T130000",
        ],
    ),
    "single": (
        calendar(vevent(*DAILY, "EXDATE:20260904T010000Z", "RDATE:20260920T030000Z", "X-A:1"), EDIT),
        lambda event: replace(event, recurrence=None),
        [RULE, "EXDATE:20260904T010000Z", "RDATE:20260920T030000Z", *EDIT[3:8]],
        [],
    ),
    "series": (
        calendar(vevent(*START, TITLE, "X-A:1")),
        lambda event: repeating(event, "FREQ=WEEKLY;UNTIL=20260930", exdates=(date(2026, 9, 9),)),
        [],
        ["RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL=20260930T145959Z", "EXDATE;TZID=Asia/Tokyo:20260909T100000"],
    ),
    "floating": (
        calendar(vevent("DTSTART:20260902T100000", "DURATION:PT1H", RULE)),
        lambda event: cancelling(SECOND)(repeating(event, "FREQ=DAILY;UNTIL=20261001")),
        [RULE],
        ["RRULE:FREQ=DAILY;UNTIL=20261001T235959", "EXDATE:20260903T100000"],
    ),
    "utc": (
        calendar(vevent("DTSTART:20260902T100000Z", "DURATION:PT1H", RULE)),
        cancelling(SECOND),
        [],
        ["EXDATE:20260903T100000Z"],
    ),
    "whole days": (
        calendar(vevent("DTSTART;VALUE=DATE:20260902", RULE)),
        lambda event: changing(THIRD, title="特別")(cancelling(SECOND)(event)),
        [],
        [
            "EXDATE;VALUE=DATE:20260903",
            "RECURRENCE-ID;VALUE=DATE:20260904",
            "DTSTART;VALUE=DATE:20260904",
            "DTEND;VALUE=DATE:20260905",
            "SUMMARY:特別",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_touches_only_what_it_must(name: str) -> None:
    before, act, gone, new = CASES[name]
    went, came = differing(before, to(before, act))
    assert (sorted(went), sorted(came)) == (sorted(gone), sorted(new))


def test_an_additional_date_is_taken_out_of_its_list() -> None:
    before = calendar(vevent(*DAILY, "RDATE:20260920T030000Z,20260921T030000Z"))
    gone = datetime.fromisoformat("2026-09-20T12:00")
    after = updated(before, without_occurrence(event_of(before), gone), occurrence_part(gone, CANCELLED))
    assert differing(before, after) == (
        ["RDATE:20260920T030000Z,20260921T030000Z"],
        ["RDATE:20260921T030000Z"],
    )


def test_two_times_of_a_day_become_one_when_the_days_become_whole_ones() -> None:
    added = vevent("RECURRENCE-ID:20260903T090000Z", "DTSTART:20260903T090000Z", "SUMMARY:余分")
    before = calendar(vevent(*DAILY, "RDATE:20260903T090000Z"), EDIT, added)
    wanted = replace(event_of(before), span=days(FIRST), form=Form.ALL_DAY)
    after = updated(before, wanted, "time")
    assert after.count("RECURRENCE-ID") == 1
    assert [line for line in lines_of(after) if line.startswith("RECURRENCE-ID")] == [
        "RECURRENCE-ID;VALUE=DATE:20260903"
    ]
    assert len(plotted(event_of(after))) == 5
    assert updated(after, event_of(after), *digests(event_of(after))) == after


def test_a_changed_occurrence_has_everything_that_its_series_has() -> None:
    master = vevent(
        *DAILY,
        "EXDATE:20260904T010000Z",
        "X-A;B=1:c",
        "ATTENDEE:mailto:x@example.org",
        "BEGIN:X-B",
        "END:X-B",
    )
    after = to(calendar(master), changing(SECOND, title="特別"))
    edit = after[after.rindex("BEGIN:VEVENT") :]
    for kept in ("X-A;B=1:c", "ATTENDEE:mailto:x@example.org", "BEGIN:X-B", "UID:u1"):
        assert kept in edit
    assert "RRULE" not in edit
    assert "EXDATE" not in edit
    assert "RECURRENCE-ID;TZID=Asia/Tokyo:20260903T100000" in edit


def test_only_the_series_or_the_occurrence_that_changed_is_stamped() -> None:
    before = calendar(vevent(*DAILY, "SEQUENCE:3"), [*EDIT[:-1], "SEQUENCE:7", EDIT[-1]])
    title = to(before, changing(SECOND, title="別"))
    assert (title.count("DTSTAMP:20260101T000000Z"), title.count("DTSTAMP:20261122T010203Z")) == (1, 1)
    assert "SEQUENCE:3" in title
    assert "SEQUENCE:7" in title
    cancelled = to(before, cancelling(THIRD))
    assert "SEQUENCE:4" in cancelled
    assert "SEQUENCE:7" in cancelled


def test_one_occurrence_of_a_series_that_is_not_here_can_be_changed_but_not_repeated() -> None:
    text = calendar(EDIT)
    assert differing(text, changed(text, title="別")) == (["SUMMARY:特別"], ["SUMMARY:別"])
    with pytest.raises(CannotSync) as refused:
        updated(text, repeating(event_of(text), "FREQ=DAILY"))
    assert refused.value.code == "series-without-master"


def test_an_occurrence_without_title_does_not_get_that_of_its_series_back() -> None:
    after = to(calendar(vevent(*DAILY)), changing(SECOND, title=""))
    assert "SUMMARY:\r\n" in after


def test_a_reminder_of_one_date() -> None:
    text = to(calendar(vevent(*DAILY)), lambda event: replace(event, reminder=Reminder(15)))
    after = to(text, changing(SECOND, reminder=Reminder(60)))
    assert after.count("TRIGGER:-PT60M") == 1
    assert after.count("TRIGGER:-PT15M") == 1


def test_what_cannot_be_read_is_not_written_to() -> None:
    text = calendar(vevent(*DAILY, "EXRULE:FREQ=WEEKLY"))
    assert refusal(text)[0] == "recurrence-unreadable"
    write = Write("k", Verb.UPDATE, "a", "1", event_of(calendar(vevent(*START))), frozenset({"title"}))
    with pytest.raises(CannotSync):
        write_resource(text, write, CONTEXT)


def test_a_night_shift_ends_at_the_same_time_on_the_clock_on_all_nights() -> None:
    """What Outlook says; iCalendar has one length for all."""
    start = datetime(2026, 10, 17, 23, tzinfo=BERLIN)
    shift = Timed(start, datetime(2026, 10, 18, 7, tzinfo=BERLIN))
    event = repeating(Event("夜勤", shift), "FREQ=WEEKLY;COUNT=30")
    text = created(event)
    assert plotted(event_of(text)) == plotted(event)
    assert text.count("RECURRENCE-ID") == 2  # the nights in October and March


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo"])
def test_a_series_that_begins_in_an_hour_that_comes_twice(zone: str) -> None:
    tz = ZoneInfo(zone)
    start = datetime(2026, 10, 25, 2, 30, tzinfo=tz, fold=1)
    event = repeating(Event("", Timed(start, start + timedelta(hours=1))), "FREQ=DAILY;COUNT=3")
    if zone == "Asia/Tokyo":
        assert plotted(event_of(created(event))) == plotted(event)
        return
    with pytest.raises(CannotSync) as refused:
        created(event)
    assert refused.value.code == "invalid-time"


# -- everything at once -----------------------------------------------------------------------------------------

ZONES = ["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Etc/UTC"]
RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;COUNT=20",
    "FREQ=WEEKLY;BYDAY=TU,TH",
    "FREQ=WEEKLY;INTERVAL=2;UNTIL=20270601",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=2WE;COUNT=5",
    "",
]
clocks = st.sampled_from([time(0), time(1, 30), time(10), time(23)])
lengths = st.sampled_from([0, 30, 60, 360, 1500])
minutes = st.integers(-100, 100).map(lambda n: 30 * n)


@st.composite
def series(draw: st.DrawFn) -> Event:
    first = date(2026, 10, 20) + timedelta(draw(st.integers(0, 30)))
    span: Span
    if draw(st.booleans()) and draw(st.booleans()):
        span = days(first, draw(st.integers(1, 3)))
    else:
        tz = ZoneInfo(draw(st.sampled_from(ZONES)))
        start = datetime.combine(first, draw(clocks))
        ends = start + timedelta(minutes=draw(lengths))
        span = Timed(start.replace(tzinfo=tz), ends.replace(tzinfo=tz))
    form = Form.ALL_DAY if isinstance(span, AllDay) else Form.TIMED
    found = repeating(Event("週次", span, form), draw(st.sampled_from(RULES)))
    extra: list[Original] = []
    for distance in draw(st.lists(minutes, max_size=2)):
        if isinstance(span, AllDay):
            extra.append(first + timedelta(days=abs(distance) // 30))
        else:
            extra.append(datetime.combine(first, span.start.time()) + timedelta(minutes=distance))
    assert found.recurrence is not None
    if not found.recurrence.rrule:
        day = first + timedelta(days=3)
        extra.append(day if isinstance(span, AllDay) else datetime.combine(day, span.start.time()))
    return normalised(replace(found, recurrence=replace(found.recurrence, rdates=tuple(extra))))


@st.composite
def with_changes(draw: st.DrawFn, event: Event) -> Event:
    """The series with some dates cancelled, moved or renamed."""
    assert event.recurrence is not None
    first = event.span.first if isinstance(event.span, AllDay) else event.span.start.date()
    near = [first + timedelta(days=n) for n in range(40)]
    originals: list[Original] = [one for one in near if occurrence_of(event, one) is not None]
    originals += event.recurrence.rdates
    for original in draw(st.lists(st.sampled_from(originals), max_size=4, unique=True)) if originals else ():
        kind = draw(st.sampled_from(["cancel", "title", "move", "body"]))
        if occurrence_of(event, original) is None:
            continue  # cancelled under its other name
        if kind == "cancel":
            event = without_occurrence(event, original)
        elif kind == "move":
            event = changing(original, span=draw(moved(plain_occurrence(event, original).span)))(event)
        else:
            event = changing(original, **{kind: draw(st.sampled_from(["特別", "別", ""]))})(event)
    return event


@st.composite
def moved(draw: st.DrawFn, span: Span) -> Span:
    by = draw(minutes)
    if isinstance(span, AllDay):
        return days(span.first + timedelta(days=by // 60), draw(st.integers(1, 3)))
    starts = (span.start.astimezone(UTC) + timedelta(minutes=by)).astimezone(span.start.tzinfo)
    return Timed(
        starts, (starts.astimezone(UTC) + timedelta(minutes=draw(lengths))).astimezone(starts.tzinfo)
    )


@settings(max_examples=60, deadline=None, phases=[Phase.generate, Phase.shrink])
@given(st.data())
def test_every_series_comes_back_as_it_was_and_becomes_any_other(data: st.DataObject) -> None:
    first = data.draw(series().flatmap(with_changes))
    second = data.draw(st.one_of(with_changes(first), series().flatmap(with_changes)))
    text = created(first)
    assert_shows(event_of(text), first)
    said = digests(event_of(text)).keys() | without_people(second).keys()
    chosen = data.draw(st.sets(st.sampled_from(sorted(said)))) | {Field.TIME.value}
    wanted = with_parts(event_of(text), second, chosen)
    after = updated(text, second, *chosen)
    assert_shows(event_of(after), forgetting(wanted))
    # What says it already is not written again.
    assert updated(after, event_of(after), *digests(event_of(after))) == after


def forgetting(wanted: Event) -> Event:
    """What a rule no longer has is forgotten."""
    known = wanted.recurrence
    assert known is not None
    given_dates = replace(wanted, recurrence=Recurrence(known.rrule, rdates=known.rdates))
    kept = tuple(one for one in known.overrides if occurrence_of(given_dates, one.original) is not None)
    return normalised(replace(wanted, recurrence=replace(known, overrides=kept)))


def without_people(event: Event) -> dict[str, str]:
    return {name: text for name, text in digests(event).items() if not name.startswith(("with/", "answer/"))}


def assert_shows(found: Event, wanted: Event) -> None:
    known = wanted.recurrence
    assert known is not None
    if known.rrule or known.rdates:
        assert without_people(found) == without_people(wanted)
    assert held(found) == held(wanted)


def held(event: Event) -> list[tuple[Original, dict[str, str]]]:
    """Everything that takes place in a year."""
    span = date(2026, 10, 1), date(2027, 10, 1)
    return [(original, without_people(one)) for original, one in occurrences(event, *span)]


def test_parts_of_one_date_are_written_by_name() -> None:
    text = calendar(vevent(*DAILY))
    wanted = changing(SECOND, title="特別", place="別")(cancelling(THIRD)(event_of(text)))
    after = event_of(updated(text, wanted, occurrence_part(SECOND, Field.TITLE)))
    assert after.recurrence is not None
    assert [(one.original, one.event.title, one.event.place) for one in after.recurrence.overrides] == [
        (SECOND, "特別", "")
    ]
    gone = event_of(updated(text, wanted, occurrence_part(THIRD, CANCELLED)))
    assert gone.recurrence == Recurrence("FREQ=DAILY;COUNT=5", (THIRD,))
