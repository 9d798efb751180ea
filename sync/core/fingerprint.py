"""Digests of the synced fields: equal digests mean that nobody edited, whatever the version stamp says."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType

from sync.core.event import FIELDS, AllDay, Event, Field, FieldValue, Reminder, value

_SIZE = 9  # bytes: 12 characters of base64; a collision within one field of one event is out of the question

# Fields with few different values: their digests are remembered, which halves the planner's time.
_FEW_VALUES = frozenset(FIELDS) - {Field.TITLE, Field.TIME, Field.BODY}


def canonical(found: FieldValue) -> str:
    """One text per meaning. Instants are compared as such, the zone by its name."""
    if isinstance(found, str):
        return found
    if found is None:
        return "-"
    if isinstance(found, Reminder):
        return "off" if found.minutes is None else str(found.minutes)
    span, form = found
    if isinstance(span, AllDay):
        return f"{form}|{span.first}|{span.until}"
    # Seconds since the epoch: two datetimes of one zone that differ in `fold` alone are equal to Python.
    return f"{form}|{span.start.timestamp()}|{span.end.timestamp()}|{span.zone}"


def digest(event: Event, name: Field) -> str:
    if name in _FEW_VALUES:
        return _remembered(canonical(getattr(event, name)))
    return _hashed(canonical(value(event, name)))


def _hashed(text: str) -> str:
    return b64encode(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()).decode(
        "ascii"
    )


_remembered = lru_cache(4096)(_hashed)


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
