"""How MSAL reaches Microsoft Entra ID: over our Session, and at another address when one is set for this machine.

A sovereign cloud is named to MSAL itself, so that a certificate's assertion carries the right audience. MSAL knows
no `http://` authority; for the simulator on loopback it is told the public address, which is exchanged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from sync.adapters.http import Session, refuse_insecure
from sync.errors import NeedsAdministrator, TryLater

DISCOVERY = "/.well-known/openid-configuration"
PUBLIC_ENTRA = "https://login.microsoftonline.com"


@dataclass(frozen=True, slots=True)
class EntraAnswer:
    """The four things MSAL reads of an answer."""

    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise requests.HTTPError(f"HTTP {self.status_code}")


class EntraHttp:
    """MSAL's `http_client`. With an http `entra_url` every public address is exchanged on the way out, and back.

    Throttling and failures are raised here as `TryLater`: MSAL would keep such answers and lose their Retry-After.
    So is what only this layer can tell apart: a tenant that does not exist, which MSAL calls a ValueError.
    """

    def __init__(self, session: Session, entra_url: str) -> None:
        self._session = session
        self._elsewhere = entra_url if is_stand_in(entra_url) else None

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> EntraAnswer:
        return self._send("GET", url, params=params, headers=headers)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> EntraAnswer:
        return self._send("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        """The Session belongs to whoever made it."""

    def _send(self, method: str, url: str, *, headers: Any, **kwargs: Any) -> EntraAnswer:
        # MSAL sets absent telemetry to None.
        said = {name: text for name, text in (headers or {}).items() if text is not None}
        try:
            answer = self._session.request(method, self._address(url), headers=said, **kwargs)
        except requests.RequestException as error:
            raise TryLater("entra-unavailable", {"error": type(error).__name__}) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            code = "entra-throttled" if answer.status_code == 429 else "entra-unavailable"
            after = answer.headers.get("Retry-After", "")
            raise TryLater(
                code,
                {"status": str(answer.status_code)},
                retry_after=float(after) if after.isdigit() else None,
            )
        if not is_json(answer):
            raise TryLater("entra-unavailable", {"status": str(answer.status_code)})
        if answer.status_code >= 400 and url.endswith(DISCOVERY):
            raise NeedsAdministrator("tenant-unknown", {"status": str(answer.status_code)})
        return self._answer(answer)

    def _address(self, url: str) -> str:
        if self._elsewhere is None or not url.startswith(PUBLIC_ENTRA + "/"):
            return url
        return self._elsewhere + url.removeprefix(PUBLIC_ENTRA)

    def _answer(self, answer: requests.Response) -> EntraAnswer:
        text = answer.text
        if self._elsewhere is not None:
            text = text.replace(self._elsewhere, PUBLIC_ENTRA)
        return EntraAnswer(answer.status_code, text, dict(answer.headers))


def is_json(answer: requests.Response) -> bool:
    """A proxy's page is not an answer of Entra, whatever its status."""
    try:
        answer.json()
    except requests.JSONDecodeError:
        return False
    return True


def is_stand_in(entra_url: str) -> bool:
    """Whether `entra_url` is a simulator on this machine; `BadSetting` if it is neither that nor https."""
    refuse_insecure(entra_url)
    return urlsplit(entra_url).scheme == "http"


def authority(entra_url: str, tenant: str) -> str:
    """The authority MSAL is given for `tenant`."""
    return f"{PUBLIC_ENTRA if is_stand_in(entra_url) else entra_url.rstrip('/')}/{tenant}"
