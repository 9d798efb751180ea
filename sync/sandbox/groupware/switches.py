"""What this groupware can hold, and how awkwardly it behaves. Tests and the demo turn these while it runs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

FORMS = ("timed", "startOnly", "allDay", "period", "noTime")
SHOW_AS = ("free", "tentative", "busy", "oof", "workingElsewhere")
IMPORTANCE = ("low", "normal", "high")
VISIBILITIES = ("public", "busyOnly", "participants", "private")
STATUSES = ("confirmed", "tentative")


@dataclass(slots=True)
class Switches:
    """`feed_duplicates`, `feed_replays`, `short_pages` and `empty_pages` are legal oddities that every answer
    then has. `responses` False: answers are the groupware's own. `coalesces` False: the feed has an entry for every
    change instead of the newest per event."""

    forms: tuple[str, ...] = FORMS
    show_as: tuple[str, ...] = SHOW_AS
    importance: tuple[str, ...] = IMPORTANCE
    visibilities: tuple[str, ...] = VISIBILITIES
    responses: bool = True
    title_min: int = 0
    title_limit: int = 1000
    place_limit: int = 500
    memo_limit: int = 1_000_000
    reminders_max: int = 5
    extensions_max: int = 65_536
    page_default: int = 200
    page_max: int = 1000
    feed_duplicates: bool = False
    feed_replays: bool = False
    short_pages: bool = False
    empty_pages: bool = False
    coalesces: bool = True
    latency_seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def turn(self, changes: dict[str, Any]) -> None:
        """Set the named switches. ValueError for a name or type that does not exist, nothing is set then."""
        known = self.to_json()
        for name, value in changes.items():
            wanted = (list, tuple) if isinstance(known.get(name), tuple) else type(known.get(name))
            if name not in known or not isinstance(value, wanted):
                raise ValueError(f"no such switch, or not such a value: {name}")
        for name, value in changes.items():
            setattr(self, name, tuple(value) if isinstance(value, list) else value)


def capabilities(
    switches: Switches, zone: str, scopes: frozenset[str], retention_days: int
) -> dict[str, Any]:
    """contract.yaml, schema `Capabilities`."""
    return {
        "contract": "1.0",
        "product": {"name": "Reference groupware", "version": "1"},
        "timeZone": zone,
        "forms": list(switches.forms),
        "statuses": list(STATUSES),
        "showAs": list(switches.show_as),
        "importance": list(switches.importance),
        "visibility": list(switches.visibilities),
        "recurrence": "full",
        "occurrenceEdit": False,
        "candidates": "read",
        "participants": {"organizations": True, "external": True, "responses": switches.responses},
        "facilities": True,
        "attachments": False,
        "webhooks": False,
        "extensions": True,
        "feed": {"retentionDays": retention_days, "embed": True, "perUser": True},
        "limits": {
            "titleMinLength": switches.title_min,
            "titleMaxLength": switches.title_limit,
            "placeMaxLength": switches.place_limit,
            "placeDetailMaxLength": switches.place_limit,
            "memoMaxLength": switches.memo_limit,
            "remindersMax": switches.reminders_max,
            "extensionsMaxBytes": switches.extensions_max,
            "pageSizeDefault": switches.page_default,
            "pageSizeMax": switches.page_max,
        },
        "scopes": sorted(scopes),
    }
