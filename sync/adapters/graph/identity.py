"""A token of the app's managed identity, by MSAL: asked of the endpoint that Azure opens beside the app.

That endpoint speaks plain http on this machine or on a link-local address (azure-hosting.md 7, graph-calendar.md
12.1), so it is reached by a session of its own that goes nowhere else.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import msal  # type: ignore[import-untyped]
import requests

from sync.adapters.http import TIMEOUT, is_loopback
from sync.errors import NeedsAdministrator, TryLater

# What a federated credential of an app registration is made of (graph-calendar.md 12.1).
EXCHANGE = "api://AzureADTokenExchange"


class ManagedIdentity:
    """`client_id` is that of a user-assigned identity; "": the system-assigned one. MSAL keeps its tokens."""

    def __init__(self, client_id: str) -> None:
        identity = (
            msal.UserAssignedManagedIdentity(client_id=client_id)
            if client_id
            else msal.SystemAssignedManagedIdentity()
        )
        self._client = msal.ManagedIdentityClient(identity, http_client=IdentityHttp())

    def token(self, resource: str) -> str:
        """`NeedsAdministrator("identity-missing")` if Azure knows no such identity here; `TryLater`."""
        try:
            answer = self._client.acquire_token_for_client(resource=resource)
        except requests.RequestException as error:
            # Nobody answers at all where the app has no identity, or runs outside Azure.
            raise TryLater("identity-unavailable", {"error": type(error).__name__}) from error
        except (ValueError, TypeError, KeyError, msal.ManagedIdentityError):
            raise TryLater("identity-unavailable", {"error": "answer"}) from None
        if answer and "access_token" in answer:
            return str(answer["access_token"])
        raise NeedsAdministrator("identity-missing", {"error": str((answer or {}).get("error", ""))})


class IdentityHttp:
    """MSAL's `http_client` for the identity's endpoint, which is on this machine or link-local."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands before it

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> requests.Response:
        if not is_near(url):
            raise requests.exceptions.InvalidURL("the identity's endpoint is not on this machine")
        answer = self._session.get(
            url, params=params, headers=headers, timeout=TIMEOUT, allow_redirects=False
        )
        if answer.status_code == 429 or answer.status_code >= 500:
            # MSAL would remember such an answer as a refusal.
            raise requests.HTTPError(f"HTTP {answer.status_code}")
        return answer

    def close(self) -> None:
        self._session.close()


def is_near(url: str) -> bool:
    parts = urlsplit(url)
    if is_loopback(parts.hostname):
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_link_local
    except ValueError:
        return False
