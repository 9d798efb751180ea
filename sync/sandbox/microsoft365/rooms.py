"""Rooms and equipment answer invitations by themselves, and keep a copy that says little (section 6.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sync.sandbox.microsoft365 import attendant
from sync.sandbox.microsoft365.event import Content, Event, Window, in_zone
from sync.sandbox.microsoft365.meeting import Answer, Notice, Response, content_on, is_cancelled_on, snapshot
from sync.sandbox.microsoft365.outbox import MailKind
from sync.sandbox.microsoft365.recurrence import neighbours
from sync.sandbox.microsoft365.responses import remove_copy, settle_copy, tell_organizer
from sync.sandbox.microsoft365.room_policy import Processing, RoomPolicy

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Verdict:
    """`declined` are single dates of a series that is accepted; `until` is its last bookable date if it is cut."""

    accepts: bool
    declined: tuple[date, ...] = ()
    until: date | None = None


def receive(mailbox: Mailbox, policy: RoomPolicy, notice: Notice) -> None:
    if policy.automate_processing is Processing.NONE:
        return
    if notice.external and not policy.process_external_meeting_messages:
        return
    if notice.kind is MailKind.CANCELLATION:
        attendant.call_off(mailbox, notice)
        if policy.remove_canceled_meetings:
            clear_away(mailbox, notice)
    elif policy.automate_processing is Processing.AUTO_UPDATE:
        attendant.take_in(mailbox, notice, revive=True)
    else:
        book(mailbox, policy, notice)


def book(mailbox: Mailbox, policy: RoomPolicy, notice: Notice) -> None:
    verdict = judge(mailbox, policy, notice)
    sent = cut(altered(notice, policy), verdict.until)
    event = attendant.take_in(mailbox, replace(notice, meeting=sent), revive=True)
    assert event is not None
    now = mailbox.tenant.clock.now()
    answer = Answer(Response.ACCEPTED if verdict.accepts else Response.DECLINED, now)
    # A copy of one date of a series is a whole event to its calendar.
    on = None if event.copy is not None and event.copy.day is not None else notice.day
    tell_organizer(mailbox, event, on, answer, notice.step, delay=policy.answer_delay)
    if not verdict.accepts:
        remove_copy(mailbox, event, on)
        return
    settle_copy(mailbox, event, on, answer)
    for day in verdict.declined:
        refused = Answer(Response.DECLINED, now)
        tell_organizer(mailbox, event, day, refused, notice.step, delay=policy.answer_delay)
        remove_copy(mailbox, event, day)


def clear_away(mailbox: Mailbox, notice: Notice) -> None:
    for event in list(attendant.copies_of(mailbox, notice.uid)):
        if event.is_cancelled:
            mailbox.discard(event)
        elif notice.day is not None and is_cancelled_on(event, notice.day):
            remove_copy(mailbox, event, notice.day)


def judge(mailbox: Mailbox, policy: RoomPolicy, notice: Notice) -> Verdict:
    meeting = notice.meeting
    content = content_on(meeting, notice.day)
    assert content is not None
    today = mailbox.tenant.clock.now().astimezone(UTC)
    limit = local_date(today, content) + timedelta(days=policy.booking_window_in_days)
    longest = timedelta(minutes=policy.maximum_duration_in_minutes)
    if longest and content.end.instant - content.start.instant > longest:
        return Verdict(False)
    if content.start.local.date() > limit:
        return Verdict(False)
    if content.recurrence is None:
        return Verdict(policy.allow_conflicts or not is_taken(mailbox, meeting.ical_uid, content))
    return judge_series(mailbox, policy, meeting, limit)


def judge_series(mailbox: Mailbox, policy: RoomPolicy, meeting: Event, limit: date) -> Verdict:
    assert meeting.content.recurrence is not None
    short = mailbox.tenant.switches.short_months_use_last_day
    goes_on = neighbours(meeting.content.recurrence, limit, short)[1] is not None
    if not policy.allow_recurring_meetings or (goes_on and policy.enforce_scheduling_horizon):
        return Verdict(False)
    until = limit if goes_on else None
    begins = meeting.content.start.instant
    window = Window(begins, datetime.combine(limit, time(), UTC) + timedelta(days=2), edge_inclusive=False)
    dates = [(day, shown) for day, shown in meeting.occurrences(window, short) if day <= limit]
    if policy.allow_conflicts:
        return Verdict(True, until=until)
    taken = tuple(day for day, shown in dates if is_taken(mailbox, meeting.ical_uid, shown))
    too_many = len(taken) > policy.maximum_conflict_instances
    too_many |= len(taken) * 100 > policy.conflict_percentage_allowed * len(dates)
    return Verdict(not too_many, taken, until)


def is_taken(mailbox: Mailbox, uid: str, wanted: Content) -> bool:
    """Whether another booking stands in that time; back to back is no conflict."""
    start, end = wanted.start.instant, wanted.end.instant
    return any(
        booked.start.instant < end and start < booked.end.instant
        for booked in bookings(mailbox, uid, Window(start, end, edge_inclusive=False))
    )


def bookings(mailbox: Mailbox, but: str, window: Window) -> Iterator[Content]:
    short = mailbox.tenant.switches.short_months_use_last_day
    for event in mailbox.alive.values():
        if event.copy is not None and event.copy.sent.ical_uid == but:
            continue
        if event.content.recurrence is None:
            shown = [event.content]
        else:
            shown = [content for _, content in event.occurrences(window, short)]
        # What was cancelled shows as free.
        yield from (content for content in shown if content.show_as != "free")


def local_date(instant: datetime, content: Content) -> date:
    moment = replace(content.start, instant=instant)
    return in_zone(moment, content.start.zone).date()


def altered(notice: Notice, policy: RoomPolicy) -> Event:
    """What the room's calendar shows of a meeting."""
    meeting = snapshot(notice.meeting)
    meeting.content = reduced(meeting.content, notice, policy)
    for day, override in meeting.exceptions.items():
        shown = meeting.occurrence(day)
        if shown is not None:
            plain = reduced(shown, notice, policy)
            fields = {name: getattr(plain, name) for name in override.fields}
            meeting.exceptions[day] = replace(override, fields=fields)
    return meeting


def reduced(content: Content, notice: Notice, policy: RoomPolicy) -> Content:
    subject = content.subject
    if policy.add_organizer_to_subject:
        subject = notice.organizer_name
    elif policy.delete_subject:
        subject = ""
    private = content.sensitivity == "private" and policy.remove_private_property
    return replace(
        content,
        subject=subject,
        body="" if policy.delete_comments else content.body,
        attachments=() if policy.delete_attachments else content.attachments,
        sensitivity="normal" if private else content.sensitivity,
    )


def cut(meeting: Event, until: date | None) -> Event:
    """EnforceSchedulingHorizon off: the series is booked as far as the booking window reaches."""
    recurrence = meeting.content.recurrence
    if until is None or recurrence is None:
        return meeting
    span = {**recurrence["range"], "type": "endDate", "endDate": until.isoformat(), "numberOfOccurrences": 0}
    meeting.content = replace(meeting.content, recurrence={**recurrence, "range": span})
    return meeting
