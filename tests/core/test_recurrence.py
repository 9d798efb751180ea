"""Series: what takes place on which day, under which name, at which wall time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from sync.core.event import AllDay, Event, Form, Override, Recurrence, Timed
from sync.core.recurrence import (
    Original,
    bounds,
    normalised,
    occurrence_of,
    occurrences,
    order,
    plain_occurrence,
)

TOKYO = "Asia/Tokyo"
ZONES = (TOKYO, "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe")
FIRST = date(2026, 12, 7)  # a Monday
DAY = timedelta(days=1)


def wall(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute))


def timed(day: date, zone: str = TOKYO, hour: int = 10, minute: int = 0, minutes: int = 60) -> Timed:
    start = wall(day, hour, minute)
    tz = ZoneInfo(zone)
    start, end = (at.replace(tzinfo=tz) for at in (start, start + timedelta(minutes=minutes)))
    return Timed(*(at.astimezone(UTC).astimezone(tz) for at in (start, end)))


def series(
    rrule: str = "FREQ=WEEKLY;BYDAY=MO;COUNT=4",
    span: Timed | AllDay | None = None,
    exdates: tuple[Original, ...] = (),
    rdates: tuple[Original, ...] = (),
    overrides: tuple[Override, ...] = (),
) -> Event:
    return Event(
        "定例", span or timed(FIRST), recurrence=Recurrence(rrule, exdates, rdates, overrides), place="会議室"
    )


def moved(original: Original, day: date, hour: int = 14) -> Override:
    return Override(original, Event("移動", timed(day, hour=hour)))


def named(event: Event, since: date = date(2026, 1, 1), until: date = date(2028, 1, 1)) -> list[Original]:
    return [original for original, _ in occurrences(event, since, until)]


def december(*days: int) -> list[date]:
    return [date(2026, 12, day) for day in days]


def test_a_series_takes_place_on_the_days_of_its_rule() -> None:
    assert named(series()) == [*december(7, 14, 21, 28)]
    found = dict(occurrences(series(), FIRST, date(2027, 1, 1)))
    assert found[date(2026, 12, 14)] == Event("定例", timed(date(2026, 12, 14)), place="会議室")


def test_the_start_takes_place_even_where_the_rule_does_not_hit_it() -> None:
    odd = series("FREQ=WEEKLY;BYDAY=TU;COUNT=2")
    assert named(odd) == december(7, 8, 15)
    assert named(replace(odd, recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU;COUNT=2", (FIRST,)))) == december(
        8, 15
    )


def test_without_a_rule_there_are_the_start_and_the_additional_dates() -> None:
    event = series("", rdates=(wall(date(2026, 12, 9)), wall(date(2026, 12, 9), 15)))
    assert named(event) == [FIRST, wall(date(2026, 12, 9)), wall(date(2026, 12, 9), 15)]
    assert occurrence_of(event, wall(date(2026, 12, 9), 15)) == Event(
        "定例", timed(date(2026, 12, 9), hour=15), place="会議室"
    )
    days = series("", AllDay(FIRST, FIRST + 2 * DAY), rdates=(date(2026, 12, 20),))
    assert [event.span for _, event in occurrences(days, FIRST, date(2027, 1, 1))] == [
        AllDay(FIRST, FIRST + 2 * DAY),
        AllDay(date(2026, 12, 20), date(2026, 12, 22)),
    ]


def test_a_cancelled_day_does_not_take_place() -> None:
    event = series(exdates=(date(2026, 12, 14), wall(date(2026, 12, 21)), wall(date(2026, 12, 28), 11)))
    assert named(event) == december(7, 28)  # at 11:00 nothing was there to cancel
    assert occurrence_of(event, date(2026, 12, 14)) is None
    assert occurrence_of(event, wall(date(2026, 12, 21))) is None
    assert occurrence_of(event, date(2026, 12, 28)) is not None


def test_an_override_takes_the_place_of_its_day() -> None:
    event = series(overrides=(moved(date(2026, 12, 14), date(2026, 12, 16)),))
    assert named(event) == december(7, 14, 21, 28)
    assert occurrence_of(event, date(2026, 12, 14)) == Event("移動", timed(date(2026, 12, 16), hour=14))


def test_a_window_shows_what_was_moved_into_it_and_not_what_was_moved_away() -> None:
    event = series(overrides=(moved(date(2026, 12, 14), date(2026, 12, 16)),))
    assert named(event, date(2026, 12, 16), date(2026, 12, 17)) == december(14)
    assert named(event, date(2026, 12, 14), date(2026, 12, 15)) == []


def test_a_window_shows_what_began_before_it() -> None:
    long = series("FREQ=WEEKLY;BYDAY=MO", timed(FIRST, hour=22, minutes=180))
    assert named(long, date(2026, 12, 15), date(2026, 12, 16)) == december(14)
    assert named(long, date(2026, 12, 16), date(2026, 12, 17)) == []
    to_midnight = series("FREQ=WEEKLY;BYDAY=MO", timed(FIRST, hour=22, minutes=120))
    assert named(to_midnight, date(2026, 12, 15), date(2026, 12, 16)) == []
    week = series("FREQ=MONTHLY;BYMONTHDAY=7", AllDay(FIRST, FIRST + 7 * DAY))
    assert named(week, date(2027, 1, 13), date(2027, 1, 14)) == [date(2027, 1, 7)]
    assert named(week, date(2027, 1, 14), date(2027, 1, 15)) == []


def test_an_event_without_length_lies_on_its_day() -> None:
    event = series("FREQ=WEEKLY;BYDAY=MO", timed(FIRST, hour=0, minutes=0))
    assert named(event, date(2026, 12, 14), date(2026, 12, 15)) == december(14)
    assert named(event, date(2026, 12, 13), date(2026, 12, 14)) == []


def test_a_single_event_is_its_own_occurrence() -> None:
    event = Event("一度", timed(FIRST))
    assert list(occurrences(event, FIRST, FIRST + DAY)) == [(FIRST, event)]
    assert list(occurrences(event, FIRST + DAY, FIRST + 2 * DAY)) == []
    assert occurrence_of(event, FIRST) == event
    assert occurrence_of(event, FIRST + DAY) is None


@pytest.mark.parametrize(
    "original", [date(2026, 12, 8), date(2026, 11, 30), date(2027, 1, 4), wall(FIRST, 11), wall(FIRST + DAY)]
)
def test_what_the_series_does_not_have_has_no_occurrence(original: Original) -> None:
    assert occurrence_of(series(), original) is None


def test_the_wall_time_of_the_start_names_the_day() -> None:
    assert occurrence_of(series(), wall(date(2026, 12, 14))) == plain_occurrence(series(), date(2026, 12, 14))


# Wall time


@pytest.mark.parametrize("zone", ZONES)
def test_wall_time_is_kept_through_a_year(zone: str) -> None:
    event = series("FREQ=DAILY", timed(FIRST, zone, hour=23, minute=15, minutes=90))
    for original, occurrence in occurrences(event, FIRST, FIRST + 366 * DAY):
        assert isinstance(occurrence.span, Timed)
        assert occurrence.span.zone == zone
        assert occurrence.span.start.replace(tzinfo=None, fold=0) == wall(original, 23, 15)
        assert occurrence.span.end.replace(tzinfo=None, fold=0) == wall(original + DAY, 0, 45)


@pytest.mark.parametrize(
    ("zone", "hour", "minutes", "day", "start", "end"),
    [
        # Skipped: 02:30 is read with the offset before the change, and lies after the gap.
        ("America/New_York", (2, 30), 60, "2027-03-14", "07:30", "07:30"),
        ("America/New_York", (2, 30), 30, "2027-03-14", "07:30", "08:00"),
        ("America/New_York", (1, 30), 60, "2027-03-14", "06:30", "07:30"),
        # Twice: the first one.
        ("America/New_York", (1, 30), 60, "2027-11-07", "05:30", "07:30"),
        ("Europe/London", (1, 30), 60, "2027-03-28", "01:30", "01:30"),
        ("Australia/Lord_Howe", (2, 15), 30, "2027-10-03", "15:45", "15:45"),
    ],
)
def test_where_the_clocks_change_an_occurrence_never_ends_before_it_starts(
    zone: str, hour: tuple[int, int], minutes: int, day: str, start: str, end: str
) -> None:
    event = series("FREQ=DAILY", timed(FIRST, zone, *hour, minutes=minutes))
    span = plain_occurrence(event, date.fromisoformat(day)).span
    assert isinstance(span, Timed)
    shown = [f"{at.astimezone(UTC):%H:%M}" for at in (span.start, span.end)]
    assert shown[0] == start
    assert shown[1] >= shown[0]
    assert span.end.astimezone(UTC) >= span.start.astimezone(UTC)


def test_an_end_in_another_zone_is_a_wall_time_of_the_series_zone() -> None:
    start = timed(FIRST).start
    event = series("FREQ=DAILY", Timed(start, (start + timedelta(hours=1)).astimezone(ZoneInfo("Etc/UTC"))))
    span = plain_occurrence(event, FIRST + DAY).span
    assert isinstance(span, Timed)
    assert (span.start, span.end) == (timed(FIRST + DAY).start, timed(FIRST + DAY).end)


# Normal form


def test_the_normal_form_names_everything_by_its_day_and_sorts() -> None:
    event = series(
        exdates=(wall(date(2026, 12, 28)), date(2026, 12, 14), date(2026, 12, 14)),
        rdates=(wall(date(2027, 1, 9)), wall(date(2026, 12, 9)), wall(date(2026, 12, 9))),
        overrides=(moved(wall(date(2026, 12, 21)), date(2026, 12, 22)), moved(FIRST, date(2026, 12, 8))),
    )
    assert normalised(event).recurrence == Recurrence(
        "FREQ=WEEKLY;BYDAY=MO;COUNT=4",
        tuple(december(14, 28)),
        (wall(date(2026, 12, 9)), wall(date(2027, 1, 9))),
        (moved(FIRST, date(2026, 12, 8)), moved(date(2026, 12, 21), date(2026, 12, 22))),
    )


def test_the_normal_form_drops_what_changes_nothing() -> None:
    event = series(
        exdates=(date(2026, 12, 8), wall(FIRST, 11), date(2030, 1, 7)),
        rdates=(wall(date(2026, 12, 14)), wall(FIRST)),
        overrides=(Override(date(2026, 12, 14), plain_occurrence(series(), date(2026, 12, 14))),),
    )
    assert normalised(event) == series()
    extra = wall(date(2026, 12, 9))
    same = Override(extra, plain_occurrence(series(), date(2026, 12, 9)))
    assert normalised(series(rdates=(extra,), overrides=(same,))) == series(rdates=(extra,))


def test_cancelling_wins_over_a_change_and_over_an_additional_date() -> None:
    extra = wall(date(2026, 12, 9))
    event = series(
        exdates=(date(2026, 12, 14), extra),
        rdates=(extra,),
        overrides=(moved(date(2026, 12, 14), date(2026, 12, 16)),),
    )
    assert named(event) == december(7, 21, 28)
    assert normalised(event) == series(exdates=(date(2026, 12, 14),))


def test_an_override_of_a_day_that_the_rule_does_not_give_is_an_additional_date() -> None:
    event = normalised(series(overrides=(moved(date(2026, 12, 9), date(2026, 12, 10)),)))
    assert event.recurrence is not None
    assert [one.original for one in event.recurrence.overrides] == [wall(date(2026, 12, 9))]
    assert named(event) == [FIRST, wall(date(2026, 12, 9)), *december(14, 21, 28)]


def test_an_override_into_the_second_of_two_equal_hours_is_kept() -> None:
    event = series("FREQ=DAILY", timed(FIRST, "America/New_York", hour=1))
    day = date(2027, 11, 7)
    plain = plain_occurrence(event, day)
    assert isinstance(plain.span, Timed)
    later = replace(plain, span=Timed(*(at.replace(fold=1) for at in (plain.span.start, plain.span.end))))
    assert later == plain  # as wall times they are
    recurrence = Recurrence("FREQ=DAILY", overrides=(Override(day, later),))
    assert normalised(replace(event, recurrence=recurrence)).recurrence == recurrence


def test_a_single_event_is_normal() -> None:
    event = Event("一度", timed(FIRST))
    assert normalised(event) is event


# Bounds


def test_bounds_are_the_first_start_and_the_last_end() -> None:
    assert bounds(series(), TOKYO) == (
        datetime(2026, 12, 7, 1, tzinfo=UTC),
        datetime(2026, 12, 28, 2, tzinfo=UTC),
    )
    assert bounds(series("FREQ=DAILY"), TOKYO) == (datetime(2026, 12, 7, 1, tzinfo=UTC), None)
    assert bounds(Event("一度", timed(FIRST)), TOKYO) == bounds(series("FREQ=DAILY;COUNT=1"), TOKYO)


def test_bounds_leave_out_cancelled_days_and_follow_moved_ones() -> None:
    edges = tuple(december(7, 28))
    assert bounds(series(exdates=edges), TOKYO) == (
        datetime(2026, 12, 14, 1, tzinfo=UTC),
        datetime(2026, 12, 21, 2, tzinfo=UTC),
    )
    away = (moved(FIRST, date(2026, 12, 1)), moved(date(2026, 12, 28), date(2027, 1, 5)))
    assert bounds(series(overrides=away), TOKYO) == (
        datetime(2026, 12, 1, 5, tzinfo=UTC),
        datetime(2027, 1, 5, 6, tzinfo=UTC),
    )
    extra = (wall(date(2026, 12, 1)), wall(date(2027, 2, 1)))
    assert bounds(series(rdates=extra), TOKYO) == (
        datetime(2026, 12, 1, 1, tzinfo=UTC),
        datetime(2027, 2, 1, 2, tzinfo=UTC),
    )
    nothing = series(exdates=tuple(december(7, 14, 21, 28)))
    assert bounds(nothing, TOKYO) == bounds(Event("一度", timed(FIRST)), TOKYO)


def test_whole_days_are_bounded_in_the_given_zone() -> None:
    event = series("FREQ=DAILY;COUNT=2", AllDay(FIRST, FIRST + DAY))
    assert bounds(event, TOKYO) == (
        datetime(2026, 12, 6, 15, tzinfo=UTC),
        datetime(2026, 12, 8, 15, tzinfo=UTC),
    )


# All together


def random_series(random: Random) -> Event:
    """A finite series with cancelled, additional and changed dates that may name anything, in any form."""
    rrule = random.choice(
        (
            "",
            "FREQ=DAILY;COUNT=12",
            "FREQ=DAILY;INTERVAL=3;UNTIL=20270105",
            "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=7",
            "FREQ=WEEKLY;BYDAY=TU;COUNT=5",
            "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
        )
    )
    zone = random.choice(ZONES)
    minutes = random.choice((0, 60, 1500, 5000))
    is_timed = random.random() < 0.7
    span = (
        timed(FIRST, zone, minutes=minutes) if is_timed else AllDay(FIRST, FIRST + random.randint(1, 3) * DAY)
    )

    def original() -> Original:
        day = FIRST + random.randint(-3, 40) * DAY
        return wall(day, random.choice((10, 10, 15))) if is_timed and random.random() < 0.5 else day

    def override() -> Override:
        day = FIRST + random.randint(-9, 50) * DAY
        return Override(original(), Event("移動", timed(day, zone, hour=random.randrange(24))))

    def rdate() -> Original:
        day = FIRST + random.randint(-3, 40) * DAY
        return wall(day, random.choice((10, 15))) if is_timed else day

    few = (0, 0, 1, 3)
    recurrence = Recurrence(
        rrule,
        tuple(original() for _ in range(random.choice(few))),
        tuple(rdate() for _ in range(random.choice(few))),
        tuple({order(one.original): one for one in (override() for _ in range(random.choice(few)))}.values()),
    )
    return Event("定例", span, Form.TIMED if is_timed else Form.ALL_DAY, recurrence=recurrence)


def test_any_series_and_its_normal_form_take_place_at_the_same_times() -> None:
    random = Random(3)
    since, until = FIRST - 30 * DAY, FIRST + 200 * DAY
    for _ in range(1500):
        event = random_series(random)
        normal = normalised(event)
        found = dict(occurrences(normal, since, until))
        assert found == dict(occurrences(event, since, until)), event
        assert normalised(normal) == normal
        for original, occurrence in found.items():
            assert occurrence_of(normal, original) == occurrence, (event, original)
            assert occurrence.recurrence is None
        assert list(found) == sorted(found, key=order)
        assert_bounded(event, found)
        assert_named_once(event, found)


def assert_bounded(event: Event, found: dict[Original, Event]) -> None:
    if found:
        each = [bounds(occurrence, TOKYO) for occurrence in found.values()]
        ends = [end for _, end in each if end is not None]
        assert bounds(event, TOKYO) == (min(start for start, _ in each), max(ends)), event


def assert_named_once(event: Event, found: dict[Original, Event]) -> None:
    """The days of the rule by dateutil: each takes place under its name unless it is cancelled."""
    assert event.recurrence is not None
    days = {FIRST}
    if event.recurrence.rrule:
        days |= {at.date() for at in rrulestr(event.recurrence.rrule, dtstart=wall(FIRST, 0))}
    for day in days:
        is_cancelled = {day, wall(day)} & set(event.recurrence.exdates) != set()
        assert (day in found) != is_cancelled, (event, day)
    assert all(isinstance(one, datetime) or one in days for one in found) or isinstance(event.span, AllDay)


def test_any_window_shows_what_overlaps_it_and_nothing_else() -> None:
    random = Random(4)
    for _ in range(300):
        event = random_series(random)
        tz = event.span.start.tzinfo if isinstance(event.span, Timed) else None
        everything = dict(occurrences(event, FIRST - 100 * DAY, FIRST + 300 * DAY))
        since = FIRST + random.randint(-10, 60) * DAY
        until = since + random.randint(1, 10) * DAY
        expected = set()
        for original, occurrence in everything.items():
            if isinstance(occurrence.span, AllDay):
                first, last = occurrence.span.first, occurrence.span.until - DAY
            else:
                start, end = (
                    at.astimezone(tz or at.tzinfo) for at in (occurrence.span.start, occurrence.span.end)
                )
                before = end - timedelta(microseconds=1) if end != start else end
                first, last = start.date(), before.date()
            if first < until and last >= since:
                expected.add(original)
        assert set(dict(occurrences(event, since, until))) == expected, (event, since, until)
