"""Which server is checked: `--base-url` with `--token` and `--user`, or the reference groupware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conformance.client import Client
from tests.conformance.contract import Contract
from tests.conformance.reference import READ_TOKEN, TOKEN, build_groupware, serving

OPTIONS = {
    "--base-url": "server to check, without /v1; the reference groupware if left out",
    "--token": "bearer token with all three scopes",
    "--read-token": "bearer token with schedule.read only (optional)",
    "--user": "id of a user whose schedule the suite may write to; the first active one if left out",
    "--other-user": "id of a second such user; the next active one if left out",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "conformance of a groupware connector")
    for name, text in OPTIONS.items():
        try:
            group.addoption(name, help=text, default=None)
        except ValueError:
            # Another plugin (pytest-base-url) has an option of that name; its value is used.
            continue


@dataclass(frozen=True, slots=True)
class Server:
    base_url: str
    token: str
    read_token: str | None


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    base_url = _option(request, "--base-url")
    if base_url:
        yield Server(base_url, _option(request, "--token") or "", _option(request, "--read-token"))
        return
    with build_groupware() as groupware, serving(groupware) as url:
        yield Server(url, TOKEN, READ_TOKEN)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture(scope="session")
def people(request: pytest.FixtureRequest, server: Server, contract: Contract) -> list[str]:
    """The ids of the users to write to, `--user` and `--other-user` first."""
    named = [_option(request, name) for name in ("--user", "--other-user")]
    with Client(server.base_url, server.token, contract) as client:
        active = [user["id"] for user in client.pages("/v1/users") if user["active"]]
    chosen = [user for user in named if user]
    return chosen + [user for user in active if user not in chosen]


@pytest.fixture
def api(server: Server, contract: Contract) -> Iterator[Client]:
    with Client(server.base_url, server.token, contract) as client:
        yield client
        client.clean_up()


@pytest.fixture
def user(people: list[str]) -> str:
    assert people, "the server has no active user"
    return people[0]


@pytest.fixture
def other(people: list[str]) -> str:
    if len(people) < 2:
        pytest.skip("needs a second user (--other-user)")
    return people[1]


@pytest.fixture
def reader(server: Server, contract: Contract) -> Iterator[Client]:
    """A client that may only read schedules."""
    if not server.read_token:
        pytest.skip("needs --read-token")
    with Client(server.base_url, server.read_token, contract) as client:
        yield client


def _option(request: pytest.FixtureRequest, name: str) -> str | None:
    value: str | None = request.config.getoption(name, default=None)
    return value
