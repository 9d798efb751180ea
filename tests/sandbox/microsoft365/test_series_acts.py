"""People at work on series, and series in a $batch: what tests of the product do to them."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from sync.sandbox.microsoft365 import Switches
from sync.sandbox.microsoft365.errors import GraphError
from tests.sandbox.microsoft365.recurring import AUTUMN, EXPANDED, expanded, make_series, on, weekly
from tests.sandbox.microsoft365.world import HOST, IMMUTABLE, World, item, shown

SEPTEMBER = (date(2026, 9, 1), date(2026, 10, 1))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def series(world: World) -> str:
    return world.mailbox.create(
        subject="定例", start="2026-09-10T10:00", end="2026-09-10T11:00", recurrence=weekly()
    )


def test_a_person_changes_one_date_of_a_series(world: World, series: str) -> None:
    occurrence = world.mailbox.occurrence_id(series, date(2026, 9, 17))
    assert world.mailbox.edit(occurrence, subject="別件", start="2026-09-18T09:00", end="2026-09-18T10:00")
    assert world.read(occurrence)["type"] == "exception"
    assert [(each["subject"], each["start"]["dateTime"][:16]) for each in
            world.mailbox.occurrences(series, *SEPTEMBER)] == [
        ("定例", "2026-09-10T01:00"), ("別件", "2026-09-18T00:00"), ("定例", "2026-09-24T01:00"),
    ]  # fmt: skip
    assert world.tenant.requests.writes == 0


def test_a_person_deletes_one_date_of_a_series(world: World, series: str) -> None:
    day = date(2026, 9, 17)
    world.mailbox.delete(world.mailbox.occurrence_id(series, day))
    with pytest.raises(GraphError, match="ErrorItemNotFound"):
        world.mailbox.occurrence_id(series, day)
    assert [each["occurrenceId"][-2:] for each in world.mailbox.occurrences(series, *SEPTEMBER)] == [
        "10",
        "24",
    ]


def test_a_day_that_the_pattern_does_not_hit_has_no_occurrence(world: World, series: str) -> None:
    with pytest.raises(GraphError, match="ErrorItemNotFound"):
        world.mailbox.occurrence_id(series, date(2026, 9, 18))


def test_a_person_is_refused_what_outlook_refuses(world: World, series: str) -> None:
    occurrence = world.mailbox.occurrence_id(series, date(2026, 9, 17))
    with pytest.raises(GraphError, match="ErrorOccurrenceCrossingBoundary"):
        world.mailbox.edit(occurrence, start="2026-09-24T12:00", end="2026-09-24T13:00")


def test_a_series_is_shown_with_what_its_dates_say_differently(world: World, series: str) -> None:
    days = {day: world.mailbox.occurrence_id(series, date(2026, 9, day)) for day in (17, 24)}
    world.mailbox.edit(days[17], subject="別件")
    world.mailbox.delete(days[24])
    found = world.mailbox.series(series)
    assert found == {
        name: value for name, value in expanded(world, series).items() if name[:7] != "@odata."
    } | {"@odata.etag": found["@odata.etag"]}
    [exception] = found["exceptionOccurrences"]
    assert (exception["subject"], exception["originalStart"]) == ("別件", "2026-09-17T01:00:00Z")
    assert found["cancelledOccurrences"] == [f"OID.{series}.2026-09-24"]
    assert world.mailbox.series(days[17]) == found


def test_occurrences_are_those_of_the_local_days(world: World) -> None:
    early = world.mailbox.create(
        start="2026-09-10T00:30", end="2026-09-10T01:00", recurrence=weekly(), subject="夜"
    )
    whole = world.mailbox.create(
        start=date(2026, 9, 10), end=date(2026, 9, 12), recurrence=weekly(), subject="休み"
    )
    for first, until, number in ((10, 11, 1), (9, 10, 0), (11, 12, 0)):
        stands = world.mailbox.occurrences(early, date(2026, 9, first), date(2026, 9, until))
        assert len(stands) == number
    for first, number in ((9, 0), (10, 1), (11, 1), (12, 0)):
        stands = world.mailbox.occurrences(whole, date(2026, 9, first), date(2026, 9, first + 1))
        assert len(stands) == number


def test_occurrences_come_by_their_start(world: World, series: str) -> None:
    for day, to in ((17, "2026-09-22"), (24, "2026-09-21")):
        occurrence = world.mailbox.occurrence_id(series, date(2026, 9, day))
        world.mailbox.edit(occurrence, start=f"{to}T10:00", end=f"{to}T11:00")
    found = world.mailbox.occurrences(series, *SEPTEMBER)
    assert [each["occurrenceId"][-2:] for each in found] == ["10", "24", "17"]


def test_a_snapshot_holds_exceptions_and_cancelled_dates(world: World, series: str) -> None:
    plain = world.mailbox.snapshot()[series]
    assert (plain["cancelledDates"], plain["exceptions"]) == ([], {})
    world.mailbox.edit(world.mailbox.occurrence_id(series, date(2026, 9, 17)), location="A")
    world.mailbox.delete(world.mailbox.occurrence_id(series, date(2026, 9, 24)))
    marked = world.mailbox.snapshot()[series]
    assert marked["cancelledDates"] == ["2026-09-24"]
    assert marked["exceptions"]["2026-09-17"]["location"] == "A"
    assert {name for name in plain if plain[name] != marked[name]} == {"cancelledDates", "exceptions"}
    single = world.mailbox.create(start="2026-09-01T09:00", end="2026-09-01T10:00")
    assert "exceptions" not in world.mailbox.snapshot()[single]


def test_a_person_deletes_a_whole_series(world: World, series: str) -> None:
    world.mailbox.delete(series)
    assert world.mailbox.events() == []
    assert world.mailbox.snapshot() == {}


def test_series_are_read_and_written_in_a_batch(world: World) -> None:
    master = make_series(world)
    occurrences = [on(world, master["id"], f"2026-09-{day}")["id"] for day in (10, 17, 24)]
    mine = {"headers": {"Prefer": IMMUTABLE}}
    answer = world.batch(
        item(1, "PATCH", f"{world.events}/{occurrences[0]}", {"subject": "別件"}),
        item(2, "DELETE", f"{world.events}/{occurrences[1]}", dependsOn=["1"]),
        item(3, "PATCH", f"{world.events}/{occurrences[2]}", {"recurrence": weekly()}, dependsOn=["2"]),
    )
    statuses = {each["id"]: each["status"] for each in shown(answer)["responses"]}
    assert statuses == {"1": 200, "2": 204, "3": 400}
    answer = world.batch(
        item(1, "GET", f"{world.events}/{master['id']}?$select=id,{EXPANDED}", **mine),
        item(2, "GET", f"{world.events}/{master['id']}/instances?{AUTUMN}&$select=occurrenceId", **mine),
        item(3, "GET", f"{world.events}/{occurrences[1]}"),
    )
    read = {each["id"]: each for each in shown(answer)["responses"]}
    assert [read[number]["status"] for number in ("1", "2", "3")] == [200, 200, 404]
    assert read["1"]["body"]["cancelledOccurrences"] == [f"OID.{master['id']}.2026-09-17"]
    assert [each["id"] for each in read["1"]["body"]["exceptionOccurrences"]] == [occurrences[0]]
    assert [each["occurrenceId"][-5:] for each in read["2"]["body"]["value"]] == ["09-10", "09-24", "10-01"]
    assert world.tenant.requests.count("GET", "/users/{user}/events/{event}/instances") > 0


def test_a_person_changes_one_date_over_the_control_surface(world: World, series: str) -> None:
    world.tenant.switch(exception_keeps_id=False)
    occurrence = world.mailbox.occurrence_id(series, date(2026, 9, 17))
    path = f"{HOST}/_simulator/users/{world.user.id}/events"
    changed = world.session.patch(f"{path}/{occurrence}", json={"subject": "別件"}).json()
    assert (changed["type"], changed["subject"]) == ("exception", "別件")
    assert changed["id"] == world.mailbox.occurrence_id(series, date(2026, 9, 17)) != occurrence
    bumped = world.session.post(f"{path}/{changed['id']}/bump").json()
    assert (bumped["subject"], bumped["changeKey"] == changed["changeKey"]) == ("別件", False)


def test_series_work_with_everything_flipped() -> None:
    world = World(**{each.name: each.metadata["alternatives"][0] for each in fields(Switches)})
    series = world.mailbox.create(
        subject="定例", start="2026-09-10T10:00", end="2026-09-10T11:00", recurrence=weekly(3)
    )
    _, link = world.round()
    moved = world.mailbox.occurrence_id(series, date(2026, 9, 17))
    moved = world.mailbox.edit(moved, start="2026-09-18T10:00", end="2026-09-18T11:00")
    world.mailbox.edit(moved, location="A")
    world.mailbox.delete(world.mailbox.occurrence_id(series, date(2026, 9, 24)))
    world.mailbox.edit(series, subject="改題")
    shows = world.mailbox.series(series)
    assert [each["id"] for each in shows["exceptionOccurrences"]] == [moved]
    items, _ = world.round(link)
    assert sorted(each["start"]["dateTime"][8:10] for each in items) == ["10", "10", "18"]
    world.mailbox.delete(series)
    assert world.mailbox.events() == []
