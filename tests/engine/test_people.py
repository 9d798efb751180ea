"""The people of an organization are looked up once for all passes, and anew after a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from sync.core.people import People, Person
from sync.core.settings import Connection, OrganizationSettings, State
from sync.engine.connect import bind_mailbox
from sync.engine.services import Services
from sync.errors import NeedsAdministrator, TryLater
from sync.ports import GroupwareUser, Mailbox
from tests.fakes import (
    FakeClock,
    MemoryConnections,
    MemoryCursors,
    MemoryFacilities,
    MemoryHistory,
    MemoryJobs,
    MemoryLeases,
    MemoryLinks,
    MemoryMeetings,
    MemoryOrganizations,
    MemoryPasses,
    MemorySecrets,
    MemoryTenants,
    connected,
)

SATO = Connection("default", "sato", upn="sato@x.test", mailbox="oid-1", enabled=True, state=State.ACTIVE)


class FakeDirectory:
    """`before` happens inside each look-up, as something else that goes on meanwhile."""

    def __init__(self) -> None:
        self.asked = 0
        self.before: Callable[[], None] = lambda: None

    def users(self) -> Sequence[GroupwareUser]:
        self.asked += 1
        self.before()
        return [
            GroupwareUser("sato", "佐藤 太郎", "ts@x.test", organizations=("east",)),
            GroupwareUser("mori", "森 花子", "mori@x.test", organizations=("sales",)),
            GroupwareUser("left", "退職者", "mori@x.test", active=False, organizations=("sales",)),
            GroupwareUser("mute", "無口", ""),
        ]

    def organizations(self) -> Mapping[str, tuple[str, str | None]]:
        return {"sales": ("営業部", None), "east": ("東日本", "sales")}

    def event_types(self) -> Mapping[str, str]:
        raise AssertionError("nobody asked for event types")

    def facilities(self) -> Mapping[str, str]:
        return {"f-1": "第1会議室", "f-2": "第2会議室"}


class FakeMailboxes:
    def __init__(self, *mailboxes: Mailbox) -> None:
        self.mailboxes = {mailbox.upn: mailbox for mailbox in mailboxes}

    def mailbox(self, upn: str) -> Mailbox | None:
        return self.mailboxes.get(upn)


class House:
    def __init__(self, *people: Connection) -> None:
        self.clock = FakeClock()
        self.directory = FakeDirectory()
        self.connections = MemoryConnections(people or (SATO,))
        self.mailboxes = FakeMailboxes()
        self.services = Services(
            clock=self.clock,
            organizations=MemoryOrganizations(),
            connections=self.connections,
            links=MemoryLinks(),
            cursors=MemoryCursors(),
            leases=MemoryLeases(self.clock),
            passes=MemoryPasses(),
            history=MemoryHistory(),
            jobs=MemoryJobs(self.clock),
            secrets=MemorySecrets(),
            calendars=cast(Any, None),
            directory=self.directory,
            mailboxes=lambda _organization: cast(Any, self.mailboxes),
            facilities=MemoryFacilities(),
            meetings=MemoryMeetings(),
            tenants=MemoryTenants(connected()),
        )

    @property
    def person(self) -> Connection:
        found = self.connections.get("default", "sato")
        assert found is not None
        return found


@pytest.fixture
def house() -> House:
    return House()


def test_everyone_and_everything_is_known(house: House) -> None:
    house.services.facilities.link("default", "f-2", "room@x.test")
    people = house.services.people.of("default")
    assert people.linked == {"sato": Person("sato", "佐藤 太郎", ("sato@x.test",))}
    assert people.names == {"sato": "佐藤 太郎", "mori": "森 花子", "left": "退職者", "mute": "無口"}
    assert people.members == {"sales": ("sato", "mori", "left"), "east": ("sato",)}
    assert people.organization_names == {"sales": "営業部", "east": "東日本"}
    assert people.rooms == {"f-2": "room@x.test"}
    assert people.facility_names == {"f-1": "第1会議室", "f-2": "第2会議室"}


def test_who_is_paused_is_known_unless_gone(house: House) -> None:
    house.connections.put(replace(SATO, enabled=False))
    house.connections.put(Connection("default", "left", upn="old@x.test", mailbox="oid-7", enabled=False))
    house.connections.put(Connection("default", "mute", upn="mute@x.test", enabled=False))
    people = house.services.people.of("default")
    assert (people.linked, list(people.paused)) == ({}, ["sato"])
    assert people.user_of("sato@x.test") == "sato"
    assert people.user_of("old@x.test") is None, "the address may have been handed on"


def test_the_address_of_who_left_is_the_successors(house: House) -> None:
    people = house.services.people.of("default")
    assert people.emails == {"sato": "ts@x.test", "mori": "mori@x.test"}
    assert people.user_of("mori@x.test") == "mori"


def test_organizations_know_their_own_people_only(house: House) -> None:
    house.connections.put(Connection("rival", "sato", upn="sato@rival.test", mailbox="oid-9", enabled=True))
    house.services.facilities.link("rival", "f-1", "room@rival.test")
    own, rival = house.services.people.of("default"), house.services.people.of("rival")
    assert own.user_of("sato@rival.test") is None
    assert own.facility_of("room@rival.test") is None
    assert rival.user_of("sato@rival.test") == "sato"
    house.services.people.forget("rival")
    assert house.services.people.of("default") is own


# -- remembered -----------------------------------------------------------------------------------------------


def test_people_are_looked_up_once_in_five_minutes(house: House) -> None:
    first = house.services.people.of("default")
    storage = house.connections.operations
    house.clock.advance(timedelta(minutes=5) - timedelta(seconds=1))
    assert house.services.people.of("default") is first
    assert (house.directory.asked, house.connections.operations) == (1, storage)
    house.connections.put(replace(SATO, enabled=False))
    house.clock.advance(1)
    assert not house.services.people.of("default").linked
    assert house.directory.asked == 2


def test_making_services_asks_nothing(house: House) -> None:
    assert replace(house.services, jobs=MemoryJobs(house.clock)).people is not house.services.people
    assert house.directory.asked == 0


def test_a_change_that_was_told_is_seen_at_once(house: House) -> None:
    services = house.services
    assert services.people.of("default").linked
    services.organizations.put("default", OrganizationSettings(sync=False))
    assert services.people.of("default").linked
    services.people.forget("default")
    assert not services.people.of("default").linked


def test_a_change_during_a_look_up_is_not_lost(house: House) -> None:
    """Who asked before the change may get the state before it; who asks afterwards may not."""

    def change() -> None:
        house.directory.before = lambda: None
        house.services.people.forget("default")

    house.directory.before = change
    during = house.services.people.of("default")
    assert house.services.people.of("default") is not during
    assert house.directory.asked == 2


def test_all_who_ask_meanwhile_wait_for_one_look_up(house: House) -> None:
    waiting = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:

        def ask(_: int) -> object:
            waiting.wait(timeout=10)
            return house.services.people.of("default")

        found = list(pool.map(ask, range(8)))
    assert len(set(map(id, found))) == 1
    assert house.directory.asked == 1


def test_a_look_up_that_failed_is_tried_again_by_the_next(house: House) -> None:
    def fail() -> None:
        house.directory.before = lambda: None
        raise TryLater("groupware-unavailable")

    house.directory.before = fail
    with pytest.raises(TryLater):
        house.services.people.of("default")
    assert house.services.people.of("default").linked


def test_who_waited_for_a_look_up_that_failed_is_told_its_error(house: House) -> None:
    """A groupware that does not answer must not keep the tenth pass waiting ten times as long."""
    is_asked, may_fail = threading.Event(), threading.Event()

    def fail() -> None:
        is_asked.set()
        assert may_fail.wait(10)
        raise TryLater("groupware-unavailable")

    house.directory.before = fail
    book = house.services.people
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(book.of, "default")
        assert is_asked.wait(10)
        entry = book._entries["default"]
        others = [pool.submit(_of_entry, book, entry) for _ in range(3)]
        may_fail.set()
        for each in [first, *others]:
            with pytest.raises(TryLater):
                each.result(timeout=10)
    assert house.directory.asked == 1


def _of_entry(book: Any, entry: Any) -> People:
    """As `of` goes on for one who found the look-up under way."""
    book._entry = lambda organization: entry
    people: People = book.of("default")
    return people


def test_services_without_a_port_name_it_when_it_is_needed(house: House) -> None:
    given = {name: getattr(house.services, name) for name in Services.__slots__}
    del given["people"], given["facilities"], given["meetings"]
    services = Services(**given)
    with pytest.raises(RuntimeError, match="facilities"):
        services.people.of("default")
    with pytest.raises(RuntimeError, match="meetings"):
        services.meetings.by_uids("default", ["u"])


# -- the mailbox's own addresses ------------------------------------------------------------------------------


def box(oid: str, upn: str, *addresses: str) -> Mailbox:
    return Mailbox(oid, upn, "佐藤", addresses[0] if addresses else "", addresses=addresses)


def test_binding_keeps_the_mailboxes_addresses_and_is_known_at_once() -> None:
    house = House(replace(SATO, mailbox="", state=State.CHECKING))
    house.mailboxes.mailboxes["sato@x.test"] = box("oid-1", "sato@x.test", "taro.sato@x.test", "old@x.test")
    assert house.services.people.of("default").user_of("taro.sato@x.test") is None
    bound = bind_mailbox(house.services, house.person, "tenant-1")
    assert bound.addresses == ("taro.sato@x.test", "old@x.test")
    assert house.person == bound
    assert house.services.people.of("default").linked["sato"].addresses == (
        "taro.sato@x.test",
        "old@x.test",
        "sato@x.test",
    )


def test_a_person_who_is_checked_again_gets_the_addresses_of_today() -> None:
    house = House(replace(SATO, addresses=("maiden@x.test",), state=State.CHECKING))
    house.mailboxes.mailboxes["sato@x.test"] = box("oid-1", "sato@x.test", "married@x.test", "maiden@x.test")
    assert house.services.people.of("default").address_of("sato") == "maiden@x.test"
    bind_mailbox(house.services, house.person, "tenant-1")
    assert house.services.people.of("default").address_of("sato") == "married@x.test"
    writes = house.connections.operations
    bind_mailbox(house.services, house.person, "tenant-1")
    assert house.connections.operations == writes + 1, "nothing changed, so only the person was read"


def test_the_addresses_of_another_mailbox_are_not_taken_over() -> None:
    """Law 8: while the person stands between two mailboxes it is still the former one."""
    house = House(replace(SATO, addresses=("sato@x.test",), state=State.CHECKING))
    house.mailboxes.mailboxes["sato@x.test"] = box("oid-2", "sato@x.test", "other@x.test")
    links = cast(Any, house.services.links)
    links.load = lambda connection: (["a link"], [])
    with pytest.raises(NeedsAdministrator, match="mailbox-changed"):
        bind_mailbox(house.services, house.person, "tenant-1")
    assert (house.person.mailbox, house.person.addresses) == ("oid-1", ("sato@x.test",))
