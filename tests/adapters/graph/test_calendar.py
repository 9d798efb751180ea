from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from urllib.parse import unquote

import pytest

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.client import GraphClient
from sync.adapters.graph.mapping import OUTLOOK, PROPERTY_ID, TypeTable, seen_from_graph
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.event import AllDay, Event, Side
from sync.core.recurrence import occurrences
from sync.errors import CursorExpired, NeedsAdministrator, TryLater
from sync.sandbox import faults
from sync.sandbox.faults import Effect, Faults, Shape
from sync.sandbox.microsoft365 import MailboxState, Switches
from sync.sandbox.microsoft365.errors import GraphError
from tests.adapters.graph.canned import OID, Canned, FakeClock, Json, Said, batch_of, graph_event, make_client
from tests.adapters.graph.simulated import WINDOW, ZONE, World, hour, make_world
from tests.contract.calendar import create, delete, made, written

# What shows up late has a test of its own.
HOSTILE = replace(faults.HOSTILE, late_change=0.0)
FLIPS = dict(Switches.single_flips())


def open_calendar(world: World, client: GraphClient | None = None, **more: Any) -> GraphCalendar:
    return GraphCalendar(client or world.new_client(), world.user.id, zone=ZONE, types=TypeTable, **more)


def canned(*answers: Any) -> tuple[Canned, GraphCalendar]:
    graph = Canned(*answers)
    return graph, GraphCalendar(make_client(graph, FakeClock()), OID, zone=ZONE, types=TypeTable)


def round_of(*items: Json) -> Said:
    link = "https://graph.microsoft.com/v1.0/users/u/calendarView/delta?$deltatoken=d"
    return Said(200, {"value": list(items), "@odata.deltaLink": link})


@dataclass
class Follower:
    """Keeps a copy of the calendar by what `changes` and `read` say, as the engine does; never given the truth."""

    world: World
    calendar: GraphCalendar
    cursor: str | None = None
    copy: dict[str, Seen] = field(default_factory=dict)

    def follow(self) -> None:
        for _ in range(40):
            try:
                self._follow_once()
                return
            except TryLater:
                self.world.clock.sleep(30)
            except CursorExpired:
                self.cursor = None
        raise AssertionError("never came to an end")

    def _follow_once(self) -> None:
        snapshot, cursor = self.calendar.changes(WINDOW, self.cursor)
        unsure = set(snapshot.missing & self.copy.keys())
        if snapshot.is_complete:
            unsure |= self.copy.keys() - snapshot.observations.keys()
        self._take(snapshot.observations)
        self._take(self.calendar.read(sorted(unsure)))
        self.cursor = cursor

    def _take(self, observations: Any) -> None:
        for event_id, observation in observations.items():
            match observation:
                case Seen(hands_off=None):
                    self.copy[event_id] = observation
                case Removed():
                    self.copy.pop(event_id, None)

    def inside(self) -> dict[str, dict[str, str]]:
        return {i: plotted(s.event) for i, s in self.copy.items() if plotted(s.event)}


def plotted(event: Event) -> dict[str, str]:
    """What of an event people see inside the window: titles by start."""
    near = occurrences(event, WINDOW.first - timedelta(2), WINDOW.until + timedelta(2))
    inside = (one for _, one in near if WINDOW.covers(one.span))
    return {
        one.span.first.isoformat() if isinstance(one.span, AllDay) else one.span.start.isoformat(): one.title
        for one in inside
    }


def truth(world: World) -> dict[str, dict[str, str]]:
    """What the simulator itself says, without the code under test: singles, and every date of a series."""
    mailbox, found = world.mailbox, {}
    for event in mailbox.events():
        items = [event]
        if event["type"] == "seriesMaster":
            items = mailbox.occurrences(event["id"], WINDOW.first - timedelta(2), WINDOW.until + timedelta(2))
        shown = [seen_from_graph(item, zone=ZONE, types=TypeTable()) for item in items]
        plots = [plotted(one.event) for one in shown if isinstance(one, Seen)]
        if merged := {start: title for plot in plots for start, title in plot.items()}:
            found[event["id"]] = merged
    return found


def a_person_edits(world: World, random: Random, times: int) -> None:
    mailbox = world.mailbox
    for number in range(times):
        if random.random() < 0.5:
            with suppress(GraphError):  # Outlook does not let people do everything either
                a_person_edits_a_series(world, random, f"{number}")
            continue
        ids = [event["id"] for event in mailbox.events() if event["type"] == "singleInstance"]
        day = date(2026, 8, 15) + timedelta(random.randrange(45))
        match random.choice(["create", "create", "retitle", "move", "delete", "bump"]) if ids else "create":
            case "create" if random.random() < 0.3:
                zone = random.choice(["Tokyo Standard Time", "UTC", "Pacific Standard Time"])
                mailbox.create(
                    zone, subject=f"終日 {number}", start=day, end=day + timedelta(random.randint(1, 3))
                )
            case "create":
                mailbox.create(subject=f"予定 {number}", **hour(day))
            case "retitle":
                mailbox.edit(random.choice(ids), subject=f"新 {number} {random.random()}")
            case "move":
                mailbox.edit(random.choice(ids), is_all_day=False, **hour(day))
            case "delete":
                mailbox.delete(random.choice(ids))
            case _:
                mailbox.bump(random.choice(ids))


def a_person_edits_a_series(world: World, random: Random, number: str) -> None:
    mailbox = world.mailbox
    masters = [event["id"] for event in mailbox.events() if event["type"] == "seriesMaster"]
    if len(masters) < 3:
        a_series(world, date(2026, 8, 15) + timedelta(random.randrange(40)), random.choice([1, 2, 7]))
        return
    master = random.choice(masters)
    dates = mailbox.occurrences(master, date(2026, 8, 10), date(2026, 10, 20))
    one = random.choice(dates)["id"] if dates else master
    match random.choice(["retitle", "change", "change", "move", "drop", "drop", "shift", "bump", "delete"]):
        case "retitle":
            mailbox.edit(master, subject=f"系列 {number}")
        case "change":
            mailbox.edit(one, subject=f"回 {number}")
        case "move":
            start = datetime.combine(date(2026, 8, 15) + timedelta(random.randrange(40)), time(13))
            mailbox.edit(one, start=start, end=start + timedelta(hours=2))
        case "drop" if one != master:
            mailbox.delete(one)
        case "shift":
            start = datetime.combine(date(2026, 8, 15) + timedelta(random.randrange(40)), time(9))
            mailbox.edit(master, start=start, end=start + timedelta(hours=1))
        case "delete" if random.random() < 0.3:
            mailbox.delete(master)
        case _:
            mailbox.bump(one)


def a_series(world: World, day: date = date(2026, 8, 28), interval: int = 1) -> str:
    recurrence = {
        "pattern": {"type": "daily", "interval": interval},
        "range": {"type": "numbered", "startDate": day.isoformat(), "numberOfOccurrences": 10},
    }
    return world.mailbox.create(subject="毎日", recurrence=recurrence, **hour(day))


# Rounds against the simulator.


@pytest.mark.parametrize("seed", range(30))
def test_rounds_equal_the_mailbox_whatever_the_service_does(seed: int) -> None:
    random = Random(seed)
    world = make_world(seed, Faults(seed, HOSTILE) if seed % 2 else Faults.nasty(seed))
    a_series(world)
    a_person_edits(world, random, 40)
    follower = Follower(world, open_calendar(world, page_size=7))
    follower.follow()
    assert follower.inside() == truth(world)
    for _ in range(4):
        a_person_edits(world, random, random.randrange(12))
        follower.follow()
        assert follower.inside() == truth(world)


@pytest.mark.parametrize("flip", FLIPS)
def test_rounds_equal_the_mailbox_under_every_assumption(flip: str) -> None:
    random = Random(1)
    world = make_world(1, Faults.nasty(1), FLIPS[flip])
    a_person_edits(world, random, 25)
    follower = Follower(world, open_calendar(world, page_size=7))
    for _ in range(3):
        follower.follow()
        assert follower.inside() == truth(world)
        a_person_edits(world, random, 8)


@pytest.mark.parametrize("shape", Shape)
def test_every_oddity_of_a_listing_is_harmless(shape: Shape) -> None:
    random = Random(2)
    world = make_world(2)
    a_person_edits(world, random, 25)
    follower = Follower(world, open_calendar(world, page_size=5))
    for _ in range(3):
        world.tenant.faults.script("*", faults.shaped(shape), times=4)
        follower.follow()
        world.tenant.faults.clear_scripts()
        follower.follow()  # a change that shows up late shows up in the end
        assert follower.inside() == truth(world)
        a_person_edits(world, random, 8)


PASSING: dict[str, Effect] = {
    "429": faults.throttled(3),
    "503": faults.fail(503, "ErrorServerBusy"),
    "500": faults.fail(500, "ErrorInternalServerError"),
    "504": faults.fail(504, "GatewayTimeout"),
    "412": faults.fail(412, "ErrorIrresolvableConflict"),
    "drop": faults.drop(),
}


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_anywhere_in_a_round_changes_nothing(name: str, after: int) -> None:
    world = make_world()
    ids = {world.mailbox.create(subject=f"{n}", **hour(date(2026, 9, 1))) for n in range(60)}
    world.tenant.faults.script("GET *delta*", PASSING[name], times=2, after=after)
    snapshot, _ = open_calendar(world, page_size=20).changes(WINDOW, None)
    assert set(snapshot.observations) == ids


@pytest.mark.parametrize(("status", "code"), faults.LOST_SYNC_STATES)
def test_a_lost_delta_link_has_expired_and_a_fresh_round_heals(status: int, code: str) -> None:
    world = make_world()
    calendar = open_calendar(world)
    event_id = world.mailbox.create(subject="a", **hour(date(2026, 9, 1)))
    _, cursor = calendar.changes(WINDOW, None)
    world.tenant.faults.script("GET *delta*", faults.sync_state_lost(status, code))
    with pytest.raises(CursorExpired):
        calendar.changes(WINDOW, cursor)
    snapshot, _ = calendar.changes(WINDOW, None)
    assert snapshot.is_complete
    assert set(snapshot.observations) == {event_id}


def test_a_link_the_service_forgot_has_expired() -> None:
    world = make_world()
    calendar = open_calendar(world)
    _, cursor = calendar.changes(WINDOW, None)
    world.tenant.expire_sync_state(world.user.id)
    with pytest.raises(CursorExpired):
        calendar.changes(WINDOW, cursor)


def test_the_cursor_of_a_person_whose_mailbox_changed_has_expired() -> None:
    world = make_world()
    _, cursor = open_calendar(world).changes(WINDOW, None)
    other = world.tenant.add_user("jiro@example.com")
    calendar = GraphCalendar(world.client, other.id, zone=ZONE, types=TypeTable)
    with pytest.raises(CursorExpired):
        calendar.changes(WINDOW, cursor)


@pytest.mark.parametrize("with_cursor", [False, True])
@pytest.mark.parametrize("trouble", ["removed", "no licence", "on premises", "policy", "permission"])
def test_a_mailbox_in_trouble_is_never_an_empty_calendar(trouble: str, with_cursor: bool) -> None:
    world = make_world()
    calendar = open_calendar(world)
    event_id = world.mailbox.create(subject="a", **hour(date(2026, 9, 1)))
    cursor = calendar.changes(WINDOW, None)[1] if with_cursor else None
    match trouble:
        case "removed":
            world.tenant.remove_user(world.user.id)
        case "no licence":
            world.user.mailbox_state = MailboxState.NONE
        case "on premises":
            world.user.mailbox_state = MailboxState.ON_PREMISES
        case "policy":
            world.application.mailboxes = frozenset()
        case _:
            world.application.roles = frozenset({"User.Read.All"})
            world.client = world.new_client()
            calendar = open_calendar(world)
    asks: list[Callable[[], object]] = [
        lambda: calendar.changes(WINDOW, cursor),
        lambda: calendar.read([event_id]),
        lambda: calendar.find(["gw" + "0" * 30]),
        lambda: written(calendar, create("a")),
        lambda: written(calendar, delete(event_id, "v")),
    ]
    for ask in asks:
        with pytest.raises(NeedsAdministrator):
            ask()


def test_an_idle_pass_costs_one_request_and_asks_for_no_types() -> None:
    def never() -> TypeTable:
        raise AssertionError("types were asked for")

    world = make_world()
    _, cursor = open_calendar(world).changes(WINDOW, None)
    calendar = GraphCalendar(world.client, world.user.id, zone=ZONE, types=never)
    calendar.changes(WINDOW, cursor)
    assert calendar.requests == 1
    assert world.tenant.requests.total == 2


def test_types_are_asked_for_once() -> None:
    asked: list[int] = []

    def types() -> TypeTable:
        asked.append(1)
        return TypeTable()

    world = make_world()
    for n in range(5):
        world.mailbox.create(subject=f"{n}", **hour(date(2026, 9, 1)))
    calendar = GraphCalendar(world.client, world.user.id, zone=ZONE, types=types)
    snapshot, _ = calendar.changes(WINDOW, None)
    calendar.read(snapshot.observations)
    assert asked == [1]


def test_all_day_events_at_the_edges_are_not_missed() -> None:
    world = make_world()
    ids = {
        world.mailbox.create(zone, subject=f"{zone} {day}", start=day, end=day + timedelta(1))
        for zone in ("Tokyo Standard Time", "UTC", "Pacific Standard Time", "Line Islands Standard Time")
        for day in (WINDOW.first, WINDOW.until - timedelta(1))
    }
    snapshot, _ = open_calendar(world).changes(WINDOW, None)
    assert ids <= set(snapshot.observations)


def test_moving_an_event_to_another_calendar_keeps_its_id() -> None:
    world = make_world()
    calendar = open_calendar(world)
    event_id = world.mailbox.create(subject="a", **hour(date(2026, 9, 1)))
    world.mailbox.move(event_id, world.mailbox.add_calendar("別").id)
    assert isinstance(calendar.read([event_id])[event_id], Seen)


# What single answers mean.


def test_an_unreadable_event_is_listed_as_such() -> None:
    broken = graph_event("E1", originalStartTimeZone="Nowhere", start={"dateTime": "x", "timeZone": "UTC"})
    _, calendar = canned(round_of(broken, graph_event("E2")))
    snapshot, _ = calendar.changes(WINDOW, None)
    assert isinstance(snapshot.observations["E1"], Unreadable)
    assert isinstance(snapshot.observations["E2"], Seen)


def test_removed_and_listed_in_one_round_is_both() -> None:
    removed = {"id": "E1", "@removed": {"reason": "deleted"}}
    _, calendar = canned(round_of(graph_event("E1"), removed))
    snapshot, _ = calendar.changes(WINDOW, None)
    assert set(snapshot.observations) == {"E1"}
    assert snapshot.missing == {"E1"}


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "ErrorItemNotFound", Removed(Side.OUTLOOK, "E1")),
        (
            400,
            "ErrorInvalidIdMalformed",
            Unreadable(
                Side.OUTLOOK,
                "E1",
                "",
                "graph-refused",
                {"status": "400", "graph_code": "ErrorInvalidIdMalformed"},
            ),
        ),
        (
            400,
            "ErrorIncorrectRoutingHint",
            Unreadable(
                Side.OUTLOOK,
                "E1",
                "",
                "graph-refused",
                {"status": "400", "graph_code": "ErrorIncorrectRoutingHint"},
            ),
        ),
        (500, "X", Unreadable(Side.OUTLOOK, "E1", "", "graph-failing", {"status": "500", "graph_code": "X"})),
    ],
)
def test_only_one_answer_means_that_an_event_is_gone(status: int, code: str, expected: Observation) -> None:
    def answer(item: Json) -> Json:
        if "E1" in item["url"]:
            return {"status": status, "body": {"error": {"code": code}}}
        return {"status": 200, "body": graph_event("E2")}

    _, calendar = canned(batch_of(answer))
    observations = calendar.read(["E1", "E2"])
    assert observations["E1"] == expected
    assert isinstance(observations["E2"], Seen)


def test_reading_asks_for_our_property_and_encodes_the_id() -> None:
    graph, calendar = canned(batch_of(lambda item: {"status": 200, "body": graph_event("A/+=")}))
    calendar.read(["A/+="])
    (item,) = graph.sent[0].items
    path, _, asked = item["url"].partition("?")
    assert path == f"/users/{OID}/events/A%2F%2B%3D"
    assert asked.startswith("$expand=singleValueExtendedProperties")
    assert item["headers"]["Prefer"].startswith('IdType="ImmutableId"')


def test_finding_quotes_what_it_looks_for() -> None:
    graph, calendar = canned(batch_of(lambda item: {"status": 200, "body": {"value": []}}))
    assert calendar.find(["it's"]) == {}
    url = unquote(graph.sent[0].items[0]["url"])
    assert f"ep/id eq '{PROPERTY_ID}' and ep/value eq 'it''s'" in url


def test_finding_takes_the_oldest_and_looks_at_every_page() -> None:
    younger = graph_event("copy", createdDateTime="2026-09-02T00:00:00Z")
    older = graph_event("ours", createdDateTime="2026-09-01T00:00:00Z")
    link = "https://graph.microsoft.com/v1.0/users/u/events?$skip=1"
    first = batch_of(lambda item: {"status": 200, "body": {"value": [younger], "@odata.nextLink": link}})
    empty = Said(200, {"value": [], "@odata.nextLink": f"{link}0"})
    _, calendar = canned(first, empty, Said(200, {"value": [older]}))
    assert calendar.find(["m"])["m"].id == "ours"


def test_the_side_and_its_capabilities_are_outlooks() -> None:
    _, calendar = canned(round_of())
    assert calendar.side is Side.OUTLOOK
    assert calendar.capabilities is OUTLOOK


# Four at a time.


def test_many_threads_never_have_more_than_four_in_flight() -> None:
    world = make_world(latency_seconds=0.003)
    shared = world.client
    ids = [world.mailbox.create(subject=f"{n}", **hour(date(2026, 9, 1))) for n in range(30)]

    def work(number: int) -> None:
        calendar = open_calendar(world, shared)
        _, cursor = calendar.changes(WINDOW, None)
        calendar.read(ids)
        made(calendar, create(f"t{number}", number + 100))
        calendar.changes(WINDOW, cursor)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
    assert world.tenant.requests.count(status=429) == 0
    assert world.tenant.throttle.most_running == 4
    assert world.clock.slept == 0


def test_without_the_throttle_the_simulator_would_have_complained() -> None:
    """The test above can fail: two clients that do not know of each other are refused."""
    world = make_world(latency_seconds=0.01)
    ids = [world.mailbox.create(subject=f"{n}", **hour(date(2026, 9, 1))) for n in range(30)]
    start = threading.Barrier(4)

    def work(_: int) -> None:
        calendar = open_calendar(world)
        start.wait()
        with suppress(TryLater):
            calendar.read(ids)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert world.tenant.requests.count(status=429) > 0
