"""What every `ports.Calendar` promises, as tests. A side runs them by giving the fixtures of `CalendarPromises`.

class TestOurSide(CalendarPromises):
    @pytest.fixture
    def stage(self) -> Stage: ...
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from sync.core.capabilities import fit
from sync.core.change import Observation, Removed, Seen
from sync.core.event import FIELDS, AllDay, Event, Field, Form, Reminder, Side, Timed, Visibility
from sync.core.fingerprint import digest, digests
from sync.core.link import marker_of
from sync.core.window import Window
from sync.errors import CursorExpired, Gone, Moved
from sync.ports import Calendar, Outcome, Verb, Write

ZONE = "Asia/Tokyo"
WINDOW = Window(date(2026, 9, 1), date(2026, 9, 15), ZONE)


class Stage(Protocol):
    """One calendar, and somebody else who uses it by hand."""

    # False where the service ignores the condition of a write: conflicts are then found by the next reading only.
    honours_versions: bool

    def open(self) -> Calendar:
        """The calendar as a new process would open it."""

    def create(self, title: str, day: date) -> str:
        """A person enters an event of one hour on `day`; returns its id."""

    def retitle(self, event_id: str, title: str) -> None: ...

    def move(self, event_id: str, day: date) -> None: ...

    def delete(self, event_id: str) -> None: ...

    def titles(self) -> list[str]:
        """The titles of all events that are there, whatever the window."""

    def lose_answers(self, writes: int) -> None:
        """The next `writes` requests that write are carried out, but their answers never arrive."""


def timed(title: str, *, day: int = 2, **more: Any) -> Event:
    start = datetime.combine(date(2026, 9, day), time(10), ZoneInfo(ZONE))
    event = Event(title, Timed(start, start + timedelta(hours=1)), reminder=Reminder(15))
    return replace(event, **more)


def create(title: str, number: int = 1, **more: Any) -> Write:
    """A create whose token and marker follow from its number."""
    return Write(
        key=f"key{number}",
        verb=Verb.CREATE,
        event=timed(title, **more),
        token=str(UUID(int=number)),
        marker=marker_of("org", "user", str(number)),
        uid=f"{UUID(int=number)}@groupware",
    )


def update(seen: Seen, event: Event, *fields: Field, version: str | None = None) -> Write:
    return Write(
        key="update",
        verb=Verb.UPDATE,
        id=seen.id,
        version=seen.version if version is None else version,
        event=event,
        fields=frozenset(fields),
        residue=seen.residue,
    )


def delete(event_id: str, version: str, key: str = "delete") -> Write:
    return Write(key=key, verb=Verb.DELETE, id=event_id, version=version)


def written(calendar: Calendar, *writes: Write) -> list[Outcome]:
    return list(calendar.write(writes))


def made(calendar: Calendar, write: Write) -> Seen:
    """The event after a write that must succeed."""
    (outcome,) = written(calendar, write)
    assert outcome.error is None
    assert outcome.seen is not None
    return outcome.seen


def seen(observation: Observation) -> Seen:
    assert isinstance(observation, Seen)
    return observation


def read_one(calendar: Calendar, event_id: str) -> Observation:
    observations = calendar.read([event_id])
    assert set(observations) == {event_id}
    return observations[event_id]


def titles(observations: Iterable[Observation]) -> list[str]:
    return sorted(o.event.title for o in observations if isinstance(o, Seen))


def handle(calendar: Calendar, write: Write) -> str:
    """What `find` looks for on this side."""
    return write.marker if calendar.side is Side.OUTLOOK else write.uid


def shows(calendar: Calendar, found: Seen, event: Event, fields: Iterable[Field]) -> bool:
    """Whether the side shows `event` as well as it can hold it."""
    fitted, _ = fit(event, calendar.capabilities)
    held = calendar.capabilities.fields & frozenset(fields)
    return all(digest(found.event, name) == digest(fitted, name) for name in held)


class CalendarPromises:
    @pytest.fixture
    def stage(self) -> Stage:
        raise NotImplementedError

    @pytest.fixture
    def calendar(self, stage: Stage) -> Calendar:
        return stage.open()

    # Reading.

    def test_an_empty_calendar_is_a_complete_listing_of_nothing(self, calendar: Calendar) -> None:
        snapshot, cursor = calendar.changes(WINDOW, None)
        assert snapshot.is_complete
        assert snapshot.side is calendar.side
        assert not snapshot.observations
        assert cursor

    def test_the_first_round_lists_everything_in_the_window(self, stage: Stage, calendar: Calendar) -> None:
        ids = {stage.create(f"予定 {n}", date(2026, 9, 1) + timedelta(n % 14)) for n in range(30)}
        snapshot, _ = calendar.changes(WINDOW, None)
        assert snapshot.is_complete
        assert set(snapshot.observations) == ids
        assert all(o.id == key for key, o in snapshot.observations.items())

    def test_far_away_events_are_not_listed(self, stage: Stage, calendar: Calendar) -> None:
        stage.create("遠い", date(2027, 3, 1))
        snapshot, _ = calendar.changes(WINDOW, None)
        assert not snapshot.observations

    def test_later_rounds_tell_what_a_person_did(self, stage: Stage, calendar: Calendar) -> None:
        kept, edited, gone = (stage.create(title, date(2026, 9, 2)) for title in ("a", "b", "c"))
        _, cursor = calendar.changes(WINDOW, None)
        stage.retitle(edited, "b2")
        stage.delete(gone)
        new = stage.create("d", date(2026, 9, 3))
        snapshot, following = calendar.changes(WINDOW, cursor)
        assert not snapshot.is_complete
        assert seen(snapshot.observations[edited]).event.title == "b2"
        assert seen(snapshot.observations[new]).event.title == "d"
        assert gone in snapshot.missing or isinstance(snapshot.observations.get(gone), Removed)
        assert following
        assert isinstance(read_one(calendar, kept), Seen)

    def test_a_quiet_calendar_has_nothing_new_to_say(self, stage: Stage, calendar: Calendar) -> None:
        event_id = stage.create("a", date(2026, 9, 2))
        first, cursor = calendar.changes(WINDOW, None)
        again, _ = calendar.changes(WINDOW, cursor)
        assert event_id not in again.missing
        # A side may send an event again; it must then look the same.
        for key, observation in again.observations.items():
            assert digests(seen(observation).event) == digests(seen(first.observations[key]).event)

    def test_a_cursor_can_be_used_again_when_the_round_was_not_applied(
        self, stage: Stage, calendar: Calendar
    ) -> None:
        _, cursor = calendar.changes(WINDOW, None)
        new = stage.create("a", date(2026, 9, 2))
        for _ in range(2):
            snapshot, _ = stage.open().changes(WINDOW, cursor)
            assert new in snapshot.observations

    def test_a_cursor_outlives_the_process(self, stage: Stage, calendar: Calendar) -> None:
        _, cursor = calendar.changes(WINDOW, None)
        new = stage.create("a", date(2026, 9, 2))
        snapshot, _ = stage.open().changes(WINDOW, cursor)
        assert new in snapshot.observations

    @pytest.mark.parametrize(
        "window",
        [
            Window(WINDOW.first, date(2026, 9, 16), ZONE),
            Window(date(2026, 8, 31), WINDOW.until, ZONE),
            Window(WINDOW.first, WINDOW.until, "UTC"),
        ],
    )
    def test_a_cursor_of_another_window_has_expired(self, calendar: Calendar, window: Window) -> None:
        _, cursor = calendar.changes(WINDOW, None)
        with pytest.raises(CursorExpired):
            calendar.changes(window, cursor)

    @pytest.mark.parametrize("cursor", ["", "nonsense", "{}"])
    def test_a_damaged_cursor_has_expired(self, calendar: Calendar, cursor: str) -> None:
        with pytest.raises(CursorExpired):
            calendar.changes(WINDOW, cursor)

    def test_an_event_that_leaves_the_window_is_reported_and_still_there(
        self, stage: Stage, calendar: Calendar
    ) -> None:
        event_id = stage.create("a", date(2026, 9, 2))
        _, cursor = calendar.changes(WINDOW, None)
        stage.move(event_id, date(2027, 3, 1))
        snapshot, _ = calendar.changes(WINDOW, cursor)
        assert event_id in snapshot.missing or event_id in snapshot.observations
        assert isinstance(read_one(calendar, event_id), Seen)

    def test_an_event_that_enters_the_window_is_reported(self, stage: Stage, calendar: Calendar) -> None:
        event_id = stage.create("a", date(2027, 3, 1))
        _, cursor = calendar.changes(WINDOW, None)
        stage.move(event_id, date(2026, 9, 2))
        snapshot, _ = calendar.changes(WINDOW, cursor)
        assert event_id in snapshot.observations

    def test_reading_answers_every_id_once(self, stage: Stage, calendar: Calendar) -> None:
        ids = [stage.create(f"{n}", date(2026, 9, 2)) for n in range(45)]
        observations = calendar.read([*ids, ids[0]])
        assert set(observations) == set(ids)
        assert titles(observations.values()) == sorted(f"{n}" for n in range(45))

    def test_reading_nothing_is_allowed(self, calendar: Calendar) -> None:
        assert not calendar.read([])
        assert not calendar.find([])

    def test_only_what_is_gone_is_removed(self, stage: Stage, calendar: Calendar) -> None:
        gone, there = stage.create("a", date(2026, 9, 2)), stage.create("b", date(2026, 9, 2))
        stage.delete(gone)
        observations = calendar.read([gone, there])
        assert observations[gone] == Removed(calendar.side, gone)
        assert isinstance(observations[there], Seen)

    def test_an_id_that_never_was_one_is_not_a_live_event(self, calendar: Calendar) -> None:
        assert not isinstance(read_one(calendar, "no/such id?"), Seen)

    # Creating.

    def test_a_created_event_is_there_as_asked(self, stage: Stage, calendar: Calendar) -> None:
        write = create("打合せ 🎌", place="会議室", body="一行目\n二行目", visibility=Visibility.PRIVATE)
        shown = made(calendar, write)
        assert write.event is not None
        assert shows(calendar, shown, write.event, Field)
        assert stage.titles() == ["打合せ 🎌"]

    @pytest.mark.parametrize("days", [1, 3])
    def test_whole_days_stay_whole_days(self, calendar: Calendar, days: int) -> None:
        span = AllDay(date(2026, 9, 3), date(2026, 9, 3) + timedelta(days))
        shown = made(calendar, create("休暇", span=span, form=Form.ALL_DAY))
        assert shown.event.span == span
        assert seen(read_one(calendar, shown.id)).event.span == span
        snapshot, _ = calendar.changes(WINDOW, None)
        assert seen(snapshot.observations[shown.id]).event.span == span

    def test_what_a_write_shows_is_what_reading_shows(self, calendar: Calendar) -> None:
        """Law 4: our own write read back is nobody's edit."""
        shown = made(calendar, create("a", body="本文 <b>&amp;</b>\n\n末尾", place="A; B"))
        _, cursor = calendar.changes(WINDOW, None)
        changed = made(calendar, update(shown, timed("b"), Field.TITLE))
        snapshot, _ = calendar.changes(WINDOW, cursor)
        for found in (read_one(calendar, shown.id), snapshot.observations[shown.id]):
            assert digests(seen(found).event) == digests(changed.event)
            assert seen(found).version == changed.version

    def test_the_same_create_twice_makes_one_event(self, stage: Stage, calendar: Calendar) -> None:
        first = made(calendar, create("a"))
        again = made(stage.open(), create("a"))
        assert again.id == first.id
        assert stage.titles() == ["a"]

    def test_a_create_repeated_with_other_content_makes_no_second_event(
        self, stage: Stage, calendar: Calendar
    ) -> None:
        first = made(calendar, create("a"))
        (outcome,) = written(stage.open(), create("b"))
        assert outcome.seen is not None
        assert outcome.seen.id == first.id
        assert len(stage.titles()) == 1

    def test_a_create_whose_answer_is_lost_makes_one_event(self, stage: Stage, calendar: Calendar) -> None:
        stage.lose_answers(1)
        shown = made(calendar, create("a"))
        assert stage.titles() == ["a"]
        assert isinstance(read_one(calendar, shown.id), Seen)

    def test_a_created_event_is_found_by_its_key(self, stage: Stage, calendar: Calendar) -> None:
        write = create("a")
        shown = made(calendar, write)
        stage.create("a", date(2026, 9, 2))
        found = stage.open().find([handle(calendar, write), handle(calendar, create("x", 99))])
        assert list(found) == [handle(calendar, write)]
        assert found[handle(calendar, write)].id == shown.id

    def test_a_deleted_event_is_not_found_any_more(self, stage: Stage, calendar: Calendar) -> None:
        write = create("a")
        stage.delete(made(calendar, write).id)
        assert not calendar.find([handle(calendar, write)])

    def test_an_event_in_the_listing_says_whose_it_is(self, calendar: Calendar) -> None:
        write = create("a")
        shown = made(calendar, write)
        snapshot, _ = calendar.changes(WINDOW, None)
        for found in (shown, seen(snapshot.observations[shown.id]), seen(read_one(calendar, shown.id))):
            assert (found.marker if calendar.side is Side.OUTLOOK else found.uid) == handle(calendar, write)

    # Updating.

    def test_an_update_changes_only_its_fields(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a", place="会議室", body="本文"))
        wanted = timed("b", day=9, place="elsewhere", body="other")
        changed = made(calendar, update(shown, wanted, Field.TITLE))
        assert changed.id == shown.id
        assert changed.event == replace(shown.event, title="b")
        assert changed.version != shown.version
        assert stage.titles() == ["b"]

    @pytest.mark.parametrize("name", list(FIELDS))
    def test_every_field_that_a_side_holds_can_be_changed(self, calendar: Calendar, name: Field) -> None:
        if name not in calendar.capabilities.fields or name is Field.EVENT_TYPE:
            pytest.skip("not held, or needs a table of types")
        shown = made(calendar, create("a"))
        wanted = timed(
            "新", day=9, place="新", body="新", visibility=Visibility.PRIVATE, reminder=Reminder(30)
        )
        changed = made(calendar, update(shown, wanted, name))
        assert shows(calendar, changed, wanted, [name])
        assert digests(seen(read_one(calendar, shown.id)).event) == digests(changed.event)

    def test_fields_can_be_emptied(self, calendar: Calendar) -> None:
        shown = made(calendar, create("a", place="会議室", body="本文"))
        wanted = timed("a", reminder=Reminder(None))
        changed = made(calendar, update(shown, wanted, Field.PLACE, Field.BODY, Field.REMINDER))
        assert (changed.event.place, changed.event.body) == ("", "")
        if Field.REMINDER in calendar.capabilities.fields:
            # None: the side has no word for "off" and says nothing then.
            assert changed.event.reminder in (Reminder(None), None)

    def test_an_update_of_a_version_that_moved_on_is_refused(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        stage.retitle(shown.id, "a person's")
        (outcome,) = written(calendar, update(shown, timed("ours"), Field.TITLE))
        if stage.honours_versions:
            assert isinstance(outcome.error, Moved)
            assert stage.titles() == ["a person's"]
        else:
            assert outcome.seen is not None

    def test_without_a_known_version_the_write_looks_first(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        changed = made(calendar, update(shown, timed("b"), Field.TITLE, version=""))
        assert changed.event.title == "b"
        assert written(calendar, delete(shown.id, "")) == [Outcome("delete")]
        assert stage.titles() == []

    def test_an_update_whose_answer_is_lost_has_succeeded(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        stage.lose_answers(1)
        assert made(calendar, update(shown, timed("b"), Field.TITLE)).event.title == "b"
        assert stage.titles() == ["b"]

    def test_an_update_of_a_gone_event_says_so(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        stage.delete(shown.id)
        for version in (shown.version, ""):
            (outcome,) = written(calendar, update(shown, timed("b"), Field.TITLE, version=version))
            assert isinstance(outcome.error, Gone)
        assert stage.titles() == []

    # Deleting.

    def test_a_deleted_event_is_gone(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        assert written(calendar, delete(shown.id, shown.version)) == [Outcome("delete")]
        assert isinstance(read_one(calendar, shown.id), Removed)
        assert stage.titles() == []

    def test_deleting_what_is_gone_has_succeeded(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        stage.delete(shown.id)
        (outcome,) = written(calendar, delete(shown.id, shown.version))
        assert outcome.seen is None
        assert outcome.error is None or isinstance(outcome.error, Gone)

    def test_a_delete_whose_answer_is_lost_has_succeeded(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        stage.lose_answers(1)
        (outcome,) = written(calendar, delete(shown.id, shown.version))
        assert outcome.error is None or isinstance(outcome.error, Gone)
        assert stage.titles() == []

    def test_a_person_s_last_edit_is_not_deleted_unseen(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        stage.retitle(shown.id, "edited")
        (outcome,) = written(calendar, delete(shown.id, shown.version))
        if stage.honours_versions:
            assert isinstance(outcome.error, Moved)
            assert stage.titles() == ["edited"]

    def test_our_own_writes_come_back_as_no_news_or_as_what_they_were(
        self, stage: Stage, calendar: Calendar
    ) -> None:
        _, cursor = calendar.changes(WINDOW, None)
        shown = made(calendar, create("a"))
        made(calendar, create("b", 2))
        assert written(calendar, delete(shown.id, shown.version)) == [Outcome("delete")]
        snapshot, _ = calendar.changes(WINDOW, cursor)
        assert titles(snapshot.observations.values()) in ([], ["b"])

    # Many at once.

    def test_every_write_has_exactly_one_outcome(self, stage: Stage, calendar: Calendar) -> None:
        writes = [create(f"予定 {n}", n) for n in range(1, 46)]
        outcomes = written(calendar, *writes)
        assert sorted(o.key for o in outcomes) == sorted(w.key for w in writes)
        assert all(o.error is None for o in outcomes)
        assert sorted(stage.titles()) == sorted(f"予定 {n}" for n in range(1, 46))

    def test_nothing_to_write_is_allowed(self, calendar: Calendar) -> None:
        assert written(calendar) == []

    def test_one_write_that_fails_does_not_stop_the_others(self, stage: Stage, calendar: Calendar) -> None:
        gone = made(calendar, create("gone"))
        kept = made(calendar, create("kept", 2))
        stage.delete(gone.id)
        outcomes = self._by_key(
            written(
                calendar,
                replace(update(gone, timed("x"), Field.TITLE), key="gone"),
                replace(update(kept, timed("kept2"), Field.TITLE), key="kept"),
                create("new", 3),
            )
        )
        assert isinstance(outcomes["gone"].error, Gone)
        assert outcomes["kept"].error is None
        assert outcomes["key3"].error is None
        assert sorted(stage.titles()) == ["kept2", "new"]

    def test_writes_to_one_event_keep_their_order(self, stage: Stage, calendar: Calendar) -> None:
        shown = made(calendar, create("a"))
        outcomes = self._by_key(
            written(
                calendar,
                replace(update(shown, timed("b"), Field.TITLE), key="first"),
                delete(shown.id, "", key="second"),
            )
        )
        assert outcomes["first"].error is None
        assert outcomes["second"].error is None
        assert stage.titles() == []

    @staticmethod
    def _by_key(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
        found = {outcome.key: outcome for outcome in outcomes}
        assert len(found) == len(outcomes)
        return found
