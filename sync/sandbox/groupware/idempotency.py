"""Creating once: the answer of a create is kept under the client's key (contract.yaml, "Creating, once")."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sync.sandbox.groupware.problems import Problem
from sync.sandbox.groupware.store import Store
from sync.sandbox.groupware.times import to_ms

KEPT = timedelta(hours=24)
# Old answers are dropped now and then, not on every create.
PURGE_EVERY = 512


@dataclass(frozen=True, slots=True)
class Answer:
    event_id: str
    version: str
    document: str


class Answers:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = 0
        self._running: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def running(self, client: str, key: str) -> Iterator[None]:
        """Holds the key while the request is worked on; Problem `idempotency-in-progress` for a second one."""
        with self._lock:
            if (client, key) in self._running:
                raise Problem(
                    "idempotency-in-progress",
                    "The first request with this Idempotency-Key is still running.",
                    "同じ Idempotency-Key の最初の要求を処理中です。",
                    headers={"Retry-After": "1"},
                )
            self._running.add((client, key))
        try:
            yield
        finally:
            with self._lock:
                self._running.discard((client, key))

    def recall(self, client: str, key: str, digest: str) -> Answer | None:
        """The kept answer; Problem `idempotency-key-reused` if the body was another."""
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT digest, event_id, version, document FROM answers"
                " WHERE client = ? AND key = ? AND created_at > ?",
                (client, key, to_ms(self._store.clock.now() - KEPT)),
            ).fetchone()
        if row is None:
            return None
        if row[0] != digest:
            raise Problem(
                "idempotency-key-reused",
                "This Idempotency-Key was used with another body.",
                "この Idempotency-Key は別の内容で使用済みです。",
            )
        return Answer(row[1], row[2], row[3])

    def keep(self, client: str, key: str, digest: str, answer: Answer) -> None:
        """In the transaction of the create, so that there is never an event without its answer."""
        now = self._store.clock.now()
        self._kept += 1
        with self._store.transaction() as connection:
            if self._kept % PURGE_EVERY == 0:
                connection.execute("DELETE FROM answers WHERE created_at <= ?", (to_ms(now - KEPT),))
            connection.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
                (client, key, digest, answer.event_id, answer.version, answer.document, to_ms(now)),
            )


def digest_of(body: Mapping[str, Any]) -> str:
    """Equal for bodies that are equal as JSON."""
    # ensure_ascii: lone surrogates, which validation refuses later, must not stop us here.
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
