"""What the reference groupware refuses, as RFC 9457 problems (contract.yaml, schema `Problem`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

PREFIX = "urn:groupware-connector:problem:"


class Reason(StrEnum):
    """Why one field was refused, for programs."""

    REQUIRED = "required"
    TYPE = "type"
    FORMAT = "format"
    RANGE = "range"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    NOT_SUPPORTED = "not-supported"
    NOT_ALLOWED = "not-allowed"
    UNKNOWN_FIELD = "unknown-field"
    UNKNOWN_ZONE = "unknown-zone"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_USER = "unknown-user"
    UNKNOWN_ORGANIZATION = "unknown-organization"
    UNKNOWN_FACILITY = "unknown-facility"
    CONTROL_CHARACTER = "control-character"
    END_BEFORE_START = "end-before-start"
    DUPLICATE = "duplicate"
    NO_OCCURRENCE = "no-occurrence"
    READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True)
class FieldError:
    """`where` is a JSON Pointer into the body, or the name of a query parameter or header (`place`)."""

    where: str
    reason: Reason
    detail: str
    detail_ja: str
    place: str = "pointer"

    def to_json(self) -> dict[str, str]:
        return {
            self.place: self.where,
            "reason": self.reason.value,
            "detail": self.detail,
            "detailJa": self.detail_ja,
        }


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "malformed": Kind(400, "The body is not a JSON object"),
    "idempotency-key-missing": Kind(400, "Idempotency-Key is missing or malformed"),
    "unauthorized": Kind(401, "No valid token"),
    "not-permitted": Kind(403, "Not permitted"),
    "facility-forbidden": Kind(403, "This facility may not be booked"),
    "not-found": Kind(404, "Not found"),
    "method-not-allowed": Kind(405, "Method not allowed"),
    "uid-conflict": Kind(409, "An event with this uid exists"),
    "id-reused": Kind(409, "The id belonged to an event that was deleted"),
    "facility-conflict": Kind(409, "The facility is taken"),
    "idempotency-in-progress": Kind(409, "The first request with this key is still running"),
    "cursor-expired": Kind(410, "The cursor is no longer known"),
    "version-conflict": Kind(412, "The event is in another version"),
    "too-large": Kind(413, "The body is too large"),
    "unsupported-media-type": Kind(415, "Unsupported media type"),
    "validation": Kind(422, "The request is not valid"),
    "read-only-field": Kind(422, "A read-only field was changed"),
    "unsupported-recurrence": Kind(422, "The recurrence is not supported"),
    "idempotency-key-reused": Kind(422, "Idempotency-Key was used with another body"),
    "precondition-required": Kind(428, "A precondition is required"),
    "rate-limited": Kind(429, "Too many requests"),
    "server-error": Kind(500, "Server error"),
    "unavailable": Kind(503, "Temporarily unavailable"),
}


class Problem(Exception):
    """Raised wherever a request or a person's act is refused; nothing was written. `server` makes the answer."""

    def __init__(
        self,
        name: str,
        detail: str,
        detail_ja: str,
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(f"{name}: {detail}")
        self.name, self.detail, self.detail_ja = name, detail, detail_ja
        self.members = dict(members or {})
        self.headers = dict(headers or {})
        self.status = status or KINDS[name].status

    def to_json(self) -> str:
        document = {
            "type": PREFIX + self.name,
            "title": KINDS[self.name].title,
            "status": self.status,
            "detail": self.detail,
            "detailJa": self.detail_ja,
            **self.members,
        }
        return json.dumps(document, ensure_ascii=False)


@dataclass(slots=True)
class Findings:
    """Collects what is wrong with one request, so that one answer names all of it."""

    errors: list[FieldError] = field(default_factory=list)

    def add(self, where: str, reason: Reason, detail: str, detail_ja: str) -> None:
        self.errors.append(FieldError(where, reason, detail, detail_ja))

    def raise_if_any(self, name: str = "validation") -> None:
        if self.errors:
            raise invalid(self.errors, name)


def invalid(errors: Sequence[FieldError], name: str = "validation") -> Problem:
    first = errors[0]
    return Problem(name, first.detail, first.detail_ja, {"errors": [error.to_json() for error in errors]})


def bad_parameter(name: str, reason: Reason, detail: str, detail_ja: str) -> Problem:
    return invalid([FieldError(name, reason, detail, detail_ja, "parameter")])


def bad_header(name: str, reason: Reason, detail: str, detail_ja: str) -> Problem:
    return invalid([FieldError(name, reason, detail, detail_ja, "header")])


def not_found(what: str, what_ja: str, id_: str) -> Problem:
    return Problem("not-found", f"There is no {what} {id_!r}.", f"{what_ja} {id_!r} はありません。")


def cursor_expired() -> Problem:
    return Problem(
        "cursor-expired",
        "This cursor is too old, or was not made for this request. Take the latest cursor and list again.",
        "カーソルの期限が切れたか、別の要求のものです。最新のカーソルを取得してから一覧を取り直してください。",
    )


def version_conflict(current: Mapping[str, Any]) -> Problem:
    return Problem(
        "version-conflict",
        f"The event is in version {current['version']}.",
        "予定は他で更新されています。最新の内容を確認してください。",
        {"current": current},
    )


def read_only(*names: str) -> Problem:
    errors = [
        FieldError(f"/{name}", Reason.READ_ONLY, f"{name} cannot be changed.", f"{name} は変更できません。")
        for name in names
    ]
    return invalid(errors, "read-only-field")
