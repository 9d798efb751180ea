"""The README's tables cannot drift from the code."""

from __future__ import annotations

import re
from pathlib import Path

from sync.config import SETTINGS
from sync.web.access import RULES

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section("Environment"), re.MULTILINE))
    assert list(rows) == [setting.name for setting in SETTINGS]
    for setting in SETTINGS:
        if setting.name == "AzureWebJobsStorage" or setting.default is None:
            said = "required"
        else:
            said = f"`{setting.default}`" if setting.default else "empty"
        assert rows[setting.name].strip() == said


def test_every_route_stands_in_the_table() -> None:
    routes = re.findall(r"^\| `((?:GET|PUT|POST|DELETE) [^`]+)` \|", section("HTTP"), re.MULTILINE)
    assert sorted(routes) == sorted(RULES)
