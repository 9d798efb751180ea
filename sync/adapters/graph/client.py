"""Sends requests to Microsoft Graph: token, headers, throttling, retries. Knows nothing of events.

`GraphClient` is one for each tenant and process; a `Channel` is one caller's way through it, with its own counters.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlsplit
from uuid import uuid4

import requests

from sync.adapters.graph.answers import Answer, Json, parse_answer
from sync.adapters.graph.errors import BROKEN_ANSWER, TIMEOUT, UNREACHABLE, is_transient
from sync.adapters.graph.throttle import Throttle
from sync.adapters.http import Session, refuse_insecure, same_origin
from sync.errors import TryLater
from sync.ports import Clock

log = logging.getLogger("sync.graph")

VERSION = "/v1.0"
# Ids stay the same when a person moves the event to another calendar (graph-calendar.md 7).
IMMUTABLE_IDS = 'IdType="ImmutableId"'
# The zone is said on every request, though UTC is the default: reading must not depend on what Graph remembers.
READING = f'{IMMUTABLE_IDS}, outlook.timezone="UTC", outlook.body-content-type="html"'

ATTEMPTS = 5
# Without Retry-After: 1, 2, 4, 8 seconds, each shortened by up to a half so that clients do not march in step.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0


class TokenSource(Protocol):
    def get(self) -> str: ...

    def drop(self, token: str) -> None: ...


class GraphClient:
    """Thread-safe. `base_url` is the cloud's Graph (`https://graph.microsoft.com`), without a version."""

    def __init__(
        self,
        session: Session,
        tokens: TokenSource,
        clock: Clock,
        *,
        base_url: str = "https://graph.microsoft.com",
        throttle: Throttle | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        refuse_insecure(base_url)
        self._session = session
        self._tokens = tokens
        self._root = base_url.rstrip("/").removesuffix(VERSION) + VERSION
        self._jitter = jitter
        self.clock = clock
        self.throttle = throttle or Throttle(clock)

    def mailbox(self, oid: str) -> Mailbox:
        return Mailbox(self, oid)

    def directory(self) -> Channel:
        return Channel(self, "directory")

    def url(self, path_or_link: str) -> str:
        """An absolute url for a path below the version, or for a link that Graph gave us.

        A link to any other host is refused before the token could be sent there (graph-calendar.md 5.3).
        """
        if path_or_link.startswith("/"):
            return self._root + path_or_link
        if not same_origin(path_or_link, self._root):
            log.error("graph gave a link to another host: %s", urlsplit(path_or_link).hostname)
            raise TryLater(BROKEN_ANSWER, {"status": "200"})
        return path_or_link

    def exchange(
        self,
        method: str,
        path_or_link: str,
        *,
        prefer: str = IMMUTABLE_IDS,
        body: bytes | None = None,
        timeout: tuple[float, float] | None = None,
        on_trip: Callable[[], None] = lambda: None,
    ) -> Answer:
        """One question, one answer of any status. A dead token is renewed once. `TryLater` if no answer came."""
        url = self.url(path_or_link)
        token = self._tokens.get()
        on_trip()
        answer = self._round_trip(method, url, token, prefer, body, timeout)
        if answer.status != 401:
            return answer
        self._tokens.drop(token)
        token = self._tokens.get()
        on_trip()
        return self._round_trip(method, url, token, prefer, body, timeout)

    def renew_token(self) -> None:
        """An item of a batch was refused for its token."""
        self._tokens.drop(self._tokens.get())

    def pause(self, attempt: int) -> float:
        """Seconds to wait before the attempt after the `attempt`-th one when nobody said how long."""
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 1)) * (1 - self._jitter() / 2)

    def _round_trip(
        self,
        method: str,
        url: str,
        token: str,
        prefer: str,
        body: bytes | None,
        timeout: tuple[float, float] | None,
    ) -> Answer:
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Prefer": prefer,
            "client-request-id": str(uuid4()),
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self._session.request(method, url, headers=headers, data=body, timeout=timeout)
        except requests.Timeout as error:
            raise TryLater(TIMEOUT, {"request": headers["client-request-id"]}) from error
        except requests.RequestException as error:
            detail = {"request": headers["client-request-id"], "error": type(error).__name__}
            raise TryLater(UNREACHABLE, detail) from error
        parsed = parse_answer(answer.status_code, answer.headers, answer.content, self.clock.now())
        log.log(
            logging.DEBUG if parsed.is_ok else logging.INFO,
            "graph %s %s code=%s request-id=%s client-request-id=%s",
            method,
            parsed.status,
            parsed.code,
            answer.headers.get("request-id", ""),
            headers["client-request-id"],
        )
        return parsed


class Channel:
    """Requests that share one limit. `requests` counts HTTP round trips, `batch_items` what travelled in batches."""

    def __init__(self, client: GraphClient, key: str) -> None:
        self.client = client
        self.key = key
        self.requests = 0
        self.batch_items = 0

    def get(self, path_or_link: str, *, prefer: str = READING, repeats_timeouts: bool = True) -> Json:
        """The body of a successful answer; otherwise the error of the table, transient ones after some attempts."""
        for attempt in range(1, ATTEMPTS):
            try:
                answer = self.exchange("GET", path_or_link, prefer=prefer)
            except TryLater as error:
                if error.code != UNREACHABLE and not (error.code == TIMEOUT and repeats_timeouts):
                    raise
                self.hold(None, attempt)
                continue
            if answer.is_ok:
                return answer.body
            refusal = answer.error
            # 409 and 412 come up on plain reads too, while Exchange works on the item (graph-calendar.md 6.3).
            is_worth_it = answer.status in (409, 412) or is_transient(answer.status, answer.code)
            if not is_worth_it or (refusal.code == TIMEOUT and not repeats_timeouts):
                raise refusal
            self.hold(answer.retry_after, attempt)
        answer = self.exchange("GET", path_or_link, prefer=prefer)
        if not answer.is_ok:
            raise answer.error
        return answer.body

    def exchange(
        self,
        method: str,
        path_or_link: str,
        *,
        prefer: str = READING,
        body: bytes | None = None,
        weight: int = 1,
        timeout: tuple[float, float] | None = None,
    ) -> Answer:
        """One question when it is its turn; the answer may have any status."""
        with self.client.throttle.turn(self.key, weight):
            return self.client.exchange(
                method, path_or_link, prefer=prefer, body=body, timeout=timeout, on_trip=self._count
            )

    def hold(self, retry_after: float | None, attempt: int) -> None:
        """Nobody of this process asks until the service wants to be asked again."""
        seconds = self.client.pause(attempt) if retry_after is None else retry_after
        self.client.throttle.pause(self.key, seconds)

    def _count(self) -> None:
        self.requests += 1


class Mailbox(Channel):
    """One mailbox, by its owner's Entra object id. Used by one thread; other objects may share the mailbox."""

    def __init__(self, client: GraphClient, oid: str) -> None:
        super().__init__(client, oid)
        self.oid = oid
        self.path = f"/users/{segment(oid)}"

    def event_path(self, event_id: str) -> str:
        return f"{self.path}/events/{segment(event_id)}"


def segment(text: str) -> str:
    """One path segment: ids end in `=`, UPNs hold `#` and `'` (graph-calendar.md 1.1, 13)."""
    return quote(text, safe="")


def query(parameters: Mapping[str, str]) -> str:
    """A query string with `$` left readable, `+` and everything else encoded."""
    return "&".join(f"{name}={quote(text, safe='')}" for name, text in parameters.items())


def encode(body: object) -> bytes:
    """JSON as UTF-8: Japanese text is half as long as with \\u escapes. A lone surrogate becomes `?`."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
