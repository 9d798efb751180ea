"""The table on the terminal, and the figures in it."""

from __future__ import annotations

import pytest

from sync.sandbox.demo.company import PEOPLE
from sync.sandbox.demo.figures import Figures
from sync.sandbox.demo.rounds import Round
from sync.sandbox.demo.summary import left_alone, reasons, round_table
from sync.sandbox.demo.table import Column, padded, table, width

REPORT = {
    "counts": {
        "groupware": {"create": 2},
        "outlook": {"create": 3, "delete": 1},
        "events": {"adopt": 4, "merge": 5, "park": 1, "skip": 2},
    },
    "reasons": {"new": 5, "series": 3, "same-on-both": 4},
    "requests": {"groupware": 7, "outlook": 8},
    "actions": [
        {"action": "park", "reason": "series"},
        {"action": "merge", "reason": "both-edited", "kept": [{"side": "outlook", "field": "title"}]},
    ],
}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("山田", 4),
        ("ｱ", 1),
        ("Jürgen", 6),
        ("u\u0308", 1),
        ("🎉", 2),
        ("✏️", 1),
        ("─", 1),
    ],
)
def test_width_counts_columns_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns


def test_padding_reaches_the_same_column() -> None:
    assert padded("山田", 6) == "山田  "
    assert padded("12", 5, is_right=True) == "   12"
    assert padded("too long", 3) == "too long"


def test_lines_of_a_table_are_equally_wide() -> None:
    columns = (
        Column("氏名", "name", is_number=False),
        Column("作成", "new", "グループウェア"),
        Column("変更", "x", "グループウェア"),
    )
    lines = table(columns, [["山田 花子", 1, 0], ["Jane", 100, 2], ["合計", 101, 2]], has_total=True)
    group, ja, en, rule, first, second, total_rule, total = lines
    assert group.strip() == "グループウェア"
    assert {width(line) for line in (group, ja, first, second, total)} == {width(rule)}
    assert rule == total_rule
    assert en.split() == ["name", "new", "x"]
    assert first.split() == ["山田", "花子", "1", "·"]


def test_a_table_without_groups_has_no_line_for_them() -> None:
    assert len(table((Column("一", "one"),), [[1]])) == 4


def test_reports_are_added_up() -> None:
    figures = Figures()
    figures.add_pass(REPORT)
    figures.add_pass(REPORT)
    assert figures.cells() == [4, 0, 0, 6, 0, 2, 8, 10]
    assert figures.kept == 2
    assert figures.total_writes == 12
    assert dict(figures.requests) == {"groupware": 14, "outlook": 16}


def test_an_event_that_is_passed_over_twice_is_one_event() -> None:
    figures = Figures()
    figures.add_pass(REPORT)
    figures.add_pass(REPORT)
    # Three series were seen; one of them is parked and stands in the other list.
    assert dict(figures.left_alone) == {"series": 2}


def test_every_person_has_a_row_and_reasons_stand_in_words() -> None:
    done = Round()
    done.figures[PEOPLE[0].user].add_pass(REPORT)
    words = {"detailJa": "繰り返し", "detailEn": "series"}
    parked = {PEOPLE[0].user: [{"problem": words}]}
    lines = round_table(done, parked)
    assert all(any(person.name in line for line in lines) for person in PEOPLE)
    assert lines[-1].split() == ["合計", "total", "2", "·", "·", "3", "·", "1", "4", "5", "1", "2", "8", "7"]
    assert left_alone([done, done]) == {"series": 2}
    text = "\n".join(reasons([done], parked))
    assert f"1 × {PEOPLE[0].name}: 繰り返し / series" in text
    assert "This groupware cannot hold repeating events" in text
