"""$batch: section 8 of the reference."""

from __future__ import annotations

from typing import Any

import pytest

from sync.sandbox.faults import Faults, Shape, commit_then_fail, shaped, throttled
from tests.sandbox.microsoft365.world import IMMUTABLE, World, item, refusal, shown, timed

Json = dict[str, Any]


@pytest.fixture
def world() -> World:
    return World()


def responses(world: World, *items: Json) -> dict[str, Json]:
    answer = world.batch(*items)
    assert answer.status_code == 200, answer.text
    return {response["id"]: response for response in shown(answer)["responses"]}


def test_items_succeed_and_fail_alone(world: World) -> None:
    event = world.create()
    found = responses(
        world,
        item(1, "POST", world.events, timed(subject="new")),
        item(2, "PATCH", f"{world.events}/{event['id']}", {"subject": "changed"}),
        item(3, "GET", f"{world.events}/nonsense"),
        item(4, "DELETE", f"{world.events}/{event['id']}"),
        item(5, "GET", "/users?$top=1&$select=id"),
    )
    assert {number: response["status"] for number, response in found.items()} == {
        "1": 201, "2": 200, "3": 400, "4": 204, "5": 200,
    }  # fmt: skip
    assert found["1"]["body"]["subject"] == "new"
    assert found["3"]["body"]["error"]["code"] == "ErrorInvalidIdMalformed"
    assert "body" not in found["4"]


def test_escaped_characters_in_the_url_of_an_item_are_decoded(world: World) -> None:
    event = world.create()
    found = responses(world, item(1, "GET", f"{world.events}/{event['id'].replace('=', '%3D')}"))
    assert found["1"]["status"] == 200


def test_items_bring_their_own_prefer(world: World) -> None:
    event = world.create()
    url = f"{world.events}/{event['id']}"
    found = responses(world, item(1, "GET", url), item(2, "GET", url, headers={"Prefer": IMMUTABLE}))
    assert [len(found[number]["body"]["id"]) for number in ("1", "2")] == [152, 72]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [item(n, "GET", "/users") for n in range(21)],
        [item(1, "GET", "/users"), item(1, "GET", "/users")],
        [{"id": "a", "method": "GET", "url": "/users"}, {"id": "A", "method": "GET", "url": "/users"}],
        [{"id": 1, "method": "GET", "url": "/users"}],
        [{"id": "1", "method": "LOOK", "url": "/users"}],
        [item(1, "GET", "http://graph.test/v1.0/users")],
        [item(1, "POST", "/$batch", {"requests": []})],
        [{"id": "1", "method": "POST", "url": "/users/x/events", "body": {}}],
        [item(1, "GET", "/users"), item(2, "GET", "/users", dependsOn=["3"])],
        [item(1, "GET", "/users"), item(2, "GET", "/users"), item(3, "GET", "/users", dependsOn=["2"])],
        [item(1, "GET", "/users"), item(2, "GET", "/users"), item(3, "GET", "/users", dependsOn=["1", "2"])],
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(world: World, items: list[Json]) -> None:
    assert refusal(world.batch(*items)) == (400, "BadRequest")
    assert world.tenant.requests.batch_items == 0


def test_what_depends_on_a_failure_is_424(world: World) -> None:
    url = world.events
    serial = responses(
        world,
        item(1, "POST", url, timed()),
        item(2, "POST", url, {"subject": "no times"}, dependsOn=["1"]),
        item(3, "POST", url, timed(), dependsOn=["2"]),
    )
    assert [serial[number]["status"] for number in "123"] == [201, 400, 424]
    on_one = responses(
        world,
        item(1, "GET", f"{url}/nonsense"),
        item(2, "POST", url, timed(), dependsOn=["1"]),
        item(3, "POST", url, timed(), dependsOn=["1"]),
    )
    assert [on_one[number]["status"] for number in "123"] == [400, 424, 424]
    assert len(world.mailbox.events()) == 1


def test_responses_may_come_in_any_order() -> None:
    orders = set()
    for seed in range(5):
        world = World(faults=Faults(seed))
        world.tenant.faults.script("POST /$batch", shaped(Shape.SHUFFLED_BATCH))
        answer = world.batch(*(item(n, "GET", "/users") for n in range(6)))
        orders.add(tuple(response["id"] for response in shown(answer)["responses"]))
    assert len(orders) > 1


def test_a_throttled_item_has_its_retry_after_in_its_own_headers(world: World) -> None:
    world.tenant.faults.script("POST /users/{user}/events", throttled(7))
    found = responses(world, item(1, "POST", world.events, timed()), item(2, "POST", world.events, timed()))
    assert sorted(response["status"] for response in found.values()) == [201, 429]
    refused = next(response for response in found.values() if response["status"] == 429)
    assert refused["headers"]["Retry-After"] == "7"


def test_an_item_may_be_done_and_answered_as_an_error(world: World) -> None:
    world.tenant.faults.script("POST /users/{user}/events", commit_then_fail(504, "GatewayTimeout"))
    found = responses(world, item(1, "POST", world.events, timed()))
    assert found["1"]["status"] == 504
    assert len(world.mailbox.events()) == 1


def test_a_whole_batch_may_be_done_and_answered_as_an_error(world: World) -> None:
    world.tenant.faults.script("POST /$batch", commit_then_fail())
    assert world.batch(item(1, "POST", world.events, timed())).status_code == 503
    assert len(world.mailbox.events()) == 1


def test_items_are_counted_apart_from_requests(world: World) -> None:
    world.batch(item(1, "POST", world.events, timed()), item(2, "GET", world.events))
    counted = world.tenant.requests
    assert (counted.total, counted.batch_items, counted.writes) == (1, 2, 1)
    assert counted.count("POST", "/users/{user}/events", 201) == 1
    assert counted.count("POST", "/$batch") == 1
