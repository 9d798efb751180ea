"""Forms of an entry that only the groupware knows survive what Outlook makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.office import (
    assert_still,
    counts,
    days,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    instants,
    office,
    passed,
    twin,
)
from tests.e2e.world import G, O, World

# -- forms that only the groupware knows ------------------------------------------------------------------------

FORMS: dict[str, dict[str, Any]] = {
    "startOnly": {"start": "2026-11-18T10:00:00"},
    "noTime": {"start": "2026-11-18", "end": "2026-11-19"},
    "period": {"start": "2026-11-18", "end": "2026-11-25"},
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_an_entry_survives_edits_of_other_fields(form: str) -> None:
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        world.mailbox.edit(twin(world, event), subject="改題", location="本社", body="本文", show_as="free")
        passed(world)
        shown = groupware(world, event)
        assert (shown["form"], shown["title"], shown["place"]) == (form, "改題", "本社")
        assert shown["start"] == FORMS[form]["start"]
        edit_groupware(world, event, memo="別の本文")
        assert_still_after(world, event, form)


@pytest.mark.parametrize(
    ("form", "start", "end"),
    [
        ("startOnly", "2026-11-19T15:00", "2026-11-19T15:00"),
        ("noTime", "2026-11-20", "2026-11-21"),
        ("period", "2026-11-20", "2026-11-30"),
        ("period", "2026-11-20", "2026-11-21"),
    ],
)
def test_the_form_of_an_entry_survives_a_move_that_still_fits_it(form: str, start: str, end: str) -> None:
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        world.mailbox.edit(twin(world, event), start=start, end=end)
        passed(world)
        assert groupware(world, event)["form"] == form
        assert groupware(world, event)["start"].startswith(start)
        assert_still(world)


@pytest.mark.parametrize(
    ("form", "start", "end", "becomes"),
    [
        ("startOnly", "2026-11-18T10:00", "2026-11-18T11:00", "timed"),
        ("noTime", "2026-11-18", "2026-11-20", "allDay"),
    ],
)
def test_a_form_that_no_longer_fits_becomes_the_plain_one(
    form: str, start: str, end: str, becomes: str
) -> None:
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        world.mailbox.edit(twin(world, event), start=start, end=end)
        passed(world)
        assert groupware(world, event)["form"] == becomes
        assert_still(world)


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_moved_in_the_groupware_keeps_its_form_and_moves_in_outlook(form: str) -> None:
    moved = {"startOnly": {"start": "2026-11-20T09:00:00"}}.get(
        form, {"start": "2026-11-20", "end": "2026-11-21"}
    )
    with office() as world:
        event = in_groupware(world, form=form, **FORMS[form])
        passed(world)
        edit_groupware(world, event, **moved)
        record = passed(world)
        assert counts(record, G) == {}
        assert counts(record, O) == {"update": 1}
        if form == "startOnly":
            assert instants(world, event) == (datetime(2026, 11, 20, 0, tzinfo=UTC),) * 2
        else:
            assert days(world, event) == ("2026-11-20", "2026-11-21")
        assert_still_after(world, event, form)


def test_whole_days_become_hours_and_hours_become_whole_days() -> None:
    with office() as world:
        there = in_groupware(world, "A", form="allDay", start="2026-11-18", end="2026-11-19")
        here = in_outlook(world, "B")
        passed(world)
        world.mailbox.edit(
            twin(world, there), start="2026-11-18T09:00", end="2026-11-18T10:00", is_all_day=False
        )
        edit_groupware(
            world,
            twin(world, here),
            form="allDay",
            start="2026-11-20",
            end="2026-11-21",
            duration=None,
            timeZone=None,
        )
        passed(world)
        assert (groupware(world, there)["form"], groupware(world, there)["start"]) == (
            "timed",
            "2026-11-18T09:00:00",
        )
        assert days(world, here) == ("2026-11-20", "2026-11-21")
        assert_still(world)


def assert_still_after(world: World, event: str, form: str) -> None:
    passed(world)
    assert groupware(world, event)["form"] == form
    assert_still(world)
    assert groupware(world, event)["form"] == form
