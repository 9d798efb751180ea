"""Faults on purpose, seen through the simulator."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import requests

from sync.sandbox.faults import (
    HOSTILE,
    NASTY,
    SHAPE_RATES,
    Call,
    Effect,
    Faults,
    Kind,
    Rates,
    Shape,
    commit_then_drop,
    commit_then_fail,
    drop,
    expired_token,
    fail,
    shaped,
    slow,
    throttled,
)
from tests.sandbox.microsoft365.world import World, item, refusal, timed

CREATE = "POST /users/{user}/events"
READ = Call("GET", "/users/{user}/events", "/users/1/events")
WRITE = Call("POST", "/users/{user}/events", "/users/1/events", writes=True)


@pytest.fixture
def world() -> World:
    return World()


def test_an_error_before_the_work_leaves_nothing_behind(world: World) -> None:
    world.tenant.faults.script(CREATE, fail(503, "ErrorServerBusy", retry_after=2))
    answer = world.try_create()
    assert refusal(answer) == (503, "ErrorServerBusy")
    assert answer.headers["Retry-After"] == "2"
    assert world.mailbox.events() == []


def test_an_error_after_the_work_hides_a_created_event(world: World) -> None:
    world.tenant.faults.script(CREATE, commit_then_fail(504, "GatewayTimeout"))
    assert world.try_create(transactionId="k").status_code == 504
    assert len(world.mailbox.events()) == 1
    assert world.try_create(transactionId="k").status_code == 201
    assert len(world.mailbox.events()) == 1


@pytest.mark.parametrize(("effect", "created"), [(drop(), 0), (commit_then_drop(), 1)])
def test_a_lost_answer_is_a_connection_error(world: World, effect: Effect, created: int) -> None:
    world.tenant.faults.script(CREATE, effect)
    with pytest.raises(requests.ConnectionError):
        world.try_create()
    assert len(world.mailbox.events()) == created
    assert world.tenant.requests.count("POST", status=504) == 1


def test_a_lost_answer_to_a_batch_loses_all_of_it(world: World) -> None:
    world.tenant.faults.script("POST /$batch", commit_then_drop())
    with pytest.raises(requests.ConnectionError):
        world.batch(item(1, "POST", world.events, timed()), item(2, "POST", world.events, timed()))
    assert len(world.mailbox.events()) == 2


def test_an_expired_token_is_401_once(world: World) -> None:
    world.tenant.faults.script("GET *", expired_token())
    assert refusal(world.get(world.events)) == (401, "InvalidAuthenticationToken")
    assert world.get(world.events).status_code == 200


def test_a_script_fits_by_route_by_path_or_by_function(world: World) -> None:
    faults = world.tenant.faults
    faults.script(f"GET */{world.user.id}/calendarView", throttled())
    faults.script(lambda call: call.writes, throttled(), times=2, after=1)
    assert world.get(world.events).status_code == 200
    assert world.get(f"{world.view}?startDateTime=2026-01-01&endDateTime=2026-02-01").status_code == 429
    assert [world.try_create().status_code for _ in range(4)] == [201, 429, 429, 201]
    assert faults.scripts() == ()


def test_cleared_scripts_and_stopped_faults_do_nothing() -> None:
    faults = Faults(rates=Rates(busy=1))
    faults.script("GET *", throttled())
    faults.stop()
    assert faults.decide(READ) is None


def test_a_rate_fails_the_same_call_only_so_often_in_a_row() -> None:
    faults = Faults(rates=Rates(busy=1), most_in_a_row=2)
    outcomes = [faults.decide(READ) is None for _ in range(6)]
    assert outcomes == [False, False, True, False, False, True]


def test_the_same_seed_gives_the_same_faults() -> None:
    def run(seed: int) -> list[Effect | None]:
        faults = Faults.hostile(seed)
        return [faults.decide(WRITE) for _ in range(300)]

    assert run(1) == run(1) != run(2)


def test_nasty_is_only_what_is_safe_to_repeat_and_hostile_is_more() -> None:
    dangerous = (
        "drop",
        "commit_then_fail",
        "commit_then_drop",
        "expired_token",
        "sync_state_lost",
        "late_change",
    )
    assert all(getattr(NASTY, name) == 0 for name in dangerous)
    assert all(getattr(HOSTILE, name) > 0 for name in dangerous)
    assert all(getattr(Faults.none().rates, name) == 0 for name in SHAPE_RATES.values())


def test_only_writes_are_done_and_then_failed_and_only_cursors_lose_their_state() -> None:
    faults = Faults(rates=Rates(commit_then_fail=1, sync_state_lost=1), most_in_a_row=10**6)
    assert faults.decide(READ) is None
    kinds = {effect.kind for effect in (faults.decide(WRITE) for _ in range(20)) if effect}
    assert kinds == {Kind.COMMIT_THEN_FAIL}
    cursor = Call("GET", "r", "p", reads_cursor=True)
    codes = {(effect.status, effect.code) for effect in (faults.decide(cursor) for _ in range(100)) if effect}
    assert (410, "SyncStateNotFound") in codes
    assert len(codes) == 5


def test_tokens_expire_by_rate_with_pauses_between() -> None:
    faults = Faults(rates=Rates(expired_token=1))
    seen = [faults.decide(Call("GET", "r", str(n))) for n in range(63)]
    assert [n for n, effect in enumerate(seen) if effect] == [20, 41, 62]
    assert Counter(effect.status for effect in seen if effect) == {401: 3}


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_has_a_rate_and_can_be_scripted(shape: Shape) -> None:
    assert Faults(rates=Rates(**{SHAPE_RATES[shape]: 1})).happens(shape, READ)
    faults = Faults()
    assert not faults.happens(shape, READ)
    faults.script("GET *", shaped(shape))
    assert faults.decide(READ) is None
    assert faults.happens(shape, READ)
    assert not faults.happens(shape, READ)


@pytest.mark.parametrize(
    "effect", [throttled(0), commit_then_fail(), slow(0.1), shaped(Shape.REPLAY), drop()]
)
def test_an_effect_survives_json(effect: Effect) -> None:
    assert Effect.from_json(effect.to_json()) == effect


def test_a_retry_after_of_nothing_sends_no_header(world: World) -> None:
    world.tenant.faults.script("GET *", throttled(None))
    assert "Retry-After" not in world.get(world.events).headers


def test_a_patient_client_gets_through_hostile_weather() -> None:
    """Creates with transactionId, repeated until answered: each event exists once (section 6.2)."""
    world = World(faults=Faults.hostile(3, retry_after=0))
    for number in range(60):
        for _ in range(20):
            try:
                answer = world.try_create(transactionId=f"k{number}")
            except requests.ConnectionError:
                continue
            if answer.status_code == 201:
                break
            if answer.status_code == 401:
                world.clock.advance(timedelta(seconds=1))
                world.sign_in(world.application)
        else:
            pytest.fail("never got through")
    assert len(world.mailbox.events()) == 60
