"""Counts what one application does to one mailbox: four at a time, 10,000 in ten minutes (section 9)."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """`retry_after` is what a refused request is told, in seconds."""

    concurrent: int = 4
    requests: int = 10_000
    period_seconds: float = 600
    retry_after: float = 1


@dataclass
class Throttle:
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Pair, int] = {}
        self._recent: dict[Pair, deque[float]] = {}
        self.most_running = 0

    def take(self, application: str, mailbox: str, slots: int = 1) -> int:
        """Up to `slots` of the mailbox's places; the caller gives back exactly what it got."""
        with self._lock:
            running = self._running.get((application, mailbox), 0)
            granted = max(0, min(slots, self.limits.concurrent - running))
            self._running[application, mailbox] = running + granted
            self.most_running = max(self.most_running, running + granted)
            return granted

    def give_back(self, application: str, mailbox: str, slots: int) -> None:
        with self._lock:
            self._running[application, mailbox] -= slots

    def count(self, application: str, mailbox: str, now: float) -> bool:
        """Whether this request still fits into the period; a refused one is counted as well."""
        with self._lock:
            recent = self._recent.setdefault((application, mailbox), deque())
            while recent and recent[0] <= now - self.limits.period_seconds:
                recent.popleft()
            recent.append(now)
            return len(recent) <= self.limits.requests

    def reset(self) -> None:
        """Forget the period; running requests keep their places."""
        with self._lock:
            self._recent.clear()
            self.most_running = 0
