"""Values that one side lacks, nobody knows or nobody allows: the event is synced all the same, and what a side
cannot say stays where it was (law 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync.sandbox.groupware import Kind
from tests.e2e.office import (
    assert_still,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    later,
    office,
    outlook,
    parked,
    passed,
    smuggle,
    twin,
)
from tests.e2e.world import World

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
