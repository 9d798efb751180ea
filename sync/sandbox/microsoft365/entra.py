"""Microsoft Entra: discovery and the token endpoint for client credentials (sections 12.1 and 12.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from sync.sandbox.faults import Call
from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.tokens import LIFETIME
from sync.sandbox.microsoft365.wire import Answer

Json = dict[str, Any]
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_ROUTE = "/{tenant}/oauth2/v2.0/token"
GRAPH_SCOPES = ("https://graph.microsoft.com/.default", "https://graph.microsoft.com//.default")


class EntraError(Exception):
    """A refusal of the token endpoint; `code` is the number behind AADSTS (section 12.4)."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(f"AADSTS{code}: {message}")
        self.status = status
        self.error = error
        self.code = code


def answer_token(tenant: Tenant, name: str, form: Mapping[str, str]) -> Answer:
    """Only scripted faults happen here; `POST /{tenant}/oauth2/v2.0/token` is what they match."""
    effect = tenant.faults.scripted(Call("POST", TOKEN_ROUTE, f"/{name}/oauth2/v2.0/token"))
    try:
        if effect is not None and effect.fails:
            raise EntraError(
                effect.status, "temporarily_unavailable", 90033, "A transient error has occurred."
            )
        token = issue_token(tenant, name, form)
        answer = Answer(200, token, {"Cache-Control": "no-store"})
    except EntraError as error:
        answer = build_entra_error(tenant, error)
    tenant.requests.note_token(answer.status)
    return answer


def issue_token(tenant: Tenant, name: str, form: Mapping[str, str]) -> Json:
    check_tenant(tenant, name)
    for parameter in ("grant_type", "client_id", "scope"):
        if not form.get(parameter):
            message = f"The request body must contain the following parameter: '{parameter}'."
            raise EntraError(400, "invalid_request", 900144, message)
    if form["grant_type"] != "client_credentials":
        raise EntraError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    application = find_application(tenant, form["client_id"])
    prove(tenant, application, form)
    if form["scope"] not in GRAPH_SCOPES:
        raise EntraError(
            400, "invalid_resource", 500011, f"The resource principal of {form['scope']} was not found."
        )
    token = tenant.tokens.issue(application, tenant.clock.now())
    lasts = int(LIFETIME.total_seconds())
    return {"token_type": "Bearer", "expires_in": lasts, "ext_expires_in": lasts, "access_token": token}


def check_tenant(tenant: Tenant, name: str) -> None:
    """Always a concrete tenant, not common or organizations (section 12.1)."""
    if not tenant.answers_to(name):
        raise EntraError(400, "invalid_request", 90002, f"Tenant '{name}' not found.")


def find_application(tenant: Tenant, client_id: str) -> Application:
    application = tenant.applications.get(client_id)
    if application is None:
        message = f"Application with identifier '{client_id}' was not found in the directory."
        raise EntraError(400, "unauthorized_client", 700016, message)
    if not application.enabled:
        raise EntraError(400, "unauthorized_client", 7000112, f"Application '{client_id}' is disabled.")
    return application


def prove(tenant: Tenant, application: Application, form: Mapping[str, str]) -> None:
    """A secret, or an assertion, which is only looked at: its signature is not the simulator's business."""
    if form.get("client_assertion"):
        check_assertion(application, form)
        return
    sent = form.get("client_secret")
    if not sent:
        message = (
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        )
        raise EntraError(401, "invalid_client", 7000218, message)
    found = next((secret for secret in application.secrets if secret.value == sent), None)
    if found is None:
        message = "Invalid client secret provided. Ensure the secret being sent is the client secret value."
        raise EntraError(401, "invalid_client", 7000215, message)
    if found.expires <= tenant.clock.now():
        message = f"The provided client secret keys for app '{application.client_id}' are expired."
        raise EntraError(401, "invalid_client", 7000222, message)


def check_assertion(application: Application, form: Mapping[str, str]) -> None:
    try:
        claims = jwt.decode(form["client_assertion"], options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise EntraError(401, "invalid_client", 700027, "The assertion cannot be read.") from error
    own = claims.get("iss") == claims.get("sub") == application.client_id
    federated = claims.get("aud") == "api://AzureADTokenExchange"
    if (
        form.get("client_assertion_type") != JWT_BEARER
        or not (own or federated)
        or not application.accepts_assertions
    ):
        raise EntraError(
            401, "invalid_client", 700027, "The certificate with the assertion is not registered."
        )


def build_entra_error(tenant: Tenant, error: EntraError) -> Answer:
    trace = guid(tenant.seed, "trace", tenant.requests.tokens)
    body = {
        "error": error.error,
        "error_description": f"{error} Trace ID: {trace}",
        "error_codes": [error.code],
        "timestamp": tenant.clock.now().strftime("%Y-%m-%d %H:%M:%SZ"),
        "trace_id": trace,
        "correlation_id": trace,
        "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
    }
    return Answer(error.status, body)


def answer_configuration(tenant: Tenant, name: str, base: str) -> Answer:
    """OpenID discovery; every address is on the host that was asked (`base`)."""
    try:
        check_tenant(tenant, name)
    except EntraError as error:
        return build_entra_error(tenant, error)
    here = f"{base}/{tenant.id}"
    body = {
        "token_endpoint": f"{here}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{here}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{here}/v2.0",
        "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{here}/oauth2/v2.0/logout",
        "tenant_region_scope": "AS",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }
    return Answer(200, body)


def answer_instance(name: str, base: str) -> Answer:
    """Instance discovery, which MSAL asks for an authority it does not know."""
    return Answer(
        200,
        {
            "tenant_discovery_endpoint": f"{base}/{name}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [],
        },
    )
