"""GET /events/{master}/instances: the occurrences and exceptions of one series (sections 3.3 and 4)."""

from __future__ import annotations

from typing import Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.event_calls import show_event
from sync.sandbox.microsoft365.queries import next_link, page_size, skipped
from sync.sandbox.microsoft365.view_calls import read_window
from sync.sandbox.microsoft365.wire import Answer

Json = dict[str, Any]


def list_instances(context: Context) -> Answer:
    """What overlaps the window, without cancelled dates; exceptions stand first, as in the documentation's sample."""
    request, mailbox, switches = context.request, context.mailbox(), context.tenant.switches
    window = read_window(context, mailbox)
    size, skip = page_size(request, switches), skipped(request)
    with mailbox.lock:
        event, day = mailbox.find(context.parameters["event"])
        is_master = day is None and event.content.recurrence is not None
        if not is_master and switches.instances_of_single_refused:
            raise errors.invalid_request("Only a series master has instances.")
        found = event.occurrences(window, switches.short_months_use_last_day) if is_master else ()
        days = sorted((each for each, _ in found), key=lambda each: (each not in event.exceptions, each))
        show = context.renderer(mailbox)
        shown = [show_event(context, show, event, each) for each in days[skip : skip + size]]
    body: Json = {"@odata.context": context.metadata("Collection(event)"), "value": shown}
    if skip + size < len(days):
        body["@odata.nextLink"] = next_link(request, skip + size)
    return Answer(200, body, context.applied())
