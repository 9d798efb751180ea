"""Every organization's way into its own Microsoft 365: a client for each, and what is asked as the app itself."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

import jwt

from sync.adapters.graph.client import IMMUTABLE_IDS, GraphClient, query
from sync.adapters.graph.credentials import Registration, Source, source_of
from sync.adapters.graph.directory import GraphDirectory
from sync.adapters.graph.ends import end_of
from sync.adapters.graph.throttle import Throttle
from sync.adapters.graph.tokens import Tokens
from sync.adapters.http import Session
from sync.core.tenant import Credential, CredentialKind, Tenant
from sync.errors import NeedsAdministrator, SyncError
from sync.ports import Clock, Granted, Secrets, Tenants

log = logging.getLogger("sync.graph")


@dataclass(frozen=True, slots=True)
class Opened:
    """An organization's client, and what it was made of: when that changes, another one is made."""

    made_of: tuple[object, ...]
    client: GraphClient
    tokens: Tokens


class GraphMicrosoft365:
    """Keeps `ports.Microsoft365` and `ports.MailboxDirectories`; thread-safe, one for each process.

    `own_identity` is the client id of the deployment's managed identity ("": the system-assigned one)."""

    def __init__(
        self,
        tenants: Tenants,
        secrets: Secrets,
        clock: Clock,
        *,
        entra_url: str,
        graph_url: str,
        own_identity: str = "",
        entra: Session | None = None,
        graph: Session | None = None,
    ) -> None:
        self._tenants, self._secrets, self._clock = tenants, secrets, clock
        self._entra_url, self._graph_url = entra_url, graph_url
        self._own_identity = own_identity
        self._entra = entra or Session()
        # The client repeats by itself, with its own clock and the service's Retry-After.
        self._graph = graph or Session(read_retries=0)
        self._opened: dict[str, Opened] = {}
        self._throttles: dict[str, Throttle] = {}
        self._lock = threading.Lock()

    def __call__(self, organization: str) -> GraphDirectory:
        return GraphDirectory(self.client(organization))

    def client(self, organization: str) -> GraphClient:
        """`NeedsAdministrator("microsoft365-not-set-up")` as long as there is no credential, and "tenant-not-proven"
        for one of the deployment that this organization may not use in that tenant yet."""
        tenant = self._tenants.get(organization)
        if not tenant.is_proven:
            raise NeedsAdministrator("tenant-not-proven")
        made_of = (tenant.tenant_id, tenant.client_id, *map(identity_of, tenant.credentials))
        with self._lock:
            opened = self._opened.get(organization)
            if opened is None or opened.made_of != made_of:
                opened = self._opened[organization] = self._open(tenant, made_of)
            return opened.client

    def granted(self, tenant: Tenant, credential: Credential, secret: str | None = None) -> Granted:
        return read_granted(self._source(tenant, credential, secret).ask())

    def credential_end(self, tenant: Tenant, credential: Credential) -> datetime | None:
        """Asked with a token of this credential alone, so that a new one need not be stored for it. Needs
        Application.Read.All (graph-calendar.md 12.5); without it, and on any failure, the answer is None."""
        if credential.kind not in (CredentialKind.SECRET, CredentialKind.CERTIFICATE):
            return None
        tokens = Tokens([self._source(tenant, credential, None)], self._clock)
        client = GraphClient(self._graph, tokens, self._clock, base_url=self._graph_url)
        select = query({"$select": "passwordCredentials,keyCredentials"})
        try:
            value = self._secrets.get(credential.secret) or ""
            found = client.directory().get(
                f"/applications(appId='{tenant.client_id}')?{select}", prefer=IMMUTABLE_IDS
            )
        except SyncError as error:
            log.info("credential end not readable: %s", error)
            return None
        return end_of(found, credential, value)

    def forget(self, organization: str) -> None:
        self._tenants.forget(organization)
        with self._lock:
            opened = self._opened.pop(organization, None)
        if opened is not None:
            opened.tokens.forget()

    def _open(self, tenant: Tenant, made_of: tuple[object, ...]) -> Opened:
        if not tenant.tenant_id or not tenant.credentials:
            raise NeedsAdministrator("microsoft365-not-set-up")
        sources = [self._source(tenant, credential, None) for credential in tenant.credentials]
        tokens = Tokens(sources, self._clock, lambda: self._refused(tenant))
        throttle = self._throttles.setdefault(tenant.organization, Throttle(self._clock))
        client = GraphClient(self._graph, tokens, self._clock, base_url=self._graph_url, throttle=throttle)
        return Opened(made_of, client, tokens)

    def _refused(self, tenant: Tenant) -> None:
        """Another process may have stored a new credential, or an operator may have replaced it in the vault."""
        self._tenants.forget(tenant.organization)
        for credential in tenant.credentials:
            if credential.secret:
                self._secrets.forget(credential.secret)

    def _source(self, tenant: Tenant, credential: Credential, secret: str | None) -> Source:
        registration = Registration(tenant.tenant_id, tenant.client_id, self._entra_url, self._graph_url)

        def read(name: str) -> str | None:
            if secret is not None:
                return secret
            try:
                return self._secrets.get(name)
            except NeedsAdministrator as error:
                # The vault refuses us: that stops the whole organization, as a wrong credential would.
                raise NeedsAdministrator("credential-unreachable", {"reason": error.code}) from error

        return source_of(credential, registration, self._entra, read, self._own_identity)


def identity_of(credential: Credential) -> tuple[object, ...]:
    """What decides how a token is got; an end that became known since does not."""
    return credential.kind, credential.secret, credential.identity, credential.added_at


def read_granted(token: str) -> Granted:
    """What our own token says, for the screen only: it is Graph that decides by it. Not verified, since a token for
    Graph is signed for Graph; it came from Entra over TLS."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        # The format is Microsoft's own affair and may change (access-tokens, learn.microsoft.com).
        return Granted(frozenset(), "")
    roles = claims.get("roles")
    return Granted(
        frozenset(str(role) for role in roles) if isinstance(roles, list) else frozenset(),
        str(claims.get("tid") or ""),
    )
