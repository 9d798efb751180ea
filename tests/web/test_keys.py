from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync.errors import BadSetting, TryLater
from sync.web.keys import JwksKeys, StaticKeys, parse_jwks
from tests.fakes import FakeClock

KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


def jwk(number: int, kid: str, **changes: object) -> dict[str, Any]:
    return jwt.algorithms.RSAAlgorithm.to_jwk(KEYS[number].public_key(), as_dict=True) | {
        "kid": kid,
        "use": "sig",
        **changes,
    }


class Published:
    """A key set that the test changes, and how often it was fetched."""

    def __init__(self, *entries: object) -> None:
        self.entries: list[object] = list(entries)
        self.fetched = 0
        self.is_down = False

    def __call__(self) -> Mapping[str, object]:
        self.fetched += 1
        if self.is_down:
            raise TryLater("groupware-unavailable")
        return {"keys": self.entries}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_the_set_is_fetched_when_first_needed_and_then_kept(clock: FakeClock) -> None:
    published = Published(jwk(0, "one"))
    keys = JwksKeys(published, clock)
    assert published.fetched == 0
    assert all(keys.find("RS256", "one") for _ in range(5))
    assert published.fetched == 1


def test_an_old_set_is_fetched_again(clock: FakeClock) -> None:
    published = Published(jwk(0, "one"))
    keys = JwksKeys(published, clock)
    keys.find("RS256", "one")
    clock.advance(timedelta(hours=1))
    published.entries = [jwk(1, "two")]
    assert keys.find("RS256", "one") is None
    assert keys.find("RS256", "two") is not None


def test_a_rotated_key_is_found_without_waiting_for_the_set_to_age(clock: FakeClock) -> None:
    published = Published(jwk(0, "one"))
    keys = JwksKeys(published, clock)
    keys.find("RS256", "one")
    published.entries.append(jwk(1, "two"))
    clock.advance(61)
    assert keys.find("RS256", "two") is not None


def test_made_up_key_ids_do_not_hammer_the_groupware(clock: FakeClock) -> None:
    published = Published(jwk(0, "one"))
    keys = JwksKeys(published, clock)
    for number in range(120):
        assert keys.find("RS256", f"made-up-{number}") is None
        clock.advance(1)
    assert published.fetched == 2


def test_while_the_groupware_is_down_known_keys_stay_good_for_a_day(clock: FakeClock) -> None:
    published = Published(jwk(0, "one"))
    keys = JwksKeys(published, clock)
    keys.find("RS256", "one")
    published.is_down = True
    clock.advance(timedelta(hours=23))
    assert keys.find("RS256", "one") is not None
    clock.advance(timedelta(hours=1))
    with pytest.raises(TryLater, match="keys-unavailable"):
        keys.find("RS256", "one")


def test_a_groupware_that_was_never_reached_is_asked_once_a_minute(clock: FakeClock) -> None:
    published = Published()
    published.is_down = True
    keys = JwksKeys(published, clock)
    for _ in range(60):
        with pytest.raises(TryLater):
            keys.find("RS256", "one")
        clock.advance(1)
    assert published.fetched == 1
    published.is_down, published.entries = False, [jwk(0, "one")]
    assert keys.find("RS256", "one") is not None


def test_a_token_without_kid_is_accepted_only_where_there_is_no_choice(clock: FakeClock) -> None:
    assert JwksKeys(Published(jwk(0, "one")), clock).find("RS256", "") is not None
    assert JwksKeys(Published(jwk(0, "one"), jwk(1, "two")), clock).find("RS256", "") is None


def test_keys_that_must_not_sign_are_left_out() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    p384 = ec.generate_private_key(ec.SECP384R1())
    document = {
        "keys": [
            jwk(0, "good"),
            jwk(0, "for encryption", use="enc"),
            jwk(0, "another algorithm", alg="PS256"),
            jwk(0, "broken", n="!"),
            {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
            jwt.algorithms.RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True) | {"kid": "weak"},
            jwt.algorithms.ECAlgorithm.to_jwk(p384.public_key(), as_dict=True) | {"kid": "p384"},
            "not a key",
        ]
    }
    assert [key.id for key in parse_jwks(document)] == ["good"]


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, []])
def test_what_is_no_key_set_is_an_error_and_not_an_empty_set(document: Any) -> None:
    with pytest.raises(TryLater):
        parse_jwks(document)


def test_a_short_secret_stops_the_start() -> None:
    with pytest.raises(BadSetting, match="secret-too-short"):
        StaticKeys.secret(b"x" * 31)


@pytest.mark.parametrize("text", ["", "not a key"])
def test_an_unusable_public_key_stops_the_start(text: str) -> None:
    with pytest.raises(BadSetting, match="public-key-unusable"):
        StaticKeys.pem(text)


def test_a_static_key_serves_tokens_with_and_without_kid() -> None:
    pem = KEYS[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    keys = StaticKeys.pem(pem)
    assert keys.find("RS256", "") is not None
    assert keys.find("RS256", "any") is not None
    assert keys.find("HS256", "") is None
    assert StaticKeys.pem(pem, "one").find("RS256", "two") is None
