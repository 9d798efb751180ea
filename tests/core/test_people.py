from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.people import People, Person, address_key, linked_person, members_of
from sync.core.settings import Connection, OrganizationSettings, PersonSettings

COMMON = OrganizationSettings()
SATO = Connection("default", "sato", name="佐藤", upn="sato@x.test", mailbox="oid-1", enabled=True)


def people(**addresses: tuple[str, ...]) -> People:
    return People(linked={user: Person(user, user, known) for user, known in addresses.items()})


# -- whose address --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["sato@x.test", "Sato@X.TEST", " SATO@x.test\n", "taro.sato@x.test"])
def test_a_linked_person_is_found_by_each_address_whatever_its_letter_case(asked: str) -> None:
    assert people(sato=("Sato@x.test", "taro.sato@X.test")).user_of(asked) == "sato"


@pytest.mark.parametrize("asked", ["", " ", "sato", "sato@y.test", "x.test"])
def test_what_nobody_has_names_nobody(asked: str) -> None:
    found = replace(people(sato=("sato@x.test",), suzuki=()), emails={"kato": "", "mori": "mori@x.test"})
    assert found.user_of(asked) is None
    assert not found.is_ambiguous(asked)


def test_a_person_who_is_not_linked_is_known_by_the_groupwares_directory() -> None:
    found = replace(people(sato=("sato@x.test",)), emails={"mori": "Mori@x.test", "sato": "ts@x.test"})
    assert found.user_of("MORI@x.test") == "mori"
    assert found.user_of("ts@x.test") == "sato"


def test_the_owner_of_the_mailbox_comes_before_whom_the_directory_says() -> None:
    """An address that was handed on is still in the profile of the one who had it."""
    found = replace(people(sato=("office@x.test",)), emails={"mori": "Office@x.test"})
    assert found.user_of("office@x.test") == "sato"
    assert not found.is_ambiguous("office@x.test")


@pytest.mark.parametrize("count", [2, 3])
def test_an_address_that_several_linked_people_have_names_nobody(count: int) -> None:
    everyone = {f"u{n}": (f"u{n}@x.test", "Sales@x.test") for n in range(count)}
    found = replace(people(**everyone), emails={"mori": "sales@x.test"})
    assert found.user_of("sales@x.test") is None
    assert found.is_ambiguous("SALES@x.test")
    assert found.user_of("u1@x.test") == "u1"


def test_an_address_that_several_have_in_the_directory_names_nobody() -> None:
    found = People(emails={"mori": "sales@x.test", "kato": "Sales@X.test", "ito": "ito@x.test"})
    assert found.user_of("sales@x.test") is None
    assert found.is_ambiguous("sales@x.test")
    assert found.user_of("ito@x.test") == "ito"


def test_one_person_may_have_an_address_twice() -> None:
    found = replace(people(sato=("a@x.test", "A@x.test")), emails={"sato": "a@X.test"})
    assert found.user_of("a@x.test") == "sato"


def test_a_paused_person_is_known_by_the_mailbox_s_addresses_and_invited_nowhere() -> None:
    paused = {"sato": Person("sato", "佐藤", ("Sato@x.test", "desk@x.test"))}
    found = replace(people(mori=("desk@x.test",)), paused=paused, emails={"kato": "sato@x.test"})
    assert found.user_of("sato@X.test") == "sato"
    assert found.user_of("desk@x.test") == "mori", "who is synced has the address"
    assert found.address_of("sato") is None


# -- where to invite ------------------------------------------------------------------------------------------


def test_a_linked_person_is_invited_by_the_primary_address() -> None:
    assert people(sato=("Taro.Sato@x.test", "sato@x.test")).address_of("sato") == "Taro.Sato@x.test"


def test_nobody_is_invited_who_is_not_linked_or_has_no_address_of_its_own() -> None:
    found = people(sato=("sales@x.test", "sato@x.test"), suzuki=("Sales@x.test",), mute=())
    found = replace(found, emails={"mori": "mori@x.test", "mute": "mute@x.test"})
    assert [found.address_of(user) for user in ("sato", "suzuki", "mute", "mori", "nobody")] == [None] * 5


# -- rooms ----------------------------------------------------------------------------------------------------


def test_a_room_is_found_by_its_address() -> None:
    found = People(rooms={"f-1": "Room.A@x.test", "f-2": "b@x.test"}, facility_names={"f-1": "A"})
    assert found.facility_of("room.a@X.test") == "f-1"
    assert found.facility_of("c@x.test") is None
    assert found.facility_of("") is None
    assert found.user_of("room.a@x.test") is None


# -- who is linked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "common"),
    [
        ({"enabled": False}, {}),
        ({"mailbox": ""}, {}),
        ({"settings": PersonSettings(sync=False)}, {}),
        ({}, {"sync": False}),
    ],
    ids=str,
)
def test_who_is_not_synced_is_not_linked(changes: Any, common: Any) -> None:
    assert linked_person(replace(SATO, **changes), replace(COMMON, **common)) is None


def test_the_mailboxes_own_addresses_come_before_those_that_were_entered() -> None:
    """failures.md F92: the address in the profile need not be the mailbox's."""
    entered = replace(SATO, email="Taro@x.test", addresses=("taro.sato@x.test", "taro@x.test"))
    assert linked_person(entered, COMMON) == Person(
        "sato", "佐藤", ("taro.sato@x.test", "taro@x.test", "sato@x.test")
    )
    unknown = replace(SATO, email=" taro@x.test ")
    assert linked_person(unknown, COMMON, "佐藤 太郎") == Person(
        "sato", "佐藤 太郎", ("taro@x.test", "sato@x.test")
    )


def test_a_linked_person_without_any_address_is_linked_all_the_same() -> None:
    assert linked_person(replace(SATO, upn=""), COMMON) == Person("sato", "佐藤", ())


# -- organizations --------------------------------------------------------------------------------------------

TREE = {
    "company": ("全社", None),
    "sales": ("営業部", "company"),
    "east": ("東日本", "sales"),
    "empty": ("空", "company"),
}


def test_an_organization_has_the_members_of_all_below_it() -> None:
    belonging = {"sato": ["east"], "mori": ["sales", "east"], "boss": ["company"], "guest": []}
    assert members_of(TREE, belonging) == {
        "company": ("sato", "mori", "boss"),
        "sales": ("sato", "mori"),
        "east": ("sato", "mori"),
        "empty": (),
    }


def test_organizations_in_a_ring_or_below_an_unknown_one_still_have_members() -> None:
    ring = {"a": ("A", "b"), "b": ("B", "a"), "c": ("C", "gone")}
    found = members_of(ring, {"sato": ["a"], "mori": ["c"], "kato": ["new"]})
    assert found == {"a": ("sato",), "b": ("sato",), "c": ("mori",), "gone": ("mori",), "new": ("kato",)}


def test_addresses_are_the_same_only_if_they_differ_in_case_at_most() -> None:
    assert address_key(" Straße@X.test") == address_key("straße@x.test")
    assert address_key("strasse@x.test") != address_key("straße@x.test")
