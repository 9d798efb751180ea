"""What was asked for: requests by method, route and status; items of a $batch are counted apart."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class Counters:
    """`total` is HTTP requests to Graph (a batch is one), `batch_items` the items inside batches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._items: Counter[tuple[str, str, int]] = Counter()
        self._tokens: Counter[int] = Counter()
        self._identities: Counter[int] = Counter()

    def note(self, method: str, route: str, status: int, in_batch: bool = False) -> None:
        with self._lock:
            (self._items if in_batch else self._requests)[method, route, status] += 1

    def note_token(self, status: int) -> None:
        with self._lock:
            self._tokens[status] += 1

    def note_identity(self, status: int) -> None:
        with self._lock:
            self._identities[status] += 1

    @property
    def identities(self) -> int:
        """Requests to the managed identity's endpoint."""
        with self._lock:
            return self._identities.total()

    @property
    def total(self) -> int:
        with self._lock:
            return self._requests.total()

    @property
    def batch_items(self) -> int:
        with self._lock:
            return self._items.total()

    @property
    def tokens(self) -> int:
        """Requests to the token endpoint."""
        with self._lock:
            return self._tokens.total()

    def count(self, method: str | None = None, route: str | None = None, status: int | None = None) -> int:
        """Requests and batch items of this method, route template and status; None fits all."""
        with self._lock:
            return sum(
                number
                for (a_method, a_route, a_status), number in (self._requests + self._items).items()
                if method in (None, a_method) and route in (None, a_route) and status in (None, a_status)
            )

    @property
    def writes(self) -> int:
        """POST, PATCH and DELETE of anything but $batch itself."""
        with self._lock:
            both = self._requests + self._items
            return sum(
                number
                for (method, route, _), number in both.items()
                if method != "GET" and route != "/$batch"
            )

    def reset(self) -> None:
        with self._lock:
            self._requests.clear()
            self._items.clear()
            self._tokens.clear()
            self._identities.clear()

    def to_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                "total": self._requests.total(),
                "batchItems": self._items.total(),
                "tokens": self._tokens.total(),
                "identities": self._identities.total(),
                "requests": as_rows(self._requests),
                "items": as_rows(self._items),
            }


def as_rows(counted: Counter[tuple[str, str, int]]) -> list[dict[str, Any]]:
    return [
        {"method": method, "route": route, "status": status, "count": number}
        for (method, route, status), number in sorted(counted.items())
    ]
