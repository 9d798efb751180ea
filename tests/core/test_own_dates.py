"""Who takes part on which dates of a series, and what an answer or a deleted date of one person becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync.core.action import Action, Kind
from sync.core.capabilities import Capabilities, Diagnostic
from sync.core.change import SHARED, Observation, Removed, Role, Seen
from sync.core.detach import Detacher, Known
from sync.core.event import Event, Override, Participant, Recurrence
from sync.core.fingerprint import digests
from sync.core.link import Base, Link, key_of
from sync.core.own_dates import as_attended, declining, own_dates, takes_part
from sync.core.plan import plan_link
from sync.core.recurrence import Held, normalised, occurrence_of, plain_occurrence
from sync.core.rules import Rules
from sync.core.settings import ParticipantsMode
from sync.core.who import ANSWER, ROOM, WITH, answer_of, keyed
from tests.core.samples import CAPABILITIES, WINDOW, G, O, meeting, rules
from tests.core.who_is_who import PEOPLE, group, outsider, user

TUESDAY, NEXT, LAST = date(2026, 11, 24), date(2026, 12, 1), date(2026, 12, 8)
RULE = "FREQ=WEEKLY;COUNT=3;BYDAY=TU"
EVERYBODY = (user("aoki"), user("baba"))


def series(
    *people: Participant, dates: dict[date, tuple[Participant, ...]] | None = None, **more: Any
) -> Event:
    event = meeting(participants=people or EVERYBODY, recurrence=Recurrence(RULE), **more)
    overrides = tuple(
        Override(day, replace(plain_occurrence(event, day), participants=on_day))
        for day, on_day in (dates or {}).items()
    )
    return normalised(replace(event, recurrence=Recurrence(RULE, overrides=overrides)))


def without(event: Event, *days: date) -> Event:
    assert event.recurrence is not None
    return normalised(replace(event, recurrence=replace(event.recurrence, exdates=days)))


def answers(event: Event, day: date) -> dict[str, str]:
    found = occurrence_of(event, day)
    assert found is not None
    return {key: answer_of(one) for key, one in keyed(found.participants).items()}


def holding(*kinds: str) -> dict[Any, Capabilities]:
    with_people = {
        side: replace(one, people=frozenset({WITH, ROOM}), series=None) for side, one in CAPABILITIES.items()
    }
    return {**with_people, G: replace(with_people[G], people=frozenset({WITH, *kinds}))}


def baba(mode: ParticipantsMode = ParticipantsMode.MEETING, *kinds: str) -> Rules:
    """What holds in 馬場's passes."""
    found = {s: replace(c, series=Held) for s, c in holding(*(kinds or (ANSWER,))).items()}
    return rules(user="baba", people=PEOPLE, mode=mode, capabilities=found)


# -- who is on which date ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "is_in"),
    [
        (user("baba"), True),
        (user("baba", "declined"), True),
        (group("sales"), True),
        (outsider("B.Baba@corp.example"), True),
        (user("aoki"), False),
        (group("mixed"), False),
    ],
)
def test_somebody_takes_part_by_name_by_address_or_as_a_member(person: Participant, is_in: bool) -> None:
    assert takes_part(meeting(participants=(person,)), "baba", PEOPLE) is is_in


def test_a_series_is_attended_without_the_dates_of_others() -> None:
    event = series(dates={TUESDAY: (user("aoki"),), NEXT: (*EVERYBODY, user("chiba"))})
    mine = as_attended(event, "baba", PEOPLE)
    assert occurrence_of(mine, TUESDAY) is None
    assert answers(mine, NEXT).keys() == {"u:aoki", "u:baba", "u:chiba"}
    assert as_attended(event, "aoki", PEOPLE) == event


def test_a_declined_date_is_not_attended_unless_all_were_declined() -> None:
    declined = (user("aoki"), user("baba", "declined"))
    assert occurrence_of(as_attended(series(dates={NEXT: declined}), "baba", PEOPLE), NEXT) is None
    gone = series(user("aoki"), user("baba", "declined"), dates={NEXT: (*declined, user("chiba"))})
    assert occurrence_of(as_attended(gone, "baba", PEOPLE), NEXT) is not None


def test_the_dates_of_one_who_is_on_single_dates_only() -> None:
    event = series(user("aoki"), dates={NEXT: EVERYBODY, LAST: (user("aoki"), user("chiba"))})
    assert own_dates(event, "baba", PEOPLE) == [NEXT]
    assert own_dates(event, "doi", PEOPLE) == []


def test_a_cancelled_date_takes_place_for_the_others() -> None:
    after = declining(without(series(), TUESDAY, NEXT), [NEXT], "baba")
    assert occurrence_of(after, TUESDAY) is None
    assert answers(after, NEXT) == {"u:aoki": "", "u:baba": "declined"}
    assert answers(after, LAST) == {"u:aoki": "", "u:baba": ""}


# -- as the planner sees it --------------------------------------------------------------------------------------


def split(event: Event, of: Rules, *links: Link) -> dict[str, Observation]:
    return Detacher(links, of).observations({"g1": Seen(G, "g1", "1", event)})


def guest_of(original: date, role: Role = Role.GUEST) -> Link:
    base = Base(f"g1#{original}", "1", {"title": "x"})
    return Link(key_of(G, base.id), base, replace(base, id="o9"), role=role)


def test_who_is_on_single_dates_only_sees_these() -> None:
    event = series(user("aoki"), dates={TUESDAY: EVERYBODY})
    found = split(event, baba())
    assert found.keys() == {"g1#2026-11-24"}
    one = found["g1#2026-11-24"]
    assert isinstance(one, Seen)
    assert (one.event, one.whole) == (occurrence_of(event, TUESDAY), event)
    assert not one.diagnostics


def test_who_left_the_series_but_not_a_date_loses_the_series() -> None:
    base = Base("g1", "1", {"title": "x"})
    link = Link(key_of(G, "g1"), base, replace(base, id="o1"))
    found = split(series(user("aoki"), dates={TUESDAY: EVERYBODY}), baba(), link)
    assert found["g1"] == Removed(G, "g1", is_replaced=True)
    assert isinstance(found["g1#2026-11-24"], Seen)


def test_a_date_outside_the_window_waits() -> None:
    far = series(user("aoki"), dates={LAST: EVERYBODY})
    assert WINDOW.until < LAST
    assert split(far, baba()) == {}


@pytest.mark.parametrize(("role", "stays"), [(Role.GUEST, False), (Role.OWN, True)])
def test_a_guest_s_single_date_goes_when_the_whole_series_comes(role: Role, stays: bool) -> None:
    """What we made ourselves stays apart as long as it stands in Outlook (`detach`)."""
    base = Base("g1", "1", digests(series()))
    whole = Link(key_of(G, "g1"), base, replace(base, id="o1"))
    found = split(series(), baba(), whole, guest_of(TUESDAY, role))
    assert isinstance(found["g1#2026-11-24"], Seen if stays else Removed)
    assert isinstance(found["g1"], Seen)


def test_only_where_everyone_has_an_own_series_it_lacks_dates() -> None:
    event = series(dates={TUESDAY: (user("aoki"),)})

    def shown(of: Rules, *links: Link) -> Event:
        found = Detacher(links, of)._attended(Seen(G, "g1", "1", event), _known(*links))
        return found.event

    assert shown(baba()) == event
    assert occurrence_of(shown(baba(ParticipantsMode.APPOINTMENTS)), TUESDAY) is None
    meeting_of_mine = Link(key_of(G, "g1"), Base("g1", "1", {}), Base("o1", "1", {"with/u:chiba": "x"}))
    assert shown(baba(ParticipantsMode.APPOINTMENTS), meeting_of_mine) == event
    watched = replace(meeting_of_mine, role=Role.GUEST, outlook=Base("o1", "1", {}))
    assert shown(baba(ParticipantsMode.APPOINTMENTS), watched) == event


def _known(*links: Link) -> Known:
    return Known(link=links[0] if links else None)


# -- answers for single dates ----------------------------------------------------------------------------------------


def planned(record: Event, before: Event, copy: Event, of: Rules, role: Role = Role.GUEST) -> Action | None:
    """After a copy changed, of a Link that knew it as it was before."""
    bases = {side: Base(f"{side.value[0]}1", "1", digests(e)) for side, e in ((G, record), (O, before))}
    link = Link(
        key_of(G, "g1"),
        replace(bases[G], residue={SHARED: True}),
        bases[O],
        starts=of.now,
        ends=of.now,
        role=role,
    )
    there = Seen(G, "g1", "2", record, role=role, meeting="g1", residue={SHARED: True})
    return plan_link(link, there, Seen(O, "o1", "2", copy, role=role, meeting="g1"), of)


def copy_of(*gone: date, **more: Any) -> Event:
    return replace(without(series(), *gone), is_host=False, own_response="none", **more)


def with_answer(copy: Event, day: date, answer: str) -> Event:
    content = replace(plain_occurrence(copy, day), own_response=answer)
    assert copy.recurrence is not None
    return replace(copy, recurrence=replace(copy.recurrence, overrides=(Override(day, content),)))


def test_a_date_that_a_guest_deleted_is_declined() -> None:
    action = planned(series(), copy_of(), copy_of(NEXT), baba())
    assert action is not None
    write = action.writes[G]
    assert write.fields == {"2026-12-01/answer/u:baba"}
    assert write.event is not None
    assert answers(write.event, NEXT)["u:baba"] == "declined"
    assert O not in action.seen, "until the groupware has the answer, the copy counts as not looked at"


@pytest.mark.parametrize(
    ("record", "before", "copy"),
    [
        pytest.param(series(), copy_of(NEXT), copy_of(NEXT), id="it was gone before"),
        pytest.param(series(), copy_of(), copy_of(NEXT, called_off=frozenset({NEXT})), id="called off"),
        pytest.param(without(series(), NEXT), copy_of(), copy_of(NEXT), id="cancelled in the groupware"),
        pytest.param(
            series(dates={NEXT: (user("aoki"),)}), copy_of(), copy_of(NEXT), id="not on that date any more"
        ),
        pytest.param(
            series(dates={NEXT: (user("aoki"), user("baba", "declined"))}),
            copy_of(),
            copy_of(NEXT),
            id="known",
        ),
        pytest.param(series(), copy_of(), with_answer(copy_of(), NEXT, "none"), id="no answer"),
    ],
)
def test_what_is_no_answer(record: Event, before: Event, copy: Event) -> None:
    action = planned(record, before, copy, baba())
    assert action is not None
    assert (action.kind, dict(action.writes)) == (Kind.REFRESH, {})


def test_an_answer_to_one_date_and_another_to_all_go_together() -> None:
    copy = replace(with_answer(copy_of(), NEXT, "tentative"), own_response="accepted")
    action = planned(series(), copy_of(), copy, baba())
    assert action is not None
    write = action.writes[G]
    assert write.fields == {"answer/u:baba", "2026-12-01/answer/u:baba"}
    assert write.event is not None
    assert (answers(write.event, NEXT)["u:baba"], answers(write.event, LAST)["u:baba"]) == (
        "tentative",
        "accepted",
    )
    assert answers(write.event, NEXT)["u:aoki"] == ""


@pytest.mark.parametrize(
    "record", [series(), series(user("aoki"), group("sales"))], ids=["answers", "member"]
)
def test_an_answer_that_cannot_be_kept_is_named_and_not_written(record: Event) -> None:
    is_member = len(keyed(record.participants).keys() & {"u:baba"}) == 0
    of = baba(ParticipantsMode.MEETING, *([ANSWER] if is_member else [ROOM]))
    action = planned(record, copy_of(), copy_of(NEXT), of)
    assert action is not None
    assert (action.reason, dict(action.writes)) == (Diagnostic.DATE_ANSWER, {})
    assert O in action.seen, "it must not be looked at for ever"


def own(*gone: date, **more: Any) -> Event:
    """馬場's own series."""
    return replace(without(series(user("baba")), *gone), **more)


def test_a_date_deleted_from_an_own_series_is_declined_and_not_cancelled_for_all() -> None:
    of = baba(ParticipantsMode.APPOINTMENTS)
    action = planned(series(), own(), own(NEXT), of, Role.OWN)
    assert action is not None
    write = action.writes[G]
    assert write.fields == {"2026-12-01/cancelled", "2026-12-01/answer/u:baba"}
    assert write.event is not None
    assert answers(write.event, NEXT)["u:baba"] == "declined"


def test_a_date_that_the_organizer_of_a_meeting_deletes_is_called_off() -> None:
    held = replace(series(), participants=EVERYBODY)
    action = planned(series(), held, without(held, NEXT), baba(), Role.OWN)
    assert action is not None
    assert action.writes[G].fields == {"2026-12-01/cancelled"}


@pytest.mark.parametrize(("called_off", "is_answer"), [(frozenset(), True), (frozenset({NEXT}), False)])
def test_of_an_outsider_s_series_only_the_outsider_calls_dates_off(
    called_off: frozenset[date], is_answer: bool
) -> None:
    copy = copy_of(NEXT, called_off=called_off)
    action = planned(series(), copy_of(), copy, baba(), Role.IMPORTED)
    assert action is not None
    assert ("2026-12-01/answer/u:baba" in action.writes[G].fields) is is_answer


def test_a_deleted_date_that_cannot_be_answered_stays_for_the_others() -> None:
    of = baba(ParticipantsMode.APPOINTMENTS, ROOM)
    action = planned(series(), own(), own(NEXT), of, Role.OWN)
    assert action is not None
    assert (action.reason, dict(action.writes)) == (Diagnostic.DATE_ANSWER, {})
