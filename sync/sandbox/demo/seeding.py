"""Puts the sample company's events into both calendars, as their people had typed them before the first sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sync.sandbox.demo import samples
from sync.sandbox.demo.company import PEOPLE, Person
from sync.sandbox.demo.outsides import GroupwareSide, Json, Outlook


@dataclass(slots=True)
class Planted:
    """How many events stand where before the first sync."""

    only_groupware: int = 0
    only_outlook: int = 0
    on_both: int = 0
    shared: int = 0
    left_alone: int = 0
    from_files: int = 0


class Planter:
    def __init__(self, groupware: GroupwareSide, outlook: Outlook, today: date) -> None:
        self._groupware, self._outlook, self._today = groupware, outlook, today
        self.planted = Planted()

    def plant_company(self) -> None:
        for person in PEOPLE:
            for sample in samples.samples_of(person, self._today, samples.ONLY_GROUPWARE, "groupware"):
                self._groupware.create(person.user, samples.to_groupware(sample))
                self.planted.only_groupware += 1
            for sample in samples.samples_of(person, self._today, samples.ONLY_OUTLOOK, "outlook"):
                self._outlook.create(person.upn, samples.to_outlook(sample))
                self.planted.only_outlook += 1
            for sample in samples.samples_of(person, self._today, samples.ON_BOTH, "both"):
                self._plant_on_both(person, sample, sample)
            for sample in samples.samples_of(person, self._today, samples.ON_BOTH_UNLIKE, "unlike"):
                self._plant_on_both(person, sample, samples.unlike(sample))
        self._plant_special()

    def plant_files(self, events: Sequence[Json]) -> None:
        """Real events, dealt out to the people in turn."""
        for number, event in enumerate(events):
            self._groupware.create(PEOPLE[number % len(PEOPLE)].user, event)
            self.planted.from_files += 1

    def plant_own(self, events: Sequence[Json]) -> None:
        """The events of a person's own file: all on the first person's schedule."""
        for event in events:
            self._groupware.create(PEOPLE[0].user, event)
            self.planted.from_files += 1

    def _plant_on_both(self, person: Person, here: samples.Sample, there: samples.Sample) -> None:
        self._groupware.create(person.user, samples.to_groupware(here))
        self._outlook.create(person.upn, samples.to_outlook(there))
        self.planted.on_both += 1

    def _plant_special(self) -> None:
        for person, event in samples.shared_events(self._today):
            self._groupware.create(person.user, event)
            self.planted.shared += 1
        for person, side, event in samples.left_alone(self._today):
            if side == "groupware":
                self._groupware.create(person.user, event)
            else:
                self._outlook.create(person.upn, event)
            self.planted.left_alone += 1
        person, here, there = samples.twice_but_a_meeting(self._today)
        self._groupware.create(person.user, here)
        self._outlook.create(person.upn, there)
        self.planted.on_both += 1
