"""The sample calendars of tests/fixtures/fidelity, each from its text to what Outlook shows of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sync.sandbox.fidelity.corpus import files_in
from sync.sandbox.fidelity.diagnostics import Outcome
from sync.sandbox.fidelity.entries import Entry, vevents_in
from sync.sandbox.fidelity.examine import FileVerdict, examine
from sync.sandbox.fidelity.outlook import Shown
from sync.sandbox.fidelity.places import Places
from sync.sandbox.fidelity.reader import Translation, translate
from sync.sandbox.fidelity.windows import Stretch
from sync.sandbox.fidelity.world import World

SAMPLE = Path(__file__).parents[2] / "fixtures" / "fidelity"
FILES = files_in(SAMPLE)
ONLY_SINGLES = ("singles", "texts", "byte-order-mark", "unclosed")
# What these calendars are there to show; every other diagnostic in them would be news.
EXPECTED = {
    "all-day": {"empty-day"},
    "floating": {"floating-time", "mixed-zones"},
    "nights": {"expander-wall-length"},
    "singles": set[str](),
    "texts": {"title-cut", "title-spacing", "place-cut"},
    "unclosed": {"unreadable-file"},
    "zones": set[str](),
}


def faults(verdict: FileVerdict) -> list[str]:
    return [
        f"{one.id}: {sorted(one.findings)}, missing {one.missing[:3]}, extra {one.extra[:3]}"
        for one in verdict.verdicts
        if one.outcome is Outcome.WRONG
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_event_of_the_sample_is_wrong(file: Path) -> None:
    verdict = examine(file, file.name)
    assert faults(verdict) == []
    found = {finding.code for one in verdict.verdicts for finding in one.findings}
    assert EXPECTED.get(file.stem, found) == found
    assert sum(one.vevents for one in verdict.verdicts) == vevents_in(file.read_bytes())


@pytest.mark.parametrize("name", ONLY_SINGLES)
def test_single_events_arrive(name: str) -> None:
    file = SAMPLE / f"{name}.ics"
    assert faults(examine(file, file.name)) == []


def test_an_event_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = World.shown
    monkeypatch.setattr(World, "shown", lambda world: shown(world)[1:])
    [fault] = faults(examine(SAMPLE / "singles.ics", "singles"))
    assert "1 missing, 0 extra" in fault


def test_an_event_that_is_there_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = World.shown
    monkeypatch.setattr(World, "shown", lambda world: [*shown(world), shown(world)[0]])
    [fault] = faults(examine(SAMPLE / "singles.ics", "singles"))
    assert "0 missing, 1 extra" in fault


def test_an_event_of_nobody_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = World.shown
    monkeypatch.setattr(World, "shown", lambda world: [*shown(world), Shown("stranger", shown(world)[0].row)])
    [fault] = faults(examine(SAMPLE / "singles.ics", "singles"))
    assert fault.startswith("unlinked")


def test_two_events_that_change_places_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows are there, but not where they belong."""
    shown = World.shown

    def swapped(world: World) -> list[Shown]:
        first, second, *others = shown(world)
        return [Shown(first.id, second.row), Shown(second.id, first.row), *others]

    monkeypatch.setattr(World, "shown", swapped)
    assert len(faults(examine(SAMPLE / "singles.ics", "singles"))) == 2


def test_an_event_that_is_not_entered_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(entry: Entry, stretch: Stretch, places: Places) -> Translation:
        found = translate(entry, stretch, places)
        return replace(found, events=found.events[1:])

    monkeypatch.setattr("sync.sandbox.fidelity.examine.translate", forgetful)
    assert len(faults(examine(SAMPLE / "singles.ics", "singles"))) == 10


def test_an_event_that_is_parked_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = World.problems

    def parked(world: World) -> object:
        yield from problems(world)
        yield next(iter(world.owners().values())), "event-unreadable"

    monkeypatch.setattr(World, "problems", parked)
    [fault] = faults(examine(SAMPLE / "singles.ics", "singles"))
    assert "event-unreadable" in fault
