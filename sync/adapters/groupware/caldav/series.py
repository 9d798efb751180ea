"""A resource as an event of the neutral model: what the rule says on each day, and what differs.

iCalendar gives every date of a series the same exact length (RFC 5545 3.8.5.3), the neutral model the same times on
the clock (`lengths`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sync.adapters.groupware.caldav.context import Context
from sync.adapters.groupware.caldav.durations import Duration
from sync.adapters.groupware.caldav.fields import fields_from
from sync.adapters.groupware.caldav.lines import Component
from sync.adapters.groupware.caldav.people import with_people
from sync.adapters.groupware.caldav.resource import Resource, revision
from sync.adapters.groupware.caldav.when import (
    Clock,
    Extent,
    Moment,
    extent_of,
    length_between,
    same_time,
    span_of,
    wall_of,
)
from sync.adapters.groupware.lengths import uneven
from sync.core.event import AllDay, Event, Override, Recurrence, Span, Timed
from sync.core.recurrence import (
    Original,
    canonical_rrule,
    normalised,
    occurrence_of,
    plain_occurrence,
)
from sync.errors import CannotSync

_DAY = timedelta(days=1)
# The calendar scale that all others are exceptions to (RFC 7529): to say it says nothing.
_USUAL_SCALE = ("RSCALE=GREGORIAN", "SKIP=OMIT")
_UNTIL_DAY = re.compile(r"UNTIL=\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a resource says; `event` in the neutral model, `clock` reads times as its dates mean them.

    Of a series: `given`: the dates that its rule and its RDATEs give, nothing cancelled or changed; `edits`: its
    changed occurrences by the proper name of their originals; `periods`: the lengths of dates with one of their own.
    """

    resource: Resource
    event: Event
    clock: Clock
    extent: Extent
    given: Event | None = None
    edits: Mapping[Original, Component] = field(default_factory=dict)
    periods: Mapping[Original, Duration] = field(default_factory=dict)

    def apart_from_edits(self, original: Original) -> Span:
        """When an occurrence takes place if no VEVENT of its own says so."""
        assert self.given is not None
        plain = plain_occurrence(self.given, original).span
        start = plain.first if isinstance(plain, AllDay) else plain.start
        return span_of(start, self.periods.get(original, self.extent.length))


def show(resource: Resource, context: Context) -> Shown:
    """`CannotSync` for what nobody can read: a time, a zone, a rule; "range-this-and-future" by name."""
    extent = extent_of(resource.master, resource.clock)
    if not is_series(resource):
        event = content(resource.master, extent.span(), context)
        return Shown(resource, event, resource.clock, extent)
    return _Reader(resource, extent, context).read()


def is_series(resource: Resource) -> bool:
    if resource.master.line("RECURRENCE-ID") is not None:
        return False
    has_rule = any(line.value.strip() for line in resource.master.lines("RRULE", "RDATE"))
    return has_rule or bool(resource.edits)


def content(component: Component, span: Span, context: Context, series: Event | None = None) -> Event:
    """One occurrence as a VEVENT says it, people included."""
    return with_people(fields_from(component, span, context.types, series), component, context)


def is_cancelled(component: Component) -> bool:
    return component.value("STATUS").upper() == "CANCELLED"


class _Reader:
    """Reads one series. Dates without a zone of their own are in that of its start, as many programs write them."""

    def __init__(self, resource: Resource, extent: Extent, context: Context) -> None:
        self._resource, self._extent, self._context = resource, extent, context
        start = extent.start
        self._home = start.tzinfo if isinstance(start, datetime) else resource.clock.home
        assert isinstance(self._home, ZoneInfo)
        self._clock = Clock(resource.clock.zones, self._home)

    def read(self) -> Shown:
        master = self._resource.master
        single = content(master, self._extent.on_the_wall(), self._context)
        by_rule = replace(single, recurrence=Recurrence(self._rrule(single.span)))
        periods: dict[Original, Duration] = {}
        added = {self._name(by_rule, moment): length for moment, length in self._added()}
        periods |= {name: length for name, length in added.items() if length is not None}
        edits = {
            name: edit
            for name, edit in self._edits(by_rule)
            if name in added or not self._is_left_over(by_rule, name, edit)
        }
        cancelled = self._cancelled(by_rule, (*added, *edits))
        # An edited date that the series does not have takes place all the same.
        rdates = {*added, *(name for name in edits if occurrence_of(by_rule, name) is None)}
        assert by_rule.recurrence is not None
        given = replace(single, recurrence=replace(by_rule.recurrence, rdates=tuple(rdates)))
        shown = Shown(self._resource, given, self._clock, self._extent, given, edits, periods)
        overrides = tuple(self._overrides(shown))
        cancelled |= {name for name, edit in edits.items() if is_cancelled(edit)}
        dates = Recurrence(by_rule.recurrence.rrule, tuple(cancelled), tuple(rdates), overrides)
        return replace(shown, event=normalised(replace(given, recurrence=dates)))

    def _is_left_over(self, by_rule: Event, name: Original, edit: Component) -> bool:
        """An edit that brings a rule along is of a series that has been written anew since, without that date."""
        is_old = revision(edit) < revision(self._resource.master)
        return (
            is_old and bool(edit.lines("RRULE", "RDATE", "EXDATE")) and occurrence_of(by_rule, name) is None
        )

    def _rrule(self, span: Span) -> str:
        if any(line.value.strip() for line in self._resource.master.lines("EXRULE")):
            raise CannotSync("recurrence-unreadable", {"part": "EXRULE"})
        rules = [text for line in self._resource.master.lines("RRULE") if (text := line.value.strip())]
        if len(rules) > 1:
            raise CannotSync("recurrence-unreadable", {"part": "RRULE"})
        return rule_from(rules[0], span) if rules else ""

    def _added(self) -> Iterator[tuple[Moment, Duration | None]]:
        """The additional dates, as wall times or days; of periods with their lengths (whole days have none)."""
        for line in self._resource.master.lines("RDATE"):
            for _, start, end in self._clock.moments(line):
                if not isinstance(self._extent.start, datetime):
                    yield self._wall(start), None
                elif isinstance(end, Duration) or end is None:
                    yield self._wall(start), end
                else:
                    yield self._wall(start), length_between(start, end, "RDATE")

    def _edits(self, by_rule: Event) -> Iterator[tuple[Original, Component]]:
        for edit in self._resource.edits:
            line = edit.line("RECURRENCE-ID")
            assert line is not None
            if (line.param("RANGE") or "").strip():
                raise CannotSync("range-this-and-future")
            yield self._name(by_rule, self._wall(self._clock.moment(line))), edit

    def _cancelled(self, by_rule: Event, others: tuple[Original, ...]) -> set[Original]:
        """A day cancels whatever takes place on it."""
        found: set[Original] = set()
        for line in self._resource.master.lines("EXDATE"):
            for _, moment, _ in self._clock.moments(line):
                wall = self._wall(moment)
                found.add(self._name(by_rule, wall))
                if not isinstance(wall, datetime):
                    found |= {one for one in others if day_of(one) == wall}
        return found

    def _overrides(self, shown: Shown) -> Iterator[Override]:
        given = shown.given
        assert given is not None
        for name, edit in shown.edits.items():
            if not is_cancelled(edit):
                span = extent_of(edit, self._clock).span()
                yield self._override(given, name, content(edit, span, self._context, given))
        for name in {*shown.periods, *uneven(given, self._extent.length.total)} - shown.edits.keys():
            if occurrence_of(given, name) is not None:
                one = replace(plain_occurrence(given, name), span=shown.apart_from_edits(name))
                yield self._override(given, name, one)

    @staticmethod
    def _override(given: Event, name: Original, event: Event) -> Override:
        """Where it takes place when its series says, exactly as its series says it."""
        plain = plain_occurrence(given, name)
        return Override(name, replace(event, span=plain.span) if same_time(event.span, plain.span) else event)

    def _wall(self, moment: Moment) -> Moment:
        """The naive wall time in the zone of the series; of a series of whole days the day, as it is written."""
        if not isinstance(self._extent.start, datetime):
            return day_of(moment)
        return wall_of(moment, self._home) if isinstance(self._home, ZoneInfo) else moment

    def _name(self, by_rule: Event, moment: Moment) -> Original:
        return proper_name(by_rule, moment)


def proper_name(by_rule: Event, moment: Moment) -> Original:
    """How the neutral model names an occurrence: by its day where the rule or the start gives it, else by its wall
    time. `by_rule`: the series without anything but its rule."""
    if isinstance(by_rule.span, AllDay):
        return day_of(moment)
    if not isinstance(moment, datetime):
        is_given = occurrence_of(by_rule, moment) is not None
        return moment if is_given else datetime.combine(moment, by_rule.span.start.time())
    return moment.date() if occurrence_of(by_rule, moment) is not None else moment


def day_of(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def rule_from(text: str, span: Span) -> str:
    """The canonical rule that RRULE text means. A day that ends a series of times, which the standard does not allow,
    ends it with its first moment in UTC, as programs read it."""
    parts = [part.strip() for part in text.upper().split(";")]
    if isinstance(span, Timed):
        parts = [f"{part}T000000Z" if _UNTIL_DAY.fullmatch(part) else part for part in parts]
    return canonical_rrule(";".join(part for part in parts if part not in _USUAL_SCALE), span)
