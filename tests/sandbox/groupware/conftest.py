"""A small groupware with two people, called in process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sync.sandbox.clock import ManualClock
from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.inprocess import InProcess
from tests.conformance.client import Client
from tests.conformance.contract import Contract

URL = "http://groupware.test"
SATO, SUZUKI = "u-1", "u-2"


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 12, 1, 3, 0, tzinfo=UTC))


@pytest.fixture
def groupware(clock: ManualClock) -> Iterator[Groupware]:
    with Groupware(seed=7, clock=clock) as groupware:
        groupware.add_user("佐藤", email="sato@example.com")
        groupware.add_user("鈴木", email="suzuki@example.com", time_zone="Europe/London")
        yield groupware


@pytest.fixture
def api(groupware: Groupware, contract: Contract) -> Iterator[Client]:
    with Client(URL, TOKEN, contract) as client:
        client.session.mount(URL, InProcess(groupware.app))
        yield client
