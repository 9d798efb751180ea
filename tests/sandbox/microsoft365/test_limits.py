"""Throttling and simulated latency: section 9 of the reference."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sync.sandbox.faults import slow
from sync.sandbox.microsoft365.throttle import Limits
from tests.sandbox.microsoft365.world import World, item, refusal, shown, timed

SLOW = 0.15


def test_more_than_four_at_a_time_are_refused() -> None:
    world = World(limits=Limits(retry_after=3))
    world.tenant.latency_seconds = SLOW
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.get(world.events), range(8)))
    assert Counter(answer.status_code for answer in answers) == {200: 4, 429: 4}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refusal(refused) == (429, "ApplicationThrottled")
    assert refused.headers["Retry-After"] == "3"
    assert world.tenant.throttle.most_running == 4
    world.tenant.latency_seconds = 0
    assert world.get(world.events).status_code == 200


def test_other_mailboxes_and_other_applications_are_independent() -> None:
    world = World(limits=Limits(concurrent=1))
    other = world.tenant.add_user("hanako@example.com")
    token = world.tenant.access_token(world.tenant.add_application())
    world.tenant.latency_seconds = SLOW
    calls = [
        lambda: world.get(world.events),
        lambda: world.get(f"/users/{other.id}/events"),
        lambda: world.call("GET", world.events, headers={"Authorization": f"Bearer {token}"}),
        lambda: world.get("/users"),
    ]
    with ThreadPoolExecutor(4) as pool:
        assert [answer.status_code for answer in pool.map(lambda call: call(), calls)] == [200] * 4


def test_a_batch_of_independent_items_fills_the_mailbox() -> None:
    world = World()
    world.tenant.latency_seconds = SLOW
    batch = threading.Thread(target=world.batch, args=[item(n, "GET", world.events) for n in range(5)])
    batch.start()
    time.sleep(SLOW / 3)
    assert refusal(world.get(world.events)) == (429, "ApplicationThrottled")
    batch.join()
    assert world.get(world.events).status_code == 200


def test_a_serial_batch_takes_one_place() -> None:
    world = World(limits=Limits(concurrent=2))
    world.tenant.latency_seconds = SLOW
    chain = [item(n, "GET", world.events, dependsOn=[str(n - 1)] if n else []) for n in range(5)]
    batch = threading.Thread(target=world.batch, args=chain)
    batch.start()
    time.sleep(SLOW / 3)
    assert world.get(world.events).status_code == 200
    batch.join()


def test_items_that_get_no_place_are_429_alone() -> None:
    world = World()
    taken = world.tenant.throttle.take(world.application.client_id, world.user.id, 2)
    found = shown(world.batch(*(item(n, "POST", world.events, timed()) for n in range(6))))["responses"]
    assert [response["status"] for response in found] == [201, 201, 429, 429, 201, 201]
    assert found[2]["headers"]["Retry-After"] == "1"
    world.tenant.throttle.give_back(world.application.client_id, world.user.id, taken)
    found = shown(world.batch(*(item(n, "POST", world.events, timed()) for n in range(6))))["responses"]
    assert {response["status"] for response in found} == {201}


def test_requests_of_a_period_are_counted_with_batch_items_and_refused_ones() -> None:
    world = World(limits=Limits(requests=5, period_seconds=60))
    assert world.get(world.events).status_code == 200
    found = shown(world.batch(*(item(n, "GET", world.events) for n in range(3))))["responses"]
    assert {response["status"] for response in found} == {200}
    assert world.get(world.events).status_code == 200
    assert refusal(world.get(world.events)) == (429, "TooManyRequests")
    world.clock.advance(timedelta(seconds=59))
    assert world.get(world.events).status_code == 429
    world.clock.advance(timedelta(seconds=1))
    assert world.get(world.events).status_code == 200


def test_latency_is_paid_once_per_request() -> None:
    world = World()
    world.tenant.latency_seconds = 0.05
    begun = time.perf_counter()
    world.batch(*(item(n, "GET", world.events) for n in range(20)))
    assert 0.05 <= time.perf_counter() - begun < 0.5


def test_a_slow_call_works_in_the_end() -> None:
    world = World()
    world.tenant.faults.script("GET *", slow(0.05))
    begun = time.perf_counter()
    assert world.get(world.events).status_code == 200
    assert time.perf_counter() - begun >= 0.05


def test_an_in_process_request_is_quick() -> None:
    world = World()
    world.get(world.events)
    begun = time.perf_counter()
    for _ in range(100):
        world.get(world.events)
    assert (time.perf_counter() - begun) / 100 < 0.02, "target is 1 ms; this bar only notices a blunder"
