"""Laws 1 and 2 over random stories about one series of several people, who change, answer and delete single dates.

On each of its dates it stands once in the calendar of everyone who takes part on that date, whoever is synced first
and whatever crashes; the attendees of each date in the organizer's calendar are those of the record.

Where everyone has an own series, one who is taken off it and edited the own one meanwhile keeps that, in a record of
the own: the edit beats the delete (design.md 5). Nobody else ever gets a second record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sync.core.parts import CANCELLED, occurrence_part
from sync.core.settings import Connection, ParticipantsMode
from sync.ports import PassState
from sync.sandbox.groupware.problems import Problem
from sync.sandbox.microsoft365.errors import GraphError
from sync.sandbox.microsoft365.switches import SeriesVersions
from tests.e2e.company import ROOM, Company, company
from tests.e2e.test_world import WORLDS

Json = dict[str, Any]
WEEKLY = {"rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=3"}
# All of them lie in the window.
DAYS = ("2026-11-18", "2026-11-25", "2026-12-02")
ADDRESSES = ("hanako@example.com", "taro@example.com", "jiro@example.com")


class Series:
    """One series, and what people do to its dates."""

    def __init__(self, office: Company, others: list[int]) -> None:
        self.office = office
        users = [office.everyone[i] for i in dict.fromkeys([0, *others])]
        self.event = office.enter(*users, recurrence=WEEKLY)
        self._numbers = iter(range(1000))
        # Dates that were deleted from a copy of which no pass knew: nobody can know that they were there.
        self.never_seen: set[tuple[str, str]] = set()
        # What no whole pass of the user has carried over: edits of the own series, and having been taken off.
        self._edited: set[str] = set()
        self._left: set[str] = set()
        self._passes: Counter[str] = Counter()
        # The edits that beat a delete: whose, and after how many passes. Each may have made one record.
        self.kept: set[tuple[str, int]] = set()

    # -- in the groupware ---------------------------------------------------------------------------------------

    def set_people(self, day: int, people: list[int]) -> None:
        users = [{"userId": self.office.everyone[i].user} for i in dict.fromkeys(people)]
        self._record("edit_occurrence", DAYS[day], {"participants": users})

    def clear(self, day: int) -> None:
        self._record("edit_occurrence", DAYS[day], {"participants": None, "facilities": None, "title": None})

    def book(self, day: int, is_booked: bool) -> None:
        facilities = [{"facilityId": self.office.facility}] if is_booked else []
        self._record("edit_occurrence", DAYS[day], {"facilities": facilities})

    def cancel(self, day: int) -> None:
        self._record("delete_occurrence", DAYS[day])

    def rename(self, day: int) -> None:
        self._record("edit_occurrence", DAYS[day], {"title": f"{next(self._numbers)}"})

    def set_people_of_all(self, people: list[int]) -> None:
        users = [{"userId": self.office.everyone[i].user} for i in dict.fromkeys([0, *people])]
        before = self._users()
        self._try(lambda: self.office.change(self.event, participants=users))
        for user in before - self._users():
            self._left.add(user)
            self._note_kept(user)

    def _users(self) -> set[str]:
        return users_of(self.office.record(self.event))

    def _note_edited(self, user: str) -> None:
        self._edited.add(user)
        self._note_kept(user)

    def _note_kept(self, user: str) -> None:
        if user in self._edited & self._left:
            self.kept.add((user, self._passes[user]))

    def _record(self, act: str, day: str, *more: Any) -> None:
        groupware = self.office.world.groupware
        self._try(lambda: getattr(groupware, act)(self.event, day, *more, by=self.office.hanako.user))

    # -- in Outlook ---------------------------------------------------------------------------------------------

    def invite(self, day: int, people: list[int], with_room: bool) -> None:
        """The organizer changes who comes on one date."""
        room = {"type": "resource", "emailAddress": {"address": ROOM}}
        for person, event in self._organized():
            guests = [ADDRESSES[i] for i in people if self.office.everyone[i] is not person]
            if event["attendees"]:
                self._edit(person, event, day, attendees=[*guests, *([room] if with_room else [])])

    def answer(self, person: int, day: int, act: str) -> None:
        who = self.office.everyone[person]
        for event in self.office.outlook(who):
            if event["type"] != "seriesMaster" or event["isCancelled"]:
                continue
            if act == "delete" or not event["isOrganizer"]:
                if not self._is_known(who, event["id"], day):
                    self.never_seen.add((who.user, DAYS[day]))
                self._on(who, event, day, lambda box, one: getattr(box, act)(one))
                if event["isOrganizer"]:
                    self._note_edited(who.user)

    def retitle(self, person: int, day: int) -> None:
        for who, event in self._organized():
            if who is self.office.everyone[person]:
                self._edit(who, event, day, subject=f"{next(self._numbers)}")
                self._note_edited(who.user)

    def _organized(self) -> list[tuple[Connection, Json]]:
        return [
            (person, event)
            for person in self.office.everyone
            for event in self.office.outlook(person)
            if event["type"] == "seriesMaster" and event["isOrganizer"]
        ]

    def _edit(self, who: Connection, event: Json, day: int, **changes: Any) -> None:
        self._on(who, event, day, lambda box, one: box.edit(one, **changes))

    def _is_known(self, who: Connection, event_id: str, day: int) -> bool:
        part = occurrence_part(date.fromisoformat(DAYS[day]), CANCELLED)
        links, _ = self.office.world.links.load(who)
        found = [k.outlook for k in links if k.groupware and k.outlook and k.outlook.id == event_id]
        return any(base is not None and part not in base.digests for base in found)

    def _on(self, who: Connection, event: Json, day: int, act: Callable[[Any, str], Any]) -> None:
        box = self.office.box(who)
        self._try(lambda: act(box, box.occurrence_id(event["id"], date.fromisoformat(DAYS[day]))))

    # -- passes -------------------------------------------------------------------------------------------------

    def run(self, person: int, die_at: int | None) -> None:
        user = self.office.everyone[person].user
        record = self.office.world.run(die_at, person=self.office.everyone[person])
        self._passes[user] += 1
        if record is not None and record.state is PassState.DONE:
            self._edited.discard(user)
            self._left.discard(user)

    def settle(self) -> None:
        for _ in range(3):
            self.office.settle()
            self.office.world.clock.advance(86_400)

    def _try(self, act: Callable[[], Any]) -> None:
        """A service may refuse its own person; then nothing happened."""
        try:
            act()
        except (Problem, GraphError):
            return


people = st.integers(0, 2)
several = st.lists(people, min_size=1, max_size=3)
days = st.integers(0, 2)
acts = st.one_of(
    st.tuples(st.just("set_people"), days, several),
    st.tuples(st.just("clear"), days),
    st.tuples(st.just("book"), days, st.booleans()),
    st.tuples(st.just("cancel"), days),
    st.tuples(st.just("rename"), days),
    st.tuples(st.just("set_people_of_all"), several),
    st.tuples(st.just("invite"), days, several, st.booleans()),
    st.tuples(st.just("answer"), people, days, st.sampled_from(["accept", "decline", "delete"])),
    st.tuples(st.just("retitle"), people, days),
    st.tuples(st.just("run"), people, st.one_of(st.none(), st.none(), st.integers(1, 25))),
    st.tuples(st.just("run"), people, st.none()),
)


# What the reference leaves open about dates and their attendees (3.3, 6.5).
READINGS: list[dict[str, Any]] = [
    {},
    {"exceptions_follow_attendees": False},
    {"exceptions_follow_master": False},
    {"exception_keeps_id": False},
    {"series_versions": SeriesVersions.ALONE},
    {"date_response_makes_exception": False},
    {"declined_copy_removed": False},
    {"delete_tells_organizer": True},
    {"update_revives_removed_copy": False},
    {"copy_lists_organizer": True},
    {"equal_values_override": True},
]


@WORLDS
@example(
    others=[1],
    story=[("retitle", 1, 0), ("clear", 0), ("set_people", 0, [0]), ("set_people_of_all", [0])],
    mode=ParticipantsMode.APPOINTMENTS,
    reading={},
)
@example(
    others=[1],
    story=[("retitle", 1, 0), ("set_people_of_all", [0]), ("run", 1, None), ("set_people_of_all", [1])],
    mode=ParticipantsMode.APPOINTMENTS,
    reading={},
)
@example(  # a deleted date of the own series is an edit of it as well
    others=[1],
    story=[("answer", 1, 2, "delete"), ("set_people_of_all", [0])],
    mode=ParticipantsMode.APPOINTMENTS,
    reading={},
)
@given(
    several,
    st.lists(acts, min_size=2, max_size=12),
    st.sampled_from(list(ParticipantsMode)),
    st.sampled_from(READINGS),
)
def test_every_date_stands_with_everyone_who_takes_part(
    others: list[int], story: list[tuple[Any, ...]], mode: ParticipantsMode, reading: dict[str, Any]
) -> None:
    with company(participants=mode, max_mails=1000, max_deletes=1000, max_delete_percent=100) as office:
        office.world.tenant.switch(**reading)
        series = Series(office, others)
        office.settle()
        for name, *arguments in story:
            getattr(series, name)(*arguments)
        series.settle()
        check_records(series)
        for person in office.everyone:
            check_days(series, person)
        check_attendees(series)
        office.assert_still()


def check_records(series: Series) -> None:
    """Law 2: the series is one record, and each edit that beat a delete at most one more, of its person alone."""
    more = [record for record in series.office.records() if record["id"] != series.event]
    assert len(more) == len(series.office.records()) - 1
    assert all(len(record["participants"]) == 1 for record in more), more
    owners = Counter(record["participants"][0]["userId"] for record in more)
    assert owners <= Counter(user for user, _ in series.kept), f"{owners} by {series.kept}"


def check_days(series: Series, person: Connection) -> None:
    """Law 1: a date stands once where its person takes part, and nowhere else. The organizer of a meeting cannot stay
    away from a date; a date that was declined may have come back with the organizer's next change of it."""
    shown = Counter(one["start"]["dateTime"][:10] for one in standing(series.office, person))
    records = [r for r in series.office.records() if r["id"] == series.event or person.user in users_of(r)]
    for day in DAYS:
        there = [on_date(record, day) for record in records]
        mine = [p for people in there for p in people or [] if p["userId"] == person.user]
        is_open = (person.user, day) in series.never_seen or any(p["response"] == "declined" for p in mine)
        is_held = any(people is not None for people in there) and organizes(series.office, person)
        if is_open or is_held:
            assert shown[day] <= len(records), f"{day}: {shown} with {person.user}"
        else:
            assert shown[day] == len(mine), f"{day}: {shown} with {person.user}, {mine} in the records"


def check_attendees(series: Series) -> None:
    for person in series.office.everyone:
        if not organizes(series.office, person):
            continue
        for one in standing(series.office, person):
            record = series.office.record(series.event)
            people = on_date(record, one["start"]["dateTime"][:10]) or []
            wanted = {address(series.office, p["userId"]) for p in people if p["userId"] != person.user}
            invited = {a["emailAddress"]["address"] for a in one["attendees"] if a["type"] != "resource"}
            assert invited == wanted, (
                f"{one['start']['dateTime']}: {invited} in Outlook, {wanted} in the record"
            )


def standing(office: Company, person: Connection) -> list[Json]:
    found: list[Json] = []
    for event in office.outlook(person):
        if event["type"] == "seriesMaster":
            found += office.box(person).occurrences(event["id"], date(2026, 11, 1), date(2027, 1, 1))
        else:
            found.append(event)
    return [one for one in found if not one["isCancelled"]]


def organizes(office: Company, person: Connection) -> bool:
    return any(
        one["isOrganizer"] and one["attendees"]
        for one in [*office.outlook(person), *standing(office, person)]
    )


def users_of(record: Json) -> set[str]:
    return {p["userId"] for p in record["participants"]}


def on_date(record: Json, day: str) -> list[Json] | None:
    """Who is on a date by a record; None if it is cancelled."""
    if f"{day}T10:00:00" in record["recurrence"]["exdates"]:
        return None
    change = record["recurrence"]["overrides"].get(f"{day}T10:00:00", {})
    found: list[Json] = change.get("participants") or record["participants"]
    return found


def address(office: Company, user: str) -> str:
    return next(a for p, a in zip(office.everyone, ADDRESSES, strict=True) if p.user == user)
