"""Who has a room when: the calendar of its mailbox, names and times only (graph-calendar.md 4, 6.7, 13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sync.adapters.graph.answers import Json
from sync.adapters.graph.client import GraphClient, Mailbox, query
from sync.adapters.graph.delta import utc
from sync.adapters.graph.errors import BROKEN_ANSWER
from sync.adapters.graph.spans import span_from_graph
from sync.adapters.graph.wire import object_at, text_at
from sync.core.rooms import RoomBooking
from sync.core.window import instants
from sync.errors import TryLater

# Neither subject nor body: a room's copy of a meeting has another one's anyway (6.7).
SELECT = "organizer,start,end,isAllDay,showAs,isCancelled,sensitivity"
PAGE_SIZE = 500
MOST_PAGES = 20


class GraphRooms:
    """`ports.RoomCalendars` over Graph. A room is named by its address, which is its UPN unless somebody changed it:
    then Graph knows nobody of that name (13), and who has the room stays unknown."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    def bookings(self, address: str, starts: datetime, ends: datetime, zone: str) -> Sequence[RoomBooking]:
        mailbox = self._client.mailbox(address)
        dates = {"startDateTime": utc(starts), "endDateTime": utc(ends)}
        path = f"{mailbox.path}/calendarView?{query({**dates, '$select': SELECT, '$top': str(PAGE_SIZE)})}"
        return [_booking(item, zone) for item in _items(mailbox, path) if _is_taken(item)]


def _items(mailbox: Mailbox, path: str) -> Iterator[Json]:
    """Each page is asked for once: nothing waits for this answer."""
    link: str | None = path
    for _ in range(MOST_PAGES):
        if not link:
            return
        answer = mailbox.exchange("GET", link)
        if not answer.is_ok:
            raise answer.error
        yield from answer.body.get("value") or []
        link = answer.body.get("@odata.nextLink")
    raise TryLater(BROKEN_ANSWER, {"status": "200"})


def _is_taken(item: Json) -> bool:
    """What was cancelled stays in the calendar, as free (6.5)."""
    return item.get("isCancelled") is not True and text_at(item, "showAs") != "free"


def _booking(item: Json, zone: str) -> RoomBooking:
    starts, ends = instants(span_from_graph(item, zone), zone)
    if text_at(item, "sensitivity") not in ("", "normal"):  # law 9: whose it is stays between them
        return RoomBooking(starts, ends)
    person = object_at(object_at(item, "organizer"), "emailAddress")
    return RoomBooking(starts, ends, text_at(person, "name"), text_at(person, "address"))
