"""Small builders for the core's tests: an event, what a side shows of it, a Link that agrees with both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Seen
from sync.core.event import FIELDS, AllDay, Event, Form, Side, Timed, Visibility
from sync.core.fingerprint import digests
from sync.core.link import Base, Link, key_of
from sync.core.rules import Rules
from sync.core.snapshot import Snapshot
from sync.core.window import Window

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741
TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
WINDOW = Window(date(2026, 11, 1), date(2026, 12, 1), "Asia/Tokyo")
CAPABILITIES = {
    G: Capabilities(title_limit=1000, fields=frozenset(FIELDS)),
    O: Capabilities(
        title_limit=255,
        visibilities=frozenset((Visibility.PUBLIC, Visibility.PRIVATE)),
        forms=frozenset((Form.TIMED, Form.ALL_DAY)),
    ),
}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=TOKYO)


def meeting(title: str = "定例", day: int = 24, **changes: Any) -> Event:
    return replace(Event(title, Timed(at(day, 10), at(day, 11))), **changes)


def day_off(first: int = 25, days: int = 1) -> Event:
    start = date(2026, 11, first)
    return Event("休暇", AllDay(start, start + timedelta(days=days)), Form.ALL_DAY)


def seen(side: Side, event: Event, id: str = "", version: str = "2", **more: Any) -> Seen:
    return Seen(side, id or f"{side.value[0]}1", version, event, modified=NOW, **more)


def rules(**changes: Any) -> Rules:
    return replace(Rules("default", "u1", WINDOW, NOW, CAPABILITIES, token="pass-1"), **changes)


def base(side: Side, event: Event, id: str = "", version: str = "1") -> Base:
    """What `side` showed when both agreed on `event`."""
    fitted = rules().fitted(event, side)
    return Base(id or f"{side.value[0]}1", version, digests(fitted, CAPABILITIES[side].fields))


def linked(event: Event) -> Link:
    return Link(
        key_of(G, "g1"),
        base(G, event),
        base(O, event),
        starts=datetime(2026, 11, 24, tzinfo=UTC),
        ends=datetime(2026, 11, 25, tzinfo=UTC),
        etag="e1",
    )


def shown(side: Side, *found: Observation, complete: bool = False) -> Snapshot:
    return Snapshot(side, {one.id: one for one in found}, is_complete=complete)
