"""A small company for tests of shared events, and what Exchange shows of a meeting that was written."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from sync.core.attendance import with_occurrences
from sync.core.event import Booking, Event, Participant
from sync.core.people import People, Person
from sync.core.sharing import addressed
from tests.core.samples import meeting


def user(name: str, response: str | None = None) -> Participant:
    return Participant(user=name, response=response)


def group(name: str) -> Participant:
    return Participant(organization=name)


def outsider(email: str, name: str = "", response: str | None = None) -> Participant:
    return Participant(email=email, name=name, response=response)


# Linked: aoki, baba, chiba. Baba has a second address; doi is a user with an address in the groupware's directory
# only, endo one without any; both chiba's and fujii's only address is shared.
PEOPLE = People(
    linked={
        "aoki": Person("aoki", "青木", ("Aoki@corp.example",)),
        "baba": Person("baba", "馬場", ("baba@corp.example", "b.baba@corp.example")),
        "chiba": Person("chiba", "千葉", ("chiba@corp.example",)),
        "fujii": Person("fujii", "藤井", ("team@corp.example",)),
        "goto": Person("goto", "後藤", ("team@corp.example",)),
        "hara": Person("hara", "原", ()),
    },
    names={
        "aoki": "青木",
        "baba": "馬場",
        "chiba": "千葉",
        "doi": "土井",
        "endo": "遠藤",
        "fujii": "藤井",
        "goto": "後藤",
    },
    emails={"doi": "doi@corp.example", "aoki": "old@corp.example"},
    members={"sales": ("baba", "doi", "chiba"), "mixed": ("fujii", "hara", "endo"), "empty": ()},
    organization_names={"sales": "営業部", "mixed": "混成", "empty": "空"},
    rooms={
        "f1": "room1@corp.example",
        "f2": "Room2@corp.example",
        "f4": "room5@corp.example",
        "f5": "room5@corp.example",
    },
    facility_names={"f1": "第1会議室", "f2": "第2会議室", "f3": "応接室", "f4": "倉庫", "f5": "車庫"},
)

_ANSWERS = st.sampled_from([None, "none", "accepted", "tentative"])
_PARTICIPANTS = st.one_of(
    st.builds(
        user, st.sampled_from(["aoki", "baba", "chiba", "doi", "endo", "fujii", "hara", "?"]), _ANSWERS
    ),
    st.builds(group, st.sampled_from(["sales", "mixed", "empty", "unknown"])),
    st.builds(
        outsider,
        st.sampled_from(
            ["x@out.example", "Y@out.example", "BABA@corp.example", "doi@corp.example", "team@corp.example"]
        ),
        st.sampled_from(["", "客"]),
        _ANSWERS,
    ),
)
_BOOKINGS = st.builds(
    Booking,
    st.sampled_from(["f1", "f2", "f3", "f4", "f5", "f9"]),
    st.sampled_from(["approved", "requested", "rejected"]),
)


def _distinct(one: Participant) -> tuple[str | None, ...]:
    return one.user, one.organization, one.email.lower() if one.email else None


groupware_events = st.builds(
    lambda participants, facilities, place, body, owner: meeting(
        participants=tuple(participants), facilities=tuple(facilities), place=place, body=body, owner=owner
    ),
    st.lists(_PARTICIPANTS, max_size=6, unique_by=_distinct),
    st.lists(_BOOKINGS, max_size=3, unique_by=lambda booking: booking.facility),
    st.sampled_from(["", "本社", "第1会議室"]),
    st.sampled_from(["", "議題"]),
    st.sampled_from([None, "aoki", "baba", "endo"]),
)


def in_outlook(fitted: Event, people: People = PEOPLE) -> Event:
    """What the Graph adapter reads of a meeting that was written from this: addresses, no users."""
    written = addressed(fitted, people)

    def bare(event: Event) -> Event:
        attendees = tuple(
            Participant(email=p.email, name=p.name, response="none") for p in event.participants
        )
        rooms = tuple(replace(booking, state="requested") for booking in event.facilities)
        return replace(event, participants=attendees, facilities=rooms, owner=None)

    return with_occurrences(bare(written), lambda one: bare(one.event))
