from __future__ import annotations

import posixpath
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.core.handover import LONGEST_PATH, is_return_path, is_state

GROUPWARE = "https://groupware.example"
PIECES = st.sampled_from(
    [
        "/",
        "\\",
        "%2f",
        "%5C",
        "%25",
        "%09",
        "\t",
        "\n",
        "\r",
        " ",
        "a",
        ".",
        "..",
        "@",
        ":",
        "?",
        "#",
        "evil.example",
    ]
)


def as_a_browser(text: str) -> str:
    """What the URL standard does before anything else: tabs and line ends go, "\\" is "/"."""
    kept = "".join(char for char in text.strip("\x00\x20") if char not in "\t\r\n")
    path, mark, rest = kept.partition("?")
    return path.replace("\\", "/") + mark + rest


@given(st.lists(PIECES, max_size=8).map("".join))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("/%2Fevil.example")
@example("/%255Cevil.example")
def test_no_reading_of_a_return_path_leaves_the_groupware(path: str) -> None:
    if not is_return_path(path):
        return
    for text in (path, unquote(path), unquote(unquote(path))):
        assert urlsplit(urljoin(GROUPWARE + "/sign-in", as_a_browser(text))).netloc == "groupware.example"
        assert urlsplit(GROUPWARE + as_a_browser(text)).netloc == "groupware.example"
    assert posixpath.isabs(path)


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=20))
def test_ordinary_paths_pass(text: str) -> None:
    path = "/p" + text.replace("%", "")
    assert is_return_path(path)


def test_a_path_has_a_length() -> None:
    assert is_return_path("/" * 1 + "a" * (LONGEST_PATH - 1))
    assert not is_return_path("/" + "a" * LONGEST_PATH)
    assert not is_return_path("")


@pytest.mark.parametrize(
    ("state", "is_good"), [("", False), ("a b", True), ("日本語", True), ("a\nb", False), ("x" * 501, False)]
)
def test_a_state_is_any_visible_text(state: str, is_good: bool) -> None:
    assert is_state(state) is is_good
