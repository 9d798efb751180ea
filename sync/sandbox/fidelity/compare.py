"""Holds what Outlook shows of one entry against what the expander says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.core.capabilities import Diagnostic
from sync.sandbox.fidelity.diagnostics import Finding
from sync.sandbox.fidelity.rows import Row
from sync.sandbox.groupware.reader import utf16_length

LONGEST_TITLE = 255  # UTF-16 code units (graph-calendar.md 1.2)
# What a cut may take besides, so as not to split what is drawn as one character.
CUT_SLACK = 70
NOT_PRINTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
Time = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`missing` is said by the expander alone, `extra` shown by Outlook alone: their times, never their titles."""

    compared: int = 0
    missing: tuple[Time, ...] = ()
    extra: tuple[Time, ...] = ()
    findings: frozenset[Finding] = frozenset()


def compare(expected: Sequence[Row], shown: Sequence[Row]) -> Comparison:
    titles_said, titles_shown = by_time(expected), by_time(shown)
    missing: list[Time] = []
    extra: list[Time] = []
    findings: set[Finding] = set()
    for when in sorted(titles_said.keys() | titles_shown.keys()):
        said, there = titles_said[when], titles_shown[when]
        missing += [when] * max(len(said) - len(there), 0)
        extra += [when] * max(len(there) - len(said), 0)
        if len(said) == len(there):
            findings |= {found for pair in zip(said, there, strict=True) if (found := title_finding(*pair))}
    if missing or extra:
        findings.add(Finding("occurrences-differ", f"{len(missing)} missing, {len(extra)} extra"))
    return Comparison(len(expected), tuple(missing), tuple(extra), frozenset(findings))


def by_time(rows: Iterable[Row]) -> defaultdict[Time, list[str]]:
    """The titles at each time, in an order that does not depend on what Outlook may change."""
    found: defaultdict[Time, list[str]] = defaultdict(list)
    for row in rows:
        found[row.time].append(row.title)
    for titles in found.values():
        titles.sort(key=lambda title: plain(title)[: LONGEST_TITLE // 2])
    return found


def title_finding(said: str, shown: str) -> Finding | None:
    """How the title that is shown differs from what the file says, if it does."""
    if shown == said:
        return None
    if plain(shown) == plain(said):
        return Finding("title-spacing")
    if utf16_length(plain(said)) > LONGEST_TITLE and is_cut(plain(said), plain(shown)):
        return Finding(Diagnostic.TITLE_CUT.value)
    return Finding("titles-differ")


def plain(title: str) -> str:
    return " ".join(NOT_PRINTED.sub("", title).split())


def is_cut(whole: str, part: str) -> bool:
    """Whether `part` is as much of `whole` as Outlook holds."""
    return whole.startswith(part) and LONGEST_TITLE - CUT_SLACK < utf16_length(part) <= LONGEST_TITLE
