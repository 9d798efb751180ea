"""Reading Graph's JSON: any property may be missing, strange or in another form, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sync.adapters.graph.mapping import PROPERTY_ID, TypeTable, seen_from_graph
from sync.core.change import Seen, Unreadable
from sync.core.event import AllDay, Event, Form, Importance, Reminder, ShowAs, Side, Timed, Visibility
from sync.core.link import marker_of

MARKER = marker_of("default", "u-1", "e-1")
TYPES = TypeTable(frozenset({"会議", "外出"}), {"外出": "Out"})


def utc(text: str) -> dict[str, str]:
    return {"dateTime": f"{text}.0000000", "timeZone": "UTC"}


ITEM: dict[str, Any] = {
    "@odata.etag": 'W/"k1"',
    "id": "AAMk=",
    "changeKey": "k1",
    "iCalUId": "0400",
    "subject": "定例",
    "start": utc("2026-12-01T01:00:00"),
    "end": utc("2026-12-01T02:00:00"),
    "isAllDay": False,
    "originalStartTimeZone": "Tokyo Standard Time",
    "type": "singleInstance",
    "isOrganizer": True,
}


def read(**changes: Any) -> Seen | Unreadable:
    return seen_from_graph(ITEM | changes, zone="Asia/Tokyo", types=TYPES)


def seen(**changes: Any) -> Seen:
    found = read(**changes)
    assert isinstance(found, Seen)
    return found


def event(**changes: Any) -> Event:
    return seen(**changes).event


def span(**changes: Any) -> Timed | AllDay:
    return event(**changes).span


def test_an_event_is_read_with_its_identity() -> None:
    found = seen(lastModifiedDateTime="2026-11-20T03:00:00.6961234Z")
    assert (found.side, found.id, found.version, found.uid) == (Side.OUTLOOK, "AAMk=", 'W/"k1"', "0400")
    assert found.modified == datetime(2026, 11, 20, 3, 0, 0, 696123, UTC)
    assert found.event.title == "定例"
    assert found.event.form is Form.TIMED
    assert (found.marker, found.hands_off, found.residue) == (None, None, {})


def test_a_bare_item_is_an_event_with_defaults() -> None:
    skeleton = {"id": "x", "start": utc("2026-12-01T01:00:00"), "end": utc("2026-12-01T02:00:00")}
    for item in (
        skeleton,
        skeleton | dict.fromkeys(ITEM.keys() - skeleton.keys()),
        skeleton | {"body": None},
    ):
        found = seen_from_graph(item, zone="Asia/Tokyo", types=TYPES)
        assert isinstance(found, Seen)
        assert found.event == Event("", found.event.span)
        assert (found.version, found.uid, found.modified, found.hands_off) == ("", None, None, None)
        assert isinstance(found.event.span, Timed)
        assert found.event.span.zone == "Asia/Tokyo"


def test_without_an_etag_the_change_key_is_the_version() -> None:
    assert seen(**{"@odata.etag": None}).version == 'W/"k1"'


# Time.


@pytest.mark.parametrize(
    ("changes", "start", "zone"),
    [
        ({}, "2026-12-01T10:00:00+09:00", "Asia/Tokyo"),
        ({"originalStartTimeZone": "India Standard Time"}, "2026-12-01T06:30:00+05:30", "Asia/Kolkata"),
        ({"originalStartTimeZone": "Asia/Calcutta"}, "2026-12-01T06:30:00+05:30", "Asia/Kolkata"),
        ({"originalStartTimeZone": "Europe/Stockholm"}, "2026-12-01T02:00:00+01:00", "Europe/Berlin"),
        ({"originalStartTimeZone": "tzone://Microsoft/Custom"}, "2026-12-01T10:00:00+09:00", "Asia/Tokyo"),
        ({"originalStartTimeZone": "Customized Time Zone"}, "2026-12-01T10:00:00+09:00", "Asia/Tokyo"),
        ({"originalStartTimeZone": None}, "2026-12-01T10:00:00+09:00", "Asia/Tokyo"),
        ({"originalStartTimeZone": "UTC"}, "2026-12-01T01:00:00+00:00", "Etc/UTC"),
        (
            {"start": {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "Tokyo Standard Time"}},
            "2026-12-01T10:00:00+09:00",
            "Asia/Tokyo",
        ),
        ({"start": {"dateTime": "2026-12-01T01:00:00Z"}}, "2026-12-01T10:00:00+09:00", "Asia/Tokyo"),
        ({"start": utc("2026-12-01T01:00:30")}, "2026-12-01T10:00:30+09:00", "Asia/Tokyo"),
    ],
)
def test_instants_are_exact_and_labelled_with_the_events_own_zone(
    changes: dict[str, Any], start: str, zone: str
) -> None:
    found = span(**changes)
    assert isinstance(found, Timed)
    assert (found.start.isoformat(), found.zone) == (start, zone)


@pytest.mark.parametrize(
    "label", ["UTC", "Tokyo Standard Time", "Pacific Standard Time", "Moon Standard Time"]
)
def test_an_all_day_event_is_its_dates_whatever_zone_they_are_labelled_with(label: str) -> None:
    found = event(
        isAllDay=True,
        start={"dateTime": "2026-12-01T00:00:00.0000000", "timeZone": label},
        end={"dateTime": "2026-12-03T00:00:00.0000000", "timeZone": label},
        originalStartTimeZone=label,
    )
    assert found.span == AllDay(date(2026, 12, 1), date(2026, 12, 3))
    assert found.form is Form.ALL_DAY


def test_an_event_of_no_length_is_an_event() -> None:
    found = span(end=ITEM["start"])
    assert isinstance(found, Timed)
    assert found.start == found.end


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"start": utc("2026-12-01T03:00:00")}, "invalid-time", {}),
        ({"start": None}, "invalid-time", {}),
        ({"start": utc("soon")}, "invalid-time", {}),
        (
            {"start": utc("0001-01-01T00:00:00"), "originalStartTimeZone": "Pacific Standard Time"},
            "invalid-time",
            {},
        ),
        ({"isAllDay": True, "end": ITEM["start"]}, "invalid-time", {}),
        ({"originalStartTimeZone": "Moon Standard Time"}, "unknown-zone", {"zone": "Moon Standard Time"}),
        (
            {"start": {"dateTime": "2026-12-01T01:00:00", "timeZone": "tzone://Microsoft/Custom"}},
            "unknown-zone",
            {"zone": "tzone://Microsoft/Custom"},
        ),
    ],
)
def test_a_time_nobody_can_read_is_said_and_not_guessed(
    changes: dict[str, Any], code: str, detail: dict[str, str]
) -> None:
    assert read(**changes) == Unreadable(Side.OUTLOOK, "AAMk=", 'W/"k1"', code, detail)


# The other fields.


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"location": {"displayName": "本社 3F"}}, "本社 3F"),
        ({"location": {"displayName": "A ;B"}}, "A; B"),
        ({"location": {"displayName": ""}, "locations": []}, ""),
        ({"location": None, "locations": [{"displayName": "A"}, {"displayName": "B"}]}, "A; B"),
    ],
)
def test_places(changes: dict[str, Any], place: str) -> None:
    assert event(**changes).place == place


@pytest.mark.parametrize(
    ("sensitivity", "visibility", "residue"),
    [
        ("normal", Visibility.PUBLIC, {}),
        (None, Visibility.PUBLIC, {}),
        ("private", Visibility.PRIVATE, {}),
        ("personal", Visibility.PRIVATE, {"sensitivity": "personal"}),
        ("confidential", Visibility.PRIVATE, {"sensitivity": "confidential"}),
        ("somethingNew", Visibility.PRIVATE, {}),
    ],
)
def test_nothing_private_is_read_as_public(
    sensitivity: str | None, visibility: Visibility, residue: object
) -> None:
    found = seen(sensitivity=sensitivity)
    assert (found.event.visibility, found.residue) == (visibility, residue)


@pytest.mark.parametrize(
    ("name", "show_as"),
    [*((value.value, value) for value in ShowAs), ("unknown", ShowAs.BUSY), (None, ShowAs.BUSY)],
)
def test_show_as(name: str | None, show_as: ShowAs) -> None:
    assert event(showAs=name).show_as is show_as


@pytest.mark.parametrize(
    ("name", "importance"), [*((value.value, value) for value in Importance), (None, Importance.NORMAL)]
)
def test_importance(name: str | None, importance: Importance) -> None:
    assert event(importance=name).importance is importance


@pytest.mark.parametrize(
    ("is_on", "minutes", "reminder"),
    [
        (True, 30, Reminder(30)),
        (True, 0, Reminder(0)),
        (True, None, Reminder(15)),
        (False, 15, Reminder(None)),
        (None, 15, None),
    ],
)
def test_reminders(is_on: bool | None, minutes: int | None, reminder: Reminder | None) -> None:
    assert event(isReminderOn=is_on, reminderMinutesBeforeStart=minutes).reminder == reminder


@pytest.mark.parametrize(
    ("categories", "event_type", "residue"),
    [
        ([], "", {}),
        (["会議"], "会議", {}),
        (["Red", "out", "会議", "Blue"], "外出", {"categories": ["Red", "会議", "Blue"]}),
        (["外出"], "", {"categories": ["外出"]}),
        (["Red", None], "", {"categories": ["Red"]}),
    ],
)
def test_the_first_known_category_is_the_type_and_the_others_are_kept(
    categories: list[str], event_type: str, residue: dict[str, Any]
) -> None:
    found = seen(categories=categories)
    assert (found.event.event_type, found.residue) == (event_type, residue)


def test_text_bodies_are_read_as_they_are() -> None:
    assert event(body={"contentType": "text", "content": "<a>\r\n b "}).body == "<a>\n b"


BLOCK = f'<div>{"_" * 80}</div><div class="me-email-text"><a href="https://teams.microsoft.com/l/meetup-join/1">Join</a></div>'


@pytest.mark.parametrize("is_online", [True, False, None])
def test_the_join_block_is_not_the_persons_text(is_online: bool | None) -> None:
    found = seen(body={"contentType": "html", "content": f"<p>議題</p>{BLOCK}"}, isOnlineMeeting=is_online)
    assert (found.event.body, found.residue) == ("議題", {"online": True})


def test_an_online_meeting_is_marked_even_without_a_block() -> None:
    assert seen(isOnlineMeeting=True).residue == {"online": True}


# Whose event it is.


@pytest.mark.parametrize(
    ("changes", "marker"),
    [
        ({"transactionId": f"{MARKER}.7f0c"}, MARKER),
        ({"transactionId": MARKER}, MARKER),
        ({"transactionId": "7f0c"}, None),
        ({"transactionId": f"x{MARKER}"}, None),
        ({"transactionId": "gw123.4"}, None),
        ({"singleValueExtendedProperties": [{"id": PROPERTY_ID, "value": MARKER}]}, MARKER),
        ({"singleValueExtendedProperties": [{"id": PROPERTY_ID.upper(), "value": MARKER}]}, MARKER),
        ({"singleValueExtendedProperties": [{"id": "String {x} Name y", "value": MARKER}]}, None),
        (
            {
                "transactionId": "other",
                "singleValueExtendedProperties": [{"id": PROPERTY_ID, "value": MARKER}],
            },
            MARKER,
        ),
    ],
)
def test_our_marker_is_known_by_its_form(changes: dict[str, Any], marker: str | None) -> None:
    assert seen(**changes).marker == marker


GUEST = {"emailAddress": {"address": "a@example.org"}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"attendees": [GUEST]}, None),
        ({"isOrganizer": False}, None),
        ({"isOrganizer": None, "attendees": None}, None),
        ({"isCancelled": True, "isOrganizer": False}, "cancelled"),
    ],
)
def test_what_is_not_ours_to_write_to_is_still_read(changes: dict[str, Any], code: str | None) -> None:
    found = seen(**changes)
    assert found.hands_off == code
    assert found.event.title == "定例"
