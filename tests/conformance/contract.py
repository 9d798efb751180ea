"""Reads `contract.yaml` and holds answers against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

PATH = Path(__file__).parents[2] / "sync" / "adapters" / "groupware" / "connector" / "contract.yaml"
PROBLEM = "urn:groupware-connector:problem:"


class Contract:
    """`document` is the file as it is; inside, every `$ref` is replaced by what it names (there are no circles)."""

    def __init__(self, path: Path = PATH) -> None:
        self.document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._whole: dict[str, Any] = self._inlined(self.document)
        # Of two paths that fit, the one without a variable is meant (OpenAPI 3.1, "Path Templating").
        routes = sorted(self._whole["paths"].items(), key=lambda pair: "{" in pair[0])
        self._routes = [(_pattern(route), operations) for route, operations in routes]
        self._validators: dict[int, Draft202012Validator] = {}

    def check_schema(self, name: str, value: object) -> None:
        """AssertionError if the value does not fit the schema of that name."""
        self._check(name, self._whole["components"]["schemas"][name], value)

    def check_answer(self, method: str, path: str, answer: requests.Response) -> None:
        """AssertionError unless status, media type, headers and body are what the contract says."""
        where = f"{method} {path} -> {answer.status_code}"
        response = self._response(method, path, answer.status_code)
        assert response is not None, f"{where}: the contract knows no such answer"
        self._check_headers(where, response, answer)
        content: Mapping[str, Any] = response.get("content", {})
        if not content:
            assert not answer.content, f"{where}: a body where none belongs"
            return
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        assert media_type in content, f"{where}: Content-Type is {media_type!r}"
        self._check(where, content[media_type]["schema"], answer.json())
        if answer.status_code >= 400:
            assert answer.json()["status"] == answer.status_code, f"{where}: `status` says something else"

    def _response(self, method: str, path: str, status: int) -> Mapping[str, Any] | None:
        fitting = [operations for pattern, operations in self._routes if pattern.fullmatch(path)]
        operation = fitting[0].get(method.lower(), {}) if fitting else {}
        problem = self._whole["components"]["responses"]["Problem"] if status >= 400 else None
        found: Mapping[str, Any] | None = operation.get("responses", {}).get(str(status), problem)
        return found

    def _check_headers(self, where: str, response: Mapping[str, Any], answer: requests.Response) -> None:
        for name, header in response.get("headers", {}).items():
            value = answer.headers.get(name)
            assert value is not None or not header.get("required"), f"{where}: no {name} header"
            if value is not None:
                self._check(f"{where}: {name}", header["schema"], value)

    def _check(self, where: str, schema: Mapping[str, Any], value: object) -> None:
        validator = self._validators.setdefault(id(schema), Draft202012Validator(schema))
        errors = sorted(validator.iter_errors(value), key=lambda error: list(map(str, error.path)))
        assert not errors, f"{where}: {'; '.join(_said(errors[:3]))}"

    def _inlined(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._inlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        target = node.get("$ref")
        if not isinstance(target, str):
            return {name: self._inlined(value) for name, value in node.items()}
        found: Any = self.document
        for part in target.removeprefix("#/").split("/"):
            found = found[part]
        return {**self._inlined(found), **{n: v for n, v in node.items() if n != "$ref"}}


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route)))


def _said(errors: list[Any]) -> Iterator[str]:
    for error in errors:
        yield f"{error.json_path}: {error.message[:200]}"
