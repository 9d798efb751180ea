"""Canonical text: what Exchange does to a title, a place or a body must never look like a person's edit.

The rewriting it stands up to is in graph-calendar.md 1.3. Nothing here normalises Unicode: a side that did not
change a text shall get exactly its code points back.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

from sync.core.markup import text_of

_PLANE_ENDS = "".join(chr((plane << 16) + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
# What no service gives back unharmed: control characters, halves of surrogate pairs, noncharacters.
_UNSAFE = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")
_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_SPACING = re.compile("(?:\r\n|[\n\r\v\f\x85\u2028\u2029\t])+")
_BLANK_LINES = re.compile("\n{3,}")
_SPACE_RUN = re.compile("(?m)^ +|  +")
_NBSP = "\N{NO-BREAK SPACE}"
_TAB = " " * 4

_JOINER = "\N{ZERO WIDTH JOINER}"
# A cut moves back over at most this many code points to keep what is drawn as one character whole.
_LONGEST_CLUSTER = 32


def canonical_title(text: str) -> str:
    """One line: line ends and tabs become a space, other control characters go, the outside is trimmed."""
    return _UNSAFE.sub("", _SPACING.sub(" ", text)).strip()


def canonical_place(text: str) -> str:
    """As a title; places joined with `;` are written `a; b`, as Exchange writes several locations."""
    parts = [part.strip() for part in canonical_title(text).split(";")]
    return "; ".join(parts).strip()


def canonical_body(text: str) -> str:
    """Lines ended by `\\n`: no white space at their ends, no blank lines at both ends of the text, never two
    blank lines in a row, no tabs (four spaces), no no-break spaces.

    HTML has no tab and programs that edit a body rewrite blank lines, so neither may count as an edit.
    """
    text = _UNSAFE.sub("", _LINE_END.sub("\n", text))
    text = text.replace(_NBSP, " ").replace("\t", _TAB)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text.strip("\n"))


def html_to_text(html: str) -> str:
    """The canonical text of an HTML body."""
    return canonical_body(text_of(html))


def text_to_html(text: str) -> str:
    """The canonical text as HTML that shows the same lines and spaces; `html_to_text` gives it back."""
    lines = _SPACE_RUN.sub(_keep_spaces, escape(canonical_body(text), quote=False))
    return lines.replace("\n", "<br>\r\n")


def _keep_spaces(run: re.Match[str]) -> str:
    """No-break spaces where HTML would drop a space; the last one of a run inside a line may still wrap."""
    at_line_start = run.start() == 0 or run.string[run.start() - 1] == "\n"
    size = len(run[0])
    return "&nbsp;" * size if at_line_start else "&nbsp;" * (size - 1) + " "


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 code units of `text`, as Exchange and browsers count.

    A surrogate pair is never split, and what is drawn as one character (combining marks, joined emoji, flags)
    is dropped as a whole where that is possible. A text that was cut ends without white space, so that a
    canonical text stays canonical.
    """
    if len(text) * 2 <= limit:
        return text
    units = text.encode("utf-16-le", "replace")
    if len(units) <= limit * 2:
        return text
    kept = len(units[: max(0, limit) * 2].decode("utf-16-le", "ignore"))
    return text[: _cluster_start(text, kept)].rstrip()


def length(text: str) -> int:
    """In UTF-16 code units."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _cluster_start(text: str, at: int) -> int:
    """`at`, or the nearest earlier place between two characters as drawn; `at` itself if none is near."""
    for place in range(at, max(0, at - _LONGEST_CLUSTER), -1):
        if not _belongs_to_previous(text, place):
            return place
    return at


def _belongs_to_previous(text: str, at: int) -> bool:
    """Whether text[at] is drawn together with text[at - 1] (a short form of UAX #29)."""
    if at == 0 or at >= len(text):
        return False
    here, before = text[at], text[at - 1]
    if here == _JOINER or before == _JOINER or unicodedata.category(here) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= here <= "\U0001f3ff" or "\U000e0020" <= here <= "\U000e007f":  # skin tones, flag tags
        return True
    return _is_flag_half(here) and _is_flag_half(before) and _flag_halves_before(text, at) % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    count = 0
    while at - count > 0 and _is_flag_half(text[at - count - 1]):
        count += 1
    return count
