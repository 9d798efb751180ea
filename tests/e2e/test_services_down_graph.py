"""Microsoft 365 is away, throttles or refuses: nothing is concluded from it, and the next good pass finishes."""

from __future__ import annotations

from typing import Any

import pytest

from sync.core.settings import ConflictRule, OrganizationSettings, State
from sync.ports import PassState
from sync.sandbox.faults import (
    Call,
    commit_then_fail,
    drop,
    fail,
    throttled,
)
from sync.sandbox.microsoft365.switches import Switches
from tests.e2e.office import (
    FOREVER,
    assert_still,
    counts,
    edit_groupware,
    failed,
    groupware,
    in_groupware,
    later,
    linked,
    office,
    outlook,
    parked,
    passed,
    problems,
    sizes,
    state_of,
    twin,
)
from tests.e2e.world import O


def anything(_: Call) -> bool:
    return True


AWAY = {
    "500": (fail(500, "InternalServerError"), "graph-unavailable"),
    "503": (fail(503, "ServiceUnavailable"), "graph-unavailable"),
    "503 for an hour": (fail(503, "ServiceUnavailable", retry_after=3600), "graph-throttled"),
    "429": (throttled(3), "graph-throttled"),
    "429 for an hour": (throttled(3600), "graph-throttled"),
    "429 without a time": (throttled(None), "graph-throttled"),
    "504": (fail(504, "GatewayTimeout"), "graph-timeout"),
    "no answer": (drop(), "graph-unavailable"),
}


@pytest.mark.parametrize(("effect", "code"), AWAY.values(), ids=AWAY.keys())
def test_while_graph_is_away_nothing_happens_and_afterwards_everything(effect: Any, code: str) -> None:
    with office() as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="改題")
        world.groupware.delete(events[1], by=world.user)
        world.mailbox.edit(twin(world, events[2]), location="本社")
        before = world.writes()
        world.faults.script(anything, effect, times=FOREVER)
        record = failed(world)
        assert record.error == code
        assert state_of(world) == (State.ACTIVE, code), "it is not the administrator's to repair"
        assert world.writes() == before
        assert sizes(world) == (2, 3)
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert sizes(world) == (2, 2)
        assert groupware(world, events[2])["place"] == "本社"
        assert_still(world)


def test_the_wait_that_graph_asks_for_is_kept() -> None:
    with office() as world:
        event = in_groupware(world)
        world.faults.script(anything, throttled(17), times=2)
        before = world.clock.now()
        passed(world)
        assert outlook(world, event)["subject"] == "打合せ"
        assert (world.clock.now() - before).total_seconds() >= 34
        assert world.clock.slept.count(17.0) == 2


@pytest.mark.parametrize("effect", [fail(503, "ServiceUnavailable"), throttled(2), drop()], ids=str)
def test_graph_that_goes_away_while_we_write_loses_and_doubles_nothing(effect: Any) -> None:
    with office() as world:
        events = linked(world, 30)
        for event in events[:20]:
            edit_groupware(world, event, place="本社")
        new = [in_groupware(world, f"新しい予定 {n}") for n in range(30)]
        world.faults.script("POST /$batch", effect, times=FOREVER, after=2)
        record = world.run()
        assert record is not None
        assert record.state is PassState.FAILED
        assert 30 < len(world.mailbox.events()) < 60, "two batches had gone through"
        world.faults.clear_scripts()
        later(world)
        assert sizes(world) == (60, 60)
        assert {outlook(world, event)["subject"] for event in new} == {f"新しい予定 {n}" for n in range(30)}
        assert all(outlook(world, event)["location"]["displayName"] == "本社" for event in events[:20])
        assert_still(world)


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
def test_one_event_that_graph_always_refuses_is_parked_alone(status: int, verb: str) -> None:
    """Law 5."""
    with office() as world:
        events = linked(world, 8)
        bad = events[0]
        world.faults.script(
            f"{verb} *{twin(world, bad)}*",
            fail(status, "ErrorInternalServerError" if status == 500 else "ErrorPropertyValidationFailure"),
            times=FOREVER,
        )
        mine = twin(world, bad)
        for event in events[:4]:
            if verb == "PATCH":
                edit_groupware(world, event, title="改題")
            else:
                world.groupware.delete(event, by=world.user)
        record = passed(world)
        assert set(parked(record)) & {bad, mine}
        assert counts(record, O) == {verb.replace("PATCH", "update").lower(): 3}
        if verb == "PATCH":
            assert all(outlook(world, event)["subject"] == "改題" for event in events[1:4])
        assert len(world.mailbox.events()) == (8 if verb == "PATCH" else 5)
        assert len(problems(world)) == 1
        later(world)
        assert len(problems(world)) == 1, "still parked, still tried"
        world.faults.clear_scripts()
        later(world)
        if verb == "PATCH":
            assert outlook(world, bad)["subject"] == "改題"
        assert sizes(world) == ((8, 8) if verb == "PATCH" else (4, 4))
        assert not problems(world)
        assert_still(world)


@pytest.mark.parametrize("rule", ConflictRule)
def test_an_update_that_graph_carried_out_and_called_failed_is_nobody_s_edit(rule: ConflictRule) -> None:
    """Law 4. The person edits again before we look: the newer edit stands, whoever wins a conflict."""
    settings, switches = OrganizationSettings(conflict=rule), Switches(if_match_honoured=False)
    with office(settings=settings, switches=switches) as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="一回目")
        failing = f"PATCH *{twin(world, events[0])}*"
        world.faults.script(failing, commit_then_fail(500, "ErrorInternalServerError"), times=FOREVER)
        passed(world)
        assert problems(world)[events[0]].code == "graph-failing"
        edit_groupware(world, events[0], title="二回目")
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, events[0])["subject"] == groupware(world, events[0])["title"] == "二回目"
        assert_still(world)
