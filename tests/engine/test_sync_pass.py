"""One pass at a time, over the real adapters and both simulators: leases, windows, settings, and what stops it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

import pytest

from sync.core.event import Side
from sync.core.settings import (
    ConflictRule,
    Connection,
    Direction,
    OrganizationSettings,
    PersonSettings,
    State,
    WindowSettings,
)
from sync.core.snapshot import Snapshot
from sync.core.tenant import TenantState
from sync.core.window import BaseRange, Window
from sync.engine.conditions import MANUAL, PREVIEW, Asked, window_for
from sync.engine.schedule import enqueue_due, run_job
from sync.engine.sync_pass import run_pass
from sync.errors import CannotSync, LeaseLost, SyncError, TryLater
from sync.ports import Outcome, PassState, Write
from sync.sandbox.faults import drop, fail, throttled
from tests.e2e.world import Crash
from tests.engine.office import ORGANIZATION, G, O, Office, Wrapped, lying
from tests.fakes import START, MemoryConnections
from tests.real_tokens import real_tokens

TODAY = WindowSettings(BaseRange.TODAY, 7, 7)


@pytest.fixture
def office() -> Iterator[Office]:
    with closing(Office()) as office:
        yield office


def office_with(**settings: Any) -> Office:
    return Office(OrganizationSettings(**settings))


def counts(report: Any) -> dict[str, dict[str, int]]:
    return cast(dict[str, dict[str, int]], report["counts"])


def category_of(name: str) -> dict[str, Any]:
    return {"categories": [name]}


# -- the lease ------------------------------------------------------------------------------------------------


class Meeting(Wrapped):
    """Two passes that read at the same moment would meet here."""

    inside = 0
    most = 0
    lock = threading.Lock()

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        with self.lock:
            Meeting.inside += 1
            Meeting.most = max(Meeting.most, Meeting.inside)
        try:
            return self.inner.changes(window, cursor)
        finally:
            with self.lock:
                Meeting.inside -= 1


def test_passes_of_one_person_never_run_at_the_same_time(office: Office) -> None:
    for n in range(10):
        office.add(G, f"E{n}", n % 5)
    office.open_with = lying(G, Meeting)
    Meeting.inside = Meeting.most = 0
    count = 8
    together = threading.Barrier(count)
    results: list[str] = []

    def go() -> None:
        together.wait()
        try:
            results.append(run_pass(office.services, office.person, Asked()).state)
        except LeaseLost:
            results.append("busy")

    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Meeting.most == 1
    assert len(results) == count
    assert set(results) <= {PassState.DONE, "busy"}
    assert office.titles(O) == office.titles(G)


def test_a_second_pass_is_refused_while_one_runs(office: Office) -> None:
    refused: list[str] = []

    class Second(Wrapped):
        def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
            with pytest.raises(LeaseLost):
                run_pass(office.services, office.person, Asked())
            refused.append("while running")
            return self.inner.changes(window, cursor)

    office.open_with = lying(O, Second)
    assert office.sync().state is PassState.DONE
    assert refused


def test_people_do_not_wait_for_each_other(office: Office) -> None:
    other = Connection(ORGANIZATION, office.other_user, mailbox=office.tenant.add_user("taro@example.com").id)
    office.connections.put(other)
    assert office.leases.acquire(office.person, "someone") is not None
    assert office.sync(who=other).state is PassState.DONE


def test_the_lease_of_a_dead_process_ends_by_itself_and_the_next_pass_finishes(office: Office) -> None:
    for n in range(30):
        office.add(G, f"E{n}", n % 5)
    office.fuse.set(12)  # in the middle of writing
    with pytest.raises(Crash):
        run_pass(replace(office.services, leases=cast(Any, DeadHands(office))), office.person, Asked())
    office.fuse.set(None)
    assert 0 < len(office.titles(O)) < 30
    with pytest.raises(LeaseLost):
        office.sync()
    office.clock.advance(timedelta(seconds=121))
    assert office.sync().state is PassState.DONE
    assert office.titles(O) == office.titles(G)
    assert len(office.titles(O)) == 30


class DeadHands:
    """The leases of a process that dies: nothing is given back."""

    def __init__(self, office: Office) -> None:
        self._leases = office.leases

    def acquire(self, connection: Connection, holder: str) -> Any:
        lease = self._leases.acquire(connection, holder)
        assert lease is not None
        lease.release = lambda: None  # type: ignore[method-assign]
        return lease


@pytest.mark.parametrize("act", ["edit", "delete", "create"])
def test_a_pass_that_lost_its_lease_while_reading_writes_nothing(office: Office, act: str) -> None:
    """It was away longer than its lease lasts, and another pass did the work meanwhile."""
    office.fill(3)
    match act:
        case "edit":
            office.groupware.edit(
                office.groupware.events_of(office.user)[0]["id"], {"title": "edited"}, by=office.user
            )
        case "delete":
            office.remove(G, "E0")
        case _:
            office.add(G, "new")
    ran: list[int] = []

    class Away(Wrapped):
        def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
            found = self.inner.changes(window, cursor)
            if not ran:
                ran.append(0)
                office.clock.advance(timedelta(seconds=121))
                assert run_pass(office.services, office.person, Asked()).state is PassState.DONE
                ran[0] = office.writes()
            return found

    office.open_with = lying(O, Away)
    with pytest.raises(LeaseLost):
        office.sync()
    assert office.writes() == ran[0]
    assert office.titles(O) == office.titles(G)


@pytest.mark.parametrize("side", [G, O])
def test_a_writer_that_was_overtaken_makes_no_event_twice(office: Office, side: Side) -> None:
    """It waited too long between two writes; another pass took over and finished; then it woke up again."""
    for n in range(45):
        office.add(side.other, f"E{n}", n % 5)
    ran: list[PassState] = []

    class Slow(Wrapped):
        def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
            for outcome in self.inner.write(writes):
                yield outcome
                if not ran:
                    ran.append(PassState.RUNNING)
                    office.clock.advance(timedelta(seconds=121))
                    ran.append(run_pass(office.services, office.person, Asked()).state)

    office.open_with = lying(side, Slow)
    with pytest.raises(LeaseLost):
        office.sync()
    assert ran == [PassState.RUNNING, PassState.DONE]
    assert office.titles(G) == office.titles(O)
    assert len(office.titles(side)) == 45
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.writes() == writes


# -- preview --------------------------------------------------------------------------------------------------


def test_a_preview_says_what_a_pass_would_do_and_does_nothing(office: Office) -> None:
    office.fill(4)
    office.add(G, "new here")
    office.add(O, "new there")
    office.remove(G, "E0")
    with office.nothing_written():
        before = office.person
        record = office.sync(Asked(PREVIEW))
        assert office.person == before
    assert record.state is PassState.PREVIEW
    found = counts(record.report)
    assert found["outlook"] == {"create": 1, "delete": 1}
    assert found["groupware"] == {"create": 1}
    done = office.sync()
    assert counts(done.report)["outlook"] == found["outlook"]


def test_a_preview_before_the_first_pass_stores_nothing(office: Office) -> None:
    office.add(G, "first")
    with office.nothing_written():
        record = office.sync(Asked(PREVIEW))
    assert record.state is PassState.PREVIEW
    assert office.stored() == ([], [], None)


def test_a_preview_of_nothing_is_a_preview_and_leaves_the_person_alone(office: Office) -> None:
    office.fill(2)
    enqueue_due(office.services, timedelta(minutes=5))
    office.sync(Asked())
    before = office.person
    with office.nothing_written():
        record = office.sync(Asked(PREVIEW))
    assert record.state is PassState.PREVIEW
    assert office.person == before
    assert office.passes.get(record.id) is not None


def test_a_preview_that_fails_says_so_and_leaves_the_person_alone(office: Office) -> None:
    office.fill(2)
    before = office.person
    office.tenant.remove_user(office.oid)
    record = office.sync(Asked(PREVIEW))
    assert (record.state, record.error) == (PassState.FAILED, "user-missing")
    assert office.person == before


def test_a_preview_shows_ids_and_reasons_and_no_content(office: Office) -> None:
    office.add(G, "秘密の会議", place="秘密の場所", memo="秘密の本文")
    record = office.sync(Asked(PREVIEW))
    text = json.dumps(record.report, ensure_ascii=False)
    assert "秘密" not in text
    assert "groupwareId" in text


# -- windows --------------------------------------------------------------------------------------------------


def test_a_manual_pass_with_dates_leaves_the_automatic_place_alone(office: Office) -> None:
    office.change(manual_window=WindowSettings(BaseRange.TODAY, 0, 0))
    office.fill(3)
    place = office.cursors.load(office.person)
    office.add(G, "in January", 60)
    office.add(G, "soon", 2)
    first = START.date() + timedelta(days=50)
    record = office.sync(Asked(MANUAL, "", first, first + timedelta(days=40)))
    assert record.state is PassState.DONE
    assert "in January" in office.titles(O)
    assert office.cursors.load(office.person) == place
    automatic = office.sync()
    assert "soon" in office.titles(O)
    assert counts(automatic.report)["outlook"] == {"create": 1}


def test_a_manual_pass_of_the_automatic_window_moves_the_place(office: Office) -> None:
    office.fill(3)
    office.add(G, "soon", 2)
    place = office.cursors.load(office.person)
    office.sync(Asked(MANUAL))
    assert office.cursors.load(office.person) != place
    office.sync()
    assert office.titles(O).count("soon") == 1


@pytest.mark.parametrize(
    ("asked", "first", "until"),
    [
        (Asked(), date(2026, 11, 15), date(2026, 11, 24)),
        (Asked(MANUAL), date(2026, 10, 29), date(2026, 12, 4)),
        (Asked(PREVIEW), date(2026, 10, 29), date(2026, 12, 4)),
        (
            Asked(MANUAL, "", date(2027, 1, 1), date(2027, 2, 1)),
            date(2026, 12, 29),
            date(2027, 2, 4),
        ),
    ],
)
def test_the_window_is_the_one_that_was_asked_for_widened(asked: Asked, first: date, until: date) -> None:
    settings = OrganizationSettings(
        automatic_window=WindowSettings(BaseRange.THIS_WEEK, 0, 2),
        manual_window=WindowSettings(BaseRange.THIS_MONTH, 3, 3),
    )
    now = START.replace(day=16)
    assert window_for(settings, asked, now) == Window(first, until, "Asia/Tokyo")


def test_the_window_turns_at_midnight_of_the_organization() -> None:
    settings = OrganizationSettings(automatic_window=WindowSettings(BaseRange.TODAY, 0, 0))
    before = START.replace(hour=14, minute=59)  # 23:59 in Tokyo
    days = [window_for(settings, Asked(), now).first for now in (before, before + timedelta(minutes=1))]
    assert days == [date(2026, 11, 2), date(2026, 11, 3)]


def test_what_leaves_the_window_by_the_clock_is_archived_and_never_deleted() -> None:
    with closing(office_with(automatic_window=TODAY)) as office:
        office.fill(5)
        for _ in range(15):
            office.clock.advance(timedelta(days=1))
            writes = office.writes()
            assert office.sync().state is PassState.DONE
            assert office.writes() == writes
        assert len(office.titles(G)) == len(office.titles(O)) == 5
        links, _ = office.links.load(office.person)
        assert len(links) == 5


def test_what_was_archived_is_not_asked_for_any_more() -> None:
    """Else a year of old events would be read by id at every midnight."""
    with closing(office_with(automatic_window=TODAY)) as office:
        office.fill(5)
        office.clock.advance(timedelta(days=20))
        # Cursor and listing; a token that has expired, and the round.
        assert office.sync().report["requests"] == {"groupware": 2, "outlook": 2}


def test_what_enters_the_window_by_the_clock_comes_by_itself() -> None:
    with closing(office_with(automatic_window=TODAY)) as office:
        office.fill(1)
        office.add(G, "in nine days", 9)
        office.add(O, "in ten days", 10)
        office.sync()
        assert office.both("in nine days") == [G]
        office.clock.advance(timedelta(days=2))
        office.sync()
        assert office.both("in nine days") == [G, O]
        assert office.both("in ten days") == [O]
        office.clock.advance(timedelta(days=1))
        office.sync()
        assert office.both("in ten days") == [G, O]


def test_a_deletion_outside_the_window_is_not_carried_over() -> None:
    """The archived event stays on the other side: nobody looks there any more, so nobody may delete there."""
    with closing(office_with(automatic_window=TODAY)) as office:
        office.fill(3)
        office.clock.advance(timedelta(days=20))
        office.sync()
        office.remove(G, "E0")
        office.sync()
        assert len(office.titles(O)) == 3


def test_an_event_that_is_dragged_out_of_the_window_is_finished_first() -> None:
    with closing(office_with(automatic_window=TODAY)) as office:
        [event] = office.fill(1)
        office.groupware.edit(event, {"start": "2027-03-01T10:00:00", "title": "far away"}, by=office.user)
        office.sync()
        assert office.both("far away") == [G, O]


def test_an_archived_event_that_comes_back_is_the_same_event() -> None:
    with closing(office_with(automatic_window=TODAY)) as office:
        [event] = office.fill(1)
        office.clock.advance(timedelta(days=20))
        office.sync()
        today = office.clock.now().date().isoformat()
        office.groupware.edit(event, {"start": f"{today}T15:00:00"}, by=office.user)
        office.sync()
        assert len(office.titles(O)) == 1
        assert office.mailbox.events()[0]["start"]["dateTime"].startswith(today)


# -- settings -------------------------------------------------------------------------------------------------


def test_sync_switched_off_stops_the_job_and_on_again_goes_on(office: Office) -> None:
    office.fill(2)
    office.change_person(PersonSettings(sync=False))
    office.add(G, "meanwhile")
    enqueue_due(office.services, timedelta(hours=1))
    assert office.jobs.waiting == []
    office.change_person(PersonSettings())
    enqueue_due(office.services, timedelta(hours=1))
    [(_, job)] = office.jobs.waiting
    assert run_job(office.services, job) is not None
    assert office.both("meanwhile") == [G, O]


@pytest.mark.parametrize(
    ("direction", "kept"), [(Direction.TO_OUTLOOK, G), (Direction.TO_GROUPWARE, O)], ids=str
)
def test_in_one_direction_only_the_other_side_is_written_to(direction: Direction, kept: Side) -> None:
    with closing(office_with(direction=direction)) as office:
        office.add(G, "ours")
        office.add(O, "theirs")
        office.sync()
        assert office.both("ours") == ([G, O] if kept is G else [G])
        assert office.both("theirs") == ([G, O] if kept is O else [O])
        before = office.titles(kept)
        for title in office.titles(kept.other):
            office.remove(kept.other, title)
        office.sync()
        assert office.titles(kept) == before


def test_what_the_direction_held_back_comes_when_the_direction_changes(office: Office) -> None:
    office.change(direction=Direction.TO_OUTLOOK)
    [event] = office.fill(1)
    office.add(O, "theirs")
    office.mailbox.edit(office.mailbox.events()[0]["id"], subject="edited there")
    office.sync()
    assert office.titles(G) == ["E0"]
    office.change(direction=Direction.BOTH)
    office.sync()
    assert office.titles(G) == office.titles(O) == ["edited there", "theirs"]
    assert office.groupware.get(event) is not None


def test_a_persons_own_direction_counts_only_where_it_is_allowed(office: Office) -> None:
    office.change_person(PersonSettings(direction=Direction.TO_OUTLOOK))
    office.add(O, "theirs")
    office.sync()
    assert office.both("theirs") == [G, O]
    office.change(may_override_direction=True)
    office.add(O, "later")
    office.sync()
    assert office.both("later") == [O]


def test_an_excluded_type_stays_where_it_is_and_comes_when_it_is_included(office: Office) -> None:
    holiday = next(key for key, name in office.types.items() if name == "休暇")
    office.change(excluded_types=frozenset({"休暇"}))
    office.add(G, "ours", typeId=holiday)
    office.add(O, "theirs", **category_of("休暇"))
    office.add(G, "plain")
    office.sync()
    assert office.both("ours") == [G]
    assert office.both("theirs") == [O]
    assert office.both("plain") == [G, O]
    office.sync()
    office.change(excluded_types=frozenset())
    office.sync()
    assert office.titles(G) == office.titles(O) == ["ours", "plain", "theirs"]


def test_a_type_that_is_excluded_later_deletes_nothing(office: Office) -> None:
    holiday = next(key for key, name in office.types.items() if name == "休暇")
    office.add(G, "ours", typeId=holiday)
    office.sync()
    office.change(excluded_types=frozenset({"休暇"}))
    office.sync()
    assert office.both("ours") == [G, O]


def test_past_events_are_left_alone_when_switched_off_and_come_when_switched_on(office: Office) -> None:
    office.change(past_events=False)
    office.add(G, "yesterday", -1)
    office.add(G, "today")
    office.add(O, "last week", -6)
    office.sync()
    assert office.titles(O) == ["last week", "today"]
    assert office.titles(G) == ["today", "yesterday"]
    office.change(past_events=True)
    office.sync()
    assert office.titles(O) == office.titles(G) == ["last week", "today", "yesterday"]


def test_what_becomes_past_is_kept_on_both_sides(office: Office) -> None:
    office.change(past_events=False)
    office.fill(1)
    office.clock.advance(timedelta(days=3))
    office.remove(G, "E0")
    office.sync()
    assert office.both("E0") == [O]


@pytest.mark.parametrize(("own", "expected"), [(15, (True, 15)), (45, (True, 45)), (None, (False, 0))])
def test_the_default_reminder_is_the_persons(
    office: Office, own: int | None, expected: tuple[bool, int]
) -> None:
    office.change_person(PersonSettings(default_reminder=own))
    office.add(G, "without")
    office.add(G, "with", reminders=[{"minutesBefore": 5}])
    office.sync()
    shown = {event["subject"]: event for event in office.mailbox.events()}
    is_on, minutes = expected
    assert shown["without"]["isReminderOn"] is is_on
    assert not is_on or shown["without"]["reminderMinutesBeforeStart"] == minutes
    assert shown["with"]["reminderMinutesBeforeStart"] == 5


def test_a_new_default_reminder_does_not_rewrite_what_is_there(office: Office) -> None:
    office.fill(3)
    office.change_person(PersonSettings(default_reminder=60))
    writes = office.writes()
    office.sync()
    assert office.writes() == writes


@pytest.mark.parametrize(
    ("rule", "later", "winner"),
    [
        (ConflictRule.NEWEST, G, "in the groupware"),
        (ConflictRule.NEWEST, O, "in Outlook"),
        (ConflictRule.GROUPWARE, O, "in the groupware"),
        (ConflictRule.OUTLOOK, G, "in Outlook"),
    ],
)
def test_a_conflict_goes_to_the_rule_and_the_loser_is_kept(
    rule: ConflictRule, later: Side, winner: str
) -> None:
    with closing(office_with(conflict=rule)) as office:
        [event] = office.fill(1)
        there = office.mailbox.events()[0]["id"]
        for side in (later.other, later):
            office.clock.advance(timedelta(minutes=5))
            if side is G:
                office.groupware.edit(event, {"title": "in the groupware"}, by=office.user)
            else:
                office.mailbox.edit(there, subject="in Outlook")
        office.sync()
        assert office.titles(G) == office.titles(O) == [winner]
        [kept] = office.history.list(ORGANIZATION, office.user)
        loser = "in Outlook" if winner == "in the groupware" else "in the groupware"
        assert loser in kept.value


def test_edits_of_different_fields_are_both_kept(office: Office) -> None:
    [event] = office.fill(1)
    office.groupware.edit(event, {"place": "会議室A"}, by=office.user)
    office.mailbox.edit(office.mailbox.events()[0]["id"], subject="edited there")
    office.sync()
    [there] = office.mailbox.events()
    here = office.groupware.get(event)
    assert here is not None
    assert (there["subject"], there["location"]["displayName"]) == ("edited there", "会議室A")
    assert (here["title"], here["place"]) == ("edited there", "会議室A")
    assert office.history.list(ORGANIZATION, office.user) == []


# -- what stops a pass ----------------------------------------------------------------------------------------


def test_a_person_in_error_does_not_stop_another(office: Office) -> None:
    other = Connection(
        ORGANIZATION,
        office.other_user,
        mailbox=office.tenant.add_user("taro@example.com").id,
        enabled=True,
        state=State.ACTIVE,
    )
    office.connections.put(other)
    office.tenant.remove_user(office.oid)
    office.groupware.create(
        {"title": "太郎の予定", "start": "2026-11-17T10:00:00", "timeZone": "Asia/Tokyo"},
        by=office.other_user,
    )
    enqueue_due(office.services, timedelta(minutes=5))
    office.clock.advance(timedelta(hours=1))
    jobs = office.jobs.receive()
    assert {job.user for job in jobs} == {office.user, office.other_user}
    states = {}
    for job in sorted(jobs, key=lambda job: job.user != office.user):
        record = run_job(office.services, job)
        assert record is not None
        states[job.user] = record.state
    assert states == {office.user: PassState.FAILED, office.other_user: PassState.DONE}
    subjects = [event["subject"] for event in office.tenant.mailbox(other.mailbox).events()]
    assert subjects == ["太郎の予定"]


def standing(office: Office) -> tuple[State, str]:
    return office.person.state, office.person.error


def test_a_wrong_secret_is_an_error_with_its_code_and_heals_by_itself(office: Office) -> None:
    """Through MSAL and the token endpoint. A repaired secret works within a minute, without a restart."""
    application = office.tenant.add_application()
    stored = {"secret": "the secret's id instead of its value"}
    office.tokens = real_tokens(
        lambda: stored["secret"],
        tenant=office.tenant.id,
        client_id=application.client_id,
        session=office._session("http://127.0.0.1:1", office._graph_app),
        clock=office.clock,
        entra_url="http://127.0.0.1:1",
        graph_url="http://127.0.0.1:1",
    )
    office.restart()
    office.add(G, "waits")
    for _ in range(2):
        with office.nothing_written():
            record = office.sync()
        assert (record.state, record.error) == (PassState.FAILED, "credential-wrong")
        assert standing(office) == (State.ACTIVE, ""), "it is nothing about this person"
        tenant = office.services.tenants.get(ORGANIZATION)
        assert (tenant.state, tenant.error) == (TenantState.ERROR, "credential-wrong")
    stored["secret"] = application.secrets[0].value
    office.clock.advance(timedelta(minutes=1))
    assert office.sync().state is PassState.DONE
    assert standing(office) == (State.ACTIVE, "")
    assert office.services.tenants.get(ORGANIZATION).state is TenantState.CONNECTED
    assert office.both("waits") == [G, O]


def test_a_groupware_that_refuses_our_key_is_an_error_and_heals(office: Office) -> None:
    office.fill(2)
    office.groupware_faults.script(lambda call: True, fail(401, "unauthorized"), times=1)
    record = office.sync()
    assert (record.state, record.error) == (PassState.FAILED, "groupware-unauthorized")
    assert standing(office) == (State.ERROR, "groupware-unauthorized")
    assert office.sync().state is PassState.DONE
    assert standing(office) == (State.ACTIVE, "")


@pytest.mark.parametrize("side", [G, O])
def test_a_service_that_is_down_is_no_error_of_the_person(office: Office, side: Side) -> None:
    office.fill(2)
    office.add(side.other, "meanwhile")
    faults = office.groupware_faults if side is G else office.faults
    faults.script(lambda call: True, drop(), times=100)
    with office.nothing_written():
        record = office.sync()
    assert record.state is PassState.FAILED
    assert office.person.state is State.ACTIVE
    assert office.person.error == record.error
    faults.clear_scripts()
    assert office.sync().state is PassState.DONE
    assert office.person.error == ""
    assert office.both("meanwhile") == [G, O]


def test_throttling_in_the_middle_of_writing_loses_and_doubles_nothing(office: Office) -> None:
    for n in range(60):
        office.add(G, f"E{n}", n % 5)
    office.faults.script(
        lambda call: call.in_batch and call.writes, throttled(retry_after=3600), times=1000, after=25
    )
    first = office.sync()
    office.faults.clear_scripts()
    assert 0 < len(office.titles(O)) < 60, first
    office.clock.advance(timedelta(days=1))
    assert office.sync().state is PassState.DONE
    assert office.titles(O) == office.titles(G)


@pytest.mark.parametrize("error", [CannotSync("surprise"), SyncError("surprise")])
def test_an_error_that_no_one_expected_becomes_the_persons_and_leaves_nothing_locked(
    office: Office, error: SyncError
) -> None:
    class Surprise(Wrapped):
        def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
            raise error

    office.open_with = lying(O, Surprise)
    assert office.sync().error == "surprise"
    assert office.person.state is State.ERROR
    office.open_with = lambda calendar: calendar
    assert office.sync().state is PassState.DONE


def test_a_defect_leaves_the_pass_but_not_the_lease(office: Office) -> None:
    class Defect(Wrapped):
        def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
            raise ZeroDivisionError

    office.open_with = lying(O, Defect)
    with pytest.raises(ZeroDivisionError):
        office.sync()
    office.open_with = lambda calendar: calendar
    assert office.sync().state is PassState.DONE


def test_a_person_who_is_deleted_during_its_pass_is_no_trouble(office: Office) -> None:
    class Leaving(Wrapped):
        def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
            office.connections.delete(ORGANIZATION, office.user)
            return self.inner.changes(window, cursor)

    office.add(G, "first")
    who = office.person
    office.open_with = lying(O, Leaving)
    record = office.sync(who=who)
    assert record.state in (PassState.DONE, PassState.FAILED)
    assert office.connections.get(ORGANIZATION, office.user) is None


# -- what stays behind ----------------------------------------------------------------------------------------


def test_an_idle_automatic_pass_leaves_a_time_and_no_record(office: Office) -> None:
    office.fill(1)
    office.sync()  # reads its own writes once
    before = office.person
    count = len(office.passes.list(ORGANIZATION, office.user))
    office.clock.advance(timedelta(hours=1))
    office.sync()
    assert len(office.passes.list(ORGANIZATION, office.user)) == count
    assert office.person.last_pass == before.last_pass
    assert before.last_success_at is not None
    assert office.person.last_success_at is not None
    assert office.person.last_success_at > before.last_success_at


def test_an_idle_manual_pass_is_recorded_for_who_asked(office: Office) -> None:
    office.fill(1)
    record = office.sync(Asked(MANUAL))
    stored = office.passes.get(record.id)
    assert stored is not None
    assert stored.state is PassState.DONE
    assert stored.finished_at is not None


def test_the_logs_carry_no_content(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="sync")
    office.add(G, "秘密の会議", place="秘密の場所", memo="秘密の本文")
    office.sync()
    office.mailbox.edit(office.mailbox.events()[0]["id"], subject="秘密の変更")
    office.sync()
    assert "pass" in caplog.text
    assert "秘密" not in caplog.text
    assert "hanako" not in caplog.text


def test_storage_that_fails_at_the_end_is_logged_and_the_next_pass_repeats(office: Office) -> None:
    class Failing(MemoryConnections):
        def update(self, connection: Connection, **changes: object) -> None:
            raise TryLater("storage-unavailable")

    office.add(G, "first")
    services = replace(office.services, connections=Failing([office.person]))
    record = run_pass(services, office.person, Asked())
    assert (record.state, record.error) == (PassState.FAILED, "storage-unavailable")
    assert office.sync().state is PassState.DONE
    assert office.both("first") == [G, O]
