"""What a Link says after an Action: each side's base moves only as far as both sides really agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sync.core.action import Action, Kind
from sync.core.change import Seen
from sync.core.event import Field, Side
from sync.core.fingerprint import UNKNOWN, digests, digests_of
from sync.core.link import Base, Complaint, Intent, Link, Problem
from sync.core.parts import is_detail, original_of
from sync.core.recurrence import bounds
from sync.core.rules import Rules
from sync.core.who import who_texts
from sync.core.window import FOREVER
from sync.core.write import Verb, Write


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write that a side refused for good: code and detail for the person who reads the problem."""

    code: str
    detail: Mapping[str, str] = field(default_factory=dict)


def announce(action: Action, rules: Rules) -> Link:
    """The Link to save before creates and updates are sent, so that a crash leaves a trace of what may have
    happened: a create its idempotency key, an update the digests of what it writes."""
    link = action.link
    for target, write in action.writes.items():
        if write.verb is Verb.CREATE:
            source = action.seen[target.other]
            link = _with_base(link, target, None)
            agreed = _base_of(source, rules)
            later = action.unsent.get(source.side, frozenset())
            kept = {name: text for name, text in agreed.digests.items() if name not in later}
            link = _with_base(link, target.other, replace(agreed, digests=kept))
            # A problem stays until the create has succeeded, so that its attempts are counted on.
            link = replace(
                link, intent=Intent(target, write.token, write.uid, _people(action, write, target))
            )
            link = _bounded(link, {source.side: source}, rules)
        elif write.verb is Verb.UPDATE:
            assert write.event is not None
            base = link.base(target)
            if base is None:  # two events about to be linked: nothing is agreed yet
                base = replace(_base_of(action.seen[target], rules), version="", digests={})
            link = _with_base(link, target, replace(base, announced=digests_of(write.event, write.fields)))
    return link


def _people(action: Action, write: Write, target: Side) -> tuple[str, ...]:
    """Of a record that comes back: who takes part, as its create says it, and the rooms that follow it."""
    before = action.link
    knows_more = before.groupware is not None or (before.intent is not None and before.intent.people)
    if target is not Side.GROUPWARE or not knows_more or write.event is None:
        return ()
    rooms = action.unsent.get(target.other, frozenset())
    return tuple(sorted(who_texts(write.event).keys() | rooms))


def settle(
    action: Action,
    after: Mapping[Side, Seen],
    refused: Mapping[Side, Refusal],
    rules: Rules,
) -> Link | None:
    """The Link after the writes; None if it is over. `after`: what each written side shows now (missing for a
    delete); `refused`: the writes that failed for good. Writes in neither are those of a delete."""
    if action.kind is Kind.FORGET:
        return None
    if action.kind is Kind.DELETE and not refused:
        return None
    if action.kind is Kind.PARK:
        return park(action, rules)
    link = action.link
    differing = differing_fields(action, after)
    for side in Side:
        unsent = action.unsent.get(side, frozenset()) | differing
        if side.other in refused and side.other in action.writes:
            write = action.writes[side.other]
            if write.verb is not Verb.CREATE:
                unsent |= write.fields
        base = link.base(side)
        advanced = _advanced(action, base, side, after.get(side), unsent, rules)
        if side in refused and base is not None and advanced is not None:
            # Perhaps it was carried out all the same: found later, these are our words and nobody's edit.
            advanced = replace(advanced, announced=base.announced)
        link = _with_base(link, side, advanced)
    latest = {side: seen for side in Side if (seen := after.get(side) or action.seen.get(side)) is not None}
    link = _bounded(link, latest, rules)
    created = any(side in after and w.verb is Verb.CREATE for side, w in action.writes.items())
    failed = next(iter(refused.items()), None)
    if failed is not None:
        link = _widened(link, action.link)
        link = _with_problem(link, failed[0], failed[1], rules)
    elif action.complaint is not None:
        link = _with_problem(link, Side.OUTLOOK, action.complaint, rules)
    elif action.kind is not Kind.SKIP:
        link = replace(link, problem=None)
    is_whole = link.groupware is not None and link.outlook is not None
    return replace(link, intent=None) if created or refused or is_whole else link


def differing_fields(action: Action, after: Mapping[Side, Seen]) -> frozenset[str]:
    """Parts in which a repeated create shows something else than was sent now: it was answered with the event
    of the first time. They count as edited on both sides, and the merge decides."""
    if not action.is_repeated:
        return frozenset()
    found: set[str] = set()
    for side, write in action.writes.items():
        seen = after.get(side)
        if seen is not None and write.event is not None:
            now, sent = digests_of(seen.event, write.fields), digests_of(write.event, write.fields)
            found |= {name for name in write.fields if now[name] != sent[name]}
    return frozenset(found)


def _advanced(
    action: Action, base: Base | None, side: Side, after: Seen | None, unsent: frozenset[str], rules: Rules
) -> Base | None:
    """One side's base: what it shows now, but with the old digest for edits that did not reach the other
    side; such a base has no version, so that the next look compares contents."""
    if action.kind is Kind.SKIP:
        return base
    latest = after or action.seen.get(side)
    if latest is None:
        return base
    new = _base_of(latest, rules)
    write = action.writes.get(side)
    if after is not None and write is not None and write.verb is Verb.UPDATE:
        unsent |= _edited_meanwhile(action, base, new, side, write.fields, rules)
    if not unsent:
        return new
    old = base.digests if base is not None else {}
    merged = dict(new.digests)
    for name in unsent:
        if name in old or not is_detail(name):
            merged[name] = old.get(name, UNKNOWN)
        else:  # it was not there
            merged.pop(name, None)
    return replace(new, digests=merged, version="")


def _edited_meanwhile(
    action: Action, base: Base | None, new: Base, side: Side, written: frozenset[str], rules: Rules
) -> frozenset[str]:
    """Parts that a person edited between our look and our write, where the side let both through."""
    seen = action.seen.get(side)
    before = digests(seen.event, rules.capabilities[side].fields) if seen else (base.digests if base else {})
    if Field.TIME in written:  # its own occurrences move with it
        written |= {name for name in before.keys() | new.digests.keys() if original_of(name) is not None}
    return frozenset(
        name
        for name, text in new.digests.items()
        if name not in written and before.get(name, text if not is_detail(name) else "") != text
    )


def park(action: Action, rules: Rules) -> Link:
    """Leave the event for later with its reason; the bases stay, so that nothing done meanwhile is lost."""
    link = action.link
    for side, seen in action.seen.items():
        if link.base(side) is None:
            link = _with_base(link, side, _base_of(seen, rules))
    if link.starts is None:
        link = _bounded(link, action.seen, rules)
    assert action.side is not None
    return _with_problem(link, action.side, Refusal(action.reason, action.detail), rules)


def _with_problem(link: Link, side: Side, why: Refusal | Complaint, rules: Rules) -> Link:
    known = link.problem if link.problem is not None and link.problem.code == why.code else None
    attempts = (known.attempts if known else 0) + 1
    problem = Problem(
        code=why.code,
        detail=dict(why.detail),
        side=side,
        since=known.since if known else rules.now,
        attempts=attempts,
        retry_at=retry_at(rules.now, attempts),
    )
    return replace(link, problem=replace(problem, retry_at=rules.now) if problem.is_patient else problem)


def retry_at(now: datetime, attempts: int) -> datetime:
    """10 minutes, doubling, at most a day: an idle pass must stay cheap while something is parked."""
    minutes = min(10 * (1 << min(attempts - 1, 10)), 24 * 60)
    return now + timedelta(minutes=minutes)


def _base_of(seen: Seen, rules: Rules) -> Base:
    held = rules.capabilities[seen.side].fields
    return Base(seen.id, seen.version, digests(seen.event, held), seen.residue, seen.modified)


def _with_base(link: Link, side: Side, base: Base | None) -> Link:
    return replace(link, groupware=base) if side is Side.GROUPWARE else replace(link, outlook=base)


def _bounded(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> Link:
    if not seen:
        return link
    found = [bounds(s.event, rules.window.zone) for s in seen.values()]
    return replace(link, starts=min(b[0] for b in found), ends=max(b[1] or FOREVER for b in found))


def _widened(link: Link, before: Link) -> Link:
    """While the two sides differ in time, the Link covers both times."""
    if before.starts is None or before.ends is None or link.starts is None or link.ends is None:
        return link
    return replace(link, starts=min(link.starts, before.starts), ends=max(link.ends, before.ends))
