"""Events as Exchange keeps and shows them: sections 1, 2 and 6 of the reference."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.sandbox.microsoft365.world import (
    IMMUTABLE,
    PROPERTY,
    TOKYO,
    World,
    all_day,
    moment,
    refusal,
    shown,
    timed,
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_created_event_reads_back_in_utc_with_seven_digits(world: World) -> None:
    event = world.create(start=moment("2026-09-01T10:00:00"), end=moment("2026-09-01T11:00:00.5"))
    assert event["start"] == {"dateTime": "2026-09-01T01:00:00.0000000", "timeZone": "UTC"}
    assert event["end"] == {"dateTime": "2026-09-01T02:00:00.5000000", "timeZone": "UTC"}
    assert event["originalStartTimeZone"] == TOKYO


def test_the_prefer_header_moves_the_times_to_its_zone(world: World) -> None:
    event = world.create()
    answer = world.get(f"{world.events}/{event['id']}", f'outlook.timezone="{TOKYO}"')
    assert shown(answer)["start"] == {"dateTime": "2026-09-10T10:00:00.0000000", "timeZone": TOKYO}
    assert answer.headers["Preference-Applied"] == f'outlook.timezone="{TOKYO}"'


def test_an_all_day_event_shows_its_dates_unshifted_with_and_without_a_zone(world: World) -> None:
    event = shown(world.call("POST", world.events, all_day()))
    assert event["start"] == {"dateTime": "2026-09-10T00:00:00.0000000", "timeZone": "UTC"}
    there = world.read(event["id"], prefer='outlook.timezone="Pacific Standard Time"')
    assert there["start"] == {"dateTime": "2026-09-10T00:00:00.0000000", "timeZone": "Pacific Standard Time"}


def test_an_all_day_event_stands_in_windows_by_its_real_instants(world: World) -> None:
    world.call("POST", world.events, all_day("2026-09-10", "2026-09-11"))
    before_midnight_utc = "startDateTime=2026-09-09T15:30:00Z&endDateTime=2026-09-09T16:00:00Z"
    after_midnight_tokyo = "startDateTime=2026-09-10T15:30:00Z&endDateTime=2026-09-10T16:00:00Z"
    assert len(shown(world.get(f"{world.view}?{before_midnight_utc}"))["value"]) == 1
    assert shown(world.get(f"{world.view}?{after_midnight_tokyo}"))["value"] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (all_day(start=moment("2026-09-10T09:00:00")), (400, "ErrorInvalidRequest")),
        (all_day(end=moment("2026-09-11T09:00:00")), (400, "ErrorInvalidRequest")),
        (all_day(end=moment("2026-09-11T00:00:00", "UTC")), (400, "ErrorInvalidRequest")),
        (timed(end=moment("2026-09-10T09:59:00")), (400, "ErrorPropertyValidationFailure")),
        ({"subject": "no times"}, (400, "ErrorPropertyValidationFailure")),
        (timed(start=moment("10 September")), (400, "ErrorPropertyValidationFailure")),
        (timed(start=moment("2026-09-10T10:00:00+09:00")), (400, "ErrorPropertyValidationFailure")),
        (timed(start=moment("2026-02-30T10:00:00")), (400, "ErrorPropertyValidationFailure")),
        (timed(start=moment("2026-09-10T10:00:00", "Mars/Olympus")), (400, "TimeZoneNotSupportedException")),
        (timed(start={"dateTime": "2026-09-10T10:00:00"}), (400, "TimeZoneNotSupportedException")),
        (timed(showAs="sleeping"), (400, "RequestBodyRead")),
        (timed(isAllDay="yes"), (400, "RequestBodyRead")),
        (timed(subject=7), (400, "RequestBodyRead")),
        (timed(attachments=None), (400, "RequestBodyRead")),
        (timed(categories=None), (400, "RequestBodyRead")),
        (timed(colour="red"), (400, "RequestBodyRead")),
        (timed(reminderMinutesBeforeStart=-5), (400, "ErrorPropertyValidationFailure")),
        (timed(attendees=[{"emailAddress": {"address": f"{n}@example.com"}} for n in range(501)]),
         (400, "ErrorPropertyValidationFailure")),
    ],
)  # fmt: skip
def test_what_graph_refuses_is_refused(world: World, body: Any, expected: tuple[int, str]) -> None:
    assert refusal(world.call("POST", world.events, body)) == expected
    assert world.mailbox.events() == []


def test_the_zone_refusal_has_the_observed_text(world: World) -> None:
    message = "A valid TimeZone value must be specified. The following TimeZone value is not supported: 'X'."
    answer = world.try_create(start=moment("2026-09-10T10:00:00", "X"))
    assert shown(answer)["error"]["message"] == message
    assert refusal(world.get(world.events, 'outlook.timezone=""')) == (400, "TimeZoneNotSupportedException")


def test_a_body_that_is_no_json_is_refused(world: World) -> None:
    url = f"http://graph.test/v1.0{world.events}"
    assert refusal(world.session.post(url, data=b"{")) == (400, "UnableToReadJsonRequestPayload")
    assert refusal(world.session.post(url, data=b"[1]")) == (400, "RequestBodyRead")
    assert refusal(world.session.post(url, data=b" " * (4 * 1024 * 1024 + 1))) == (
        413,
        "RequestEntityTooLarge",
    )


def test_zero_length_is_allowed(world: World) -> None:
    assert world.try_create(end=moment("2026-09-10T10:00:00")).status_code == 201


def test_html_comes_back_wrapped_and_without_what_can_run(world: World) -> None:
    content = '<p onclick="x()">memo</p><script>alert(1)</script><a href="javascript:x()">a</a>'
    body = world.create(body={"contentType": "HTML", "content": content})["body"]
    assert body["contentType"] == "html"
    assert body["content"].startswith('<html>\r\n<head>\r\n<meta http-equiv="Content-Type"')
    assert "<p>memo</p><a>a</a>" in body["content"]


def test_wrapping_a_wrapped_body_changes_nothing(world: World) -> None:
    for kind, content in (("html", "<p>a</p>\n<p>b</p>"), ("text", "a  b\n<c> & d\n\ne")):
        event = world.create(body={"contentType": kind, "content": content})
        again = shown(world.change(event["id"], body=event["body"]))
        assert again["body"] == event["body"]


def test_text_is_kept_as_html_and_reads_back_as_text_on_request(world: World) -> None:
    event = world.create(body={"contentType": "text", "content": "一行目\n<二行目> & 終\n\n四行目"})
    assert "<!-- converted from text -->" in event["body"]["content"]
    assert '<div class="PlainText">一行目<br>\r\n&lt;二行目&gt; &amp; 終<br>' in event["body"]["content"]
    as_text = world.read(event["id"], prefer='outlook.body-content-type="text"')
    assert as_text["body"] == {"contentType": "text", "content": "一行目\r\n<二行目> & 終\r\n\r\n四行目"}
    assert event["bodyPreview"] == "一行目\r\n<二行目> & 終\r\n\r\n四行目"


def test_a_location_is_mirrored(world: World) -> None:
    event = world.create(location={"displayName": "A会議室", "locationType": "DEFAULT"})
    assert event["location"] == {
        "displayName": "A会議室", "locationType": "default", "uniqueId": "A会議室", "uniqueIdType": "private",
    }  # fmt: skip
    assert event["locations"] == [
        {"displayName": "A会議室", "locationType": "default", "uniqueIdType": "unknown"}
    ]
    cleared = shown(world.change(event["id"], location=None))
    assert (cleared["location"]["displayName"], cleared["locations"]) == ("", [])


def test_several_places_come_back_as_sent(world: World) -> None:
    places = [{"displayName": "A"}, {"displayName": "B"}]
    event = world.create(location={"displayName": "A; B"}, locations=places)
    assert event["location"]["displayName"] == "A; B"
    assert [place["displayName"] for place in event["locations"]] == ["A", "B"]
    assert world.create(locations=places)["location"]["displayName"] == "A; B"


def test_what_is_left_out_gets_the_defaults(world: World) -> None:
    event = world.create()
    expected = {
        "reminderMinutesBeforeStart": 15, "isReminderOn": True, "showAs": "busy", "sensitivity": "normal",
        "importance": "normal", "isAllDay": False, "isCancelled": False, "isOrganizer": True, "isDraft": False,
        "type": "singleInstance", "seriesMasterId": None, "recurrence": None, "categories": [], "attendees": [],
        "responseStatus": {"response": "none", "time": "0001-01-01T00:00:00Z"}, "hasAttachments": False,
    }  # fmt: skip
    assert {name: event[name] for name in expected} == expected
    assert "transactionId" not in event
    assert "originalStart" not in event
    assert event["organizer"]["emailAddress"] == {"name": "山田 太郎", "address": "taro@example.com"}


def test_letter_case_of_enums_does_not_matter_on_write(world: World) -> None:
    event = world.create(showAs="WorkingElsewhere", sensitivity="PRIVATE", importance="High")
    assert (event["showAs"], event["sensitivity"], event["importance"]) == (
        "workingElsewhere",
        "private",
        "high",
    )


def test_every_write_moves_change_key_etag_and_last_modified(world: World) -> None:
    event = world.create()
    created, modified = (
        datetime.fromisoformat(event[f"{name}DateTime"]) for name in ("created", "lastModified")
    )
    assert 0.4 < (modified - created).total_seconds() < 1
    assert event["@odata.etag"] == f'W/"{event["changeKey"]}"'
    changed = shown(world.change(event["id"], subject="other"))
    assert changed["changeKey"] != event["changeKey"]
    assert changed["lastModifiedDateTime"] > event["lastModifiedDateTime"]
    assert changed["createdDateTime"] == event["createdDateTime"]


def test_a_patch_keeps_what_it_leaves_out(world: World) -> None:
    event = world.create(categories=["社外"], body={"contentType": "html", "content": "<p>a</p>"})
    changed = shown(world.change(event["id"], showAs="free"))
    kept = ("subject", "body", "categories", "start", "end", "location")
    assert {name: changed[name] for name in kept} == {name: event[name] for name in kept}


def test_a_patch_of_start_alone_can_end_before_it_starts(world: World) -> None:
    event = world.create()
    later = moment("2026-09-10T12:00:00")
    assert refusal(world.change(event["id"], start=later)) == (400, "ErrorPropertyValidationFailure")


def test_all_day_and_timed_change_only_together_with_the_flag(world: World) -> None:
    event = shown(world.call("POST", world.events, all_day()))
    times = {"start": moment("2026-09-10T09:00:00"), "end": moment("2026-09-10T10:00:00")}
    assert refusal(world.change(event["id"], **times)) == (400, "ErrorInvalidRequest")
    assert world.change(event["id"], isAllDay=False, **times).status_code == 200
    assert refusal(world.change(event["id"], isAllDay=True)) == (400, "ErrorInvalidRequest")


def test_delete_answers_204_and_the_event_is_gone(world: World) -> None:
    event = world.create()
    url = f"{world.events}/{event['id']}"
    assert world.call("DELETE", url).status_code == 204
    assert refusal(world.get(url)) == (404, "ErrorItemNotFound")
    assert refusal(world.change(event["id"], subject="x")) == (404, "ErrorItemNotFound")


def test_errors_have_the_shape_of_graph_and_echo_the_client_request_id(world: World) -> None:
    answer = world.call("GET", f"{world.events}/nonsense", headers={"client-request-id": "mine"})
    error = shown(answer)["error"]
    assert set(error) == {"code", "message", "innerError"}
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    assert error["innerError"]["client-request-id"] == "mine" == answer.headers["client-request-id"]
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


def test_an_extended_property_is_found_by_value_and_only_read_on_request(world: World) -> None:
    event = world.create(singleValueExtendedProperties=[{"id": PROPERTY, "value": "Ev42"}])
    world.create()
    assert "singleValueExtendedProperties" not in world.read(event["id"])
    expand = f"?$expand=singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    found = world.read(event["id"], expand)["singleValueExtendedProperties"]
    assert found == [{"id": PROPERTY.replace("AB01", "ab01"), "value": "Ev42"}]
    for value, number in (("ev42", 1), ("ev43", 0)):
        query = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq '{value}')"
        assert len(shown(world.get(f"{world.events}?$filter={query}"))["value"]) == number
    for function, value, number in (("startswith", "EV", 1), ("contains", "v4", 1), ("contains", "xev42", 0)):
        query = f"singleValueExtendedProperties/any(p:p/id eq '{PROPERTY}' and {function}(p/value,'{value}'))"
        assert len(shown(world.get(f"{world.events}?$filter={query}"))["value"]) == number


def test_a_property_survives_a_patch_of_other_things_and_another_property(world: World) -> None:
    event = world.create(singleValueExtendedProperties=[{"id": PROPERTY, "value": "a"}])
    other = {"id": "String {00000000-0000-0000-0000-00000000ab01} Name Other", "value": "b"}
    world.change(event["id"], subject="x", singleValueExtendedProperties=[other])
    assert len(world.mailbox.snapshot()[event["id"]]["extended"]) == 2


def test_a_teams_meeting_gets_a_join_block_and_cannot_be_switched_off(world: World) -> None:
    event = world.create(isOnlineMeeting=True, body={"contentType": "html", "content": "<p>a</p>"})
    url = event["onlineMeeting"]["joinUrl"]
    assert event["onlineMeetingProvider"] == "teamsForBusiness"
    assert url in event["body"]["content"]
    still = shown(world.change(event["id"], isOnlineMeeting=False, subject="b"))
    assert still["isOnlineMeeting"]
    assert still["onlineMeeting"]["joinUrl"] == url
    same = shown(world.change(event["id"], body=event["body"]))
    assert same["isOnlineMeeting"]


def test_a_body_without_the_join_block_disables_the_online_meeting(world: World) -> None:
    event = world.create(isOnlineMeeting=True)
    changed = shown(world.change(event["id"], body={"contentType": "html", "content": "<p>mine</p>"}))
    assert (changed["isOnlineMeeting"], changed["onlineMeeting"]) == (False, None)


def test_attendees_are_mailed_and_their_status_belongs_to_the_server(world: World) -> None:
    world.tenant.add_user("hanako@example.com", "佐藤 花子")
    person = {
        "type": "Required",
        "emailAddress": {"address": "hanako@example.com"},
        "status": {"response": "accepted"},
    }
    event = world.create(attendees=[person])
    assert event["attendees"] == [
        {
            "type": "required",
            "status": {"response": "none", "time": "0001-01-01T00:00:00Z"},
            "emailAddress": {"name": "佐藤 花子", "address": "hanako@example.com"},
        }
    ]
    world.change(event["id"], subject="moved")
    world.change(event["id"], attendees=[])
    assert [mail.kind for mail in world.tenant.outbox.mails()] == ["invitation", "update", "cancellation"]


def test_an_event_without_attendees_sends_no_mail(world: World) -> None:
    event = world.create()
    world.change(event["id"], subject="x")
    world.call("DELETE", f"{world.events}/{event['id']}")
    assert len(world.tenant.outbox) == 0


def test_recurrence_comes_back_with_every_field_filled(world: World) -> None:
    recurrence = {
        "pattern": {"type": "Weekly", "interval": 1, "daysOfWeek": ["Thursday"]},
        "range": {"type": "noEnd", "startDate": "2026-09-10"},
    }
    event = world.create(recurrence=recurrence)
    assert event["type"] == "seriesMaster"
    assert event["recurrence"] == {
        "pattern": {
            "type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday",
            "index": "first", "daysOfWeek": ["thursday"],
        },
        "range": {
            "type": "noEnd", "startDate": "2026-09-10", "endDate": "0001-01-01", "recurrenceTimeZone": TOKYO,
            "numberOfOccurrences": 0,
        },
    }  # fmt: skip


def test_a_deleted_date_of_a_series_stands_only_in_cancelled_occurrences(world: World) -> None:
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-09-10", "numberOfOccurrences": 3},
    }
    master = world.create(recurrence=recurrence)
    window = "startDateTime=2026-09-01T00:00:00Z&endDateTime=2026-10-01T00:00:00Z"
    first, second, third = shown(world.get(f"{world.view}?{window}&$select=id,type,originalStart,subject"))[
        "value"
    ]
    assert [first["type"], first["subject"]] == ["occurrence", "打合せ"]
    assert second["originalStart"] == "2026-09-11T01:00:00Z"
    zoned = world.read(second["id"], "?$select=originalStart", f'{IMMUTABLE}, outlook.timezone="{TOKYO}"')
    assert zoned["originalStart"] == "2026-09-11T10:00:00+09:00"
    assert "originalStart" not in world.read(master["id"], "?$select=originalStart")
    assert world.call("DELETE", f"{world.events}/{second['id']}").status_code == 204
    assert refusal(world.get(f"{world.events}/{second['id']}")) == (404, "ErrorItemNotFound")
    assert len(shown(world.get(f"{world.view}?{window}"))["value"]) == 2
    cancelled = world.read(master["id"], "?$select=cancelledOccurrences")["cancelledOccurrences"]
    assert cancelled == [f"OID.{master['id']}.2026-09-11"]
    assert third["id"] != first["id"] != master["id"]


def test_a_person_in_outlook_writes_the_same_store(world: World) -> None:
    event_id = world.mailbox.create(
        subject="歯医者", start="2026-09-03T09:00", end="2026-09-03T10:00", show_as="oof"
    )
    assert world.read(event_id)["start"]["dateTime"] == "2026-09-03T00:00:00.0000000"
    world.mailbox.edit(event_id, subject="眼科", location="駅前")
    assert world.read(event_id)["location"]["displayName"] == "駅前"
    day = world.mailbox.create(subject="有休", start=date(2026, 9, 4), end=date(2026, 9, 5))
    assert world.mailbox.snapshot()[day]["start"] == "2026-09-04"
    world.mailbox.delete(event_id)
    assert [event["subject"] for event in world.mailbox.events()] == ["有休"]
    assert world.tenant.requests.writes == 0


def test_a_bump_moves_the_versions_and_nothing_else(world: World) -> None:
    event = world.create()
    world.mailbox.bump(event["id"])
    bumped = world.read(event["id"])
    moved = {name for name in event if event[name] != bumped[name]} - {"@odata.context"}
    assert moved == {"@odata.etag", "changeKey", "lastModifiedDateTime"}


def test_a_custom_zone_label_is_shown_and_harmless(world: World) -> None:
    event = world.create()
    world.mailbox.label_zone(event["id"], "tzone://Microsoft/Custom")
    read = world.read(event["id"])
    assert read["originalStartTimeZone"] == "tzone://Microsoft/Custom"
    assert read["start"] == event["start"]
