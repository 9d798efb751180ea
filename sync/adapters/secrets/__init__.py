"""Where secrets are kept: a Key Vault, or on one machine a file that only its owner can read."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sync.errors import BadSetting
from sync.ports import Clock, Secrets


def open_secrets(url: str, clock: Clock, *, client_id: str = "") -> Secrets:
    """The store that the setting KEY_VAULT_URL names: `https://….vault.azure.net` or `file:///path`.

    `client_id` is that of the user-assigned managed identity ("": the system-assigned one). Nothing is read yet.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        from sync.adapters.secrets.keyvault import open_key_vault

        return open_key_vault(url, clock, client_id=client_id)
    if parts.scheme == "file" and not parts.netloc and parts.path not in ("", "/"):
        from sync.adapters.secrets.file import FileSecrets

        return FileSecrets(Path(unquote(parts.path)))
    raise BadSetting("setting-malformed", {"setting": "KEY_VAULT_URL", "expected": "https://… / file:///…"})
