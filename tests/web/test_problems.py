from __future__ import annotations

import pytest

from sync.core.messages import Language
from sync.errors import (
    BadSetting,
    CannotSync,
    CursorExpired,
    Gone,
    LeaseLost,
    Moved,
    NeedsAdministrator,
    SyncError,
    TryLater,
)
from sync.web.languages import language_of
from sync.web.problems import from_sync_error
from tests.web.company import Company


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TryLater("graph-throttled"), 503, "graph-throttled"),
        (NeedsAdministrator("consent-missing"), 409, "consent-missing"),
        (LeaseLost("link-changed"), 409, "busy"),
        (CannotSync("too-large"), 422, "too-large"),
        (Moved("event-moved"), 409, "event-moved"),
        (Gone("connection-gone"), 409, "connection-gone"),
        (CursorExpired("cursor"), 409, "cursor"),
        (BadSetting("setting"), 500, "setting"),
        (SyncError("anything"), 500, "anything"),
    ],
)
def test_an_error_says_what_the_caller_can_do(error: SyncError, status: int, code: str) -> None:
    problem = from_sync_error(error)
    assert (problem.status, problem.code) == (status, code)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "ja"),
        ("", "ja"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-US,en;q=0.9", "en"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("en, ja", "ja"),
        ("fr", "en"),
        ("fr, ja;q=0.1", "ja"),
        ("*", "ja"),
        ("en;q=0.5, *", "ja"),
        ("ja;q=0", "en"),
        ("ja;q=nonsense", "en"),
        (";;;,,,q=", "en"),
        ("JA", "ja"),
    ],
)
def test_the_language_is_the_one_the_caller_prefers(header: str | None, language: str) -> None:
    assert language_of(header) is Language(language)


def test_a_problem_is_rfc_9457_in_the_callers_language_and_in_both(company: Company) -> None:
    japanese = company.as_person("GET", "/api/settings")
    english = company.as_person("GET", "/api/settings", headers=[("Accept-Language", "en")])
    assert japanese.headers["content-type"] == "application/problem+json"
    assert japanese.json["type"] == english.json["type"] == "urn:problem:forbidden"
    assert japanese.json["status"] == 403
    assert japanese.json["detail"] == japanese.json["detailJa"] == english.json["detailJa"]
    assert english.json["detail"] == english.json["detailEn"] == "You may not do this."
    assert (japanese.headers["content-language"], english.headers["content-language"]) == ("ja", "en")


def test_an_unknown_address_and_method_are_problems_too(company: Company) -> None:
    nothing = company.client.ask("GET", "/api/nothing")
    assert (nothing.status, nothing.code) == (404, "not-found")
    method = company.client.ask("DELETE", "/api/settings")
    assert (method.status, method.code) == (405, "method-not-allowed")
    assert set(method.headers["allow"].split(", ")) <= {"GET", "PUT"}


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/redoc", "/openapi.json", "/admin", "/runtime", "/api/users/"]
)
def test_nothing_else_is_served(company: Company, path: str) -> None:
    assert company.client.ask("GET", path).status == 404


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"{'a': 1}", b"[" * 100_000, b'{"a": 1}trailing', b"\x00"]
)
def test_a_body_that_is_no_json_is_refused(company: Company, content: bytes) -> None:
    answer = company.as_admin("PUT", "/api/settings", content=content)
    assert (answer.status, answer.code) in ((400, "json-malformed"), (400, "bad-request"))


def test_a_thousand_mistakes_are_not_repeated_a_thousand_times(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/settings", {f"x{number}": 1 for number in range(1000)})
    assert len(answer.json["errors"]) == 50


def test_refused_values_are_not_repeated(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/users/suzuki", {"upn": "a secret value", "enabled": "hush"})
    assert "secret value" not in str(answer.json)
    assert "hush" not in str(answer.json)
