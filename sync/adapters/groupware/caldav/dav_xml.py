"""The XML of WebDAV and CalDAV: the bodies that we send, and what a 207 or an error body says. Pure.

Answers are parsed without DTDs and entities (`defusedxml`): a server, or somebody between us, may send anything.
"""

from __future__ import annotations

import xml.etree.ElementTree as Tree
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

DAV: Final = "{DAV:}"
CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
CALENDAR_SERVER: Final = "{http://calendarserver.org/ns/}"
for _prefix, _namespace in (("d", DAV), ("c", CALDAV), ("cs", CALENDAR_SERVER)):
    Tree.register_namespace(_prefix, _namespace.strip("{}"))

ETAG: Final = DAV + "getetag"
SYNC_TOKEN: Final = DAV + "sync-token"
CTAG: Final = CALENDAR_SERVER + "getctag"
CALENDAR_DATA: Final = CALDAV + "calendar-data"
# The condition that a dead token breaks (RFC 6578 3.2).
VALID_SYNC_TOKEN: Final = "valid-sync-token"


class BrokenXml(Exception):
    """Raised for an answer that is no XML of WebDAV, or no harmless one."""


@dataclass(frozen=True, slots=True)
class Response:
    """One `DAV:response`: the properties that were found, or the status of the whole resource."""

    href: str
    status: int | None = None
    found: Mapping[str, Tree.Element] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text of a property; "" where there is none."""
        element = self.found.get(name)
        return (element.text or "").strip() if element is not None else ""

    def hrefs(self, name: str) -> list[str]:
        """The addresses that a property holds."""
        element = self.found.get(name)
        return [_text(one) for one in element.iter(DAV + "href")] if element is not None else []

    def children(self, name: str) -> list[Tree.Element]:
        element = self.found.get(name)
        return list(element) if element is not None else []


@dataclass(frozen=True, slots=True)
class Multistatus:
    responses: tuple[Response, ...]
    sync_token: str = ""


def parse_multistatus(body: bytes) -> Multistatus:
    """The answer of PROPFIND and REPORT (RFC 4918 13, RFC 6578 3.6). `BrokenXml` for anything else."""
    root = _parsed(body)
    if root.tag != DAV + "multistatus":
        raise BrokenXml("no multistatus")
    responses = tuple(_response(one) for one in root.findall(DAV + "response"))
    return Multistatus(responses, _text(root.find(DAV + "sync-token")))


def conditions_of(body: bytes) -> frozenset[str]:
    """The names of the conditions that an error body says were broken (RFC 4918 16); none if it is no such body."""
    try:
        root = _parsed(body)
    except BrokenXml:
        return frozenset()
    named = {child.tag for error in root.iter(DAV + "error") for child in error} - {
        DAV + "responsedescription"
    }
    # Servers add words of their own (`s:exception` of SabreDAV): those are no conditions.
    return frozenset(name.rpartition("}")[2] for name in named if name.startswith((DAV, CALDAV)))


def propfind(names: Iterable[str]) -> bytes:
    root = Tree.Element(DAV + "propfind")
    _prop(root, names)
    return _written(root)


def multiget(hrefs: Iterable[str]) -> bytes:
    """`calendar-multiget` (RFC 4791 7.9)."""
    root = Tree.Element(CALDAV + "calendar-multiget")
    _prop(root, (ETAG, CALENDAR_DATA))
    for href in hrefs:
        Tree.SubElement(root, DAV + "href").text = href
    return _written(root)


def sync_collection(token: str) -> bytes:
    """`sync-collection` of what is directly in the collection, without a limit: some servers lose what is beyond it
    (groupware.md 3.4)."""
    root = Tree.Element(DAV + "sync-collection")
    Tree.SubElement(root, DAV + "sync-token").text = token
    Tree.SubElement(root, DAV + "sync-level").text = "1"
    _prop(root, (ETAG,))
    return _written(root)


def query_between(starts: datetime, ends: datetime) -> bytes:
    """`calendar-query` of the events that overlap the time (RFC 4791 9.9). Aware datetimes."""
    root, events = _query()
    limits = {"start": _utc(starts), "end": _utc(ends)}
    Tree.SubElement(events, CALDAV + "time-range", limits)
    return _written(root)


def query_uid(uid: str) -> bytes:
    """`calendar-query` of the events with this UID; servers may answer with those that merely contain it."""
    root, events = _query()
    by_uid = Tree.SubElement(events, CALDAV + "prop-filter", {"name": "UID"})
    match = Tree.SubElement(by_uid, CALDAV + "text-match", {"collation": "i;octet"})
    match.text = uid
    return _written(root)


def _query() -> tuple[Tree.Element, Tree.Element]:
    """The query, and the part of it that filters events."""
    root = Tree.Element(CALDAV + "calendar-query")
    _prop(root, (ETAG, CALENDAR_DATA))
    condition = Tree.SubElement(root, CALDAV + "filter")
    calendar = Tree.SubElement(condition, CALDAV + "comp-filter", {"name": "VCALENDAR"})
    return root, Tree.SubElement(calendar, CALDAV + "comp-filter", {"name": "VEVENT"})


def _prop(root: Tree.Element, names: Iterable[str]) -> None:
    prop = Tree.SubElement(root, DAV + "prop")
    for name in names:
        Tree.SubElement(prop, name)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _written(root: Tree.Element) -> bytes:
    body: bytes = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _parsed(body: bytes) -> Tree.Element:
    try:
        root: Tree.Element = fromstring(body, forbid_dtd=True)
    except (Tree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BrokenXml(type(error).__name__) from error
    return root


def _response(element: Tree.Element) -> Response:
    status = element.find(DAV + "status")
    found: dict[str, Tree.Element] = {}
    for propstat in element.findall(DAV + "propstat"):
        if _code(propstat.find(DAV + "status")) == 200:
            found |= {one.tag: one for one in _properties(propstat)}
    href = _text(element.find(DAV + "href"))
    if not href:
        raise BrokenXml("a response without href")
    return Response(href, _code(status) if status is not None else None, found)


def _properties(propstat: Tree.Element) -> Sequence[Tree.Element]:
    prop = propstat.find(DAV + "prop")
    return list(prop) if prop is not None else []


def _code(status: Tree.Element | None) -> int:
    """The number in `HTTP/1.1 404 Not Found`."""
    words = _text(status).split()
    if len(words) < 2 or not words[1].isdigit():
        raise BrokenXml("a status without number")
    return int(words[1])


def _text(element: Tree.Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""
