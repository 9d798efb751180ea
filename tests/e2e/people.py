"""What people do in the world, and what they may expect of it afterwards.

Every event has a tag in its title (`T7·3`: the seventh event, third title), so that it is known again whatever
else changes. Each act is remembered with its place in time: `gap` counts the attempts to run a pass.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sync.adapters.graph.mapping import TypeTable, seen_from_graph
from sync.adapters.graph.series import series_from_graph
from sync.adapters.groupware.connector.mapping import seen_from
from sync.core.change import Seen
from sync.core.event import FIELDS, AllDay, Event, Field, Side, Timed, value
from sync.core.fingerprint import canonical
from sync.core.join_block import split_join_block
from sync.core.rules import Rules
from sync.ports import PassState
from tests.e2e.series_people import SeriesActs, groupware_series, outlook_series, standing
from tests.e2e.world import OWN_CATEGORY, TYPES, G, O, World, outlook_times

TOKYO = ZoneInfo("Asia/Tokyo")
TAG = re.compile(r"T(\d+)·")


@dataclass
class Act:
    gap: int
    side: Side
    field: Field | None  # None: the event was deleted
    text: str = ""
    # A copy was deleted of which no pass had ever learnt: nobody can know that it was there.
    is_unknown_copy: bool = False


@dataclass
class Thing:
    """One event of the real world, and what was done to it since both sides last agreed."""

    tag: int
    acts: list[Act] = field(default_factory=list)
    # Created by hand on both sides: while it was not yet recognised, an edit makes it two events.
    is_pair: bool = False
    left_window: bool = False
    copies: int = 1  # how many alike there are on each side
    source: Side | None = None
    is_known: bool = False  # a pass has ended well since it was created
    is_series: bool = False
    # Of a series: the titles that single dates were given; and whether dates may have gone, with or without them.
    dates: dict[tuple[Side, Any], str] = field(default_factory=dict)
    has_loose_dates: bool = False

    def deletes(self) -> list[Act]:
        return [a for a in self.acts if a.field is None]

    def edits(self, side: Side | None = None, name: Field | None = None) -> list[Act]:
        return [
            a
            for a in self.acts
            if a.field is not None and (side is None or a.side is side) and (name is None or a.field is name)
        ]


class People(SeriesActs):
    """The person's acts on both calendars. All values are new, so that nothing is equal by chance."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.things: dict[int, Thing] = {}
        self.gap = 0
        # Outlook events to which the person gave a category of their own.
        self.with_own_category: set[str] = set()
        self._numbers = itertools.count(1)
        self._tags = itertools.count(1)

    # -- acts ---------------------------------------------------------------------------------------------

    def create(self, side: Side, shape: int, day: int) -> Thing:
        thing = self._new_thing()
        thing.source = side
        self._create_on(side, f"T{thing.tag}·0", shape, day)
        return thing

    def create_on_both(self, shape: int, day: int) -> Thing:
        """The same event typed twice by hand, before anything was synced."""
        thing = self._new_thing()
        thing.is_pair = True
        for side in Side:
            self._create_on(side, f"T{thing.tag}·0", shape, day)
        return thing

    def create_series(self, side: Side, rule: int, shape: int, day: int) -> None:
        """A repeating event; some of the groupware's rules cannot be said in Outlook."""
        thing = self._new_thing()
        thing.source, thing.is_series = side, True
        first = self.world.clock.now().astimezone(TOKYO).date() + timedelta(days=day)
        times = times_of(first, 0 if shape == 0 else 1, self.world.clock.now().minute)
        title = f"T{thing.tag}·0"
        if side is G:
            event = {"title": title, **times, "recurrence": groupware_series(rule, times)}
            self.world.groupware.create(event, by=self.world.user)
        else:
            more = {**outlook_times(times), "recurrence": outlook_series(rule, first)}
            self.world.mailbox.create(subject=title, body="", **more)

    def create_twins(self, shape: int, day: int) -> None:
        """Two events that look the same, on both sides: two pairs, not one event and a rest."""
        thing = self.create_on_both(shape, day)
        thing.copies = 2
        for side in Side:
            self._create_on(side, f"T{thing.tag}·0", shape, day)

    def copy_in_outlook(self, pick: int) -> None:
        """Copy and paste in Outlook: the copy carries our marker with it (failures.md F14)."""
        events = self.world.mailbox.events()
        if not events:
            return
        original = events[pick % len(events)]
        item, _ = self.world.mailbox.find(original["id"])
        thing = self._new_thing()
        copy = self.world.mailbox.create(
            subject=f"T{thing.tag}·0",
            start=original["start"],
            end=original["end"],
            is_all_day=original["isAllDay"],
        )
        made, _ = self.world.mailbox.find(copy)
        made.content = replace(made.content, extended=dict(item.content.extended))

    def edit(self, side: Side, pick: int, name: Field) -> None:
        found = self.pick(side, pick)
        if found is None:
            return
        number = next(self._numbers)
        if found.event.recurrence is not None and name is Field.TIME:
            self._edit_time_of_series(side, found, number)
            return
        before = canonical(value(found.event, name))
        if side is G:
            self.world.groupware.edit(
                found.id, self._groupware_change(found, name, number), by=self.world.user
            )
        else:
            self.world.mailbox.edit(found.id, **self._outlook_change(found, name, number))
        after = canonical(value(self.now(side, found.id).event, name))
        if after != before:
            self._note(found, Act(self.gap, side, name, after))

    def _edit_time_of_series(self, side: Side, found: Seen, number: int) -> None:
        """Another time of the day; the days stay."""
        self.thing_of(found).has_loose_dates = True
        if not isinstance(found.event.span, Timed):
            return
        start = found.event.span.start.replace(hour=8 + number % 8)
        times = self.moved(replace(found.event, span=Timed(start, start + timedelta(minutes=90))), 0)
        if side is G:
            self._tolerant(lambda: self.world.groupware.change_series(found.id, times, by=self.world.user))
        else:
            self._tolerant(lambda: self.world.mailbox.edit(found.id, **outlook_times(times)))

    def take_back(self, side: Side, pick: int) -> None:
        """Undo: the event gets the title of its first day again."""
        found = self.pick(side, pick)
        if found is None:
            return
        title = f"T{tag_of(found.event)}·0"
        if found.event.title == title:
            return
        if side is G:
            self.world.groupware.edit(found.id, {"title": title}, by=self.world.user)
        else:
            self.world.mailbox.edit(found.id, subject=title)
        self._note(found, Act(self.gap, side, Field.TITLE, title))

    def delete(self, side: Side, pick: int) -> None:
        found = self.pick(side, pick)
        if found is None:
            return
        if side is G:
            self.world.groupware.delete(found.id, by=self.world.user)
        else:
            self.world.mailbox.delete(found.id)
        thing = self.thing_of(found)
        thing.has_loose_dates = True
        if thing.is_series and found.event.recurrence is None:
            return  # one of its dates
        is_unknown = not thing.is_known and thing.source is side.other
        self._note(found, Act(self.gap, side, None, is_unknown_copy=is_unknown))

    def edit_newest(self, side: Side, name: Field) -> None:
        """As `edit`, on the event that was created last."""
        place = self._place_of_newest(side)
        if place is not None:
            self.edit(side, place, name)

    def delete_newest(self, side: Side) -> None:
        place = self._place_of_newest(side)
        if place is not None:
            self.delete(side, place)

    def _place_of_newest(self, side: Side) -> int | None:
        newest = max(self.things)
        return next((i for i, s in enumerate(self.shown(side)) if tag_of(s.event) == newest), None)

    def leave_window(self, side: Side, pick: int, days: int) -> None:
        """Drag the event far away, or back."""
        found = self.pick(side, pick)
        if found is None or found.event.recurrence is not None:
            return
        self.things[tag_of(found.event)].left_window = True
        if side is G:
            self.world.groupware.edit(found.id, self.moved(found.event, days), by=self.world.user)
        else:
            self.world.mailbox.edit(found.id, **outlook_times(self.moved(found.event, days)))
        self._note(
            found,
            Act(self.gap, side, Field.TIME, canonical(value(self.now(side, found.id).event, Field.TIME))),
        )

    def bump(self, side: Side, pick: int) -> None:
        """The service touches the event although nobody edited it."""
        found = self.pick(side, pick)
        if found is None:
            return
        if side is G:
            self.world.groupware.touch(found.id, by=self.world.user)
        else:
            self.world.mailbox.bump(found.id)

    def pass_runs(self, die_at: int | None = None, after: bool = False) -> None:
        record = self.world.run(die_at, after)
        self.gap += 1
        if record is not None and record.state is PassState.DONE:
            self.all_known()

    def all_known(self) -> None:
        for thing in self.things.values():
            thing.is_known = True

    # -- looking ------------------------------------------------------------------------------------------

    def shown(self, side: Side) -> list[Seen]:
        """Everything the side holds, in the window or not, straight from its store."""
        if side is G:
            items: Iterator[Any] = iter(self.world.groupware.events_of(self.world.user))
            found = [seen_from(item, self.world.user, self.world.types) for item in items]
        else:
            types = TypeTable(frozenset(TYPES))
            found = [
                series_from_graph(self.world.mailbox.series(item["id"]), zone="Asia/Tokyo", types=types)
                if item["type"] == "seriesMaster"
                else seen_from_graph(item, zone="Asia/Tokyo", types=types)
                for item in self.world.mailbox.events()
            ]
        assert all(isinstance(seen, Seen) for seen in found)
        return sorted((s for s in found if isinstance(s, Seen)), key=lambda s: (tag_of(s.event), s.id))

    def pick(self, side: Side, pick: int) -> Seen | None:
        events = self.shown(side)
        return events[pick % len(events)] if events else None

    def now(self, side: Side, event_id: str) -> Seen:
        return next(seen for seen in self.shown(side) if seen.id == event_id)

    # -- how an act looks on each side --------------------------------------------------------------------

    def _create_on(self, side: Side, title: str, shape: int, day: int) -> None:
        today = self.world.clock.now().astimezone(TOKYO).date()
        first = today + timedelta(days=day)
        times = times_of(first, shape, self.world.clock.now().minute)
        if side is G:
            self.world.groupware.create({"title": title, **times}, by=self.world.user)
            return
        extras: dict[str, Any] = {"categories": [OWN_CATEGORY]}
        if shape == 1:
            extras |= {"is_online_meeting": True, "online_meeting_provider": "teamsForBusiness"}
        created = self.world.mailbox.create(subject=title, body="", **outlook_times(times), **extras)
        self.with_own_category.add(created)

    def _groupware_change(self, found: Seen, name: Field, number: int) -> dict[str, Any]:
        match name:
            case Field.TITLE:
                return {"title": f"T{tag_of(found.event)}·{number}"}
            case Field.TIME:
                return self.moved(found.event, number % 3, longer=number % 2)
            case Field.PLACE:
                return {"place": f"場所 {number}", "placeDetail": ("", f"{number}F", "東 (奥)")[number % 3]}
            case Field.BODY:
                return {"memo": f"本文 {number}\n二行目 <b>&amp;</b>"}
            case Field.VISIBILITY:
                return {"visibility": ("private", "public")[number % 2]}
            case Field.SHOW_AS:
                status = ("tentative", "confirmed")[number % 2]
                return {"status": status, "showAs": ("tentative", "free")[number % 2]}
            case Field.IMPORTANCE:
                return {"importance": ("low", "high")[number % 2]}
            case Field.EVENT_TYPE:
                return {"typeId": list(self.world.types)[number % len(TYPES)]}
            case Field.REMINDER:
                return {"reminders": [{"minutesBefore": 20 + number}]}
            case Field.BLOCK:
                raise AssertionError("nobody edits the block of participants as such")

    def _outlook_change(self, found: Seen, name: Field, number: int) -> dict[str, Any]:
        match name:
            case Field.TITLE:
                return {"subject": f"T{tag_of(found.event)}·{number}"}
            case Field.TIME:
                return outlook_times(self.moved(found.event, number % 3, longer=number % 2))
            case Field.PLACE:
                return {"location": f"会議室 {number}"}
            case Field.BODY:
                return {"body": self._outlook_body(found, f"<p>Outlook <b>{number}</b></p><p>次の段落</p>")}
            case Field.VISIBILITY:
                return {"sensitivity": ("private", "normal")[number % 2]}
            case Field.SHOW_AS:
                return {"show_as": ("tentative", "busy", "oof")[number % 3]}
            case Field.IMPORTANCE:
                return {"importance": ("low", "high")[number % 2]}
            case Field.EVENT_TYPE:
                return {"categories": [OWN_CATEGORY, TYPES[number % len(TYPES)]]}
            case Field.REMINDER:
                return {"is_reminder_on": True, "reminder_minutes_before_start": 100 + number}
            case Field.BLOCK:
                raise AssertionError("nobody edits the block of participants as such")

    def _outlook_body(self, found: Seen, html: str) -> dict[str, str]:
        """A person edits above the join block and leaves it alone."""
        raw = next(e for e in self.world.mailbox.events() if e["id"] == found.id)["body"]["content"]
        return {"contentType": "html", "content": html + split_join_block(raw)[1]}

    def moved(self, event: Event, days: int, longer: int = 0) -> dict[str, Any]:
        """Some days later, and `longer` days or half hours longer."""
        span = event.span
        if isinstance(span, AllDay):
            length = span.until - span.first + timedelta(days=longer)
            first = span.first + timedelta(days=days)
            return {
                "form": "allDay",
                "start": first.isoformat(),
                "end": (first + length).isoformat(),
                "duration": None,
                "timeZone": None,
            }
        start = span.start.astimezone(TOKYO) + timedelta(days=days)
        minutes = int((span.end - span.start).total_seconds() // 60) + 30 * longer
        return {
            "form": "timed",
            "start": start.replace(tzinfo=None).isoformat(),
            "duration": f"PT{minutes}M",
            "end": None,
            "timeZone": "Asia/Tokyo",
        }

    def _new_thing(self) -> Thing:
        thing = Thing(next(self._tags))
        self.things[thing.tag] = thing
        return thing

    def thing_of(self, found: Seen) -> Thing:
        return self.things[tag_of(found.event)]

    def next_title(self, event: Event) -> str:
        return f"T{tag_of(event)}·{next(self._numbers)}"

    def _note(self, found: Seen, act: Act) -> None:
        self.things[tag_of(found.event)].acts.append(act)


def tag_of(event: Event) -> int:
    found = TAG.search(event.title)
    assert found is not None, event.title
    return int(found[1])


def times_of(first: date, shape: int, minute: int) -> dict[str, Any]:
    """Timed, whole day, several days, over midnight: as the groupware says them."""
    if shape in (1, 2):
        until = first + timedelta(days=shape)
        return {"form": "allDay", "start": first.isoformat(), "end": until.isoformat()}
    hour = 23 if shape == 3 else 10
    start = datetime(first.year, first.month, first.day, hour, minute % 60)  # noqa: DTZ001 - wall time
    return {"form": "timed", "start": start.isoformat(), "timeZone": "Asia/Tokyo", "duration": "PT120M"}


# -- what people may expect -----------------------------------------------------------------------------------


def check_converged(people: People, rules: Rules, but_for: int | None = None) -> None:
    """Law 1: inside the window both sides show the same, date by date, equal on every synced field."""
    by_tag: dict[Side, dict[int, list[Event]]] = {side: defaultdict(list) for side in Side}
    for side in Side:
        for _, event in standing(people.shown(side), rules):
            if tag_of(event) != but_for:
                by_tag[side][tag_of(event)].append(event)
    for tag in by_tag[G].keys() | by_tag[O].keys():
        ours, theirs = by_tag[G][tag], by_tag[O][tag]
        assert len(ours) == len(theirs), f"T{tag}: {len(ours)} in the groupware, {len(theirs)} in Outlook"
        for one, other in zip(
            sorted(ours, key=partial(_alike, rules=rules)),
            sorted(theirs, key=partial(_alike, rules=rules)),
            strict=True,
        ):
            unequal = [n for n in FIELDS if not agree(n, one, other, rules)]
            assert not unequal, f"T{tag} differs in {unequal}: {one} / {other}"


def _alike(event: Event, rules: Rules) -> tuple[str, ...]:
    """For pairing events of one title: as Outlook would show them, all fields that both sides always hold."""
    event = rules.fitted(event, O)
    return tuple(canonical(value(event, name)) for name in FIELDS if name is not Field.REMINDER)


def agree(name: Field, ours: Event, theirs: Event, rules: Rules) -> bool:
    if name is Field.REMINDER and ours.reminder is None:
        return True
    there = canonical(value(rules.fitted(ours, O), name))
    here = canonical(value(rules.fitted(theirs, G), name))
    return there == canonical(value(theirs, name)) or here == canonical(value(ours, name))


def check_no_duplicates(people: People) -> None:
    """Law 2: one event exists at most once on each side."""
    for side in Side:
        # Outlook may hold a series in pieces; that they do not overlap is what `check_converged` sees.
        counts = Counter(
            tag_of(s.event)
            for s in people.shown(side)
            if s.event.recurrence is not None or side is G or not people.thing_of(s).is_series
        )
        for tag, count in counts.items():
            thing = people.things[tag]
            # Typed twice by hand and then changed on one side, or shown late by one: to everybody two events.
            is_twofold = thing.is_pair and (thing.acts or people.world.is_hostile)
            allowed = thing.copies * (2 if is_twofold else 1)
            if thing.is_series and thing.has_loose_dates:
                # A date that a person edited in Outlook while it went away in the groupware is kept, as an event.
                allowed += len(thing.edits(O))
            assert count <= allowed, f"T{tag} stands {count} times in {side}"


def check_nothing_lost(people: People, rules: Rules) -> None:
    """Law 3: an event disappears only by a person's act, and the last edit of a field is there or kept."""
    shown = {side: {tag_of(s.event): s for s in people.shown(side)} for side in Side}
    kept = {k.value for k in people.world.history.list("default", people.world.user, 1000)}
    for tag, thing in people.things.items():
        present = [side for side in Side if tag in shown[side]]
        if thing.is_series:
            check_dates(people, thing, rules, kept)
            continue
        if not thing.deletes():
            assert present, f"T{tag} is lost"
            if any(rules.window.covers(shown[side][tag].event.span) for side in present):
                assert len(present) == 2, f"T{tag} is only in {present}"
        elif must_survive(thing):
            assert present, f"T{tag} was edited when it was deleted, and is lost"
        elif must_be_gone(thing) and not thing.is_pair:
            assert not present, f"T{tag} was deleted and came back in {present}"
        if (
            len(present) == 2
            and not thing.deletes()
            and not (thing.is_pair or thing.left_window or thing.copies > 1)
        ):
            check_edits(thing, shown[G][tag].event, shown[O][tag].event, kept)


def check_dates(people: People, thing: Thing, rules: Rules, kept: set[str]) -> None:
    """The last title that a date was given stands there, unless the date itself may be gone, or is kept."""
    if thing.deletes() or thing.has_loose_dates:
        return
    shown = {event.title for side in Side for _, event in standing(people.shown(side), rules)}
    everywhere = shown | {
        o.event.title
        for side in Side
        for seen in people.shown(side)
        if seen.event.recurrence is not None
        for o in seen.event.recurrence.overrides
    }
    lost = {title for title in thing.dates.values() if title not in everywhere | kept}
    overwritten = {title for (side, date), title in thing.dates.items() if (side.other, date) in thing.dates}
    assert lost <= overwritten, f"T{thing.tag}: {lost - overwritten} of single dates are nowhere"


def must_survive(thing: Thing) -> bool:
    """Deleted once on one side, edited on the other between the same two attempts of a pass."""
    deletes = thing.deletes()
    if len(deletes) != 1 or thing.left_window or thing.copies > 1:
        return False
    gone = deletes[0]
    edits = thing.edits(gone.side.other)
    titles = [a for a in edits if a.field is Field.TITLE]
    # A title that was taken back before anybody saw it was not edited.
    is_taken_back = bool(titles) and titles[-1].text == f"T{thing.tag}·0"
    return any(a.gap == gone.gap and not (is_taken_back and a in titles) for a in edits)


def must_be_gone(thing: Thing) -> bool:
    """Deleted, and the other side never edited."""
    sides = {a.side for a in thing.deletes()}
    if thing.copies > 1 or all(a.is_unknown_copy for a in thing.deletes()):
        return False
    return not any(thing.edits(side.other) for side in sides) and not thing.left_window


def check_edits(thing: Thing, ours: Event, theirs: Event, kept: set[str]) -> None:
    for name in FIELDS:
        last = {side: edits[-1] for side in Side if (edits := thing.edits(side, name))}
        if not last:
            continue
        final = {canonical(value(ours, name)), canonical(value(theirs, name))}
        wanted = {act.text for act in last.values()}
        assert final & wanted, f"T{thing.tag}: {name} is {final}, people said {wanted}"
        if len(last) == 2 and last[G].gap == last[O].gap and name in (Field.TITLE, Field.PLACE, Field.BODY):
            # An edit that was taken back before anybody saw it is no edit.
            lost = wanted - final - {f"T{thing.tag}·0"}
            assert lost <= kept, f"T{thing.tag}: {name} {lost} is in neither calendar nor the history"


def check_hands_off(people: People) -> None:
    """Law 7: a person's own category and the Teams block stay where they are."""
    for item in people.world.mailbox.events():
        if item["id"] in people.with_own_category:
            assert OWN_CATEGORY in item["categories"], "a person's own category is gone"
        if item["isOnlineMeeting"]:
            assert split_join_block(item["body"]["content"])[1], "the join block is gone"
