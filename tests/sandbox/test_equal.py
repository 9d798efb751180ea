"""The comparison at the end of the demonstration notices what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.sandbox.demo.equal import (
    Shown,
    differences,
    from_groupware,
    from_outlook,
    groupware_shown,
    length,
    outlook_shown,
    text_of,
)

GROUPWARE: dict[str, Any] = {
    "id": "e-1", "title": "打ち合わせ", "place": "会議室A", "memo": "一行目\n二行目", "typeId": "t-meeting",
    "form": "timed", "start": "2026-11-24T10:00:00", "timeZone": "Asia/Tokyo", "duration": "PT1H30M",
    "end": None, "recurrence": None,
    "visibility": "private", "status": "confirmed", "showAs": "busy", "importance": "high",
}  # fmt: skip
OUTLOOK: dict[str, Any] = {
    "id": "o-1", "subject": "打ち合わせ", "location": {"displayName": "会議室A"}, "isAllDay": False,
    "isCancelled": False,
    "body": {"contentType": "html", "content": "<html><style>p{}</style><p>一行目<br>二行目</p></html>"},
    "categories": ["青の分類", "会議 Meeting"],
    "start": {"dateTime": "2026-11-24T01:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2026-11-24T02:30:00.0000000", "timeZone": "UTC"}, "type": "singleInstance",
    "sensitivity": "private", "showAs": "busy", "importance": "high",
}  # fmt: skip


def test_the_same_event_looks_the_same_on_both_sides() -> None:
    assert from_groupware(GROUPWARE) == from_outlook(OUTLOOK)


@pytest.mark.parametrize("name", [name for name in Shown.__dataclass_fields__ if name != "start"])
def test_a_difference_in_any_field_is_seen(name: str) -> None:
    shown = from_groupware(GROUPWARE)
    change: Any = not shown.is_private if name == "is_private" else "something else"
    other = replace(shown, **{name: change})
    assert differences([shown, shown], [shown, other]) == ([shown], [other])


def test_an_event_that_is_there_twice_is_seen() -> None:
    shown = from_groupware(GROUPWARE)
    assert differences([shown], [shown, shown]) == ([], [shown])


def test_what_is_not_to_be_synced_is_not_compared() -> None:
    others = [
        GROUPWARE | {"recurrence": {"rrule": "FREQ=DAILY"}},
        GROUPWARE | {"status": "candidate"},
        GROUPWARE | {"typeId": "t-private"},
        GROUPWARE | {"id": "parked"},
    ]
    assert groupware_shown(others, {"parked"}) == []
    meeting = OUTLOOK | {"isCancelled": True}
    assert (
        outlook_shown([OUTLOOK | {"type": "seriesMaster"}, meeting, OUTLOOK | {"id": "parked"}], {"parked"})
        == []
    )


def test_whole_days_are_dates() -> None:
    days = {"form": "period", "start": "2026-11-24", "end": "2026-11-26", "duration": None, "timeZone": None}
    here = from_groupware(GROUPWARE | days)
    there = from_outlook(
        OUTLOOK
        | {
            "isAllDay": True,
            "start": {"dateTime": "2026-11-24T00:00:00.0000000"},
            "end": {"dateTime": "2026-11-26T00:00:00.0000000"},
        }
    )
    assert here == there


def test_durations_and_pages_are_read() -> None:
    assert length("PT1H30M") == timedelta(hours=1, minutes=30)
    assert length("PT0S") == timedelta()
    assert text_of("<style>x</style><p>a<br>b</p>&amp; c").split() == ["a", "b", "&", "c"]
