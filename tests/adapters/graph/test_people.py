"""Who takes part and which rooms are booked: what is read of it, what is sent for it, and whom that mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from sync.adapters.graph.attendees import Addresses, attendees_to_graph, is_written
from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.mapping import OUTLOOK, TypeTable, create_to_graph, seen_from_graph
from sync.core.change import Seen
from sync.core.event import Booking, Event, Field, Participant
from sync.core.recurrence import occurrence_of
from sync.errors import CannotSync, Moved
from sync.ports import Outcome, Verb, Write
from sync.sandbox.microsoft365 import Mailbox
from sync.sandbox.microsoft365.outbox import PEOPLE_KINDS, MailKind
from tests.adapters.graph.canned import Json, batch_of, graph_event
from tests.adapters.graph.simulated import World, hour, make_world
from tests.adapters.graph.test_series_reading import exception, master, series_of, shown
from tests.adapters.graph.test_writes import Wire, answer
from tests.contract.calendar import create, delete, made, timed, written
from tests.contract.series import NEXT_WEDNESDAY, create_series, override, series

TARO, HANAKO, JIRO = "taro@example.com", "hanako@example.com", "jiro@example.com"
GUEST, ROOM, OTHER_ROOM = "Guest@Example.org", "room-a@example.com", "room-b@example.com"
USERS = {TARO: "u-taro", HANAKO: "u-hanako", JIRO: "u-jiro"}
ROOMS = {"f-1": ROOM, "f-2": OTHER_ROOM}
ME = Participant(user="u-taro", email=TARO)
HER, HIM = Participant(user="u-hanako", email=HANAKO), Participant(user="u-jiro", email=JIRO)
OUTSIDER = Participant(email=GUEST)
WITH_HER, WITH_HIM = "with/u:u-hanako", "with/u:u-jiro"


def user_of(address: str) -> str | None:
    return USERS.get(address.lower())


KNOWN = Addresses(ROOMS.get, user_of)


def attendee(address: str, kind: str = "required", response: str = "none", **more: Any) -> Json:
    status = {"response": response, "time": "0001-01-01T00:00:00Z"}
    return {"type": kind, "status": status, "emailAddress": {"address": address, "name": address}} | more


def is_of_others(outcome: Outcome) -> bool:
    return isinstance(outcome.error, CannotSync) and outcome.error.code == "meeting-of-others"


def organized_by(address: str) -> Json:
    return {"emailAddress": {"address": address, "name": "x"}}


def read(**changes: Any) -> Seen:
    found = seen_from_graph(graph_event(**changes), zone="Asia/Tokyo", types=TypeTable())
    assert isinstance(found, Seen)
    return found


# What is read.


def test_attendees_are_people_and_rooms() -> None:
    event = read(
        organizer=organized_by(TARO),
        attendees=[
            attendee(HANAKO, response="accepted"),
            attendee(JIRO, "optional", "tentativelyAccepted"),
            attendee(GUEST, response="declined"),
            attendee("new@example.org", response="notResponded"),
            attendee(TARO.upper(), response="organizer"),
            attendee(ROOM, "resource", "accepted"),
            attendee(OTHER_ROOM, "resource", "declined"),
            attendee("room-c@example.com", "resource", "none"),
        ],
    ).event
    assert [(p.email, p.response) for p in event.participants] == [
        (HANAKO, "accepted"),
        (JIRO, "tentative"),
        (GUEST, "declined"),
        ("new@example.org", "none"),
    ]
    assert event.participants[0].name == HANAKO
    assert event.facilities == (
        Booking(ROOM, "approved"),
        Booking(OTHER_ROOM, "rejected"),
        Booking("room-c@example.com", "requested"),
    )
    assert (event.organizer, event.is_host, event.own_response) == (TARO, True, "")


@pytest.mark.parametrize(
    "attendees",
    [None, [None], [{}], [{"type": "required", "emailAddress": {"name": "誰か"}}], [{"emailAddress": None}]],
)
def test_who_has_no_address_is_nobody(attendees: Any) -> None:
    event = read(attendees=attendees, organizer=None, responseStatus=None, isOrganizer=None).event
    assert (event.participants, event.facilities, event.organizer, event.is_host) == ((), (), None, True)


@pytest.mark.parametrize(
    ("response", "own"),
    [
        ("none", ""),
        ("organizer", ""),
        ("notResponded", "none"),
        ("tentativelyAccepted", "tentative"),
        ("accepted", "accepted"),
        ("declined", "declined"),
    ],
)
def test_the_copy_of_a_guest_says_what_its_owner_answered(response: str, own: str) -> None:
    found = read(isOrganizer=False, organizer=organized_by(GUEST), responseStatus={"response": response})
    assert (found.event.is_host, found.event.organizer, found.event.own_response) == (False, GUEST, own)
    assert found.hands_off is None


def test_dates_of_a_series_have_people_of_their_own() -> None:
    item = master(
        attendees=[attendee(HANAKO)],
        exceptionOccurrences=[
            exception("2026-09-14", subject="x", attendees=[attendee(HANAKO), attendee(JIRO)]),
        ],
    )
    event = shown(item).event
    one = occurrence_of(event, date(2026, 9, 14))
    other = occurrence_of(event, date(2026, 9, 21))
    assert one is not None
    assert other is not None
    assert [p.email for p in one.participants] == [HANAKO, JIRO]
    assert [p.email for p in other.participants] == [HANAKO]


def test_a_date_that_was_called_off_does_not_take_place() -> None:
    gone = exception("2026-09-14", isCancelled=True, subject="Canceled: 打合せ")
    found = shown(master(isOrganizer=False, exceptionOccurrences=[gone]))
    assert found.hands_off is None
    assert series_of(found.event).exdates == (date(2026, 9, 14),)
    assert series_of(found.event).overrides == ()


# What is sent.


def test_outlook_says_that_it_holds_people_rooms_and_the_block() -> None:
    assert OUTLOOK.people == {"with", "room"}
    assert Field.BLOCK in OUTLOOK.fields


@pytest.mark.parametrize(
    ("part", "is_sent"),
    [
        ("title", True),
        ("with/u:2026-09-01/x", True),
        ("room/f-1", True),
        ("answer/u:u-taro", False),
        ("2026-09-14/title", True),
        ("2026-09-14/with/u:u-taro", True),
        ("2026-09-14/room/f-1", True),
        ("2026-09-14/answer/u:u-taro", False),
    ],
)
def test_answers_are_never_written(part: str, is_sent: bool) -> None:
    assert is_written(part) is is_sent


def created(event: Event) -> Json:
    return create_to_graph(event, zone="Asia/Tokyo", types=TypeTable(), marker="", token="t", addresses=KNOWN)


def test_a_create_invites_everyone_who_has_an_address_but_the_organizer() -> None:
    nameless = Participant(user="u-x")
    event = timed(
        "x",
        participants=(ME, replace(HER, name="佐藤 花子"), nameless, OUTSIDER, replace(HER, email=TARO)),
        facilities=(Booking("f-1"), Booking("f-unlinked")),
        organizer=TARO.upper(),
    )
    assert created(event)["attendees"] == [
        {"type": "required", "emailAddress": {"address": HANAKO, "name": "佐藤 花子"}},
        {"type": "required", "emailAddress": {"address": GUEST}},
        {"type": "resource", "emailAddress": {"address": ROOM}},
    ]
    assert "attendees" not in created(timed("x", participants=(ME,), organizer=TARO))


def test_a_single_room_is_the_place() -> None:
    one = timed("x", place="会議室", facilities=(Booking("f-1"),))
    assert created(one)["location"] == {"displayName": "会議室", "locationEmailAddress": ROOM}
    two = replace(one, facilities=(Booking("f-1"), Booking("f-2")))
    assert created(two)["location"] == {"displayName": "会議室"}


KEPT = attendee(GUEST, "optional", "accepted", proposedNewTime={})
CURRENT = {
    "organizer": organized_by(TARO),
    "attendees": [KEPT, attendee(HANAKO.upper(), response="accepted"), attendee(ROOM, "resource")],
}


def patched(event: Event, *names: str, current: Json = CURRENT) -> list[str] | None:
    found = attendees_to_graph(event, names, current, KNOWN)
    return None if found is None else [one["emailAddress"]["address"] for one in found]  # type: ignore[index]


def test_the_list_is_sent_as_a_whole_with_those_who_stay_as_they_are() -> None:
    found = attendees_to_graph(timed("x", participants=(HER, HIM)), [WITH_HIM], CURRENT, KNOWN)
    assert found is not None
    assert found[0] == {"type": "optional", "emailAddress": {"address": GUEST, "name": GUEST}}
    assert found[-1] == {"type": "required", "emailAddress": {"address": JIRO}}
    assert len(found) == 4


@pytest.mark.parametrize(
    ("event", "names", "left"),
    [
        # Somebody leaves: by user, by address, the room.
        (timed("x"), [WITH_HER], [GUEST, ROOM]),
        (timed("x"), ["with/m:guest@example.org"], [HANAKO.upper(), ROOM]),
        (timed("x"), ["room/f-1"], [GUEST, HANAKO.upper()]),
        # Who is not named stays, whatever the event says.
        (timed("x"), [], None),
        # As it is already.
        (timed("x", participants=(HER,)), [WITH_HER], None),
        (timed("x", facilities=(Booking("f-1"),)), ["room/f-1"], None),
        (timed("x"), [WITH_HIM, "room/f-2", "with/o:g-1"], None),
        # Never invited: the organizer, and who has no address.
        (timed("x", participants=(ME,)), ["with/u:u-taro"], None),
        (timed("x", participants=(Participant(user="u-jiro"),)), [WITH_HIM], None),
        (timed("x", facilities=(Booking("f-9"),)), ["room/f-9"], None),
        # A room in place of another.
        (
            timed("x", facilities=(Booking("f-2"),)),
            ["room/f-1", "room/f-2"],
            [GUEST, HANAKO.upper(), OTHER_ROOM],
        ),
        # A person by the address under which Outlook knew them before they were a user.
        (timed("x", participants=(Participant(user="u-new", email=GUEST),)), ["with/u:u-new"], None),
    ],
)
def test_only_the_named_come_and_go(event: Event, names: list[str], left: list[str] | None) -> None:
    assert patched(event, *names) == left


def test_without_a_directory_people_are_known_by_address_alone() -> None:
    plain = Addresses()
    assert attendees_to_graph(timed("x"), [WITH_HER], CURRENT, plain) is None
    left = attendees_to_graph(timed("x"), [f"with/m:{HANAKO}"], CURRENT, plain)
    assert left is not None
    assert len(left) == 2
    assert attendees_to_graph(timed("x"), [f"room/{ROOM}"], CURRENT, plain) is not None


def test_the_organizer_stays_where_exchange_lists_it() -> None:
    current = {"organizer": organized_by(TARO), "attendees": [attendee(TARO), attendee(JIRO)]}
    assert patched(timed("x"), "with/u:u-taro", current=current) is None


def test_the_meeting_of_others_is_never_written_but_may_be_deleted() -> None:
    wire = Wire(batch_of(answer(200, graph_event(isOrganizer=False))))
    (copy,) = wire.calendar.read(["E1"]).values()
    assert isinstance(copy, Seen)
    known = Wire(batch_of(answer(200, graph_event())))
    (outcome,) = known.write(changing(copy, timed("b"), Field.TITLE))
    assert is_of_others(outcome)
    assert known.items == []
    unknown = Wire(batch_of(answer(200, graph_event(isOrganizer=False))))
    (outcome,) = unknown.write(changing(replace(copy, residue={}, version=""), timed("b"), Field.TITLE))
    assert is_of_others(outcome)
    assert [item["method"] for item in unknown.items] == ["GET"]
    gone = Wire(batch_of(answer(204)))
    assert gone.write(delete("E1", "v")) == [Outcome("delete")]


def test_a_series_of_others_is_never_written() -> None:
    item = master(isOrganizer=False)
    seen = shown(item)
    wire = Wire(batch_of(answer(200, item)))
    (outcome,) = wire.write(changing(seen, replace(seen.event, title="x"), "2026-09-14/title"))
    assert is_of_others(outcome)
    assert {entry["method"] for entry in wire.items} == {"GET"}


@pytest.mark.parametrize("arrived", [True, False])
def test_a_lost_answer_about_people_is_settled_by_looking(arrived: bool) -> None:
    now = graph_event(attendees=[attendee(HANAKO)] if arrived else [])
    wire = Wire(
        batch_of(answer(200, graph_event())),
        requests.ReadTimeout(),
        batch_of(answer(412, code="ErrorIrresolvableConflict")),
        batch_of(answer(200, now)),
    )
    wire.calendar._translator.addresses = KNOWN
    shown_before = Seen(wire.calendar.side, "E1", "v", timed("a"))
    (outcome,) = wire.write(changing(shown_before, timed("a", participants=(HER,)), WITH_HER))
    if arrived:
        assert outcome.error is None
    else:
        assert isinstance(outcome.error, Moved)


# The simulator: whom a write mails.


class Office:
    """太郎's calendar in a tenant with two colleagues and two rooms."""

    def __init__(self) -> None:
        self.world: World = make_world()
        self.hanako = self._add(HANAKO, "佐藤 花子")
        self.jiro = self._add(JIRO, "鈴木 次郎")
        self.rooms = [self.world.tenant.add_room(f"会議室 {address}", address) for address in ROOMS.values()]
        self.calendar = GraphCalendar(
            self.world.new_client(),
            self.world.user.id,
            zone="Asia/Tokyo",
            types=TypeTable,
            addresses=ROOMS.get,
            user_of=user_of,
        )

    def _add(self, address: str, name: str) -> Mailbox:
        return self.world.tenant.mailbox(self.world.tenant.add_user(address, name).id)

    def mails(self) -> list[tuple[str, str]]:
        """Kind and recipient of those to people since the last time."""
        outbox = self.world.tenant.outbox
        found = [(str(mail.kind), mail.to) for mail in outbox.mails() if mail.kind in PEOPLE_KINDS]
        outbox.clear()
        return sorted(found)

    def now(self, event_id: str) -> Seen:
        found = self.calendar.read([event_id])[event_id]
        assert isinstance(found, Seen)
        return found

    def meet(self, *people: Participant, **more: Any) -> Seen:
        """We create a meeting; its mails are forgotten."""
        found = made(self.calendar, create("会議", participants=(ME, *people), organizer=TARO, **more))
        self.mails()
        return self.now(found.id)


def changing(seen: Seen, event: Event, *names: str) -> Write:
    return Write(
        key="update",
        verb=Verb.UPDATE,
        id=seen.id,
        version=seen.version,
        event=event,
        fields=frozenset(names),
        residue=seen.residue,
    )


def graph_of(mailbox: Mailbox, event_id: str) -> Json:
    return next(event for event in mailbox.events() if event["id"] == event_id)


def addresses_in(event: Event) -> set[str]:
    return {p.email or "" for p in event.participants}


def test_a_create_invites_each_once() -> None:
    office = Office()
    seen = made(office.calendar, create("会議", participants=(ME, HER, HIM), organizer=TARO))
    assert office.mails() == [("invitation", HANAKO), ("invitation", JIRO)]
    assert addresses_in(seen.event) == {HANAKO, JIRO}
    assert (seen.event.organizer, seen.event.is_host) == (TARO, True)


def test_who_is_added_is_the_only_one_who_gets_a_mail() -> None:
    office = Office()
    seen = office.meet(HER)
    wanted = replace(seen.event, participants=(ME, HER, HIM))
    after = made(office.calendar, changing(seen, wanted, WITH_HIM))
    assert office.mails() == [("invitation", JIRO)]
    assert addresses_in(after.event) == {HANAKO, JIRO}


def test_who_is_removed_is_the_only_one_who_gets_a_mail() -> None:
    office = Office()
    seen = office.meet(HER, HIM)
    after = made(office.calendar, changing(seen, replace(seen.event, participants=(ME, HER)), WITH_HIM))
    assert office.mails() == [("cancellation", JIRO)]
    assert addresses_in(after.event) == {HANAKO}


def test_what_is_there_already_is_not_written_again() -> None:
    office = Office()
    seen = office.meet(HER)
    wanted = replace(seen.event, participants=(ME, HER))
    assert made(office.calendar, changing(seen, wanted, WITH_HER, WITH_HIM, "answer/u:u-hanako"))
    assert office.mails() == []
    assert office.now(seen.id).version == seen.version


def test_other_fields_travel_in_the_same_request() -> None:
    office = Office()
    seen = office.meet(HER)
    before = office.world.tenant.requests.count("PATCH")
    wanted = replace(seen.event, title="新しい会議", participants=(ME, HER, HIM))
    after = made(office.calendar, changing(seen, wanted, WITH_HIM, Field.TITLE))
    assert office.world.tenant.requests.count("PATCH") == before + 1
    assert after.event.title == "新しい会議"
    assert office.mails() == [("invitation", JIRO), ("update", HANAKO)]


def test_answers_survive_a_change_of_people() -> None:
    office = Office()
    seen = office.meet(HER)
    copy = office.hanako.copy_of(seen.uid or "")
    assert copy is not None
    office.hanako.accept(copy)
    seen = office.now(seen.id)
    assert [p.response for p in seen.event.participants] == ["accepted"]
    after = made(office.calendar, changing(seen, replace(seen.event, participants=(HER, HIM)), WITH_HIM))
    assert {p.email: p.response for p in after.event.participants} == {HANAKO: "accepted", JIRO: "none"}


def test_a_room_is_booked_answers_and_is_given_back() -> None:
    office = Office()
    seen = made(office.calendar, create("会議", facilities=(Booking("f-1"),), place="会議室A"))
    assert office.world.tenant.outbox.count(MailKind.ROOM_REQUEST, to=ROOM) == 1
    office.world.clock.sleep(timedelta(minutes=10).total_seconds())
    seen = office.now(seen.id)
    assert seen.event.facilities == (Booking(ROOM, "approved"),)
    assert seen.event.place == "会議室A"
    other = replace(seen.event, facilities=(Booking("f-2"),), place="会議室B")
    after = made(office.calendar, changing(seen, other, "room/f-1", "room/f-2", Field.PLACE))
    assert [booking.facility for booking in after.event.facilities] == [OTHER_ROOM]
    assert office.world.tenant.outbox.count(MailKind.ROOM_CANCELLATION, to=ROOM) == 1
    assert graph_of(office.world.mailbox, seen.id)["location"]["locationEmailAddress"] == OTHER_ROOM
    assert office.mails() == []


def test_a_guests_copy_is_not_written_and_can_be_deleted() -> None:
    office = Office()
    meeting = office.jiro.create(subject="次郎の会議", attendees=[TARO], **hour(date(2026, 9, 2)))
    copy_id = office.world.mailbox.copy_of(graph_of(office.jiro, meeting)["iCalUId"])
    assert copy_id is not None
    copy = office.now(copy_id)
    assert (copy.event.is_host, copy.event.own_response, copy.event.organizer) == (False, "none", JIRO)
    (outcome,) = written(office.calendar, changing(copy, replace(copy.event, title="x"), Field.TITLE))
    assert is_of_others(outcome)
    assert written(office.calendar, delete(copy.id, copy.version)) == [Outcome("delete")]


def test_people_of_a_series_change_with_its_rule_and_its_dates_keep_theirs() -> None:
    office = Office()
    plain = replace(series(), participants=(ME, HER), organizer=TARO)
    special = override(plain, NEXT_WEDNESDAY, title="特別")
    assert plain.recurrence is not None
    wanted = replace(plain, recurrence=replace(plain.recurrence, overrides=(special,)))
    seen = made(office.calendar, create_series(wanted))
    assert addresses_in(seen.event) == {HANAKO}
    office.mails()
    after = made(office.calendar, changing(seen, replace(wanted, participants=(ME, HER, HIM)), WITH_HIM))
    assert addresses_in(after.event) == {HANAKO, JIRO}
    assert {mail for mail in office.mails() if mail[1] == HANAKO} == set()
    on_date = occurrence_of(after.event, NEXT_WEDNESDAY)
    assert on_date is not None
    assert on_date.title == "特別"
