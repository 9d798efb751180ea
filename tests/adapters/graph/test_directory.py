from __future__ import annotations

from typing import Any

import pytest

from sync.adapters.graph.directory import GraphDirectory
from sync.errors import NeedsAdministrator, SyncError, TryLater
from sync.ports import Mailbox
from sync.sandbox.faults import fail, throttled
from sync.sandbox.microsoft365 import MailboxState
from sync.sandbox.microsoft365.switches import UnknownUser
from tests.adapters.graph.canned import Canned, FakeClock, Said, make_client, refusal
from tests.adapters.graph.simulated import World, make_world


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def directory(world: World) -> GraphDirectory:
    return GraphDirectory(world.client)


def reason(directory: GraphDirectory, oid: str) -> str:
    with pytest.raises(NeedsAdministrator) as raised:
        directory.check(oid)
    return raised.value.code


def test_a_person_is_found_by_upn_and_by_object_id(world: World, directory: GraphDirectory) -> None:
    user = world.tenant.add_user("hanako@example.com", "山田花子", mail="yamada@example.com")
    expected = Mailbox(
        user.id,
        "hanako@example.com",
        "山田花子",
        "yamada@example.com",
        addresses=("yamada@example.com",),
    )
    assert directory.mailbox("Hanako@Example.com ") == expected
    assert directory.mailbox(user.id) == expected


@pytest.mark.parametrize("upn", ["o'neil@example.com", "guest_x.test#EXT#@example.com", "a+b@example.com"])
def test_names_with_special_characters_are_found(world: World, directory: GraphDirectory, upn: str) -> None:
    user = world.tenant.add_user(upn)
    found = directory.mailbox(upn)
    assert found is not None
    assert found.id == user.id


def test_a_disabled_person_without_address_is_found_as_such(world: World, directory: GraphDirectory) -> None:
    world.tenant.add_user("room@example.com", "会議室", mail=None, account_enabled=False)
    found = directory.mailbox("room@example.com")
    assert found is not None
    assert (found.email, found.enabled) == ("", False)


def test_nobody_of_that_name_is_none(directory: GraphDirectory) -> None:
    assert directory.mailbox("nobody@example.com") is None


def test_no_name_is_nobody_and_costs_nothing(world: World, directory: GraphDirectory) -> None:
    assert directory.mailbox("  ") is None
    assert world.tenant.requests.total == 0


def test_without_the_directory_permission_the_administrator_is_told(
    world: World, directory: GraphDirectory
) -> None:
    world.application.roles = frozenset({"Calendars.ReadWrite"})
    with pytest.raises(NeedsAdministrator) as raised:
        directory.mailbox(world.user.id)
    assert raised.value.code == "permission-missing"


def test_a_usable_mailbox_passes_the_check(world: World, directory: GraphDirectory) -> None:
    directory.check(world.user.id)


@pytest.mark.parametrize("unknown", UnknownUser)
def test_a_user_who_left_is_named(world: World, directory: GraphDirectory, unknown: UnknownUser) -> None:
    world.tenant.switch(unknown_user=unknown)
    world.tenant.remove_user(world.user.id)
    assert reason(directory, world.user.id) == "user-missing"


@pytest.mark.parametrize("state", [state for state in MailboxState if state is not MailboxState.READY])
def test_a_person_without_mailbox_is_named(
    world: World, directory: GraphDirectory, state: MailboxState
) -> None:
    world.user.mailbox_state = state
    assert reason(directory, world.user.id) == "mailbox-missing"


def test_a_mailbox_outside_the_access_policy_is_named(world: World, directory: GraphDirectory) -> None:
    world.application.mailboxes = frozenset()
    assert reason(directory, world.user.id) == "mailbox-forbidden"


def test_a_missing_permission_is_named(world: World, directory: GraphDirectory) -> None:
    world.application.roles = frozenset({"User.Read.All"})
    assert reason(directory, world.user.id) == "mailbox-forbidden"


def test_graph_down_is_a_matter_of_time() -> None:
    directory = GraphDirectory(make_client(Canned(refusal(503, "ServiceUnavailable")), FakeClock()))
    with pytest.raises(TryLater):
        directory.mailbox("a@example.com")
    with pytest.raises(TryLater):
        directory.check("oid")


def test_only_the_needed_properties_are_asked_for() -> None:
    graph = Canned(Said(200, {"id": "i", "userPrincipalName": None, "mail": None, "displayName": None}))
    assert GraphDirectory(make_client(graph, FakeClock())).mailbox("a/b@example.com") == Mailbox(
        "i", "", "", ""
    )
    assert graph.sent[0].url == (
        "https://graph.microsoft.com/v1.0/users/a%2Fb%40example.com"
        "?$select=id%2CuserPrincipalName%2Cmail%2CdisplayName%2CaccountEnabled%2CproxyAddresses"
    )


@pytest.mark.parametrize(
    ("user", "addresses"),
    [
        ({}, ()),
        ({"mail": "a@x.test"}, ("a@x.test",)),
        ({"mail": None, "proxyAddresses": None}, ()),
        (
            {
                "proxyAddresses": [
                    "smtp:old@x.test",
                    "SIP:a@x.test",
                    "SMTP:A.B@x.test",
                    "smtp: b@x.test",
                    "x500:/o=E",
                ]
            },
            ("A.B@x.test", "old@x.test", "b@x.test"),
        ),
        (
            {"mail": "mail@x.test", "proxyAddresses": ["smtp:old@x.test", "SMTP:main@x.test"]},
            ("main@x.test", "mail@x.test", "old@x.test"),
        ),
        ({"mail": "a@x.test", "proxyAddresses": ["SMTP:a@x.test", "smtp:a@x.test"]}, ("a@x.test",)),
    ],
    ids=str,
)
def test_the_mailboxes_own_addresses_are_known_the_primary_one_first(
    user: dict[str, object], addresses: tuple[str, ...]
) -> None:
    """failures.md F92: the address that others see need not be that of the profile."""
    graph = Canned(Said(200, {"id": "i", "userPrincipalName": "u@x.test", "displayName": "U", **user}))
    found = GraphDirectory(make_client(graph, FakeClock())).mailbox("u@x.test")
    assert found is not None
    assert found.addresses == addresses


# -- many at once ---------------------------------------------------------------------------------------------


def directory_of(world: World) -> tuple[GraphDirectory, list[str]]:
    """The directory, and the paths of its requests as they leave."""
    paths: list[str] = []
    exchange = world.client.exchange

    def noting(method: str, path: str, **options: Any) -> Any:
        paths.append(path)
        return exchange(method, path, **options)

    world.client.exchange = noting  # type: ignore[method-assign,assignment]
    return GraphDirectory(world.client), paths


def test_ten_thousand_people_are_looked_up_twenty_at_a_time() -> None:
    world = make_world()
    upns = [world.tenant.add_user(f"p{number}@example.com").user_principal_name for number in range(10_000)]
    directory, paths = directory_of(world)
    found = directory.mailboxes(upns)
    assert list(found) == upns
    assert all(isinstance(one, Mailbox) and one.upn == upn for upn, one in found.items())
    assert (len(paths), set(paths)) == (500, {"/$batch"})


def test_ten_thousand_people_are_listed_by_pages_of_999() -> None:
    world = make_world()
    upns = {world.tenant.add_user(f"p{number}@example.com").user_principal_name for number in range(10_000)}
    directory, paths = directory_of(world)
    assert {one.upn for one in directory.everyone()} == upns | {"taro@example.com"}
    assert len(paths) == 11


def test_one_unknown_name_stops_nobody_else() -> None:
    world = make_world()
    directory, _ = directory_of(world)
    found = directory.mailboxes(["nobody@example.com", " ", "taro@example.com", "o'neil#EXT#@example.com"])
    codes = {upn: one.code for upn, one in found.items() if isinstance(one, SyncError)}
    assert codes == dict.fromkeys(["nobody@example.com", " ", "o'neil#EXT#@example.com"], "user-missing")
    taro = found["taro@example.com"]
    assert isinstance(taro, Mailbox)
    assert taro.id == world.user.id


def test_many_calendars_are_checked_in_batches_each_with_its_own_answer() -> None:
    world = make_world()
    people = [world.tenant.add_user(f"p{number}@example.com") for number in range(45)]
    people[7].mailbox_state = MailboxState.NONE
    world.application.mailboxes = frozenset(person.id for person in people if person is not people[20])
    directory, paths = directory_of(world)
    found = directory.check_all([person.id for person in people])
    refused = {oid: error.code for oid, error in found.items() if error is not None}
    assert refused == {people[7].id: "mailbox-missing", people[20].id: "mailbox-forbidden"}
    assert paths == ["/$batch"] * 3


def test_throttling_of_a_few_is_waited_for() -> None:
    world = make_world()
    upns = [world.tenant.add_user(f"p{number}@example.com").user_principal_name for number in range(25)]
    world.tenant.faults.script(lambda call: call.in_batch, throttled(2), times=3)
    directory, paths = directory_of(world)
    assert not any(isinstance(one, SyncError) for one in directory.mailboxes(upns).values())
    assert len(paths) == 2, "what was refused travels with the rest"
    assert world.clock.slept == 2


def test_a_directory_that_is_down_stops_the_look_up() -> None:
    world = make_world()
    world.tenant.faults.script("POST /$batch", fail(503, "ServiceUnavailable"), times=100)
    directory, _ = directory_of(world)
    with pytest.raises(TryLater):
        directory.mailboxes(["taro@example.com"])
