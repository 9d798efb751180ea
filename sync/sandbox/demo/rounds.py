"""Rounds of sync over everyone: the first by the timer, later ones by queued passes; each waits for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sync.sandbox.demo.company import PEOPLE, Person
from sync.sandbox.demo.figures import Figures
from sync.sandbox.demo.outsides import Json
from sync.sandbox.demo.screen import Screen
from sync.sandbox.demo.service import Service

PATIENCE = 240.0  # seconds for one round
PAUSE = 0.3
TRIES = 3


class RoundFailed(Exception):
    """Raised when a round does not come to its end; the text says for whom and why."""


@dataclass(slots=True)
class Round:
    """What one round did, by groupware user id."""

    figures: dict[str, Figures] = field(default_factory=lambda: {person.user: Figures() for person in PEOPLE})
    seconds: float = 0.0

    @property
    def total(self) -> Figures:
        total = Figures()
        for figures in self.figures.values():
            total.add(figures)
        return total


class Rounds:
    """`check` raises when a process has died, so that nobody waits for it."""

    def __init__(self, service: Service, screen: Screen, check: Callable[[], None]) -> None:
        self._service, self._screen, self._check = service, screen, check

    def first(self) -> Round:
        """The automatic one: nobody asks for it, the timer finds who is due. A person whose pass failed (the
        simulated services have bad days) is queued again, as the next turn of the timer would do."""
        done, began = Round(), time.monotonic()
        waiting = {person.user: person for person in PEOPLE}
        passes: dict[str, str] = {}
        while waiting:
            self._wait(began, len(PEOPLE) - len(waiting))
            for user, found in self._service.people().items():
                if user in waiting and found["lastPassAt"] is not None:
                    del waiting[user]
                    passes[user] = found["lastPass"]
        self._screen.progress_ends(len(PEOPLE), len(PEOPLE))
        failed = [person for person in PEOPLE if not self._take(done, person, passes[person.user])]
        if failed:
            self._run_queued(done, failed, began)
        done.seconds = time.monotonic() - began
        return done

    def queued(self) -> Round:
        """A pass for everyone through the queue."""
        done, began = Round(), time.monotonic()
        self._run_queued(done, list(PEOPLE), began)
        done.seconds = time.monotonic() - began
        return done

    def _run_queued(self, done: Round, people: list[Person], began: float) -> None:
        for _ in range(TRIES):
            asked = {self._service.queue_pass(person): person for person in people}
            people = [
                person
                for pass_id, person in self._await(asked, began).items()
                if not self._take(done, person, pass_id)
            ]
            if not people:
                return
        names = ", ".join(person.name for person in people)
        raise RoundFailed(f"the passes over {names} failed {TRIES} times")

    def _await(self, asked: dict[str, Person], began: float) -> dict[str, Person]:
        waiting = set(asked)
        while waiting:
            self._wait(began, len(asked) - len(waiting), len(asked))
            waiting = {
                one for one in waiting if self._service.read_pass(one)["state"] in ("queued", "running")
            }
        self._screen.progress_ends(len(asked), len(asked))
        return asked

    def _wait(self, began: float, ready: int, wanted: int = len(PEOPLE)) -> None:
        self._check()
        if time.monotonic() - began > PATIENCE:
            raise RoundFailed(f"after {PATIENCE:.0f} seconds only {ready} of {wanted} passes are done")
        self._screen.progress(ready, wanted)
        time.sleep(PAUSE)

    def _take(self, done: Round, person: Person, pass_id: str) -> bool:
        """Adds the pass to the figures; False if it failed and is worth another try."""
        found: Json = self._service.read_pass(pass_id)
        done.figures[person.user].add_pass(found["report"])
        if found["state"] == "done":
            return True
        self._screen.note(f"{person.name}: {found['problem']['detailJa']} / {found['problem']['detailEn']}")
        return False
