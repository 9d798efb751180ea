"""Lists and calendarView: section 4 of the reference."""

from __future__ import annotations

import pytest

from tests.sandbox.microsoft365.world import World, all_day, moment, refusal, shown


@pytest.fixture
def world() -> World:
    world = World()
    for n in range(12):
        world.create(
            subject=f"it's {n:02}",
            start=moment(f"2026-09-{n + 1:02}T10:00:00"),
            end=moment(f"2026-09-{n + 1:02}T11:00:00"),
        )
    return world


def subjects(world: World, query: str) -> list[str]:
    answer = world.get(f"{world.events}?$top=50&{query}")
    assert answer.status_code == 200, answer.text
    return [event["subject"] for event in shown(answer)["value"]]


def test_a_page_holds_ten_and_the_next_link_skips(world: World) -> None:
    first = shown(world.get(f"{world.events}?$count=true"))
    assert (len(first["value"]), first["@odata.count"]) == (10, 12)
    assert "$skip=10" in first["@odata.nextLink"]
    second = shown(world.get(first["@odata.nextLink"]))
    assert len(second["value"]) == 2
    assert "@odata.nextLink" not in second


def test_calendar_view_pages_the_same_way(world: World) -> None:
    window = "startDateTime=2026-09-01T00:00:00Z&endDateTime=2026-09-30T00:00:00Z"
    first = shown(world.get(f"{world.view}?{window}&$top=7"))
    second = shown(world.get(first["@odata.nextLink"]))
    assert (len(first["value"]), len(second["value"])) == (7, 5)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$filter=subject eq 'it''s 03'", ["it's 03"]),
        ("$filter=start/dateTime ge '2026-09-11T00:00:00'", ["it's 10", "it's 11"]),
        (
            "$filter=start/dateTime ge '2026-09-11T00:00:00Z' and start/dateTime lt '2026-09-12T00:00:00Z'",
            ["it's 10"],
        ),
        ("$filter=iCalUId eq 'none'", []),
        ("$filter=startswith(subject,'x')", None),
        ("$filter=transactionId eq 'x'", None),
        (
            "$orderby=start/dateTime desc&$filter=start/dateTime ge '2026-09-11T00:00:00'",
            ["it's 11", "it's 10"],
        ),
        ("$orderby=colour", None),
        ("$skip=-1", None),
    ],
)
def test_filters_and_orders(world: World, query: str, expected: list[str] | None) -> None:
    if expected is None:
        assert refusal(world.get(f"{world.events}?{query}")) == (400, "ErrorInvalidParameter")
    else:
        assert subjects(world, query) == expected


def test_an_event_is_found_by_its_icaluid(world: World) -> None:
    event = world.create(subject="this one")
    assert subjects(world, f"$filter=iCalUId eq '{event['iCalUId']}'") == ["this one"]


def test_all_day_events_are_filtered_by_their_instants(world: World) -> None:
    world.call("POST", world.events, all_day("2026-10-01", "2026-10-02"))
    assert subjects(world, "$filter=start/dateTime ge '2026-09-30T15:00:00'") == ["休み"]
    assert subjects(world, "$filter=start/dateTime gt '2026-09-30T15:00:00'") == []


def test_select_keeps_id_and_etag(world: World) -> None:
    event = shown(world.get(f"{world.events}?$select=subject&$top=1"))["value"][0]
    assert set(event) == {"@odata.etag", "id", "subject"}


def test_created_and_modified_cannot_be_selected_on_calendar_view(world: World) -> None:
    window = "startDateTime=2026-09-01T00:00:00Z&endDateTime=2026-09-30T00:00:00Z"
    event = shown(world.get(f"{world.view}?{window}&$select=subject,createdDateTime"))["value"][0]
    assert set(event) == {"@odata.etag", "id", "subject"}


def test_offsets_of_the_window_are_its_own(world: World) -> None:
    window = "startDateTime=2026-09-01T09:00:00%2B09:00&endDateTime=2026-09-01T10:30:00%2B09:00"
    found = shown(world.get(f"{world.view}?{window}", 'outlook.timezone="Pacific Standard Time"'))["value"]
    assert [event["subject"] for event in found] == ["it's 00"]


def test_the_same_events_stand_under_every_path_of_the_default_calendar(world: World) -> None:
    calendar = shown(world.get(f"/users/{world.user.id}/calendar"))
    assert (calendar["isDefaultCalendar"], calendar["canEdit"], calendar["name"]) == (True, True, "予定表")
    for path in ("calendar", f"calendars/{calendar['id']}"):
        assert len(shown(world.get(f"/users/{world.user.id}/{path}/events?$top=50"))["value"]) == 12
    assert refusal(world.get(f"/users/{world.user.id}/calendars/nonsense/events")) == (
        404,
        "ErrorItemNotFound",
    )


def test_an_address_that_is_not_simulated_is_a_bad_request(world: World) -> None:
    assert refusal(world.get("/users/x/messages")) == (400, "BadRequest")
