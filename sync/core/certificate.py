"""A certificate with its private key, as an administrator hands it in or a vault keeps it. Pure.

PEM, or base64 of a PKCS #12 without a password: that is how Key Vault gives out a certificate that was made there
(https://learn.microsoft.com/azure/key-vault/certificates/about-certificates). Errors never quote any of it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from sync.errors import NeedsAdministrator

# Microsoft Entra takes RSA keys of this size and larger (graph-calendar.md 12.1, certificate-credentials).
SMALLEST_KEY = 2048


@dataclass(frozen=True, slots=True)
class Certificate:
    """`private_key` and `chain` (its own certificate first) are PEM; `thumbprint` is what the portal shows: SHA-1."""

    private_key: str
    chain: str
    thumbprint: str
    ends: datetime

    def __repr__(self) -> str:
        return f"Certificate({self.thumbprint})"


def parse_certificate(text: str) -> Certificate:
    """`NeedsAdministrator("certificate-unreadable")` for anything that Entra could not be shown."""
    try:
        key, certificates = _parts(text)
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        # Without its text, which may hold parts of the key.
        raise NeedsAdministrator("certificate-unreadable") from None
    own = next((one for one in certificates if one.public_key() == key.public_key()), None)
    if own is None:
        raise NeedsAdministrator("certificate-unreadable")
    ordered = [own, *(one for one in certificates if one != own)]
    return Certificate(
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        chain="".join(one.public_bytes(Encoding.PEM).decode() for one in ordered),
        thumbprint=own.fingerprint(hashes.SHA1()).hex().upper(),
        ends=own.not_valid_after_utc,
    )


def _parts(text: str) -> tuple[RSAPrivateKey, list[x509.Certificate]]:
    if "-----BEGIN" in text:
        key: object = load_pem_private_key(text.encode(), None)
        certificates = x509.load_pem_x509_certificates(text.encode())
    else:
        bag = load_pkcs12(base64.b64decode("".join(text.split()), validate=True), None)
        key = bag.key
        found = [bag.cert, *bag.additional_certs]
        certificates = [one.certificate for one in found if one is not None]
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_KEY:
        raise ValueError("no RSA key of 2048 bits or more")
    return key, certificates
