"""How many requests were made, by method, route template and status: what a pass costs."""

from __future__ import annotations

import threading
from collections import Counter


class Counters:
    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._lock = threading.Lock()

    def add(self, method: str, route: str, status: int) -> None:
        with self._lock:
            self._counts[method, route, status] += 1

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()

    @property
    def total(self) -> int:
        return self.of()

    def of(self, method: str | None = None, route: str | None = None, status: int | None = None) -> int:
        """The requests that fit; a left-out argument fits all. Routes are those of the contract's paths."""
        with self._lock:
            return sum(
                number
                for (m, r, s), number in self._counts.items()
                if method in (None, m) and route in (None, r) and status in (None, s)
            )

    def to_json(self) -> dict[str, object]:
        with self._lock:
            rows = sorted(self._counts.items())
        return {
            "total": sum(number for _, number in rows),
            "requests": [
                {"method": m, "route": r, "status": s, "count": number} for (m, r, s), number in rows
            ],
        }
