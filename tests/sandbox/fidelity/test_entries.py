"""Every VEVENT of a file is in an entry or counted as unread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sync.sandbox.fidelity.entries import read_file

EVENT = "BEGIN:VEVENT\nUID:{}\nDTSTART:20261124T100000Z\nSUMMARY:secret\nEND:VEVENT\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "a.ics"
    file.write_text(text, "utf-8")
    return file


def calendar(*events: str, head: str = "") -> str:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{''.join(events)}END:VCALENDAR\n"


def test_the_vevents_of_one_identifier_are_one_entry(tmp_path: Path) -> None:
    content = read_file(written(tmp_path, calendar(*(EVENT.format(uid) for uid in "aba"))))
    assert [(entry.uid, len(entry.components)) for entry in content.entries] == [("a", 2), ("b", 1)]
    assert content.unread == 0


def test_events_without_an_identifier_are_entries_of_their_own(tmp_path: Path) -> None:
    bare = EVENT.replace("UID:{}\n", "")
    assert len(read_file(written(tmp_path, calendar(bare, bare))).entries) == 2


def test_the_same_identifier_in_two_calendars_is_two_entries(tmp_path: Path) -> None:
    one = calendar(EVENT.format("a"))
    content = read_file(written(tmp_path, one + one))
    assert len({entry.id for entry in content.entries}) == 2


def test_an_event_outside_a_calendar_is_read(tmp_path: Path) -> None:
    assert len(read_file(written(tmp_path, EVENT.format("a"))).entries) == 1


def test_the_name_of_an_entry_says_nothing_of_it(tmp_path: Path) -> None:
    [entry] = read_file(written(tmp_path, calendar(EVENT.format("secret@example.com")))).entries
    assert "secret" not in entry.id


def test_what_the_parser_gives_up_is_counted(tmp_path: Path) -> None:
    text = "BEGIN:VCALENDAR\n" + EVENT.format("a") * 3
    assert read_file(written(tmp_path, text)).unread == 3


def test_a_folded_line_is_no_event(tmp_path: Path) -> None:
    event = EVENT.format("a").replace("SUMMARY:secret", "SUMMARY:a\n BEGIN:VEVENT")
    assert read_file(written(tmp_path, calendar(event))).unread == 0


def test_a_zone_that_another_file_defined_is_not_known(tmp_path: Path) -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\n"
        "TZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    event = EVENT.format("a").replace("DTSTART:20261124T100000Z", "DTSTART;TZID=Ours:20261124T100000")
    [known] = read_file(written(tmp_path, calendar(event, head=zone))).entries
    [unknown] = read_file(written(tmp_path, calendar(event))).entries
    starts: list[Any] = [entry.components[0]["DTSTART"] for entry in (known, unknown)]
    assert [start.dt.tzinfo is None for start in starts] == [False, True]
