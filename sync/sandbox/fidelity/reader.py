"""One entry of a calendar file as the events that a person would enter for it into the groupware.

A series goes in as a series where the groupware holds its rule, otherwise as the same dates one by one. What cannot
be entered, or not as it is written, is named in `findings`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icalendar import Event
from icalendar.prop import vDDDTypes

from sync.sandbox.fidelity.dates import on_series, read_dates
from sync.sandbox.fidelity.diagnostics import Finding
from sync.sandbox.fidelity.entries import Entry
from sync.sandbox.fidelity.moments import BROKEN, Extent, Moments, NotEntered, check_whole, moments_of
from sync.sandbox.fidelity.pieces import Account
from sync.sandbox.fidelity.places import Places, written_name
from sync.sandbox.fidelity.segments import Override
from sync.sandbox.fidelity.series import Series
from sync.sandbox.fidelity.texts import is_cancelled, texts
from sync.sandbox.fidelity.windows import Stretch
from sync.sandbox.fidelity.wire import times

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Translation:
    """`events`: bodies for the groupware. What starts at or after `until` (as `moments.in_order` says) is not
    compared. `is_entered` False: nothing of the entry is, and nothing is expected."""

    events: tuple[Json, ...] = ()
    findings: frozenset[Finding] = frozenset()
    until: datetime | None = None
    is_entered: bool = True


def translate(entry: Entry, stretch: Stretch, places: Places) -> Translation:
    try:
        return Translator(entry, stretch, places).translate()
    except NotEntered as reason:
        return Translation(findings=frozenset({reason.finding}), is_entered=False)
    except BROKEN as error:
        # Whatever may be wrong in a file has been looked for: this is our fault, and counts as wrong.
        return Translation(
            findings=frozenset({Finding("reader-failed", type(error).__name__)}), is_entered=False
        )


class Translator:
    def __init__(self, entry: Entry, stretch: Stretch, places: Places) -> None:
        self.account = Account()
        self.moments: Moments = moments_of(entry.home_zone, self.account.findings)
        self.stretch, self.places = stretch, places
        self.master, self.edits = newest(entry.components, self.account)
        self.events: list[Json] = []

    def translate(self) -> Translation:
        if self.master is not None:
            self.enter(self.master)
        else:
            for event in self.edits:
                self.enter_edit(event)
        return Translation(tuple(self.events), frozenset(self.account.findings), self.account.compared_until)

    def enter_edit(self, event: Event) -> None:
        """An edited occurrence whose series is not in the file."""
        extent = self.moments.extent(event)
        if is_cancelled(event):
            self.account.note("cancelled-occurrence")
            return
        self.note(event, extent)
        self.events.append({**texts(event), **times(extent, self.places)})

    def enter(self, master: Event) -> None:
        extent = self.moments.extent(master)
        if is_cancelled(master):
            raise NotEntered("cancelled")
        self.note(master, extent)
        moments = self.moments.within(extent)
        dates = read_dates(master, extent, moments)
        place = None if extent.is_days else extent.place
        overrides: dict[datetime, Override] = {}
        for event in sorted(self.edits, key=revision):
            own = self.moments.extent(event)
            original = on_series(moments.value(event, "RECURRENCE-ID"), place)
            # An edit that brings a rule along is of a series that has been written anew since.
            is_old = revision(event) < revision(master) and has_own_rule(event) and not dates.has(original)
            if is_old or original in overrides:
                self.account.note("superseded")
            if not is_old:
                self.note(event, own)
                overrides[original] = Override(original, event, own, is_for_all_following(event))
        edited = list(overrides.values())
        series = Series(master, extent, dates, edited, self.stretch, self.places, self.account)
        self.events += series.events()

    def note(self, event: Event, extent: Extent) -> None:
        if "RRULE" in event and not event["RRULE"]:
            self.account.note("empty-rule")
        if "RECURRENCE-ID" in event and has_own_rule(event):
            self.account.note("rule-of-an-edit")
        if not extent.is_days:
            name = self.places.name_of(extent.place)
            written = written_name(extent.place)
            if name is None:
                self.account.findings.add(Finding("zone-as-instants", written))
            elif written:
                self.account.findings.add(Finding("zone-recognised", f"{written}: {name}"))


def newest(components: Iterable[Event], account: Account) -> tuple[Event | None, list[Event]]:
    """The master and its edited occurrences; of several revisions the newest."""
    chosen: dict[object, Event] = {}
    for event in components:
        check_whole(event)
        identity: Any = event.get("RECURRENCE-ID")
        key = None if identity is None else identity.dt
        before = chosen.get(key)
        if before is None:
            chosen[key] = event
            continue
        is_tie = revision(event) == revision(before)
        account.note("duplicate-uid" if is_tie else "superseded")
        chosen[key] = max(before, event, key=revision)
    return chosen.pop(None, None), list(chosen.values())


def revision(event: Event) -> tuple[int, str]:
    """SEQUENCE, then DTSTAMP, which is always written in UTC (RFC 5546 2.1.5)."""
    number, stamp = event.get("SEQUENCE"), event.get("DTSTAMP")
    written = stamp.to_ical().decode() if isinstance(stamp, vDDDTypes) else ""
    return number if isinstance(number, int) else -1, written


def has_own_rule(event: Event) -> bool:
    return any(name in event for name in ("RRULE", "RDATE", "EXDATE"))


def is_for_all_following(event: Event) -> bool:
    return str(event["RECURRENCE-ID"].params.get("RANGE", "")).upper() == "THISANDFUTURE"
