"""A person is forgotten and linked again: both calendars stay, and nothing is doubled (laws 2 and 3)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from sync.core.settings import Connection, ParticipantsMode
from sync.engine.conditions import Asked
from sync.engine.forgetting import forget
from sync.engine.sync_pass import run_pass
from sync.errors import LeaseLost, Moved
from sync.ports import NOBODY, Meeting
from tests.e2e.company import Company, company
from tests.e2e.office import (
    assert_still,
    in_groupware,
    in_outlook,
    linked,
    links,
    office,
    passed,
    sizes,
    twin,
)
from tests.e2e.world import Crash, Fused, World

Json = dict[str, Any]


def forgotten(world: World, person: Connection | None = None) -> bool:
    return forget(world.services, "default", (person or world.connection).user)


def link_again(world: World, person: Connection) -> None:
    """The administrator enters the person anew: nothing of before is in it."""
    fresh = Connection(person.organization, person.user, email=person.email, mailbox=person.mailbox)
    world.connections.put(replace(fresh, enabled=True, state=person.state))
    world.services.people.forget("default")


def nothing_kept(world: World, person: Connection) -> bool:
    organization, user = person.organization, person.user
    return (
        world.connections.get(organization, user) is None
        and world.links.load(person) == ([], [])
        and world.cursors.load(person) is None
        and not list(world.passes.each(organization, user))
        and not list(world.history.each(organization, user))
        and not list(world.meetings.hosted_by(organization, user))
        and (organization, user) not in world.leases.rows
    )


def calendars(world: World) -> tuple[Any, Any]:
    return world.groupware.events_of(world.user), world.mailbox.snapshot()


def with_history(world: World) -> None:
    """A conflict, of which one value lost."""
    event = in_groupware(world, "衝突")
    passed(world)
    world.groupware.edit(event, {"title": "こちら"}, by=world.user)
    world.mailbox.edit(twin(world, event), subject="あちら")
    passed(world)
    assert world.history.list("default", world.user)


def test_nothing_is_kept_and_both_calendars_stay_as_they_are() -> None:
    with office() as world:
        linked(world, 12)
        with_history(world)
        before, writes = calendars(world), world.writes()
        assert forgotten(world)
        assert nothing_kept(world, world.connection)
        assert (calendars(world), world.writes()) == (before, writes)


def test_who_was_forgotten_or_never_known_is_unknown() -> None:
    with office() as world:
        linked(world, 3)
        assert forgotten(world)
        assert not forgotten(world)
        assert not forget(world.services, "default", "nobody")
        assert not forget(world.services, "rival", world.user)
        assert world.leases.rows == {}


def test_linked_again_everything_is_matched_and_nothing_doubled() -> None:
    with office() as world:
        linked(world, 12)
        in_outlook(world, "Outlookで作成", start="2026-11-20T09:00:00", end="2026-11-20T09:30:00")
        with_history(world)
        before, writes = sizes(world), world.writes()
        forgotten(world)
        world.clock.advance(timedelta(days=1))
        link_again(world, world.connection)
        passed(world)
        assert (sizes(world), world.writes()) == (before, writes)
        assert len(links(world)) == before[0]
        assert_still(world)


def test_edits_made_meanwhile_are_carried_over_after_linking_again() -> None:
    with office() as world:
        event, *_ = linked(world, 3)
        mine = twin(world, event)
        forgotten(world)
        world.groupware.edit(event, {"title": "その間の改題"}, by=world.user)
        link_again(world, world.connection)
        passed(world)
        assert sizes(world) == (3, 3)
        shown = {e["id"]: e["subject"] for e in world.mailbox.events()}
        assert shown[mine] == world.groupware.get(event)["title"]  # type: ignore[index]
        assert_still(world)


# -- while a pass runs, and after a crash -----------------------------------------------------------------------


def test_nobody_is_forgotten_while_a_pass_runs() -> None:
    with office() as world:
        linked(world, 3)
        lease = world.leases.acquire(world.connection, "a pass")
        assert lease is not None
        stored = links(world), world.cursors.load(world.connection)
        with pytest.raises(LeaseLost):
            forgotten(world)
        assert (links(world), world.cursors.load(world.connection)) == stored
        assert world.connections.get("default", world.user).enabled  # type: ignore[union-attr]
        lease.release()
        assert forgotten(world)


METHODS = {
    "connections": ("update", "delete"),
    "links": ("delete_all",),
    "cursors": ("clear",),
    "passes": ("delete_all",),
    "history": ("delete_all",),
    "meetings": ("bind", "release"),
    "leases": ("acquire",),
}


def fused(world: World) -> Any:
    ports = {
        name: Fused(getattr(world.services, name), world.fuse, methods) for name, methods in METHODS.items()
    }
    return replace(world.services, **cast(Any, ports))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_wherever_it_dies_it_is_finished_by_asking_again(after: bool) -> None:
    for step in itertools.count(1):
        with company() as there:
            world = there.world
            there.enter(there.hanako, there.taro)
            there.settle()
            with_history(world)
            before = calendars(world)
            world.fuse.set(step, after)
            try:
                forget(fused(world), "default", world.user)
            except Crash:
                world.fuse.set(None)
            else:
                assert step > 10
                return
            if step > (1 if after else 2):
                # In the meantime the timer's jobs find nobody to sync.
                found = world.connections.get("default", world.user)
                assert found is None or not found.enabled
            world.clock.advance(121)
            forgotten(world)
            assert nothing_kept(world, world.connection), f"step {step}"
            assert calendars(world) == before


def test_the_lease_is_given_back_also_when_the_storage_fails() -> None:
    with office() as world:
        linked(world, 3)

        def failing(*_: object) -> int:
            raise Moved("link-changed")

        world.links.delete_all = failing  # type: ignore[method-assign, assignment]
        with pytest.raises(Moved):
            forgotten(world)
        assert world.leases.rows == {}


def test_a_pass_that_began_before_leaves_nothing_behind() -> None:
    """The job had read the person; the person was forgotten; then the pass began."""
    with office() as world:
        linked(world, 3)
        stale = world.connections.get("default", world.user)
        forgotten(world)
        assert stale is not None
        run_pass(world.services, stale, Asked())
        assert nothing_kept(world, world.connection)
        assert sizes(world) == (3, 3)


def test_a_long_account_keeps_its_lease() -> None:
    with office() as world:
        linked(world, 3)
        inner, taken = world.links.delete_all, []

        def slow(connection: Connection, limit: int = 1000) -> int:
            world.clock.advance(100)
            taken.append(world.leases.acquire(connection, "a pass"))
            return inner(connection, 1)

        world.links.delete_all = slow  # type: ignore[method-assign]
        assert forgotten(world)
        assert taken == [None] * 4
        assert nothing_kept(world, world.connection)


# -- shared events ------------------------------------------------------------------------------------------------


def all_but_hanako(there: Company, act: Callable[[], None]) -> None:
    """`act`, while Hanako has no passes."""
    everyone: tuple[Connection, ...] = there.everyone
    there.everyone = everyone[1:]
    act()
    there.everyone = everyone


@pytest.mark.parametrize("others_pass", [False, True], ids=["at once", "later"])
def test_the_host_s_meeting_stays_one_meeting_and_comes_back(others_pass: bool) -> None:
    with company() as there:
        event = there.enter(there.hanako, there.taro, there.jiro)
        there.settle()
        before, mails = [there.one(p)["iCalUId"] for p in there.everyone], there.mails()
        assert forgotten(there.world, there.hanako)
        if others_pass:
            all_but_hanako(there, there.settle)
            all_but_hanako(there, there.assert_still)
        assert [there.one(p)["iCalUId"] for p in there.everyone] == before
        link_again(there.world, replace(there.hanako, email="hanako@example.com"))
        there.settle()
        assert [there.one(p)["iCalUId"] for p in there.everyone] == before
        assert [record["id"] for record in there.records()] == [event]
        assert there.mails() == mails
        there.change(event, title="戻った後の改題")
        there.settle()
        assert [there.one(p)["subject"] for p in there.everyone] == ["戻った後の改題"] * 3
        there.assert_still()


def test_a_claim_does_not_name_the_forgotten_host() -> None:
    with company() as there:
        event = there.enter(there.hanako, there.taro)
        there.settle()
        forgotten(there.world, there.hanako)
        claim = there.world.meetings.by_groupware_ids("default", [event])[event]
        assert (claim.host, claim.is_external) == (NOBODY, True)


def test_an_outsider_s_meeting_is_taken_over_by_another_guest_and_entered_once() -> None:
    with company() as there:
        world = there.world
        outsider = world.link(there.saburo, "outsider@example.com")
        world.connections.delete("default", outsider.user)
        world.services.people.forget("default")
        there.invite(outsider, "hanako@example.com", "taro@example.com")
        there.settle()
        [record] = there.records()
        assert forgotten(world, there.hanako)
        all_but_hanako(there, there.settle)
        link_again(world, replace(there.hanako, email="hanako@example.com"))
        there.settle()
        assert [one["id"] for one in there.records()] == [record["id"]]
        assert len(there.outlook(there.hanako)) == len(there.outlook(there.taro)) == 1
        there.assert_still()


def test_a_guest_who_is_forgotten_and_comes_back_has_one_copy() -> None:
    with company() as there:
        event = there.enter(there.hanako, there.taro)
        there.settle()
        forgotten(there.world, there.taro)
        link_again(there.world, replace(there.taro, email="taro@example.com"))
        there.settle()
        assert [len(there.outlook(p)) for p in (there.hanako, there.taro)] == [1, 1]
        assert [record["id"] for record in there.records()] == [event]
        there.assert_still()


def test_in_appointments_mode_nobody_else_notices() -> None:
    with company(participants=ParticipantsMode.APPOINTMENTS) as there:
        event = there.enter(there.hanako, there.taro)
        there.settle()
        forgotten(there.world, there.hanako)
        all_but_hanako(there, there.settle)
        link_again(there.world, replace(there.hanako, email="hanako@example.com"))
        there.settle()
        assert [len(there.outlook(p)) for p in (there.hanako, there.taro)] == [1, 1]
        assert [record["id"] for record in there.records()] == [event]
        assert there.mails() == 0
        there.assert_still()


def test_a_claim_without_a_record_is_free_again() -> None:
    with company() as there:
        meetings = there.world.meetings
        meetings.claim(Meeting("default", "uid-9", "", there.hanako.user, is_external=True))
        forgotten(there.world, there.hanako)
        assert meetings.by_uids("default", ["uid-9"]) == {}
