"""How series are read: /instances, calendarView, exceptionOccurrences; sections 1.1 and 4 of the reference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.microsoft365.recurring import (
    AUTUMN,
    EXPANDED,
    cancel,
    daily,
    expanded,
    instances,
    make_series,
    move_to,
    on,
    weekly,
)
from tests.sandbox.microsoft365.world import IMMUTABLE, PROPERTY, TOKYO, World, all_day, refusal, shown

Json = dict[str, Any]
ALWAYS = {"@odata.etag", "id"}
OUR_PROPERTY = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def marked(world: World) -> Json:
    """A series with one exception, on 17 September, and one cancelled date, 24 September."""
    master = make_series(world, singleValueExtendedProperties=[{"id": PROPERTY, "value": "a"}])
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    cancel(world, master["id"], "2026-09-24")
    return master


def listed(world: World, path: str) -> list[Json]:
    answer = world.get(path)
    assert answer.status_code == 200, answer.text
    found: list[Json] = shown(answer)["value"]
    return found


# GET of one master.


def test_exceptions_are_expanded_and_cancelled_dates_named(world: World, marked: Json) -> None:
    read = world.read(marked["id"], f"?$select=subject,start,occurrenceId,{EXPANDED}")
    assert set(read) - {"@odata.context"} == ALWAYS | {
        "subject",
        "start",
        "occurrenceId",
        "cancelledOccurrences",
        "exceptionOccurrences",
    }
    assert read["cancelledOccurrences"] == [f"OID.{marked['id']}.2026-09-24"]
    [exception] = read["exceptionOccurrences"]
    assert set(exception) == ALWAYS | {"subject", "start", "occurrenceId"}
    assert (exception["subject"], exception["occurrenceId"]) == ("別件", f"OID.{marked['id']}.2026-09-17")
    assert exception["@odata.etag"] == on(world, marked["id"], "2026-09-17")["@odata.etag"]


def test_original_start_of_an_expanded_exception_comes_when_it_is_selected(
    world: World, marked: Json
) -> None:
    read = world.read(marked["id"], f"?$select=originalStart,type,{EXPANDED}")
    assert "originalStart" not in read
    [exception] = read["exceptionOccurrences"]
    assert (exception["originalStart"], exception["type"]) == ("2026-09-17T01:00:00Z", "exception")


def test_exceptions_need_select_and_expand(world: World, marked: Json) -> None:
    for query in ("", "?$expand=exceptionOccurrences", "?$select=id,exceptionOccurrences", "?$select=*"):
        read = world.read(marked["id"], query)
        assert "exceptionOccurrences" not in read
        assert "cancelledOccurrences" not in read
    only = world.read(marked["id"], "?$select=cancelledOccurrences")
    assert set(only) - {"@odata.context"} == ALWAYS | {"cancelledOccurrences"}


def test_a_series_without_any_has_two_empty_lists(world: World) -> None:
    read = expanded(world, make_series(world)["id"])
    assert (read["exceptionOccurrences"], read["cancelledOccurrences"]) == ([], [])


def test_only_a_master_has_them(world: World, marked: Json) -> None:
    single = world.create()
    for event_id in (single["id"], on(world, marked["id"], "2026-09-17")["id"]):
        read = expanded(world, event_id)
        assert "exceptionOccurrences" not in read
        assert "cancelledOccurrences" not in read


def test_lists_have_neither(world: World, marked: Json) -> None:
    for path in (world.events, f"{world.view}?{AUTUMN}", f"{world.events}/{marked['id']}/instances?{AUTUMN}"):
        sign = "&" if "?" in path else "?"
        answer = world.get(f"{path}{sign}$expand=exceptionOccurrences")
        assert refusal(answer) == (400, "ErrorInvalidParameter")
        for each in listed(world, f"{path}{sign}$select=id,cancelledOccurrences,exceptionOccurrences"):
            assert set(each) == ALWAYS


def test_the_expands_go_together_and_may_have_options(world: World, marked: Json) -> None:
    read = world.read(marked["id"], f"?$select=id,{EXPANDED},{OUR_PROPERTY}")
    assert read["singleValueExtendedProperties"][0]["value"] == "a"
    assert "singleValueExtendedProperties" not in read["exceptionOccurrences"][0]
    options = f"($select=subject,originalStart;$expand={OUR_PROPERTY})"
    read = world.read(marked["id"], f"?$select=id,{EXPANDED}{options},attachments")
    [exception] = read["exceptionOccurrences"]
    assert set(exception) == ALWAYS | {"subject", "originalStart", "singleValueExtendedProperties"}


@pytest.mark.parametrize(
    "expand",
    [
        "exceptionOccurrences($filter=id eq 'a')",
        "exceptionOccurrences(",
        "exceptions",
        "exceptionOccurrences,singleValueExtendedProperties",
    ],
)
def test_an_expand_that_cannot_be_read_is_refused(world: World, marked: Json, expand: str) -> None:
    answer = world.get(f"{world.events}/{marked['id']}?$select=id&$expand={expand}")
    assert refusal(answer) == (400, "ErrorInvalidParameter")


def test_expanded_exceptions_are_shown_by_the_preferences_of_the_request(world: World, marked: Json) -> None:
    prefer = f'outlook.timezone="{TOKYO}", outlook.body-content-type="text"'
    [exception] = world.read(marked["id"], f"?$select=*,{EXPANDED}", prefer)["exceptionOccurrences"]
    assert exception["start"] == {"dateTime": "2026-09-17T10:00:00.0000000", "timeZone": TOKYO}
    assert (len(exception["id"]), exception["body"]["contentType"]) == (152, "text")


# /instances.


def test_instances_are_what_stands_in_the_window(world: World, marked: Json) -> None:
    found = listed(world, f"{world.events}/{marked['id']}/instances?{AUTUMN}")
    assert [(each["type"], each["subject"], each["start"]["dateTime"][:10]) for each in found] == [
        ("exception", "別件", "2026-09-17"),  # exceptions may stand before occurrences
        ("occurrence", "打合せ", "2026-09-10"),
        ("occurrence", "打合せ", "2026-10-01"),
    ]
    assert {each["seriesMasterId"] for each in found} == {marked["id"]}
    assert all("originalStart" not in each for each in found)


def test_a_window_of_one_day_finds_the_occurrence_of_that_day(world: World, marked: Json) -> None:
    window = "startDateTime=2026-10-01T00:00:00%2B09:00&endDateTime=2026-10-02T00:00:00%2B09:00"
    path = f"{world.events}/{marked['id']}/instances?{window}&$select=originalStart,occurrenceId"
    [found] = listed(world, path)
    assert set(found) == ALWAYS | {"originalStart", "occurrenceId"}
    assert found["originalStart"] == "2026-10-01T01:00:00Z"


def test_exceptions_are_found_where_they_stand(world: World) -> None:
    master = make_series(world)
    move_to(world, master["id"], "2026-09-17", "2026-09-22")
    path = f"{world.events}/{master['id']}/instances"
    was, stands = (
        f"startDateTime=2026-09-{day}T00:00:00Z&endDateTime=2026-09-{day}T23:00:00Z" for day in (17, 22)
    )
    assert listed(world, f"{path}?{was}") == []
    assert [each["occurrenceId"][-10:] for each in listed(world, f"{path}?{stands}")] == ["2026-09-17"]


def test_instances_are_paged_in_their_order(world: World) -> None:
    master = make_series(world, daily(25))
    for day in ("2026-09-20", "2026-09-25"):
        world.change(on(world, master["id"], day)["id"], subject="別件")
    url, pages = f"{world.events}/{master['id']}/instances?{AUTUMN}", []
    while url:
        page = shown(world.get(url))
        pages.append(page["value"])
        url = page.get("@odata.nextLink", "")
    assert [len(page) for page in pages] == [10, 10, 5]
    found = [each for page in pages for each in page]
    assert len({each["id"] for each in found}) == 25
    assert [each["type"] for each in found] == ["exception"] * 2 + ["occurrence"] * 23


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("", (400, "ErrorInvalidParameter")),
        ("?startDateTime=2026-08-01T00:00:00Z", (400, "ErrorInvalidParameter")),
        (
            "?startDateTime=2020-01-01T00:00:00Z&endDateTime=2025-01-01T00:00:00Z",
            (400, "ErrorInvalidRequest"),
        ),
    ],
)
def test_instances_need_a_window_of_at_most_1825_days(
    world: World, window: str, expected: tuple[int, str]
) -> None:
    master = make_series(world)
    assert refusal(world.get(f"{world.events}/{master['id']}/instances{window}")) == expected


def test_only_a_master_has_instances(world: World) -> None:
    single, master = world.create(), make_series(world)
    for event_id in (single["id"], on(world, master["id"], "2026-09-17")["id"]):
        answer = world.get(f"{world.events}/{event_id}/instances?{AUTUMN}")
        assert refusal(answer) == (400, "ErrorInvalidRequest")


def test_a_deleted_series_has_no_instances(world: World) -> None:
    master = make_series(world)
    occurrence = on(world, master["id"], "2026-09-17")["id"]
    world.mailbox.delete(master["id"])
    for path in (f"{master['id']}/instances?{AUTUMN}", occurrence):
        assert refusal(world.get(f"{world.events}/{path}")) == (404, "ErrorItemNotFound")


def test_instances_stand_under_every_path_of_the_mailbox(world: World) -> None:
    master = make_series(world)
    user = f"/users/{world.user.id}"
    calendar = shown(world.get(f"{user}/calendar"))["id"]
    for path in ("", "/calendar", f"/calendars/{calendar}"):
        assert len(listed(world, f"{user}{path}/events/{master['id']}/instances?{AUTUMN}")) == 4


# calendarView.


def test_calendar_view_shows_occurrences_and_exceptions_by_start_and_no_master(
    world: World, marked: Json
) -> None:
    single = world.create(subject="単発")
    move_to(world, marked["id"], "2026-09-17", "2026-09-22")
    found = listed(world, f"{world.view}?{AUTUMN}")
    assert [(each["type"], each["start"]["dateTime"][:10]) for each in found] == [
        ("occurrence", "2026-09-10"),
        ("singleInstance", "2026-09-10"),
        ("exception", "2026-09-22"),
        ("occurrence", "2026-10-01"),
    ]
    assert {each["seriesMasterId"] for each in found if each["id"] != single["id"]} == {marked["id"]}


def test_calendar_view_finds_exceptions_by_their_own_times(world: World) -> None:
    master = make_series(world)
    move_to(world, master["id"], "2026-09-10", "2026-08-20")
    move_to(world, master["id"], "2026-10-01", "2026-11-20")
    window = "startDateTime=2026-08-19T00:00:00Z&endDateTime=2026-08-21T00:00:00Z"
    assert [each["occurrenceId"][-10:] for each in listed(world, f"{world.view}?{window}")] == ["2026-09-10"]
    pattern = "startDateTime=2026-09-30T00:00:00Z&endDateTime=2026-10-02T00:00:00Z"
    assert listed(world, f"{world.view}?{pattern}") == []
    late = "startDateTime=2026-11-19T00:00:00Z&endDateTime=2026-11-21T00:00:00Z"
    assert [each["type"] for each in listed(world, f"{world.view}?{late}")] == ["exception"]


def test_calendar_view_shows_an_occurrence_that_began_before_the_window(world: World) -> None:
    body = all_day("2026-09-10", "2026-09-13", recurrence=weekly())
    world.call("POST", world.events, body)
    window = "startDateTime=2026-09-19T00:00:00Z&endDateTime=2026-09-19T01:00:00Z"
    [found] = listed(world, f"{world.view}?{window}")
    assert (found["start"]["dateTime"][:10], found["end"]["dateTime"][:10]) == ("2026-09-17", "2026-09-20")


def test_calendar_view_shows_the_same_as_instances(world: World, marked: Json) -> None:
    query = "$select=subject,start,end,type,occurrenceId,originalStart"
    view = listed(world, f"{world.view}?{AUTUMN}&{query}")
    assert sorted(view, key=lambda each: str(each["occurrenceId"])) == instances(world, marked["id"], query)


def test_calendar_view_may_miss_a_new_series_for_a_while() -> None:
    world = World(just_created_missing_from_lists=1)
    master = make_series(world)
    counts = [len(listed(world, f"{world.view}?{AUTUMN}")) for _ in range(2)]
    assert counts == [0, 4]
    assert len(instances(world, master["id"])) == 4


def test_event_lists_show_only_the_master(world: World, marked: Json) -> None:
    assert [each["id"] for each in listed(world, world.events)] == [marked["id"]]
    assert [each["id"] for each in world.mailbox.events()] == [marked["id"]]


def test_the_classic_form_of_an_exceptions_id_changes_with_the_calendar(world: World, marked: Json) -> None:
    exception = on(world, marked["id"], "2026-09-17")["id"]
    classic = world.read(exception, prefer="")["id"]
    other = world.mailbox.add_calendar("個人")
    world.mailbox.move(marked["id"], other.id)
    assert world.read(exception, prefer=IMMUTABLE)["subject"] == "別件"
    assert refusal(world.get(f"{world.events}/{classic}")) == (404, "ErrorItemNotFound")
