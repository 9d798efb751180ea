"""Fixtures that every test may ask for, and the watch that is kept over all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.adapters.groupware.caldav import servers as caldav_servers
from tests.azurite import AzuriteMissing, running_azurite
from tests.leaks import pytest_configure as pytest_configure
from tests.leaks import pytest_runtest_teardown as pytest_runtest_teardown
from tests.leaks import pytest_sessionfinish as pytest_sessionfinish


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an empty Azurite. Where it must not be missing, set REQUIRE_AZURITE=1."""
    try:
        with running_azurite(tmp_path_factory.mktemp("azurite")) as connection_string:
            yield connection_string
    except AzuriteMissing as missing:
        if os.environ.get("REQUIRE_AZURITE") == "1":
            pytest.fail(f"REQUIRE_AZURITE=1, but {missing}")
        pytest.skip(f"needs Azurite: {missing}")


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[caldav_servers.Server]:
    with caldav_servers.radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="session")
def xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[caldav_servers.Server]:
    with caldav_servers.xandikos(tmp_path_factory.mktemp("xandikos")) as server:
        yield server


@pytest.fixture(params=["radicale", "xandikos"])
def caldav_server(request: pytest.FixtureRequest) -> caldav_servers.Server:
    """Each of the real servers in turn."""
    server: caldav_servers.Server = request.getfixturevalue(request.param)
    return server
