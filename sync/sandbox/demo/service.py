"""The service as the groupware's administrator calls it: HTTP with a short-lived token that the groupware signs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import jwt

from sync.sandbox.demo.company import ADMINISTRATOR, SETTINGS, Person
from sync.sandbox.demo.outsides import Http, Json
from sync.sandbox.stack import AUDIENCE, ISSUER, Stack

TOKEN_SECONDS = 3600
# What the portal suggests for a client secret.
SECRET_LIVES = timedelta(days=180)
QUEUE_IT = {"Prefer": "respond-async"}


class Service:
    def __init__(self, stack: Stack) -> None:
        self._secret = stack.access_secret
        self._http = Http(stack.app)

    def token(self) -> str:
        """An administrator's, good for an hour, which is the longest the service takes."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": ADMINISTRATOR, "role": "admin", "iat": now,
            "exp": now + TOKEN_SECONDS,
        }  # fmt: skip
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def connect(self, stack: Stack) -> None:
        """Microsoft 365, as an administrator enters it on the screen of the initial settings."""
        end = datetime.now(UTC) + SECRET_LIVES
        credential = {
            "kind": "secret",
            "value": stack.client_secret,
            "expires": end.isoformat(timespec="seconds"),
        }
        ids = {"tenantId": stack.tenant, "clientId": stack.client}
        self._send("PUT", "/api/microsoft365", {"inUse": True, **ids, "credential": credential})

    def save_settings(self) -> None:
        self._send("PUT", "/api/settings", SETTINGS)

    def link(self, person: Person) -> None:
        body = {"upn": person.upn, "email": person.upn, "enabled": True}
        self._send("PUT", f"/api/users/{quote(person.user)}", body)

    def people(self) -> dict[str, Json]:
        """By groupware user id: who is linked and how each is doing."""
        return {found["id"]: found for found in self._send("GET", "/api/users?limit=500")["users"]}

    def queue_pass(self, person: Person) -> str:
        """The id of the pass that was asked for."""
        return str(self._send("POST", "/api/sync", {"user": person.user}, QUEUE_IT)["id"])

    def read_pass(self, pass_id: str) -> Json:
        found: Json = self._send("GET", f"/api/passes/{quote(pass_id, safe='')}")
        return found

    def problems(self, person: Person) -> list[Json]:
        found: list[Json] = self._send("GET", f"/api/users/{quote(person.user)}/problems")["problems"]
        return found

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        return self._http.send(
            method, path, body, {**(headers or {}), "Authorization": f"Bearer {self.token()}"}
        )
