from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync.web.keys import StaticKeys
from sync.web.tokens import Caller, Issuer, Role, TokenRefused, read_token
from tests.web.company import AUDIENCE, ISSUER, SECRET, sign

NOW = 1_800_000_000
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

BY_SECRET = Issuer(ISSUER, AUDIENCE, StaticKeys.secret(SECRET))
BY_RSA = Issuer(ISSUER, AUDIENCE, StaticKeys.pem(PEM.decode()))


def claims(**changes: object) -> dict[str, Any]:
    asked = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "suzuki",
        "role": "user",
        "iat": NOW,
        "exp": NOW + 600,
    }
    return {name: value for name, value in (asked | changes).items() if value is not ...}


def read(token: str, issuer: Issuer = BY_SECRET) -> Caller:
    return read_token(token, {issuer.name: issuer}, NOW)[0]


def reason(token: str, issuer: Issuer = BY_SECRET) -> str:
    with pytest.raises(TokenRefused) as refusal:
        read(token, issuer)
    return refusal.value.reason


def test_a_good_token_names_the_caller() -> None:
    token = sign(claims(role="admin", org="東京"))
    assert read(token) == Caller("東京", "suzuki", Role.ADMIN)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"iss": ...}, "issuer"),
        ({"aud": "another-app"}, "audience"),
        ({"aud": ...}, "missing-aud"),
        ({"aud": []}, "missing-aud"),
        ({"sub": ...}, "missing-sub"),
        ({"sub": ""}, "bad-sub"),
        ({"sub": "a\x00b"}, "bad-sub"),
        ({"sub": "a" * 257}, "bad-sub"),
        ({"exp": ...}, "missing-exp"),
        ({"exp": NOW - 30}, "expired"),
        ({"exp": NOW - 31}, "expired"),
        ({"exp": True}, "bad-exp"),
        ({"exp": math.nan}, "bad-exp"),
        ({"exp": math.inf}, "bad-exp"),
        ({"exp": str(NOW + 60)}, "bad-exp"),
        ({"exp": NOW + 3601}, "lives-too-long"),
        ({"iat": ..., "exp": NOW + 3631}, "lives-too-long"),
        ({"iat": NOW - 3600, "exp": NOW + 60}, "lives-too-long"),
        ({"iat": NOW + 31}, "not-yet"),
        ({"iat": "today"}, "bad-iat"),
        ({"nbf": NOW + 31}, "not-yet"),
        ({"nbf": -1}, "bad-nbf"),
        ({"role": ...}, "bad-role"),
        ({"role": "owner"}, "bad-role"),
        ({"role": ["admin"]}, "bad-role"),
        ({"org": ""}, "bad-org"),
        ({"org": None}, "bad-org"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(changes: dict[str, object], why: str) -> None:
    assert reason(sign(claims(**changes))) == why


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - 29},
        {"iat": NOW + 29},
        {"nbf": NOW + 29},
        {"iat": ..., "exp": NOW + 3600},
        {"exp": NOW + 3600},
        {"aud": ["other", AUDIENCE]},
    ],
)
def test_clocks_may_differ_by_half_a_minute(changes: dict[str, object]) -> None:
    assert read(sign(claims(**changes))).user == "suzuki"


def test_a_wrong_signature_is_refused() -> None:
    assert reason(sign(claims(), b"another secret, as long as needed!")) == "signature"


def test_a_changed_payload_is_refused() -> None:
    head, _, signature = sign(claims()).split(".")
    payload = _part(claims(role="admin"))
    assert reason(f"{head}.{payload}.{signature}") == "signature"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_token_is_refused(algorithm: str) -> None:
    token = f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(claims())}."
    assert reason(token) in ("key", "malformed")
    assert reason(token, BY_RSA) in ("key", "malformed")


def test_the_public_key_is_no_secret() -> None:
    """HS256 signed with the public RSA key: the classic key confusion (RFC 8725 2.1)."""
    # PyJWT refuses to sign like this; an attacker would not ask it.
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims(role='admin'))}"
    mac = hmac.new(PEM, signed.encode(), hashlib.sha256).digest()
    assert reason(f"{signed}.{_bytes(mac)}", BY_RSA) == "key"


def test_an_rsa_token_means_nothing_where_a_secret_is_agreed() -> None:
    assert reason(sign(claims(), RSA, "RS256")) == "key"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_a_key_is_good_for_one_algorithm_only(algorithm: str) -> None:
    assert read(sign(claims(), RSA, "RS256"), BY_RSA).user == "suzuki"
    assert reason(sign(claims(), RSA, algorithm), BY_RSA) == "key"


def test_another_rsa_key_is_refused() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert reason(sign(claims(), other, "RS256"), BY_RSA) == "signature"


def test_es256_works_with_its_key() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    issuer = Issuer(ISSUER, AUDIENCE, StaticKeys.pem(pem.decode()))
    assert read(sign(claims(), private, "ES256"), issuer).user == "suzuki"
    assert reason(sign(claims(), RSA, "RS256"), issuer) == "key"


def test_a_key_inside_the_token_is_not_believed() -> None:
    attacker = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(attacker.public_key(), as_dict=True)
    token = sign(claims(), attacker, "RS256", jwk=jwk, jku="https://attacker.example/keys")
    assert reason(token, BY_RSA) == "signature"


def test_an_unknown_critical_header_is_refused() -> None:
    assert reason(sign(claims(), crit=["urn:unknown"])) in ("malformed", "invalid")


@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "a.b.c",
        lambda: "....",
        lambda: "日本語.日本語.日本語",
        lambda: f"{_part(['HS256'])}.{_part(claims())}.x",
        lambda: f"{_part({'alg': ['HS256']})}.{_part(claims())}.x",
        lambda: f"{_part({'alg': 'HS256', 'kid': 7})}.{_part(claims())}.x",
        lambda: f"{_part({'alg': 'HS256'})}.{_part(['suzuki'])}.x",
        lambda: f"{_part({'alg': 'HS256'})}.{_bytes(b'[' * 4000)}.x",
        lambda: f"{_part({'alg': 'HS256'})}.{_bytes(b'[' * 5000 + b']' * 5000)}.x",
    ],
)
def test_what_is_no_token_is_refused(make: Callable[[], str]) -> None:
    assert reason(make()) in ("malformed", "header", "too-large")


def test_an_issuer_that_is_no_name_is_refused() -> None:
    assert reason(f"{_part({'alg': 'HS256'})}.{_part(claims(iss=[ISSUER]))}.x") in ("issuer", "malformed")


def test_a_huge_token_is_refused_before_it_is_parsed() -> None:
    assert reason(sign(claims(more="x" * 8192))) == "too-large"


def _part(value: object) -> str:
    return _bytes(json.dumps(value).encode())


def _bytes(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
