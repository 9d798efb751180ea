"""A series as one of its people takes part in it: not on every date, or on single dates only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sync.core.event import Event, Participant
from sync.core.parts import Original, with_occurrence, without_occurrence
from sync.core.people import People
from sync.core.recurrence import normalised, occurrence_of
from sync.core.who import answer_of, answer_part, keyed, user_key

DECLINED = "declined"


def takes_part(event: Event, user: str, people: People) -> bool:
    """By name, by mail address, or as a member of an organization; on single dates alone does not count."""
    return any(_is(one, user, people) for one in event.participants)


def _is(one: Participant, user: str, people: People) -> bool:
    if one.organization is not None:
        return user in people.members.get(one.organization, ())
    return (one.user or people.user_of(one.email or "")) == user


def own_dates(series: Event, user: str, people: People) -> list[Original]:
    """The changed dates on which somebody takes part."""
    return [original for original, date in _changed(series) if takes_part(date, user, people)]


def as_attended(series: Event, user: str, people: People) -> Event:
    """The series without the dates that somebody who takes part in it stays away from."""
    after = series
    for original, date in _changed(series):
        has_declined = _answer(date, user) == DECLINED != _answer(series, user)
        if has_declined or not takes_part(date, user, people):
            after = without_occurrence(after, original)
    return after


def declining(series: Event, dates: Iterable[Original], user: str) -> Event:
    """The series, its cancelled dates taking place for everybody but this one, who has declined them."""
    assert series.recurrence is not None
    gone = set(dates)
    left = tuple(one for one in series.recurrence.exdates if one not in gone)
    found = normalised(replace(series, recurrence=replace(series.recurrence, exdates=left)))
    for original in gone:
        date = occurrence_of(found, original)
        if date is not None:
            found = answering(found, original, date, user, DECLINED)
    return found


def answering(series: Event, original: Original, date: Event, user: str, answer: str) -> Event:
    """The series, somebody having answered so for this one date, which says `date`."""
    key = user_key(user)
    others = tuple(one for name, one in keyed(date.participants).items() if name != key)
    content = replace(date, participants=(*others, Participant(user=user, response=answer)))
    return with_occurrence(series, original, content, [answer_part(key)])


def _changed(series: Event) -> list[tuple[Original, Event]]:
    return [(one.original, one.event) for one in (series.recurrence.overrides if series.recurrence else ())]


def _answer(event: Event, user: str) -> str:
    mine = keyed(event.participants).get(user_key(user))
    return answer_of(mine) if mine is not None else ""
