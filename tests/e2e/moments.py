"""Two passes at the same moment: each runs in a thread of its own and stops where it is told to.

A step is one call to the outside: a request, or an operation of the stores.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

from sync.core.settings import Connection
from sync.engine.conditions import Asked
from sync.engine.sync_pass import run_pass
from sync.ports import PassRecord, PassState
from tests.e2e.world import Fuse, Fused, World

# Nobody waits in these tests but for a thread of this process.
PATIENCE = 30.0
MEETINGS = ("claim", "bind", "release", "by_uids", "by_groupware_ids")


class Turnstile(Fuse):
    """Lets every thread through, but one that belongs to a `Walk` as far as that one is told to go."""

    def __init__(self) -> None:
        super().__init__()
        self.walks: dict[int, Walk] = {}

    def step(self, act: Callable[[], Any]) -> Any:
        walk = self.walks.get(threading.get_ident())
        if walk is not None:
            walk.before_a_step()
        return act()


class Walk:
    """One pass in a thread of its own. `steps` are those that it has begun."""

    def __init__(self, world: World, person: Connection) -> None:
        self.steps = 0
        self.is_over = False
        self.record: PassRecord | None = None
        self._world, self._person = world, person
        self._turnstile = cast(Turnstile, world.fuse)
        self._stop: int | None = None
        self._resumed, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def go(self, stop: int | None = None) -> bool:
        """On, up to the step with this number (from 0) or to the end. Whether it came to the end."""
        self._stop = stop
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._resumed.release()
        assert self._paused.acquire(timeout=PATIENCE), "a pass waits for the one that was stopped"
        if self.is_over:
            assert self.record is not None, "the pass broke off"
            assert self.record.state is PassState.DONE, self.record
        return self.is_over

    def before_a_step(self) -> None:
        if self.steps == self._stop:
            self._paused.release()
            assert self._resumed.acquire(timeout=PATIENCE)
        self.steps += 1

    def _run(self) -> None:
        ident = threading.get_ident()
        self._turnstile.walks[ident] = self
        try:
            connection = self._world.connections.get("default", self._person.user)
            assert connection is not None
            self.record = run_pass(self._world.services, connection, Asked())
        finally:
            del self._turnstile.walks[ident]
            self.is_over = True
            self._paused.release()


def prepare(world: World, meetings: Any | None = None, links: Any | None = None) -> None:
    """Passes of this world can be stopped at each step; what a process looks up once is looked up."""
    world.fuse = Turnstile()
    world.links = links or world.links
    world.meetings = cast(Any, Fused(meetings or world.meetings, world.fuse, MEETINGS))
    world.restart()


def play(world: World, first: Connection, second: Connection, stop: int, other_stop: int | None) -> bool:
    """`first` stops before a step; then `second` before one, or at its end; `first` ends, then `second`.

    False: the first one had ended before that step.
    """
    world.services.people.of("default")
    one, other = Walk(world, first), Walk(world, second)
    is_over = one.go(stop)
    is_other_over = other.go(other_stop)
    if not is_over:
        one.go()
    if not is_other_over:
        other.go()
    return not is_over
