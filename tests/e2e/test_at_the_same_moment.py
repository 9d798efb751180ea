"""Two people's passes over one and the same meeting at the same moment.

Whatever the order of their steps, it comes into the groupware once, both Links are right, and nothing follows (laws 1
and 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import open_tables
from sync.adapters.tables.links import TableLinks
from sync.adapters.tables.meetings import TableMeetings
from sync.core.change import Role
from tests.e2e.company import Company, caused, company, from_outside
from tests.e2e.moments import play, prepare
from tests.e2e.office import links

HANAKO, TARO = "hanako@example.com", "taro@example.com"
TITLE = "社外の会議"
Story = Callable[[Company], object]

STORIES: dict[str, Story] = {
    "an outsider's, 花子 invited first": lambda office: from_outside(office, HANAKO, TARO),
    "an outsider's, 太郎 invited first": lambda office: from_outside(office, TARO, HANAKO),
    "花子's": lambda office: office.invite(office.hanako, TARO, subject=TITLE),
}


def assert_one(office: Company) -> None:
    office.settle()
    (record,) = office.records()
    assert record["title"] == TITLE
    assert {p.get("userId") for p in record["participants"]} >= {office.hanako.user, office.taro.user}
    roles = []
    for person in (office.hanako, office.taro):
        event = office.one(person)
        (link,) = links(office.world, person)
        assert link.groupware is not None
        assert link.outlook is not None
        assert (link.groupware.id, link.outlook.id, link.problem) == (record["id"], event["id"], None)
        roles.append(link.role)
    assert roles.count(Role.GUEST) == 1
    assert office.outlook(office.jiro) == []
    assert caused(office) == 0
    office.assert_still()


def everybody_had_a_pass(story: Story) -> Iterator[tuple[int, Company]]:
    """A fresh company again and again, in which the meeting has just arrived; with a number from 0."""
    for number in count():
        with company() as office:
            prepare(office.world)
            office.run()
            story(office)
            yield number, office


@pytest.mark.parametrize("is_hanako_first", [True, False])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_one_pass_runs_while_the_other_one_stands_before_any_of_its_steps(
    story: Story, is_hanako_first: bool
) -> None:
    for stop, office in everybody_had_a_pass(story):
        people = (office.hanako, office.taro)
        is_played = play(office.world, *(people if is_hanako_first else people[::-1]), stop, None)
        assert_one(office)
        if not is_played:
            assert stop > 5
            break


@pytest.mark.parametrize("ahead", [-1, 0, 1])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_both_passes_stand_before_the_same_or_the_next_step(story: Story, ahead: int) -> None:
    """Both have looked for a claim and found none, both have seen no record, and so on."""
    for stop, office in everybody_had_a_pass(story):
        is_played = play(office.world, office.hanako, office.taro, stop, max(0, stop + ahead))
        assert_one(office)
        if not is_played:
            break


@pytest.mark.parametrize("other_stop", ["the same step", "its end"])
def test_the_claims_of_table_storage_keep_it_single(azurite: str, other_stop: str) -> None:
    for stop in count():
        tables = open_tables(StorageAccount(connection_string=azurite), prefix=f"moment{stop}")
        with company() as office:
            prepare(office.world, TableMeetings(tables), TableLinks(tables))
            office.run()
            from_outside(office, TARO, HANAKO)
            there = stop if other_stop == "the same step" else None
            is_played = play(office.world, office.hanako, office.taro, stop, there)
            assert_one(office)
        tables.close()
        if not is_played:
            break
