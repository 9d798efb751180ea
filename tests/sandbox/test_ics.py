"""Calendar files: what is taken, what is left out and why, and that nothing is guessed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from sync.sandbox.demo import ics
from sync.sandbox.demo.company import FUTURE_DAYS, PAST_DAYS
from sync.sandbox.groupware import Groupware

TODAY = date(2026, 11, 21)
TIMES = ("form", "start", "end", "timeZone", "duration")


def found_in(folder: Path, *events: str) -> ics.Found:
    file = folder / "own.ics"
    parts = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\n{text}\r\nEND:VEVENT\r\n" for n, text in enumerate(events))
    file.write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{parts}END:VCALENDAR\r\n", "utf-8")
    return ics.read_own(file, TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "DTSTART;TZID=Asia/Tokyo:20261124T100000\r\nDTEND;TZID=Asia/Tokyo:20261124T113000",
            {"form": "timed", "start": "2026-11-24T10:00:00", "timeZone": "Asia/Tokyo", "duration": "PT5400S"},
        ),
        (
            "DTSTART:20261124T100000Z\r\nDURATION:PT15M",
            {"form": "timed", "start": "2026-11-24T10:00:00", "timeZone": "UTC", "duration": "PT900S"},
        ),
        (
            "DTSTART;TZID=Europe/London:20261124T100000\r\nDTEND:20261124T110000Z",
            {"form": "timed", "start": "2026-11-24T10:00:00", "timeZone": "Europe/London", "duration": "PT3600S"},
        ),
        (
            "DTSTART;TZID=Tokyo Standard Time:20261124T100000",
            {"form": "startOnly", "start": "2026-11-24T10:00:00", "timeZone": "Asia/Tokyo"},
        ),
        (
            "DTSTART:20261124T100000\r\nDTEND:20261124T110000",
            {"form": "timed", "start": "2026-11-24T10:00:00", "timeZone": "Asia/Tokyo", "duration": "PT3600S"},
        ),
        ("DTSTART;VALUE=DATE:20261124", {"form": "allDay", "start": "2026-11-24", "end": "2026-11-25"}),
        (
            "DTSTART;VALUE=DATE:20261124\r\nDTEND;VALUE=DATE:20261124",
            {"form": "allDay", "start": "2026-11-24", "end": "2026-11-25"},
        ),
        (
            "DTSTART;VALUE=DATE:20261124\r\nDTEND;VALUE=DATE:20261127",
            {"form": "period", "start": "2026-11-24", "end": "2026-11-27"},
        ),
    ],
)  # fmt: skip
def test_times_are_read_as_they_are_meant(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    found = found_in(tmp_path, f"SUMMARY:打ち合わせ\r\n{text}")
    times = {name: value for name, value in found.events[0].items() if name in TIMES}
    assert times == expected
    assert found.moved == 0


def test_details_are_taken(tmp_path: Path) -> None:
    text = "SUMMARY:A\\, B\r\nLOCATION:会議室\r\nDESCRIPTION:1\\n2"
    text += "\r\nCLASS:PRIVATE\r\nSTATUS:TENTATIVE\r\nTRANSP:TRANSPARENT"
    event = found_in(tmp_path, f"{text}\r\nDTSTART;VALUE=DATE:20261124").events[0]
    assert (event["title"], event["place"], event["memo"]) == ("A, B", "会議室", "1\n2")
    assert (event["visibility"], event["status"], event["showAs"]) == ("private", "tentative", "free")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("DTSTART:20261124T100000Z\r\nRRULE:FREQ=DAILY", ics.SERIES),
        ("DTSTART:20261124T100000Z\r\nRECURRENCE-ID:20261124T100000Z", ics.SERIES),
        ("SUMMARY:nothing", ics.NO_START),
        ("DTSTART:20261124T100000Z\r\nDTEND:20261124T090000Z", ics.END_BEFORE_START),
        ("DTSTART;VALUE=DATE:20261124\r\nDTEND;VALUE=DATE:20261120", ics.END_BEFORE_START),
        ("DTSTART:20261124T100000Z\r\nSTATUS:CANCELLED", ics.CANCELLED),
        ("DTSTART;TZID=Mars/Base:20261124T100000", ics.UNKNOWN_ZONE),
        ("DTSTART:tomorrow", ics.UNREADABLE_TIME),
        ("DTSTART;VALUE=PERIOD:20261124T100000Z/PT1H", ics.UNREADABLE_TIME),
    ],
)
def test_what_cannot_be_taken_is_counted_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    found = found_in(tmp_path, text)
    assert found.events == []
    assert dict(found.left_out) == {reason: 1}


def test_an_unknown_zone_is_named(tmp_path: Path) -> None:
    found = found_in(tmp_path, "DTSTART;TZID=Mars/Base:20261124T100000")
    assert list(ics.reasons(found)) == [f"1 × {ics.UNKNOWN_ZONE}: Mars/Base"]


def test_far_dates_are_moved_by_whole_weeks_into_the_window(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        *(f"DTSTART;VALUE=DATE:2019030{day}\r\nDTEND;VALUE=DATE:2019031{day}" for day in range(1, 8)),
    )
    assert found.moved == 7
    for number, event in enumerate(found.events):
        first, until = date.fromisoformat(event["start"]), date.fromisoformat(event["end"])
        assert first.weekday() == date(2019, 3, 1 + number).weekday()
        assert until - first == timedelta(days=10)
        assert TODAY - timedelta(days=PAST_DAYS) < first < TODAY + timedelta(days=FUTURE_DAYS)


def test_the_calendars_of_the_package_are_real_and_the_groupware_takes_them() -> None:
    found = ics.read_shipped(TODAY)
    assert found.files > 100
    assert len(found.events) >= 50
    assert found.left_out[ics.SERIES] > 10
    with Groupware() as groupware:
        user = groupware.add_user("Jane Sample")
        for event in found.events:
            groupware.create(event, by=user)
        assert len(groupware.events_of(user)) == len(found.events)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"no calendar", b""])
def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "own.ics"
    file.write_bytes(content)
    with pytest.raises(ics.Unreadable):
        ics.read_own(file, TODAY)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ics.Unreadable, match="is not a file"):
        ics.read_own(tmp_path / "none.ics", TODAY)
