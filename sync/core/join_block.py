"""The join information that Teams writes at the end of a meeting's body: not the person's text, never to be lost.

A PATCH that drops it disables the online meeting (graph-calendar.md 1.3, T50). Known forms: everything between two
lines of underscores, marked by classes that begin with `me-email-`, by ids that begin with `meet_invite_block`, or
(rewritten by Outlook for Windows) only by its links to the meeting.
"""

from __future__ import annotations

import re

# Classes and ids are written by Teams alone; text that a person typed cannot carry them.
_MARK = re.compile(r"(?i)\bme-email-|\bmeet_invite_block")
# A link says it only where the event is an online meeting: people paste such links into texts.
_MEETING_LINK = re.compile(
    r"(?i)https://(?:teams\.microsoft\.com/(?:l/meetup-join|meet)/|teams\.live\.com/meet/)"
)
_RULE = re.compile(r"_{20,}")
_OPENED_BEFORE = re.compile(r"(?i)(?:<(?:div|span|p|br|font|b|strong|o:p)\b[^<>]*>(?:\s|&nbsp;)*)+\Z")
_CLOSED_AFTER = re.compile(r"(?:\s*</[^<>]*>)*")
_TAG = re.compile(r"<[^<>]*>")
_LONGEST_TAG = 2000
# Between the line of underscores and the first mark stands at most a heading; it names Teams in every language.
_LONGEST_HEADING = 200


def split_join_block(html: str, *, online: bool = True) -> tuple[str, str]:
    """The body without the Teams block, and the block ("" if there is none).

    Joined again they are the document, as the block is its end; text that a person wrote after the block moves
    before it. `online`: whether Graph calls the event an online meeting (`isOnlineMeeting`).
    """
    classes, links = _tags_with(_MARK, html), _tags_with(_MEETING_LINK, html)
    if not classes and not (links and online):
        return html, ""
    first = min(classes or links)
    rule = None if _opens_with_rule(html, first) else _opening_rule(html, first)
    if rule:
        start = _with_opening_tags(html, rule.start())
    elif classes:
        start = first
    else:
        return html, ""
    end = _end(html, max(classes + links))
    return html[:start] + html[end:], html[start:end]


def _tags_with(mark: re.Pattern[str], html: str) -> list[int]:
    """Where the tags begin that carry the mark."""
    found: list[int] = []
    for match in mark.finditer(html):
        at = match.start()
        opened = html.rfind("<", max(0, at - _LONGEST_TAG), at)
        if opened >= 0 and html.find(">", opened, at) < 0:
            found.append(opened)
    return found


def _opening_rule(html: str, before: int) -> re.Match[str] | None:
    """The line of underscores that opens the block: nothing but its heading is shown between it and the mark."""
    rules = list(_RULE.finditer(html, 0, before))
    if not rules:
        return None
    heading = _shown(html[rules[-1].end() : before])
    is_heading = not heading or ("Teams" in heading and len(heading) <= _LONGEST_HEADING)
    return rules[-1] if is_heading else None


def _opens_with_rule(html: str, mark: int) -> bool:
    """Whether the marked tag itself holds the line of underscores, so that one before it is the person's."""
    rule = _RULE.search(html, mark)
    return rule is not None and not _shown(html[mark : rule.start()])


def _with_opening_tags(html: str, at: int) -> int:
    """The start of the opening tags that stand directly before `at`."""
    reach = max(0, at - _LONGEST_TAG)
    tags = _OPENED_BEFORE.search(html[reach:at])
    return reach + tags.start() if tags else at


def _end(html: str, last_mark: int) -> int:
    """Where the block ends: after its closing line of underscores, or with the document."""
    rule = _RULE.search(html, last_mark)
    if not rule:
        return len(html)
    closed = _CLOSED_AFTER.match(html, rule.end())
    end = closed.end() if closed else rule.end()
    return end if _shown(html[end:]) else len(html)


def _shown(html: str) -> str:
    return _TAG.sub("", html).replace("&nbsp;", " ").strip()
