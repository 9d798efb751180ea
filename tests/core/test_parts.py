"""Parts of an event: what differs, what is taken from another event, what stays."""

# ruff: noqa: DTZ001 - additional dates are wall times

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.core.event import FIELDS, Booking, Event, Field, Override, Participant, Recurrence, Timed
from sync.core.fingerprint import digests, edited
from sync.core.parts import (
    field_of,
    occurrence_id,
    occurrence_parts,
    original_of,
    split_id,
    with_occurrence,
    with_parts,
    without_occurrence,
)
from sync.core.recurrence import normalised, occurrence_of, plain_occurrence

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY, NEXT = date(2026, 11, 30), date(2026, 12, 7)
START = Timed(datetime(2026, 11, 23, 10, tzinfo=TOKYO), datetime(2026, 11, 23, 11, tzinfo=TOKYO))
WEEKLY = "FREQ=WEEKLY;COUNT=6;BYDAY=MO"


def weekly(title: str = "定例", **dates: Any) -> Event:
    return normalised(Event(title, START, recurrence=Recurrence(WEEKLY, **dates)))


def changed(series: Event, day: date, **fields: Any) -> Override:
    return Override(day, replace(plain_occurrence(series, day), **fields))


def test_a_series_without_changes_has_no_occurrence_parts() -> None:
    assert dict(occurrence_parts(weekly())) == {}
    assert set(digests(weekly())) == set(FIELDS)


def test_an_occurrence_has_parts_where_it_differs_and_nowhere_else() -> None:
    series = weekly(exdates=(NEXT,), overrides=(changed(weekly(), MONDAY, title="特別", place="会議室"),))
    assert set(dict(occurrence_parts(series))) == {
        "2026-11-30/title",
        "2026-11-30/place",
        "2026-12-07/cancelled",
    }


def people(*names: str, **answers: str) -> tuple[Participant, ...]:
    return tuple(Participant(user=name, response=answers.get(name)) for name in names)


def test_an_occurrence_has_parts_of_the_people_and_rooms_in_which_it_differs() -> None:
    plain = replace(weekly(), participants=people("a", "b", a="accepted"), facilities=(Booking("f1"),))
    monday = changed(plain, MONDAY, participants=people("a", "c", a="declined"), facilities=(Booking("f2"),))
    series = normalised(replace(plain, recurrence=Recurrence(WEEKLY, overrides=(monday,))))
    parts = {
        "2026-11-30/with/u:b",
        "2026-11-30/with/u:c",
        "2026-11-30/answer/u:a",
        "2026-11-30/room/f1",
        "2026-11-30/room/f2",
    }
    assert set(dict(occurrence_parts(series))) == parts
    assert edited(series, digests(plain), list(FIELDS)) == parts
    assert with_parts(plain, series, parts) == series
    assert with_parts(series, plain, parts) == plain


def test_the_people_of_an_occurrence_follow_the_series_where_it_says_nothing() -> None:
    plain = replace(weekly(), participants=people("a", "b"))
    monday = changed(plain, MONDAY, participants=people("a"))
    series = normalised(replace(plain, recurrence=Recurrence(WEEKLY, overrides=(monday,))))
    after = with_parts(series, replace(weekly(), participants=people("a", "b", "c")), ["with/u:c"])
    assert [(o.original, o.event.participants) for o in recurrence(after).overrides] == [
        (MONDAY, people("a", "c"))
    ]


def test_people_added_to_one_occurrence_on_two_sides_are_both_there() -> None:
    plain = replace(weekly(), participants=people("a"))
    ours, theirs = (
        normalised(replace(plain, recurrence=Recurrence(WEEKLY, overrides=(changed(plain, MONDAY, **more),))))
        for more in (
            {"participants": people("a", "b")},
            {"participants": people("a", "c"), "title": "theirs"},
        )
    )
    after = with_parts(ours, theirs, ["2026-11-30/with/u:c"])
    (monday,) = recurrence(after).overrides
    assert (monday.event.participants, monday.event.title) == (people("a", "b", "c"), "定例")


def test_who_answers_one_occurrence_is_there_first() -> None:
    plain = replace(weekly(), participants=people("a"))
    content = replace(plain_occurrence(plain, MONDAY), participants=people("a", "b", b="accepted"))
    after = with_occurrence(plain, MONDAY, content, ["answer/u:b", "with/u:b"])
    assert recurrence(after).overrides[0].event.participants == people("a", "b", b="accepted")


def recurrence(series: Event) -> Recurrence:
    assert series.recurrence is not None
    return series.recurrence


def test_names_of_parts_and_ids_are_read_again() -> None:
    assert original_of("2026-11-30/title") == MONDAY
    assert original_of("2026-11-30T15:00:00/title") == datetime(2026, 11, 30, 15)
    assert original_of("title") is None
    assert field_of("2026-11-30/title") == "title"
    assert field_of("2026-11-30/with/u:x") == field_of("with/u:x") == "with/u:x"
    assert split_id(occurrence_id("e-1", MONDAY)) == ("e-1", MONDAY)
    assert split_id(occurrence_id("e-1", datetime(2026, 11, 30, 15))) == ("e-1", datetime(2026, 11, 30, 15))
    assert split_id("e-1") == ("e-1", None)


def test_an_edit_of_one_occurrence_is_one_part() -> None:
    base = digests(weekly())
    assert edited(weekly(overrides=(changed(weekly(), MONDAY, title="特別"),)), base, list(FIELDS)) == {
        "2026-11-30/title"
    }
    assert edited(weekly(exdates=(NEXT,)), base, list(FIELDS)) == {"2026-12-07/cancelled"}


def test_an_occurrence_that_is_as_its_series_again_is_an_edit() -> None:
    base = digests(weekly(exdates=(NEXT,), overrides=(changed(weekly(), MONDAY, title="特別"),)))
    assert edited(weekly(), base, list(FIELDS)) == {"2026-11-30/title", "2026-12-07/cancelled"}


def test_a_renamed_series_renames_no_occurrence_of_its_own_title() -> None:
    series = weekly(overrides=(changed(weekly(), MONDAY, title="特別"),))
    assert edited(replace(series, title="新"), digests(series), [Field.TITLE]) == {"title"}


def test_the_occurrences_of_a_renamed_series_follow_where_they_say_nothing() -> None:
    series = weekly(overrides=(changed(weekly(), MONDAY, place="会議室"),))
    after = with_parts(series, weekly("新"), ["title"])
    monday = occurrence_of(after, MONDAY)
    assert monday is not None
    assert (monday.title, monday.place) == ("新", "会議室")


def test_one_part_is_taken_and_the_others_stay() -> None:
    ours = weekly(overrides=(changed(weekly(), MONDAY, title="ours", place="ours"),))
    theirs = weekly(exdates=(NEXT,), overrides=(changed(weekly(), MONDAY, title="theirs", body="theirs"),))
    after = with_parts(ours, theirs, ["2026-11-30/title"])
    monday = occurrence_of(after, MONDAY)
    assert monday is not None
    assert (monday.title, monday.place, monday.body) == ("theirs", "ours", "")
    assert occurrence_of(after, NEXT) is not None


def test_a_cancelled_occurrence_comes_back_and_goes() -> None:
    assert occurrence_of(with_parts(weekly(exdates=(NEXT,)), weekly(), ["2026-12-07/cancelled"]), NEXT)
    assert not occurrence_of(with_parts(weekly(), weekly(exdates=(NEXT,)), ["2026-12-07/cancelled"]), NEXT)


def test_the_changed_time_of_a_series_leaves_its_occurrences_on_their_days() -> None:
    series = weekly(exdates=(NEXT,), overrides=(changed(weekly(), MONDAY, title="特別"),))
    later = Timed(datetime(2026, 11, 23, 15, tzinfo=TOKYO), datetime(2026, 11, 23, 16, tzinfo=TOKYO))
    after = with_parts(series, replace(weekly(), span=later), ["time"])
    monday = occurrence_of(after, MONDAY)
    assert monday is not None
    assert monday.title == "特別"
    assert monday.span == Timed(
        datetime(2026, 11, 30, 15, tzinfo=TOKYO), datetime(2026, 11, 30, 16, tzinfo=TOKYO)
    )
    assert occurrence_of(after, NEXT) is None


def test_single_to_series_and_back() -> None:
    single = Event("定例", START)
    series = with_parts(single, weekly(exdates=(NEXT,)), ["time", "2026-12-07/cancelled"])
    assert series == weekly(exdates=(NEXT,))
    assert with_parts(series, single, ["time"]) == single


@pytest.mark.parametrize("original", [datetime(2026, 12, 1, 9), MONDAY])
def test_an_occurrence_of_any_kind_is_changed_and_removed(original: date) -> None:
    series = weekly(rdates=(datetime(2026, 12, 1, 9),))
    content = replace(plain_occurrence(series, original), title="特別")
    after = with_occurrence(series, original, content, [Field.TITLE])
    found = occurrence_of(after, original)
    assert found is not None
    assert found.title == "特別"
    part = f"{original.isoformat()}/cancelled"
    gone = without_occurrence(after, original)
    assert occurrence_of(gone, original) is None
    assert occurrence_of(with_parts(after, gone, [part]), original) is None
