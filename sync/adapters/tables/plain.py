"""Records of the core (dataclasses) as plain JSON values and back, by their declared types. Pure.

Reading fills in the default for a field that an older version did not write, passes over one that a newer
version wrote, and raises `Damaged` for everything that the type does not allow: nothing is guessed.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from sync.adapters.tables.entity import Damaged

R = TypeVar("R")


def to_plain(value: object) -> object:
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(to_plain(name)): to_plain(part) for name, part in value.items()}
        case frozenset():
            return sorted(str(to_plain(part)) for part in value)
        case tuple():
            return [to_plain(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    return value


def from_plain(record: type[R], value: object) -> R:
    """`record` is a dataclass; every name in `Damaged` is that of the field at fault."""
    if not isinstance(value, Mapping):
        raise Damaged(record.__name__)
    kind: Any = record
    hints = hints_of(kind)
    known: dict[str, object] = {}
    for field in fields(kind):
        if field.name in value:
            known[field.name] = read(hints[field.name], value[field.name], field.name)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise Damaged(field.name)
    return record(**known)


@cache
def hints_of(record: Any) -> dict[str, Any]:
    return get_type_hints(record)


def read(kind: Any, value: object, name: str) -> object:
    """`value` as the declared type `kind`."""
    if kind is object:
        return value
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else read(_not_none(arguments), value, name)
    if origin in (frozenset, tuple) and isinstance(value, list):
        return origin(read(arguments[0], part, name) for part in value)
    if origin is not None and issubclass(origin, Mapping) and isinstance(value, dict):
        return {read(arguments[0], key, name): read(arguments[1], part, name) for key, part in value.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        return from_plain(kind, value)
    return _scalar(kind, value, name)


def _not_none(arguments: tuple[Any, ...]) -> Any:
    (kind,) = (argument for argument in arguments if argument is not types.NoneType)
    return kind


def _scalar(kind: Any, value: object, name: str) -> object:
    try:
        if kind in (str, int, bool) and type(value) is kind:
            return value
        if isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(value, str):
            return kind(value)
        if kind is datetime and isinstance(value, str):
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at
    except ValueError as error:
        raise Damaged(name) from error
    raise Damaged(name)
