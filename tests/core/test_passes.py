"""A pass id says whose it is and when it was, and nothing else passes for one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.passes import PassName, new_pass_id, newest_first, parse_pass_id

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8"), max_size=30)


@given(texts, texts, st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_id_says_whose_it_is_and_is_safe_in_a_url(organization: str, user: str, at: datetime) -> None:
    made = new_pass_id(organization, user, at, "0a1b2c3d")
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", made)
    assert parse_pass_id(made) == PassName(organization, user, newest_first(at) + "0a1b2c3d")


def test_ids_of_one_moment_differ() -> None:
    assert len({new_pass_id("a", "u", NOW) for _ in range(50)}) == 50


def test_later_ids_sort_first() -> None:
    ids = [new_pass_id("a", "u", NOW + timedelta(milliseconds=number)) for number in range(5)]
    assert sorted(ids, reverse=True) == ids


GOOD = new_pass_id("acme", "sato", NOW, "0a1b2c3d")


@pytest.mark.parametrize(
    "text",
    [
        *("", "..", "1", GOOD + "0", GOOD[:-1], GOOD.upper(), "=" + GOOD, GOOD.replace(".", "/"), "é" + GOOD),
        f"YWNtZQ.c2F0bw==.{GOOD[-23:]}",
        f"YWNtZR.c2F0bw.{GOOD[-23:]}",
        f"_w.c2F0bw.{GOOD[-23:]}",
        "a." + GOOD,
    ],
)
def test_what_was_never_given_out_is_no_id(text: str) -> None:
    assert parse_pass_id(GOOD)
    assert parse_pass_id(text) is None
