"""Bounded harm: a Plan that deletes too much is held for the administrator."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sync.core.action import Kind, Plan
from sync.core.link import Link
from sync.core.parts import split_id
from sync.core.settings import OrganizationSettings


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a Plan is refused: so many would be deleted, or mailed, and so many are allowed at once."""

    code: str  # "guard-deletes" or "guard-mails"
    count: int
    limit: int
    keys: frozenset[str]
    mails: int = 0


def check(
    plan: Plan,
    linked: int,
    settings: OrganizationSettings,
    released: Collection[str] = (),
    mails: int = 0,
    released_mails: int = 0,
) -> Hold | None:
    """None: the Plan may be carried out. `linked`: how many events are linked on both sides; `mails`: how many
    invitations, updates and cancellations Exchange would send to people.

    `released` are the Links whose delete an administrator has confirmed; they no longer count. Nor do mails up to
    the number that was confirmed.
    """
    deletes = [a.link for a in plan.actions if a.kind is Kind.DELETE]
    confirmed = frozenset(released)
    count = len({_event_of(link) for link in deletes if link.key not in confirmed})
    limit = settings.max_deletes
    if count >= settings.min_deletes_for_percent:
        limit = min(limit, linked * settings.max_delete_percent // 100)
    keys = frozenset(link.key for link in deletes)
    if count > limit:
        return Hold("guard-deletes", count, limit, keys, mails)
    if mails > max(settings.max_mails, released_mails):
        return Hold("guard-mails", mails, settings.max_mails, keys, mails)
    return None


def _event_of(link: Link) -> str:
    """A series that stands in Outlook as single events is one event."""
    return split_id(link.groupware.id)[0] if link.groupware is not None else link.key
