"""Why a decision is not carried out for this person, and what is shown instead."""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.action import Action, Kind
from sync.core.cells import Cell
from sync.core.change import SHARED, Seen
from sync.core.event import Side
from sync.core.link import Link
from sync.core.rules import Reason, Rules

G = Side.GROUPWARE


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
    if cell.kind is Kind.DELETE and target is G:
        base = link.base(G)
        if base is not None and base.residue.get(SHARED):
            return Reason.SHARED_DELETE
    return None


# Reasons that are a setting, not a trouble: such an event is passed over without a problem shown.
BY_SETTING = frozenset(
    (Reason.DIRECTION, Reason.EXCLUDED_TYPE, Reason.PAST_EVENT, Reason.OUTSIDE_WINDOW, Reason.SHARED_DELETE)
)


def left_alone(link: Link, seen: Mapping[Side, Seen], reason: str, target: Side) -> Action:
    """A linked event that turned into something we leave alone is parked, so that a person sees it."""
    is_linked = link.groupware is not None and link.outlook is not None
    kind = Kind.PARK if is_linked and reason not in BY_SETTING else Kind.SKIP
    return Action(kind, reason, link, seen, side=target.other)
