"""A tenant with three people who invite each other: 太郎 organizes, 花子 and 次郎 are guests; and a room."""

from __future__ import annotations

from datetime import date
from typing import Any

import requests

from sync.sandbox.microsoft365 import Mailbox
from tests.sandbox.microsoft365.world import WINDOW, Json, World

HANAKO, JIRO, ROOM, GUEST = (
    "hanako@example.com",
    "jiro@example.com",
    "room-a@example.com",
    "guest@example.org",
)
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-09-10", "numberOfOccurrences": 4},
}
FIRST, SECOND, THIRD, FOURTH = (date(2026, 9, day) for day in (10, 11, 12, 13))


class Office(World):
    def __init__(self, **flipped: Any) -> None:
        super().__init__(**flipped)
        self.hanako = self.add(HANAKO, "佐藤 花子")
        self.jiro = self.add(JIRO, "鈴木 次郎")

    @property
    def taro(self) -> Mailbox:
        return self.mailbox

    def add(self, address: str, name: str, **more: Any) -> Mailbox:
        return self.tenant.mailbox(self.tenant.add_user(address, name, **more).id)

    def room(self, address: str = ROOM, **knobs: Any) -> Mailbox:
        return self.tenant.mailbox(self.tenant.add_room("会議室A", address, **knobs).id)

    def meet(self, *people: str, **properties: Any) -> Json:
        """太郎 invites by the API; without names both guests."""
        return self.create(attendees=[attendee(each) for each in people or (HANAKO, JIRO)], **properties)

    def act(
        self, mailbox: Mailbox, event_id: str, action: str, body: Json | None = None
    ) -> requests.Response:
        return self.call("POST", f"/users/{mailbox.user.id}/events/{event_id}/{action}", body)

    def patch(self, mailbox: Mailbox, event_id: str, **changes: Any) -> requests.Response:
        return self.call("PATCH", f"/users/{mailbox.user.id}/events/{event_id}", changes)

    def mails(self) -> list[tuple[str, str]]:
        """Kind and recipient of all mails since the last time, in their order."""
        found = [(str(mail.kind), mail.to) for mail in self.tenant.outbox.mails()]
        self.tenant.outbox.clear()
        return found

    def delta(self, mailbox: Mailbox, url: str = "") -> tuple[list[Json], str]:
        """A round of that mailbox."""
        return self.round(url or f"/users/{mailbox.user.id}/calendarView/delta?{WINDOW}")


def attendee(address: str, kind: str = "required") -> Json:
    return {"type": kind, "emailAddress": {"address": address}}


def copy_id(mailbox: Mailbox, meeting: Json) -> str:
    found = mailbox.copy_of(meeting["iCalUId"])
    assert found is not None, f"{mailbox.user.address} has no copy"
    return found


def copy(mailbox: Mailbox, meeting: Json) -> Json:
    """The copy as Graph shows it, with its dates if it is a series."""
    return mailbox.series(copy_id(mailbox, meeting))


def has_copy(mailbox: Mailbox, meeting: Json) -> bool:
    return mailbox.copy_of(meeting["iCalUId"]) is not None


def statuses(event: Json) -> dict[str, str]:
    """By address, what each attendee answered."""
    return {each["emailAddress"]["address"]: each["status"]["response"] for each in event["attendees"]}


def on(mailbox: Mailbox, event_id: str, day: date) -> Json:
    """One date of a series."""
    answer: Json = {
        each["occurrenceId"][-10:]: each for each in mailbox.occurrences(event_id, FIRST, date(2026, 10, 1))
    }
    found: Json = answer[day.isoformat()]
    return found
