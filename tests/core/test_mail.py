"""Every mail that a Plan makes Exchange send is counted before anything is written (graph-calendar.md 6.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.action import Action, Kind, Plan
from sync.core.event import Booking, Event, Override, Participant, Recurrence
from sync.core.link import Base, Link
from sync.core.mail import (
    Guests,
    Mails,
    Meeting,
    mails_of,
    mails_of_action,
    mails_of_plan,
    meeting_in,
    meeting_of,
)
from sync.core.recurrence import plain_occurrence
from sync.core.who import changed_texts, who_texts
from sync.core.write import Verb, Write
from tests.core.samples import G, O, meeting, seen
from tests.core.who_is_who import outsider, user

NONE = Mails()
ME = "me"
RULE = "FREQ=WEEKLY;BYDAY=TU"
FIRST, SECOND, THIRD = date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15)


def with_guests(*names: str, rooms: Iterable[str] = (), **changes: Any) -> Event:
    people = (Participant(user=ME, email="me@x.example"), *map(user, names))
    bookings = tuple(map(Booking, rooms))
    return meeting(participants=people, facilities=bookings, organizer="me@x.example", **changes)


def series(
    *names: str,
    exdates: tuple[date, ...] = (),
    dates: dict[date, Event] | None = None,
    rooms: Iterable[str] = (),
) -> Event:
    overrides = tuple(Override(day, content) for day, content in (dates or {}).items())
    return with_guests(*names, rooms=rooms, recurrence=Recurrence(RULE, exdates, (), overrides))


def on(day: date, of: Event, **changes: Any) -> Event:
    return replace(plain_occurrence(of, day), **changes)


def update(event: Event, *parts: str) -> Write:
    return Write("k", Verb.UPDATE, "o1", event=event, fields=frozenset(parts))


def guests(*names: str, rooms: Iterable[str] = ()) -> Guests:
    return Guests(frozenset(f"u:{name}" for name in names), frozenset(rooms))


def parts_of(event: Event) -> set[str]:
    """The names of the parts that Outlook shows."""
    found = {"title", "time", "block", *who_texts(event)}
    if event.recurrence is not None:
        found |= {f"{day.isoformat()}/cancelled" for day in event.recurrence.exdates}
        for one in event.recurrence.overrides:
            plain = plain_occurrence(event, one.original)
            found |= {
                f"{one.original.isoformat()}/{part}" for part in ("title", *changed_texts(one.event, plain))
            }
    return found


def test_a_create_invites_everybody_but_the_organizer() -> None:
    write = Write("k", Verb.CREATE, event=with_guests("a", "b", rooms=["f1"]))
    assert mails_of(write, Meeting(), ME) == Mails(invitations=2, rooms=1)
    assert mails_of(write, Meeting(), ME).total == 2
    assert mails_of(Write("k", Verb.CREATE, event=with_guests()), Meeting(), ME) == NONE
    assert mails_of(Write("k", Verb.CREATE, event=meeting()), Meeting(), ME) == NONE


def test_an_organizer_who_is_nobody_we_know_is_not_counted_either() -> None:
    event = meeting(organizer="A@x.example", participants=(outsider("a@x.example"), outsider("b@x.example")))
    assert mails_of(Write("k", Verb.CREATE, event=event), Meeting(), ME) == Mails(invitations=1)


def test_a_delete_cancels() -> None:
    write = Write("k", Verb.DELETE, "o1")
    assert mails_of(write, Meeting(guests("a", "b", rooms=["f1"])), ME) == Mails(cancellations=2, rooms=1)
    assert mails_of(write, Meeting(), ME) == NONE
    own = Meeting(guests("a"), {"2026-12-01": guests("a", "b", rooms=["f1"])})
    assert mails_of(write, own, ME) == Mails(cancellations=2, rooms=1)


@pytest.mark.parametrize(
    ("parts", "mails"),
    [
        # only attendees: who is affected
        (["with/u:c"], Mails(invitations=1)),
        (["with/u:b"], Mails(cancellations=1)),
        (["with/u:b", "with/u:c", "room/f1", "room/f2"], Mails(1, 0, 1, rooms=2)),
        (["with/u:me"], NONE),
        (["with/u:a"], NONE),  # is there already
        (["with/u:nobody"], NONE),
        # content: everybody who stays
        (["title"], Mails(updates=2, rooms=1)),
        (["time", "place", "body"], Mails(updates=2, rooms=1)),
        (["block"], Mails(updates=2, rooms=1)),
        (["visibility"], Mails(updates=2, rooms=1)),
        (["importance"], Mails(updates=2, rooms=1)),
        (["with/u:c", "title"], Mails(invitations=1, updates=2, rooms=1)),
        (["with/u:b", "block"], Mails(updates=1, cancellations=1, rooms=1)),
        # the organizer's own
        (["reminder"], NONE),
        (["reminder", "show_as", "event_type"], NONE),
        (["with/u:c", "reminder"], Mails(invitations=1)),
        # answers are Exchange's
        (["answer/u:a"], NONE),
        ([], NONE),
    ],
)
def test_an_update(parts: list[str], mails: Mails) -> None:
    after = with_guests("a", "c", rooms=["f2"])
    assert mails_of(update(after, *parts), Meeting(guests("a", "b", rooms=["f1"])), ME) == mails


def test_an_appointment_without_guests_mails_nobody() -> None:
    assert mails_of(update(with_guests(), "title", "time", "block"), Meeting(), ME) == NONE


def test_a_new_series_is_followed_by_its_dates() -> None:
    plain = series("a", "b")
    other = series(
        "a",
        "b",
        exdates=(FIRST,),
        dates={
            SECOND: on(SECOND, plain, title="別件"),
            THIRD: on(THIRD, plain, participants=(user("me"), user("a"), user("c"))),
        },
    )
    found = mails_of(Write("k", Verb.CREATE, event=other), Meeting(), ME)
    # 2 for the series; 2 updates of the second; on the third, c comes and b goes; the first is cancelled for both
    assert found == Mails(invitations=2 + 1, updates=2, cancellations=1 + 2)


def test_a_date_that_differs_in_what_guests_do_not_see_mails_nobody() -> None:
    quiet = on(FIRST, series("a"), event_type="出張")
    assert mails_of(Write("k", Verb.CREATE, event=series("a", dates={FIRST: quiet})), Meeting(), ME) == Mails(
        1
    )
    told = replace(quiet, block="x")
    assert mails_of(Write("k", Verb.CREATE, event=series("a", dates={FIRST: told})), Meeting(), ME) == Mails(
        1, 1
    )


@pytest.mark.parametrize(
    ("parts", "mails"),
    [
        (["title"], Mails(updates=2)),
        (["2026-12-01/title"], Mails(updates=2)),
        (["2026-12-01/title", "2026-12-01/place"], Mails(updates=2)),
        (["2026-12-01/title", "2026-12-08/title"], Mails(updates=4)),
        (["title", "2026-12-01/title"], Mails(updates=4)),
        (["2026-12-01/reminder"], NONE),
        (["2026-12-15/cancelled"], Mails(cancellations=2)),
        (["2026-12-08/cancelled"], NONE),  # takes place again
        (["2026-12-08/with/u:c"], Mails(invitations=1)),
        (["2026-12-08/with/u:b"], Mails(cancellations=1)),
        (["2026-12-01/with/u:c"], NONE),  # as the series, which has none of that name
    ],
)
def test_a_date_of_a_series(parts: list[str], mails: Mails) -> None:
    plain = series("a", "b")
    second = on(SECOND, plain, participants=(user("me"), user("a"), user("c")))
    after = series("a", "b", exdates=(THIRD,), dates={FIRST: on(FIRST, plain, title="別件"), SECOND: second})
    assert mails_of(update(after, *parts), Meeting(guests("a", "b")), ME) == mails


def test_a_date_has_its_own_guests() -> None:
    before = Meeting(guests("a", "b"), {"2026-12-08": guests("a", "c", "d")})
    plain = series("a", "b")
    second = on(SECOND, plain, title="別件", participants=(user("me"), user("a"), user("c"), user("d")))
    after = series("a", "b", dates={SECOND: second})
    assert mails_of(update(after, "2026-12-08/title"), before, ME) == Mails(updates=3)
    gone = series("a", "b", exdates=(SECOND,))
    assert mails_of(update(gone, "2026-12-08/cancelled"), before, ME) == Mails(cancellations=3)


def test_a_new_guest_of_a_series_hears_of_each_exception() -> None:
    before = Meeting(guests("a"), {"2026-12-01": guests("a"), "2026-12-08": guests("a", "c")})
    after = series("a", "b")
    assert mails_of(update(after, "with/u:b"), before, ME) == Mails(invitations=1, updates=2)
    # With content all hear of everything; without attendees the exceptions are left alone.
    assert mails_of(update(after, "with/u:b", "title"), before, ME) == Mails(invitations=1, updates=1 + 2 + 2)
    assert mails_of(update(after, "title"), before, ME) == Mails(updates=1)


def test_a_new_room_of_a_series_is_told_of_each_exception() -> None:
    before = Meeting(guests("a"), {"2026-12-01": guests("a", rooms=["f2"])})
    after = series("a", rooms=["f1"])
    assert mails_of(update(after, "room/f1"), before, ME) == Mails(rooms=2)


def test_who_comes_to_a_date_that_differs_is_invited_and_not_updated() -> None:
    plain = series("a", rooms=["f1"])
    first = on(FIRST, plain, title="別件", participants=(user("me"), user("a"), user("c")))
    other = series("a", dates={FIRST: first}, rooms=["f1"])
    found = mails_of(Write("k", Verb.CREATE, event=other), Meeting(), ME)
    assert found == Mails(invitations=1 + 1, updates=1, rooms=1 + 1)


def test_a_series_that_became_a_single_event_has_no_dates() -> None:
    before = Meeting(guests("a"), {"2026-12-01": guests("a", "b")})
    write = update(with_guests("a"), "time", "2026-12-01/title", "2026-12-08/cancelled")
    assert mails_of(write, before, ME) == Mails(updates=1)


def test_the_organizer_who_stays_away_from_a_date_is_no_guest() -> None:
    plain = series("a")
    event = series("a", dates={FIRST: on(FIRST, plain, title="別件", participants=(user("a"),))})
    assert "2026-12-01/with/u:me" in parts_of(event)
    assert meeting_in(parts_of(event), ME) == meeting_of(event, ME)
    assert meeting_of(event, ME).dates == {"2026-12-01": guests("a")}


def test_another_time_of_a_series_writes_its_dates_again() -> None:
    plain = series("a", "b")
    after = series("a", "b", exdates=(FIRST, THIRD), dates={SECOND: on(SECOND, plain, title="別件")})
    before = meeting_of(after, ME)
    assert mails_of(update(after, "time"), before, ME) == Mails(updates=2 + 2, cancellations=4)
    # What is written anyhow is not written twice.
    assert mails_of(update(after, "time", "2026-12-08/title"), before, ME) == Mails(
        updates=2 + 2, cancellations=4
    )
    assert mails_of(update(after, "time", "2026-12-01/cancelled"), before, ME) == Mails(
        updates=2 + 2, cancellations=4
    )


_WHO = st.sets(st.sampled_from("abcd"))
_ROOMS = st.sets(st.sampled_from(["f1", "f2"]))


@given(
    _WHO, _ROOMS, st.dictionaries(st.sampled_from([FIRST, SECOND]), st.tuples(_WHO, _ROOMS)), st.booleans()
)
def test_the_parts_of_the_base_say_the_same_as_the_event(
    names: set[str], rooms: set[str], dates: dict[date, tuple[set[str], set[str]]], is_cancelled: bool
) -> None:
    plain = series(*sorted(names), rooms=sorted(rooms))
    contents = {
        day: replace(
            with_guests(*sorted(who), rooms=sorted(booked)),
            title="別件",
            span=plain_occurrence(plain, day).span,
        )
        for day, (who, booked) in dates.items()
    }
    event = series(
        *sorted(names), rooms=sorted(rooms), dates=contents, exdates=(THIRD,) if is_cancelled else ()
    )
    assert meeting_in(parts_of(event), ME) == meeting_of(event, ME)


@given(_WHO, _WHO, st.booleans())
def test_nobody_hears_of_one_write_twice(before: set[str], after: set[str], with_content: bool) -> None:
    parts = [f"with/u:{name}" for name in "abcd"] + ["title"] * with_content
    found = mails_of(update(with_guests(*sorted(after)), *parts), Meeting(guests(*before)), ME)
    assert found.invitations == len(after - before)
    assert found.cancellations == len(before - after)
    assert found.updates == (len(before & after) if with_content else 0)


def linked(event: Event) -> Link:
    base = Base("o1", "1", dict.fromkeys(parts_of(event), "x"))
    return Link("g:g1", Base("g1", "1", {}), base)


def test_a_plan_is_the_sum_of_what_it_writes_to_outlook() -> None:
    event = with_guests("a", "b", rooms=["f1"])
    edited = Action(Kind.UPDATE, "edited", linked(event), {}, {O: update(event, "title")})
    added = Action(
        Kind.UPDATE,
        "edited",
        linked(with_guests("a")),
        {O: seen(O, event)},  # what is shown now counts, not what was agreed
        {O: update(with_guests("a", "b", "c"), "with/u:c", "with/u:b")},
    )
    created = Action(Kind.CREATE, "new", Link("g:g2"), {}, {O: Write("k", Verb.CREATE, event=event)})
    deleted = Action(Kind.DELETE, "deleted", linked(event), {}, {O: Write("k", Verb.DELETE, "o1")})
    to_groupware = Action(Kind.UPDATE, "edited", linked(event), {}, {G: update(event, "title", "with/u:c")})
    nothing = Action(Kind.REFRESH, "no-edit", linked(event))
    found = [mails_of_action(one, ME) for one in (edited, added, created, deleted, to_groupware, nothing)]
    assert found == [
        Mails(updates=2, rooms=1),
        Mails(invitations=1),
        Mails(invitations=2, rooms=1),
        Mails(cancellations=2, rooms=1),
        NONE,
        NONE,
    ]
    plan = Plan((edited, added, created, deleted, to_groupware, nothing))
    assert mails_of_plan(plan, ME) == Mails(3, 2, 2, 3)
    assert mails_of_plan(plan, ME).total == 7
    assert mails_of_plan(Plan(), ME) == NONE


def test_an_attendees_own_copy_mails_nobody() -> None:
    copy = with_guests("a", is_host=False)
    for write in (Write("k", Verb.DELETE, "o1"), update(copy, "title")):
        action = Action(Kind.DELETE, "deleted", linked(copy), {O: seen(O, copy)}, {O: write})
        assert mails_of_action(action, ME) == NONE


def test_a_timed_date_is_named_as_its_parts_are() -> None:
    at = datetime.fromisoformat("2026-12-02T15:00")
    plain = with_guests("a")
    event = with_guests(
        "a", recurrence=Recurrence(RULE, (), (at,), (Override(at, replace(plain, title="別件")),))
    )
    found = mails_of(update(event, "2026-12-02T15:00:00/title"), Meeting(guests("a")), ME)
    assert found == Mails(updates=1)
