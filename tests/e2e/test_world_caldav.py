"""Laws 1 to 7 and 10 over random worlds in which the groupware is a CalDAV server (Radicale, in this process).

`WORLD_CALDAV_EXAMPLES` sets how many worlds each test builds (8 by default: a server that writes files is slow).
"""

from __future__ import annotations

import os
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.settings import ConflictRule
from tests.e2e import test_world as worlds
from tests.e2e.caldav_world import CaldavPeople, CaldavWorld
from tests.e2e.test_world import Step, acts, beginnings, clean_passes, conflicts, crashes, settings_with
from tests.e2e.world import Conditions

EXAMPLES = int(os.environ.get("WORLD_CALDAV_EXAMPLES", "8"))
WORLDS = settings(worlds.WORLDS, max_examples=EXAMPLES)


def live(conditions: Conditions, beginning: list[Step], story: list[Step]) -> None:
    """The beginning, the story, the end; the laws hold at the end."""
    with tempfile.TemporaryDirectory() as folder, closing(CaldavWorld(conditions, Path(folder))) as world:
        people = worlds.begin(world, beginning, CaldavPeople(world))
        for act in story:
            act(people)
        worlds.end(people)


@WORLDS
@given(beginnings, st.lists(st.one_of(acts, acts, acts, clean_passes), min_size=2, max_size=8), conflicts)
def test_quiet_world(beginning: list[Step], story: list[Step], conflict: ConflictRule) -> None:
    live(Conditions(settings=settings_with(conflict)), beginning, story)


@WORLDS
@given(beginnings, st.lists(st.one_of(acts, acts, crashes), min_size=2, max_size=8), conflicts)
def test_world_in_which_processes_die(
    beginning: list[Step], story: list[Step], conflict: ConflictRule
) -> None:
    live(Conditions(settings=settings_with(conflict)), beginning, story)


@WORLDS
@given(
    st.integers(0, 10_000),
    beginnings,
    st.lists(st.one_of(acts, acts, clean_passes, crashes), min_size=2, max_size=8),
    conflicts,
)
def test_hostile_world(seed: int, beginning: list[Step], story: list[Step], conflict: ConflictRule) -> None:
    live(Conditions(seed=seed, hostile=True, settings=settings_with(conflict)), beginning, story)
