from __future__ import annotations

import logging

import pytest

from sync.web.middleware import LARGEST_BODY
from tests.web.company import Company


def test_an_unforeseen_error_is_a_numbered_problem_and_leaves_no_content_in_the_log(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    company.use_cases.error = ZeroDivisionError("the title of a private event")
    with caplog.at_level(logging.INFO):
        answer = company.as_person("POST", "/api/sync", {})
    assert (answer.status, answer.code) == (500, "internal")
    assert answer.json["incident"] in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "sync_now" in caplog.text
    assert "private event" not in caplog.text + str(answer.json)


def test_tokens_never_reach_the_log(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    token = company.token("tanaka")
    with caplog.at_level(logging.DEBUG, logger="sync"):
        company.client.ask("GET", "/api/users/suzuki", token=token)
        company.client.ask("GET", "/api/users/suzuki", token=token[:-3])
    assert '"reason": "other-person"' in caplog.text
    assert '"reason": "signature"' in caplog.text
    assert token[:40] not in caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/health"), ("GET", "/api/settings"), ("GET", "/nothing"), ("POST", "/api/sync")],
)
def test_every_answer_has_safe_headers(company: Company, method: str, path: str) -> None:
    company.use_cases.error = RuntimeError("boom")
    headers = company.as_person(method, path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_handler_in_the_thread_pool_knows_the_invocation(company: Company) -> None:
    company.as_person("POST", "/api/sync", {}, scope={"azure_functions.invocation_id": "inv-1"})
    company.as_person("POST", "/api/sync", {})
    assert company.use_cases.seen_invocation == ["inv-1", None]


def test_a_large_body_is_refused(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/settings", content=b" " * (LARGEST_BODY + 1))
    assert (answer.status, answer.code) == (413, "body-too-large")


def test_a_body_that_hides_its_length_is_counted(company: Company) -> None:
    answer = company.as_admin(
        "PUT", "/api/settings", content=b" " * (LARGEST_BODY + 1), headers=[("Content-Length", "2")]
    )
    assert answer.status == 413


def test_a_body_at_the_limit_is_read(company: Company) -> None:
    content = b'{"interval": 30}'.ljust(LARGEST_BODY)
    assert company.as_admin("PUT", "/api/settings", content=content).status == 200


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp", "multipart/form-data"],
)
def test_a_write_that_is_not_declared_as_json_is_refused(company: Company, media_type: str) -> None:
    answer = company.as_admin(
        "PUT", "/api/settings", content=b'{"interval": 30}', headers=[("Content-Type", media_type)]
    )
    assert (answer.status, answer.code) == (415, "content-type")


def test_json_may_name_its_charset(company: Company) -> None:
    headers = [("Content-Type", "application/json; charset=utf-8")]
    assert company.as_admin("PUT", "/api/settings", {"interval": 30}, headers=headers).status == 200
