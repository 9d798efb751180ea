"""The keys that prove a token. Each belongs to one algorithm, whatever the token says (RFC 8725 3.1)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from logging import WARNING
from typing import Any, Final, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sync.errors import BadSetting, SyncError, TryLater
from sync.log import log
from sync.ports import Clock

PublicKey = RSAPublicKey | EllipticCurvePublicKey

# RFC 7518 3.2 and 3.3: HS256 needs a secret as long as its hash, RS256 a key of 2048 bits.
SHORTEST_SECRET: Final = 32
SMALLEST_RSA: Final = 2048


@dataclass(frozen=True, slots=True)
class Key:
    """`id` is the token's `kid` ("" matches a token that names none)."""

    algorithm: str
    value: PublicKey | bytes
    id: str = ""


class Keys(Protocol):
    def find(self, algorithm: str, kid: str) -> Key | None:
        """The key for a token header, None if there is none; `TryLater` if that cannot be known now."""


class StaticKeys:
    """Keys known from the start: public keys, or one shared secret."""

    def __init__(self, *keys: Key) -> None:
        self._keys = keys

    @classmethod
    def secret(cls, secret: bytes) -> StaticKeys:
        """HS256 with a secret that the groupware also holds."""
        if len(secret) < SHORTEST_SECRET:
            raise BadSetting("secret-too-short", {"bytes": str(SHORTEST_SECRET)})
        return cls(Key("HS256", secret))

    @classmethod
    def pem(cls, text: str, kid: str = "") -> StaticKeys:
        """RS256 or ES256, as the public key is RSA or P-256."""
        try:
            value = load_pem_public_key(text.encode())
            key = key_of(value, kid)
        except ValueError as error:
            raise BadSetting("public-key-unusable") from error
        return cls(key)

    def find(self, algorithm: str, kid: str) -> Key | None:
        fitting = [key for key in self._keys if key.algorithm == algorithm]
        return _pick(fitting, kid) or next((key for key in fitting if not key.id), None)


class JwksKeys:
    """The groupware's published key set (RFC 7517), fetched when needed and kept.

    An unknown `kid` (a rotated key) asks again at most once per `pause`, so that tokens with made-up ids
    cannot make us hammer the groupware. A set that cannot be refreshed stays good until it is `stale` old.
    """

    def __init__(
        self,
        fetch: Callable[[], Mapping[str, object]],
        clock: Clock,
        *,
        fresh: timedelta = timedelta(hours=1),
        pause: timedelta = timedelta(minutes=1),
        stale: timedelta = timedelta(hours=24),
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._fresh, self._pause, self._stale = fresh, pause, stale
        self._keys: tuple[Key, ...] = ()
        self._fetched: datetime | None = None
        self._asked: datetime | None = None
        self._lock = threading.Lock()

    def find(self, algorithm: str, kid: str) -> Key | None:
        key = self._known(algorithm, kid)
        if key is not None and self._is_younger(self._fetched, self._fresh):
            return key
        with self._lock:
            self._refresh()
        if not self._is_younger(self._fetched, self._stale):
            raise TryLater("keys-unavailable", retry_after=self._pause.total_seconds())
        return self._known(algorithm, kid)

    def _known(self, algorithm: str, kid: str) -> Key | None:
        return _pick([key for key in self._keys if key.algorithm == algorithm], kid)

    def _refresh(self) -> None:
        """Fetch, unless someone just did; a failure keeps what is known, to be tried after the pause."""
        if self._is_younger(self._asked, self._pause):
            return
        self._asked = self._clock.now()
        try:
            self._keys = parse_jwks(self._fetch())
        except SyncError as error:
            log("keys-not-refreshed", level=WARNING, error=error.code)
            return
        self._fetched = self._asked

    def _is_younger(self, instant: datetime | None, age: timedelta) -> bool:
        return instant is not None and self._clock.now() - instant < age


def _pick(keys: list[Key], kid: str) -> Key | None:
    """By `kid`; a token without one is accepted only where there is no choice."""
    if kid:
        return next((key for key in keys if key.id == kid), None)
    return keys[0] if len(keys) == 1 else None


def key_of(value: object, kid: str = "") -> Key:
    """The key with the one algorithm it is good for; `ValueError` for any other kind or a weak one."""
    if isinstance(value, RSAPublicKey) and value.key_size >= SMALLEST_RSA:
        return Key("RS256", value, kid)
    if isinstance(value, EllipticCurvePublicKey) and value.curve.name == "secp256r1":
        return Key("ES256", value, kid)
    raise ValueError("neither RSA of 2048 bits or more nor P-256")


def parse_jwks(document: Mapping[str, object]) -> tuple[Key, ...]:
    """The usable signing keys. One we cannot use is left out; a document without `keys` is `TryLater`."""
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise TryLater("jwks-malformed")
    keys = [key for entry in entries if isinstance(entry, dict) and (key := _parse_jwk(entry)) is not None]
    if len(keys) < len(entries):
        log("keys-left-out", level=WARNING, count=len(entries) - len(keys))
    return tuple(keys)


def _parse_jwk(entry: dict[str, Any]) -> Key | None:
    # A symmetric key (kty oct) in a public document is a mistake that would let anyone sign.
    if entry.get("kty") not in ("RSA", "EC") or entry.get("use", "sig") != "sig":
        return None
    try:
        key = key_of(jwt.PyJWK(entry).key, str(entry.get("kid") or ""))
    except (jwt.PyJWTError, ValueError):
        return None
    return key if entry.get("alg", key.algorithm) == key.algorithm else None
