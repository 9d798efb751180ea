"""The `state` of a way through Microsoft's pages: what the browser is on its way for, bound to that browser.

It is signed, short-lived and good for one answer. The nonce and the code verifier follow from its name, so that
nothing has to be stored while the browser is away.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sync.log import log
from sync.ports import SignInRequest, Tickets
from sync.web.problems import HttpProblem
from sync.web.sessions import is_same
from sync.web.signing import Kind, Signing
from sync.web.tokens import LEEWAY, TokenRefused

LIFE: Final = timedelta(minutes=10)


class Purpose(StrEnum):
    CONSENT = "consent"
    # The administrator signs in where consent was given, since the consent's answer is not authenticated.
    PROOF = "proof"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class State:
    """`browser` is the fingerprint of the cookie of the browser that it was made for."""

    purpose: Purpose
    organization: str
    id: str
    browser: str
    until: datetime
    text: str


class States:
    def __init__(self, signing: Signing, tickets: Tickets) -> None:
        self._signing, self._tickets = signing, tickets

    def make(self, purpose: Purpose, organization: str, browser: str) -> State:
        claims = {"purpose": purpose.value, "org": organization, "browser": browser}
        claims["jti"] = secrets.token_urlsafe(16)
        text = self._signing.sign(Kind.STATE, claims, LIFE)
        return _state(self._signing.read(Kind.STATE, text), text)

    def read(self, text: str) -> State:
        """A state of ours, and of now; `HttpProblem` for every other text."""
        try:
            return _state(self._signing.read(Kind.STATE, text), text)
        except TokenRefused as refusal:
            raise stale(refusal.reason) from refusal

    def spend(self, state: State, browser: str | None) -> None:
        """Use it up; `HttpProblem` if it was made for another browser (whose answer this one then must not use up),
        or used already."""
        if browser is None or not is_same(browser, state.browser):
            raise stale("other-browser")
        if not self._tickets.spend(state.organization, f"state {state.id}", state.until):
            raise stale("replayed")

    def request(self, state: State, redirect_uri: str) -> SignInRequest:
        return SignInRequest(
            redirect_uri=redirect_uri,
            state=state.text,
            nonce=self._signing.derive("nonce", state.id),
            code_verifier=self._signing.derive("code-verifier", state.id),
        )


def stale(reason: str) -> HttpProblem:
    """`reason` is for the log only."""
    log("state-refused", reason=reason)
    return HttpProblem(400, "sign-in-stale")


def _state(claims: Any, text: str) -> State:
    return State(
        Purpose(claims["purpose"]),
        str(claims["org"]),
        str(claims["jti"]),
        str(claims["browser"]),
        datetime.fromtimestamp(claims["exp"] + LEEWAY, UTC),
        text,
    )
