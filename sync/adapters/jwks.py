"""Fetches the key set with which the groupware signs its users' tokens (RFC 7517)."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from sync.errors import TryLater


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
