"""Reads an ID token of Microsoft Entra, and believes nothing of it before everything was checked
(graph-calendar.md 12.3; MSAL checks no more than the nonce: azure-hosting.md 7)."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import jwt

from sync.adapters.graph.entra import authority
from sync.adapters.http import Session
from sync.adapters.jwks import Jwks, RotatingKeys
from sync.core.tenant import Tenant
from sync.errors import CannotSync
from sync.ports import Clock, Identity

LEEWAY = 300.0  # seconds between Microsoft's clock and ours, as Microsoft's own libraries allow
LARGEST = 32_768
CLAIMS = ("iss", "aud", "exp", "iat", "nonce", "tid", "oid")


class IdTokens:
    """Thread-safe; the keys of each tenant are kept."""

    def __init__(self, session: Session, clock: Clock, entra_url: str) -> None:
        self._session, self._clock = session, clock
        self._entra_url = entra_url.rstrip("/")
        self._keys: dict[str, RotatingKeys] = {}
        self._lock = threading.Lock()

    def read(self, tenant: Tenant, token: str, nonce: str) -> Identity:
        """Whom the token is about. `CannotSync("sign-in-refused")` if it is not for this app, of this tenant, for
        this very sign-in, of now, and signed by Microsoft; `TryLater` while its keys cannot be had."""
        claims = self._verified(tenant, token)
        self._check_times(claims)
        if not _is_same(claims["tid"], tenant.tenant_id):
            raise refused("tenant")
        if not _is_same(claims["nonce"], nonce):
            raise refused("nonce")
        if not isinstance(claims["oid"], str) or not claims["oid"]:
            raise refused("oid")
        return Identity(
            oid=claims["oid"],
            tenant_id=claims["tid"],
            name=str(claims.get("name") or ""),
            username=str(claims.get("preferred_username") or ""),
        )

    def _verified(self, tenant: Tenant, token: str) -> Mapping[str, Any]:
        key = self._key(tenant, token)
        issuer = f"{authority(self._entra_url, tenant.tenant_id.lower())}/v2.0"
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=tenant.client_id,
                issuer=issuer,
                options={
                    "require": list(CLAIMS),
                    # By our own clock, below.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidAudienceError as error:
            raise refused("audience") from error
        except jwt.InvalidIssuerError as error:
            raise refused("issuer") from error
        except jwt.InvalidSignatureError as error:
            raise refused("signature") from error
        except jwt.MissingRequiredClaimError as error:
            raise refused(f"missing-{error.claim}") from error
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise refused("malformed") from error
        # For us alone: one of several readers could carry the token to us (OpenID Connect Core 3.1.3.7).
        if claims["aud"] not in (tenant.client_id, [tenant.client_id]):
            raise refused("audience")
        return claims

    def _key(self, tenant: Tenant, token: str) -> jwt.PyJWK:
        if len(token) > LARGEST:
            raise refused("too-large")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise refused("malformed") from error
        kid = header.get("kid")
        # The algorithm is ours to choose, never the token's (RFC 8725 3.1).
        if header.get("alg") != "RS256" or not isinstance(kid, str):
            raise refused("algorithm")
        key = self._keys_of(tenant.tenant_id).find(kid)
        if key is None:
            raise refused("key")
        return key

    def _keys_of(self, tenant_id: str) -> RotatingKeys:
        with self._lock:
            if tenant_id not in self._keys:
                url = f"{self._entra_url}/{quote(tenant_id, safe='')}/discovery/v2.0/keys"
                self._keys[tenant_id] = RotatingKeys(Jwks(self._session, url), self._clock)
            return self._keys[tenant_id]

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        if _instant(claims, "exp") <= now - LEEWAY:
            raise refused("expired")
        if any(_instant(claims, name) > now + LEEWAY for name in ("iat", "nbf") if name in claims):
            raise refused("not-yet")


def refused(reason: str) -> CannotSync:
    return CannotSync("sign-in-refused", {"reason": reason})


def _instant(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519 2). JSON lets NaN and huge numbers through; both would defeat a comparison."""
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise refused(f"bad-{name}")
    return float(value)


def _is_same(claim: object, wanted: str) -> bool:
    """Ids of Entra are GUIDs, which may be written in either case; a nonce of ours is lower-case hexadecimal."""
    return isinstance(claim, str) and hmac.compare_digest(claim.lower().encode(), wanted.lower().encode())
