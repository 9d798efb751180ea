"""What the people do between the two rounds, on both sides: new events, renames, moves, deletes, conflicts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sync.sandbox.demo import samples
from sync.sandbox.demo.company import EVENT_TYPES, EXCLUDED_TYPES, PEOPLE, VISIT, Person
from sync.sandbox.demo.equal import from_groupware, from_outlook
from sync.sandbox.demo.outsides import GroupwareSide, Json, Outlook

EXCLUDED_IDS = [EVENT_TYPES[name] for name in EXCLUDED_TYPES]


class Editor:
    """One person at both screens. Each linked event gets at most one act, so that every act can be seen later."""

    def __init__(self, groupware: GroupwareSide, outlook: Outlook, person: Person, today: date) -> None:
        self._groupware, self._outlook, self._person, self._today = groupware, outlook, person, today
        self._chance = random.Random(f"{person.user} edits")
        self._pairs = self._find_pairs()
        self.done: Counter[str] = Counter()

    def edit_all(self) -> None:
        """Every kind of act once or twice."""
        for side_acts in (self._in_groupware, self._in_outlook, self._on_both):
            side_acts()

    def _in_groupware(self) -> None:
        user = self._person.user
        here, _ = self._next()
        self._groupware.edit(user, here["id"], {"title": f"【変更】{here['title']}"})
        here, _ = self._next()
        self._groupware.edit(user, here["id"], moved_in_groupware(here))
        here, _ = self._next()
        self._groupware.edit(
            user,
            here["id"],
            {"memo": f"{here['memo']}\n追記: 資料を更新しました ✅", "typeId": EVENT_TYPES[VISIT]},
        )
        here, _ = self._next()
        self._groupware.delete(user, here["id"])
        sample = samples.samples_of(self._person, self._today, 1, "new in the groupware")[0]
        self._groupware.create(user, samples.to_groupware(sample))
        self.done.update(renamed=1, moved=1, edited=1, deleted=1, created=1)

    def _in_outlook(self) -> None:
        upn = self._person.upn
        _, there = self._next()
        self._outlook.edit(upn, there["id"], {"subject": f"[changed] {there['subject'] or ''}"})
        _, there = self._next()
        self._outlook.edit(upn, there["id"], moved_in_outlook(there))
        _, there = self._next()
        self._outlook.edit(
            upn, there["id"], {"body": "<p>Neue Notiz: <b>Größe</b> &amp; Maß</p>", "sensitivity": "private"}
        )
        _, there = self._next()
        self._outlook.delete(upn, there["id"])
        sample = samples.samples_of(self._person, self._today, 1, "new in Outlook")[0]
        self._outlook.create(upn, samples.to_outlook(sample))
        self.done.update(renamed=1, moved=1, edited=1, deleted=1, created=1)

    def _on_both(self) -> None:
        """Two fields: both are kept. One field: the newer edit wins, the other value stays in the history. An edit
        against a delete: the edit wins."""
        user, upn = self._person.user, self._person.upn
        here, there = self._next()
        self._groupware.edit(user, here["id"], {"place": "新館 5階 / New building"})
        self._outlook.edit(upn, there["id"], {"subject": f"{there['subject'] or ''} (moved rooms)"})
        here, there = self._next()
        self._groupware.edit(user, here["id"], {"title": "題名の競合（グループウェア）"})
        self._outlook.edit(upn, there["id"], {"subject": "Conflicting title (Outlook)"})
        here, there = self._next()
        self._groupware.edit(user, here["id"], {"place": "残す予定 / kept"})
        self._outlook.delete(upn, there["id"])
        self.done.update({"merged": 1, "in conflict": 1, "edit against delete": 1})

    def _next(self) -> tuple[Json, Json]:
        return self._pairs.pop(self._chance.randrange(len(self._pairs)))

    def _find_pairs(self) -> list[tuple[Json, Json]]:
        """Events that stand on both sides, look the same, and look like no other event of this person."""
        mine = self._own()
        theirs = [event for event in self._outlook.events(self._person.upn) if is_plain(event)]
        here = unmistakable({event["id"]: from_groupware(event) for event in mine})
        there = unmistakable({event["id"]: from_outlook(event) for event in theirs})
        by_id = {event["id"]: event for event in (*mine, *theirs)}
        return [(by_id[here[look]], by_id[there[look]]) for look in sorted(here.keys() & there.keys())]

    def _own(self) -> list[Json]:
        return [
            event
            for event in self._groupware.events(self._person.user)
            if event["recurrence"] is None
            and event["status"] != "candidate"
            and event["typeId"] not in EXCLUDED_IDS
            and len(event["participants"]) == 1
        ]


def is_plain(event: Json) -> bool:
    return event["type"] == "singleInstance" and not event["attendees"]


def unmistakable(looks: Mapping[str, Any]) -> dict[Any, str]:
    """Look -> id, for what has a title and exists once."""
    often = Counter((look.title, look.start) for look in looks.values())
    return {look: id_ for id_, look in looks.items() if look.title and often[look.title, look.start] == 1}


def moved_in_groupware(event: Json) -> Json:
    """A day later; a timed event half an hour longer as well."""
    day = date.fromisoformat(event["start"][:10]) + timedelta(days=1)
    if event["end"] is not None:
        return {
            "start": day.isoformat(),
            "end": (date.fromisoformat(event["end"]) + timedelta(days=1)).isoformat(),
        }
    if event["form"] == "startOnly":
        return {"start": day.isoformat() + event["start"][10:]}
    return {"start": day.isoformat() + event["start"][10:], "duration": "PT2H30M"}


def moved_in_outlook(event: Json) -> Json:
    """A day later, dragged in the calendar: Outlook sends both ends."""
    moved: Json = {}
    for name in ("start", "end"):
        moment = dict(event[name])
        day = date.fromisoformat(moment["dateTime"][:10]) + timedelta(days=1)
        moved[name] = moment | {"dateTime": day.isoformat() + moment["dateTime"][10:]}
    return moved | {"isAllDay": event["isAllDay"]}


class Trouble:
    """Acts that cannot be carried over: two events are parked with their reason, the rest goes on. Done before the
    other edits, which then leave these events alone."""

    def __init__(self, groupware: GroupwareSide, outlook: Outlook, today: date) -> None:
        self._groupware, self._outlook, self._today = groupware, outlook, today

    def make_all(self) -> list[str]:
        """What was done, in words."""
        self._make_a_series(PEOPLE[6])
        self._invite_guests(PEOPLE[7])
        self._rename_shared()
        return [
            f"{PEOPLE[6].name}: 予定を繰り返しに変更 / turned an event into a series",
            f"{PEOPLE[7].name}: Outlook で社外の人を招待 / invited a guest in Outlook",
            f"{PEOPLE[0].name}: 共有の予定を変更 / renamed a shared event",
        ]

    def _make_a_series(self, person: Person) -> None:
        event = next(e for e in self._groupware.events(person.user) if is_quiet(e))
        changes = {"title": f"{event['title']}（毎週）", "recurrence": {"rrule": "FREQ=WEEKLY;COUNT=3"}}
        self._groupware.edit(person.user, event["id"], changes)

    def _invite_guests(self, person: Person) -> None:
        event = next(e for e in self._outlook.events(person.upn) if is_plain(e) and e["subject"])
        changes = {"subject": f"{event['subject']} (with guests)", "attendees": samples.guests()}
        self._outlook.edit(person.upn, event["id"], changes)

    def _rename_shared(self) -> None:
        person = PEOPLE[0]
        event = next(
            e
            for e in self._groupware.events(person.user)
            if len(e["participants"]) > 1 and e["ownerId"] == person.user
        )
        self._groupware.edit(person.user, event["id"], {"title": f"{event['title']}（時間変更あり）"})


def is_quiet(event: Json) -> bool:
    """A timed event in which nobody else takes part."""
    return len(event["participants"]) == 1 and event["recurrence"] is None and event["form"] == "timed"
