"""Leaving Microsoft 365, whatever is chosen, and coming back: nothing of anybody's own is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from urllib.parse import unquote

import pytest

from sync.adapters.graph.client import GraphClient
from sync.adapters.graph.directory import GraphDirectory
from sync.adapters.graph.mapping import PROPERTY_ID
from sync.core.settings import Connection, OrganizationSettings, State
from sync.core.tenant import Disconnection, TenantState
from sync.engine.disconnect import SETTLED, disconnect, look
from sync.engine.schedule import enqueue_due, run_job
from sync.engine.services import Services
from sync.errors import NeedsAdministrator
from sync.ports import Job
from sync.sandbox.faults import fail, throttled
from sync.sandbox.microsoft365.switches import Switches
from tests.e2e.company import Company
from tests.e2e.office import AT
from tests.e2e.world import Conditions, Crash, World
from tests.fakes import MemoryJobs, MemorySecrets, connected

TICK = timedelta(minutes=5)
LEAVE, DETACH, REMOVE = Disconnection.LEAVE, Disconnection.DETACH, Disconnection.REMOVE


class Tenancy(World):
    """A world whose people are looked up in its tenant, and whose queue outlives the process."""

    def __init__(self, conditions: Conditions) -> None:
        self.queue: MemoryJobs | None = None
        self.vault = MemorySecrets(**{"microsoft365-default-0": "a-client-secret-of-forty-characters-0001"})
        super().__init__(conditions)

    def _services(self) -> Services:
        services = super()._services()
        self.queue = self.queue or cast(MemoryJobs, services.jobs)
        graph = GraphClient(
            self._session("http://127.0.0.1:1", self._graph_app),
            self.tokens,
            self.clock,
            base_url="http://127.0.0.1:1",
            jitter=lambda: 0.0,
        )
        return replace(
            services,
            jobs=self.queue,
            secrets=self.vault,
            mailboxes=lambda _organization: GraphDirectory(graph),
        )


class House(Company):
    """花子, 太郎 and 次郎, who come and go with their organization."""

    def __init__(self, world: Tenancy) -> None:
        super().__init__(world)
        self.tenancy = world
        for person, name in zip(self.everyone, ("hanako", "taro", "jiro"), strict=True):
            world.connections.put(replace(self.now(person), upn=f"{name}@example.com"))
            world.connections.update(person, tenant=world.tenant.id)

    def now(self, person: Connection) -> Connection:
        found = self.world.connections.get("default", person.user)
        assert found is not None
        return found

    def is_in(self, state: TenantState) -> bool:
        return self.world.tenants.get("default").state is state

    def leave(self, choice: Disconnection) -> None:
        """Chosen, and carried out as far as it goes."""
        disconnect(self.world.services, "default", choice)
        self.work()

    def work(self, hours: int = 1) -> None:
        """The timer and the queue, until nothing is left to do."""
        for _ in range(12 * hours):
            self.world.clock.advance(TICK)
            self.tick()
            if self.is_in(TenantState.DISCONNECTED):
                return

    def tick(self) -> None:
        enqueue_due(self.world.services, TICK)
        self.drain()

    def drain(self) -> None:
        for job in cast(MemoryJobs, self.world.services.jobs).receive():
            run_job(self.world.services, job)

    def come_back(self) -> None:
        """The administrator connects again; the timer finds everybody."""
        tenants = self.world.tenants
        before = tenants.get("default")
        after = connected("default", self.world.tenant.id, checked_at=self.world.clock.now())
        tenants.put(replace(after, since=self.world.clock.now(), version=before.version))
        self.work_again()

    def work_again(self) -> None:
        for _ in range(3):
            self.world.clock.advance(TICK)
            self.tick()

    def subjects(self, person: Connection) -> list[str]:
        return sorted(str(event["subject"]) for event in self.outlook(person))

    def markers(self, person: Connection) -> list[str]:
        """The values of our property on this person's events."""
        items = self.box(person).items()
        return sorted(
            item.content.extended[PROPERTY_ID] for item in items if PROPERTY_ID in item.content.extended
        )


def house_with(switches: Switches | None = None, **settings: Any) -> House:
    conditions = Conditions(settings=OrganizationSettings(**settings), switches=switches or Switches())
    return House(Tenancy(conditions))


@pytest.fixture
def house() -> Iterator[House]:
    found = house_with()
    with closing(found.world):
        yield found


def lived_in(house: House) -> None:
    """An event of each kind: from the groupware, from Outlook, shared by two, and entered on both sides by hand."""
    house.enter(house.hanako, title="ours")
    house.world.mailbox.create(subject="theirs", start=AT, end="2026-11-18T11:00:00")
    house.enter(house.hanako, house.taro, title="shared", start="2026-11-19T10:00:00")
    house.enter(house.hanako, title="twice", start="2026-11-20T10:00:00")
    house.world.mailbox.create(subject="twice", start="2026-11-20T10:00:00", end="2026-11-20T11:00:00")
    house.settle()
    assert house.subjects(house.hanako) == ["ours", "shared", "theirs", "twice"]
    assert house.subjects(house.taro) == ["shared"]


def everything(house: House) -> tuple[object, ...]:
    return [house.outlook(person) for person in house.everyone], house.records()


# -- leave ----------------------------------------------------------------------------------------------------


def test_leaving_everything_touches_nothing_and_goes_on_later(house: House) -> None:
    lived_in(house)
    before, writes = everything(house), house.world.writes()
    disconnect(house.world.services, "default", LEAVE)
    assert house.is_in(TenantState.DISCONNECTED)
    tenant = house.world.tenants.get("default")
    assert (tenant.credential, tenant.previous, tenant.in_use) == (None, None, False)
    assert house.tenancy.vault.names == []
    house.work_again()
    assert house.world.writes() == writes
    house.come_back()
    house.run()
    assert house.world.writes() == writes
    assert everything(house) == before


def test_after_leaving_an_edit_is_synced_once_it_is_connected_again(house: House) -> None:
    lived_in(house)
    disconnect(house.world.services, "default", LEAVE)
    [ours] = [event for event in house.records() if event["title"] == "ours"]
    house.change(ours["id"], title="ours, changed")
    house.come_back()
    house.run()
    assert house.subjects(house.hanako) == ["ours, changed", "shared", "theirs", "twice"]


def test_no_pass_runs_while_disconnected(house: House) -> None:
    lived_in(house)
    disconnect(house.world.services, "default", LEAVE)
    house.enter(house.hanako, title="later")
    house.work_again()
    assert "later" not in house.subjects(house.hanako)


# -- detach ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        Switches(),
        Switches(empty_extended_property_kept=False),
        # Then the guests' copies have our marker, too.
        Switches(extended_properties_travel=True),
    ],
)
def test_detaching_takes_markers_and_links_and_leaves_every_event(switches: Switches) -> None:
    house = house_with(switches)
    with closing(house.world):
        lived_in(house)
        assert len(house.markers(house.hanako)) == 2
        mails, shown, records = house.mails(), everything(house)[0], house.records()
        house.leave(DETACH)
        assert house.is_in(TenantState.DISCONNECTED)
        assert [value for person in house.everyone for value in house.markers(person) if value] == []
        assert [house.world.links.load(person)[0] for person in house.everyone] == [[], [], []]
        assert [[e["subject"] for e in events] for events in shown] == [  # type: ignore[attr-defined]
            [e["subject"] for e in house.outlook(person)] for person in house.everyone
        ]
        assert house.records() == records
        assert house.mails() == mails
        assert house.tenancy.vault.names == []


def test_detached_events_are_found_again_by_time_and_title(house: House) -> None:
    lived_in(house)
    house.leave(DETACH)
    assert [house.now(person).mailbox for person in house.everyone] == ["", "", ""]
    house.come_back()
    assert [house.now(person).state for person in house.everyone] == [State.ACTIVE] * 3
    mails = house.mails()
    house.settle()
    assert house.subjects(house.hanako) == ["ours", "shared", "theirs", "twice"]
    assert house.subjects(house.taro) == ["shared"]
    assert sorted(event["title"] for event in house.records()) == ["ours", "shared", "theirs", "twice"]
    assert house.mails() == mails
    house.assert_still()


def test_what_was_detached_is_a_persons_own_afterwards(house: House) -> None:
    """Coming back links it again, and does not make it ours to delete."""
    lived_in(house)
    house.leave(DETACH)
    house.come_back()
    house.settle()
    house.leave(REMOVE)
    assert house.subjects(house.hanako) == ["ours", "shared", "theirs", "twice"]


# -- remove ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switches", [Switches(), Switches(just_created_missing_from_lists=3)])
def test_removing_takes_what_the_sync_created_and_nothing_else(switches: Switches) -> None:
    house = house_with(switches)
    with closing(house.world):
        lived_in(house)
        mails, records = house.mails(), house.records()
        house.leave(REMOVE)
        assert house.is_in(TenantState.DISCONNECTED)
        # Entered in Outlook by hand, alone or as well: a person's own.
        assert house.subjects(house.hanako) == ["theirs", "twice"]
        # The guest's copy of a meeting that the sync made.
        assert house.subjects(house.taro) == []
        assert house.records() == records
        assert house.mails() == mails


def test_a_persons_copy_of_our_event_is_the_persons_own(house: House) -> None:
    lived_in(house)
    [ours] = [item for item in house.world.mailbox.items() if item.content.subject == "ours"]
    copied = dict(ours.content.extended)
    house.world.mailbox.create(subject="ours", start="2026-11-23T10:00:00", end="2026-11-23T11:00:00")
    [copy] = [i for i in house.world.mailbox.items() if i.content.subject == "ours" and i is not ours]
    copy.content = replace(copy.content, extended=copied)
    house.settle()
    house.leave(REMOVE)
    assert [e["start"]["dateTime"][:10] for e in house.outlook(house.hanako) if e["subject"] == "ours"] == [
        "2026-11-23"
    ]


def test_a_meeting_of_a_person_and_its_copies_stay(house: House) -> None:
    house.invite(house.hanako, "taro@example.com", subject="own meeting")
    house.settle()
    house.leave(REMOVE)
    assert house.subjects(house.hanako) == house.subjects(house.taro) == ["own meeting"]
    assert [event["title"] for event in house.records()] == ["own meeting"]


def test_a_host_waits_for_its_guests_whoever_is_first(house: House) -> None:
    """Once the host's event is gone nobody could tell that the guest's copy was made by the sync."""
    lived_in(house)
    disconnect(house.world.services, "default", REMOVE)
    house.world.clock.advance(SETTLED + TICK)
    run_job(house.world.services, Job("default", house.hanako.user, task="disconnect"))
    assert house.subjects(house.hanako) == ["shared", "theirs", "twice"]
    assert house.now(house.hanako).mailbox
    run_job(house.world.services, Job("default", house.taro.user, task="disconnect"))
    assert house.subjects(house.taro) == []
    house.work()
    assert house.is_in(TenantState.DISCONNECTED)
    assert house.subjects(house.hanako) == ["theirs", "twice"]


def test_removed_events_come_back_with_the_connection(house: House) -> None:
    lived_in(house)
    house.leave(REMOVE)
    house.come_back()
    house.settle()
    assert house.subjects(house.hanako) == ["ours", "shared", "theirs", "twice"]
    assert house.subjects(house.taro) == ["shared"]
    assert len(house.records()) == 4
    house.assert_still()


def test_a_service_that_mails_after_all_is_no_surprise() -> None:
    """permanentDelete is only assumed to be silent (graph-calendar.md 6.1): the counts name the meetings."""
    house = house_with(Switches(permanent_delete_mails=True))
    with closing(house.world):
        lived_in(house)
        assert look(house.world.services, "default").meetings == 1
        before = house.mails("cancellation")
        house.leave(REMOVE)
        assert house.mails("cancellation") == before + 1
        assert house.subjects(house.hanako) == ["theirs", "twice"]


def test_the_counts_come_first(house: House) -> None:
    lived_in(house)
    requests = house.world.tenant.requests.total
    found = look(house.world.services, "default")
    assert (found.people, found.meetings, found.held_up) == (3, 1, [])
    assert (found.links.from_groupware, found.links.from_outlook, found.links.copies) == (3, 1, 1)
    assert house.world.tenant.requests.total == requests


# -- what goes wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [DETACH, REMOVE])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_anywhere_costs_time_only(choice: Disconnection, after: bool) -> None:
    """The process dies at every step of a job in turn; the guest's is done already, so that this one does it all."""
    for step in range(1, 60):
        house = house_with()
        with closing(house.world):
            lived_in(house)
            disconnect(house.world.services, "default", choice)
            house.world.clock.advance(SETTLED + TICK)
            run_job(house.world.services, Job("default", house.taro.user, task="disconnect"))
            house.world.fuse.set(step, after)
            try:
                run_job(house.world.services, Job("default", house.hanako.user, task="disconnect"))
            except Crash:
                has_ended = False
            else:
                has_ended = True
            house.world.fuse.set(None)
            house.world.restart()
            house.work()
            assert house.is_in(TenantState.DISCONNECTED)
            own = ["theirs", "twice"]
            assert house.subjects(house.hanako) == (own if choice is REMOVE else ["ours", "shared", *own])
            assert "".join(house.markers(house.hanako)) == ""
            assert house.subjects(house.taro) == ([] if choice is REMOVE else ["shared"])
            if has_ended:
                assert step > 3
                return
    raise AssertionError("the job never came to its end")


def test_who_is_held_up_is_named_and_stops_nobody(house: House) -> None:
    lived_in(house)
    house.enter(house.jiro, title="jiro's")
    house.settle()
    application = next(iter(house.world.tenant.applications.values()))
    application.mailboxes = frozenset({house.hanako.mailbox, house.taro.mailbox})
    house.leave(REMOVE)
    assert house.is_in(TenantState.DISCONNECTING)
    assert (house.subjects(house.hanako), house.subjects(house.jiro)) == (["theirs", "twice"], ["jiro's"])
    found = look(house.world.services, "default")
    assert found.people == 1
    assert [(one.user, one.code) for one in found.held_up] == [(house.jiro.user, "mailbox-forbidden")]
    assert house.tenancy.vault.names  # still needed
    application.mailboxes = None
    house.work(hours=3)
    assert house.is_in(TenantState.DISCONNECTED)
    assert house.subjects(house.jiro) == []
    assert house.tenancy.vault.names == []


def test_who_is_held_up_is_not_asked_every_five_minutes(house: House) -> None:
    lived_in(house)
    application = next(iter(house.world.tenant.applications.values()))
    application.mailboxes = frozenset()
    house.leave(DETACH)
    before = house.world.tenant.requests.total
    house.work(hours=3)
    assert house.world.tenant.requests.total - before <= 3 * 3 * 2


def test_an_administrator_ends_it_for_good_although_somebody_is_held_up(house: House) -> None:
    lived_in(house)
    next(iter(house.world.tenant.applications.values())).mailboxes = frozenset({house.taro.mailbox})
    house.leave(REMOVE)
    assert house.is_in(TenantState.DISCONNECTING)
    disconnect(house.world.services, "default", LEAVE)
    assert house.is_in(TenantState.DISCONNECTED)
    assert house.tenancy.vault.names == []


def test_a_guest_who_is_held_up_does_not_hold_up_the_host(house: House) -> None:
    lived_in(house)
    next(iter(house.world.tenant.applications.values())).mailboxes = frozenset({house.hanako.mailbox})
    house.leave(REMOVE)
    assert house.subjects(house.hanako) == ["theirs", "twice"]


def test_a_running_pass_is_waited_for(house: House) -> None:
    lived_in(house)
    lease = house.world.leases.acquire(house.now(house.hanako), "a pass")
    assert lease is not None
    disconnect(house.world.services, "default", REMOVE)
    house.world.clock.advance(SETTLED)
    lease.renew()
    house.tick()
    assert house.subjects(house.hanako) == ["ours", "shared", "theirs", "twice"]
    lease.release()
    house.work()
    assert house.subjects(house.hanako) == ["theirs", "twice"]


def test_nobody_is_touched_before_every_process_knows(house: House) -> None:
    """Another process may remember the tenant as connected for a minute, and begin a pass."""
    lived_in(house)
    disconnect(house.world.services, "default", REMOVE)
    house.world.clock.advance(timedelta(seconds=60))
    house.tick()
    assert house.subjects(house.hanako) == ["ours", "shared", "theirs", "twice"]


def test_a_throttled_service_is_waited_for(house: House) -> None:
    lived_in(house)
    house.world.faults.script(lambda _call: True, throttled(retry_after=30), times=40)
    house.leave(REMOVE)
    assert house.is_in(TenantState.DISCONNECTED)
    assert house.subjects(house.hanako) == ["theirs", "twice"]


def test_one_event_that_fails_keeps_its_person_and_no_other_event(house: House) -> None:
    lived_in(house)
    [ours] = [event["id"] for event in house.outlook(house.hanako) if event["subject"] == "ours"]
    house.world.faults.script(
        lambda call: "permanentDelete" in call.path and ours in unquote(call.path),
        fail(400, "ErrorX"),
        times=5,
    )
    house.leave(REMOVE)
    assert house.subjects(house.hanako) == ["ours", "theirs", "twice"]
    [held] = look(house.world.services, "default").held_up
    assert (held.user, held.code) == (house.hanako.user, "graph-refused")
    house.world.faults.clear_scripts()
    house.work(hours=2)
    assert house.is_in(TenantState.DISCONNECTED)
    assert house.subjects(house.hanako) == ["theirs", "twice"]


def test_a_create_whose_answer_was_lost_is_removed_too(house: House) -> None:
    house.enter(house.hanako, title="half")
    for step in range(1, 40):
        if house.world.run(die_at=step, after=True) is None and house.subjects(house.hanako) == ["half"]:
            break
    [link] = house.world.links.load(house.hanako)[0]
    assert link.outlook is None
    house.leave(REMOVE)
    assert house.subjects(house.hanako) == []


def test_without_a_credential_nothing_can_be_cleaned(house: House) -> None:
    disconnect(house.world.services, "default", LEAVE)
    with pytest.raises(NeedsAdministrator) as refused:
        disconnect(house.world.services, "default", REMOVE)
    assert refused.value.code == "microsoft365-not-set-up"
