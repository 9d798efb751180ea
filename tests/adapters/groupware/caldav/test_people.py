"""Who takes part: ATTENDEE and ORGANIZER, read, written, and the server kept from inviting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.change import SHARED
from sync.core.event import Booking, Event, Participant
from sync.core.who import answer_part, keyed, mail_key, room_part, user_key, who_key, with_part
from tests.adapters.groupware.caldav.texts import (
    CONTEXT,
    calendar,
    created,
    differing,
    event_of,
    shown,
    single,
    updated,
    vevent,
)

ORGANIZER = "ORGANIZER;CN=山田太郎:mailto:taro@example.com"
HANAKO = 'ATTENDEE;CN="花子; 経理";PARTSTAT=ACCEPTED;X-A=1:MAILTO:hanako@EXAMPLE.com'
GUEST = "ATTENDEE;ROLE=OPT-PARTICIPANT;CN=Pat:mailto:pat@example.org"
ROOM = "ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:room1@example.com"
TARO, GUEST_KEY = user_key("taro"), mail_key("pat@example.org")


def people(event: Event) -> dict[str | None, str | None]:
    return {who_key(one): one.response for one in event.participants}


def test_an_event_without_people_is_its_owner_s() -> None:
    found = shown(single())
    assert found.event.participants == (Participant(user="taro"),)
    assert found.event.owner == "taro"
    assert not found.residue


def test_people_are_known_by_their_addresses() -> None:
    event = event_of(single(ORGANIZER, HANAKO, GUEST))
    assert people(event) == {TARO: None, user_key("hanako"): "accepted", GUEST_KEY: "none"}
    assert event.owner == "taro"
    assert event.participants[2].name == "Pat"


def test_others_take_part_in_what_is_shared() -> None:
    assert shown(single(ORGANIZER, HANAKO)).residue == {SHARED: True}


@pytest.mark.parametrize(
    ("partstat", "response"),
    [
        ("ACCEPTED", "accepted"),
        ("declined", "declined"),
        ("TENTATIVE", "tentative"),
        ("NEEDS-ACTION", "none"),
        ("DELEGATED", "none"),
        ("X-MAYBE", "none"),
    ],
)
def test_an_answer_is_read(partstat: str, response: str) -> None:
    event = event_of(single(ORGANIZER, f"ATTENDEE;PARTSTAT={partstat}:mailto:hanako@example.com"))
    assert people(event)[user_key("hanako")] == response


def test_whose_calendar_it_stands_in_takes_part() -> None:
    event = event_of(single("ORGANIZER:mailto:boss@example.org", GUEST))
    assert list(people(event)) == [mail_key("boss@example.org"), GUEST_KEY, TARO]
    assert event.owner is None


def test_an_organizer_who_is_listed_too_takes_part_once() -> None:
    event = event_of(single(ORGANIZER, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:taro@example.com", HANAKO))
    assert people(event) == {TARO: "accepted", user_key("hanako"): "accepted"}


def test_rooms_are_bookings() -> None:
    event = event_of(single(ORGANIZER, ROOM, "ATTENDEE;CUTYPE=RESOURCE:mailto:beamer@example.org"))
    assert event.facilities == (Booking("r1", "approved"),)
    assert list(people(event)) == [TARO]
    waits = event_of(single(ORGANIZER, "ATTENDEE:mailto:ROOM1@example.com"))
    assert waits.facilities == (Booking("r1", "requested"),)
    assert list(people(waits)) == [TARO]


@pytest.mark.parametrize(
    "line", ["ATTENDEE:urn:uuid:1", "ATTENDEE:mailto:", "ATTENDEE;EMAIL=:invalid:nomail"]
)
def test_who_has_no_address_stays_in_the_text_alone(line: str) -> None:
    text = single(ORGANIZER, line)
    assert list(people(event_of(text))) == [TARO]
    assert line in updated(text, replace(event_of(text), title="b"), "title")


def test_a_calendar_user_may_tell_the_address() -> None:
    event = event_of(single(ORGANIZER, "ATTENDEE;EMAIL=hanako@example.com:urn:uuid:1"))
    assert user_key("hanako") in people(event)


# -- writing ------------------------------------------------------------------------------------------------------


def write(text: str, *parts: str, **fields: object) -> tuple[list[str], list[str]]:
    """The lines that go and those that come."""
    event = replace(event_of(text), **fields)  # type: ignore[arg-type]
    after = updated(text, event, *parts)
    for part in parts:
        assert (part in _parts(event_of(after))) is (part in _parts(event))
    return differing(text, after)


def _parts(event: Event) -> set[str]:
    found = {with_part(key) for key in keyed(event.participants)}
    found |= {
        answer_part(k) for k, one in keyed(event.participants).items() if one.response not in (None, "none")
    }
    return found | {room_part(booking.facility) for booking in event.facilities}


HANAKO_HERE = Participant(user="hanako", response="accepted")
GUEST_HERE = Participant(email="pat@example.org", name="Pat: X")


def test_whom_we_add_is_not_invited_by_the_server() -> None:
    ours = (Participant(user="taro"), HANAKO_HERE, GUEST_HERE)
    gone, new = write(single(), with_part(user_key("hanako")), with_part(GUEST_KEY), participants=ours)
    assert gone == []
    assert sorted(new) == [
        'ATTENDEE;CN="Pat: X";SCHEDULE-AGENT=CLIENT;PARTSTAT=NEEDS-ACTION:mailto:pat@example.org',
        "ATTENDEE;CN=鈴木花子;SCHEDULE-AGENT=CLIENT;PARTSTAT=NEEDS-ACTION:mailto:Hanako@example.com",
        "ORGANIZER;CN=山田太郎;SCHEDULE-AGENT=CLIENT:mailto:taro@example.com",
    ]


def test_an_answer_changes_nothing_but_itself() -> None:
    part = answer_part(user_key("hanako"))
    wanted = (Participant(user="taro"), replace(HANAKO_HERE, response="declined"))
    gone, new = write(single(ORGANIZER, HANAKO, GUEST), part, participants=wanted)
    assert (gone, new) == ([HANAKO], [HANAKO.replace("ACCEPTED", "DECLINED")])
    # A server that schedules sees no attendee leave it (RFC 6638 3.2.1).
    assert "SCHEDULE-AGENT" not in new[0]


def test_who_leaves_goes_and_nobody_else() -> None:
    text = single(ORGANIZER, HANAKO, GUEST, ROOM)
    left = tuple(one for one in event_of(text).participants if one.user != "hanako")
    assert write(text, with_part(user_key("hanako")), participants=left) == ([HANAKO], [])


def test_rooms_come_and_go() -> None:
    booked = (Booking("r1"),)
    gone, new = write(single(ORGANIZER), room_part("r1"), facilities=booked)
    assert gone == []
    assert new == [
        "ATTENDEE;CN=第1会議室;SCHEDULE-AGENT=CLIENT;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION:mailto:room1@example.com"
    ]
    assert write(single(ORGANIZER, ROOM), room_part("r1"), facilities=()) == ([ROOM], [])
    assert write(single(ORGANIZER, ROOM), room_part("r1"), facilities=booked) == ([], [])


def test_who_cannot_be_named_is_not_added() -> None:
    wanted = (Participant(user="taro"), Participant(user="jiro"))
    text = single()
    event = replace(event_of(text), participants=wanted, facilities=(Booking("r2"), Booking("r9")))
    assert updated(text, event, with_part(user_key("jiro")), room_part("r2"), room_part("r9")) == text


def test_people_of_a_series_are_those_of_its_changed_occurrences() -> None:
    text = calendar(
        vevent("DTSTART:20260902T100000Z", "RRULE:FREQ=DAILY;COUNT=5", ORGANIZER, HANAKO),
        vevent("DTSTART:20260903T120000Z", "RECURRENCE-ID:20260903T100000Z", ORGANIZER, HANAKO),
    )
    event = replace(event_of(text), participants=(Participant(user="taro"), GUEST_HERE))
    after = updated(text, event, with_part(user_key("hanako")), with_part(GUEST_KEY))
    assert HANAKO not in after.replace("\r\n ", "")
    assert after.replace("\r\n ", "").count("mailto:pat@example.org") == 2


def test_another_field_leaves_people_alone() -> None:
    text = single(HANAKO, GUEST, ROOM)
    assert differing(text, updated(text, replace(event_of(text), place="x"), "place")) == ([], ["LOCATION:x"])
    assert updated(text, event_of(text), *_parts(event_of(text))) == text


def test_a_new_event_has_its_people() -> None:
    event = event_of(single(ORGANIZER, HANAKO, GUEST, ROOM))
    found = event_of(created(event))
    assert people(found) == people(event)
    assert found.facilities == (Booking("r1", "requested"),)
    alone = created(event_of(single()))
    assert "ATTENDEE" not in alone
    assert "ORGANIZER" not in alone


def test_addresses_of_two_people_are_nobody_s() -> None:
    twice = replace(CONTEXT, users={**CONTEXT.users, "other": CONTEXT.users["hanako"]})
    event = event_of(single(ORGANIZER, HANAKO), twice)
    assert mail_key("hanako@example.com") in people(event)
