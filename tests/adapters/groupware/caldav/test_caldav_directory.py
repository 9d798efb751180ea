"""Who and what a CalDAV groupware knows: from the administrator's list, or from the server's principals."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sync.adapters.groupware.caldav.context import Known
from sync.adapters.groupware.caldav.directory import CaldavDirectory, Listed, read_list
from sync.errors import NeedsAdministrator
from sync.ports import GroupwareUser
from tests.adapters.groupware.caldav.servers import Server
from tests.adapters.groupware.caldav.wire import Said, Wire, found, hrefs, multistatus, refused, wire
from tests.fakes import FakeClock

LIST = {
    "users": [{"id": "taro", "name": "山田太郎", "email": "taro@example.co.jp"}, {"id": "jiro"}],
    "facilities": [{"id": "room1", "name": "第1会議室", "email": "room1@example.co.jp"}],
    "eventTypes": ["会議", "外出"],
}
PRINCIPAL = "<d:resourcetype><d:principal/><d:collection/></d:resourcetype>"


def directory(made: Wire, **secrets: str) -> CaldavDirectory:
    return CaldavDirectory(secrets, "list", lambda: made.client, made.clock)


def person(name: str, *properties: str) -> str:
    return found(f"/dav/p/{name}/", PRINCIPAL, *properties)


def shown(name: str) -> str:
    return f"<d:displayname>{name}</d:displayname>"


def kind(name: str) -> str:
    return f"<c:calendar-user-type>{name}</c:calendar-user-type>"


def test_the_list_says_people_facilities_and_types() -> None:
    made = wire(refused(500))
    listed = directory(made, list=json.dumps(LIST))
    assert listed.users() == [
        GroupwareUser("taro", "山田太郎", "taro@example.co.jp"),
        GroupwareUser("jiro", "jiro", ""),
    ]
    assert listed.facilities() == {"room1": "第1会議室"}
    assert listed.event_types() == {"会議": "会議", "外出": "外出"}
    assert listed.organizations() == {}
    assert made.canned.asked == [], "the server is not asked"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "nonsense",
        "1",
        '{"users": {}, "facilities": 1}',
        '{"users": ["taro"]}',
        '{"users": [{"name": "taro"}]}',
        '{"users": [{"id": ""}]}',
        '{"users": [{"id": 1}]}',
        '{"users": [{"id": "a", "email": 1}]}',
        '{"users": [{"id": "a"}, {"id": "a"}]}',
        '{"eventTypes": [""]}',
        '{"eventTypes": [1]}',
        '{"eventTypes": {"a": 1}, "users": 7}',
    ],
)
def test_a_list_that_cannot_be_read_is_named_and_not_guessed(text: str) -> None:
    with pytest.raises(NeedsAdministrator) as raised:
        read_list(text, "my-list")
    assert (raised.value.code, raised.value.detail) == ("groupware-list-unreadable", {"secret": "my-list"})


def test_without_a_list_the_principals_are_taken() -> None:
    mail = hrefs("c:calendar-user-address-set", "/dav/p/taro/", "mailto:taro@example.co.jp")
    made = wire(
        multistatus(found("/dav/", hrefs("d:principal-collection-set", "/dav/p/"))),
        multistatus(
            found("/dav/p/", "<d:resourcetype><d:collection/></d:resourcetype>"),
            person("taro", shown("山田太郎"), mail),
            person(
                "jiro",
                kind("INDIVIDUAL"),
                '<s:email-address xmlns:s="http://sabredav.org/ns">j@x</s:email-address>',
            ),
            person("room%201", shown("第1会議室"), kind("ROOM")),
            person("beamer", kind("RESOURCE")),
            person("all", kind("GROUP")),
        ),
    )
    assert directory(made).listed() == Listed(
        {"taro": Known("山田太郎", "taro@example.co.jp"), "jiro": Known("jiro", "j@x")},
        {"room 1": Known("第1会議室", ""), "beamer": Known("beamer", "")},
    )


def test_radicale_shows_its_principals_to_an_account_that_may_see_them(radicale: Server) -> None:
    clock = FakeClock()
    user = radicale.person()
    listed = CaldavDirectory({}, "list", lambda: radicale.client(), clock)
    assert user in {one.id for one in listed.users()}


@pytest.mark.parametrize("said", [refused(401), refused(403), refused(404)])
def test_a_server_that_shows_none_needs_a_list(said: Said) -> None:
    with pytest.raises(NeedsAdministrator):
        directory(wire(said)).users()


def test_what_was_read_is_remembered_for_a_while() -> None:
    made = wire(refused(500))
    secrets = {"list": json.dumps(LIST)}
    listed = CaldavDirectory(secrets, "list", lambda: made.client, made.clock)
    assert len(listed.users()) == 2
    secrets["list"] = "{}"
    assert len(listed.users()) == 2
    made.clock.advance(timedelta(minutes=11))
    assert listed.users() == []
