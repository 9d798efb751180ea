"""Accept, tentatively accept, decline: what an answer does to the copy, and at the organizer (section 6.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.event import Content, Event
from sync.sandbox.microsoft365.meeting import (
    Answer,
    Identity,
    Response,
    address_of,
    content_on,
    is_cancelled_on,
    override_date,
    people_in,
    snapshot,
    touch_changed,
)
from sync.sandbox.microsoft365.outbox import ROOM_KIND_OF, Mail, MailKind, Step
from sync.sandbox.microsoft365.rendering import digits, response_status, utc_wall

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.mailbox import Mailbox
    from sync.sandbox.microsoft365.tenant import Tenant

Json = dict[str, Any]
ACTIONS = {
    "accept": Response.ACCEPTED,
    "tentativelyAccept": Response.TENTATIVE,
    "decline": Response.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of an action. `proposed` is a time slot as it was sent, `{"start": …, "end": …}`."""

    comment: str | None = None
    sends: bool = True
    proposed: Json | None = None

    @classmethod
    def parse(cls, body: Json, action: str) -> Reply:
        """Section 6.1; the names are taken in any letter case, as for all actions."""
        said = {name.lower(): value for name, value in body.items()}
        for name in said:
            allowed = {"comment", "sendresponse"} | ({"proposednewtime"} if action != "accept" else set())
            if name not in allowed:
                raise errors.body_read(f"The parameter '{name}' of {action} is not known.")
        comment, sends, proposed = said.get("comment"), said.get("sendresponse"), said.get("proposednewtime")
        if not isinstance(sends, bool | None) or not isinstance(comment, str | None):
            raise errors.body_read("comment is a string and sendResponse a boolean.")
        if not isinstance(proposed, dict | None):
            raise errors.body_read("proposedNewTime is a time slot.")
        return cls(comment, sends is not False, proposed)


def respond(mailbox: Mailbox, event: Event, day: date | None, action: str, reply: Reply) -> None:
    """Raises GraphError for what Graph refuses."""
    proposed = check(mailbox, event, day, reply)
    answer = Answer(ACTIONS[action], mailbox.tenant.clock.now())
    step = mailbox.tenant.outbox.step(action, mailbox.renderer().id(event, day))
    if reply.sends:
        tell_organizer(mailbox, event, day, answer, step, proposed)
    settle_copy(mailbox, event, day, answer)


def check(mailbox: Mailbox, event: Event, day: date | None, reply: Reply) -> Json | None:
    """The proposed time as it is stored, if there is one."""
    content = content_on(event, day)
    assert content is not None
    if event.is_organizer:
        raise errors.organizer_cannot_respond()
    if is_cancelled_on(event, day) and not mailbox.tenant.switches.cancelled_can_be_answered:
        raise errors.cancelled_cannot_be_answered()
    if reply.comment is not None and not reply.sends:
        raise errors.invalid_parameter("'SendResponse' must be true when 'Comment' is not null.")
    if reply.sends and not content.response_requested:
        raise errors.response_not_requested()
    if reply.proposed is None:
        return None
    if not reply.sends:
        raise errors.invalid_parameter("'SendResponse' must be true when 'ProposedNewTime' is not null.")
    if not content.allow_new_time_proposals:
        raise errors.invalid_request("The organizer of this meeting does not allow new time proposals.")
    moments = {name: mailbox.reader().moment(reply.proposed.get(name)) for name in ("start", "end")}
    if moments["end"].instant < moments["start"].instant:
        raise errors.property_validation()
    return {name: {"dateTime": digits(utc_wall(at)), "timeZone": "UTC"} for name, at in moments.items()}


def settle_copy(mailbox: Mailbox, event: Event, day: date | None, answer: Answer) -> None:
    """A declined copy goes to Deleted Items; else showAs is the organizer's, tentative, or free."""
    if answer.response == Response.DECLINED and mailbox.tenant.switches.declined_copy_removed:
        remove_copy(mailbox, event, day)
        return
    before = snapshot(event)
    if day is None:
        event.response, event.responded = answer.response, answer.at
        event.content = replace(event.content, show_as=shown_as(event, None, answer))
        for each, override in event.exceptions.items():
            if not override.is_cancelled:
                override = replace(override, response=None, responded=None)
                fields = {**override.fields, "show_as": shown_as(event, each, answer)}
                event.exceptions[each] = replace(override, fields=fields)
    else:
        now = mailbox.tenant.clock.now()
        override_date(event, day, now, {"show_as": shown_as(event, day, answer)})
        event.exceptions[day] = replace(event.exceptions[day], response=answer.response, responded=answer.at)
    touch_changed(mailbox, event, before)


def remove_copy(mailbox: Mailbox, event: Event, day: date | None) -> None:
    """The attendee's copy, or one date of it, is gone from the calendar; nobody is told."""
    if event.copy is not None and day is not None:
        event.copy.removed.add(day)
    mailbox.discard(event, day)


def shown_as(event: Event, day: date | None, answer: Answer) -> str:
    assert event.copy is not None
    if answer.response == Response.ACCEPTED:
        meant = content_on(event.copy.sent, event.copy.day or day)
        return event.copy.sent.content.show_as if meant is None else meant.show_as
    return "tentative" if answer.response == Response.TENTATIVE else "free"


def tell_organizer(
    mailbox: Mailbox,
    event: Event,
    day: date | None,
    answer: Answer,
    step: Step,
    proposed: Json | None = None,
    delay: int | None = None,
) -> None:
    """The mail goes at once, the organizer's event knows it a little later (section 6.5)."""
    assert event.copy is not None
    tenant, sent = mailbox.tenant, event.copy.sent
    organizer, me = address_of(sent.organizer), event.copy.address
    kind = MailKind.RESPONSE if mailbox.user.room is None else ROOM_KIND_OF[MailKind.RESPONSE]
    subject = f"{answer.response}: {sent.content.subject or ''}"
    tenant.outbox.send(Mail(kind, mailbox.user.address, organizer, subject, tenant.clock.now(), step))
    on = event.copy.day or day
    tenant.post.send(
        tenant.switches.responses_delay if delay is None else delay,
        lambda: note_answer(tenant, organizer, sent.ical_uid, me, on, answer, proposed),
    )


def note_answer(
    tenant: Tenant,
    organizer: str,
    uid: str,
    attendee: str,
    day: date | None,
    answer: Answer,
    proposed: Json | None,
) -> None:
    """attendees[].status of the organizer's event; an answer to a meeting that is gone changes nothing."""
    outside = tenant.outside.meetings.get(uid)
    if outside is not None:
        mark(outside, day, attendee, answer, proposed, tenant)
        return
    mailbox = tenant.mailbox_at(organizer)
    for event in () if mailbox is None else mailbox.alive.values():
        if mailbox is not None and event.is_organizer and event.ical_uid == uid:
            before = snapshot(event)
            mark(event, day, attendee, answer, proposed, tenant)
            if event != before and tenant.switches.response_moves_organizer_etag:
                touch_changed(mailbox, event, before)


def mark(
    event: Event, day: date | None, attendee: str, answer: Answer, proposed: Json | None, tenant: Tenant
) -> None:
    """In the entry of that address, if there is one; an answer to all counts for every exception too."""
    status: Json = {"status": response_status(answer.response, answer.at)}
    if proposed is not None:
        status["proposedNewTime"] = proposed
    me, now = tenant.identity(attendee), tenant.clock.now()
    if day is None:
        event.content = replace(event.content, attendees=marked(event.content, me, status, tenant.identity))
        days = [each for each, override in event.exceptions.items() if "attendees" in override.fields]
    else:
        kept = day in event.exceptions or tenant.switches.date_response_makes_exception
        days = [day] if kept else []
    for each in days:
        content = event.occurrence(each)
        if content is not None and me in people_in(content.attendees, tenant.identity):
            override_date(event, each, now, {"attendees": marked(content, me, status, tenant.identity)})


def marked(content: Content, who: str, status: Json, identity: Identity) -> tuple[Json, ...]:
    def with_answer(attendee: Json) -> Json:
        kept = {name: value for name, value in attendee.items() if name != "proposedNewTime"}
        return {**kept, **status} if identity(address_of(attendee)) == who else attendee

    return tuple(with_answer(attendee) for attendee in content.attendees)
