"""What the parts of a meeting have in common: who is in it, what an attendee's copy knows, and what was sent.

The organizer's event is the meeting; each attendee with a mailbox in the tenant has a copy of its own (section 6.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365.event import Content, Event, Override
from sync.sandbox.microsoft365.outbox import MailKind, Step

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox

Json = dict[str, Any]
Identity = Callable[[str], str]  # an address -> the same text for every address of the same person
People = dict[str, Json]  # by identity, the attendee as the organizer wrote it


class Response(StrEnum):
    NONE = "none"
    ORGANIZER = "organizer"
    TENTATIVE = "tentativelyAccepted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_RESPONDED = "notResponded"


ANSWERED = frozenset({Response.TENTATIVE, Response.ACCEPTED, Response.DECLINED})


@dataclass(frozen=True, slots=True)
class Answer:
    response: str = Response.NOT_RESPONDED
    at: datetime | None = None


@dataclass(slots=True)
class Copy:
    """What an attendee's copy knows besides what it shows.

    `sent` is the meeting as requests brought it, and `day` its date where the copy is of a single date of a series;
    `removed` are dates of a series that the attendee declined or deleted.
    """

    address: str
    sent: Event
    day: date | None = None
    removed: set[date] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Notice:
    """A request or a cancellation to one attendee. `meeting` is as it was when it was sent, `day` None for all."""

    kind: MailKind
    address: str
    meeting: Event
    day: date | None
    step: Step
    external: bool = False

    @property
    def uid(self) -> str:
        return self.meeting.ical_uid

    @property
    def organizer_name(self) -> str:
        return str(self.meeting.organizer["emailAddress"]["name"])


def snapshot(event: Event) -> Event:
    """The event as it is now: later changes do not reach it."""
    held: Json = {each.name: getattr(event, each.name) for each in fields(event)}
    changeable: Json = {k: copy(v) for k, v in held.items() if isinstance(v, dict | set | list)}
    return replace(event, **changeable)


def touch_changed(mailbox: Mailbox, event: Event, before: Event) -> None:
    """New versions for what differs from `before`: single dates, and the item itself unless only dates differ."""
    days = [day for day, each in event.exceptions.items() if each != before.exceptions.get(day)]
    if not days or replace(event, exceptions={}) != replace(before, exceptions={}):
        mailbox.touch(event)
    for day in days:
        mailbox.touch(event, day)


def content_on(event: Event, day: date | None) -> Content | None:
    """Of the item itself, or of one date."""
    return event.content if day is None else event.occurrence(day)


def answer_on(event: Event, day: date | None = None) -> Answer:
    """What the owner of this calendar answered, to one date or to all."""
    override = event.exceptions.get(day) if day is not None else None
    if override is not None and override.response is not None:
        return Answer(override.response, override.responded)
    return Answer(event.response, event.responded)


def is_cancelled_on(event: Event, day: date | None = None) -> bool:
    override = event.exceptions.get(day) if day is not None else None
    return event.is_cancelled or bool(override and override.is_cancelled)


def override_date(event: Event, day: date, now: datetime, changes: Json) -> None:
    """The date is an exception with these fields, whatever it was before."""
    held = event.exceptions.get(day) or Override({}, created=now, modified=event.modified)
    event.exceptions[day] = replace(held, fields={**held.fields, **changes})


def address_of(attendee: Json) -> str:
    """Of an attendee or an organizer."""
    return str(attendee["emailAddress"]["address"])


def people_in(attendees: Iterable[Json], identity: Identity) -> People:
    """Each person once, under the first address that was given for it."""
    people: People = {}
    for attendee in attendees:
        people.setdefault(identity(address_of(attendee)), attendee)
    return people
