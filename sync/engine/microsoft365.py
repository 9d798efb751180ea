"""An organization's Microsoft 365: settings and credential stored, tested, and what was really granted.

Secrets go to the vault only, under a name of this organization; what is kept here is the name.
"""

from __future__ import annotations

import logging
import secrets as randomness
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.certificate import Certificate, parse_certificate
from sync.core.settings import DEFAULT_ORGANIZATION
from sync.core.tenant import (
    REFUSED_CREDENTIALS,
    Credential,
    CredentialKind,
    ExpirySource,
    Tenant,
    TenantState,
    has_ended,
    is_guid,
    is_of_the_deployment,
    is_own_secret,
    secret_name,
)
from sync.engine.services import Services
from sync.errors import CannotSync, Moved, NeedsAdministrator, SyncError, TryLater
from sync.log import log


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What an administrator enters. `value`: the client secret, or certificate and key as PEM; `name`: the vault's
    name of one that an operator stored there; neither for the two kinds that have no secret."""

    kind: CredentialKind
    value: str = ""
    name: str = ""
    expires: datetime | None = None
    identity: str = ""

    def __repr__(self) -> str:  # the value must not reach a log by way of a dataclass
        return f"NewCredential({self.kind})"


@dataclass(frozen=True, slots=True)
class TenantChange:
    """None: as it is."""

    in_use: bool | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    credential: NewCredential | None = None
    credential_expires: datetime | None = None


def save_settings(services: Services, organization: str, change: TenantChange) -> Tenant:
    """Store what was entered, after a new credential was tested by a token of its own.

    `CannotSync` for a credential that is certainly wrong: nothing is stored then. Whatever else is missing yet
    (consent, permissions, Entra itself) does not keep it from being stored. `Moved` if somebody else changed the
    settings at the same time.
    """
    services.tenants.forget(organization)
    before = services.tenants.get(organization)
    if before.state is TenantState.DISCONNECTING:
        raise NeedsAdministrator("microsoft365-disconnecting")
    after = _identified(before, change)
    made = ""
    if change.credential is not None:
        _check_identified(after, change.credential.kind)
        credential, value = _new_credential(services, organization, change.credential)
        _test(services, after, credential, value)
        if change.credential.value:
            made = credential.secret
            services.secrets.set(made, change.credential.value, credential.expires)
        after = replace(after, credential=credential, previous=before.credential, warned=None)
    elif change.credential_expires is not None and after.credential is not None:
        credential = after.credential
        if credential.expiry_source is not ExpirySource.CERTIFICATE:
            end, source = change.credential_expires, ExpirySource.ENTERED
            after = replace(
                after, credential=replace(credential, expires=end, expiry_source=source), warned=None
            )
    after = replace(after, previous=_kept(before, after, services.clock.now()))
    after = replace(after, proof_needed=_needs_proof(services, after))
    is_other = (after.tenant_id, after.client_id) != (before.tenant_id, before.client_id)
    if is_other or change.credential is not None:
        after = _to_be_checked(after)
    try:
        stored = services.tenants.put(after)
    except Moved:
        if made:
            services.secrets.delete(made)
        raise
    services.microsoft365.forget(organization)
    _delete_unused(services, before, stored)
    is_new = change.credential is not None
    log("tenant-saved", organization=organization, in_use=stored.in_use, new_credential=is_new)
    return stored


def forget_credentials(services: Services, tenant: Tenant) -> Tenant:
    """The tenant without its credentials, whose secrets are gone from the vault. Not stored yet."""
    for credential in tenant.credentials:
        _delete_secret(services, credential)
    return replace(tenant, credential=None, previous=None, warned=None)


def drop_previous(services: Services, tenant: Tenant) -> Tenant:
    """The credential that was replaced has ended. Stored."""
    if tenant.previous is None:
        return tenant
    previous = tenant.previous
    stored = services.tenants.put(replace(tenant, previous=None))
    _delete_secret(services, previous)
    return stored


# -- what was entered -----------------------------------------------------------------------------------------


def _identified(before: Tenant, change: TenantChange) -> Tenant:
    return replace(
        before,
        in_use=before.in_use if change.in_use is None else change.in_use,
        tenant_id=before.tenant_id if change.tenant_id is None else change.tenant_id.lower(),
        client_id=before.client_id if change.client_id is None else change.client_id.lower(),
    )


def _new_credential(services: Services, organization: str, new: NewCredential) -> tuple[Credential, str]:
    """The credential, and the value to test it with ("" where there is none)."""
    now = services.clock.now()
    if new.kind in (CredentialKind.FEDERATED, CredentialKind.MANAGED_IDENTITY):
        return Credential(new.kind, added_at=now, identity=new.identity), ""
    name, value, expires = new.name, new.value, new.expires
    source = ExpirySource.ENTERED if expires is not None else None
    if name:
        if not is_own_secret(organization, name):
            raise CannotSync("secret-name-foreign", {"example": secret_name(organization, "2026")})
        services.secrets.forget(name)
        value = services.secrets.get(name) or ""
        if not value:
            raise CannotSync("secret-name-unknown", {"secret": name})
        if expires is None:
            expires = services.secrets.expires(name)
            source = ExpirySource.VAULT if expires is not None else None
    hint = ""
    if new.kind is CredentialKind.CERTIFICATE:
        certificate = _certificate(value)
        expires, source, hint = certificate.ends, ExpirySource.CERTIFICATE, certificate.thumbprint
    elif is_guid(value.strip()):
        raise CannotSync("secret-id-entered")
    if not name:
        name = secret_name(organization, randomness.token_hex(4))
    return Credential(new.kind, name, expires, source, now, hint=hint, by_operator=bool(new.name)), value


def _certificate(value: str) -> Certificate:
    try:
        return parse_certificate(value)
    except NeedsAdministrator as error:
        raise CannotSync(error.code, error.detail) from None


def _test(services: Services, tenant: Tenant, credential: Credential, value: str) -> None:
    """`CannotSync` if Entra says that the credential itself is wrong; everything else can be repaired afterwards."""
    try:
        services.microsoft365.granted(tenant, credential, value or None)
    except NeedsAdministrator as error:
        if error.code in REFUSED_CREDENTIALS:
            raise CannotSync(error.code, error.detail) from error
        log("credential-not-proven", organization=tenant.organization, error=error.code)
    except TryLater as error:
        log("credential-not-proven", organization=tenant.organization, error=error.code)


def _check_identified(tenant: Tenant, kind: CredentialKind) -> None:
    if not tenant.tenant_id:
        raise CannotSync("tenant-id-missing")
    if not tenant.client_id and kind is not CredentialKind.MANAGED_IDENTITY:
        raise CannotSync("client-id-missing")


def _needs_proof(services: Services, tenant: Tenant) -> bool:
    """Not where the deployment serves one organization: there everything is that organization's."""
    others = {DEFAULT_ORGANIZATION, *services.organizations.ids()} - {tenant.organization}
    is_alone = tenant.organization == DEFAULT_ORGANIZATION and not others
    return not is_alone and any(map(is_of_the_deployment, tenant.credentials))


def _kept(before: Tenant, after: Tenant, now: datetime) -> Credential | None:
    """The replaced credential stands in for a while, if it is one of the same app registration and has not ended."""
    previous = after.previous
    is_same = (before.tenant_id, before.client_id) == (after.tenant_id, after.client_id)
    if previous is None or not is_same or not before.is_proven or has_ended(previous, now):
        return None
    return previous


def _to_be_checked(tenant: Tenant) -> Tenant:
    """What was known about the credential or registration of before is not known about this one."""
    state = TenantState.NOT_CONNECTED if tenant.state is TenantState.DISCONNECTED else tenant.state
    return replace(tenant, state=state, error="", error_detail={}, permissions={}, disconnection=None)


def _delete_unused(services: Services, before: Tenant, after: Tenant) -> None:
    used = {credential.secret for credential in after.credentials}
    for credential in before.credentials:
        if credential.secret not in used:
            _delete_secret(services, credential)


def _delete_secret(services: Services, credential: Credential) -> None:
    if not credential.secret or credential.by_operator:
        return
    try:
        services.secrets.delete(credential.secret)
    except SyncError as error:
        # Nobody uses it any more; the operator finds it by this line.
        log("secret-not-deleted", level=logging.WARNING, secret=credential.secret, error=error.code)
