"""Why a decision is not carried out for this person, and what is shown instead."""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.action import Action, Kind
from sync.core.cells import Cell
from sync.core.change import SHARED, Role, Seen
from sync.core.event import Side
from sync.core.link import Link
from sync.core.rules import Reason, Rules
from sync.core.who import WITH, answer_of, keyed, user_key, who_part

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741


def refusal(
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
    if target is O and link.role is Role.IMPORTED:
        return Reason.MEETING_OF_OTHERS
    if cell.kind is Kind.DELETE and target is G:
        base = link.base(G)
        is_called_off = link.role is Role.OWN and holds_others(link, rules)
        if base is not None and base.residue.get(SHARED) and not is_called_off:
            return Reason.SHARED_DELETE
    if cell.kind is Kind.CREATE and target is O and source is not None and has_declined(source, rules):
        return Reason.DECLINED
    return None


def holds_others(link: Link, rules: Rules) -> bool:
    """Whether Outlook's half was a meeting of this person with others, if only on one date: to delete it was to call
    it off."""
    parts = link.outlook.digests if link.outlook is not None else ()
    held = {who.key for part in parts if (who := who_part(part)) is not None and who.kind == WITH}
    return bool(held - {user_key(rules.user)})


def has_declined(source: Seen, rules: Rules) -> bool:
    mine = keyed(source.event.participants).get(user_key(rules.user))
    return mine is not None and answer_of(mine) == "declined" and bool(source.residue.get(SHARED))


# Reasons that are a setting, not a trouble: such an event is passed over without a problem shown.
BY_SETTING = frozenset(
    (
        Reason.DIRECTION,
        Reason.EXCLUDED_TYPE,
        Reason.PAST_EVENT,
        Reason.OUTSIDE_WINDOW,
        Reason.SHARED_DELETE,
        Reason.DECLINED,
    )
)


def left_alone(link: Link, seen: Mapping[Side, Seen], reason: str, target: Side) -> Action:
    """A linked event that turned into something we leave alone is parked, so that a person sees it."""
    is_linked = link.groupware is not None and link.outlook is not None
    kind = Kind.PARK if is_linked and reason not in BY_SETTING else Kind.SKIP
    return Action(kind, reason, link, seen, side=target.other)
