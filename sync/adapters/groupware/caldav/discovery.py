"""Finds the calendar of each person on a CalDAV server: principal, calendar home, calendars (RFC 4791 6.2.1, RFC 6638
9.2), remembered for a while."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from sync.adapters.groupware.caldav.client import Client, Refused, error_of_listing
from sync.adapters.groupware.caldav.dav_xml import (
    CALDAV,
    CTAG,
    DAV,
    SYNC_TOKEN,
    Multistatus,
    Response,
    propfind,
)
from sync.core.timezones import canonical_name
from sync.errors import CannotSync, NeedsAdministrator

# Who makes a new calendar, or renames one, waits at most this long.
_REMEMBERED = timedelta(minutes=10)
# RFC 6764 5.
WELL_KNOWN = "/.well-known/caldav"

_PRINCIPAL = DAV + "current-user-principal"
_HOME = CALDAV + "calendar-home-set"
_INBOX = CALDAV + "schedule-inbox-URL"
_DEFAULT = CALDAV + "schedule-default-calendar-URL"
_TYPE = DAV + "resourcetype"
_OWNER = DAV + "owner"
_NAME = DAV + "displayname"
_COMPONENTS = CALDAV + "supported-calendar-component-set"
_PRIVILEGES = DAV + "current-user-privilege-set"
_REPORTS = DAV + "supported-report-set"
_ZONE = CALDAV + "calendar-timezone"
_CALENDAR = (_TYPE, _OWNER, _NAME, _COMPONENTS, _PRIVILEGES, _REPORTS, _ZONE, SYNC_TOKEN, CTAG)
_WRITES = frozenset(DAV + name for name in ("all", "write", "write-content"))
_TZID = re.compile(r"^TZID(?:;[^:\r\n]*)?:(.+?)\s*$", re.MULTILINE | re.IGNORECASE)


class Now(Protocol):
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Home:
    """One person's calendar: `path` on the server, with "/" at its end; `zone`: IANA name, "" if it says none.

    `has_tokens`: it answers `sync-collection`; `has_ctag`: it says by one text whether anything changed.
    """

    path: str
    zone: str = ""
    has_tokens: bool = False
    has_ctag: bool = False


class Homes:
    """Where people's calendars are; one per process, safe for threads. A failed look-up is not remembered.

    `start`: where a person's calendars are looked for, `{user}` standing for the user's id: a path below the
    server's address (a principal, or a calendar home). Empty: the server is asked who the credential is. `name`:
    which of several calendars is meant, by its display name or the last part of its path; empty: the server's
    default, else the only one.
    """

    def __init__(self, clock: Now, start: str = "", name: str = "") -> None:
        self._clock = clock
        self._start = start
        self._name = name
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, Home]] = {}

    def of(self, client: Client, user: str) -> Home:
        """`NeedsAdministrator` if the server shows no such person, no calendar, or several without saying which."""
        now = self._clock.now()
        with self._lock:
            known = self._known.get(user)
        if known is not None and now - known[0] < _REMEMBERED:
            return known[1]
        try:
            found = self._found(client, user)
        except Refused as refused:
            error = error_of_listing(refused)
            is_unknown = error.code == "calendar-missing"
            raise NeedsAdministrator("groupware-user-missing") if is_unknown else error from refused
        with self._lock:
            self._known[user] = (now, found)
        return found

    def forget(self, user: str) -> None:
        """Its calendar is not where it was."""
        with self._lock:
            self._known.pop(user, None)

    @property
    def choice(self) -> tuple[str, str]:
        """What decides which calendar it is: a cursor is good for one choice only."""
        return self._start, self._name

    def _found(self, client: Client, user: str) -> Home:
        principal = self._principal(client, user)
        homes = principal.hrefs(_HOME) or [principal.href]
        calendars: dict[str, Response] = {}
        for home in homes:
            listed, at = client.propfind(_path(home), propfind(_CALENDAR), depth=1)
            calendars |= {_path(one.href, at): one for one in listed.responses if _is_for_events(one)}
        chosen = self._chosen(client, principal, calendars)
        return _home(chosen, calendars[chosen])

    def _principal(self, client: Client, user: str) -> Response:
        names = propfind((_HOME, _INBOX, _TYPE))
        if self._start:
            start = self._start.replace("{user}", quote(user, safe="")).lstrip("/")
        else:
            start = _current_principal(client)
        listed, at = client.propfind(start, names)
        return _only(listed, at)

    def _chosen(self, client: Client, principal: Response, calendars: Mapping[str, Response]) -> str:
        if not calendars:
            raise NeedsAdministrator("calendar-missing")
        if self._name:
            named = [
                path for path, one in calendars.items() if self._name in (_segment(path), one.text(_NAME))
            ]
            if len(named) != 1:
                raise NeedsAdministrator("calendar-missing" if not named else "calendar-ambiguous")
            return named[0]
        # What others share with this person stands in the same home.
        own = [path for path, one in calendars.items() if _is_own(one, principal)] or list(calendars)
        if len(own) == 1:
            return own[0]
        for inbox in principal.hrefs(_INBOX):
            listed, at = client.propfind(_path(inbox), propfind((_DEFAULT,)))
            for default in _only(listed, at).hrefs(_DEFAULT):
                if _path(default) in calendars:
                    return _path(default)
        raise NeedsAdministrator("calendar-ambiguous")


def _current_principal(client: Client) -> str:
    """The principal of the credential: asked at the address itself, then where RFC 6764 sends us."""
    for start in ("", WELL_KNOWN):
        try:
            listed, at = client.propfind(start, propfind((_PRINCIPAL,)))
        except Refused as refused:
            if refused.status in (404, 405) and start != WELL_KNOWN:
                continue
            raise
        principals = _only(listed, at).hrefs(_PRINCIPAL)
        if principals:
            return _path(principals[0])
    raise NeedsAdministrator("groupware-user-missing")


def _only(listed: Multistatus, at: str) -> Response:
    """What a PROPFIND with depth 0 says; its own path where the server gives a relative one."""
    if not listed.responses:
        return Response(at)
    first = listed.responses[0]
    return Response(_path(first.href, at), first.status, first.found)


def _is_for_events(response: Response) -> bool:
    """A calendar for events into which we may write. What a server does not say is taken as granted."""
    kinds = {child.tag for child in response.children(_TYPE)}
    if CALDAV + "calendar" not in kinds:
        return False
    components = {child.get("name", "").upper() for child in response.children(_COMPONENTS)}
    privileges = {grant.tag for privilege in response.children(_PRIVILEGES) for grant in privilege}
    return (not components or "VEVENT" in components) and (not privileges or bool(privileges & _WRITES))


def _is_own(calendar: Response, principal: Response) -> bool:
    owners = calendar.hrefs(_OWNER)
    return not owners or any(same_path(urlsplit(owner).path, principal.href) for owner in owners)


def _home(path: str, response: Response) -> Home:
    reports = {report.tag for one in response.children(_REPORTS) for report in one.iter()}
    return Home(
        path=path,
        zone=_zone(response.text(_ZONE)),
        has_tokens=DAV + "sync-collection" in reports or bool(response.text(SYNC_TOKEN)),
        has_ctag=bool(response.text(CTAG)),
    )


def _zone(text: str) -> str:
    """The IANA name in a VTIMEZONE; a name that nobody knows says nothing."""
    found = _TZID.search(text)
    if found is None:
        return ""
    try:
        return canonical_name(found[1])
    except CannotSync:
        return ""


def _path(href: str, at: str = "/") -> str:
    """An address as a path: servers write whole addresses too."""
    path = urlsplit(href).path or at
    return path if path.endswith("/") else path + "/"


def _segment(path: str) -> str:
    return unquote(path.rstrip("/").rpartition("/")[2])


def same_path(one: str, other: str) -> bool:
    """The same resource, whichever characters are escaped."""
    return unquote(one).rstrip("/") == unquote(other).rstrip("/")
