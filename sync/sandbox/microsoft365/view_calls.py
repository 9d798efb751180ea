"""calendarView and calendarView/delta over HTTP (sections 4 and 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.event import Event, Window
from sync.sandbox.microsoft365.event_calls import listed_yet, show_event
from sync.sandbox.microsoft365.feed import DEFAULT_PAGE
from sync.sandbox.microsoft365.mailbox import Mailbox
from sync.sandbox.microsoft365.queries import LARGEST_PAGE, next_link, page_size, skipped
from sync.sandbox.microsoft365.rendering import Preferences, Renderer
from sync.sandbox.microsoft365.rounds import Token
from sync.sandbox.microsoft365.wire import Answer, parse_time

Json = dict[str, Any]
WIDEST = timedelta(days=1825)
NOT_ON_DELTA = ("$select", "$expand", "$filter", "$orderby", "$search")
NOT_SELECTED_ON_VIEW = ("createdDateTime", "lastModifiedDateTime")


def list_view(context: Context) -> Answer:
    """Singles, occurrences and exceptions that overlap the window; no masters."""
    request, mailbox = context.request, context.mailbox()
    window = read_window(context, mailbox)
    size, skip = page_size(request, context.tenant.switches), skipped(request)
    short = context.tenant.switches.short_months_use_last_day
    with mailbox.lock:
        found: list[tuple[datetime, Event, date | None]] = []
        for event in mailbox.items(context.calendar(mailbox).id):
            if event.content.recurrence is not None:
                dates = list(event.occurrences(window, short))
                if dates and listed_yet(event):
                    found += [(content.start.instant, event, day) for day, content in dates]
            elif window.holds(event.content) and listed_yet(event):
                found.append((event.content.start.instant, event, None))
        found.sort(key=lambda each: each[0])
        show = context.renderer(mailbox)
        shown = [show_event(context, show, event, day) for _, event, day in found[skip : skip + size]]
    if "$select" in request.query:
        # Section 4: these two do not support $select here.
        shown = [{k: v for k, v in each.items() if k not in NOT_SELECTED_ON_VIEW} for each in shown]
    body: Json = {
        "@odata.context": context.metadata(f"users('{mailbox.user.id}')/calendarView"),
        "value": shown,
    }
    if skip + size < len(found):
        body["@odata.nextLink"] = next_link(request, skip + size)
    return Answer(200, body, context.applied())


def read_delta(context: Context) -> Answer:
    """Section 5.1: the dates begin a round, a $skiptoken goes on with it, a $deltatoken begins the next one."""
    request, mailbox = context.request, context.mailbox()
    query, preferences = request.query, delta_preferences(context)
    for name in NOT_ON_DELTA:
        if name in query:
            raise errors.invalid_request(
                f"The query parameter {name} is not supported with delta on calendarView."
            )
    with mailbox.lock:
        token = find_token(context, mailbox)
        page = mailbox.feed.page(
            token,
            Renderer(mailbox.key, context.tenant.switches, preferences),
            delta_page_size(context),
            restart(context, mailbox, token),
            context.call,
        )
    body: Json = {"@odata.context": context.metadata("Collection(event)"), "value": page.items}
    if page.next is not None:
        body["@odata.nextLink"] = request.link(request.path, skiptoken=page.next)
    if page.delta is not None:
        body["@odata.deltaLink"] = request.link(request.path, deltatoken=page.delta)
    sized = f"odata.maxpagesize={preferences.page_size}" if preferences.page_size else ""
    applied = preferences.applied(
        context.tenant.switches, ", ".join(filter(None, ("odata.track-changes", sized)))
    )
    return Answer(200, body, {"Preference-Applied": applied})


def delta_preferences(context: Context) -> Preferences:
    """Section 5.1: whether the body preference has an effect here is assumed."""
    preferences = context.request.preferences
    if context.tenant.switches.body_preference_in_delta:
        return preferences
    return replace(preferences, text_body=False)


def find_token(context: Context, mailbox: Mailbox) -> Token:
    """Dates that were added to a link are ignored: the window is in the token (section 5.3)."""
    query = context.request.query
    if "$skiptoken" in query:
        return Token.open(query["$skiptoken"], mailbox.key)
    if "$deltatoken" in query:
        done = Token.open(query["$deltatoken"], mailbox.key)
        return mailbox.feed.resume(done, restart(context, mailbox, done), context.call)
    instants = context.tenant.switches.delta_all_day_window_uses_instants
    window = read_window(context, mailbox, instants)
    preferences = context.request.preferences
    zone = preferences.zone if preferences.zone_asked else None
    text = (query["startdatetime"], query["enddatetime"])
    return mailbox.feed.begin(context.calendar(mailbox).id, window, text, zone, context.call)


def restart(context: Context, mailbox: Mailbox, token: Token) -> str:
    """Where the Location header of a 410 points: a fresh round of the same window, if that is still known."""
    text = mailbox.feed.window_text(token)
    if text is None:
        return f"{context.request.root}{context.request.path}?$deltatoken="
    return f"{context.request.root}{context.request.path}?startDateTime={text[0]}&endDateTime={text[1]}"


def delta_page_size(context: Context) -> int:
    size = context.request.preferences.page_size or DEFAULT_PAGE
    if not context.tenant.switches.delta_top_ignored and "$top" in context.request.query:
        size = page_size(context.request, context.tenant.switches)
    return min(size, LARGEST_PAGE)


def read_window(context: Context, mailbox: Mailbox, all_day_by_instants: bool = True) -> Window:
    query = context.request.query
    if not query.get("startdatetime") or not query.get("enddatetime"):
        raise errors.window_missing()
    start, end = parse_time(query["startdatetime"]), parse_time(query["enddatetime"])
    if end < start:
        raise errors.invalid_parameter("The end of the time window is before its start.")
    if end - start > WIDEST:
        raise errors.window_too_wide()
    return mailbox.window(start, end, all_day_by_instants)
