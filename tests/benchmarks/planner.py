"""The planner alone: 50,000 Links against complete snapshots of both sides."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sync.adapters.graph.mapping import OUTLOOK
from sync.core.action import Kind, Plan
from sync.core.capabilities import Capabilities
from sync.core.change import Seen
from sync.core.event import Event, Side, Timed
from sync.core.fingerprint import digests
from sync.core.link import Base, Link, key_of
from sync.core.plan import plan_pass
from sync.core.rules import Rules
from sync.core.snapshot import Snapshot
from sync.core.window import Window

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Planned:
    seconds: float
    mebibytes: float


def planner_figures(count: int) -> tuple[Planned, Planned]:
    """With one version in a hundred moved by an edit, and with every version moved (no edit but for those)."""
    return measure(count, all_moved=False), measure(count, all_moved=True)


def measure(count: int, *, all_moved: bool) -> Planned:
    """Time without tracing, then the peak with it: tracing would slow the timed run."""
    links, groupware, outlook, rules = world(count, all_moved)
    started = time.perf_counter()
    plan = plan_pass(links, groupware, outlook, rules)
    seconds = time.perf_counter() - started
    check(plan, count)
    del links, groupware, outlook, plan
    tracemalloc.start()
    links, groupware, outlook, rules = world(count, all_moved)
    plan_pass(links, groupware, outlook, rules)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Planned(seconds, peak / 2**20)


def world(count: int, all_moved: bool) -> tuple[list[Link], Snapshot, Snapshot, Rules]:
    capabilities = {Side.GROUPWARE: Capabilities(), Side.OUTLOOK: OUTLOOK}
    window = Window(date(2026, 1, 1), date(2027, 1, 1), "Asia/Tokyo")
    rules = Rules("default", "u1", window, NOW, capabilities)
    links: list[Link] = []
    shown: dict[Side, dict[str, Seen]] = {side: {} for side in Side}
    for number in range(count):
        start = datetime(2026, 1, 5, 9, 0, tzinfo=TOKYO) + timedelta(minutes=10 * number)
        event = Event(f"予定 {number}", Timed(start, start + timedelta(hours=1)), body=f"本文 {number}")
        halves: dict[Side, Base] = {}
        for side in Side:
            here = rules.fitted(event, side)
            event_id = f"{side.value}-{number:060}"
            halves[side] = Base(event_id, "1", digests(here, capabilities[side].fields))
            is_edited = number % 100 == 0 and side is Side.GROUPWARE
            now = replace(here, title=f"改題 {number}") if is_edited else here
            version = "2" if is_edited or all_moved else "1"
            shown[side][event_id] = Seen(side, event_id, version, now, modified=NOW)
        links.append(
            Link(
                key_of(Side.GROUPWARE, halves[Side.GROUPWARE].id),
                halves[Side.GROUPWARE],
                halves[Side.OUTLOOK],
                start.astimezone(UTC),
                start.astimezone(UTC) + timedelta(hours=1),
            )
        )
    snapshots = {side: Snapshot(side, shown[side], is_complete=True) for side in Side}
    return links, snapshots[Side.GROUPWARE], snapshots[Side.OUTLOOK], rules


def check(plan: Plan, count: int) -> None:
    assert plan.count(Kind.UPDATE) == count // 100
