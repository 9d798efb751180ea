"""The Plan of one pass: what each side did, what follows from it, and why. Nothing is carried out here.

The sixteen cells decide (`cells`); the rules then say whether the decision may be carried out (`refusals`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.core.action import Action, Kind, Plan
from sync.core.capabilities import Diagnostic
from sync.core.cells import CELLS, Cell, G, O
from sync.core.change import Change, Observation, Removed, Role, Seen, Unreadable
from sync.core.declined import still_declined, with_declined_rooms
from sync.core.echoes import with_echoes
from sync.core.event import Side
from sync.core.fingerprint import canonical_part, edited
from sync.core.guests import decline, plan_guest
from sync.core.link import Base, Link
from sync.core.merge import Loss, merge, one_way
from sync.core.refusals import BY_SETTING, left_alone, refusal
from sync.core.rules import Reason, Rules
from sync.core.snapshot import Snapshot
from sync.core.uninvited import uninvited
from sync.core.unlinked import plan_unlinked, readable_half, shown_of
from sync.core.who import ANSWER, user_key, with_part
from sync.core.write import Verb, Write
from sync.core.writing import create, merged_action, update_write, version_of, without_mute_dates

_NOTHING = Base("", "", {})


def plan_pass(links: Iterable[Link], groupware: Snapshot, outlook: Snapshot, rules: Rules) -> Plan:
    """Decide for every event that either side showed. An event that nobody showed is not touched; deletion is
    only ever concluded from `Removed`."""
    shown = {G: groupware.observations, O: outlook.observations}
    linked: dict[Side, set[str]] = {G: set(), O: set()}
    actions: list[Action] = []
    halves: dict[str, Link] = {}
    orphans: list[Link] = []
    taken: set[str] = set()
    for link in links:
        taken.add(link.key)
        seen_here = False
        for side in (G, O):
            base = link.base(side)
            if base is not None:
                linked[side].add(base.id)
                seen_here = seen_here or base.id in shown[side]
        if not seen_here:
            continue
        half = readable_half(link, shown)
        if half is not None:
            halves[link.key] = link
        else:
            if link.intent is not None:
                orphans.append(link)
            action = plan_link(link, shown_of(link, G, shown), shown_of(link, O, shown), rules)
            if action is not None:
                actions.append(action)
    new = plan_unlinked(shown, linked, halves, orphans, taken, rules)
    actions += [still_declined(one, rules) for one in new]
    return Plan(tuple(actions))


def plan_link(
    link: Link, groupware: Observation | None, outlook: Observation | None, rules: Rules
) -> Action | None:
    """The Action for one Link; None when nothing at all is to be done."""
    for found in (groupware, outlook):
        if isinstance(found, Unreadable):
            return Action(Kind.PARK, found.code, link, detail=found.detail, side=found.side)
    role = role_now(link, groupware, outlook)
    if role is Role.GUEST:
        if link.role is Role.OWN and link.outlook is not None:
            return _hand_over(link, groupware, outlook, rules)
        return plan_guest(replace(link, role=role), groupware, outlook, rules)
    if link.role is Role.GUEST and role is Role.OWN:
        # This person's pass writes it from now on; the copy goes with the old meeting.
        link, outlook = replace(link, outlook=None), None
    link = replace(link, role=role)
    if role is Role.IMPORTED and isinstance(outlook, Seen) and outlook.hands_off == "cancelled":
        return _call_off(link, groupware, outlook, rules)
    link = with_echoes(link, {G: groupware, O: outlook})
    changes = _change(link.groupware, groupware, rules, G), _change(link.outlook, outlook, rules, O)
    seen = {s.side: s for s in (groupware, outlook) if isinstance(s, Seen)}
    if isinstance(groupware, Removed) and groupware.is_replaced and changes[1] is Change.CHANGED:
        return _replace(link, seen, rules)
    return with_declined_rooms(_by_cell(link, seen, CELLS[changes], rules), link, seen, rules)


def _by_cell(link: Link, seen: Mapping[Side, Seen], cell: Cell, rules: Rules) -> Action | None:
    match cell.kind:
        case Kind.REFRESH:
            return _refresh(link, seen, cell.reason, rules)
        case Kind.FORGET:
            return Action(Kind.FORGET, cell.reason, link, seen)
        case Kind.MERGE:
            return _merge_link(link, seen, cell, rules)
        case _:
            assert cell.target is not None
            return _one_way(link, seen, cell, cell.target, rules)


def role_now(link: Link, groupware: Observation | None, outlook: Observation | None) -> Role:
    """What this pass is to the event: as the record says, else as the copy does; by the Link if neither was shown."""
    if isinstance(groupware, Seen) and groupware.meeting:
        return groupware.role
    if isinstance(outlook, Seen) and outlook.role is not Role.OWN:
        return outlook.role
    return link.role


def _hand_over(
    link: Link, groupware: Observation | None, outlook: Observation | None, rules: Rules
) -> Action:
    """Another mailbox holds the meeting from now on; this one's goes."""
    assert link.outlook is not None
    seen = {s.side: s for s in (groupware, outlook) if isinstance(s, Seen)}
    if not rules.may_write(O):
        return left_alone(link, seen, Reason.DIRECTION, O)
    write = Write(link.key, Verb.DELETE, link.outlook.id, version_of(seen.get(O), link.outlook))
    return Action(Kind.DELETE, Reason.HANDED_OVER, link, seen, {O: write})


def _call_off(link: Link, groupware: Observation | None, outlook: Seen, rules: Rules) -> Action | None:
    """A meeting from outside was cancelled: the record goes for everybody."""
    assert link.groupware is not None
    seen = {s.side: s for s in (groupware, outlook) if isinstance(s, Seen)}
    if isinstance(groupware, Removed):
        return Action(Kind.FORGET, Reason.GONE_ON_BOTH, link, seen)
    if not rules.may_write(G):
        return left_alone(link, seen, Reason.DIRECTION, G)
    write = Write(link.key, Verb.DELETE, link.groupware.id, version_of(seen.get(G), link.groupware))
    return Action(Kind.DELETE, Reason.DELETED, link, seen, {G: write})


def _replace(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> Action | None:
    """A series that goes on as single events: what was edited of it in Outlook is kept in the history."""
    assert link.outlook is not None
    action = _one_way(link, seen, CELLS[Change.DELETED, Change.UNCHANGED], O, rules)
    if action is None or not action.writes:
        return action
    event = seen[O].event
    names = edited(event, link.outlook.digests, rules.capabilities[O].fields, link.outlook.announced)
    losses = tuple(Loss(O, name, canonical_part(event, name)) for name in sorted(names))
    return replace(action, losses=losses)


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


def _refresh(link: Link, seen: Mapping[Side, Seen], reason: str, rules: Rules) -> Action | None:
    """No synced field was edited; remember a version that moved, and forget a problem that is over.

    An event that became a series or a meeting without any other edit is parked, and what is parked for being
    left alone stays so: unwatched, the next edit of its other half would be written over it.
    """
    for one in seen.values():
        refused = rules.refuses(one)
        is_known = link.problem is not None and link.problem.code == refused
        if refused is not None and (is_known or refused not in BY_SETTING):
            return Action(Kind.PARK, refused, link, seen, side=one.side)
    invited = _invite(link, seen, rules)
    if invited is not None:
        return invited
    moved = any((base := link.base(s.side)) is None or base.version != s.version for s in seen.values())
    return Action(Kind.REFRESH, reason, link, seen) if moved or link.problem is not None else None


def _may_answer(link: Link, rules: Rules) -> bool:
    """Whether this person takes part by name; a member of a department answers for nobody."""
    takes_part = with_part(user_key(rules.user))
    return ANSWER in rules.capabilities[G].people and takes_part in (link.groupware or _NOTHING).digests


def _invite(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> Action | None:
    """Somebody whom the block names as not linked is linked by now: invite, and name nobody who need not be named."""
    record, base = seen.get(G), link.outlook
    names = uninvited(link, seen, rules)
    if record is None or base is None or not names:
        return None
    if not rules.may_write(O) or rules.is_outside(record, link) or rules.is_past(record, link):
        return None
    write = update_write(link, record, seen.get(O), base, names, rules)
    return Action(Kind.UPDATE, Reason.EDITED, link, seen, {O: write})


def _one_way(link: Link, seen: Mapping[Side, Seen], cell: Cell, target: Side, rules: Rules) -> Action | None:
    """One side did something, the other did not: carry it over unless a rule says no."""
    source, there = seen.get(target.other), seen.get(target)
    if target is O and link.role is Role.IMPORTED and source is not None and cell.kind is Kind.UPDATE:
        # Answers are no edit that Outlook would have to take.
        update = _update(link, seen, source, cell.reason, rules)
        if not update.writes:
            return update
    if cell.kind is not Kind.DELETE and source is None:
        return None  # nothing to carry over was shown; a retry reads it
    refused = refusal(link, source, cell, target, rules)
    if refused is None and there is not None:
        refused = rules.refuses(there)
    if refused == Reason.SHARED_DELETE and _may_answer(link, rules):
        return decline(link, seen, rules)
    if refused is not None:
        return left_alone(link, seen, refused, target)
    if cell.kind is Kind.DELETE:
        base = link.base(target)
        assert base is not None
        write = Write(link.key, Verb.DELETE, base.id, version_of(seen.get(target), base))
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
        return merged_action(
            link, seen, merge(*_both(seen), link.groupware, link.outlook, rules), reason, rules
        )
    held = rules.capabilities[source.side].fields
    names = edited(source.event, source_base.digests, held, source_base.announced)
    names = one_way(source, seen.get(target), base, names, rules)
    carried = without_mute_dates(link, source, seen.get(target) or base, names, rules)
    if not carried and names:
        return Action(Kind.REFRESH, Diagnostic.DATE_ANSWER, link, seen)
    names = carried
    if target is O:
        names |= uninvited(link, seen, rules)
    if not names:  # the other side cannot hold what was edited, or shows it already
        return Action(Kind.REFRESH, reason, link, seen)
    write = update_write(link, source, seen.get(target), base, names, rules)
    return Action(Kind.UPDATE, reason, link, seen, {target: write})


def _both(seen: Mapping[Side, Seen]) -> tuple[Seen, Seen]:
    return seen[G], seen[O]


def _merge_link(link: Link, seen: Mapping[Side, Seen], cell: Cell, rules: Rules) -> Action:
    refused = {
        side: refusal(link, seen[side], cell, side.other, rules, ignore_direction=True) for side in (G, O)
    }
    for side, reason in refused.items():
        # One side may have been dragged out of the window, or into the past, while the other is in it.
        is_elsewhere = reason in (Reason.OUTSIDE_WINDOW, Reason.PAST_EVENT) and refused[side.other] != reason
        # What the organizer changed still comes in, whatever was edited here.
        is_of_others = reason == Reason.MEETING_OF_OTHERS
        if reason is not None and not is_elsewhere and not is_of_others:
            return left_alone(link, seen, reason, side.other)
    found = merge(*_both(seen), link.groupware, link.outlook, rules)
    return merged_action(link, seen, found, cell.reason, rules)
