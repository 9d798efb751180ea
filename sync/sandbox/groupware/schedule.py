"""Creating, changing, deleting and finding events. Every act is one transaction with its entry in the feed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from sync.sandbox.groupware.bookings import booked, give_states, overrides_of, refuse_taken
from sync.sandbox.groupware.directory import Directory, Kind
from sync.sandbox.groupware.feed import Feed
from sync.sandbox.groupware.merge_patch import merge_patch
from sync.sandbox.groupware.problems import (
    FieldError,
    Problem,
    Reason,
    invalid,
    not_found,
    read_only,
    version_conflict,
)
from sync.sandbox.groupware.reader import Rules
from sync.sandbox.groupware.recurrence import meets, whole_extent
from sync.sandbox.groupware.store import Store
from sync.sandbox.groupware.switches import Switches
from sync.sandbox.groupware.times import Window, format_instant
from sync.sandbox.groupware.validation import READ_ONLY, WRITABLE, normalise

Json = dict[str, Any]

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
NO_FIELDS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: a person on the groupware's screens (`user`), or a client of the API (`origin`)."""

    user: str | None = None
    origin: str | None = None

    @property
    def is_person(self) -> bool:
        return self.user is not None


class Schedule:
    def __init__(self, store: Store, directory: Directory, feed: Feed, switches: Switches) -> None:
        self.store, self.directory, self.feed, self.switches = store, directory, feed, switches

    # --- reading ---

    def find(self, event_id: str) -> Json | None:
        document = self.document(event_id)
        return None if document is None else json.loads(document)

    def get(self, event_id: str) -> Json:
        """Problem `not-found` if there is none, or it was deleted."""
        event = self.find(event_id)
        if event is None:
            raise not_found("event", "予定", event_id)
        return event

    def document(self, event_id: str, on_schedule_of: str | None = None) -> str | None:
        """The event as JSON text, the way it is stored; None if there is none, or none on that schedule."""
        with self.store.reading() as connection:
            row = connection.execute(
                "SELECT document FROM events WHERE id = ?1 AND (?2 IS NULL OR EXISTS ("
                "SELECT 1 FROM schedules WHERE user_id = ?2 AND event_id = ?1))",
                (event_id, on_schedule_of),
            ).fetchone()
        return row[0] if row else None

    def documents(self, ids: Collection[str], uids: Collection[str] = ()) -> list[str]:
        marks = ",".join("?" * len(ids)), ",".join("?" * len(uids))
        with self.store.reading() as connection:
            rows = connection.execute(
                f"SELECT document FROM events WHERE id IN ({marks[0]}) OR uid IN ({marks[1]}) ORDER BY id",
                (*ids, *uids),
            ).fetchall()
        return [row[0] for row in rows]

    def in_window(self, user: str, window: Window, after: str, limit: int) -> tuple[list[str], str | None]:
        """Documents of the user's events that meet the window, by id, and the id to go on after (None: done)."""
        with self.store.reading() as connection:
            rows = connection.execute(
                "SELECT e.id, e.document, e.is_compound FROM schedules s JOIN events e ON e.id = s.event_id"
                " WHERE s.user_id = ? AND s.event_id > ? AND ("
                "  (e.is_days = 0 AND e.starts < ? AND (e.ends > ? OR e.starts = ?))"
                "  OR (e.is_days = 1 AND e.starts < ? AND e.ends > ?)) ORDER BY s.event_id",
                (user, after, window.ends, window.starts, window.starts, window.until_day, window.first_day),
            )
            met = (
                (id_, document)
                for id_, document, is_compound in rows
                if not is_compound or meets(json.loads(document), window)
            )
            found = list(islice(met, limit + 1))
        page = found[:limit]
        return [document for _, document in page], page[-1][0] if len(found) > limit else None

    def of_user(self, user: str) -> list[Json]:
        """Everything on the user's schedule, by id."""
        with self.store.reading() as connection:
            rows = connection.execute(
                "SELECT e.document FROM schedules s JOIN events e ON e.id = s.event_id"
                " WHERE s.user_id = ? ORDER BY s.event_id",
                (user,),
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    # --- writing ---

    def create(self, written: Mapping[str, Any], by: By, event_id: str | None = None) -> Json:
        """With the id of the client's choice (`event_id`), or one of ours."""
        with self.store.transaction():
            if event_id is not None:
                self._refuse_used_id(event_id)
            self._refuse_read_only(written, {"id": event_id} if event_id else NO_FIELDS, by)
            fields = normalise(written, Rules(self.switches, self.directory, by.is_person))
            event_id = event_id or self.store.new_id("e")
            fields["uid"] = fields["uid"] or f"{event_id}@groupware.example"
            self._refuse_used_uid(fields["uid"])
            event: Json = {
                **fields,
                "id": event_id,
                "candidates": list(written.get("candidates") or ()) if by.is_person else [],
                "attachments": [],
                "createdBy": by.user,
            }
            return self._save(event, None, by)

    def replace(self, event_id: str, written: Mapping[str, Any], by: By, version: str | None = None) -> Json:
        """All writable fields; `version` None only for a person, whose screen shows the newest."""
        with self.store.transaction():
            before = self._before(event_id, version, by)
            uid = written.get("uid") or before["uid"]
            return self._change(before, {**written, "uid": uid}, by)

    def patch(self, event_id: str, patch: Mapping[str, Any], by: By, version: str | None = None) -> Json:
        """RFC 7396."""
        with self.store.transaction():
            before = self._before(event_id, version, by)
            self._refuse_read_only(patch, before, by)
            merged = merge_patch(before, patch)
            merged["uid"] = merged.get("uid") or before["uid"]
            return self._change(before, merged, by)

    def delete(self, event_id: str, by: By, version: str | None = None) -> None:
        with self.store.transaction() as connection:
            self._before(event_id, version, by)
            was_on = self._users_of(event_id)
            connection.execute("DELETE FROM events WHERE id = ?", (event_id,))
            connection.execute("DELETE FROM schedules WHERE event_id = ?", (event_id,))
            connection.execute("DELETE FROM bookings WHERE event_id = ?", (event_id,))
            self.feed.record(event_id, self.store.next_number(), was_on, (), by.origin)

    def touch(self, event_id: str, by: By) -> Json:
        """A new version without an edit, as groupwares make when somebody only reads or comments."""
        with self.store.transaction():
            before = self.get(event_id)
            return self._save(dict(before), before, by)

    def change_directory(self, kind: Kind, entry_id: str | None, fields: Mapping[str, Any]) -> Json:
        """Add or change an entry, and bring events that name organizations onto their members' schedules."""
        with self.store.transaction():
            entry = self.directory.put(kind, entry_id, fields)
            if not {"organizationIds", "parentId"}.isdisjoint(fields):
                self._refresh_members()
        return entry

    # --- inside ---

    def _refresh_members(self) -> None:
        rows = self.store.connection.execute(
            "SELECT document FROM events WHERE instr(document, '\"organizationId\"') > 0 ORDER BY id"
        ).fetchall()
        for event in (json.loads(row[0]) for row in rows):
            if self._users_in(event) != self._users_of(event["id"]):
                self._save(dict(event), event, By())

    def _before(self, event_id: str, version: str | None, by: By) -> Json:
        event = self.get(event_id)
        if version is not None and version != event["version"]:
            raise version_conflict(event)
        if event["status"] == "candidate" and not by.is_person:
            raise Problem(
                "not-permitted",
                "An event with candidate slots is changed in the groupware only.",
                "候補日時のある仮予定は、グループウェアでのみ変更できます。",
            )
        return event

    def _change(self, before: Json, written: Mapping[str, Any], by: By) -> Json:
        self._refuse_read_only(written, before, by)
        if written["uid"] != before["uid"]:
            raise read_only("uid")
        fields = normalise(written, Rules(self.switches, self.directory, by.is_person, before))
        kept = {name: before[name] for name in ("id", "attachments", "createdBy", "createdAt")}
        candidates = (written.get("candidates") or []) if fields["status"] == "candidate" else []
        return self._save({**fields, **kept, "candidates": candidates}, before, by)

    def _save(self, event: Json, before: Json | None, by: By) -> Json:
        """Number, write and announce the event. The order of the fields is that of the contract."""
        give_states(event, before, self.directory, by.is_person)
        refuse_taken(self.store, self.directory, event)
        seq, now = self.store.next_number(), format_instant(self.store.clock.now())
        event.setdefault("createdAt", now)
        event |= {"version": str(seq), "updatedBy": by.user, "updatedAt": now}
        event = {name: event[name] for name in ORDER}
        extent = whole_extent(event)
        was_on = self._users_of(event["id"])
        is_on = self._users_in(event)
        is_compound = event["recurrence"] is not None or bool(event["candidates"])
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    event["id"],
                    event["version"],
                    event["uid"],
                    extent.is_days,
                    extent.starts,
                    extent.ends,
                    is_compound,
                    json.dumps(event, ensure_ascii=False, separators=(",", ":")),
                ),
            )
            if is_on != was_on:
                connection.execute("DELETE FROM schedules WHERE event_id = ?", (event["id"],))
                pairs = [(user, event["id"]) for user in is_on]
                connection.executemany("INSERT INTO schedules VALUES (?, ?)", pairs)
            if before is None or booked(before) != booked(event):
                connection.execute("DELETE FROM bookings WHERE event_id = ?", (event["id"],))
                pairs = [(facility, event["id"]) for facility in sorted(booked(event))]
                connection.executemany("INSERT INTO bookings VALUES (?, ?)", pairs)
            self.feed.record(event["id"], seq, was_on, is_on, by.origin)
        return event

    def _users_of(self, event_id: str) -> set[str]:
        with self.store.reading() as connection:
            rows = connection.execute("SELECT user_id FROM schedules WHERE event_id = ?", (event_id,))
            return {row[0] for row in rows}

    def _users_in(self, event: Mapping[str, Any]) -> set[str]:
        return set(self._named_users(event))

    def _named_users(self, event: Mapping[str, Any]) -> Iterator[str]:
        on_dates = (change.get("participants", ()) for change in overrides_of(event).values())
        for participant in chain(event["participants"], *on_dates):
            if "userId" in participant:
                yield participant["userId"]
            elif "organizationId" in participant:
                yield from self.directory.members(participant["organizationId"])

    def _refuse_used_id(self, event_id: str) -> None:
        if not ID.fullmatch(event_id):
            detail = "An id is 1 to 128 characters of A-Z a-z 0-9 . _ ~ - and begins with a letter or digit."
            raise invalid([FieldError("/id", Reason.FORMAT, detail, "id の形式が正しくありません。")])
        existing = self.find(event_id)
        if existing is not None:
            raise version_conflict(existing)
        if self.feed.has_tombstone(event_id):
            raise Problem(
                "id-reused",
                "An event with this id was deleted. Create it under another id.",
                "この id の予定は削除されています。別の id で登録してください。",
            )

    def _refuse_used_uid(self, uid: str) -> None:
        row = self.store.connection.execute("SELECT id FROM events WHERE uid = ?", (uid,)).fetchone()
        if row:
            raise Problem(
                "uid-conflict",
                f"Event {row[0]} has this uid.",
                f"同じ uid の予定 {row[0]} があります。",
                {"existingId": row[0]},
            )

    def _refuse_read_only(self, written: Mapping[str, Any], current: Mapping[str, Any], by: By) -> None:
        blank: Json = {"candidates": [], "attachments": []}
        names = [name for name in READ_ONLY if not (by.is_person and name == "candidates")]
        given = [name for name in names if written.get(name) is not None]
        changed = [name for name in given if written[name] != current.get(name, blank.get(name))]
        if changed:
            raise read_only(*changed)

    def check_user(self, user: str) -> None:
        self.directory.get(Kind.USER, user)


STAMPS = ("createdBy", "createdAt", "updatedBy", "updatedAt")
# Ids first, content, then what the server adds.
ORDER = ("id", "version", *WRITABLE, "candidates", "attachments", *STAMPS)
