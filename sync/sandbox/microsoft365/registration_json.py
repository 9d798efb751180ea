"""App registrations and managed identities as JSON: in the file of --users, and at the control surface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sync.sandbox.microsoft365.applications import (
    CALENDARS,
    EXCHANGE,
    MOST_FEDERATIONS,
    PRODUCT_ROLES,
    Application,
    Certificate,
    ExchangeRole,
    Federation,
    Secret,
)
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.registration_calls import show_certificate, show_secret, show_time
from sync.sandbox.microsoft365.registrations import FAR_AWAY
from sync.sandbox.microsoft365.tenant import Tenant

Json = dict[str, Any]


def add_application(tenant: Tenant, wanted: Json) -> Application:
    """`{"clientId"?, "name"?, "secret"?, "expires"?, "roles"?, "consented"?, "isRegisteredHere"?, "certificates"?:
    [{"pem", "name"?}], …what `change` takes}`. `roles` are requested, and granted too unless `consented` is false."""
    expires = wanted.get("expires")
    application = tenant.add_application(
        wanted.get("clientId"),
        wanted.get("secret"),
        datetime.fromisoformat(expires) if expires else FAR_AWAY,
        frozenset(wanted.get("roles", PRODUCT_ROLES)),
        consented=bool(wanted.get("consented", True)),
    )
    for each in wanted.get("certificates", []):
        add_certificate(tenant, application, each)
    later = {
        name: value for name, value in wanted.items() if name in NAMES and name not in DELAYED_BY_CONSENT
    }
    application.change(dict(read_attribute(tenant, name, value) for name, value in later.items()))
    return application


def add_identity(tenant: Tenant, wanted: Json) -> Application:
    """`{"clientId"?, "principalId"?, "roles"?, "mailboxes"?, "exchangeRoles"?}`."""
    roles = frozenset(map(str, wanted.get("roles", ())))
    identity = tenant.add_identity(wanted.get("clientId"), wanted.get("principalId"), roles)
    policy = {name: value for name, value in wanted.items() if name in DELAYED_BY_POLICY}
    identity.change(dict(read_attribute(tenant, name, value) for name, value in policy.items()))
    return identity


def change(tenant: Tenant, application: Application, wanted: Json) -> None:
    """`name`, `enabled`, `requested`, `roles`, `consented`, `isRegisteredHere`, `redirectUris`, `mailboxes`,
    `exchangeRoles` [{"role"?, "mailboxes"?}], `federations` [{"subject", "issuer"?, "audience"?, "name"?}].

    `mailboxes` and `exchangeRoles` take the time of the switch `policy_delay`, `roles` and `consented` that of
    `consent_delay`. KeyError for any other name."""
    delays = dict.fromkeys(DELAYED_BY_POLICY, tenant.switches.policy_delay)
    delays |= dict.fromkeys(DELAYED_BY_CONSENT, tenant.switches.consent_delay)
    for name, value in wanted.items():
        attribute, read = read_attribute(tenant, name, value)
        tenant.change_application(application.client_id, delays.get(name, 0), **{attribute: read})


def read_attribute(tenant: Tenant, name: str, value: Any) -> tuple[str, Any]:
    """Of an Application: the attribute's name and value. This tenant is the issuer unless another one is named."""
    attribute, read = NAMES[name]
    if name == "federations":
        value = [{"issuer": tenant.login.issuer, **each} for each in value]
    return attribute, read(value)


def add_secret(tenant: Tenant, application: Application, wanted: Json) -> Secret:
    """`{"value"?, "expires"?, "name"?}`."""
    number = len(application.secrets)
    key_id = guid(tenant.seed, "key", application.client_id, number, wanted.get("value"))
    expires = wanted.get("expires")
    secret = Secret(
        str(wanted.get("value") or f"simulated-secret-{key_id[:8]}"),
        datetime.fromisoformat(expires) if expires else FAR_AWAY,
        key_id,
        str(wanted.get("name", "")),
        tenant.clock.now(),
    )
    application.secrets.append(secret)
    return secret


def add_certificate(tenant: Tenant, application: Application, wanted: Json) -> Certificate:
    """`{"pem", "name"?}`: the certificate alone, never its private key."""
    key_id = guid(tenant.seed, "certificate", application.client_id, wanted["pem"])
    certificate = Certificate.parse(str(wanted["pem"]), key_id, str(wanted.get("name", "")))
    application.certificates.append(certificate)
    return certificate


def show_application(application: Application) -> Json:
    """Without the values of its secrets."""
    return {
        "clientId": application.client_id,
        "name": application.name,
        "enabled": application.enabled,
        "requested": sorted(application.requested),
        "roles": sorted(application.roles),
        "consented": application.consented,
        "isRegisteredHere": application.is_registered_here,
        "redirectUris": list(application.redirect_uris),
        "mailboxes": show_mailboxes(application.mailboxes),
        "exchangeRoles": [
            {"role": each.role, "mailboxes": show_mailboxes(each.mailboxes)}
            for each in application.exchange_roles
        ],
        "federations": [
            {"issuer": each.issuer, "subject": each.subject, "audience": each.audience, "name": each.name}
            for each in application.federations
        ],
        "secrets": [show_secret(each) for each in application.secrets],
        "certificates": [show_certificate(each) for each in application.certificates],
        "principalId": application.principal_id or None,
        "later": [{"at": show_time(each.at), "changes": sorted(each.changes)} for each in application.later],
    }


def show_mailboxes(mailboxes: frozenset[str] | None) -> list[str] | None:
    return None if mailboxes is None else sorted(mailboxes)


def read_mailboxes(value: list[str] | None) -> frozenset[str] | None:
    return None if value is None else frozenset(map(str, value))


def read_exchange_roles(value: list[Json]) -> tuple[ExchangeRole, ...]:
    return tuple(
        ExchangeRole(str(each.get("role", CALENDARS)), read_mailboxes(each.get("mailboxes")))
        for each in value
    )


def read_federations(value: list[Json]) -> list[Federation]:
    if len(value) > MOST_FEDERATIONS:
        raise ValueError(f"an application has {MOST_FEDERATIONS} federated credentials at most")
    return [
        Federation(
            str(each["issuer"]),
            str(each["subject"]),
            str(each.get("audience", EXCHANGE)),
            str(each.get("name", "")),
        )
        for each in value
    ]


def read_texts(value: list[str]) -> list[str]:
    return [str(each) for each in value]


def read_permissions(value: list[str]) -> frozenset[str]:
    return frozenset(map(str, value))


DELAYED_BY_POLICY = ("mailboxes", "exchangeRoles")
DELAYED_BY_CONSENT = ("roles", "consented")
NAMES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("name", str),
    "enabled": ("enabled", bool),
    "requested": ("requested", read_permissions),
    "roles": ("roles", read_permissions),
    "consented": ("consented", bool),
    "isRegisteredHere": ("is_registered_here", bool),
    "redirectUris": ("redirect_uris", read_texts),
    "mailboxes": ("mailboxes", read_mailboxes),
    "exchangeRoles": ("exchange_roles", read_exchange_roles),
    "federations": ("federations", read_federations),
}
