from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sync.adapters.graph.cursor import DeltaCursor, link_of
from sync.adapters.graph.delta import SMALLEST_PAGE, Round, fresh_round, next_round
from sync.core.window import Window
from sync.errors import CursorExpired, NeedsAdministrator, TryLater
from tests.adapters.graph.canned import OID, Answering, Canned, FakeClock, Json, Said, make_client, refusal

WINDOW = Window(date(2026, 9, 1), date(2026, 9, 8), "Asia/Tokyo")
HERE = "https://graph.microsoft.com/v1.0/users/u/calendarView/delta"
DELTA = f"{HERE}?$deltatoken=d"


def page(*items: Json, next_token: str = "", **more: object) -> Said:
    link = (
        {"@odata.nextLink": f"{HERE}?$skiptoken={next_token}"} if next_token else {"@odata.deltaLink": DELTA}
    )
    return Said(200, {"value": list(items), **link, **more})


def removed(event_id: str) -> Json:
    return {"id": event_id, "@removed": {"reason": "deleted"}}


class Wire:
    def __init__(self, *answers: Answering) -> None:
        self.graph = Canned(*answers)
        self.clock = FakeClock()
        self.mailbox = make_client(self.graph, self.clock).mailbox(OID)

    def fresh(self, page_size: int = 50) -> Round:
        return fresh_round(self.mailbox, WINDOW, page_size)

    def next(self) -> Round:
        return next_round(self.mailbox, DELTA)

    @property
    def page_sizes(self) -> list[str]:
        return [sent.headers["Prefer"].rsplit("=", 1)[1] for sent in self.graph.sent]


def test_the_window_is_a_day_wider_on_each_side_and_in_utc() -> None:
    wire = Wire(page())
    wire.fresh()
    url = urlsplit(wire.graph.sent[0].url)
    assert url.path == f"/v1.0/users/{OID}/calendarView/delta"
    assert parse_qs(url.query) == {
        "startDateTime": ["2026-08-30T15:00:00Z"],
        "endDateTime": ["2026-09-08T15:00:00Z"],
    }


def pieces_of(days: int) -> list[tuple[datetime, datetime]]:
    """What is asked for when the window, a day wider on each side, has so many days."""
    wire = Wire(page())
    window = Window(date(2026, 9, 2), date(2026, 9, 1) + timedelta(days=days - 1), "UTC")
    found = fresh_round(wire.mailbox, window)
    assert bool(found.link) is (len(wire.graph.sent) == 1)
    asked = [parse_qs(urlsplit(sent.url).query) for sent in wire.graph.sent]
    return [
        (datetime.fromisoformat(one["startDateTime"][0]), datetime.fromisoformat(one["endDateTime"][0]))
        for one in asked
    ]


@pytest.mark.parametrize(("days", "count"), [(1825, 1), (1826, 2), (3649, 2), (3650, 3)])
def test_a_window_longer_than_graph_lists_is_read_in_pieces_that_overlap(days: int, count: int) -> None:
    pieces = pieces_of(days)
    assert len(pieces) == count
    assert pieces[0][0] == datetime(2026, 9, 1, tzinfo=UTC)
    assert pieces[-1][1] == datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=days)
    assert all(ends - starts <= timedelta(days=1825) for starts, ends in pieces)
    assert all(before[1] > after[0] for before, after in pairwise(pieces))


LONG = Window(date(2026, 9, 1), date(2032, 9, 1), "Asia/Tokyo")


def test_an_event_of_two_pieces_is_one() -> None:
    wire = Wire(page({"id": "A"}, {"id": "B"}, removed("X")), page({"id": "B"}, {"id": "C"}, removed("Y")))
    found = fresh_round(wire.mailbox, LONG)
    assert (set(found.items), found.removed) == ({"A", "B", "C"}, {"X", "Y"})


def test_a_piece_that_fails_leaves_nothing_of_the_others() -> None:
    wire = Wire(page({"id": "A"}), refusal(403, "ErrorAccessDenied"))
    with pytest.raises(NeedsAdministrator):
        fresh_round(wire.mailbox, LONG)


def test_a_window_of_pieces_is_read_as_a_whole_each_time() -> None:
    found = fresh_round(Wire(page(), page()).mailbox, LONG)
    with pytest.raises(CursorExpired):
        link_of(DeltaCursor(OID, LONG, found.link).to_text(), OID, LONG)


def test_every_page_is_asked_for_with_the_same_headers() -> None:
    wire = Wire(page(next_token="1"), page(next_token="2"), page())
    wire.fresh()
    wire.next()
    assert {sent.headers["Prefer"] for sent in wire.graph.sent} == {
        'IdType="ImmutableId", outlook.timezone="UTC", outlook.body-content-type="html", odata.maxpagesize=50'
    }


def test_links_are_followed_exactly_through_empty_pages_to_the_delta_link() -> None:
    wire = Wire(page(next_token="a%2Bb"), page(next_token="c"), page({"id": "E", "subject": "x"}))
    found = wire.fresh()
    assert [sent.url.split("?")[1] for sent in wire.graph.sent[1:]] == ["$skiptoken=a%2Bb", "$skiptoken=c"]
    assert found.items == {"E": {"id": "E", "subject": "x"}}
    assert found.link == DELTA


def test_the_last_word_on_an_event_wins() -> None:
    wire = Wire(page({"id": "E", "subject": "old"}, next_token="1"), page({"id": "E", "subject": "new"}))
    assert wire.fresh().items["E"]["subject"] == "new"


@pytest.mark.parametrize("is_removed_first", [True, False])
def test_an_event_both_listed_and_removed_is_kept_as_both(is_removed_first: bool) -> None:
    items = [removed("E"), {"id": "E"}]
    found = Wire(page(*(items if is_removed_first else items[::-1]))).fresh()
    assert set(found.items) == {"E"}
    assert found.removed == {"E"}


def test_removed_events_need_no_type_and_may_be_unknown() -> None:
    assert Wire(page(removed("A"), removed("B"))).next().removed == {"A", "B"}


def test_a_page_that_times_out_starts_the_round_again_with_smaller_pages() -> None:
    timeout = requests.ReadTimeout()
    wire = Wire(page({"id": "old"}, next_token="1"), timeout, timeout, page({"id": "new"}))
    assert set(wire.fresh().items) == {"new"}
    assert wire.page_sizes == ["50", "50", "25", "12"]


def test_smaller_pages_have_an_end() -> None:
    wire = Wire(refusal(504, "GatewayTimeout"))
    with pytest.raises(TryLater) as raised:
        wire.fresh()
    assert raised.value.code == "graph-timeout"
    assert wire.page_sizes == ["50", "25", "12", "6", str(SMALLEST_PAGE)]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "SyncStateNotFound"),
        (410, "resyncRequired"),
        (410, ""),
        (400, "SyncStateInvalid"),
        (404, "syncStateNotFound"),
        (400, "ErrorInvalidIdMalformed"),
        (404, "ErrorInvalidIdMalformed"),
        (404, "ErrorItemNotFound"),
        (400, "SomethingNew"),
    ],
)
def test_a_delta_link_that_is_no_longer_understood_has_expired(status: int, code: str) -> None:
    with pytest.raises(CursorExpired):
        Wire(refusal(status, code)).next()


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        (404, "MailboxNotEnabledForRESTAPI", "mailbox-missing"),
        (404, "ErrorInvalidUser", "user-missing"),
        (403, "ErrorAccessDenied", "mailbox-forbidden"),
        (404, "", "graph-not-found"),
    ],
)
def test_a_mailbox_that_is_gone_is_not_an_expired_cursor(status: int, code: str, ours: str) -> None:
    with pytest.raises(NeedsAdministrator) as raised:
        Wire(refusal(status, code)).next()
    assert raised.value.code == ours


def test_a_refused_window_is_the_administrators_matter() -> None:
    with pytest.raises(NeedsAdministrator) as raised:
        Wire(refusal(400, "ErrorInvalidRequest")).fresh()
    assert raised.value.code == "listing-refused"


def test_a_state_lost_in_a_fresh_round_starts_it_again() -> None:
    wire = Wire(page({"id": "A"}, next_token="1"), refusal(410, "SyncStateNotFound"), page({"id": "B"}))
    assert set(wire.fresh().items) == {"B"}


def test_a_state_that_is_always_lost_is_given_up() -> None:
    lost = refusal(410, "SyncStateNotFound")
    with pytest.raises(TryLater) as raised:
        Wire(lost).fresh()
    assert raised.value.code == "sync-state-unstable"


@pytest.mark.parametrize(
    "broken",
    [
        Said(200, {"value": []}),
        Said(200, {"value": [], "@odata.nextLink": f"{HERE}?a", "@odata.deltaLink": DELTA}),
        Said(200, {"@odata.deltaLink": DELTA}),
        Said(200, {}),
        Said(200, b"<html>"),
    ],
)
def test_a_page_that_is_not_one_is_never_the_end_of_a_round(broken: Said) -> None:
    with pytest.raises(TryLater) as raised:
        Wire(page({"id": "E"}, next_token="1"), broken).fresh()
    assert raised.value.code == "graph-answer-broken"


def test_links_that_go_round_in_circles_are_noticed() -> None:
    with pytest.raises(TryLater):
        Wire(page(next_token="1"), page(next_token="2"), page(next_token="1")).fresh()


def test_a_next_link_to_another_host_is_refused() -> None:
    evil = Said(200, {"value": [], "@odata.nextLink": "https://evil.test/v1.0/x"})
    wire = Wire(evil)
    with pytest.raises(TryLater):
        wire.fresh()
    assert len(wire.graph.sent) == 1


def test_a_cursor_names_its_mailbox_and_window() -> None:
    text = DeltaCursor(OID, WINDOW, DELTA).to_text()
    assert link_of(text, OID, WINDOW) == DELTA
    for mailbox, window in (
        ("another", WINDOW),
        (OID, Window(WINDOW.first, date(2026, 9, 9), "Asia/Tokyo")),
        (OID, Window(date(2026, 8, 31), WINDOW.until, "Asia/Tokyo")),
        (OID, Window(WINDOW.first, WINDOW.until, "UTC")),
    ):
        with pytest.raises(CursorExpired):
            link_of(text, mailbox, window)


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "null", "{}", '{"link": 1}', '{"format": 0, "link": "x"}', '"x"']
)
def test_a_cursor_that_cannot_be_read_has_expired(text: str) -> None:
    with pytest.raises(CursorExpired):
        link_of(text, OID, WINDOW)
