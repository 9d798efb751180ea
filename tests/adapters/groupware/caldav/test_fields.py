"""Fields of a single event, one by one: read, written, and nothing else touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.event import Field, Form, Importance, Reminder, ShowAs, Visibility
from sync.core.fingerprint import digests
from tests.adapters.groupware.caldav.texts import (
    CONTEXT,
    calendar,
    changed,
    created,
    differing,
    event_of,
    lines_of,
    shown,
    single,
    updated,
    vevent,
)

READ: list[tuple[str, str, Any]] = [
    ("SUMMARY:会議\\, 午後\\nB", "title", "会議, 午後 B"),
    ("SUMMARY;LANGUAGE=ja:  週次 ", "title", "週次"),
    ("SUMMARY:C:\\temp", "title", "C:\\temp"),
    ("LOCATION:A;B", "place", "A; B"),
    ("DESCRIPTION:一\\n\\N二\\\\n", "body", "一\n\n二\\n"),
    ("CLASS:PUBLIC", "visibility", Visibility.PUBLIC),
    ("CLASS:private", "visibility", Visibility.PRIVATE),
    ("CLASS:CONFIDENTIAL", "visibility", Visibility.BUSY_ONLY),
    ("CLASS:X-SECRET", "visibility", Visibility.PRIVATE),
    ("TRANSP:TRANSPARENT", "show_as", ShowAs.FREE),
    ("TRANSP:OPAQUE", "show_as", ShowAs.BUSY),
    ("STATUS:TENTATIVE", "show_as", ShowAs.TENTATIVE),
    ("STATUS:CONFIRMED", "show_as", ShowAs.BUSY),
    ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "show_as", ShowAs.OOF),
    ("PRIORITY:1", "importance", Importance.HIGH),
    ("PRIORITY:4", "importance", Importance.HIGH),
    ("PRIORITY:5", "importance", Importance.NORMAL),
    ("PRIORITY:0", "importance", Importance.NORMAL),
    ("PRIORITY:9", "importance", Importance.LOW),
    ("PRIORITY:many", "importance", Importance.NORMAL),
    ("CATEGORIES:私用,会議", "event_type", "会議"),
    ("CATEGORIES:外出\\, 出張", "event_type", "外出, 出張"),
    ("CATEGORIES:外出", "event_type", ""),
]


@pytest.mark.parametrize(("line", "name", "value"), READ)
def test_a_property_is_read(line: str, name: str, value: Any) -> None:
    assert getattr(event_of(single(line)), name) == value


def test_an_event_without_properties_says_nothing() -> None:
    event = event_of(single())
    assert (event.title, event.place, event.body, event.event_type, event.reminder) == ("", "", "", "", None)
    assert (event.visibility, event.show_as, event.importance) == (
        Visibility.PUBLIC,
        ShowAs.BUSY,
        Importance.NORMAL,
    )
    assert event.form is Form.TIMED


def test_microsoft_s_word_counts_only_while_it_agrees() -> None:
    said = "X-MICROSOFT-CDO-BUSYSTATUS:OOF"
    assert event_of(single(said, "TRANSP:TRANSPARENT")).show_as is ShowAs.FREE
    assert event_of(single(said, "STATUS:TENTATIVE")).show_as is ShowAs.TENTATIVE


# Lines of an event, the field to change, its value; the lines that go and those that come.
WRITTEN: list[tuple[tuple[str, ...], dict[str, Any], list[str], list[str]]] = [
    (
        ("SUMMARY;LANGUAGE=ja:a",),
        {"title": "b, c"},
        ["SUMMARY;LANGUAGE=ja:a"],
        ["SUMMARY;LANGUAGE=ja:b\\, c"],
    ),
    (('SUMMARY;ALTREP="cid:1":a',), {"title": "b"}, ['SUMMARY;ALTREP="cid:1":a'], ["SUMMARY:b"]),
    (("SUMMARY:a",), {"title": ""}, ["SUMMARY:a"], []),
    ((), {"place": "会議室; 別館"}, [], ["LOCATION:会議室\\; 別館"]),
    (("LOCATION:x",), {"place": ""}, ["LOCATION:x"], []),
    (
        ("DESCRIPTION:a", "X-ALT-DESC;FMTTYPE=text/html:<b>a</b>", "X-OTHER:1"),
        {"body": "b\nc"},
        ["DESCRIPTION:a", "X-ALT-DESC;FMTTYPE=text/html:<b>a</b>"],
        ["DESCRIPTION:b\\nc"],
    ),
    ((), {"visibility": Visibility.PRIVATE}, [], ["CLASS:PRIVATE"]),
    (("CLASS:PRIVATE",), {"visibility": Visibility.PUBLIC}, ["CLASS:PRIVATE"], ["CLASS:PUBLIC"]),
    ((), {"visibility": Visibility.BUSY_ONLY}, [], ["CLASS:CONFIDENTIAL"]),
    ((), {"show_as": ShowAs.TENTATIVE}, [], ["STATUS:TENTATIVE"]),
    (("STATUS:TENTATIVE",), {"show_as": ShowAs.BUSY}, ["STATUS:TENTATIVE"], ["STATUS:CONFIRMED"]),
    (
        ("STATUS:TENTATIVE", "TRANSP:TRANSPARENT"),
        {"show_as": ShowAs.BUSY},
        ["STATUS:TENTATIVE", "TRANSP:TRANSPARENT"],
        ["STATUS:CONFIRMED", "TRANSP:OPAQUE"],
    ),
    ((), {"show_as": ShowAs.FREE}, [], ["TRANSP:TRANSPARENT"]),
    ((), {"show_as": ShowAs.OOF}, [], ["X-MICROSOFT-CDO-BUSYSTATUS:OOF"]),
    (
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF",),
        {"show_as": ShowAs.FREE},
        ["X-MICROSOFT-CDO-BUSYSTATUS:OOF"],
        ["X-MICROSOFT-CDO-BUSYSTATUS:FREE", "TRANSP:TRANSPARENT"],
    ),
    ((), {"importance": Importance.HIGH}, [], ["PRIORITY:1"]),
    (("PRIORITY:3",), {"importance": Importance.NORMAL}, ["PRIORITY:3"], []),
    ((), {"event_type": "会議"}, [], ["CATEGORIES:会議"]),
    (
        ("CATEGORIES:私用,会議,家",),
        {"event_type": "外出, 出張"},
        ["CATEGORIES:私用,会議,家"],
        ["CATEGORIES:私用,外出\\, 出張,家"],
    ),
    (("CATEGORIES:私用,会議",), {"event_type": ""}, ["CATEGORIES:私用,会議"], ["CATEGORIES:私用"]),
    (("CATEGORIES:会議",), {"event_type": ""}, ["CATEGORIES:会議"], []),
    (("CATEGORIES:私用",), {"event_type": "会議"}, ["CATEGORIES:私用"], ["CATEGORIES:私用,会議"]),
    (
        ("CATEGORIES:会議", "CATEGORIES:家,会議"),
        {"event_type": "外出, 出張"},
        ["CATEGORIES:会議", "CATEGORIES:家,会議"],
        ["CATEGORIES:外出\\, 出張", "CATEGORIES:家"],
    ),
]


@pytest.mark.parametrize(("lines", "fields", "gone", "new"), WRITTEN)
def test_a_field_is_written_and_nothing_else(
    lines: tuple[str, ...], fields: dict[str, Any], gone: list[str], new: list[str]
) -> None:
    before = single(*lines)
    after = changed(before, **fields)
    went, came = differing(before, after)
    assert (sorted(went), sorted(came)) == (sorted(gone), sorted(new))
    (name,) = fields
    assert getattr(event_of(after), name) == fields[name]
    assert "DTSTAMP:20261122T010203Z" in lines_of(after)
    assert "LAST-MODIFIED:20261122T010203Z" in lines_of(after)
    assert "SEQUENCE" not in after


@pytest.mark.parametrize("show_as", list(ShowAs))
@pytest.mark.parametrize("before", list(ShowAs))
def test_every_way_to_show_time_follows_every_other(before: ShowAs, show_as: ShowAs) -> None:
    text = changed(created(replace(event_of(single()), show_as=before)), show_as=show_as)
    assert event_of(text).show_as is show_as


def test_what_says_it_already_is_not_written_at_all() -> None:
    text = single("SUMMARY:a", "CLASS:X-SECRET", "PRIORITY:5", "TRANSP:OPAQUE", "CATEGORIES:会議,会議")
    event = event_of(text)
    assert updated(text, event, *Field) == text


def test_an_unknown_event_type_is_not_written() -> None:
    assert changed(single(), event_type="知らない") == single()


def test_an_event_that_is_called_off_is_left_alone() -> None:
    assert shown(single("STATUS:CANCELLED")).hands_off == "cancelled"
    assert shown(single()).hands_off is None


def test_a_new_event_says_everything() -> None:
    event = replace(
        event_of(single()),
        title="予定 🎌",
        place="A; B",
        body="一\n\n二",
        visibility=Visibility.PRIVATE,
        show_as=ShowAs.WORKING_ELSEWHERE,
        importance=Importance.LOW,
        event_type="会議",
        reminder=Reminder(10),
    )
    found = shown(created(event))
    assert digests(found.event) == digests(event)
    assert found.uid == "new@example.com"
    assert found.modified == CONTEXT.now


def test_who_changed_it_last_and_when() -> None:
    text = calendar(
        vevent("DTSTART:20260902T100000Z", "LAST-MODIFIED:20260303T000000Z", "RRULE:FREQ=DAILY"),
        vevent(
            "DTSTART:20260903T110000Z", "RECURRENCE-ID:20260903T100000Z", "LAST-MODIFIED:20260404T000000Z"
        ),
    )
    found = shown(text).modified
    assert found is not None
    assert found.isoformat() == "2026-04-04T00:00:00+00:00"
    assert shown(text.replace("LAST-MODIFIED:2026", "LAST-MODIFIED:2x26")).modified is not None
