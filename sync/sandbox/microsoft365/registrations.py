"""The service principals of a tenant: app registrations and managed identities, and how they change (section 12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from sync.sandbox.clock import Clock
from sync.sandbox.microsoft365.applications import PRODUCT_ROLES, Application, Later, Secret
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.switches import Switches
from sync.sandbox.microsoft365.tokens import Tokens

FAR_AWAY = datetime(2999, 1, 1, tzinfo=UTC)


class Registrations:
    """A part of `Tenant`."""

    lock: RLock
    seed: int
    clock: Clock
    switches: Switches
    tokens: Tokens
    applications: dict[str, Application]

    def add_application(
        self,
        client_id: str | None = None,
        secret: str | None = None,
        expires: datetime = FAR_AWAY,
        roles: frozenset[str] = PRODUCT_ROLES,
        mailboxes: frozenset[str] | None = None,
        consented: bool = True,
        **more: Any,
    ) -> Application:
        """`roles` are requested, and granted too unless nobody `consented`; `more` as in Application."""
        with self.lock:
            number = len(self.applications)
            client_id = client_id or guid(self.seed, "application", number)
            value = secret or f"simulated-secret-{guid(self.seed, 'secret', client_id)[:8]}"
            key_id = guid(self.seed, "key", client_id)
            application = Application(
                client_id,
                [Secret(value, expires, key_id, "simulated", self.clock.now())],
                roles if consented else frozenset(),
                mailboxes,
                requested=roles,
                consented=consented,
                **more,
            )
            self.applications[client_id] = application
            return application

    def add_identity(
        self,
        client_id: str | None = None,
        principal_id: str | None = None,
        roles: frozenset[str] = frozenset(),
    ) -> Application:
        """A user-assigned managed identity: a service principal without registration or credential."""
        with self.lock:
            number = len(self.applications)
            client_id = client_id or guid(self.seed, "application", number)
            principal_id = principal_id or guid(self.seed, "principal", client_id)
            identity = Application(client_id, roles=roles, requested=roles, principal_id=principal_id)
            self.applications[client_id] = identity
            return identity

    def find_application(self, client_id: str) -> Application | None:
        """With every change whose time has come."""
        with self.lock:
            application = self.applications.get(client_id)
            if application is not None:
                application.settle(self.clock.now())
            return application

    def change_application(self, client_id: str, delay: int = 0, **changes: Any) -> None:
        """Attributes of an application, after `delay` seconds; KeyError for one that is not there."""
        with self.lock:
            self.applications[client_id].later.append(
                Later(self.clock.now() + timedelta(seconds=delay), changes)
            )

    def consent(self, client_id: str, roles: frozenset[str] | None = None) -> None:
        """An administrator agrees to these permissions, else to all that the registration requests (section 12.2).

        What was granted before stays."""
        application = self.applications[client_id]
        granted = application.requested if roles is None else roles
        self.change_application(
            client_id, self.switches.consent_delay, consented=True, roles=application.roles | granted
        )

    def revoke(self, client_id: str) -> None:
        """As an administrator takes the consent back; tokens that are out keep their roles until they end."""
        self.change_application(client_id, consented=False, roles=frozenset())

    def access_token(self, application: Application, lifetime: timedelta | None = None) -> str:
        """A token without the way through the token endpoint."""
        application.settle(self.clock.now())
        if lifetime is None:
            return self.tokens.issue(application, self.clock.now())
        return self.tokens.issue(application, self.clock.now(), lifetime)
