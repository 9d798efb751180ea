"""Which storage account the service uses, read from the settings that the Functions host reads too.

Either a connection string, or an address together with the app's managed identity: `AzureWebJobsStorage`, or
`AzureWebJobsStorage__tableServiceUri` / `__queueServiceUri` / `__accountName` and `__clientId`
(azure-hosting.md 4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sync.errors import BadSetting

Service = Literal["table", "queue"]


@dataclass(frozen=True, slots=True)
class StorageAccount:
    """One way in: `connection_string` alone, or the two addresses and the identity that may use them."""

    connection_string: str = field(default="", repr=False)
    table_uri: str = ""
    queue_uri: str = ""
    client_id: str = ""

    @property
    def uses_identity(self) -> bool:
        """Then Bicep made tables and queues; with a connection string they are made on demand."""
        return not self.connection_string

    def uri(self, service: Service) -> str:
        return self.table_uri if service == "table" else self.queue_uri


def read_account(settings: Mapping[str, str], name: str = "AzureWebJobsStorage") -> StorageAccount:
    """The account named by the settings; a connection string wins over addresses, as in the host."""
    connection_string = settings.get(name, "").strip()
    if connection_string:
        return StorageAccount(connection_string=connection_string)
    return StorageAccount(
        table_uri=_uri(settings, name, "table"),
        queue_uri=_uri(settings, name, "queue"),
        client_id=settings.get(f"{name}__clientId", "").strip(),
    )


def _uri(settings: Mapping[str, str], name: str, service: Service) -> str:
    setting = f"{name}__{service}ServiceUri"
    uri = settings.get(setting, "").strip()
    if uri:
        if not uri.startswith("https://"):
            raise BadSetting("setting-malformed", {"setting": setting, "expected": "https://…"})
        return uri
    account = settings.get(f"{name}__accountName", "").strip()
    if not account:
        raise BadSetting("setting-missing", {"setting": name})
    if not re.fullmatch(r"[a-z0-9]{3,24}", account):
        raise BadSetting("setting-malformed", {"setting": f"{name}__accountName", "expected": "a-z0-9, 3-24"})
    return f"https://{account}.{service}.core.windows.net"
