"""The keys that Entra signs ID tokens and managed identities' tokens with: two published, one in use (12.3)."""

from __future__ import annotations

import base64
import hashlib
import threading
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"
BITS = 2048


class SigningKey:
    def __init__(self, tenant_id: str) -> None:
        self.private: RSAPrivateKey = rsa.generate_private_key(65537, BITS)
        numbers = self.private.public_key().public_numbers()
        self.n, self.e = encode_number(numbers.n), encode_number(numbers.e)
        self.kid = encode(hashlib.sha256(f"{tenant_id}:{self.n}".encode()).digest()[:20])

    def to_jwk(self, issuer: str) -> dict[str, Any]:
        """Without `alg`, as Entra publishes them."""
        return {"kty": "RSA", "use": "sig", "kid": self.kid, "n": self.n, "e": self.e, "issuer": issuer}


@cache
def first_keys(tenant_id: str) -> tuple[SigningKey, SigningKey]:
    """Making keys is slow: all that play this tenant in one process begin with the same two."""
    return SigningKey(tenant_id), SigningKey(tenant_id)


class Keys:
    """Made when they are first needed: most tests sign nothing with them. Random, whatever the seed."""

    def __init__(self, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self._lock = threading.Lock()
        self._keys: list[SigningKey] = []

    def _two(self) -> list[SigningKey]:
        with self._lock:
            if not self._keys:
                self._keys = list(first_keys(self._tenant_id))
            return list(self._keys)

    def published(self, issuer: str) -> dict[str, Any]:
        return {"keys": [key.to_jwk(issuer) for key in self._two()]}

    def rotate(self) -> str:
        """The second key signs from now on, a new one waits behind it, the first is published no more.

        Answers the kid in use. A reader who keeps the old two meets an unknown kid after rotating twice."""
        _, second = self._two()
        with self._lock:
            self._keys = [second, SigningKey(self._tenant_id)]
        return second.kid

    def sign(self, claims: dict[str, Any]) -> str:
        key = self._two()[0]
        return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})

    def verify(self, token: str) -> dict[str, Any]:
        """Claims of a token that these keys signed; `jwt.PyJWTError` else. Times are the caller's business."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = next((each for each in self._two() if each.kid == kid), None)
        if key is None:
            raise jwt.InvalidKeyError("the key is not published")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.private.public_key(),
            algorithms=[ALGORITHM],
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
        )
        return claims


def encode_number(number: int) -> str:
    return encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
