"""Reading requests and writing answers: headers, query parameters and JSON. No decisions about events."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn

from flask import Request, Response

from sync.sandbox.groupware.problems import Problem, Reason, bad_header, bad_parameter
from sync.sandbox.groupware.times import parse_instant

Json = dict[str, Any]

STRONG_TAG = re.compile(r'"([^"]+)"')
TOKEN = re.compile(r"[\x21-\x7e]{1,255}")
ORIGIN = re.compile(r"[\x21-\x7e]{1,100}")
JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"


def json_answer(text: str, status: int = 200, version: str | None = None) -> Response:
    answer = Response(text, status, mimetype=JSON)
    if version is not None:
        answer.headers["ETag"] = f'"{version}"'
    return answer


def value_answer(value: object, status: int = 200) -> Response:
    return json_answer(json.dumps(value, ensure_ascii=False), status)


def problem_answer(problem: Problem) -> Response:
    answer = Response(problem.to_json(), problem.status, mimetype="application/problem+json")
    answer.headers.extend(problem.headers)
    return answer


def page_answer(items: Sequence[str], cursor: str | None, has_more: bool) -> Response:
    """`items` are JSON texts already: events are stored as they are shown."""
    more = "true" if has_more else "false"
    return json_answer(f'{{"items":[{",".join(items)}],"cursor":{json.dumps(cursor)},"hasMore":{more}}}')


def read_object(request: Request, media_type: str = JSON) -> Json:
    """The body; Problems `unsupported-media-type` and `malformed`."""
    if request.mimetype != media_type:
        raise Problem("unsupported-media-type", f"Send {media_type}.", f"{media_type} で送信してください。")
    try:
        value = json.loads(request.get_data().decode(), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if not isinstance(value, dict):
        raise _malformed()
    return value


def _malformed() -> Problem:
    return Problem("malformed", "The body is not a JSON object.", "本文が JSON オブジェクトではありません。")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def if_match(request: Request) -> str:
    """The version that the client holds; Problem `precondition-required` if it does not say."""
    text = request.headers.get("If-Match", "").strip()
    match = STRONG_TAG.fullmatch(text)
    if match:
        return match[1]
    if text.startswith("W/"):
        # A weak tag never matches (RFC 9110 13.1.1); versions never look like this.
        return text
    raise Problem(
        "precondition-required",
        "If-Match with the version that was read is required.",
        "If-Match に取得時のバージョンを指定してください。",
    )


def two_conditions() -> Problem:
    return Problem(
        "precondition-required",
        "Send either If-Match or If-None-Match, not both.",
        "If-Match と If-None-Match は同時に指定できません。",
    )


def idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not TOKEN.fullmatch(key):
        raise Problem(
            "idempotency-key-missing",
            "A POST needs an Idempotency-Key of 1 to 255 visible ASCII characters.",
            "POST には Idempotency-Key (255 文字以内の ASCII) が必要です。",
        )
    return key


def origin(request: Request) -> str | None:
    value = request.headers.get("X-Sync-Origin")
    if value is not None and not ORIGIN.fullmatch(value):
        raise bad_header(
            "X-Sync-Origin", Reason.FORMAT, "X-Sync-Origin cannot be read.", "形式が正しくありません。"
        )
    return value


def wants_minimal(request: Request) -> bool:
    return "return=minimal" in request.headers.get("Prefer", "")


def limit(request: Request, default: int, most: int) -> int:
    text = request.args.get("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        raise bad_parameter(
            "limit", Reason.FORMAT, "limit is a positive integer.", "limit は正の整数で指定してください。"
        )
    return min(int(text), most)


def instant(request: Request, name: str) -> datetime:
    text = request.args.get(name)
    if text is None:
        raise bad_parameter(name, Reason.REQUIRED, f"{name} is required.", f"{name} を指定してください。")
    found = parse_instant(text)
    if found is None:
        detail = f"{name} is an instant with offset, as 2026-12-01T00:00:00Z."
        raise bad_parameter(name, Reason.FORMAT, detail, f"{name} はオフセット付きの日時で指定してください。")
    return found
