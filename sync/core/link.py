"""A Link: one event on both sides, as both last agreed. Holds digests, never content."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.change import Residue, Role
from sync.core.event import Side


@dataclass(frozen=True, slots=True)
class Base:
    """One side's half of a Link: the event as that side showed it when both sides last agreed, by parts (`parts`).

    An empty `digests` means the base is unknown (a damaged row, an event never readable so far): everything
    then counts as changed. `modified` is the side's own time of that state; it only tells a replayed older
    state from a newer one (graph-calendar.md 5.2), never an edit. `announced` are the digests of an update that
    we were about to write here: found again after a crash, they are our own words and nobody's edit (law 4).
    """

    id: str
    version: str
    digests: Mapping[str, str]
    residue: Residue = field(default_factory=dict)
    modified: datetime | None = None
    announced: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intent:
    """A create that was announced and may have happened: `token` is its idempotency key on `side`.

    `uid` is the uid the new event was to carry ("" if none), to recognise it when its source is gone. `people`
    are the parts that say who takes part in it and what it books, where its source does not say all of that.
    """

    side: Side
    token: str
    uid: str = ""
    people: tuple[str, ...] = ()


# How the codes begin of what waits for another person's pass; and for how many of one's own it is left to come.
WAITS = "waits-"
PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with an event: `code` and `detail` make the sentence people read."""

    code: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an event is parked. `code` and `detail` make the sentence people read; `retry_at` is UTC."""

    code: str
    detail: Mapping[str, str]
    side: Side
    since: datetime
    attempts: int
    retry_at: datetime

    @property
    def is_patient(self) -> bool:
        """It waits for another person's pass, and not for long: the next pass looks again, and nobody need know."""
        return self.code.startswith(WAITS) and self.attempts <= PATIENCE


@dataclass(frozen=True, slots=True)
class Link:
    """One event on both sides. With one half only: a create that is pending, parked or held back.

    `key` is the row's name, made from the side and id the event was first seen with, so that two workers
    cannot announce the same create twice. `starts`/`ends` are UTC instants that bound the event on both
    sides; a Link whose bounds left the window is kept (archived), not forgotten.
    """

    key: str
    groupware: Base | None = None
    outlook: Base | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    intent: Intent | None = None
    problem: Problem | None = None
    role: Role = Role.OWN
    # The stored row's version; None before the first save. Not part of the Link's meaning.
    etag: str | None = field(default=None, compare=False)

    def base(self, side: Side) -> Base | None:
        return self.groupware if side is Side.GROUPWARE else self.outlook


def key_of(side: Side, event_id: str) -> str:
    """The row name of a Link first seen on `side` as `event_id`."""
    return f"{'g' if side is Side.GROUPWARE else 'o'}:{event_id}"


def new_key(side: Side, event_id: str, taken: Collection[str]) -> str:
    """The row name of a new Link.

    A Link keeps its row while one half of it is made anew. If the event that the row is named after comes back (its
    person was taken off a record, kept an edited copy, and is put on it again), that is another Link.
    """
    key, tried = key_of(side, event_id), 1
    while key in taken:
        tried += 1
        key = f"{key_of(side, event_id)}+{tried}"
    return key


def marker_of(organization: str, user: str, groupware_id: str) -> str:
    """Our id on the Outlook copy of a groupware event: stable, short, and says nothing about its content."""
    text = "\x1f".join((organization, user, groupware_id))
    return "gw" + hashlib.sha256(text.encode()).hexdigest()[:30]
