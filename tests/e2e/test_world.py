"""Laws 1 to 7 and 10 over random worlds: two filled sides with links first, then everything at once.

`WORLD_EXAMPLES` sets how many worlds each test builds (40 by default). `tests/mutants.py` plants faults in the
planner and expects these tests to notice each of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sync.core.event import FIELDS, Field
from sync.core.rules import Rules
from sync.core.settings import ConflictRule, OrganizationSettings, WindowSettings, effective
from sync.core.window import BaseRange
from sync.engine.conditions import rules_for
from sync.ports import PassState
from sync.sandbox.microsoft365.switches import Switches
from tests.e2e.people import (
    People,
    check_converged,
    check_hands_off,
    check_no_duplicates,
    check_nothing_lost,
)
from tests.e2e.world import Conditions, G, O, World

EXAMPLES = int(os.environ.get("WORLD_EXAMPLES", "40"))
WORLDS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="WORLD_RANDOM" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[p for p in Phase if p is not Phase.shrink or os.environ.get("WORLD_SHRINK") != "0"],
    print_blob=True,
)

sides = st.sampled_from([G, O])
picks = st.integers(0, 5)
shapes = st.integers(0, 3)
days = st.integers(-3, 9)
fields = st.sampled_from(list(FIELDS))

Step = Callable[[People], Any]


def step(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A person's act, drawn as data so that a failing world prints as what happened in it."""

    class Drawn:
        def __init__(self, values: tuple[Any, ...]) -> None:
            self.values = values

        def __call__(self, people: People) -> Any:
            return getattr(people, name)(*self.values)

    Drawn.__name__ = name
    return st.tuples(*arguments).map(Drawn)


edits = step("edit", sides, picks, fields)
renames = step("edit", sides, picks, st.just(Field.TITLE))
acts = st.one_of(
    edits,
    edits,
    edits,
    step("take_back", sides, picks),
    step("delete", sides, picks),
    step("create", sides, shapes, days),
    step("create_on_both", shapes, days),
    step("copy_in_outlook", picks),
    step("bump", sides, picks),
    step("leave_window", sides, picks, st.sampled_from([40, -40])),
)
whiches = st.integers(0, 4)
rules = st.integers(0, 3)
on_dates = st.one_of(
    step("edit_date", sides, picks, whiches),
    step("edit_date", sides, picks, whiches),
    step("cancel_date", sides, picks, whiches),
    step("move_date", sides, picks, whiches, st.integers(-8, 8)),
    step("restore_dates", picks),
    step("change_rule", sides, picks, rules),
)
series = step("create_series", sides, rules, shapes, days)
clean_passes = step("pass_runs")
crashes = step("pass_runs", st.integers(1, 40), st.booleans())

acts = st.one_of(acts, acts, acts, acts, on_dates, on_dates, series)

# The world before anything goes wrong: both sides filled, everything linked.
beginnings = st.lists(
    st.one_of(
        step("create", sides, shapes, days),
        step("create", sides, shapes, days),
        step("create_on_both", shapes, days),
        step("create_twins", shapes, days),
        series,
    ),
    min_size=2,
    max_size=4,
)
conflicts = st.sampled_from(list(ConflictRule))


def settings_with(conflict: ConflictRule) -> OrganizationSettings:
    """A window of some weeks around today, so that it moves every day; the guard has tests of its own."""
    return OrganizationSettings(
        automatic_window=WindowSettings(BaseRange.TODAY, 14, 28),
        conflict=conflict,
        max_deletes=1000,
        max_delete_percent=100,
        min_deletes_for_percent=1000,
    )


def live(conditions: Conditions, beginning: list[Step], story: list[Step]) -> None:
    """The beginning, the story, the end; the laws hold at the end."""
    with closing(World(conditions)) as world:
        people = begin(world, beginning)
        world.groupware.switches.feed_duplicates = conditions.hostile and bool(conditions.seed % 2)
        world.groupware.switches.feed_replays = conditions.hostile and bool(conditions.seed % 3)
        for act in story:
            act(people)
        end(people)


def begin(world: World, beginning: list[Step], people: People | None = None) -> People:
    people = people or People(world)
    rates, gw_rates = world.faults.rates, world.groupware_faults.rates
    world.faults.stop()
    world.groupware_faults.stop()
    for act in beginning:
        act(people)
    world.settle()
    check_converged(people, rules_of(world))
    check_no_duplicates(people)
    people.all_known()
    for thing in people.things.values():
        thing.is_pair = False
    world.faults.rates, world.groupware_faults.rates = rates, gw_rates
    return people


def rules_of(world: World) -> Rules:
    opener = world.services.calendars
    calendars = {
        G: opener.groupware(world.connection, world.settings),
        O: opener.outlook(world.connection, world.settings),
    }
    record = world.run()
    assert record is not None
    own = effective(world.settings, world.connection.settings)
    return rules_for(world.connection, world.settings, own, world.window, record, calendars)


def end(people: People, broken: bool = False) -> None:
    """People stop, the services calm down: the laws hold. `broken`: until here something always failed."""
    world = people.world
    if not (broken or world.is_hostile):
        # Law 1 to the letter: one more pass, with no window that moves on and lists everything anew.
        world.run()
        check_converged(people, rules_of(world))
    world.settle()
    before = world.writes()
    record = world.run()
    assert record is not None
    assert record.state is PassState.DONE
    assert world.writes() == before, "the third pass after people stopped still writes"
    rules = rules_of(world)
    check_converged(people, rules)
    check_no_duplicates(people)
    check_nothing_lost(people, rules)
    check_hands_off(people)
    graph, groupware = world.tenant.requests.total, world.groupware.requests.total
    world.run()
    assert world.tenant.requests.total - graph == 1, "an idle pass costs one Graph request"
    assert world.groupware.requests.total - groupware == 1, "an idle pass costs one groupware request"


@WORLDS
@given(beginnings, st.lists(st.one_of(acts, acts, acts, clean_passes), min_size=2, max_size=12), conflicts)
def test_quiet_world(beginning: list[Step], story: list[Step], conflict: ConflictRule) -> None:
    live(Conditions(settings=settings_with(conflict)), beginning, story)


@WORLDS
@given(beginnings, st.lists(st.one_of(acts, acts, crashes), min_size=2, max_size=12), conflicts)
def test_world_in_which_processes_die(
    beginning: list[Step], story: list[Step], conflict: ConflictRule
) -> None:
    live(Conditions(settings=settings_with(conflict)), beginning, story)


on_newest = st.one_of(
    step("edit_newest", sides, st.sampled_from([Field.TITLE, Field.TIME, Field.BODY])),
    step("delete_newest", sides),
)


@WORLDS
@given(
    beginnings,
    step("create", sides, shapes, st.integers(0, 5)),
    step("pass_runs", st.integers(3, 9), st.booleans()),
    st.lists(on_newest, min_size=1, max_size=2),
    st.lists(st.one_of(on_newest, crashes), max_size=3),
    conflicts,
)
def test_world_in_which_a_create_is_cut_off(
    beginning: list[Step], new: Step, crash: Step, acts: list[Step], more: list[Step], conflict: ConflictRule
) -> None:
    """The process dies around a create, and people go on with the event or its copy before the next pass."""
    live(Conditions(settings=settings_with(conflict)), beginning, [new, crash, *acts, *more])


@WORLDS
@given(
    beginnings,
    st.lists(
        st.one_of(
            renames, step("take_back", sides, picks), step("pass_runs", st.integers(3, 12), st.booleans())
        ),
        min_size=3,
        max_size=8,
    ),
    conflicts,
)
def test_world_in_which_edits_are_taken_back(
    beginning: list[Step], story: list[Step], conflict: ConflictRule
) -> None:
    """Processes die around updates, and people change their minds before the next pass."""
    live(Conditions(settings=settings_with(conflict)), beginning, story)


@WORLDS
@given(
    st.integers(0, 10_000),
    beginnings,
    st.lists(st.one_of(acts, acts, clean_passes, crashes), min_size=2, max_size=12),
    conflicts,
)
def test_hostile_world(seed: int, beginning: list[Step], story: list[Step], conflict: ConflictRule) -> None:
    live(Conditions(seed=seed, hostile=True, settings=settings_with(conflict)), beginning, story)


@pytest.mark.parametrize(
    "switches", [s for _, s in Switches.single_flips()], ids=[name for name, _ in Switches.single_flips()]
)
@settings(WORLDS, max_examples=max(5, EXAMPLES // 5))
@given(
    st.integers(0, 10_000),
    beginnings,
    st.lists(st.one_of(acts, acts, clean_passes, crashes), min_size=4, max_size=10),
)
def test_world_under_the_other_reading_of_every_assumption(
    switches: Switches, seed: int, beginning: list[Step], story: list[Step]
) -> None:
    conditions = Conditions(
        seed=seed, hostile=True, switches=switches, settings=settings_with(ConflictRule.NEWEST)
    )
    live(conditions, beginning, story)
