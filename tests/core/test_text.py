"""Canonical text, cutting, and text to HTML and back through what Exchange does to a body."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.text import canonical_body, canonical_place, canonical_title, cut, html_to_text, text_to_html

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # three people, drawn as one
FLAG = "\U0001f1ef\U0001f1f5"
GA = "か\u3099"  # two code points, drawn as が

# Few characters, so that runs of spaces, blank lines and markup happen all the time.
texts = st.text(
    st.sampled_from("a<&>\"';_ \u3000\u00a0\t\n\r\v\x00\x85\u2028日😀\ud83d\ufffe#x;nbsp"), max_size=40
)
any_texts = st.one_of(st.text(max_size=60), texts)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("  定例\u3000会議 ", "定例\u3000会議"),
        ("\u3000全角\u3000", "全角"),
        ("a\r\nb\tc", "a b c"),
        ("a\x00b\x7fc\x9f", "abc"),
        ("か\u3099", "か\u3099"),
        ("a\u2028b", "a b"),
        ("half\ud83d", "half"),
        ("", ""),
    ],
)
def test_a_title_is_one_trimmed_line(written: str, canonical: str) -> None:
    assert canonical_title(written) == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("A;B", "A; B"),
        ("A ;\u3000B", "A; B"),
        ("A;", "A;"),
        (" ; A", "; A"),
        ("本社\n3F", "本社 3F"),
        ("", ""),
    ],
)
def test_places_are_joined_as_exchange_joins_them(written: str, canonical: str) -> None:
    assert canonical_place(written) == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a  \n\n\n\n b\u3000", "a\n\n b"),
        ("\n \na\n\n", "a"),
        ("\ta\x07", "    a"),
        ("a\u00a0b", "a b"),
    ],
)
def test_a_body_keeps_lines_and_indents_and_nothing_nobody_sees(written: str, canonical: str) -> None:
    assert canonical_body(written) == canonical


@given(any_texts)
def test_canonical_is_canonical_again(text: str) -> None:
    for canonical in (canonical_title, canonical_place, canonical_body):
        assert canonical(canonical(text)) == canonical(text)


@given(any_texts, st.integers(0, 20))
def test_a_cut_text_fits_stays_canonical_and_is_not_cut_again(text: str, limit: int) -> None:
    for canonical in (canonical_title, canonical_place, canonical_body):
        whole = canonical(text)
        short = cut(whole, limit)
        assert len(short.encode("utf-16-le")) <= 2 * limit
        assert whole.startswith(short)
        assert canonical(short) == short
        assert cut(short, limit) == short


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("abc", 3, "abc"),
        ("abc", 2, "ab"),
        ("a😀", 2, "a"),
        ("a😀", 3, "a😀"),
        ("ab" + GA, 3, "ab"),
        ("a" + FAMILY + "b", 7, "a"),
        ("a" + FAMILY + "b", 9, "a" + FAMILY),
        ("a❤\ufe0f", 2, "a"),
        ("👍🏽", 3, "👍"),  # better half of it than nothing
        ("a👍🏽", 3, "a"),
        (FLAG + FLAG, 7, FLAG),
        (FLAG + FLAG, 5, FLAG),
        ("ab cd", 3, "ab"),
        ("a" + "\u0301" * 100, 60, "a" + "\u0301" * 59),
        ("abc", 0, ""),
        ("abc", -1, ""),
    ],
)
def test_nothing_drawn_as_one_is_cut_in_two(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


# What Exchange, Outlook and other programs do to an HTML body without anybody editing it.


def _untouched(html: str) -> str:
    return html


def _wrapped(html: str) -> str:
    return (
        '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        "<title>x</title><style>\r\n<!-- p {margin:0} -->\r\n</style></head>\r\n<body>\r\n"
        f"{html}\r\n</body>\r\n</html>\r\n"
    )


def _converted_from_text(html: str) -> str:
    return (
        '<html><head><meta name="Generator" content="Microsoft Exchange Server">\r\n<!-- converted from text -->'
        "<style><!-- .EmailQuote { margin-left: 1pt; } --></style></head>\r\n"
        f'<body><font size="2"><span style="font-size:11pt;"><div class="PlainText">{html}</div>'
        "</span></font></body></html>"
    )


def _bare_line_feeds(html: str) -> str:
    return _wrapped(html).replace("\r\n", "\n").replace("<br>", "<BR />")


def _rewrapped_source(html: str) -> str:
    """The source is broken at its ordinary spaces, which may stand in a line of their own."""
    return _wrapped(re.sub(r"(?<=[^<>]) (?=[^<>]*(?:<|\Z))", "\r\n    ", html))


def _as_divisions(html: str) -> str:
    """Outlook on the web: one division a line, a lone <br> for an empty one."""
    return _wrapped("".join(f"<div>{line or '<br>'}</div>" for line in html.split("<br>\r\n")))


def _as_word_paragraphs(html: str) -> str:
    """Outlook for Windows."""
    lines = html.split("<br>\r\n")
    return _wrapped(
        "".join(f'<p class="MsoNormal">{line or "&nbsp;"}<o:p></o:p></p>\r\n' for line in lines)
        + "<p>&nbsp;</p>"
    )


def _more_blank_lines(html: str) -> str:
    return _wrapped(html.replace("<br>\r\n<br>\r\n", "<br>\r\n<br>\r\n<br>\r\n") + "<br><br>")


def _in_entities(html: str) -> str:
    return _wrapped(re.sub(r"[^\x00-\x7f]", lambda found: f"&#{ord(found[0])};", html))


def _raw_no_break_spaces(html: str) -> str:
    return _wrapped(html.replace("&nbsp;", "\u00a0"))


REWRITES = [
    _untouched,
    _wrapped,
    _converted_from_text,
    _bare_line_feeds,
    _rewrapped_source,
    _as_divisions,
    _as_word_paragraphs,
    _more_blank_lines,
    _in_entities,
    _raw_no_break_spaces,
]


@pytest.mark.parametrize("rewrite", REWRITES)
@given(text=any_texts)
def test_no_rewriting_by_exchange_is_an_edit(rewrite: Callable[[str], str], text: str) -> None:
    assert html_to_text(rewrite(text_to_html(text))) == canonical_body(text)


@given(any_texts)
def test_any_html_can_be_read(html: str) -> None:
    assert html_to_text(html) == canonical_body(html_to_text(html))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>", "a\nb"),
        ('<p style="margin: 0cm">a</p><p style="margin:0">b</p>', "a\nb"),
        ("<div>a<br></div><div>b</div>", "a\nb"),
        ("<div><div><div>a</div></div></div>b", "a\nb"),
        ("a  \r\n b<b> c</b>", "a b c"),
        ("a<script>alert('<p>')</script><STYLE>p{}</style>b", "ab"),
        ("a<!-- hidden <p> -->b<!-- never closed", "ab"),
        ("<ul><li>a</li><li><p>b</p></li></ul><ol><li>c<li>d</ol>", "- a\n\n- b\n\n1. c\n2. d"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a  b\nc"),
        ("a<hr>b", "a\n---\nb"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
        ("&lt;b&gt; &amp;amp; &yen;&#12354;", "<b> &amp; ¥あ"),
        ("1 < 2 && 3 > 2 &#" + "9" * 5000 + ";", "1 < 2 && 3 > 2 &#" + "9" * 5000 + ";"),
        ('<a href="https://example.org/x">資料</a>', "資料 <https://example.org/x>"),
        (
            '<a href="https://example.org/x?a=1&amp;b=2">https://example.org/x?a=1&amp;b=2</a>',
            "https://example.org/x?a=1&b=2",
        ),
        ('<a href="http://www.example.org/">www.example.org</a>', "www.example.org"),
        ("<a href='mailto:a@example.org'>a@example.org</a>", "a@example.org"),
        ('<a href="https://example.org/%E6%97%A5">https://example.org/日</a>', "https://example.org/日"),
        ('<a href="#top">up</a><a name=x>here</a>', "uphere"),
        (
            '<a href="https://safe.example/?u=1" originalsrc="https://example.org">example.org</a>',
            "example.org",
        ),
        ('<a href="https://example.org"><img src="cid:1"></a>', "https://example.org"),
        ('<p title="a > b">c', "c"),
        ('a<p title="never closed', "a"),
        ("", ""),
    ],
)
def test_html_is_read_as_a_person_sees_it(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_written_html_keeps_spaces_and_lines() -> None:
    assert text_to_html(" a  b\n\n<c>") == "&nbsp;a&nbsp; b<br>\r\n<br>\r\n&lt;c&gt;"


@pytest.mark.parametrize(
    "part",
    [
        "日本語の本文です。<br>\r\n",
        "<",
        "<!--",
        "<a ",
        "</",
        "<a href='",
        '<a href="x" ',
        "= ",
        "&",
        "&#1",
        "<p>",
        "<style>",
        "<ul><li>",
        "<pre> ",
        "<a href=https://a>",
        "a" * 100,
        " ",
        "\n ",
        "<p a a a a a",
        "<![CDATA[",
        "me-email- ",
        "_",
        "\U0001f1ef",
    ],
)
def test_no_body_takes_quadratic_time(part: str) -> None:
    html = part * (200_000 // len(part))
    before = perf_counter()
    html_to_text(html)
    text_to_html(html)
    cut(html, 199_999)
    canonical_title(html)
    canonical_place(html)
    # Linear takes half a second at most, quadratic a minute.
    assert perf_counter() - before < 5


def test_a_body_of_a_megabyte_is_read_and_written_quickly() -> None:
    line = "来週の会議の資料は <b>共有フォルダー</b> にあります。&nbsp; ご確認ください。<br>\r\n"
    html = line * (1_000_000 // len(line))
    before = perf_counter()
    text = html_to_text(html)
    assert perf_counter() - before < 3  # about 0.2 seconds
    assert text_to_html(text).count("<br>") == html.count("<br>") - 1
    assert perf_counter() - before < 3
