"""Series in calendarView/delta: section 5.2 of the reference."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync.sandbox.faults import Faults
from tests.sandbox.microsoft365.recurring import (
    FIRST,
    cancel,
    daily,
    make_series,
    move_to,
    on,
    weekly,
)
from tests.sandbox.microsoft365.world import IMMUTABLE, WINDOW, World, moment, shown

Json = dict[str, Any]
SKELETON = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}


@pytest.fixture
def world() -> World:
    return World()


def kinds(items: list[Json]) -> list[str]:
    """Type and UTC day of each item; `gone` of a tombstone."""
    return [
        "gone" if "@removed" in item else f"{item['type']} {item['start']['dateTime'][5:10]}"
        for item in items
    ]


def test_a_changed_date_sends_the_whole_series_with_the_exception_in_full(world: World) -> None:
    master = make_series(world)
    _, link = world.round()
    exception = shown(world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件"))
    items, link = world.round(link)
    assert kinds(items) == [
        "seriesMaster 09-10",
        "occurrence 09-10",
        "exception 09-17",
        "occurrence 09-24",
    ]  # the fourth stands on 1 October, outside the window
    head, first, changed, _ = items
    assert set(first) == SKELETON
    assert set(changed) - {"@odata.type"} == set(exception) - {"@odata.context"}
    assert (changed["subject"], changed["changeKey"]) == ("別件", exception["changeKey"])
    assert "originalStart" not in changed
    assert first["@odata.etag"] == head["@odata.etag"] != changed["@odata.etag"]
    assert world.round(link)[0] == []


def test_a_deleted_date_is_missing_from_the_series_and_has_no_tombstone(world: World) -> None:
    master = make_series(world)
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    _, link = world.round()
    cancel(world, master["id"], "2026-09-17")
    assert kinds(world.round(link)[0]) == ["seriesMaster 09-10", "occurrence 09-10", "occurrence 09-24"]


def test_a_changed_master_sends_the_whole_series(world: World) -> None:
    master = make_series(world, weekly(2))
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    _, link = world.round()
    world.change(master["id"], subject="改題", location={"displayName": "A"})
    items, _ = world.round(link)
    assert kinds(items) == ["seriesMaster 09-10", "occurrence 09-10", "exception 09-17"]
    assert [items[n]["subject"] for n in (0, 2)] == ["改題", "別件"]
    assert items[2]["location"]["displayName"] == "A"


def test_exceptions_stand_in_the_window_by_their_own_times(world: World) -> None:
    # Of the dates 10, 17, 24 September and 1 October only the last is outside.
    master = make_series(world)
    _, link = world.round()
    move_to(world, master["id"], "2026-10-01", "2026-09-29")
    items, link = world.round(link)
    assert kinds(items)[-1] == "exception 09-29"
    move_to(world, master["id"], "2026-10-01", "2026-10-20")
    assert kinds(world.round(link)[0]) == [
        "seriesMaster 09-10",
        "occurrence 09-10",
        "occurrence 09-17",
        "occurrence 09-24",
    ]


def test_a_series_whose_last_date_leaves_the_window_is_a_tombstone(world: World) -> None:
    master = make_series(world, weekly(2, "2026-09-24"), start=moment("2026-09-24T10:00:00"),
                         end=moment("2026-09-24T11:00:00"))  # fmt: skip
    items, link = world.round()
    assert kinds(items) == ["seriesMaster 09-24", "occurrence 09-24"]
    cancel(world, master["id"], "2026-09-24")
    items, link = world.round(link)
    assert [(item["id"], kinds([item])) for item in items] == [(master["id"], ["gone"])]
    assert world.read(master["id"])["type"] == "seriesMaster"
    move_to(world, master["id"], "2026-10-01", "2026-09-26")
    assert kinds(world.round(link)[0]) == ["seriesMaster 09-24", "exception 09-26"]


def test_a_master_that_began_before_the_window_is_sent_with_its_first_times(world: World) -> None:
    make_series(world, weekly(20, "2026-06-04"), start=moment("2026-06-04T10:00:00"),
                end=moment("2026-06-04T11:00:00"))  # fmt: skip
    items, _ = world.round()
    assert kinds(items)[:2] == ["seriesMaster 06-04", "occurrence 08-06"]


def test_the_first_round_shows_exceptions_and_leaves_out_cancelled_dates(world: World) -> None:
    master = make_series(world)
    cancel(world, master["id"], FIRST)
    move_to(world, master["id"], "2026-09-17", "2026-09-18")
    assert kinds(world.round()[0]) == ["seriesMaster 09-10", "exception 09-18", "occurrence 09-24"]


def test_a_new_pattern_sends_the_new_dates_and_no_tombstones(world: World) -> None:
    master = make_series(world, weekly(2))
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    _, link = world.round()
    world.change(master["id"], recurrence=daily(2))
    assert kinds(world.round(link)[0]) == ["seriesMaster 09-10", "occurrence 09-10", "occurrence 09-11"]


def test_a_series_that_becomes_a_single_event_is_sent_as_one(world: World) -> None:
    master = make_series(world)
    _, link = world.round()
    world.change(master["id"], recurrence=None)
    items, link = world.round(link)
    assert kinds(items) == ["singleInstance 09-10"]
    world.change(master["id"], recurrence=weekly(1))
    assert kinds(world.round(link)[0]) == ["seriesMaster 09-10", "occurrence 09-10"]


def test_a_series_that_is_moved_to_another_calendar_is_one_tombstone(world: World) -> None:
    master = make_series(world)
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    _, link = world.round()
    world.mailbox.move(master["id"], world.mailbox.add_calendar("個人").id)
    assert kinds(world.round(link)[0]) == ["gone"]


def test_a_deleted_series_with_exceptions_is_one_tombstone(world: World) -> None:
    master = make_series(world)
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    _, link = world.round()
    world.mailbox.delete(master["id"])
    items, _ = world.round(link)
    assert [(item["id"], kinds([item])) for item in items] == [(master["id"], ["gone"])]


def test_dates_that_change_between_two_pages_are_shown_as_they_are_then(world: World) -> None:
    master = make_series(world, weekly(3))
    prefer = f"odata.maxpagesize=1, {IMMUTABLE}"
    page = shown(world.get(f"{world.view}/delta?{WINDOW}", prefer))
    assert kinds(page["value"]) == ["seriesMaster 09-10"]
    cancel(world, master["id"], FIRST)
    world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件")
    move_to(world, master["id"], "2026-09-24", "2026-10-20")
    rest, link = world.round(page["@odata.nextLink"])
    assert kinds(rest) == ["exception 09-17"]
    assert kinds(world.round(link)[0]) == ["seriesMaster 09-10", "exception 09-17"]


def test_a_bumped_exception_is_sent_with_a_new_version(world: World) -> None:
    master = make_series(world)
    exception = shown(world.change(on(world, master["id"], "2026-09-17")["id"], subject="別件"))
    _, link = world.round()
    world.mailbox.bump(exception["id"])
    items, _ = world.round(link)
    bumped = next(item for item in items if item["type"] == "exception")
    assert (bumped["subject"], bumped["changeKey"] == exception["changeKey"]) == ("別件", False)


@pytest.mark.parametrize("seed", range(8))
def test_under_constant_nastiness_a_client_that_takes_each_series_as_sent_ends_with_the_truth(
    seed: int,
) -> None:
    """What section 5.2 says of series: what is missing from the series that is sent again is deleted."""
    world = World(faults=Faults.nasty(seed, retry_after=0), seed=seed)
    chance = world.tenant.faults.random
    masters = [
        world.mailbox.create(start=f"{FIRST}T10:00", end=f"{FIRST}T10:30", recurrence=each)
        for each in (weekly(8), daily(5), weekly(2))
    ]
    known: dict[str, dict[str, str]] = {}
    link = ""
    for step in range(8):
        items, link = patient_round(world, link)
        take(known, items)
        assert known == truth(world, masters)
        master = chance.choice(masters)
        stands = world.mailbox.occurrences(master, date(2026, 8, 1), date(2026, 10, 1))
        kind = chance.choice(["date", "date", "date", "series", "pattern"])
        if kind == "date" and stands:
            one = chance.choice(stands)
            if chance.random() < 0.4:
                world.mailbox.delete(one["id"])
            else:
                world.mailbox.edit(one["id"], subject=f"step {step}", location=f"place {step}")
        elif kind == "pattern":
            world.mailbox.edit(master, start=f"{FIRST}T1{step}:00", end=f"{FIRST}T1{step}:30")
        else:
            world.mailbox.edit(master, subject=f"step {step}")


def take(known: dict[str, dict[str, str]], items: list[Json]) -> None:
    """Master id to what stands in the window: id to start, and subject where it is shown."""
    sent: dict[str, dict[str, str]] = {}
    for item in items:
        if "@removed" in item:
            known.pop(item["id"], None)
        elif item["type"] == "seriesMaster":
            sent.setdefault(item["id"], {})
        else:
            text = f"{item['start']['dateTime']} {item.get('subject')}"
            sent.setdefault(item["seriesMasterId"], {})[item["id"]] = text
    known.update(sent)


def truth(world: World, masters: list[str]) -> dict[str, dict[str, str]]:
    found = {}
    for master in masters:
        stands = world.mailbox.occurrences(master, date(2026, 8, 1), date(2026, 10, 1))
        found[master] = {
            each[
                "id"
            ]: f"{each['start']['dateTime']} {each['subject'] if each['type'] == 'exception' else None}"
            for each in stands
        }
    return {master: stands for master, stands in found.items() if stands}


def patient_round(world: World, url: str) -> tuple[list[Json], str]:
    """Repeats what is answered 429 or 503."""
    url, found = url or f"{world.view}/delta?{WINDOW}", []
    while True:
        answer = world.get(url, f"odata.maxpagesize=3, {IMMUTABLE}")
        if answer.status_code in (429, 503):
            continue
        page = shown(answer)
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        url = page["@odata.nextLink"]
