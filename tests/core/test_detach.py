"""A series that Outlook cannot say becomes an exact equivalent: nothing is lost, doubled, or nearly right."""

# ruff: noqa: DTZ001 - additional dates are wall times

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.adapters.graph.mapping import OUTLOOK
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.detach import Detacher
from sync.core.event import AllDay, Event, Form, Override, Recurrence, Timed
from sync.core.fingerprint import digests
from sync.core.link import Base, Link, key_of
from sync.core.parts import occurrence_id, split_id
from sync.core.recurrence import canonical_rrule, normalised, occurrences, plain_occurrence
from sync.core.rules import Rules
from tests.core.samples import CAPABILITIES, G, O, rules

TOKYO = ZoneInfo("Asia/Tokyo")
START = Timed(datetime(2026, 11, 2, 10, tzinfo=TOKYO), datetime(2026, 11, 2, 11, tzinfo=TOKYO))  # a Monday
RULES: Rules = rules(capabilities={**CAPABILITIES, O: OUTLOOK})
WINDOW = RULES.window


def series(rrule: str, span: Any = START, **dates: Any) -> Event:
    form = Form.ALL_DAY if isinstance(span, AllDay) else Form.TIMED
    rule = canonical_rrule(rrule, span) if rrule else ""
    return normalised(Event("定例", span, form, recurrence=Recurrence(rule, **dates)))


def moved(event: Event, day: date, to: date, **fields: Any) -> Override:
    plain = plain_occurrence(event, day)
    assert isinstance(plain.span, Timed)
    by = to - day
    span = Timed(plain.span.start + by, plain.span.end + by)
    return Override(day, replace(plain, span=span, **fields))


def split(event: Event, links: tuple[Link, ...] = ()) -> dict[str, Observation]:
    return Detacher(links, RULES).observations({"e-1": Seen(G, "e-1", "1", event)})


def native_of(found: dict[str, Observation]) -> Event | None:
    one = found.get("e-1")
    return one.event if isinstance(one, Seen) else None


def loose(found: dict[str, Observation]) -> set[str]:
    return {i for i, one in found.items() if isinstance(one, Seen) and split_id(i)[1] is not None}


def linked_series(event: Event) -> Link:
    base = digests(event)
    return Link(key_of(G, "e-1"), Base("e-1", "1", base), Base("o-1", "1", base))


def linked_date(original: date) -> Link:
    name = occurrence_id("e-1", original)
    return Link(key_of(G, name), Base(name, "1", {}), Base(f"o-{original}", "1", {}))


def test_what_outlook_can_say_stays_whole() -> None:
    event = series("FREQ=WEEKLY;BYDAY=MO", exdates=(date(2026, 11, 9),))
    assert split(event) == {"e-1": Seen(G, "e-1", "1", event)}


def test_an_additional_date_is_an_event_of_its_own() -> None:
    found = split(series("FREQ=WEEKLY;BYDAY=MO", rdates=(datetime(2026, 11, 19, 15),)))
    assert loose(found) == {"e-1#2026-11-19T15:00:00"}
    one = found["e-1#2026-11-19T15:00:00"]
    assert isinstance(one, Seen)
    assert one.event.span == Timed(
        datetime(2026, 11, 19, 15, tzinfo=TOKYO), datetime(2026, 11, 19, 16, tzinfo=TOKYO)
    )
    assert one.diagnostics == ("occurrence-detached",)


def test_a_date_moved_past_its_neighbour_leaves_the_series() -> None:
    plain = series("FREQ=WEEKLY;BYDAY=MO")
    for to in (date(2026, 11, 16), date(2026, 11, 18), date(2026, 11, 2), date(2026, 11, 1)):
        found = split(series("FREQ=WEEKLY;BYDAY=MO", overrides=(moved(plain, date(2026, 11, 9), to),)))
        assert loose(found) == {"e-1#2026-11-09"}, to
        native = native_of(found)
        assert native is not None
        assert native.recurrence is not None
        assert native.recurrence.exdates == (date(2026, 11, 9),)


def test_a_date_moved_between_its_neighbours_stays() -> None:
    plain = series("FREQ=WEEKLY;BYDAY=MO")
    override = moved(plain, date(2026, 11, 9), date(2026, 11, 12))
    assert loose(split(series("FREQ=WEEKLY;BYDAY=MO", overrides=(override,)))) == set()


def test_a_rule_that_outlook_lacks_becomes_the_dates_in_the_window() -> None:
    found = split(series("FREQ=MONTHLY;BYMONTHDAY=5,20", replace(START)))
    assert native_of(found) is None
    assert "e-1" not in found
    assert loose(found) == {"e-1#2026-11-02", "e-1#2026-11-05", "e-1#2026-11-20"}


def test_irregular_dates_without_a_rule() -> None:
    found = split(series("", rdates=(datetime(2026, 11, 12, 10), datetime(2027, 2, 1, 10))))
    assert loose(found) == {"e-1#2026-11-02", "e-1#2026-11-12T10:00:00"}


def test_a_series_that_became_unsayable_is_replaced_and_its_own_link_ends() -> None:
    before = series("FREQ=WEEKLY;BYDAY=MO")
    found = split(series("FREQ=MONTHLY;BYDAY=5MO"), (linked_series(before),))
    assert found["e-1"] == Removed(G, "e-1", is_replaced=True)


def test_a_date_that_was_cancelled_and_takes_place_again_is_detached_and_stays_so() -> None:
    day = date(2026, 11, 9)
    link = linked_series(series("FREQ=WEEKLY;BYDAY=MO", exdates=(day,)))
    found = split(series("FREQ=WEEKLY;BYDAY=MO"), (link,))
    assert loose(found) == {"e-1#2026-11-09"}
    native = native_of(found)
    assert native is not None
    assert native.recurrence is not None
    assert native.recurrence.exdates == (day,)
    again = split(series("FREQ=WEEKLY;BYDAY=MO"), (linked_series(native), linked_date(day)))
    assert loose(again) == {"e-1#2026-11-09"}


def test_a_detached_date_that_no_longer_exists_is_gone() -> None:
    day = date(2026, 11, 9)
    event = series("FREQ=WEEKLY;BYDAY=MO", exdates=(day,))
    found = split(event, (linked_series(event), linked_date(day)))
    assert found["e-1#2026-11-09"] == Removed(G, "e-1#2026-11-09")


def test_a_series_that_is_gone_or_unreadable_takes_its_dates_along() -> None:
    link = linked_date(date(2026, 11, 9))
    detacher = Detacher((link,), RULES)
    gone = detacher.observations({"e-1": Removed(G, "e-1")})
    assert gone["e-1#2026-11-09"] == Removed(G, "e-1#2026-11-09")
    unread = detacher.observations({"e-1": Unreadable(G, "e-1", "2", "event-unreadable")})
    assert isinstance(unread["e-1#2026-11-09"], Unreadable)


# -- exact, whatever the series ---------------------------------------------------------------------------------

RULES_OF = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;COUNT=9",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
        "FREQ=MONTHLY;BYDAY=1MO,3WE",
        "FREQ=MONTHLY;BYDAY=5MO",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "FREQ=YEARLY;BYYEARDAY=310,320",
        "FREQ=WEEKLY;BYDAY=TH;UNTIL=20261126T235959Z",
        "",
    ]
)
DAYS = st.integers(0, 40).map(lambda n: date(2026, 10, 26) + timedelta(days=n))


@st.composite
def any_series(draw: st.DrawFn) -> Event:
    if draw(st.booleans()):
        first = draw(DAYS)
        span: Any = AllDay(first, first + timedelta(days=1))
    else:
        first = draw(DAYS)
        start = datetime(first.year, first.month, first.day, draw(st.sampled_from([0, 10, 23])), tzinfo=TOKYO)
        span = Timed(start, start + timedelta(minutes=draw(st.sampled_from([0, 30, 90]))))
    plain = series(draw(RULES_OF), span)
    days = [o for o, _ in occurrences(plain, date(2026, 10, 20), date(2026, 12, 20))]
    cancelled = draw(st.lists(st.sampled_from(days), max_size=2)) if days else []
    overrides = []
    for original in draw(st.lists(st.sampled_from(days), max_size=3, unique=True)) if days else []:
        content = plain_occurrence(plain, original)
        by = timedelta(days=draw(st.integers(-9, 9)))
        one = content.span
        to = (
            AllDay(one.first + by, one.until + by)
            if isinstance(one, AllDay)
            else Timed(one.start + by, one.end + by)
        )
        overrides.append(
            Override(original, replace(content, span=to, title=draw(st.sampled_from(["定例", "特別"]))))
        )
    extra = draw(st.lists(DAYS, max_size=2))
    rdates: tuple[Any, ...] = tuple(
        extra if isinstance(span, AllDay) else [datetime(d.year, d.month, d.day, 15) for d in extra]
    )
    recurrence = replace(
        plain.recurrence, exdates=tuple(cancelled), rdates=rdates, overrides=tuple(overrides)
    )  # type: ignore[type-var]
    return normalised(replace(plain, recurrence=recurrence))


def in_window(event: Event) -> Counter[tuple[Any, str]]:
    near = occurrences(event, WINDOW.first - timedelta(days=1), WINDOW.until + timedelta(days=1))
    return Counter((one.span, one.title) for _, one in near if WINDOW.covers(one.span))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(any_series())
def test_together_they_are_the_series_and_outlook_can_say_each(event: Event) -> None:
    found = split(event)
    assert OUTLOOK.series is not None
    together: Counter[tuple[Any, str]] = Counter()
    for shown in found.values():
        assert isinstance(shown, Seen)
        together += in_window(shown.event)
        if shown.event.recurrence is not None:
            held = OUTLOOK.series(shown.event.recurrence.rrule, shown.event.span)
            assert not isinstance(held, str), held
            assert not shown.event.recurrence.rdates
    assert together == in_window(event)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(any_series())
def test_split_again_with_its_links_nothing_moves(event: Event) -> None:
    first = split(event)
    links = []
    for shown in first.values():
        assert isinstance(shown, Seen)
        base = digests(shown.event)
        links.append(Link(key_of(G, shown.id), Base(shown.id, "1", base), Base(f"o-{shown.id}", "1", base)))
    assert split(event, tuple(links)) == first
