"""The small parts of the fidelity report: zones, stretches of time, comparison, words, the report itself."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from sync.core.capabilities import Diagnostic
from sync.sandbox.fidelity import corpus, diagnostics
from sync.sandbox.fidelity.__main__ import main
from sync.sandbox.fidelity.compare import compare
from sync.sandbox.fidelity.diagnostics import Finding, Outcome, outcome_of, words
from sync.sandbox.fidelity.entries import read_file
from sync.sandbox.fidelity.examine import FileVerdict, Verdict
from sync.sandbox.fidelity.expander import GivesUp, expand
from sync.sandbox.fidelity.places import Places
from sync.sandbox.fidelity.report import lines, to_json
from sync.sandbox.fidelity.rows import Row
from sync.sandbox.fidelity.windows import LENGTH, Stretch, stretches

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
STRETCH = Stretch(date(2026, 10, 1), date(2028, 9, 30))


def row(title: str = "x", hours: int = 0) -> Row:
    start = NINE + timedelta(hours=hours)
    return Row(start, start + timedelta(hours=1), title)


# -- zones ------------------------------------------------------------------------------------------------------


def own_zone(tzid: str, summer: str, winter: str, month: int = 3, day: str = "-1SU") -> Calendar:
    text = (
        f"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:{tzid}\n"
        f"BEGIN:DAYLIGHT\nTZOFFSETFROM:{winter}\nTZOFFSETTO:{summer}\nDTSTART:20200101T020000\n"
        f"RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={day}\nEND:DAYLIGHT\n"
        f"BEGIN:STANDARD\nTZOFFSETFROM:{summer}\nTZOFFSETTO:{winter}\nDTSTART:20200102T030000\n"
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE\n"
        f"BEGIN:VEVENT\nUID:a\nDTSTART;TZID={tzid}:20261124T090000\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    parsed = Calendar.from_ical(text)
    assert isinstance(parsed, Calendar)
    return parsed


@pytest.mark.parametrize(
    ("tzid", "summer", "winter", "month", "expected"),
    [
        ("Our office", "+0200", "+0100", 3, "Europe/Berlin"),
        ("Europe/paris", "+0200", "+0100", 3, "Europe/Paris"),
        ("Off by a month", "+0200", "+0100", 4, None),
        ("Off by a minute", "+0201", "+0101", 3, None),
    ],
)
def test_a_zone_of_the_files_own_is_recognised_by_its_clock_changes(
    tzid: str, summer: str, winter: str, month: int, expected: str | None
) -> None:
    [event] = own_zone(tzid, summer, winter, month).walk("VEVENT")
    start: Any = event["DTSTART"]
    found = Places(STRETCH.first, STRETCH.until).name_of(start.dt.tzinfo)
    assert (found is None) is (expected is None)
    if expected is not None and "/" in tzid:
        assert found == expected


# -- stretches of time ------------------------------------------------------------------------------------------


def test_days_that_are_near_each_other_share_a_stretch() -> None:
    days = [date(2026, 1, 1), date(2026, 12, 1), date(2150, 1, 1)]
    found = list(stretches(days))
    assert len(found) == 2
    assert all(any(stretch.compares(day) for stretch in found) for day in days)


def test_the_last_day_of_a_stretch_is_compared() -> None:
    first = date(2026, 1, 1)
    for days in range(LENGTH.days - 70, LENGTH.days):
        both = [first, first + timedelta(days=days)]
        found = list(stretches(both))
        assert all(any(stretch.compares(day) for stretch in found) for day in both)


# -- comparison -------------------------------------------------------------------------------------------------


def test_the_same_rows_are_identical_in_any_order() -> None:
    found = compare([row(), row("y"), row("z", 2)], [row("z", 2), row("y"), row()])
    assert (found.compared, found.findings) == (3, frozenset())


@pytest.mark.parametrize(
    ("expected", "shown", "missing", "extra"),
    [
        ([row()], [], 1, 0),
        ([row()], [row(), row()], 0, 1),
        ([row()], [row(hours=1)], 1, 1),
        ([row()], [Row(NINE, NINE + timedelta(hours=2), "x")], 1, 1),
        ([Row(date(2026, 11, 24), date(2026, 11, 25), "x")], [row()], 1, 1),
    ],
)
def test_other_occurrences_are_wrong(expected: list[Row], shown: list[Row], missing: int, extra: int) -> None:
    found = compare(expected, shown)
    assert (len(found.missing), len(found.extra)) == (missing, extra)
    assert outcome_of(found.findings) is Outcome.WRONG


@pytest.mark.parametrize(
    ("said", "shown", "code"),
    [
        ("x", "y", "titles-differ"),
        ("x", "", "titles-differ"),
        ("a  b\n", "a b", "title-spacing"),
        ("a\x07b", "ab", "title-spacing"),
        ("é" * 300, "é" * 255, "title-cut"),
        ("é" * 300, "é" * 120, "titles-differ"),
        ("é" * 300, "é" * 256, "titles-differ"),
        ("é" * 200, "é" * 190, "titles-differ"),
        ("🎌" * 150, "🎌" * 127, "title-cut"),
    ],
)
def test_a_title_is_never_silently_equal(said: str, shown: str, code: str) -> None:
    assert {finding.code for finding in compare([row(said)], [row(shown)]).findings} == {code}


# -- diagnostics ------------------------------------------------------------------------------------------------


def test_every_diagnostic_of_the_service_has_words_here() -> None:
    assert set(Diagnostic) - {Diagnostic.TITLE_ADDED} <= diagnostics.SERVICE.keys()


def test_notes_change_no_outcome_and_unknown_codes_are_wrong() -> None:
    assert outcome_of([]) is Outcome.IDENTICAL
    assert outcome_of([Finding(code) for code in diagnostics.NOTES]) is Outcome.IDENTICAL
    for code in diagnostics.LOSSES:
        assert outcome_of([Finding("superseded"), Finding(code)]) is Outcome.DEGRADED
    for code in (*diagnostics.FAULTS, "series", "something-new"):
        assert outcome_of([Finding("title-cut"), Finding(code)]) is Outcome.WRONG


def test_a_code_is_of_one_kind_only() -> None:
    kinds = (diagnostics.NOTES, diagnostics.LOSSES, diagnostics.FAULTS)
    assert len({code for kind in kinds for code in kind}) == sum(map(len, kinds))


def test_a_code_of_the_service_is_said_in_its_words() -> None:
    assert "meeting" in words(Finding("meeting"))
    assert words(Finding("unknown-zone", "Nowhere")).endswith("(Nowhere)")


# -- the expander -----------------------------------------------------------------------------------------------


def written(folder: Path, event: str) -> Path:
    file = folder / "a.ics"
    file.write_text(
        f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:a\n{event}\nEND:VEVENT\nEND:VCALENDAR\n", "utf-8"
    )
    return file


def test_an_occurrence_keeps_its_length_where_the_clocks_change(tmp_path: Path) -> None:
    """RFC 5545 3.8.5.3: "the same exact duration will apply"; the library keeps the end's wall time."""
    times = "DTSTART;TZID=Europe/London:20261024T220000\nDTEND;TZID=Europe/London:20261025T060000"
    nights = times.replace("20261024", "20261023").replace("20261025", "20261024")
    [entry] = read_file(written(tmp_path, f"{nights}\nRRULE:FREQ=DAILY;COUNT=2")).entries
    found = expand(entry, STRETCH)
    assert [row.end for row in found.rows] == [
        datetime(2026, 10, 24, 5, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC)
    ]  # fmt: skip
    assert found.findings == {Finding("expander-wall-length")}
    [single] = read_file(written(tmp_path, times)).entries
    assert [row.end for row in expand(single, STRETCH).rows] == [datetime(2026, 10, 25, 6, tzinfo=UTC)]


def test_what_the_library_cannot_expand_is_said(tmp_path: Path) -> None:
    [entry] = read_file(written(tmp_path, "DTSTART:20261124T100000Z\nRRULE:FREQ=DAILY;UNTL=20270101")).entries
    with pytest.raises(GivesUp):
        expand(entry, STRETCH)


# -- calendars and report ---------------------------------------------------------------------------------------


def test_only_calendars_are_unpacked_and_only_inside(tmp_path: Path) -> None:
    package = tmp_path / "a.tar.gz"
    with tarfile.open(package, "w:gz") as archive:
        for name in ("a/good.ics", "a/setup.py"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    corpus.unpack(package, tmp_path / "out")
    assert [file.name for file in corpus.files_in(tmp_path / "out")] == ["good.ics"]
    assert not list((tmp_path / "out").rglob("setup.py"))
    with tarfile.open(package, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../bad.ics"), io.BytesIO())
    with pytest.raises(tarfile.FilterError):
        corpus.unpack(package, tmp_path / "out")


def test_fetched_calendars_are_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / ".pins").write_text(corpus.PINS.read_text("utf-8"), "utf-8")
    monkeypatch.setattr("subprocess.run", None)
    assert corpus.fetched(tmp_path) == tmp_path / "calendars"


def test_packages_are_pinned_by_version_and_content() -> None:
    pins = corpus.PINS.read_text("utf-8")
    named = [line for line in pins.splitlines() if not line.startswith("#")]
    assert all("==" in line and "--hash=sha256:" in line for line in named)
    assert list(corpus.pinned_names(pins)) == ["icalendar-7.3.0.tar.gz", "recurring_ical_events-3.8.2.tar.gz"]


VERDICTS = [
    FileVerdict(
        "a.ics",
        [
            Verdict("1-aa", 1, compared=3),
            Verdict("2-bb", 2, compared=1, findings={Finding("title-cut"), Finding("superseded")}),
            Verdict(
                "3-cc",
                1,
                findings={Finding("occurrences-differ", "1 missing, 0 extra")},
                missing=[row().time],
            ),
        ],
    )
]


def test_the_report_counts_and_names() -> None:
    report = to_json(VERDICTS)
    assert [report[outcome] for outcome in Outcome] == [1, 1, 1]
    assert (report["vevents"], report["occurrences"]) == (4, 4)
    [file] = report["files"]
    assert (file["name"], [file[outcome] for outcome in Outcome]) == ("a.ics", [1, 1, 1])
    assert [event["id"] for event in file["events"]] == ["2-bb", "3-cc"]
    ten = NINE + timedelta(hours=1)
    assert file["events"][1]["missing"] == [{"start": NINE.isoformat(), "end": ten.isoformat()}]
    json.dumps(report)


def test_the_table_says_why_in_words() -> None:
    text = "\n".join(lines(VERDICTS))
    assert diagnostics.SERVICE[Diagnostic.TITLE_CUT] in text
    assert diagnostics.FAULTS["occurrences-differ"] in text
    assert diagnostics.NOTES["superseded"] not in text


def test_the_exit_code_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.json"
    assert main([str(tmp_path), "--out", str(out)]) == 2
    written(tmp_path, "DTSTART:20261124T100000Z\nSUMMARY:x")
    options = ["--out", str(out), "--processes", "1"]
    assert main([str(tmp_path), *options]) == 0
    assert json.loads(out.read_text("utf-8"))["wrong"] == 0
    assert "0 wrong" in capsys.readouterr().out
