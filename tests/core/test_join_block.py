"""The Teams block is found in every form it is written in, and never in what a person typed."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.join_block import split_join_block
from sync.core.text import html_to_text, text_to_html

RULE = "_" * 80
LINK = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=y"

# Until 2023: a line in grey, the block by class, a line again.
OLD = (
    f'<div style="width:100%; height:20px"><span style="white-space:nowrap; color:gray">{RULE}</span> </div>\r\n'
    '<div class="me-email-text" style="color:#252424"><div style="margin-top:24px">'
    '<span style="font-size:24px">Microsoft Teams meeting</span></div>'
    f'<a class="me-email-headline" href="{LINK}">Click here to join the meeting</a>'
    '<div><a class="me-email-link" href="https://aka.ms/JoinTeamsMeeting">Learn More</a></div></div>\r\n'
    f'<div style="width:100%; height:20px"><span style="color:gray">{RULE}</span></div>'
)
# Since 2023: both lines inside, ids.
NEW = (
    f'<div class="me-email-text" lang="ja-JP"><div><span>{RULE}</span></div><div><span>Microsoft Teams</span>'
    '<a id="meet_invite_block.action.help" class="me-email-link" href="https://aka.ms/JoinTeamsMeeting">ヘルプ</a>'
    f'</div><div><a id="meet_invite_block.action.join_link" class="me-email-headline" href="{LINK}">参加</a></div>'
    f"<div>会議 ID: 123 456</div><div>{RULE}</div></div>"
)
# The line as text of the body, as in the samples of the documentation.
BARE = f'<br>\r\n{RULE}\r\n<div class="me-email-text"><a href="{LINK}">Join</a></div>\r\n<div>{RULE}</div>'
# Rewritten by Outlook for Windows: nothing left but the links.
WORD = (
    f'<p class="MsoNormal"><span style="color:#5F5F5F">{RULE}<o:p></o:p></span></p>'
    '<p class="MsoNormal"><b>Microsoft Teams meeting</b></p>'
    f'<p class="MsoNormal"><a href="{LINK}">Join</a></p><p class="MsoNormal">{RULE}</p>'
)
SIMPLE = (
    f'<div class="me-email-text" lang="en-US"><div>{RULE}</div>\r\n<div>Microsoft Teams meeting</div>\r\n'
    f'<div><a href="{LINK}">Join the meeting now</a></div>\r\n<div>{RULE}</div></div>'
)
BLOCKS = [OLD, NEW, BARE, WORD, SIMPLE]


def page(body: str) -> str:
    return f"<html>\r\n<head>\r\n<meta></head>\r\n<body>\r\n{body}\r\n</body>\r\n</html>\r\n"


@pytest.mark.parametrize("block", BLOCKS)
@given(text=st.lists(st.sampled_from(["a", " ", "日", "<", "\n", RULE]), max_size=12).map("".join))
def test_own_text_and_block_make_the_document(block: str, text: str) -> None:
    whole = page(f"<div>{text_to_html(text)}</div>\r\n{block}")
    own, found = split_join_block(whole)
    assert own + found == whole
    assert html_to_text(own) == html_to_text(text_to_html(text))
    assert LINK in found


@pytest.mark.parametrize("block", BLOCKS)
def test_text_below_the_block_is_the_persons_own(block: str) -> None:
    own, found = split_join_block(page(f"<p>above</p>{block}<p>below</p>"))
    assert html_to_text(own) == "above\n\nbelow"
    assert html_to_text(found) == html_to_text(block)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_written_again_is_found_again(block: str) -> None:
    _, found = split_join_block(page(f"old{block}"))
    own, again = split_join_block(page(f"new<br>\r\n{found}"))
    assert html_to_text(own) == "new"
    assert html_to_text(again) == html_to_text(found)


@pytest.mark.parametrize(
    "text",
    [
        f"{RULE}\nMicrosoft Teams meeting\n{LINK}\n{RULE}",
        "class=me-email-text <div class='me-email-text'>",
        f"{RULE}\n署名",
        LINK,
        "",
    ],
)
def test_typed_text_is_never_a_block(text: str) -> None:
    html = page(text_to_html(text))
    assert split_join_block(html) == (html, "")


def test_a_pasted_link_is_a_block_only_in_an_online_meeting() -> None:
    html = page(f"a{WORD}")
    assert split_join_block(html, online=False) == (html, "")
    assert split_join_block(html, online=True)[1]


@pytest.mark.parametrize(
    "part",
    [
        "<div class=me-email-",
        "me-email- ",
        "<a class=",
        RULE,
        "<p>_____________________",
        f'<a href="{LINK}">',
    ],
)
def test_no_body_takes_quadratic_time(part: str) -> None:
    html = part * (300_000 // len(part))
    before = perf_counter()
    split_join_block(html)
    split_join_block(html + OLD)
    assert perf_counter() - before < 5
