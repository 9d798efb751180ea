"""Asks for single events and for whole series: by id, and by our marker on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from sync.adapters.graph.answers import UNANSWERED, Answer, Json
from sync.adapters.graph.batch import Item, run
from sync.adapters.graph.client import Mailbox, query
from sync.adapters.graph.errors import of_no_event
from sync.adapters.graph.mapping import PROPERTY_ID
from sync.adapters.graph.series import CANCELLED, EXCEPTIONS, exceptions_of, is_date, is_master
from sync.adapters.graph.wire import text_at
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.event import Side
from sync.errors import CannotSync, Gone, Moved, NeedsAdministrator, SyncError

_PROPERTY = f"singleValueExtendedProperties($filter=id eq '{PROPERTY_ID}')"
# Delta and plain reads do not show extended properties unless they are asked for (graph-calendar.md 1.5).
EXPAND = query({"$expand": _PROPERTY})

# All that we read of an event. A $select is needed to see the dates of a master at all, and cuts what is expanded of
# them as well (1.1); originalStart comes in no other way (T42).
_PROPERTIES = (
    "id,type,changeKey,transactionId,iCalUId,createdDateTime,lastModifiedDateTime,seriesMasterId,occurrenceId,"
    "originalStart,originalStartTimeZone,subject,body,start,end,isAllDay,location,locations,categories,showAs,"
    "sensitivity,importance,isReminderOn,reminderMinutesBeforeStart,isCancelled,isOrganizer,organizer,attendees,"
    "responseStatus,isOnlineMeeting"
)
_DATE = query({"$select": _PROPERTIES})
WHOLE = query(
    {
        "$select": f"{_PROPERTIES},recurrence,{EXCEPTIONS},{CANCELLED}",
        "$expand": f"{EXCEPTIONS},{_PROPERTY}",
    }
)
# Without one of these an exception is not read from the expansion but by its own id (5.2: which properties come with
# it is not certain).
_NEEDED = frozenset({"subject", "body", "start", "end", "isAllDay", "showAs", "location", "attendees"})
_NAMES_ITS_DATE = frozenset({"occurrenceId", "originalStart"})


class Reader(Protocol):
    """`Translator.seen`: takes single events, and masters that were asked for as a whole."""

    def __call__(self, item: Json) -> Seen | Unreadable: ...


def read(mailbox: Mailbox, ids: Iterable[str], reader: Reader) -> dict[str, Observation]:
    """One Observation for each id; an error that concerns the mailbox is raised."""
    answers = read_items(mailbox, ids)
    return {event_id: observe(event_id, answer, reader) for event_id, answer in answers.items()}


def read_series(mailbox: Mailbox, ids: Iterable[str], reader: Reader) -> dict[str, Observation]:
    """As `read`, for ids that are known to be masters: one request for each."""
    answers = read_whole(mailbox, ids)
    return {event_id: observe(event_id, answer, reader) for event_id, answer in answers.items()}


def read_items(mailbox: Mailbox, ids: Iterable[str]) -> dict[str, Answer]:
    """Singles as they are, masters as a whole: asked a second time, as only masters may be asked for dates (1.1)."""
    wanted = list(dict.fromkeys(ids))
    items = (Item(event_id, "GET", f"{mailbox.event_path(event_id)}?{EXPAND}") for event_id in wanted)
    found = {reply.item.key: reply.answer for reply in run(mailbox, items)}
    masters = [event_id for event_id, answer in found.items() if answer.is_ok and is_master(answer.body)]
    return found | read_whole(mailbox, masters)


def read_whole(mailbox: Mailbox, ids: Iterable[str]) -> dict[str, Answer]:
    items = (whole_item(mailbox, event_id, event_id) for event_id in dict.fromkeys(ids))
    found = {reply.item.key: reply.answer for reply in run(mailbox, items)}
    return completed(mailbox, found)


def whole_item(mailbox: Mailbox, key: str, event_id: str) -> Item:
    return Item(key, "GET", f"{mailbox.event_path(event_id)}?{WHOLE}")


def completed(mailbox: Mailbox, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The same answers with every exception of every master: those of further pages, and those that were shown only
    in part. An exception that cannot be had makes its series' answer the one that it got itself."""
    found = dict(answers)
    for key, answer in answers.items():
        link = answer.body.get(f"{EXCEPTIONS}@odata.nextLink")
        if answer.is_ok and link:
            try:
                rest = list(_all_pages(mailbox, mailbox.get(link)))
            except (CannotSync, Gone, Moved):
                found[key] = UNANSWERED  # this series' own trouble
            else:
                found[key] = _with_exceptions(answer, [*exceptions_of(answer.body), *rest])
    partial = {
        text_at(one, "id"): key
        for key, answer in found.items()
        if answer.is_ok
        for one in exceptions_of(answer.body)
        if not (one.keys() >= _NEEDED and one.keys() & _NAMES_ITS_DATE)
    }
    items = (Item(one, "GET", f"{mailbox.event_path(one)}?{_DATE}") for one in partial)
    for reply in run(mailbox, items):
        key = partial[reply.item.key]
        if not reply.answer.is_ok:
            found[key] = reply.answer if not isinstance(reply.answer.error, Gone) else found[key]
        elif found[key].is_ok:
            full = {reply.item.key: reply.answer.body}
            exceptions = [full.get(text_at(one, "id"), one) for one in exceptions_of(found[key].body)]
            found[key] = _with_exceptions(found[key], exceptions)
    return found


def _with_exceptions(answer: Answer, exceptions: Iterable[Mapping[str, object]]) -> Answer:
    return Answer(answer.status, {**answer.body, EXCEPTIONS: list(exceptions)}, answer.retry_after)


def observe(event_id: str, answer: Answer, reader: Reader) -> Observation:
    """Only ErrorItemNotFound means that the event is gone; anything else that is refused is unreadable (T38)."""
    if answer.is_ok:
        if is_date(answer.body):  # never an event of its own
            return Unreadable(Side.OUTLOOK, event_id, "", "recurrence-unreadable", {"part": "master"})
        return reader(answer.body)
    error = answer.error
    if isinstance(error, Gone):
        return Removed(Side.OUTLOOK, event_id)
    if isinstance(error, NeedsAdministrator):
        raise error
    return Unreadable(Side.OUTLOOK, event_id, "", unreadable_code(error), error.detail)


def unreadable_code(error: SyncError) -> str:
    # TryLater comes this far only for an event that alone fails again and again (batch.run).
    return "graph-refused" if error.code == "graph-refused" else "graph-failing"


def find(mailbox: Mailbox, markers: Iterable[str], reader: Reader) -> dict[str, Seen]:
    """The oldest readable event that carries each marker: a copy that a person made is younger than ours."""
    carrying: dict[str, list[Json]] = {}
    items = (Item(marker, "GET", search_path(mailbox, marker)) for marker in dict.fromkeys(markers))
    for reply in run(mailbox, items):
        if not reply.answer.is_ok:
            raise of_no_event(reply.answer.error)
        carrying[reply.item.key] = sorted(
            _all_pages(mailbox, reply.answer.body), key=lambda e: str(e.get("createdDateTime") or "")
        )
    masters = [text_at(e, "id") for events in carrying.values() for e in events if is_master(e)]
    series = read_series(mailbox, masters, reader)
    found: dict[str, Seen] = {}
    for marker, events in carrying.items():
        shown = (series[text_at(e, "id")] if is_master(e) else reader(e) for e in events)
        first = next((seen for seen in shown if isinstance(seen, Seen)), None)
        if first is not None:
            found[marker] = first
    return found


def search_path(mailbox: Mailbox, marker: str) -> str:
    value = marker.replace("'", "''")
    carries = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY_ID}' and ep/value eq '{value}')"
    return f"{mailbox.path}/events?{query({'$filter': carries})}&{EXPAND}"


def _all_pages(mailbox: Mailbox, page: Json) -> Iterator[Json]:
    """A page may be empty and still have a next one (graph-calendar.md 4)."""
    while True:
        yield from page.get("value") or []
        link = page.get("@odata.nextLink")
        if not link:
            return
        page = mailbox.get(link)
