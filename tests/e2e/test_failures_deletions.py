"""Wrong deletions and shifted times that users of other products report (the number is the row of the collection)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.settings import ConflictRule, Direction, OrganizationSettings
from sync.ports import PassState
from sync.sandbox.groupware import Groupware
from tests.e2e.office import (
    A_DAY,
    assert_still,
    change_settings,
    counts,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    later,
    linked,
    office,
    outlook,
    parked,
    passed,
    problems,
    sizes,
    twin,
)
from tests.e2e.world import G, O, World


def held(world: World) -> dict[str, object]:
    """One pass that the guard stops."""
    record = world.run()
    assert record is not None
    assert record.state is PassState.HELD, record
    found = record.report["held"]
    assert isinstance(found, dict)
    return found


def empty_groupware(world: World) -> None:
    for event in world.groupware.events_of(world.user):
        world.groupware.delete(event["id"], by=world.user)


def empty_outlook(world: World) -> None:
    for event in world.mailbox.events():
        world.mailbox.delete(event["id"])


EMPTY: dict[str, Callable[[World], None]] = {"groupware": empty_groupware, "outlook": empty_outlook}


@pytest.mark.parametrize("empty", EMPTY.values(), ids=EMPTY.keys())
@pytest.mark.parametrize("step", [3, 5, 8])
def test_f19_a_side_that_is_suddenly_empty_is_asked_about_and_nothing_is_deleted(
    empty: Callable[[World], None], step: int
) -> None:
    with office() as world:
        linked(world, 12)
        in_outlook(world, "途中の予定")
        world.run(die_at=step, after=True)
        empty(world)
        for _ in range(3):
            found = held(world)
            assert int(str(found["count"])) >= 12
            world.clock.advance(A_DAY)
        assert max(sizes(world)) >= 12, "nothing is deleted on the full side"
        connection = world.connections.get("default", world.user)
        assert connection is not None
        assert connection.error == "guard-deletes"


def test_f19_what_the_administrator_confirms_is_deleted_and_nothing_more() -> None:
    with office() as world:
        linked(world, 12)
        empty_groupware(world)
        record = world.run()
        assert record is not None
        late = in_groupware(world, "あとから")
        world.connections.update(world.connection, confirmed_pass=record.id)
        passed(world)
        assert sizes(world) == (1, 1)
        assert outlook(world, late)["subject"] == "あとから"
        assert_still(world)


@pytest.mark.parametrize("cursor", ["kept", "lost"])
def test_f20_a_groupware_that_was_replaced_by_an_empty_one_deletes_nothing_in_outlook(cursor: str) -> None:
    with office() as world:
        linked(world, 12)
        with Groupware(clock=world.clock, seed=99) as other:
            assert other.add_user("花子", email="hanako@example.com") == world.user
            world.front(G, lambda app: other.app)
            if cursor == "lost":
                world.cursors.clear(world.connection)
            for _ in range(2):
                held(world)
                world.clock.advance(A_DAY)
            assert len(world.mailbox.events()) == 12
            world.front(G, lambda app: world.groupware.app)
            passed(world)
            assert sizes(world) == (12, 12)
            assert_still(world)


def test_f28_an_event_that_could_not_be_imported_is_not_deleted_at_its_source() -> None:
    with office() as world:
        bad = in_outlook(world, "遠い知らせ", is_reminder_on=True, reminder_minutes_before_start=2_000_000)
        assert parked(passed(world))[bad][0] == "groupware-refused"
        for _ in range(6):
            world.cursors.clear(world.connection)
            later(world)
        world.restart()
        later(world)
        assert sizes(world) == (0, 1)
        assert problems(world)[bad].attempts > 3


@pytest.mark.parametrize(
    ("direction", "expected"),
    [(Direction.TO_OUTLOOK, (1, 2)), (Direction.TO_GROUPWARE, (2, 1)), (Direction.BOTH, (2, 2))],
    ids=["to outlook", "to groupware", "both"],
)
def test_f31_events_that_only_one_side_has_are_kept_whatever_the_direction(
    direction: Direction, expected: tuple[int, int]
) -> None:
    with office(settings=OrganizationSettings(direction=direction)) as world:
        in_groupware(world, "A")
        in_outlook(world, "B")
        passed(world)
        assert sizes(world) == expected
        assert_still(world)
        assert sizes(world) == expected


def test_f31_a_change_of_the_direction_deletes_nothing_and_takes_up_what_was_left() -> None:
    with office(settings=OrganizationSettings(direction=Direction.TO_OUTLOOK)) as world:
        in_groupware(world, "A")
        mine = in_outlook(world, "B")
        passed(world)
        change_settings(world, direction=Direction.BOTH)
        passed(world)
        assert sizes(world) == (2, 2)
        change_settings(world, direction=Direction.TO_GROUPWARE)
        passed(world)
        world.mailbox.edit(mine, subject="改題")
        passed(world)
        assert groupware(world, mine)["title"] == "改題"
        assert sizes(world) == (2, 2)


@pytest.mark.parametrize("deleted", [G, O])
@pytest.mark.parametrize("rule", ConflictRule)
def test_f32_an_edit_beats_a_delete(deleted: object, rule: ConflictRule) -> None:
    with office(settings=OrganizationSettings(conflict=rule)) as world:
        event = in_groupware(world, memo="議題", place="本社")
        passed(world)
        mine = twin(world, event)
        if deleted is G:
            world.mailbox.edit(mine, subject="改題")
            world.groupware.delete(event, by=world.user)
        else:
            edit_groupware(world, event, title="改題")
            world.mailbox.delete(mine)
        passed(world)
        assert sizes(world) == (1, 1)
        (there,), (here,) = world.groupware.events_of(world.user), world.mailbox.events()
        assert (there["title"], there["memo"], there["place"]) == ("改題", "議題", "本社")
        assert here["subject"] == "改題"
        assert_still(world)


@pytest.mark.parametrize("deleted", [G, O])
def test_f32_a_delete_of_what_nobody_edited_is_a_delete(deleted: object) -> None:
    with office() as world:
        event = in_groupware(world)
        passed(world)
        mine = twin(world, event)
        world.mailbox.bump(mine)
        world.groupware.touch(event, by=world.user)
        if deleted is G:
            world.groupware.delete(event, by=world.user)
        else:
            world.mailbox.delete(mine)
        passed(world)
        assert sizes(world) == (0, 0)
        assert_still(world)


# -- times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/New_York", "America/Chicago", "Asia/Tokyo", "Pacific/Auckland"])
def test_f77_one_whole_day_is_one_day_wherever_the_person_is(zone: str) -> None:
    with office(settings=OrganizationSettings(time_zone=zone)) as world:
        here = in_outlook(
            world, "休暇", start="2026-11-18", end="2026-11-19", time_zone="Eastern Standard Time"
        )
        passed(world)
        shown = groupware(world, here)
        assert (shown["form"], shown["start"], shown["end"]) == ("allDay", "2026-11-18", "2026-11-19")
        edit_groupware(world, shown["id"], title="有給休暇")
        passed(world)
        assert world.mailbox.snapshot()[here]["start"] == "2026-11-18"
        assert world.mailbox.snapshot()[here]["end"] == "2026-11-19"
        assert_still(world)


@pytest.mark.parametrize("zone", ["Asia/Singapore", "Asia/Tokyo", "America/Los_Angeles"])
def test_f79_whole_days_around_midnight_at_the_edge_of_the_window_are_in_or_out_for_good(zone: str) -> None:
    with office(settings=OrganizationSettings(time_zone=zone)) as world:
        first = world.window.first
        for shift in (-2, -1, 0, 1):
            day, until = first + timedelta(days=shift), first + timedelta(days=shift + 1)
            in_outlook(world, f"O {shift}", start=day.isoformat(), end=until.isoformat())
            in_groupware(world, f"G {shift}", form="allDay", start=day.isoformat(), end=until.isoformat())
        passed(world)
        assert sorted(e["title"] for e in world.groupware.events_of(world.user)) == sorted(
            ["G -1", "G -2", "G 0", "G 1", "O 0", "O 1"]
        )
        assert sorted(e["subject"] for e in world.mailbox.events()) == sorted(
            ["O -1", "O -2", "O 0", "O 1", "G 0", "G 1"]
        )
        for _ in range(8):
            world.clock.advance(timedelta(hours=3))
            world.cursors.clear(world.connection)
            record = passed(world)
            assert counts(record, G) == counts(record, O) == {}


def test_f80_a_whole_day_with_a_zone_that_outlook_does_not_know_is_created() -> None:
    with office(settings=replace(OrganizationSettings(), time_zone="Antarctica/Troll")) as world:
        event = in_groupware(world, form="allDay", start="2026-11-18", end="2026-11-19")
        record = passed(world)
        assert not parked(record)
        assert world.mailbox.snapshot()[twin(world, event)]["start"] == "2026-11-18"
        assert_still(world)


def test_f83_one_record_with_an_unknown_zone_is_skipped_and_the_others_are_not() -> None:
    with office() as world:
        events = [in_outlook(world, f"予定 {n}") for n in range(5)]
        world.mailbox.label_zone(events[2], "Atlantis Standard Time")
        record = passed(world)
        assert parked(record) == {events[2]: ("unknown-zone", {"zone": "Atlantis Standard Time"})}
        assert counts(record, G) == {"create": 4}
        assert sizes(world) == (4, 5)
