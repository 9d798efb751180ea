"""The change feed: one row per change for the whole groupware and one for each person it concerns.

A person's row says what the change means for that schedule: an event that left it is a delete there. Rows are
written in the transaction of the change itself, numbered by `Store.next_number` (contract.yaml, "Change feed").
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sync.sandbox.groupware.problems import cursor_expired
from sync.sandbox.groupware.store import Store
from sync.sandbox.groupware.times import format_instant, from_ms, to_ms

RETENTION_DAYS = 30
EVERYONE = ""
# Old rows are dropped now and then, not on every write.
PURGE_EVERY = 512
UPSERT, DELETE = "upsert", "delete"


@dataclass(frozen=True, slots=True)
class Item:
    seq: int
    event_id: str
    kind: str
    changed_at: int
    origin: str | None
    affected: str

    def to_json(self, document: str | None, embeds: bool) -> str:
        """`document` is the event's own JSON text; pages are put together from texts."""
        event = f',"event":{document or "null"}' if embeds and self.kind == UPSERT else ""
        return (
            f'{{"seq":{self.seq},"id":{json.dumps(self.event_id)},"kind":"{self.kind}","version":"{self.seq}",'
            f'"changedAt":"{format_instant(from_ms(self.changed_at))}","originClientId":{json.dumps(self.origin)},'
            f'"affectedUserIds":{self.affected}{event}}}'
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the feed. `server` and `epoch` make a cursor of another database, or of before
    `Feed.expire_cursors`, a stranger."""

    server: str
    epoch: str
    user: str
    seq: int

    def encode(self) -> str:
        text = json.dumps([self.server, self.epoch, self.user, self.seq], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Problem `cursor-expired` for anything we did not make."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            server, epoch, user, seq = json.loads(raw)
        except (binascii.Error, ValueError, TypeError) as error:
            raise cursor_expired() from error
        if not (isinstance(seq, int) and all(isinstance(part, str) for part in (server, epoch, user))):
            raise cursor_expired()
        return cls(server, epoch, user, seq)


class Feed:
    def __init__(self, store: Store, retention: timedelta = timedelta(days=RETENTION_DAYS)) -> None:
        self._store, self.retention = store, retention
        self._server = store.meta("server")

    def record(
        self, event_id: str, seq: int, was_on: Collection[str], is_on: Collection[str], origin: str | None
    ) -> None:
        """Note a change inside its transaction. Nobody `is_on` it and no such event: it was deleted."""
        affected = sorted({*was_on, *is_on})
        now = to_ms(self._store.clock.now())
        with self._store.transaction() as connection:
            exists = connection.execute("SELECT 1 FROM events WHERE id = ?", (event_id,)).fetchone()
            kinds = {EVERYONE: UPSERT if exists else DELETE}
            kinds |= {user: UPSERT if user in is_on else DELETE for user in affected}
            text = json.dumps(affected, separators=(",", ":"))
            connection.executemany(
                "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(user, seq, event_id, kind, now, origin, text) for user, kind in kinds.items()],
            )
        if seq % PURGE_EVERY == 0:
            self.purge()

    def latest(self, user: str = EVERYONE) -> str:
        return self._cursor(user, self._store.sequence()).encode()

    def position(self, text: str, user: str = EVERYONE) -> int:
        """The number a cursor stands for; Problem `cursor-expired` if it is not a live one for this user.

        A "~" at the end says that an empty page was already given there; the place is the same.
        """
        cursor = Cursor.decode(text.rstrip("~"))
        known = self._cursor(user, cursor.seq)
        if cursor != known or not int(self._store.meta("floor") or 0) <= cursor.seq <= self._store.sequence():
            raise cursor_expired()
        return cursor.seq

    def read(
        self, seq: int, limit: int, user: str = EVERYONE, *, coalesces: bool = True
    ) -> tuple[list[Item], str, bool]:
        """Items after `seq`, the cursor behind them, and whether there is more. `coalesces`: only the newest
        entry of each event."""
        newest = (
            "AND NOT EXISTS (SELECT 1 FROM changes n WHERE n.user_id = c.user_id AND n.event_id = c.event_id"
            " AND n.seq > c.seq)"
        )
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT seq, event_id, kind, changed_at, origin, affected FROM changes c"
                f" WHERE user_id = ? AND seq > ? {newest if coalesces else ''} ORDER BY seq LIMIT ?",
                (user, seq, limit + 1),
            ).fetchall()
            has_more = len(rows) > limit
            items = [Item(*row) for row in rows[:limit]]
            # At the end the cursor moves to the newest number of all, so that it does not age with a quiet user.
            reached = items[-1].seq if has_more and items else max(seq, self._store.sequence())
        return items, self._cursor(user, reached).encode(), has_more

    def before(self, seq: int, count: int, user: str = EVERYONE) -> list[Item]:
        """The last entries up to `seq`: what a server repeats that delivers at least once."""
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT seq, event_id, kind, changed_at, origin, affected FROM changes"
                " WHERE user_id = ? AND seq <= ? ORDER BY seq DESC LIMIT ?",
                (user, seq, count),
            ).fetchall()
        return [Item(*row) for row in reversed(rows)]

    def cursor_at(self, seq: int, user: str = EVERYONE) -> str:
        return self._cursor(user, seq).encode()

    def has_tombstone(self, event_id: str) -> bool:
        row = self._store.connection.execute(
            "SELECT kind FROM changes WHERE user_id = '' AND event_id = ? ORDER BY seq DESC LIMIT 1",
            (event_id,),
        ).fetchone()
        return row is not None and row[0] == DELETE

    def purge(self) -> None:
        """Forget what is older than the retention; cursors from before it are expired."""
        limit = to_ms(self._store.clock.now() - self.retention)
        with self._store.transaction() as connection:
            row = connection.execute("SELECT max(seq) FROM changes WHERE changed_at < ?", (limit,)).fetchone()
            if row[0] is not None:
                connection.execute("DELETE FROM changes WHERE seq <= ?", (row[0],))
                self._store.set_meta("floor", str(row[0]))

    def expire_cursors(self) -> None:
        """Every cursor handed out so far is a stranger from now on."""
        with self._store.transaction():
            self._store.next_number("epoch")

    def _cursor(self, user: str, seq: int) -> Cursor:
        return Cursor(self._server, self._store.meta("epoch"), user, seq)
