"""Who may call: bearer tokens and their scopes (contract.yaml, "Access"). Static keys, for development."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Request

from sync.sandbox.groupware.problems import Problem

SCOPES = frozenset({"directory.read", "schedule.read", "schedule.write"})


class Access:
    """`tokens` gives the scopes of each token."""

    def __init__(self, tokens: Mapping[str, frozenset[str]]) -> None:
        self._tokens = dict(tokens)

    def scopes(self, request: Request, needed: str | None) -> frozenset[str]:
        """What the caller may do; Problems `unauthorized` and `not-permitted`."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        scopes = self._tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if scopes is None:
            raise Problem(
                "unauthorized",
                "A valid bearer token is required.",
                "有効なアクセストークンが必要です。",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if needed is not None and needed not in scopes:
            raise Problem(
                "not-permitted",
                f"The token lacks the scope {needed}.",
                f"トークンに権限 {needed} がありません。",
                {"requiredScope": needed},
                {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'},
            )
        return scopes
