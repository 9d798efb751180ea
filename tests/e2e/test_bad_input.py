"""Values that one side lacks, nobody knows or nobody allows: the event is synced all the same, and what a side
cannot say stays where it was (law 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.core.join_block import split_join_block
from sync.sandbox.groupware import Kind
from tests.e2e.office import (
    assert_mails,
    assert_still,
    counts,
    distort,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    later,
    office,
    outlook,
    parked,
    passed,
    problems,
    reasons,
    sizes,
    smuggle,
    twin,
)
from tests.e2e.world import G, O, World

UNTITLED = "(件名なし)"


def type_id(world: World, name: str) -> str:
    return next(found for found, known in world.types.items() if known == name)


# -- titles that are not there ----------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", [None, "", "   "])
def test_an_event_of_outlook_without_subject_is_an_event_without_title(subject: str | None) -> None:
    with office() as world:
        event = in_outlook(world, subject)
        passed(world)
        assert groupware(world, event)["title"] == ""
        edit_groupware(world, twin(world, event), place="本社")
        passed(world)
        assert outlook(world, event)["subject"] == subject
        assert_still(world)


def test_where_the_groupware_wants_a_title_it_gets_one_and_outlook_does_not() -> None:
    with office(groupware={"title_min": 1}) as world:
        event = in_outlook(world, None)
        record = passed(world)
        assert not parked(record)
        assert groupware(world, event)["title"] == UNTITLED
        edit_groupware(world, twin(world, event), memo="本文")
        world.mailbox.edit(event, location="本社")
        passed(world)
        assert outlook(world, event)["subject"] is None
        assert_still(world)
        edit_groupware(world, twin(world, event), title="件名")
        passed(world)
        assert outlook(world, event)["subject"] == "件名"
        world.mailbox.edit(event, subject="")
        passed(world)
        assert groupware(world, event)["title"] == UNTITLED
        assert_still(world)
        assert not outlook(world, event)["subject"]


# -- types and categories ---------------------------------------------------------------------------------------


def test_categories_that_nobody_maps_survive_a_change_of_the_event_type() -> None:
    with office() as world:
        event = in_outlook(world, categories=["青の分類", "会議", "重要な客"])
        passed(world)
        assert groupware(world, event)["typeId"] == type_id(world, "会議")
        edit_groupware(world, twin(world, event), typeId=type_id(world, "来客"))
        passed(world)
        assert sorted(outlook(world, event)["categories"]) == sorted(["来客", "青の分類", "重要な客"])
        edit_groupware(world, twin(world, event), typeId=None)
        passed(world)
        assert outlook(world, event)["categories"] == ["青の分類", "重要な客"]
        assert_still(world)


def test_a_category_that_nobody_maps_makes_no_event_type_and_is_no_edit() -> None:
    with office() as world:
        event = in_groupware(world, typeId=type_id(world, "会議"))
        passed(world)
        before = world.groupware.requests.of("PATCH")
        world.mailbox.edit(twin(world, event), categories=["会議", "青の分類"])
        passed(world)
        assert world.groupware.requests.of("PATCH") == before
        assert groupware(world, event)["typeId"] == type_id(world, "会議")
        edit_groupware(world, event, title="改題")
        passed(world)
        assert outlook(world, event)["categories"] == ["会議", "青の分類"]
        assert_still(world)


def test_an_event_type_that_the_directory_does_not_list_stays_in_the_groupware() -> None:
    with office() as world:
        event = in_groupware(world)
        smuggle(world, event, typeId="t-unknown")
        record = passed(world)
        assert not parked(record)
        assert outlook(world, event)["categories"] == []
        world.mailbox.edit(twin(world, event), subject="改題")
        passed(world)
        assert (groupware(world, event)["title"], groupware(world, event)["typeId"]) == ("改題", "t-unknown")
        assert_still(world)


def test_an_event_type_added_a_moment_ago_is_known() -> None:
    with office() as world:
        first = in_groupware(world, typeId=type_id(world, "会議"))
        passed(world)
        fresh = world.groupware.add_event_type("研修")
        second = in_groupware(world, "新人研修", typeId=fresh)
        passed(world)
        assert outlook(world, second)["categories"] == ["研修"]
        assert outlook(world, first)["categories"] == ["会議"]
        assert_still(world)


def test_an_event_type_that_is_no_longer_offered_is_kept_and_not_given_to_new_events() -> None:
    with office() as world:
        old = in_groupware(world, typeId=type_id(world, "会議"))
        passed(world)
        world.groupware.change(Kind.EVENT_TYPE, type_id(world, "会議"), active=False)
        world.clock.advance(timedelta(hours=1))
        new = in_outlook(world, "新しい会議", categories=["会議"])
        other = in_outlook(world, "ふつうの予定", start="2026-11-20T09:00", end="2026-11-20T10:00")
        edit_groupware(world, old, title="改題")
        record = passed(world)
        assert groupware(world, other)["title"] == "ふつうの予定"
        assert outlook(world, old)["categories"] == ["会議"]
        assert parked(record)[new] == (
            "groupware-refused",
            {"reason": "typeId unknown-type", "problem": "validation"},
        )
        world.groupware.change(Kind.EVENT_TYPE, type_id(world, "会議"), active=True)
        later(world)
        assert groupware(world, new)["typeId"] == type_id(world, "会議")
        assert_still(world)


# -- values that only one side has ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "held", "here"),
    [
        ("oof", ("free", "busy"), "busy"),
        ("workingElsewhere", ("free", "busy"), "free"),
        ("workingElsewhere", ("busy",), "busy"),
        ("free", ("busy",), "busy"),
        ("unknown", ("free", "busy"), "busy"),
    ],
)
def test_a_way_to_show_time_that_the_groupware_lacks_stays_in_outlook(
    there: str, held: tuple[str, ...], here: str
) -> None:
    with office(groupware={"show_as": held}) as world:
        event = in_outlook(world, show_as=there)
        passed(world)
        assert groupware(world, event)["showAs"] == here
        edit_groupware(world, twin(world, event), title="改題", memo="本文")
        passed(world)
        assert outlook(world, event)["showAs"] == there
        world.mailbox.edit(event, location="本社")
        passed(world)
        assert_still(world)
        assert outlook(world, event)["showAs"] == there


def test_importance_that_the_groupware_lacks_stays_in_outlook() -> None:
    with office(groupware={"importance": ("normal",)}) as world:
        event = in_outlook(world, importance="high")
        passed(world)
        edit_groupware(world, twin(world, event), title="改題")
        passed(world)
        assert outlook(world, event)["importance"] == "high"
        assert_still(world)


@pytest.mark.parametrize("visibility", ["busyOnly", "participants", "private"])
def test_what_the_groupware_hides_is_private_in_outlook_and_stays_as_it_is(visibility: str) -> None:
    with office() as world:
        event = in_groupware(world, visibility=visibility)
        passed(world)
        assert outlook(world, event)["sensitivity"] == "private"
        world.mailbox.edit(twin(world, event), subject="改題")
        passed(world)
        assert groupware(world, event)["visibility"] == visibility
        assert_still(world)


@pytest.mark.parametrize("sensitivity", ["personal", "confidential"])
def test_a_stricter_word_of_outlook_is_private_in_the_groupware_and_stays_as_it_is(sensitivity: str) -> None:
    with office() as world:
        event = in_outlook(world, sensitivity=sensitivity)
        passed(world)
        assert groupware(world, event)["visibility"] == "private"
        edit_groupware(world, twin(world, event), title="改題")
        passed(world)
        assert outlook(world, event)["sensitivity"] == sensitivity
        assert_still(world)


STRANGE: dict[str, dict[str, Any]] = {
    "a visibility that nobody knows": {"visibility": "team"},
    "a way to show time that nobody knows": {"showAs": "napping"},
    "an importance that nobody knows": {"importance": "urgent"},
    "a status that nobody knows": {"status": "maybe"},
    "no time of the last change": {"updatedAt": None},
    "a time of the last change that is none": {"updatedAt": "yesterday"},
    "fields of a later version of the contract": {"mood": "good", "location": {"x": 1}},
    "null in every text": {"title": None, "place": None, "memo": None, "reminders": None},
}


@pytest.mark.parametrize("fields", STRANGE.values(), ids=STRANGE.keys())
def test_values_that_nobody_knows_yet_do_not_stop_an_event(fields: dict[str, Any]) -> None:
    with office() as world:
        event, other = in_groupware(world), in_groupware(world, "ふつうの予定")
        before = groupware(world, event)
        smuggle(world, event, **fields)
        record = passed(world)
        assert not parked(record)
        assert outlook(world, other)["subject"] == "ふつうの予定"
        shown = outlook(world, event)
        assert shown["sensitivity"] == ("private" if "visibility" in fields else "normal")
        world.mailbox.edit(twin(world, event), start="2026-11-18T12:00", end="2026-11-18T13:00")
        known = {name: before[name] for name in fields if name in before}
        smuggle(world, event, drop=fields.keys() - known.keys(), **known)
        passed(world)
        assert groupware(world, event)["start"] == "2026-11-18T12:00:00"
        assert_still(world)


BROKEN: dict[str, dict[str, Any]] = {
    "a title that is a number": {"title": 7},
    "a body that is a list": {"memo": ["本文"]},
    "participants that are names": {"participants": ["花子"]},
    "participants that are no list": {"participants": 1},
    "facilities without id": {"facilities": [{"state": "approved"}]},
    "reminders that are numbers": {"reminders": [15]},
    "a type that is an object": {"typeId": {"id": "t-1"}},
    "a visibility that is a list": {"visibility": ["public"]},
    "a rule that is a word": {"recurrence": "weekly"},
}


@pytest.mark.parametrize("fields", BROKEN.values(), ids=BROKEN.keys())
def test_an_event_in_a_form_that_cannot_be_read_is_parked_and_comes_once_repaired(fields: dict[str, Any]) -> None:
    with office() as world:
        linked, bad, other = in_groupware(world, "A"), in_groupware(world, "B"), in_groupware(world, "C")
        good = world.groupware.get(bad)
        assert good is not None
        smuggle(world, bad, **fields)
        record = passed(world)
        repaired = {name: good[name] for name in fields}
        assert parked(record)[bad][0] == "event-unreadable"
        assert counts(record, O) == {"create": 2}
        smuggle(world, bad, **repaired)
        smuggle(world, linked, **fields)
        world.mailbox.edit(twin(world, other), location="本社")
        passed(world)
        assert groupware(world, other)["place"] == "本社"
        assert sizes(world) == (3, 3)
        smuggle(world, linked, **repaired)
        later(world)
        assert not problems(world)
        assert sizes(world) == (3, 3)
        assert_still(world)


def test_what_the_groupware_refuses_is_parked_with_field_and_rule_and_the_rest_goes_on() -> None:
    with office() as world:
        bad = in_outlook(world, "遠い知らせ", is_reminder_on=True, reminder_minutes_before_start=2_000_000)
        good = in_outlook(world, "ふつうの予定", start="2026-11-20T09:00", end="2026-11-20T10:00")
        record = passed(world)
        assert parked(record)[bad] == (
            "groupware-refused",
            {"reason": "reminders/0/minutesBefore range", "problem": "validation"},
        )
        assert problems(world)[bad].detail["reason"] == "reminders/0/minutesBefore range"
        assert groupware(world, good)["title"] == "ふつうの予定"
        later(world)
        assert sizes(world) == (1, 2)
        world.mailbox.edit(bad, reminder_minutes_before_start=30)
        passed(world)
        assert groupware(world, bad)["reminders"] == [{"minutesBefore": 30}]
        assert_still(world)


def test_a_room_that_somebody_else_has_refuses_the_move_and_loses_nothing() -> None:
    with office() as world:
        room = world.groupware.add_facility("第1会議室")
        taken = world.groupware.create(
            {"title": "先約", "start": "2026-11-18T14:00:00", "facilities": [{"facilityId": room}]},
            by=world.other_user,
        )
        event = in_groupware(world, facilities=[{"facilityId": room}])
        other = in_groupware(world, "ふつうの予定")
        passed(world)
        world.mailbox.edit(
            twin(world, event), start="2026-11-18T14:30", end="2026-11-18T15:30", subject="移動した"
        )
        world.mailbox.edit(twin(world, other), subject="改題")
        record = passed(world)
        assert parked(record)[event][0] == "groupware-refused"
        assert parked(record)[event][1]["problem"] == "facility-conflict"
        assert groupware(world, event)["start"] == "2026-11-18T10:00:00"
        assert groupware(world, other)["title"] == "改題"
        later(world)
        assert outlook(world, event)["start"]["dateTime"].startswith("2026-11-18T05:30"), "the person's move stays"
        world.groupware.delete(taken["id"], by=world.other_user)
        later(world)
        shown = groupware(world, event)
        assert (shown["start"], shown["title"]) == ("2026-11-18T14:30:00", "移動した")
        assert shown["facilities"][0]["facilityId"] == room
        assert_still(world)


# -- online meetings and events that are not ours ---------------------------------------------------------------


def test_the_teams_block_survives_a_new_body_from_the_groupware() -> None:
    with office() as world:
        event = in_outlook(
            world, body="議題", is_online_meeting=True, online_meeting_provider="teamsForBusiness"
        )
        passed(world)
        assert groupware(world, event)["memo"] == "議題"
        block = split_join_block(outlook(world, event)["body"]["content"])[1]
        edit_groupware(world, twin(world, event), memo="議題\n追加の議題")
        passed(world)
        shown = outlook(world, event)
        assert shown["isOnlineMeeting"]
        own, kept = split_join_block(shown["body"]["content"])
        assert "追加の議題" in own
        assert kept.strip() == block.strip()
        edit_groupware(world, twin(world, event), memo="")
        passed(world)
        assert outlook(world, event)["isOnlineMeeting"]
        assert_still(world)


def test_meetings_and_series_of_outlook_are_left_alone_with_their_reason() -> None:
    with office() as world:
        in_outlook(
            world,
            "会議",
            attendees=[{"emailAddress": {"address": "taro@example.com"}, "type": "required"}],
        )
        weekly = {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"]},
            "range": {"type": "noEnd", "startDate": "2026-11-18"},
        }
        in_outlook(world, "週次", recurrence=weekly)
        plain = in_outlook(world, "ひとり")
        mails = len(world.tenant.outbox)
        record = passed(world)
        assert reasons(record)["meeting"] == 1
        assert reasons(record)["series"] == 1
        assert counts(record, G) == {"create": 1}
        assert groupware(world, plain)["title"] == "ひとり"
        assert sizes(world) == (1, 3)
        assert_still(world)
        assert_mails(world, mails)


def test_a_series_and_a_proposal_of_the_groupware_are_left_alone_with_their_reason() -> None:
    with office() as world:
        in_groupware(world, "週次", recurrence={"rrule": "FREQ=WEEKLY;COUNT=3"})
        slots = [{"start": "2026-11-19T10:00:00", "duration": "PT1H"}]
        in_groupware(world, "候補", status="candidate", candidates=slots)
        record = passed(world)
        assert reasons(record) == {"series": 1, "candidate": 1}
        assert sizes(world) == (2, 0)
        assert_still(world)


def test_a_linked_event_that_becomes_a_meeting_is_parked_and_both_keep_it() -> None:
    """Somebody invites others in Outlook: from then on a change of ours would send mails."""
    with office() as world:
        event = in_groupware(world)
        passed(world)
        world.mailbox.edit(
            twin(world, event), attendees=[{"emailAddress": {"address": "guest@example.com"}, "type": "required"}]
        )
        mails = len(world.tenant.outbox)
        edit_groupware(world, event, title="改題")
        record = passed(world)
        assert parked(record)[event][0] == "meeting"
        assert sizes(world) == (1, 1)
        assert outlook(world, event)["subject"] == "打合せ"
        later(world)
        assert_mails(world, mails)
        world.mailbox.edit(twin(world, event), attendees=[])
        mails = len(world.tenant.outbox)
        later(world)
        assert outlook(world, event)["subject"] == "改題"
        assert_still(world)
        assert_mails(world, mails)


def test_nobody_s_zone_label_or_version_is_an_edit() -> None:
    with office() as world:
        event = in_groupware(world)
        passed(world)
        mine = twin(world, event)
        before = world.writes()
        for _ in range(3):
            world.mailbox.bump(mine)
            world.groupware.touch(event, by=world.user)
            distort(world, mine, lambda content: replace(content, response_requested=False))
            passed(world)
        assert world.writes() == before
