"""Tables on a terminal where Japanese and Latin letters stand side by side: widths are counted in columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """`ja` and `en` are the heading, one above the other; `group` stands above neighbours that share it. Numbers
    stand on the right."""

    ja: str
    en: str
    group: str = ""
    is_number: bool = True


def width(text: str) -> int:
    """Columns that a terminal needs: two for East Asian wide letters and emoji, none for combining marks."""
    return sum(
        0 if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2 if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )  # fmt: skip


def padded(text: str, columns: int, is_right: bool = False) -> str:
    blanks = " " * max(columns - width(text), 0)
    return blanks + text if is_right else text + blanks


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]], has_total: bool = False) -> list[str]:
    """The lines of the table; with `has_total` the last row stands below a rule. 0 is shown as a dot."""
    texts = [[column.ja for column in columns], [column.en for column in columns]]
    texts += [["·" if cell == 0 else str(cell) for cell in row] for row in rows]
    widths = [max(width(row[place]) for row in texts) for place in range(len(columns))]
    groups = group_line(columns, widths)
    lines = [
        GAP.join(
            padded(cell, widths[place], columns[place].is_number) for place, cell in enumerate(row)
        ).rstrip()
        for row in texts
    ]
    rule = "─" * (sum(widths) + len(GAP) * (len(columns) - 1))
    lines.insert(2, rule)
    if has_total:
        lines.insert(len(lines) - 1, rule)
    return [*groups, *lines]


def group_line(columns: Sequence[Column], widths: list[int]) -> list[str]:
    """The line above the headings, if any column is in a group; widens `widths` where a group's name is long."""
    if not any(column.group for column in columns):
        return []
    parts = []
    for group, places in groupby(range(len(columns)), key=lambda place: columns[place].group):
        mine = list(places)
        missing = width(group) - span(widths, mine)
        widths[mine[0]] += max(missing, 0)
        parts.append(padded(group, span(widths, mine), is_right=True))
    return [GAP.join(parts).rstrip()]


def span(widths: Sequence[int], places: Sequence[int]) -> int:
    """Columns of the terminal that these neighbours take together."""
    return sum(widths[place] for place in places) + len(GAP) * (len(places) - 1)
