"""The calendar of a room: who has it when, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sync.adapters.graph.rooms import MOST_PAGES, GraphRooms
from sync.core.rooms import RoomBooking
from sync.errors import CannotSync, NeedsAdministrator, TryLater
from tests.adapters.graph.canned import GRAPH, Canned, FakeClock, Said, graph_event, make_client, refusal
from tests.adapters.graph.simulated import make_world

ROOM, ZONE = "room+1@example.com", "Asia/Tokyo"
STARTS, ENDS = datetime(2026, 9, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, 2, tzinfo=UTC)


def organizer(name: str = "次郎", address: str = "jiro@example.com") -> dict[str, Any]:
    return {"emailAddress": {"name": name, "address": address}}


def look(*said: Said) -> tuple[list[RoomBooking], Canned]:
    canned, clock = Canned(*said), FakeClock()
    try:
        return list(GraphRooms(make_client(canned, clock)).bookings(ROOM, STARTS, ENDS, ZONE)), canned
    finally:
        assert clock.slept == [], "nothing waits for this answer"


def page(*items: dict[str, Any], **more: str) -> Said:
    return Said(200, {"value": list(items), **more})


def test_the_room_is_asked_for_names_and_times_only() -> None:
    found, canned = look(page(graph_event(organizer=organizer())))
    assert found == [RoomBooking(STARTS, ENDS, "次郎", "jiro@example.com")]
    (sent,) = canned.sent
    url = urlsplit(sent.url)
    query = parse_qs(url.query)
    assert (sent.method, url.path) == ("GET", "/v1.0/users/room%2B1%40example.com/calendarView")
    assert query["startDateTime"] == ["2026-09-01T01:00:00Z"]
    assert query["endDateTime"] == ["2026-09-01T02:00:00Z"]
    asked = set(query["$select"][0].split(","))
    assert asked >= {"organizer", "start", "end", "showAs", "isCancelled"}
    assert not asked & {"subject", "body", "bodyPreview", "attendees", "location"}


@pytest.mark.parametrize("free", [{"isCancelled": True}, {"showAs": "free"}])
def test_what_was_cancelled_is_no_booking(free: dict[str, Any]) -> None:
    assert look(page(graph_event(organizer=organizer(), **free)))[0] == []


@pytest.mark.parametrize("sensitivity", ["private", "confidential", "personal"])
def test_a_private_booking_names_nobody(sensitivity: str) -> None:
    """Law 9."""
    found, _ = look(page(graph_event(organizer=organizer(), sensitivity=sensitivity)))
    assert found == [RoomBooking(STARTS, ENDS)]


def test_whole_days_are_those_of_the_organization() -> None:
    day = {"dateTime": "2026-09-01T00:00:00.0000000", "timeZone": "UTC"}
    after = {"dateTime": "2026-09-02T00:00:00.0000000", "timeZone": "UTC"}
    found, _ = look(page(graph_event(organizer=None, isAllDay=True, start=day, end=after)))
    assert found == [
        RoomBooking(datetime(2026, 8, 31, 15, tzinfo=UTC), datetime(2026, 9, 1, 15, tzinfo=UTC), "", "")
    ]


def test_all_pages_are_read() -> None:
    link = {"@odata.nextLink": f"{GRAPH}/v1.0/users/x/calendarView?$skip=1"}
    found, canned = look(page(graph_event(), **link), page(**link), page(graph_event()))
    assert (len(found), len(canned.sent)) == (2, 3)


def test_pages_without_end_are_given_up() -> None:
    with pytest.raises(TryLater):
        look(page(**{"@odata.nextLink": f"{GRAPH}/v1.0/users/x/calendarView?$skip=1"}))
    assert MOST_PAGES < 100


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (refusal(403, "ErrorAccessDenied"), NeedsAdministrator),
        (refusal(404, "ErrorInvalidUser"), NeedsAdministrator),
        (refusal(404, "MailboxNotEnabledForRESTAPI"), NeedsAdministrator),
        (refusal(400, "ErrorInvalidRequest"), CannotSync),
        (refusal(429, "ApplicationThrottled", Retry_After="7"), TryLater),
        (refusal(503, "ServiceUnavailable"), TryLater),
    ],
)
def test_a_refusal_is_told_at_once(said: Said, error: type[Exception]) -> None:
    with pytest.raises(error):
        look(said)


def test_the_simulated_room_shows_who_booked_it() -> None:
    world = make_world()
    world.tenant.add_room("会議室", "room@example.com")
    world.mailbox.invite(
        [],
        rooms=["room@example.com"],
        subject="面談",
        start="2026-09-01T10:00:00",
        end="2026-09-01T11:00:00",
    )
    world.tenant.post.deliver()
    found = GraphRooms(world.client).bookings("room@example.com", STARTS, ENDS, ZONE)
    assert found == [RoomBooking(STARTS, ENDS, "山田太郎", "taro@example.com")]
