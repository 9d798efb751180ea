"""What shows each setting of the switches about series; for `test_both_ways`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.sandbox.microsoft365.switches import SeriesVersions
from tests.sandbox.microsoft365.recurring import (
    AUTUMN,
    EXPANDED,
    FIRST,
    cancel,
    daily,
    expanded,
    make_series,
    move_to,
    on,
    weekly,
)
from tests.sandbox.microsoft365.world import WINDOW, World, moment, refusal, shown

Face = Callable[[World], Any]
DAY = "2026-09-17"
CROSSING = (400, "ErrorOccurrenceCrossingBoundary")


def start_off_the_pattern(world: World) -> Any:
    answer = world.try_create(recurrence=weekly(2, day="monday"))
    return answer.status_code if answer.status_code >= 400 else shown(answer)["start"]["dateTime"][5:10]


def occurrences_that_overlap(world: World) -> tuple[int, int]:
    """Of the pattern, and one that was made longer."""
    series = world.try_create(end=moment("2026-09-11T10:30:00"), recurrence=daily())
    occurrence = on(world, make_series(world, daily())["id"], "2026-09-11")["id"]
    return series.status_code, world.change(occurrence, end=moment("2026-09-12T10:30:00")).status_code


def id_of_an_exception(world: World) -> tuple[bool, bool, int]:
    """Whether the id stays, whether the new one works, and what the old one answers."""
    occurrence = on(world, make_series(world)["id"], DAY)
    changed = shown(world.change(occurrence["id"], subject="別件"))
    works = world.read(changed["id"])["subject"] == "別件"
    return (
        changed["id"] == occurrence["id"],
        works,
        world.get(f"{world.events}/{occurrence['id']}").status_code,
    )


def exception_after_its_master(world: World) -> list[str]:
    master = make_series(world, location={"displayName": "A"})
    changed = on(world, master["id"], DAY)["id"]
    world.change(changed, subject="別件")
    world.change(master["id"], location={"displayName": "B"}, subject="改題")
    read = on(world, master["id"], DAY)
    return [read["subject"], read["location"]["displayName"]]


def equal_value(world: World) -> str:
    master = make_series(world, subject="定例")
    world.change(on(world, master["id"], DAY)["id"], subject="定例", showAs="free")
    world.change(master["id"], subject="改題")
    return str(on(world, master["id"], DAY)["subject"])


def versions_of_a_series(world: World) -> tuple[bool, bool, bool]:
    """Whether the exception's, the master's and another exception's version moved with the exception."""
    master = make_series(world)
    for day in (DAY, "2026-09-24"):
        world.change(on(world, master["id"], day)["id"], subject="別件")

    def keys() -> list[str]:
        dates = [on(world, master["id"], day)["changeKey"] for day in (DAY, "2026-09-24")]
        return [dates[0], world.read(master["id"])["changeKey"], dates[1]]

    before = keys()
    world.change(on(world, master["id"], DAY)["id"], location={"displayName": "A"})
    moved = tuple(a != b for a, b in zip(before, keys(), strict=True))
    _, link = world.round()
    cancel(world, master["id"], "2026-09-24")
    assert len(world.round(link)[0]) == 3  # the series is sent again, whatever its version says
    return moved[0], moved[1], moved[2]


def two_dates_that_pass_each_other(world: World) -> Any:
    master = make_series(world)
    move_to(world, master["id"], DAY, "2026-09-22")
    answer = move_to(world, master["id"], "2026-09-24", "2026-09-21")
    return answer.status_code if answer.status_code < 400 else refusal(answer)


def dates_of_a_changed_master(world: World, **changes: Any) -> tuple[int, int]:
    """How many exceptions and cancelled dates are left."""
    master = make_series(world)
    world.change(on(world, master["id"], DAY)["id"], subject="別件")
    cancel(world, master["id"], "2026-09-24")
    assert world.change(master["id"], **changes).status_code == 200
    read = expanded(world, master["id"])
    return len(read["exceptionOccurrences"]), len(read["cancelledOccurrences"])


def dates_of_a_series_at_another_hour(world: World) -> tuple[int, int]:
    start, end = moment(f"{FIRST}T13:00:00"), moment(f"{FIRST}T14:00:00")
    return dates_of_a_changed_master(world, start=start, end=end)


def dates_of_a_series_with_the_same_pattern(world: World) -> tuple[int, int]:
    return dates_of_a_changed_master(world, subject="改題", recurrence=weekly())


def recurrence_null(world: World) -> Any:
    answer = world.change(make_series(world)["id"], recurrence=None)
    return answer.status_code if answer.status_code >= 400 else shown(answer)["type"]


def recurrence_of_a_date(world: World) -> Any:
    occurrence = on(world, make_series(world)["id"], DAY)["id"]
    answer = world.change(occurrence, recurrence=daily(3, DAY), subject="別件")
    return (
        answer.status_code if answer.status_code >= 400 else (shown(answer)["type"], shown(answer)["subject"])
    )


def id_of_a_deleted_date(world: World) -> list[tuple[int, str]]:
    master = make_series(world)
    occurrence = on(world, master["id"], DAY)["id"]
    cancel(world, master["id"], DAY)
    path = f"{world.events}/{occurrence}"
    return [refusal(world.get(path)), refusal(world.call("DELETE", path))]


def instances_of_a_single_event(world: World) -> Any:
    answer = world.get(f"{world.events}/{world.create()['id']}/instances?{AUTUMN}")
    return answer.status_code if answer.status_code >= 400 else shown(answer)["value"]


def expanded_exception(world: World) -> bool:
    """Whether it has a property that was not selected."""
    master = make_series(world)
    world.change(on(world, master["id"], DAY)["id"], subject="別件")
    [exception] = world.read(master["id"], f"?$select=subject,{EXPANDED}")["exceptionOccurrences"]
    assert exception["subject"] == "別件"
    return "occurrenceId" in exception


def exception_in_delta(world: World) -> tuple[str, bool]:
    master = make_series(world)
    move_to(world, master["id"], DAY, "2026-09-18")
    [item] = [each for each in world.round()[0] if each["type"] == "exception"]
    return item["start"]["dateTime"][8:10], "subject" in item


def master_that_began_earlier(world: World) -> tuple[int, int, bool]:
    """Masters and occurrences in delta, and whether the master's tombstone comes all the same."""
    start, end = moment("2026-07-02T10:00:00"), moment("2026-07-02T11:00:00")
    old = make_series(world, weekly(6, "2026-07-02"), start=start, end=end)
    items, link = world.round(f"{world.view}/delta?{WINDOW}")
    kinds = [each["type"] for each in items]
    world.mailbox.delete(old["id"])
    return kinds.count("seriesMaster"), kinds.count("occurrence"), "@removed" in world.round(link)[0][0]


SERIES_FACES: dict[str, tuple[Face, dict[Any, Any]]] = {
    "unfit_start_moves": (start_off_the_pattern, {True: "09-14", False: 400}),
    "overlapping_occurrences_refused": (occurrences_that_overlap, {True: (400, 400), False: (201, 200)}),
    "exception_keeps_id": (id_of_an_exception, {True: (True, True, 200), False: (False, True, 404)}),
    "exceptions_follow_master": (exception_after_its_master, {True: ["別件", "B"], False: ["別件", "A"]}),
    "equal_values_override": (equal_value, {False: "改題", True: "定例"}),
    "series_versions": (
        versions_of_a_series,
        {
            SeriesVersions.WITH_MASTER: (True, True, False),
            SeriesVersions.ALONE: (True, False, False),
            SeriesVersions.WHOLE_SERIES: (True, True, True),
        },
    ),
    "moved_neighbours_bound": (two_dates_that_pass_each_other, {False: 200, True: CROSSING}),
    "pattern_change_drops_exceptions": (dates_of_a_series_at_another_hour, {True: (0, 0), False: (1, 1)}),
    "unchanged_pattern_drops_exceptions": (
        dates_of_a_series_with_the_same_pattern,
        {False: (1, 1), True: (0, 0)},
    ),
    "recurrence_can_be_removed": (recurrence_null, {True: "singleInstance", False: 400}),
    "occurrence_recurrence_refused": (recurrence_of_a_date, {True: 400, False: ("exception", "別件")}),
    "deleted_occurrence_not_found": (
        id_of_a_deleted_date,
        {
            True: [(404, "ErrorItemNotFound")] * 2,
            False: [(400, "ErrorCalendarOccurrenceIsDeletedFromRecurrence")] * 2,
        },
    ),
    "instances_of_single_refused": (instances_of_a_single_event, {True: 400, False: []}),
    "exceptions_expanded_by_select": (expanded_exception, {True: False, False: True}),
    "delta_exceptions_full": (exception_in_delta, {True: ("18", True), False: ("18", False)}),
    "delta_omits_old_masters": (master_that_began_earlier, {False: (1, 1, True), True: (0, 1, True)}),
}
