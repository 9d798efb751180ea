"""Who we are to a CalDAV server: one account that may see everybody's calendar, or each person's own.

A credential is one secret: `login:password` is sent by Basic authentication, a text without a colon is a bearer token
(neither a Basic login nor a token can contain one: RFC 7617 2, RFC 6750 2.1).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Protocol

from sync.errors import NeedsAdministrator


class Secrets(Protocol):
    def get(self, name: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Credential:
    """`authorization`: the value of the header; never shown."""

    authorization: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """`name`: the secret of the account, or what the names of the people's secrets begin with (`of_each`)."""

    secrets: Secrets
    name: str
    of_each: bool = False

    def of(self, user: str) -> Credential:
        """What opens this person's calendar. `NeedsAdministrator` if it is not stored."""
        return self._named(f"{self.name}/{user}" if self.of_each else self.name)

    def of_service(self) -> Credential:
        """The account itself; with `of_each` there may be none."""
        return self._named(self.name)

    def _named(self, name: str) -> Credential:
        secret = self.secrets.get(name)
        if not secret:
            raise NeedsAdministrator("groupware-key-missing", {"secret": name})
        return read_credential(secret)


def read_credential(secret: str) -> Credential:
    text = secret.strip()
    if ":" in text:
        return Credential("Basic " + base64.b64encode(text.encode()).decode("ascii"))
    return Credential(f"Bearer {text}")
