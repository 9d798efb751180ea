"""The queue loop does what the Functions host does: delete, try again later, give up into the poison queue."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sync.sandbox.ports import free_ports
from sync.sandbox.queue_host import QueueRules, QueueTrigger, open_queue, read_rules, seconds

RULES = QueueRules(batch_size=4, most_tries=2, wait_after_failure=0, longest_wait=0.05)


class Passes:
    """Remembers what came; fails for what says so."""

    def __init__(self) -> None:
        self.came: list[str] = []

    def __call__(self, text: str) -> None:
        self.came.append(text)
        if text.startswith("bad"):
            raise RuntimeError("planned")


@pytest.fixture
def queues(azurite: str, request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    name = f"q{abs(hash(request.node.name)) % 10**9}"
    found = open_queue(azurite, name), open_queue(azurite, f"{name}-poison")
    QueueTrigger(*found, handle=Passes(), rules=RULES).make_queues()
    yield found
    for queue in found:
        queue.delete_queue()


def send(queue: Any, text: str) -> None:
    queue.send_message(base64.b64encode(text.encode()).decode())


def texts(queue: Any) -> list[str]:
    return [base64.b64decode(found.content).decode() for found in queue.peek_messages(max_messages=32)]


def work_once(trigger: QueueTrigger) -> None:
    for message in trigger.receive():
        trigger.work(message)


def test_the_numbers_are_those_of_the_host_file() -> None:
    rules = read_rules()
    assert (rules.batch_size, rules.most_tries) == (4, 5)
    assert (rules.wait_after_failure, rules.longest_wait) == (60, 10)
    assert seconds("01:02:03.5") == 3723.5


def test_a_message_that_was_worked_on_is_gone(queues: tuple[Any, Any]) -> None:
    passes = Passes()
    send(queues[0], "一つ目")
    work_once(QueueTrigger(*queues, handle=passes, rules=RULES))
    assert passes.came == ["一つ目"]
    assert texts(queues[0]) == texts(queues[1]) == []


def test_a_message_that_fails_comes_back_and_then_goes_to_the_poison_queue(queues: tuple[Any, Any]) -> None:
    passes = Passes()
    trigger = QueueTrigger(*queues, handle=passes, rules=RULES)
    send(queues[0], "bad")
    work_once(trigger)
    assert texts(queues[0]) == ["bad"]
    work_once(trigger)
    assert passes.came == ["bad", "bad"]
    assert texts(queues[0]) == []
    assert texts(queues[1]) == ["bad"]


def test_a_message_that_failed_is_left_alone_for_a_while(queues: tuple[Any, Any]) -> None:
    trigger = QueueTrigger(*queues, handle=Passes(), rules=replace(RULES, wait_after_failure=60))
    send(queues[0], "bad")
    work_once(trigger)
    assert trigger.receive() == []


def test_what_is_no_base64_is_a_failure_too(queues: tuple[Any, Any]) -> None:
    passes = Passes()
    trigger = QueueTrigger(*queues, handle=passes, rules=replace(RULES, most_tries=1))
    queues[0].send_message("not base64!")
    work_once(trigger)
    assert passes.came == []
    assert [found.content for found in queues[1].peek_messages()] == ["not base64!"]


def test_the_poison_queue_has_no_poison_queue(queues: tuple[Any, Any]) -> None:
    trigger = QueueTrigger(queues[1], None, Passes(), replace(RULES, most_tries=1))
    send(queues[1], "bad")
    work_once(trigger)
    assert texts(queues[1]) == ["bad"]


def test_an_unreachable_storage_is_asked_again_later() -> None:
    (port,) = free_ports(1)
    account = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5"
    nowhere = open_queue(f"{account};QueueEndpoint=http://127.0.0.1:{port}/a;", "queue", retries=0)
    assert QueueTrigger(nowhere, None, Passes(), RULES).receive() == []


def test_the_loop_works_until_it_is_stopped(queues: tuple[Any, Any]) -> None:
    stop = threading.Event()
    seen: list[str] = []

    def handle(text: str) -> None:
        seen.append(text)
        if len(seen) == 6:
            stop.set()

    for number in range(6):
        send(queues[0], str(number))
    QueueTrigger(*queues, handle=handle, rules=RULES).run(stop)
    assert sorted(seen) == [str(number) for number in range(6)]
