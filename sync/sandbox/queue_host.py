"""The queue triggers of the Functions host, by the numbers of host.json: batches, waiting after a failure, and the
poison queue for what failed too often (azure-hosting.md 1)."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError, ResourceExistsError

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient, QueueMessage

HOST_FILE = Path(__file__).parents[2] / "host.json"
# While a message is being worked on it is invisible to others; a crashed process gives it back after this long.
LEASE_SECONDS = 600
FIRST_WAIT = 0.1
FOR_EVER = -1

_logger = logging.getLogger("sandbox.queue")


@dataclass(frozen=True, slots=True)
class QueueRules:
    """`extensions.queues` of host.json."""

    batch_size: int
    most_tries: int
    wait_after_failure: float
    longest_wait: float


def read_rules(file: Path = HOST_FILE) -> QueueRules:
    found = json.loads(file.read_text("utf-8"))["extensions"]["queues"]
    return QueueRules(
        batch_size=found["batchSize"],
        most_tries=found["maxDequeueCount"],
        wait_after_failure=seconds(found["visibilityTimeout"]),
        longest_wait=seconds(found["maxPollingInterval"]),
    )


def seconds(time_span: str) -> float:
    """`00:01:00` as host.json writes a length of time."""
    hours, minutes, rest = time_span.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


class QueueTrigger:
    """Calls `handle` with the text of each message. Without a poison queue a message that fails is tried for ever,
    as the host does with the poison queue's own messages."""

    def __init__(
        self, queue: QueueClient, poison: QueueClient | None, handle: Callable[[str], None], rules: QueueRules
    ) -> None:
        self._queue, self._poison, self._handle, self._rules = queue, poison, handle, rules

    def make_queues(self) -> None:
        """The host makes what is missing; raises AzureError when the storage cannot be used."""
        for queue in (self._queue, self._poison):
            if queue is not None:
                with suppress(ResourceExistsError):
                    queue.create_queue()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. The wait for an empty queue doubles up to the longest one."""
        wait = FIRST_WAIT
        with ThreadPoolExecutor(self._rules.batch_size) as workers:
            while not stop.is_set():
                found = self.receive()
                # newBatchThreshold 0: the next batch is fetched when this one is done.
                list(workers.map(self.work, found))
                wait = FIRST_WAIT if found else min(wait * 2, self._rules.longest_wait)
                if not found:
                    stop.wait(wait)

    def receive(self) -> list[QueueMessage]:
        """The next batch; an unreachable storage is logged and asked again later."""
        size = self._rules.batch_size
        try:
            return list(
                self._queue.receive_messages(
                    max_messages=size, visibility_timeout=LEASE_SECONDS, messages_per_page=size
                )
            )
        except AzureError:
            _logger.warning("the queue cannot be read", exc_info=True)
            return []

    def work(self, message: QueueMessage) -> None:
        """One invocation: the message goes, comes back later, or ends in the poison queue."""
        try:
            self._handle(base64.b64decode(message.content, validate=True).decode())
        except Exception:
            _logger.exception("try %s of a message failed", message.dequeue_count)
            self._settle(message, has_failed=True)
        else:
            self._settle(message, has_failed=False)

    def _settle(self, message: QueueMessage, has_failed: bool) -> None:
        is_last = (message.dequeue_count or 0) >= self._rules.most_tries
        try:
            if has_failed and not (is_last and self._poison is not None):
                wait = int(self._rules.wait_after_failure)
                self._queue.update_message(message, visibility_timeout=wait, content=message.content)
                return
            if has_failed and self._poison is not None:
                self._poison.send_message(message.content, time_to_live=FOR_EVER)
            self._queue.delete_message(message)
        except AzureError:
            # Somebody else got it meanwhile, or the storage is down: it comes back and is worked on again.
            _logger.warning("a message could not be settled", exc_info=True)


def open_queue(connection_string: str, name: str, retries: int = 2) -> QueueClient:
    """Messages as they are stored, in base64; ValueError for a string that names no storage."""
    from azure.storage.queue import QueueServiceClient

    options: dict[str, Any] = {"retry_total": retries, "initial_backoff": 1, "increment_base": 2}
    return QueueServiceClient.from_connection_string(connection_string, **options).get_queue_client(name)
