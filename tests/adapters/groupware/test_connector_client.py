"""One request to the groupware: what is repeated, how long is waited, and what an answer means."""

from __future__ import annotations

import pytest
import requests

from sync.adapters.groupware.connector.client import (
    NoAnswer,
    Refused,
    error_of,
    error_of_listing,
    json_of,
    segment,
)
from sync.errors import CannotSync, CursorExpired, Gone, Moved, NeedsAdministrator, SyncError, TryLater
from tests.adapters.groupware.wire import BASE, Said, Wire, problem, wire

OK = Said(200, {"items": [], "cursor": None, "hasMore": False})


def refused(status: int, kind: str = "", **members: object) -> Refused:
    return Refused(status, kind, members, 1)


def stopped(made: Wire) -> TryLater:
    with pytest.raises(TryLater) as raised:
        made.client.send("GET", "/v1/changes")
    return raised.value


def test_every_request_carries_token_and_origin() -> None:
    made = wire(OK)
    made.client.send("GET", "/v1/changes", query={"user": "u 1", "id": ["a", "b"]})
    (asked,) = made.canned.asked
    assert asked.url == f"{BASE}/v1/changes?user=u+1&id=a&id=b"
    assert asked.headers["Authorization"] == "Bearer token"
    assert asked.headers["X-Sync-Origin"] == "outlook-sync"


@pytest.mark.parametrize("event_id", ["e/1", "e?x=1", "../users", "e#1", "ｅ１", "e%2F1"])
def test_an_id_is_one_segment_of_a_path(event_id: str) -> None:
    assert "/" not in segment(event_id)
    assert (
        requests.Request("GET", f"{BASE}/{segment(event_id)}").prepare().url == f"{BASE}/{segment(event_id)}"
    )


@pytest.mark.parametrize(
    "first", [Said(503), Said(502), Said(504), Said(500), Said(429), requests.ConnectionError()]
)
def test_a_short_outage_is_waited_out(first: Said | Exception) -> None:
    made = wire(first, OK)
    assert made.client.send("GET", "/v1/changes").status_code == 200
    assert made.clock.slept == [1.0]
    assert made.client.requests == 2, "repeats are counted"


def test_the_wait_that_the_groupware_asks_for_is_kept() -> None:
    made = wire(Said(429, headers={"Retry-After": "7"}), OK)
    made.client.send("GET", "/v1/changes")
    assert made.clock.slept == [7.0]


def test_a_wait_that_is_too_long_is_not_held_by_a_worker() -> None:
    made = wire(Said(503, headers={"Retry-After": "600"}))
    error = stopped(made)
    assert (error.code, error.retry_after) == ("groupware-unavailable", 600.0)
    assert made.clock.slept == []
    assert len(made.canned.asked) == 1


@pytest.mark.parametrize("said", ["soon", "-5", "1e3", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_wait_that_nobody_can_read_is_our_own(said: str) -> None:
    made = wire(Said(503, headers={"Retry-After": said}), OK)
    made.client.send("GET", "/v1/changes")
    assert made.clock.slept == [1.0]


@pytest.mark.parametrize(
    ("saying", "code"),
    [
        (Said(503), "groupware-unavailable"),
        (Said(429), "groupware-throttled"),
        (requests.ConnectionError(), "groupware-unavailable"),
        (requests.ReadTimeout(), "groupware-unavailable"),
        (problem(409, "idempotency-in-progress"), "groupware-unavailable"),
    ],
    ids=["503", "429", "no connection", "no answer", "the first try still runs"],
)
def test_a_long_outage_ends_after_four_tries(saying: Said | Exception, code: str) -> None:
    made = wire(saying)
    error = stopped(made)
    assert error.code == code
    assert isinstance(error, NoAnswer) == isinstance(saying, Exception)
    assert len(made.canned.asked) == 4
    assert made.clock.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_request_that_always_breaks_the_groupware_is_refused_after_four_tries(status: int) -> None:
    made = wire(Said(status, b"<html>"))
    with pytest.raises(Refused) as raised:
        made.client.send("PATCH", "/v1/events/e-1", body={})
    assert (raised.value.status, raised.value.tries) == (status, 4)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 412, 413, 422, 428])
def test_a_refusal_is_not_repeated(status: int) -> None:
    made = wire(Said(status, {}))
    with pytest.raises(Refused):
        made.client.send("GET", "/v1/changes")
    assert len(made.canned.asked) == 1


# -- what an answer means ---------------------------------------------------------------------------------------

MEANINGS: list[tuple[Refused, type[SyncError], str]] = [
    (refused(401, "unauthorized"), NeedsAdministrator, "groupware-unauthorized"),
    (refused(401), NeedsAdministrator, "groupware-unauthorized"),
    (
        refused(403, "not-permitted", requiredScope="schedule.write"),
        NeedsAdministrator,
        "groupware-forbidden",
    ),
    (refused(403, "not-permitted"), CannotSync, "groupware-refused"),
    (refused(403), CannotSync, "groupware-refused"),
    (refused(404, "not-found"), Gone, "gone"),
    (refused(404), CannotSync, "groupware-refused"),
    (refused(410, "cursor-expired"), CursorExpired, "cursor-expired"),
    (refused(410), CannotSync, "groupware-refused"),
    (refused(412, "version-conflict"), Moved, "event-moved"),
    (refused(409, "facility-conflict"), CannotSync, "facility-conflict"),
    (refused(403, "facility-forbidden", facilityId="f-1"), CannotSync, "facility-forbidden"),
    (refused(422, "validation"), CannotSync, "groupware-refused"),
    (refused(413), CannotSync, "groupware-refused"),
    (refused(418), CannotSync, "groupware-refused"),
    (refused(302), CannotSync, "groupware-refused"),
    (refused(500, "server-error"), CannotSync, "groupware-failing"),
    (refused(502), CannotSync, "groupware-failing"),
    (refused(503), TryLater, "groupware-unavailable"),
]


@pytest.mark.parametrize(
    ("answer", "kind", "code"), MEANINGS, ids=[f"{m[0].status}-{m[0].kind}" for m in MEANINGS]
)
def test_what_a_refused_call_on_one_event_means(answer: Refused, kind: type[SyncError], code: str) -> None:
    error = error_of(answer)
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    ("answer", "kind", "code"), MEANINGS, ids=[f"{m[0].status}-{m[0].kind}" for m in MEANINGS]
)
def test_a_refused_listing_always_stops_the_caller(answer: Refused, kind: type[SyncError], code: str) -> None:
    assert isinstance(error_of_listing(answer), (NeedsAdministrator, TryLater, CursorExpired))


def test_a_schedule_that_is_not_there_is_a_user_that_is_not_there() -> None:
    assert error_of_listing(refused(404, "not-found")).code == "groupware-user-missing"


def test_a_bare_404_of_a_listing_is_somebody_between_us() -> None:
    error = error_of_listing(refused(404))
    assert (type(error), error.code) == (TryLater, "groupware-unavailable")


def test_the_reason_names_field_and_rule_and_quotes_no_content() -> None:
    errors = [{"pointer": "/title", "reason": "too-long", "detail": "秘密の会議 is too long"}]
    error = error_of(refused(422, "validation", errors=errors, detail="秘密の会議"))
    assert error.detail == {"reason": "title too-long", "problem": "validation"}


@pytest.mark.parametrize("errors", [None, [], ["x"], {}, [{}], [{"pointer": None}]])
def test_a_reason_without_fields_is_the_kind_of_the_problem(errors: object) -> None:
    assert error_of(refused(422, "validation", errors=errors)).detail["reason"] in ("validation", "")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"[]", b"7", b'"text"', b'{"items": [', b"\xff\xfe"]
)
def test_an_answer_that_is_no_object_is_none(body: bytes) -> None:
    made = wire(Said(200, body))
    with pytest.raises(TryLater) as raised:
        json_of(made.client.send("GET", "/v1/changes"))
    assert raised.value.code == "groupware-unavailable"


def test_a_redirect_to_another_host_is_not_followed() -> None:
    made = wire(Said(307, b"", {"Location": "https://evil.example/"}))
    answer = made.client.send("GET", "/v1/changes")
    assert answer.status_code == 307
    assert len(made.canned.asked) == 1
    with pytest.raises(TryLater):
        json_of(answer)


# -- listings ---------------------------------------------------------------------------------------------------


def page(*ids: str, cursor: object = None, more: object = False) -> Said:
    return Said(200, {"items": [{"id": i} for i in ids], "cursor": cursor, "hasMore": more})


def test_pages_are_read_to_the_end_and_empty_ones_do_not_end_it() -> None:
    made = wire(page("a", cursor="1", more=True), page(cursor="2", more=True), page("b"))
    assert [item["id"] for item in made.client.pages("/v1/users", {"from": "x"})] == ["a", "b"]
    assert [request.url.split("?")[1] for request in made.canned.asked if request.url] == [
        "from=x",
        "from=x&cursor=1",
        "from=x&cursor=2",
    ]


BROKEN_PAGES = {
    "no items": Said(200, {"hasMore": False}),
    "items that are null": Said(200, {"items": None, "hasMore": False}),
    "items that are texts": Said(200, {"items": ["a"], "hasMore": False}),
    "an item without id": Said(200, {"items": [{"name": "x"}], "hasMore": False}),
    "more without cursor": page("a", more=True),
    "a cursor that is a number": page("a", cursor=7, more=True),
    "pages without end": page("a", cursor="1", more=True),
}


@pytest.mark.parametrize("said", BROKEN_PAGES.values(), ids=BROKEN_PAGES.keys())
def test_a_broken_listing_raises_and_never_ends_early(said: Said) -> None:
    with pytest.raises(TryLater):
        list(wire(said).client.pages("/v1/users"))


def test_a_listing_that_breaks_off_raises() -> None:
    made = wire(page("a", cursor="1", more=True), Said(503))
    with pytest.raises(TryLater):
        list(made.client.pages("/v1/users"))


TAKEN = {
    "facilityId": "f-1",
    "ownerId": "u-2",
    "ownerName": "鈴木",
    "start": "2026-12-07T10:00:00",
    "title": "x",
}


@pytest.mark.parametrize(
    ("conflicts", "said"),
    [
        ([TAKEN], {"facility": "f-1", "owner": "鈴木", "start": "2026-12-07 10:00:00"}),
        (
            [{**TAKEN, "ownerName": "", "start": "2026-12-07"}, TAKEN],
            {"facility": "f-1", "owner": "u-2", "start": "2026-12-07"},
        ),
        ([], {"facility": "", "owner": "", "start": ""}),
        (["x"], {"facility": "", "owner": "", "start": ""}),
        (None, {"facility": "", "owner": "", "start": ""}),
    ],
)
def test_a_taken_facility_says_who_has_it_and_never_for_what(conflicts: object, said: dict[str, str]) -> None:
    assert error_of(refused(409, "facility-conflict", conflicts=conflicts)).detail == said
