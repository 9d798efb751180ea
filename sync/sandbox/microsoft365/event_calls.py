"""Calls on events: list, read, create, change, delete (sections 4 and 6.1)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sync.sandbox.microsoft365 import errors, meetings
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.event import Event
from sync.sandbox.microsoft365.expansion import Projection
from sync.sandbox.microsoft365.mailbox import Mailbox
from sync.sandbox.microsoft365.queries import next_link, order, page_size, parse_filter, skipped
from sync.sandbox.microsoft365.rendering import Renderer
from sync.sandbox.microsoft365.wire import Answer

Json = dict[str, Any]


def list_events(context: Context) -> Answer:
    """Singles and masters of one calendar, no occurrences (section 4)."""
    request, mailbox = context.request, context.mailbox()
    fits = parse_filter(request.query["$filter"]) if "$filter" in request.query else None
    size, skip = page_size(request, context.tenant.switches), skipped(request)
    with mailbox.lock:
        listed = [event for event in mailbox.items(context.calendar(mailbox).id) if listed_yet(event)]
        if fits is not None:
            listed = [event for event in listed if fits(event)]
        listed = order(listed, request.query.get("$orderby", ""))
        show = context.renderer(mailbox)
        shown = [show_event(context, show, event, None) for event in listed[skip : skip + size]]
    body: Json = {"@odata.context": context.metadata(f"users('{mailbox.user.id}')/events"), "value": shown}
    if request.query.get("$count", "").lower() == "true":
        body["@odata.count"] = len(listed)
    if skip + size < len(listed):
        body["@odata.nextLink"] = next_link(request, skip + size)
    return Answer(200, body, context.applied())


def get_event(context: Context) -> Answer:
    """Any type, in any calendar of the mailbox (section 4)."""
    mailbox = context.mailbox()
    with mailbox.lock:
        event, day = mailbox.find(context.parameters["event"])
        return entity(context, mailbox, event, day, 200)


def create_event(context: Context) -> Answer:
    mailbox = context.mailbox()
    body = context.request.body()
    meetings.check_create(mailbox)
    with mailbox.lock:
        event = mailbox.insert(body, context.calendar(mailbox).id)
        return entity(context, mailbox, event, None, 201)


def change_event(context: Context) -> Answer:
    mailbox = context.mailbox()
    body = context.request.body()
    with mailbox.lock:
        event, day = mailbox.find(context.parameters["event"])
        meetings.check_change(mailbox, event, body)
        mailbox.update(event, day, body, context.request.headers.get("if-match"))
        return entity(context, mailbox, event, day, 200)


def delete_event(context: Context) -> Answer:
    mailbox, event_id = context.mailbox(), context.parameters["event"]
    with mailbox.lock:
        # Section 6.1: whether the second DELETE is a 404 is assumed.
        if not context.tenant.switches.delete_again_404 and mailbox.was_deleted(event_id):
            return Answer(204)
        event, day = mailbox.find(event_id)
        mailbox.remove(event, day, context.request.headers.get("if-match"))
    return Answer(204)


def delete_permanently(context: Context) -> Answer:
    """To the Purges folder (section 1.1): nobody can bring it back. Any body is ignored."""
    mailbox = context.mailbox()
    with mailbox.lock:
        meetings.purge(mailbox, *mailbox.find(context.parameters["event"]))
    return Answer(204)


def entity(context: Context, mailbox: Mailbox, event: Event, day: date | None, status: int) -> Answer:
    projection = Projection.parse(context.request.query)
    shown = projection.show(context.renderer(mailbox), event, day, by_id=True)
    kind = context.metadata(f"users('{mailbox.user.id}')/events/$entity")
    headers = context.applied()
    if status == 201:
        headers["Location"] = f"{context.request.root}/users/{mailbox.user.id}/events/{shown['id']}"
    return Answer(status, {"@odata.context": kind, **shown}, headers)


def show_event(context: Context, show: Renderer, event: Event, day: date | None) -> Json:
    """An item of a list, as $select and $expand ask for it."""
    projection = Projection.parse(context.request.query)
    if projection.exceptions is not None:
        raise errors.invalid_parameter("exceptionOccurrences can only be expanded on one event.")
    return projection.show(show, event, day)


def listed_yet(event: Event) -> bool:
    """Section 4: a just-created event can be missing from lists for a while."""
    if event.hidden_from_lists:
        event.hidden_from_lists -= 1
        return False
    return True
