"""The name of a pass, and what a listing shows of its report.

A name is safe in a URL and enough by itself to find the stored record. It reads `organization.user.place`: the
first two are base64url without padding, `place` is the time counted backwards (so that a store sorted by name
shows the newest first) and eight random hexadecimal digits.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = 253_402_300_800_000  # 10000-01-01 in milliseconds since the epoch, fifteen digits
_PLACE = re.compile(r"[0-9]{15}[0-9a-f]{8}")
# A longer entry of a report, as JSON, is for who opens the pass.
_SHORT = 2_048


@dataclass(frozen=True, slots=True)
class PassName:
    """What a pass id says; `place` orders the passes of one person, newest first."""

    organization: str
    user: str
    place: str


def new_pass_id(organization: str, user: str, now: datetime, nonce: str = "") -> str:
    """A fresh id. `nonce` (eight hexadecimal digits) is drawn at random unless a test fixes it."""
    place = newest_first(now) + (nonce or secrets.token_hex(4))
    return ".".join((_encode(organization), _encode(user), place))


def parse_pass_id(text: str) -> PassName | None:
    """What the id says; None for anything that `new_pass_id` cannot have made (ids arrive in URLs)."""
    parts = text.split(".")
    if len(parts) != 3 or not _PLACE.fullmatch(parts[2]):
        return None
    try:
        name = PassName(_decode(parts[0]), _decode(parts[1]), parts[2])
    except (binascii.Error, UnicodeError, ValueError):
        return None
    canonical = ".".join((_encode(name.organization), _encode(name.user), name.place))
    return name if canonical == text else None


def newest_first(at: datetime) -> str:
    """Fifteen digits that sort later times before earlier ones, to the millisecond."""
    return f"{_END_OF_TIME - (at - _EPOCH) // timedelta(milliseconds=1):015d}"


def summary_of(report: Mapping[str, object]) -> dict[str, object]:
    """The report without its items: no list, and nothing else that is long."""
    return {
        name: part for name, part in report.items() if not isinstance(part, list | tuple) and _is_short(part)
    }


def _is_short(part: object) -> bool:
    return len(json.dumps(part)) <= _SHORT


def _encode(part: str) -> str:
    return base64.urlsafe_b64encode(part.encode()).decode().rstrip("=")


def _decode(part: str) -> str:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True).decode()
