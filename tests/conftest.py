"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.azurite import AzuriteMissing, running_azurite


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
