"""Access tokens for Graph: signed by the tenant's own key, with the claims that Graph looks at (section 12.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.errors import invalid_token

GRAPH = "https://graph.microsoft.com"
LIFETIME = timedelta(seconds=3599)
ALGORITHM = "HS256"
KEPT = 256


@dataclass(frozen=True, slots=True)
class Access:
    """What a checked token says."""

    client_id: str
    roles: frozenset[str]
    issued: float
    expires: float


class Tokens:
    def __init__(self, tenant_id: str, seed: int) -> None:
        self._tenant_id = tenant_id
        self._key = hashlib.sha256(f"{tenant_id}:{seed}".encode()).digest()
        self._read: dict[str, Access] = {}
        self._revoked_before = 0.0

    def issue(self, application: Application, now: datetime, lifetime: timedelta = LIFETIME) -> str:
        issued = int(now.timestamp())
        claims = {
            "aud": GRAPH,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(lifetime.total_seconds()),
            "appid": application.client_id,
            "idtyp": "app",
            "roles": sorted(application.roles),
            "tid": self._tenant_id,
            "ver": "1.0",
        }
        return self._sign(claims)

    def issue_delegated(
        self, application: Application, user_id: str, scopes: tuple[str, ...], now: datetime
    ) -> str:
        """What a person's sign-in brings beside the ID token. It holds no role, so Graph opens nothing for it."""
        issued = int(now.timestamp())
        claims = {
            "aud": GRAPH,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "appid": application.client_id,
            "idtyp": "user",
            "oid": user_id,
            "scp": " ".join(scopes),
            "tid": self._tenant_id,
            "ver": "1.0",
        }
        return self._sign(claims)

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": "simulator"})

    def check(self, header: str, now: datetime) -> Access:
        """Raises InvalidAuthenticationToken; the simulator's clock decides, not the machine's."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise invalid_token()
        access = self._read.get(token) or self._decode(token.strip())
        moment = now.timestamp()
        if moment >= access.expires or moment < access.issued - 300 or access.issued < self._revoked_before:
            raise invalid_token("Lifetime validation failed, the token is expired.")
        return access

    def revoke_all(self, now: datetime) -> None:
        """Tokens issued up to the second before `now` are refused from now on."""
        self._revoked_before = int(now.timestamp())

    def _decode(self, token: str) -> Access:
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise invalid_token("CompactToken parsing failed or signature is invalid.") from error
        if claims.get("aud") != GRAPH or claims.get("tid") != self._tenant_id:
            raise invalid_token("Access token validation failure. Invalid audience.")
        if len(self._read) >= KEPT:
            self._read.clear()
        access = Access(claims["appid"], frozenset(claims.get("roles", ())), claims["iat"], claims["exp"])
        self._read[token] = access
        return access
