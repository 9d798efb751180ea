"""Reads the HTML of an event's body as lines of text: what a person sees, not how Exchange wrote it down.

The standard `html.parser` is not used: on an unclosed comment or tag it takes quadratic time before the patch
releases of mid-2025 (CVE-2025-6069), minutes for a body of 1 MB. Every search here runs forward once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

# Their content is never shown.
_HIDDEN = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style", "title")}
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_LISTS = frozenset({"ul", "ol"})
_BLOCKS = (
    frozenset(
        {"address", "article", "body", "center", "dd", "div", "dl", "dt", "footer", "header", "hr", "html"}
    )
    | frozenset({"li", "main", "nav", "pre", "section", "table", "tbody", "tfoot", "thead", "tr"})
    | _PARAGRAPHS
    | _LISTS
)
_CELLS = frozenset({"td", "th"})
_NBSP = "\N{NO-BREAK SPACE}"

_NAME = re.compile(r"</?([A-Za-z][^\s/>]*)")
_TAG_END = re.compile(r""">|=\s*(?:"[^"]*"|'[^']*')""")
_ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([^\s=/>"']++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s>"']++))""")
_SPACES = re.compile(r"[ \t\n\r\f]+")
# Word and Outlook show these paragraphs without a blank line between them.
_TIGHT = re.compile(r"\bMso|margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_SHOWN_LINK = re.compile(r"(?i)(?:https?|mailto|tel|ftp):")
_SCHEME = re.compile(r"(?i)^(?:https?://|mailto:|tel:|ftp://)")


class Tag(NamedTuple):
    """`source` is the tag as written, for the few tags whose attributes matter."""

    name: str
    is_end: bool
    source: str


def tokens(html: str) -> Iterator[Tag | str]:
    """Tags, and the text between them with its entities resolved; comments and hidden content left out."""
    at, size = 0, len(html)
    while at < size:
        opened = html.find("<", at)
        if opened < 0:
            opened = size
        if opened > at:
            yield _unescape(html[at:opened])
        if opened == size:
            return
        if html.startswith("<!--", opened):
            at = _after(html, "-->", opened + 4)
        elif html.startswith(("<!", "<?"), opened):
            at = _after(html, ">", opened)
        elif name := _NAME.match(html, opened):
            at = _tag_end(html, name.end())
            tag = Tag(name[1].lower(), html[opened + 1] == "/", html[opened:at])
            yield tag
            if tag.name in _HIDDEN and not tag.is_end:
                close = _HIDDEN[tag.name].search(html, at)
                at = close.start() if close else size
        else:
            yield "<"
            at = opened + 1


def _after(html: str, mark: str, start: int) -> int:
    found = html.find(mark, start)
    return len(html) if found < 0 else found + len(mark)


def _tag_end(html: str, start: int) -> int:
    """The position after the `>` of a tag; a `>` in a quoted value is not its end."""
    while found := _TAG_END.search(html, start):
        if found[0] == ">":
            return found.end()
        start = found.end()
    return len(html)


def _unescape(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a character number with more digits than int() takes
        return text


def attributes(tag: Tag) -> Mapping[str, str]:
    """Attribute values by lower-case name."""
    return {
        found[1].lower(): _unescape(found[2] or found[3] or found[4] or "")
        for found in _ATTRIBUTE.finditer(tag.source)
    }


@dataclass(slots=True)
class _Link:
    target: str
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Page:
    """The lines shown so far and the one being filled."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    ends_in_space: bool = True
    # A blank line is due before the next text; whether the open paragraph has one after it.
    wants_gap: bool = False
    paragraph_gap: bool = False
    # The line holds nothing but the dash or number of a list entry.
    is_new_item: bool = False
    preformatted: int = 0
    link: _Link | None = None
    counters: list[int | None] = field(default_factory=list)

    def show(self, text: str) -> None:
        """Add text as a browser would: white space is one space, and none at the start of a line."""
        if self.preformatted:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._add(first.replace(" ", _NBSP))
            for line in rest:
                self.end_line()
                self._add(line.replace(" ", _NBSP))
            return
        text = _SPACES.sub(" ", text)
        self._add(text[1:] if self.ends_in_space and text.startswith(" ") else text)

    def _add(self, text: str) -> None:
        if not text:
            return
        self._fill_gap()
        self.line.append(text)
        self.is_new_item = False
        self.ends_in_space = text.endswith(" ")
        if self.link:
            self.link.text.append(text)

    def _fill_gap(self) -> None:
        if self.wants_gap and self.lines:
            self.lines.append("")
        self.wants_gap = False

    def end_line(self) -> None:
        """A line break: the line ends even if it is empty."""
        self._fill_gap()
        self.lines.append("".join(self.line))
        self.line.clear()
        self.is_new_item = False
        self.ends_in_space = True

    def break_block(self) -> None:
        """The edge of a block: what follows starts on a line of its own, unless it is a list entry's first."""
        if self.line and not self.is_new_item:
            self.end_line()
        self.ends_in_space = True

    def edge_paragraph(self, tag: Tag) -> None:
        """A blank line around a paragraph, except where Word and Outlook show none."""
        if not tag.is_end:
            self.paragraph_gap = not _TIGHT.search(tag.source)
        self.wants_gap = self.wants_gap or self.paragraph_gap

    def start_link(self, tag: Tag) -> None:
        found = attributes(tag)
        target = (found.get("originalsrc") or found.get("href") or "").strip()
        self.link = _Link(target) if _SHOWN_LINK.match(target) else None

    def end_link(self) -> None:
        link, self.link = self.link, None
        if link and not _says_target("".join(link.text), link.target):
            self._add(f" <{link.target}>" if link.text else link.target)

    def start_item(self) -> None:
        """A list entry: numbered in an ordered list, a dash elsewhere."""
        if self.is_new_item:
            self.end_line()
        number = self.counters[-1] if self.counters else None
        if number is not None:
            self.counters[-1] = number + 1
        self._add("- " if number is None else f"{number}. ")
        self.is_new_item = True


def _says_target(text: str, target: str) -> bool:
    """Whether a link's text already shows where it leads (programs turn bare addresses into links)."""

    def bare(address: str) -> str:
        return unquote(_SCHEME.sub("", address.strip())).rstrip("/").casefold()

    return bare(text) == bare(target)


def text_of(html: str) -> str:
    """The body as lines of text, not yet canonical."""
    page = _Page()
    for token in tokens(html):
        if isinstance(token, str):
            page.show(token)
        else:
            _read_tag(page, token)
    page.end_line()
    return "\n".join(page.lines)


def _read_tag(page: _Page, tag: Tag) -> None:
    name = tag.name
    if name == "br":
        page.end_line()
    elif name in _BLOCKS:
        page.break_block()
        if name in _PARAGRAPHS:
            page.edge_paragraph(tag)
        _read_block(page, tag)
    elif name in _CELLS and not tag.is_end and page.line:
        page.show(_NBSP * 2)
    elif name == "a":
        page.end_link()
        if not tag.is_end:
            page.start_link(tag)


def _read_block(page: _Page, tag: Tag) -> None:
    if tag.name in _LISTS:
        if tag.is_end:
            del page.counters[-1:]
        else:
            page.counters.append(1 if tag.name == "ol" else None)
    elif tag.name == "pre":
        page.preformatted = max(0, page.preformatted + (-1 if tag.is_end else 1))
    elif tag.name == "li" and not tag.is_end:
        page.start_item()
    elif tag.name == "hr":
        page.show("---")
        page.break_block()
