"""Speaks the Groupware Connector API (contract.yaml): one request, its retries, and what an error means."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import requests

from sync.errors import CannotSync, CursorExpired, Gone, Moved, NeedsAdministrator, SyncError, TryLater

_logger = logging.getLogger("sync.groupware")

_PROBLEM = "urn:groupware-connector:problem:"
# A wait longer than this is not worth holding a worker for: the pass comes back later.
_LONGEST_WAIT = 30.0
_TRIES = 4


class Sleeper(Protocol):
    def sleep(self, seconds: float) -> None: ...


class Refused(Exception):
    """A problem answer: `kind` is the last part of its type, `body` the whole problem, `tries` how often the
    request was sent (more than once: an earlier try may have been carried out)."""

    def __init__(self, status: int, kind: str, body: Mapping[str, Any], tries: int) -> None:
        super().__init__(f"{status} {kind}")
        self.status = status
        self.kind = kind
        self.body = body
        self.tries = tries


class NoAnswer(TryLater):
    """Raised when no answer came, however often it was tried: the service is away, or one request kills it."""


class Client:
    """One per calendar over the process's Session, so that its `requests` (round trips, repeats included) are
    that calendar's. Safe for threads. `origin` marks our own writes in the change feed."""

    def __init__(
        self,
        session: requests.Session,
        base_url: str,
        token: str,
        clock: Sleeper,
        origin: str = "outlook-sync",
    ) -> None:
        self._session = session
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "X-Sync-Origin": origin}
        self._clock = clock
        self._lock = threading.Lock()
        self.requests = 0

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | list[str]] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One answer below 400, after waiting out throttling and short outages.

        Every write of this API may be repeated: creates carry an idempotency key, the rest a version.
        Raises `Refused` for other problems, `TryLater` when the groupware stays away.
        """
        for attempt in range(_TRIES):
            is_last = attempt == _TRIES - 1
            try:
                with self._lock:
                    self.requests += 1
                answer = self._session.request(
                    method,
                    self._base + path,
                    params=query,
                    json=body,
                    headers={**self._headers, **(headers or {})},
                )
            except requests.RequestException as error:
                if is_last:
                    raise NoAnswer("groupware-unavailable") from error
                self._clock.sleep(2.0**attempt)
                continue
            if answer.status_code < 400:
                return answer
            is_busy = answer.status_code in (429, 503) or _kind(answer) == "idempotency-in-progress"
            if not is_busy and (is_last or answer.status_code not in (500, 502, 504)):
                raise self._refused(answer, attempt + 1)
            pause = _retry_after(answer, 2.0**attempt)
            if is_last or pause > _LONGEST_WAIT:
                code = "groupware-throttled" if answer.status_code == 429 else "groupware-unavailable"
                raise TryLater(code, retry_after=pause)
            self._clock.sleep(pause)
        raise AssertionError("unreachable")

    def _refused(self, answer: requests.Response, tries: int) -> Refused:
        kind = _kind(answer)
        _logger.info("groupware refused: %s %s", answer.status_code, kind)
        return Refused(answer.status_code, kind, _problem_of(answer), tries)

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
        """All items of a paged listing; an incomplete listing raises, it never ends early."""
        asked = dict(query or {})
        seen: set[str] = set()
        while True:
            page = json_of(self.send("GET", path, query=asked))
            yield from items_of(page)
            if not page.get("hasMore"):
                return
            asked["cursor"] = cursor_of(page)
            if asked["cursor"] in seen:
                raise broken("a listing without end")
            seen.add(asked["cursor"])


def segment(event_id: str) -> str:
    """An id as a path segment."""
    return quote(event_id, safe="")


def json_of(answer: requests.Response) -> Mapping[str, Any]:
    """The object that a successful answer holds. `TryLater` for anything else, such as a proxy's page."""
    try:
        found = answer.json()
    except ValueError as error:
        raise broken("an answer that is not JSON") from error
    if not isinstance(found, dict):
        raise broken("an answer that is no object")
    return found


def items_of(page: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The items of a page, each with its id. A page without them is no listing: never "there are none"."""
    items = page.get("items")
    if not isinstance(items, list):
        raise broken("a listing without items")
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        raise broken("an item without id")
    return items


def cursor_of(page: Mapping[str, Any]) -> str:
    cursor = page.get("cursor")
    if not isinstance(cursor, str) or not cursor:
        raise broken("a page without cursor")
    return cursor


def broken(what: str) -> TryLater:
    """The groupware, or somebody between us, said something that the contract has not."""
    return TryLater("groupware-unavailable", {"reason": what})


def _problem_of(answer: requests.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _kind(answer: requests.Response) -> str:
    """The last part of a problem's type; "" for an error that is none of the contract's."""
    said = str(_problem_of(answer).get("type", ""))
    return said.removeprefix(_PROBLEM) if said.startswith(_PROBLEM) else ""


def _retry_after(answer: requests.Response, otherwise: float) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else otherwise


def error_of(refused: Refused) -> SyncError:
    """What a refused call on one event means; one place for the whole contract.

    Only the contract's own words say that an event is gone or a cursor expired. A bare 404 or 410 comes from
    somewhere between us and the groupware, and is no reason to forget anything.
    """
    match refused.status, refused.kind:
        case 401, _:
            return NeedsAdministrator("groupware-unauthorized")
        case 403, "not-permitted" if "requiredScope" in refused.body:
            return NeedsAdministrator("groupware-forbidden", {"scope": str(refused.body["requiredScope"])})
        case 403, "facility-forbidden":
            return CannotSync("facility-forbidden", {"facility": str(refused.body.get("facilityId", ""))})
        case 409, "facility-conflict":
            return CannotSync("facility-conflict", _conflict(refused.body))
        case 404, "not-found":
            return Gone("gone")
        case 410, "cursor-expired":
            return CursorExpired("cursor-expired")
        case 412, _:
            return Moved("event-moved")
        case 503, _:
            return TryLater("groupware-unavailable")
        case status, _ if status >= 500:
            return CannotSync("groupware-failing", {"status": str(status)})
        case _:
            return CannotSync("groupware-refused", {"reason": _reason(refused), "problem": refused.kind})


def _conflict(body: Mapping[str, Any]) -> dict[str, str]:
    """Who has the facility, and since when: the first of the events in the way."""
    conflicts = body.get("conflicts")
    first = conflicts[0] if isinstance(conflicts, list) and conflicts else {}
    found = first if isinstance(first, dict) else {}
    return {
        "facility": str(found.get("facilityId", "")),
        "owner": str(found.get("ownerName") or found.get("ownerId", "")),
        "start": str(found.get("start", "")).replace("T", " "),
    }


def error_of_listing(refused: Refused) -> SyncError:
    """What it means where nothing is about a single event: it stops the caller, and never says "empty"."""
    error = error_of(refused)
    if isinstance(error, Gone):
        return NeedsAdministrator("groupware-user-missing")
    if isinstance(error, CannotSync) and refused.kind and refused.status < 500:
        return NeedsAdministrator("listing-refused", error.detail)
    if isinstance(error, (CannotSync, Moved)):
        return TryLater("groupware-unavailable", {"reason": f"status {refused.status}"})
    return error


def _reason(refused: Refused) -> str:
    """Field and rule, as the groupware names them; its sentences may quote content, so they are left out."""
    errors = refused.body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        first = errors[0]
        where = str(first.get("pointer") or first.get("parameter") or first.get("header") or "")
        return f"{where.lstrip('/')} {first.get('reason', '')}".strip()
    return refused.kind or str(refused.status)
