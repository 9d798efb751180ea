"""Rooms that declined, in a Plan: the problem of their event as long as they are invited (graph-calendar.md 6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.core.action import Action, Kind
from sync.core.change import Role, Seen
from sync.core.event import Side
from sync.core.link import Complaint, Link
from sync.core.rooms import Declined, complaint, declined_rooms, inquiry
from sync.core.rules import Rules

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
    why = _complaint(seen, rooms, rules)
    return Action(Kind.PARK, why.code, link, seen, detail=why.detail, side=Side.OUTLOOK, declined=rooms)


def still_declined(action: Action, rules: Rules) -> Action:
    """What is written to Outlook is shown again by the next round; what is not would hide that a room declined."""
    is_shown_again = action.kind not in _LINKING or Side.OUTLOOK in action.writes
    rooms = _rooms(action.seen, rules)
    if is_shown_again or not rooms or action.link.role is Role.GUEST:
        return action
    return replace(action, declined=rooms, complaint=_complaint(action.seen, rooms, rules))


def _rooms(seen: Mapping[Side, Seen], rules: Rules) -> Declined:
    outlook = seen.get(Side.OUTLOOK)
    if outlook is None or rules.people is None:
        return {}
    return declined_rooms(outlook.event, rules.now, rules.window.zone)


def _complaint(seen: Mapping[Side, Seen], rooms: Declined, rules: Rules) -> Complaint:
    """Before anybody has asked the rooms' calendars."""
    assert rules.people is not None
    asked = inquiry(seen[Side.OUTLOOK].event, rooms, rules.people, rules.window)
    return complaint(asked, {}, rules.people, rules.window.zone)
