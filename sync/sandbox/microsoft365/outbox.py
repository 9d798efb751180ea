"""Mails that Exchange sends for meetings, counted so that a test can say: none was sent (sections 6.5 and 15.9).

Mails to and from rooms have kinds of their own, so that what people get in their inbox is counted apart.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class MailKind(StrEnum):
    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"
    RESPONSE = "response"
    ROOM_REQUEST = "roomRequest"
    ROOM_CANCELLATION = "roomCancellation"
    ROOM_RESPONSE = "roomResponse"


PEOPLE_KINDS = frozenset({MailKind.INVITATION, MailKind.UPDATE, MailKind.CANCELLATION, MailKind.RESPONSE})
ROOM_KINDS = frozenset(MailKind) - PEOPLE_KINDS
ROOM_KIND_OF = {
    MailKind.INVITATION: MailKind.ROOM_REQUEST,
    MailKind.UPDATE: MailKind.ROOM_REQUEST,
    MailKind.CANCELLATION: MailKind.ROOM_CANCELLATION,
    MailKind.RESPONSE: MailKind.ROOM_RESPONSE,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One write that caused mails: `verb` is POST, PATCH, DELETE, permanentDelete, cancel, accept, tentativelyAccept
    or decline.

    `event` is the immutable id that was written, of an occurrence if it was one; of a meeting from outside its
    iCalUId. A room's own mails belong to the step they answer.
    """

    number: int
    verb: str
    event: str
    by_person: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.event}"


@dataclass(frozen=True, slots=True)
class Mail:
    kind: MailKind
    sender: str
    to: str
    subject: str
    at: datetime
    step: Step

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


class Outbox:
    def __init__(self) -> None:
        self._mails: list[Mail] = []
        self._steps = 0
        self._lock = threading.Lock()
        self._acting = threading.local()

    def step(self, verb: str, event: str) -> Step:
        """Numbered on; a person's inside `by_person`, else a request's."""
        with self._lock:
            self._steps += 1
            return Step(self._steps, verb, event, getattr(self._acting, "person", False))

    @contextmanager
    def by_person(self) -> Iterator[None]:
        """What this thread causes inside is a person's act in Outlook, not a request."""
        before = getattr(self._acting, "person", False)
        self._acting.person = True
        try:
            yield
        finally:
            self._acting.person = before

    def send(self, mail: Mail) -> None:
        with self._lock:
            self._mails.append(mail)

    def mails(self) -> tuple[Mail, ...]:
        with self._lock:
            return tuple(self._mails)

    def count(
        self,
        kind: str | Collection[str] | None = None,
        step: Step | str | None = None,
        to: str | None = None,
    ) -> int:
        """Mails that fit all that is given.

        `kind` is one of MailKind or a set such as PEOPLE_KINDS; `step` is a step, a verb, or a verb and the id of an
        event ("PATCH AAk…"); `to` is an address in any letter case.
        """
        return sum(
            fits_kind(mail.kind, kind)
            and fits_step(mail.step, step)
            and (to is None or mail.to.lower() == to.lower())
            for mail in self.mails()
        )

    def steps(self) -> tuple[Step, ...]:
        """The writes that caused mails, each once, in their order."""
        return tuple(dict.fromkeys(mail.step for mail in self.mails()))

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()

    def __len__(self) -> int:
        return len(self._mails)


def fits_kind(kind: MailKind, wanted: str | Collection[str] | None) -> bool:
    if isinstance(wanted, str):
        return kind == wanted
    return wanted is None or kind in wanted


def fits_step(step: Step, wanted: Step | str | None) -> bool:
    if isinstance(wanted, str):
        return wanted in (step.verb, str(step))
    return wanted is None or step == wanted
