"""What is on its way from one mailbox to another: an attendee's copy takes seconds to appear (section 6.5).

Nothing runs by itself: what is due is delivered before anybody looks, see `Post.deliver`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sync.sandbox.clock import Clock

Arrive = Callable[[], None]


class Post:
    """Works under the tenant's lock. Letters of equal delay arrive in the order in which they were sent."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._letters: list[tuple[datetime, int, Arrive]] = []
        self._sent = 0
        self._delivering = False
        self._thread = threading.local()

    def send(self, delay_seconds: float, arrive: Arrive) -> None:
        """Without a delay it arrives at once, or at the end of `held`."""
        with self._lock:
            self._sent += 1
            due = self._clock.now() + timedelta(seconds=delay_seconds)
            self._letters.append((due, self._sent, arrive))
            if not self._held:
                self.deliver()

    def deliver(self) -> None:
        """Everything that is due, also what was sent meanwhile."""
        with self._lock:
            if self._delivering:
                return
            self._delivering = True
            try:
                while due := self._next():
                    self._letters.remove(due)
                    due[2]()
            finally:
                self._delivering = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """What this thread sends inside arrives afterwards: the answer to a request shows nothing of it."""
        self._thread.depth = self._held + 1
        try:
            yield
        finally:
            self._thread.depth = self._held - 1
            if not self._held:
                self.deliver()

    def __len__(self) -> int:
        """Letters under way."""
        return len(self._letters)

    @property
    def _held(self) -> int:
        return getattr(self._thread, "depth", 0)

    def _next(self) -> tuple[datetime, int, Arrive] | None:
        now = self._clock.now()
        due = [letter for letter in self._letters if letter[0] <= now]
        return min(due, key=lambda letter: letter[:2], default=None)
