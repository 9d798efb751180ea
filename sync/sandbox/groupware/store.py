"""The groupware's database: SQLite, one connection behind one lock, and the numbers given out at commit.

The change sequence is taken inside the write transaction while the lock is held, so its order is commit order:
a reader that saw number n has everything up to n (reference groupware 6.3).
"""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sync.sandbox.clock import Clock, SystemClock

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS directory (
    kind TEXT NOT NULL, id TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0, document TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, version TEXT NOT NULL, uid TEXT NOT NULL UNIQUE, is_days INTEGER NOT NULL,
    starts INTEGER NOT NULL, ends INTEGER NOT NULL, is_compound INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS schedules (
    user_id TEXT NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY (user_id, event_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS schedules_by_event ON schedules (event_id);
CREATE TABLE IF NOT EXISTS bookings (
    facility_id TEXT NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY (facility_id, event_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bookings_by_event ON bookings (event_id);
-- user_id '' is the feed of the whole groupware.
CREATE TABLE IF NOT EXISTS changes (
    user_id TEXT NOT NULL, seq INTEGER NOT NULL, event_id TEXT NOT NULL, kind TEXT NOT NULL,
    changed_at INTEGER NOT NULL, origin TEXT, affected TEXT NOT NULL, PRIMARY KEY (user_id, seq)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS changes_by_event ON changes (user_id, event_id, seq);
CREATE TABLE IF NOT EXISTS answers (
    client TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, event_id TEXT NOT NULL,
    version TEXT NOT NULL, document TEXT NOT NULL, created_at INTEGER NOT NULL,
    PRIMARY KEY (client, key)) WITHOUT ROWID;
"""


class Store:
    """`path` None keeps everything in memory. Close it, or use it as a context manager."""

    def __init__(self, path: str | None = None, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.clock: Clock = clock or SystemClock()
        self.lock = threading.RLock()
        # isolation_level None: transactions are ours, begun and ended in `transaction` only.
        self.connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        try:
            self.connection.executescript(SCHEMA)
        except sqlite3.Error:
            self.connection.close()
            raise
        if path:
            self.connection.execute("PRAGMA synchronous=NORMAL")
        self._random = random.Random(f"{seed}/{self.sequence()}/{self.meta('directory')}")
        with self.transaction():
            if not self.meta("server"):
                self.set_meta("server", f"{self._random.getrandbits(48):012x}")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything or nothing; may be nested, the outermost commits."""
        with self.lock:
            if self.connection.in_transaction:
                yield self.connection
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent state for several statements: nobody writes meanwhile."""
        with self.lock:
            yield self.connection

    def meta(self, name: str) -> str:
        with self.lock:
            row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_meta(self, name: str, value: str) -> None:
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def sequence(self) -> int:
        """The number of the newest change."""
        return int(self.meta("sequence") or 0)

    def next_number(self, name: str = "sequence") -> int:
        """Only inside a transaction: a number that is rolled back is given out again, to nobody's harm."""
        assert self.connection.in_transaction, "numbers are given out at commit"
        number = int(self.meta(name) or 0) + 1
        self.set_meta(name, str(number))
        return number

    def new_id(self, prefix: str) -> str:
        with self.lock:
            return f"{prefix}-{self._random.getrandbits(48):012x}"
