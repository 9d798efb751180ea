"""Reference groupwares with one mistake each, of the kind that implementations make."""

from __future__ import annotations

import json
import random
import threading
import time
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sync.sandbox.groupware import (
    Groupware,
    api,
    bookings,
    feed,
    idempotency,
    recurrence,
    schedule,
    series,
    validation,
    who,
    wire,
)
from sync.sandbox.groupware.access import SCOPES, Access
from sync.sandbox.groupware.merge_patch import merge_patch
from sync.sandbox.groupware.problems import Problem, read_only, version_conflict
from sync.sandbox.groupware.times import Window, to_ms

Break = Callable[[pytest.MonkeyPatch, Groupware], None]

# Entries still to be written; whoever closes the database waits for them.
LATE: list[threading.Timer] = []


def if_match_ignored(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    patch.setattr(
        groupware.schedule, "_before", lambda event_id, version, by: groupware.schedule.get(event_id)
    )


def if_match_checked_before_the_transaction(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = groupware.schedule.patch

    def late(event_id: str, changes: Mapping[str, Any], by: schedule.By, version: str | None = None) -> Any:
        current = groupware.schedule.get(event_id)
        if version != current["version"]:
            raise version_conflict(current)
        time.sleep(0.005)
        return real(event_id, changes, by)

    patch.setattr(groupware.schedule, "patch", late)


def idempotency_ignored(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    patch.setattr(idempotency.Answers, "recall", lambda *_: None)


def key_not_compared_with_the_body(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    patch.setattr(api, "digest_of", lambda body: "same")


def refusals_use_up_the_key(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real, used = groupware.schedule.create, set[str]()

    def create(written: Mapping[str, Any], by: schedule.By, event_id: str | None = None) -> Any:
        title = str(written.get("title"))
        if title in used:
            raise read_only("title")
        try:
            return real(written, by, event_id)
        except Problem:
            used.add(title)
            raise

    patch.setattr(groupware.schedule, "create", create)


def patch_drops_extensions(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = merge_patch
    blank: dict[str, Any] = {"extensions": {}}
    patch.setattr(schedule, "merge_patch", lambda target, changes: real({**target, **blank}, changes))


def patch_replaces_everything(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    needed = ("title", "form", "start", "timeZone", "duration", "ownerId")
    patch.setattr(
        schedule, "merge_patch", lambda target, changes: {n: target[n] for n in needed} | dict(changes)
    )


def feed_by_update_second(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    """`updatedAt > cursor` in whole seconds."""

    def now(store: Any) -> int:
        return to_ms(groupware.store.clock.now()) // 1000

    def read(self: feed.Feed, seq: int, limit: int, user: str = "", *, coalesces: bool = True) -> Any:
        with groupware.store.reading() as connection:
            rows = connection.execute(
                "SELECT seq, event_id, kind, changed_at, origin, affected FROM changes"
                " WHERE user_id = ? AND changed_at / 1000 > ? ORDER BY seq",
                (user, seq),
            ).fetchall()
            reached = max([seq, *(row[3] // 1000 for row in rows)])
        return [feed.Item(*row) for row in rows], self.cursor_at(reached, user), False

    patch.setattr(feed.Feed, "read", read)
    patch.setattr(feed.Feed, "latest", lambda self, user="": self.cursor_at(now(None), user))
    patch.setattr(feed.Feed, "position", lambda self, text, user="": feed.Cursor.decode(text).seq)


def sequence_taken_when_the_transaction_starts(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    """The number is there at once, the entry some milliseconds later."""
    real, dice = feed.Feed.record, random.Random(1)

    def record(self: feed.Feed, *change: Any) -> None:
        late = threading.Timer(dice.random() * 0.02, real, (self, *change))
        LATE.append(late)
        late.start()

    patch.setattr(feed.Feed, "record", record)


def removal_not_told_to_who_left(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = feed.Feed.record

    def record(self: feed.Feed, event_id: str, seq: int, was_on: Any, is_on: Any, origin: Any) -> None:
        real(self, event_id, seq, is_on or was_on, is_on, origin)

    patch.setattr(feed.Feed, "record", record)


def no_tombstones(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = feed.Feed.record

    def record(self: feed.Feed, event_id: str, seq: int, was_on: Any, is_on: Any, origin: Any) -> None:
        if is_on:
            real(self, event_id, seq, was_on, is_on, origin)

    patch.setattr(feed.Feed, "record", record)


def unknown_cursor_starts_at_the_end(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = feed.Feed.position

    def position(self: feed.Feed, text: str, user: str = "") -> int:
        try:
            return real(self, text, user)
        except Problem:
            return groupware.store.sequence()

    patch.setattr(feed.Feed, "position", position)


def listing_lags_behind_the_feed(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    """A search index: the newest event is not in it yet, although the cursor is already behind its entry."""
    real = groupware.schedule.in_window

    def in_window(*arguments: Any) -> Any:
        documents, last = real(*arguments)
        newest = max((json.loads(document)["version"] for document in documents), key=int, default="")
        return [document for document in documents if json.loads(document)["version"] != newest], last

    patch.setattr(groupware.schedule, "in_window", in_window)


def latest_cursor_of_a_moment_later(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    patch.setattr(
        feed.Feed, "latest", lambda self, user="": self.cursor_at(groupware.store.sequence() + 1, user)
    )
    patch.setattr(feed.Feed, "position", lambda self, text, user="": feed.Cursor.decode(text).seq)


def feed_ignores_the_person(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = feed.Feed.read
    patch.setattr(
        feed.Feed,
        "read",
        lambda self, seq, limit, user="", coalesces=True: _for(self, real(self, seq, limit), user),
    )


def _for(of: feed.Feed, page: tuple[Any, str, bool], user: str) -> tuple[Any, str, bool]:
    return page[0], of.cursor_at(feed.Cursor.decode(page[1]).seq, user), page[2]


def titles_normalised(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = validation.normalise

    def normalise(*arguments: Any) -> Any:
        fields = real(*arguments)
        return {**fields, "title": unicodedata.normalize("NFKC", fields["title"])}

    patch.setattr(schedule, "normalise", normalise)


def only_the_basic_plane(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = validation.normalise

    def normalise(*arguments: Any) -> Any:
        fields = real(*arguments)
        return {**fields, "title": "".join(c if c <= "\uffff" else "?" for c in fields["title"])}

    patch.setattr(schedule, "normalise", normalise)


def everything_stored_in_utc(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = validation.normalise

    def normalise(*arguments: Any) -> Any:
        fields = real(*arguments)
        return {**fields, "timeZone": "UTC"} if fields["duration"] else fields

    patch.setattr(schedule, "normalise", normalise)


def last_day_inclusive(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = validation.normalise

    def normalise(*arguments: Any) -> Any:
        fields = real(*arguments)
        return {**fields, "end": fields["start"]} if fields["end"] else fields

    patch.setattr(schedule, "normalise", normalise)


def window_closed_at_both_ends(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = groupware.schedule.in_window

    def in_window(user: str, window: Window, after: str, limit: int) -> Any:
        wider = Window(window.starts - 1, window.ends + 1, window.first_day, window.until_day)
        return real(user, wider, after, limit)

    patch.setattr(groupware.schedule, "in_window", in_window)


def pages_overlap(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = groupware.schedule.in_window
    patch.setattr(groupware.schedule, "in_window", lambda *a: _with_doubled_last(real(*a)))


def _with_doubled_last(page: tuple[list[str], str | None]) -> tuple[list[str], str | None]:
    return page[0] + page[0][-1:], page[1]


def unknown_zones_taken_as_home(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = validation.normalise

    def normalise(written: Mapping[str, Any], rules: Any) -> Any:
        known = written.get("timeZone") in ("Asia/Tokyo", "Europe/London", None)
        return real(written if known else {**written, "timeZone": "Asia/Tokyo"}, rules)

    patch.setattr(schedule, "normalise", normalise)


def long_titles_cut(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = validation.normalise

    def normalise(written: Mapping[str, Any], rules: Any) -> Any:
        return real({**written, "title": str(written.get("title"))[:255]}, rules)

    patch.setattr(schedule, "normalise", normalise)


def rooms_booked_twice(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    patch.setattr(schedule, "refuse_taken", lambda *_: None)


def titles_of_private_bookings_told(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = bookings._conflict
    patch.setattr(bookings, "_conflict", lambda *a: {**real(*a), "title": a[2].event["title"]})


def scopes_not_checked(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = Access.scopes
    patch.setattr(Access, "scopes", lambda self, request, needed: real(self, request, None) | SCOPES)


def plain_error_pages(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = Problem.to_json
    patch.setattr(Problem, "to_json", lambda self: real(self).replace('"type"', '"kind"'))


def unquoted_etags(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    def json_answer(text: str, status: int = 200, version: str | None = None) -> Any:
        answer = real(text, status, version)
        if version:
            answer.headers["ETag"] = version
        return answer

    real = wire.json_answer
    patch.setattr(api, "json_answer", json_answer)


def answers_forgotten(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    patch.setattr(who, "_answers", lambda reader: {})


def overrides_replaced_whole(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    def replacing(target: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        merged = merge_patch(target, changes)
        if (changes.get("recurrence") or {}).get("overrides"):
            merged["recurrence"]["overrides"] = changes["recurrence"]["overrides"]
        return merged

    patch.setattr(schedule, "merge_patch", replacing)


def strays_kept(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    patch.setattr(series, "_refuse_strays", lambda *_: None)


def moved_occurrences_listed_where_they_were(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = recurrence._occurrence
    patch.setattr(
        recurrence, "_occurrence", lambda event, start, change: real(event, start, {**change, "start": start})
    )


def additional_dates_ignored(patch: pytest.MonkeyPatch, groupware: Groupware) -> None:
    real = recurrence._starts
    patch.setattr(recurrence, "_starts", lambda event, found: real(event, {**found, "rdates": []}))
