"""A place and its detail as one line, and back: nothing of them is lost or doubled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.place import fit_place, joined_place, split_place
from sync.core.text import canonical_place, length

# Few characters, so that one text often begins or ends like another.
texts = st.text(st.sampled_from("a ();；本😀"), max_size=12)
limits = st.integers(0, 14)


@pytest.mark.parametrize(
    ("place", "detail", "shown"),
    [
        ("本社", "5F", "本社 (5F)"),
        ("本社", "", "本社"),
        ("", "5F", "5F"),
        ("", "", ""),
        (" 本社\t", " 5F ", "本社 (5F)"),
        ("A;B", "c;", "A; B (c; )"),
    ],
)
def test_the_detail_follows_the_place_in_brackets(place: str, detail: str, shown: str) -> None:
    assert joined_place(place, detail) == shown


@pytest.mark.parametrize(
    ("edited", "place", "detail"),
    [
        ("本社 (5F)", "本社", "5F"),  # nobody edited it
        ("支社 (5F)", "支社", "5F"),
        ("本社 (6F 東)", "本社", "6F 東"),
        ("本社 (5F) (裏口)", "本社", "5F) (裏口"),
        ("本社", "本社", ""),
        ("支社", "支社", ""),
        ("支社 (6F)", "支社 (6F)", ""),
        ("本社 ()", "本社 ()", ""),
        ("(5F)", "(5F)", ""),
        ("", "", ""),
    ],
)
def test_an_edit_of_one_end_leaves_the_other(edited: str, place: str, detail: str) -> None:
    assert split_place(edited, "本社", "5F", 100, 100) == (place, detail)


def test_what_has_no_detail_gets_none() -> None:
    assert split_place("会議室 (大)", "会議室", "", 100, 100) == ("会議室 (大)", "")
    assert split_place("会議室 (大)", "", "", 100, 100) == ("会議室 (大)", "")


def test_a_line_too_long_for_the_place_alone_is_a_place_and_a_detail() -> None:
    assert fit_place("本社ビル (五階)", 5, 5) == "本社ビル (五階)"
    assert split_place("本社ビル (五階)", "", "", 5, 5) == ("本社ビル", "五階")
    assert fit_place("本社ビル (五階)", 3, 5) == "本社ビ"
    assert fit_place("本社ビル (五階)", 5, 0) == "本社ビル"


@given(texts, texts, st.integers(12, 20))
def test_a_line_that_nobody_edited_touches_neither(place: str, detail: str, limit: int) -> None:
    shown = joined_place(place, detail)
    assert canonical_place(shown) == shown
    assert split_place(shown, place, detail, limit, limit) == (place, detail)


@given(texts, texts, texts, limits, limits)
def test_what_is_written_is_shown_as_it_was_edited(
    edited: str, place: str, detail: str, place_limit: int, detail_limit: int
) -> None:
    edited = fit_place(canonical_place(edited), place_limit, detail_limit)
    found = split_place(edited, place, detail, place_limit, detail_limit)
    assert joined_place(*found) == edited
    if found != (place, detail):  # what stands there stays, whatever its length
        assert length(found[0]) <= max(place_limit, length(place))
        assert length(found[1]) <= max(detail_limit, length(detail))
