"""The groupware is away, slow or broken: nothing is concluded from it, and the next good pass finishes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.settings import ConflictRule, OrganizationSettings, State
from sync.ports import PassState
from sync.sandbox.faults import Call, commit_then_fail, drop, fail, throttled
from tests.e2e.office import (
    FOREVER,
    assert_still,
    counts,
    edit_groupware,
    failed,
    groupware,
    in_groupware,
    in_outlook,
    later,
    linked,
    office,
    outlook,
    parked,
    passed,
    poison,
    problems,
    sizes,
    state_of,
    twin,
)
from tests.e2e.world import G, O


def anything(_: Call) -> bool:
    return True


def writes(call: Call) -> bool:
    return call.writes


# -- away -------------------------------------------------------------------------------------------------------

AWAY = {
    "500": (fail(500, "server-error"), "groupware-unavailable"),
    "502": (fail(502, "server-error"), "groupware-unavailable"),
    "503": (fail(503, "unavailable"), "groupware-unavailable"),
    "503 for an hour": (fail(503, "unavailable", retry_after=3600), "groupware-unavailable"),
    "429": (throttled(2), "groupware-throttled"),
    "429 for an hour": (throttled(3600), "groupware-throttled"),
    "no answer": (drop(), "groupware-unavailable"),
}


@pytest.mark.parametrize(("effect", "code"), AWAY.values(), ids=AWAY.keys())
def test_while_the_groupware_is_away_nothing_happens_and_afterwards_everything(
    effect: object, code: str
) -> None:
    with office() as world:
        events = linked(world, 3)
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        world.mailbox.delete(twin(world, events[1]))
        edit_groupware(world, events[2], place="本社")
        before = world.writes()
        world.groupware_faults.script(anything, effect, times=FOREVER)  # type: ignore[arg-type]
        record = failed(world)
        assert record.error == code
        assert state_of(world) == (State.ACTIVE, code), "it is not the administrator's to repair"
        failed(world)
        assert world.writes() == before
        world.groupware_faults.clear_scripts()
        passed(world)
        assert groupware(world, events[0])["title"] == "改題"
        assert world.groupware.get(events[1]) is None
        assert outlook(world, events[2])["location"]["displayName"] == "本社"
        assert state_of(world) == (State.ACTIVE, "")
        assert_still(world)


@pytest.mark.parametrize(
    "effect", [fail(500, "server-error"), commit_then_fail(500), fail(503, "unavailable"), drop()], ids=str
)
def test_a_groupware_that_goes_away_while_we_write_loses_and_doubles_nothing(effect: object) -> None:
    with office() as world:
        events = linked(world, 12)
        new = [in_outlook(world, f"新しい予定 {n}") for n in range(4)]
        for event in events[:8]:
            world.mailbox.edit(twin(world, event), location="本社")
        world.mailbox.delete(twin(world, events[11]))
        world.groupware_faults.script(writes, effect, times=FOREVER, after=3)  # type: ignore[arg-type]
        record = world.run()
        assert record is not None
        assert record.state is PassState.FAILED
        assert record.error == "groupware-unavailable"
        assert sizes(world)[1] == 15
        world.groupware_faults.clear_scripts()
        later(world)
        assert sizes(world) == (15, 15)
        assert all(groupware(world, event)["title"].startswith("新しい予定") for event in new)
        assert all(groupware(world, event)["place"] == "本社" for event in events[:8])
        assert world.groupware.get(events[11]) is None
        assert not problems(world)
        assert_still(world)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 500, 502, 504])
def test_one_event_that_the_groupware_never_takes_is_parked_alone(status: int) -> None:
    """Law 5: a firewall or a defect in front of the groupware that dislikes one text."""
    with office() as world:
        events = linked(world, 4)
        poison(world, G, "毒", status)
        world.mailbox.edit(twin(world, events[0]), subject="毒")
        bad = in_outlook(world, "毒", start="2026-11-25T09:00", end="2026-11-25T10:00")
        good = in_outlook(world, "薬", start="2026-11-25T09:00", end="2026-11-25T10:00")
        world.mailbox.edit(twin(world, events[3]), subject="改題")
        record = passed(world)
        code = "groupware-failing" if status >= 500 else "groupware-refused"
        assert {parked(record)[event][0] for event in (events[0], bad)} == {code}
        assert groupware(world, good)["title"] == "薬"
        assert groupware(world, events[3])["title"] == "改題"
        assert sizes(world) == (5, 6)
        later(world)
        assert sizes(world) == (5, 6)
        world.mailbox.edit(twin(world, events[0]), subject="治った")
        world.mailbox.edit(bad, subject="治った薬")
        later(world)
        assert groupware(world, events[0])["title"] == "治った"
        assert groupware(world, bad)["title"] == "治った薬"
        assert not problems(world)
        assert_still(world)


# -- people and permissions -------------------------------------------------------------------------------------


def test_a_user_who_left_the_groupware_stops_the_person_and_deletes_nothing() -> None:
    with office() as world:
        linked(world, 3)
        world.groupware.remove_user(world.user)
        for _ in range(2):
            record = failed(world)
            assert record.error == "groupware-user-missing"
            world.cursors.clear(world.connection)
        assert state_of(world) == (State.ERROR, "groupware-user-missing")
        assert len(world.mailbox.events()) == 3


@pytest.mark.parametrize(
    ("effect", "code"),
    [(fail(401, "unauthorized"), "groupware-unauthorized"), (fail(403, "not-permitted"), "listing-refused")],
)
def test_a_groupware_that_refuses_our_key_is_the_administrator_s_to_repair(effect: object, code: str) -> None:
    with office() as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="改題")
        world.groupware_faults.script(anything, effect, times=FOREVER)  # type: ignore[arg-type]
        assert failed(world).error == code
        assert state_of(world) == (State.ERROR, code)
        world.groupware_faults.clear_scripts()
        passed(world)
        assert state_of(world) == (State.ACTIVE, "")
        assert outlook(world, events[0])["subject"] == "改題"
        assert_still(world)


# -- events that move while we write ----------------------------------------------------------------------------


def test_a_storm_of_412_parks_the_event_and_the_next_pass_takes_it() -> None:
    with office() as world:
        events = linked(world, 3)
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        world.mailbox.edit(twin(world, events[1]), subject="別の改題")
        stormy = f"PATCH /v1/events/{events[0]}"
        world.groupware_faults.script(stormy, fail(412, "version-conflict"), times=3)
        record = passed(world)
        assert problems(world)[events[0]].code == "event-moved"
        assert counts(record, G)["update"] >= 1
        assert groupware(world, events[1])["title"] == "別の改題"
        later(world)
        assert groupware(world, events[0])["title"] == "改題"
        assert_still(world)


def test_a_short_storm_of_412_is_survived_within_the_pass() -> None:
    with office() as world:
        events = linked(world, 2)
        world.mailbox.edit(twin(world, events[0]), subject="改題")
        world.groupware_faults.script("PATCH *", fail(412, "version-conflict"), times=2)
        passed(world)
        assert groupware(world, events[0])["title"] == "改題"
        assert not problems(world)
        assert_still(world)


def test_a_cursor_that_the_groupware_forgot_is_a_new_listing_and_no_change() -> None:
    with office() as world:
        events = linked(world, 6)
        edit_groupware(world, events[0], title="改題")
        world.groupware.delete(events[1], by=world.user)
        world.groupware.expire_cursors()
        record = passed(world)
        assert counts(record, O) == {"update": 1, "delete": 1}
        assert sizes(world) == (5, 5)
        assert_still(world)


@pytest.mark.parametrize("rule", ConflictRule)
def test_an_update_that_the_groupware_carried_out_and_called_failed_is_nobody_s_edit(
    rule: ConflictRule,
) -> None:
    """Law 4. The person edits again before we look: the newer edit stands, whoever wins a conflict."""
    with office(settings=OrganizationSettings(conflict=rule)) as world:
        events = linked(world, 3)
        world.mailbox.edit(twin(world, events[0]), subject="一回目")
        world.groupware_faults.script(writes, commit_then_fail(500), times=1)
        world.groupware_faults.script(writes, fail(500, "server-error"), times=FOREVER)
        world.run()
        assert groupware(world, events[0])["title"] == "一回目"
        world.mailbox.edit(twin(world, events[0]), subject="二回目")
        world.groupware_faults.clear_scripts()
        later(world)
        assert outlook(world, events[0])["subject"] == groupware(world, events[0])["title"] == "二回目"
        assert_still(world)


def test_a_groupware_that_is_slow_for_hours_is_asked_again_and_again_without_harm() -> None:
    with office() as world:
        event = in_groupware(world)
        world.groupware_faults.script(anything, fail(503, "unavailable", retry_after=5), times=40)
        for _ in range(10):
            world.run()
            world.clock.advance(timedelta(minutes=15))
        passed(world)
        assert outlook(world, event)["subject"] == "打合せ"
        assert_still(world)
        assert counts(passed(world), O) == {}
