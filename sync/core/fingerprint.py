"""Digests of the synced fields: equal digests mean that nobody edited, whatever the version stamp says."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC
from hashlib import blake2b
from types import MappingProxyType

from sync.core.event import FIELDS, AllDay, Event, Field, FieldValue, Reminder, value

_SIZE = 9  # bytes: 12 characters of base64; a collision within one field of one event is out of the question


def canonical(found: FieldValue) -> str:
    """One text per meaning. Instants are compared in UTC, the zone by its name."""
    if isinstance(found, str):
        return found
    if found is None:
        return "-"
    if isinstance(found, Reminder):
        return "off" if found.minutes is None else str(found.minutes)
    span, form = found
    if isinstance(span, AllDay):
        return f"{form}|{span.first}|{span.until}"
    start, end = span.start.astimezone(UTC), span.end.astimezone(UTC)
    return f"{form}|{start.isoformat()}|{end.isoformat()}|{span.zone}"


def digest(event: Event, name: Field) -> str:
    text = canonical(value(event, name)).encode("utf-8", "surrogatepass")
    return b64encode(blake2b(text, digest_size=_SIZE).digest()).decode("ascii")


def digests(event: Event, held: Iterable[Field] = FIELDS) -> dict[Field, str]:
    """The digest of every field that a side holds."""
    return {name: digest(event, name) for name in held}


def edited(
    event: Event,
    base: Mapping[Field, str],
    held: Iterable[Field],
    announced: Mapping[Field, str] = MappingProxyType({}),
) -> frozenset[Field]:
    """The held fields that differ from the base and from what we had announced to write. An empty base knows
    nothing: all of them."""
    found = set()
    for name in held:
        text = digest(event, name)
        if text != base.get(name) and (not base or text != announced.get(name)):
            found.add(name)
    return frozenset(found)
