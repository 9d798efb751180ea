"""Laws 1, 2, 5 and 6 over random stories of several people who share events, with a process that may die anywhere.

Each event is one record in the groupware, one meeting in its host's mailbox, and one copy for each linked guest who
takes part; whoever is synced first, whatever crashes, and whoever answers, leaves or calls it off.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.core.settings import Connection, ParticipantsMode
from sync.sandbox.groupware.problems import Problem
from sync.sandbox.microsoft365.errors import GraphError
from tests.e2e.company import END, ROOM, Company, company
from tests.e2e.office import AT
from tests.e2e.test_world import WORLDS

Json = dict[str, Any]
TAG = re.compile(r"S(\d+)·")
ADDRESSES = ("hanako@example.com", "taro@example.com", "jiro@example.com")


class Life:
    """What people do; every event has a tag in its title."""

    def __init__(self, office: Company) -> None:
        self.office = office
        self._tags, self._numbers = itertools.count(1), itertools.count(1)
        # Copies that their owner deleted before any pass could learn of them: nobody can know that they were there.
        self.never_seen: set[tuple[str, int]] = set()

    # -- acts -------------------------------------------------------------------------------------------------

    def enter(self, owner: int, others: list[int], with_room: bool) -> None:
        people = [self.office.everyone[i] for i in dict.fromkeys([owner, *others])]
        facilities = [{"facilityId": self.office.facility}] if with_room else []
        self._try(
            lambda: self.office.enter(*people, title=self._title(next(self._tags)), facilities=facilities)
        )

    def invite(self, organizer: int, others: list[int], with_room: bool) -> None:
        addresses = [ADDRESSES[i] for i in others if i != organizer]
        rooms = [ROOM] if with_room else []
        subject = self._title(next(self._tags))
        box = self.office.box(self.office.everyone[organizer])
        self._try(lambda: box.invite(addresses, rooms=rooms, subject=subject, start=AT, end=END))

    def invite_from_outside(self, others: list[int]) -> None:
        addresses = [ADDRESSES[i] for i in others]
        subject = self._title(next(self._tags))
        self.office.world.tenant.invite_from_outside(
            "boss@elsewhere.example", addresses, subject=subject, start=AT, end=END
        )

    def rename_record(self, pick: int) -> None:
        record = self._pick(self._own_records(), pick)
        if record is not None:
            self.office.change(record["id"], title=self._title(tag_of(record["title"])))

    def rename_meeting(self, person: int, pick: int) -> None:
        who = self.office.everyone[person]
        own = [e for e in self.office.outlook(who) if e["isOrganizer"]]
        meeting = self._pick(own, pick)
        if meeting is not None:
            self.office.box(who).edit(meeting["id"], subject=self._title(tag_of(meeting["subject"])))

    def set_people(self, pick: int, others: list[int]) -> None:
        record = self._pick(self._own_records(), pick)
        if record is not None:
            kept = [p for p in record["participants"] if "userId" not in p]
            users = [{"userId": self.office.everyone[i].user} for i in dict.fromkeys(others)]
            self._try(lambda: self.office.change(record["id"], participants=[*users, *kept]))

    def answer(self, person: int, pick: int, answer: str) -> None:
        who = self.office.everyone[person]
        copies = [e for e in self.office.outlook(who) if not e["isOrganizer"] and not e["isCancelled"]]
        copy = self._pick(copies, pick)
        if copy is None:
            return
        if answer != "accept" and not self._is_known(who, copy["id"]):
            self.never_seen.add((who.user, tag_of(copy["subject"])))
        self._try(lambda: getattr(self.office.box(who), answer)(copy["id"]))

    def _is_known(self, who: Connection, event_id: str) -> bool:
        links, _ = self.office.world.links.load(who)
        return any(
            link.groupware is not None and link.outlook is not None and link.outlook.id == event_id
            for link in links
        )

    def delete_record(self, pick: int) -> None:
        record = self._pick(self._own_records(), pick)
        if record is not None:
            self.office.world.groupware.delete(record["id"], by=record["ownerId"])

    def run(self, person: int, die_at: int | None) -> None:
        self.office.world.run(die_at, person=self.office.everyone[person])

    # -- helpers ----------------------------------------------------------------------------------------------

    def _own_records(self) -> list[Json]:
        """What somebody outside organizes cannot be changed from here."""
        return [r for r in self.office.records() if not any("email" in p for p in r["participants"])]

    def _title(self, tag: int) -> str:
        return f"S{tag}·{next(self._numbers)}"

    def _pick(self, found: list[Json], pick: int) -> Json | None:
        ordered = sorted(found, key=lambda e: e.get("subject") or e.get("title") or "")
        return ordered[pick % len(ordered)] if ordered else None

    def _try(self, act: Callable[[], Any]) -> None:
        """A service may refuse its own person (a room that is taken); then nothing happened."""
        try:
            act()
        except (Problem, GraphError):
            return


def tag_of(title: str) -> int:
    found = TAG.search(title)
    assert found is not None, title
    return int(found[1])


people = st.integers(0, 2)
several = st.lists(people, min_size=1, max_size=3)
picks = st.integers(0, 4)
acts = st.one_of(
    st.tuples(st.just("enter"), people, several, st.booleans()),
    st.tuples(st.just("invite"), people, several, st.booleans()),
    st.tuples(st.just("invite_from_outside"), several),
    st.tuples(st.just("rename_record"), picks),
    st.tuples(st.just("rename_meeting"), people, picks),
    st.tuples(st.just("set_people"), picks, several),
    st.tuples(st.just("answer"), people, picks, st.sampled_from(["accept", "decline", "delete"])),
    st.tuples(st.just("delete_record"), picks),
    st.tuples(st.just("run"), people, st.one_of(st.none(), st.none(), st.integers(1, 25))),
    st.tuples(st.just("run"), people, st.none()),
)


@WORLDS
@given(st.lists(acts, min_size=2, max_size=12), st.sampled_from(list(ParticipantsMode)))
def test_everyone_s_calendars_agree_with_the_records(
    story: list[tuple[Any, ...]], mode: ParticipantsMode
) -> None:
    with company(participants=mode, max_mails=1000, max_deletes=1000, max_delete_percent=100) as office:
        life = Life(office)
        for name, *arguments in story:
            getattr(life, name)(*arguments)
        for _ in range(3):
            office.settle()
            office.world.clock.advance(86_400)
        for person in office.everyone:
            check_calendar(office, person, life.never_seen)
        check_records(office)
        office.assert_still()


def check_records(office: Company) -> None:
    """Law 2: one event is one record."""
    counts = Counter(tag_of(record["title"]) for record in office.records())
    assert all(count == 1 for count in counts.values()), counts


def check_calendar(office: Company, person: Connection, never_seen: set[tuple[str, int]]) -> None:
    """Law 1: what a person takes part in stands once in that person's Outlook, under the record's title."""
    shown = Counter(e["subject"] for e in office.outlook(person) if not e["isCancelled"])
    wanted: Counter[str] = Counter()
    for record in office.records():
        mine = [p for p in record["participants"] if p.get("userId") == person.user]
        is_unknown = (person.user, tag_of(record["title"])) in never_seen
        if mine and mine[0]["response"] != "declined" and not (is_unknown and not shown[record["title"]]):
            wanted[record["title"]] += 1
    assert shown == wanted, f"{person.user}: {shown} in Outlook, {wanted} in the groupware"
