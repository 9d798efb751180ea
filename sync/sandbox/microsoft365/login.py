"""What Entra remembers of people who sign in: codes, who consented, its keys, and what a test wants it to refuse."""

from __future__ import annotations

import base64
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.sandbox.microsoft365.identifiers import digest, guid
from sync.sandbox.microsoft365.keys import Keys
from sync.sandbox.microsoft365.refusals import Refusals

# Entra's address as the world knows it. Tokens name it, wherever this simulator listens.
PUBLIC_ENTRA = "https://login.microsoftonline.com"
CODE_LIFETIME = timedelta(minutes=10)
CODE_BYTES = 600


@dataclass(slots=True)
class Code:
    """An authorization code and what it was asked for with (section 12.3)."""

    client_id: str
    redirect_uri: str
    user_id: str
    scopes: tuple[str, ...]
    nonce: str
    challenge: str
    method: str
    expires: datetime
    is_redeemed: bool = False


class Login:
    """`consenting_tenant` is the tenant whose administrator answers on the consent page; "" is this one.

    `users_may_consent`: whether people may consent for themselves, or 90094 sends them to an administrator.
    `identity_header` is the secret that App Service gives to the app for its managed identity's endpoint.
    """

    def __init__(self, tenant_id: str, seed: int) -> None:
        self.keys = Keys(tenant_id)
        self.refusals = Refusals()
        self.consenting_tenant = ""
        self.users_may_consent = False
        self.identity_header = guid(seed, "identity-header")
        self.issuer = f"{PUBLIC_ENTRA}/{tenant_id}/v2.0"
        self.consents: set[tuple[str, str]] = set()
        self._tenant_id = tenant_id
        self._seed = seed
        self._codes: dict[str, Code] = {}
        self._lock = threading.Lock()

    def add_code(self, code: Code) -> str:
        """Its text: long, with characters that have to be encoded nowhere, as Entra's."""
        text = f"1.{base64.urlsafe_b64encode(secrets.token_bytes(CODE_BYTES)).decode()}"
        with self._lock:
            self._codes[text] = code
        return text

    def find_code(self, text: str) -> Code | None:
        with self._lock:
            return self._codes.get(text)

    def spend(self, code: Code) -> bool:
        """False if it was spent before; of two at once one only is told True."""
        with self._lock:
            was, code.is_redeemed = code.is_redeemed, True
        return not was

    def subject(self, client_id: str, user_id: str) -> str:
        """`sub` is another one for every application (section 12.3)."""
        return base64.urlsafe_b64encode(digest(self._seed, "subject", client_id, user_id) * 2).decode()[:43]
