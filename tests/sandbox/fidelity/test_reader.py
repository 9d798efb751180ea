"""What is entered for the events of a calendar file, and what is said about the rest."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sync.sandbox.fidelity import reader
from sync.sandbox.fidelity.entries import read_file
from sync.sandbox.fidelity.places import Places
from sync.sandbox.fidelity.reader import Translation, translate
from sync.sandbox.fidelity.windows import Stretch
from sync.sandbox.groupware import Groupware

STRETCH = Stretch(date(2026, 10, 1), date(2028, 9, 30))
PLACES = Places(STRETCH.first, STRETCH.until)
TOKYO = ";TZID=Asia/Tokyo:"
START, END = f"DTSTART{TOKYO}20261102T100000", f"DTEND{TOKYO}20261102T110000"


def translated(folder: Path, *events: str, head: str = "") -> Translation:
    """All events as one entry."""
    parts = "".join(f"BEGIN:VEVENT\nUID:a\n{event}\nEND:VEVENT\n" for event in events)
    file = folder / "a.ics"
    file.write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{parts}END:VCALENDAR\n", "utf-8")
    [entry] = read_file(file).entries
    return translate(entry, STRETCH, PLACES)


def entered(folder: Path, *events: str, head: str = "") -> list[dict[str, Any]]:
    """The events, after the reference groupware has taken them."""
    found = translated(folder, *events, head=head)
    with Groupware() as groupware:
        user = groupware.add_user("花子")
        for event in found.events:
            groupware.create(event, by=user)
    return list(found.events)


def codes(found: Translation) -> set[str]:
    return {finding.code for finding in found.findings}


def timed(start: str, zone: str, duration: str) -> dict[str, str]:
    return {"form": "timed", "start": start, "timeZone": zone, "duration": duration}


def days(start: str, end: str) -> dict[str, str]:
    return {"form": "allDay", "start": start, "end": end}


LONDON = "DTSTART;TZID=Europe/London:"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{START}\n{END}", timed("2026-11-02T10:00:00", "Asia/Tokyo", "PT1H")),
        (START, {"form": "startOnly", "start": "2026-11-02T10:00:00", "timeZone": "Asia/Tokyo"}),
        ("DTSTART:20261124T100000Z\nDURATION:PT15M", timed("2026-11-24T10:00:00", "Etc/UTC", "PT15M")),
        ("DTSTART;VALUE=DATE:20261124", days("2026-11-24", "2026-11-25")),
        ("DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261127", days("2026-11-24", "2026-11-27")),
        ("DTSTART;VALUE=DATE:20261124\nDURATION:P1W", days("2026-11-24", "2026-12-01")),
        (f"{LONDON}20270327T120000\nDURATION:P1D", timed("2027-03-27T12:00:00", "Europe/London", "PT23H")),
        (f"{LONDON}20270327T120000\nDURATION:PT23H", timed("2027-03-27T12:00:00", "Europe/London", "PT23H")),
        (f"{LONDON}20270328T013000\nDURATION:PT1H", timed("2027-03-28T01:30:00", "Europe/London", "PT1H")),
        (
            "DTSTART;TZID=Tokyo Standard Time:20261124T100000\nDURATION:PT1H",
            timed("2026-11-24T10:00:00", "Asia/Tokyo", "PT1H"),
        ),
    ],
)
def test_times_are_entered_as_they_are_meant(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    [event] = entered(tmp_path, text)
    names = ("form", "start", "end", "timeZone", "duration")
    assert {name: event[name] for name in names if name in event} == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SUMMARY:x", "not-an-event"),
        ("DTSTART:tomorrow", "broken-property"),
        (f"{START}\nRRULE:FREQ=SOMETIMES", "broken-property"),
        (f"{START}\nRDATE:soon", "broken-property"),
        (f"{START}\nDURATION:long", "broken-property"),
        (f"{START}\n{START}", "repeated-property"),
        (f"{START}\nDTEND{TOKYO}20261101T100000", "end-before-start"),
        ("DTSTART;VALUE=DATE:20261124\nDTEND:20261125T100000Z", "mixed-date-and-time"),
        ("DTSTART;VALUE=DATE:20261124\nDURATION:PT5H", "mixed-date-and-time"),
        ("DTSTART:20261124T100000\nDTEND:20261124T110000Z", "mixed-zones"),
        ("DTSTART;TZID=Nowhere:20261124T100000", "unknown-zone"),
        ("DTSTART:16010101T000000Z", "year-out-of-range"),
        ("DTSTART:22000101T000000Z", "year-out-of-range"),
        (f"{START}\nRRULE:FREQ=DAILY;UNTL=20270101", "rule-unreadable"),
        (f"{START}\nRRULE:FREQ=DAILY;COUNT=0", "rule-unreadable"),
        (f"{START}\nRRULE:FREQ=DAILY;INTERVAL=0", "rule-unreadable"),
        (f"{START}\nRRULE:RSCALE=CHINESE;FREQ=YEARLY", "other-calendar-scale"),
        (f"{START}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rule-never-true"),
        (f"{START}\nRRULE:FREQ=DAILY;UNTIL=20261001T000000Z", "nothing-takes-place"),
        (f"{START}\nSTATUS:CANCELLED", "cancelled"),
    ],
)
def test_what_cannot_be_entered_says_why(tmp_path: Path, text: str, code: str) -> None:
    found = translated(tmp_path, text)
    assert codes(found) == {code}
    assert not found.is_entered
    assert found.events == ()


@pytest.mark.parametrize(
    ("lines", "rrule"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;COUNT=3"),
        ("RRULE:FREQ=DAILY;UNTIL=20261110T010000Z", "FREQ=DAILY;UNTIL=20261110T010000Z"),
        ("RRULE:FREQ=DAILY;UNTIL=20261110T100000", "FREQ=DAILY;UNTIL=20261110T010000Z"),
        ("RRULE:FREQ=DAILY;UNTIL=20261110", "FREQ=DAILY;UNTIL=20261110T000000Z"),
        ("RRULE:FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY"),
        ("RRULE:FREQ=DAILY;COUNT=20;UNTIL=20261110T010000Z", "FREQ=DAILY;COUNT=9"),
        ("RRULE:FREQ=WEEKLY;BYHOUR=10;BYMINUTE=0;COUNT=3", "FREQ=WEEKLY;COUNT=3"),
        ("RRULE:RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=OMIT", "FREQ=YEARLY"),
    ],
)
def test_rules_are_entered_as_the_contract_writes_them(tmp_path: Path, lines: str, rrule: str) -> None:
    [event] = entered(tmp_path, f"{START}\n{END}\n{lines}")
    assert event["recurrence"]["rrule"] == rrule


def test_until_of_whole_days_is_a_day(tmp_path: Path) -> None:
    [event] = entered(tmp_path, "DTSTART;VALUE=DATE:20261102\nRRULE:FREQ=DAILY;UNTIL=20261110T120000Z")
    assert event["recurrence"]["rrule"] == "FREQ=DAILY;UNTIL=20261110"


@pytest.mark.parametrize(
    "exdate",
    [
        f"EXDATE{TOKYO}20261104T100000",
        "EXDATE:20261104T010000Z",
        "EXDATE:20261104T100000",
        "EXDATE;VALUE=DATE:20261104",
    ],
)
def test_a_date_is_taken_out_however_it_is_written(tmp_path: Path, exdate: str) -> None:
    [event] = entered(tmp_path, f"{START}\n{END}\nRRULE:FREQ=DAILY;COUNT=5\n{exdate}\nEXDATE:20301104T100000")
    assert event["recurrence"]["exdates"] == ["2026-11-04T10:00:00"]


def test_extra_dates_beside_a_rule(tmp_path: Path) -> None:
    rdates = f"RDATE{TOKYO}20261105T150000,20261106T100000\nEXDATE{TOKYO}20261106T100000"
    [event] = entered(tmp_path, f"{START}\n{END}\nRRULE:FREQ=WEEKLY;COUNT=3\n{rdates}")
    assert event["recurrence"]["rdates"] == ["2026-11-05T15:00:00"]
    assert event["recurrence"]["exdates"] == []


def test_only_dates_are_irregular_dates(tmp_path: Path) -> None:
    [event] = entered(tmp_path, f"{START}\n{END}\nRDATE{TOKYO}20261105T150000")
    assert event["recurrence"] == {
        "rrule": None, "exdates": [], "rdates": ["2026-11-05T15:00:00"], "overrides": {}
    }  # fmt: skip


def test_a_period_of_another_length_is_an_event_of_its_own(tmp_path: Path) -> None:
    rdate = "RDATE;VALUE=PERIOD;TZID=Asia/Tokyo:20261105T100000/PT3H,20261106T100000/PT1H"
    own, series = entered(tmp_path, f"{START}\n{END}\nRRULE:FREQ=WEEKLY;COUNT=3\n{rdate}")
    assert (own["start"], own["duration"]) == ("2026-11-05T10:00:00", "PT3H")
    assert series["recurrence"]["rdates"] == ["2026-11-06T10:00:00"]


MASTER = f"{START}\n{END}\nRRULE:FREQ=WEEKLY;COUNT=5\nSUMMARY:x"


def edit(*lines: str, original: str = "20261109T100000") -> str:
    return "\n".join((f"RECURRENCE-ID{TOKYO}{original}", *lines))


def test_an_edited_occurrence_says_what_differs(tmp_path: Path) -> None:
    moved = edit(f"DTSTART{TOKYO}20261110T140000", f"DTEND{TOKYO}20261110T150000", "SUMMARY:y")
    [event] = entered(tmp_path, MASTER, moved)
    assert event["recurrence"]["overrides"] == {
        "2026-11-09T10:00:00": {"title": "y", "start": "2026-11-10T14:00:00", "duration": "PT1H"}
    }


def test_an_occurrence_in_another_form_is_an_event_of_its_own(tmp_path: Path) -> None:
    own, series = entered(tmp_path, MASTER, edit("DTSTART;VALUE=DATE:20261109", "SUMMARY:x"))
    assert own["form"] == "allDay"
    assert series["recurrence"]["exdates"] == ["2026-11-09T10:00:00"]


def test_an_edited_occurrence_that_the_series_does_not_have(tmp_path: Path) -> None:
    stray = edit(f"DTSTART{TOKYO}20270110T140000", f"DTEND{TOKYO}20270110T150000", original="20270101T100000")
    series, own = entered(tmp_path, MASTER, stray)
    assert series["recurrence"]["overrides"] == {}
    assert own["start"] == "2027-01-10T14:00:00"


def test_a_cancelled_occurrence_is_taken_out_and_named(tmp_path: Path) -> None:
    cancelled = edit(f"DTSTART{TOKYO}20261109T100000", f"DTEND{TOKYO}20261109T110000", "STATUS:CANCELLED")
    [event] = entered(tmp_path, MASTER, cancelled)
    assert event["recurrence"]["exdates"] == ["2026-11-09T10:00:00"]
    assert codes(translated(tmp_path, MASTER, cancelled)) == {"cancelled-occurrence"}


def test_the_newest_revision_counts(tmp_path: Path) -> None:
    old, new = f"{START}\nSEQUENCE:2\nSUMMARY:old", f"{START}\nSEQUENCE:10\nSUMMARY:new"
    [event] = entered(tmp_path, new, old)
    assert event["title"] == "new"
    assert codes(translated(tmp_path, new, old)) == {"superseded"}
    assert codes(translated(tmp_path, old, old)) == {"duplicate-uid"}


def test_this_and_all_following_becomes_a_second_series(tmp_path: Path) -> None:
    following = edit(
        f"DTSTART{TOKYO}20261116T150000", f"DTEND{TOKYO}20261116T170000", original="20261116T100000"
    )
    first, second = entered(
        tmp_path, MASTER, following.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE")
    )
    assert first["recurrence"]["rrule"] == "FREQ=WEEKLY;UNTIL=20261109T010000Z"
    assert (second["start"], second["duration"]) == ("2026-11-16T15:00:00", "PT2H")
    assert second["recurrence"]["rrule"] == "FREQ=WEEKLY;UNTIL=20261130T060000Z"


def test_this_and_all_following_on_another_day_becomes_dates(tmp_path: Path) -> None:
    following = edit(
        f"DTSTART{TOKYO}20261117T150000", f"DTEND{TOKYO}20261117T170000", original="20261116T100000"
    )
    _, second = entered(
        tmp_path, MASTER, following.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE")
    )
    assert second["start"] == "2026-11-17T15:00:00"
    assert second["recurrence"]["rdates"] == ["2026-11-24T15:00:00", "2026-12-01T15:00:00"]


def test_what_is_too_frequent_becomes_dates(tmp_path: Path) -> None:
    [event] = entered(tmp_path, f"{START}\n{END}\nRRULE:FREQ=HOURLY;INTERVAL=5;COUNT=3")
    assert event["recurrence"]["rdates"] == ["2026-11-02T15:00:00", "2026-11-02T20:00:00"]


def test_of_a_flood_of_occurrences_the_first_are_entered(tmp_path: Path) -> None:
    found = translated(tmp_path, f"{START}\n{END}\nRRULE:FREQ=SECONDLY;INTERVAL=10")
    assert len(found.events[0]["recurrence"]["rdates"]) == 499
    assert found.until is not None
    assert codes(found) == {"rule-as-dates", "compared-in-part"}


def test_a_floating_time_gets_the_home_zone_and_is_named(tmp_path: Path) -> None:
    found = translated(tmp_path, "DTSTART:20261124T100000")
    assert found.events[0]["timeZone"] == "Asia/Tokyo"
    assert codes(found) == {"floating-time"}


def test_the_zone_of_the_calendar_is_meant_by_floating_and_utc_times(tmp_path: Path) -> None:
    head = "X-WR-TIMEZONE:Europe/Berlin\n"
    [utc] = entered(tmp_path, "DTSTART:20261124T100000Z\nDURATION:PT1H", head=head)
    [floating] = entered(tmp_path, "DTSTART:20261124T100000\nDURATION:PT1H", head=head)
    assert (utc["start"], utc["timeZone"]) == ("2026-11-24T11:00:00", "Europe/Berlin")
    assert (floating["start"], floating["timeZone"]) == ("2026-11-24T10:00:00", "Europe/Berlin")


def test_days_of_the_calendar_are_longer_where_the_clocks_change(tmp_path: Path) -> None:
    [event] = entered(
        tmp_path, "DTSTART;TZID=Europe/London:20261023T090000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=4"
    )
    assert event["duration"] == "PT24H"
    assert event["recurrence"]["overrides"] == {"2026-10-24T09:00:00": {"duration": "PT25H"}}


def test_the_texts_of_an_event(tmp_path: Path) -> None:
    lines = "SUMMARY:a\\nb \nLOCATION:c\nDESCRIPTION:d\\ne\nCLASS:CONFIDENTIAL\nTRANSP:TRANSPARENT"
    [event] = entered(tmp_path, f"{START}\n{lines}")
    names = ("title", "place", "memo", "visibility", "showAs", "status")
    assert [event[name] for name in names] == ["a b ", "c", "d\ne", "private", "free", "confirmed"]


def test_an_error_of_the_reader_is_never_taken_for_one_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_event: object) -> object:
        raise KeyError("title")

    monkeypatch.setattr(reader, "texts", broken)
    assert codes(translated(tmp_path, edit(START))) == {"reader-failed"}
