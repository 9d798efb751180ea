"""Series are written so that the groupware shows exactly what is wanted, and nothing unnamed changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sync.adapters.groupware.connector.series_writing import merge_diff
from sync.core.capabilities import in_zone
from sync.core.event import (
    FIELDS,
    AllDay,
    Event,
    Field,
    Form,
    Override,
    Recurrence,
    Reminder,
    Span,
    Timed,
    Visibility,
)
from sync.core.fingerprint import digests
from sync.core.parts import CANCELLED, occurrence_part, with_parts, without_occurrence
from sync.core.recurrence import (
    Original,
    canonical_rrule,
    normalised,
    occurrence_of,
    occurrences,
    plain_occurrence,
)
from sync.core.write import Verb, Write
from sync.errors import CannotSync, Gone, Moved, SyncError
from sync.sandbox.faults import commit_then_drop
from sync.sandbox.groupware.merge_patch import merge_patch
from tests.adapters.groupware.office import Office, office, shown

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAYS = "FREQ=WEEKLY;BYDAY=MO"
WEEKLY = {"rrule": MONDAYS}
SECOND, THIRD, FOURTH = date(2026, 12, 14), date(2026, 12, 21), date(2026, 12, 28)
AT_TEN = "2026-12-14T10:00:00"


@pytest.fixture
def here() -> Iterator[Office]:
    with office() as made:
        yield made


def timed(
    title: str = "週次", zone: str = "Asia/Tokyo", hour: int = 10, minutes: int = 60, **more: Any
) -> Event:
    start = datetime(2026, 12, 7, hour, tzinfo=ZoneInfo(zone))
    return Event(title, Timed(start, start + timedelta(minutes=minutes)), **more)


def repeating(event: Event, rrule: str = MONDAYS, **dates: Any) -> Event:
    rrule = canonical_rrule(rrule, event.span)
    return normalised(replace(event, recurrence=Recurrence(rrule, **dates)))


def with_occurrence(series: Event, original: Original, **changes: Any) -> Event:
    assert series.recurrence is not None
    kept = {one.original: one for one in series.recurrence.overrides}
    content = occurrence_of(series, original)
    assert content is not None
    kept[original] = Override(original, replace(content, **changes))
    return normalised(replace(series, recurrence=replace(series.recurrence, overrides=tuple(kept.values()))))


def said(event: Event, held: Collection[Field] = FIELDS) -> dict[str, str]:
    """The digests of everything but the people, who are no matter of these writes. An occurrence has the zone of its
    series."""
    return digests(_nobody(event, event.span), held)


def _nobody(event: Event, of_series: Span) -> Event:
    series, span = event.recurrence, event.span
    if series is not None:
        overrides = tuple(replace(one, event=_nobody(one.event, of_series)) for one in series.overrides)
        series = replace(series, overrides=overrides)
    if isinstance(span, Timed) and isinstance(of_series, Timed):
        span = in_zone(span, of_series.zone)
    return replace(event, span=span, participants=(), facilities=(), recurrence=series)


def part(original: Original, name: str) -> str:
    return occurrence_part(original, name)


def recurrence(here: Office, event_id: str) -> dict[str, Any]:
    found: dict[str, Any] = here.event(event_id)["recurrence"]
    return found


def without_stamps(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("version", "updatedAt", "updatedBy")}


def error_of(here: Office, write: Write) -> SyncError | None:
    return here.outcome(write).error


# -- creating ---------------------------------------------------------------------------------------------------


def test_a_series_is_created_whole(here: Office) -> None:
    wanted = repeating(
        timed(place="会議室", reminder=Reminder(15)),
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270111",
        exdates=(SECOND,),
        rdates=(datetime.combine(date(2026, 12, 10), time(15)),),
    )
    wanted = with_occurrence(wanted, THIRD, title="特別", visibility=Visibility.PRIVATE)
    found = here.create(wanted)
    assert said(found.event) == said(wanted)
    assert said(here.seen(found.id).event) == said(wanted)
    assert recurrence(here, found.id) == {
        "rrule": "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270111T145959Z",
        "exdates": [AT_TEN],
        "rdates": ["2026-12-10T15:00:00"],
        "overrides": {"2026-12-21T10:00:00": {"title": "特別", "visibility": "private"}},
    }


def test_irregular_dates_are_created_without_a_rule(here: Office) -> None:
    wanted = repeating(timed(), "", rdates=(datetime.combine(date(2026, 12, 10), time(15)),))
    found = here.create(wanted)
    assert said(found.event) == said(wanted)
    assert recurrence(here, found.id)["rrule"] is None


def test_a_series_of_days_is_created(here: Office) -> None:
    days = AllDay(date(2026, 12, 7), date(2026, 12, 9))
    wanted = repeating(
        Event("当番", days, form=Form.ALL_DAY), "FREQ=WEEKLY;UNTIL=20261228", exdates=(SECOND,)
    )
    wanted = with_occurrence(wanted, THIRD, span=AllDay(date(2026, 12, 22), date(2026, 12, 24)))
    wanted = with_occurrence(wanted, FOURTH, span=AllDay(FOURTH, date(2026, 12, 29)))
    found = here.create(wanted)
    assert said(found.event) == said(wanted)
    assert recurrence(here, found.id) == {
        "rrule": "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261228",
        "exdates": ["2026-12-14"],
        "rdates": [],
        "overrides": {"2026-12-21": {"start": "2026-12-22"}, "2026-12-28": {"end": "2026-12-29"}},
    }


def test_a_night_in_which_the_clocks_change_ends_when_the_clock_says(here: Office) -> None:
    """Outlook keeps wall times, the contract elapsed time: the write says the difference."""
    start = datetime(2026, 3, 1, 23, tzinfo=ZoneInfo("America/New_York"))
    ends = datetime(2026, 3, 2, 5, tzinfo=ZoneInfo("America/New_York"))
    found = here.create(repeating(Event("夜勤", Timed(start, ends)), "FREQ=DAILY;UNTIL=20261231"))
    assert found.event.recurrence is not None
    assert found.event.recurrence.overrides == ()
    assert recurrence(here, found.id)["overrides"] == {
        "2026-03-07T23:00:00": {"duration": "PT5H"},
        "2026-10-31T23:00:00": {"duration": "PT7H"},
    }


# -- one occurrence ---------------------------------------------------------------------------------------------


def test_one_field_of_one_occurrence_changes_nothing_else(here: Office) -> None:
    other = here.groupware.add_user("鈴木花子")
    kind = here.groupware.add_event_type("会議")
    kept = {
        "typeId": kind,
        "placeDetail": "5F",
        "participants": [
            {"userId": here.user, "response": "accepted"},
            {"userId": other, "response": "declined"},
        ],
        "memo": "持ち物",
    }
    event = here.entered(
        recurrence={**WEEKLY, "overrides": {AT_TEN: kept, "2026-12-21T10:00:00": {"title": "三"}}}
    )
    before = here.event(event)
    wanted = with_occurrence(here.seen(event).event, SECOND, title="特別", place="never written")
    found = here.update(event, wanted, part(SECOND, Field.TITLE))
    assert recurrence(here, event)["overrides"][AT_TEN] == {**kept, "title": "特別"}
    before["recurrence"]["overrides"][AT_TEN]["title"] = "特別"
    assert without_stamps(here.event(event)) == without_stamps(before)
    assert said(found.event) == said(here.seen(event).event)


def test_what_an_occurrence_says_in_its_own_words_stays_so(here: Office) -> None:
    """Our model has one reminder, and a title without white space around it."""
    kept = {"title": " 特別 ", "reminders": [{"minutesBefore": 5}, {"minutesBefore": 30}], "showAs": "free"}
    event = here.entered(recurrence={**WEEKLY, "overrides": {AT_TEN: kept}})
    wanted = with_occurrence(here.seen(event).event, SECOND, place="3F")
    here.update(event, wanted, part(SECOND, Field.PLACE))
    assert recurrence(here, event)["overrides"] == {AT_TEN: {**kept, "place": "3F"}}


def test_a_type_that_was_just_added_is_known_in_an_occurrence(here: Office) -> None:
    used = here.groupware.add_event_type("会議")
    event = here.entered(typeId=used, recurrence=WEEKLY)
    assert here.seen(event).event.event_type == "会議"
    added = here.groupware.add_event_type("外出")
    here.groupware.edit_occurrence(event, "2026-12-14", {"typeId": added}, by=here.user)
    occurrence = occurrence_of(here.seen(event).event, SECOND)
    assert occurrence is not None
    assert occurrence.event_type == "外出"


def test_an_occurrence_moves_and_comes_back(here: Office) -> None:
    event = here.entered(recurrence={**WEEKLY, "overrides": {AT_TEN: {"placeDetail": "5F"}}})
    plain = here.seen(event).event
    start = datetime(2026, 12, 15, 9, tzinfo=TOKYO)
    moved = with_occurrence(plain, SECOND, span=Timed(start, start + timedelta(hours=1)))
    here.update(event, moved, part(SECOND, Field.TIME))
    assert recurrence(here, event)["overrides"] == {
        AT_TEN: {"placeDetail": "5F", "start": "2026-12-15T09:00:00"}
    }
    longer = with_occurrence(plain, SECOND, span=Timed(start, start + timedelta(hours=2)))
    here.update(event, longer, part(SECOND, Field.TIME))
    assert recurrence(here, event)["overrides"][AT_TEN]["duration"] == "PT2H"
    here.update(event, plain, part(SECOND, Field.TIME))
    assert recurrence(here, event)["overrides"] == {AT_TEN: {"placeDetail": "5F"}}


@pytest.mark.parametrize(
    ("kept", "shown", "written"),
    [
        ({}, "本社 (6F)", {"place": "本社", "placeDetail": "6F"}),
        ({}, "支社 (5F)", {"place": "支社"}),
        ({}, "支社", {"place": "支社", "placeDetail": ""}),
        ({"placeDetail": "6F"}, "支社 (6F)", {"place": "支社", "placeDetail": "6F"}),
        ({"placeDetail": "6F", "title": "特別"}, "本社 (5F)", {"title": "特別"}),
        ({"place": "支社", "placeDetail": None}, "別館 (5F)", {"place": "別館"}),
    ],
)
def test_one_occurrence_takes_place_elsewhere(
    here: Office, kept: dict[str, Any], shown: str, written: dict[str, Any]
) -> None:
    event = here.entered(
        place="本社", placeDetail="5F", recurrence={**WEEKLY, "overrides": {AT_TEN: kept} if kept else {}}
    )
    wanted = with_occurrence(here.seen(event).event, SECOND, place=shown)
    found = here.update(event, wanted, part(SECOND, Field.PLACE))
    overrides = recurrence(here, event)["overrides"]
    said_of_it = {n: v for n, v in overrides.get(AT_TEN, {}).items() if v is not None}
    assert {"place": "本社", "placeDetail": "5F", **said_of_it} == {
        "place": "本社",
        "placeDetail": "5F",
        **written,
    }
    occurrence = occurrence_of(found.event, SECOND)
    assert occurrence is not None
    assert occurrence.place == shown
    assert found.event.place == "本社 (5F)"


def test_a_series_that_moves_leaves_an_occurrence_where_it_is(here: Office) -> None:
    event = here.entered(
        place="本社", placeDetail="5F", recurrence={**WEEKLY, "overrides": {AT_TEN: {"placeDetail": "6F"}}}
    )
    series = here.seen(event).event
    found = here.update(event, replace(series, place="支社"), Field.PLACE)
    assert found.event.place == "支社"
    occurrence = occurrence_of(found.event, SECOND)
    assert occurrence is not None
    assert occurrence.place == "本社 (6F)"
    assert recurrence(here, event)["overrides"] == {AT_TEN: {"place": "本社", "placeDetail": "6F"}}


def test_an_occurrence_that_is_as_its_series_again_says_nothing(here: Office) -> None:
    event = here.entered(recurrence={**WEEKLY, "overrides": {AT_TEN: {"title": "特別", "place": "3F"}}})
    plain = repeating(timed())
    here.update(event, plain, part(SECOND, Field.TITLE), part(SECOND, Field.PLACE))
    assert recurrence(here, event)["overrides"] == {}


def test_an_occurrence_is_cancelled_and_restored(here: Office) -> None:
    event = here.entered(recurrence={**WEEKLY, "overrides": {AT_TEN: {"title": "特別"}}})
    plain = repeating(timed())
    gone = repeating(timed(), exdates=(SECOND,))
    found = here.update(event, gone, part(SECOND, CANCELLED))
    assert (recurrence(here, event)["exdates"], recurrence(here, event)["overrides"]) == ([AT_TEN], {})
    assert occurrence_of(found.event, SECOND) is None
    found = here.update(event, plain, part(SECOND, CANCELLED))
    assert recurrence(here, event)["exdates"] == []
    assert occurrence_of(found.event, SECOND) is not None


def test_irregular_dates_go_one_by_one_until_none_is_left(here: Office) -> None:
    extra, first = datetime.combine(date(2026, 12, 10), time(10)), date(2026, 12, 7)
    event = here.entered(recurrence={"rdates": ["2026-12-10T10:00:00"]})
    single = here.update(event, replace(repeating(timed(), "")), part(extra, CANCELLED))
    assert here.event(event)["recurrence"] is None
    assert single.event.recurrence is None
    event = here.entered(recurrence={"rdates": ["2026-12-10T10:00:00"]})
    here.update(event, repeating(timed(), "", rdates=(extra,), exdates=(first,)), part(first, CANCELLED))
    left = here.update(event, repeating(timed(), "", exdates=(first,)), part(extra, CANCELLED))
    assert [occurrence_of(left.event, one) for one in (first, extra)] == [None, None]
    # Nothing of it is written anew by the next change.
    before = here.event(event)
    here.update(event, timed("新"), Field.TITLE, part(extra, CANCELLED))
    assert recurrence(here, event) == before["recurrence"]


def test_an_occurrence_without_a_type_where_the_series_has_one(here: Office) -> None:
    kind = here.groupware.add_event_type("会議")
    event = here.entered(typeId=kind, recurrence={**WEEKLY, "overrides": {AT_TEN: {"placeDetail": "5F"}}})
    series = here.seen(event).event
    untyped = with_occurrence(series, SECOND, event_type="")
    found = here.update(event, untyped, part(SECOND, Field.EVENT_TYPE))
    assert recurrence(here, event)["overrides"] == {AT_TEN: {"placeDetail": "5F", "typeId": None}}
    assert said(found.event) == said(untyped)
    here.update(event, with_occurrence(found.event, SECOND, title="x"), part(SECOND, Field.TITLE))
    assert recurrence(here, event)["overrides"][AT_TEN]["typeId"] is None
    here.update(event, series, part(SECOND, Field.EVENT_TYPE))
    assert "typeId" not in recurrence(here, event)["overrides"][AT_TEN]


def test_an_occurrence_in_another_zone_keeps_its_instants(here: Office) -> None:
    event = here.entered(recurrence=WEEKLY)
    start = datetime(2026, 12, 14, 3, tzinfo=ZoneInfo("Europe/London"))
    moved = with_occurrence(here.seen(event).event, SECOND, span=Timed(start, start + timedelta(hours=1)))
    here.update(event, moved, part(SECOND, Field.TIME))
    assert recurrence(here, event)["overrides"][AT_TEN] == {"start": "2026-12-14T12:00:00"}


def test_an_occurrence_of_a_start_gets_a_length(here: Office) -> None:
    event = here.entered(form="startOnly", recurrence=WEEKLY)
    start = datetime(2026, 12, 14, 10, tzinfo=TOKYO)
    longer = with_occurrence(
        here.seen(event).event, SECOND, span=Timed(start, start + timedelta(hours=1)), form=Form.TIMED
    )
    found = here.update(event, longer, part(SECOND, Field.TIME))
    assert here.event(event)["form"] == "startOnly"
    assert said(found.event) == said(longer)


def test_one_occurrence_cannot_become_a_whole_day(here: Office) -> None:
    event = here.entered(recurrence=WEEKLY)
    days = AllDay(SECOND, date(2026, 12, 15))
    wanted = with_occurrence(here.seen(event).event, SECOND, span=days, form=Form.ALL_DAY)
    error = error_of(here, here.updating(event, wanted, part(SECOND, Field.TIME)))
    assert isinstance(error, CannotSync)
    assert error.code == "occurrence-form"


def test_an_occurrence_at_a_wall_time_that_comes_twice_is_said_exactly_or_not_at_all(here: Office) -> None:
    event = here.entered(
        timeZone="America/New_York", start="2026-10-26T01:30:00", recurrence={"rrule": "FREQ=WEEKLY"}
    )
    original, tz = date(2026, 11, 2), ZoneInfo("America/New_York")
    first = datetime(2026, 11, 1, 1, 30, tzinfo=tz)
    second = first.replace(fold=1)
    later = datetime(2026, 11, 1, 4, tzinfo=tz)
    wanted = with_occurrence(here.seen(event).event, original, span=Timed(first, later))
    here.update(event, wanted, part(original, Field.TIME))
    said = recurrence(here, event)["overrides"]["2026-11-02T01:30:00"]
    assert said == {"start": "2026-11-01T01:30:00", "duration": "PT3H30M"}
    twice = with_occurrence(wanted, original, span=Timed(second, later))
    error = error_of(here, here.updating(event, twice, part(original, Field.TIME)))
    assert isinstance(error, CannotSync)
    assert error.code == "invalid-time"


# -- the whole series -------------------------------------------------------------------------------------------


def test_a_new_time_of_day_keeps_everything_on_its_date(here: Office) -> None:
    other = here.groupware.add_user("鈴木花子")
    people = [{"userId": here.user, "response": "accepted"}, {"userId": other, "response": "tentative"}]
    event = here.entered(
        recurrence={
            **WEEKLY,
            "exdates": [AT_TEN],
            "rdates": ["2026-12-10T15:00:00"],
            "overrides": {
                "2026-12-21T10:00:00": {"title": "特別", "participants": people},
                "2026-12-28T10:00:00": {"start": "2026-12-29T09:00:00", "placeDetail": "5F"},
                "2026-12-10T15:00:00": {"place": "3F"},
            },
        }
    )
    wanted = with_parts(here.seen(event).event, repeating(timed(hour=16, minutes=90)), {Field.TIME})
    found = here.update(event, repeating(timed(hour=16, minutes=90)), Field.TIME)
    assert said(found.event) == said(wanted)
    assert here.event(event)["start"] == "2026-12-07T16:00:00"
    assert recurrence(here, event) == {
        "rrule": MONDAYS,
        "exdates": ["2026-12-14T16:00:00"],
        "rdates": ["2026-12-10T15:00:00"],
        "overrides": {
            "2026-12-21T16:00:00": {"title": "特別", "participants": people},
            # It was moved by hand, and stays exactly where it was put.
            "2026-12-28T16:00:00": {"start": "2026-12-29T09:00:00", "duration": "PT1H", "placeDetail": "5F"},
            "2026-12-10T15:00:00": {"place": "3F"},
        },
    }


def test_a_new_rule_drops_what_it_does_not_have(here: Office) -> None:
    overrides = {"2026-12-21T10:00:00": {"title": "特別"}, "2027-01-04T10:00:00": {"title": "新年"}}
    event = here.entered(recurrence={**WEEKLY, "exdates": [AT_TEN], "overrides": overrides})
    fortnightly = repeating(timed(), "FREQ=WEEKLY;INTERVAL=2;COUNT=2")
    found = here.update(event, fortnightly, Field.TIME)
    assert recurrence(here, event) == {
        "rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=2",
        "exdates": [],
        "rdates": [],
        "overrides": {"2026-12-21T10:00:00": {"title": "特別"}},
    }
    assert found.event.recurrence is not None
    assert found.event.recurrence.rrule == fortnightly.recurrence.rrule  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "rrule", ["FREQ=WEEKLY", "BYDAY=MO;FREQ=WEEKLY;INTERVAL=1", "FREQ=WEEKLY;UNTIL=20270104T010000Z"]
)
def test_a_rule_that_means_the_same_stays_in_the_groupwares_words(here: Office, rrule: str) -> None:
    event = here.entered(recurrence={"rrule": rrule})
    wanted = replace(timed(minutes=90), recurrence=here.seen(event).event.recurrence)
    here.update(event, wanted, Field.TIME)
    assert (here.event(event)["duration"], recurrence(here, event)["rrule"]) == ("PT1H30M", rrule)


def test_an_end_that_would_cut_the_last_day_is_said_anew(here: Office) -> None:
    event = here.entered(recurrence={"rrule": "FREQ=WEEKLY;UNTIL=20270104T010000Z"})
    before = here.seen(event).event
    found = here.update(event, replace(timed(hour=16), recurrence=before.recurrence), Field.TIME)
    assert recurrence(here, event)["rrule"] == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270104T145959Z"
    assert occurrence_of(found.event, date(2027, 1, 4)) is not None


def test_a_single_event_becomes_a_series_and_back(here: Office) -> None:
    event = here.entered(memo="本文")
    series = with_occurrence(
        repeating(timed(), "FREQ=WEEKLY;COUNT=4", exdates=(THIRD,)), SECOND, title="特別"
    )
    names = [Field.TIME, part(SECOND, Field.TITLE), part(THIRD, CANCELLED)]
    found = here.update(event, series, *names)
    assert said(found.event, set(FIELDS) - {Field.BODY}) == said(series, set(FIELDS) - {Field.BODY})
    assert recurrence(here, event)["overrides"] == {AT_TEN: {"title": "特別"}}
    found = here.update(event, timed(), Field.TIME, *names[1:])
    assert (here.event(event)["recurrence"], here.event(event)["memo"]) == (None, "本文")
    assert said(found.event) == said(timed(body="本文"))


def test_a_series_becomes_single_with_all_that_differed(here: Office) -> None:
    overrides = {AT_TEN: {"title": "特別"}}
    event = here.entered(recurrence={**WEEKLY, "exdates": ["2026-12-21T10:00:00"], "overrides": overrides})
    found = here.update(event, timed(hour=16), Field.TIME)
    assert (here.event(event)["recurrence"], here.event(event)["start"]) == (None, "2026-12-07T16:00:00")
    assert said(found.event) == said(timed(hour=16))


def test_a_series_becomes_whole_days(here: Office) -> None:
    event = here.entered(recurrence={"rrule": "FREQ=WEEKLY;UNTIL=20270111T145959Z", "exdates": [AT_TEN]})
    days = Event("週次", AllDay(date(2026, 12, 7), date(2026, 12, 8)), form=Form.ALL_DAY)
    wanted = repeating(days, "FREQ=WEEKLY;UNTIL=20270111", exdates=(SECOND,))
    found = here.update(event, wanted, Field.TIME)
    assert said(found.event) == said(wanted)
    assert recurrence(here, event)["rrule"] == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270111"


def test_a_form_that_a_person_chose_survives_a_new_rule(here: Office) -> None:
    event = here.entered(form="period", start="2026-12-07", end="2026-12-09", recurrence=WEEKLY)
    days = Event("週次", AllDay(date(2026, 12, 7), date(2026, 12, 9)), form=Form.ALL_DAY)
    here.update(event, repeating(days, "FREQ=DAILY;INTERVAL=3"), Field.TIME)
    assert here.event(event)["form"] == "period"


def test_a_plain_field_of_a_series_is_one_request(here: Office) -> None:
    overrides = {AT_TEN: {"title": "特別"}}
    event = here.entered(recurrence={**WEEKLY, "overrides": overrides})
    write = here.updating(event, repeating(timed("新", place="3F")), Field.TITLE)
    assert here.calendar.capabilities.series is not None  # remembered from now on
    before = here.groupware.requests.total
    assert shown(here.outcome(write)).event.title == "新"
    assert here.groupware.requests.total - before == 1
    assert recurrence(here, event)["overrides"] == overrides
    assert here.event(event)["place"] == ""


def test_a_write_that_changes_nothing_writes_nothing(here: Office) -> None:
    event = here.entered(timeZone="Asia/Tokyo", duration="PT60M", recurrence={**WEEKLY, "exdates": [AT_TEN]})
    before = here.event(event)
    here.update(event, here.seen(event).event, Field.TIME, part(SECOND, CANCELLED))
    assert here.event(event) == before


def test_a_series_at_a_wall_time_that_comes_twice_is_not_moved_to_another_zone(here: Office) -> None:
    tz = ZoneInfo("America/New_York")
    span = Timed(datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=tz), datetime(2026, 11, 1, 4, tzinfo=tz))
    write = Write("k", Verb.CREATE, event=repeating(Event("x", span), "FREQ=WEEKLY"), token="t")
    error = error_of(here, write)
    assert isinstance(error, CannotSync)
    assert error.code == "invalid-time"


# -- at the same time as others ---------------------------------------------------------------------------------


def test_a_series_that_somebody_edited_meanwhile_is_looked_at_again(here: Office) -> None:
    event = here.entered(recurrence=WEEKLY)
    write = here.updating(event, repeating(timed(), exdates=(SECOND,)), part(SECOND, CANCELLED))
    here.groupware.edit_occurrence(event, "2026-12-21", {"title": "特別"}, by=here.user)
    assert isinstance(error_of(here, write), Moved)
    assert recurrence(here, event)["exdates"] == []
    shown(here.outcome(replace(write, version="")))
    assert recurrence(here, event) == {
        "rrule": MONDAYS,
        "exdates": [AT_TEN],
        "rdates": [],
        "overrides": {"2026-12-21T10:00:00": {"title": "特別"}},
    }


def test_a_series_that_is_gone_says_so(here: Office) -> None:
    other = here.groupware.add_user("鈴木花子")
    gone, left = here.entered(recurrence=WEEKLY), here.entered(recurrence=WEEKLY)
    writes = [
        here.updating(one, repeating(timed(), exdates=(SECOND,)), part(SECOND, CANCELLED))
        for one in (gone, left)
    ]
    here.groupware.delete(gone, by=here.user)
    here.groupware.edit(left, {"participants": [{"userId": other}]}, by=here.user)
    assert [type(error_of(here, write)) for write in writes] == [Gone, Gone]


def test_an_update_whose_answer_is_lost_has_succeeded(here: Office) -> None:
    event = here.entered(recurrence=WEEKLY)
    wanted = with_occurrence(repeating(timed(), exdates=(THIRD,)), SECOND, title="特別")
    write = here.updating(event, wanted, part(SECOND, Field.TITLE), part(THIRD, CANCELLED))
    here.groupware.faults.script(lambda call: call.writes, commit_then_drop(), times=1)
    assert said(shown(here.outcome(write)).event) == said(wanted)


def test_writes_to_one_event_follow_each_other_and_count_as_planned_for() -> None:
    with office(parallel=4) as here:
        event = here.entered(recurrence=WEEKLY)
        days = [date(2026, 12, 14) + timedelta(weeks=n) for n in range(6)]
        writes = [
            here.updating(event, repeating(timed(), exdates=(day,)), part(day, CANCELLED)) for day in days
        ]
        outcomes = list(here.calendar.write(writes))
        assert [one.error for one in outcomes] == [None] * 6
        assert len(recurrence(here, event)["exdates"]) == 6
        # Somebody's edit in between is still noticed.
        moved = writes[0]
        assert isinstance(error_of(here, moved), Moved)


# -- everything at once -----------------------------------------------------------------------------------------

ZONES = ["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"]
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
minutes = st.integers(-3000, 3000)


@st.composite
def timed_series(draw: st.DrawFn) -> Event:
    tz = ZoneInfo(draw(st.sampled_from(ZONES)))
    start = datetime.combine(date(2026, 10, 20) + timedelta(draw(st.integers(0, 30))), draw(clocks))
    ends = start + timedelta(minutes=draw(lengths))
    first = Timed(start.replace(tzinfo=tz), ends.replace(tzinfo=tz))
    series = repeating(Event("週次", first), draw(st.sampled_from(RULES)))
    extra = [start + timedelta(minutes=m) for m in draw(st.lists(minutes.map(lambda m: 30 * m), max_size=2))]
    assert series.recurrence is not None
    if not series.recurrence.rrule:
        extra.append(start + timedelta(days=3))
    return normalised(replace(series, recurrence=replace(series.recurrence, rdates=tuple(extra))))


@st.composite
def changed(draw: st.DrawFn, series: Event) -> Event:
    """The series with some dates cancelled, moved or renamed."""
    assert series.recurrence is not None
    assert isinstance(series.span, Timed)
    near = [series.span.start.date() + timedelta(days=n) for n in range(40)]
    originals: list[Original] = [one for one in near if occurrence_of(series, one) is not None]
    originals += series.recurrence.rdates
    if not originals:
        return series
    for original in draw(st.lists(st.sampled_from(originals), max_size=4, unique=True)):
        kind = draw(st.sampled_from(["cancel", "title", "move", "body"]))
        if occurrence_of(series, original) is None:
            continue  # cancelled under its other name
        if kind == "cancel":
            series = without_occurrence(series, original)
        elif kind == "move":
            span = draw(moved(plain_occurrence(series, original).span))
            series = with_occurrence(series, original, span=span)
        else:
            series = with_occurrence(series, original, **{kind: draw(st.sampled_from(["特別", "別"]))})
    return series


@st.composite
def moved(draw: st.DrawFn, span: Span) -> Span:
    assert isinstance(span, Timed)
    by, length = timedelta(minutes=draw(minutes)), timedelta(minutes=draw(lengths))
    starts = (span.start.astimezone(UTC) + by).astimezone(span.start.tzinfo)
    if starts.fold:  # the contract has no word for it
        return span
    return Timed(starts, (starts.astimezone(UTC) + length).astimezone(span.start.tzinfo))


@pytest.fixture(scope="module")
def busy() -> Iterator[tuple[Office, Iterator[int]]]:
    with office() as made:
        yield made, count()


@settings(max_examples=40, deadline=None, phases=[Phase.generate])
@given(st.data())
def test_every_series_comes_back_as_it_was_and_becomes_any_other(
    busy: tuple[Office, Iterator[int]], data: st.DataObject
) -> None:
    here, numbers = busy
    first = data.draw(timed_series().flatmap(changed))
    second = data.draw(st.one_of(changed(first), timed_series().flatmap(changed)))
    made = here.create(first, next(numbers))
    assert_shows(made.event, first)
    names = frozenset(said(first)) | frozenset(said(second))
    chosen = data.draw(st.sets(st.sampled_from(sorted(names)))) | {Field.TIME}
    wanted = with_parts(made.event, second, chosen)
    known = wanted.recurrence
    assert known is not None
    # What a rule no longer has is forgotten, here and there.
    given = replace(wanted, recurrence=Recurrence(known.rrule, rdates=known.rdates))
    kept = tuple(one for one in known.overrides if occurrence_of(given, one.original) is not None)
    wanted = normalised(replace(wanted, recurrence=replace(known, overrides=kept)))
    found = here.update(made.id, second, *chosen)
    assert_shows(found.event, wanted)
    assert said(here.seen(made.id).event) == said(found.event)


def assert_shows(found: Event, wanted: Event) -> None:
    series = wanted.recurrence
    assert series is not None
    if series.rrule or series.rdates:
        assert said(found) == said(wanted)
    else:  # no series: only the start may be left, and how that is said is nobody's matter
        assert held(found) == held(wanted)


def held(event: Event) -> list[tuple[Original, dict[str, str]]]:
    """Everything that takes place in a year."""
    days = date(2026, 10, 1), date(2027, 10, 1)
    # An occurrence has the zone of its series.
    return [(original, said(_nobody(one, event.span))) for original, one in occurrences(event, *days)]


JSON = st.recursive(
    st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=2),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_makes_one_object_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert merge_patch(before, merge_diff(before, after)) == after


def test_a_lost_connection_is_tried_again_and_nothing_is_written_twice(here: Office) -> None:
    event = here.entered(recurrence=WEEKLY)
    write = here.updating(event, repeating(timed(), exdates=(SECOND,)), part(SECOND, CANCELLED))
    here.groupware.faults.script(lambda call: call.writes, commit_then_drop(), times=2)
    outcome = here.outcome(write)
    assert outcome.error is None or isinstance(outcome.error, Moved)
    assert recurrence(here, event)["exdates"] == [AT_TEN]
