"""What is over its time goes, once a day for each person, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync.core.event import Side
from sync.core.passes import new_pass_id
from sync.core.settings import Connection, OrganizationSettings
from sync.engine import retention
from sync.engine.retention import Retention
from sync.engine.schedule import enqueue_due
from sync.errors import NeedsAdministrator, TryLater
from sync.ports import Kept, PassRecord, PassState
from tests.engine.test_schedule import House
from tests.fakes import MemoryHistory

SUZUKI = Connection("default", "suzuki")
DAY = timedelta(days=1)


class Archive(House):
    def tidy(self) -> int:
        """One run of the timer."""
        run = Retention(self.services)
        enqueue_due(self.services, timedelta(minutes=5), run.look_at)
        return run.carry_out()

    def record(self, days: float, user: str = "suzuki", state: PassState = PassState.DONE) -> str:
        """A pass so many days ago."""
        at = self.clock.now() - timedelta(days=days)
        record = PassRecord(new_pass_id("default", user, at), "default", user, state, "manual", at)
        self.passes.save(record)
        return record.id

    def lose(self, days: float, user: str = "suzuki") -> None:
        """A value lost so many days ago."""
        at = self.clock.now() - timedelta(days=days)
        self.history.keep([Kept("default", user, f"p{days}", at, Side.OUTLOOK, "e", "l", "title", '"x"')])

    @property
    def history(self) -> MemoryHistory:
        found = self.services.history
        assert isinstance(found, MemoryHistory)
        return found

    def ages(self, user: str = "suzuki") -> tuple[list[int], list[int]]:
        now: datetime = self.clock.now()
        passes = [(now - one.started_at).days for one in self.passes.each("default", user)]
        return passes, [(now - one.at).days for one in self.history.each("default", user)]


def test_passes_are_kept_for_90_days_and_lost_values_for_365() -> None:
    house = Archive(SUZUKI)
    for days in (1, 89, 90, 91, 364, 366, 4000):
        house.record(days)
        house.lose(days)
    assert house.tidy() == 4 + 2
    assert house.ages() == ([1, 89, 90], [1, 89, 90, 91, 364])


def test_the_administrator_says_how_long() -> None:
    settings = OrganizationSettings(keep_passes_days=7, keep_history_days=30)
    house = Archive(SUZUKI, default=settings)
    for days in (6, 8, 29, 31):
        house.record(days)
        house.lose(days)
    house.tidy()
    assert house.ages() == ([6], [6, 8, 29])


def test_the_last_pass_and_a_confirmed_one_stay_however_old() -> None:
    house = Archive(SUZUKI)
    held, confirmed, old = (house.record(days, state=PassState.HELD) for days in (200, 300, 400))
    house.connections.update(SUZUKI, last_pass=held, confirmed_pass=confirmed)
    house.tidy()
    assert [one.id for one in house.passes.each("default", "suzuki")] == [held, confirmed]
    house.connections.update(SUZUKI, last_pass=house.record(0), confirmed_pass="")
    house.clock.advance(DAY)
    house.tidy()
    assert house.passes.get(held) is house.passes.get(confirmed) is house.passes.get(old) is None


def test_each_person_is_looked_at_once_a_day() -> None:
    house = Archive(SUZUKI)
    house.tidy()
    before = house.passes.operations, house.history.operations, house.connections.operations
    for _ in range(200):
        house.clock.advance(timedelta(minutes=5))
        house.tidy()
    # What the timer needs anyway: one listing each time.
    after = (before[0], before[1], before[2] + 200)
    assert (house.passes.operations, house.history.operations, house.connections.operations) == after
    house.record(100)
    house.clock.advance(DAY)
    assert house.tidy() == 1


def test_a_look_that_finds_nothing_costs_two_requests_and_a_mark() -> None:
    house = Archive(SUZUKI)
    house.record(1)
    house.lose(1)
    before = house.passes.operations + house.history.operations + house.connections.operations
    house.tidy()
    after = house.passes.operations + house.history.operations + house.connections.operations
    assert after - before == 2 + 1 + 1  # and the timer's listing


def test_people_who_are_switched_off_are_tidied_up_too() -> None:
    house = Archive(replace(SUZUKI, enabled=False))
    house.record(100)
    assert house.tidy() == 1


def test_no_more_than_so_many_people_and_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PEOPLE", 3)
    monkeypatch.setattr(retention, "ROWS", 10)
    people = [Connection("default", f"user{number}") for number in range(7)]
    house = Archive(*people)
    for number in range(25):
        house.record(100 + number, "user0")
        house.record(100 + number, "user6")
    rows = []
    for _ in range(7):
        rows.append(house.tidy())
        house.clock.advance(timedelta(minutes=5))
    # user0 comes again until its rows are gone, and others take their turns beside it.
    assert rows == [10, 10, 15, 10, 5, 0, 0]
    assert house.ages("user0") == house.ages("user6") == ([], [])


def test_one_person_s_trouble_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    house = Archive(SUZUKI, Connection("default", "tanaka"))
    house.record(100)
    house.record(100, "tanaka")
    inner, asked = house.passes.delete_before, []

    def failing(organization: str, user: str, *rest: Any, **more: Any) -> int:
        asked.append(user)
        if user == "suzuki":
            raise NeedsAdministrator("storage-refused")
        return inner(organization, user, *rest, **more)

    monkeypatch.setattr(house.passes, "delete_before", failing)
    assert house.tidy() == 1
    house.clock.advance(timedelta(minutes=5))
    house.tidy()
    assert sorted(asked) == ["suzuki", "tanaka"], "tried again tomorrow, not with every turn of the timer"


def test_a_storage_that_is_down_does_not_fail_the_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    house = Archive(SUZUKI)

    def down(*_: object, **__: object) -> int:
        raise TryLater("storage-unavailable")

    monkeypatch.setattr(house.passes, "delete_before", down)
    run = Retention(house.services)
    enqueue_due(house.services, timedelta(minutes=5), run.look_at)
    monkeypatch.setattr(house.connections, "update", down)
    assert run.carry_out() == 0


def test_a_person_who_is_forgotten_meanwhile_does_not_come_back() -> None:
    house = Archive(SUZUKI)
    run = Retention(house.services)
    enqueue_due(house.services, timedelta(minutes=5), run.look_at)
    house.connections.delete("default", "suzuki")
    run.carry_out()
    assert house.connections.get("default", "suzuki") is None
