"""Speaks WebDAV to one server: one request, its retries and redirects, and what an error means."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import requests

from sync.adapters.groupware.caldav.credentials import Credential
from sync.adapters.groupware.caldav.dav_xml import (
    VALID_SYNC_TOKEN,
    BrokenXml,
    Multistatus,
    conditions_of,
    parse_multistatus,
)
from sync.adapters.http import same_origin
from sync.errors import CannotSync, CursorExpired, Gone, Moved, NeedsAdministrator, SyncError, TryLater

_logger = logging.getLogger("sync.groupware")

# A wait longer than this is not worth holding a worker for: the pass comes back later.
_LONGEST_WAIT = 30.0
_TRIES = 4
_REDIRECTS = 5
# Bytes of an answer, unpacked: a calendar of ten thousand events has about 20 MB.
_LARGEST_ANSWER = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_TOO_LARGE = ("max-resource-size", "quota-not-exceeded", "sufficient-disk-space")
# What stands before and after the quotes of an entity tag that a proxy has touched.
_ETAG = re.compile(r'(?:W/)?"?(.*?)"?', re.DOTALL)


class Sleeper(Protocol):
    def sleep(self, seconds: float) -> None: ...


class Refused(Exception):
    """An answer of 400 or above: `conditions` are those its body names, `tries` how often the request was sent (more
    than once: an earlier try may have been carried out)."""

    def __init__(self, status: int, conditions: frozenset[str] = frozenset(), tries: int = 1) -> None:
        super().__init__(f"{status} {' '.join(sorted(conditions))}".strip())
        self.status = status
        self.conditions = conditions
        self.tries = tries


class NoAnswer(TryLater):
    """Raised when no answer came, however often it was tried: the service is away, or one request kills it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer. `url` is where it came from, redirects followed."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def etag(self) -> str:
        return read_etag(self.headers.get("ETag", ""))


class Client:
    """One per calendar over the process's Session, so that its `requests` (round trips, repeats and redirects
    included) are that calendar's. Safe for threads. The credential goes to the origin of `base_url` alone."""

    def __init__(
        self, session: requests.Session, base_url: str, credential: Credential, clock: Sleeper
    ) -> None:
        self._session = session
        self._base = base_url.rstrip("/") + "/"
        self._credential = credential
        self._clock = clock
        self._lock = threading.Lock()
        self.requests = 0

    def url(self, path: str) -> str:
        """The address of a path of this server, or of one below the base address if it begins without "/". Always
        this server's: servers say paths, and one that began with "//" would be a host."""
        if not path.startswith("/"):
            return self._base + path
        parts = urlsplit(self._base)
        return f"{parts.scheme}://{parts.netloc}{path}"

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One answer below 300, after waiting out throttling and short outages.

        Every request may be repeated: reading changes nothing, and every write carries its condition. Raises
        `Refused` for 400 and above, `TryLater` when the server stays away, `NeedsAdministrator` if it leads to
        another server.
        """
        for attempt in range(_TRIES):
            is_last = attempt == _TRIES - 1
            try:
                answer = self._follow(method, self.url(path), body, headers or {})
            except requests.RequestException as error:
                if is_last:
                    raise NoAnswer("groupware-unavailable") from error
                self._clock.sleep(2.0**attempt)
                continue
            status = answer.status
            if status < 400:
                return answer
            is_busy = status in (429, 503)
            if not is_busy and (is_last or status not in (500, 502, 504)):
                conditions = conditions_of(answer.body)
                _logger.info("groupware refused: %s %s", status, " ".join(sorted(conditions)))
                raise Refused(status, conditions, attempt + 1)
            pause = _retry_after(answer.headers, 2.0**attempt)
            if is_last or pause > _LONGEST_WAIT:
                code = "groupware-throttled" if status == 429 else "groupware-unavailable"
                raise TryLater(code, retry_after=pause)
            self._clock.sleep(pause)
        raise AssertionError("unreachable")

    def propfind(self, path: str, body: bytes, depth: int = 0) -> tuple[Multistatus, str]:
        """What the server says of a resource (and with depth 1 of those in it), and the path it was found under."""
        answer = self._xml("PROPFIND", path, body, {"Depth": str(depth)})
        return _multistatus(answer), urlsplit(answer.url).path

    def report(self, path: str, body: bytes) -> Multistatus:
        """Depth 1 for the reports of a calendar; `sync-collection` has its own level and wants 0 (RFC 6578 3.2)."""
        depth = "0" if b"sync-collection" in body else "1"
        return _multistatus(self._xml("REPORT", path, body, {"Depth": depth}))

    def _xml(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self.send(method, path, body, {"Content-Type": "application/xml; charset=utf-8", **headers})

    def _follow(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Redirects by hand: `requests` would make a GET of a redirected PROPFIND (groupware.md 3.6)."""
        for _ in range(_REDIRECTS):
            answer = self._once(method, url, body, headers)
            if not 300 <= answer.status < 400:
                return answer
            target = answer.headers.get("Location")
            if target is None:
                raise broken(f"status {answer.status} without Location")
            url = urljoin(url, target)
            if not same_origin(url, self._base):
                raise NeedsAdministrator("groupware-elsewhere", {"host": urlsplit(url).hostname or ""})
        raise TryLater("groupware-unavailable", {"reason": "redirects without end"})

    def _once(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            self.requests += 1
        sent = {"Authorization": self._credential.authorization, **headers}
        with self._session.request(
            method, url, data=body, headers=sent, allow_redirects=False, stream=True
        ) as answer:
            return Answer(answer.status_code, url, answer.headers, _read(answer))


def _read(answer: requests.Response) -> bytes:
    found = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        found += chunk
        if len(found) > _LARGEST_ANSWER:
            raise broken("an answer without end")
    return bytes(found)


def _multistatus(answer: Answer) -> Multistatus:
    if answer.status != 207:
        raise broken(f"status {answer.status} instead of 207")
    try:
        return parse_multistatus(answer.body)
    except BrokenXml as error:
        raise broken(str(error)) from error


def read_etag(text: str) -> str:
    """An entity tag without quotes, "" for none. A proxy that repacks answers marks the tags as weak; the server only
    knows its own, strong one."""
    found = _ETAG.fullmatch(text.strip())
    return found[1] if found is not None else ""


def condition(etag: str) -> dict[str, str]:
    return {"If-Match": f'"{etag}"'}


def broken(what: str) -> TryLater:
    """The server, or somebody between us, said something that WebDAV has not."""
    return TryLater("groupware-unavailable", {"reason": what})


def _retry_after(headers: Mapping[str, str], otherwise: float) -> float:
    text = headers.get("Retry-After", "").strip()
    return float(text) if text.isascii() and text.isdigit() else otherwise


def error_of(refused: Refused) -> SyncError:
    """What a refused write to one event means; one place for the whole protocol.

    A 412 or 409 is for the caller to look into: it may be an edit, a taken UID or, on Radicale, the size
    (groupware.md 3.2).
    """
    names = refused.conditions
    match refused.status:
        case 401:
            return NeedsAdministrator("groupware-unauthorized")
        case 413 | 507:
            return CannotSync("too-large")
        case _ if names & set(_TOO_LARGE):
            return CannotSync("too-large")
        case 403 if not names or "need-privileges" in names:
            return CannotSync("calendar-read-only")
        case 404 | 410:
            return Gone("gone")
        case 412 if not names:
            return Moved("event-moved")
        case 423:
            return TryLater("groupware-unavailable", {"reason": "locked"})
        case status if status >= 500:
            return CannotSync("groupware-failing", {"status": str(status)})
        case status:
            reason = ", ".join(sorted(names)) or str(status)
            return CannotSync("groupware-refused", {"reason": reason, "problem": reason})


def error_of_listing(refused: Refused) -> SyncError:
    """What it means where nothing is about a single event: it stops the caller, and never says "empty"."""
    match refused.status:
        case 401:
            return NeedsAdministrator("groupware-unauthorized")
        case 403:
            return NeedsAdministrator("calendar-forbidden")
        case 404 | 410:
            return NeedsAdministrator("calendar-missing")
        case status:
            return TryLater("groupware-unavailable", {"reason": f"status {status}"})


def error_of_token(refused: Refused) -> SyncError:
    """What a refused `sync-collection` means. Servers say in five ways that they forgot a token (groupware.md 3.4); a
    listing then says whether it was only that."""
    if VALID_SYNC_TOKEN in refused.conditions or refused.status in (400, 403, 404, 409, 410, 412, 500, 507):
        return CursorExpired("cursor-expired")
    return error_of_listing(refused)
