"""Who is due when, and what becomes of a job: a whole day is played tick by tick."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.passes import new_pass_id
from sync.core.settings import INTERVALS, Connection, OrganizationSettings, PersonSettings, State
from sync.engine.conditions import AUTOMATIC, MANUAL
from sync.engine.schedule import enqueue_due, offset_of, record_poison, request_pass, run_job, slot_before
from sync.engine.services import Services
from sync.errors import Gone, NeedsAdministrator
from sync.ports import Job, PassState
from tests.engine.office import Office
from tests.fakes import (
    START,
    FakeClock,
    FakeMicrosoft365,
    MemoryConnections,
    MemoryCursors,
    MemoryHistory,
    MemoryJobs,
    MemoryLeases,
    MemoryLinks,
    MemoryOrganizations,
    MemoryPasses,
    MemorySecrets,
    MemoryTenants,
    connected,
)

AHEAD = timedelta(minutes=5)
OVERRIDE = OrganizationSettings(may_override_automatic=True)


class Unused:
    """A port that scheduling alone must never ask."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name}")


class House:
    """People without calendars: `tick` is the timer, `work` is a queue whose every pass succeeds at once."""

    def __init__(self, *people: Connection, **organizations: OrganizationSettings) -> None:
        self.clock = FakeClock()
        self.connections = MemoryConnections(people)
        self.organizations = MemoryOrganizations(**organizations)
        self.jobs = MemoryJobs(self.clock)
        self.leases = MemoryLeases(self.clock)
        self.passes = MemoryPasses()
        self.started: list[tuple[datetime, Job]] = []
        self.tenants = MemoryTenants(*(connected(name) for name in {"default", *organizations}))
        self.microsoft365 = FakeMicrosoft365()
        self.services = Services(
            clock=self.clock,
            organizations=self.organizations,
            connections=self.connections,
            links=MemoryLinks(),
            cursors=MemoryCursors(),
            leases=self.leases,
            passes=self.passes,
            history=MemoryHistory(),
            jobs=self.jobs,
            secrets=MemorySecrets(),
            calendars=cast(Any, Unused()),
            directory=cast(Any, Unused()),
            mailboxes=cast(Any, Unused()),
            tenants=self.tenants,
            microsoft365=self.microsoft365,
        )

    def tick(self) -> int:
        return enqueue_due(self.services, AHEAD).queued

    def work(self, is_lost: Callable[[datetime, Job], bool] = lambda at, job: False) -> None:
        """Everything that became visible so far runs, at its own time; a lost message vanishes."""
        now = self.clock.now()
        for at, job in sorted(self.jobs.waiting, key=lambda item: item[0]):
            if at <= now and not is_lost(at, job):
                self.started.append((at, job))
                found = self.connections.get(job.organization, job.user)
                assert found is not None
                self.connections.update(found, queued_until=None)
        self.jobs.waiting = [item for item in self.jobs.waiting if item[0] > now]

    def play(self, pauses: Iterable[float]) -> None:
        """The timer runs, then time goes by, again and again."""
        for pause in pauses:
            self.work()
            self.tick()
            self.clock.advance(pause)
        self.work()

    def who(self, user: str, organization: str = "default") -> Connection:
        found = self.connections.get(organization, user)
        assert found is not None
        return found


def person(user: str, organization: str = "default", **values: Any) -> Connection:
    return Connection(organization, user, mailbox=f"m-{user}", enabled=True, state=State.ACTIVE, **values)


def crowd(count: int) -> list[Connection]:
    return [person(f"user{n:05d}") for n in range(count)]


def every(minutes: int, **changes: Any) -> OrganizationSettings:
    return OrganizationSettings(interval=minutes, **changes)


# -- slots ----------------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=12), st.sampled_from(INTERVALS), st.integers(0, 10**8))
def test_the_slot_is_the_last_one_before_the_horizon(user: str, interval: int, later: int) -> None:
    horizon = START + timedelta(seconds=later)
    slot = slot_before(person(user), interval, horizon)
    assert slot < horizon <= slot + timedelta(minutes=interval)
    assert int(slot.timestamp()) % (interval * 60) == offset_of(person(user), interval)


def test_people_of_two_organizations_with_one_id_have_places_of_their_own() -> None:
    offsets = {offset_of(person("suzuki", organization), 60) for organization in ("default", "rival")}
    assert len(offsets) == 2


# -- evenly spread --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", INTERVALS)
def test_ten_thousand_people_are_spread_over_the_interval(interval: int) -> None:
    house = House(*crowd(10_000), default=every(interval))
    house.play([300])  # everybody is new: their first pass
    first = house.started
    house.started = []
    house.play([300] * (interval // 5))

    assert len(first) + len(house.jobs.waiting) >= 10_000
    check_spread(first, seconds=300)
    check_spread(house.started, seconds=interval * 60)
    assert max(Counter(job.user for _, job in house.started).values()) == 1
    per_tick = Counter(int(at.timestamp()) // 300 for at, _ in house.started)
    share = 10_000 * 5 / interval
    assert max(per_tick.values()) < share * 1.15


def check_spread(started: list[tuple[datetime, Job]], seconds: int) -> None:
    """No second gets more than its share and what chance adds to it."""
    per_second = Counter(int(at.timestamp()) for at, _ in started)
    mean = len(started) / seconds
    assert max(per_second.values()) <= mean + 6 * mean**0.5 + 1
    assert len(per_second) > seconds * 0.7


# -- exactly once ---------------------------------------------------------------------------------------------


def starts_by_person(house: House) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for at, job in house.started:
        found.setdefault(job.user, []).append(at)
    return found


def turns(starts: list[datetime], who: Connection, interval: int) -> list[int]:
    """The number of the person's own interval in which each start lies."""
    offset, period = offset_of(who, interval), interval * 60
    return [(int(at.timestamp()) - offset) // period for at in starts]


@pytest.mark.parametrize("interval", INTERVALS)
def test_on_a_day_of_even_ticks_everyone_runs_exactly_once_per_interval(interval: int) -> None:
    people = crowd(40)
    house = House(*people, default=every(interval))
    house.play([300] * 288)
    for who in people:
        numbers = turns(starts_by_person(house)[who.user], who, interval)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) >= 24 * 60 // interval


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("seed", range(3))
def test_with_ticks_that_are_late_or_early_everyone_still_runs_once_per_interval(
    interval: int, seed: int
) -> None:
    """Each tick up to two minutes off its time."""
    chance = random.Random(seed)
    at = [300 * n + chance.randint(-120, 120) for n in range(1, 145)]
    people = crowd(25)
    house = House(*people, default=every(interval))
    house.play([later - sooner for sooner, later in itertools.pairwise([0, *at])])
    for who in people:
        numbers = turns(starts_by_person(house)[who.user], who, interval)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) >= 12 * 60 // interval - 1


@pytest.mark.parametrize("interval", INTERVALS)
def test_a_tick_that_never_came_costs_nobody_a_turn(interval: int) -> None:
    people = crowd(60)
    house = House(*people, default=every(interval))
    house.play([300, 300, 600, 300, 300, 600, 600, *[300] * 24])
    for who in people:
        numbers = turns(starts_by_person(house)[who.user], who, interval)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_after_hours_without_a_timer_everyone_runs_once_and_not_at_once() -> None:
    people = crowd(3000)
    house = House(*people, default=every(10))
    house.play([300] * 4)
    house.clock.advance(timedelta(hours=6))
    house.started = []
    house.play([300])
    assert max(Counter(job.user for _, job in house.started).values()) == 1
    check_spread(house.started, seconds=300)
    assert len(house.started) + len(house.jobs.waiting) >= 3000


def test_two_timers_at_the_same_moment_queue_nobody_twice() -> None:
    house = House(*crowd(50))
    assert house.tick() == 50
    assert house.tick() == 0


# -- pending and lost jobs ------------------------------------------------------------------------------------


def test_a_job_that_is_pending_is_not_queued_again() -> None:
    """The queue is stuck: a turn later the old message is still there."""
    house = House(person("suzuki"), default=every(10))
    house.tick()
    for _ in range(3):
        house.clock.advance(timedelta(minutes=5))
        found = enqueue_due(house.services, AHEAD)
        assert len(house.jobs.waiting) == 1
    assert found.pending == 1


def test_a_lost_message_is_asked_for_again_after_its_time() -> None:
    house = House(person("suzuki"), default=every(10))
    house.play([300] * 12)
    lost: list[datetime] = []

    def is_lost(at: datetime, job: Job) -> bool:
        lost.append(at)
        return len(lost) == 1

    while not lost:
        house.work(is_lost)
        house.tick()
        house.clock.advance(300)
    house.started = []
    house.play([300] * 12)
    gap = house.started[0][0] - lost[0]
    assert timedelta(minutes=20) <= gap <= timedelta(minutes=40)
    assert max(Counter(house.started).values()) == 1


def test_a_manual_pass_does_not_make_a_pending_automatic_job_come_twice() -> None:
    with closing(Office()) as office:
        enqueue_due(office.services, AHEAD)
        [(visible_at, _)] = office.jobs.waiting
        office.use_cases.sync_now(office.person)
        assert office.person.queued_until is not None
        assert office.person.queued_until > visible_at


def test_an_automatic_pass_frees_the_turn() -> None:
    with closing(Office()) as office:
        enqueue_due(office.services, AHEAD)
        office.clock.advance(timedelta(hours=1))
        [job] = office.jobs.receive()
        record = run_job(office.services, job)
        assert record is not None
        assert record.state is PassState.DONE
        assert office.person.queued_until is None


# -- who is due at all ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("common", "who", "is_due"),
    [
        (OrganizationSettings(), person("a"), True),
        (OrganizationSettings(), replace(person("a"), enabled=False), False),
        (OrganizationSettings(sync=False), person("a"), False),
        (OrganizationSettings(automatic=False), person("a"), False),
        (OrganizationSettings(), person("a", settings=PersonSettings(sync=False)), False),
        (OrganizationSettings(sync=False), person("a", settings=PersonSettings(sync=True)), True),
        (
            OrganizationSettings(may_override_sync=False),
            person("a", settings=PersonSettings(sync=False)),
            True,
        ),
        (OrganizationSettings(), person("a", settings=PersonSettings(automatic=False)), True),
        (OVERRIDE, person("a", settings=PersonSettings(automatic=False)), False),
        (replace(OVERRIDE, automatic=False), person("a", settings=PersonSettings(automatic=True)), True),
        (
            OrganizationSettings(automatic=False),
            person("a", settings=PersonSettings(automatic=True)),
            False,
        ),
    ],
)
def test_switches_and_overrides_decide_who_is_due(
    common: OrganizationSettings, who: Connection, is_due: bool
) -> None:
    house = House(who, default=common)
    assert house.tick() == int(is_due)


@pytest.mark.parametrize(("common", "expected"), [(OrganizationSettings(), 60), (OVERRIDE, 10)])
def test_a_persons_own_interval_counts_only_where_it_is_allowed(
    common: OrganizationSettings, expected: int
) -> None:
    who = person("suzuki", settings=PersonSettings(interval=10))
    house = House(who, default=common)
    house.play([300] * 144)
    steady = starts_by_person(house)["suzuki"][2:]
    assert {b - a for a, b in itertools.pairwise(steady)} == {timedelta(minutes=expected)}


def test_a_new_person_runs_before_the_next_tick() -> None:
    house = House(person("suzuki"), default=every(60))
    house.play([300] * 3)
    house.connections.put(person("tanaka"))
    house.tick()
    waiting = [at for at, job in house.jobs.waiting if job.user == "tanaka"]
    assert len(waiting) == 1
    assert waiting[0] < house.clock.now() + AHEAD


def test_a_shorter_interval_takes_effect_at_the_next_tick() -> None:
    house = House(*crowd(20), default=every(60))
    house.play([300] * 14)
    house.organizations.put("default", every(10))
    house.started = []
    house.play([300] * 6)
    assert min(Counter(job.user for _, job in house.started).values()) >= 2


def test_the_default_organization_exists_before_anything_is_stored() -> None:
    house = House(person("suzuki"))
    assert house.organizations.ids() == []
    assert house.tick() == 1


def test_organizations_keep_their_own_interval_and_people() -> None:
    house = House(
        person("suzuki"),
        person("suzuki", "rival"),
        default=every(60),
        rival=every(10),
    )
    house.play([300] * 24)
    counts = Counter(job.organization for _, job in house.started)
    assert counts["default"] in (2, 3)
    assert counts["rival"] in (12, 13)


def test_a_person_of_an_organization_that_is_not_stored_is_not_served() -> None:
    house = House(person("suzuki", "unknown"))
    assert house.tick() == 0


# -- one bad apple --------------------------------------------------------------------------------------------


def test_a_person_who_is_deleted_during_the_tick_stops_nobody() -> None:
    house = House(person("a"), person("b"), person("c"))
    update = house.connections.update

    def leave(connection: Connection, **changes: object) -> None:
        if connection.user == "b":
            house.connections.delete("default", "b")
            raise Gone("connection-gone", {"user": "b"})
        update(connection, **changes)

    house.connections.update = leave  # type: ignore[method-assign]
    assert house.tick() == 2
    assert {job.user for _, job in house.jobs.waiting} == {"a", "c"}


def test_an_organization_whose_settings_are_damaged_stops_no_other() -> None:
    house = House(person("a", "broken"), person("b"), broken=every(60), default=every(60))
    get = house.organizations.get

    def damaged(organization: str) -> OrganizationSettings:
        if organization == "broken":
            raise NeedsAdministrator("settings-damaged", {"setting": "interval"})
        return get(organization)

    house.organizations.get = damaged  # type: ignore[method-assign]
    assert house.tick() == 1
    assert [job.user for _, job in house.jobs.waiting] == ["b"]


# -- what becomes of a job ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("common", "who", "trigger"),
    [
        (OrganizationSettings(), replace(person("a"), enabled=False), AUTOMATIC),
        (OrganizationSettings(), replace(person("a"), enabled=False), MANUAL),
        (OrganizationSettings(sync=False), person("a"), AUTOMATIC),
        (OrganizationSettings(automatic=False), person("a"), AUTOMATIC),
    ],
)
def test_a_job_of_someone_switched_off_meanwhile_is_dropped(
    common: OrganizationSettings, who: Connection, trigger: str
) -> None:
    house = House(replace(who, queued_until=FakeClock().now() + timedelta(hours=1)), default=common)
    assert run_job(house.services, Job("default", "a", trigger)) is None
    assert house.jobs.waiting == []
    assert house.who("a").queued_until is None


def test_a_job_of_someone_unknown_is_dropped() -> None:
    house = House()
    assert run_job(house.services, Job("default", "nobody")) is None


def test_a_queued_pass_of_someone_switched_off_ends_and_says_why() -> None:
    """Who watches it by its id must not wait for ever."""
    house = House(replace(person("a"), enabled=False))
    record = request_pass(house.services, house.who("a"))
    [job] = house.jobs.receive()
    run_job(house.services, job)
    stored = house.passes.get(record.id)
    assert stored is not None
    assert (stored.state, stored.error) == (PassState.FAILED, "sync-off")
    assert stored.finished_at is not None


def test_a_queued_pass_of_someone_deleted_ends_and_says_why() -> None:
    house = House(person("a"))
    record = request_pass(house.services, house.who("a"))
    house.connections.delete("default", "a")
    [job] = house.jobs.receive()
    run_job(house.services, job)
    stored = house.passes.get(record.id)
    assert stored is not None
    assert (stored.state, stored.error) == (PassState.FAILED, "connection-gone")


def test_a_manual_job_that_meets_a_running_pass_comes_back() -> None:
    house = House(person("a"))
    record = request_pass(house.services, house.who("a"))
    [job] = house.jobs.receive()
    house.leases.acquire(house.who("a"), "another worker")
    assert run_job(house.services, job) is None
    [(at, again)] = house.jobs.waiting
    assert again == job
    assert again.pass_id == record.id
    assert timedelta(seconds=5) <= at - house.clock.now() <= timedelta(minutes=1)


def test_an_automatic_job_that_meets_a_running_pass_is_dropped_and_frees_the_turn() -> None:
    house = House(person("a"))
    house.tick()
    house.clock.advance(timedelta(hours=1))
    [job] = house.jobs.receive()
    house.leases.acquire(house.who("a"), "another worker")
    assert run_job(house.services, job) is None
    assert house.jobs.waiting == []
    assert house.who("a").queued_until is None


def test_the_dates_of_a_screen_travel_with_the_job() -> None:
    house = House(person("a"))
    first, until = date(2026, 11, 1), date(2026, 12, 1)
    request_pass(house.services, house.who("a"), first, until)
    [(_, job)] = house.jobs.waiting
    assert (job.trigger, job.first, job.until) == (MANUAL, "2026-11-01", "2026-12-01")


@pytest.fixture
def office() -> Iterator[Office]:
    with closing(Office()) as office:
        yield office


def test_a_queued_pass_keeps_its_id_from_request_to_report(office: Office) -> None:
    record = request_pass(office.services, office.person)
    assert record.state is PassState.QUEUED
    [job] = office.jobs.receive()
    run_job(office.services, job)
    stored = office.passes.get(record.id)
    assert stored is not None
    assert stored.state is PassState.DONE


# -- poison ---------------------------------------------------------------------------------------------------


def test_a_poisoned_job_is_recorded_and_frees_the_turn() -> None:
    house = House(replace(person("a"), queued_until=FakeClock().now() + timedelta(hours=3)))
    record_poison(house.services, Job("default", "a"), "failed-repeatedly")
    [record] = house.passes.list("default", "a")
    assert (record.state, record.error, record.trigger) == (PassState.FAILED, "job-poisoned", AUTOMATIC)
    assert (house.who("a").error, house.who("a").last_pass) == ("job-poisoned", record.id)
    assert house.who("a").queued_until is None
    assert house.tick() == 1


def test_a_poisoned_manual_job_ends_the_pass_that_somebody_watches() -> None:
    house = House(person("a"))
    watched = new_pass_id("default", "a", house.clock.now())
    record_poison(house.services, Job("default", "a", MANUAL, watched), "failed-repeatedly")
    stored = house.passes.get(watched)
    assert stored is not None
    assert stored.state is PassState.FAILED


def test_a_poisoned_job_of_nobody_is_only_logged() -> None:
    house = House()
    record_poison(house.services, Job("default", "nobody"), "failed-repeatedly")
    assert house.passes.list("default", "nobody") == []


def test_a_crash_between_mark_and_message_costs_turns_but_never_doubles() -> None:
    house = House(person("a"), default=every(10))
    enqueue = house.jobs.enqueue

    def crash(job: Job, delay: float = 0.0) -> None:
        raise KeyboardInterrupt

    house.jobs.enqueue = crash  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        house.tick()
    house.jobs.enqueue = enqueue  # type: ignore[method-assign]
    house.play([300] * 12)
    numbers = turns(starts_by_person(house)["a"], house.who("a"), 10)
    assert len(numbers) == len(set(numbers))
    assert len(numbers) >= 3
