"""The control surface's part for Entra: what an administrator does in the portals, and refusals to order.

See `registration_json` for the objects.
"""

from __future__ import annotations

import flask

from sync.sandbox.microsoft365 import registration_json as registrations
from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.control_replies import Reply, body, optional_body
from sync.sandbox.microsoft365.identity_endpoint import ROUTE
from sync.sandbox.microsoft365.people import set_login
from sync.sandbox.microsoft365.refusals import Place
from sync.sandbox.microsoft365.registration_calls import show_certificate, show_secret
from sync.sandbox.microsoft365.tenant import Tenant


def add_entra_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    add_application_routes(control, tenant)
    add_credential_routes(control, tenant)
    add_login_routes(control, tenant)


def add_application_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    @control.get("/applications")
    def list_applications() -> Reply:
        found = [find(tenant, client_id) for client_id in list(tenant.applications)]
        return {"value": [registrations.show_application(each) for each in found]}

    @control.post("/applications")
    def add_application() -> Reply:
        return registrations.show_application(registrations.add_application(tenant, body())), 201

    @control.patch("/applications/<client_id>")
    def change_application(client_id: str) -> Reply:
        """What is named is replaced. Policies and permissions take the time that the switches say."""
        registrations.change(tenant, find(tenant, client_id), body())
        return registrations.show_application(find(tenant, client_id))

    @control.delete("/applications/<client_id>")
    def remove_application(client_id: str) -> Reply:
        del tenant.applications[client_id]
        return {}

    @control.post("/applications/<client_id>/consent")
    def consent(client_id: str) -> Reply:
        """As by the button in the portal: all that is requested."""
        tenant.consent(client_id)
        return registrations.show_application(find(tenant, client_id))

    @control.delete("/applications/<client_id>/consent")
    def take_consent_back(client_id: str) -> Reply:
        tenant.revoke(client_id)
        return registrations.show_application(find(tenant, client_id))

    @control.get("/identities")
    def list_identities() -> Reply:
        """The managed identities, and what App Service puts into the app's environment."""
        found = [each for each in list(tenant.applications.values()) if each.principal_id]
        return {
            "identityEndpoint": f"{flask.request.host_url.rstrip('/')}{ROUTE}",
            "identityHeader": tenant.login.identity_header,
            "value": [registrations.show_application(each) for each in found],
        }

    @control.post("/identities")
    def add_identity() -> Reply:
        return registrations.show_application(registrations.add_identity(tenant, body())), 201


def add_credential_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    @control.post("/applications/<client_id>/secrets")
    def add_secret(client_id: str) -> Reply:
        """The one time that the value is shown, as `secretText`; `keyId` is what people paste by mistake."""
        secret = registrations.add_secret(tenant, find(tenant, client_id), optional_body())
        return {**show_secret(secret), "secretText": secret.value}, 201

    @control.delete("/applications/<client_id>/secrets/<key_id>")
    def remove_secret(client_id: str, key_id: str) -> Reply:
        application = find(tenant, client_id)
        application.secrets = [each for each in application.secrets if each.key_id != key_id]
        return registrations.show_application(application)

    @control.post("/applications/<client_id>/certificates")
    def add_certificate(client_id: str) -> Reply:
        return show_certificate(registrations.add_certificate(tenant, find(tenant, client_id), body())), 201

    @control.delete("/applications/<client_id>/certificates/<key_id>")
    def remove_certificate(client_id: str, key_id: str) -> Reply:
        application = find(tenant, client_id)
        application.certificates = [each for each in application.certificates if each.key_id != key_id]
        return registrations.show_application(application)


def add_login_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    @control.get("/login")
    def show_login() -> Reply:
        return {
            "consentingTenant": tenant.login.consenting_tenant or None,
            "usersMayConsent": tenant.login.users_may_consent,
            "issuer": tenant.login.issuer,
        }

    @control.put("/login")
    def change_login() -> Reply:
        """What is left out stays."""
        set_login(tenant, body())
        return show_login()

    @control.post("/keys/rotate")
    def rotate() -> Reply:
        """`{"times": 2}`: a reader who keeps the old keys knows the new one only after one rotation."""
        kid = ""
        for _ in range(int(optional_body().get("times", 1))):
            kid = tenant.login.keys.rotate()
        return {"kid": kid}

    @control.get("/refusals")
    def list_refusals() -> Reply:
        return {"value": tenant.login.refusals.to_json()}

    @control.post("/refusals")
    def order_refusal() -> Reply:
        """`{"code": 53003, "place": "token" | "authorize" | "consent", "times"?, "clientId"?}`; null: for ever."""
        wanted = body()
        tenant.login.refusals.order(
            int(wanted["code"]),
            Place(wanted["place"]),
            wanted.get("times", 1),
            str(wanted.get("clientId", "")),
        )
        return {"value": tenant.login.refusals.to_json()}, 201

    @control.delete("/refusals")
    def clear_refusals() -> Reply:
        tenant.login.refusals.clear()
        return list_refusals()


def find(tenant: Tenant, client_id: str) -> Application:
    found = tenant.find_application(client_id)
    if found is None:
        raise KeyError(f"no application is called {client_id}")
    return found
