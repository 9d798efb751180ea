"""When a credential ends, as the app registration in Graph says (graph-calendar.md 12.5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime

from sync.adapters.graph.answers import Json
from sync.core.tenant import Credential, CredentialKind

# Graph shows the first characters of a secret as its `hint` (resource passwordCredential).
HINT = 3


def end_of(application: Json, credential: Credential, value: str) -> datetime | None:
    """The end of the one entry that can only be this credential; None if none fits, or several with other ends."""
    if credential.kind is CredentialKind.SECRET:
        entries = application.get("passwordCredentials") or ()
        fitting = [entry for entry in entries if value and entry.get("hint") == value[:HINT]]
    else:
        entries = application.get("keyCredentials") or ()
        fitting = [entry for entry in entries if is_thumbprint(entry, credential.hint)]
    ends = set(_ends(fitting))
    return ends.pop() if len(ends) == 1 else None


def is_thumbprint(entry: Json, thumbprint: str) -> bool:
    """`customKeyIdentifier` is the SHA-1 thumbprint in base64, or in some answers in hexadecimal digits."""
    said = str(entry.get("customKeyIdentifier") or "")
    if not said or not thumbprint:
        return False
    if said.upper() == thumbprint.upper():
        return True
    try:
        return base64.b64decode(said, validate=True).hex().upper() == thumbprint.upper()
    except binascii.Error:
        return False


def _ends(entries: Iterable[Json]) -> Iterable[datetime]:
    for entry in entries:
        try:
            end = datetime.fromisoformat(str(entry.get("endDateTime") or ""))
        except ValueError:
            continue
        yield end if end.tzinfo is not None else end.replace(tzinfo=UTC)
