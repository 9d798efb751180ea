"""The tables at the end: a row per person, what is left alone or parked and why, and where to look further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sync.sandbox.demo.company import PEOPLE
from sync.sandbox.demo.figures import Figures, both_languages
from sync.sandbox.demo.outsides import Json
from sync.sandbox.demo.rounds import Round
from sync.sandbox.demo.table import Column, table

GROUPWARE, OUTLOOK, REQUESTS = "グループウェア GW", "Outlook", "要求 requests"
COLUMNS = (
    Column("氏名", "name", is_number=False),
    Column("作成", "new", GROUPWARE),
    Column("変更", "edit", GROUPWARE),
    Column("削除", "del", GROUPWARE),
    Column("作成", "new", OUTLOOK),
    Column("変更", "edit", OUTLOOK),
    Column("削除", "del", OUTLOOK),
    Column("対応付け", "adopted"),
    Column("統合", "merged"),
    Column("保留", "parked"),
    Column("対象外", "left"),
    Column("Graph", "", REQUESTS),
    Column("GW", "", REQUESTS),
)


def round_table(done: Round, parked: Mapping[str, Sequence[Json]]) -> list[str]:
    """`parked` by user: the problems as the service shows them."""
    waiting = {person.user: len(parked.get(person.user, ())) for person in PEOPLE}
    rows = [row(person.name, done.figures[person.user], waiting[person.user]) for person in PEOPLE]
    rows.append(row("合計 total", done.total, sum(waiting.values())))
    return table(COLUMNS, rows, has_total=True)


def row(name: str, figures: Figures, parked: int) -> list[object]:
    requests = [figures.requests["outlook"], figures.requests["groupware"]]
    return [name, *figures.cells(), parked, figures.left_alone.total(), *requests]


def reasons(rounds: Sequence[Round], parked: Mapping[str, Sequence[Json]]) -> Iterator[str]:
    """In words: what waits, and what is left alone on purpose."""
    found: Counter[tuple[str, str]] = Counter()
    for person in PEOPLE:
        for problem in parked.get(person.user, ()):
            words = problem["problem"]
            found[f"{words['detailJa']} / {words['detailEn']}", person.name] += 1
    yield "保留と理由 Parked, and why:"
    yield from (f"  {number} × {name}: {reason}" for (reason, name), number in sorted(found.items()))
    if not found:
        yield "  なし none"
    yield "対象外と理由 Left alone, and why:"
    for code, number in sorted(left_alone(rounds).items()):
        yield f"  {number} × {both_languages(code, {})}"


def left_alone(rounds: Sequence[Round]) -> Counter[str]:
    """The same event is passed over in every round that sees it: for each person the highest number counts."""
    total: Counter[str] = Counter()
    for person in PEOPLE:
        most: Counter[str] = Counter()
        for one in rounds:
            most |= one.figures[person.user].left_alone
        total.update(most)
    return total


def kept(rounds: Sequence[Round]) -> int:
    return sum(one.total.kept for one in rounds)
