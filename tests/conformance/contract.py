"""Reads `contract.yaml` and holds answers against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

PATH = Path(__file__).parents[2] / "sync" / "adapters" / "groupware" / "connector" / "contract.yaml"
PROBLEM = "urn:groupware-connector:problem:"


class Contract:
    def __init__(self, path: Path = PATH) -> None:
        self.document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        resource = DRAFT202012.create_resource(self.document)
        self._registry: Registry[Any] = Registry().with_resource("contract:", resource)
        self._routes = [(_pattern(route), route) for route in self.document["paths"]]
        # Of two paths that fit, the one without a variable is meant (OpenAPI 3.1, "Path Templating").
        self._routes.sort(key=lambda pair: "{" in pair[1])

    def check_schema(self, name: str, value: object) -> None:
        """AssertionError if the value does not fit the schema of that name."""
        self._check(f"#/components/schemas/{name}", value)

    def check_answer(self, method: str, path: str, answer: requests.Response) -> None:
        """AssertionError unless status, media type, headers and body are what the contract says."""
        where = f"{method} {path} -> {answer.status_code}"
        operation = self._operation(method, path)
        if operation is None or str(answer.status_code) not in operation[1]["responses"]:
            assert answer.status_code >= 400, f"{where}: the contract knows no such answer"
            pointer, response = (
                "#/components/responses/Problem",
                self._resolve("#/components/responses/Problem"),
            )
        else:
            pointer = f"{operation[0]}/responses/{answer.status_code}"
            response = operation[1]["responses"][str(answer.status_code)]
        self._check_headers(where, response, answer)
        content: Mapping[str, Any] = response.get("content", {})
        if not content:
            assert not answer.content, f"{where}: a body where none belongs"
            return
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        assert media_type in content, f"{where}: Content-Type is {media_type!r}"
        self._check(f"{pointer}/content/{_escape(media_type)}/schema", answer.json(), where)
        if answer.status_code >= 400:
            assert answer.json()["status"] == answer.status_code, f"{where}: `status` says something else"

    def _check_headers(self, where: str, response: Mapping[str, Any], answer: requests.Response) -> None:
        for name, header in response.get("headers", {}).items():
            header = self._resolve(header["$ref"]) if "$ref" in header else header
            value = answer.headers.get(name)
            assert value is not None or not header.get("required"), f"{where}: no {name} header"
            if value is not None:
                errors = list(Draft202012Validator(header["schema"]).iter_errors(value))
                assert not errors, f"{where}: {name}: {errors[0].message}"

    def _check(self, pointer: str, value: object, where: str = "") -> None:
        errors = sorted(
            self._validator(pointer).iter_errors(value), key=lambda error: list(map(str, error.path))
        )
        assert not errors, f"{where} {pointer}: {'; '.join(_said(errors[:3]))}"

    @cache  # noqa: B019 - one contract per run
    def _validator(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": f"contract:{pointer}"}, registry=self._registry)

    def _operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
        route = next((route for pattern, route in self._routes if pattern.fullmatch(path)), None)
        operations = self.document["paths"].get(route, {})
        if method.lower() not in operations:
            return None
        return f"#/paths/{_escape(str(route))}/{method.lower()}", operations[method.lower()]

    def _resolve(self, pointer: str) -> Mapping[str, Any]:
        found: Any = self.document
        for part in pointer.removeprefix("#/").split("/"):
            found = found[part]
        result: Mapping[str, Any] = found
        return result


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route)))


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _said(errors: list[Any]) -> Iterator[str]:
    for error in errors:
        yield f"{error.json_path}: {error.message[:200]}"
