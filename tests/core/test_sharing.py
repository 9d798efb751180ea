"""Who is who in Outlook, whose mailbox holds a meeting, and what comes back to the groupware."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.attendance import for_outlook, place_of
from sync.core.event import Booking, Event, Override, Participant, Recurrence
from sync.core.people import People, Person
from sync.core.settings import ParticipantsMode
from sync.core.sharing import (
    addressed,
    for_groupware,
    from_outlook,
    host_of,
    resolved,
    taking_part,
)
from sync.core.who import who_key, who_texts, with_people
from tests.core.samples import meeting
from tests.core.who_is_who import PEOPLE, group, groupware_events, in_outlook, outsider, user

MEETING, APPOINTMENTS = ParticipantsMode.MEETING, ParticipantsMode.APPOINTMENTS


def attendee(email: str, name: str = "", response: str | None = "none") -> Participant:
    return Participant(email=email, name=name, response=response)


# Reading Outlook.


def test_addresses_become_users_and_facilities() -> None:
    shown = meeting(
        organizer="AOKI@corp.example",
        participants=(
            attendee("B.Baba@corp.example", "Baba", "accepted"),
            attendee("doi@corp.example"),
            attendee("x@out.example", "X"),
            attendee("Team@corp.example"),
        ),
        facilities=(Booking("ROOM1@corp.example", "rejected"), Booking("other@corp.example")),
    )
    found = resolved(shown, PEOPLE)
    assert found.participants == (
        Participant(user="aoki", email="AOKI@corp.example"),
        Participant(user="baba", email="B.Baba@corp.example", name="Baba", response="accepted"),
        Participant(user="doi", email="doi@corp.example", response="none"),
        attendee("x@out.example", "X"),
        attendee("Team@corp.example"),  # of two people: nobody's
    )
    assert found.facilities == (Booking("f1", "rejected"), Booking("other@corp.example"))
    back = addressed(found, PEOPLE)
    assert [one.email for one in back.participants] == [one.email for one in shown.participants]
    assert back.facilities == (Booking("room1@corp.example", "rejected"), Booking("other@corp.example"))


def test_a_plain_appointment_is_its_owners_alone() -> None:
    assert who_texts(resolved(meeting(organizer="aoki@corp.example"), PEOPLE)) == {"with/u:aoki": "yes"}
    # Also under an address that nobody knows.
    assert who_texts(resolved(meeting(organizer="a@alias.example"), PEOPLE, "aoki")) == {"with/u:aoki": "yes"}
    assert who_texts(resolved(meeting(), PEOPLE, "aoki")) == {"with/u:aoki": "yes"}
    assert resolved(meeting(), PEOPLE).participants == ()
    assert resolved(meeting(organizer=""), PEOPLE, "aoki").participants == (user("aoki"),)


def test_the_organizer_of_a_copy_is_somebody_else() -> None:
    copy = meeting(organizer="boss@out.example", is_host=False, participants=(attendee("aoki@corp.example"),))
    assert who_texts(resolved(copy, PEOPLE, "aoki")) == {
        "with/m:boss@out.example": "yes",
        "with/u:aoki": "yes",
    }


def test_the_organizer_among_the_attendees_is_there_once() -> None:
    shown = meeting(
        organizer="aoki@corp.example",
        participants=(attendee("Aoki@corp.example", "青木", "organizer"), attendee("baba@corp.example")),
    )
    found = resolved(shown, PEOPLE, "aoki")
    assert [who_key(one) for one in found.participants] == ["u:aoki", "u:baba"]
    assert [one.email for one in addressed(found, PEOPLE).participants] == ["baba@corp.example"]


@pytest.mark.parametrize(
    ("response", "state"), [("accepted", "approved"), ("declined", "rejected"), ("none", "requested")]
)
def test_a_room_invited_like_a_person_is_a_booking(response: str, state: str) -> None:
    shown = meeting(
        organizer="aoki@corp.example", participants=(attendee("room2@corp.example", "", response),)
    )
    found = resolved(shown, PEOPLE)
    assert found.facilities == (Booking("f2", state),)
    assert len(found.participants) == 1


def test_an_attendee_without_an_address_is_no_part_and_is_kept() -> None:
    shown = meeting(organizer="aoki@corp.example", participants=(attendee("", "無名"), attendee("", "無名2")))
    found = resolved(shown, PEOPLE, "aoki")
    assert who_texts(found) == {"with/u:aoki": "yes"}
    assert (
        addressed(with_people(found, meeting(), ["with/u:baba"]), PEOPLE).participants == shown.participants
    )
    assert from_outlook(found, PEOPLE) == (user("aoki"),)


def test_occurrences_are_resolved_as_well() -> None:
    day = date(2026, 12, 1)
    rule = "FREQ=WEEKLY;BYDAY=TU"
    on_day = meeting("別件", organizer="aoki@corp.example", participants=(attendee("baba@corp.example"),))
    series = meeting(
        organizer="aoki@corp.example", recurrence=Recurrence(rule, overrides=(Override(day, on_day),))
    )
    found = resolved(series, PEOPLE, "aoki")
    assert found.recurrence is not None
    date_parts = who_texts(found.recurrence.overrides[0].event)
    assert date_parts == {"with/u:aoki": "yes", "with/u:baba": "yes"}
    back = addressed(found, PEOPLE)
    assert back.recurrence is not None
    assert [p.email for p in back.recurrence.overrides[0].event.participants] == ["baba@corp.example"]


# Whose mailbox.


@pytest.mark.parametrize(
    ("participants", "owner", "claimed", "left", "host"),
    [
        ((user("baba"), user("aoki")), "aoki", None, (), "aoki"),
        ((user("baba"), user("aoki")), "aoki", "baba", (), "baba"),
        ((user("baba"), user("aoki")), "aoki", "chiba", (), "aoki"),  # the claimed host does not take part
        ((user("baba"), user("aoki")), "chiba", None, (), "baba"),  # the owner does not take part
        ((user("endo"), user("aoki")), "endo", None, (), "aoki"),  # the owner is not linked
        ((user("endo"), user("aoki")), None, "endo", (), "aoki"),
        ((user("baba", "declined"), user("aoki")), "baba", "baba", (), "aoki"),
        ((user("baba"), user("aoki")), "baba", "baba", ("baba",), "aoki"),
        ((group("sales"),), "aoki", None, (), "baba"),
        ((group("sales"),), "aoki", "chiba", (), "chiba"),
        ((group("sales"), user("baba", "declined")), None, None, (), "chiba"),
        ((outsider("AOKI@corp.example"),), None, None, (), "aoki"),
        ((user("hara"),), None, None, (), "hara"),  # no address is needed to hold a meeting
        ((user("endo"), group("empty"), outsider("x@out.example")), "endo", None, (), None),
        ((), "aoki", "aoki", (), None),
        ((user("aoki", "declined"),), "aoki", "aoki", (), None),
    ],
)
def test_the_host(
    participants: tuple[Participant, ...],
    owner: str | None,
    claimed: str | None,
    left: tuple[str, ...],
    host: str | None,
) -> None:
    assert host_of(meeting(participants=participants, owner=owner), PEOPLE, claimed, left) == host


def test_a_paused_host_stays_the_host_and_no_paused_person_becomes_one() -> None:
    paused = {"aoki": PEOPLE.linked["aoki"]}
    people = replace(PEOPLE, linked={"baba": PEOPLE.linked["baba"]}, paused=paused)
    event = meeting(participants=(user("aoki"), user("baba")), owner="aoki")
    assert host_of(event, people, "aoki") == "aoki"
    assert host_of(event, people, None) == "baba"
    assert host_of(event, people, "aoki", ("aoki",)) == "baba"
    assert host_of(replace(event, participants=(user("baba"),)), people, "aoki") == "baba"


@given(groupware_events, st.sampled_from([None, "aoki", "baba", "endo"]))
def test_the_host_takes_part_and_stays_the_host(event: Event, claimed: str | None) -> None:
    host = host_of(event, PEOPLE, claimed)
    linked = [one for one in taking_part(event, PEOPLE) if one in PEOPLE.linked]
    if host is None:
        assert linked == []
        return
    assert host in linked
    assert host_of(event, PEOPLE, host) == host
    assert host_of(replace(event, participants=(*event.participants, user("chiba"))), PEOPLE, host) == host
    assert host_of(event, PEOPLE, host, {host}) != host


# Back to the groupware.


@pytest.mark.parametrize("mode", ParticipantsMode)
@given(groupware_events)
def test_nothing_comes_back_of_what_was_written(mode: ParticipantsMode, event: Event) -> None:
    host = host_of(event, PEOPLE, None)
    if host is None:
        return
    shown = resolved(in_outlook(for_outlook(event, PEOPLE, mode, host)[0]), PEOPLE, host)
    held = who_texts(shown)
    back = for_groupware(shown, PEOPLE, event, held)
    assert back.participants == event.participants
    assert back.facilities == event.facilities
    assert place_of(back, PEOPLE) == place_of(event, PEOPLE)
    assert (back.body, back.block, back.organizer, back.is_host) == (event.body, "", None, True)
    if mode is MEETING:  # also where nothing is known of the last time
        assert from_outlook(shown, PEOPLE, event.participants) == event.participants
        assert for_groupware(shown, PEOPLE, event).facilities == event.facilities


@given(groupware_events, st.sampled_from(["baba", "chiba", "doi"]))
def test_only_whom_outlook_held_can_leave_there(event: Event, gone: str) -> None:
    host = host_of(event, PEOPLE, None)
    if host is None or host == gone:
        return
    shown = resolved(in_outlook(for_outlook(event, PEOPLE, MEETING, host)[0]), PEOPLE, host)
    held = who_texts(shown)
    without = with_people(shown, meeting(), [f"with/u:{gone}"])
    after = from_outlook(without, PEOPLE, event.participants, held)
    left = [one for one in event.participants if one not in after]
    assert [one for one in event.participants if one in after] == list(after)
    for one in left:
        assert gone == (one.user or PEOPLE.user_of(one.email or ""))
        assert f"with/u:{gone}" in held
    if f"with/u:{gone}" in held and user(gone) in event.participants:
        assert user(gone) in left
    assert from_outlook(without, PEOPLE, event.participants) == after


@given(groupware_events)
def test_who_is_invited_in_outlook_comes_in_once(event: Event) -> None:
    host = host_of(event, PEOPLE, None)
    if host is None:
        return
    shown = resolved(in_outlook(for_outlook(event, PEOPLE, MEETING, host)[0]), PEOPLE, host)
    held = who_texts(shown)
    new = resolved(
        meeting(
            participants=(
                attendee("chiba@corp.example", "千葉", "accepted"),
                attendee("new@out.example", "new@out.example"),
                attendee("DOI@corp.example", "土井"),
            )
        ),
        PEOPLE,
    )
    after = from_outlook(
        replace(shown, participants=shown.participants + new.participants), PEOPLE, event.participants, held
    )
    before = [who_key(replace(one, response=None)) for one in event.participants]
    assert [who_key(one) for one in after][: len(before)] == before
    added = after[len(before) :]
    by_mail = {PEOPLE.user_of(one.email) for one in event.participants if one.email}
    is_sales = group("sales") in event.participants
    users = {one.user for one in event.participants} | by_mail
    expected = [user("chiba", "accepted")] if not is_sales and "chiba" not in users else []
    expected.append(outsider("new@out.example"))
    if not is_sales and "doi" not in users:
        expected.append(user("doi"))
    assert list(added) == expected


def test_the_import_of_a_meeting() -> None:
    shown = meeting(
        organizer="boss@out.example",
        is_host=False,
        own_response="accepted",
        block="x",
        place="第1会議室",
        participants=(
            attendee("aoki@corp.example", "Aoki", "accepted"),
            attendee("doi@corp.example", "Doi", "declined"),
            attendee("x@out.example", "X", "tentative"),
            attendee("Y@out.example", "y@out.example"),
            attendee("b.baba@corp.example", "", "none"),
            attendee("baba@corp.example", "", "accepted"),
        ),
        facilities=(Booking("room1@corp.example", "requested"), Booking("unknown@corp.example")),
    )
    found = for_groupware(resolved(shown, PEOPLE, "aoki"), PEOPLE)
    assert found.participants == (
        outsider("boss@out.example"),
        user("aoki", "accepted"),
        user("doi", "declined"),
        outsider("x@out.example", "X", "tentative"),
        outsider("Y@out.example"),
        user("baba", "accepted"),
    )
    assert found.facilities == (Booking("f1"),)
    assert found.place == ""
    assert (found.organizer, found.is_host, found.own_response, found.block) == (None, True, "", "")
    assert found.owner is None
    own = for_groupware(resolved(meeting(organizer="b.baba@corp.example"), PEOPLE), PEOPLE)
    assert (own.owner, own.participants) == ("baba", (user("baba"),))


@pytest.mark.parametrize(
    ("ours", "shown", "held", "after"),
    [
        ("none", "accepted", {"with/u:baba"}, "accepted"),
        ("accepted", "declined", {"with/u:baba", "answer/u:baba"}, "declined"),
        ("accepted", "none", {"with/u:baba"}, "accepted"),  # answered in the groupware only
        ("accepted", "none", {"with/u:baba", "answer/u:baba"}, None),  # taken back in Outlook
        ("accepted", "none", None, "accepted"),
        ("none", "none", {"with/u:baba"}, "none"),
        ("none", "none", {"with/u:baba", "answer/u:baba"}, "none"),  # in the groupware as well
    ],
)
def test_answers_come_from_outlook(ours: str, shown: str, held: set[str] | None, after: str | None) -> None:
    event = resolved(
        meeting(organizer="aoki@corp.example", participants=(attendee("baba@corp.example", "", shown),)),
        PEOPLE,
    )
    found = from_outlook(event, PEOPLE, (user("aoki", "accepted"), user("baba", ours)), held)
    assert found == (user("aoki", "accepted"), user("baba", after))


@pytest.mark.parametrize(
    ("one", "held", "stays"),
    [
        (user("baba"), None, False),
        (user("baba"), set(), True),  # never arrived there
        (user("baba"), {"with/u:baba"}, False),
        (user("doi"), None, True),
        (user("doi"), {"with/u:doi"}, False),  # was invited by a person, by mail address
        (user("endo"), {"with/u:endo"}, True),  # unlinked meanwhile: shown as somebody else
        (user("fujii"), {"with/u:fujii"}, True),
        (outsider("x@out.example"), None, True),
        (outsider("x@out.example"), {"with/m:x@out.example"}, False),
        (outsider("B.Baba@corp.example"), {"with/u:baba"}, False),
        (outsider("B.Baba@corp.example"), None, False),
        (group("sales"), {"with/u:baba", "with/o:sales"}, True),
    ],
)
def test_who_is_no_longer_in_outlook(one: Participant, held: set[str] | None, stays: bool) -> None:
    event = resolved(meeting(organizer="aoki@corp.example"), PEOPLE)
    found = from_outlook(event, PEOPLE, (user("aoki"), one), held)
    assert found == ((user("aoki"), one) if stays else (user("aoki"),))


@pytest.mark.parametrize(
    ("before", "shown", "held", "after"),
    [
        ((Booking("f1", "requested"), Booking("f3")), ("f1",), {"room/f1"}, ("f1", "f3")),
        ((Booking("f1"), Booking("f3")), (), {"room/f1"}, ("f3",)),
        ((Booking("f1"),), (), set(), ("f1",)),
        ((Booking("f1"),), (), None, ()),
        ((Booking("f1", "rejected"),), (), None, ("f1",)),
        ((Booking("f3"),), ("f2", "unknown@x"), {"room/f2"}, ("f3", "f2")),
    ],
)
def test_rooms_come_and_go(
    before: tuple[Booking, ...], shown: tuple[str, ...], held: set[str] | None, after: tuple[str, ...]
) -> None:
    now = meeting(facilities=tuple(map(Booking, shown)))
    found = for_groupware(now, PEOPLE, meeting(facilities=before), held)
    assert tuple(booking.facility for booking in found.facilities) == after
    assert all(booking in found.facilities for booking in before if booking.facility in after)


def test_a_room_that_declined_stays_booked_in_the_groupware() -> None:
    now = resolved(meeting(facilities=(Booking("room1@corp.example", "rejected"),)), PEOPLE)
    found = for_groupware(now, PEOPLE, meeting(facilities=(Booking("f1"),)), {"room/f1"})
    assert found.facilities == (Booking("f1"),)
    assert who_texts(now) != who_texts(found)  # it does not stay unnoticed


def test_a_date_comes_back_with_its_own_people() -> None:
    day = date(2026, 12, 1)
    rule = "FREQ=WEEKLY;BYDAY=TU"

    def series(*on_day: Participant) -> Event:
        content = meeting("別件", participants=on_day)
        return meeting(
            participants=(user("aoki"), user("endo"), group("sales")),
            recurrence=Recurrence(rule, overrides=(Override(day, content),)),
        )

    ours = series(user("aoki"), user("endo"), outsider("x@out.example"), group("sales"))
    asked = {"2026-12-01/with/m:x@out.example"}
    fitted, _ = for_outlook(ours, PEOPLE, MEETING, "aoki", asked)
    shown = resolved(in_outlook(fitted), PEOPLE, "aoki")
    assert for_groupware(shown, PEOPLE, ours, {*who_texts(shown), *asked}).recurrence == ours.recurrence
    fewer = series(user("aoki"), user("endo"), group("sales"))
    fitted, _ = for_outlook(fewer, PEOPLE, MEETING, "aoki", asked)
    shown = resolved(in_outlook(fitted), PEOPLE, "aoki")
    assert for_groupware(shown, PEOPLE, ours, {*who_texts(shown), *asked}).recurrence == fewer.recurrence


def test_a_series_comes_in_with_its_dates() -> None:
    day = date(2026, 12, 1)
    content = meeting("別件", organizer="aoki@corp.example", participants=(attendee("x@out.example"),))
    series = meeting(
        organizer="aoki@corp.example",
        participants=(attendee("baba@corp.example"),),
        recurrence=Recurrence("FREQ=WEEKLY;BYDAY=TU", overrides=(Override(day, content),)),
    )
    found = for_groupware(resolved(series, PEOPLE, "aoki"), PEOPLE)
    assert found.participants == (user("aoki"), user("baba"))
    assert found.recurrence is not None
    assert found.recurrence.overrides[0].event.participants == (user("aoki"), outsider("x@out.example"))


def test_an_alias_of_two_people_names_neither() -> None:
    people = People(
        linked={
            "a": Person("a", "A", ("a@x.example", "both@x.example")),
            "b": Person("b", "B", ("both@x.example",)),
        }
    )
    event = meeting(participants=(user("a"), user("b")))
    fitted, lost = for_outlook(event, people, MEETING, "a")
    assert lost == ("address-ambiguous",)
    assert who_texts(fitted) == {"with/u:a": "yes"}
    shown = resolved(in_outlook(fitted, people), people, "a")
    assert from_outlook(shown, people, event.participants, who_texts(shown)) == event.participants
