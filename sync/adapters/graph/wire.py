"""Reading raw Graph JSON without trusting it: any property of an event may be null or missing (T48)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Item = Mapping[str, Any]


def text_at(item: Item, name: str) -> str:
    """A string property; "" where it is null, missing or something else."""
    found = item.get(name)
    return found if isinstance(found, str) else ""


def object_at(item: Item, name: str) -> Item:
    """A complex property; empty where it is null, missing or something else."""
    found = item.get(name)
    return found if isinstance(found, Mapping) else {}


def list_at(item: Item, name: str) -> list[Any]:
    """A collection property; empty where it is null, missing or something else."""
    found = item.get(name)
    return found if isinstance(found, list) else []


def version_of(item: Item) -> str:
    """The etag; where an answer has none it is made of the changeKey, whose quoted form it is (1.1)."""
    etag, change_key = text_at(item, "@odata.etag"), text_at(item, "changeKey")
    return etag or (f'W/"{change_key}"' if change_key else "")


def instant_at(item: Item, name: str) -> datetime | None:
    """A DateTimeOffset property in UTC; None where there is none or nobody can read it."""
    try:
        found = datetime.fromisoformat(text_at(item, name))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
