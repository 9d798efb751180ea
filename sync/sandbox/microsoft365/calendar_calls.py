"""Calls on calendars and on the zones a mailbox knows (sections 2 and 13)."""

from __future__ import annotations

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.calendars import render_calendar
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.wire import Answer
from sync.sandbox.microsoft365.zones import IANA_NAMES, WINDOWS_NAMES


def get_calendar(context: Context) -> Answer:
    mailbox = context.mailbox()
    with mailbox.lock:
        shown = render_calendar(context.calendar(mailbox), mailbox.user)
    return Answer(200, {"@odata.context": context.metadata("calendars/$entity"), **shown})


def list_calendars(context: Context) -> Answer:
    mailbox = context.mailbox()
    with mailbox.lock:
        shown = [render_calendar(calendar, mailbox.user) for calendar in mailbox.calendars.values()]
    return Answer(200, {"@odata.context": context.metadata("calendars"), "value": shown})


def create_calendar(context: Context) -> Answer:
    mailbox = context.mailbox()
    name = context.request.body().get("name")
    if not isinstance(name, str) or not name:
        raise errors.property_validation()
    calendar = mailbox.add_calendar(name)
    return Answer(201, render_calendar(calendar, mailbox.user))


def list_zones(context: Context) -> Answer:
    """`supportedTimeZones`, or `supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')`."""
    context.mailbox()
    names = sorted(IANA_NAMES) if "iana" in context.request.path.lower() else WINDOWS_NAMES
    zones = [{"alias": name, "displayName": name} for name in names]
    return Answer(200, {"@odata.context": context.metadata("timeZoneInformation"), "value": zones})
