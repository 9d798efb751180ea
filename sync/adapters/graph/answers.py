"""One answer of Microsoft Graph, alone or out of a batch, as the rest of this package reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sync.adapters.graph.errors import BROKEN_ANSWER, error_of
from sync.errors import SyncError, TryLater

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is {} when there was none; `retry_after` is in seconds, None if the service did not say."""

    status: int
    body: Json = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The error code; the outer one, which is what the table of errors is written for."""
        error = self.body.get("error")
        return str(error.get("code") or "") if isinstance(error, dict) else ""

    @property
    def error(self) -> SyncError:
        return error_of(self.status, self.code, self.retry_after)


# Stands for an item of a batch that got no answer, whatever the reason: it may have been carried out.
UNANSWERED = Answer(504, {"error": {"code": "GatewayTimeout"}})


def parse_answer(status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> Answer:
    """`TryLater` for a success whose body is not JSON: a proxy's page, or an answer cut off."""
    body = parse_body(content)
    if body is None:
        if 200 <= status < 400:
            raise TryLater(BROKEN_ANSWER, {"status": str(status)})
        body = {}
    return Answer(status, body, parse_retry_after(headers, now))


def parse_body(content: bytes) -> Json | None:
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def parse_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait; the header holds a number or a date (RFC 9110 10.2.3)."""
    said = next((text for name, text in headers.items() if name.lower() == "retry-after"), None)
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(str(said))
    except ValueError:
        return None
    # A date "-0000" is read as naive, and means UTC.
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
