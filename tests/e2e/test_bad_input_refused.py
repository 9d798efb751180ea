"""Events that the groupware gives in a form nobody can read, or refuses to take: parked alone, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.office import (
    assert_still,
    counts,
    groupware,
    in_groupware,
    in_outlook,
    later,
    office,
    outlook,
    parked,
    passed,
    problems,
    sizes,
    smuggle,
    twin,
)
from tests.e2e.world import O

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
def test_an_event_in_a_form_that_cannot_be_read_is_parked_and_comes_once_repaired(
    fields: dict[str, Any],
) -> None:
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
        assert parked(record)[event][0] == "facility-conflict"
        assert parked(record)[event][1]["owner"] == "太郎"
        assert groupware(world, event)["start"] == "2026-11-18T10:00:00"
        assert groupware(world, other)["title"] == "改題"
        later(world)
        assert outlook(world, event)["start"]["dateTime"].startswith("2026-11-18T05:30"), (
            "the person's move stays"
        )
        world.groupware.delete(taken["id"], by=world.other_user)
        later(world)
        shown = groupware(world, event)
        assert (shown["start"], shown["title"]) == ("2026-11-18T14:30:00", "移動した")
        assert shown["facilities"][0]["facilityId"] == room
        assert_still(world)
