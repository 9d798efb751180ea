"""Law 6 in whole passes: too many deletes are held, and an empty answer is never a listing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from sync.core.event import Side
from sync.core.passes import new_pass_id
from sync.core.settings import OrganizationSettings
from sync.engine.conditions import MANUAL, PREVIEW, Asked
from sync.engine.schedule import run_job
from sync.ports import PassRecord, PassState
from tests.engine.office import ORGANIZATION, Emptied, EmptyListing, G, O, Office, lying


@pytest.fixture
def office() -> Iterator[Office]:
    with closing(Office()) as office:
        yield office


def confirm(office: Office, held: PassRecord) -> PassRecord:
    """The administrator releases the plan; the queued pass then runs."""
    office.use_cases.confirm(held, by="boss")
    [job] = office.jobs.receive()
    done = run_job(office.services, job)
    assert done is not None
    return done


def is_held(record: PassRecord, count: int, limit: int) -> bool:
    expected = {"count": str(count), "limit": str(limit)}
    return (record.state, record.error, record.error_detail) == (PassState.HELD, "guard-deletes", expected)


@pytest.mark.parametrize("side", [G, O])
def test_a_side_on_which_everything_was_deleted_is_held_again_and_again(office: Office, side: Side) -> None:
    office.fill(30)
    office.remove(side, *office.titles(side))
    office.add(side, "new on the emptied side")
    office.add(side.other, "new on the other side")
    for _ in range(3):
        with office.nothing_written():
            assert is_held(office.sync(), 30, 15)
    assert len(office.titles(side.other)) == 31
    assert office.person.error == "guard-deletes"


def test_a_held_plan_names_every_delete_and_no_title(office: Office) -> None:
    office.fill(30)
    office.remove(O, *office.titles(O))
    report = office.sync().report
    assert isinstance(report["held"], dict)
    assert len(report["held"]["links"]) == report["held"]["count"] == 30
    assert isinstance(report["actions"], list)
    assert len([row for row in report["actions"] if row["action"] == "delete"]) == 30
    assert "E1" not in str(report)


def test_confirming_releases_these_deletes_and_then_all_is_as_before(office: Office) -> None:
    office.fill(30)
    office.remove(O, *(f"E{n}" for n in range(25)))
    office.add(O, "waited for the release")
    held = office.sync()
    assert is_held(held, 25, 15)
    done = confirm(office, held)
    assert done.state is PassState.DONE
    assert office.titles(G) == sorted(["waited for the release", *(f"E{n}" for n in range(25, 30))])
    assert (office.person.error, office.person.confirmed_pass) == ("", "")
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.writes() == writes


def test_confirming_releases_no_delete_that_came_later(office: Office) -> None:
    office.fill(80)
    office.remove(O, *(f"E{n}" for n in range(30)))
    held = office.sync()
    office.remove(O, *(f"E{n}" for n in range(30, 55)))  # 25 more, between looking and confirming
    with office.nothing_written():
        again = confirm(office, held)
        assert is_held(again, 25, 20)
    assert len(office.titles(G)) == 80
    assert confirm(office, again).state is PassState.DONE
    assert len(office.titles(G)) == 25


def test_a_release_is_used_up_by_the_pass_it_was_given_for(office: Office) -> None:
    office.fill(60)
    office.remove(O, *(f"E{n}" for n in range(25)))
    assert confirm(office, office.sync()).state is PassState.DONE
    office.remove(O, *(f"E{n}" for n in range(25, 60)))
    with office.nothing_written():
        assert is_held(office.sync(), 35, 17)


def test_a_release_survives_a_process_that_dies_in_the_middle(office: Office) -> None:
    office.fill(30)
    office.remove(O, *(f"E{n}" for n in range(30)))
    office.use_cases.confirm(office.sync(), by="boss")
    assert office.run(die_at=20) is None
    assert 0 < len(office.titles(G)) < 30
    assert office.sync().state is PassState.DONE
    assert office.titles(G) == []


def test_the_released_plan_of_another_person_releases_nothing(office: Office) -> None:
    office.fill(30)
    office.remove(O, *office.titles(O))
    held = office.sync()
    other = replace(
        held, id=new_pass_id(ORGANIZATION, office.other_user, held.started_at), user=office.other_user
    )
    office.passes.save(other)
    office.connections.update(office.person, confirmed_pass=other.id)
    with office.nothing_written():
        assert office.sync().state is PassState.HELD


def test_the_hold_ends_by_itself_when_the_person_puts_everything_back(office: Office) -> None:
    office.fill(30)
    office.remove(O, *office.titles(O))
    assert office.sync().state is PassState.HELD
    office.restore_in_outlook()
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.writes() == writes
    assert office.titles(G) == office.titles(O)
    assert office.person.error == ""


def test_the_hold_ends_by_itself_when_the_person_deletes_on_the_other_side_too(office: Office) -> None:
    office.fill(30)
    office.remove(O, *office.titles(O))
    assert office.sync().state is PassState.HELD
    office.remove(G, *office.titles(G))
    assert office.sync().state is PassState.DONE
    assert office.links.load(office.person) == ([], [])


def test_a_preview_of_too_many_deletes_is_a_preview(office: Office) -> None:
    office.fill(30)
    office.remove(O, *office.titles(O))
    with office.nothing_written():
        record = office.sync(Asked(PREVIEW))
    assert record.state is PassState.PREVIEW
    assert office.person.error == ""


def test_a_manual_pass_is_held_like_an_automatic_one(office: Office) -> None:
    office.fill(30)
    office.remove(O, *office.titles(O))
    with office.nothing_written():
        assert office.sync(Asked(MANUAL)).state is PassState.HELD


@pytest.mark.parametrize(
    ("linked", "deleted", "limit"),
    [
        (60, 20, None),  # exactly the number
        (60, 21, 20),  # one more
        (8, 4, None),  # half, and fewer than the percentage looks at
        (4, 4, None),  # everything, but too few to speak of percents
        (10, 5, None),  # exactly half
        (9, 5, 4),  # more than half
        (5, 5, 2),  # everything, and enough to notice
        (30, 16, 15),
    ],
)
def test_the_limits_count_deletes_and_their_share(
    office: Office, linked: int, deleted: int, limit: int | None
) -> None:
    office.fill(linked)
    office.remove(O, *(f"E{n}" for n in range(deleted)))
    record = office.sync()
    if limit is None:
        assert record.state is PassState.DONE
        assert len(office.titles(G)) == linked - deleted
    else:
        assert is_held(record, deleted, limit)
        assert len(office.titles(G)) == linked


@pytest.mark.parametrize(
    ("settings", "deleted", "is_done"),
    [
        (OrganizationSettings(max_deletes=3), 3, True),
        (OrganizationSettings(max_deletes=3), 4, False),
        (OrganizationSettings(max_deletes=0), 1, False),
        (OrganizationSettings(max_delete_percent=40), 5, False),
        (OrganizationSettings(max_delete_percent=50), 5, True),
        (OrganizationSettings(max_delete_percent=0), 5, False),
        (OrganizationSettings(max_delete_percent=0), 4, True),
        (OrganizationSettings(max_delete_percent=0, min_deletes_for_percent=1), 1, False),
        (OrganizationSettings(max_delete_percent=100), 11, True),
    ],
)
def test_the_administrator_sets_the_limits(
    settings: OrganizationSettings, deleted: int, is_done: bool
) -> None:
    with closing(Office(settings)) as office:
        office.fill(11)
        office.remove(O, *(f"E{n}" for n in range(deleted)))
        assert (office.sync().state is PassState.DONE) is is_done


# -- answers that must not be believed ------------------------------------------------------------------------


@pytest.mark.parametrize("side", [G, O])
@pytest.mark.parametrize("count", [1, 4, 30])
def test_a_listing_that_wrongly_comes_back_empty_deletes_nothing(
    office: Office, side: Side, count: int
) -> None:
    office.fill(count)
    office.open_with = lying(side, EmptyListing)
    for _ in range(2):
        writes = office.writes()
        assert office.sync().state is PassState.DONE
        assert office.writes() == writes
    office.open_with = lambda calendar: calendar
    office.sync()
    assert office.titles(G) == office.titles(O)
    assert len(office.titles(G)) == count


def test_a_feed_that_expired_and_an_empty_listing_delete_nothing(office: Office) -> None:
    office.fill(10)
    office.groupware.expire_cursors()
    office.open_with = lying(G, EmptyListing)
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.writes() == writes
    assert len(office.titles(O)) == 10


def test_delta_that_died_and_an_empty_round_delete_nothing(office: Office) -> None:
    """Exchange may show a round without events that exist (graph-calendar.md 4); asked by id they are there."""
    office.fill(10)
    office.tenant.expire_sync_state(office.oid)
    for item in office.mailbox.items():
        item.hidden_from_lists = 99
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.writes() == writes
    assert len(office.titles(G)) == 10


@pytest.mark.parametrize("side", [G, O])
def test_a_side_that_was_set_up_anew_and_is_empty_is_held(office: Office, side: Side) -> None:
    """Restored from nothing: by listing and by id, every event is gone."""
    office.fill(30)
    office.open_with = lying(side, Emptied)
    office.cursors.clear(office.person)
    with office.nothing_written():
        assert is_held(office.sync(), 30, 15)
    office.open_with = lambda calendar: calendar
    assert office.sync().state is PassState.DONE
    assert len(office.titles(side.other)) == 30
