"""What a pass did, as people read it: ids, counts and reasons; never titles, bodies or addresses (law 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sync.core.action import Action, Kind, Plan
from sync.core.event import Side
from sync.core.guard import Hold
from sync.core.mail import Mails
from sync.core.window import Window
from sync.core.write import Verb
from sync.engine.apply import Progress
from sync.engine.observe import Calendars

# Actions that nobody asks about one by one: only their number is kept.
_COUNTED_ONLY = frozenset((Kind.REFRESH, Kind.FORGET, Kind.SKIP))


def row(action: Action) -> dict[str, object]:
    """One Action of a report."""
    line: dict[str, object] = {"action": action.kind.value, "reason": str(action.reason)}
    for side in Side:
        seen, base = action.seen.get(side), action.link.base(side)
        known = seen.id if seen is not None else base.id if base is not None else None
        if known is not None:
            line[f"{side}Id"] = known
    if action.writes:
        line["writes"] = {side.value: write.verb.value for side, write in action.writes.items()}
        fields = {
            side.value: sorted(write.fields)
            for side, write in action.writes.items()
            if write.verb is Verb.UPDATE
        }
        if fields:
            line["fields"] = fields
    lost = {side.value: list(write.diagnostics) for side, write in action.writes.items() if write.diagnostics}
    if lost:
        line["diagnostics"] = lost
    if action.losses:
        line["kept"] = [{"side": loss.side.value, "field": loss.part} for loss in action.losses]
    if action.detail:
        line["detail"] = dict(action.detail)
    return line


def build_report(
    plan: Plan,
    progress: Progress | None,
    calendars: Calendars,
    window: Window,
    hold: Hold | None = None,
    mails: Mails | None = None,
) -> dict[str, object]:
    """The JSON-ready report of one pass. `progress` is None for a preview or a held Plan."""
    refused = progress.parked if progress is not None else []
    parked = {action.link.key for action, _, _ in refused}
    rows = [row(a) for a in plan.actions if a.kind not in _COUNTED_ONLY and a.link.key not in parked]
    rows += [
        row(action)
        | {"action": Kind.PARK.value, "reason": why.code, "detail": dict(why.detail), "side": side}
        for action, side, why in refused
    ]
    report: dict[str, object] = {
        "window": {"from": window.first.isoformat(), "to": window.until.isoformat(), "timeZone": window.zone},
        "counts": _counts(plan.actions, parked_keys=parked),
        "reasons": _reasons(plan.actions, [why.code for _, _, why in refused]),
        "actions": rows,
        "requests": {side.value: calendar.requests for side, calendar in calendars.items()},
    }
    if hold is not None:
        report["held"] = {
            "reason": hold.code,
            "count": hold.count,
            "limit": hold.limit,
            "mails": hold.mails,
            "links": sorted(hold.keys),
        }
    if mails is not None and mails != Mails():
        report["mails"] = asdict(mails)
    return report


def _counts(actions: Sequence[Action], parked_keys: set[str]) -> Mapping[str, Mapping[str, int]]:
    """Writes by side and verb; what needed no write by kind."""
    by_side: dict[str, Counter[str]] = {side.value: Counter() for side in Side}
    other: Counter[str] = Counter()
    for action in actions:
        if action.link.key in parked_keys:
            other[Kind.PARK.value] += 1
            continue
        for side, write in action.writes.items():
            by_side[side.value][write.verb.value] += 1
        if action.kind in (Kind.ADOPT, Kind.MERGE) or not action.writes:
            other[action.kind.value] += 1
    return {name: dict(found) for name, found in (by_side | {"events": other}).items()}


def _reasons(actions: Sequence[Action], refused: Sequence[str]) -> Mapping[str, int]:
    return dict(Counter([str(a.reason) for a in actions] + list(refused)))
