"""A guest's copy of a meeting that lives in another mailbox: linked, watched, never written to (design.md 6).

Its owner's answer goes to the groupware; a copy that its owner deleted is an answer as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from sync.core.action import Action, Kind
from sync.core.capabilities import Diagnostic
from sync.core.change import Observation, Removed, Role, Seen, Unreadable
from sync.core.event import AllDay, Event, Participant, Side
from sync.core.fingerprint import digests_of
from sync.core.link import Link, new_key
from sync.core.own_dates import DECLINED, answering, takes_part
from sync.core.parts import CANCELLED, Original, occurrence_part
from sync.core.recurrence import occurrence_of
from sync.core.rules import Reason, Rules
from sync.core.who import ANSWER, answer_of, answer_part, keyed, user_key, with_people
from sync.core.write import Verb, Write

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741
ANSWERS = ("accepted", DECLINED, "tentative")
_NO_CONTENT = Event("", AllDay(date(1970, 1, 1), date(1970, 1, 2)))
WAITS_FOR_HOST, WAITS_FOR_COPY = "waits-for-host", "waits-for-copy"
WAITS_FOR_ORGANIZER = "waits-for-organizer"


def plan_guest(
    link: Link, groupware: Observation | None, outlook: Observation | None, rules: Rules
) -> Action | None:
    """The Action for a Link of which this person is a guest."""
    for found in (groupware, outlook):
        if isinstance(found, Unreadable):
            return Action(Kind.PARK, found.code, link, detail=found.detail, side=found.side)
    seen = {s.side: s for s in (groupware, outlook) if isinstance(s, Seen)}
    if isinstance(groupware, Removed):
        return Action(Kind.FORGET, Reason.DELETED, link)  # Exchange takes the copy away
    if isinstance(outlook, Removed):
        return _answer(replace(link, outlook=None), seen, DECLINED, rules)
    if link.outlook is None and O not in seen:
        return _wait(link, seen, rules)
    copy = seen.get(O)
    if copy is None or copy.hands_off is not None:
        return None
    answer = copy.event.own_response
    if answer in ("", "none") or answer == _known_answer(link, seen, rules):
        answer = ""
    dates = _date_answers(link, seen, rules)
    if dates and not _may_answer_dates(seen[G].event, dates, rules):
        if not answer:
            return Action(Kind.REFRESH, Diagnostic.DATE_ANSWER, link, seen)
        dates = {}
    if not answer and not dates:
        return _watch(link, seen)
    return _answer(link, seen, answer, rules, dates)


def _known_answer(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> str:
    """What the groupware says this person answered, "" for nothing; by the base's digest where it was not shown."""
    if G in seen:
        mine = keyed(seen[G].event.participants).get(user_key(rules.user))
        return answer_of(mine) if mine is not None else ""
    part = answer_part(user_key(rules.user))
    base = link.groupware.digests.get(part, "") if link.groupware is not None else ""
    answered = (a for a in ANSWERS if _digest(a, rules) == base)
    return next(answered, "")


def _date_answers(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> dict[Original, str]:
    """What this person answered for single dates and the groupware does not know: a date that is gone from the copy
    and that the organizer did not call off, or an answer that is not the one to all dates."""
    if G not in seen or link.outlook is None or seen[G].event.recurrence is None:
        return {}
    copy, known = seen[O].event, link.outlook.digests
    if copy.recurrence is None:
        return {}
    found: dict[Original, str] = {}
    for original in copy.recurrence.exdates:
        is_news = bool(known) and occurrence_part(original, CANCELLED) not in known
        if is_news and original not in copy.called_off:
            found[original] = DECLINED
    for one in copy.recurrence.overrides:
        answer = one.event.own_response
        if answer in ANSWERS and answer != copy.own_response:
            found[one.original] = answer
    record = seen[G].event
    return {
        day: answer for day, answer in found.items() if _answer_on(record, day, rules) not in (None, answer)
    }


def _answer_on(record: Event, original: Original, rules: Rules) -> str | None:
    """What the groupware says this person answered for a date; None: it does not expect the person then."""
    date = occurrence_of(record, original)
    if date is None or rules.people is None or not takes_part(date, rules.user, rules.people):
        return None
    mine = keyed(date.participants).get(user_key(rules.user))
    return answer_of(mine) if mine is not None else ""


def _may_answer_dates(record: Event, dates: Iterable[Original], rules: Rules) -> bool:
    """A groupware may keep no answers, and who takes part as a group's member has none."""
    key = user_key(rules.user)
    shown = (occurrence_of(record, original) for original in dates)
    is_named = all(date is not None and key in keyed(date.participants) for date in shown)
    return is_named and ANSWER in rules.capabilities[G].people


def _digest(answer: str, rules: Rules) -> str:
    part = answer_part(user_key(rules.user))
    return digests_of(_answering(answer, rules), [part])[part]


def _answering(answer: str, rules: Rules, event: Event | None = None) -> Event:
    """An event in which this person takes part and has answered; only that of it is ever written."""
    me = Participant(user=rules.user, response=answer)
    return replace(event or _NO_CONTENT, participants=(me,))


def _watch(link: Link, seen: Mapping[Side, Seen]) -> Action | None:
    """Nothing to carry over; the versions are remembered."""
    moved = any((base := link.base(s.side)) is None or base.version != s.version for s in seen.values())
    if not moved and link.problem is None:
        return None
    return Action(Kind.REFRESH, Reason.WATCHED, link, seen)


def _wait(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> Action | None:
    one = seen.get(G)
    if one is None:
        return None
    if _known_answer(link, seen, rules) == DECLINED:
        return Action(Kind.SKIP, Reason.DECLINED, link, seen, side=G)
    return Action(Kind.PARK, one.waits or WAITS_FOR_COPY, link, seen, side=G)


def decline(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> Action | None:
    """One of several removed the own copy: for the others the event stays."""
    return _answer(replace(link, outlook=None), seen, DECLINED, rules)


def _answer(
    link: Link,
    seen: Mapping[Side, Seen],
    answer: str,
    rules: Rules,
    dates: Mapping[Original, str] = MappingProxyType({}),
) -> Action | None:
    """`answer`: to all dates, "" for none; `dates`: to single ones of a record that was shown."""
    if link.groupware is None or not rules.may_write(G):
        return Action(Kind.FORGET, Reason.DECLINED, link) if link.outlook is None else None
    there = seen.get(G)
    mine = answer_part(user_key(rules.user))
    event = there.event if there is not None else _NO_CONTENT
    if answer:
        said_by_me = _answering(answer, rules, event)
        event = with_people(event, said_by_me, [mine]) if dates else said_by_me
    for original, said in dates.items():
        date = occurrence_of(event, original)
        assert date is not None
        event = answering(event, original, date, rules.user, said)
    names = {occurrence_part(original, mine) for original in dates} | ({mine} if answer else set())
    write = Write(
        key=link.key,
        verb=Verb.UPDATE,
        id=link.groupware.id,
        version=there.version if there is not None else "",
        event=event,
        fields=frozenset(names),
        residue=link.groupware.residue,
    )
    if dates:
        # The copy is known as it is now when the groupware has the answers: till then a date that is gone is news.
        seen = {side: one for side, one in seen.items() if side is G}
    return Action(Kind.UPDATE, Reason.ANSWERED, link, seen, {G: write})


def plan_unlinked_guests(
    fresh: Mapping[Side, dict[str, Seen]],
    halves: Mapping[tuple[Side, str], Link],
    taken: Collection[str],
    rules: Rules,
) -> Iterator[Action]:
    """Guests' events without a whole Link: paired by the groupware event that they are. Takes them out of `fresh`."""
    records = {seen.id: seen for seen in _taken(fresh[G])}
    for copy in list(_taken(fresh[O])):
        record = records.pop(copy.meeting, None)
        link = halves.get((O, copy.id))
        if record is not None:
            known = halves.get((G, record.id))
            if known is not None and link is not None:
                yield Action(Kind.FORGET, Reason.RECOGNISED, link)  # each had been waiting for its own
            link = known or link or Link(new_key(G, record.id, taken), role=Role.GUEST)
            action = plan_guest(replace(link, role=Role.GUEST), record, copy, rules)
            yield action or Action(
                Kind.REFRESH, Reason.WATCHED, replace(link, role=Role.GUEST), {G: record, O: copy}
            )
        elif copy.hands_off is None:
            link = link or Link(new_key(O, copy.id, taken))
            yield Action(
                Kind.PARK,
                copy.waits or WAITS_FOR_ORGANIZER,
                replace(link, role=Role.GUEST),
                {O: copy},
                side=O,
            )
    for record in records.values():
        link = halves.get((G, record.id)) or Link(new_key(G, record.id, taken))
        action = _wait(replace(link, role=Role.GUEST), {G: record}, rules)
        if action is not None:
            yield action


def _taken(found: dict[str, Seen]) -> Iterable[Seen]:
    guests = [seen for seen in found.values() if seen.role is Role.GUEST]
    for seen in guests:
        del found[seen.id]
    return guests
