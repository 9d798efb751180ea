"""What this app signs itself: sessions, sign-in states, hand-overs. One ES256 key, kept in the vault.

Each kind of token has its own `typ` and `aud`, so that none passes for another (RFC 8725 3.11, 3.12).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sync.errors import NeedsAdministrator, TryLater
from sync.ports import Clock, Secrets, Tickets
from sync.web.tokens import LARGEST_TOKEN, TokenRefused, check_times

SECRET: Final = "signing-key"
ALGORITHM: Final = "ES256"
# Who may make the key is decided by a ticket: the vault itself cannot say "only if there is none".
EVERYBODY: Final = "*"
MAKING: Final = timedelta(minutes=1)
# Tokens with made-up key ids must not make us hammer the vault.
PAUSE: Final = timedelta(minutes=1)


class Kind(StrEnum):
    """The `typ` of a token's header."""

    SESSION = "session+jwt"
    BROWSER = "browser+jwt"  # a browser that is on its way through Microsoft's sign-in page
    STATE = "state+jwt"
    HAND_OVER = "handover+jwt"


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: ec.EllipticCurvePrivateKey
    id: str  # RFC 7638 thumbprint

    def jwk(self) -> dict[str, str]:
        """The public half (RFC 7517)."""
        return {**_coordinates(self.private), "kid": self.id, "alg": ALGORITHM, "use": "sig"}


class Signing:
    """Thread-safe. The key is read from the vault when it is needed; an instance that meets a token signed by a key
    it does not know asks the vault again, where the key may have been replaced."""

    def __init__(self, secrets: Secrets, tickets: Tickets, clock: Clock, public_url: str) -> None:
        self._secrets, self._tickets, self._clock = secrets, tickets, clock
        self._public_url = public_url
        self._asked: datetime | None = None
        self._lock = threading.Lock()

    def sign(
        self, kind: Kind, claims: Mapping[str, object], life: timedelta, audience: str | None = None
    ) -> str:
        """`audience` None: ourselves."""
        key, now = self._key(), int(self._clock.now().timestamp())
        whole = {
            **claims,
            "iss": self._public_url,
            "aud": audience or self._audience(kind),
            "iat": now,
            "exp": now + int(life.total_seconds()),
        }
        return jwt.encode(whole, key.private, ALGORITHM, {"typ": kind.value, "kid": key.id})

    def read(self, kind: Kind, token: str) -> Mapping[str, Any]:
        """The claims of a token of ours that is meant for ourselves; `TokenRefused` for every other."""
        if len(token) > LARGEST_TOKEN:
            raise TokenRefused("too-large")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenRefused("malformed") from error
        if header.get("typ") != kind.value:
            raise TokenRefused("kind")
        claims = self._verified(kind, token, self._key_of(header.get("kid")))
        check_times(claims, self._clock.now().timestamp())
        return claims

    def keys(self) -> dict[str, list[dict[str, str]]]:
        """The key set with which others check what we sign."""
        return {"keys": [self._key().jwk()]}

    def derive(self, purpose: str, name: str) -> str:
        """A secret that belongs to `name` and need not be stored: 43 characters of RFC 7636's alphabet."""
        secret = self._key().private.private_numbers().private_value.to_bytes(32, "big")
        key = HKDF(SHA256(), 32, None, b"derive:" + purpose.encode()).derive(secret)
        mac = hmac.new(key, name.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def _verified(self, kind: Kind, token: str, key: SigningKey) -> Mapping[str, Any]:
        try:
            return jwt.decode(
                token,
                key.private.public_key(),
                algorithms=[ALGORITHM],
                audience=self._audience(kind),
                issuer=self._public_url,
                options={
                    "require": ["iss", "aud", "iat", "exp"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenRefused("not-ours") from error

    def _audience(self, kind: Kind) -> str:
        return f"{self._public_url}/{kind.value}"

    def _key_of(self, kid: object) -> SigningKey:
        key = self._key()
        if key.id != kid and self._may_ask_again():
            self._secrets.forget(SECRET)
            key = self._key()
        if key.id != kid:
            raise TokenRefused("key")
        return key

    def _may_ask_again(self) -> bool:
        now = self._clock.now()
        with self._lock:
            if self._asked is not None and now - self._asked < PAUSE:
                return False
            self._asked = now
            return True

    def _key(self) -> SigningKey:
        pem = self._secrets.get(SECRET)
        return _load(pem if pem is not None else self._make())

    def _make(self) -> str:
        """At the first use of a deployment. Exactly one instance makes the key; the others come back."""
        now = self._clock.now()
        turn = int(now.timestamp() // MAKING.total_seconds())
        if not self._tickets.spend(EVERYBODY, f"{SECRET}:{turn}", now + 2 * MAKING):
            raise TryLater("signing-key-pending", retry_after=5)
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        self._secrets.set(SECRET, pem.decode())
        return pem.decode()


@lru_cache(maxsize=4)
def _load(pem: str) -> SigningKey:
    """Reading PEM costs more than signing with it."""
    try:
        private = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        # Not `from error`: its text can hold parts of the key.
        raise NeedsAdministrator("signing-key-damaged", {"secret": SECRET}) from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise NeedsAdministrator("signing-key-damaged", {"secret": SECRET})
    canonical = json.dumps(_coordinates(private), separators=(",", ":"), sort_keys=True)
    return SigningKey(private, _base64url(hashlib.sha256(canonical.encode()).digest()))


def _coordinates(private: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The members that RFC 7638 3.2 takes for the thumbprint of an EC key."""
    point = private.public_key().public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(point.x.to_bytes(32, "big")),
        "y": _base64url(point.y.to_bytes(32, "big")),
    }


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
