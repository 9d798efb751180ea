"""A series, neutral to iCalendar: what to change in a resource so that it shows the wanted series and nothing else.

It is worked out against the resource as it is: a date that stands there already stays as it is written, and what a
changed occurrence says beside our model stays as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time

from sync.adapters.groupware.caldav.context import Context
from sync.adapters.groupware.caldav.durations import Duration
from sync.adapters.groupware.caldav.fields import field_to
from sync.adapters.groupware.caldav.lines import Component
from sync.adapters.groupware.caldav.residue import OF_SERIES_ONLY
from sync.adapters.groupware.caldav.series import (
    Shown,
    content,
    day_of,
    is_cancelled,
    proper_name,
    rule_from,
)
from sync.adapters.groupware.caldav.when import Clock, Moment, extent_of, same_time, span_of, wall_of
from sync.adapters.groupware.caldav.when_writing import span_to, style_of
from sync.adapters.groupware.lengths import uneven
from sync.core.event import FIELDS, AllDay, Event, Field, Recurrence, Reminder, Span, value
from sync.core.recurrence import Original, occurrence_of, order, plain_occurrence
from sync.errors import CannotSync

_UNTIL = re.compile(r"(?<=UNTIL=)\d{8}")


def series_to(shown: Shown, wanted: Event, context: Context) -> None:
    """The resource shows the wanted series, apart from the fields of the series itself and from people.

    `CannotSync`: "series-without-master" where only one occurrence of somebody's series is here.
    """
    if shown.resource.master.line("RECURRENCE-ID") is not None:
        raise CannotSync("series-without-master")
    _SeriesWriter(shown, wanted, context).write()


class _SeriesWriter:
    def __init__(self, shown: Shown, wanted: Event, context: Context) -> None:
        assert wanted.recurrence is not None
        self._shown, self._wanted, self._context = shown, wanted, context
        self._series = wanted.recurrence
        self._master = shown.resource.master
        self._calendar = shown.resource.calendar
        self._by_rule = replace(wanted, recurrence=Recurrence(self._series.rrule))
        self._edits = self._renamed(shown.edits)
        self._hidden = self._renamed_hidden()
        self._out = set(self._series.exdates)
        self._given = replace(wanted, recurrence=Recurrence(self._series.rrule, rdates=self._series.rdates))

    def write(self) -> None:
        before = self._master.line("DTSTART")
        style_before = style_of(self._master, self._shown.resource.clock)
        span_to(self._master, self._wanted.span, self._shown.resource.clock, is_series=True)
        self._style = style_of(self._master, self._shown.resource.clock)
        self._is_moved = self._master.line("DTSTART") != before
        self._is_restyled = self._style != style_before
        home = self._style.tz or self._shown.resource.clock.home
        self._clock = Clock(self._shown.resource.clock.zones, home)
        self._length = extent_of(self._master, self._clock).length
        self._rule_to()
        self._added_to()
        self._cancelled_to()
        self._edits_to()
        self._stay_a_series()

    def _renamed(self, edits: Mapping[Original, Component]) -> dict[Original, Component]:
        """By the names that the originals will have. Of two that become one (two times of a day that becomes a whole
        one) the first stays."""
        found: dict[Original, Component] = {}
        for name, edit in edits.items():
            if found.setdefault(proper_name(self._by_rule, name), edit) is not edit:
                self._calendar.replace(edit, None)
        return found

    def _renamed_hidden(self) -> set[Original]:
        """The changed occurrences that did not take place all the same."""
        before = self._shown.event.recurrence
        if before is None:
            return set()
        given = replace(self._shown.event, recurrence=Recurrence(before.rrule, rdates=before.rdates))
        out = set(before.exdates)
        hidden = (n for n in self._shown.edits if n in out or occurrence_of(given, n) is None)
        return {proper_name(self._by_rule, name) for name in hidden}

    # -- the rule -------------------------------------------------------------------------------------------

    def _rule_to(self) -> None:
        """In its own words where they mean the same."""
        rrule, before = self._series.rrule, self._master.value("RRULE")
        if before and self._says(before, rrule):
            return
        if not rrule:
            self._master.remove("RRULE")
        else:
            self._master.set_value("RRULE", _UNTIL.sub(lambda found: self._end_of(found[0]), rrule))

    def _says(self, before: str, rrule: str) -> bool:
        # The end of a rule is a day or an instant, as the start is.
        is_of_days = isinstance(self._shown.event.span, AllDay)
        if is_of_days is not isinstance(self._wanted.span, AllDay) and "UNTIL" in before.upper():
            return False
        return rule_from(before, self._wanted.span) == rrule

    def _end_of(self, day: str) -> str:
        """The last second of that day: it holds the occurrence also after the series moves to another time of day. In
        UTC, or local where the start has no zone (RFC 5545 3.3.10)."""
        if self._style.tz is None:
            return day
        end = datetime.combine(date.fromisoformat(day), time(23, 59, 59), self._style.tz)
        return f"{end:%Y%m%dT%H%M%S}" if self._style.tzid == "" else f"{end.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    # -- dates ----------------------------------------------------------------------------------------------

    def _added_to(self) -> None:
        if self._is_restyled:
            self._master.remove("RDATE")

        def is_kept(moment: Moment) -> bool:
            name = self._name(moment)
            return name in self._series.rdates or not self._takes_place_by(name) or self._is_by_rule(name)

        there = self._kept("RDATE", is_kept)
        strays = {n for n, e in self._edits.items() if not is_cancelled(e) and not self._is_by_rule(n)}
        missing = set(self._series.rdates) - {self._name(one) for one in there} - strays
        self._add("RDATE", missing)

    def _stay_a_series(self) -> None:
        """Without a date but its first it still is one: nobody made a single event of it."""
        edits = (one for one in self._calendar.children("VEVENT") if one.line("RECURRENCE-ID") is not None)
        if not self._master.lines("RRULE", "RDATE") and not any(edits):
            start = self._wanted.span
            self._add("RDATE", {start.first if isinstance(start, AllDay) else start.start.date()})

    def _takes_place_by(self, name: Original) -> bool:
        """Whether an additional date took place before."""
        return self._shown.event.recurrence is not None and name in self._shown.event.recurrence.rdates

    def _cancelled_to(self) -> None:
        if self._is_moved:
            self._master.remove("EXDATE")

        def is_kept(moment: Moment) -> bool:
            return not any(self._takes_place(name) for name in self._cancelled_by(moment))

        there = self._kept("EXDATE", is_kept)
        said = {name for moment in there for name in self._cancelled_by(moment)}
        if not self._is_moved:
            said |= {name for name, edit in self._edits.items() if is_cancelled(edit)}
        self._add("EXDATE", self._out - said)

    def _takes_place(self, name: Original) -> bool:
        return name not in self._out and occurrence_of(self._given, name) is not None

    def _cancelled_by(self, moment: Moment) -> set[Original]:
        """A day cancels whatever takes place on it."""
        found = {self._name(moment)}
        if not isinstance(moment, datetime):
            others = (*self._series.rdates, *(one.original for one in self._series.overrides))
            found |= {one for one in others if day_of(one) == moment}
        return found

    def _kept(self, name: str, is_kept: Callable[[Moment], bool]) -> list[Moment]:
        """Takes the values out that are not to be kept; returns the others, as walls or days."""
        found: list[Moment] = []
        for line in self._master.lines(name):
            values = [(text, self._wall(moment)) for text, moment, _ in self._clock.moments(line)]
            kept = [(text, moment) for text, moment in values if is_kept(moment)]
            found += [moment for _, moment in kept]
            if len(kept) < len(values):
                left = replace(line, value=",".join(text for text, _ in kept)) if kept else None
                self._master.replace(line, left)
        return found

    def _add(self, name: str, originals: Collection[Original]) -> None:
        if originals:
            moments = [self._moment(one) for one in sorted(originals, key=order)]
            self._master.add(self._style.line(name, moments))

    def _moment(self, original: Original) -> Moment:
        """The start that an occurrence has by its series, as the series writes its own."""
        if isinstance(self._wanted.span, AllDay):
            return day_of(original)
        if isinstance(original, datetime):
            return original
        return datetime.combine(original, self._wanted.span.start.time())

    def _wall(self, moment: Moment) -> Moment:
        if isinstance(self._wanted.span, AllDay):
            return day_of(moment)
        return wall_of(moment, self._clock.home)

    def _name(self, moment: Moment) -> Original:
        return proper_name(self._by_rule, moment)

    def _is_by_rule(self, name: Original) -> bool:
        return occurrence_of(self._by_rule, name) is not None

    # -- changed occurrences ----------------------------------------------------------------------------------

    def _edits_to(self) -> None:
        contents = {one.original: one.event for one in self._series.overrides}
        names = {*contents, *self._edits, *self._shown.periods, *uneven(self._given, self._length.total)}
        for name in sorted(names, key=order):
            plain = occurrence_of(self._given, name) if name not in self._out else None
            if plain is not None:
                self._edit_to(name, contents.get(name, plain))
            elif name in self._edits and (self._is_moved or name not in self._hidden):
                self._calendar.replace(self._edits[name], None)

    def _edit_to(self, name: Original, wanted: Event) -> None:
        """An occurrence takes place as `wanted`: in the VEVENT that it has, or in a new one if it needs one."""
        edit = self._edits.get(name)
        if edit is None:
            edit = self._new_edit(name)
            span = self._apart(name)
        else:
            if self._is_moved:
                edit.set(self._style.line("RECURRENCE-ID", [self._moment(name)], edit.line("RECURRENCE-ID")))
            if is_cancelled(edit):
                edit.remove("STATUS")
            span = extent_of(edit, self._clock).span()
        shown = content(edit, span, self._context, self._wanted)
        differing = [field for field in FIELDS if not is_same(field, shown, wanted)]
        if name not in self._edits:
            if not differing:
                return
            self._calendar.parts.append(edit)
            span_to(edit, wanted.span, self._clock)
        for field in differing:
            if field is Field.TIME:
                span_to(edit, wanted.span, self._clock)
            else:
                field_to(edit, field, wanted, self._context.types)

    def _new_edit(self, name: Original) -> Component:
        """The whole content of an occurrence, which a VEVENT of its own replaces (RFC 5545 3.8.4.4)."""
        edit = self._master.copy()
        edit.remove(*OF_SERIES_ONLY)
        uid = edit.line("UID")
        at = edit.parts.index(uid) + 1 if uid is not None else 0
        edit.parts.insert(at, self._style.line("RECURRENCE-ID", [self._moment(name)]))
        return edit

    def _apart(self, name: Original) -> Span:
        """When it takes place if no VEVENT of its own says so."""
        plain = plain_occurrence(self._given, name).span
        start = plain.first if isinstance(plain, AllDay) else plain.start
        return span_of(start, self._periods().get(name, self._length))

    def _periods(self) -> Mapping[Original, Duration]:
        """The lengths of additional dates, as far as they are still written."""
        return {} if self._is_restyled else self._shown.periods


def is_same(name: Field, one: Event, other: Event) -> bool:
    """Whether two occurrences say the same. None where nothing reminds is as good as no reminder."""
    if name is Field.TIME:
        return same_time(one.span, other.span)
    if name is Field.REMINDER:
        return (one.reminder or Reminder(None)) == (other.reminder or Reminder(None))
    return value(one, name) == value(other, name)
