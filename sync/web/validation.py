"""What is wrong with a request, field by field: where, why, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sync.core.messages import MESSAGES

# More entries than this help nobody, and a hostile body could ask for millions.
MOST_MISTAKES: Final = 50


@dataclass(frozen=True, slots=True)
class Mistake:
    """`place` is a JSON pointer into the body, or the name of a query or path parameter."""

    code: str
    place: str
    place_kind: str = "pointer"
    detail: Mapping[str, str] = field(default_factory=dict)


def mistakes_of(errors: Iterable[Mapping[str, Any]]) -> Sequence[Mistake]:
    """From pydantic's errors. Neither its text nor the value that was sent is repeated."""
    return [_mistake(error) for error, _ in zip(errors, range(MOST_MISTAKES), strict=False)]


def _mistake(error: Mapping[str, Any]) -> Mistake:
    where, *path = error["loc"]
    code, detail = _reason(error["type"], error.get("ctx", {}))
    if where != "body":
        name = str(path[0]) if path else str(where)
        return Mistake(code, name, "parameter", {"field": name, **detail})
    # Pydantic marks a mistake in a member's name itself by a last step of this name.
    pointer = "".join(f"/{_escaped(str(step))}" for step in path if step != "[key]")
    return Mistake(code, pointer, detail={"field": pointer.removeprefix("/") or "body", **detail})


def _escaped(step: str) -> str:
    """RFC 6901 3."""
    return step.replace("~", "~0").replace("/", "~1")


def _reason(kind: str, ctx: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Our code for pydantic's error type; our own validators already raise our codes."""
    if kind in MESSAGES:
        return kind, {name: str(value) for name, value in ctx.items()}
    if kind == "extra_forbidden":
        return "field-unknown", {}
    if kind == "missing":
        return "field-missing", {}
    if kind in ("enum", "literal_error"):
        return "field-choice", {"choices": str(ctx["expected"]).replace(" or ", ", ")}
    if kind in ("string_too_short", "too_short", "string_too_long", "too_long"):
        return "field-length", {
            "least": str(ctx.get("min_length", 0)),
            "most": str(ctx.get("max_length", "…")),
        }
    if kind.endswith(("_type", "_parsing", "_from_float", "_unicode")):
        return "field-type", {"expected": _JSON_TYPES.get(kind.partition("_")[0], "?")}
    return "field-format", {}


# The first word of pydantic's error type -> the type's name in JSON Schema.
_JSON_TYPES: Final[Mapping[str, str]] = {
    "bool": "boolean",
    "int": "integer",
    "string": "string",
    "list": "array",
    "dict": "object",
    "model": "object",
}
