"""A guest's copy of a meeting that lives in another mailbox: linked, watched, never written to (design.md 6).

Its owner's answer goes to the groupware; a copy that its owner deleted is an answer as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from sync.core.action import Action, Kind
from sync.core.change import Observation, Removed, Role, Seen, Unreadable
from sync.core.event import AllDay, Event, Participant, Side
from sync.core.fingerprint import digests_of
from sync.core.link import Link, key_of
from sync.core.rules import Reason, Rules
from sync.core.who import answer_of, answer_part, keyed, user_key
from sync.core.write import Verb, Write

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741
DECLINED = "declined"
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
        return _watch(link, seen)
    return _answer(link, seen, answer, rules)


def _known_answer(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> str:
    """What the groupware says this person answered, "" for nothing; by the base's digest where it was not shown."""
    if G in seen:
        mine = keyed(seen[G].event.participants).get(user_key(rules.user))
        return answer_of(mine) if mine is not None else ""
    part = answer_part(user_key(rules.user))
    base = link.groupware.digests.get(part, "") if link.groupware is not None else ""
    answered = (a for a in ("accepted", DECLINED, "tentative") if _digest(a, rules) == base)
    return next(answered, "")


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


def _answer(link: Link, seen: Mapping[Side, Seen], answer: str, rules: Rules) -> Action | None:
    if link.groupware is None or not rules.may_write(G):
        return Action(Kind.FORGET, Reason.DECLINED, link) if link.outlook is None else None
    there = seen.get(G)
    write = Write(
        key=link.key,
        verb=Verb.UPDATE,
        id=link.groupware.id,
        version=there.version if there is not None else "",
        event=_answering(answer, rules, there.event if there is not None else None),
        fields=frozenset({answer_part(user_key(rules.user))}),
        residue=link.groupware.residue,
    )
    return Action(Kind.UPDATE, Reason.ANSWERED, link, seen, {G: write})


def plan_unlinked_guests(
    fresh: Mapping[Side, dict[str, Seen]], halves: Mapping[tuple[Side, str], Link], rules: Rules
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
            link = known or link or Link(key_of(G, record.id), role=Role.GUEST)
            action = plan_guest(replace(link, role=Role.GUEST), record, copy, rules)
            yield action or Action(
                Kind.REFRESH, Reason.WATCHED, replace(link, role=Role.GUEST), {G: record, O: copy}
            )
        elif copy.hands_off is None:
            link = link or Link(key_of(O, copy.id))
            yield Action(
                Kind.PARK,
                copy.waits or WAITS_FOR_ORGANIZER,
                replace(link, role=Role.GUEST),
                {O: copy},
                side=O,
            )
    for record in records.values():
        link = replace(halves.get((G, record.id)) or Link(key_of(G, record.id)), role=Role.GUEST)
        action = _wait(link, {G: record}, rules)
        if action is not None:
            yield action


def _taken(found: dict[str, Seen]) -> Iterable[Seen]:
    guests = [seen for seen in found.values() if seen.role is Role.GUEST]
    for seen in guests:
        del found[seen.id]
    return guests
