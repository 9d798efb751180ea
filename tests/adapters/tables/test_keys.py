"""Keys take any text and stay apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.adapters.tables.keys import LIMIT, below, decode, encode, key

# All that Table Storage takes without question, in keys and in addresses.
PLAIN = re.compile(r"[A-Za-z0-9@._=:~-]*")
texts = st.text(st.characters(codec="utf-8"), max_size=40)


@given(texts)
def test_a_part_comes_back(text: str) -> None:
    assert PLAIN.fullmatch(encode(text))
    assert decode(encode(text)) == text


@given(st.lists(texts, min_size=1, max_size=3), st.lists(texts, min_size=1, max_size=3))
def test_other_parts_make_another_key(one: list[str], other: list[str]) -> None:
    assert (key(*one) == key(*other)) is (one == other)


@pytest.mark.parametrize(
    ("parts", "made"),
    [
        (("acme", "sato@example.test"), "acme:sato@example.test"),
        (("a:b", "c"), "a=3Ab:c"),
        (("a", "b:c"), "a:b=3Ac"),
        (("a=3Ab",), "a=3D3Ab"),
        (("/\\#?",), "=2F=5C=23=3F"),
        (("~x",), "=7Ex"),
        (("",), ""),
        (("é",), "=C3=A9"),
    ],
)
def test_keys_as_they_are_stored(parts: tuple[str, ...], made: str) -> None:
    assert key(*parts) == made


def test_a_long_part_becomes_a_hash_that_no_text_is_encoded_to() -> None:
    fits, long = "x" * LIMIT, "x" * (LIMIT + 1)
    assert key(fits) == fits
    assert re.fullmatch("~[0-9a-f]{64}", key(long))
    assert key(key(long)) != key(long)
    assert key(long + "y") != key(long)
    assert decode(key(long)) is None


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_no_key_is_longer_than_the_limit(text: str) -> None:
    assert len(key(text)) <= LIMIT
    assert len(key(text * 3, text, "user")) <= LIMIT


@pytest.mark.parametrize("made", ["=3a", "=", "a=", "a/b", "=FF", "~" + "0" * 64])
def test_what_encode_never_made_is_not_decoded(made: str) -> None:
    assert decode(made) is None


def test_a_range_holds_the_keys_below_a_prefix_only() -> None:
    first, last = below(key("ab"))
    assert first <= key("ab", "") <= key("ab", "z") < last
    for outside in (key("ab"), key("abc", "x"), key("a", "x"), key("b", "x")):
        assert not first <= outside < last
