"""An attendee's mailbox takes in requests and cancellations by itself, as Exchange's attendant does (section 6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from sync.sandbox.microsoft365.copies import (
    attended,
    cancel_all,
    cancel_date,
    is_rescheduled,
    own_answer,
    set_date,
    uninvited_dates,
)
from sync.sandbox.microsoft365.event import Event
from sync.sandbox.microsoft365.identifiers import instance_uid
from sync.sandbox.microsoft365.meeting import (
    Answer,
    Copy,
    Notice,
    Response,
    answer_on,
    content_on,
    snapshot,
    touch_changed,
)
from sync.sandbox.microsoft365.outbox import MailKind

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox


def receive(mailbox: Mailbox, notice: Notice) -> None:
    if notice.kind is MailKind.CANCELLATION:
        call_off(mailbox, notice)
    else:
        take_in(mailbox, notice)


def take_in(mailbox: Mailbox, notice: Notice, revive: bool = False) -> Event | None:
    """The copy as it is now; None where a copy that its owner removed stays away."""
    series = find_copy(mailbox, notice.uid)
    single = find_copy(mailbox, notice.uid, notice.day) if notice.day is not None else None
    if series is not None and series.is_cancelled and notice.day is not None:
        # Taken off the series, and invited to one date of it afterwards.
        series = None
    event = series or single
    if event is None:
        if not (revive or comes_back(mailbox, notice)):
            return None
        return add_copy(mailbox, notice)
    before = snapshot(event)
    if event.is_cancelled:
        event.is_cancelled = False
        event.response, event.responded = Response.NOT_RESPONDED, None
    if series is not None and notice.day is not None:
        refresh_date(mailbox, series, notice, revive)
    elif event.copy is not None and event.copy.day is not None:
        refresh_single(mailbox, event, notice)
    else:
        refresh(mailbox, event, notice)
    touch_changed(mailbox, event, before)
    return event


def call_off(mailbox: Mailbox, notice: Notice) -> None:
    """The copy stays, as cancelled; of a series only the date that the notice names, if it names one."""
    prefix = mailbox.tenant.switches.cancelled_prefix
    for event in list(copies_of(mailbox, notice.uid)):
        copy, before = event.copy, snapshot(event)
        assert copy is not None
        if notice.day is None or copy.day == notice.day:
            cancel_all(event, prefix)
        elif copy.day is None and mailbox.stands_on(event, notice.day):
            cancel_date(mailbox, event, notice.day, prefix)
        if event != before:
            touch_changed(mailbox, event, before)


def copies_of(mailbox: Mailbox, uid: str) -> Iterator[Event]:
    return (event for event in mailbox.alive.values() if event.copy and event.copy.sent.ical_uid == uid)


def find_copy(mailbox: Mailbox, uid: str, day: date | None = None) -> Event | None:
    """Of the meeting, or of one date to which alone the owner was invited."""
    return next((each for each in copies_of(mailbox, uid) if each.copy and each.copy.day == day), None)


def comes_back(mailbox: Mailbox, notice: Notice) -> bool:
    """Whether an update makes a new copy for one who declined or deleted the last one."""
    if notice.kind is MailKind.INVITATION or mailbox.tenant.switches.update_revives_removed_copy:
        return True
    gone = (each.copy for each in mailbox.dead.values() if each.copy is not None)
    return all(copy.sent.ical_uid != notice.uid for copy in gone)


def add_copy(mailbox: Mailbox, notice: Notice) -> Event:
    sent, day = notice.meeting, notice.day
    shown = content_on(sent, day)
    assert shown is not None
    for single in [each for each in copies_of(mailbox, notice.uid) if day is None]:
        # Who is invited to the whole series now had single dates of it before: they become part of it.
        mailbox.discard(single)
    event = mailbox.build(attended(mailbox, notice, shown), None, None, "")
    event.ical_uid = sent.ical_uid if day is None else instance_uid(sent.ical_uid, day)
    event.organizer = sent.organizer
    event.is_organizer = False
    event.response = Response.NOT_RESPONDED
    event.copy = Copy(notice.address, snapshot(sent), day)
    if day is None:
        take_dates(mailbox, event, notice)
    mailbox.alive[event.item] = event
    mailbox.feed.note(event.item, event.calendar)
    for each in event.exceptions:
        mailbox.touch(event, each)
    return event


def refresh(mailbox: Mailbox, event: Event, notice: Notice) -> None:
    """The copy shows what was sent; response, reminder, categories and, once answered, showAs are its owner's."""
    assert event.copy is not None
    sent = notice.meeting
    if is_rescheduled(event.copy.sent.content, sent.content):
        event.exceptions.clear()
        event.copy.removed.clear()
        if mailbox.tenant.switches.new_time_resets_response:
            event.response, event.responded = Response.NOT_RESPONDED, None
    event.copy.sent = snapshot(sent)
    before = snapshot(event)
    event.content = attended(mailbox, notice, sent.content, event.content, answer_on(event))
    take_dates(mailbox, event, notice, before)


def take_dates(mailbox: Mailbox, event: Event, notice: Notice, before: Event | None = None) -> None:
    """Exceptions and missing dates of a series, as sent; dates that were called off stay as they are."""
    assert event.copy is not None
    sent, known = notice.meeting, before.exceptions if before is not None else {}
    missing = set(sent.cancelled_dates) | uninvited_dates(mailbox, notice)
    kept = {day: each for day, each in known.items() if each.is_cancelled and day in missing}
    event.cancelled_dates = (missing - kept.keys()) | event.copy.removed
    event.exceptions = dict(kept)
    answered = {day for day, each in known.items() if each.response is not None}
    for day in sorted((sent.exceptions.keys() | answered) - kept.keys() - event.cancelled_dates):
        shown = sent.occurrence(day)
        if shown is not None:
            override = known.get(day)
            mine = before.occurrence(day) if before is not None else None
            answer = answer_on(before, day) if before is not None else Answer()
            content = attended(mailbox, notice, shown, mine, answer)
            if override is not None:
                event.exceptions[day] = override
            set_date(mailbox, event, day, content, own_answer(override))


def refresh_date(mailbox: Mailbox, event: Event, notice: Notice, revive: bool) -> None:
    """Only one date of the series was sent."""
    day, sent, copy = notice.day, notice.meeting, event.copy
    assert day is not None
    assert copy is not None
    shown = sent.occurrence(day)
    revive |= notice.kind is MailKind.INVITATION or mailbox.tenant.switches.update_revives_removed_copy
    if shown is None or (day in copy.removed and not revive):
        return
    override = event.exceptions.get(day)
    was_cancelled = override is not None and override.is_cancelled
    copy.removed.discard(day)
    event.cancelled_dates.discard(day)
    if day in sent.exceptions:
        copy.sent.exceptions[day] = sent.exceptions[day]
    answer = Answer() if was_cancelled else answer_on(event, day)
    content = attended(mailbox, notice, shown, event.occurrence(day), answer)
    set_date(mailbox, event, day, content, answer if was_cancelled else own_answer(override))


def refresh_single(mailbox: Mailbox, event: Event, notice: Notice) -> None:
    """A copy of one date of a series."""
    assert event.copy is not None
    shown = notice.meeting.occurrence(event.copy.day) if event.copy.day is not None else None
    if shown is not None:
        event.content = attended(mailbox, notice, shown, event.content, answer_on(event))
        event.copy.sent = snapshot(notice.meeting)
