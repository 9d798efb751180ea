"""Tokens by real MSAL for one credential, as the app makes them for a whole organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.adapters.graph.credentials import ClientSource, Registration
from sync.adapters.graph.tokens import Tokens
from sync.adapters.http import Session
from sync.ports import Clock


def real_tokens(
    proof: Callable[[], Any],
    *,
    tenant: str,
    client_id: str,
    session: Session,
    clock: Clock,
    entra_url: str,
    graph_url: str,
) -> Tokens:
    """`proof` gives what MSAL takes for a credential each time it is needed."""
    registration = Registration(tenant, client_id, entra_url, graph_url)
    return Tokens([ClientSource(registration, proof, session)], clock)
