"""Microsoft's pages for people: admin consent and sign-in (graph-calendar.md 12.2, 12.3), by MSAL where a code is
redeemed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import msal  # type: ignore[import-untyped]

from sync.adapters.graph.credentials import Registration, client_application, proof_of, scope
from sync.adapters.graph.entra import EntraHttp
from sync.adapters.graph.id_tokens import IdTokens, refused
from sync.adapters.graph.refusals import refusal_of
from sync.adapters.http import Session
from sync.core.tenant import Credential, CredentialKind, Tenant
from sync.errors import CannotSync, NeedsAdministrator, SyncError, TryLater
from sync.ports import Clock, Identity, Secrets, SignInRequest

# `oid` needs `profile` (12.3). No refresh token is asked for: who signed in is all we want to know.
SCOPES = ("openid", "profile")
# A code is not used up by a client that could not prove itself [assumed]: the credential that was replaced may try.
CREDENTIAL = re.compile(r"credential-")
# What the authorization endpoint says without a number (RFC 6749 4.1.2.1, graph-calendar.md 12.2, 12.3).
DECLINED = frozenset({"access_denied", "permission_denied", "consent_required"})
DOWN = frozenset({"server_error", "temporarily_unavailable"})


class KeepsNothing(msal.TokenCache):  # type: ignore[misc]
    """Who signed in is all we want: no token is kept, and MSAL's cache would write code and verifier to the log."""

    def add(self, event: Mapping[str, Any], now: float | None = None) -> None: ...


class EntraSignIn:
    """Keeps `ports.SignIn`; thread-safe. `own_identity` as for the app's own tokens."""

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        *,
        entra_url: str,
        graph_url: str,
        own_identity: str = "",
        session: Session | None = None,
    ) -> None:
        self._secrets = secrets
        self._entra_url, self._graph_url = entra_url.rstrip("/"), graph_url
        self._own_identity = own_identity
        session = session or Session()
        self._http = EntraHttp(session, self._entra_url)
        self._id_tokens = IdTokens(session, clock, self._entra_url)

    def consent_address(self, tenant: Tenant, redirect_uri: str, state: str) -> str:
        asked = {
            "client_id": tenant.client_id,
            # Application permissions need `.default`: what the registration lists, and nothing else (12.2).
            "scope": scope(self._graph_url),
            "redirect_uri": redirect_uri,
            "state": state,
        }
        return self._page(tenant, "v2.0/adminconsent", asked)

    def address(self, tenant: Tenant, request: SignInRequest) -> str:
        asked = {
            "client_id": tenant.client_id,
            "response_type": "code",
            "redirect_uri": request.redirect_uri,
            # A form would arrive from another site, without our cookie (12.3).
            "response_mode": "query",
            "scope": " ".join(SCOPES),
            "state": request.state,
            "nonce": hashed(request.nonce),
            "code_challenge": challenge(request.code_verifier),
            "code_challenge_method": "S256",
        }
        return self._page(tenant, "oauth2/v2.0/authorize", asked)

    def redeem(self, tenant: Tenant, request: SignInRequest, code: str) -> Identity:
        provable = [one for one in tenant.credentials if one.kind is not CredentialKind.MANAGED_IDENTITY]
        if not provable:
            raise NeedsAdministrator("registration-missing")
        errors: list[SyncError] = []
        for credential in provable:
            try:
                token = self._id_token(tenant, credential, request, code)
            except NeedsAdministrator as error:
                if not CREDENTIAL.match(error.code):
                    raise
                errors.append(error)
            else:
                return self._id_tokens.read(tenant, token, hashed(request.nonce))
        raise errors[0]

    def refused(self, answer: Mapping[str, str]) -> SyncError:
        """By the AADSTS number that begins the description, or else by `error`; neither is repeated to anybody, since
        anyone can write them into an address. Only the token endpoint sends the number by itself (12.4)."""
        error = answer.get("error", "")
        found = re.match(r"\s*AADSTS([0-9]{5,8})\b", answer.get("error_description", ""))
        if found:
            said = refusal_of({"error_codes": [int(found[1])]})
            if said.code != "token-denied":
                return said
        if error in DOWN:
            return TryLater("entra-unavailable")
        return CannotSync("sign-in-declined" if error in DECLINED else "sign-in-failed")

    def _page(self, tenant: Tenant, path: str, asked: Mapping[str, str]) -> str:
        # The browser goes to the address that was set, also where MSAL is told another one.
        return f"{self._entra_url}/{quote(tenant.tenant_id, safe='')}/{path}?{urlencode(asked)}"

    def _id_token(self, tenant: Tenant, credential: Credential, request: SignInRequest, code: str) -> str:
        registration = Registration(tenant.tenant_id, tenant.client_id, self._entra_url, self._graph_url)
        flow: dict[str, Any] = {
            "state": request.state,
            "redirect_uri": request.redirect_uri,
            "scope": list(SCOPES),
            "code_verifier": request.code_verifier,
            "nonce": request.nonce,
        }
        try:
            proof = proof_of(credential, self._secrets.get, self._own_identity)
            app = client_application(registration, proof, self._http, KeepsNothing())
        except (ValueError, TypeError, KeyError, jwt.PyJWTError):
            # A key that MSAL cannot read. Its text is not passed on: it can hold parts of the key.
            raise NeedsAdministrator("credential-unusable") from None
        try:
            answer = app.acquire_token_by_auth_code_flow(flow, {"code": code, "state": request.state})
        except RuntimeError:  # MSAL's word for a nonce that is not ours; its text quotes both
            raise refused("nonce") from None
        except (ValueError, TypeError, LookupError, AttributeError):  # an answer of another shape
            raise refused("malformed") from None
        token = answer.get("id_token")
        if isinstance(token, str):
            return token
        if "error" in answer:
            raise refusal_of(answer)
        raise refused("no-id-token")


def hashed(nonce: str) -> str:
    """What Microsoft is told of a nonce: MSAL compares the ID token's with the SHA-256 of the one it was given."""
    return hashlib.sha256(nonce.encode("ascii")).hexdigest()


def challenge(verifier: str) -> str:
    """RFC 7636 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()
