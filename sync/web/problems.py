"""Errors as RFC 9457 problem details, and the one place where an error becomes a status."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sync.core.messages import Language, remedy, sentence
from sync.errors import (
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
from sync.web.validation import Mistake, mistakes_of

MEDIA_TYPE: Final = "application/problem+json"

# RFC 9457 3.1.4: the title belongs to the type, not to the occurrence.
TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("要求が正しくありません", "Bad request"),
    401: ("認証が必要です", "Not authenticated"),
    403: ("許可されていません", "Not allowed"),
    404: ("見つかりません", "Not found"),
    405: ("使えないメソッドです", "Method not allowed"),
    409: ("現在の状態では実行できません", "Not possible in the current state"),
    413: ("本文が大きすぎます", "Body too large"),
    415: ("対応していない形式です", "Unsupported media type"),
    422: ("内容に誤りがあります", "Invalid content"),
    500: ("内部エラー", "Internal error"),
    503: ("一時的に利用できません", "Temporarily unavailable"),
}

# A caller that is told to come back without a time comes back after this many seconds.
PATIENCE: Final = 30


class HttpProblem(Exception):
    """Raised by routes and access checks to refuse a request; `code` is one of `messages`."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: Mapping[str, str] | None = None,
        *,
        mistakes: Sequence[Mistake] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = dict(detail or {})
        self.mistakes = tuple(mistakes)
        self.headers = dict(headers or {})


def from_sync_error(error: SyncError) -> HttpProblem:
    """The caller's view of an error: come back later, ask the administrator, or look at what was sent."""
    match error:
        case TryLater():
            return _problem(error, 503, retry_after=error.retry_after or PATIENCE)
        case LeaseLost():
            return HttpProblem(409, "busy", headers={"Retry-After": "10"})
        case NeedsAdministrator() | Moved() | Gone() | CursorExpired():
            return _problem(error, 409)
        case CannotSync():
            return _problem(error, 422)
        case _:
            return _problem(error, 500)


def _problem(error: SyncError, status: int, *, retry_after: float | None = None) -> HttpProblem:
    headers = {} if retry_after is None else {"Retry-After": str(math.ceil(retry_after))}
    return HttpProblem(status, error.code, error.detail, headers=headers)


def from_validation(error: RequestValidationError) -> HttpProblem:
    """422 with one entry per field, or 400 when the body is not JSON at all."""
    if any(entry["type"] == "json_invalid" for entry in error.errors()):
        return HttpProblem(400, "json-malformed")
    mistakes = mistakes_of(error.errors())
    return HttpProblem(422, "invalid-request", {"count": str(len(mistakes))}, mistakes=mistakes)


def from_http_exception(error: HTTPException) -> HttpProblem:
    """What the framework itself refuses: no such route, no such method, a body that cannot be read."""
    code = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}.get(
        error.status_code, "bad-request"
    )
    status = error.status_code if error.status_code in TITLES else 400
    return HttpProblem(status, code, headers=error.headers)


def render(problem: HttpProblem, accept_language: str | None) -> Response:
    language = language_of(accept_language)
    title = TITLES.get(problem.status, TITLES[500])
    content: dict[str, object] = {
        "type": f"urn:problem:{problem.code}",
        "title": title[0] if language is Language.JA else title[1],
        "status": problem.status,
        **explain(problem.code, problem.detail, language),
    }
    if "incident" in problem.detail:
        content["incident"] = problem.detail["incident"]
    if problem.mistakes:
        content["errors"] = [
            {mistake.place_kind: mistake.place, **explain(mistake.code, mistake.detail, language)}
            for mistake in problem.mistakes
        ]
    headers = {"Content-Language": language.value, "Vary": "Accept-Language", **problem.headers}
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(body, problem.status, headers, MEDIA_TYPE)


def explain(code: str, detail: Mapping[str, str], language: Language) -> dict[str, str]:
    """A code in words: in the caller's language, and in both for screens that know better."""
    ja, en = sentence(code, detail, Language.JA), sentence(code, detail, Language.EN)
    remedy_ja, remedy_en = remedy(code, Language.JA), remedy(code, Language.EN)
    is_japanese = language is Language.JA
    return {
        "code": code,
        "detail": ja if is_japanese else en,
        "detailJa": ja,
        "detailEn": en,
        "remedy": remedy_ja if is_japanese else remedy_en,
        "remedyJa": remedy_ja,
        "remedyEn": remedy_en,
    }


async def answer(request: Request, error: Exception) -> Response:
    """Starlette's handler for the errors above."""
    match error:
        case HttpProblem():
            problem = error
        case SyncError():
            problem = from_sync_error(error)
        case RequestValidationError():
            problem = from_validation(error)
        case HTTPException():
            problem = from_http_exception(error)
        case _:
            raise error
    return render(problem, request.headers.get("accept-language"))
