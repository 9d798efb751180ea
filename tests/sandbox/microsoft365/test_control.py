"""The control surface: what the demo and other processes steer the simulator with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.microsoft365.world import HOST, World, shown


@pytest.fixture
def world() -> World:
    return World()


def steer(world: World, method: str, path: str, body: Any = None, expected: int = 200) -> dict[str, Any]:
    answer = world.session.request(method, f"{HOST}/_simulator{path}", json=body)
    assert answer.status_code == expected, answer.text
    return shown(answer)


def test_it_says_what_there_is(world: World) -> None:
    found = steer(world, "GET", "/")
    assert found["tenantId"] == world.tenant.id
    assert "PUT /_simulator/faults" in found["routes"]


def test_faults_are_set_and_scripted(world: World) -> None:
    steer(world, "PUT", "/faults", {"preset": "nasty", "seed": 4, "retryAfter": 0, "rates": {"busy": 0}})
    assert (
        world.tenant.faults.seed,
        world.tenant.faults.rates.busy,
        world.tenant.faults.rates.throttled,
    ) == (4, 0, 0.02)
    steer(world, "PUT", "/faults", {"preset": "none"})
    script = {
        "match": "GET /users/*/events",
        "effect": {"kind": "fail", "status": 503, "code": "X"},
        "times": 1,
    }
    assert len(steer(world, "POST", "/faults/scripts", script, 201)["scripts"]) == 1
    assert world.get(world.events).status_code == 503
    assert world.get(world.events).status_code == 200
    steer(world, "POST", "/faults/scripts", script, 201)
    assert steer(world, "DELETE", "/faults/scripts")["scripts"] == []


def test_counters_are_read_and_reset(world: World) -> None:
    world.get(world.events)
    assert steer(world, "GET", "/counters")["requests"] == [
        {"method": "GET", "route": "/users/{user}/events", "status": 200, "count": 1}
    ]
    assert steer(world, "DELETE", "/counters")["total"] == 0


def test_people_come_change_go_and_return(world: World) -> None:
    added = steer(world, "POST", "/users", {"userPrincipalName": "h@example.com", "displayName": "花子"}, 201)
    user = added["value"][0]["id"]
    assert len(steer(world, "GET", "/users")["value"]) == 2
    changed = steer(world, "PATCH", f"/users/{user}", {"mailboxState": "none", "mail": "hana@example.com"})
    assert (changed["mailboxState"], changed["mail"]) == ("none", "hana@example.com")
    steer(world, "DELETE", f"/users/{user}")
    assert world.get(f"/users/{user}").status_code == 404
    steer(world, "POST", f"/users/{user}/restore")
    assert world.get(f"/users/{user}").status_code == 200
    many = {
        "users": [{"userPrincipalName": "a@example.com"}],
        "applications": [{"clientId": "c", "secret": "s"}],
    }
    steer(world, "POST", "/users", many, 201)
    assert world.tenant.applications["c"].secrets[0].value == "s"


def test_a_person_writes_in_outlook(world: World) -> None:
    events = f"/users/{world.user.id}/events"
    wanted = {"subject": "歯医者", "start": "2026-09-03T09:00", "end": "2026-09-03T10:00", "location": "駅前"}
    event = steer(world, "POST", events, wanted, 201)
    assert event["start"]["dateTime"] == "2026-09-03T00:00:00.0000000"
    changed = steer(world, "PATCH", f"{events}/{event['id']}", {"showAs": "free"})
    assert changed["showAs"] == "free"
    bumped = steer(world, "POST", f"{events}/{event['id']}/bump")
    assert bumped["changeKey"] != changed["changeKey"]
    assert len(steer(world, "GET", events)["value"]) == 1
    assert list(steer(world, "GET", f"/users/{world.user.id}/snapshot")) == [event["id"]]
    steer(world, "DELETE", f"{events}/{event['id']}")
    assert steer(world, "GET", events)["value"] == []
    assert world.tenant.requests.total == 0


def test_links_expire_and_tokens_are_revoked(world: World) -> None:
    _, link = world.round()
    steer(world, "POST", f"/users/{world.user.id}/expire")
    assert world.get(link).status_code == 410
    steer(world, "POST", "/tokens/revoke")
    assert world.get(world.events).status_code == 401


def test_switches_latency_limits_and_clock_are_set(world: World) -> None:
    assert "long_subject" in steer(world, "GET", "/switches")["known"]
    steer(world, "PUT", "/switches", {"long_subject": "refuse"})
    assert world.tenant.switches.long_subject == "refuse"
    assert steer(world, "PUT", "/latency", {"milliseconds": 2})["milliseconds"] == 2
    assert steer(world, "PUT", "/limits", {"requests": 3})["concurrent"] == 4
    assert steer(world, "POST", "/clock", {"seconds": 60})["now"] == "2026-09-01T12:01:00+00:00"


def test_the_outbox_is_read_and_emptied(world: World) -> None:
    world.create(attendees=[{"emailAddress": {"address": "x@example.com"}}])
    mails = steer(world, "GET", "/outbox")["value"]
    assert [(mail["kind"], mail["to"]) for mail in mails] == [("invitation", "x@example.com")]
    assert steer(world, "DELETE", "/outbox")["value"] == []
    assert len(world.tenant.outbox) == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/faults", {"preset": "kind"}, 400),
        ("PUT", "/faults", {"rates": {"no_such_rate": 1}}, 400),
        ("PUT", "/switches", {"no_such_switch": True}, 400),
        ("POST", "/users", [], 400),
        ("GET", "/users/nobody/events", None, 400),
        ("POST", "/users/taro@example.com/events", {"subject": "no times"}, 400),
        ("DELETE", "/users/taro@example.com/events/nonsense", None, 400),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, method: str, path: str, body: Any, status: int) -> None:
    assert "error" in steer(world, method, path, body, status)
