"""What people do with repeating events, in both calendars; and the rules that these events follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sync.core.change import Seen
from sync.core.event import AllDay, Event, Side
from sync.core.parts import Original
from sync.core.recurrence import occurrence_of, occurrences
from sync.core.rules import Rules
from sync.sandbox.groupware.problems import Problem
from sync.sandbox.microsoft365.errors import GraphError
from tests.e2e.world import G, outlook_times

Json = dict[str, Any]
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _weekly(first: date) -> Json:
    return {"rrule": f"FREQ=WEEKLY;BYDAY={DAYS[first.weekday()]}"}


def _daily(_: date) -> Json:
    return {"rrule": "FREQ=DAILY;COUNT=6"}


def _twice_a_month(first: date) -> Json:
    """Outlook cannot say it."""
    return {"rrule": f"FREQ=MONTHLY;BYMONTHDAY={first.day},{(first.day + 8) % 28 + 1}"}


def _with_more_days(first: date) -> Json:
    """Outlook can say the rule, not the additional day."""
    return {**_weekly(first), "extra": 3}


# What a groupware event repeats by: contract members, `extra`: an additional date so many days after the first.
GROUPWARE_RULES: tuple[Callable[[date], Json], ...] = (_weekly, _daily, _twice_a_month, _with_more_days)


def groupware_series(rule: int, times: Json) -> Json:
    first = datetime.fromisoformat(times["start"])
    chosen = GROUPWARE_RULES[rule % len(GROUPWARE_RULES)](first.date())
    extra = chosen.pop("extra", None)
    if extra is None:
        return chosen
    more = first + timedelta(days=extra)
    is_day = "T" not in times["start"]
    return {**chosen, "rdates": [more.date().isoformat() if is_day else more.isoformat()]}


def outlook_series(rule: int, first: date) -> Json:
    """A recurrence as Graph says it."""
    begins = {"startDate": first.isoformat(), "recurrenceTimeZone": "Tokyo Standard Time"}
    patterns: tuple[Json, ...] = (
        {"type": "weekly", "interval": 1, "daysOfWeek": [NAMES[first.weekday()]], "firstDayOfWeek": "sunday"},
        {"type": "daily", "interval": 2},
    )
    ranges: tuple[Json, ...] = ({"type": "noEnd"}, {"type": "numbered", "numberOfOccurrences": 5})
    return {"pattern": patterns[rule % 2], "range": {**ranges[rule % 2], **begins}}


def standing(shown: list[Seen], rules: Rules) -> Iterator[tuple[Seen, Event]]:
    """Every occurrence in the window, with the event it belongs to; a single event is its own."""
    window, day = rules.window, timedelta(days=1)
    for seen in shown:
        for _, one in occurrences(seen.event, window.first - day, window.until + day):
            if window.covers(one.span):
                yield seen, replace(one, recurrence=None)


class SeriesActs:
    """Mixed into People: acts on one occurrence and on the rule."""

    world: Any

    def shown(self, side: Side) -> list[Seen]:
        raise NotImplementedError

    def thing_of(self, found: Seen) -> Any:
        raise NotImplementedError

    def next_title(self, event: Event) -> str:
        raise NotImplementedError

    def moved(self, event: Event, days: int, longer: int = 0) -> Json:
        raise NotImplementedError

    def edit_date(self, side: Side, pick: int, which: int) -> None:
        """One occurrence gets a title of its own."""
        found = self._pick_date(side, pick, which)
        if found is None:
            return
        seen, original = found
        text = self.next_title(seen.event)
        if side is G:
            is_done = self._groupware("edit_occurrence", seen.id, original, {"title": text})
        else:
            is_done = self._outlook(lambda box, date_id: box.edit(date_id, subject=text), seen.id, original)
        if is_done:
            self.thing_of(seen).dates[side, original] = text

    def move_date(self, side: Side, pick: int, which: int, days: int) -> None:
        """One occurrence takes place on another day, perhaps beyond its neighbours."""
        found = self._pick_date(side, pick, which)
        if found is None:
            return
        seen, original = found
        moved = occurrence_of(seen.event, original)
        assert moved is not None
        times = self.moved(moved, days)
        if side is G:
            names = ("start", "end") if times["end"] else ("start",)
            self._groupware("edit_occurrence", seen.id, original, {name: times[name] for name in names})
        else:
            self._outlook(lambda box, date_id: box.edit(date_id, **outlook_times(times)), seen.id, original)

    def cancel_date(self, side: Side, pick: int, which: int) -> None:
        found = self._pick_date(side, pick, which)
        if found is None:
            return
        seen, original = found
        if side is G:
            self._groupware("delete_occurrence", seen.id, original)
        else:
            self._outlook(lambda box, date_id: box.delete(date_id), seen.id, original)
        self.thing_of(seen).has_loose_dates = True

    def restore_dates(self, pick: int) -> None:
        """The groupware's person takes all cancellations of a series back."""
        seen = self._pick_series(G, pick)
        if seen is not None and seen.event.recurrence is not None and seen.event.recurrence.exdates:
            self.world.groupware.edit(seen.id, {"recurrence": {"exdates": []}}, by=self.world.user)

    def change_rule(self, side: Side, pick: int, rule: int) -> None:
        """Another rule, longer or shorter, or none any more."""
        seen = self._pick_series(side, pick)
        if seen is None:
            return
        first = seen.event.span.first if isinstance(seen.event.span, AllDay) else seen.event.span.start.date()
        self.thing_of(seen).has_loose_dates = True
        if side is G:
            event = self.world.groupware.get(seen.id)
            changed = None if rule == 3 else groupware_series(rule, event)
            self._tolerant(
                lambda: self.world.groupware.change_series(
                    seen.id, {"recurrence": changed}, by=self.world.user
                )
            )
        else:
            self._tolerant(lambda: self.world.mailbox.edit(seen.id, recurrence=outlook_series(rule, first)))

    # -- helpers ------------------------------------------------------------------------------------------

    def _pick_series(self, side: Side, pick: int) -> Seen | None:
        series = [seen for seen in self.shown(side) if seen.event.recurrence is not None]
        return series[pick % len(series)] if series else None

    def _pick_date(self, side: Side, pick: int, which: int) -> tuple[Seen, Original] | None:
        """An occurrence near today."""
        seen = self._pick_series(side, pick)
        if seen is None:
            return None
        today = self.world.clock.now().date()
        dates = list(occurrences(seen.event, today - timedelta(days=10), today + timedelta(days=20)))
        return (seen, dates[which % len(dates)][0]) if dates else None

    def _groupware(self, act: str, event_id: str, original: Original, *more: Any) -> bool:
        return self._tolerant(
            lambda: getattr(self.world.groupware, act)(
                event_id, original.isoformat(), *more, by=self.world.user
            )
        )

    def _outlook(self, act: Callable[[Any, str], Any], event_id: str, original: date) -> bool:
        box = self.world.mailbox
        return self._tolerant(lambda: act(box, box.occurrence_id(event_id, original)))

    def _tolerant(self, act: Callable[[], Any]) -> bool:
        """A side may refuse an act of its own person; then nothing happened."""
        try:
            act()
        except (Problem, GraphError):
            return False
        return True
