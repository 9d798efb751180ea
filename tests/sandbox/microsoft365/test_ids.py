"""Ids: section 7 of the reference."""

from __future__ import annotations

import pytest

from tests.sandbox.microsoft365.world import World, refusal, shown


@pytest.fixture
def world() -> World:
    return World()


def test_the_two_forms_of_an_id_name_the_same_event(world: World) -> None:
    event = world.create()
    classic = world.read(event["id"], prefer="")["id"]
    assert (len(event["id"]), len(classic)) == (72, 152)
    assert classic.endswith("=")
    assert world.read(classic)["id"] == event["id"]
    assert world.read(classic.replace("=", "%3D"))["id"] == event["id"]


@pytest.mark.parametrize(
    "damage", [str.lower, str.upper, lambda text: text[:-4], lambda text: "x" + text[1:]]
)
def test_a_damaged_id_is_malformed(world: World, damage: object) -> None:
    assert callable(damage)
    event = world.create()
    answer = world.get(f"{world.events}/{damage(event['id'])}")
    assert refusal(answer) == (400, "ErrorInvalidIdMalformed")


def test_an_id_of_another_mailbox_is_not_found(world: World) -> None:
    other = world.tenant.add_user("hanako@example.com")
    event = world.create()
    assert refusal(world.get(f"/users/{other.id}/events/{event['id']}")) == (404, "ErrorItemNotFound")


def test_a_move_changes_the_classic_id_and_not_the_immutable_one(world: World) -> None:
    event = world.create()
    classic = world.read(event["id"], prefer="")["id"]
    calendar = shown(world.call("POST", f"/users/{world.user.id}/calendars", {"name": "個人"}))
    world.mailbox.move(event["id"], calendar["id"])
    assert refusal(world.get(f"{world.events}/{classic}")) == (404, "ErrorItemNotFound")
    assert world.read(event["id"], prefer="")["id"] != classic
    assert shown(world.get(world.events))["value"] == []
    moved = shown(world.get(f"/users/{world.user.id}/calendars/{calendar['id']}/events"))["value"]
    assert [each["id"] for each in moved] == [event["id"]]


def test_ids_follow_from_the_seed() -> None:
    assert World(seed=5).create()["id"] == World(seed=5).create()["id"] != World(seed=6).create()["id"]


def test_icaluid_and_ids_differ_between_events(world: World) -> None:
    events = [world.create() for _ in range(20)]
    assert len({event["iCalUId"] for event in events}) == len({event["id"] for event in events}) == 20
