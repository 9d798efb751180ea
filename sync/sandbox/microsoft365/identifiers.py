"""Ids as Exchange makes them, from the seed: events in classic and immutable form, change keys, iCalUIds (section 7).

An event's id carries its mailbox, its item and, for an occurrence, the original date; the classic form carries the
calendar too, so it changes when the event moves. A checksum tells a damaged id from an unknown one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

IMMUTABLE_HEAD = bytes.fromhex("00090002c80b")
CLASSIC_HEAD = bytes.fromhex("000324003031")
# 53 and 113 bytes make the 72 and 152 characters that end in one "=" (section 1.1).
IMMUTABLE_BYTES = 53
CLASSIC_BYTES = 113
# In the place of the original date: the id that an occurrence gets as an exception, where that is another one.
OF_EXCEPTION = 1 << 31


@dataclass(frozen=True, slots=True)
class EventId:
    mailbox: bytes
    item: bytes
    original_date: date | None
    calendar: bytes | None  # of a classic id
    of_exception: bool = False


def digest(*parts: object) -> bytes:
    """16 bytes that depend on nothing but the parts."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).digest()


def guid(*parts: object) -> str:
    return str(UUID(bytes=digest(*parts), version=4))


def build_immutable_id(
    mailbox: bytes, item: bytes, original_date: date | None = None, of_exception: bool = False
) -> str:
    return seal(IMMUTABLE_HEAD + mailbox + item + ordinal(original_date, of_exception), IMMUTABLE_BYTES)


def build_classic_id(
    mailbox: bytes,
    item: bytes,
    calendar: bytes,
    original_date: date | None = None,
    of_exception: bool = False,
) -> str:
    place = ordinal(original_date, of_exception)
    return seal(CLASSIC_HEAD + mailbox + item + place + calendar, CLASSIC_BYTES)


def parse_event_id(text: str) -> EventId | None:
    """None for anything that this simulator cannot have given out."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) not in (IMMUTABLE_BYTES, CLASSIC_BYTES) or zlib.crc32(raw[:-4]) != int.from_bytes(raw[-4:]):
        return None
    place = int.from_bytes(raw[38:42])
    days = place & ~OF_EXCEPTION
    calendar = raw[42:58] if raw.startswith(CLASSIC_HEAD) else None
    original_date = date.fromordinal(days) if days else None
    return EventId(raw[6:22], raw[22:38], original_date, calendar, bool(place & OF_EXCEPTION))


def build_change_key(item: bytes, version: int) -> str:
    return base64.b64encode(
        item[:8] + hashlib.blake2b(item + version.to_bytes(8), digest_size=11).digest()
    ).decode()


def build_ical_uid(item: bytes, created: datetime) -> str:
    """The 040000008200E0… form."""
    ticks = int(created.timestamp() * 10_000_000) + 116_444_736_000_000_000
    raw = bytes.fromhex("040000008200E00074C5B7101A82E008") + bytes(4) + ticks.to_bytes(8, "little")
    return (raw + bytes(8) + (16).to_bytes(4, "little") + item).hex().upper()


def instance_uid(uid: str, original_date: date) -> str:
    """That of one date of a series, from that of the whole: bytes 16 to 19 are the date (section 14, T33)."""
    instance = original_date.year.to_bytes(2) + bytes((original_date.month, original_date.day))
    return uid[:32] + instance.hex().upper() + uid[40:]


def ordinal(day: date | None, of_exception: bool = False) -> bytes:
    return ((day.toordinal() if day else 0) | (OF_EXCEPTION if of_exception else 0)).to_bytes(4)


def seal(content: bytes, size: int) -> str:
    body = content.ljust(size - 4, b"\x00")
    return base64.urlsafe_b64encode(body + zlib.crc32(body).to_bytes(4)).decode()
