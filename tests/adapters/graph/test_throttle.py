from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync.adapters.graph.throttle import Throttle
from sync.errors import TryLater
from tests.adapters.graph.canned import FakeClock


class Counter:
    """The most that was ever in flight."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = 0
        self.most = 0

    def add(self, weight: int) -> None:
        with self._lock:
            self.now += weight
            self.most = max(self.most, self.now)


def test_never_more_than_four_in_flight_for_a_mailbox() -> None:
    throttle, counter = Throttle(FakeClock()), Counter()

    def ask(weight: int) -> None:
        with throttle.turn("m", weight):
            counter.add(weight)
            threading.Event().wait(0.001)
            counter.add(-weight)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(ask, [1, 4, 2, 1, 1, 3] * 15))
    assert counter.most == 4
    assert counter.now == 0


def test_mailboxes_do_not_wait_for_each_other() -> None:
    throttle = Throttle(FakeClock())
    with throttle.turn("one", 4), throttle.turn("other", 4):
        pass


def test_a_batch_is_not_overtaken_by_later_singles() -> None:
    throttle = Throttle(FakeClock())
    order: list[str] = []

    def ask(name: str, weight: int) -> None:
        with throttle.turn("m", weight):
            order.append(name)

    with throttle.turn("m", 1):
        batch = threading.Thread(target=ask, args=("batch", 4))
        batch.start()
        while not throttle._gates["m"].line:
            threading.Event().wait(0.001)
        single = threading.Thread(target=ask, args=("single", 1))
        single.start()
        threading.Event().wait(0.01)
        assert order == []
    batch.join()
    single.join()
    assert order == ["batch", "single"]


def test_everyone_waits_as_long_as_the_service_asked() -> None:
    clock = FakeClock()
    throttle = Throttle(clock)
    throttle.pause("m", 7)
    throttle.pause("m", 3)  # a shorter wish does not shorten the pause
    with throttle.turn("other"):
        assert clock.slept == []
    with throttle.turn("m"):
        assert clock.slept == [7]
    with throttle.turn("m"):
        assert clock.slept == [7]


def test_a_pause_too_long_to_wait_for_stops_the_pass_with_the_time_left() -> None:
    throttle = Throttle(FakeClock(), patience=60)
    throttle.pause("m", 600)
    with pytest.raises(TryLater) as raised, throttle.turn("m"):
        pass
    assert raised.value.code == "graph-throttled"
    assert raised.value.retry_after == 600


def test_a_failed_request_gives_its_slots_back() -> None:
    throttle = Throttle(FakeClock())
    for _ in range(3):
        with pytest.raises(ValueError), throttle.turn("m", 4):
            raise ValueError
    with throttle.turn("m", 4):
        pass


def test_nothing_is_kept_of_a_mailbox_that_is_at_rest() -> None:
    throttle = Throttle(FakeClock())
    for mailbox in map(str, range(100)):
        with throttle.turn(mailbox, 4):
            pass
    assert throttle._gates == {}
