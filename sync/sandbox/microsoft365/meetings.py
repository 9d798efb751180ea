"""The organizer's side of a meeting: who hears of a write, by mail and in its own calendar (sections 3.3 and 6.5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365 import attendant, attendees, errors, rooms
from sync.sandbox.microsoft365.event import Content, Event
from sync.sandbox.microsoft365.mailing import NOTHING, QUIET, Mailing, is_other_content, mails_of_change
from sync.sandbox.microsoft365.meeting import (
    Answer,
    Notice,
    People,
    Response,
    address_of,
    content_on,
    is_cancelled_on,
    people_in,
    snapshot,
    touch_changed,
)
from sync.sandbox.microsoft365.outbox import ROOM_KIND_OF, Mail, MailKind, Step
from sync.sandbox.microsoft365.responses import tell_organizer
from sync.sandbox.microsoft365.switches import AttendeePatch

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox
    from sync.sandbox.microsoft365.tenant import Tenant

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who organizes: a mailbox of the tenant, or somebody outside."""

    tenant: Tenant
    address: str
    mailbox: Mailbox | None = None

    @classmethod
    def of(cls, mailbox: Mailbox) -> Sender:
        return cls(mailbox.tenant, mailbox.user.address, mailbox)

    def step(self, verb: str, event: Event, day: date | None) -> Step:
        if self.mailbox is not None:
            return self.tenant.outbox.step(verb, self.mailbox.renderer().id(event, day))
        return self.tenant.outbox.step(verb, event.ical_uid)

    def guests(self, content: Content | None) -> People:
        """Everybody who is invited, without the organizer."""
        people = people_in(content.attendees if content is not None else (), self.tenant.identity)
        people.pop(self.tenant.identity(self.address), None)
        return people


def created(sender: Sender, event: Event) -> None:
    """Invitations go out at once (section 6.1)."""
    attendees.settle(sender.tenant, event)
    invited = sender.guests(event.content)
    if invited:
        addresses = tuple(address_of(each) for each in invited.values())
        announce(sender, event, None, Mailing(invited=addresses), sender.step("POST", event, None))


def changed(sender: Sender, event: Event, day: date | None, before: Event, written: Collection[str]) -> None:
    """After a PATCH of the meeting, or of one date of it; `written` are the names in its body."""
    stood = snapshot(event)
    attendees.settle(sender.tenant, event, before)
    if sender.mailbox is not None and event.exceptions != stood.exceptions:
        touch_changed(sender.mailbox, event, stood)
    if not event.is_organizer:
        return
    was, now = content_on(before, day), content_on(event, day)
    assert was is not None
    assert now is not None
    if event.content.attendees:
        event.response = Response.ORGANIZER
    differs = is_other_content(was, now)
    mailing = mails_of_change(
        sender.guests(was), sender.guests(now), written, differs, sender.tenant.switches
    )
    if not mailing:
        return
    step = sender.step("PATCH", event, day)
    announce(sender, event, day, mailing, step)
    if day is None and "attendees" in written:
        mail_exceptions(sender, event, {*mailing.invited, *mailing.updated}, step)


def removed(
    sender: Sender, before: Event, day: date | None, verb: str = "DELETE", is_silent: bool = False
) -> None:
    """Cancellations to everybody who had the meeting, or that date of it, in the calendar.

    `is_silent` reaches their calendars without any mail."""
    guests = sender.guests(content_on(before, day))
    for each in () if day is not None else sorted(before.exceptions):
        guests = {**sender.guests(before.occurrence(each)), **guests}
    if guests:
        addresses = tuple(address_of(each) for each in guests.values())
        step = sender.step(verb, before, day)
        announce(sender, before, day, Mailing(dropped=addresses), step, is_silent)


def cancel(mailbox: Mailbox, event: Event, day: date | None) -> None:
    """The action of that name: as DELETE, but an attendee is refused (section 6.1)."""
    if not event.is_organizer:
        raise errors.not_the_organizer()
    before = snapshot(event)
    mailbox.discard(event, day)
    removed(Sender.of(mailbox), before, day, "cancel")


def purge(mailbox: Mailbox, event: Event, day: date | None) -> None:
    """permanentDelete. Whether guests hear of it is assumed (section 6.1): they do not, and keep their copies."""
    before, switches = snapshot(event), mailbox.tenant.switches
    mailbox.discard(event, day)
    if not event.is_organizer:
        if before.copy is not None and day is not None:
            before.copy.removed.add(day)
    elif switches.permanent_delete_mails or switches.permanent_delete_cancels_copies:
        is_silent = not switches.permanent_delete_mails
        removed(Sender.of(mailbox), before, day, "permanentDelete", is_silent)


def removed_by_attendee(mailbox: Mailbox, before: Event, day: date | None) -> None:
    """After an attendee deleted its copy, or one date of it; the organizer is not told (section 6.5)."""
    if before.copy is None:
        return
    if day is not None:
        before.copy.removed.add(day)
    if mailbox.tenant.switches.delete_tells_organizer and not is_cancelled_on(before, day):
        step = mailbox.tenant.outbox.step("DELETE", mailbox.renderer().id(before, day))
        tell_organizer(mailbox, before, day, Answer(Response.DECLINED, mailbox.tenant.clock.now()), step)


def check_change(mailbox: Mailbox, event: Event, written: Collection[str]) -> None:
    """Section 6.5: what PATCH may do to an attendee's copy is assumed; reminders and the like it may always."""
    rule = mailbox.tenant.switches.attendee_patch
    shared = {name for name in written if name not in QUIET | NOTHING and not name.startswith("@odata.")}
    if event.is_organizer or not shared or rule is AttendeePatch.LOCAL:
        return
    if rule is AttendeePatch.DENIED:
        raise errors.access_denied()
    raise errors.invalid_request(
        "Your request can't be completed. Only the organizer can change this meeting."
    )


def check_create(mailbox: Mailbox) -> None:
    """Section 6.7: whether events can be written straight into a room's calendar is assumed."""
    if mailbox.user.room is not None and not mailbox.tenant.switches.room_written_directly:
        raise errors.access_denied()


def announce(
    sender: Sender, event: Event, day: date | None, mailing: Mailing, step: Step, is_silent: bool = False
) -> None:
    meeting = snapshot(event)
    for kind, addresses in (
        (MailKind.INVITATION, mailing.invited),
        (MailKind.UPDATE, mailing.updated),
        (MailKind.CANCELLATION, mailing.dropped),
    ):
        for address in addresses:
            notice = Notice(kind, address, meeting, day, step, external=sender.mailbox is None)
            if not is_silent:
                mail(sender, notice)
            post(sender.tenant, notice)


def mail_exceptions(sender: Sender, event: Event, addresses: Collection[str], step: Step) -> None:
    """Section 3.3: each exception has an update mail of its own; what it says came with the master's."""
    meeting = snapshot(event)
    for day in sorted(event.exceptions):
        for guest in sender.guests(event.occurrence(day)).values():
            if address_of(guest) in addresses:
                mail(sender, Notice(MailKind.UPDATE, address_of(guest), meeting, day, step))


def mail(sender: Sender, notice: Notice) -> None:
    tenant, content = sender.tenant, content_on(notice.meeting, notice.day)
    user = tenant.user_at(notice.address)
    is_room = user is not None and user.room is not None
    kind = ROOM_KIND_OF[notice.kind] if is_room else notice.kind
    subject = (content.subject or "") if content is not None else ""
    if notice.kind is MailKind.CANCELLATION:
        subject = tenant.switches.cancelled_prefix + subject
    tenant.outbox.send(Mail(kind, sender.address, notice.address, subject, tenant.clock.now(), notice.step))


def post(tenant: Tenant, notice: Notice) -> None:
    tenant.post.send(tenant.switches.attendee_copies_delay, lambda: deliver(tenant, notice))


def deliver(tenant: Tenant, notice: Notice) -> None:
    """Into the mailbox of that address, if the tenant has one; others get the mail alone."""
    mailbox = tenant.mailbox_at(notice.address)
    if mailbox is None:
        return
    if mailbox.user.room is None:
        attendant.receive(mailbox, notice)
    else:
        rooms.receive(mailbox, mailbox.user.room, notice)
