"""Reads the groupware's token: who signed it, for whom, until when, who the caller is (RFC 7519, 8725).

A token with a `jti` is a ticket: it opens a browser's session once, and nothing else. One without is a bearer token.

Why a token was refused goes to the log as a code. The caller learns only that it was.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import jwt

from sync.core.settings import DEFAULT_ORGANIZATION
from sync.web.keys import Keys

LEEWAY: Final = 30.0  # seconds between our clock and the groupware's
LONGEST_LIFE: Final = 3600.0
# A ticket stands in an address, and so in histories and logs.
LONGEST_TICKET: Final = 300.0
LARGEST_TOKEN: Final = 8192
LONGEST_ID: Final = 256


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, as the groupware vouched."""

    organization: str
    user: str
    role: Role

    @property
    def is_administrator(self) -> bool:
        return self.role is Role.ADMIN

    def may_act_for(self, user: str) -> bool:
        return self.is_administrator or self.user == user


@dataclass(frozen=True, slots=True)
class Issuer:
    """One groupware that may sign tokens. `organizations` are those it may speak for; None: all of them.

    Where a vendor hosts many customers, each with its own key, name the customer's organization here: a key
    must not open another customer's calendars.
    """

    name: str
    audience: str
    keys: Keys
    organizations: frozenset[str] | None = None


class TokenRefused(Exception):
    """Raised here for every token that is not good. `reason` is for the log only."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ticket:
    """`id` tells it from every other ticket of its issuer; from `until` on it would be refused anyway."""

    caller: Caller
    id: str
    until: datetime


def read_token(token: str, issuers: Mapping[str, Issuer], now: float) -> tuple[Caller, Issuer]:
    """The caller, and the issuer that vouched. `now` is a POSIX time."""
    claims, issuer = _claims(token, issuers, now)
    if "jti" in claims:
        raise TokenRefused("ticket-as-token")
    return _caller(claims), issuer


def read_ticket(token: str, issuers: Mapping[str, Issuer], now: float) -> tuple[Ticket, Issuer]:
    """The ticket, and the issuer that vouched. Whether it was used already is for the caller to find out."""
    claims, issuer = _claims(token, issuers, now)
    name = claims.get("jti")
    if name is None:
        raise TokenRefused("token-as-ticket")
    if not is_identifier(name):
        raise TokenRefused("bad-jti")
    if "iat" not in claims:
        raise TokenRefused("missing-iat")
    if claims["exp"] - claims["iat"] > LONGEST_TICKET:
        raise TokenRefused("lives-too-long")
    until = datetime.fromtimestamp(claims["exp"] + LEEWAY, UTC)
    return Ticket(_caller(claims), f"{issuer.name} {name}", until), issuer


def _claims(token: str, issuers: Mapping[str, Issuer], now: float) -> tuple[Mapping[str, Any], Issuer]:
    if len(token) > LARGEST_TOKEN:
        raise TokenRefused("too-large")
    issuer, header = _origin(token, issuers)
    claims = _verified(token, header, issuer)
    check_times(claims, now)
    return claims, issuer


def _origin(token: str, issuers: Mapping[str, Issuer]) -> tuple[Issuer, Mapping[str, Any]]:
    """The issuer that the token claims; nothing else of it is believed before the signature."""
    try:
        # Both readers refuse what is not a JWS of an object; no signature is looked at yet.
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("malformed") from error
    name = claims.get("iss")
    issuer = issuers.get(name) if isinstance(name, str) else None
    if issuer is None:
        raise TokenRefused("issuer")
    return issuer, header


def _verified(token: str, header: Mapping[str, Any], issuer: Issuer) -> Mapping[str, Any]:
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if not isinstance(algorithm, str) or not isinstance(kid, str):
        raise TokenRefused("header")
    key = issuer.keys.find(algorithm, kid)
    if key is None:
        raise TokenRefused("key")
    try:
        # The key decides the algorithm, never the token. Times are checked against our own clock below.
        return jwt.decode(
            token,
            key.value,
            algorithms=[key.algorithm],
            audience=issuer.audience,
            issuer=issuer.name,
            options={
                "require": ["iss", "aud", "sub", "exp"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidAudienceError as error:
        raise TokenRefused("audience") from error
    except jwt.MissingRequiredClaimError as error:
        raise TokenRefused(f"missing-{error.claim}") from error
    except jwt.InvalidSignatureError as error:
        raise TokenRefused("signature") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("invalid") from error


def check_times(claims: Mapping[str, Any], now: float, leeway: float = LEEWAY) -> None:
    """`TokenRefused` unless the token is good at `now`, a POSIX time, and lives no longer than a token may."""
    expires = _instant(claims, "exp", math.nan)
    issued = _instant(claims, "iat", now)
    if expires <= now - leeway:
        raise TokenRefused("expired")
    if issued > now + leeway or _instant(claims, "nbf", now) > now + leeway:
        raise TokenRefused("not-yet")
    if expires - issued > LONGEST_LIFE + (leeway if "iat" not in claims else 0):
        raise TokenRefused("lives-too-long")


def _instant(claims: Mapping[str, Any], name: str, absent: float) -> float:
    """A NumericDate (RFC 7519 2). JSON lets NaN and huge numbers through; both would defeat a comparison."""
    value = claims.get(name, absent)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise TokenRefused(f"bad-{name}")
    return float(value)


def _caller(claims: Mapping[str, Any]) -> Caller:
    user, role = claims["sub"], claims.get("role")
    organization = claims.get("org", DEFAULT_ORGANIZATION)
    if not is_identifier(user):
        raise TokenRefused("bad-sub")
    if not is_identifier(organization):
        raise TokenRefused("bad-org")
    if role not in list(Role):
        raise TokenRefused("bad-role")
    return Caller(organization, user, Role(role))


def is_identifier(value: object) -> bool:
    """A name that may become part of a stored key: not empty, not long, nothing invisible in it."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_ID
        and not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in value)
    )
