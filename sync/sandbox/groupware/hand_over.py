"""Reads the token with which the sync service hands over a person who signed in with Microsoft 365.

What a groupware has to check, each point once: who signed it, that it is for this groupware, now, for the first time,
for the browser that began, and about somebody it knows.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import requests

from sync.sandbox.clock import Clock

Json = dict[str, Any]
ALGORITHM = "ES256"
TYPE = "handover+jwt"
KEYS_PATH = "/api/oauth/keys"
LONGEST_LIFE = 60
LEEWAY = 30  # seconds between the service's clock and ours
LARGEST = 8192
# Tokens with made-up key ids must not make us hammer the service.
PAUSE = timedelta(seconds=60)
PATIENCE = 10


@dataclass(frozen=True, slots=True)
class SyncService:
    """`url` is the service's public address, and its name in tokens. The other three are what the service was told of
    us: our name, its name as audience of our tokens, and the key that we sign them with (HS256)."""

    url: str
    issuer: str
    audience: str
    secret: str
    organization: str = "default"


@dataclass(frozen=True, slots=True)
class Arrival:
    user: str
    return_to: str


class Refused(Exception):
    """The token is not good; `reason` is for the page and the log, it gives nothing away."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HandOvers:
    """Thread-safe. `fetch` gets the service's key set from an address."""

    def __init__(
        self, service: SyncService, clock: Clock, fetch: Callable[[str], Json] | None = None
    ) -> None:
        self._service, self._clock, self._fetch = service, clock, fetch or fetch_json
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked: datetime | None = None
        self._used: dict[str, datetime] = {}

    def read(self, token: str, state: str) -> Arrival:
        """`state` is what this browser's cookie holds, "" without one. A token is good once."""
        if len(token) > LARGEST:
            raise Refused("too-large")
        claims = self._verified(token)
        self._check_times(claims)
        said = claims["state"]
        # Without this somebody could be signed in with the account of another (login CSRF).
        if not state or not isinstance(said, str) or not hmac.compare_digest(said.encode(), state.encode()):
            raise Refused("state")
        if claims["org"] != self._service.organization:
            raise Refused("organization")
        self._spend(claims)
        return Arrival(str(claims["sub"]), local_path(claims["return_to"]))

    def _verified(self, token: str) -> Json:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError) as error:
            raise Refused("malformed") from error
        if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
            raise Refused("kind")
        try:
            claims: Json = jwt.decode(
                token,
                self._key(header.get("kid")),
                algorithms=[ALGORITHM],
                audience=self._service.issuer,
                issuer=self._service.url,
                options={
                    "require": ["iss", "aud", "sub", "org", "jti", "iat", "exp", "state", "return_to"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise Refused("not-for-us") from error
        return claims

    def _key(self, kid: object) -> jwt.PyJWK:
        with self._lock:
            if not isinstance(kid, str) or (kid not in self._keys and not self._may_ask()):
                raise Refused("key")
            if kid not in self._keys:
                self._keys = self._published()
            if kid not in self._keys:
                raise Refused("key")
            return self._keys[kid]

    def _may_ask(self) -> bool:
        now = self._clock.now()
        if self._asked is not None and now - self._asked < PAUSE:
            return False
        self._asked = now
        return True

    def _published(self) -> dict[str, jwt.PyJWK]:
        try:
            found = jwt.PyJWKSet.from_dict(self._fetch(self._service.url + KEYS_PATH))
        except (requests.RequestException, jwt.PyJWTError, ValueError) as error:
            self._asked = None  # nothing was learnt: the next token may ask again
            raise Refused("keys-unavailable") from error
        return {key.key_id: key for key in found.keys if key.key_id and key.algorithm_name == ALGORITHM}

    def _check_times(self, claims: Json) -> None:
        now, issued, expires = self._clock.now().timestamp(), claims["iat"], claims["exp"]
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in (issued, expires)):
            raise Refused("time")
        if expires + LEEWAY <= now or issued > now + LEEWAY or expires - issued > LONGEST_LIFE:
            raise Refused("time")

    def _spend(self, claims: Json) -> None:
        now, name = self._clock.now(), str(claims["jti"])
        with self._lock:
            self._used = {each: until for each, until in self._used.items() if until > now}
            if name in self._used:
                raise Refused("used")
            self._used[name] = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=LEEWAY)


def local_path(path: object) -> str:
    """A page of ours: one "/", and no second one or "\\" behind it, which browsers read as another host."""
    if not isinstance(path, str) or not path.startswith("/") or path[1:2] in ("/", "\\"):
        raise Refused("return")
    if not path.isprintable():
        raise Refused("return")
    return path


def fetch_json(address: str) -> Json:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(address, timeout=PATIENCE, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("a key set is a JSON object")
    return found
