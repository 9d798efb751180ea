"""Many people linked in the background, and mailboxes suggested by mail address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.core.settings import Connection, State
from sync.engine import linking
from sync.engine.linking import start_linking
from sync.engine.schedule import enqueue_due, record_poison, run_job
from sync.engine.services import Services
from sync.engine.suggestions import Suggested, suggest
from sync.errors import CannotSync, NeedsAdministrator, TryLater
from sync.ports import Job, LinkRow, Operation, Task
from sync.sandbox.faults import fail
from tests.e2e.world import Crash
from tests.engine.office import ORGANIZATION, Office
from tests.fakes import MemoryJobs, MemoryOperations


class Staff(Office):
    """`hire` makes groupware users with a mailbox each; nobody of them is linked."""

    def __init__(self) -> None:
        self.operations = MemoryOperations()
        super().__init__()
        self.connections.update(self.person, tenant=self.tenant.id)
        self.connections.put(replace(self.person, upn="hanako@example.com"))

    def _services(self) -> Services:
        return replace(super()._services(), operations=self.operations)

    def hire(self, count: int, first: int = 0) -> list[str]:
        users = []
        for n in range(first, first + count):
            users.append(self.groupware.add_user(f"社員{n}", email=f"m{n}@example.com"))
            self.tenant.add_user(f"m{n}@example.com")
        return users

    def start(self, rows: Sequence[LinkRow], enabled: bool | None = True) -> Operation:
        return start_linking(self.services, ORGANIZATION, "boss", rows, enabled)

    def work(self) -> None:
        """The queue, until it is empty."""
        while self.jobs.waiting:
            self.clock.advance(1)
            for job in self.jobs.receive():
                run_job(self.services, job)

    def found(self, operation: Operation) -> Operation:
        again = self.operations.get(ORGANIZATION, operation.id)
        assert again is not None
        return again

    def entered(self, user: str) -> Connection:
        found = self.connections.get(ORGANIZATION, user)
        assert found is not None
        return found

    def failures(self, operation: Operation) -> dict[str, str]:
        results = self.found(operation).results
        return {one.user: one.code for result in results for one in result.failures}

    def counts(self, operation: Operation) -> tuple[int, int, int]:
        results = self.found(operation).results
        return (
            sum(one.linked for one in results),
            sum(one.waiting for one in results),
            sum(len(one.failures) for one in results),
        )


@pytest.fixture
def staff() -> Iterator[Staff]:
    with closing(Staff()) as staff:
        yield staff


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "CHUNK", 3)


def rows_of(users: Sequence[str], first: int = 0) -> list[LinkRow]:
    return [LinkRow(user, f"m{n}@example.com") for n, user in enumerate(users, first)]


# -- many at once ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_chunks")
def test_everybody_is_linked_chunk_by_chunk(staff: Staff) -> None:
    users = staff.hire(8)
    operation = staff.start(rows_of(users))
    assert (operation.total, operation.chunks, staff.found(operation).is_done) == (8, 3, False)
    staff.work()
    done = staff.found(operation)
    assert done.is_done
    assert done.finished_at is not None
    assert staff.counts(operation) == (8, 0, 0)
    people = [staff.entered(user) for user in users]
    assert {one.state for one in people} == {State.ACTIVE}
    assert len({one.mailbox for one in people}) == 8
    assert people[0].name == "社員0"


@pytest.mark.usefixtures("small_chunks")
def test_one_bad_row_never_stops_the_rest(staff: Staff) -> None:
    users = staff.hire(5)
    rows = [
        *rows_of(users[:2]),
        LinkRow("ghost", "m2@example.com"),
        LinkRow(users[2], "hanako@example.com"),
        LinkRow(users[3], "nobody@example.com"),
        LinkRow(users[4]),
        LinkRow(users[4], "m0@example.com"),
    ]
    operation = staff.start(rows)
    staff.work()
    assert staff.failures(operation) == {
        "ghost": "user-unknown",
        users[2]: "upn-taken",
        users[4]: "upn-taken",
    }
    assert staff.entered(users[3]).error == "user-missing"
    assert staff.entered(users[3]).state is State.CHECKING
    assert [staff.entered(user).state for user in users[:2]] == [State.ACTIVE] * 2
    assert staff.connections.get(ORGANIZATION, "ghost") is None


def test_a_row_that_the_storage_refuses_fails_alone(staff: Staff) -> None:
    users = staff.hire(2)
    put = staff.connections.put

    def refusing(connection: Connection) -> None:
        if connection.user == users[0]:
            raise CannotSync("storage-too-large", {"what": "text", "limit": "1"})
        put(connection)

    staff.connections.put = refusing  # type: ignore[method-assign]
    operation = staff.start(rows_of(users))
    staff.work()
    assert staff.failures(operation) == {users[0]: "storage-too-large"}
    assert staff.entered(users[1]).state is State.ACTIVE


def test_a_missing_upn_is_found_by_the_mail_address(staff: Staff) -> None:
    user, twin, lost = staff.groupware.add_user("山田"), staff.groupware.add_user("双子"), staff.hire(1)[0]
    staff.tenant.add_user("yamada@example.com", mail="Y.Yamada@example.com")
    for name in ("first", "second"):
        staff.tenant.add_user(f"{name}@example.com", mail="twins@example.com")
    rows = [
        LinkRow(user, None, "y.yamada@EXAMPLE.com"),
        LinkRow(twin, None, "twins@example.com"),
        LinkRow(lost, None, "unheard-of@example.com"),
    ]
    operation = staff.start(rows)
    staff.work()
    assert (staff.entered(user).upn, staff.entered(user).state) == ("yamada@example.com", State.ACTIVE)
    assert staff.entered(user).email == "y.yamada@EXAMPLE.com"
    assert staff.failures(operation) == {twin: "mailbox-ambiguous", lost: "mailbox-unknown"}


def test_a_known_upn_stays_where_only_the_address_is_sent(staff: Staff) -> None:
    (user,) = staff.hire(1)
    staff.start(rows_of([user]))
    staff.work()
    staff.start([LinkRow(user, None, "office@example.com")])
    staff.work()
    assert (staff.entered(user).upn, staff.entered(user).email) == ("m0@example.com", "office@example.com")


def test_linking_alone_switches_nobody_on(staff: Staff) -> None:
    users = staff.hire(2)
    operation = staff.start(rows_of(users), enabled=None)
    staff.work()
    assert [(staff.entered(u).enabled, staff.entered(u).state) for u in users] == [(False, State.OFF)] * 2
    assert all(staff.entered(user).mailbox for user in users)
    assert staff.counts(operation) == (2, 0, 0)


def test_with_graph_down_everything_is_stored_and_comes_right_later(staff: Staff) -> None:
    users = staff.hire(3)
    staff.tenant.faults.script(lambda _call: True, fail(503, "ServiceUnavailable"), times=1000)
    operation = staff.start(rows_of(users))
    staff.work()
    assert staff.counts(operation) == (0, 3, 0)
    assert {staff.entered(user).error for user in users} == {"graph-unavailable"}
    staff.tenant.faults.clear_scripts()
    staff.clock.advance(timedelta(minutes=5))
    enqueue_due(staff.services, timedelta(minutes=5))
    staff.work()
    assert {staff.entered(user).state for user in users} == {State.ACTIVE}


def test_a_groupware_that_is_down_is_waited_for(staff: Staff) -> None:
    users = staff.hire(2)
    directory = staff.services.directory
    users_of, is_down = directory.users, [True]

    def down() -> Any:
        if is_down:
            raise TryLater("groupware-unavailable")
        return users_of()

    directory.users = down  # type: ignore[method-assign]
    operation = staff.start(rows_of(users))
    for job in staff.jobs.receive():
        run_job(staff.services, job)
    assert not staff.found(operation).is_done
    is_down.clear()
    staff.work()
    assert staff.counts(operation) == (2, 0, 0)


def test_without_the_groupwares_key_known_people_are_linked_all_the_same(staff: Staff) -> None:
    known, unknown = staff.hire(2)
    staff.connections.put(Connection(ORGANIZATION, known))

    def refused() -> Any:
        raise NeedsAdministrator("groupware-unauthorized")

    staff.services.directory.users = refused  # type: ignore[method-assign]
    operation = staff.start(rows_of([known, unknown]))
    staff.work()
    assert staff.failures(operation) == {unknown: "groupware-unauthorized"}
    assert staff.entered(known).state is State.ACTIVE


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_in_a_chunk_repeats_the_chunk(staff: Staff, after: bool) -> None:
    """The process dies at each step to the outside; the host shows the message again."""
    users = staff.hire(7)
    operation = staff.start(rows_of(users))
    crashes = 0
    while staff.jobs.waiting:
        staff.clock.advance(1)
        for job in staff.jobs.receive():
            for step in range(1, 10):
                staff.fuse.set(step, after)
                try:
                    run_job(staff.services, job)
                except Crash:
                    crashes += 1
                else:
                    break
            staff.fuse.set(None)
    assert crashes >= 3
    assert staff.counts(operation) == (7, 0, 0)
    assert {staff.entered(user).state for user in users} == {State.ACTIVE}


@pytest.mark.usefixtures("small_chunks")
def test_a_chunk_that_is_done_is_not_done_again_and_still_leads_on(staff: Staff) -> None:
    """The process died between storing the result and asking for the next chunk."""
    users = staff.hire(5)
    operation = staff.start(rows_of(users))
    [first] = staff.jobs.receive()
    run_job(staff.services, first)
    staff.jobs.waiting.clear()
    before = staff.tenant.requests.total
    run_job(staff.services, first)
    assert staff.tenant.requests.total == before
    staff.work()
    assert staff.found(operation).is_done


@pytest.mark.usefixtures("small_chunks")
def test_a_chunk_that_fails_five_times_fails_and_the_others_go_on(staff: Staff) -> None:
    users = staff.hire(5)
    operation = staff.start(rows_of(users))
    [first] = staff.jobs.receive()
    record_poison(staff.services, first, "failed-repeatedly")
    staff.work()
    assert staff.failures(operation) == dict.fromkeys(users[:3], "job-poisoned")
    assert staff.counts(operation) == (2, 0, 3)


def test_an_operation_is_its_organizations_own(staff: Staff) -> None:
    operation = staff.start(rows_of(staff.hire(1)))
    assert staff.operations.get("rival", operation.id) is None
    run_job(staff.services, Job("rival", "", task=Task.LINK, operation=operation.id, chunk="0"))
    assert not staff.found(operation).is_done


def test_a_thousand_people_cost_a_hundred_requests(staff: Staff) -> None:
    """Fifty batches for who they are, and fifty for their calendars; storage as the fakes count it."""
    count = 1_000
    for n in range(count):
        staff.tenant.add_user(f"m{n}@example.com")
        staff.connections.put(Connection(ORGANIZATION, f"u{n}"))
    assert isinstance(staff.services.jobs, MemoryJobs)
    before = staff.tenant.requests.count("POST", "/$batch")
    tables = staff.connections.operations
    operation = staff.start(rows_of([f"u{n}" for n in range(count)]))
    staff.work()
    assert staff.counts(operation) == (count, 0, 0)
    assert staff.tenant.requests.count("POST", "/$batch") - before == 100
    assert staff.connections.operations - tables <= 4.1 * count


# -- suggestions ----------------------------------------------------------------------------------------------


def suggested(staff: Staff) -> dict[str, tuple[Suggested, str]]:
    return {one.email: (one.state, one.upn) for one in suggest(staff.services, ORGANIZATION)}


def test_a_mailbox_is_suggested_by_any_of_its_addresses(staff: Staff) -> None:
    staff.groupware.add_user("山田", email="Yamada.Old@Example.com")
    staff.tenant.add_user("yamada@example.com", aliases=("yamada.old@example.com",))
    assert suggested(staff)["Yamada.Old@Example.com"] == (Suggested.FOUND, "yamada@example.com")


def test_what_is_ambiguous_taken_or_missing_says_so(staff: Staff) -> None:
    for name, email in (
        ("二重", "twins@example.com"),
        ("花子の別名", "hanako@example.com"),
        ("なし", "unheard-of@example.com"),
        ("無効", "left@example.com"),
        ("甲", "shared@example.com"),
        ("乙", "SHARED@example.com"),
    ):
        staff.groupware.add_user(name, email=email)
    for name in ("first", "second"):
        staff.tenant.add_user(f"{name}@example.com", mail="twins@example.com")
    staff.tenant.add_user("left@example.com", account_enabled=False)
    staff.tenant.add_user("shared@example.com")
    staff.tenant.add_user("guest_other.test#EXT#@example.com", mail="unheard-of@example.com")
    found = suggested(staff)
    assert found["twins@example.com"] == (Suggested.AMBIGUOUS, "")
    # 花子 herself, who is linked, has this address in the groupware too.
    assert found["hanako@example.com"] == (Suggested.AMBIGUOUS, "")
    assert found["unheard-of@example.com"] == (Suggested.NONE, "")
    assert found["left@example.com"] == (Suggested.NONE, "")
    assert found["shared@example.com"] == found["SHARED@example.com"] == (Suggested.AMBIGUOUS, "")


def test_a_mailbox_of_somebody_else_is_taken(staff: Staff) -> None:
    user = staff.groupware.add_user("代理", email="h.tanaka@example.com")
    staff.tenant.user(staff.oid).aliases.append("h.tanaka@example.com")
    [one] = [s for s in suggest(staff.services, ORGANIZATION) if s.user == user]
    assert (one.state, one.upn, one.holder) == (Suggested.TAKEN, "hanako@example.com", staff.user)


def test_who_is_linked_or_left_is_not_asked_for(staff: Staff) -> None:
    gone = staff.hire(1)[0]
    staff.groupware.remove_user(gone)
    users = {one.user for one in suggest(staff.services, ORGANIZATION)}
    assert staff.user not in users
    assert gone not in users


def test_suggestions_write_nothing(staff: Staff) -> None:
    staff.hire(3)
    stored, writes = list(staff.connections.list(ORGANIZATION)), staff.writes()
    assert len(suggest(staff.services, ORGANIZATION)) == 4
    assert list(staff.connections.list(ORGANIZATION)) == stored
    assert staff.writes() == writes
    assert not staff.jobs.waiting


def test_ten_thousand_mailboxes_are_read_in_eleven_requests(staff: Staff) -> None:
    staff.groupware.add_user("最後", email="m9999@example.com")
    for n in range(10_000):
        staff.tenant.add_user(f"m{n}@example.com")
    before = staff.tenant.requests.total
    assert suggested(staff)["m9999@example.com"] == (Suggested.FOUND, "m9999@example.com")
    assert staff.tenant.requests.total - before == 11
