"""The contract is a valid OpenAPI file and says what the reference groupware does."""

from __future__ import annotations

import re

from flask import Flask
from openapi_spec_validator import validate

from sync.sandbox.groupware import Groupware
from sync.sandbox.groupware.access import SCOPES
from sync.sandbox.groupware.misbehaviour import template
from sync.sandbox.groupware.problems import KINDS, Reason
from sync.sandbox.groupware.schedule import ORDER
from sync.sandbox.groupware.series import OVERRIDABLE
from sync.sandbox.groupware.validation import READ_ONLY, WRITABLE
from tests.conformance.contract import Contract


def test_it_is_valid_openapi(contract: Contract) -> None:
    validate(contract.document)


def test_its_examples_fit_its_schemas(contract: Contract) -> None:
    for name, schema in contract.document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            contract.check_schema(name, example)


def test_it_describes_every_route_and_no_other(contract: Contract, groupware: Groupware) -> None:
    described = {
        (method.upper(), path)
        for path, operations in contract.document["paths"].items()
        for method in operations
        if method in ("get", "put", "post", "patch", "delete")
    }
    assert described == set(served(groupware.app))


def served(app: Flask) -> list[tuple[str, str]]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/v1/")]
    return [
        (m, template(rule.rule))
        for rule in rules
        for m in (rule.methods or ())
        if m not in ("HEAD", "OPTIONS")
    ]


def test_it_lists_every_problem(contract: Contract) -> None:
    text = contract.document["components"]["schemas"]["Problem"]["description"]
    listed = {name: int(status) for name, status in re.findall(r"\| `([a-z-]+)` \| (\d{3}) \|", text)}
    assert listed == {name: kind.status for name, kind in KINDS.items()}


def test_it_lists_every_reason(contract: Contract) -> None:
    reason = contract.document["components"]["schemas"]["FieldError"]["properties"]["reason"]
    assert set(reason["examples"]) == {reason.value for reason in Reason}


def test_it_lists_every_field(contract: Contract) -> None:
    schemas = contract.document["components"]["schemas"]
    assert set(schemas["Event"]["properties"]) == set(schemas["Event"]["required"]) == set(ORDER)
    assert set(schemas["NewEvent"]["properties"]) == {*READ_ONLY, *WRITABLE}
    assert set(schemas["EventPatch"]["propertyNames"]["enum"]) == {*READ_ONLY, *WRITABLE}
    assert set(schemas["Override"]["properties"]) == OVERRIDABLE


def test_it_lists_every_scope(contract: Contract) -> None:
    flow = contract.document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == SCOPES
