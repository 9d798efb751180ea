"""What a person does with meetings in Outlook: invite, answer, cancel. A part of `Mailbox`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from sync.sandbox.microsoft365 import meetings
from sync.sandbox.microsoft365.acts import TOKYO, to_moment
from sync.sandbox.microsoft365.attendant import find_copy
from sync.sandbox.microsoft365.responses import Reply, respond

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox

Json = dict[str, Any]


class MeetingActs:
    """An event id may be that of an occurrence: then only that date is meant."""

    @property
    def _mailbox(self) -> Mailbox:
        # Nothing else inherits from this class.
        return cast("Mailbox", self)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """A person at work in this mailbox: whatever was due has arrived."""
        tenant = self._mailbox.tenant
        with self._mailbox.lock, tenant.outbox.by_person():
            tenant.post.deliver()
            yield

    def invite(self, people: Iterable[str | Json], rooms: Iterable[str] = (), **properties: Any) -> str:
        """A new meeting with these addresses; `properties` as for `create`."""
        resources = [{"type": "resource", "emailAddress": {"address": room}} for room in rooms]
        return self._mailbox.create(attendees=[*people, *resources], **properties)

    def accept(self, event_id: str, comment: str | None = None, tell: bool = True) -> None:
        """`tell` is False for "do not send a response"."""
        self.answer_meeting(event_id, "accept", Reply(comment, tell))

    def tentatively_accept(
        self,
        event_id: str,
        comment: str | None = None,
        tell: bool = True,
        propose: tuple[Any, Any] | None = None,
        time_zone: str = TOKYO,
    ) -> None:
        """`propose` is another start and end, as `acts` takes them."""
        self.answer_meeting(event_id, "tentativelyAccept", Reply(comment, tell, slot(propose, time_zone)))

    def decline(
        self,
        event_id: str,
        comment: str | None = None,
        tell: bool = True,
        propose: tuple[Any, Any] | None = None,
        time_zone: str = TOKYO,
    ) -> None:
        self.answer_meeting(event_id, "decline", Reply(comment, tell, slot(propose, time_zone)))

    def cancel(self, event_id: str) -> None:
        """By the organizer."""
        with self.acting():
            meetings.cancel(self._mailbox, *self._mailbox.find(event_id))

    def answer_meeting(self, event_id: str, action: str, reply: Reply) -> None:
        with self.acting():
            respond(self._mailbox, *self._mailbox.find(event_id), action, reply)

    def copy_of(self, ical_uid: str) -> str | None:
        """The id of this mailbox's copy of a meeting; None if there is none."""
        with self.acting():
            event = find_copy(self._mailbox, ical_uid)
            return None if event is None else self._mailbox.renderer().id(event)


def slot(propose: tuple[Any, Any] | None, time_zone: str) -> Json | None:
    if propose is None:
        return None
    return {name: to_moment(at, time_zone) for name, at in zip(("start", "end"), propose, strict=True)}
