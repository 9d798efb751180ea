"""How one location becomes `location` and `locations` (section 1.3)."""

from __future__ import annotations

from typing import Any

from sync.sandbox.microsoft365.errors import body_read, property_validation
from sync.sandbox.microsoft365.switches import Semicolon, Switches, TooLong

Json = dict[str, Any]
NAME_LENGTH = 255
EMPTY: Json = {
    "displayName": "",
    "locationType": "default",
    "uniqueIdType": "unknown",
    "address": {},
    "coordinates": {},
}
# Written by clients, echoed by Exchange; locationType is read-only and a sent value is tolerated.
KEPT = ("locationEmailAddress", "locationUri", "address", "coordinates")


def store_location(value: Any, switches: Switches) -> tuple[Json, tuple[Json, ...]]:
    """`location` alone: `locations` mirrors it."""
    name = read_name(value, switches)
    if not name and not any(value and value.get(key) for key in KEPT):
        return EMPTY, ()
    names = [name]
    if switches.location_semicolon is Semicolon.SPLIT:
        names = [part.strip() for part in name.split(";") if part.strip()] or [name]
    kept = {key: value[key] for key in KEPT if value.get(key) is not None}
    primary = {
        "displayName": "; ".join(names) if len(names) > 1 else name,
        "locationType": "default",
        "uniqueId": name,
        "uniqueIdType": "private",
        **kept,
    }
    if len(names) > 1:
        kept = {}
    return primary, tuple(
        {"displayName": part, "locationType": "default", "uniqueIdType": "unknown", **kept} for part in names
    )


def store_locations(values: Any, switches: Switches) -> tuple[Json, tuple[Json, ...]]:
    """`locations` alone: `location` shows their names joined."""
    if not isinstance(values, list):
        raise body_read("locations is a collection.")
    entries = tuple(
        {
            "displayName": read_name(value, switches),
            "locationType": "default",
            "uniqueIdType": "unknown",
            **{key: value[key] for key in KEPT if value.get(key) is not None},
        }
        for value in values
    )
    if not entries:
        return EMPTY, ()
    name = "; ".join(entry["displayName"] for entry in entries)
    return {
        "displayName": name,
        "locationType": "default",
        "uniqueId": name,
        "uniqueIdType": "private",
    }, entries


def store_both(location: Any, locations: Any, switches: Switches) -> tuple[Json, tuple[Json, ...]]:
    """Both sent: both come back as sent."""
    _, entries = store_locations(locations, switches)
    primary, mirrored = store_location(location, switches)
    if not entries:
        return primary, mirrored
    return {**primary, "displayName": read_name(location, switches)}, entries


def read_name(value: Any, switches: Switches) -> str:
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise body_read("A location is an object.")
    name = value.get("displayName") or ""
    if not isinstance(name, str):
        raise body_read("displayName is a string.")
    if len(name) > NAME_LENGTH:
        if switches.long_location is TooLong.REFUSE:
            raise property_validation()
        name = name[:NAME_LENGTH]
    return name
