"""Calendar files put as they are on a CalDAV server: what cannot be read there is named, and nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.fidelity.caldav import KIND
from sync.sandbox.fidelity.diagnostics import Outcome
from sync.sandbox.fidelity.examine import FileVerdict, examine


def verdict(tmp_path: Path, *lines: str) -> FileVerdict:
    file = tmp_path / "one.ics"
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"]
    file.write_text("\r\n".join([*text, "END:VCALENDAR", ""]), "utf-8")
    return examine(file, file.name, KIND)


@pytest.mark.parametrize(
    ("lines", "outcome", "codes"),
    [
        (["DTSTART:20240105T010000Z", "DTEND:20240105T020000Z", "SUMMARY:予定"], Outcome.IDENTICAL, set()),
        (
            ["DTSTART;VALUE=DATE:20240105", "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:週"],
            Outcome.IDENTICAL,
            set(),
        ),
        (["DTSTART;TZID=Nowhere:20240105T010000", "SUMMARY:x"], Outcome.DEGRADED, {"unknown-zone"}),
        (
            ["DTSTART:20240105T010000Z", "RRULE:FREQ=WEEKLY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=2"],
            Outcome.DEGRADED,
            {"left-alone"},
        ),
        (["SUMMARY:no start"], Outcome.DEGRADED, {"not-an-event"}),
    ],
)
def test_every_event_is_equal_or_named(
    tmp_path: Path, lines: list[str], outcome: Outcome, codes: set[str]
) -> None:
    (found,) = verdict(tmp_path, *lines).verdicts
    assert (found.outcome, {finding.code for finding in found.findings}) == (outcome, codes)
