"""The resources of one calendar: listed, read, written and deleted by their names.

A name is the last part of a resource's path, escaped in one way whatever the server's is. It is the id of an event:
it outlives a calendar that is renamed, and a server that moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

from sync.adapters.groupware.caldav.client import (
    Answer,
    Client,
    Refused,
    broken,
    condition,
    error_of_listing,
    error_of_token,
    read_etag,
)
from sync.adapters.groupware.caldav.dav_xml import (
    CALENDAR_DATA,
    CTAG,
    ETAG,
    SYNC_TOKEN,
    BrokenXml,
    Multistatus,
    Response,
    multiget,
    parse_multistatus,
    propfind,
    query_between,
    query_uid,
    sync_collection,
)
from sync.adapters.groupware.caldav.discovery import same_path
from sync.errors import CursorExpired

_MULTIGET = 100
# A server that answers so many parts of one round never comes to an end.
_PARTS = 1000
_SHORTEST_QUERY = timedelta(days=1)
_GONE = (404, 410)
_TOO_MUCH = (413, 507)
_CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as the server has it. `etag`: without quotes; "" where the server gives none."""

    name: str
    etag: str
    text: str

    @property
    def version(self) -> str:
        """The entity tag; a digest of the text where there is none."""
        return self.etag or "~" + hashlib.sha256(self.text.encode()).hexdigest()[:40]

    @property
    def is_event(self) -> bool:
        """A calendar may hold tasks and journals too."""
        return "BEGIN:VEVENT" in self.text.upper()


@dataclass(frozen=True, slots=True)
class Changes:
    changed: frozenset[str]
    gone: frozenset[str]
    token: str


class Collection:
    """`path`: the calendar's, with "/" at its end."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self.path = path

    # -- what there is --------------------------------------------------------------------------------------

    def state(self, with_token: bool) -> tuple[str, str]:
        """The sync token and the ctag, "" for what the server does not say. `with_token`: it answers
        `sync-collection`, and some tell their token by that alone."""
        listed, _ = self._asked_propfind(propfind((SYNC_TOKEN, CTAG)))
        own = next(iter(listed.responses), Response(self.path))
        token = own.text(SYNC_TOKEN) if with_token else ""
        if with_token and not token:
            with suppress(CursorExpired):  # it gives none
                token = self.changes("").token
        return token, own.text(CTAG)

    def changes(self, token: str) -> Changes:
        """What changed since the token. `CursorExpired` if the server does not take it any more."""
        changed: dict[str, bool] = {}
        for _ in range(_PARTS):
            try:
                part = self._client.report(self.path, sync_collection(token))
            except Refused as refused:
                raise error_of_token(refused) from refused
            if not part.sync_token:
                raise broken("a round without token")
            for name, response in self._members(part):
                changed[name] = response.status not in _GONE
            if not self._is_cut(part):
                there = frozenset(name for name, is_there in changed.items() if is_there)
                return Changes(there, frozenset(changed) - there, part.sync_token)
            if part.sync_token == token:
                break
            token = part.sync_token
        raise broken("a round without end")

    def between(self, starts: datetime, ends: datetime) -> dict[str, Stored]:
        """The events that overlap the time, as the server understands it."""
        answer = self._asked(query_between(starts, ends))
        if not self._is_cut(answer):
            return self._resources(answer)
        if ends - starts <= _SHORTEST_QUERY:
            raise broken("a listing that is cut off")
        middle = starts + (ends - starts) / 2
        return self.between(starts, middle) | self.between(middle, ends)

    def everything(self) -> dict[str, Stored]:
        """All resources, whenever they are."""
        try:
            listed, _ = self._client.propfind(self.path, propfind((ETAG,)), depth=1)
        except Refused as refused:
            raise error_of_listing(refused) from refused
        if self._is_cut(listed):
            raise broken("a listing that is cut off")
        found = self.read(name for name, one in self._members(listed) if one.status not in _GONE)
        return {name: one for name, one in found.items() if one is not None}

    def with_uid(self, uid: str) -> dict[str, Stored]:
        """The resources with this UID, and maybe others."""
        return self._resources(self._asked(query_uid(uid)))

    def read(self, names: Iterable[str]) -> dict[str, Stored | None]:
        """The named resources; None for those that the server says are gone."""
        wanted = dict.fromkeys(names)
        # No resource of a calendar has such a name, and servers find the question itself wrong.
        found: dict[str, Stored | None] = {name: None for name in wanted if "/" in unquote(name)}
        asked = [name for name in wanted if name not in found]
        for start in range(0, len(asked), _MULTIGET):
            found |= self._multiget(asked[start : start + _MULTIGET])
        return found

    def _multiget(self, names: list[str]) -> dict[str, Stored | None]:
        try:
            answer = self._client.report(self.path, multiget(self._href(name) for name in names))
        except Refused as refused:
            if refused.status not in _TOO_MUCH or len(names) == 1:
                raise error_of_listing(refused) from refused
            half = len(names) // 2
            return self._multiget(names[:half]) | self._multiget(names[half:])
        found: dict[str, Stored | None] = {}
        for name, response in self._members(answer):
            if response.status in _GONE:
                found[name] = None
            elif CALENDAR_DATA in response.found:
                found[name] = _resource(name, response)
        # Some servers say nothing of what is not there, and others nothing of what they dislike.
        return {n: found[_name(n)] if _name(n) in found else self._get(n) for n in names}

    def _get(self, name: str) -> Stored | None:
        try:
            answer = self._client.send("GET", self._href(name))
        except Refused as refused:
            if refused.status in _GONE:
                return None
            raise error_of_listing(refused) from refused
        return Stored(name, answer.etag, answer.body.decode("utf-8", "replace"))

    # -- writing --------------------------------------------------------------------------------------------

    def create(self, name: str, text: str) -> str:
        """A new resource; returns its etag, "" if the server keeps it to itself. `Refused` if the name is taken."""
        return self._put(name, text, {"If-None-Match": "*"})

    def replace(self, before: Stored, text: str) -> str:
        """`Refused` with 412 if it is not as it was before."""
        return self._put(before.name, text, condition(before.etag) if before.etag else {})

    def _put(self, name: str, text: str, headers: Mapping[str, str]) -> str:
        answer = self._client.send("PUT", self._href(name), text.encode(), {**_CALENDAR, **headers})
        return answer.etag

    def delete(self, name: str, etag: str) -> None:
        """`etag` "": whatever it is now."""
        answer = self._client.send("DELETE", self._href(name), headers=condition(etag) if etag else {})
        if answer.status == HTTPStatus.MULTI_STATUS:
            _raise_failed(answer)

    # -- reading answers ------------------------------------------------------------------------------------

    def _href(self, name: str) -> str:
        """Whatever was stored as an id, it is one segment of a path."""
        return self.path + _name(name)

    def _asked(self, body: bytes) -> Multistatus:
        try:
            return self._client.report(self.path, body)
        except Refused as refused:
            raise error_of_listing(refused) from refused

    def _asked_propfind(self, body: bytes) -> tuple[Multistatus, str]:
        try:
            return self._client.propfind(self.path, body)
        except Refused as refused:
            raise error_of_listing(refused) from refused

    def _resources(self, answer: Multistatus) -> dict[str, Stored]:
        shown = dict(self._members(answer))
        found = {n: _resource(n, one) for n, one in shown.items() if CALENDAR_DATA in one.found}
        # Named without its text: asked for by name.
        more = self.read(name for name, one in shown.items() if name not in found and one.status not in _GONE)
        return found | {name: one for name, one in more.items() if one is not None}

    def _members(self, answer: Multistatus) -> Iterator[tuple[str, Response]]:
        """What is directly in the calendar, by name; the calendar itself and folders in it are none."""
        for response in answer.responses:
            folder, slash, segment = urlsplit(response.href).path.rpartition("/")
            if segment and (not slash or same_path(folder, self.path)):
                yield _name(segment), response

    def _is_cut(self, answer: Multistatus) -> bool:
        """Whether the server says that there is more (RFC 6578 3.6, RFC 5323 5.17)."""
        return any(
            one.status == HTTPStatus.INSUFFICIENT_STORAGE and same_path(urlsplit(one.href).path, self.path)
            for one in answer.responses
        )


def _name(segment: str) -> str:
    return quote(unquote(segment), safe="")


def _resource(name: str, response: Response) -> Stored:
    # Not `Response.text`: the text is content.
    element = response.found[CALENDAR_DATA]
    return Stored(name, read_etag(response.text(ETAG)), element.text or "")


def _raise_failed(answer: Answer) -> None:
    """A 207 tells what of a delete has failed (RFC 4918 9.6.1)."""
    try:
        parts = parse_multistatus(answer.body).responses
    except BrokenXml as error:
        raise broken(str(error)) from error
    for part in parts:
        if part.status is not None and part.status >= HTTPStatus.BAD_REQUEST:
            raise Refused(part.status)
