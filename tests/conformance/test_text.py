"""Text comes back character by character."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client, pointers, refusal
from tests.conformance.samples import timed

LINES = [
    "打合せ",
    "﨑髙 ①Ⅳ㈱ ﾊﾝｶｸ Ｚｅｎｋａｋｕ",
    "家族👨‍👩‍👧‍👦 🇯🇵 𠮷野家 𩸽",
    "é é Å Å",
    "עברית العربية ไทย",
    "<b>&amp;</b> \"quoted\" 'single' \\ back / slash; semi, comma",
    "会議;第1;第2",
    "  spaces  around　",
    "~ tilde 〜 波 － minus ￥ \\",
]
MEMO = "1行目\n\n3行目\tタブ\n末尾の改行\n"


@pytest.mark.parametrize("text", LINES)
def test_a_line_of_text_is_kept(api: Client, user: str, text: str) -> None:
    created = api.create(timed(user, title=text, place=text, placeDetail=text, memo=text))
    event = api.get(created["id"])
    assert [event[name] for name in ("title", "place", "placeDetail", "memo")] == [text] * 4


def test_line_breaks_in_the_memo_are_kept(api: Client, user: str) -> None:
    assert api.get(api.create(timed(user, memo=MEMO))["id"])["memo"] == MEMO
    windows = api.create(timed(user, memo="a\r\nb"))["memo"]
    assert windows.replace("\r\n", "\n") == "a\nb"


def test_the_announced_lengths_are_held(api: Client, user: str) -> None:
    limits = api.capabilities()["limits"]
    for name in ("title", "place", "placeDetail", "memo"):
        most = limits[f"{name}MaxLength"]
        if most > 1:
            # Half of it in characters of two code units, the unit of the limits.
            full = "🗓" * (most // 2) + "字" * (most % 2)
            event = api.create(timed(user, **{name: full}))
            assert event[name] == full
            refused = api.try_patch(event, {name: full + "x"})
            assert pointers(refusal(refused, 422, "validation")) == {f"/{name}"}


@pytest.mark.parametrize("field", ["title", "place", "placeDetail", "memo"])
@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x1b", "\x7f", "\ud83d"])
def test_characters_that_are_no_text_are_refused(api: Client, user: str, field: str, bad: str) -> None:
    event = api.create(timed(user))
    problem = refusal(api.try_patch(event, {field: f"a{bad}b"}), 422, "validation")
    assert pointers(problem) == {f"/{field}"}
    assert api.get(event["id"]) == event


def test_a_line_break_in_a_title_is_refused(api: Client, user: str) -> None:
    event = api.create(timed(user))
    assert pointers(refusal(api.try_patch(event, {"title": "a\nb"}), 422, "validation")) == {"/title"}


def test_an_empty_title_is_held_where_that_is_announced(api: Client, user: str) -> None:
    if api.capabilities()["limits"]["titleMinLength"]:
        event = api.create(timed(user))
        refusal(api.try_patch(event, {"title": ""}), 422, "validation")
    else:
        assert api.create(timed(user, title=""))["title"] == ""
