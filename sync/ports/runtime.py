"""What a process runs on: time, secrets, the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""

    def sleep(self, seconds: float) -> None: ...


class Secrets(Protocol):
    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str, expires: datetime | None = None) -> None: ...

    def delete(self, name: str) -> None: ...

    def expires(self, name: str) -> datetime | None:
        """When the stored value ends, as the vault was told; None if it was not, or has no such secret."""

    def forget(self, name: str) -> None:
        """A service refused the value: ask the store itself next time, where it may have been replaced."""


class Task(StrEnum):
    """What a queue message may ask for in place of a pass."""

    CHECK = "check"  # look whether the people who wait for their mailbox can be synced now
    LINK = "link"  # one chunk of a bulk linking
    DISCONNECT = "disconnect"  # one person's mailbox, or (without a user) everybody's who is not done yet


@dataclass(frozen=True, slots=True)
class Job:
    """The queue message that asks for a pass over one person, or for a `task`, which may concern several people:
    then `user` is ""."""

    organization: str
    user: str
    trigger: str = "automatic"
    pass_id: str = ""
    first: str = ""  # ISO dates of a window the screen asked for; "" = the configured window
    until: str = ""
    task: str = ""  # one of Task; "" = a pass
    operation: str = ""  # of a bulk linking: its id, and the number of the chunk
    chunk: str = ""


class Jobs(Protocol):
    def enqueue(self, job: Job, delay: float = 0.0) -> None:
        """Visible after `delay` seconds."""
