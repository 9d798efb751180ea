"""Digests of the synced parts: equal digests mean that nobody edited, whatever the version stamp says."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType

from sync.core.event import FIELDS, AllDay, Event, Field, FieldValue, Override, Reminder, value
from sync.core.parts import ALL_FIELDS, CANCELLED, changed_fields, is_detail, occurrence_part
from sync.core.recurrence import plain_occurrence
from sync.core.who import changed_texts, who_texts

_SIZE = 9  # bytes: 12 characters of base64; a collision within one field of one event is out of the question

# Fields with few different values: their digests are remembered, which halves the planner's time.
_FEW_VALUES = frozenset(FIELDS) - {Field.TITLE, Field.TIME, Field.BODY}

# The digest of a part of which nobody knows what was agreed: unlike every real one.
UNKNOWN = "?"


def canonical(found: FieldValue) -> str:
    """One text per meaning. Instants are compared as such, the zone by its name."""
    if isinstance(found, str):
        return found
    if found is None:
        return "-"
    if isinstance(found, Reminder):
        return "off" if found.minutes is None else str(found.minutes)
    span, form, rrule = found
    rule = "" if rrule is None else f"|{rrule}"
    if isinstance(span, AllDay):
        return f"{form}|{span.first}|{span.until}{rule}"
    # Seconds since the epoch: two datetimes of one zone that differ in `fold` alone are equal to Python.
    return f"{form}|{span.start.timestamp()}|{span.end.timestamp()}|{span.zone}{rule}"


def canonical_part(event: Event, part: str) -> str:
    """The text of a part; "" for a detail that the event does not have."""
    if not is_detail(part):
        return canonical(value(event, Field(part)))
    return _detail_texts(event, ALL_FIELDS).get(part, "")


def _detail_texts(event: Event, held: Collection[Field]) -> dict[str, str]:
    """Of occurrences that differ, and of who takes part."""
    found = who_texts(event) if event.participants or event.facilities else {}
    if event.recurrence is not None:
        found |= {occurrence_part(original, CANCELLED): "yes" for original in event.recurrence.exdates}
        for override in event.recurrence.overrides:
            texts = _override_texts(event, override, held)
            found |= {occurrence_part(override.original, name): text for name, text in texts.items()}
    return found


def _override_texts(event: Event, override: Override, held: Collection[Field]) -> dict[str, str]:
    plain = plain_occurrence(event, override.original)
    changed = changed_fields(override.event, plain, held)
    texts = {str(name): canonical(value(override.event, name)) for name in changed}
    return texts | changed_texts(override.event, plain)


def digest(event: Event, part: str) -> str:
    """12 characters; "" for a detail that the event does not have."""
    if part in _FEW_VALUES:
        return _remembered(canonical(getattr(event, part)))
    text = canonical_part(event, part)
    return _hashed(text) if text or not is_detail(part) else ""


def _hashed(text: str) -> str:
    return b64encode(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()).decode(
        "ascii"
    )


_remembered = lru_cache(4096)(_hashed)


def digests(event: Event, held: Collection[Field] = FIELDS) -> dict[str, str]:
    """The digests of all parts that the event has of the fields that a side holds."""
    found: dict[str, str] = {name: digest(event, name) for name in held}
    if event.recurrence is not None or event.participants or event.facilities:
        found |= {part: _remembered(text) for part, text in _detail_texts(event, held).items()}
    return found


def digests_of(event: Event, names: Iterable[str]) -> dict[str, str]:
    """The digests of exactly these parts, "" for a detail that the event does not have."""
    details = {p: _remembered(text) for p, text in _detail_texts(event, ALL_FIELDS).items()}
    return {n: digest(event, n) if not is_detail(n) else details.get(n, "") for n in names}


def edited(
    event: Event,
    base: Mapping[str, str],
    held: Collection[Field],
    announced: Mapping[str, str] = MappingProxyType({}),
) -> frozenset[str]:
    """The parts of held fields that differ from the base and from what we had announced to write. An empty base
    knows nothing: all of them."""
    now = digests(event, held)
    found = {
        name
        for name, text in now.items()
        if text != base.get(name) and (not base or text != announced.get(name))
    }
    # Occurrences that are again as their series says.
    found |= {name for name in base if name not in now and is_detail(name) and announced.get(name) != ""}
    return frozenset(found)
