"""Who and what a CalDAV groupware knows: people, rooms and event types.

CalDAV has no directory. A list that the administrator stores says it; without one, the server's principals do, as far
as it shows them (RFC 3744 5.8, RFC 6638 2.4.2).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from sync.adapters.groupware.caldav.client import Client, Refused, error_of_listing
from sync.adapters.groupware.caldav.context import Known
from sync.adapters.groupware.caldav.dav_xml import CALDAV, DAV, Response, propfind
from sync.errors import NeedsAdministrator
from sync.ports import GroupwareUser

# Whoever adds a person to the list, or to the server, waits at most this long.
_REMEMBERED = timedelta(minutes=10)
_PRINCIPALS = DAV + "principal-collection-set"
_NAME = DAV + "displayname"
_TYPE = DAV + "resourcetype"
_KIND = CALDAV + "calendar-user-type"
_ADDRESSES = CALDAV + "calendar-user-address-set"
_EMAIL = "{http://sabredav.org/ns}email-address"
_ROOMS = ("ROOM", "RESOURCE")


class Now(Protocol):
    def now(self) -> datetime: ...


class Secrets(Protocol):
    def get(self, name: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """People and facilities by id; event types by name, which is their id too."""

    users: Mapping[str, Known] = field(default_factory=dict)
    facilities: Mapping[str, Known] = field(default_factory=dict)
    types: frozenset[str] = frozenset()


class CaldavDirectory:
    """Keeps ports.Directory. One per process, safe for threads; a failed look-up is not remembered.

    `name`: the secret with the list (`read_list`); `client` opens a Client that may see the principals.
    """

    def __init__(self, secrets: Secrets, name: str, client: Callable[[], Client], clock: Now) -> None:
        self._secrets = secrets
        self._name = name
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[datetime, Listed] | None = None

    def users(self) -> Sequence[GroupwareUser]:
        return [GroupwareUser(user, one.name, one.email) for user, one in self.listed().users.items()]

    def organizations(self) -> Mapping[str, tuple[str, str | None]]:
        """CalDAV knows none."""
        return {}

    def event_types(self) -> Mapping[str, str]:
        return {name: name for name in sorted(self.listed().types)}

    def facilities(self) -> Mapping[str, str]:
        return {facility: one.name for facility, one in self.listed().facilities.items()}

    def listed(self) -> Listed:
        now = self._clock.now()
        with self._lock:
            known = self._known
        if known is not None and now - known[0] < _REMEMBERED:
            return known[1]
        text = self._secrets.get(self._name)
        found = read_list(text, self._name) if text else self._from_principals()
        with self._lock:
            self._known = now, found
        return found

    def _from_principals(self) -> Listed:
        client = self._client()
        try:
            asked, at = client.propfind("", propfind((_PRINCIPALS,)))
            folders = [href for one in asked.responses for href in one.hrefs(_PRINCIPALS)] or [at]
            names = propfind((_NAME, _TYPE, _KIND, _ADDRESSES, _EMAIL))
            shown = [
                one for folder in folders for one in client.propfind(_path(folder), names, 1)[0].responses
            ]
        except Refused as refused:
            raise error_of_listing(refused) from refused
        people: dict[str, Known] = {}
        rooms: dict[str, Known] = {}
        for one in shown:
            kind = one.text(_KIND).upper() or "INDIVIDUAL"
            if not any(child.tag == DAV + "principal" for child in one.children(_TYPE)):
                continue
            if kind == "INDIVIDUAL":
                people[_id(one)] = _known(one)
            elif kind in _ROOMS:
                rooms[_id(one)] = _known(one)
        return Listed(people, rooms)


def read_list(text: str, name: str) -> Listed:
    """A JSON object: `users` and `facilities` with `id`, `name` and `email` each, `eventTypes` by name.

    Whoever stands there without `name` is called by the id. `NeedsAdministrator` if it is anything else. `name`: the
    secret's.
    """
    try:
        found = json.loads(text)
        types = found.get("eventTypes", [])
        if not all(isinstance(one, str) and one for one in types):
            raise TypeError("eventTypes")
        return Listed(
            _entries(found.get("users", [])), _entries(found.get("facilities", [])), frozenset(types)
        )
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise NeedsAdministrator("groupware-list-unreadable", {"secret": name}) from error


def _entries(items: Sequence[Any]) -> dict[str, Known]:
    found = {}
    for item in items:
        words = item["id"], item.get("name") or item["id"], item.get("email") or ""
        if not all(isinstance(word, str) for word in words) or not words[0] or words[0] in found:
            raise TypeError("entry")
        found[words[0]] = Known(words[1], words[2])
    return found


def _id(principal: Response) -> str:
    return unquote(urlsplit(principal.href).path.rstrip("/").rpartition("/")[2])


def _known(principal: Response) -> Known:
    addresses = (href for href in principal.hrefs(_ADDRESSES) if href.lower().startswith("mailto:"))
    email = next(addresses, "")[len("mailto:") :] or principal.text(_EMAIL)
    return Known(principal.text(_NAME) or _id(principal), email)


def _path(href: str) -> str:
    return urlsplit(href).path
