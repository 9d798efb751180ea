"""The whole demonstration in its own processes, as `ONCE=1 make demo` runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sync.sandbox.demo import samples
from sync.sandbox.demo.company import PEOPLE

ROOT = Path(__file__).parents[2]
OWN = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:My own event
DTSTART;VALUE=DATE:20200101
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20200101T000000Z
RRULE:FREQ=DAILY
END:VEVENT
END:VCALENDAR
"""
ON_BOTH = (samples.ON_BOTH + samples.ON_BOTH_UNLIKE) * len(PEOPLE)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "own.ics").write_text(OWN)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PORT_")}
    done = subprocess.run(
        [sys.executable, "-m", "sync.sandbox", "demo", "--once", "--ics", str(folder / "own.ics")],
        cwd=ROOT,
        env={**environment, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0, done.stdout
    assert [path.name for path in folder.iterdir()] == ["own.ics"], "something was left behind"
    return done.stdout


def total(said: str, heading: str) -> list[int]:
    """The last row of the table: writes to groupware and Outlook, adopted, merged, parked, left alone, requests."""
    table = said[said.index(heading) :]
    found = re.search(r"^合計 total +(.*)$", table, re.MULTILINE)
    assert found is not None
    return [0 if text == "·" else int(text) for text in found[1].split()]


def test_both_sides_are_equal_at_the_end(said: str) -> None:
    found = re.search(r"一致 equal: (\d+), 不一致 different: (\d+)", said)
    assert found is not None
    assert int(found[1]) > 350
    assert int(found[2]) == 0


def test_the_first_sync_creates_adopts_and_says_what_it_leaves_alone(said: str) -> None:
    numbers = total(said, "最初の同期 First sync")
    created_groupware, _, deleted_groupware, created_outlook, _, deleted_outlook, adopted, _, parked, left = (
        numbers[:10]
    )
    assert (
        created_groupware == samples.ONLY_OUTLOOK * len(PEOPLE) + 2
    )  # and a meeting and a series of Outlook
    assert created_outlook >= samples.ONLY_GROUPWARE * len(PEOPLE) + 60
    assert deleted_groupware == deleted_outlook == 0
    assert adopted == ON_BOTH + 1  # and a meeting that stands on both sides
    assert (parked, left) == (0, 2)


def test_the_edits_of_both_sides_arrive(said: str) -> None:
    numbers = total(said, "変更後の同期 Sync after the edits")
    assert numbers[0] == len(PEOPLE)
    assert numbers[2] == numbers[5] == len(PEOPLE)
    assert numbers[3] == 2 * len(PEOPLE)
    assert numbers[7] == 2 * len(PEOPLE)
    assert numbers[8] == 0


def test_a_pass_without_edits_writes_nothing(said: str) -> None:
    assert "書き込み writes: 0;" in said


def test_reasons_stand_in_words(said: str) -> None:
    assert "Its event type is excluded from sync." in said
    assert "同期対象外の予定種別のため" in said


def test_an_own_calendar_comes_first_and_its_series_is_named(said: str) -> None:
    assert re.search(r"ICS: 1 ファイル files, 1 件の予定 single events.*1 件は日付を期間内へ移動", said)
    assert "1 × 繰り返しの予定 / series" in said
    assert said.index("ICS: 1") < said.index("icalendar: ")


def test_addresses_and_a_ready_command_are_printed(said: str) -> None:
    assert re.search(r"http://127\.0\.0\.1:\d+/api/health", said)
    assert re.search(r"http://127\.0\.0\.1:\d+/api/openapi\.json", said)
    assert re.search(
        r"curl -s -H 'Authorization: Bearer [\w-]+\.[\w-]+\.[\w-]+' http://127\.0\.0\.1:\d+/api/users/", said
    )
