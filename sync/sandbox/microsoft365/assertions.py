"""Client assertions: a JWT signed with a registered certificate, or a managed identity's token (section 12.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import jwt

from sync.sandbox.microsoft365.applications import Application, Certificate
from sync.sandbox.microsoft365.login import PUBLIC_ENTRA
from sync.sandbox.microsoft365.refusals import EntraError
from sync.sandbox.microsoft365.tenant import Tenant

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("PS256", "RS256")
SKEW = timedelta(minutes=5)


def check_assertion(
    tenant: Tenant, application: Application, form: Mapping[str, str], endpoints: Collection[str]
) -> None:
    """Returns if it proves the application; `endpoints` are the addresses of the token endpoint that was called."""
    token = form["client_assertion"]
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError) as error:
        raise EntraError(700027, "The client assertion cannot be read.") from error
    if form.get("client_assertion_type") != JWT_BEARER:
        raise EntraError(900144, f"The parameter 'client_assertion_type' has to be '{JWT_BEARER}'.")
    if {"x5t", "x5t#S256"} & header.keys() or claims.get("iss") == application.client_id:
        check_certificate(tenant, application, token, header, endpoints)
    else:
        check_federated(tenant, application, token, claims)


def check_certificate(
    tenant: Tenant,
    application: Application,
    token: str,
    header: Mapping[str, Any],
    endpoints: Collection[str],
) -> None:
    now = tenant.clock.now()
    certificate = find_certificate(application, header)
    if certificate is None:
        raise EntraError(700027)
    try:
        # Times and audience have numbers of their own below.
        claims = jwt.decode(
            token,
            certificate.public_key,
            algorithms=list(ALGORITHMS),
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise EntraError(700027, "Client assertion failed signature validation.") from error
    if not certificate.starts <= now < certificate.expires:
        raise EntraError(
            700027, "The certificate used to sign the client assertion is not valid at this time."
        )
    if not claims.get("iss") == claims.get("sub") == application.client_id:
        raise EntraError(700021)
    if claims.get("aud") not in endpoints:
        raise EntraError(700023)
    check_times(tenant, claims)


def find_certificate(application: Application, header: Mapping[str, Any]) -> Certificate | None:
    return next((each for each in application.certificates if each.is_named_by(header)), None)


def check_times(tenant: Tenant, claims: Mapping[str, Any]) -> None:
    now = tenant.clock.now().timestamp()
    expires, starts = claims.get("exp"), claims.get("nbf", now)
    if not isinstance(expires, int | float) or not isinstance(starts, int | float):
        raise EntraError(700024)
    if now >= expires or starts > now + SKEW.total_seconds():
        raise EntraError(700024)


def check_federated(tenant: Tenant, application: Application, token: str, claims: Mapping[str, Any]) -> None:
    """Only tokens of this tenant's managed identities can be verified here: their issuer is this Entra."""
    check_record(tenant, application, claims)
    try:
        tenant.login.keys.verify(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise EntraError(700027, "Client assertion failed signature validation.") from error
    check_times(tenant, claims)
    if claims.get("idtyp") != "app":
        raise EntraError(700229)


def check_record(tenant: Tenant, application: Application, claims: Mapping[str, Any]) -> None:
    """Whether the registration trusts issuer, audience and subject; the first that nothing fits is named."""
    records = application.federations
    for code, name in ((700211, "issuer"), (700212, "audience"), (700213, "subject")):
        said = claims.get({"issuer": "iss", "audience": "aud", "subject": "sub"}[name])
        fitting = [record for record in records if getattr(record, name) == said]
        if not fitting:
            raise no_record(tenant, code, name, str(said), [str(getattr(each, name)) for each in records])
        records = fitting


def no_record(tenant: Tenant, code: int, name: str, said: str, known: Collection[str]) -> EntraError:
    if not tenant.switches.federation_error_names_claim:
        return EntraError(70021)
    if name == "subject" and said.lower() in {each.lower() for each in known}:
        code = 7002138
    return EntraError(
        code, f"No matching federated identity record found for presented assertion {name} '{said}'."
    )


def token_endpoints(tenant: Tenant, name: str, base: str) -> frozenset[str]:
    """What the audience of an assertion may be: the endpoint as it was called, and as the world knows it."""
    return frozenset(
        f"{host}/{which}/oauth2/v2.0/token" for host in (base, PUBLIC_ENTRA) for which in (name, tenant.id)
    )
