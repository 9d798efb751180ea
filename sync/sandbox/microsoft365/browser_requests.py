"""What the sign-in page and the consent pages have in common: reading what was asked, and sending the answer back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.entra import find_application, require
from sync.sandbox.microsoft365.entra_pages import Reply
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.refusals import EntraError
from sync.sandbox.microsoft365.tenant import Tenant


def read_query(query: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each parameter once (RFC 6749 3.1)."""
    for name, values in query.items():
        if len(values) > 1:
            raise EntraError(9000411, f"The parameter '{name}' is duplicated.")
    return {name: values[0] for name, values in query.items()}


def check_redirect(tenant: Tenant, asked: Mapping[str, str]) -> Application:
    """The application, if the redirect URI is exactly a registered one (section 12.3); else a page says so."""
    require(asked, "client_id", "redirect_uri")
    application = find_application(tenant, asked["client_id"])
    if asked["redirect_uri"] not in application.redirect_uris:
        raise EntraError(
            50011,
            f"The redirect URI '{asked['redirect_uri']}' specified in the request does not match the redirect URIs "
            f"configured for the application '{application.client_id}'.",
        )
    return application


def send_back(redirect_uri: str, fields: Mapping[str, str]) -> Reply:
    """As a query behind whatever the registered address has already."""
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return Reply(302, location=f"{redirect_uri}{joint}{urlencode(fields)}")


def describe(tenant: Tenant, error: EntraError) -> str:
    trace = guid(tenant.seed, "trace", tenant.requests.tokens)
    now = tenant.clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
    return f"{error}\r\nTrace ID: {trace}\r\nCorrelation ID: {trace}\r\nTimestamp: {now}"
