"""Rooms that declined, in a Plan: the problem of their event as long as they are invited (graph-calendar.md 6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.core.action import Action, Kind
from sync.core.attendance import facility_name
from sync.core.change import Role, Seen
from sync.core.event import Side
from sync.core.link import Complaint, Link
from sync.core.rooms import DECLINED
from sync.core.rules import Rules
from sync.core.sharing import declined_rooms

# Actions after which the event stands on both sides.
_LINKING = frozenset((Kind.CREATE, Kind.UPDATE, Kind.MERGE, Kind.ADOPT))


def with_declined_rooms(
    action: Action | None, link: Link, seen: Mapping[Side, Seen], rules: Rules
) -> Action | None:
    """What follows for a linked event: where nothing else does, it is parked. Nothing is tried again for a room."""
    if action is not None and action.kind is not Kind.REFRESH:
        return still_declined(action, rules)
    rooms = _rooms(seen, rules)
    if not rooms:
        return action
    why = _complaint(rooms, rules)
    return Action(Kind.PARK, why.code, link, seen, detail=why.detail, side=Side.OUTLOOK, declined=rooms)


def still_declined(action: Action, rules: Rules) -> Action:
    """What is written to Outlook is shown again by the next round; what is not would hide that a room declined."""
    is_shown_again = action.kind not in _LINKING or Side.OUTLOOK in action.writes
    rooms = _rooms(action.seen, rules)
    if is_shown_again or not rooms or action.link.role is Role.GUEST:
        return action
    return replace(action, declined=rooms, complaint=_complaint(rooms, rules))


def _rooms(seen: Mapping[Side, Seen], rules: Rules) -> tuple[str, ...]:
    outlook = seen.get(Side.OUTLOOK)
    return declined_rooms(outlook.event) if outlook is not None and rules.people is not None else ()


def _complaint(rooms: tuple[str, ...], rules: Rules) -> Complaint:
    assert rules.people is not None
    return Complaint(DECLINED, {"facility": ", ".join(facility_name(room, rules.people) for room in rooms)})
