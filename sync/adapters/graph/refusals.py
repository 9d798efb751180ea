"""What a refusal of Microsoft Entra means: by AADSTS number, never by its text (graph-calendar.md 12.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.errors import NeedsAdministrator, SyncError, TryLater

# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
AADSTS = {
    7000215: "credential-wrong",
    7000222: "credential-expired",
    7000218: "credential-not-sent",
    700027: "credential-certificate-unknown",
    700211: "credential-federation-wrong",
    700212: "credential-federation-wrong",
    700213: "credential-federation-wrong",
    7002138: "credential-federation-wrong",
    700021: "credential-assertion-refused",
    700023: "credential-assertion-refused",
    700024: "credential-assertion-refused",
    70021: "credential-federation-wrong",
    700229: "credential-federation-not-app",
    700016: "credential-unknown-app",
    70001: "credential-app-unavailable",
    7000112: "credential-app-disabled",
    90002: "tenant-unknown",
    900023: "tenant-unknown",
    65001: "consent-missing",
    65004: "consent-declined",
    90094: "consent-by-administrator",
    50011: "redirect-uri-mismatch",
    50020: "account-of-another-tenant",
    500011: "entra-resource-unknown",
    53003: "conditional-access",
    54005: "sign-in-code-used",
    900144: "entra-parameter-missing",
}
# 90033: a transient error, which Entra asks to be repeated.
THROTTLED = frozenset({90055})
TRANSIENT = frozenset({90033})


def refusal_of(answer: Mapping[str, Any]) -> SyncError:
    """The error for an answer of the token endpoint."""
    numbers = [int(n) for n in answer.get("error_codes") or [] if str(n).isdigit()]
    detail = {"error": str(answer.get("error", "")), "aadsts": ",".join(map(str, numbers))}
    if THROTTLED.intersection(numbers) or answer.get("error") == "temporarily_unavailable":
        return TryLater("entra-throttled", detail)
    if TRANSIENT.intersection(numbers):
        return TryLater("entra-unavailable", detail)
    code = next((AADSTS[n] for n in numbers if n in AADSTS), None)
    if code is None and answer.get("error") == "invalid_client":
        code = "credential-wrong"
    return NeedsAdministrator(code or "token-denied", detail)
