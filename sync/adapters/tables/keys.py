"""PartitionKey and RowKey: parts of any text, joined so that no two lists of parts make the same key.

Table Storage refuses `/ \\ # ?` and control characters in keys, and keys over 1 KiB, which is 512 characters
(azure-hosting.md 6).
"""

from __future__ import annotations

import hashlib
import re

LIMIT = 512
# `encode` leaves none of these two in a part: the one joins parts, the other begins a part that is a hash.
SEPARATOR = ":"
HASHED = "~"

_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]")
_ESCAPED = re.compile(r"(?:=[0-9A-F]{2})+")


def encode(part: str) -> str:
    """The part with everything but `A-Z a-z 0-9 @ . _ -` as `=XX`, byte for byte of its UTF-8."""
    return _UNSAFE.sub(lambda found: "".join(f"={byte:02X}" for byte in found.group().encode()), part)


def decode(part: str) -> str | None:
    """The text that `encode` was given; None for a hash or for a key of other making."""
    try:
        text = _ESCAPED.sub(lambda found: bytes.fromhex(found.group().replace("=", "")).decode(), part)
        return text if encode(text) == part else None
    except UnicodeError:
        return None


def key(*parts: str) -> str:
    """The parts as one key. A part longer than its share of the limit becomes `~` and its SHA-256: whoever
    needs the original keeps it in a property."""
    share = (LIMIT - len(parts) + 1) // len(parts)
    return SEPARATOR.join(_short(part, share) for part in parts)


def first_part(part: str, of: int) -> str:
    """The part as it begins a key of so many parts, for `below`."""
    return key(part, *[""] * (of - 1)).partition(SEPARATOR)[0]


def _short(part: str, share: int) -> str:
    encoded = encode(part)
    return encoded if len(encoded) <= share else HASHED + hashlib.sha256(part.encode()).hexdigest()


def below(prefix: str) -> tuple[str, str]:
    """The range of keys that begin with `prefix` and a separator: the first included, the second not."""
    return prefix + SEPARATOR, prefix + chr(ord(SEPARATOR) + 1)
