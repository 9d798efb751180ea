"""What Entra refuses, by the number behind AADSTS (section 12.4), and the refusals that a test has ordered."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# number -> (error, text). The rows of section 12.4 first, then what reports and this simulator know besides.
# 700023 and 700024: github.com/AzureAD/microsoft-authentication-library-for-dotnet issues 2746 and 4951;
# 700211, 700213, 7002138, 70021: github.com/Azure/azure-workload-identity issues 1200 and 616, github.com/Azure/login
# issues 482 and 517.
KNOWN: Mapping[int, tuple[str, str]] = {
    7000215: (
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
        "not the client secret ID.",
    ),
    7000222: ("invalid_client", "The provided client secret keys for the app are expired."),
    7000218: (
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    700027: ("invalid_client", "The certificate used to sign the client assertion is not registered."),
    700016: ("unauthorized_client", "The application was not found in the directory."),
    7000112: ("unauthorized_client", "The application is disabled."),
    70001: ("unauthorized_client", "The application is not found or disabled for this tenant."),
    90002: ("invalid_request", "The tenant was not found."),
    65001: ("invalid_grant", "The user or administrator has not consented to use the application."),
    65004: ("access_denied", "User declined to consent to access the app."),
    90094: ("access_denied", "The grant requires admin permission."),
    50011: ("invalid_request", "The redirect URI does not match those configured for the application."),
    50020: (
        "access_denied",
        "The user account of another identity provider does not exist in this tenant and cannot access it.",
    ),
    500011: ("invalid_resource", "The resource principal was not found in the tenant."),
    53003: ("access_denied", "Access has been blocked by Conditional Access policies."),
    54005: ("invalid_grant", "The OAuth2 authorization code was already redeemed."),
    900144: ("invalid_request", "The request body must contain a required parameter."),
    90055: ("temporarily_unavailable", "There are too many incoming requests from this tenant."),
    700021: ("invalid_client", "The client assertion's issuer or subject is not the 'client_id'."),
    700023: ("invalid_client", "Client assertion audience claim does not match Realm issuer."),
    700024: ("invalid_client", "Client assertion is not within its valid time range."),
    70021: ("invalid_request", "No matching federated identity record found for presented assertion."),
    700211: (
        "invalid_client",
        "No matching federated identity record found for presented assertion issuer.",
    ),
    700212: (
        "invalid_client",
        "No matching federated identity record found for presented assertion audience.",
    ),
    700213: (
        "invalid_client",
        "No matching federated identity record found for presented assertion subject.",
    ),
    7002138: (
        "invalid_client",
        "No matching federated identity record found for presented assertion subject: it matches only without case.",
    ),
    700229: ("invalid_client", "Only app-only tokens can be used as a federated identity credential."),
    70003: ("unsupported_grant_type", "The app requested an unsupported grant type."),
    70000: ("invalid_grant", "The provided value for the 'code' parameter is not valid."),
    70008: ("invalid_grant", "The authorization code has expired."),
    500112: ("invalid_grant", "The redirect URI is not the one of the authorization request."),
    501481: (
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge of the authorization request.",
    ),
    501491: ("invalid_request", "The size of the Code_Challenge parameter is invalid."),
    700054: ("unsupported_response_type", "The response_type is not enabled for the application."),
    70011: ("invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    50034: ("invalid_request", "The user account does not exist in the directory."),
    50057: ("access_denied", "The user account is disabled."),
    50058: ("login_required", "A silent sign-in request was sent but no user is signed in."),
    9000411: ("invalid_request", "A parameter of the request is duplicated."),
    900561: ("invalid_request", "The value of a parameter is not supported."),
    90033: ("temporarily_unavailable", "A transient error has occurred."),
}


class EntraError(Exception):
    """A refusal by Entra; `code` is the number behind AADSTS. `invalid_client` is 401, others 400 ([assumed])."""

    def __init__(self, code: int, message: str = "", error: str = "", status: int = 0) -> None:
        known, text = KNOWN.get(code, ("invalid_request", "An error has occurred."))
        super().__init__(f"AADSTS{code}: {message or text}")
        self.code = code
        self.error = error or known
        self.status = status or (401 if self.error == "invalid_client" else 400)


class Place(StrEnum):
    TOKEN = "token"
    AUTHORIZE = "authorize"
    CONSENT = "consent"


@dataclass(slots=True)
class Ordered:
    """`times` None: until it is taken back. `client_id` "" fits every application."""

    code: int
    place: Place
    times: int | None = 1
    client_id: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "place": self.place,
            "times": self.times,
            "clientId": self.client_id or None,
        }


class Refusals:
    """Refusals that happen because a test or a person at the control surface wants to see them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: list[Ordered] = []

    def order(self, code: int, place: Place, times: int | None = 1, client_id: str = "") -> None:
        """`ValueError` for a number that is not known here."""
        if code not in KNOWN:
            raise ValueError(f"AADSTS{code} is not known here")
        with self._lock:
            self._ordered.append(Ordered(code, place, times, client_id))

    def clear(self) -> None:
        with self._lock:
            self._ordered.clear()

    def to_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [each.to_json() for each in self._ordered]

    def raise_at(self, place: Place, client_id: str) -> None:
        """Raises the first that was ordered for this place and application."""
        with self._lock:
            fitting = (
                each
                for each in self._ordered
                if each.place is place and each.client_id in ("", client_id) and each.times != 0
            )
            found = next(fitting, None)
            if found is None:
                return
            if found.times is not None:
                found.times -= 1
            self._ordered = [each for each in self._ordered if each.times != 0]
        raise EntraError(found.code)
