"""What the stores of claims and of rooms promise. Run over the fakes and over Table Storage."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from sync.core.settings import Connection
from sync.errors import Moved
from sync.ports import NOBODY, Facilities, Meeting, Meetings
from tests.contract.storage import AWKWARD, namesake


class FacilitiesContract:
    """The people's `organization` is one that nobody else uses."""

    def test_nothing_is_linked_at_first(self, facilities: Facilities, person: Connection) -> None:
        assert facilities.rooms(person.organization) == {}
        facilities.unlink(person.organization, "f-1")
        assert facilities.rooms(person.organization) == {}

    def test_links_come_back_as_they_were_entered(self, facilities: Facilities, person: Connection) -> None:
        here = person.organization
        assert facilities.link(here, AWKWARD, "Room.A@example.test") == AWKWARD
        assert facilities.link(here, "f-2", "会議室@例え.test") == "f-2"
        assert facilities.rooms(here) == {AWKWARD: "Room.A@example.test", "f-2": "会議室@例え.test"}
        assert facilities.link(here, "f-2", "b@example.test") == "f-2"
        facilities.unlink(here, AWKWARD)
        assert facilities.rooms(here) == {"f-2": "b@example.test"}

    def test_an_address_belongs_to_one_facility_whatever_its_letter_case(
        self, facilities: Facilities, person: Connection
    ) -> None:
        here = person.organization
        facilities.link(here, "f-1", "room@example.test")
        assert facilities.link(here, "f-2", "ROOM@Example.test") == "f-1"
        assert facilities.rooms(here) == {"f-1": "room@example.test"}
        assert facilities.link(here, "f-1", "Room@example.test") == "f-1"
        assert facilities.rooms(here) == {"f-1": "Room@example.test"}
        facilities.unlink(here, "f-1")
        assert facilities.link(here, "f-2", "ROOM@Example.test") == "f-2"

    def test_organizations_are_apart(self, facilities: Facilities, person: Connection) -> None:
        other = namesake(person).organization
        facilities.link(person.organization, "f-1", "room@example.test")
        assert facilities.rooms(other) == {}
        assert facilities.link(other, "f-2", "room@example.test") == "f-2"
        assert facilities.rooms(person.organization) == {"f-1": "room@example.test"}

    def test_two_that_are_linked_at_once_do_not_share_an_address_and_none_is_lost(
        self, facilities: Facilities, person: Connection
    ) -> None:
        with ThreadPoolExecutor(2) as pool:
            for number in range(10):
                here, together = f"{person.organization}-{number}", threading.Barrier(2)

                def link(facility: str, here: str = here, together: threading.Barrier = together) -> str:
                    facilities.link(here, f"own of {facility}", f"{facility}@example.test")
                    together.wait(timeout=10)
                    return facilities.link(here, facility, "room@example.test")

                (holder,) = set(pool.map(link, ("f-1", "f-2")))
                own = {f"own of {each}": f"{each}@example.test" for each in ("f-1", "f-2")}
                assert facilities.rooms(here) == {**own, holder: "room@example.test"}


class MeetingsContract:
    """The people's `organization` is one that nobody else uses."""

    def meeting(
        self, person: Connection, uid: str = "uid-1", groupware_id: str = "e-1", host: str = "sato"
    ) -> Meeting:
        return Meeting(person.organization, uid, groupware_id, host)

    def both(self, meetings: Meetings, meeting: Meeting) -> tuple[Meeting | None, Meeting | None]:
        """The claim as it is found in either direction."""
        organization = meeting.organization
        by_uid = meetings.by_uids(organization, [meeting.uid])
        by_id = meetings.by_groupware_ids(organization, [meeting.groupware_id])
        return by_uid.get(meeting.uid), by_id.get(meeting.groupware_id)

    @pytest.mark.parametrize("text", ["1", AWKWARD, "x" * 3000], ids=["plain", "awkward", "long"])
    def test_a_claim_is_found_by_either_id(self, meetings: Meetings, person: Connection, text: str) -> None:
        meeting = self.meeting(person, "uid " + text, "e " + text, "host " + text)
        stored = meetings.claim(meeting)
        assert stored == meeting
        assert stored.version is not None
        assert self.both(meetings, meeting) == (meeting, meeting)

    def test_ids_are_compared_exactly_and_a_uid_is_no_groupware_id(
        self, meetings: Meetings, person: Connection
    ) -> None:
        meetings.claim(self.meeting(person, "Ab", "e-1"))
        here = person.organization
        assert meetings.by_uids(here, ["ab", "AB", "Ab ", "", "e-1"]) == {}
        assert meetings.by_groupware_ids(here, ["E-1", "Ab", ""]) == {}
        other = self.meeting(person, "ab", "E-1", "suzuki")
        assert meetings.claim(other) == other

    def test_many_are_looked_up_at_once(self, meetings: Meetings, person: Connection) -> None:
        claimed = [self.meeting(person, f"u{number}", f"e{number}") for number in range(20)]
        for meeting in claimed:
            meetings.claim(meeting)
        here = person.organization
        asked = [f"u{number}" for number in range(0, 40, 2)] + ["u0"]
        assert meetings.by_uids(here, asked) == {f"u{n}": claimed[n] for n in range(0, 20, 2)}
        assert meetings.by_groupware_ids(here, ["e3", "e99", "e4"]) == {"e3": claimed[3], "e4": claimed[4]}
        assert meetings.by_uids(here, []) == {}

    def test_who_comes_second_is_told_who_was_first(self, meetings: Meetings, person: Connection) -> None:
        first = meetings.claim(self.meeting(person, host="sato"))
        for late in (
            self.meeting(person, host="suzuki"),
            self.meeting(person, groupware_id="", host="suzuki"),
            self.meeting(person, groupware_id="e-2", host="suzuki"),
            self.meeting(person, uid="", host="suzuki"),
            self.meeting(person, uid="uid-2", host="suzuki"),
        ):
            found = meetings.claim(late)
            assert (found, found.host) == (first, "sato")
        assert meetings.by_uids(person.organization, ["uid-1", "uid-2"]) == {"uid-1": first}
        assert meetings.by_groupware_ids(person.organization, ["e-1", "e-2"]) == {"e-1": first}

    def test_claiming_again_after_a_lost_answer_changes_nothing(
        self, meetings: Meetings, person: Connection
    ) -> None:
        first = meetings.claim(self.meeting(person))
        again = meetings.claim(self.meeting(person))
        assert again == first
        assert meetings.bind(again, host="suzuki").host == "suzuki"

    def test_of_two_claims_in_the_way_the_one_with_the_uid_is_told(
        self, meetings: Meetings, person: Connection
    ) -> None:
        with_uid = meetings.claim(self.meeting(person, "uid-1", ""))
        meetings.claim(self.meeting(person, "", "e-1"))
        assert meetings.claim(self.meeting(person, "uid-1", "e-1", "suzuki")) == with_uid

    @pytest.mark.parametrize("contested", ["uid", "groupware_id"])
    def test_of_two_workers_that_claim_at_once_exactly_one_wins(
        self, meetings: Meetings, person: Connection, contested: str
    ) -> None:
        with ThreadPoolExecutor(2) as pool:
            for number in range(15):
                together = threading.Barrier(2)

                def claim(
                    host: str, number: int = number, together: threading.Barrier = together
                ) -> tuple[str, Meeting]:
                    ids: dict[str, Any] = {
                        "uid": f"uid-{number}-{host}",
                        "groupware_id": f"e-{number}-{host}",
                    }
                    ids[contested] = f"contested-{number}"
                    together.wait(timeout=10)
                    return host, meetings.claim(Meeting(person.organization, host=host, **ids))

                results = list(pool.map(claim, ("sato", "suzuki")))
                winners = [host for host, stored in results if stored.host == host]
                assert len(winners) == 1
                assert results[0][1] == results[1][1]
                assert self.both(meetings, results[0][1]) == (results[0][1], results[0][1])
                loser = ({"sato", "suzuki"} - set(winners)).pop()
                assert not meetings.by_uids(person.organization, [f"uid-{number}-{loser}"])
                assert not meetings.by_groupware_ids(person.organization, [f"e-{number}-{loser}"])

    def test_a_claim_learns_its_other_id(self, meetings: Meetings, person: Connection) -> None:
        cases: tuple[tuple[Meeting, dict[str, Any]], ...] = (
            (self.meeting(person, "uid-1", ""), {"groupware_id": "e-1"}),
            (self.meeting(person, "", "e-2"), {"uid": "uid-2"}),
        )
        for claimed, missing in cases:
            bound = meetings.bind(meetings.claim(claimed), **missing)
            assert bound == replace(claimed, **missing)
            assert self.both(meetings, bound) == (bound, bound)

    @pytest.mark.parametrize("found", ["claimed", "by uid", "by groupware id"])
    def test_a_hand_over_changes_host_and_uid_together(
        self, meetings: Meetings, person: Connection, found: str
    ) -> None:
        claimed = meetings.claim(self.meeting(person, host="sato"))
        by_uid, by_id = self.both(meetings, claimed)
        held = {"claimed": claimed, "by uid": by_uid, "by groupware id": by_id}[found]
        assert held is not None
        bound = meetings.bind(held, uid="uid-2", host="suzuki")
        assert bound == self.meeting(person, "uid-2", "e-1", "suzuki")
        assert bound.version != held.version
        assert self.both(meetings, bound) == (bound, bound)
        assert meetings.by_uids(person.organization, ["uid-1"]) == {}
        again = meetings.bind(bound, host="tanaka")
        assert meetings.bind(again, groupware_id="").groupware_id == ""
        assert meetings.by_groupware_ids(person.organization, ["e-1"]) == {}
        assert meetings.by_uids(person.organization, ["uid-2"])["uid-2"].host == "tanaka"

    def test_what_another_worker_changed_is_not_overwritten(
        self, meetings: Meetings, person: Connection
    ) -> None:
        claimed = meetings.claim(self.meeting(person))
        for stale in (claimed, *self.both(meetings, claimed)):
            assert stale is not None
            now = meetings.by_uids(person.organization, ["uid-1"])["uid-1"]
            moved = meetings.bind(now, host=now.host + "+")
            for act in (
                lambda stale=stale: meetings.bind(stale, host="thief"),
                lambda stale=stale: meetings.bind(stale, uid="uid-9"),
                lambda stale=stale: meetings.release(stale),
            ):
                with pytest.raises(Moved):
                    act()
            assert self.both(meetings, claimed) == (moved, moved)
            assert meetings.by_uids(person.organization, ["uid-9"]) == {}

    def test_of_two_that_change_it_at_once_exactly_one_does(
        self, meetings: Meetings, person: Connection
    ) -> None:
        with ThreadPoolExecutor(2) as pool:
            for number in range(10):
                claimed = meetings.claim(self.meeting(person, f"u{number}", f"e{number}"))
                by_uid, by_id = self.both(meetings, claimed)
                together = threading.Barrier(2)

                def hand_over(
                    asked: tuple[Meeting | None, str], together: threading.Barrier = together
                ) -> bool:
                    meeting, host = asked
                    assert meeting is not None
                    together.wait(timeout=10)
                    try:
                        meetings.bind(meeting, uid=f"{meeting.uid} of {host}", host=host)
                    except Moved:
                        return False
                    return True

                results = list(pool.map(hand_over, ((by_uid, "sato"), (by_id, "suzuki"))))
                assert sorted(results) == [False, True]
                winner = ("sato", "suzuki")[results.index(True)]
                after = replace(claimed, uid=f"{claimed.uid} of {winner}", host=winner)
                assert self.both(meetings, after) == (after, after)

    def test_an_id_of_another_claim_cannot_be_taken(self, meetings: Meetings, person: Connection) -> None:
        first = meetings.claim(self.meeting(person, "uid-1", "e-1"))
        second = meetings.claim(self.meeting(person, "uid-2", "e-2"))
        ids: tuple[dict[str, Any], ...] = (
            {"uid": "uid-1"},
            {"groupware_id": "e-1"},
            {"uid": "uid-3", "groupware_id": "e-1"},
        )
        for taken in ids:
            with pytest.raises(Moved):
                meetings.bind(second, **taken)
        assert self.both(meetings, first) == (first, first)
        assert self.both(meetings, second) == (second, second)
        assert meetings.by_uids(person.organization, ["uid-3"]) == {}

    def test_a_released_claim_is_free_in_both_directions(
        self, meetings: Meetings, person: Connection
    ) -> None:
        for late in (
            self.meeting(person, host="suzuki"),
            self.meeting(person, "uid-1", ""),
            self.meeting(person, "", "e-1"),
        ):
            claimed = meetings.claim(self.meeting(person))
            meetings.release(claimed)
            meetings.release(claimed)
            with pytest.raises(Moved):
                meetings.bind(claimed, host="suzuki")
            assert self.both(meetings, claimed) == (None, None)
            again = meetings.claim(late)
            assert again == late
            with pytest.raises(Moved):
                meetings.release(claimed)
            meetings.release(again)

    def test_what_was_never_stored_is_a_mistake_of_the_caller(
        self, meetings: Meetings, person: Connection
    ) -> None:
        with pytest.raises(ValueError, match="uid"):
            meetings.claim(self.meeting(person, "", ""))
        with pytest.raises(ValueError, match="stored"):
            meetings.bind(self.meeting(person), host="suzuki")
        with pytest.raises(ValueError, match="stored"):
            meetings.release(self.meeting(person))
        claimed = meetings.claim(self.meeting(person, "uid-1", ""))
        with pytest.raises(ValueError, match="uid"):
            meetings.bind(claimed, uid="")

    def test_organizations_are_apart(self, meetings: Meetings, person: Connection) -> None:
        mine = meetings.claim(self.meeting(person))
        theirs = self.meeting(namesake(person), host="suzuki")
        assert self.both(meetings, theirs) == (None, None)
        assert meetings.claim(theirs) == theirs
        assert self.both(meetings, mine) == (mine, mine)

    def test_whoever_is_host_is_found_once_for_each_claim(
        self, meetings: Meetings, person: Connection
    ) -> None:
        mine = [
            meetings.claim(self.meeting(person, *ids, "sato's \u2060"))
            for ids in (("u1", "e1"), ("u2", ""), ("", "e3"))
        ]
        meetings.claim(self.meeting(person, "u4", "e4", "suzuki"))
        meetings.claim(self.meeting(namesake(person), "u5", "e5", "sato's \u2060"))
        found = list(meetings.hosted_by(person.organization, "sato's \u2060"))
        assert sorted(found, key=str) == sorted(mine, key=str)
        assert list(meetings.hosted_by(person.organization, "Suzuki")) == []
        for claim in meetings.hosted_by(person.organization, "sato's \u2060"):
            meetings.bind(claim, host=NOBODY, is_external=True)
        assert list(meetings.hosted_by(person.organization, "sato's \u2060")) == []
        assert meetings.by_uids(person.organization, ["u1"])["u1"] == replace(
            mine[0], host=NOBODY, is_external=True
        )
        (back,) = (one for one in meetings.hosted_by(person.organization, NOBODY) if one.uid == "u1")
        assert meetings.bind(back, is_external=False).is_external is False
