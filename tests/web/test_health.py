from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator

from sync.errors import TryLater
from tests.web.company import Company


def test_anyone_may_ask_for_health_and_learns_no_detail(company: Company) -> None:
    answer = company.client.ask("GET", "/api/health")
    told = {"status": "ok", "version": "1.2.3", "storage": True, "attention": False}
    assert (answer.status, answer.json) == (200, told)


def test_health_says_that_the_storage_is_out_of_reach(company: Company) -> None:
    company.use_cases.is_reachable = False
    answer = company.client.ask("GET", "/api/health")
    assert (answer.status, answer.json["status"], answer.json["storage"]) == (503, "degraded", False)


def test_health_takes_an_error_of_the_storage_for_out_of_reach(company: Company) -> None:
    def fail() -> bool:
        raise TryLater("storage-unavailable")

    company.use_cases.storage_reachable = fail  # type: ignore[method-assign]
    assert company.client.ask("GET", "/api/health").status == 503


def test_the_description_is_valid_openapi_and_complete(company: Company) -> None:
    document = company.client.ask("GET", "/api/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            assert operation["summary"], name
            assert "Who: " in operation["description"], name
            assert "500" in operation["responses"], name
            assert operation["security"] or operation["x-who"] in ("ANYONE", "BROWSER"), name
            body = operation.get("requestBody")
            assert body is None or body["content"]["application/json"]["examples"], name
