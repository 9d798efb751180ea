"""Laws 5 and 6 over random worlds: one event that always fails stops no other; deletes are bounded or held."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.event import Side
from sync.core.settings import ConflictRule
from sync.ports import PassState
from sync.sandbox.faults import Call, fail
from tests.e2e.people import People, check_converged, check_no_duplicates, check_nothing_lost, tag_of
from tests.e2e.test_world import (
    EXAMPLES,
    WORLDS,
    Step,
    begin,
    beginnings,
    clean_passes,
    days,
    edits,
    end,
    picks,
    rules_of,
    settings_with,
    shapes,
    sides,
    step,
)
from tests.e2e.world import Conditions, G, O, World

FEWER = settings(WORLDS, max_examples=max(5, EXAMPLES // 2))
changes = st.one_of(edits, edits, step("create", sides, shapes, days), clean_passes)


def curse(people: People, side: Side, pick: int) -> int | None:
    """From now on the service of `side` fails on every write to one event; its tag."""
    found = people.pick(side, pick)
    if found is None:
        return None
    world, written = people.world, ("PATCH", "DELETE")

    def hits(call: Call) -> bool:
        return call.method in written and found.id in call.path

    faults = world.tenant.faults if side is O else world.groupware_faults
    faults.script(hits, fail(400, "ErrorInvalidRequest"), times=1_000_000)
    return tag_of(found.event)


@FEWER
@given(beginnings, sides, picks, st.lists(changes, min_size=2, max_size=8))
def test_one_bad_apple(beginning: list[Step], side: Side, pick: int, story: list[Step]) -> None:
    with closing(World(Conditions(settings=settings_with(ConflictRule.NEWEST)))) as world:
        people = begin(world, beginning)
        cursed = curse(people, side, pick)
        for act in story:
            act(people)
        for _ in range(2):
            record = world.run()
            assert record is not None
            assert record.state is PassState.DONE
        check_converged(people, rules_of(world), but_for=cursed)
        check_no_duplicates(people)
        # Repaired: the parked event comes by itself, nothing of it was lost meanwhile.
        end(people, broken=True)


@FEWER
@given(st.lists(step("create", sides, shapes, days), min_size=6, max_size=10), sides, st.integers(1, 10))
def test_harm_is_bounded(beginning: list[Step], side: Side, deletes: int) -> None:
    """Five deletes or more that are over half of the linked events are held: then nothing at all is written."""
    careful = replace(settings_with(ConflictRule.NEWEST), max_deletes=20, max_delete_percent=50)
    with closing(World(Conditions(settings=replace(careful, min_deletes_for_percent=5)))) as world:
        people = begin(world, beginning)
        before = {s: {seen.id for seen in people.shown(s)} for s in Side}
        linked = len(before[G])
        for _ in range(deletes):
            people.delete(side, 0)
        gone = linked - len(people.shown(side))
        written = world.writes()
        record = world.run()
        assert record is not None
        left = {seen.id for seen in people.shown(side.other)}
        if gone >= 5 and gone > linked // 2:
            assert record.state is PassState.HELD
            assert (left, world.writes()) == (before[side.other], written)
        else:
            assert record.state is PassState.DONE
            assert len(left) == linked - gone
            check_nothing_lost(people, rules_of(world))
