"""Mails that Exchange sends for meetings, counted so that a test can say: none was sent (sections 6.5 and 15.9)."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class MailKind(StrEnum):
    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class Mail:
    kind: MailKind
    sender: str
    to: str
    subject: str
    at: datetime

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


class Outbox:
    def __init__(self) -> None:
        self._mails: list[Mail] = []
        self._lock = threading.Lock()

    def send(self, mail: Mail) -> None:
        with self._lock:
            self._mails.append(mail)

    def mails(self) -> tuple[Mail, ...]:
        with self._lock:
            return tuple(self._mails)

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()

    def __len__(self) -> int:
        return len(self._mails)


def mails_of_change(before: set[str], after: set[str], only_attendees: bool) -> list[tuple[MailKind, str]]:
    """Who is written to when the attendees were `before` and are `after` (section 6.5).

    New ones are invited, removed ones get a cancellation, the others an update unless only the list changed.
    """
    mails = [(MailKind.INVITATION, to) for to in sorted(after - before)]
    mails += [(MailKind.CANCELLATION, to) for to in sorted(before - after)]
    if not only_attendees:
        mails += [(MailKind.UPDATE, to) for to in sorted(after & before)]
    return mails
