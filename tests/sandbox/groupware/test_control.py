"""The control surface that the demo uses, and the page."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sync.sandbox.groupware import Groupware
from tests.conformance.client import Client, FeedReader
from tests.sandbox.groupware.conftest import SATO

MEETING = {"title": "打合せ", "start": "2026-12-01T10:00:00"}


def control(api: Client, method: str, path: str, body: Any = None) -> requests.Response:
    return api.session.request(method, f"{api.base_url}/_groupware{path}", json=body)


def test_a_company_is_set_up_over_http(groupware: Groupware, api: Client) -> None:
    user = {"name": "高橋", "email": "t@example.com", "timeZone": "Asia/Tokyo"}
    added = control(api, "POST", "/directory/users", user)
    assert (added.status_code, added.json()["id"]) == (201, "u-3")
    control(api, "POST", "/directory/facilities", {"id": "room-1", "name": "第1会議室"})
    control(api, "POST", "/directory/event-types", {"name": "会議", "color": "#112233"})
    control(api, "PATCH", "/directory/users/u-3", {"active": False})
    users = {entry["id"]: entry for entry in api.pages("/v1/users")}
    assert users["u-3"]["active"] is False
    assert [entry["id"] for entry in api.pages("/v1/facilities")] == ["room-1"]
    assert control(api, "DELETE", "/directory/users/u-3").status_code == 204
    assert control(api, "GET", "").json() == {
        "users": 2,
        "organizations": 0,
        "facilities": 1,
        "event-types": 1,
        "events": 0,
        "seq": 0,
    }


def test_a_person_acts_over_http(api: Client) -> None:
    feed = FeedReader(api, SATO)
    event = control(api, "POST", f"/events?by={SATO}", MEETING).json()
    assert event["createdBy"] == SATO
    edited = control(api, "PATCH", f"/events/{event['id']}?by={SATO}", {"title": "new"}).json()
    assert edited["title"] == "new"
    touched = control(api, "POST", f"/events/{event['id']}/touch?by={SATO}").json()
    assert control(api, "GET", f"/users/{SATO}/events").json()["items"] == [touched]
    assert control(api, "DELETE", f"/events/{event['id']}?by={SATO}").status_code == 204
    assert feed.newest()[event["id"]]["kind"] == "delete"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/events", MEETING, 422),
        ("POST", "/events?by=nobody", MEETING, 404),
        ("POST", f"/events?by={SATO}", {"title": "x", "start": "never"}, 422),
        ("POST", "/directory/robots", {"name": "x"}, 404),
        ("POST", "/directory/users", {"nmae": "x"}, 400),
        ("PATCH", "/switches", {"show_as": 5}, 400),
        ("PATCH", "/switches", {"no_such": True}, 400),
        ("PUT", "/faults/rates", {"no_such": 0.5}, 400),
        ("POST", "/faults/scripts", {"match": "GET *"}, 400),
    ],
)
def test_a_mistake_is_a_problem(api: Client, method: str, path: str, body: Any, status: int) -> None:
    answer = control(api, method, path, body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_requests_are_counted_by_route(groupware: Groupware, api: Client) -> None:
    event = groupware.create(MEETING, by=SATO)
    api.get(event["id"])
    api.get(event["id"])
    api.call("GET", "/v1/events/none")
    counted = control(api, "GET", "/requests").json()
    assert counted == {
        "total": 3,
        "requests": [
            {"method": "GET", "route": "/v1/events/{eventId}", "status": 200, "count": 2},
            {"method": "GET", "route": "/v1/events/{eventId}", "status": 404, "count": 1},
        ],
    }
    assert groupware.requests.of("GET", "/v1/events/{eventId}") == 3
    control(api, "DELETE", "/requests")
    assert groupware.requests.total == 0


def test_switches_and_faults_are_turned_over_http(groupware: Groupware, api: Client) -> None:
    assert control(api, "PATCH", "/switches", {"show_as": ["busy"], "short_pages": True}).json()[
        "show_as"
    ] == ["busy"]
    assert api.capabilities()["showAs"] == ["busy"]
    script = {"match": "GET /v1/users", "effect": {"kind": "fail", "status": 503}}
    assert control(api, "POST", "/faults/scripts", script).status_code == 204
    assert api.call("GET", "/v1/users").status_code == 503
    assert control(api, "PUT", "/faults/rates", {"busy": 1.0}).status_code == 204
    assert api.call("GET", "/v1/users").status_code == 503
    assert control(api, "DELETE", "/faults").status_code == 204
    assert api.call("GET", "/v1/users").status_code == 200
    cursor = FeedReader(api, SATO).cursor
    assert control(api, "POST", "/cursors/expire").status_code == 204
    assert api.call("GET", "/v1/changes", params={"cursor": cursor, "user": SATO}).status_code == 410


def test_the_page_shows_this_week_and_runs_nothing(groupware: Groupware, api: Client) -> None:
    # The clock of these tests stands on Tuesday, 2026-12-01, noon in Tokyo.
    nasty = "<script>alert(1)</script>&\"'"
    groupware.create({**MEETING, "title": nasty, "place": nasty}, by=SATO)
    groupware.create({**MEETING, "title": "来週", "start": "2026-12-08T10:00:00"}, by=SATO)
    groupware.create({"form": "period", "title": "出張", "start": "2026-12-03", "end": "2026-12-05"}, by=SATO)
    recurrence = {"rrule": "FREQ=DAILY"}
    groupware.create(
        {**MEETING, "title": "朝会", "start": "2026-11-02T09:00:00", "recurrence": recurrence}, by=SATO
    )
    answer = api.session.get(api.base_url + "/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;") == 2
    assert "2026-12-01 10:00 – 11:00" in answer.text
    assert "2026-12-03 – 2026-12-04" in answer.text
    assert "来週" not in answer.text
    assert answer.text.count("朝会") == 7
