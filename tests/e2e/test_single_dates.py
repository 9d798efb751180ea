"""Who takes part in a single date of a series, and its rooms: in meetings, and where everyone has an own series."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync.core.settings import Connection, ParticipantsMode
from sync.sandbox.microsoft365.switches import Switches
from tests.e2e.company import ROOM, Company, company

Json = dict[str, Any]
WEEKLY = {"rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=5"}
FIRST, DAY, LATER = "2026-11-18", "2026-11-25", "2026-12-02"
GRAPH_WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"], "firstDayOfWeek": "sunday"},
    "range": {
        "type": "numbered",
        "numberOfOccurrences": 5,
        "startDate": FIRST,
        "recurrenceTimeZone": "Tokyo Standard Time",
    },
}


# -- acts and looks ---------------------------------------------------------------------------------------------


def edit(office: Company, event: str, **changes: Any) -> None:
    office.world.groupware.edit_occurrence(event, DAY, changes, by=office.hanako.user)


def people(*users: Connection | str) -> list[Json]:
    return [{"userId": one if isinstance(one, str) else one.user} for one in users]


def override(office: Company, event: str, day: str = DAY) -> Json:
    """What the record says of the date; {} for nothing."""
    found: Json = office.record(event)["recurrence"]["overrides"].get(f"{day}T10:00:00", {})
    return found


def users_on(office: Company, event: str, day: str = DAY) -> list[str]:
    record = office.record(event)
    listed: list[Json] = override(office, event, day).get("participants") or record["participants"]
    return sorted(p.get("userId") or p["email"] for p in listed)


def answers_on(office: Company, event: str, day: str = DAY) -> dict[str, str]:
    own = override(office, event, day).get("participants")
    listed: list[Json] = own or office.record(event)["participants"]
    return {p["userId"]: p["response"] for p in listed}


def dates(office: Company, person: Connection) -> dict[str, Json]:
    """What stands in a person's calendar, by day: dates of series, and single events; without what was called off."""
    found: dict[str, Json] = {}
    box = office.box(person)
    for event in office.outlook(person):
        shown = [event]
        if event["type"] == "seriesMaster":
            shown = box.occurrences(event["id"], date(2026, 11, 1), date(2027, 2, 1))
        for one in shown:
            day = one["start"]["dateTime"][:10]
            if not one["isCancelled"]:
                assert day not in found, f"{day} stands twice with {person.user}"
                found[day] = one
    return found


def addresses(event: Json, kind: str = "required") -> list[str]:
    return sorted(a["emailAddress"]["address"] for a in event["attendees"] if a["type"] == kind)


def meeting(office: Company, *guests: Connection | str, **more: Any) -> str:
    """花子's weekly record with these guests, synced."""
    event = office.enter(office.hanako, *guests, recurrence=WEEKLY, **more)
    office.settle()
    return event


def invited(office: Company, *guests: str, **more: Any) -> str:
    """花子's weekly meeting from Outlook, synced; its id."""
    found = office.invite(office.hanako, *guests, recurrence=GRAPH_WEEKLY, **more)
    office.settle()
    return found


def on_day(office: Company, series: str, person: Connection, day: str = DAY) -> str:
    found: str = office.box(person).occurrence_id(series, date.fromisoformat(day))
    return found


# -- meetings: the groupware changes a date ---------------------------------------------------------------------


def test_somebody_is_added_to_one_date() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        sent = office.mails()
        edit(office, event, participants=people(*office.everyone))
        office.settle()
        mine = dates(office, office.hanako)
        assert addresses(mine[DAY]) == ["jiro@example.com", "taro@example.com"]
        assert addresses(mine[LATER]) == ["taro@example.com"]
        assert list(dates(office, office.jiro)) == [DAY]
        assert len(dates(office, office.taro)) == 5
        assert (office.mails() - sent, office.mails("invitation")) == (1, 2)
        assert users_on(office, event) == sorted(p.user for p in office.everyone)
        assert len(office.records()) == 1
        office.assert_still()


def test_somebody_is_taken_off_one_date_and_comes_back() -> None:
    with company() as office:
        event = meeting(office, office.taro, office.jiro)
        edit(office, event, participants=people(office.hanako, office.taro))
        office.settle()
        assert addresses(dates(office, office.hanako)[DAY]) == ["taro@example.com"]
        assert DAY not in dates(office, office.jiro)
        assert len(dates(office, office.jiro)) == 4
        assert office.mails("cancellation") == 1
        office.assert_still()
        edit(office, event, participants=None)
        office.settle()
        assert addresses(dates(office, office.hanako)[DAY]) == ["jiro@example.com", "taro@example.com"]
        assert len(dates(office, office.jiro)) == 5
        assert override(office, event) == {}
        office.assert_still()


def test_a_facility_is_booked_exchanged_and_left_on_one_date() -> None:
    with company() as office:
        other = office.world.groupware.add_facility("第二会議室")
        office.world.tenant.add_room("第二会議室", "room2@example.com")
        office.world.facilities.link("default", other, "room2@example.com")
        event = meeting(office, office.taro, facilities=[{"facilityId": office.facility}])
        edit(office, event, facilities=[{"facilityId": other}])
        office.settle()
        mine = dates(office, office.hanako)
        assert addresses(mine[DAY], "resource") == ["room2@example.com"]
        assert mine[DAY]["location"]["displayName"] == "第二会議室"
        assert addresses(mine[LATER], "resource") == [ROOM]
        assert list(override(office, event)) == ["facilities"]
        office.assert_still()
        edit(office, event, facilities=[])
        office.settle()
        assert addresses(dates(office, office.hanako)[DAY], "resource") == []
        office.assert_still()
        edit(office, event, facilities=None)
        office.settle()
        assert addresses(dates(office, office.hanako)[DAY], "resource") == [ROOM]
        office.assert_still()


def test_a_series_arrives_with_the_people_of_its_dates() -> None:
    with company() as office:
        changed = {f"{DAY}T10:00:00": {"participants": people(office.hanako, office.jiro)}}
        event = office.enter(office.hanako, office.taro, recurrence={**WEEKLY, "overrides": changed})
        office.settle()
        assert addresses(dates(office, office.hanako)[DAY]) == ["jiro@example.com"]
        assert DAY not in dates(office, office.taro)
        assert list(dates(office, office.jiro)) == [DAY]
        assert len(office.records()) == 1
        assert users_on(office, event) == sorted([office.hanako.user, office.jiro.user])
        office.assert_still()


@pytest.mark.parametrize("follows", [True, False])
def test_who_joins_the_series_later_is_where_the_record_says(follows: bool) -> None:
    """An override has a list of its own in the groupware; Exchange may hold it otherwise (3.3)."""
    with company() as office:
        office.world.tenant.switches = Switches(exceptions_follow_attendees=follows)
        event = meeting(office, office.taro)
        edit(office, event, title="特別", participants=people(office.hanako))
        office.settle()
        office.change(event, participants=people(*office.everyone))
        office.settle()
        mine = dates(office, office.hanako)
        assert addresses(mine[DAY]) == []
        assert addresses(mine[LATER]) == ["jiro@example.com", "taro@example.com"]
        assert DAY not in dates(office, office.jiro)
        assert users_on(office, event) == [office.hanako.user]
        office.assert_still()


def test_an_unlinked_participant_of_one_date_stands_in_the_text_of_that_date() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        sent = office.mails("invitation")
        edit(office, event, participants=people(office.hanako, office.taro, office.saburo))
        office.settle()
        mine = dates(office, office.hanako)
        assert "三郎" in mine[DAY]["body"]["content"]
        assert "三郎" not in mine[LATER]["body"]["content"]
        assert office.mails("invitation") == sent
        assert office.saburo in users_on(office, event)
        office.assert_still()


def test_who_is_linked_later_is_invited_to_the_one_date() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(office.hanako, office.taro, office.saburo))
        office.settle()
        linked = office.world.link(office.saburo, "saburo@example.com")
        office.world.connections.update(linked, email="saburo@example.com")
        office.world.restart()
        sent = office.mails()
        office.settle()
        mine = dates(office, office.hanako)
        assert addresses(mine[DAY]) == ["saburo@example.com", "taro@example.com"]
        assert "三郎" not in mine[DAY]["body"]["content"]
        assert addresses(mine[LATER]) == ["taro@example.com"]
        # The new one is invited, and the text of the date changes for who is there.
        assert office.mails() - sent == 2
        office.assert_still()


def test_the_organizer_stays_on_every_date_in_outlook_and_off_it_in_the_groupware() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(office.taro, office.jiro))
        (record, *_) = office.run(office.hanako)
        (row,) = [r for r in record.report["actions"] if r["action"] == "update"]  # type: ignore[attr-defined]
        assert "organizer-on-every-date" in row["diagnostics"]["outlook"]
        office.settle()
        assert addresses(dates(office, office.hanako)[DAY]) == ["jiro@example.com", "taro@example.com"]
        assert users_on(office, event) == sorted([office.taro.user, office.jiro.user])
        office.assert_still()


def test_where_nobody_is_left_on_a_date_the_organizer_is() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(office.taro))
        office.settle()
        series = office.one(office.hanako)["id"]
        office.box(office.hanako).edit(on_day(office, series, office.hanako), attendees=[])
        office.settle()
        assert users_on(office, event) == [office.hanako.user]
        assert DAY not in dates(office, office.taro)
        office.assert_still()


def test_the_mails_of_one_date_are_counted_before_they_are_sent() -> None:
    with company(max_mails=1) as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(office.hanako, office.jiro))
        record = office.world.run(person=office.hanako)
        assert record is not None
        assert (record.state.value, record.error) == ("held", "guard-mails")
        assert record.report["mails"] == {"invitations": 1, "updates": 0, "cancellations": 1, "rooms": 0}


@pytest.mark.parametrize("with_title", [False, True])
@pytest.mark.parametrize("on_date", [(0, 1, 2), (0,), (0, 2), (0, 1)])
def test_as_many_mails_are_sent_as_were_counted(on_date: tuple[int, ...], with_title: bool) -> None:
    with company() as office:
        event = meeting(office, office.taro)
        changes: Json = {"title": "特別"} if with_title else {}
        edit(office, event, participants=people(*(office.everyone[i] for i in on_date)), **changes)
        office.world.tenant.outbox.clear()
        (record,) = office.run(office.hanako)
        counted = record.report.get("mails", {})
        assert isinstance(counted, dict)
        sent = [office.mails(kind) for kind in ("invitation", "update", "cancellation")]
        assert [counted.get(kind, 0) for kind in ("invitations", "updates", "cancellations")] == sent


# -- meetings: Outlook changes a date ---------------------------------------------------------------------------


def test_the_organizer_changes_who_comes_to_one_date() -> None:
    with company() as office:
        series = invited(office, "taro@example.com")
        (record,) = office.records()
        sent = office.mails()
        box = office.box(office.hanako)
        box.edit(on_day(office, series, office.hanako), attendees=["jiro@example.com"])
        by_hand = office.mails() - sent
        office.settle()
        assert users_on(office, record["id"]) == sorted([office.hanako.user, office.jiro.user])
        assert users_on(office, record["id"], LATER) == sorted([office.hanako.user, office.taro.user])
        assert list(dates(office, office.jiro)) == [DAY]
        assert DAY not in dates(office, office.taro)
        assert office.mails() - sent == by_hand, "the service sent mails of its own"
        assert len(office.records()) == 1
        office.assert_still()
        box.edit(on_day(office, series, office.hanako), attendees=["taro@example.com"])
        office.settle()
        assert users_on(office, record["id"]) == sorted([office.hanako.user, office.taro.user])
        assert list(dates(office, office.jiro)) == []
        office.assert_still()


def test_the_organizer_books_a_room_for_one_date() -> None:
    with company() as office:
        series = invited(office, "taro@example.com")
        (record,) = office.records()
        room = {"type": "resource", "emailAddress": {"address": ROOM}}
        day = on_day(office, series, office.hanako)
        office.box(office.hanako).edit(day, attendees=["taro@example.com", room])
        office.settle()
        assert [b["facilityId"] for b in override(office, record["id"])["facilities"]] == [office.facility]
        assert office.record(record["id"])["facilities"] == []
        office.assert_still()


def test_an_own_series_with_a_guest_on_one_date_is_one_record() -> None:
    with company() as office:
        series = office.box(office.hanako).create(
            subject="自分の", start="2026-11-18T10:00:00", end="2026-11-18T11:00:00", recurrence=GRAPH_WEEKLY
        )
        office.settle()
        office.box(office.hanako).edit(on_day(office, series, office.hanako), attendees=["taro@example.com"])
        office.settle()
        (record,) = office.records()
        assert users_on(office, record["id"]) == sorted([office.hanako.user, office.taro.user])
        assert list(dates(office, office.taro)) == [DAY]
        office.assert_still()


def test_an_outlook_series_arrives_with_the_rooms_and_people_of_its_dates() -> None:
    with company() as office:
        room = {"type": "resource", "emailAddress": {"address": ROOM}}
        series = office.invite(office.hanako, "taro@example.com", recurrence=GRAPH_WEEKLY)
        day = on_day(office, series, office.hanako)
        office.box(office.hanako).edit(day, attendees=["jiro@example.com", room])
        office.settle()
        (record,) = office.records()
        assert users_on(office, record["id"]) == sorted([office.hanako.user, office.jiro.user])
        assert [b["facilityId"] for b in override(office, record["id"])["facilities"]] == [office.facility]
        assert (record["facilities"], users_on(office, record["id"], LATER)) == (
            [],
            sorted([office.hanako.user, office.taro.user]),
        )
        office.assert_still()


def test_a_facility_that_is_taken_on_one_date_keeps_nothing_else_from_arriving() -> None:
    with company() as office:
        taken = office.enter(
            office.jiro, start=f"{DAY}T10:00:00", title="先約", facilities=[{"facilityId": office.facility}]
        )
        room = {"type": "resource", "emailAddress": {"address": ROOM}}
        series = office.invite(office.hanako, "taro@example.com", recurrence=GRAPH_WEEKLY)
        day = on_day(office, series, office.hanako)
        office.box(office.hanako).edit(day, subject="特別", attendees=["taro@example.com", room])
        office.settle()
        (record,) = [r for r in office.records() if r["id"] != taken]
        assert override(office, record["id"]) == {"title": "特別"}
        (problem,) = [link.problem for link in office.world.links.load(office.hanako)[0] if link.problem]
        assert problem.code == "facility-conflict"


def test_both_sides_add_somebody_to_one_date_and_both_stay() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        series = office.one(office.hanako)["id"]
        guests = ["taro@example.com", "x@elsewhere.example"]
        office.box(office.hanako).edit(on_day(office, series, office.hanako), attendees=guests)
        edit(office, event, participants=people(*office.everyone))
        office.settle()
        assert users_on(office, event) == sorted([*(p.user for p in office.everyone), "x@elsewhere.example"])
        assert addresses(dates(office, office.hanako)[DAY]) == ["jiro@example.com", *sorted(guests)]
        office.assert_still()


# -- meetings: a guest answers for one date ---------------------------------------------------------------------


@pytest.mark.parametrize("act", ["decline", "decline silently", "delete"])
@pytest.mark.parametrize("first", ["host", "guest"])
def test_a_guest_who_stays_away_from_one_date_has_declined_it(act: str, first: str) -> None:
    with company() as office:
        event = meeting(office, office.taro, office.jiro)
        copy = office.one(office.taro)["id"]
        day, box = on_day(office, copy, office.taro), office.box(office.taro)
        if act == "delete":
            box.delete(day)
        else:
            box.decline(day, tell=act == "decline")
        office.run(office.taro if first == "guest" else office.hanako)
        office.settle()
        assert answers_on(office, event)[office.taro.user] == "declined"
        assert answers_on(office, event, LATER)[office.taro.user] == "none"
        assert office.answers(event)[office.taro.user] == "none"
        assert DAY not in dates(office, office.taro)
        assert DAY in dates(office, office.hanako)
        assert DAY in dates(office, office.jiro)
        assert office.mails("cancellation") == office.mails("update") == 0
        office.assert_still()


@pytest.mark.parametrize("keeps", [True, False])
def test_a_guest_accepts_one_date(keeps: bool) -> None:
    with company() as office:
        office.world.tenant.switches = Switches(date_response_makes_exception=keeps)
        event = meeting(office, office.taro)
        office.box(office.taro).accept(on_day(office, office.one(office.taro)["id"], office.taro))
        office.settle()
        assert answers_on(office, event)[office.taro.user] == "accepted"
        assert office.answers(event)[office.taro.user] == "none"
        office.assert_still()


def test_an_answer_for_a_date_that_the_groupware_cannot_keep_is_named_and_does_no_harm() -> None:
    with company() as office:
        office.world.groupware.switches.responses = False
        event = meeting(office, office.taro)
        office.box(office.taro).delete(on_day(office, office.one(office.taro)["id"], office.taro))
        (record,) = office.run(office.taro)
        assert record.report["reasons"] == {"date-answer-not-kept": 1}
        office.settle()
        assert override(office, event) == {}
        assert DAY in dates(office, office.hanako)
        assert DAY not in dates(office, office.taro)
        office.assert_still()


def test_a_date_that_the_organizer_cancels_is_nobody_s_answer() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        series = office.one(office.hanako)["id"]
        office.box(office.hanako).delete(on_day(office, series, office.hanako))
        office.run(office.taro)
        assert override(office, event) == {}
        office.settle()
        assert office.record(event)["recurrence"]["exdates"] == [f"{DAY}T10:00:00"]
        office.assert_still()


def test_the_guest_of_one_date_declines_it() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(*office.everyone))
        office.settle()
        office.box(office.jiro).delete(dates(office, office.jiro)[DAY]["id"])
        office.settle()
        assert answers_on(office, event)[office.jiro.user] == "declined"
        assert dates(office, office.jiro) == {}
        office.assert_still()


def test_the_guest_of_one_date_is_invited_to_all_of_them() -> None:
    with company() as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(*office.everyone))
        office.settle()
        office.change(event, participants=people(*office.everyone))
        office.settle()
        assert len(dates(office, office.jiro)) == 5
        assert "declined" not in answers_on(office, event).values()
        office.assert_still()


def test_a_guest_declines_a_date_that_outlook_holds_apart() -> None:
    """A date beyond the rule is a meeting of its own there."""
    with company() as office:
        event = office.enter(
            office.hanako, office.taro, recurrence={**WEEKLY, "rdates": ["2026-11-27T10:00:00"]}
        )
        office.settle()
        office.box(office.taro).decline(dates(office, office.taro)["2026-11-27"]["id"])
        office.settle()
        assert answers_on(office, event, "2026-11-27")[office.taro.user] == "declined"
        assert answers_on(office, event)[office.taro.user] == "none"
        office.assert_still()


def test_the_organizer_invites_somebody_to_a_date_that_outlook_holds_apart() -> None:
    with company() as office:
        event = office.enter(
            office.hanako, office.taro, recurrence={**WEEKLY, "rdates": ["2026-11-27T10:00:00"]}
        )
        office.settle()
        apart = dates(office, office.hanako)["2026-11-27"]["id"]
        office.box(office.hanako).edit(apart, attendees=["taro@example.com", "jiro@example.com"])
        office.settle()
        assert users_on(office, event, "2026-11-27") == sorted(p.user for p in office.everyone)
        assert list(dates(office, office.jiro)) == ["2026-11-27"]
        office.assert_still()


# -- everyone has an own series ---------------------------------------------------------------------------------


APART = {"participants": ParticipantsMode.APPOINTMENTS}


def test_who_is_not_on_a_date_has_a_series_without_it() -> None:
    with company(**APART) as office:
        event = meeting(office, office.taro, office.jiro)
        edit(office, event, participants=people(office.hanako, office.taro))
        office.settle()
        assert [DAY in dates(office, p) for p in office.everyone] == [True, True, False]
        assert [len(dates(office, p)) for p in office.everyone] == [5, 5, 4]
        assert "次郎" not in dates(office, office.hanako)[DAY]["body"]["content"]
        office.assert_still()
        edit(office, event, participants=None)
        office.settle()
        assert [len(dates(office, p)) for p in office.everyone] == [5, 5, 5]
        assert len(office.records()) == 1
        assert office.mails() == 0
        office.assert_still()


def test_who_is_taken_off_and_edited_a_date_of_the_own_series_keeps_it_and_nobody_else_does() -> None:
    """Deleted for one person in the groupware and edited in that one's Outlook: the edit wins (design.md 5)."""
    with company(**APART) as office:
        event = meeting(office, office.taro)
        mine = office.one(office.taro)["id"]
        office.box(office.taro).edit(on_day(office, mine, office.taro), subject="太郎だけの改題")
        edit(office, event, participants=people(office.hanako))
        office.change(event, participants=people(office.hanako))
        office.settle()
        (own,) = [record for record in office.records() if record["id"] != event]
        assert [p["userId"] for p in own["participants"]] == [office.taro.user]
        assert override(office, own["id"])["title"] == "太郎だけの改題"
        assert users_on(office, event) == users_on(office, event, LATER) == [office.hanako.user]
        assert "title" not in override(office, event)
        assert [len(office.outlook(p)) for p in office.everyone] == [1, 1, 0]
        assert dates(office, office.hanako)[DAY]["subject"] == "打合せ"
        assert dates(office, office.taro)[DAY]["subject"] == "太郎だけの改題"
        assert (office.one(office.taro)["id"], office.mails()) == (mine, 0)
        office.assert_still()


def test_who_is_on_one_date_only_has_a_single_event() -> None:
    with company(**APART) as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(*office.everyone), title="特別")
        office.settle()
        (single,) = office.outlook(office.jiro)
        assert (single["type"], single["subject"]) == ("singleInstance", "特別")
        assert list(dates(office, office.jiro)) == [DAY]
        office.assert_still()
        office.box(office.jiro).edit(single["id"], subject="次郎の題")
        office.settle()
        assert override(office, event)["title"] == "次郎の題"
        assert dates(office, office.hanako)[DAY]["subject"] == "次郎の題"
        edit(office, event, participants=None)
        office.settle()
        assert dates(office, office.jiro) == {}
        assert len(office.records()) == 1
        office.assert_still()


def test_who_deletes_one_date_of_the_own_series_deletes_it_for_nobody_else() -> None:
    with company(**APART) as office:
        event = meeting(office, office.taro)
        office.box(office.taro).delete(on_day(office, office.one(office.taro)["id"], office.taro))
        office.settle()
        assert office.record(event)["recurrence"]["exdates"] == []
        assert answers_on(office, event)[office.taro.user] == "declined"
        assert answers_on(office, event, LATER)[office.taro.user] == "none"
        assert DAY in dates(office, office.hanako)
        assert DAY not in dates(office, office.taro)
        office.assert_still()


def test_the_guest_of_one_date_joins_the_own_series() -> None:
    with company(**APART) as office:
        event = meeting(office, office.taro)
        edit(office, event, participants=people(*office.everyone))
        office.settle()
        office.change(event, participants=people(*office.everyone))
        office.settle()
        assert len(dates(office, office.jiro)) == 5
        office.assert_still()


def test_a_deleted_date_that_nobody_can_answer_stays_for_the_others() -> None:
    with company(**APART) as office:
        office.world.groupware.switches.responses = False
        event = meeting(office, office.taro)
        office.box(office.taro).delete(on_day(office, office.one(office.taro)["id"], office.taro))
        (record,) = office.run(office.taro)
        assert record.report["reasons"] == {"date-answer-not-kept": 1}
        office.settle()
        assert office.record(event)["recurrence"] == {**office.record(event)["recurrence"], "exdates": []}
        assert DAY in dates(office, office.hanako)
        assert DAY not in dates(office, office.taro)
        office.assert_still()
