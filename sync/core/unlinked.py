"""Events without a whole Link: recognise them first; only then are they new."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from sync.core.action import Action, Kind
from sync.core.cells import CELLS, A, C, G, O
from sync.core.change import Observation, Removed, Role, Seen, Unreadable
from sync.core.echoes import without_lost
from sync.core.event import Field, Side
from sync.core.fingerprint import digests
from sync.core.guests import WAITS_FOR_HOST, plan_unlinked_guests
from sync.core.link import Base, Link, key_of, marker_of, new_key
from sync.core.matching import match
from sync.core.merge import merge
from sync.core.refusals import left_alone, refusal
from sync.core.rules import Reason, Rules
from sync.core.write import Verb, Write
from sync.core.writing import create, merged_action

Shown = Mapping[Side, Mapping[str, Observation]]


def shown_of(link: Link, side: Side, shown: Shown) -> Observation | None:
    base = link.base(side)
    return shown[side].get(base.id) if base is not None else None


def readable_half(link: Link, shown: Shown) -> Seen | None:
    """The readable event of a Link whose other half is still missing: it may match before it is created."""
    for side in (G, O):
        if link.base(side.other) is None:
            found = shown_of(link, side, shown)
            if isinstance(found, Seen):
                return found
    return None


def plan_unlinked(
    shown: Shown,
    linked: Mapping[Side, set[str]],
    halves: Mapping[str, Link],
    orphans: list[Link],
    taken: Collection[str],
    rules: Rules,
) -> Iterator[Action]:
    """Events without a whole Link: recognise them first; only then are they new. `taken`: the keys of all Links."""
    fresh: dict[Side, dict[str, Seen]] = {G: {}, O: {}}
    link_of: dict[tuple[Side, str], Link] = {}
    for side in (G, O):
        for found in shown[side].values():
            if found.id in linked[side] or isinstance(found, Removed):
                continue
            if isinstance(found, Unreadable):
                base = Base(found.id, found.version, {})
                link = Link(new_key(side, found.id, taken), **{side.value: base})  # type: ignore[arg-type]
                yield Action(Kind.PARK, found.code, link, detail=found.detail, side=side)
            else:
                fresh[side][found.id] = found
    for link in halves.values():
        found_half = readable_half(link, shown)
        assert found_half is not None
        fresh[found_half.side][found_half.id] = found_half
        link_of[found_half.side, found_half.id] = link
    yield from _adopt_plain(fresh, link_of, taken, rules)
    yield from plan_unlinked_guests(fresh, link_of, taken, rules)
    yield from _end_orphans(orphans, fresh, rules)
    pairs = list(match(fresh[G].values(), fresh[O].values(), rules.organization, rules.user))
    for groupware, outlook, is_proved in pairs:
        del fresh[G][groupware.id], fresh[O][outlook.id]
        yield from _adopt(groupware, outlook, is_proved, link_of, taken, rules)
    for side in (G, O):
        for seen in fresh[side].values():
            link = link_of.get((side, seen.id)) or Link(new_key(side, seen.id, taken))
            yield _create_or_skip(replace(link, role=seen.role), seen, rules)


def _adopt_plain(
    fresh: Mapping[Side, dict[str, Seen]],
    link_of: Mapping[tuple[Side, str], Link],
    taken: Collection[str],
    rules: Rules,
) -> Iterator[Action]:
    """What everyone wrote down by hand in the own calendar stays so: no meeting is made of it (failures.md F37)."""
    records = [seen for seen in fresh[G].values() if seen.waits == WAITS_FOR_HOST]
    plain = [s for s in fresh[O].values() if s.role is Role.OWN and len(s.event.participants) <= 1]
    for record, event, is_proved in match(records, plain, rules.organization, rules.user):
        del fresh[G][record.id], fresh[O][event.id]
        yield from _adopt(record, event, is_proved, link_of, taken, rules)


def _create_or_skip(link: Link, seen: Seen, rules: Rules) -> Action:
    target = seen.side.other
    cell = CELLS[(C, A) if target is O else (A, C)]
    refused = refusal(link, seen, cell, target, rules)
    if refused is not None:
        return left_alone(link, {seen.side: seen}, refused, target)
    return create(link, {seen.side: seen}, target, cell.reason, rules)


def _adopt(
    groupware: Seen,
    outlook: Seen,
    is_proved: bool,
    link_of: Mapping[tuple[Side, str], Link],
    taken: Collection[str],
    rules: Rules,
) -> Iterator[Action]:
    """Two events that are one: link them and carry over what only one of them says."""
    pair = {G: groupware, O: outlook}
    halves = [link for side in (G, O) if (link := link_of.get((side, pair[side].id))) is not None]
    link = halves[0] if halves else Link(new_key(G, groupware.id, taken))
    link = replace(link, role=outlook.role)
    for spare in halves[1:]:
        yield Action(Kind.FORGET, Reason.RECOGNISED, spare)
    if rules.is_outside(groupware, None) and rules.is_outside(outlook, None):
        yield Action(Kind.SKIP, Reason.OUTSIDE_WINDOW, link, pair, side=O)
        return
    refused = rules.refuses(groupware) or rules.refuses(outlook)
    if refused is not None:
        # Linked and parked: were they left unlinked, the next edit of one would look like a new event.
        yield Action(Kind.PARK, refused, link, pair, side=G if rules.refuses(groupware) else O)
        return
    # A create of ours that was announced: what was sent then is the base of both. Merely alike events have
    # agreed on nothing yet, so every difference is looked at.
    base = (link.groupware or link.outlook) if is_proved and link.intent is not None else None
    bases = {G: base, O: base}
    if base is not None and link.intent is not None:
        target = link.intent.side
        bases[target], bases[target.other] = without_lost(base, base, pair[target])
    found = merge(groupware, outlook, bases[G], bases[O], rules)
    reason = Reason.RECOGNISED if is_proved else Reason.SAME_ON_BOTH
    yield merged_action(link, pair, found, reason, rules)


def _end_orphans(orphans: list[Link], fresh: dict[Side, dict[str, Seen]], rules: Rules) -> Iterator[Action]:
    """The source of an announced create is gone, but the create had happened: finish its delete.

    Only where the copy still says what was announced; a copy that a person edited since is a person's event.
    """
    for link in orphans:
        assert link.intent is not None
        side, base = link.intent.side, link.base(link.intent.side.other)
        if base is None:
            continue
        copy = _copy_of(link, base, fresh[side], rules)
        if copy is None or not rules.may_write(side):
            continue
        del fresh[side][copy.id]
        half = Link(key_of(side, copy.id), **{side.value: Base(copy.id, copy.version, {})})  # type: ignore[arg-type]
        write = Write(half.key, Verb.DELETE, copy.id, copy.version)
        yield Action(Kind.DELETE, Reason.DELETED, half, {side: copy}, {side: write})


def _copy_of(link: Link, base: Base, fresh: Mapping[str, Seen], rules: Rules) -> Seen | None:
    assert link.intent is not None
    for seen in fresh.values():
        if link.intent.side is O:
            is_ours = seen.marker == marker_of(rules.organization, rules.user, base.id)
        else:
            is_ours = bool(link.intent.uid) and seen.uid == link.intent.uid
        held = rules.capabilities[seen.side].fields & rules.capabilities[seen.side.other].fields
        now = digests(seen.event, held - {Field.REMINDER})
        if is_ours and all(base.digests.get(name) == text for name, text in now.items()):
            return seen
    return None
