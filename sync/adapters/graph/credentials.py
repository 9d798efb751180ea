"""What a credential is worth at Microsoft Entra: each kind as a source of application tokens, through MSAL.

A source keeps MSAL's object, and so its token, until it is dropped. What it is made of is asked for when it is
needed, so that a new secret needs no restart (graph-calendar.md 12.1, azure-hosting.md 7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import jwt
import msal  # type: ignore[import-untyped]

from sync.adapters.graph.entra import EntraHttp, authority
from sync.adapters.graph.identity import EXCHANGE, ManagedIdentity
from sync.adapters.graph.refusals import refusal_of
from sync.adapters.http import Session
from sync.core.certificate import parse_certificate
from sync.core.tenant import Credential, CredentialKind
from sync.errors import NeedsAdministrator

PUBLIC_GRAPH = "https://graph.microsoft.com"
# A secret, or what MSAL takes in its place: a certificate, or a callable giving a federated assertion.
Proof = str | Mapping[str, Any]


class Source(Protocol):
    """Where a token comes from. `ask` is cheap while the last one is good."""

    def ask(self) -> str:
        """A token for Graph; `NeedsAdministrator` names what is wrong with the registration; `TryLater`."""

    def drop(self) -> None:
        """The last token, or the last refusal, is not to be repeated."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Whose tokens, and of which cloud."""

    tenant: str
    client_id: str
    entra_url: str
    graph_url: str


class ClientSource:
    """An app registration that proves itself by a secret, a certificate or a federated assertion."""

    def __init__(self, registration: Registration, proof: Callable[[], Proof], session: Session) -> None:
        self._registration = registration
        self._proof = proof
        self._http = EntraHttp(session, registration.entra_url.rstrip("/"))
        self._scope = scope(registration.graph_url)
        self._app: msal.ConfidentialClientApplication | None = None

    def ask(self) -> str:
        try:
            if self._app is None:
                self._app = client_application(self._registration, self._proof(), self._http)
            answer = self._app.acquire_token_for_client([self._scope])
        except (ValueError, TypeError, KeyError, jwt.PyJWTError):
            # A certificate or key that MSAL cannot read. Its text is not passed on: it can hold parts of the key.
            raise NeedsAdministrator("credential-unusable") from None
        if answer and "access_token" in answer:
            return str(answer["access_token"])
        raise refusal_of(answer or {})

    def drop(self) -> None:
        # MSAL remembers refusals and throttling by itself; a new app object starts without them.
        self._app = None


class IdentitySource:
    """A managed identity that holds the permissions itself: there is no app registration."""

    def __init__(self, client_id: str, graph_url: str) -> None:
        self._client_id = client_id
        self._resource = scope(graph_url).removesuffix("/.default")
        self._identity: ManagedIdentity | None = None

    def ask(self) -> str:
        if self._identity is None:
            self._identity = ManagedIdentity(self._client_id)
        return self._identity.token(self._resource)

    def drop(self) -> None:
        self._identity = None


def source_of(
    credential: Credential,
    registration: Registration,
    session: Session,
    read: Callable[[str], str | None],
    own_identity: str,
) -> Source:
    """`read` gives the vault's value of a name; `own_identity` is the client id of the deployment's identity."""
    if credential.kind is CredentialKind.MANAGED_IDENTITY:
        return IdentitySource(credential.identity or own_identity, registration.graph_url)
    return ClientSource(registration, lambda: proof_of(credential, read, own_identity), session)


def proof_of(credential: Credential, read: Callable[[str], str | None], own_identity: str) -> Proof:
    """What MSAL takes for the credential. `NeedsAdministrator` if the vault has nothing under its name."""
    if credential.kind is CredentialKind.FEDERATED:
        identity = ManagedIdentity(credential.identity or own_identity)
        return {"client_assertion": lambda: identity.token(EXCHANGE)}
    value = read(credential.secret)
    if not value:
        raise NeedsAdministrator("credential-missing", {"secret": credential.secret})
    if credential.kind is CredentialKind.SECRET:
        return value
    certificate = parse_certificate(value)
    return {"private_key": certificate.private_key, "public_certificate": certificate.chain}


def client_application(
    registration: Registration,
    proof: Proof,
    http: EntraHttp,
    token_cache: msal.TokenCache | None = None,
) -> msal.ConfidentialClientApplication:
    """MSAL's client of an app registration, also for signing people in; by default it keeps what it gets."""
    return msal.ConfidentialClientApplication(
        registration.client_id,
        client_credential=proof if isinstance(proof, str) else dict(proof),
        authority=authority(registration.entra_url, quote(registration.tenant, safe="")),
        http_client=http,
        token_cache=token_cache,
        # The address comes from our own settings; Microsoft's list of clouds would only cost a request.
        instance_discovery=False,
    )


def scope(graph_url: str) -> str:
    """The `.default` scope of a cloud's Graph; a stand-in on this machine plays the public one."""
    parts = urlsplit(graph_url)
    return f"{f'https://{parts.netloc}' if parts.scheme == 'https' else PUBLIC_GRAPH}/.default"
