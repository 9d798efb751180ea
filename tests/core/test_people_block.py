"""The participants' block is found however people and programs rewrite the body, and holds nothing typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.core.people_block import CLOSING, OPENING, block_of, split_block, with_block
from sync.core.text import canonical_body, html_to_text, text_to_html
from tests.core.test_text import REWRITES

NAMES = ("山田 太郎", "営業部 (組織 / group)", "X <x@example.org>")
BLOCK = block_of(NAMES)
BARS = [f"│ {name}" for name in NAMES]

# Lines as people and we write them, so that marks stand in all orders and damages.
LINES = st.sampled_from(
    [
        "",
        "",
        "本文",
        "参加者",
        "Participants",
        "── 参加者 ──",
        "参加者 / Participants",
        OPENING,
        OPENING,
        OPENING[:-1],
        OPENING[3:],
        CLOSING,
        CLOSING,
        "──",
        "────────",
        "---",
        "│ 山田 太郎",
        "│ b",
        "│",
        "┃ c",
        "│a│b│",
        "・山田",
        " 字下げ",
    ]
)
texts = st.lists(LINES, max_size=14).map("\n".join)
names = st.lists(
    st.text(st.sampled_from("山a<&>@.\"' \u3000\u00a0\t\n\x00\u2028│─;(/)"), max_size=12), max_size=5
)


def test_the_block_as_people_see_it() -> None:
    assert BLOCK.split("\n") == [OPENING, *BARS, CLOSING]
    assert with_block("議題", BLOCK) == f"議題\n\n{BLOCK}"
    assert with_block("", BLOCK) == BLOCK
    assert with_block("議題", "") == "議題"


def test_nobody_to_name_is_no_block() -> None:
    assert block_of([]) == ""
    assert block_of(["", " \n", "\x00"]) == ""


def test_a_name_stays_on_its_line() -> None:
    assert block_of(["a\r\n── ──\tb", OPENING, CLOSING, "│ c"]) == (
        f"{OPENING}\n│ a ── ── b\n│ {OPENING}\n│ {CLOSING}\n│ │ c\n{CLOSING}"
    )
    assert len(block_of(["名" * 5000])) < 700


@given(names)
def test_a_block_is_in_normal_form(found: list[str]) -> None:
    block = block_of(found)
    assert canonical_body(block) == block
    assert split_block(block) == ("", block)


@given(texts)
def test_what_is_left_holds_no_block(text: str) -> None:
    own, _ = split_block(text)
    assert canonical_body(own) == own
    assert split_block(own) == (own, "")


@given(texts, names)
def test_own_text_and_block_come_back(text: str, found: list[str]) -> None:
    own, _ = split_block(text)
    block = block_of(found)
    assert split_block(with_block(own, block)) == (own, block)


@pytest.mark.parametrize("rewrite", REWRITES)
@given(text=texts, found=names)
@example(text="本文", found=list(NAMES))
def test_no_rewriting_by_exchange_changes_either(
    rewrite: Callable[[str], str], text: str, found: list[str]
) -> None:
    own, _ = split_block(text)
    block = block_of(found)
    html = rewrite(text_to_html(with_block(own, block)))
    assert split_block(html_to_text(html)) == (own, block)


def test_lines_as_paragraphs_and_addresses_as_links_are_the_same_block() -> None:
    lines = [OPENING, *BARS, CLOSING]
    html = "".join(f"<p>{text_to_html(line)}</p>" for line in ["議題", *lines])
    html = html.replace("x@example.org", '<a href="mailto:x@example.org">x@example.org</a>')
    assert split_block(html_to_text(html)) == ("議題", BLOCK)


@given(st.lists(LINES, max_size=10), st.lists(LINES, max_size=4))
def test_no_line_of_a_person_is_lost(before: list[str], after: list[str]) -> None:
    """Whatever has no bar and is no mark stays, in its order."""
    ours = {OPENING, CLOSING, "", "│"}
    text = "\n".join([*before, BLOCK, *after])
    own, _ = split_block(text)

    def typed(lines: list[str]) -> list[str]:
        kept = [canonical_body(line) for line in lines]
        return [
            line
            for line in kept
            if line not in ours
            and line[0] not in "│┃─"
            and line.strip("─ ") == line
            and "articip" not in line
        ]

    assert [line for line in typed(own.split("\n")) if line != "参加者"] == [
        line for line in typed([*before, *after]) if line != "参加者"
    ]


@pytest.mark.parametrize(
    ("lines", "own", "names"),
    [
        # typed after it, directly and with a blank line between
        (["議題", "", BLOCK, "追記"], "議題\n\n追記", NAMES),
        (["議題", "", BLOCK, "", "追記"], "議題\n\n追記", NAMES),
        (["議題", BLOCK, "追記"], "議題\n追記", NAMES),
        ([BLOCK, "", "追記"], "追記", NAMES),
        # typed into it: the person's line stays the person's
        ([OPENING, "追記", *BARS, CLOSING], "追記", NAMES),
        ([OPENING, BARS[0], "追記", *BARS[1:], CLOSING], "追記", NAMES),
        ([OPENING, *BARS, "追記", CLOSING], "追記", NAMES),
        # twice
        (["a", BLOCK, "b", BLOCK], "a\nb", NAMES),
        (["a", block_of(["b"]), "", BLOCK, "c"], "a\n\nc", NAMES),
        # names taken out
        ([OPENING, BARS[1], CLOSING], "", NAMES[1:2]),
        (["議題", "", OPENING, CLOSING], "議題", ()),
        # marks damaged
        (["議題", "", OPENING, *BARS], "議題", NAMES),
        (["議題", "", OPENING, *BARS, "追記"], "議題\n\n追記", NAMES),
        (["議題", "", OPENING, *BARS, "─ ─"], "議題", NAMES),
        (["議題", "", OPENING[1:-2], *BARS, CLOSING], "議題", NAMES),
        (["議題", "", "── 参加者 ──", *BARS, CLOSING], "議題", NAMES),
        (["議題", "", *BARS, CLOSING], "議題", NAMES),
        (["議題", "", OPENING], "議題", ()),
        # marks and bars of a person
        (["── 参加者 ──", "山田", "鈴木", "── ──"], "── 参加者 ──\n山田\n鈴木\n── ──", ()),
        (["参加者", "・山田"], "参加者\n・山田", ()),
        (["参加者 / Participants", "", "山田"], "参加者 / Participants\n\n山田", ()),
        (["│ a │ b │", "│ c │ d │"], "│ a │ b │\n│ c │ d │", ()),
        (["────────", "議題", "────────"], "────────\n議題\n────────", ()),
        (["── 参加者 ──", "", BLOCK], "── 参加者 ──", NAMES),
        ([OPENING, "山田", "鈴木", CLOSING, "追記"], "山田\n鈴木\n追記", ()),
        ([OPENING, "追記", "│ a │ b │"], "追記\n│ a │ b │", ()),
        ([OPENING, "追記", "", "│ a │ b │"], "追記\n\n│ a │ b │", ()),
        ([BLOCK, "追記", CLOSING], f"追記\n{CLOSING}", NAMES),
        # one block around another
        ([BARS[0], "", BLOCK, "", CLOSING], "", NAMES[:1]),
        ([OPENING, OPENING, BARS[0], CLOSING, BARS[1], CLOSING], "", NAMES[1:2]),
        (["│ a", BLOCK, CLOSING], "", ("a",)),
        ([""], "", ()),
    ],
)
def test_what_people_do_to_a_block(lines: list[str], own: str, names: tuple[str, ...]) -> None:
    assert split_block("\n".join(lines)) == (own, block_of(names))
