"""Bounded harm: a Plan that deletes too much is held for the administrator."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sync.core.action import Kind, Plan
from sync.core.settings import OrganizationSettings


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a Plan is refused: `deletes` would go, `limit` are allowed at once."""

    deletes: int
    limit: int
    keys: frozenset[str]


def check(
    plan: Plan, linked: int, settings: OrganizationSettings, released: Collection[str] = ()
) -> Hold | None:
    """None: the Plan may be carried out. `linked`: how many events are linked on both sides.

    `released` are the Links whose delete an administrator has confirmed; they no longer count.
    """
    keys = frozenset(a.link.key for a in plan.actions if a.kind is Kind.DELETE)
    open_keys = keys - frozenset(released)
    limit = settings.max_deletes
    if len(open_keys) >= settings.min_deletes_for_percent:
        limit = min(limit, linked * settings.max_delete_percent // 100)
    if len(open_keys) <= limit:
        return None
    return Hold(len(open_keys), limit, keys)
