"""The Plan of one pass: what each side did, what follows from it, and why. Data only; nothing is carried out.

Sixteen cells decide (`CELLS`); the rules then say whether the decision may be carried out for this person.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sync.core.change import SHARED, Change, Observation, Removed, Seen, Unreadable
from sync.core.event import Field, Side
from sync.core.fingerprint import digests, edited
from sync.core.link import Base, Link, key_of, marker_of
from sync.core.matching import match
from sync.core.merge import Loss, Merge, merge, one_way
from sync.core.rules import Reason, Rules
from sync.core.snapshot import Snapshot
from sync.core.write import Verb, Write

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741 - the two sides, side by side in the table below
U, C, D, A = Change.UNCHANGED, Change.CHANGED, Change.DELETED, Change.ABSENT


class Kind(StrEnum):
    """What an Action does; also the heading under which it is counted and shown."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    MERGE = "merge"
    FORGET = "forget"
    REFRESH = "refresh"
    SKIP = "skip"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Cell:
    """`target` is the side that is written to; None where none or both are."""

    kind: Kind
    reason: Reason
    target: Side | None = None


# (groupware, outlook): the whole two-way decision. ABSENT: this side never had the event, so far as we know.
CELLS: Mapping[tuple[Change, Change], Cell] = {
    (U, U): Cell(Kind.REFRESH, Reason.NO_EDIT),
    (U, C): Cell(Kind.UPDATE, Reason.EDITED, G),
    (U, D): Cell(Kind.DELETE, Reason.DELETED, G),
    (U, A): Cell(Kind.CREATE, Reason.NEW, O),
    (C, U): Cell(Kind.UPDATE, Reason.EDITED, O),
    (C, C): Cell(Kind.MERGE, Reason.BOTH_EDITED),
    (C, D): Cell(Kind.CREATE, Reason.EDIT_BEATS_DELETE, O),
    (C, A): Cell(Kind.CREATE, Reason.NEW, O),
    (D, U): Cell(Kind.DELETE, Reason.DELETED, O),
    (D, C): Cell(Kind.CREATE, Reason.EDIT_BEATS_DELETE, G),
    (D, D): Cell(Kind.FORGET, Reason.GONE_ON_BOTH),
    (D, A): Cell(Kind.FORGET, Reason.GONE_ON_BOTH),
    (A, U): Cell(Kind.CREATE, Reason.NEW, G),
    (A, C): Cell(Kind.CREATE, Reason.NEW, G),
    (A, D): Cell(Kind.FORGET, Reason.GONE_ON_BOTH),
    (A, A): Cell(Kind.FORGET, Reason.GONE_ON_BOTH),
}


@dataclass(frozen=True, slots=True)
class Action:
    """What follows for one event. `link` is the Link before the writes (a new one for a new event).

    `unsent`: fields edited on a side that are not sent to the other one; the base keeps their old digest, so
    that the edit is not forgotten. `detail` fills the sentence of a park or skip reason.
    """

    kind: Kind
    reason: str
    link: Link
    seen: Mapping[Side, Seen] = field(default_factory=dict)
    writes: Mapping[Side, Write] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    unsent: Mapping[Side, frozenset[Field]] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    # The side on which the event could not be read, for PARK.
    side: Side | None = None
    # A CREATE that was announced by an earlier pass: the side may answer with what that one had created.
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The Actions of one pass: dry run, preview, guard, log and history all read this."""

    actions: tuple[Action, ...] = ()

    def count(self, kind: Kind) -> int:
        return sum(action.kind is kind for action in self.actions)


def plan_pass(links: Iterable[Link], groupware: Snapshot, outlook: Snapshot, rules: Rules) -> Plan:
    """Decide for every event that either side showed. An event that nobody showed is not touched; deletion is
    only ever concluded from `Removed`."""
    shown = {G: groupware.observations, O: outlook.observations}
    linked: dict[Side, set[str]] = {G: set(), O: set()}
    actions: list[Action] = []
    halves: dict[str, Link] = {}
    orphans: list[Link] = []
    for link in links:
        seen_here = False
        for side in (G, O):
            base = link.base(side)
            if base is not None:
                linked[side].add(base.id)
                seen_here = seen_here or base.id in shown[side]
        if not seen_here:
            continue
        half = _half(link, shown)
        if half is not None:
            halves[link.key] = link
        else:
            if link.intent is not None:
                orphans.append(link)
            action = plan_link(link, _shown(link, G, shown), _shown(link, O, shown), rules)
            if action is not None:
                actions.append(action)
    actions += _plan_unlinked(shown, linked, halves, orphans, rules)
    return Plan(tuple(actions))


def plan_link(
    link: Link, groupware: Observation | None, outlook: Observation | None, rules: Rules
) -> Action | None:
    """The Action for one Link; None when nothing at all is to be done."""
    for found in (groupware, outlook):
        if isinstance(found, Unreadable):
            return Action(Kind.PARK, found.code, link, detail=found.detail, side=found.side)
    link = _with_echoes(link, {G: groupware, O: outlook})
    changes = _change(link.groupware, groupware, rules, G), _change(link.outlook, outlook, rules, O)
    cell = CELLS[changes]
    seen = {s.side: s for s in (groupware, outlook) if isinstance(s, Seen)}
    match cell.kind:
        case Kind.REFRESH:
            return _refresh(link, seen, cell.reason)
        case Kind.FORGET:
            return Action(Kind.FORGET, cell.reason, link, seen)
        case Kind.MERGE:
            return _merge_link(link, seen, cell, rules)
        case _:
            assert cell.target is not None
            return _one_way(link, seen, cell, cell.target, rules)


def _with_echoes(link: Link, found: Mapping[Side, Observation | None]) -> Link:
    """A field that shows what an unfinished update of ours wrote there is agreed with nobody: the other side counts
    as edited in it, even if the person has taken the edit back since."""
    for side in (G, O):
        base, other, seen = link.base(side), link.base(side.other), found[side]
        if base is None or other is None or not base.digests or not isinstance(seen, Seen):
            continue
        shown = digests(seen.event, base.announced)
        echoed = [n for n, text in base.announced.items() if shown[n] == text != base.digests.get(n)]
        if echoed and other.digests:
            other = replace(other, version="", digests={**other.digests, **dict.fromkeys(echoed, "")})
            link = replace(link, outlook=other) if side is G else replace(link, groupware=other)
    return link


def _change(base: Base | None, found: Observation | None, rules: Rules, side: Side) -> Change:
    """`changed` means that the version moved *and* the content differs: our own echo does neither (law 4)."""
    if base is None:
        return Change.ABSENT if not isinstance(found, Seen) else Change.CHANGED
    if found is None:
        return Change.UNCHANGED
    if isinstance(found, Removed):
        return Change.DELETED
    assert isinstance(found, Seen)
    if base.digests and base.version == found.version:
        return Change.UNCHANGED
    held = rules.capabilities[side].fields
    names = edited(found.event, base.digests, held, base.announced)
    return Change.CHANGED if names else Change.UNCHANGED


def _refresh(link: Link, seen: Mapping[Side, Seen], reason: str) -> Action | None:
    """Nobody edited; remember a version that moved, and forget a problem that is over."""
    moved = any(
        base is None or base.version != s.version for s in seen.values() for base in (link.base(s.side),)
    )
    return Action(Kind.REFRESH, reason, link, seen) if moved or link.problem is not None else None


def _one_way(link: Link, seen: Mapping[Side, Seen], cell: Cell, target: Side, rules: Rules) -> Action | None:
    """One side did something, the other did not: carry it over unless a rule says no."""
    source, there = seen.get(target.other), seen.get(target)
    if cell.kind is not Kind.DELETE and source is None:
        return None  # nothing to carry over was shown; a retry reads it
    refused = _refusal(link, source, cell, target, rules)
    if refused is None and there is not None:
        refused = rules.refuses(there)
    if refused is not None:
        return _left_alone(link, seen, refused, target)
    if cell.kind is Kind.DELETE:
        base = link.base(target)
        assert base is not None
        write = Write(link.key, Verb.DELETE, base.id, _version(seen.get(target), base))
        return Action(Kind.DELETE, cell.reason, link, seen, {target: write})
    assert source is not None
    if cell.kind is Kind.CREATE:
        return create(link, seen, target, cell.reason, rules)
    return _update(link, seen, source, cell.reason, rules)


def _update(link: Link, seen: Mapping[Side, Seen], source: Seen, reason: str, rules: Rules) -> Action:
    target = source.side.other
    base, source_base = link.base(target), link.base(source.side)
    assert base is not None
    assert source_base is not None
    if not base.digests and target in seen:  # a damaged base: compare what both show
        return _merged(link, seen, merge(*_both(seen), link.groupware, link.outlook, rules), reason, rules)
    held = rules.capabilities[source.side].fields
    names = edited(source.event, source_base.digests, held, source_base.announced)
    names = one_way(source, seen.get(target), base, names, rules)
    if not names:  # the other side cannot hold what was edited, or shows it already
        return Action(Kind.REFRESH, reason, link, seen)
    write = _update_write(link, source, seen.get(target), base, names, rules)
    return Action(Kind.UPDATE, reason, link, seen, {target: write})


def _update_write(
    link: Link, source: Seen, target: Seen | None, base: Base, names: frozenset[Field], rules: Rules
) -> Write:
    return Write(
        key=link.key,
        verb=Verb.UPDATE,
        id=base.id,
        version=_version(target, base),
        event=rules.fitted(source.event, source.side.other),
        fields=names,
        residue=target.residue if target is not None else base.residue,
    )


def _version(seen: Seen | None, base: Base) -> str:
    return seen.version if seen is not None else base.version


def _both(seen: Mapping[Side, Seen]) -> tuple[Seen, Seen]:
    return seen[G], seen[O]


def _merge_link(link: Link, seen: Mapping[Side, Seen], cell: Cell, rules: Rules) -> Action:
    for side in (G, O):
        refused = _refusal(link, seen[side], cell, side.other, rules, ignore_direction=True)
        if refused is not None:
            return _left_alone(link, seen, refused, side.other)
    found = merge(*_both(seen), link.groupware, link.outlook, rules)
    return _merged(link, seen, found, cell.reason, rules)


def _merged(link: Link, seen: Mapping[Side, Seen], found: Merge, reason: str, rules: Rules) -> Action:
    """Both sides in hand: write to each what the other one won, unless the direction forbids it."""
    writes: dict[Side, Write] = {}
    unsent: dict[Side, frozenset[Field]] = {}
    for target in (G, O):
        names = found.to(target)
        if not names:
            continue
        if not rules.may_write(target):
            unsent[target.other] = names
            continue
        base = link.base(target) or Base(seen[target].id, seen[target].version, {})
        writes[target] = _update_write(link, seen[target.other], seen[target], base, names, rules)
    kind = Kind.REFRESH if reason == Reason.BOTH_EDITED and not writes else Kind.MERGE
    if reason in (Reason.SAME_ON_BOTH, Reason.RECOGNISED):
        kind = Kind.ADOPT
    return Action(kind, reason, link, seen, writes, found.losses, unsent)


def create(link: Link, seen: Mapping[Side, Seen], target: Side, reason: str, rules: Rules) -> Action:
    """Create the event on `target`. A create that was announced before keeps its token (law 2)."""
    source = seen[target.other]
    again = link.intent is not None and link.intent.side is target
    token = link.intent.token if again and link.intent is not None else token_of(rules.token, link.key)
    write = Write(
        key=link.key,
        verb=Verb.CREATE,
        event=rules.fitted(source.event, target),
        fields=rules.capabilities[target].fields,
        token=token,
        marker=marker_of(rules.organization, rules.user, source.id) if target is O else "",
        uid=uid_of(source) if target is G else "",
    )
    return Action(Kind.CREATE, reason, link, seen, {target: write}, is_repeated=again)


def token_of(token: str, key: str) -> str:
    """The idempotency key of one create of one pass, a UUID as text."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{token}\x1f{key}".encode()).digest()[:16], version=4))


def uid_of(outlook: Seen) -> str:
    """The uid of a groupware event made from an Outlook event: its iCalUId, or one made from its id where that
    is null (graph-calendar.md T48) or no plain word."""
    if outlook.uid and len(outlook.uid) <= 255 and outlook.uid.isascii() and outlook.uid.isprintable():
        return outlook.uid
    return "ol" + hashlib.sha256(outlook.id.encode()).hexdigest()[:30]


def _refusal(
    link: Link, source: Seen | None, cell: Cell, target: Side, rules: Rules, ignore_direction: bool = False
) -> str | None:
    """Why a decision is not carried out; None: it may."""
    if not ignore_direction and not rules.may_write(target):
        return Reason.DIRECTION
    refused = rules.refuses(source) if source is not None else None
    if refused is not None:
        return refused
    if rules.is_outside(source, link):
        return Reason.OUTSIDE_WINDOW
    if rules.is_past(source, link):
        return Reason.PAST_EVENT
    if cell.kind is Kind.DELETE and target is G:
        base = link.base(G)
        if base is not None and base.residue.get(SHARED):
            return Reason.SHARED_DELETE
    return None


# Reasons that are a setting, not a trouble: such an event is passed over without a problem shown.
_BY_SETTING = frozenset(
    (Reason.DIRECTION, Reason.EXCLUDED_TYPE, Reason.PAST_EVENT, Reason.OUTSIDE_WINDOW, Reason.SHARED_DELETE)
)


def _left_alone(link: Link, seen: Mapping[Side, Seen], reason: str, target: Side) -> Action:
    """A linked event that turned into something we leave alone is parked, so that a person sees it."""
    is_linked = link.groupware is not None and link.outlook is not None
    kind = Kind.PARK if is_linked and reason not in _BY_SETTING else Kind.SKIP
    return Action(kind, reason, link, seen, side=target.other)


Shown = Mapping[Side, Mapping[str, Observation]]


def _shown(link: Link, side: Side, shown: Shown) -> Observation | None:
    base = link.base(side)
    return shown[side].get(base.id) if base is not None else None


def _half(link: Link, shown: Shown) -> Seen | None:
    """The readable event of a Link whose other half is still missing: it may match before it is created."""
    for side in (G, O):
        if link.base(side.other) is None:
            found = _shown(link, side, shown)
            if isinstance(found, Seen):
                return found
    return None


def _plan_unlinked(
    shown: Shown,
    linked: Mapping[Side, set[str]],
    halves: Mapping[str, Link],
    orphans: list[Link],
    rules: Rules,
) -> Iterator[Action]:
    """Events without a whole Link: recognise them first; only then are they new."""
    fresh: dict[Side, dict[str, Seen]] = {G: {}, O: {}}
    link_of: dict[tuple[Side, str], Link] = {}
    for side in (G, O):
        for found in shown[side].values():
            if found.id in linked[side] or isinstance(found, Removed):
                continue
            if isinstance(found, Unreadable):
                link = Link(key_of(side, found.id), **{side.value: Base(found.id, found.version, {})})  # type: ignore[arg-type]
                yield Action(Kind.PARK, found.code, link, detail=found.detail, side=side)
            else:
                fresh[side][found.id] = found
    for link in halves.values():
        found_half = _half(link, shown)
        assert found_half is not None
        fresh[found_half.side][found_half.id] = found_half
        link_of[found_half.side, found_half.id] = link
    yield from _end_orphans(orphans, fresh, rules)
    pairs = list(match(fresh[G].values(), fresh[O].values(), rules.organization, rules.user))
    for groupware, outlook, is_proved in pairs:
        del fresh[G][groupware.id], fresh[O][outlook.id]
        yield from _adopt(groupware, outlook, is_proved, link_of, rules)
    for side in (G, O):
        for seen in fresh[side].values():
            link = link_of.get((side, seen.id)) or Link(key_of(side, seen.id))
            yield _create_or_skip(link, seen, rules)


def _create_or_skip(link: Link, seen: Seen, rules: Rules) -> Action:
    target = seen.side.other
    cell = CELLS[(C, A) if target is O else (A, C)]
    refused = _refusal(link, seen, cell, target, rules)
    if refused is not None:
        return _left_alone(link, {seen.side: seen}, refused, target)
    return create(link, {seen.side: seen}, target, cell.reason, rules)


def _adopt(
    groupware: Seen,
    outlook: Seen,
    is_proved: bool,
    link_of: Mapping[tuple[Side, str], Link],
    rules: Rules,
) -> Iterator[Action]:
    """Two events that are one: link them and carry over what only one of them says."""
    pair = {G: groupware, O: outlook}
    halves = [link for side in (G, O) if (link := link_of.get((side, pair[side].id))) is not None]
    link = halves[0] if halves else Link(key_of(G, groupware.id))
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
    found = merge(groupware, outlook, base, base, rules)
    reason = Reason.RECOGNISED if is_proved else Reason.SAME_ON_BOTH
    yield _merged(link, pair, found, reason, rules)


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
