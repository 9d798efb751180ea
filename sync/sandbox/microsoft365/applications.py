"""App registrations: credentials with an end, granted roles, and the mailboxes that are open to them (section 12)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

PRODUCT_ROLES = frozenset({"Calendars.ReadWrite", "User.Read.All", "Contacts.Read"})
EXCHANGE = "api://AzureADTokenExchange"
MOST_FEDERATIONS = 20
IN_EXCHANGE = "Application "
CALENDARS = "Application Calendars.ReadWrite"


@dataclass(slots=True)
class Secret:
    """`key_id` is what Entra shows beside the value, and what people paste in its place."""

    value: str
    expires: datetime
    key_id: str = ""
    name: str = ""
    starts: datetime | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The public half of a certificate, as an administrator uploads it."""

    public_key: RSAPublicKey
    sha1: bytes
    sha256: bytes
    starts: datetime
    expires: datetime
    key_id: str = ""
    name: str = ""

    @classmethod
    def parse(cls, pem: str, key_id: str = "", name: str = "") -> Certificate:
        """`ValueError` for what is no PEM certificate of an RSA key."""
        read = x509.load_pem_x509_certificate(pem.encode())
        key, der = read.public_key(), read.public_bytes(Encoding.DER)
        if not isinstance(key, RSAPublicKey):
            raise ValueError("only certificates of RSA keys can be registered")
        # SHA-1 is no protection here, it is the name that x5t calls the certificate by (section 12.1).
        sha1 = hashlib.sha1(der, usedforsecurity=False).digest()
        return cls(
            key,
            sha1,
            hashlib.sha256(der).digest(),
            read.not_valid_before_utc,
            read.not_valid_after_utc,
            key_id,
            name,
        )

    def is_named_by(self, header: Mapping[str, Any]) -> bool:
        """Whether x5t#S256 or x5t of an assertion's header means this one (section 12.1)."""
        if "x5t#S256" in header:
            return same_thumbprint(header["x5t#S256"], self.sha256)
        return same_thumbprint(header.get("x5t"), self.sha1)


@dataclass(frozen=True, slots=True)
class Federation:
    """A federated credential: whose token stands for a secret (section 12.1); all three compare with case."""

    issuer: str
    subject: str
    audience: str = EXCHANGE
    name: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeRole:
    """RBAC for Applications (section 12.5): a role of Exchange with the mailboxes of its scope, by object id.

    None means all of the tenant. Groups inside the scope's group are not traversed: the caller lists mailboxes."""

    role: str = CALENDARS
    mailboxes: frozenset[str] | None = None

    def gives(self, permissions: frozenset[str], user_id: str) -> bool:
        covers = self.mailboxes is None or user_id in self.mailboxes
        return covers and self.role.removeprefix(IN_EXCHANGE) in permissions


@dataclass(frozen=True, slots=True)
class Later:
    """A change that takes hold at a time; `changes` are attributes of the application."""

    at: datetime
    changes: Mapping[str, Any]


@dataclass(slots=True)
class Application:
    """A service principal with its registration. `roles` are granted, `requested` stand in the registration.

    `mailboxes` holds the object ids that an ApplicationAccessPolicy allows; None means all of the tenant. It bounds
    `roles`, while `exchange_roles` add to them (section 12.5). An attribute that is set takes hold at once;
    `Tenant.change_application` is the way that lets it take its time.
    """

    client_id: str
    secrets: list[Secret] = field(default_factory=list)
    roles: frozenset[str] = PRODUCT_ROLES
    mailboxes: frozenset[str] | None = None
    enabled: bool = True
    name: str = ""
    requested: frozenset[str] = PRODUCT_ROLES
    consented: bool = True
    # Registered in this tenant; one of another tenant is not known here before somebody consents (section 12.4).
    is_registered_here: bool = True
    redirect_uris: list[str] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    federations: list[Federation] = field(default_factory=list)
    exchange_roles: tuple[ExchangeRole, ...] = ()
    # The object id of a managed identity's service principal; "" for an app registration.
    principal_id: str = ""
    later: list[Later] = field(default_factory=list)

    @property
    def is_present(self) -> bool:
        return self.is_registered_here or self.consented

    def change(self, changes: Mapping[str, Any]) -> None:
        for name, value in changes.items():
            setattr(self, name, value)

    def settle(self, now: datetime) -> None:
        """Let every change whose time has come take hold."""
        due = [each for each in self.later if each.at <= now]
        self.later = [each for each in self.later if each.at > now]
        for each in due:
            self.change(each.changes)

    def may_open(self, user_id: str) -> bool:
        return self.mailboxes is None or user_id in self.mailboxes


def same_thumbprint(said: object, thumbprint: bytes) -> bool:
    """Base64 in either alphabet, with or without padding."""
    wanted = base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
    return isinstance(said, str) and said.replace("+", "-").replace("/", "_").rstrip("=") == wanted
