"""The block at the end of Outlook's body that names those who take part and whom Outlook does not hold as attendees.

    ── 参加者 / Participants ──
    │ 山田 太郎
    │ 営業部 (組織 / group)
    ── ──

Every line of it carries a bar of its own. So a person may type before it, after it and into it, copy it, or damage a
mark, and still nothing that a person typed is taken for ours: it is the lines with bars that go, and the marks.
All texts here are canonical bodies (`text.canonical_body`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sync.core.text import canonical_body, canonical_title, cut

OPENING = "── 参加者 / Participants ──"
CLOSING = "── ──"
_LONGEST_LINE = 600  # UTF-16 code units

_BARS = "│┃"
# With or without the space that a bare bar loses at the end of its line.
_ENTRY = re.compile(rf"[{_BARS}] ?(.*)")
_DASHES = r"[─━—–―\- ]*"
# What is left of an opening whose dashes or words were damaged: only before an entry is it one.
_DAMAGED_OPENING = re.compile(
    rf"{_DASHES}(?:参加者 ?/? ?Participants|参加者|Participants){_DASHES}", re.IGNORECASE
)
# What is left of a closing: only directly under an entry is it one.
_DAMAGED_CLOSING = re.compile(r"─+(?: ─+)*")


def block_of(lines: Iterable[str]) -> str:
    """The block that holds these lines; "" if there are none."""
    kept = [line for line in map(_one_line, lines) if line]
    return "\n".join((OPENING, *(f"│ {line}" for line in kept), CLOSING)) if kept else ""


def _one_line(text: str) -> str:
    return cut(canonical_body(canonical_title(text)).strip(), _LONGEST_LINE)


def with_block(text: str, block: str) -> str:
    """The body as Outlook gets it: the person's text, and the block at its end."""
    return f"{text}\n\n{block}" if text and block else text or block


def split_block(text: str) -> tuple[str, str]:
    """The person's own text and the block in its normal form, "" if there is none; of several blocks the last.

    What is left as the person's own holds no block any more, also where taking one out brings the parts of
    another together.
    """
    text = canonical_body(text)
    if not any(mark in text for mark in (OPENING, *_BARS)):
        return text, ""
    reader = _Reader()
    for line in text.split("\n"):
        reader.read(line)
    return canonical_body("\n".join(reader.own)), block_of(reader.blocks[-1] if reader.blocks else ())


class _Reader:
    """Sorts lines, in one way through them, into the person's own and those of blocks."""

    def __init__(self) -> None:
        self.own: list[str] = []
        self.blocks: list[list[str]] = []
        # From an opening to its closing; torn: a line of the person's stands in between.
        self._is_open = False
        self._is_torn = False
        self._is_under_entry = False

    def read(self, line: str) -> None:
        entry = _ENTRY.fullmatch(line)
        was_under_entry, self._is_under_entry = self._is_under_entry, False
        if line == OPENING:
            self._open()
        elif entry is not None and self._takes_entries():
            self.blocks[-1].append(entry[1])
            self._is_under_entry = True
        elif (line == CLOSING and self._closes()) or (was_under_entry and _DAMAGED_CLOSING.fullmatch(line)):
            self._is_open = False
        else:
            self._keep(line)

    def _open(self) -> None:
        self.blocks.append([])
        self._is_open, self._is_torn = True, False

    def _keep(self, line: str) -> None:
        if line or self._last():  # never two blank lines in a row, as in a canonical body
            self.own.append(line)
        self._is_torn = self._is_torn or bool(line)

    def _takes_entries(self) -> bool:
        """Whether an entry that comes now stands in a block."""
        if self._is_open and not self._is_torn:
            return True
        if not _DAMAGED_OPENING.fullmatch(self._last_shown()):
            return False
        self._drop_last_shown()
        self._open()
        return True

    def _closes(self) -> bool:
        """Whether a closing that comes now ends a block; entries directly above it are one without its opening."""
        if self._is_open and not self._is_torn:
            return True
        entries: list[str] = []
        while entry := _ENTRY.fullmatch(self._last_shown()):
            self._drop_last_shown()
            entries.append(entry[1])
        if entries and not self._is_open:
            self.blocks.append([])
        if entries:
            self.blocks[-1] += reversed(entries)
        return self._is_open or bool(entries)

    def _last(self) -> str:
        return self.own[-1] if self.own else ""

    def _last_shown(self) -> str:
        """The person's last line that is not blank; there is at most one blank line under it."""
        return self._last() or (self.own[-2] if len(self.own) > 1 else "")

    def _drop_last_shown(self) -> None:
        del self.own[-1 if self._last() else -2 :]
