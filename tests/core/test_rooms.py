"""Who has a room that declined, by what stands in its calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sync.core.event import Booking, Event, Field, Override, Participant, Recurrence, Timed
from sync.core.link import Complaint, Problem
from sync.core.people import People, Person
from sync.core.recurrence import normalised
from sync.core.rooms import (
    DATES_DECLINED,
    DATES_OCCUPIED,
    DATES_REFUSED,
    DATES_TAKEN,
    DECLINED,
    OCCUPIED,
    REFUSED,
    TAKEN,
    Inquiry,
    RoomBooking,
    complaint,
    declined_rooms,
    inquiry,
    known,
)
from tests.core.samples import NOW, WINDOW, O, at, day_off, meeting

A, B = "room-a@x.test", "room-b@x.test"
REJECTED = (Booking("a", "rejected"),)
EARLY = at(9, 9)
PEOPLE = People(
    linked={"sato": Person("sato", "佐藤", ("sato@x.test",))},
    emails={"mori": "mori@x.test"},
    names={"sato": "佐藤", "mori": "森"},
    rooms={"a": A, "b": B},
    facility_names={"a": "大会議室", "b": "小会議室"},
)


def booked(
    day: int, hour: int, minutes: int = 60, address: str = "sato@x.test", name: str = "S"
) -> RoomBooking:
    starts = at(day, hour).astimezone(UTC)
    return RoomBooking(starts, starts + timedelta(minutes=minutes), name, address)


def weekly(facilities: tuple[Booking, ...] = REJECTED, **more: object) -> Event:
    """Tuesdays: 10, 17 and 24 November, and two more after the window."""
    series = Recurrence("FREQ=WEEKLY;BYDAY=TU;COUNT=5", **more)  # type: ignore[arg-type]
    return normalised(meeting(day=10, recurrence=series, facilities=facilities))


def asked(event: Event, *facilities: str) -> Inquiry:
    return inquiry(event, dict.fromkeys(facilities or ("a",), ()), PEOPLE, WINDOW)


def told(event: Event, *bookings: RoomBooking) -> tuple[str, dict[str, str]]:
    found = complaint(asked(event), {"a": bookings}, PEOPLE, "Asia/Tokyo")
    return found.code, {name: text for name, text in found.detail.items() if name != "asked"}


def who(*bookings: RoomBooking) -> str | None:
    return told(meeting(), *bookings)[1].get("owner")


# -- who ----------------------------------------------------------------------------------------------------------


def test_who_has_the_room_is_named_as_in_the_groupware() -> None:
    assert told(meeting(), booked(24, 10)) == (
        TAKEN,
        {"facility": "大会議室", "owner": "佐藤", "start": "2026-11-24 10:00"},
    )
    assert who(booked(24, 10, address="MORI@x.test")) == "森"
    assert who(booked(24, 10, address="guest@y.test", name=" Guest ")) == "Guest"


@pytest.mark.parametrize(
    ("address", "name"),
    [("", ""), ("guest@y.test", "guest@y.test"), ("guest@y.test", ""), ("Room-A@x.test", "大会議室")],
)
def test_nobody_is_named_by_an_address_or_by_the_room_itself(address: str, name: str) -> None:
    found = told(meeting(), booked(24, 10, address=address, name=name))
    assert found == (OCCUPIED, {"facility": "大会議室", "start": "2026-11-24 10:00"})


def test_back_to_back_is_no_conflict() -> None:
    assert told(meeting(), booked(24, 9), booked(24, 11)) == (REFUSED, {"facility": "大会議室"})


def test_the_earliest_of_several_bookings_is_named() -> None:
    assert who(booked(24, 10, address="mori@x.test"), booked(24, 9, 90)) == "佐藤"


def test_a_whole_day_is_taken_by_an_hour_of_it() -> None:
    assert told(day_off(), booked(25, 23))[0] == TAKEN
    assert told(day_off(), booked(24, 23), booked(26, 0))[0] == REFUSED


def test_a_room_that_may_not_be_read_says_nothing() -> None:
    found = complaint(asked(meeting()), {"a": None}, PEOPLE, "Asia/Tokyo")
    assert (found.code, found.detail["facility"]) == (DECLINED, "大会議室")


# -- series -------------------------------------------------------------------------------------------------------


def test_the_first_date_in_the_window_that_collides_counts() -> None:
    found = told(weekly(), booked(24, 10), booked(17, 10, address="mori@x.test"), booked(16, 10))
    assert found == (TAKEN, {"facility": "大会議室", "owner": "森", "start": "2026-11-17 10:00"})


def test_a_series_with_dates_elsewhere_may_have_its_conflict_there() -> None:
    assert told(weekly())[0] == DECLINED
    inside = replace(weekly(), recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU;COUNT=3"))
    assert told(inside)[0] == REFUSED
    for_ever = replace(weekly(), recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU"))
    assert told(for_ever)[0] == DECLINED


def test_a_date_that_was_moved_or_cancelled_is_asked_for_where_it_is() -> None:
    moved = Override(date(2026, 11, 17), meeting(span=Timed(at(18, 15), at(18, 16)), facilities=REJECTED))
    event = weekly(exdates=(date(2026, 11, 24),), overrides=(moved,))
    assert told(event, booked(17, 10), booked(24, 10))[0] == DECLINED
    assert told(event, booked(18, 15))[1]["start"] == "2026-11-18 15:00"
    question = asked(event)
    assert question.reach("a") == (at(10, 10).astimezone(UTC), at(18, 16).astimezone(UTC))


# -- single dates of a series -------------------------------------------------------------------------------------


def on_dates(*days: int, room: str = "a", of_series: tuple[Booking, ...] = ()) -> Event:
    """The series, the room having declined these days of November."""
    changed = tuple(
        Override(date(2026, 11, day), meeting(day=day, facilities=(Booking(room, "rejected"),)))
        for day in days
    )
    return weekly(of_series, overrides=changed)


def declined(event: Event, now: datetime = EARLY) -> dict[str, tuple[date, ...]]:
    return dict(declined_rooms(event, now, "Asia/Tokyo"))


def told_of_dates(event: Event, *bookings: RoomBooking) -> tuple[str, dict[str, str]]:
    question = inquiry(event, declined(event), PEOPLE, WINDOW)
    found = complaint(question, {"a": bookings}, PEOPLE, "Asia/Tokyo")
    return found.code, {
        name: text for name, text in found.detail.items() if name not in ("asked", "facility")
    }


@pytest.mark.parametrize("of_series", [(), (Booking("a"),), (Booking("b"),)])
def test_dates_that_a_room_declined_are_found(of_series: tuple[Booking, ...]) -> None:
    found = declined(on_dates(17, 24, of_series=of_series))
    assert found == {"a": (date(2026, 11, 17), date(2026, 11, 24))}


def test_a_series_that_was_declined_comes_before_its_dates() -> None:
    assert declined(on_dates(17, of_series=(Booking("b", "rejected"),))) == {"b": ()}


def test_what_is_over_is_no_problem_any_more() -> None:
    both = on_dates(17, 24)
    assert list(declined(both, at(17, 11) - timedelta(seconds=1))["a"]) == [
        date(2026, 11, 17),
        date(2026, 11, 24),
    ]
    assert declined(both, at(17, 11)) == {"a": (date(2026, 11, 24),)}
    assert declined(both, at(24, 11)) == {}
    single = meeting(facilities=REJECTED)
    assert (declined(single, at(24, 10)), declined(single, at(24, 11))) == ({"a": ()}, {})
    assert declined(weekly(), at(30, 0)) == {"a": ()}


def test_a_date_is_named_with_who_has_the_room() -> None:
    found = told_of_dates(on_dates(24), booked(24, 10), booked(17, 10, address="mori@x.test"))
    assert found == (DATES_TAKEN, {"date": "2026-11-24", "owner": "佐藤 (2026-11-24 10:00)"})


def test_each_date_has_its_own_reason() -> None:
    event = on_dates(10, 17, 24)
    found = told_of_dates(event, booked(24, 9, 90), booked(17, 10, address="mori@x.test"))
    assert found == (
        DATES_TAKEN,
        {
            "date": "2026-11-10, 2026-11-17, 2026-11-24",
            "owner": "森 (2026-11-17 10:00), 佐藤 (2026-11-24 09:00)",
        },
    )
    found = told_of_dates(event, booked(17, 10, address="", name=""))
    assert found[0] == DATES_OCCUPIED
    assert found[1]["start"] == "2026-11-17 10:00"
    assert told_of_dates(event, booked(16, 10))[0] == DATES_REFUSED


def test_a_moved_date_is_named_and_asked_for_where_it_is() -> None:
    moved = Override(date(2026, 11, 17), meeting(span=Timed(at(18, 15), at(18, 16)), facilities=REJECTED))
    event = weekly((), overrides=(moved,))
    found = told_of_dates(event, booked(18, 15), booked(17, 10))
    assert found == (DATES_TAKEN, {"date": "2026-11-18", "owner": "佐藤 (2026-11-18 15:00)"})
    question = inquiry(event, declined(event), PEOPLE, WINDOW)
    assert question.reach("a") == (at(18, 15).astimezone(UTC), at(18, 16).astimezone(UTC))


def test_dates_of_two_rooms_are_all_told_and_no_rule_is_blamed_for_what_is_not_known() -> None:
    one, other = on_dates(17).recurrence, on_dates(24, room="b").recurrence
    assert one is not None
    assert other is not None
    event = weekly((), overrides=(*one.overrides, *other.overrides))
    question = inquiry(event, declined(event), PEOPLE, WINDOW)
    answers: list[tuple[dict[str, Sequence[RoomBooking] | None], str]] = [
        ({"a": [], "b": []}, DATES_REFUSED),
        ({"a": [], "b": None}, DATES_DECLINED),
        ({"a": []}, DATES_DECLINED),
        ({"a": [booked(24, 10)], "b": [booked(17, 10)]}, DATES_REFUSED),
        ({"a": None, "b": [booked(24, 10)]}, DATES_TAKEN),
    ]
    for answer, code in answers:
        found = complaint(question, answer, PEOPLE, "Asia/Tokyo")
        assert (found.code, found.detail["facility"]) == (code, "大会議室, 小会議室")
        assert found.detail["date"] == "2026-11-17, 2026-11-24"


def test_of_many_dates_the_first_ten_are_told() -> None:
    starts = [at(10, 10) + timedelta(weeks=n) for n in range(12)]
    days = [start.date() for start in starts]
    changed = tuple(
        Override(start.date(), meeting(span=Timed(start, start + timedelta(hours=1)), facilities=REJECTED))
        for start in starts
    )
    event = replace(weekly(()), recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU", overrides=changed))
    assert told_of_dates(event)[1]["date"] == ", ".join([*map(str, days[:10]), "…"])


def test_dates_are_asked_for_again_when_they_move_and_not_for_anything_else() -> None:
    event = on_dates(17)
    found = complaint(
        inquiry(event, declined(event), PEOPLE, WINDOW), {"a": [booked(17, 10)]}, PEOPLE, "Asia/Tokyo"
    )
    series = event.recurrence
    assert series is not None
    (override,) = series.overrides

    def after(content: Event, title: str = "") -> Complaint | None:
        dates = replace(series, overrides=(Override(override.original, content),))
        changed = replace(event, recurrence=dates, title=title or event.title)
        return known(problem_with(found), inquiry(changed, declined(changed), PEOPLE, WINDOW))

    answered = replace(
        override.event, title="特別", participants=(Participant(user="mori", response="accepted"),)
    )
    assert after(answered, title="改題") == found
    assert after(replace(override.event, span=Timed(at(17, 11), at(17, 12)))) is None
    assert known(problem_with(found), asked(weekly())) is None


def test_an_answer_for_one_date_of_a_declined_series_asks_nobody_again() -> None:
    found = complaint(asked(weekly()), {"a": [booked(17, 10)]}, PEOPLE, "Asia/Tokyo")
    guest = (Participant(user="mori", response="accepted"),)
    answered = Override(date(2026, 11, 17), meeting(day=17, facilities=REJECTED, participants=guest))
    assert known(problem_with(found), asked(weekly(overrides=(answered,)))) == found
    accepted = Override(date(2026, 11, 17), meeting(day=17, facilities=(Booking("a"),)))
    assert known(problem_with(found), asked(weekly(overrides=(accepted,)))) is None


def test_of_a_declined_series_only_dates_with_the_room_are_looked_at() -> None:
    elsewhere = Override(date(2026, 11, 17), meeting(day=17, facilities=(Booking("b"),)))
    event = weekly(overrides=(elsewhere,))
    assert told(event, booked(17, 10), booked(24, 10))[1]["start"] == "2026-11-24 10:00"


# -- several rooms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_a", "of_b", "code", "facility", "owner"),
    [
        ([booked(24, 10)], [booked(24, 10, address="mori@x.test")], TAKEN, "大会議室, 小会議室", "佐藤, 森"),
        ([booked(24, 10)], [booked(24, 10)], TAKEN, "大会議室, 小会議室", "佐藤"),
        ([], [booked(24, 10)], TAKEN, "小会議室", "佐藤"),
        ([booked(24, 10, address="")], [booked(24, 10)], TAKEN, "小会議室", "佐藤"),
        ([booked(24, 10, address="", name="")], None, OCCUPIED, "大会議室", None),
        (None, [], REFUSED, "小会議室", None),
        (None, None, DECLINED, "大会議室, 小会議室", None),
    ],
)
def test_what_says_most_comes_first(
    of_a: Sequence[RoomBooking] | None,
    of_b: Sequence[RoomBooking] | None,
    code: str,
    facility: str,
    owner: str | None,
) -> None:
    if of_a and of_a[0].address == "":
        of_a = [replace(of_a[0], organizer="")]
    found = complaint(asked(meeting(), "a", "b"), {"a": of_a, "b": of_b}, PEOPLE, "Asia/Tokyo")
    assert (found.code, found.detail["facility"], found.detail.get("owner")) == (code, facility, owner)


# -- what is known already ----------------------------------------------------------------------------------------


def problem_with(found: Complaint) -> Problem:
    return Problem(found.code, found.detail, O, NOW, 1, NOW)


def test_what_was_found_out_holds_while_time_and_rooms_stay() -> None:
    event = meeting(facilities=(Booking("a", "rejected"),))
    found = complaint(asked(event), {"a": [booked(24, 10)]}, PEOPLE, "Asia/Tokyo")
    same = replace(event, title="改題", place="p", participants=(Participant(user="mori"),))
    assert known(problem_with(found), asked(same)) == found
    later = replace(event, span=Timed(at(24, 11), at(24, 12)))
    assert known(problem_with(found), asked(later)) is None
    assert known(problem_with(found), asked(event, "a", "b")) is None
    elsewhere = replace(PEOPLE, rooms={"a": B})
    assert known(problem_with(found), inquiry(event, {"a": ()}, elsewhere, WINDOW)) is None
    assert known(None, asked(event)) is None
    assert known(replace(problem_with(found), code="direction"), asked(event)) is None


def test_a_series_is_asked_for_again_when_one_date_moves_and_not_when_the_window_does() -> None:
    found = complaint(asked(weekly()), {"a": [booked(17, 10)]}, PEOPLE, "Asia/Tokyo")
    cancelled = weekly(exdates=(date(2026, 11, 17),))
    renamed = weekly(overrides=(Override(date(2026, 11, 17), meeting("特別", 17, facilities=REJECTED)),))
    assert known(problem_with(found), asked(cancelled)) is None
    assert known(problem_with(found), asked(renamed)) == found
    tomorrow = replace(WINDOW, first=WINDOW.first + timedelta(days=1), until=WINDOW.until + timedelta(days=1))
    assert known(problem_with(found), inquiry(weekly(), {"a": ()}, PEOPLE, tomorrow)) == found


def test_what_could_not_be_asked_now_is_not_known() -> None:
    found = complaint(asked(meeting()), {}, PEOPLE, "Asia/Tokyo")
    assert found.code == DECLINED
    assert known(problem_with(found), asked(meeting())) is None


def test_only_names_and_numbers_stand_in_the_detail() -> None:
    found = complaint(asked(meeting(title="秘密")), {"a": [booked(24, 10)]}, PEOPLE, "Asia/Tokyo")
    assert found.detail.keys() == {"facility", "owner", "start", "asked"}
    assert not any("@" in text or "秘密" in text for text in found.detail.values())
    assert Field.TITLE not in found.detail


def test_a_start_is_told_in_the_organization_s_zone() -> None:
    booking = RoomBooking(datetime(2026, 11, 24, 1, tzinfo=UTC), datetime(2026, 11, 24, 2, tzinfo=UTC), "S")
    found = complaint(asked(meeting()), {"a": [booking]}, PEOPLE, "Europe/Berlin")
    assert found.detail["start"] == "2026-11-24 02:00"
