"""Parts about people and rooms: their names, their texts, and how they are taken over one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.event import Booking, Event, Participant
from sync.core.who import (
    GONE,
    answer_of,
    answer_part,
    changed_texts,
    held_on,
    keyed,
    keys_in,
    participant_of,
    participants_in,
    read_part,
    room_part,
    rooms_in,
    split_occurrence,
    who_key,
    who_texts,
    with_part,
    with_people,
)
from tests.core.samples import meeting
from tests.core.who_is_who import group, groupware_events, outsider, user


@pytest.mark.parametrize(
    ("participant", "key"),
    [
        (user("u/1"), "u:u/1"),
        (group("o-1"), "o:o-1"),
        (outsider(" X@Example.org "), "m:x@example.org"),
        (Participant(user="u", email="a@example.org"), "u:u"),
        (outsider("/o=ExchangeLabs/cn=a"), "m:/o=exchangelabs/cn=a"),
        (outsider("  "), None),
        (Participant(name="無名"), None),
    ],
)
def test_what_names_a_participant(participant: Participant, key: str | None) -> None:
    assert who_key(participant) == key
    if key is not None:
        assert who_key(participant_of(key)) == key
        for part, kind in ((with_part(key), "with"), (answer_part(key), "answer")):
            assert read_part(part) == (kind, key)


@pytest.mark.parametrize("text", ["", "u:", "o:", "m:", "x:1", "room1"])
def test_what_names_no_participant(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        participant_of(text)


@pytest.mark.parametrize(
    "part", ["title", "time", "2026-12-21/title", "2026-12-21/with/u:a", "with/", "within/u:a"]
)
def test_other_parts_are_none_of_these(part: str) -> None:
    assert read_part(part) is None


@pytest.mark.parametrize(
    ("part", "original", "rest"),
    [
        ("title", "", "title"),
        ("with/u:a", "", "with/u:a"),
        ("room/2026-12-21/x", "", "room/2026-12-21/x"),
        ("2026-12-21/title", "2026-12-21", "title"),
        ("2026-12-21/with/u:a/b", "2026-12-21", "with/u:a/b"),
        ("2026-12-21T10:00:00/room/f1", "2026-12-21T10:00:00", "room/f1"),
    ],
)
def test_the_part_of_an_occurrence(part: str, original: str, rest: str) -> None:
    assert split_occurrence(part) == (original, rest)


def test_the_parts_of_an_event() -> None:
    event = meeting(
        participants=(
            user("a", "accepted"),
            user("b", "none"),
            group("o"),
            outsider("X@example.org", "X", "tentative"),
        ),
        facilities=(Booking("f1"), Booking("f2", "requested"), Booking("f3", "rejected")),
    )
    assert who_texts(event) == {
        "with/u:a": "yes",
        "answer/u:a": "accepted",
        "with/u:b": "yes",
        "with/o:o": "yes",
        "with/m:x@example.org": "yes",
        "answer/m:x@example.org": "tentative",
        "room/f1": "yes",
        "room/f2": "yes",
        "room/f3": "rejected",
    }
    assert keys_in(["title", "2026-12-21/with/u:z", *who_texts(event)]) == {
        "u:a",
        "u:b",
        "o:o",
        "m:x@example.org",
    }
    assert who_texts(meeting(participants=participants_in(who_texts(event)))).keys() == {
        part for part in who_texts(event) if part.startswith("with/")
    }
    assert rooms_in([*who_texts(event), "2026-12-21/room/f9", "title"]) == {"f1", "f2", "f3"}


def test_who_is_there_by_two_addresses_is_there_once() -> None:
    twice = (
        Participant(user="a", email="a@x.example", name="A"),
        Participant(user="a", email="b@x.example", response="accepted"),
    )
    assert keyed((*twice, Participant(name="無名"))) == {
        "u:a": Participant(user="a", email="a@x.example", name="A", response="accepted")
    }


@pytest.mark.parametrize("said", ["none", "notResponded", "organizer", "", None])
def test_what_is_no_answer(said: str | None) -> None:
    assert answer_of(user("a", said)) == ""


def test_the_first_answer_counts_and_a_group_has_none() -> None:
    twice = (user("a", "accepted"), user("a", "declined"), user("a"))
    assert keyed(twice) == {"u:a": user("a", "accepted")}
    assert answer_of(Participant(organization="o", response="accepted")) == ""


def test_an_answer_is_taken_back() -> None:
    here = meeting(participants=(user("a", "accepted"), user("b", "none")))
    there = meeting(participants=(user("a", "none"), user("b")))
    after = with_people(here, there, ["answer/u:a", "answer/u:b"])
    assert after.participants == (user("a"), user("b", "none"))


def test_an_occurrence_has_parts_only_where_it_differs() -> None:
    series = meeting(participants=(user("a", "accepted"), user("b")), facilities=(Booking("f1"),))
    date = meeting(participants=(user("a", "declined"), user("c")), facilities=(Booking("f1"),))
    assert changed_texts(series, series) == {}
    assert changed_texts(date, series) == {
        "answer/u:a": "declined",
        "with/u:c": "yes",
        "with/u:b": GONE,
    }
    assert held_on(["with/u:a", "2026-12-21/with/u:b", "2026-12-28/with/u:c", "title"], "2026-12-21") == {
        "with/u:a",
        "with/u:b",
        "title",
    }


def test_people_added_on_two_sides_are_both_kept() -> None:
    here = meeting(participants=(user("a"), user("b")), title="x")
    there = meeting(
        participants=(user("a"), user("c"), outsider("x@example.org", "X", "accepted")), title="y"
    )
    names = ["with/u:c", "with/m:x@example.org", "title"]
    merged = with_people(here, there, names)
    assert merged.participants == (user("a"), user("b"), user("c"), outsider("x@example.org", "X"))
    assert merged.title == "x"
    answered = with_people(merged, there, ["answer/m:x@example.org"])
    assert answered.participants[-1] == outsider("x@example.org", "X", "accepted")


def test_who_left_there_leaves_here_with_every_address() -> None:
    here = meeting(
        participants=(
            Participant(user="a", email="a@x.example"),
            user("b"),
            Participant(user="a", email="b@x.example"),
        )
    )
    assert with_people(here, meeting(), ["with/u:a"]).participants == (user("b"),)
    nameless = meeting(participants=(Participant(name="無名"),))
    assert with_people(nameless, meeting(), ["with/u:a"]) == nameless


@given(groupware_events, groupware_events, st.data())
def test_named_parts_come_from_the_source_and_no_others(
    here: Event, there: Event, data: st.DataObject
) -> None:
    ours, theirs = who_texts(here), who_texts(there)
    every = sorted(ours.keys() | theirs.keys())
    names = frozenset(data.draw(st.lists(st.sampled_from(every), unique=True))) if every else frozenset()
    after = who_texts(with_people(here, there, names))
    for part in every:
        kind, key = read_part(part) or ("", "")
        source = theirs if part in names else ours
        if kind == "answer":
            # An answer is given or taken with its participant only.
            takes_part = with_part(key) in after
            came = with_part(key) in names and with_part(key) not in ours
            expected = source.get(part, "") if takes_part and not (came and part not in names) else ""
            assert after.get(part, "") == expected
        else:
            assert (part in after) == (part in source)
    assert with_people(here, there, ()) == here
    assert with_people(here, here, every) == here


def test_rooms_are_taken_over_and_keep_their_state() -> None:
    here = meeting(facilities=(Booking("f1", "requested"), Booking("f2")))
    there = meeting(facilities=(Booking("f1"), Booking("f3")))
    names = [room_part(f) for f in ("f1", "f2", "f3")]
    assert with_people(here, there, names).facilities == (Booking("f1", "requested"), Booking("f3"))
