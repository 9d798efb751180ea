"""Alerts and workbook against what the app logs: a query for a line that nobody writes never fires."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.benchmarks.cost import table
from tests.infra.bicep import INFRA, ROOT, module, text_of


def logged() -> dict[str, set[str]]:
    """Event -> the fields of its line, for every call of `sync.log.log`."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "sync").rglob("*.py"):
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "log"
                and node.args
            ):
                event = node.args[0]
                if isinstance(event, ast.Constant):
                    fields = {one.arg for one in node.keywords if one.arg} - {"level"}
                    found.setdefault(str(event.value), set()).update(fields)
    return found


def alert_rules() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = module("alerts")["variables"]["rules"]["value"]
    return rules


def workbook_queries() -> Iterator[str]:
    for item in json.loads(text_of(INFRA / "workbook.json"))["items"]:
        query = item["content"].get("query")
        if query:
            yield query


QUERIES = [*(rule["query"] for rule in alert_rules()), *workbook_queries()]


def test_the_lines_are_found_at_all() -> None:
    lines = logged()
    assert {"id", "state", "error", "counts", "requests"} <= lines["pass"]
    assert {"people", "queued", "pending"} <= lines["timer"]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_lines_and_fields_that_exist(query: str) -> None:
    lines = logged()
    events = set(re.findall(r'line\.event == "([\w-]+)"', query))
    for listed in re.findall(r"line\.event in \(([^)]*)\)", query):
        events |= set(re.findall(r'"([\w-]+)"', listed))
    if "line." in query:
        assert events
    assert events <= lines.keys()
    fields = set(re.findall(r"\bline\.(\w+)", query)) - {"event"}
    known = {"level"}.union(*(lines[event] for event in events)) if events else set()
    assert fields <= known


@pytest.mark.parametrize("rule", alert_rules(), ids=lambda rule: rule["name"])
def test_an_alert_says_one_number_and_is_explained_to_the_operator(rule: dict[str, Any]) -> None:
    assert re.search(r"(project|summarize) value = ", rule["query"])
    assert f"### {rule['name']}\n" in text_of(INFRA / "operations.md")


def test_the_alerts_are_those_that_were_promised() -> None:
    keys = {rule["name"] for rule in alert_rules()}
    assert keys == {
        "no-successful-pass",
        "poison-message",
        "credential-expiring",
        "error-share",
        "throttling",
    }


def test_what_is_counted_is_not_sampled() -> None:
    host = json.loads(text_of(ROOT / "host.json"))
    sampling = host["logging"]["applicationInsights"]["samplingSettings"]
    assert "Trace" in sampling["excludedTypes"].split(";")


def test_the_cost_table_is_the_computed_one() -> None:
    assert table() in text_of(INFRA / "operations.md")
