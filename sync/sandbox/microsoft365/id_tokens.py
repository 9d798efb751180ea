"""The authorization code grant: what a code is checked against, and the ID token that it buys (section 12.3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.login import Code
from sync.sandbox.microsoft365.refusals import EntraError
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.tokens import LIFETIME
from sync.sandbox.microsoft365.users import User

Json = dict[str, Any]


def redeem(tenant: Tenant, application: Application, form: Mapping[str, str]) -> Json:
    """The answer of the token endpoint; the code is spent only if everything is right. No refresh token: a sign-in
    needs none, and OAuth leaves it open."""
    code = tenant.login.find_code(form["code"])
    if code is None or code.client_id != application.client_id:
        raise EntraError(70000)
    if code.expires <= tenant.clock.now():
        raise EntraError(70008)
    if form["redirect_uri"] != code.redirect_uri:
        raise EntraError(500112)
    check_verifier(code, form.get("code_verifier", ""))
    user = tenant.users.get(code.user_id)
    if user is None:
        raise EntraError(50034, error="invalid_grant")
    if user.is_blocked_by_policy:
        raise EntraError(53003, error="invalid_grant")
    if not has_consent(tenant, application, user):
        raise EntraError(65001)
    if not tenant.login.spend(code):
        raise EntraError(54005)
    lasts = int(LIFETIME.total_seconds())
    answer: Json = {
        "token_type": "Bearer",
        "scope": " ".join(code.scopes),
        "expires_in": lasts,
        "ext_expires_in": lasts,
        "access_token": tenant.tokens.issue_delegated(application, user.id, code.scopes, tenant.clock.now()),
    }
    if form.get("client_info") == "1":
        answer["client_info"] = build_client_info(tenant, user)
    if "openid" in code.scopes:
        answer["id_token"] = tenant.login.keys.sign(build_claims(tenant, application, user, code))
    return answer


def has_consent(tenant: Tenant, application: Application, user: User) -> bool:
    """The administrator's for everybody, or the person's own."""
    return application.consented or (application.client_id, user.id) in tenant.login.consents


def check_verifier(code: Code, verifier: str) -> None:
    """RFC 7636 4.6; without a challenge there must be no verifier either."""
    if not code.challenge and not verifier:
        return
    sent = verifier
    if code.method == "S256":
        sent = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not verifier or not hmac.compare_digest(sent.encode(), code.challenge.encode()):
        raise EntraError(501481)


def build_client_info(tenant: Tenant, user: User) -> str:
    """What MSAL names an account by; it asks for it."""
    said = json.dumps({"uid": user.id, "utid": tenant.id})
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def build_claims(tenant: Tenant, application: Application, user: User, code: Code) -> Json:
    issued = int(tenant.clock.now().timestamp())
    claims: Json = {
        "aud": application.client_id,
        "iss": tenant.login.issuer,
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(LIFETIME.total_seconds()) + 1,
        "sub": tenant.login.subject(application.client_id, user.id),
        "tid": tenant.id,
        "uti": guid(tenant.seed, "uti", issued, user.id)[:22],
        "ver": "2.0",
    }
    if code.nonce:
        claims["nonce"] = code.nonce
    if "profile" in code.scopes:
        claims |= {
            "oid": user.id,
            "name": user.display_name,
            "preferred_username": user.user_principal_name,
        }
    if "email" in code.scopes and user.mail:
        claims["email"] = user.mail
    return claims
