"""What a create and an update send: the named fields, whole, and nothing that would harm the rest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.adapters.graph.mapping import (
    PROPERTY_ID,
    TypeTable,
    create_to_graph,
    needs_current_body,
    update_to_graph,
)
from sync.core.change import Residue
from sync.core.event import (
    FIELDS,
    AllDay,
    Event,
    Field,
    Form,
    Importance,
    Reminder,
    ShowAs,
    Span,
    Timed,
    Visibility,
)
from sync.errors import CannotSync

TYPES = TypeTable(frozenset({"会議", "外出"}), {"外出": "Out"})
TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
EVENT = Event(
    "定例",
    Timed(datetime(2026, 12, 1, 10, tzinfo=TOKYO), datetime(2026, 12, 1, 11, tzinfo=TOKYO)),
    reminder=Reminder(10),
)
BLOCK = f'<div>{"_" * 80}</div><div class="me-email-text"><a href="https://teams.microsoft.com/l/meetup-join/1">Join</a></div>'


def update(
    event: Event,
    names: Collection[Field],
    residue: Residue | None = None,
    body: str | None = None,
    zone: str = "Asia/Tokyo",
) -> dict[str, Any]:
    return update_to_graph(
        event, names, zone=zone, types=TYPES, residue=residue or {}, current_body_html=body
    )


def times(span: Span, zone: str = "Asia/Tokyo") -> tuple[Any, ...]:
    sent = update(replace(EVENT, span=span), [Field.TIME], zone=zone)
    assert sent.keys() == {"start", "end", "isAllDay"}
    return sent["start"], sent["end"], sent["isAllDay"]


def wall(text: str, zone: str) -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


def test_a_create_says_every_field_and_carries_our_marker_twice() -> None:
    sent = create_to_graph(
        replace(EVENT, place="3F", body="a\nb", event_type="会議"),
        zone="Asia/Tokyo",
        types=TYPES,
        marker="gw00",
        token="t-1",
    )
    assert sent == {
        "subject": "定例",
        "start": wall("2026-12-01T10:00:00", "Tokyo Standard Time"),
        "end": wall("2026-12-01T11:00:00", "Tokyo Standard Time"),
        "isAllDay": False,
        "location": {"displayName": "3F"},
        "body": {"contentType": "html", "content": "a<br>\r\nb"},
        "sensitivity": "normal",
        "showAs": "busy",
        "importance": "normal",
        "categories": ["会議"],
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 10,
        "transactionId": "gw00.t-1",
        "singleValueExtendedProperties": [{"id": PROPERTY_ID, "value": "gw00"}],
    }


def test_a_create_never_leaves_the_reminder_to_graph() -> None:
    sent = create_to_graph(
        replace(EVENT, reminder=None), zone="Asia/Tokyo", types=TYPES, marker="", token="t"
    )
    assert sent["isReminderOn"] is False
    assert sent["transactionId"] == "t"
    assert "singleValueExtendedProperties" not in sent


def test_a_create_invites_nobody_and_makes_no_online_meeting() -> None:
    sent = create_to_graph(EVENT, zone="Asia/Tokyo", types=TYPES, marker="gw00", token="t")
    assert not sent.keys() & {"attendees", "isOnlineMeeting", "attachments", "recurrence"}


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        (Field.TITLE, {"subject"}),
        (Field.TIME, {"start", "end", "isAllDay"}),
        (Field.PLACE, {"location"}),
        (Field.BODY, {"body"}),
        (Field.VISIBILITY, {"sensitivity"}),
        (Field.SHOW_AS, {"showAs"}),
        (Field.IMPORTANCE, {"importance"}),
        (Field.EVENT_TYPE, {"categories"}),
        (Field.REMINDER, {"isReminderOn", "reminderMinutesBeforeStart"}),
    ],
)
def test_an_update_sends_the_named_field_only(name: Field, properties: set[str]) -> None:
    assert update(EVENT, [name]).keys() == properties


def test_every_field_is_in_the_table_above() -> None:
    assert not update(EVENT, [])
    assert update(EVENT, FIELDS).keys() >= {"subject", "start", "body", "categories"}


# Time.


def test_whole_days_are_midnights_of_the_organizations_zone() -> None:
    days = AllDay(date(2026, 12, 1), date(2026, 12, 3))
    assert times(days) == (
        wall("2026-12-01T00:00:00", "Tokyo Standard Time"),
        wall("2026-12-03T00:00:00", "Tokyo Standard Time"),
        True,
    )
    assert times(days, "Antarctica/Troll")[0] == wall("2026-12-01T00:00:00", "UTC")


@pytest.mark.parametrize(
    ("zone", "start", "sent"),
    [
        ("Asia/Calcutta", "2026-12-01T10:00:00+05:30", wall("2026-12-01T10:00:00", "India Standard Time")),
        (
            "Europe/Stockholm",
            "2026-12-01T10:00:00+01:00",
            wall("2026-12-01T10:00:00", "W. Europe Standard Time"),
        ),
        ("Antarctica/Troll", "2026-12-01T10:00:00+00:00", wall("2026-12-01T10:00:00", "UTC")),
        (
            "America/New_York",
            "2026-11-01T00:59:59-04:00",
            wall("2026-11-01T00:59:59", "Eastern Standard Time"),
        ),
        # 1:30 comes twice on this day: in UTC there is no doubt which one is meant.
        ("America/New_York", "2026-11-01T01:30:00-04:00", wall("2026-11-01T05:30:00", "UTC")),
        ("America/New_York", "2026-11-01T01:30:00-05:00", wall("2026-11-01T06:30:00", "UTC")),
    ],
)
def test_times_are_written_as_wall_times_where_those_are_clear(
    zone: str, start: str, sent: dict[str, str]
) -> None:
    begins = datetime.fromisoformat(start).astimezone(ZoneInfo(zone))
    assert times(Timed(begins, (begins.astimezone(UTC) + 5 * HOUR).astimezone(ZoneInfo(zone))))[0] == sent


def test_a_wall_time_that_does_not_exist_is_written_as_the_time_it_means() -> None:
    start = datetime(2026, 3, 8, 2, 30, tzinfo=NEW_YORK)
    assert times(Timed(start, datetime(2026, 3, 8, 5, 0, tzinfo=NEW_YORK)))[0] == wall(
        "2026-03-08T03:30:00", "Eastern Standard Time"
    )


# Text.


def test_texts_are_cut_and_cleaned() -> None:
    event = replace(EVENT, title="あ\x00" * 300, place="a ;\nb" + "c" * 300)
    sent = update(event, [Field.TITLE, Field.PLACE])
    assert sent["subject"] == "あ" * 255
    assert sent["location"]["displayName"] == "a; b" + "c" * 251


def test_cleared_texts_are_cleared() -> None:
    sent = update(replace(EVENT, title="", place="", body=""), [Field.TITLE, Field.PLACE, Field.BODY])
    assert sent == {
        "subject": "",
        "location": {"displayName": ""},
        "body": {"contentType": "html", "content": ""},
    }


def test_the_join_block_survives_a_new_body() -> None:
    sent = update(replace(EVENT, body="新"), [Field.BODY], {"online": True}, f"<p>旧</p>{BLOCK}")
    assert sent["body"]["content"] == f"新<br>\r\n{BLOCK}"


def test_without_the_current_body_an_online_meetings_body_is_not_written() -> None:
    assert needs_current_body({"online": True})
    assert not needs_current_body({})
    with pytest.raises(CannotSync) as raised:
        update(EVENT, [Field.BODY], {"online": True})
    assert raised.value.code == "join-block-unknown"
    assert update(EVENT, [Field.TITLE], {"online": True})


# Everything else.


@pytest.mark.parametrize(
    ("visibility", "residue", "sensitivity"),
    [
        (Visibility.PUBLIC, {}, "normal"),
        (Visibility.PUBLIC, {"sensitivity": "confidential"}, "normal"),
        (Visibility.PRIVATE, {}, "private"),
        (Visibility.BUSY_ONLY, {}, "private"),
        (Visibility.PARTICIPANTS, {}, "private"),
        (Visibility.PRIVATE, {"sensitivity": "personal"}, "personal"),
        (Visibility.PRIVATE, {"sensitivity": "confidential"}, "confidential"),
        (Visibility.PRIVATE, {"sensitivity": "normal"}, "private"),
    ],
)
def test_private_is_never_written_as_less(visibility: Visibility, residue: Residue, sensitivity: str) -> None:
    assert update(replace(EVENT, visibility=visibility), [Field.VISIBILITY], residue) == {
        "sensitivity": sensitivity
    }


def test_enums_have_graphs_names() -> None:
    event = replace(EVENT, show_as=ShowAs.WORKING_ELSEWHERE, importance=Importance.HIGH, form=Form.TIMED)
    assert update(event, [Field.SHOW_AS, Field.IMPORTANCE]) == {
        "showAs": "workingElsewhere",
        "importance": "high",
    }


@pytest.mark.parametrize(
    ("event_type", "others", "categories"),
    [
        ("外出", ["Red", "Blue"], ["Out", "Red", "Blue"]),
        ("外出", ["Red", "out"], ["Out", "Red"]),
        ("会議", ["Out"], ["会議", "Out"]),
        ("", ["Red"], ["Red"]),
        ("", ["会議", "Red"], ["Red"]),
        ("退職した種別", [], ["退職した種別"]),
        ("", [], []),
    ],
)
def test_the_types_category_comes_first_and_all_others_stay(
    event_type: str, others: list[str], categories: list[str]
) -> None:
    sent = update(replace(EVENT, event_type=event_type), [Field.EVENT_TYPE], {"categories": others})
    assert sent == {"categories": categories}


@pytest.mark.parametrize(
    ("reminder", "sent"),
    [
        (Reminder(None), {"isReminderOn": False}),
        (Reminder(0), {"isReminderOn": True, "reminderMinutesBeforeStart": 0}),
        (Reminder(-5), {"isReminderOn": True, "reminderMinutesBeforeStart": 0}),
        (Reminder(2**40), {"isReminderOn": True, "reminderMinutesBeforeStart": 2**31 - 1}),
        (None, {}),
    ],
)
def test_reminders(reminder: Reminder | None, sent: dict[str, Any]) -> None:
    assert update(replace(EVENT, reminder=reminder), [Field.REMINDER]) == sent


@pytest.mark.parametrize(
    ("types", "categories"),
    [
        ({"会議", "外出"}, {}),
        ({"会議", "外出"}, {"会議": "X", "外出": "x"}),
        ({"会議", "外出"}, {"会議": "外出"}),
        ({"a", "A", "a (2)"}, {}),
        ({" 会議 "}, {}),
        (set(), {"会議": "Meeting"}),
    ],
)
def test_no_two_types_share_a_category(types: set[str], categories: dict[str, str]) -> None:
    table = TypeTable(frozenset(types), categories)
    for name in types | categories.keys():
        assert table.type_of(table.category_of(name)) == name
