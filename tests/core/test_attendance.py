"""Who becomes an attendee in Outlook and who is only named there: nobody is dropped silently, and nobody is mailed
whom a person did not mean to invite."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given

from sync.core.attendance import Lost, attendees_for, for_outlook, place_of, rooms_for
from sync.core.event import Booking, Event, Override, Participant, Recurrence
from sync.core.people_block import block_of, split_block
from sync.core.settings import ParticipantsMode
from sync.core.sharing import host_of, resolved
from sync.core.who import keys_in, rooms_in, who_key, who_texts
from tests.core.samples import meeting
from tests.core.who_is_who import PEOPLE, group, groupware_events, in_outlook, outsider, user

MEETING, APPOINTMENTS = ParticipantsMode.MEETING, ParticipantsMode.APPOINTMENTS

AOKI = Participant(user="aoki", email="Aoki@corp.example", name="青木")
BABA = Participant(user="baba", email="baba@corp.example", name="馬場")
CHIBA = Participant(user="chiba", email="chiba@corp.example", name="千葉")


@pytest.mark.parametrize(
    ("participant", "attendees", "lines", "lost"),
    [
        (user("aoki"), (), (), ()),  # the host is no attendee
        (user("baba", "accepted"), (BABA,), (), ()),
        (user("endo"), (), ("遠藤",), (Lost.UNLINKED,)),
        (user("doi"), (), ("土井",), (Lost.UNLINKED,)),
        (user("?"), (), ("?",), (Lost.UNLINKED,)),
        (user("fujii"), (), ("藤井",), (Lost.AMBIGUOUS,)),
        (user("hara"), (), ("原",), (Lost.WITHOUT_ADDRESS,)),
        (group("sales"), (BABA, CHIBA), ("営業部 (組織 / group)",), (Lost.EXPANDED,)),
        (group("mixed"), (), ("混成 (組織 / group)",), (Lost.EXPANDED, Lost.AMBIGUOUS, Lost.WITHOUT_ADDRESS)),
        (group("unknown"), (), ("unknown (組織 / group)",), (Lost.EXPANDED,)),
        (outsider("x@out.example"), (), ("x@out.example",), (Lost.OUTSIDE,)),
        (outsider("x@out.example", "客"), (), ("客 <x@out.example>",), (Lost.OUTSIDE,)),
        (outsider("TEAM@corp.example"), (), ("TEAM@corp.example",), (Lost.AMBIGUOUS,)),
        # entered by mail address, but known
        (outsider("B.Baba@corp.example"), (BABA,), (), ()),
        (outsider("doi@corp.example"), (), ("土井",), (Lost.UNLINKED,)),
        (outsider("aoki@CORP.example"), (), (), ()),
    ],
)
def test_who_is_invited_and_who_is_named(
    participant: Participant,
    attendees: tuple[Participant, ...],
    lines: tuple[str, ...],
    lost: tuple[str, ...],
) -> None:
    event = meeting(participants=(user("aoki"), participant))
    assert attendees_for(event, PEOPLE, "aoki") == (attendees, lines, lost)


@pytest.mark.parametrize(
    ("participant", "part"),
    [
        (outsider("X@out.example"), "with/m:x@out.example"),
        (user("doi"), "with/u:doi"),
        (outsider("doi@corp.example"), "with/u:doi"),
    ],
)
def test_who_was_invited_in_outlook_stays_invited(participant: Participant, part: str) -> None:
    event = meeting(participants=(user("aoki"), participant))
    for mode in (MEETING, APPOINTMENTS):
        found = attendees_for(event, PEOPLE, "aoki", {part}, mode)
        assert [f"with/{who_key(one)}" for one in found.attendees] == [part]
        assert found.lost == ()
    assert attendees_for(event, PEOPLE, "aoki", {part}).lines == ()


def test_who_has_no_address_any_more_is_named() -> None:
    event = meeting(participants=(user("aoki"), user("endo")))
    assert attendees_for(event, PEOPLE, "aoki", {"with/u:endo"}) == ((), ("遠藤",), (Lost.UNLINKED,))


def test_everybody_once() -> None:
    event = meeting(participants=(user("aoki"), group("sales"), user("baba"), outsider("chiba@corp.example")))
    found = attendees_for(event, PEOPLE, "aoki")
    assert found.attendees == (BABA, CHIBA)
    assert found.lines == ("営業部 (組織 / group)",)


def test_in_appointments_mode_nobody_is_invited_and_all_are_named() -> None:
    event = meeting(
        participants=(user("aoki"), user("baba"), user("endo"), group("sales"), outsider("x@out.example"))
    )
    lines = ("青木", "馬場", "遠藤", "営業部 (組織 / group)", "x@out.example")
    assert attendees_for(event, PEOPLE, "baba", (), APPOINTMENTS) == ((), lines, ())
    of_group = meeting(participants=(group("sales"),))
    assert attendees_for(of_group, PEOPLE, "baba", (), APPOINTMENTS).lines == ("営業部 (組織 / group)",)
    alone = meeting(participants=(user("aoki"),))
    assert attendees_for(alone, PEOPLE, "aoki", (), APPOINTMENTS).lines == ()


@pytest.mark.parametrize(
    ("bookings", "place", "booked", "lines", "shown"),
    [
        ((Booking("f1"), Booking("f2", "requested")), "", ("f1", "f2"), (), "第1会議室; 第2会議室"),
        ((Booking("f1", "rejected"),), "", (), (), ""),
        ((Booking("f1"), Booking("f3")), "", ("f1",), (), "第1会議室; 応接室"),
        ((Booking("f3"),), "本社", (), ("応接室 (設備 / facility)",), "本社"),
        ((Booking("f3"),), "本社 応接室", (), (), "本社 応接室"),
        ((Booking("f4"), Booking("f5")), "", (), (), "倉庫; 車庫"),  # one mailbox for both
        ((Booking("f9"),), "", (), (), "f9"),
    ],
)
def test_rooms_are_booked_where_they_have_a_mailbox(
    bookings: tuple[Booking, ...], place: str, booked: tuple[str, ...], lines: tuple[str, ...], shown: str
) -> None:
    event = meeting(facilities=bookings, place=place)
    found = rooms_for(event, PEOPLE)
    assert found.bookings == tuple(map(Booking, booked))
    assert found.lines == lines
    unlinked = [b for b in bookings if b.state != "rejected" and b.facility not in booked]
    assert found.lost == ((Lost.FACILITY,) if unlinked else ())
    assert place_of(event, PEOPLE) == shown


def test_in_appointments_mode_rooms_are_only_named() -> None:
    event = meeting(facilities=(Booking("f1"), Booking("f2")), place="本社")
    assert rooms_for(event, PEOPLE, (), APPOINTMENTS) == (
        (),
        ("第1会議室 (設備 / facility)", "第2会議室 (設備 / facility)"),
        (),
    )
    assert rooms_for(event, PEOPLE, {"room/f2"}, APPOINTMENTS).bookings == (Booking("f2"),)


def test_the_event_in_the_hosts_mailbox() -> None:
    event = meeting(
        participants=(user("baba", "accepted"), user("aoki"), user("endo")),
        facilities=(Booking("f1"), Booking("f3")),
        body=f"議題\n\n{block_of(['写し'])}",
        owner="endo",
    )
    fitted, lost = for_outlook(event, PEOPLE, MEETING, "aoki")
    assert lost == (Lost.UNLINKED, Lost.FACILITY)
    assert fitted.participants == (AOKI, BABA)
    assert fitted.facilities == (Booking("f1"),)
    assert (fitted.place, fitted.body, fitted.block) == ("第1会議室; 応接室", "議題", block_of(["遠藤"]))
    assert (fitted.organizer, fitted.is_host) == ("Aoki@corp.example", True)
    changes = ("participants", "facilities", "place", "body", "block", "organizer")
    assert replace(fitted, **{name: getattr(event, name) for name in changes}) == event


def test_a_date_has_its_own_people() -> None:
    series = meeting(participants=(user("aoki"), user("baba")), recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU"))
    day = date(2026, 12, 1)
    date_of = meeting(
        day=24, participants=(user("aoki"), user("chiba"), outsider("x@out.example"), user("endo"))
    )
    other = replace(series, recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU", (), (), (Override(day, date_of),)))
    fitted, lost = for_outlook(other, PEOPLE, MEETING, "aoki", {"2026-12-01/with/m:x@out.example"})
    assert lost == (Lost.UNLINKED,)
    assert fitted.participants == (AOKI, BABA)
    assert fitted.block == ""
    assert fitted.recurrence is not None
    on_day = fitted.recurrence.overrides[0].event
    assert on_day.participants == (AOKI, CHIBA, Participant(email="x@out.example"))
    assert on_day.block == block_of(["遠藤"])
    # Who stays invited on one date is not invited to all.
    assert for_outlook(other, PEOPLE, MEETING, "aoki")[0].recurrence != fitted.recurrence


@pytest.mark.parametrize("mode", ParticipantsMode)
@given(groupware_events)
def test_outlook_shows_what_was_written(mode: ParticipantsMode, event: Event) -> None:
    host = host_of(event, PEOPLE, None)
    if host is None:
        return
    fitted, _ = for_outlook(event, PEOPLE, mode, host)
    shown = resolved(in_outlook(fitted), PEOPLE, host)
    assert who_texts(shown) == who_texts(fitted)
    assert for_outlook(event, PEOPLE, mode, host, who_texts(shown))[0] == fitted


@given(groupware_events)
def test_only_linked_people_and_rooms_are_mailed(event: Event) -> None:
    host = host_of(event, PEOPLE, None)
    if host is None:
        return
    fitted, _ = for_outlook(event, PEOPLE, MEETING, host)
    assert keys_in(who_texts(fitted)) <= {"u:aoki", "u:baba", "u:chiba", f"u:{host}"}
    assert rooms_in(who_texts(fitted)) <= {"f1", "f2"}
    appointment, lost = for_outlook(event, PEOPLE, APPOINTMENTS, host)
    assert keys_in(who_texts(appointment)) == {f"u:{host}"}
    assert not appointment.facilities
    assert lost == ()


@pytest.mark.parametrize("mode", ParticipantsMode)
@given(groupware_events)
def test_nobody_is_dropped_silently(mode: ParticipantsMode, event: Event) -> None:
    host = host_of(event, PEOPLE, None)
    if host is None:
        return
    fitted, lost = for_outlook(event, PEOPLE, mode, host)
    invited = keys_in(who_texts(fitted))
    named = [one for one in event.participants if who_key(resolved_one(one)) not in invited]
    assert (fitted.block == "") <= (not named)
    for one in named:
        assert line_of(one) in fitted.block.split("\n")
    if mode is MEETING:
        assert bool(lost) == bool(
            named or len(fitted.facilities) < len([b for b in event.facilities if b.state != "rejected"])
        )
    for booking in event.facilities:
        if booking.state != "rejected":
            name = PEOPLE.facility_names.get(booking.facility, booking.facility)
            assert (
                name in fitted.place or name in fitted.block or Booking(booking.facility) in fitted.facilities
            )
    assert split_block(fitted.block) == ("", fitted.block)


def resolved_one(one: Participant) -> Participant:
    return replace(one, user=one.user or PEOPLE.user_of(one.email or ""))


def line_of(one: Participant) -> str:
    if one.organization is not None:
        return f"│ {PEOPLE.organization_names.get(one.organization, one.organization)} (組織 / group)"
    who = resolved_one(one).user
    if who is not None:
        linked = PEOPLE.linked[who].name if who in PEOPLE.linked else who
        return f"│ {PEOPLE.names.get(who, linked)}"
    return f"│ {one.name} <{one.email}>" if one.name else f"│ {one.email}"
