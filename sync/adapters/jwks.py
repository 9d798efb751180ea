"""Fetches published key sets (RFC 7517): the groupware's for its users' tokens, Microsoft Entra's for ID tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import jwt
import requests

from sync.errors import TryLater
from sync.ports import Clock

# Microsoft asks to look for new keys every 24 hours, and at once when a token names one that is not known
# (https://learn.microsoft.com/entra/identity-platform/signing-key-rollover).
FRESH = timedelta(hours=24)
# Tokens with made-up key ids must not make us hammer whoever publishes the keys.
PAUSE = timedelta(minutes=1)


class Jwks:
    """`()` returns the key set; `TryLater` if it cannot be had now."""

    def __init__(self, session: requests.Session, url: str) -> None:
        self._session = session
        self._url = url

    def __call__(self) -> Mapping[str, object]:
        try:
            answer = self._session.get(self._url)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise TryLater("keys-unavailable") from error
        if not isinstance(found, dict):
            raise TryLater("keys-unavailable")
        return found


class RotatingKeys:
    """The RSA signing keys of one set, by key id. Thread-safe: whoever asks meanwhile waits for one look-up."""

    def __init__(self, fetch: Callable[[], Mapping[str, object]], clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._asked: datetime | None = None
        self._fetched: datetime | None = None
        self._lock = threading.Lock()

    def find(self, kid: str) -> jwt.PyJWK | None:
        """None if the set has no such key; `TryLater` if that cannot be known now."""
        with self._lock:
            if kid not in self._keys or not self._is_younger(self._fetched, FRESH):
                self._refresh()
            return self._keys.get(kid)

    def _refresh(self) -> None:
        if self._is_younger(self._asked, PAUSE):
            if self._fetched is None:
                raise TryLater("keys-unavailable", retry_after=PAUSE.total_seconds())
            return
        self._asked = self._clock.now()
        self._keys = read_keys(self._fetch())
        self._fetched = self._asked

    def _is_younger(self, instant: datetime | None, age: timedelta) -> bool:
        return instant is not None and self._clock.now() - instant < age


def read_keys(document: Mapping[str, object]) -> Mapping[str, jwt.PyJWK]:
    """The usable ones; a set without any is `TryLater`: it would refuse everybody."""
    entries = document.get("keys")
    usable = [entry for entry in entries if _is_usable(entry)] if isinstance(entries, list) else []
    keys: dict[str, jwt.PyJWK] = {}
    for entry in usable:
        try:
            keys[entry["kid"]] = jwt.PyJWK(entry, "RS256")
        except (jwt.PyJWTError, ValueError):
            continue  # one that cannot be read does not take the others along
    if not keys:
        raise TryLater("keys-unavailable")
    return keys


def _is_usable(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and isinstance(entry.get("kid"), str)
    )
