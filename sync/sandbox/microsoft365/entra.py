"""Microsoft Entra: discovery and the token endpoint (sections 12.1, 12.3 and 12.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.sandbox.faults import Call
from sync.sandbox.microsoft365 import id_tokens
from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.assertions import check_assertion, token_endpoints
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.refusals import EntraError, Place
from sync.sandbox.microsoft365.switches import TokenWithoutConsent
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.tokens import LIFETIME
from sync.sandbox.microsoft365.wire import Answer

Json = dict[str, Any]
TOKEN_ROUTE = "/{tenant}/oauth2/v2.0/token"
GRAPH_SCOPES = ("https://graph.microsoft.com/.default", "https://graph.microsoft.com//.default")


def answer_token(tenant: Tenant, name: str, form: Mapping[str, str], base: str) -> Answer:
    """Faults happen here by script only; `POST /{tenant}/oauth2/v2.0/token` is what they match.

    `base` is this host as the caller sees it."""
    effect = tenant.faults.scripted(Call("POST", TOKEN_ROUTE, f"/{name}/oauth2/v2.0/token"))
    try:
        if effect is not None and effect.fails:
            raise EntraError(90033, status=effect.status)
        token = issue_token(tenant, name, form, base)
        answer = Answer(200, token, {"Cache-Control": "no-store"})
    except EntraError as error:
        answer = build_entra_error(tenant, error)
    tenant.requests.note_token(answer.status)
    return answer


def issue_token(tenant: Tenant, name: str, form: Mapping[str, str], base: str) -> Json:
    check_tenant(tenant, name)
    require(form, "grant_type", "client_id")
    if form["grant_type"] not in ("client_credentials", "authorization_code"):
        raise EntraError(70003)
    tenant.login.refusals.raise_at(Place.TOKEN, form["client_id"])
    application = find_application(tenant, form["client_id"])
    if form["grant_type"] == "authorization_code":
        require(form, "code", "redirect_uri")
        prove(tenant, application, form, token_endpoints(tenant, name, base))
        return id_tokens.redeem(tenant, application, form)
    require(form, "scope")
    prove(tenant, application, form, token_endpoints(tenant, name, base))
    return issue_app_token(tenant, application, form["scope"])


def issue_app_token(tenant: Tenant, application: Application, scope: str) -> Json:
    """Section 12.4: an application of another tenant is not found here before somebody consents."""
    if not application.is_present:
        raise not_found(application.client_id)
    if scope not in GRAPH_SCOPES:
        raise EntraError(500011, f"The resource principal of {scope} was not found.")
    if not application.consented and tenant.switches.token_without_consent is TokenWithoutConsent.REFUSED:
        raise EntraError(65001)
    token = tenant.tokens.issue(application, tenant.clock.now())
    lasts = int(LIFETIME.total_seconds())
    return {"token_type": "Bearer", "expires_in": lasts, "ext_expires_in": lasts, "access_token": token}


def require(form: Mapping[str, str], *names: str) -> None:
    for name in names:
        if not form.get(name):
            raise EntraError(900144, f"The request body must contain the following parameter: '{name}'.")


def check_tenant(tenant: Tenant, name: str) -> None:
    """Always a concrete tenant, not common or organizations (section 12.1)."""
    if not tenant.answers_to(name):
        raise EntraError(90002, f"Tenant '{name}' not found.")


def find_application(tenant: Tenant, client_id: str) -> Application:
    application = tenant.find_application(client_id)
    if application is None:
        raise not_found(client_id)
    if not application.enabled:
        raise EntraError(7000112, f"Application '{client_id}' is disabled.")
    return application


def not_found(client_id: str) -> EntraError:
    return EntraError(700016, f"Application with identifier '{client_id}' was not found in the directory.")


def prove(
    tenant: Tenant, application: Application, form: Mapping[str, str], endpoints: frozenset[str]
) -> None:
    """A secret, or an assertion in its place."""
    if form.get("client_assertion"):
        check_assertion(tenant, application, form, endpoints)
        return
    sent = form.get("client_secret")
    if not sent:
        raise EntraError(7000218)
    found = next((secret for secret in application.secrets if secret.value == sent), None)
    if found is None:
        raise EntraError(7000215)
    if found.expires <= tenant.clock.now():
        raise EntraError(
            7000222, f"The provided client secret keys for app '{application.client_id}' are expired."
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


def answer_keys(tenant: Tenant, name: str) -> Answer:
    """The keys of ID tokens (section 12.3)."""
    try:
        check_tenant(tenant, name)
    except EntraError as error:
        return build_entra_error(tenant, error)
    return Answer(200, tenant.login.keys.published(tenant.login.issuer))


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
        # A name, not an address: it stands in every ID token, wherever this simulator listens.
        "issuer": tenant.login.issuer,
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
