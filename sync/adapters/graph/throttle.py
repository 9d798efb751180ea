"""Keeps this process inside Exchange's limits for one mailbox: four requests in flight, and silence for as long as
`Retry-After` says (graph-calendar.md 9). Mailboxes do not wait for each other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.adapters.graph.errors import THROTTLED
from sync.errors import TryLater
from sync.ports import Clock

# https://learn.microsoft.com/graph/throttling-limits: "4 concurrent requests" per app and mailbox.
IN_FLIGHT = 4


@dataclass(slots=True)
class Gate:
    """One mailbox: who is in flight, who waits in line, and until when nobody may ask."""

    in_flight: int = 0
    line: deque[object] = field(default_factory=deque)
    silent_until: datetime | None = None


class Throttle:
    """One for each app registration and process, shared by everyone who talks to its mailboxes.

    A pause longer than `patience` seconds is not waited for: `TryLater` with the time that is left.
    """

    def __init__(self, clock: Clock, *, limit: int = IN_FLIGHT, patience: float = 60.0) -> None:
        self._clock = clock
        self._limit = limit
        self._patience = patience
        self._gates: dict[str, Gate] = {}
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, mailbox: str, weight: int = 1) -> Iterator[None]:
        """Hold `weight` of the mailbox's slots. First come, first served: a batch is not overtaken forever."""
        weight = min(weight, self._limit)
        while not self._enter(mailbox, weight):
            self._wait_out(mailbox)
        try:
            yield
        finally:
            self._leave(mailbox, weight)

    def pause(self, mailbox: str, seconds: float) -> None:
        """Nobody asks this mailbox for `seconds`; a pause already known is only ever made longer."""
        until = self._clock.now() + timedelta(seconds=seconds)
        with self._changed:
            gate = self._gates.setdefault(mailbox, Gate())
            if gate.silent_until is None or until > gate.silent_until:
                gate.silent_until = until

    def _enter(self, mailbox: str, weight: int) -> bool:
        """Take a place in line; False when the mailbox is (or became) silent."""
        ticket = object()
        with self._changed:
            gate = self._gates.setdefault(mailbox, Gate())
            gate.line.append(ticket)
            try:
                while gate.line[0] is not ticket or gate.in_flight + weight > self._limit:
                    self._changed.wait()
                if self._silence(gate) > 0:
                    return False
                gate.in_flight += weight
                return True
            finally:
                gate.line.remove(ticket)
                self._changed.notify_all()

    def _leave(self, mailbox: str, weight: int) -> None:
        with self._changed:
            gate = self._gates[mailbox]
            gate.in_flight -= weight
            if not gate.in_flight and not gate.line and self._silence(gate) <= 0:
                del self._gates[mailbox]
            self._changed.notify_all()

    def _wait_out(self, mailbox: str) -> None:
        with self._changed:
            left = self._silence(self._gates.get(mailbox, Gate()))
        if left > self._patience:
            raise TryLater(THROTTLED, {"status": "429", "graph_code": ""}, retry_after=left)
        if left > 0:
            self._clock.sleep(left)

    def _silence(self, gate: Gate) -> float:
        if gate.silent_until is None:
            return 0.0
        return (gate.silent_until - self._clock.now()).total_seconds()
