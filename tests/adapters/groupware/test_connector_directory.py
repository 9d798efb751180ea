from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.adapters.groupware.connector.client import Client
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.http import Session
from sync.ports import GroupwareUser
from sync.sandbox.groupware import TOKEN, Groupware, Switches
from sync.sandbox.groupware.directory import Kind
from sync.sandbox.inprocess import InProcess
from tests.fakes import FakeClock

BASE = "http://127.0.0.1:2"


@pytest.fixture
def groupware() -> Iterator[Groupware]:
    with Groupware(clock=FakeClock(), switches=Switches(page_default=2, short_pages=True)) as groupware:
        yield groupware


def directory_of(groupware: Groupware) -> ConnectorDirectory:
    session = Session(read_retries=0)
    session.mount(BASE, InProcess(groupware.app))
    clock = FakeClock()
    return ConnectorDirectory(lambda: Client(session, BASE, TOKEN, clock), clock)


def test_users_come_with_their_own_organizations(groupware: Groupware) -> None:
    sales = groupware.add_organization("営業部")
    east = groupware.add_organization("東日本", parent=sales)
    sato = groupware.add_user("佐藤", email="Sato@x.test", organizations=[east, sales])
    mori = groupware.add_user("森")
    left = groupware.add_user("退職者", email="left@x.test")
    groupware.change(Kind.USER, left, active=False)
    assert directory_of(groupware).users() == [
        GroupwareUser(sato, "佐藤", "Sato@x.test", True, (east, sales)),
        GroupwareUser(mori, "森", "", True),
        GroupwareUser(left, "退職者", "left@x.test", False),
    ]


def test_organizations_come_with_name_and_parent(groupware: Groupware) -> None:
    company = groupware.add_organization("全社")
    sales = groupware.add_organization("営業部", parent=company)
    east = groupware.add_organization("東日本", parent=sales)
    directory = directory_of(groupware)
    sato = groupware.add_user("佐藤", organizations=[east])
    # Both ways of asking are remembered, and neither for the other.
    for _ in range(2):
        assert directory.organizations() == {
            company: ("全社", None),
            sales: ("営業部", company),
            east: ("東日本", sales),
        }
        assert directory.organizations_of(sato) == {company, sales, east}
