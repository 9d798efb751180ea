"""Every assumption of the reference is a switch; here each shows both of its faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from sync.sandbox.microsoft365 import Switches
from sync.sandbox.microsoft365.switches import (
    ForeignId,
    PageTooLarge,
    SameTransaction,
    Semicolon,
    TooLong,
    TransactionAfterDelete,
    UnknownUser,
    ZoneName,
)
from tests.sandbox.microsoft365.entra_faces import ENTRA_FACES
from tests.sandbox.microsoft365.meeting_faces import MEETING_FACES
from tests.sandbox.microsoft365.office import Office
from tests.sandbox.microsoft365.series_faces import SERIES_FACES
from tests.sandbox.microsoft365.world import (
    IMMUTABLE,
    TOKYO,
    WINDOW,
    World,
    all_day,
    item,
    moment,
    refusal,
    shown,
    timed,
)

Face = Callable[..., Any]
LONG = "長" * 300
MONTHLY = {
    "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
    "range": {"type": "numbered", "startDate": "2026-08-31", "numberOfOccurrences": 3},
}
TWICE = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-09-10", "numberOfOccurrences": 2},
}


def status_or(answer: Any, read: Callable[[dict[str, Any]], Any]) -> Any:
    return read(shown(answer)) if answer.status_code < 300 else answer.status_code


def old_etag(world: World) -> int:
    event = world.create()
    world.mailbox.bump(event["id"])
    headers = {"If-Match": event["@odata.etag"]}
    assert world.change(event["id"], {"If-Match": "*"}, subject="y").status_code == 200
    return world.call("DELETE", f"{world.events}/{event['id']}", headers=headers).status_code


def same_key_other_content(world: World) -> Any:
    first = world.create(transactionId="k", subject="one")
    assert world.create(transactionId="k", subject="one")["id"] == first["id"]
    answer = world.try_create(transactionId="k", subject="two")
    assert len(world.mailbox.events()) == 1
    return status_or(answer, lambda event: (event["id"] == first["id"], event["subject"]))


def same_key_after_delete(world: World) -> Any:
    first = world.create(transactionId="k")
    world.mailbox.delete(first["id"])
    answer = world.try_create(transactionId="k")
    return status_or(answer, lambda event: "dead" if event["id"] == first["id"] else "new")


def places(world: World) -> list[str]:
    return [each["displayName"] for each in world.create(location={"displayName": "A; B"})["locations"]]


def long_subject(world: World) -> Any:
    return status_or(world.try_create(subject=LONG), lambda event: len(event["subject"]))


def long_location(world: World) -> Any:
    answer = world.try_create(location={"displayName": LONG})
    return status_or(answer, lambda event: len(event["location"]["displayName"]))


def delete_twice(world: World) -> int:
    url = f"{world.events}/{world.create()['id']}"
    world.call("DELETE", url)
    return world.call("DELETE", url).status_code


def zone_of_the_second_page(world: World) -> str:
    world.create()
    world.create()
    first = shown(
        world.get(f"{world.view}/delta?{WINDOW}", f'odata.maxpagesize=1, outlook.timezone="{TOKYO}"')
    )
    second = shown(world.get(first["@odata.nextLink"], ""))
    return str(second["value"][0]["start"]["timeZone"])


def prefer_of_the_outer_request(world: World) -> int:
    event = world.create()
    answer = world.batch(item(1, "GET", f"{world.events}/{event['id']}"), prefer=IMMUTABLE)
    return len(shown(answer)["responses"][0]["body"]["id"])


def body_in_delta(world: World) -> str:
    world.create(body={"contentType": "html", "content": "<p>a</p>"})
    page = shown(world.get(f"{world.view}/delta?{WINDOW}", 'outlook.body-content-type="text"'))
    return str(page["value"][0]["body"]["contentType"])


def all_day_at_the_edge_of_delta(world: World) -> int:
    # 1 October in Tokyo begins on 30 September at 15:00 in UTC, inside the window.
    world.call("POST", world.events, all_day("2026-10-01", "2026-10-02"))
    return len(world.round()[0])


def top_on_delta(world: World) -> int:
    for _ in range(3):
        world.create()
    return len(shown(world.get(f"{world.view}/delta?{WINDOW}&$top=2"))["value"])


def event_that_ends_where_the_window_starts(world: World) -> int:
    world.create(start=moment("2026-07-31T23:00:00", "UTC"), end=moment("2026-08-01T00:00:00", "UTC"))
    return len(shown(world.get(f"{world.view}?{WINDOW}"))["value"])


def type_of_a_tombstone(world: World) -> bool:
    event = world.create()
    _, link = world.round()
    world.mailbox.delete(event["id"])
    return "@odata.type" in world.round(link)[0][0]


def tombstones_of_a_series(world: World) -> int:
    master = world.create(recurrence=TWICE)
    _, link = world.round()
    world.mailbox.delete(master["id"])
    return len(world.round(link)[0])


def iana_zone(world: World) -> str:
    return str(world.create(start=moment("2026-09-10T10:00:00", "Asia/Tokyo"))["originalStartTimeZone"])


def lines_of_text(world: World) -> int:
    event = world.create(body={"contentType": "html", "content": f"<p>{'word ' * 40}</p>"})
    text = world.read(event["id"], prefer='outlook.body-content-type="text"')["body"]["content"]
    return len(text.split("\r\n"))


def blanks_at_the_end(world: World) -> bool:
    event = world.create(body={"contentType": "html", "content": "<pre>a  \nb</pre>"})
    return "a  \r\n" in event["body"]["content"]


def seconds(world: World) -> str:
    event = world.create(start=moment("2026-09-10T10:00:42"))
    return str(event["start"]["dateTime"])[-10:-8]


def categories(world: World) -> list[str]:
    world.mailbox.categories.add("社外")
    return list(world.create(categories=["社外", "unknown"])["categories"])


def negative_reminder(world: World) -> Any:
    answer = world.try_create(reminderMinutesBeforeStart=-1)
    return status_or(answer, lambda event: event["reminderMinutesBeforeStart"])


def empty_all_day(world: World) -> int:
    return world.call("POST", world.events, all_day("2026-09-10", "2026-09-10")).status_code


def all_day_show_as(world: World) -> tuple[str, str]:
    silent = shown(world.call("POST", world.events, all_day()))
    spoken = shown(world.call("POST", world.events, all_day(showAs="oof")))
    return silent["showAs"], spoken["showAs"]


def read_only_property(world: World) -> int:
    return world.try_create(isCancelled=True).status_code


def lists_that_miss_it(world: World) -> list[int]:
    event = world.create()
    counts = [len(shown(world.get(world.events))["value"]) for _ in range(2)]
    assert world.read(event["id"])["id"] == event["id"]
    return counts


def etag_is_the_change_key(world: World) -> bool:
    event = world.create()
    assert world.change(event["id"], {"If-Match": event["@odata.etag"]}, subject="x").status_code == 200
    return bool(event["@odata.etag"] == f'W/"{event["changeKey"]}"')


def applied_preferences(world: World) -> str:
    return world.get(f"{world.events}/{world.create()['id']}").headers.get("Preference-Applied", "")


def foreign_id(world: World) -> tuple[int, str]:
    other = world.tenant.add_user("hanako@example.com")
    return refusal(world.get(f"/users/{other.id}/events/{world.create()['id']}"))


def unknown_user(world: World) -> tuple[int, str]:
    return refusal(world.get("/users/nobody@example.com/events"))


def too_many_at_once(world: World) -> int:
    world.tenant.throttle.take(world.application.client_id, world.user.id, 4)
    return world.get(world.events).status_code


def days_of_short_months(world: World) -> list[str]:
    start, end = moment("2026-08-31T10:00:00"), moment("2026-08-31T11:00:00")
    assert world.try_create(start=start, end=end, recurrence=MONTHLY).status_code == 201
    window = "startDateTime=2026-08-01T00:00:00Z&endDateTime=2027-01-01T00:00:00Z"
    return [each["start"]["dateTime"][5:10] for each in shown(world.get(f"{world.view}?{window}"))["value"]]


def subject_of_an_event_without_one(world: World) -> Any:
    body = {name: value for name, value in timed().items() if name != "subject"}
    return shown(world.call("POST", world.events, body))["subject"]


def large_page(world: World) -> int:
    return world.get(f"{world.events}?$top=1001").status_code


# switch -> what shows it, and what is seen at each setting.
FACES: dict[str, tuple[Face, dict[Any, Any]]] = (
    SERIES_FACES
    | MEETING_FACES
    | ENTRA_FACES
    | {
        "if_match_honoured": (old_etag, {True: 412, False: 204}),
        "transaction_id_conflict": (
            same_key_other_content,
            {SameTransaction.FIRST: (True, "one"), SameTransaction.ERROR: 409},
        ),
        "transaction_id_after_delete": (
            same_key_after_delete,
            {
                TransactionAfterDelete.ANEW: "new",
                TransactionAfterDelete.DELETED: "dead",
                TransactionAfterDelete.ERROR: 409,
            },
        ),
        "location_semicolon": (places, {Semicolon.KEEP: ["A; B"], Semicolon.SPLIT: ["A", "B"]}),
        "long_subject": (long_subject, {TooLong.CUT: 255, TooLong.REFUSE: 400}),
        "long_location": (long_location, {TooLong.CUT: 255, TooLong.REFUSE: 400}),
        "missing_subject_reads_null": (subject_of_an_event_without_one, {True: None, False: ""}),
        "delete_again_404": (delete_twice, {True: 404, False: 204}),
        "prefer_timezone_sticky": (zone_of_the_second_page, {False: "UTC", True: TOKYO}),
        "batch_item_prefer_needed": (prefer_of_the_outer_request, {True: 152, False: 72}),
        "body_preference_in_delta": (body_in_delta, {True: "text", False: "html"}),
        "delta_all_day_window_uses_instants": (all_day_at_the_edge_of_delta, {True: 1, False: 0}),
        "delta_top_ignored": (top_on_delta, {True: 3, False: 2}),
        "large_page": (large_page, {PageTooLarge.CLAMP: 200, PageTooLarge.REFUSE: 400}),
        "window_edge_inclusive": (event_that_ends_where_the_window_starts, {True: 1, False: 0}),
        "tombstone_has_type": (type_of_a_tombstone, {True: True, False: False}),
        "dead_series_buries_occurrences": (tombstones_of_a_series, {False: 1, True: 3}),
        "iana_zone_read_back": (iana_zone, {ZoneName.WINDOWS: TOKYO, ZoneName.IANA: "Asia/Tokyo"}),
        "text_from_html_rewraps": (lines_of_text, {True: 3, False: 1}),
        "trailing_whitespace_kept": (blanks_at_the_end, {False: False, True: True}),
        "sub_minute_kept": (seconds, {True: "42", False: "00"}),
        "unknown_categories_kept": (categories, {True: ["社外", "unknown"], False: ["社外"]}),
        "negative_reminder_refused": (negative_reminder, {True: 400, False: 0}),
        "empty_all_day_refused": (empty_all_day, {True: 400, False: 201}),
        "all_day_shows_free": (all_day_show_as, {False: ("busy", "oof"), True: ("free", "oof")}),
        "read_only_ignored": (read_only_property, {True: 201, False: 400}),
        "just_created_missing_from_lists": (lists_that_miss_it, {0: [1, 1], 1: [0, 1], 3: [0, 0]}),
        "etag_differs_from_change_key": (etag_is_the_change_key, {False: True, True: False}),
        "preference_applied_shows_id_type": (applied_preferences, {True: IMMUTABLE, False: ""}),
        "foreign_id": (
            foreign_id,
            {
                ForeignId.NOT_FOUND: (404, "ErrorItemNotFound"),
                ForeignId.ROUTING_HINT: (400, "ErrorIncorrectRoutingHint"),
            },
        ),
        "unknown_user": (
            unknown_user,
            {
                UnknownUser.INVALID_USER: (404, "ErrorInvalidUser"),
                UnknownUser.RESOURCE_NOT_FOUND: (404, "ResourceNotFound"),
            },
        ),
        "throttled_as_503": (too_many_at_once, {False: 429, True: 503}),
        "short_months_use_last_day": (
            days_of_short_months,
            {True: ["08-31", "09-30", "10-31"], False: ["08-31", "10-31", "12-31"]},
        ),
    }
)


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [(name, value, seen) for name, (_, faces) in FACES.items() for value, seen in faces.items()],
)
def test_a_switch_shows_each_of_its_faces(name: str, value: Any, seen: Any) -> None:
    world = Office if name in MEETING_FACES else World
    assert FACES[name][0](world(**{name: value})) == seen


@pytest.mark.parametrize("each", fields(Switches), ids=lambda each: each.name)
def test_every_setting_of_every_switch_has_a_face(each: Any) -> None:
    assert set(FACES[each.name][1]) == {each.default, *each.metadata["alternatives"]}


def test_single_flips_cover_every_alternative_once() -> None:
    flips = dict(Switches.single_flips())
    assert len(flips) == sum(len(each.metadata["alternatives"]) for each in fields(Switches))
    for flipped in flips.values():
        changed = [each.name for each in fields(Switches) if getattr(flipped, each.name) != each.default]
        assert len(changed) == 1


def test_all_flipped_differs_everywhere() -> None:
    defaults, flipped = Switches.all_defaults(), Switches.all_flipped()
    assert all(getattr(defaults, each.name) != getattr(flipped, each.name) for each in fields(Switches))


def test_switches_are_read_from_json_by_name() -> None:
    read = Switches.from_json({"long_subject": "refuse", "if_match_honoured": False})
    assert (read.long_subject, read.if_match_honoured) == (TooLong.REFUSE, False)
    with pytest.raises(KeyError):
        Switches.from_json({"no_such_switch": True})
    with pytest.raises(ValueError, match="maybe"):
        Switches.from_json({"long_subject": "maybe"})


def test_the_simulator_works_with_everything_flipped() -> None:
    world = World(**{each.name: each.metadata["alternatives"][0] for each in fields(Switches)})
    event = world.create(transactionId="k")
    world.change(event["id"], subject="x")
    assert len(world.round()[0]) == 1
    assert world.call("DELETE", f"{world.events}/{event['id']}").status_code == 204
