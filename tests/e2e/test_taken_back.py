"""A person takes an edit back while our update that carried it is unfinished: both sides end with what the person
said last (laws 1 and 4)."""

from __future__ import annotations

from typing import Any

import pytest

from sync.core.settings import ConflictRule, OrganizationSettings
from tests.e2e.office import (
    assert_still,
    edit_groupware,
    groupware,
    in_groupware,
    later,
    office,
    outlook,
    passed,
    twin,
)
from tests.e2e.world import G, O, World


def retitle(world: World, side: Any, event: str, mine: str, title: str) -> None:
    if side is G:
        edit_groupware(world, event, title=title)
    else:
        world.mailbox.edit(mine, subject=title)


@pytest.mark.parametrize("side", [G, O])
@pytest.mark.parametrize("step", range(1, 9))
@pytest.mark.parametrize("last", ["元の件名", "二回目"])
@pytest.mark.parametrize("rule", [ConflictRule.GROUPWARE, ConflictRule.OUTLOOK])
def test_the_last_word_stands_wherever_the_process_died(
    side: Any, step: int, last: str, rule: ConflictRule
) -> None:
    with office(settings=OrganizationSettings(conflict=rule)) as world:
        event = in_groupware(world, "元の件名")
        passed(world)
        passed(world)
        mine = twin(world, event)
        retitle(world, side, event, mine, "一回目")
        world.run(die_at=step, after=True)
        retitle(world, side, event, mine, last)
        later(world)
        assert groupware(world, event)["title"] == outlook(world, mine)["subject"] == last
        assert_still(world)


@pytest.mark.parametrize("rule", [ConflictRule.GROUPWARE, ConflictRule.OUTLOOK])
def test_an_edit_of_the_other_side_meanwhile_is_kept(rule: ConflictRule) -> None:
    with office(settings=OrganizationSettings(conflict=rule)) as world:
        event = in_groupware(world, "元の件名")
        passed(world)
        passed(world)
        mine = twin(world, event)
        edit_groupware(world, event, title="一回目")
        world.run(die_at=4, after=True)
        assert outlook(world, mine)["subject"] == "一回目"
        edit_groupware(world, event, title="元の件名")
        world.mailbox.edit(mine, location="本社")
        later(world)
        assert groupware(world, event)["title"] == outlook(world, mine)["subject"] == "元の件名"
        assert groupware(world, event)["place"] == "本社"
        assert_still(world)
