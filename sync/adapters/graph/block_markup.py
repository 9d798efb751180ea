"""The participants' block (`core.people_block`) in the HTML of a body: taken out of it, put at its end.

Which lines are the block's is decided on their texts; here the pieces of HTML that show those lines are found. What
comes out is read again: markup that is too odd for this is written anew as plain lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import product
from typing import NamedTuple

from sync.core.people_block import split_block
from sync.core.text import canonical_body, html_to_text, text_to_html

_HIDDEN = re.compile(r"<(head|script|style|title)\b", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_LINE_EDGES = frozenset(
    {"address", "article", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "footer", "header"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section"}
    | {"table", "tbody", "tfoot", "thead", "tr", "ul"}
)
# Elements that go when nothing is left in them.
_SHELLS = frozenset({"a", "b", "div", "em", "font", "i", "o:p", "p", "span", "strong", "u"})
_WITHOUT_END = frozenset({"br", "hr", "img"})
_SPACES = re.compile(r"\s+")
_BLANK_LINE = ["<div>", "<br>", "</div>"]
_MOST_GROUPS = 20


def with_block_in_html(html: str, block: str) -> str:
    """The block, if there is one, at the end of what the HTML shows, after a blank line."""
    if not block:
        return html
    gap = f"{''.join(_BLANK_LINE)}\r\n" if html_to_text(html) else ""
    end = html.lower().rfind("</body")
    end = len(html[:end].rstrip()) if end >= 0 else len(html)
    return f"{html[:end]}{gap}<div>{text_to_html(block)}</div>{html[end:]}"


def without_block_in_html(html: str) -> str:
    """The HTML without the lines that are the block's, everything else exactly as it is; where the two cannot be told
    apart, the person's text without its formatting."""
    text = html_to_text(html)
    own = split_block(text)[0]
    if own == text:
        return html
    pieces = list(_pieces(html))
    groups = _groups(_lines(pieces))
    if len(groups) <= _MOST_GROUPS:
        for takes in product((True, False), repeat=3):
            found = _cut(pieces, groups, _Takes(*takes))
            if html_to_text(found) == own:
                return found
    return text_to_html(own)


class _Takes(NamedTuple):
    """What goes with the lines that are cut out. Which of it was the block's only the text that is left can say."""

    blank_line: bool  # before them, as `with_block_in_html` puts it there
    line_end: bool  # after them
    shells: bool  # elements that hold nothing else


def _cut(pieces: list[str], groups: Sequence[tuple[int, int]], takes: _Takes) -> str:
    for first, last in reversed(groups):
        before, left, after = pieces[:first], _unmatched(pieces[first : last + 1]), pieces[last + 1 :]
        if takes.shells and not left:
            _drop_shells(before, after)
        if takes.line_end and (end := _shown_at(after, 0)) is not None and _name(after[end]) == "br":
            del after[: end + 1]
        if takes.blank_line:
            _drop_blank_line(before)
        pieces = [*before, *left, *after]
    return "".join(pieces)


def _pieces(html: str) -> Iterator[str]:
    """Tags, texts, comments and hidden elements, one after the other; every search runs forward once."""
    at = 0
    while at < len(html):
        if html[at] != "<":
            end = html.find("<", at)
        elif html.startswith("<!--", at):
            end = _after(html, "-->", at)
        elif hidden := _HIDDEN.match(html, at):
            close = re.compile(rf"</{hidden[1]}\b[^<>]*>", re.IGNORECASE).search(html, at)
            end = close.end() if close else -1
        else:
            end = _after(html, ">", at)
        end = len(html) if end < 0 else end
        yield html[at:end]
        at = end


def _after(html: str, mark: str, start: int) -> int:
    found = html.find(mark, start)
    return -1 if found < 0 else found + len(mark)


@dataclass(slots=True)
class _Line:
    """A line as shown; `runs` are the numbers of the pieces with its text."""

    texts: list[str] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        return canonical_body(_SPACES.sub(" ", unescape("".join(self.texts)))).strip()


def _lines(pieces: Sequence[str]) -> list[_Line]:
    """Those that show anything."""
    found = [_Line()]
    for number, piece in enumerate(pieces):
        name = _name(piece)
        if name in _LINE_EDGES:
            found.append(_Line())
        elif not piece.startswith("<"):
            found[-1].texts.append(piece)
            if piece.strip():
                found[-1].runs.append(number)
    return [line for line in found if line.runs and line.text]


def _groups(lines: Sequence[_Line]) -> list[tuple[int, int]]:
    """The first and the last piece of each stretch of lines that are not the person's own."""
    texts = [line.text for line in lines]
    own = [line for line in split_block("\n".join(texts))[0].split("\n") if line]
    groups: list[tuple[int, int]] = []
    kept, was_kept = 0, True
    for line, text in zip(lines, texts, strict=True):
        if kept < len(own) and own[kept] == text:
            kept, was_kept = kept + 1, True
            continue
        first = line.runs[0] if was_kept else groups.pop()[0]
        groups.append((first, line.runs[-1]))
        was_kept = False
    return groups


def _unmatched(pieces: Sequence[str]) -> list[str]:
    """The tags that open or close something outside of these pieces."""
    open_tags: list[tuple[str, str]] = []
    closing: list[str] = []
    for piece in pieces:
        tag = _TAG.match(piece)
        if tag is None or tag[2].lower() in _WITHOUT_END or piece.endswith("/>"):
            continue
        name = tag[2].lower()
        if not tag[1]:
            open_tags.append((name, piece))
        elif open_tags and open_tags[-1][0] == name:
            open_tags.pop()
        else:
            closing.append(piece)
    return closing + [piece for _, piece in open_tags]


def _drop_shells(before: list[str], after: list[str]) -> None:
    """Take away elements around the gap that hold nothing any more."""
    while True:
        opening, closing = _shown_at(before, -1), _shown_at(after, 0)
        if opening is None or closing is None:
            return
        name = _name(before[opening])
        is_pair = name in _SHELLS and not before[opening].startswith("</")
        if not (is_pair and after[closing].startswith("</") and _name(after[closing]) == name):
            return
        del before[opening:]
        del after[: closing + 1]


def _shown_at(pieces: Sequence[str], end: int) -> int | None:
    """The number of the outermost piece, at the one end or the other, that is not white space."""
    numbers = range(len(pieces)) if end == 0 else range(len(pieces) - 1, -1, -1)
    return next((n for n in numbers if pieces[n].strip()), None)


def _drop_blank_line(before: list[str]) -> None:
    found: list[int] = []
    for number in range(len(before) - 1, -1, -1):
        if before[number].strip():
            found.insert(0, number)
        if len(found) == len(_BLANK_LINE):
            break
    if [before[number] for number in found] == _BLANK_LINE:
        del before[found[0] :]


def _name(piece: str) -> str:
    tag = _TAG.match(piece)
    return tag[2].lower() if tag else ""
