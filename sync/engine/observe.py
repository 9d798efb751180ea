"""Look at both sides until every statement about a linked event is sure enough to act upon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.change import Observation, Seen
from sync.core.event import Side
from sync.core.link import Link, marker_of
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.errors import CursorExpired
from sync.ports import Calendar, CursorPair

Calendars = Mapping[Side, Calendar]


@dataclass(frozen=True, slots=True)
class Round:
    """What both sides showed in one round, and the cursors to store once everything is applied."""

    snapshots: Mapping[Side, Snapshot]
    cursors: Mapping[Side, str]

    @property
    def is_empty(self) -> bool:
        """Nothing was said by either side: an idle pass."""
        return not any(s.observations or s.missing or s.is_complete for s in self.snapshots.values())


def read_changes(calendars: Calendars, window: Window, cursors: CursorPair | None) -> Round:
    """One round on each side: from its cursor, or the whole window where there is none or it died."""
    stored = {Side.GROUPWARE: cursors.groupware, Side.OUTLOOK: cursors.outlook} if cursors else {}
    snapshots: dict[Side, Snapshot] = {}
    following: dict[Side, str] = {}
    for side, calendar in calendars.items():
        snapshots[side], following[side] = _changes(calendar, window, stored.get(side))
    return Round(snapshots, following)


def _changes(calendar: Calendar, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
    if cursor:
        try:
            return calendar.changes(window, cursor)
        except CursorExpired:
            # Graph 410 and its relatives, a feed that was cut: the listing is then compared with the Links.
            return calendar.changes(window, None)
    return calendar.changes(window, None)


def confirm(
    calendars: Calendars,
    snapshots: Mapping[Side, Snapshot],
    links: Sequence[Link],
    window: Window,
    now: datetime,
    owner: tuple[str, str],
) -> dict[Side, Snapshot]:
    """Ask by id for everything that a listing leaves open, and search for creates that are in doubt."""
    sure: dict[Side, Snapshot] = {}
    has_new = _has_new(snapshots, links)
    doubtful = [link for link in links if _needs_reading(link, snapshots, now, has_new)]
    for side, calendar in calendars.items():
        shown = dict(snapshots[side].observations)
        asked = _open_ids(side, snapshots[side], links, window)
        asked |= {base.id for link in doubtful if (base := link.base(side)) is not None} - shown.keys()
        if asked:
            shown.update(calendar.read(sorted(asked)))
        shown.update(_find_announced(calendar, links, shown, owner))
        sure[side] = replace(snapshots[side], observations=shown, missing=frozenset())
    return sure


def reread(calendars: Calendars, links: Sequence[Link]) -> dict[Side, Snapshot]:
    """Both events of each Link as they are now."""
    found: dict[Side, Snapshot] = {}
    for side, calendar in calendars.items():
        ids = [base.id for link in links if (base := link.base(side)) is not None]
        found[side] = Snapshot(side, calendar.read(sorted(ids)) if ids else {})
    return found


def only(links: Sequence[Link], snapshots: Mapping[Side, Snapshot]) -> dict[Side, Snapshot]:
    """What was shown of these Links: what came along with it belongs to Links that are not looked at now."""
    found: dict[Side, Snapshot] = {}
    for side, snapshot in snapshots.items():
        ids = {base.id for link in links if (base := link.base(side)) is not None}
        kept = {event_id: one for event_id, one in snapshot.observations.items() if event_id in ids}
        found[side] = replace(snapshot, observations=kept)
    return found


def _has_new(snapshots: Mapping[Side, Snapshot], links: Iterable[Link]) -> bool:
    """Whether a side shows an event that has no Link."""
    known = {(side, base.id) for link in links for side in Side if (base := link.base(side)) is not None}
    return any(
        isinstance(found, Seen) and (side, found.id) not in known
        for side, snapshot in snapshots.items()
        for found in snapshot.observations.values()
    )


def _needs_reading(
    link: Link, snapshots: Mapping[Side, Snapshot], now: datetime, has_new: bool = False
) -> bool:
    """A parked, announced or damaged Link is read on both sides: when its time has come, or when either side
    shows it. A half that merely waits is left in peace until then, or until there is a new event, which may be
    its other half: a create that was called failed can have happened, or a person did it by hand."""
    if has_new and (link.groupware is None or link.outlook is None):
        return True
    waits = (
        link.problem is not None or link.intent is not None or link.groupware is None or link.outlook is None
    )
    halves = [base for base in (link.groupware, link.outlook) if base is not None]
    damaged = any(not base.digests for base in halves)
    if not waits and not damaged:
        return False
    if link.problem is None or link.problem.retry_at <= now:
        return True
    return any(
        base.id in snapshots[side].observations for side in Side if (base := link.base(side)) is not None
    )


def _open_ids(side: Side, snapshot: Snapshot, links: Iterable[Link], window: Window) -> set[str]:
    """Linked ids of which the round leaves open what became of them."""
    asked = set(snapshot.missing & snapshot.observations.keys())
    for link in links:
        base = link.base(side)
        if base is None:
            continue
        found = snapshot.observations.get(base.id)
        if found is None:
            is_missing = base.id in snapshot.missing or snapshot.is_complete
            if is_missing and _overlaps(link, window):
                asked.add(base.id)
        elif isinstance(found, Seen) and base.modified and found.modified and found.modified < base.modified:
            asked.add(base.id)  # an older state delivered again (graph-calendar.md 5.2, replays)
    return asked


def _overlaps(link: Link, window: Window) -> bool:
    if link.starts is None or link.ends is None:
        return True
    return window.overlaps(link.starts, link.ends)


def _find_announced(
    calendar: Calendar, links: Sequence[Link], shown: Mapping[str, Observation], owner: tuple[str, str]
) -> dict[str, Seen]:
    """Creates that were announced but never confirmed: is the event there already?"""
    known = {seen.marker for seen in shown.values() if isinstance(seen, Seen)}
    known |= {seen.uid for seen in shown.values() if isinstance(seen, Seen)}
    wanted: set[str] = set()
    for link in links:
        if link.intent is None or link.intent.side is not calendar.side:
            continue
        source = link.base(calendar.side.other)
        if calendar.side is Side.OUTLOOK:
            wanted |= {marker_of(*owner, source.id)} if source is not None else set()
        elif link.intent.uid:
            wanted.add(link.intent.uid)
    wanted -= {name for name in known if name}
    found = calendar.find(sorted(wanted)) if wanted else {}
    return {seen.id: seen for seen in found.values()}
