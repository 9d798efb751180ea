"""One request and one answer, the same for an HTTP request and for an item of a $batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.errors import GraphError
from sync.sandbox.microsoft365.rendering import Preferences

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """`path` starts below /v1.0 and is decoded, `root` is the absolute address of /v1.0 as the caller sees it.

    Header names and the names of query parameters are in lower case. `content` is bytes, or JSON already read.
    """

    method: str
    path: str
    root: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Json | None = None
    in_batch: bool = False

    @property
    def preferences(self) -> Preferences:
        return Preferences.parse(self.headers.get("prefer", ""))

    def body(self) -> Json:
        """The JSON object of a write; section 6.4 for what is refused."""
        if isinstance(self.content, dict):
            return self.content
        if not self.content:
            return {}
        try:
            value = json.loads(self.content)
        except ValueError as error:
            raise errors.unreadable_json() from error
        if not isinstance(value, dict):
            raise errors.body_read("A JSON object was expected.")
        return value

    def link(self, path: str, **parameters: str) -> str:
        """An absolute address on the host this request came to."""
        names = {f"${name}": value for name, value in parameters.items()}
        return f"{self.root}{quote(path, safe='/')}?{urlencode(names, safe='$')}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_query(text: str) -> dict[str, str]:
    """A `+` is a blank here: an offset has to be sent as %2B (section 2)."""
    return {name.lower(): value for name, value in parse_qsl(text, keep_blank_values=True)} if text else {}


def parse_url(url: str) -> tuple[str, dict[str, str]]:
    """Path and query of a relative address."""
    path, _, query = url.partition("?")
    return "/" + unquote(path).lstrip("/"), parse_query(query)


def build_error(error: GraphError, request_id: str, client_request_id: str | None, now: datetime) -> Answer:
    """Section 6.4, the shape of every error."""
    inner = {
        "date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return Answer(error.status, body, error.headers)


def parse_time(text: str) -> datetime:
    """startDateTime and endDateTime: their own offset, without one they are UTC (section 2)."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise errors.invalid_parameter(f"'{text}' is not a valid date and time.") from error
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
