"""The application's access token for Microsoft Graph, by client credentials through MSAL.

One object for each tenant and app registration, kept as long as the process: MSAL keeps the token until it ends.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import jwt
import msal  # type: ignore[import-untyped]

from sync.adapters.graph.entra import PUBLIC_ENTRA, EntraHttp, authority
from sync.adapters.http import Session
from sync.errors import NeedsAdministrator, SyncError, TryLater
from sync.ports import Clock

log = logging.getLogger("sync.graph")

PUBLIC_GRAPH = "https://graph.microsoft.com"
# A secret, or what MSAL takes in its place: a certificate, or a callable giving a federated assertion.
Credential = str | Mapping[str, Any]
# How long a refusal stands before Entra is asked again: with ten thousand people and a wrong secret, one question
# a minute is enough, and a repaired secret works within that minute.
REFUSAL_STANDS = timedelta(seconds=60)

# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
AADSTS = {
    7000215: "credential-wrong",
    7000222: "credential-expired",
    7000218: "credential-missing",
    700027: "credential-certificate-unknown",
    700213: "credential-federation-wrong",
    70021: "credential-federation-wrong",
    700016: "credential-unknown-app",
    70001: "credential-unknown-app",
    7000112: "credential-app-disabled",
    90002: "tenant-unknown",
    900023: "tenant-unknown",
    65001: "consent-missing",
    90094: "consent-missing",
    53003: "conditional-access",
}
THROTTLED = frozenset({90055})


class Tokens:
    """Thread-safe. `credential` is asked for when it is needed, so a new secret needs no restart.

    `NeedsAdministrator` names what is wrong with the registration; `TryLater` when Entra is down or slow.
    """

    def __init__(
        self,
        *,
        tenant: str,
        client_id: str,
        credential: Callable[[], Credential],
        session: Session,
        clock: Clock,
        entra_url: str = PUBLIC_ENTRA,
        graph_url: str = PUBLIC_GRAPH,
    ) -> None:
        self._tenant = tenant
        self._client_id = client_id
        self._credential = credential
        self._entra_url = entra_url.rstrip("/")
        self._http = EntraHttp(session, self._entra_url)
        self._scope = scope(graph_url)
        self._clock = clock
        self._lock = threading.Lock()
        self._app: msal.ConfidentialClientApplication | None = None
        self._token: str | None = None
        self._refusal: tuple[SyncError, datetime] | None = None

    def get(self) -> str:
        with self._lock:
            self._repeat_refusal()
            try:
                self._token = self._ask()
            except SyncError as error:
                # MSAL remembers refusals and throttling by itself; a new app object starts without them.
                self._app = None
                self._refusal = (error, self._clock.now() + REFUSAL_STANDS)
                log.warning("token refused: %s", error)
                raise
            return self._token

    def drop(self, token: str) -> None:
        """Graph refused `token`: the next `get` asks Entra. Dropping it twice drops it once."""
        with self._lock:
            if self._token == token:
                self._app, self._token = None, None

    def forget(self) -> None:
        """Start anew at once, also after a refusal: an administrator has just repaired something."""
        with self._lock:
            self._app, self._token, self._refusal = None, None, None

    def _repeat_refusal(self) -> None:
        if self._refusal is None:
            return
        error, until = self._refusal
        if self._clock.now() < until:
            raise copy.copy(error)  # each caller its own traceback
        self._refusal = None

    def _ask(self) -> str:
        try:
            if self._app is None:
                self._app = self._make_app()
            answer = self._app.acquire_token_for_client([self._scope])
        except (ValueError, TypeError, KeyError, jwt.PyJWTError):
            # A certificate or key that MSAL cannot read. Its text is not passed on: it can hold parts of the key.
            raise NeedsAdministrator("credential-unusable") from None
        if answer and "access_token" in answer:
            return str(answer["access_token"])
        raise refusal_of(answer or {})

    def _make_app(self) -> msal.ConfidentialClientApplication:
        credential = self._credential()
        return msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=credential if isinstance(credential, str) else dict(credential),
            authority=authority(self._entra_url, quote(self._tenant, safe="")),
            http_client=self._http,
            # The address comes from our own settings; Microsoft's list of clouds would only cost a request.
            instance_discovery=False,
        )


def refusal_of(answer: Mapping[str, Any]) -> SyncError:
    """The error for Entra's answer: by AADSTS number, never by its text (graph-calendar.md 12.4)."""
    numbers = [int(n) for n in answer.get("error_codes") or [] if str(n).isdigit()]
    detail = {"error": str(answer.get("error", "")), "aadsts": ",".join(map(str, numbers))}
    if THROTTLED.intersection(numbers) or answer.get("error") == "temporarily_unavailable":
        return TryLater("entra-throttled", detail)
    code = next((AADSTS[n] for n in numbers if n in AADSTS), None)
    if code is None and answer.get("error") == "invalid_client":
        code = "credential-wrong"
    return NeedsAdministrator(code or "token-denied", detail)


def scope(graph_url: str) -> str:
    """The `.default` scope of a cloud's Graph; a stand-in on this machine plays the public one."""
    parts = urlsplit(graph_url)
    return f"{f'https://{parts.netloc}' if parts.scheme == 'https' else PUBLIC_GRAPH}/.default"
