"""Who takes part in single dates of a series: what is read, what is sent, and whom that mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sync.adapters.graph.mapping import part_of
from sync.core.change import Seen
from sync.core.event import Booking, Event, Field, Participant, Timed
from sync.core.parts import with_occurrence
from sync.core.recurrence import occurrence_of, plain_occurrence
from sync.core.who import changed_texts
from sync.sandbox.microsoft365.identifiers import build_ical_uid, instance_uid
from sync.sandbox.microsoft365.outbox import MailKind
from tests.adapters.graph.test_people import (
    HANAKO,
    HER,
    HIM,
    JIRO,
    ME,
    OTHER_ROOM,
    ROOM,
    TARO,
    WITH_HER,
    WITH_HIM,
    Office,
    addresses_in,
    attendee,
    changing,
)
from tests.adapters.graph.test_series_reading import exception, master, shown
from tests.contract.calendar import made
from tests.contract.series import FRIDAY, NEXT_WEDNESDAY, WEDNESDAY, create_series, series

ON = NEXT_WEDNESDAY.isoformat()


def meeting(*people: Participant, **more: Any) -> Event:
    return replace(series(), participants=(ME, *people), organizer=TARO, **more)


def on_date(event: Event, *people: Participant, day: date = NEXT_WEDNESDAY, **more: Any) -> Event:
    """The series with these people on one date."""
    content = replace(plain_occurrence(event, day), participants=(ME, *people), **more)
    plain = plain_occurrence(event, day)
    return with_occurrence(event, day, content, [*changed_texts(content, plain), *more.keys() & set(Field)])


def arrived(office: Office, event: Event) -> Seen:
    seen = made(office.calendar, create_series(event))
    office.mails()
    return office.now(seen.id)


def who(seen: Seen, day: date = NEXT_WEDNESDAY) -> set[str]:
    found = occurrence_of(seen.event, day)
    assert found is not None
    return addresses_in(found)


# -- reading ------------------------------------------------------------------------------------------------------


def test_who_did_not_answer_for_a_date_has_answered_for_all() -> None:
    item = master(
        attendees=[attendee(HANAKO, response="accepted"), attendee(JIRO, response="accepted")],
        exceptionOccurrences=[
            exception("2026-09-14", attendees=[attendee(HANAKO), attendee(JIRO, response="declined")]),
        ],
    )
    found = occurrence_of(shown(item).event, date(2026, 9, 14))
    assert found is not None
    assert {p.email: p.response for p in found.participants} == {HANAKO: "accepted", JIRO: "declined"}


def test_what_the_organizer_called_off_is_told_from_what_the_owner_deleted() -> None:
    gone = exception("2026-09-14", isCancelled=True)
    event = shown(
        master(isOrganizer=False, exceptionOccurrences=[gone], cancelledOccurrences=["OID.M.2026-09-21"])
    ).event
    assert event.recurrence is not None
    assert event.recurrence.exdates == (date(2026, 9, 14), date(2026, 9, 21))
    assert event.called_off == {date(2026, 9, 14)}


def test_the_uid_of_one_date_names_its_series() -> None:
    uid = build_ical_uid(bytes(16), datetime(2026, 9, 1, tzinfo=UTC))
    assert part_of(instance_uid(uid, WEDNESDAY)) == (uid, WEDNESDAY)
    assert part_of(uid) is None
    assert part_of("") is None
    assert part_of(instance_uid(uid, WEDNESDAY)[:-1] + "x") is None
    assert part_of("x@example.org") is None


# -- writing ------------------------------------------------------------------------------------------------------


def test_a_date_gets_the_whole_list_in_one_request_and_only_who_is_new_a_mail() -> None:
    office = Office()
    seen = arrived(office, meeting(HER))
    before = office.world.tenant.requests.count("PATCH")
    after = made(office.calendar, changing(seen, on_date(meeting(HER), HER, HIM), f"{ON}/{WITH_HIM}"))
    assert office.world.tenant.requests.count("PATCH") == before + 1
    assert (who(after), who(after, FRIDAY)) == ({HANAKO, JIRO}, {HANAKO})
    assert office.mails() == [("invitation", JIRO)]


def test_a_date_loses_somebody_and_has_them_back() -> None:
    office = Office()
    seen = arrived(office, meeting(HER, HIM))
    less = made(office.calendar, changing(seen, on_date(meeting(HER, HIM), HER), f"{ON}/{WITH_HIM}"))
    assert (who(less), office.mails()) == ({HANAKO}, [("cancellation", JIRO)])
    again = made(office.calendar, changing(less, meeting(HER, HIM), f"{ON}/{WITH_HIM}"))
    assert (who(again), office.mails()) == ({HANAKO, JIRO}, [("invitation", JIRO)])


def test_what_is_so_already_is_not_sent() -> None:
    office = Office()
    wanted = on_date(meeting(HER), HER, HIM)
    seen = arrived(office, wanted)
    assert who(seen) == {HANAKO, JIRO}
    names = (f"{ON}/{WITH_HIM}", f"{ON}/{WITH_HER}", f"{ON}/answer/u:u-hanako")
    before = office.world.tenant.requests.count("PATCH")
    assert made(office.calendar, changing(seen, wanted, *names))
    assert office.world.tenant.requests.count("PATCH") == before
    assert office.mails() == []


def test_only_the_named_people_of_a_date_change() -> None:
    office = Office()
    seen = arrived(office, on_date(meeting(HER), HIM))
    after = made(office.calendar, changing(seen, meeting(HER), f"{ON}/{WITH_HER}"))
    assert who(after) == {HANAKO, JIRO}


def test_the_fields_of_a_date_travel_with_its_people() -> None:
    office = Office()
    seen = arrived(office, meeting(HER))
    before = office.world.tenant.requests.count("PATCH")
    wanted = on_date(meeting(HER), HER, HIM, title="特別")
    after = made(office.calendar, changing(seen, wanted, f"{ON}/{WITH_HIM}", f"{ON}/title"))
    assert office.world.tenant.requests.count("PATCH") == before + 1
    found = occurrence_of(after.event, NEXT_WEDNESDAY)
    assert found is not None
    assert (found.title, addresses_in(found)) == ("特別", {HANAKO, JIRO})


def test_a_date_has_a_room_of_its_own() -> None:
    office = Office()
    seen = arrived(office, meeting(facilities=(Booking("f-1"),), place="会議室A"))
    wanted = on_date(
        meeting(facilities=(Booking("f-1"),), place="会議室A"), facilities=(Booking("f-2"),), place="会議室B"
    )
    names = (f"{ON}/room/f-1", f"{ON}/room/f-2", f"{ON}/place")
    after = made(office.calendar, changing(seen, wanted, *names))
    found = occurrence_of(after.event, NEXT_WEDNESDAY)
    assert found is not None
    assert ([b.facility for b in found.facilities], found.place) == ([OTHER_ROOM], "会議室B")
    assert office.world.tenant.outbox.count(MailKind.ROOM_CANCELLATION, to=ROOM) == 1
    on_that_day = office.world.mailbox.occurrences(
        seen.id, NEXT_WEDNESDAY, NEXT_WEDNESDAY + timedelta(days=1)
    )
    assert on_that_day[0]["location"]["locationEmailAddress"] == OTHER_ROOM


@pytest.mark.parametrize("follows", [True, False])
def test_who_joins_the_series_joins_the_dates_that_have_people_of_their_own(follows: bool) -> None:
    """Whether Exchange does so by itself is not documented (3.3)."""
    office = Office()
    office.world.tenant.switch(exceptions_follow_attendees=follows)
    outsider = Participant(email="x@elsewhere.example")
    seen = arrived(office, on_date(meeting(HER), HER, outsider))
    after = made(office.calendar, changing(seen, on_date(meeting(HER, HIM), HER, HIM, outsider), WITH_HIM))
    assert who(after) == {HANAKO, JIRO, "x@elsewhere.example"}
    assert addresses_in(after.event) == {HANAKO, JIRO}


@pytest.mark.parametrize("follows", [True, False])
def test_a_date_that_somebody_is_to_stay_away_from_keeps_without_them(follows: bool) -> None:
    office = Office()
    office.world.tenant.switch(exceptions_follow_attendees=follows)
    seen = arrived(office, on_date(meeting(HER)))
    wanted = on_date(meeting(HER, HIM))
    after = made(office.calendar, changing(seen, wanted, WITH_HIM, f"{ON}/{WITH_HIM}"))
    assert (who(after), who(after, FRIDAY)) == (set(), {HANAKO, JIRO})


@pytest.mark.parametrize("drops", [True, False])
def test_people_and_rooms_of_a_date_outlive_another_time_of_the_series(drops: bool) -> None:
    office = Office()
    office.world.tenant.switch(pattern_change_drops_exceptions=drops)
    wanted = on_date(meeting(HER, facilities=(Booking("f-1"),)), HIM, facilities=(Booking("f-2"),))
    seen = arrived(office, wanted)
    assert isinstance(seen.event.span, Timed)
    hours = timedelta(hours=2)
    moved = replace(seen.event, span=Timed(seen.event.span.start + hours, seen.event.span.end + hours))
    after = made(office.calendar, changing(seen, moved, "time"))
    found = occurrence_of(after.event, NEXT_WEDNESDAY)
    assert found is not None
    assert ([b.facility for b in found.facilities], addresses_in(found)) == ([OTHER_ROOM], {JIRO})
    assert who(after, FRIDAY) == {HANAKO}
