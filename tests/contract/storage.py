"""What every store promises, whatever keeps the rows. Run over the fakes and over Table Storage."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import MISSING, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from sync.core.change import Role
from sync.core.event import Field, Side
from sync.core.link import Base, Intent, Link, Problem, key_of
from sync.core.passes import new_pass_id
from sync.core.settings import (
    ConflictRule,
    Connection,
    Direction,
    OrganizationSettings,
    ParticipantsMode,
    PersonSettings,
    State,
    WindowSettings,
)
from sync.core.window import BaseRange, Window
from sync.errors import Gone, LeaseLost
from sync.ports import (
    Connections,
    CursorPair,
    Cursors,
    History,
    Kept,
    Leases,
    Links,
    Organizations,
    Passes,
    PassRecord,
    PassState,
)
from tests.fakes import FakeClock

NOW = datetime(2026, 11, 2, 9, 30, 15, 250_000, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
# Nothing of this may be special to a store.
AWKWARD = "山田 太郎/営業\\#?%'\"=~|:&+é🎌\t\n"


@pytest.fixture
def person() -> Connection:
    """Someone nobody else in the tests is, so that stores may be shared."""
    return Connection(f"acme-{uuid4().hex[:12]}", AWKWARD)


def namesake(person: Connection) -> Connection:
    """The same user id in another organization."""
    return replace(person, organization=person.organization + "-2")


def every_field_differs(record: Any) -> bool:
    """A sample proves that everything is stored only if no field has its default."""
    for field in fields(record):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if default is not MISSING and getattr(record, field.name) == default and field.name != "etag":
            pytest.fail(f"the sample leaves {field.name} at its default")
    return True


DIGESTS = {str(name): f"digest of {name}" for name in (*Field, "2026-12-21/title", "with/u:佐藤")}
RESIDUE: dict[str, object] = {"categories": ["赤", "x"], "depth": {"n": 1, "none": None, "on": True}}
FULL_LINK = Link(
    key=key_of(Side.GROUPWARE, "id/1"),
    groupware=Base("id/1", 'W/"é"', DIGESTS, RESIDUE, NOW, {"place": "announced"}),
    outlook=Base("AAMkAG" + "x" * 180 + "==", "v2", {Field.TITLE: "d"}, {"shared": True}, LATER),
    starts=NOW,
    ends=LATER,
    intent=Intent(Side.OUTLOOK, "token-1", "uid-1", ("room/f-1", "with/u:suzuki")),
    problem=Problem("zone-unknown", {"zone": "東京/何処"}, Side.GROUPWARE, NOW, 3, LATER),
    role=Role.GUEST,
)


def half(number: int) -> Link:
    key = key_of(Side.OUTLOOK, f"event {number}")
    return Link(key=key, outlook=Base(f"event {number}", "1", {Field.TITLE: "x"}))


class LinksContract:
    def test_a_link_comes_back_as_it_was_saved(self, links: Links, person: Connection) -> None:
        assert every_field_differs(FULL_LINK)
        links.save(person, [FULL_LINK, half(1)])
        loaded, damaged = links.load(person)
        assert {link.key: link for link in loaded} == {link.key: link for link in (FULL_LINK, half(1))}
        assert not damaged

    def test_nobody_has_links_at_first(self, links: Links, person: Connection) -> None:
        assert links.load(person) == ([], [])
        assert list(links.save(person, [])) == []
        links.delete(person, [])

    def test_saving_gives_etags_in_order_and_they_are_those_of_a_load(
        self, links: Links, person: Connection
    ) -> None:
        saved = links.save(person, [half(number) for number in (3, 1, 2)])
        assert [link.key for link in saved] == [half(number).key for number in (3, 1, 2)]
        assert {link.key: link.etag for link in links.load(person)[0]} == {
            link.key: link.etag for link in saved
        }

    def test_a_changed_link_replaces_the_whole_row(self, links: Links, person: Connection) -> None:
        (saved,) = links.save(person, [FULL_LINK])
        (again,) = links.save(person, [replace(half(1), key=saved.key, etag=saved.etag)])
        assert again.etag not in (None, saved.etag)
        assert links.load(person)[0] == [replace(half(1), key=saved.key)]

    def test_a_row_that_appeared_meanwhile_is_not_overwritten(self, links: Links, person: Connection) -> None:
        links.save(person, [half(1)])
        with pytest.raises(LeaseLost):
            links.save(person, [half(2), replace(FULL_LINK, key=half(1).key)])
        assert links.load(person)[0] == [half(1)]

    def test_a_row_that_changed_meanwhile_is_not_overwritten(self, links: Links, person: Connection) -> None:
        (first,) = links.save(person, [half(1)])
        (second,) = links.save(person, [replace(first, starts=NOW)])
        with pytest.raises(LeaseLost):
            links.save(person, [replace(first, ends=NOW)])
        with pytest.raises(LeaseLost):
            links.delete(person, [first])
        assert links.load(person)[0] == [second]

    def test_a_row_that_was_deleted_meanwhile_does_not_come_back(
        self, links: Links, person: Connection
    ) -> None:
        (saved,) = links.save(person, [half(1)])
        links.delete(person, [saved])
        with pytest.raises(LeaseLost):
            links.save(person, [replace(saved, starts=NOW)])
        assert links.load(person)[0] == []

    def test_deleting_is_once_and_for_all(self, links: Links, person: Connection) -> None:
        gone, kept = links.save(person, [half(1), half(2)])
        links.delete(person, [gone])
        links.delete(person, [gone])
        links.delete(person, [half(7), gone])
        assert links.load(person)[0] == [kept]

    def test_the_same_link_twice_in_one_call_is_a_mistake_of_the_caller(
        self, links: Links, person: Connection
    ) -> None:
        with pytest.raises(ValueError, match="twice"):
            links.save(person, [half(1), half(1)])
        assert links.load(person)[0] == []

    def test_more_links_than_a_transaction_holds(self, links: Links, person: Connection) -> None:
        many = [half(number) for number in range(201)]
        saved = links.save(person, many)
        assert [link.key for link in saved] == [link.key for link in many]
        assert sorted(link.key for link in links.load(person)[0]) == sorted(link.key for link in many)
        links.delete(person, saved)
        assert links.load(person)[0] == []

    def test_what_earlier_transactions_wrote_stays(self, links: Links, person: Connection) -> None:
        links.save(person, [half(150)])
        with pytest.raises(LeaseLost):
            links.save(person, [half(number) for number in range(151)])
        assert len(links.load(person)[0]) == 101

    def test_organizations_with_the_same_user_ids_are_apart(self, links: Links, person: Connection) -> None:
        links.save(person, [half(1)])
        assert links.load(namesake(person)) == ([], [])
        links.save(namesake(person), [half(1), half(2)])
        assert links.load(person)[0] == [half(1)]

    def test_each_is_everything_that_a_load_reads(self, links: Links, person: Connection) -> None:
        assert list(links.each(person)) == []
        links.save(person, [half(number) for number in range(150)])
        links.save(namesake(person), [half(1)])
        assert list(links.each(person)) == list(links.load(person)[0])
        assert len(list(links.each(person))) == 150

    def test_all_of_one_person_are_deleted_step_by_step(self, links: Links, person: Connection) -> None:
        links.save(person, [half(number) for number in range(205)])
        links.save(namesake(person), [half(1)])
        assert [links.delete_all(person, 120) for _ in range(3)] == [120, 85, 0]
        assert links.load(person) == ([], [])
        assert links.load(namesake(person))[0] == [half(1)]
        assert links.delete_all(replace(person, user="never known")) == 0


WINDOW = Window(date(2026, 10, 25), date(2026, 12, 8), "Asia/Tokyo")
FULL_CURSORS = CursorPair("変更 1", "https://graph.test/delta?$deltatoken=" + "t" * 40_000, WINDOW, NOW, "r")


class CursorsContract:
    def test_cursors_come_back_as_they_were_saved(self, cursors: Cursors, person: Connection) -> None:
        assert cursors.load(person) is None
        assert every_field_differs(FULL_CURSORS)
        cursors.save(person, FULL_CURSORS)
        assert cursors.load(person) == FULL_CURSORS
        shorter = CursorPair("2", "x", WINDOW)
        cursors.save(person, shorter)
        assert cursors.load(person) == shorter

    def test_cleared_cursors_are_gone(self, cursors: Cursors, person: Connection) -> None:
        cursors.save(person, FULL_CURSORS)
        cursors.clear(person)
        cursors.clear(person)
        assert cursors.load(person) is None

    def test_organizations_with_the_same_user_ids_are_apart(
        self, cursors: Cursors, person: Connection
    ) -> None:
        cursors.save(person, FULL_CURSORS)
        assert cursors.load(namesake(person)) is None


class LeasesContract:
    """The fixture's `clock` is the one the leases were made with."""

    def test_one_holder_at_a_time(self, leases: Leases, person: Connection) -> None:
        lease = leases.acquire(person, "a")
        assert lease is not None
        assert leases.acquire(person, "b") is None
        assert leases.acquire(person, "a") is None
        lease.release()
        assert leases.acquire(person, "b") is not None

    def test_other_people_are_not_kept_waiting(self, leases: Leases, person: Connection) -> None:
        assert leases.acquire(person, "a")
        assert leases.acquire(namesake(person), "b")
        assert leases.acquire(replace(person, user="suzuki"), "c")

    def test_a_lease_whose_holder_crashed_ends_by_itself(
        self, leases: Leases, clock: FakeClock, person: Connection
    ) -> None:
        crashed = leases.acquire(person, "a")
        assert crashed
        clock.advance(119)
        assert leases.acquire(person, "b") is None
        clock.advance(2)
        taken = leases.acquire(person, "b")
        assert taken
        assert leases.acquire(person, "c") is None
        with pytest.raises(LeaseLost):
            crashed.renew()
        taken.renew()

    def test_who_lost_the_lease_cannot_give_it_back(
        self, leases: Leases, clock: FakeClock, person: Connection
    ) -> None:
        slow = leases.acquire(person, "a")
        assert slow
        clock.advance(121)
        taken = leases.acquire(person, "b")
        assert taken
        with pytest.raises(LeaseLost):
            slow.release()
        assert leases.acquire(person, "c") is None

    def test_the_loss_shows_after_the_other_finished_too(
        self, leases: Leases, clock: FakeClock, person: Connection
    ) -> None:
        slow, slower = leases.acquire(person, "a"), leases.acquire(namesake(person), "a")
        assert slow
        assert slower
        clock.advance(121)
        for who in (person, namesake(person)):
            taken = leases.acquire(who, "b")
            assert taken
            taken.release()
        with pytest.raises(LeaseLost):
            slow.renew()
        with pytest.raises(LeaseLost):
            slower.release()

    def test_renewing_extends_it(self, leases: Leases, clock: FakeClock, person: Connection) -> None:
        lease = leases.acquire(person, "a")
        assert lease
        for _ in range(3):
            clock.advance(100)
            lease.renew()
        assert leases.acquire(person, "b") is None
        clock.advance(121)
        lease.renew()  # late, but nobody else came
        assert leases.acquire(person, "b") is None
        lease.release()
        lease.release()
        with pytest.raises(LeaseLost):
            lease.renew()

    @pytest.mark.parametrize("expired", [False, True], ids=["free", "expired"])
    def test_of_two_that_race_exactly_one_gets_it(
        self, leases: Leases, clock: FakeClock, person: Connection, expired: bool
    ) -> None:
        with ThreadPoolExecutor(2) as pool:
            for number in range(20):
                contested = replace(person, user=f"user {number}")
                if expired:
                    assert leases.acquire(contested, "crashed")
                    clock.advance(121)
                together = threading.Barrier(2)
                got = list(pool.map(_acquirer(leases, contested, together), ("a", "b")))
                assert got.count(None) == 1


def _acquirer(leases: Leases, person: Connection, together: threading.Barrier) -> Callable[[str], object]:
    def acquire(holder: str) -> object:
        together.wait(timeout=10)
        return leases.acquire(person, holder)

    return acquire


def filled(person: Connection) -> Connection:
    return replace(
        person,
        name="山田",
        upn="yamada@example.test",
        email="y@example.test",
        mailbox="oid-1",
        tenant="tenant-1",
        addresses=("Yamada@example.test", "山田@example.test"),
        enabled=True,
        settings=PersonSettings(False, Direction.TO_OUTLOOK, False, 30, None),
        state=State.ERROR,
        error="mailbox-missing",
        error_detail={"upn": "山田"},
        checking_since=NOW,
        checked_at=LATER,
        last_pass="p",
        last_pass_at=NOW,
        last_success_at=LATER,
        confirmed_pass="q",
        queued_until=NOW,
        last_queued_at=LATER,
        pruned_at=NOW,
    )


class ConnectionsContract:
    def test_a_new_person_is_stored_whole(self, connections: Connections, person: Connection) -> None:
        assert connections.get(person.organization, person.user) is None
        assert every_field_differs(filled(person))
        connections.put(filled(person))
        assert connections.get(person.organization, person.user) == filled(person)

    def test_put_keeps_what_the_engine_wrote(self, connections: Connections, person: Connection) -> None:
        connections.put(filled(person))
        entered = replace(person, name="新", upn="new@example.test", settings=PersonSettings(interval=15))
        connections.put(entered)
        assert connections.get(person.organization, person.user) == replace(
            filled(person),
            name="新",
            upn="new@example.test",
            email="",
            mailbox="",
            tenant="",
            enabled=False,
            settings=PersonSettings(interval=15),
        )

    def test_update_writes_only_what_is_named(self, connections: Connections, person: Connection) -> None:
        connections.put(filled(person))
        stale = replace(filled(person), name="stale")
        connections.update(stale, state=State.ACTIVE, error="", error_detail={}, queued_until=None)
        assert connections.get(person.organization, person.user) == replace(
            filled(person), state=State.ACTIVE, error="", error_detail={}, queued_until=None
        )
        connections.update(stale, queued_until=LATER, enabled=False, settings=PersonSettings())
        again = connections.get(person.organization, person.user)
        assert again
        assert (again.queued_until, again.enabled, again.settings) == (LATER, False, PersonSettings())

    def test_update_does_not_bring_back_the_deleted(
        self, connections: Connections, person: Connection
    ) -> None:
        connections.put(person)
        connections.delete(person.organization, person.user)
        connections.delete(person.organization, person.user)
        with pytest.raises(Gone):
            connections.update(person, state=State.ACTIVE)
        assert connections.get(person.organization, person.user) is None

    @pytest.mark.parametrize("name", ["organization", "user", "colour"])
    def test_update_refuses_what_it_cannot_write(
        self, connections: Connections, person: Connection, name: str
    ) -> None:
        connections.put(person)
        with pytest.raises(ValueError, match=name):
            connections.update(person, **{name: "x"})

    def test_the_list_is_everyone_of_one_organization(
        self, connections: Connections, person: Connection
    ) -> None:
        everyone = [replace(person, user=f"{person.user}{number}") for number in range(7)]
        for one in everyone:
            connections.put(one)
        connections.put(replace(namesake(person), user=everyone[0].user, name="other"))
        assert sorted(one.user for one in connections.list(person.organization)) == [
            one.user for one in everyone
        ]
        (other,) = connections.list(namesake(person).organization)
        assert other.name == "other"
        found = connections.get(person.organization, everyone[0].user)
        assert found
        assert found.name == ""


FULL_SETTINGS = OrganizationSettings(
    sync=False,
    may_override_sync=False,
    direction=Direction.TO_GROUPWARE,
    may_override_direction=True,
    excluded_types=frozenset({"休暇", "private"}),
    past_events=False,
    automatic=False,
    interval=15,
    may_override_automatic=True,
    automatic_window=WindowSettings(BaseRange.TODAY, 1, 2),
    manual=False,
    manual_window=WindowSettings(BaseRange.THIS_WEEK, 3, 4),
    conflict=ConflictRule.OUTLOOK,
    max_deletes=1,
    max_delete_percent=2,
    min_deletes_for_percent=3,
    max_mails=4,
    participants=ParticipantsMode.APPOINTMENTS,
    keep_passes_days=5,
    keep_history_days=6,
    time_zone="Europe/Berlin",
    categories={"会議": "Blue"},
)


class OrganizationsContract:
    def test_settings_come_back_as_they_were_put(
        self, organizations: Organizations, person: Connection
    ) -> None:
        name = f"{person.organization} {AWKWARD}"
        assert organizations.get(name) == OrganizationSettings()
        assert name not in organizations.ids()
        assert every_field_differs(FULL_SETTINGS)
        organizations.put(name, FULL_SETTINGS)
        organizations.put(person.organization, OrganizationSettings())
        assert organizations.get(name) == FULL_SETTINGS
        assert organizations.get(person.organization) == OrganizationSettings()
        assert {name, person.organization} <= set(organizations.ids())


def record_of(person: Connection, at: datetime = NOW, report: dict[str, object] | None = None) -> PassRecord:
    return PassRecord(
        id=new_pass_id(person.organization, person.user, at),
        organization=person.organization,
        user=person.user,
        state=PassState.HELD,
        trigger="manual",
        started_at=at,
        finished_at=LATER,
        error="guard-deletes",
        error_detail={"deletes": "21"},
        report={"created": 2, "items": [{"id": "1", "reason": "変更"}]} if report is None else report,
    )


class PassesContract:
    def test_a_pass_comes_back_by_its_id_alone(self, passes: Passes, person: Connection) -> None:
        record = record_of(person)
        assert every_field_differs(record)
        passes.save(record)
        assert passes.get(record.id) == record
        finished = replace(record, state=PassState.DONE, report={})
        passes.save(finished)
        assert passes.get(record.id) == finished

    def test_a_report_of_any_length_is_read_back_whole(self, passes: Passes, person: Connection) -> None:
        items = [{"id": f"event {number}", "reason": "予定を作成しました " * 15} for number in range(5000)]
        long = record_of(person, report={"created": 5000, "items": items, "more": "x" * 70_000})
        short = record_of(person, report={"created": 1})
        passes.save(long)
        passes.save(short)
        assert passes.get(long.id) == long
        passes.save(replace(long, report={"items": items[:2000]}))
        assert passes.get(long.id) == replace(long, report={"items": items[:2000]})
        listed = {record.id: record for record in passes.list(person.organization, person.user)}
        assert listed.keys() == {long.id, short.id}
        assert listed[short.id].report == {"created": 1}
        assert not listed[long.id].report

    def test_a_listing_shows_a_report_without_its_items(self, passes: Passes, person: Connection) -> None:
        report: dict[str, object] = {
            "counts": {"create": 1},
            "actions": [{"id": "1"}],
            "held": {"l": "x" * 3000},
        }
        record = record_of(person, report=report)
        passes.save(record)
        (listed,) = passes.list(person.organization, person.user)
        assert listed == replace(record, report={"counts": {"create": 1}})
        assert passes.get(record.id) == record

    def test_the_list_is_newest_first_and_not_longer_than_asked(
        self, passes: Passes, person: Connection
    ) -> None:
        records = [record_of(person, NOW + timedelta(minutes=number)) for number in (2, 0, 3, 1)]
        for record in records:
            passes.save(record)
        newest = [record.started_at for record in passes.list(person.organization, person.user, 3)]
        assert newest == [NOW + timedelta(minutes=number) for number in (3, 2, 1)]
        assert passes.list(person.organization, person.user, 1)[0].report == {"created": 2}

    def test_an_id_that_was_never_given_out_is_unknown(self, passes: Passes, person: Connection) -> None:
        assert passes.get(record_of(person).id) is None
        for garbage in ("", "..", "a.b.c", "x" * 5000, "../../etc", "é", record_of(person).id + "=", "%00"):
            assert passes.get(garbage) is None

    def test_a_pass_is_not_saved_under_another_persons_id(self, passes: Passes, person: Connection) -> None:
        record = record_of(person)
        for wrong in (
            replace(record, user="suzuki"),
            replace(record, organization="other"),
            replace(record, id="1"),
        ):
            with pytest.raises(ValueError, match="id"):
                passes.save(wrong)

    def test_organizations_with_the_same_user_ids_are_apart(self, passes: Passes, person: Connection) -> None:
        passes.save(record_of(person))
        assert passes.list(namesake(person).organization, person.user) == []

    def test_each_is_every_pass_whole_and_newest_first(self, passes: Passes, person: Connection) -> None:
        long: dict[str, object] = {"actions": [{"id": "x" * 100}] * 1000, "counts": {"create": 1000}}
        records = [record_of(person, NOW + timedelta(minutes=n)) for n in range(60)]
        records[7] = replace(records[7], report=long)
        for record in records:
            passes.save(record)
        passes.save(record_of(namesake(person)))
        assert list(passes.each(person.organization, person.user)) == records[::-1]

    def test_what_is_older_goes_and_nothing_else(self, passes: Passes, person: Connection) -> None:
        long: dict[str, object] = {"actions": [{"id": "x" * 100}] * 2000}
        moment = timedelta(milliseconds=1)
        old, last, edge, new = (
            record_of(person, at, long) for at in (NOW - timedelta(days=9), NOW - moment, NOW, NOW + moment)
        )
        others = record_of(namesake(person), NOW - timedelta(days=9))
        for record in (old, last, edge, new, others):
            passes.save(record)
        here, user = person.organization, person.user
        assert passes.delete_before(here, user, NOW) >= 2
        assert passes.delete_before(here, user, NOW) == 0
        assert list(passes.each(here, user)) == [new, edge]
        assert [passes.get(one.id) for one in (old, last)] == [None, None]
        assert passes.get(others.id) == others

    def test_passes_that_are_named_are_kept(self, passes: Passes, person: Connection) -> None:
        long: dict[str, object] = {"actions": [{"id": "x" * 100}] * 2000}
        records = [record_of(person, NOW - timedelta(days=day), long) for day in range(1, 6)]
        for record in records:
            passes.save(record)
        keep = [records[1].id, records[3].id, "no pass", ""]
        here, user = person.organization, person.user
        while passes.delete_before(here, user, NOW, limit=2, keep=keep):
            pass
        assert list(passes.each(here, user)) == [records[1], records[3]]
        assert passes.get(records[3].id) == records[3]
        # Nor is any further row of the others left: as much is stored as of somebody who never had them.
        twin = namesake(person)
        for record in (records[1], records[3]):
            passes.save(record_of(twin, record.started_at, long))
        assert passes.delete_all(here, user) == passes.delete_all(twin.organization, user)

    def test_no_more_rows_are_removed_at_once_than_asked(self, passes: Passes, person: Connection) -> None:
        for number in range(130):
            passes.save(record_of(person, NOW - timedelta(days=1, seconds=number)))
        here, user = person.organization, person.user
        assert [passes.delete_before(here, user, NOW, limit=120) for _ in range(3)] == [120, 10, 0]

    def test_all_of_one_person_are_deleted_step_by_step(self, passes: Passes, person: Connection) -> None:
        long: dict[str, object] = {"actions": [{"id": "x" * 100}] * 2000}
        for number in range(5):
            passes.save(record_of(person, NOW - timedelta(days=number), long))
        other = record_of(namesake(person))
        passes.save(other)
        while (deleted := passes.delete_all(person.organization, person.user, 3)) == 3:
            pass
        assert 0 <= deleted < 3
        assert passes.delete_all(person.organization, person.user) == 0
        assert list(passes.each(person.organization, person.user)) == []
        assert passes.get(other.id) == other


def kept_of(person: Connection, at: datetime = NOW, value: str = '"x"', field: str = "title") -> Kept:
    return Kept(
        person.organization, person.user, "pass", at, Side.OUTLOOK, AWKWARD, "o:" + AWKWARD, field, value
    )


class HistoryContract:
    def test_values_come_back_newest_first(self, history: History, person: Connection) -> None:
        values = [kept_of(person, NOW + timedelta(seconds=number)) for number in (1, 3, 2)]
        history.keep([])
        history.keep(values[:2])
        history.keep(values[2:])
        assert history.list(person.organization, person.user) == [values[1], values[2], values[0]]
        assert history.list(person.organization, person.user, limit=1) == [values[1]]

    def test_a_long_value_is_kept_whole(self, history: History, person: Connection) -> None:
        body = kept_of(person, value="予定の本文🎌" * 170_000, field="body")
        title = kept_of(person, NOW - timedelta(hours=1))
        history.keep([title, body])
        assert history.list(person.organization, person.user) == [body, title]

    def test_keeping_again_changes_nothing(self, history: History, person: Connection) -> None:
        history.keep([kept_of(person), kept_of(person)])
        history.keep([kept_of(person), kept_of(person, field="place")])
        assert len(history.list(person.organization, person.user)) == 2

    def test_people_are_apart_though_kept_in_one_call(self, history: History, person: Connection) -> None:
        history.keep([kept_of(person), kept_of(namesake(person)), kept_of(person, LATER)])
        assert len(history.list(person.organization, person.user)) == 2
        assert history.list(namesake(person).organization, person.user) == [kept_of(namesake(person))]

    def test_many_values_at_once(self, history: History, person: Connection) -> None:
        history.keep([kept_of(person, NOW + timedelta(seconds=number)) for number in range(101)])
        assert len(history.list(person.organization, person.user, limit=1000)) == 101

    def test_each_is_everything_newest_first(self, history: History, person: Connection) -> None:
        values = [kept_of(person, NOW + timedelta(seconds=number)) for number in range(60)]
        values[3] = replace(values[3], value="予定の本文" * 20_000)
        history.keep([*values, kept_of(namesake(person))])
        assert list(history.each(person.organization, person.user)) == values[::-1]

    def test_what_is_older_goes_and_nothing_else(self, history: History, person: Connection) -> None:
        moment = timedelta(milliseconds=1)
        body = "予定の本文" * 20_000
        old, edge, new = (kept_of(person, at, body) for at in (NOW - moment, NOW, NOW + moment))
        other = kept_of(namesake(person), NOW - moment)
        history.keep([old, edge, new, other])
        here, user = person.organization, person.user
        assert history.delete_before(here, user, NOW) >= 1
        assert history.delete_before(here, user, NOW) == 0
        assert list(history.each(here, user)) == [new, edge]
        assert list(history.each(namesake(person).organization, user)) == [other]

    def test_no_more_rows_are_removed_at_once_than_asked(self, history: History, person: Connection) -> None:
        history.keep([kept_of(person, NOW - timedelta(seconds=number)) for number in range(1, 131)])
        here, user = person.organization, person.user
        assert [history.delete_before(here, user, NOW, limit=120) for _ in range(3)] == [120, 10, 0]

    def test_all_of_one_person_are_deleted_step_by_step(self, history: History, person: Connection) -> None:
        history.keep([kept_of(person, NOW + timedelta(seconds=number)) for number in range(130)])
        history.keep([kept_of(namesake(person))])
        here, user = person.organization, person.user
        assert [history.delete_all(here, user, 120) for _ in range(3)] == [120, 10, 0]
        assert list(history.each(here, user)) == []
        assert len(list(history.each(namesake(person).organization, user))) == 1
