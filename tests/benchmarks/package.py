"""What the published package weighs, and how long an instance takes until it can work (azure-hosting.md 3)."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from tests.infra.deployed import Deployed, deploy
from tests.infra.test_package import ENVIRONMENT

RUNS = 5


@dataclass(frozen=True)
class PackageFigures:
    """Seconds are medians of fresh processes, without the start of Python and of the worker library themselves."""

    kibibytes: float
    indexed: float
    first_answer: float


def package_figures() -> PackageFigures:
    deployed = deploy()
    runs = [_once(deployed) for _ in range(RUNS)]
    return PackageFigures(
        deployed.size / 1024,
        statistics.median(indexed for indexed, _ in runs),
        statistics.median(answer for _, answer in runs),
    )


def _once(deployed: Deployed) -> tuple[float, float]:
    """Seconds until the app is indexed, and until the first HTTP answer after that."""
    asked = {
        "name": "web",
        "method": "GET",
        "url": "https://app.test/api/openapi.json",
        "headers": {},
        "body": "",
    }
    started, answer = deployed.host([("start", {}), ("http", asked)], ENVIRONMENT)
    assert started["ok"], started
    assert answer["status"] == 200, answer
    return float(started["seconds"]), float(answer["seconds"])
