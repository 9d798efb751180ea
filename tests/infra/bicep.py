"""The parsed Bicep files. pycep gives their content, tree-sitter is a second opinion on their syntax; neither knows
types or API versions, which only the Bicep compiler checks (azure-hosting.md 5)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

import tree_sitter
import tree_sitter_bicep
from pycep import BicepParser

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
FILES = sorted(INFRA.rglob("*.bicep"))
Json = dict[str, Any]


@cache
def parse(path: Path) -> Json:
    return cast(Json, BicepParser().parse(text=path.read_text("utf-8")))


def module(name: str) -> Json:
    return parse(INFRA / "modules" / f"{name}.bicep")


def syntax_errors(text: str) -> bool:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
    return parser.parse(text.encode()).root_node.has_error


def resources(kind: str) -> list[tuple[Path, str, Json]]:
    """Every resource of this type that is made here: file, symbol, config."""
    return [
        (path, symbol, found["config"])
        for path in FILES
        for symbol, found in parse(path).get("resources", {}).items()
        if found["type"].lower() == kind.lower() and not found["existing"]
    ]


def text_of(path: Path) -> str:
    return path.read_text("utf-8")
