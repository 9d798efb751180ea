"""Secrets in Azure Key Vault, remembered for some minutes: a vault is not to be read on every request
(https://learn.microsoft.com/azure/key-vault/general/service-limits)."""

from __future__ import annotations

import hashlib
import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.errors import NeedsAdministrator, TryLater
from sync.ports import Clock

if TYPE_CHECKING:
    from azure.keyvault.secrets import SecretClient

REMEMBERED = 600.0  # seconds
AFTER_OUTAGE = 60.0
LONGEST_VALUE = 25_000  # bytes; the SDK does not check (azure-hosting.md 6)

_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")


def open_key_vault(url: str, clock: Clock, *, client_id: str = "", **options: Any) -> KeyVaultSecrets:
    """Nothing is sent yet. `options` go to the SDK's client (a test's `credential` and `transport`)."""
    from azure.identity import ManagedIdentityCredential
    from azure.keyvault.secrets import SecretClient

    credential = options.pop("credential", None) or ManagedIdentityCredential(client_id=client_id or None)
    options = {
        "retry_total": 3,
        "retry_backoff_factor": 0.4,
        "connection_timeout": 5,
        "read_timeout": 20,
        **options,
    }
    return KeyVaultSecrets(SecretClient(vault_url=url, credential=credential, **options), clock)


class KeyVaultSecrets:
    """Only values that were found are remembered: a secret that an administrator just entered is seen at once."""

    def __init__(self, client: SecretClient, clock: Clock, seconds: float = REMEMBERED) -> None:
        self._client = client
        self._clock = clock
        self._length = timedelta(seconds=seconds)
        self._remembered: dict[str, tuple[datetime, str]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        known = self._recall(name)
        if known is not None:
            return known
        with translated():
            value = _value(self._client, vault_name(name))
        if value is not None:
            self._remember(name, value)
        return value

    def set(self, name: str, value: str, expires: datetime | None = None) -> None:
        if len(value.encode()) > LONGEST_VALUE:
            raise NeedsAdministrator("secret-too-long", {"limit": str(LONGEST_VALUE)})
        self.forget(name)
        with translated():
            _write(self._client, vault_name(name), value, expires)
        self._remember(name, value)

    def delete(self, name: str) -> None:
        """The vault keeps it recoverable for its retention time; `set` brings the name back."""
        self.forget(name)
        with translated():
            _delete(self._client, vault_name(name))

    def expires(self, name: str) -> datetime | None:
        """Asked of the vault every time: it is looked at once a day."""
        with translated():
            return _end(self._client, vault_name(name))

    def forget(self, name: str) -> None:
        """After a service refused the value: the next `get` asks the vault, where it may have been replaced."""
        with self._lock:
            self._remembered.pop(name, None)

    def _recall(self, name: str) -> str | None:
        with self._lock:
            until, value = self._remembered.get(name, (None, None))
        return value if until is not None and self._clock.now() < until else None

    def _remember(self, name: str, value: str) -> None:
        with self._lock:
            self._remembered[name] = (self._clock.now() + self._length, value)


def vault_name(name: str) -> str:
    """The name in the vault, which allows letters, digits and `-` and does not tell capitals apart.

    An allowed name stays, so that an administrator finds the secret that a setting names. Any other (with a
    `/` or `:` in it, as names made from user ids have) becomes `x-` and its hash, which tells capitals apart.
    """
    if _NAME.fullmatch(name) and not name.lower().startswith("x-"):
        return name
    return "x-" + hashlib.sha256(name.encode()).hexdigest()


def _value(client: SecretClient, name: str) -> str | None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return client.get_secret(name).value
    except ResourceNotFoundError:
        return None


def _end(client: SecretClient, name: str) -> datetime | None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return client.get_secret(name).properties.expires_on
    except ResourceNotFoundError:
        return None


def _write(client: SecretClient, name: str, value: str, expires: datetime | None) -> None:
    """A name that was deleted and is still recoverable is refused with 409: it is recovered first."""
    from azure.core.exceptions import ResourceExistsError

    try:
        client.set_secret(name, value, expires_on=expires)
    except ResourceExistsError:
        client.begin_recover_deleted_secret(name).wait(timeout=20)
        client.set_secret(name, value, expires_on=expires)


def _delete(client: SecretClient, name: str) -> None:
    """Not waited for: the poller only watches the recoverable copy appear."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        client.begin_delete_secret(name)
    except ResourceNotFoundError:
        return


@contextmanager
def translated() -> Iterator[None]:
    """Every failure of the SDK leaves as an error of `sync.errors`."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        yield
    except ClientAuthenticationError as error:
        raise NeedsAdministrator("vault-forbidden") from error
    except HttpResponseError as error:
        raise _meaning(error.status_code) from error
    except (AzureError, http.client.HTTPException, OSError) as error:
        raise _down(type(error).__name__) from error


def _meaning(status: int | None) -> NeedsAdministrator | TryLater:
    match status:
        case 401 | 403:  # a missing role, a firewall, a disabled secret
            return NeedsAdministrator("vault-forbidden")
        case int() if 400 <= status < 500 and status not in (408, 409, 429):
            return NeedsAdministrator("vault-refused", {"status": str(status)})
    return _down(str(status))


def _down(reason: str) -> TryLater:
    return TryLater("vault-unavailable", {"reason": reason}, retry_after=AFTER_OUTAGE)
