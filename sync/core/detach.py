"""Occurrences that Outlook cannot keep inside a series become events of their own: never a nearly right rule.

A groupware series is shown to the planner as what Outlook can say exactly (the native remainder, or nothing) and, for
every other occurrence in the window, one single event under an id of its own (`parts.occurrence_id`). A date that was
detached once stays so while its series lives on in Outlook: Exchange cannot put a cancelled date back
(graph-calendar.md 3.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sync.core.capabilities import Diagnostic
from sync.core.change import Observation, Removed, Role, Seen, Unreadable
from sync.core.event import AllDay, Event, Field, Recurrence, Side, Span
from sync.core.fingerprint import digest
from sync.core.link import Link
from sync.core.own_dates import as_attended, own_dates, takes_part
from sync.core.parts import CANCELLED, Original, field_of, occurrence_id, original_of, split_id
from sync.core.recurrence import (
    Held,
    first_day,
    normalised,
    occurrence_of,
    occurrences,
    order,
    plain_occurrence,
    rule_days,
)
from sync.core.refusals import holds_others
from sync.core.rules import Rules
from sync.core.settings import ParticipantsMode

DAY = timedelta(days=1)
# A neighbour by the rule is looked for this far around a date; nobody moves an occurrence further.
_NEIGHBOURHOOD = timedelta(days=800)


@dataclass(frozen=True, slots=True)
class Known:
    """What the Links say of one groupware series: its own Link, and the dates that are events of their own."""

    link: Link | None = None
    dates: Mapping[Original, Link] = field(default_factory=dict)


class Detacher:
    """Splits what the groupware shows, for one person's pass."""

    def __init__(self, links: Iterable[Link], rules: Rules) -> None:
        self._rules = rules
        self._known: dict[str, Known] = {}
        for link in links:
            if link.groupware is not None:
                self._know(link, link.groupware.id)

    def _know(self, link: Link, linked_id: str) -> None:
        event_id, original = split_id(linked_id)
        known = self._known.get(event_id, Known())
        if original is None:
            self._known[event_id] = replace(known, link=link)
        else:
            self._known[event_id] = replace(known, dates={**known.dates, original: link})

    def observations(self, found: Mapping[str, Observation]) -> dict[str, Observation]:
        """The groupware's observations as the planner sees them."""
        return {shown.id: shown for one in found.values() for shown in self.split(one)}

    def split(self, found: Observation) -> Iterator[Observation]:
        known = self._known.get(found.id, Known())
        if isinstance(found, Seen) and self._is_series(found):
            yield from (
                self._split_series(found, known) if self._is_in(found) else self._split_dates(found, known)
            )
            return
        yield found
        for original in known.dates:  # no series any more, or nothing that can be read
            virtual = occurrence_id(found.id, original)
            if isinstance(found, Unreadable):
                yield replace(found, id=virtual)
            else:
                yield Removed(found.side, virtual)

    def _is_series(self, found: Seen) -> bool:
        holds = self._rules.capabilities[found.side.other].series
        return found.event.recurrence is not None and holds is not None

    def _is_in(self, found: Seen) -> bool:
        people = self._rules.people
        return (
            people is None
            or not found.event.participants
            or takes_part(found.event, self._rules.user, people)
        )

    def _split_dates(self, found: Seen, known: Known) -> Iterator[Observation]:
        """Of one who takes part on single dates only: these."""
        assert self._rules.people is not None
        if known.link is not None:
            yield Removed(found.side, found.id, is_replaced=True)
        shown: set[Original] = set()
        for original in own_dates(found.event, self._rules.user, self._rules.people):
            event = occurrence_of(found.event, original)
            if event is not None and (original in known.dates or self._rules.covers(event)):
                shown.add(original)
                yield replace(_single(found, original, event), whole=found.event)
        for original in known.dates.keys() - shown:
            yield Removed(found.side, occurrence_id(found.id, original))

    def _attended(self, found: Seen, known: Known) -> Seen:
        """Everyone has a series of their own, without the dates that others have alone. A meeting that is held in
        Outlook has all its dates."""
        people, link = self._rules.people, known.link
        if people is None or self._rules.mode is not ParticipantsMode.APPOINTMENTS:
            return found
        if link is not None and (link.role is not Role.OWN or holds_others(link, self._rules)):
            return found
        return replace(found, event=as_attended(found.event, self._rules.user, people))

    def _split_series(self, found: Seen, known: Known) -> Iterator[Observation]:
        found = self._attended(found, known)
        native, loose = self.divide(found.event, known)
        if native is not None:
            yield replace(found, event=native)
        elif known.link is not None:
            yield Removed(found.side, found.id, is_replaced=True)
        reason = (Diagnostic.SERIES_AS_SINGLES if native is None else Diagnostic.OCCURRENCE_DETACHED).value
        shown: set[Original] = set()
        for original in loose:
            event = occurrence_of(found.event, original)
            if event is None or not (original in known.dates or self._rules.covers(event)):
                continue
            shown.add(original)
            yield replace(_single(found, original, event), diagnostics=(*found.diagnostics, reason))
        for original in known.dates.keys() - shown:
            yield Removed(found.side, occurrence_id(found.id, original))

    def divide(self, series: Event, known: Known) -> tuple[Event | None, list[Original]]:
        """What Outlook can say exactly (None: nothing), and the originals that become events of their own."""
        assert series.recurrence is not None
        holds = self._rules.capabilities[Side.OUTLOOK].series
        assert holds is not None
        held = holds(series.recurrence.rrule, series.span) if series.recurrence.rrule else None
        if not isinstance(held, Held) and not _is_outlooks_own(series, known):
            return None, self._in_reach(series, known)
        if not isinstance(held, Held):
            held = Held(series.recurrence.rrule, series.span)
        native = self._native(series, held)
        loose = set(self._crossing(native)) | self._sticky(series, native, known)
        irregular = {o for o in _originals(series) if not _is_by_rule(series, o)}
        odd = first_day(series.span) if first_day(series.span) != first_day(native.span) else None
        detached = (
            loose | irregular | ({odd} if odd is not None and not _is_cancelled(series, odd) else set())
        )
        assert native.recurrence is not None
        left = Recurrence(
            native.recurrence.rrule,
            (*native.recurrence.exdates, *loose),
            (),
            tuple(o for o in native.recurrence.overrides if o.original not in detached),
        )
        return normalised(replace(native, recurrence=left)), sorted(detached, key=order)

    def _native(self, series: Event, held: Held) -> Event:
        assert series.recurrence is not None
        overrides = tuple(o for o in series.recurrence.overrides if _is_by_rule(series, o.original))
        kept = replace(series.recurrence, rrule=held.rrule, rdates=(), overrides=overrides)
        return normalised(replace(series, span=held.span, recurrence=kept))

    def _in_reach(self, series: Event, known: Known) -> list[Original]:
        window = self._rules.window
        found = {original for original, _ in occurrences(series, window.first - DAY, window.until + DAY)}
        return sorted(found | known.dates.keys(), key=order)

    def _sticky(self, series: Event, native: Event, known: Known) -> set[Original]:
        """Dates that were detached before, and dates that were cancelled and take place again."""
        link = known.link
        if link is None or link.outlook is None or link.groupware is None:
            return set()
        alive = {
            original
            for original, one in known.dates.items()
            # What a guest has by itself is no event of ours: it goes when the guest is invited to the whole series.
            if not isinstance(original, datetime) and one.role is not Role.GUEST
        }
        for part in link.outlook.digests.keys() & link.groupware.digests.keys():
            original = original_of(part)
            if field_of(part) == CANCELLED and original is not None:
                alive.add(original)
        return {o for o in alive if _is_by_rule(native, o) and not _is_cancelled(series, o)}

    def _crossing(self, native: Event) -> Iterator[Original]:
        """Moved to or past the day of a neighbour, or made so long that it overlaps one: Exchange refuses it
        (graph-calendar.md 3.3, T27). A neighbour that moved counts where it stands and where it stood."""
        assert native.recurrence is not None
        moved = {o.original: o.event for o in native.recurrence.overrides}
        for original, event in moved.items():
            plain = plain_occurrence(native, original)
            if event.span == plain.span or isinstance(original, datetime):
                continue
            before, after = _neighbours(native, original)
            day = first_day(event.span)
            earlier = moved.get(before) or plain_occurrence(native, before) if before is not None else None
            later = moved.get(after) or plain_occurrence(native, after) if after is not None else None
            is_early = (
                before is not None
                and earlier is not None
                and (day <= max(before, first_day(earlier.span)) or _overlap(earlier.span, event.span))
            )
            is_late = (
                after is not None
                and later is not None
                and (day >= min(after, first_day(later.span)) or _overlap(event.span, later.span))
            )
            if is_early or is_late:
                yield original


def _single(found: Seen, original: Original, event: Event) -> Seen:
    """One date of a series as an event of its own."""
    uid = f"{found.uid}#{original.isoformat()}" if found.uid else None
    return replace(found, id=occurrence_id(found.id, original), event=event, uid=uid)


def _overlap(one: Span, next_one: Span) -> bool:
    """Whether the first lasts into the second."""
    if isinstance(one, AllDay) or isinstance(next_one, AllDay):
        until = one.until if isinstance(one, AllDay) else one.end.date()
        return until > first_day(next_one)
    return one.end > next_one.start


def _is_outlooks_own(series: Event, known: Known) -> bool:
    """Outlook holds this very rule although we would not write it: it was made there."""
    link = known.link
    if link is None or link.outlook is None or link.groupware is None:
        return False
    return link.groupware.digests.get(Field.TIME) == digest(series, Field.TIME)


def _originals(series: Event) -> Iterator[Original]:
    """Every occurrence that is named one by one."""
    assert series.recurrence is not None
    yield from series.recurrence.rdates
    yield from (o.original for o in series.recurrence.overrides)


def _is_by_rule(series: Event, original: Original) -> bool:
    if isinstance(original, datetime):
        return False
    assert series.recurrence is not None
    first = first_day(series.span)
    return any(True for _ in rule_days(series.recurrence.rrule, first, original, original + DAY))


def _is_cancelled(series: Event, original: Original) -> bool:
    assert series.recurrence is not None
    return original in series.recurrence.exdates or occurrence_of(series, original) is None


def _neighbours(series: Event, original: date) -> tuple[date | None, date | None]:
    """The days before and after by the rule, cancelled ones included."""
    assert series.recurrence is not None
    rrule, first = series.recurrence.rrule, first_day(series.span)
    before = list(rule_days(rrule, first, max(first, original - _NEIGHBOURHOOD), original))
    after = next(iter(rule_days(rrule, first, original + DAY, original + _NEIGHBOURHOOD)), None)
    return (before[-1] if before else None), after
