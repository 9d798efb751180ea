"""The OData options of event lists: filter, order, select, page (section 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.event import Event
from sync.sandbox.microsoft365.extended import property_id
from sync.sandbox.microsoft365.switches import PageTooLarge, Switches
from sync.sandbox.microsoft365.wire import Request, parse_time

Json = dict[str, Any]
Test = Callable[[Event], bool]
DEFAULT_PAGE = 10
LARGEST_PAGE = 1000
TEXT = r"'((?:[^']|'')*)'"
ANY = re.compile(r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*(.+)\)\s*", re.I | re.S)
ID_TERM = re.compile(rf"\w+/id\s+eq\s+{TEXT}", re.I)
VALUE_TERM = re.compile(rf"\w+/value\s+(eq|ne)\s+{TEXT}", re.I)
VALUE_FUNCTION = re.compile(rf"(contains|startswith)\(\s*\w+/value\s*,\s*{TEXT}\s*\)", re.I)
TERM = re.compile(rf"([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+(?:{TEXT}|([^\s']+))", re.I)
# A quoted text, or one character that may open or close a parenthesis.
PIECE = re.compile(r"'(?:[^']|'')*'|\s+and\s+|.", re.I | re.S)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
}
# start and end are compared as the stored instants, also of all-day events (section 1.4).
TIMES: dict[str, Callable[[Event], datetime]] = {
    "start/datetime": lambda event: event.content.start.instant,
    "end/datetime": lambda event: event.content.end.instant,
    "createddatetime": lambda event: event.created,
    "lastmodifieddatetime": lambda event: event.modified,
}
VALUES: dict[str, Callable[[Event], Any]] = {
    "subject": lambda event: event.content.subject or "",
    "icaluid": lambda event: event.ical_uid,
    "type": lambda event: str(event.type),
    "showas": lambda event: event.content.show_as,
    "sensitivity": lambda event: event.content.sensitivity,
    "importance": lambda event: event.content.importance,
    "isallday": lambda event: str(event.content.is_all_day).lower(),
    "iscancelled": lambda event: str(event.is_cancelled).lower(),
}


def parse_filter(text: str) -> Test:
    tests = [parse_term(term) for term in split_and(text)]
    return lambda event: all(test(event) for test in tests)


def split_and(text: str) -> list[str]:
    """The parts of a conjunction, outside quotes and parentheses."""
    terms, depth = [""], 0
    for piece in PIECE.findall(text):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if depth == 0 and piece.strip().lower() == "and" and piece != piece.strip():
            terms.append("")
        else:
            terms[-1] += piece
    return [term.strip() for term in terms]


def parse_term(term: str) -> Test:
    if found := ANY.fullmatch(term):
        return parse_any(found[2])
    found = TERM.fullmatch(term)
    if found is None:
        raise errors.invalid_parameter(f"The $filter '{term}' is not supported.")
    name, operator = found[1].lower(), COMPARE[found[2].lower()]
    value = unquote_text(found[3]) if found[3] is not None else found[4]
    if name in TIMES:
        time_of, moment = TIMES[name], parse_time(value)
        return lambda event: operator(time_of(event), moment)
    if name in VALUES:
        value_of = VALUES[name]
        return lambda event: operator(value_of(event), value)
    raise errors.invalid_parameter(f"The property '{found[1]}' cannot be used in $filter.")


def parse_any(text: str) -> Test:
    """Section 1.5: the name as it is, the value without regard to case."""
    wanted, tests = "", []
    for term in split_and(text):
        if found := ID_TERM.fullmatch(term):
            wanted = property_id(unquote_text(found[1]))
        elif found := VALUE_TERM.fullmatch(term) or VALUE_FUNCTION.fullmatch(term):
            tests.append(value_test(found[1].lower(), unquote_text(found[2]).lower()))
        else:
            raise errors.invalid_parameter(f"The $filter '{term}' is not supported.")
    if not wanted:
        raise errors.invalid_parameter("An extended property is found by its id and value.")

    def test(event: Event) -> bool:
        value = event.content.extended.get(wanted)
        return value is not None and all(each(value.lower()) for each in tests)

    return test


def value_test(operator: str, wanted: str) -> Callable[[str], bool]:
    if operator == "contains":
        return lambda value: wanted in value
    if operator == "startswith":
        return lambda value: value.startswith(wanted)
    compare = COMPARE[operator]
    return lambda value: compare(value, wanted)


def order(events: Iterable[Event], text: str) -> list[Event]:
    listed = list(events)
    for part in reversed([part.strip() for part in text.split(",") if part.strip()]):
        name, _, direction = part.partition(" ")
        key = TIMES.get(name.lower()) or VALUES.get(name.lower())
        if key is None:
            raise errors.invalid_parameter(f"The property '{name}' cannot be used in $orderby.")
        listed.sort(key=key, reverse=direction.strip().lower() == "desc")
    return listed


def page_size(request: Request, switches: Switches) -> int:
    text = request.query.get("$top")
    if text is not None and not (text.isdigit() and int(text)):
        raise errors.invalid_parameter("$top is a positive number.")
    size = int(text) if text else request.preferences.page_size or DEFAULT_PAGE
    if size <= LARGEST_PAGE:
        return size
    if switches.large_page is PageTooLarge.REFUSE:
        raise errors.invalid_parameter(f"The page size {size} is above {LARGEST_PAGE}.")
    return LARGEST_PAGE


def skipped(request: Request) -> int:
    text = request.query.get("$skip", "0")
    if not text.isdigit():
        raise errors.invalid_parameter("$skip is a number.")
    return int(text)


def next_link(request: Request, skip: int) -> str:
    """Event lists page by $skip inside the link, so a list that changes meanwhile skips or repeats (section 4)."""
    query = {**request.query, "$skip": str(skip)}
    return f"{request.root}{quote(request.path)}?{urlencode(query, safe='$')}"


def project(event: Json, select: tuple[str, ...]) -> Json:
    """$select; id and etag are always there (section 4)."""
    if not select or "*" in select:
        return event
    return {name: value for name, value in event.items() if name in ("@odata.etag", "id") or name in select}


def selected(query: Mapping[str, str]) -> tuple[str, ...]:
    """The names in $select."""
    return tuple(name.strip() for name in query.get("$select", "").split(",") if name.strip())


def unquote_text(text: str) -> str:
    return text.replace("''", "'")
