"""An app registration's credentials as its administrator sees them: GET /applications(appId='…') (section 12.5)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.applications import Application, Certificate, Secret
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.queries import selected
from sync.sandbox.microsoft365.wire import Answer

Json = dict[str, Any]
HINT_LENGTH = 3


def get_registration(context: Context) -> Answer:
    """Only in the home tenant of the registration; a managed identity has none."""
    tenant, client_id = context.tenant, context.parameters["application"]
    found = tenant.find_application(client_id)
    if found is None or not found.is_registered_here or found.principal_id:
        raise errors.user_not_found(client_id)
    everything: dict[str, Callable[[Application], Any]] = {
        "id": lambda app: guid(tenant.seed, "registration", app.client_id),
        "appId": lambda app: app.client_id,
        "displayName": lambda app: app.name or app.client_id,
        "passwordCredentials": lambda app: [show_secret(each) for each in app.secrets],
        "keyCredentials": lambda app: [show_certificate(each) for each in app.certificates],
    }
    names = selected(context.request.query) or tuple(everything)
    shown = {name: everything[name](found) for name in names if name in everything}
    return Answer(200, {"@odata.context": context.metadata("applications/$entity"), **shown})


def show_secret(secret: Secret) -> Json:
    """The value is shown once, at its creation, and never again."""
    return {
        "customKeyIdentifier": None,
        "displayName": secret.name or None,
        "endDateTime": show_time(secret.expires),
        "hint": secret.value[:HINT_LENGTH],
        "keyId": secret.key_id,
        "secretText": None,
        "startDateTime": show_time(secret.starts),
    }


def show_certificate(certificate: Certificate) -> Json:
    return {
        "customKeyIdentifier": base64.b64encode(certificate.sha1).decode(),
        "displayName": certificate.name or None,
        "endDateTime": show_time(certificate.expires),
        "key": None,
        "keyId": certificate.key_id,
        "startDateTime": show_time(certificate.starts),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def show_time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
