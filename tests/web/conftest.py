from __future__ import annotations

import pytest

from tests.web.company import Company


@pytest.fixture
def company() -> Company:
    return Company()
