"""Linking looks at Microsoft 365 at once; who cannot be synced yet waits, and is an error after an hour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync.core.settings import Connection, State
from sync.core.tenant import TenantState
from sync.engine import checks
from sync.engine.linking import link_person, switch_person
from sync.engine.schedule import enqueue_due, run_job
from sync.engine.verify import PATIENCE, awaits_check, check_people
from sync.errors import CannotSync
from sync.ports import Job, Task
from sync.sandbox.faults import fail
from sync.sandbox.microsoft365.users import MailboxState
from tests.engine.office import ORGANIZATION, G, Office

TICK = timedelta(minutes=5)
PASS = ""


class People(Office):
    """花子 is linked, 太郎 has a mailbox and is not. `tick` is the timer with everything that it queues."""

    def __init__(self) -> None:
        super().__init__()
        self.connections.update(self.person, tenant=self.tenant.id)
        self.connections.put(replace(self.person, upn="hanako@example.com"))
        self.taro = self.tenant.add_user("taro@example.com", "太郎").id
        self.tasks: list[str] = []

    def entered(self, user: str) -> Connection:
        return self.connections.get(ORGANIZATION, user) or Connection(ORGANIZATION, user)

    def link(self, upn: str = "taro@example.com", user: str = "") -> Connection:  # type: ignore[override]
        """As the administrator's screen does it."""
        before = self.entered(user or self.other_user)
        after = replace(before, upn=upn, enabled=True)
        return link_person(self.services, before, after, is_asked=True)

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(TICK)
            enqueue_due(self.services, TICK)
            for job in self.jobs.receive():
                self.tasks.append(job.task)
                run_job(self.services, job)

    def state(self, user: str = "") -> tuple[State, str]:
        found = self.entered(user or self.other_user)
        return found.state, found.error

    def allow(self, *oids: str) -> None:
        """The access policy lets the app into these mailboxes only."""
        for application in self.tenant.applications.values():
            application.mailboxes = frozenset(oids) if oids else None


@pytest.fixture
def people() -> Iterator[People]:
    with closing(People()) as people:
        yield people


# -- linking --------------------------------------------------------------------------------------------------


def test_linking_binds_the_object_id_with_addresses_and_tenant(people: People) -> None:
    linked = people.link()
    assert (linked.state, linked.error) == (State.ACTIVE, "")
    assert (linked.mailbox, linked.tenant) == (people.taro, people.tenant.id)
    assert linked.addresses == ("taro@example.com",)
    assert linked == people.entered(people.other_user)
    assert people.writes() == 0


def test_linking_one_person_costs_two_questions(people: People) -> None:
    before = people.tenant.requests.total
    people.link()
    # Each is one batch with one item in it.
    assert people.tenant.requests.count("POST", "/$batch") == 2
    assert people.tenant.requests.total - before <= 4


def test_a_linked_person_is_synced_at_the_next_turn(people: People) -> None:
    people.link()
    people.groupware.create({"title": "first", "start": "2026-11-18T10:00:00"}, by=people.other_user)
    people.tick(times=13)
    assert [e["subject"] for e in people.tenant.mailbox(people.taro).events()] == ["first"]


@pytest.mark.parametrize(
    ("upn", "code"),
    [("nobody@example.com", "user-missing"), ("late@example.com", "mailbox-missing")],
)
def test_what_may_be_on_its_way_is_checked_again(people: People, upn: str, code: str) -> None:
    people.tenant.add_user("late@example.com", "後").mailbox_state = MailboxState.PROVISIONING
    linked = people.link(upn)
    assert (linked.state, linked.error) == (State.CHECKING, code)


def test_a_mailbox_outside_the_policy_is_a_state(people: People) -> None:
    people.allow(people.oid)
    linked = people.link()
    assert (linked.state, linked.error) == (State.CHECKING, "mailbox-forbidden")
    # The person is known for who it is, although nothing can be done in the calendar yet.
    assert linked.mailbox == people.taro


def test_a_disabled_account_is_an_error_at_once(people: People) -> None:
    people.tenant.user(people.taro).account_enabled = False
    linked = people.link()
    assert (linked.state, linked.error, linked.mailbox) == (State.ERROR, "user-disabled", "")


def test_graph_down_loses_nothing(people: People) -> None:
    people.tenant.faults.script(lambda _call: True, fail(503, "ServiceUnavailable"), times=100)
    linked = people.link()
    assert (linked.state, linked.error, linked.upn) == (
        State.CHECKING,
        "graph-unavailable",
        "taro@example.com",
    )
    people.tenant.faults.clear_scripts()
    people.tick()
    assert people.state() == (State.ACTIVE, "")


def test_before_the_organization_is_connected_people_wait_without_a_question(people: People) -> None:
    tenant = people.tenants.get(ORGANIZATION)
    people.tenants.put(replace(tenant, state=TenantState.NOT_CONNECTED, in_use=False))
    linked = people.link()
    assert (linked.state, linked.error) == (State.CHECKING, "microsoft365-not-in-use")
    assert people.tenant.requests.total == 0


def test_a_wait_before_the_connection_does_not_count(people: People) -> None:
    """Everybody is linked first, and the tenant is connected days later: its permissions take their hour then."""
    tenant = people.tenants.get(ORGANIZATION)
    unconnected = people.tenants.put(replace(tenant, state=TenantState.NOT_CONNECTED, in_use=False))
    people.link()
    people.clock.advance(timedelta(days=3))
    people.allow(people.oid)
    now = people.clock.now()
    people.tenants.put(
        replace(unconnected, state=TenantState.CONNECTED, in_use=True, since=now, checked_at=now)
    )
    people.tick()
    assert people.state() == (State.CHECKING, "mailbox-forbidden")


# -- waiting --------------------------------------------------------------------------------------------------


def waits(people: People, limit: timedelta = timedelta(hours=3)) -> list[datetime]:
    """When the person who waits was looked at."""
    looked: list[datetime] = []
    end = people.clock.now() + limit
    while people.clock.now() < end:
        people.tick()
        at = people.entered(people.other_user).checked_at
        if at is not None and at not in looked:
            looked.append(at)
    return looked


def test_every_five_minutes_for_an_hour_then_every_hour(people: People) -> None:
    people.allow(people.oid)
    linked = people.link()
    began = linked.checked_at
    assert began is not None
    looked = waits(people)
    early = [at for at in looked if at - began <= PATIENCE]
    assert len(early) == 12
    late = [at - began for at in looked if at - began > PATIENCE]
    assert late == [timedelta(hours=2), timedelta(hours=3)]
    assert people.state() == (State.ERROR, "mailbox-forbidden")


def test_after_an_hour_it_is_an_error_with_the_same_reason(people: People) -> None:
    people.allow(people.oid)
    people.link()
    people.tick(times=11)
    assert people.state() == (State.CHECKING, "mailbox-forbidden")
    people.tick()
    assert people.state() == (State.ERROR, "mailbox-forbidden")


def test_nobody_who_waits_gets_a_pass(people: People) -> None:
    people.allow(people.oid)
    people.link()
    people.tick(times=40)
    assert people.passes.list(ORGANIZATION, people.other_user) == []
    assert people.entered(people.other_user).last_pass_at is None
    # The others are synced meanwhile.
    assert people.person.last_success_at is not None


def test_it_comes_right_by_itself(people: People) -> None:
    people.allow(people.oid)
    people.link()
    people.tick(times=3)
    people.allow()
    people.tick()
    assert people.state() == (State.ACTIVE, "")
    assert people.entered(people.other_user).checking_since is None


def test_an_error_comes_right_within_an_hour(people: People) -> None:
    people.allow(people.oid)
    people.link()
    people.tick(times=20)
    people.allow()
    people.tick(times=12)
    assert people.state() == (State.ACTIVE, "")


def test_consent_given_later_makes_everybody_be_looked_at_at_once(people: People) -> None:
    people.allow(people.oid)
    people.link()
    people.tick(times=20)
    assert people.state()[0] is State.ERROR
    tenant = people.tenants.get(ORGANIZATION)
    people.tenants.put(replace(tenant, consented_at=people.clock.now()))
    people.tick()
    # Not through yet: the hour begins anew.
    assert people.state() == (State.CHECKING, "mailbox-forbidden")
    people.allow()
    people.tick()
    assert people.state() == (State.ACTIVE, "")


def test_a_person_that_a_pass_found_outside_the_policy_gets_no_more_passes(people: People) -> None:
    people.fill(2)
    people.allow(people.taro)
    people.sync()
    assert people.state(people.user) == (State.ERROR, "mailbox-forbidden")
    failed = len(people.passes.list(ORGANIZATION, people.user))
    people.tick(times=36)
    assert len(people.passes.list(ORGANIZATION, people.user)) == failed
    people.allow()
    people.tick(times=26)
    assert people.state(people.user) == (State.ACTIVE, "")


def test_mailboxes_outside_the_policy_make_one_line_a_look(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    users = [people.groupware.add_user(f"u{n}") for n in range(30)]
    for n, user in enumerate(users):
        people.tenant.add_user(f"u{n}@example.com")
        people.connections.put(Connection(ORGANIZATION, user, upn=f"u{n}@example.com", enabled=True))
        people.connections.update(people.entered(user), state=State.CHECKING)
    people.allow(people.oid)
    with caplog.at_level("INFO", logger="sync"):
        people.tick()
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.getMessage().startswith('{"event"')]
    told = [line for line in lines if "mailbox-forbidden" in str(line)]
    assert [(line["event"], line["codes"]) for line in told] == [
        ("people-checked", {"mailbox-forbidden": 30})
    ]
    # Thirty people: two batches for who they are, two for their calendars.
    assert people.tenant.requests.count("POST", "/$batch") == 4


def test_checks_of_one_organization_do_not_run_twice_at_once(people: People) -> None:
    people.allow(people.oid)
    people.link()
    people.clock.advance(TICK)
    lease = people.leases.acquire(Connection(ORGANIZATION, ""), "another worker")
    assert lease is not None
    before = people.tenant.requests.total
    run_job(people.services, Job(ORGANIZATION, "", task=Task.CHECK))
    assert people.tenant.requests.total == before
    lease.release()
    run_job(people.services, Job(ORGANIZATION, "", task=Task.CHECK))
    assert people.tenant.requests.total > before


def test_a_look_that_takes_long_goes_on_in_the_next_message(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CHUNK", 1)
    for n in range(3):
        user = people.groupware.add_user(f"u{n}")
        people.tenant.add_user(f"u{n}@example.com")
        people.connections.put(Connection(ORGANIZATION, user, upn=f"u{n}@example.com", enabled=True))
        people.connections.update(people.entered(user), state=State.CHECKING)

    def slow(*asked: Any) -> Any:
        people.clock.advance(checks.LONGEST / 2 + timedelta(seconds=1))
        return check_people(*asked)

    monkeypatch.setattr(checks, "check_people", slow)
    run_job(people.services, Job(ORGANIZATION, "", task=Task.CHECK))
    states = [one.state for one in people.connections.list(ORGANIZATION)]
    assert sorted(states) == [State.ACTIVE, State.ACTIVE, State.ACTIVE, State.CHECKING]
    [rest] = people.jobs.receive()
    run_job(people.services, rest)
    assert {one.state for one in people.connections.list(ORGANIZATION)} == {State.ACTIVE}
    assert people.jobs.waiting == []


def test_who_is_off_waits_for_nothing(people: People) -> None:
    people.allow(people.oid)
    linked = people.link()
    switch_person(people.services, linked, enabled=False)
    assert people.state() == (State.OFF, "")
    before = people.tenant.requests.total
    people.tick()
    assert not awaits_check(people.entered(people.other_user))
    assert people.tenant.requests.count("POST", "/$batch") == 2  # of the linking itself
    assert people.tenant.requests.total >= before


def test_a_trouble_of_the_whole_tenant_is_nobodys_own(people: People) -> None:
    people.tenant.faults.script(lambda _call: True, fail(401, "InvalidAuthenticationToken"), times=100)
    linked = people.link()
    assert linked.state is State.CHECKING
    assert people.state(people.user)[0] is State.ACTIVE


# -- identity -------------------------------------------------------------------------------------------------


def test_two_people_never_share_a_mailbox_whatever_it_is_called(people: People) -> None:
    """A UPN and the object id itself lead to the same mailbox."""
    linked = people.link(people.oid)
    assert (linked.state, linked.error, linked.mailbox) == (State.ERROR, "mailbox-taken", "")
    assert people.person.mailbox == people.oid
    people.tick(times=13)
    assert people.state() == (State.ERROR, "mailbox-taken")


def test_a_taken_mailbox_is_not_synced_by_hand_either(people: People) -> None:
    people.link(people.oid)
    record = people.sync(who=people.entered(people.other_user))
    assert record.error == "mailbox-taken"
    assert people.state() == (State.ERROR, "mailbox-taken")


def test_the_same_upn_for_two_is_refused_before_anything_is_stored(people: People) -> None:
    with pytest.raises(CannotSync) as refused:
        people.link("HANAKO@example.com")
    assert refused.value.code == "upn-taken"
    assert people.connections.get(ORGANIZATION, people.other_user) is None


def test_of_two_in_one_look_the_first_gets_the_mailbox(people: People) -> None:
    third = people.groupware.add_user("次郎")
    both = [
        Connection(ORGANIZATION, user, upn=upn, enabled=True, state=State.CHECKING)
        for user, upn in ((people.other_user, "taro@example.com"), (third, people.taro))
    ]
    for one in both:
        people.connections.put(one)
    after = check_people(people.services, ORGANIZATION, both)
    assert [(one.mailbox, one.error) for one in after] == [(people.taro, ""), ("", "mailbox-taken")]


def test_who_binds_at_the_same_moment_sees_the_other(people: People) -> None:
    """Another worker stores the same mailbox for somebody else between our look and our write."""
    third = people.groupware.add_user("次郎")
    update = people.connections.update
    is_first = True

    def overtaken(connection: Connection, **changes: object) -> None:
        nonlocal is_first
        if is_first and changes.get("mailbox") == people.taro:
            is_first = False
            people.connections.put(
                Connection(ORGANIZATION, third, mailbox=people.taro, tenant=people.tenant.id)
            )
        update(connection, **changes)

    people.connections.update = overtaken  # type: ignore[method-assign]
    linked = people.link()
    assert (linked.mailbox, linked.error) == ("", "mailbox-taken")
    assert people.entered(people.other_user).mailbox == ""


def test_another_persons_upn_pauses_a_person_with_events(people: People) -> None:
    people.fill(3)
    with people.nothing_written():
        linked = people.link("taro@example.com", people.user)
    assert (linked.state, linked.error, linked.mailbox) == (State.ERROR, "mailbox-changed", people.oid)
    people.tick(times=30)
    assert len(people.titles(G)) == 3
    back = people.link("hanako@example.com", people.user)
    assert (back.state, back.mailbox) == (State.ACTIVE, people.oid)


def test_a_renamed_person_is_still_found_by_its_object_id(people: People) -> None:
    people.fill(2)
    people.tenant.rename_user(people.oid, "yamada@example.com")
    people.connections.update(people.person, state=State.ERROR, error="mailbox-forbidden")
    people.tick()
    assert people.state(people.user) == (State.ACTIVE, "")


def test_switching_on_looks_again(people: People) -> None:
    linked = people.link()
    switch_person(people.services, linked, enabled=False)
    people.allow(people.oid)
    switch_person(people.services, people.entered(people.other_user), enabled=True)
    assert people.state() == (State.CHECKING, "")
    people.tick()
    assert people.state() == (State.CHECKING, "mailbox-forbidden")


def test_a_healthy_person_is_left_alone_when_the_same_is_entered_again(people: People) -> None:
    people.link()
    before = people.tenant.requests.total
    assert people.link().state is State.ACTIVE
    assert people.tenant.requests.total == before
