"""The decision table: what each side did, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.core.action import Kind
from sync.core.change import Change
from sync.core.event import Side
from sync.core.rules import Reason

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741 - the two sides, side by side in the table below
U, C, D, A = Change.UNCHANGED, Change.CHANGED, Change.DELETED, Change.ABSENT


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
