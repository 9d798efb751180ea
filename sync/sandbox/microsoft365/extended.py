"""Single-value extended properties: their ids, storing, and the expand that reads them (section 1.5)."""

from __future__ import annotations

import re
from typing import Any

from sync.sandbox.microsoft365.errors import body_read, invalid_parameter, property_validation

Json = dict[str, Any]
NAMED = re.compile(r"(\w+) \{([0-9a-f-]{36})\} (Name|Id) (.+)", re.I)
TAGGED = re.compile(r"(\w+) (0x[0-9a-f]+)", re.I)
IN_FILTER = re.compile(r"\bid eq '((?:[^']|'')*)'")
TYPES = {
    name.lower(): name
    for name in (
        "String",
        "Integer",
        "Boolean",
        "SystemTime",
        "Double",
        "Float",
        "Short",
        "Long",
        "Currency",
        "Binary",
        "CLSID",
    )
}


def property_id(text: str) -> str:
    """The id as Exchange spells it: type and GUID without regard to case, the name exact."""
    if found := NAMED.fullmatch(text):
        kind, guid, how, name = found.groups()
        if kind.lower() in TYPES:
            return f"{TYPES[kind.lower()]} {{{guid.lower()}}} {how.capitalize()} {name}"
    elif found := TAGGED.fullmatch(text):
        kind, tag = found.groups()
        if kind.lower() in TYPES:
            return f"{TYPES[kind.lower()]} {tag.lower()}"
    raise property_validation()


def store_properties(value: Any) -> dict[str, str]:
    if not isinstance(value, list):
        raise body_read("singleValueExtendedProperties is a collection.")
    stored = {}
    for entry in value:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise body_read("An extended property has an id and a value.")
        if not isinstance(entry.get("value"), str):
            raise body_read("The value of an extended property is a string.")
        stored[property_id(entry["id"])] = entry["value"]
    return stored


def parse_expand(expand: str) -> tuple[str, ...]:
    """The property ids of `singleValueExtendedProperties($filter=id eq '…' or id eq '…')`; the filter is required."""
    if not expand:
        return ()
    if not expand.startswith("singleValueExtendedProperties"):
        if expand.split("(")[0] in ("attachments", "extensions", "calendar"):
            return ()
        raise invalid_parameter(f"The query parameter $expand={expand} is not supported.")
    wanted = tuple(property_id(text.replace("''", "'")) for text in IN_FILTER.findall(expand))
    if not wanted:
        raise invalid_parameter("singleValueExtendedProperties can only be expanded with a $filter on id.")
    return wanted
