"""One date of a series: exceptions, cancelled dates and their versions, sections 1.1 and 3.3 of the reference."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sandbox.microsoft365.recurring import (
    cancel,
    daily,
    expanded,
    instances,
    make_series,
    move,
    move_to,
    on,
    weekly,
)
from tests.sandbox.microsoft365.world import (
    IMMUTABLE,
    PROPERTY,
    TOKYO,
    World,
    all_day,
    moment,
    refusal,
    shown,
)

CROSSING = (400, "ErrorOccurrenceCrossingBoundary")


@pytest.fixture
def world() -> World:
    return World()


def test_a_changed_occurrence_is_an_exception_with_the_same_id(world: World) -> None:
    master = make_series(world)
    before = on(world, master["id"], "2026-09-17")
    assert (before["type"], before["recurrence"]) == ("occurrence", None)
    answer = world.change(before["id"], subject="別件")
    after = on(world, master["id"], "2026-09-17")
    assert answer.status_code == 200
    assert (shown(answer)["id"], shown(answer)["type"]) == (before["id"], "exception")
    same = ("id", "occurrenceId", "seriesMasterId", "originalStart", "start", "end", "iCalUId", "recurrence")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert (after["subject"], after["type"]) == ("別件", "exception")
    assert after["occurrenceId"] == f"OID.{master['id']}.2026-09-17"
    assert world.read(before["id"])["subject"] == "別件"
    assert [each["type"] for each in instances(world, master["id"])] == [
        "occurrence",
        "exception",
        "occurrence",
        "occurrence",
    ]


def test_original_start_stays_when_an_occurrence_moves(world: World) -> None:
    master = make_series(world)
    assert move_to(world, master["id"], "2026-09-17", "2026-09-18", "15:00/16:30").status_code == 200
    moved = on(world, master["id"], "2026-09-17")
    assert moved["start"]["dateTime"] == "2026-09-18T06:00:00.0000000"
    assert moved["originalStart"] == "2026-09-17T01:00:00Z"


def test_original_start_of_an_all_day_exception_is_the_real_instant(world: World) -> None:
    master = shown(world.call("POST", world.events, all_day(recurrence=weekly())))
    changed = on(world, master["id"], "2026-09-17")
    for subject in ("夏休み", "秋休み"):
        world.change(changed["id"], subject=subject)
        changed = on(world, master["id"], "2026-09-17")
        assert changed["originalStart"] == "2026-09-16T15:00:00Z"
        assert changed["start"]["dateTime"] == "2026-09-17T00:00:00.0000000"


def test_an_exception_keeps_what_it_overrides_and_follows_the_master_in_the_rest(world: World) -> None:
    master = make_series(world, location={"displayName": "A"})
    changed = on(world, master["id"], "2026-09-17")
    world.change(changed["id"], subject="別件", showAs="free")
    world.change(master["id"], subject="定例", location={"displayName": "B"}, categories=["社外"])
    exception, occurrence = (on(world, master["id"], day) for day in ("2026-09-17", "2026-09-24"))
    for each, subject, show_as in ((exception, "別件", "free"), (occurrence, "定例", "busy")):
        assert (each["subject"], each["showAs"]) == (subject, show_as)
        assert (each["location"]["displayName"], each["categories"]) == ("B", ["社外"])


def test_an_exception_that_says_what_the_series_says_follows_it_again(world: World) -> None:
    master = make_series(world, subject="定例")
    changed = on(world, master["id"], "2026-09-17")
    world.change(changed["id"], subject="別件")
    assert shown(world.change(changed["id"], subject="定例"))["type"] == "exception"
    world.change(master["id"], subject="朝会")
    assert world.read(changed["id"])["subject"] == "朝会"


def test_a_second_change_of_a_date_keeps_the_first(world: World) -> None:
    master = make_series(world)
    changed = on(world, master["id"], "2026-09-17")["id"]
    world.change(changed, subject="別件")
    move(world, changed, "2026-09-18T10:00:00", "2026-09-18T11:00:00")
    world.change(changed, location={"displayName": "A"}, showAs="busy")
    world.change(master["id"], subject="改題", location={"displayName": "B"}, showAs="oof")
    read = world.read(changed)
    assert (read["subject"], read["location"]["displayName"], read["showAs"]) == ("別件", "A", "oof")
    assert read["start"]["dateTime"][:10] == "2026-09-18"


def test_an_exception_has_versions_and_a_creation_of_its_own(world: World) -> None:
    master = make_series(world)
    plain = on(world, master["id"], "2026-09-24")
    assert plain["@odata.etag"] == world.read(master["id"])["@odata.etag"]
    world.clock.advance(timedelta(minutes=5))
    first = shown(world.change(on(world, master["id"], "2026-09-17")["id"], subject="a"))
    world.clock.advance(timedelta(minutes=5))
    again = shown(world.change(first["id"], subject="b"))
    moved = world.read(master["id"])
    assert len({each["changeKey"] for each in (master, plain, first, again, moved)}) == 4
    assert again["lastModifiedDateTime"] > first["lastModifiedDateTime"] > plain["lastModifiedDateTime"]
    assert first["createdDateTime"] == again["createdDateTime"] > plain["createdDateTime"]
    world.change(master["id"], subject="c")
    assert world.read(first["id"])["changeKey"] == again["changeKey"]


def test_if_match_is_compared_with_the_version_of_the_date(world: World) -> None:
    master = make_series(world)
    occurrence = on(world, master["id"], "2026-09-17")
    first = world.change(occurrence["id"], {"If-Match": occurrence["@odata.etag"]}, subject="a")
    assert first.status_code == 200
    assert refusal(world.change(occurrence["id"], {"If-Match": occurrence["@odata.etag"]}, subject="b")) == (
        412,
        "ErrorIrresolvableConflict",
    )
    etag = shown(first)["@odata.etag"]
    assert world.change(occurrence["id"], {"If-Match": etag}, subject="b").status_code == 200
    stale = {"If-Match": master["@odata.etag"]}
    assert world.change(master["id"], stale, subject="c").status_code == 412
    assert (
        world.call("DELETE", f"{world.events}/{occurrence['id']}", headers={"If-Match": etag}).status_code
        == 412
    )


def test_a_dropped_and_remade_exception_never_repeats_a_version(world: World) -> None:
    master = make_series(world)
    seen = []
    for hour in (10, 12, 14):
        world.change(on(world, master["id"], "2026-09-17")["id"], subject="a")
        seen.append(on(world, master["id"], "2026-09-17")["changeKey"])
        move(world, master["id"], f"2026-09-10T{hour + 1}:00:00", f"2026-09-10T{hour + 2}:00:00")
    assert len(set(seen)) == 3


def test_a_deleted_exception_stands_only_in_cancelled_occurrences(world: World) -> None:
    master = make_series(world)
    changed = on(world, master["id"], "2026-09-17")
    world.change(changed["id"], subject="別件")
    etag = world.read(master["id"])["@odata.etag"]
    cancel(world, master["id"], "2026-09-17")
    for answer in (
        world.get(f"{world.events}/{changed['id']}"),
        world.change(changed["id"], subject="x"),
        world.call("DELETE", f"{world.events}/{changed['id']}"),
    ):
        assert refusal(answer) == (404, "ErrorItemNotFound")
    read = expanded(world, master["id"])
    assert read["cancelledOccurrences"] == [f"OID.{master['id']}.2026-09-17"]
    assert read["exceptionOccurrences"] == []
    assert read["@odata.etag"] != etag


def test_both_id_forms_name_an_exception(world: World) -> None:
    master = make_series(world)
    changed = on(world, master["id"], "2026-09-17")
    classic = world.read(changed["id"], prefer="")["id"]
    assert world.change(classic, subject="別件").status_code == 200
    assert world.read(changed["id"])["subject"] == world.read(classic)["subject"] == "別件"
    assert len({changed["id"], classic, master["id"], world.read(master["id"], prefer="")["id"]}) == 4


@pytest.mark.parametrize(
    ("to", "hours", "crosses"),
    [
        ("2026-09-10", "12:00/13:00", True),  # the day of the one before
        ("2026-09-09", "10:00/11:00", True),
        ("2026-09-11", "00:00/01:00", False),  # the day after it
        ("2026-09-23", "22:00/23:59", False),  # the day before the next one
        ("2026-09-24", "01:00/02:00", True),
        ("2026-10-20", "10:00/11:00", True),
    ],
)
@pytest.mark.parametrize("neighbours", ["there", "deleted"])
def test_an_occurrence_stays_between_the_days_of_its_neighbours(
    world: World, to: str, hours: str, crosses: bool, neighbours: str
) -> None:
    master = make_series(world)
    if neighbours == "deleted":
        cancel(world, master["id"], "2026-09-10")
        cancel(world, master["id"], "2026-09-24")
    answer = move_to(world, master["id"], "2026-09-17", to, hours)
    assert (refusal(answer) if answer.status_code >= 400 else None) == (CROSSING if crosses else None)
    assert (on(world, master["id"], "2026-09-17")["type"] == "occurrence") is crosses


def test_the_first_and_the_last_occurrence_are_bounded_on_one_side(world: World) -> None:
    master = make_series(world)
    assert move_to(world, master["id"], "2026-09-10", "2026-08-20").status_code == 200
    assert move_to(world, master["id"], "2026-10-01", "2026-11-20").status_code == 200
    assert refusal(move_to(world, master["id"], "2026-10-01", "2026-09-24")) == CROSSING


def test_the_days_of_an_exception_that_moved_before_are_those_of_the_pattern(world: World) -> None:
    master = make_series(world)
    assert move_to(world, master["id"], "2026-09-17", "2026-09-23").status_code == 200
    assert refusal(move_to(world, master["id"], "2026-09-17", "2026-09-24")) == CROSSING
    assert move_to(world, master["id"], "2026-09-17", "2026-09-11").status_code == 200


def test_two_exceptions_never_stand_on_one_day(world: World) -> None:
    master = make_series(world)
    assert move_to(world, master["id"], "2026-09-17", "2026-09-21").status_code == 200
    assert refusal(move_to(world, master["id"], "2026-09-24", "2026-09-21", "15:00/16:00")) == CROSSING
    assert move_to(world, master["id"], "2026-09-24", "2026-09-22").status_code == 200


def test_an_occurrence_that_grows_into_its_neighbour_is_refused(world: World) -> None:
    master = make_series(world, daily())
    middle = on(world, master["id"], "2026-09-11")["id"]
    assert refusal(move(world, middle, "2026-09-11T10:00:00", "2026-09-12T10:01:00")) == CROSSING
    assert move(world, middle, "2026-09-11T10:00:00", "2026-09-12T10:00:00").status_code == 200


def test_an_occurrence_never_begins_while_the_one_before_lasts(world: World) -> None:
    master = make_series(world, daily(), end=moment("2026-09-11T06:00:00"))
    middle = on(world, master["id"], "2026-09-11")["id"]
    assert refusal(move(world, middle, "2026-09-11T05:59:00", "2026-09-11T07:00:00")) == CROSSING
    assert move(world, middle, "2026-09-11T06:00:00", "2026-09-11T07:00:00").status_code == 200


def test_the_date_of_an_all_day_exception_counts_whatever_its_zone() -> None:
    world = World(overlapping_occurrences_refused=False)
    occurrence = on(world, make_series(world)["id"], "2026-09-17")["id"]
    # It begins when it is 21:00 on the 23rd in Tokyo.
    there = {day: moment(f"2026-09-{day}T00:00:00", "New Zealand Standard Time") for day in (23, 24, 25)}
    refused = world.change(occurrence, isAllDay=True, start=there[24], end=there[25])
    assert refusal(refused) == CROSSING
    assert world.change(occurrence, isAllDay=True, start=there[23], end=there[24]).status_code == 200


def test_days_are_counted_in_the_zone_of_the_series(world: World) -> None:
    master = make_series(world)
    occurrence = on(world, master["id"], "2026-09-17")["id"]
    # 16:00 on the 23rd in UTC is the 24th in Tokyo.
    late = {"start": moment("2026-09-23T16:00:00", "UTC"), "end": moment("2026-09-23T17:00:00", "UTC")}
    assert refusal(world.change(occurrence, **late)) == CROSSING
    early = {"start": moment("2026-09-10T15:00:00", "UTC"), "end": moment("2026-09-10T16:00:00", "UTC")}
    changed = shown(world.change(occurrence, **early))
    assert (changed["originalStartTimeZone"], changed["occurrenceId"][-10:]) == ("UTC", "2026-09-17")


def test_dates_of_all_day_series_are_bounded_alike(world: World) -> None:
    master = shown(world.call("POST", world.events, all_day(recurrence=weekly())))
    occurrence = on(world, master["id"], "2026-09-17")["id"]
    for first, until, refused in (
        ("2026-09-24", "2026-09-25", True),
        ("2026-09-17", "2026-09-25", True),
        ("2026-09-17", "2026-09-24", False),
        ("2026-09-11", "2026-09-12", False),
    ):
        answer = move(world, occurrence, f"{first}T00:00:00", f"{until}T00:00:00")
        assert (answer.status_code == 400) is refused


def test_an_occurrence_takes_no_recurrence(world: World) -> None:
    master = make_series(world)
    occurrence = on(world, master["id"], "2026-09-17")
    answer = world.change(occurrence["id"], subject="x", recurrence=weekly(2, "2026-09-17"))
    assert refusal(answer) == (400, "ErrorPropertyValidationFailure")
    assert on(world, master["id"], "2026-09-17")["type"] == "occurrence"


def test_an_occurrence_may_turn_all_day_and_back(world: World) -> None:
    master = make_series(world)
    occurrence = on(world, master["id"], "2026-09-17")["id"]
    whole = move(world, occurrence, "2026-09-17T00:00:00", "2026-09-18T00:00:00", isAllDay=True)
    assert shown(whole)["start"]["dateTime"] == "2026-09-17T00:00:00.0000000"
    world.change(master["id"], subject="改題")
    read = world.read(occurrence)
    assert (read["isAllDay"], read["subject"]) == (True, "改題")
    hours = {"start": moment("2026-09-17T10:00:00"), "end": moment("2026-09-17T11:00:00")}
    assert (
        shown(world.change(occurrence, isAllDay=False, **hours))["start"]["dateTime"][:13] == "2026-09-17T01"
    )


def test_an_exception_has_its_own_extended_properties_and_those_of_the_series(world: World) -> None:
    master = make_series(world, singleValueExtendedProperties=[{"id": PROPERTY, "value": "series"}])
    occurrence = on(world, master["id"], "2026-09-17")["id"]
    expand = f"?$expand=singleValueExtendedProperties($filter=id eq '{PROPERTY}')"

    def value() -> str:
        return str(world.read(occurrence, expand)["singleValueExtendedProperties"][0]["value"])

    world.change(occurrence, subject="x")
    assert value() == "series"
    world.change(occurrence, singleValueExtendedProperties=[{"id": PROPERTY, "value": "date"}])
    assert value() == "date"


def test_a_custom_zone_label_of_the_series_is_not_that_of_a_moved_date(world: World) -> None:
    master = make_series(world)
    world.mailbox.label_zone(master["id"], "tzone://Microsoft/Custom")
    move_to(world, master["id"], "2026-09-17", "2026-09-18")
    zones = [each["originalStartTimeZone"] for each in instances(world, master["id"])]
    assert zones == [
        "tzone://Microsoft/Custom",
        TOKYO,
        "tzone://Microsoft/Custom",
        "tzone://Microsoft/Custom",
    ]


def test_what_graph_refuses_of_an_event_it_refuses_of_a_date(world: World) -> None:
    master = make_series(world)
    occurrence = on(world, master["id"], "2026-09-17")["id"]
    assert refusal(world.change(occurrence, colour="red")) == (400, "RequestBodyRead")
    backwards = move(world, occurrence, "2026-09-17T11:00:00", "2026-09-17T10:00:00")
    assert refusal(backwards) == (400, "ErrorPropertyValidationFailure")
    assert refusal(world.change(occurrence, isAllDay=True)) == (400, "ErrorInvalidRequest")
    assert on(world, master["id"], "2026-09-17")["type"] == "occurrence"


def test_a_prefer_zone_holds_for_exceptions_and_their_original_start(world: World) -> None:
    master = make_series(world)
    move_to(world, master["id"], "2026-09-17", "2026-09-18")
    prefer = f'{IMMUTABLE}, outlook.timezone="{TOKYO}"'
    read = world.read(on(world, master["id"], "2026-09-17")["id"], "?$select=start,originalStart", prefer)
    assert read["start"] == {"dateTime": "2026-09-18T10:00:00.0000000", "timeZone": TOKYO}
    assert read["originalStart"] == "2026-09-17T10:00:00+09:00"
