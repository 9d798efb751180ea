"""Contract JSON to and from the event, field by field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.adapters.groupware.connector.fields import fields_to, show_as_to
from sync.adapters.groupware.connector.mapping import capabilities_from, seen_from
from sync.adapters.groupware.connector.series import event_from
from sync.adapters.groupware.connector.times import duration_from, duration_to, span_from, span_to
from sync.core.change import SHARED, Seen, Unreadable
from sync.core.event import (
    FIELDS,
    AllDay,
    Event,
    Field,
    Form,
    Importance,
    Reminder,
    ShowAs,
    Timed,
    Visibility,
)
from sync.core.recurrence import Held
from sync.errors import CannotSync
from tests.adapters.groupware.wire import CAPABILITIES, event

TOKYO = ZoneInfo("Asia/Tokyo")
FORMS = frozenset(Form)
TYPES = {"t-1": "会議"}


def timed(hour: int = 10, minutes: int = 60, zone: str = "Asia/Tokyo") -> Timed:
    start = datetime(2026, 12, 7, hour, tzinfo=ZoneInfo(zone))
    return Timed(start, start + timedelta(minutes=minutes))


def readable(**fields: object) -> Seen:
    found = seen_from(event(**fields), "u-1", TYPES)
    assert isinstance(found, Seen), found
    return found


def unreadable(**fields: object) -> Unreadable:
    found = seen_from(event(**fields), "u-1", TYPES)
    assert isinstance(found, Unreadable), found
    return found


def test_an_event_is_read_whole() -> None:
    found = readable(typeId="t-1", reminders=[{"minutesBefore": 5}, {"minutesBefore": 30}], importance="high")
    assert (found.id, found.version, found.uid) == ("e-1", "7", "e-1@vendor")
    assert found.modified == datetime(2026, 11, 2, 1, 2, 3, 456000, tzinfo=UTC)
    assert found.event.span == timed()
    assert (found.event.title, found.event.place, found.event.body) == ("週次", "第1会議室", "議題")
    assert found.event.event_type == "会議"
    assert found.event.reminder == Reminder(30), "the earliest"
    assert found.event.importance is Importance.HIGH
    assert found.residue == {"form": "timed"}
    assert found.hands_off is None


@pytest.mark.parametrize(
    ("others", "is_shared"),
    [
        ([], False),
        ([{"userId": "u-1"}], False),
        ([{"userId": "u-1"}, {"userId": "u-2"}], True),
        ([{"organizationId": "o-1"}], True),
        ([{"userId": "u-1"}, {"email": "x@example.org"}], True),
    ],
)
def test_an_event_of_others_as_well_is_shared(others: list[Any], is_shared: bool) -> None:
    assert bool(readable(participants=others).residue.get(SHARED)) == is_shared


def test_a_proposal_is_not_ours() -> None:
    found = readable(status="candidate")
    assert found.hands_off == "candidate"
    assert found.event.show_as is ShowAs.TENTATIVE


def test_a_series_says_that_it_is_one() -> None:
    found = readable(recurrence={"rrule": "FREQ=DAILY"})
    assert found.event.recurrence is not None
    assert found.residue == {"form": "timed", "series": True}


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({"visibility": "team"}, "visibility", Visibility.PRIVATE),
        ({"visibility": None}, "visibility", Visibility.PUBLIC),
        ({"showAs": "napping"}, "show_as", ShowAs.BUSY),
        ({"showAs": None}, "show_as", ShowAs.BUSY),
        ({"status": "tentative", "showAs": "busy"}, "show_as", ShowAs.TENTATIVE),
        ({"importance": "urgent"}, "importance", Importance.NORMAL),
        ({"title": None, "place": None, "memo": None}, "title", ""),
        ({"place": " 本社 ", "placeDetail": "5F"}, "place", "本社 (5F)"),
        ({"place": None, "placeDetail": "5F"}, "place", "5F"),
        ({"typeId": "t-9"}, "event_type", ""),
        ({"reminders": []}, "reminder", None),
        ({"reminders": None}, "reminder", None),
    ],
)
def test_a_word_that_nobody_knows_is_read_as_the_careful_one(
    fields: dict[str, Any], name: str, expected: object
) -> None:
    assert getattr(readable(**fields).event, name) == expected


@pytest.mark.parametrize("updated", [None, "", "yesterday", 5, "2026-11-02T01:02:03"])
def test_a_time_of_change_that_nobody_can_read_is_no_time(updated: object) -> None:
    assert readable(updatedAt=updated).modified is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"timeZone": "Mars/Phobos"}, "unknown-zone"),
        ({"timeZone": ""}, "unknown-zone"),
        ({"timeZone": None}, "invalid-time"),
        ({"start": "2026-12-07"}, "invalid-time"),
        ({"start": "2026-12-07T10:00:00Z"}, "invalid-time"),
        ({"start": "tomorrow"}, "invalid-time"),
        ({"start": 5}, "invalid-time"),
        ({"duration": "1h"}, "invalid-time"),
        ({"duration": "-PT1H"}, "invalid-time"),
        ({"duration": "PT9999999999H"}, "invalid-time"),
        ({"duration": 60}, "invalid-time"),
        ({"form": "someday"}, "invalid-time"),
        ({"form": "allDay"}, "invalid-time"),
        ({"form": "allDay", "start": "2026-12-07", "end": "2026-12-07"}, "invalid-time"),
        ({"title": 7}, "event-unreadable"),
        ({"participants": ["u-1"]}, "event-unreadable"),
        ({"reminders": [{}]}, "event-unreadable"),
        ({"facilities": [{}]}, "event-unreadable"),
        ({"recurrence": "daily"}, "event-unreadable"),
    ],
)
def test_what_cannot_be_read_is_unreadable_and_never_a_guess(fields: dict[str, Any], code: str) -> None:
    found = unreadable(**fields)
    assert (found.code, found.id, found.version) == (code, "e-1", "7")


def test_an_unknown_zone_is_named() -> None:
    assert unreadable(timeZone="Mars/Phobos").detail == {"zone": "Mars/Phobos"}


# -- time -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "length", "ends"),
    [
        ("America/New_York", "2026-11-01T00:30:00", "PT3H", "2026-11-01T02:30:00-05:00"),
        ("America/New_York", "2026-11-01T01:30:00", "PT30M", "2026-11-01T01:00:00-05:00"),
        ("America/New_York", "2027-03-14T01:30:00", "PT1H", "2027-03-14T03:30:00-04:00"),
        ("Australia/Lord_Howe", "2027-04-04T01:00:00", "PT2H", "2027-04-04T02:30:00+10:30"),
    ],
)
def test_a_duration_is_elapsed_time(zone: str, start: str, length: str, ends: str) -> None:
    span = span_from(event(timeZone=zone, start=start, duration=length), Form.TIMED)
    assert isinstance(span, Timed)
    assert span.end.astimezone(UTC) == datetime.fromisoformat(ends).astimezone(UTC)


def test_a_wall_time_that_comes_twice_is_said_in_utc_the_second_time() -> None:
    second = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York"))
    end = datetime(2026, 11, 1, 3, tzinfo=ZoneInfo("America/New_York"))
    said = span_to(Timed(second, end), {}, FORMS)
    assert (said["start"], said["timeZone"], said["duration"]) == (
        "2026-11-01T06:30:00",
        "Etc/UTC",
        "PT1H30M",
    )


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 2 * 365 * 86_400).map(lambda seconds: NEW_YEAR + timedelta(seconds=seconds))
zones = st.sampled_from(
    ["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Etc/UTC", "Africa/Casablanca"]
)


@given(instants, st.integers(0, 100_000), zones)
def test_every_stretch_of_time_comes_back_as_it_was(start: datetime, seconds: int, zone: str) -> None:
    start = start.astimezone(ZoneInfo(zone))
    end = (start.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(ZoneInfo(zone))
    back = span_from(event(**span_to(Timed(start, end), {}, FORMS)), Form.TIMED)
    assert isinstance(back, Timed)
    assert (back.start.astimezone(UTC), back.end.astimezone(UTC)) == (
        start.astimezone(UTC),
        end.astimezone(UTC),
    )


@given(st.integers(0, 10**7))
def test_every_duration_comes_back_as_it_was(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert duration_from(duration_to(length)) == length


@pytest.mark.parametrize(
    ("before", "span", "after"),
    [
        ("startOnly", timed(minutes=0), "startOnly"),
        ("startOnly", timed(), "timed"),
        ("noTime", AllDay(date(2026, 12, 7), date(2026, 12, 8)), "noTime"),
        ("noTime", AllDay(date(2026, 12, 7), date(2026, 12, 9)), "allDay"),
        ("period", AllDay(date(2026, 12, 7), date(2026, 12, 8)), "period"),
        ("period", timed(), "timed"),
        ("timed", timed(minutes=0), "timed"),
        ("timed", AllDay(date(2026, 12, 7), date(2026, 12, 8)), "allDay"),
        ("someday", timed(), "timed"),
        (None, AllDay(date(2026, 12, 7), date(2026, 12, 8)), "allDay"),
    ],
)
def test_the_form_a_person_chose_is_kept_where_it_still_fits(
    before: str | None, span: Any, after: str
) -> None:
    said = span_to(span, {"form": before} if before else {}, FORMS)
    assert said["form"] == after
    assert set(said) == {"form", "start", "end", "duration", "timeZone"}, "a change of form names all of them"


def test_a_form_that_the_groupware_lacks_is_not_sent() -> None:
    days = AllDay(date(2026, 12, 7), date(2026, 12, 8))
    assert span_to(days, {"form": "noTime"}, {Form.TIMED, Form.ALL_DAY})["form"] == "allDay"


# -- writing ----------------------------------------------------------------------------------------------------


def test_only_the_named_fields_are_sent() -> None:
    written = Event("t", timed(), place="p", body="b")
    assert fields_to(written, {Field.TITLE}, {}, CAPABILITIES, TYPES, {}) == {"title": "t"}
    assert fields_to(written, set(), {}, CAPABILITIES, TYPES, {}) == {}
    assert set(fields_to(written, set(FIELDS), {}, CAPABILITIES, TYPES, {})) == {
        *("title", "form", "start", "end", "duration", "timeZone", "place", "memo", "visibility"),
        *("status", "showAs", "importance", "typeId", "reminders"),
    }


@pytest.mark.parametrize(
    ("show_as", "held", "statuses", "said"),
    [
        (ShowAs.BUSY, ["busy"], ["confirmed"], ("confirmed", "busy")),
        (ShowAs.TENTATIVE, ["busy"], ["confirmed", "tentative"], ("tentative", "busy")),
        (ShowAs.TENTATIVE, ["busy", "tentative"], ["confirmed"], ("confirmed", "tentative")),
        (ShowAs.TENTATIVE, ["busy"], ["confirmed"], ("confirmed", "busy")),
        (ShowAs.OOF, ["busy"], ["confirmed"], ("confirmed", "busy")),
        (ShowAs.FREE, ["busy", "free"], ["confirmed", "tentative"], ("confirmed", "free")),
    ],
)
def test_how_time_is_shown_says_status_and_word_together(
    show_as: ShowAs, held: list[str], statuses: list[str], said: tuple[str, str]
) -> None:
    assert show_as_to(show_as, held, statuses) == dict(zip(("status", "showAs"), said, strict=True))


@pytest.mark.parametrize(("name", "type_id"), [("会議", "t-1"), ("来客", None), ("", None)])
def test_a_type_is_sent_by_its_id(name: str, type_id: str | None) -> None:
    written = Event("t", timed(), event_type=name)
    assert fields_to(written, {Field.EVENT_TYPE}, {}, CAPABILITIES, TYPES, {}) == {"typeId": type_id}


@pytest.mark.parametrize(
    ("reminder", "said"),
    [
        (None, []),
        (Reminder(None), []),
        (Reminder(0), [{"minutesBefore": 0}]),
        (Reminder(15), [{"minutesBefore": 15}]),
    ],
)
def test_a_reminder_is_sent_as_a_list(reminder: Reminder | None, said: list[Any]) -> None:
    written = Event("t", timed(), reminder=reminder)
    assert fields_to(written, {Field.REMINDER}, {}, CAPABILITIES, TYPES, {}) == {"reminders": said}


def test_what_the_groupware_can_hold() -> None:
    found = capabilities_from(CAPABILITIES)
    assert found.show_as == {ShowAs.FREE, ShowAs.BUSY, ShowAs.TENTATIVE}, "tentative is its own status"
    assert found.visibilities == {Visibility.PUBLIC, Visibility.PRIVATE}
    assert (found.title_limit, found.title_required, found.body_limit) == (100, "", 1000)
    assert found.fields == frozenset(FIELDS)


@pytest.mark.parametrize(
    ("said", "holds"), [("full", True), ("subset", False), ("none", False), (None, False)]
)
def test_series_are_written_where_every_rule_is_held(said: str | None, holds: bool) -> None:
    series = capabilities_from({**CAPABILITIES, "recurrence": said}).series
    assert (series is not None) is holds
    if series is not None:
        assert series("FREQ=DAILY", timed()) == Held("FREQ=DAILY", timed())


def test_what_the_groupware_cannot_hold_is_never_written() -> None:
    limits = {**CAPABILITIES["limits"], "remindersMax": 0, "placeMaxLength": 0, "titleMinLength": 1}
    poor = {**CAPABILITIES, "importance": ["normal"], "limits": limits}
    found = capabilities_from(poor)
    assert frozenset(FIELDS) - found.fields == {Field.IMPORTANCE, Field.REMINDER, Field.PLACE}
    assert found.title_required


@pytest.mark.parametrize(
    ("shown", "before", "written"),
    [
        ("本社", {}, {"place": "本社"}),
        ("支社", {"place": "本社", "placeDetail": ""}, {"place": "支社"}),
        ("支社 (5F)", {"place": "本社", "placeDetail": "5F"}, {"place": "支社", "placeDetail": "5F"}),
        ("支社", {"place": "本社", "placeDetail": "5F"}, {"place": "支社", "placeDetail": ""}),
        ("", {"place": None, "placeDetail": "5F"}, {"place": "", "placeDetail": ""}),
    ],
)
def test_the_detail_of_a_place_is_said_where_there_is_one(
    shown: str, before: dict[str, Any], written: dict[str, Any]
) -> None:
    found = fields_to(Event("t", timed(), place=shown), {Field.PLACE}, {}, CAPABILITIES, TYPES, before)
    assert found == written


def test_words_of_a_later_contract_are_not_ours() -> None:
    rich = {
        **CAPABILITIES,
        "showAs": ["busy", "napping"],
        "visibility": ["public", "team"],
        "forms": ["timed", "x"],
    }
    found = capabilities_from(rich)
    assert found.forms == {Form.TIMED}
    assert found.visibilities == {Visibility.PUBLIC}


def test_an_event_without_form_cannot_be_read() -> None:
    item = event()
    del item["form"]
    with pytest.raises(CannotSync):
        event_from(item, TYPES)
