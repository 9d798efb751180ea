"""Decides, from a seed, which call of a simulated outside goes wrong and how.

Two sources: *scripts* (this call, this effect, so many times) and *rates* (so often, any call). A `Shape` is not a
failure but a legal oddity of a listing (an item twice, an empty page); a correct client never notices.
Used by the Microsoft 365 simulator and by the reference groupware; knows neither.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class Kind(StrEnum):
    FAIL = "fail"  # answers an error, does nothing
    COMMIT_THEN_FAIL = "commitThenFail"  # does the work, answers an error
    DROP = "drop"  # no answer, does nothing
    COMMIT_THEN_DROP = "commitThenDrop"  # does the work, the answer is lost
    SLOW = "slow"  # waits, then works
    SHAPE = "shape"  # works, with one oddity


class Shape(StrEnum):
    EMPTY_FIRST_PAGE = "emptyFirstPage"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    SHORT_PAGE = "shortPage"
    REPLAY = "replay"
    BUMP = "bump"
    LATE_CHANGE = "lateChange"
    TYPE_ABSENT = "typeAbsent"
    SHUFFLED_BATCH = "shuffledBatch"


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to one call. `retry_after` is in seconds; None sends no such header."""

    kind: Kind
    status: int = 503
    code: str = "ServiceUnavailable"
    message: str = "The service is temporarily unavailable."
    retry_after: float | None = None
    seconds: float = 0.0
    shape: Shape | None = None

    @property
    def commits(self) -> bool:
        return self.kind in (Kind.COMMIT_THEN_FAIL, Kind.COMMIT_THEN_DROP)

    @property
    def drops(self) -> bool:
        return self.kind in (Kind.DROP, Kind.COMMIT_THEN_DROP)

    @property
    def fails(self) -> bool:
        return self.kind not in (Kind.SLOW, Kind.SHAPE)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Effect:
        shape = value.get("shape")
        return cls(**{**value, "kind": Kind(value["kind"]), "shape": Shape(shape) if shape else None})


def fail(status: int, code: str, message: str = "Injected.", retry_after: float | None = None) -> Effect:
    return Effect(Kind.FAIL, status, code, message, retry_after)


def commit_then_fail(status: int = 503, code: str = "ServiceUnavailable") -> Effect:
    return Effect(Kind.COMMIT_THEN_FAIL, status, code, "The answer is an error; the work was done.")


def drop() -> Effect:
    return Effect(Kind.DROP, 504, "GatewayTimeout", "The connection was closed before the work.")


def commit_then_drop() -> Effect:
    return Effect(Kind.COMMIT_THEN_DROP, 504, "GatewayTimeout", "The connection was closed after the work.")


def slow(seconds: float) -> Effect:
    return Effect(Kind.SLOW, seconds=seconds)


def throttled(retry_after: float | None = 1) -> Effect:
    return fail(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", retry_after)


def expired_token() -> Effect:
    return fail(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")


def sync_state_lost(status: int = 410, code: str = "SyncStateNotFound") -> Effect:
    return fail(status, code, "The sync state generation is not found; generation=149;[highest=157]")


def shaped(shape: Shape) -> Effect:
    return Effect(Kind.SHAPE, shape=shape)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the decision sees it: the route template, the path as sent, and what kind of call it is."""

    method: str
    route: str
    path: str
    writes: bool = False
    reads_cursor: bool = False
    in_batch: bool = False


Match = str | Callable[[Call], bool]


@dataclass(slots=True)
class Script:
    """`match` is a function of a Call, or `"METHOD glob"` held against the route template and the path."""

    match: Match
    effect: Effect
    times: int = 1
    after: int = 0

    def fits(self, call: Call) -> bool:
        if callable(self.match):
            return self.match(call)
        return any(fnmatchcase(f"{call.method} {where}", self.match) for where in (call.route, call.path))


@dataclass(frozen=True, slots=True)
class Rates:
    """Probabilities. The first group fails calls, the second shapes listings (per round, page or batch)."""

    throttled: float = 0.0
    busy: float = 0.0
    slow: float = 0.0
    drop: float = 0.0
    commit_then_fail: float = 0.0
    commit_then_drop: float = 0.0
    expired_token: float = 0.0
    sync_state_lost: float = 0.0

    empty_first_page: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    short_page: float = 0.0
    replay: float = 0.0
    bump: float = 0.0
    late_change: float = 0.0
    type_absent: float = 0.0
    shuffled_batch: float = 0.0


SHAPE_RATES = {
    Shape.EMPTY_FIRST_PAGE: "empty_first_page",
    Shape.DUPLICATE: "duplicate",
    Shape.REORDER: "reorder",
    Shape.SHORT_PAGE: "short_page",
    Shape.REPLAY: "replay",
    Shape.BUMP: "bump",
    Shape.LATE_CHANGE: "late_change",
    Shape.TYPE_ABSENT: "type_absent",
    Shape.SHUFFLED_BATCH: "shuffled_batch",
}

NASTY = Rates(
    throttled=0.02,
    busy=0.02,
    empty_first_page=0.3,
    duplicate=0.3,
    reorder=0.5,
    short_page=0.2,
    replay=0.3,
    bump=0.2,
    type_absent=0.2,
    shuffled_batch=0.5,
)
HOSTILE = replace(
    NASTY,
    drop=0.01,
    commit_then_fail=0.03,
    commit_then_drop=0.02,
    expired_token=0.01,
    sync_state_lost=0.05,
    late_change=0.1,
)

# A deltaLink dies in more than one way: reference graph-calendar 5.3.
LOST_SYNC_STATES = (
    (410, "SyncStateNotFound"),
    (410, "resyncRequired"),
    (400, "SyncStateInvalid"),
    (404, "SyncStateNotFound"),
    (400, "ErrorInvalidIdMalformed"),
)


@dataclass
class Faults:
    """Thread-safe. With one thread, the same seed and the same calls give the same faults.

    The same call is failed by a rate at most `most_in_a_row` times, then let through: a client that retries gets
    there. Scripts are not limited.
    """

    seed: int = 0
    rates: Rates = field(default_factory=Rates)
    retry_after: float | None = 1
    slow_seconds: float = 0.2
    most_in_a_row: int = 2

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._lock = threading.Lock()
        self._scripts: list[Script] = []
        self._streaks: dict[str, int] = {}
        self._calls_since_expired = 0

    @classmethod
    def none(cls, seed: int = 0) -> Faults:
        return cls(seed)

    @classmethod
    def nasty(cls, seed: int = 0, retry_after: float | None = 1) -> Faults:
        """Only what the real service does on an ordinary day and every correct client survives unharmed."""
        return cls(seed, NASTY, retry_after)

    @classmethod
    def hostile(cls, seed: int = 0, retry_after: float | None = 1) -> Faults:
        """Nasty, and errors after the work, lost answers, dead tokens and dead delta links."""
        return cls(seed, HOSTILE, retry_after)

    def script(self, match: Match, effect: Effect, times: int = 1, after: int = 0) -> Script:
        """The next `times` calls that fit get the effect, when `after` fitting calls have gone through."""
        script = Script(match, effect, times, after)
        with self._lock:
            self._scripts.append(script)
        return script

    def clear_scripts(self) -> None:
        with self._lock:
            self._scripts.clear()

    def scripts(self) -> tuple[Script, ...]:
        with self._lock:
            return tuple(self._scripts)

    def stop(self) -> None:
        """From now on everything works."""
        self.rates = Rates()
        self.clear_scripts()

    def become(self, other: Faults) -> None:
        """Take over seed, rates and times of `other`; scripts stay."""
        with self._lock:
            self.seed, self.rates, self.retry_after = other.seed, other.rates, other.retry_after
            self.slow_seconds, self.most_in_a_row = other.slow_seconds, other.most_in_a_row
            self.random = random.Random(other.seed)
            self._streaks.clear()

    def decide(self, call: Call) -> Effect | None:
        """What happens to this call; None lets it work."""
        if not self._scripts and self.rates == NO_RATES:
            return None
        with self._lock:
            scripted = self._scripted(call, None)
            return scripted or self._by_rate(call)

    def scripted(self, call: Call) -> Effect | None:
        """Like `decide`, for calls that only a script makes fail."""
        with self._lock:
            return self._scripted(call, None)

    def happens(self, shape: Shape, call: Call) -> bool:
        """Whether the listing that answers this call has the oddity."""
        rate: float = getattr(self.rates, SHAPE_RATES[shape])
        if not self._scripts and not rate:
            return False
        with self._lock:
            return self._scripted(call, shape) is not None or (rate > 0 and self.random.random() < rate)

    def _scripted(self, call: Call, shape: Shape | None) -> Effect | None:
        for script in self._scripts:
            if script.effect.shape is not shape or not script.fits(call):
                continue
            if script.after:
                script.after -= 1
                continue
            script.times -= 1
            if script.times <= 0:
                self._scripts.remove(script)
            return script.effect
        return None

    def _by_rate(self, call: Call) -> Effect | None:
        key = f"{call.method} {call.path}"
        self._calls_since_expired += 1
        effect = self._draw(call)
        if effect is None or not effect.fails:
            self._streaks.pop(key, None)
            return effect
        if self._streaks.get(key, 0) >= self.most_in_a_row:
            del self._streaks[key]
            return None
        self._streaks[key] = self._streaks.get(key, 0) + 1
        return effect

    def _draw(self, call: Call) -> Effect | None:
        rates, draw = self.rates, self.random.random()
        choices: tuple[tuple[float, Callable[[], Effect]], ...] = (
            (rates.throttled, lambda: throttled(self.retry_after)),
            (rates.busy, lambda: replace(fail(503, "ErrorServerBusy"), retry_after=self.retry_after)),
            (rates.slow, lambda: slow(self.slow_seconds)),
            (rates.drop, drop),
            (rates.commit_then_fail if call.writes else 0.0, self._ambiguous),
            (rates.commit_then_drop if call.writes else 0.0, commit_then_drop),
            (rates.expired_token if self._may_expire(call) else 0.0, self._expire),
            (rates.sync_state_lost if call.reads_cursor else 0.0, self._lose_sync_state),
        )
        for rate, build in choices:
            if draw < rate:
                return build()
            draw -= rate
        return None

    def _may_expire(self, call: Call) -> bool:
        # One token dies, is renewed, and then lives: two dead ones in a row would be a revoked application.
        return not call.in_batch and self._calls_since_expired > 20

    def _expire(self) -> Effect:
        self._calls_since_expired = 0
        return expired_token()

    def _ambiguous(self) -> Effect:
        status, code = self.random.choice([(503, "ServiceUnavailable"), (504, "GatewayTimeout")])
        return commit_then_fail(status, code)

    def _lose_sync_state(self) -> Effect:
        return sync_state_lost(*self.random.choice(LOST_SYNC_STATES))


NO_RATES = Rates()
RATE_NAMES = tuple(f.name for f in fields(Rates))
