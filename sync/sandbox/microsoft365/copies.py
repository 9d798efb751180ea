"""How an attendee's copy of a meeting looks, and what of it is its owner's (section 6.5)."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365.event import Content, Event, Override, on_day
from sync.sandbox.microsoft365.meeting import ANSWERED, Answer, Notice, Response, address_of
from sync.sandbox.microsoft365.rendering import response_status

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox


def attended(
    mailbox: Mailbox, notice: Notice, sent: Content, mine: Content | None = None, answer: Answer | None = None
) -> Content:
    """What an attendee sees of `sent`; `mine` is what its copy showed so far."""
    switches, tenant = mailbox.tenant.switches, mailbox.tenant
    attendees = sent.attendees
    if sent.hide_attendees:
        me = tenant.identity(notice.address)
        attendees = tuple(each for each in attendees if tenant.identity(address_of(each)) == me)
    if switches.copy_lists_organizer:
        attendees = (organizer_as_attendee(notice.meeting), *attendees)
    answered = answer is not None and answer.response in ANSWERED
    return replace(
        sent,
        attendees=attendees,
        show_as=mine.show_as if mine is not None and answered else "tentative",
        categories=() if mine is None else mine.categories,
        is_reminder_on=True if mine is None else mine.is_reminder_on,
        reminder_minutes=15 if mine is None else mine.reminder_minutes,
        extended={
            **({} if mine is None else mine.extended),
            **(sent.extended if switches.extended_properties_travel else {}),
        },
    )


def organizer_as_attendee(meeting: Event) -> dict[str, Any]:
    status = response_status(Response.ORGANIZER, None)
    return {"type": "required", "status": status, "emailAddress": meeting.organizer["emailAddress"]}


def uninvited_dates(mailbox: Mailbox, notice: Notice) -> set[date]:
    """Dates of the series that the attendee was taken off again."""
    me, identity = mailbox.tenant.identity(notice.address), mailbox.tenant.identity
    return {
        day
        for day in notice.meeting.exceptions
        if (shown := notice.meeting.occurrence(day)) is not None
        and me not in {identity(address_of(each)) for each in shown.attendees}
    }


def is_rescheduled(before: Content, after: Content) -> bool:
    def times(content: Content) -> tuple[Any, ...]:
        return content.start, content.end, content.is_all_day, content.recurrence

    return times(before) != times(after)


def cancelled(content: Content, prefix: str) -> Content:
    """Section 6.5: how a cancelled meeting looks in an attendee's calendar."""
    return replace(content, subject=f"{prefix}{content.subject or ''}", show_as="free", importance="high")


def cancel_all(event: Event, prefix: str) -> None:
    if event.is_cancelled:
        return
    event.is_cancelled = True
    event.content = cancelled(event.content, prefix)
    for day, override in event.exceptions.items():
        if not override.is_cancelled:
            said = {"show_as": "free", "importance": "high"}
            said["subject"] = prefix + (override.fields.get("subject") or "")
            looks = {name: said.get(name, value) for name, value in override.fields.items()}
            event.exceptions[day] = replace(override, fields=looks)


def cancel_date(mailbox: Mailbox, event: Event, day: date, prefix: str) -> None:
    content = event.occurrence(day)
    if content is not None and not event.is_cancelled:
        answer = own_answer(event.exceptions.get(day))
        set_date(mailbox, event, day, cancelled(content, prefix), answer, is_cancelled=True)


def own_answer(override: Override | None) -> Answer | None:
    """What was answered to that date alone."""
    if override is None or override.response is None:
        return None
    return Answer(override.response, override.responded)


def set_date(
    mailbox: Mailbox,
    event: Event,
    day: date,
    content: Content,
    answer: Answer | None = None,
    is_cancelled: bool | None = None,
) -> None:
    """One date of a copy shows this: an exception of the fields that differ from the series."""
    plain = on_day(event.content, day)
    differing = {
        each.name: getattr(content, each.name)
        for each in fields(Content)
        if getattr(content, each.name) != getattr(plain, each.name)
    }
    now = mailbox.tenant.clock.now()
    held = event.exceptions.get(day) or Override({}, created=now, modified=now)
    event.exceptions[day] = replace(
        held,
        fields=differing,
        is_cancelled=is_cancelled,
        response=None if answer is None else answer.response,
        responded=None if answer is None else answer.at,
    )
